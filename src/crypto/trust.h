/* The inside of a trust table, for its file form; what may be done with it is in tacet/trust.h. */
#ifndef TACET_CRYPTO_TRUST_H
#define TACET_CRYPTO_TRUST_H

#include "tacet/trust.h"

#define TACET_TRUST_TIME_MAX INT64_C(999999999999) /* twelve digits of Unix seconds */

struct tacet_trust_table {
    size_t count;
    struct tacet_trust_entry entries[TACET_TRUST_ENTRIES_MAX]; /* by label, ascending */
};

/* Whether everything in it may stand in a table. */
bool tacet_trust_entry_valid(const struct tacet_trust_entry *entry);

#endif
