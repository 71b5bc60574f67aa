/*
 * The bytes in which an identity is kept. No file is opened here (tacet/store.h does that).
 *
 *     "TI01" | flags u16 (bit 0 sealed) | payload size u16 | passes u32 | memory in KiB u32 |
 *     salt 16 | nonce 24 | payload | sealed: Poly1305 tag 16, in clear: BLAKE2b-256 of all before
 *     payload: Ed25519 seed 32 | X25519 secret 32 | name_len u8 | name | CA certificates u8 |
 *              { length u16, certificate }*
 *
 * Sealed, the payload is under XChaCha20-Poly1305 with a key from Argon2id, and the header is its
 * associated data. In clear, passes, memory, salt and nonce are zero, and the hash is there to tell
 * a damaged file from a good one, not to protect it. This version knows no CA certificates and
 * refuses a file that has some, rather than lose them at the next write.
 */
#include "base/bytes.h"
#include "base/limits.h"
#include "crypto/identity.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define FLAG_SEALED 0x0001
#define SALT_SIZE crypto_pwhash_argon2id_SALTBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SUM_SIZE 32
#define HEADER_SIZE (4 + 2 + 2 + 4 + 4 + SALT_SIZE + NONCE_SIZE)
#define PAYLOAD_MAX (TACET_IDENTITY_FILE_MAX - HEADER_SIZE - SUM_SIZE)

_Static_assert(32 + 32 + 1 + TACET_NAME_MAX + 1 <= PAYLOAD_MAX, "an identity fits its file");

struct header {
    uint16_t flags;
    uint16_t payload_size;
    uint32_t passes;
    uint32_t memory_kib;
    uint8_t salt[SALT_SIZE];
    uint8_t nonce[NONCE_SIZE];
};

static void write_header(struct tacet_writer *w, const struct header *h)
{
    tacet_write_bytes(w, "TI01", 4);
    tacet_write_u16(w, h->flags);
    tacet_write_u16(w, h->payload_size);
    tacet_write_u32(w, h->passes);
    tacet_write_u32(w, h->memory_kib);
    tacet_write_bytes(w, h->salt, sizeof(h->salt));
    tacet_write_bytes(w, h->nonce, sizeof(h->nonce));
}

static bool header_valid(const struct header *h)
{
    if (h->payload_size > PAYLOAD_MAX) {
        return false;
    }
    if (h->flags == 0) {
        return h->passes == 0 && h->memory_kib == 0 && sodium_is_zero(h->salt, sizeof(h->salt)) &&
               sodium_is_zero(h->nonce, sizeof(h->nonce));
    }
    return h->flags == FLAG_SEALED && h->passes >= crypto_pwhash_argon2id_OPSLIMIT_MIN &&
           h->passes <= TACET_ARGON2_PASSES_MAX &&
           h->memory_kib >= crypto_pwhash_argon2id_MEMLIMIT_MIN / 1024 &&
           h->memory_kib <= TACET_ARGON2_MEMORY_MAX_KIB;
}

static int read_header(struct tacet_reader *r, struct header *ret)
{
    struct header h;
    uint8_t magic[4];

    tacet_read_bytes(r, magic, sizeof(magic));
    h.flags = tacet_read_u16(r);
    h.payload_size = tacet_read_u16(r);
    h.passes = tacet_read_u32(r);
    h.memory_kib = tacet_read_u32(r);
    tacet_read_bytes(r, h.salt, sizeof(h.salt));
    tacet_read_bytes(r, h.nonce, sizeof(h.nonce));
    if (r->failed || memcmp(magic, "TI01", 4) != 0 || !header_valid(&h)) {
        return TACET_ERR_FORMAT;
    }
    *ret = h;
    return 0;
}

static int derive_key(const struct header *h, const char *passphrase,
                      uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES])
{
    /* libsodium takes Argon2id's memory by itself and gives it back before it returns. */
    if (crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, passphrase,
                      strlen(passphrase), h->salt, h->passes, (size_t)h->memory_kib * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return TACET_ERR_NOMEM;
    }
    return 0;
}

static size_t write_payload(const struct tacet_identity *identity, uint8_t out[PAYLOAD_MAX])
{
    struct tacet_writer w = tacet_writer(out, PAYLOAD_MAX);

    tacet_write_bytes(&w, identity->ed_secret, 32);
    tacet_write_bytes(&w, identity->x_secret, 32);
    tacet_write_u8(&w, (uint8_t)strlen(identity->name));
    tacet_write_bytes(&w, identity->name, strlen(identity->name));
    tacet_write_u8(&w, 0);
    assert(!w.failed);
    return w.at;
}

