/* Addresses as the command line gives them, and the socket bound to one. */
#ifndef TACET_TOOL_ENDPOINT_H
#define TACET_TOOL_ENDPOINT_H

#include "tacet/transport.h"

/* Binds a UDP socket to `text` (ADDR:PORT, port 0: any), or where it is NULL to every address of
 * the machine. 0, or TACET_EXIT_FAILED after one line on standard error. */
int tacet_endpoint_bind(const char *text, struct tacet_transport *ret);
/* Looks up one host and adds what it finds behind paths[*count], up to `capacity` in all; says so
 * on standard error where nothing is known. Returns how many were added. */
int tacet_endpoint_resolve(const char *host, uint16_t port, struct tacet_path *paths,
                           size_t capacity, size_t *count);

#endif
