/* Networks by name: figures for the links of a simulated call. */
#ifndef TACET_SIM_PRESET_H
#define TACET_SIM_PRESET_H

#include <stddef.h>

struct tacet_preset {
    const char *name;
    const char *about;
    const char *settings; /* a line for tacet_link_set_line() */
};

/* The i-th, or NULL past the last. Static storage. */
const struct tacet_preset *tacet_preset_at(size_t index);
/* NULL: none of that name. */
const struct tacet_preset *tacet_preset_find(const char *name);

#endif
