/*
 * Tickets: how a callee tells a caller, over a channel they trust, who he is and where.
 *
 *     tacet:KEY@HOST:PORT[,HOST:PORT...]     KEY: base64url of the Ed25519 key, without padding
 *
 * A ticket pins its key: anyone else at those addresses is refused.
 */
#ifndef TACET_TICKET_H
#define TACET_TICKET_H

#include "tacet/api.h"
#include "tacet/identity.h"

#define TACET_TICKET_ADDRESSES_MAX 8
#define TACET_KEY_STRING_MAX 44        /* text of a key, base64url without padding, with its NUL */
#define TACET_HOST_MAX 255             /* bytes of a host name */
#define TACET_TICKET_STRING_MAX 2200   /* text of the largest ticket with its NUL */

struct tacet_endpoint {
    char host[TACET_HOST_MAX + 1]; /* a name or a numeric address; IPv6 without its brackets */
    uint16_t port;                 /* 1 to 65535 */
};

struct tacet_ticket {
    uint8_t key[TACET_KEY_SIZE];
    size_t address_count; /* 1 to TACET_TICKET_ADDRESSES_MAX */
    struct tacet_endpoint addresses[TACET_TICKET_ADDRESSES_MAX];
};

TACET_BEGIN_DECLS

/* A key as text, as in a ticket; returns `out`. And back: TACET_ERR_FORMAT. */
TACET_API const char *tacet_key_format(const uint8_t key[TACET_KEY_SIZE],
                                       char out[TACET_KEY_STRING_MAX]);
TACET_API TACET_NODISCARD int tacet_key_parse(const char *text, uint8_t ret_key[TACET_KEY_SIZE]);
/* TACET_ERR_FORMAT where the text is anything else than a whole ticket. */
TACET_API TACET_NODISCARD int tacet_ticket_parse(const char *text, struct tacet_ticket *ret);
/* Writes the text and its NUL. TACET_ERR_SPACE, TACET_ERR_ARGUMENT. */
TACET_API TACET_NODISCARD int tacet_ticket_format(const struct tacet_ticket *ticket, char *out,
                                                  size_t capacity);
/* Parses "HOST:PORT" or "[IPv6]:PORT". TACET_ERR_FORMAT. */
TACET_API TACET_NODISCARD int tacet_endpoint_parse(const char *text, struct tacet_endpoint *ret);

TACET_END_DECLS

#endif
