/* See seq.h. The wire's bits are compared as a signed difference to the highest value's bits. */
#include "base/seq.h"

#define SEQ_START (INT64_C(1) << 32)
#define TIMESTAMP_START (INT64_C(1) << 40)

int64_t tacet_unwrap_seq_peek(const struct tacet_unwrap *u, uint16_t seq)
{
    if (!u->started) {
        return SEQ_START + seq;
    }
    return u->highest + (int16_t)(uint16_t)(seq - (uint16_t)u->highest);
}

int64_t tacet_unwrap_timestamp_peek(const struct tacet_unwrap *u, uint32_t timestamp)
{
    if (!u->started) {
        return TIMESTAMP_START + timestamp;
    }
    return u->highest + (int32_t)(timestamp - (uint32_t)u->highest);
}

static int64_t advance(struct tacet_unwrap *u, int64_t value)
{
    if (!u->started || value > u->highest) {
        u->highest = value;
        u->started = true;
    }
    return value;
}

int64_t tacet_unwrap_seq(struct tacet_unwrap *u, uint16_t seq)
{
    return advance(u, tacet_unwrap_seq_peek(u, seq));
}

int64_t tacet_unwrap_timestamp(struct tacet_unwrap *u, uint32_t timestamp)
{
    return advance(u, tacet_unwrap_timestamp_peek(u, timestamp));
}
