/* The hint in its two uses, the prologue and the key of mac1, and BLAKE2b as a mac. */
#include "crypto/mac.h"

#include "base/bytes.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_PROLOGUE_MAX >= 9 + TACET_KEY_SIZE, "a key fits where a name does");

/* label || 0x00 || hint type || hint */
static void write_hint(struct tacet_writer *w, const char *label, const struct tacet_callee *hint)
{
    tacet_write_bytes(w, label, strlen(label) + 1);
    tacet_write_u8(w, (uint8_t)hint->hint);
    switch (hint->hint) {
    case TACET_HINT_NONE:
        break;
    case TACET_HINT_KEY:
        tacet_write_bytes(w, hint->key, sizeof(hint->key));
        break;
    case TACET_HINT_NAME:
        assert(tacet_name_valid(hint->name, strlen(hint->name)));
        tacet_write_bytes(w, hint->name, strlen(hint->name));
        break;
    default:
        assert(false);
    }
    assert(!w->failed);
}

size_t tacet_prologue(const struct tacet_callee *hint, uint8_t out[TACET_PROLOGUE_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_PROLOGUE_MAX);

    write_hint(&w, "tacet/1", hint);
    return w.at;
}

static void hint_key(const char *label, const struct tacet_callee *hint, uint8_t out[32])
{
    uint8_t data[sizeof("tacet/1 cookie") + 1 + TACET_NAME_MAX];
    struct tacet_writer w = tacet_writer(data, sizeof(data));

    write_hint(&w, label, hint);
    (void)crypto_generichash(out, 32, data, w.at, NULL, 0);
}

void tacet_mac1_key(const struct tacet_callee *hint, uint8_t out[32])
{
    hint_key("tacet/1 mac1", hint, out);
}

void tacet_cookie_key(const struct tacet_callee *hint, uint8_t out[32])
{
    hint_key("tacet/1 cookie", hint, out);
}

void tacet_mac(const uint8_t key[32], const uint8_t *data, size_t size, uint8_t out[TACET_MAC_SIZE])
{
    (void)crypto_generichash(out, TACET_MAC_SIZE, data, size, key, 32);
}

bool tacet_mac_verify(const uint8_t key[32], const uint8_t *data, size_t size,
                      const uint8_t mac[TACET_MAC_SIZE])
{
    uint8_t expected[TACET_MAC_SIZE];

    tacet_mac(key, data, size, expected);
    return sodium_memcmp(expected, mac, sizeof(expected)) == 0;
}
