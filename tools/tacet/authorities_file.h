/* The CAs that a call trusts, from the files that its options name. */
#ifndef TACET_TOOL_AUTHORITIES_FILE_H
#define TACET_TOOL_AUTHORITIES_FILE_H

#include "options.h"
#include "tacet/authority.h"

/* *ret stays NULL where no --ca is given. 0; TACET_EXIT_USAGE (--crl without --ca, --strict-crl
 * without --crl) or
 * TACET_EXIT_FAILED after one line on standard error. */
int tacet_authorities_load(const struct tacet_settings *settings, struct tacet_authorities **ret);
/* Reads the same files again, between two calls: a newer revocation list counts from then on. What
 * cannot be taken is told, and the set stays as it was. Accepts NULL. */
void tacet_authorities_refresh(const struct tacet_settings *settings,
                               struct tacet_authorities *set);

#endif
