/* See source.h. An address is compared by the bytes that its owner cannot choose. */
#include "call/source.h"

#include <string.h>

bool tacet_source_same(const struct tacet_path *a, const struct tacet_path *b)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }; /* RFC 4291 section 2.5.5.2 */
    const struct tacet_address *x = &a->address;
    const struct tacet_address *y = &b->address;

    if (a->transport != b->transport || a->member != b->member || x->family != y->family) {
        return false;
    }
    if (a->member != 0) {
        return tacet_address_equal(x, y);
    }
    switch (x->family) {
    case 4:
        return memcmp(x->ip, y->ip, 4) == 0;
    case 6:
        /* All IPv4 callers of a dual-stack socket are in one /64. */
        return memcmp(x->ip, y->ip, memcmp(x->ip, mapped, 12) == 0 ? 16 : 8) == 0;
    default:
        return tacet_address_equal(x, y);
    }
}