static int read_payload(const uint8_t *payload, size_t size, struct tacet_identity **ret)
{
    struct tacet_reader r = tacet_reader(payload, size);
    const uint8_t *ed_seed = tacet_read_view(&r, 32);
    const uint8_t *x_secret = tacet_read_view(&r, 32);
    size_t name_size = tacet_read_u8(&r);
    const uint8_t *bytes = tacet_read_view(&r, name_size);
    uint8_t certificates = tacet_read_u8(&r);
    char name[TACET_NAME_MAX + 1] = { 0 };

    if (r.failed || tacet_reader_left(&r) != 0 || certificates != 0 ||
        !tacet_name_valid((const char *)bytes, name_size)) {
        return TACET_ERR_FORMAT;
    }
    memcpy(name, bytes, name_size);
    return tacet_identity_from_secrets(ed_seed, x_secret, name, ret);
}

int tacet_identity_seal(const struct tacet_identity *identity, const struct tacet_random *random,
                        const char *passphrase, uint8_t *out, size_t capacity, size_t *ret_size)
{
    struct header h = { 0 };
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t payload[PAYLOAD_MAX];
    uint8_t file[TACET_IDENTITY_FILE_MAX];
    struct tacet_writer w = tacet_writer(file, sizeof(file));
    size_t payload_size = write_payload(identity, payload);
    int err = 0;

    h.payload_size = (uint16_t)payload_size;
    if (passphrase == NULL) {
        write_header(&w, &h);
        tacet_write_bytes(&w, payload, payload_size);
        uint8_t sum[SUM_SIZE];
        (void)crypto_generichash(sum, sizeof(sum), file, w.at, NULL, 0);
        tacet_write_bytes(&w, sum, sizeof(sum));
    } else if (*passphrase == '\0' || random == NULL || random->fill == NULL) {
        err = TACET_ERR_ARGUMENT;
        goto out;
    } else {
        h.flags = FLAG_SEALED;
        h.passes = crypto_pwhash_argon2id_OPSLIMIT_MODERATE;
        h.memory_kib = crypto_pwhash_argon2id_MEMLIMIT_MODERATE / 1024;
        random->fill(random->ctx, h.salt, sizeof(h.salt));
        random->fill(random->ctx, h.nonce, sizeof(h.nonce));
        assert(header_valid(&h));
        write_header(&w, &h);
        err = derive_key(&h, passphrase, key);
        if (err < 0) {
            goto out;
        }
        uint8_t sealed[PAYLOAD_MAX + TAG_SIZE];
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, payload, payload_size, file,
                                                         HEADER_SIZE, NULL, h.nonce, key);
        tacet_write_bytes(&w, sealed, payload_size + TAG_SIZE);
    }
    assert(!w.failed);
    if (w.at > capacity) {
        err = TACET_ERR_SPACE;
        goto out;
    }
    memcpy(out, file, w.at);
    *ret_size = w.at;
out:
    sodium_memzero(key, sizeof(key));
    sodium_memzero(payload, sizeof(payload));
    sodium_memzero(file, sizeof(file));
    return err;
}

static int open_sealed(const struct header *h, const uint8_t *data, size_t size,
                       const char *passphrase, struct tacet_identity **ret)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t payload[PAYLOAD_MAX];
    int err = TACET_ERR_FORMAT;

    if (size != (size_t)HEADER_SIZE + h->payload_size + TAG_SIZE) {
        goto out;
    }
    err = TACET_ERR_PASSPHRASE;
    if (passphrase == NULL) {
        goto out;
    }
    err = derive_key(h, passphrase, key);
    if (err < 0) {
        goto out;
    }
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(payload, NULL, NULL, data + HEADER_SIZE,
                                                   size - HEADER_SIZE, data, HEADER_SIZE, h->nonce,
                                                   key) != 0) {
        err = TACET_ERR_PASSPHRASE;
        goto out;
    }
    err = read_payload(payload, h->payload_size, ret);
out:
    sodium_memzero(key, sizeof(key));
    sodium_memzero(payload, sizeof(payload));
    return err;
}

static int open_clear(const struct header *h, const uint8_t *data, size_t size,
                      struct tacet_identity **ret)
{
    uint8_t sum[SUM_SIZE];

    if (size != (size_t)HEADER_SIZE + h->payload_size + SUM_SIZE) {
        return TACET_ERR_FORMAT;
    }
    (void)crypto_generichash(sum, sizeof(sum), data, size - SUM_SIZE, NULL, 0);
    if (memcmp(sum, data + size - SUM_SIZE, SUM_SIZE) != 0) {
        return TACET_ERR_FORMAT;
    }
    return read_payload(data + HEADER_SIZE, h->payload_size, ret);
}

int tacet_identity_open(const uint8_t *data, size_t size, const char *passphrase,
                        struct tacet_identity **ret)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct header h;

    int err = read_header(&r, &h);
    if (err < 0) {
        return err;
    }
    return h.flags == FLAG_SEALED ? open_sealed(&h, data, size, passphrase, ret)
                                  : open_clear(&h, data, size, ret);
}
