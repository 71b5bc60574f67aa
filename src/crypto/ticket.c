/*
 * Tickets and endpoints as text. Each has exactly one accepted form but for the case of host names
 * and the writing of IPv6 addresses; nothing is looked up.
 */
#include "tacet/ticket.h"

#include "tacet/address.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "tacet:"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)
#define KEY_TEXT_SIZE (TACET_KEY_STRING_MAX - 1)
#define PORT_DIGITS_MAX 5

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool alphanumeric(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether "[host]:1" or "host:1" is a numeric address. */
static bool host_numeric(const char *host, bool six)
{
    char text[TACET_ADDRESS_STRING_MAX];
    struct tacet_address address;
    int size = snprintf(text, sizeof(text), six ? "[%s]:1" : "%s:1", host);

    return size > 0 && (size_t)size < sizeof(text) && tacet_address_parse(text, &address) == 0;
}

/* RFC 1123 section 2.1 with the underscore that is met in practice; no dot at the end. A name whose
 * last label is all digits could only be an IPv4 address. */
static bool host_name_valid(const char *host)
{
    size_t label_size = 0;
    bool label_numeric = true;

    for (const char *p = host; *p != '\0'; p++) {
        if (*p == '.') {
            if (label_size == 0 || p[-1] == '-') {
                return false;
            }
            label_size = 0;
            label_numeric = true;
            continue;
        }
        if ((!alphanumeric(*p) && *p != '_' && *p != '-') || (*p == '-' && label_size == 0) ||
            ++label_size > 63) {
            return false;
        }
        label_numeric = label_numeric && digit(*p);
    }
    if (label_size == 0 || host[strlen(host) - 1] == '-') {
        return false;
    }
    return !label_numeric || host_numeric(host, false);
}

static bool host_valid(const char *host)
{
    return strchr(host, ':') != NULL ? host_numeric(host, true) : host_name_valid(host);
}

/* Decimal 1 to 65535, without sign, blanks or leading zeros. */
static int parse_port(const char *text, size_t size, uint16_t *ret)
{
    uint32_t port = 0;

    if (size < 1 || size > PORT_DIGITS_MAX || text[0] == '0') {
        return TACET_ERR_FORMAT;
    }
    for (size_t i = 0; i < size; i++) {
        if (!digit(text[i])) {
            return TACET_ERR_FORMAT;
        }
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    if (port > UINT16_MAX) {
        return TACET_ERR_FORMAT;
    }
    *ret = (uint16_t)port;
    return 0;
}

/* One endpoint of exactly `size` bytes, none of them NUL. */
static int parse_endpoint(const char *text, size_t size, struct tacet_endpoint *ret)
{
    struct tacet_endpoint endpoint = { 0 };
    bool six = size > 0 && text[0] == '[';
    const char *host = six ? text + 1 : text;
    size_t host_left = size - (six ? 1 : 0);
    const char *end = memchr(host, six ? ']' : ':', host_left);

    if (end == NULL || (size_t)(end - host) > TACET_HOST_MAX) {
        return TACET_ERR_FORMAT;
    }
    memcpy(endpoint.host, host, (size_t)(end - host));
    /* Brackets are for IPv6 and for nothing else. */
    if (six != (strchr(endpoint.host, ':') != NULL) || !host_valid(endpoint.host)) {
        return TACET_ERR_FORMAT;
    }
    const char *colon = six ? end + 1 : end;
    size_t left = size - (size_t)(colon - text);
    if (left < 1 || *colon != ':' || parse_port(colon + 1, left - 1, &endpoint.port) < 0) {
        return TACET_ERR_FORMAT;
    }
    *ret = endpoint;
    return 0;
}

int tacet_endpoint_parse(const char *text, struct tacet_endpoint *ret)
{
    return parse_endpoint(text, strlen(text), ret);
}

const char *tacet_key_format(const uint8_t key[TACET_KEY_SIZE], char out[TACET_KEY_STRING_MAX])
{
    return sodium_bin2base64(out, TACET_KEY_STRING_MAX, key, TACET_KEY_SIZE,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static int parse_key(const char text[KEY_TEXT_SIZE], uint8_t ret_key[TACET_KEY_SIZE])
{
    uint8_t key[TACET_KEY_SIZE];
    char again[TACET_KEY_STRING_MAX];
    size_t size = 0;

    if (sodium_base642bin(key, sizeof(key), text, KEY_TEXT_SIZE, NULL, &size, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        size != sizeof(key)) {
        return TACET_ERR_FORMAT;
    }
    /* libsodium 1.0.18 refuses trailing bits but takes some bytes above 0x7f for digits. */
    (void)tacet_key_format(key, again);
    if (memcmp(again, text, KEY_TEXT_SIZE) != 0) {
        return TACET_ERR_FORMAT;
    }
    memcpy(ret_key, key, sizeof(key));
    return 0;
}

int tacet_key_parse(const char *text, uint8_t ret_key[TACET_KEY_SIZE])
{
    return strlen(text) == KEY_TEXT_SIZE ? parse_key(text, ret_key) : TACET_ERR_FORMAT;
}

int tacet_ticket_parse(const char *text, struct tacet_ticket *ret)
{
    struct tacet_ticket ticket = { 0 };
    size_t size = strlen(text);

    if (size >= TACET_TICKET_STRING_MAX || size < PREFIX_SIZE + KEY_TEXT_SIZE + 1 ||
        memcmp(text, PREFIX, PREFIX_SIZE) != 0 || text[PREFIX_SIZE + KEY_TEXT_SIZE] != '@') {
        return TACET_ERR_FORMAT;
    }
    if (parse_key(text + PREFIX_SIZE, ticket.key) < 0) {
        return TACET_ERR_FORMAT;
    }
    const char *p = text + PREFIX_SIZE + KEY_TEXT_SIZE + 1;
    for (;;) {
        const char *comma = strchr(p, ',');
        size_t left = comma != NULL ? (size_t)(comma - p) : strlen(p);
        if (ticket.address_count == TACET_TICKET_ADDRESSES_MAX ||
            parse_endpoint(p, left, &ticket.addresses[ticket.address_count]) < 0) {
            return TACET_ERR_FORMAT;
        }
        ticket.address_count++;
        if (comma == NULL) {
            break;
        }
        p = comma + 1;
    }
    *ret = ticket;
    return 0;
}

int tacet_ticket_format(const struct tacet_ticket *ticket, char *out, size_t capacity)
{
    char text[TACET_TICKET_STRING_MAX];
    size_t at = PREFIX_SIZE;

    if (ticket->address_count < 1 || ticket->address_count > TACET_TICKET_ADDRESSES_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    memcpy(text, PREFIX, PREFIX_SIZE);
    (void)tacet_key_format(ticket->key, text + at);
    at += KEY_TEXT_SIZE;
    for (size_t i = 0; i < ticket->address_count; i++) {
        const struct tacet_endpoint *e = &ticket->addresses[i];
        if (memchr(e->host, '\0', sizeof(e->host)) == NULL || !host_valid(e->host) ||
            e->port == 0) {
            return TACET_ERR_ARGUMENT;
        }
        bool six = strchr(e->host, ':') != NULL;
        int size = snprintf(text + at, sizeof(text) - at, "%c%s%s%s:%u", i == 0 ? '@' : ',',
                            six ? "[" : "", e->host, six ? "]" : "", e->port);
        assert(size > 0 && (size_t)size < sizeof(text) - at);
        at += (size_t)size;
    }
    if (at + 1 > capacity) {
        return TACET_ERR_SPACE;
    }
    memcpy(out, text, at + 1);
    return 0;
}
