/*
 * Errors: the caller's mistakes and the machine's. What the network does is never an error: a
 * packet is used, or dropped and counted under a `enum tacet_drop`.
 */
#ifndef TACET_ERROR_H
#define TACET_ERROR_H

#include "tacet/api.h"

/* One table: name, value, text. Values never change once released. */
#define TACET_ERROR_TABLE(X)                                                                       \
    X(ARGUMENT, -1, "an argument is outside its range")                                            \
    X(NOMEM, -2, "out of memory")                                                                  \
    X(STATE, -3, "not possible in this state")                                                     \
    X(FULL, -4, "a bounded queue or table is full")                                                \
    X(SPACE, -5, "the output buffer is too small")                                                 \
    X(FORMAT, -6, "the data is not in the expected format")                                        \
    X(CRYPTO, -7, "a cryptographic operation failed")                                              \
    X(PASSPHRASE, -8, "the passphrase is wrong or missing")                                        \
    X(TRUST, -9, "the other party is not who was asked for")                                       \
    X(UNSUPPORTED, -10, "not supported by this build or this object")                              \
    X(NOTFOUND, -11, "no such thing")                                                              \
    X(IO, -12, "the operating system refused a read or write")                                     \
    X(DEVICE, -13, "the device failed or went away")                                               \
    X(ADDRESS, -14, "the address cannot be used")                                                  \
    X(BUSY, -15, "in use by someone else")                                                         \
    X(CODEC, -16, "the codec refused the data or the settings")                                    \
    X(END, -17, "the source has come to its end")

enum tacet_error {
    TACET_OK = 0,
#define TACET_ERROR_ENUM(name, value, text) TACET_ERR_##name = value,
    TACET_ERROR_TABLE(TACET_ERROR_ENUM)
#undef TACET_ERROR_ENUM
};

/* Why a received packet was not used. Order and names are those of the summary's "drops". */
enum tacet_drop {
    TACET_DROP_NONE = 0,  /* it was used */
    TACET_DROP_SHORT,     /* truncated, over-long, or empty */
    TACET_DROP_UNKNOWN,   /* first byte, index or SSRC that nobody here knows */
    TACET_DROP_AUTH,      /* a mac, a tag, a signature or an identity check failed */
    TACET_DROP_REPLAY,    /* accepted before */
    TACET_DROP_LATE,      /* authentic, but too old to be of use */
    TACET_DROP_RATE,      /* a bounded table or rate limit said no */
    TACET_DROP_STATE,     /* authentic, but not expected in this state */
    TACET_DROP_MALFORMED, /* authentic, but its content does not parse */
    TACET_DROP_COUNT
};

TACET_BEGIN_DECLS

/* A sentence for a result code; "success" for 0, "unknown error" for others. Static storage. */
TACET_API const char *tacet_error_string(int error);

/* The drop reason's lower-case name, as in the summary; "none" for 0. Static storage. */
TACET_API const char *tacet_drop_string(enum tacet_drop drop);

TACET_END_DECLS

#endif
