/* The registry of a CA as text, and serials as the user writes them. */
#ifndef TACET_TOOL_REGISTRY_LIST_H
#define TACET_TOOL_REGISTRY_LIST_H

#include "tacet/ca.h"

#define TACET_SERIAL_MAX 20 /* 0123:4567:89ab:cdef with its NUL; no name has a ':' */

const char *tacet_serial_format(uint64_t serial, char out[TACET_SERIAL_MAX]);
bool tacet_serial_parse(const char *text, uint64_t *ret);
/* One record a line, or one JSON array. 0, or TACET_EXIT_FAILED after one line. */
int tacet_registry_print(const struct tacet_registry *registry, bool json);

#endif
