/*
 * Small secrets as the bytes of a file. What the payload means is for whoever asks (an identity, a
 * CA's key); no file is opened here.
 *
 *     magic 4 | flags u16 (bit 0 sealed) | payload size u16 | passes u32 | memory in KiB u32 |
 *     salt 16 | nonce 24 | payload | sealed: Poly1305 tag 16, in clear: BLAKE2b-256 of all before
 *
 * Sealed, the payload is under XChaCha20-Poly1305 with a key from Argon2id, and the header is its
 * associated data. In clear, passes, memory, salt and nonce are zero, and the hash is there to tell
 * a damaged file from a good one, not to protect it.
 */
#include "crypto/sealed.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define MAGIC_SIZE 4
#define FLAG_SEALED 0x0001
#define SALT_SIZE crypto_pwhash_argon2id_SALTBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SUM_SIZE 32
#define HEADER_SIZE (MAGIC_SIZE + 2 + 2 + 4 + 4 + SALT_SIZE + NONCE_SIZE)
#define FILE_MAX (TACET_SEALED_PAYLOAD_MAX + TACET_SEALED_OVERHEAD)

_Static_assert(HEADER_SIZE + SUM_SIZE == TACET_SEALED_OVERHEAD, "the layout above");
_Static_assert(TAG_SIZE <= SUM_SIZE, "sealed is the shorter one");

struct header {
    uint16_t flags;
    uint16_t payload_size;
    uint32_t passes;
    uint32_t memory_kib;
    uint8_t salt[SALT_SIZE];
    uint8_t nonce[NONCE_SIZE];
};

static void write_header(struct tacet_writer *w, const char *magic, const struct header *h)
{
    tacet_write_bytes(w, magic, MAGIC_SIZE);
    tacet_write_u16(w, h->flags);
    tacet_write_u16(w, h->payload_size);
    tacet_write_u32(w, h->passes);
    tacet_write_u32(w, h->memory_kib);
    tacet_write_bytes(w, h->salt, sizeof(h->salt));
    tacet_write_bytes(w, h->nonce, sizeof(h->nonce));
}

static bool header_valid(const struct header *h)
{
    if (h->payload_size > TACET_SEALED_PAYLOAD_MAX) {
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

static int read_header(struct tacet_reader *r, const char *magic, struct header *ret)
{
    struct header h;
    uint8_t read_magic[MAGIC_SIZE];

    tacet_read_bytes(r, read_magic, sizeof(read_magic));
    h.flags = tacet_read_u16(r);
    h.payload_size = tacet_read_u16(r);
    h.passes = tacet_read_u32(r);
    h.memory_kib = tacet_read_u32(r);
    tacet_read_bytes(r, h.salt, sizeof(h.salt));
    tacet_read_bytes(r, h.nonce, sizeof(h.nonce));
    if (r->failed || memcmp(read_magic, magic, MAGIC_SIZE) != 0 || !header_valid(&h)) {
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

/* The header with cost, salt and nonce drawn, and the payload under the key made of them. */
static int write_sealed(struct tacet_writer *w, const char *magic, struct header *h,
                        const uint8_t *payload, const struct tacet_random *random,
                        const char *passphrase)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t sealed[TACET_SEALED_PAYLOAD_MAX + TAG_SIZE];

    h->flags = FLAG_SEALED;
    h->passes = crypto_pwhash_argon2id_OPSLIMIT_MODERATE;
    h->memory_kib = crypto_pwhash_argon2id_MEMLIMIT_MODERATE / 1024;
    random->fill(random->ctx, h->salt, sizeof(h->salt));
    random->fill(random->ctx, h->nonce, sizeof(h->nonce));
    assert(header_valid(h));
    write_header(w, magic, h);
    int err = derive_key(h, passphrase, key);
    if (err == 0) {
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, payload, h->payload_size,
                                                         w->data, HEADER_SIZE, NULL, h->nonce, key);
        tacet_write_bytes(w, sealed, (size_t)h->payload_size + TAG_SIZE);
    }
    sodium_memzero(key, sizeof(key));
    return err;
}

static void write_clear(struct tacet_writer *w, const char *magic, const struct header *h,
                        const uint8_t *payload)
{
    uint8_t sum[SUM_SIZE];

    write_header(w, magic, h);
    tacet_write_bytes(w, payload, h->payload_size);
    (void)crypto_generichash(sum, sizeof(sum), w->data, w->at, NULL, 0);
    tacet_write_bytes(w, sum, sizeof(sum));
}

int tacet_sealed_write(const char *magic, const uint8_t *payload, size_t payload_size,
                       const struct tacet_random *random, const char *passphrase, uint8_t *out,
                       size_t capacity, size_t *ret_size)
{
    struct header h = { .payload_size = (uint16_t)payload_size };
    uint8_t file[FILE_MAX];
    struct tacet_writer w = tacet_writer(file, sizeof(file));
    int err = 0;

    assert(strlen(magic) == MAGIC_SIZE);
    assert(payload_size <= TACET_SEALED_PAYLOAD_MAX);
    if (passphrase == NULL) {
        write_clear(&w, magic, &h, payload);
    } else if (*passphrase == '\0' || random == NULL || random->fill == NULL) {
        return TACET_ERR_ARGUMENT;
    } else {
        err = write_sealed(&w, magic, &h, payload, random, passphrase);
    }
    assert(!w.failed);
    if (err == 0 && w.at > capacity) {
        err = TACET_ERR_SPACE;
    }
    if (err == 0) {
        memcpy(out, file, w.at);
        *ret_size = w.at;
    }
    sodium_memzero(file, sizeof(file));
    return err;
}

static int read_sealed(const struct header *h, const uint8_t *data, size_t size,
                       const char *passphrase, uint8_t *payload)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];

    if (size != (size_t)HEADER_SIZE + h->payload_size + TAG_SIZE) {
        return TACET_ERR_FORMAT;
    }
    if (passphrase == NULL) {
        return TACET_ERR_PASSPHRASE;
    }
    int err = derive_key(h, passphrase, key);
    if (err == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(
                        payload, NULL, NULL, data + HEADER_SIZE, size - HEADER_SIZE, data,
                        HEADER_SIZE, h->nonce, key) != 0) {
        err = TACET_ERR_PASSPHRASE;
    }
    sodium_memzero(key, sizeof(key));
    return err;
}

static int read_clear(const struct header *h, const uint8_t *data, size_t size, uint8_t *payload)
{
    uint8_t sum[SUM_SIZE];

    if (size != (size_t)HEADER_SIZE + h->payload_size + SUM_SIZE) {
        return TACET_ERR_FORMAT;
    }
    (void)crypto_generichash(sum, sizeof(sum), data, size - SUM_SIZE, NULL, 0);
    if (memcmp(sum, data + size - SUM_SIZE, SUM_SIZE) != 0) {
        return TACET_ERR_FORMAT;
    }
    memcpy(payload, data + HEADER_SIZE, h->payload_size);
    return 0;
}

int tacet_sealed_read(const char *magic, const uint8_t *data, size_t size, const char *passphrase,
                      uint8_t payload[TACET_SEALED_PAYLOAD_MAX], size_t *ret_size)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct header h;

    assert(strlen(magic) == MAGIC_SIZE);
    int err = read_header(&r, magic, &h);
    if (err < 0) {
        return err;
    }
    err = h.flags == FLAG_SEALED ? read_sealed(&h, data, size, passphrase, payload)
                                 : read_clear(&h, data, size, payload);
    if (err == 0) {
        *ret_size = h.payload_size;
    }
    return err;
}
