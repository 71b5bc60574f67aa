/*
 * Who is at a path, as far as limits go: an IPv4 address, an IPv6 /64, or a member of a relay.
 * Ports do not count: whoever has an address has all of them.
 */
#ifndef TACET_CALL_SOURCE_H
#define TACET_CALL_SOURCE_H

#include "tacet/address.h"

bool tacet_source_same(const struct tacet_path *a, const struct tacet_path *b);

#endif
