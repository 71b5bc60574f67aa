/*
 * Published 25519/ChaChaPoly handshakes of every pattern, run token by token through the symmetric
 * state of crypto/noise.c; XX also through its six message functions. The variants with SHA-256 and
 * BLAKE2b, which Tacet does not have, run through a symmetric state of this test's own, so that the
 * reading of the patterns is checked by three times as many handshakes. BLAKE2s is skipped:
 * libsodium has none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/noise.h"
#include "tacet/error.h"
#include "vectors.h"

#define KEY TACET_NOISE_KEY
#define TAG TACET_NOISE_TAG
#define MESSAGE_MAX 512

/* Noise sections 7.4, 7.5 and 18.1: static keys known before (i, r), then the messages. */
static const struct pattern {
    const char *name;
    const char *known;
    const char *messages;
} patterns[] = {
    { "N", "r", "e es" },
    { "K", "ir", "e es ss" },
    { "X", "r", "e es s ss" },
    { "NN", "", "e|e ee" },
    { "NK", "r", "e es|e ee" },
    { "NX", "", "e|e ee s es" },
    { "KN", "i", "e|e ee se" },
    { "KK", "ir", "e es ss|e ee se" },
    { "KX", "i", "e|e ee se s es" },
    { "XN", "", "e|e ee|s se" },
    { "XK", "r", "e es|e ee|s se" },
    { "XX", "", "e|e ee s es|s se" },
    { "IN", "", "e s|e ee se" },
    { "IK", "r", "e es s ss|e ee se" },
    { "IX", "", "e s|e ee se s es" },
    { "NK1", "r", "e|e ee es" },
    { "NX1", "", "e|e ee s|es" },
    { "X1N", "", "e|e ee|s|se" },
    { "X1K", "r", "e es|e ee|s|se" },
    { "XK1", "r", "e|e ee es|s se" },
    { "X1K1", "r", "e|e ee es|s|se" },
    { "X1X", "", "e|e ee s es|s|se" },
    { "XX1", "", "e|e ee s|es s se" },
    { "X1X1", "", "e|e ee s|es s|se" },
    { "K1N", "i", "e|e ee|se" },
    { "K1K", "ir", "e es|e ee|se" },
    { "KK1", "ir", "e|e ee se es" },
    { "K1K1", "ir", "e|e ee es|se" },
    { "K1X", "i", "e|e ee s es|se" },
    { "KX1", "i", "e|e ee se s|es" },
    { "K1X1", "i", "e|e ee s|se es" },
    { "I1N", "", "e s|e ee|se" },
    { "I1K", "r", "e es s|e ee|se" },
    { "IK1", "r", "e s|e ee se es" },
    { "I1K1", "r", "e s|e ee es|se" },
    { "I1X", "", "e s|e ee s es|se" },
    { "IX1", "", "e s|e ee se s|es" },
    { "I1X1", "", "e s|e ee s|se es" },
};

struct hash {
    const char *name;
    size_t size;
    size_t block;
    void (*digest)(const uint8_t *data, size_t size, uint8_t *out);
};

static void digest_sha256(const uint8_t *data, size_t size, uint8_t *out)
{
    (void)crypto_hash_sha256(out, data, size);
}

static void digest_blake2b(const uint8_t *data, size_t size, uint8_t *out)
{
    (void)crypto_generichash(out, 64, data, size, NULL, 0);
}

static const struct hash hashes[] = {
    { "SHA512", 64, 128, NULL }, /* the engine's own */
    { "SHA256", 32, 64, digest_sha256 },
    { "BLAKE2b", 64, 128, digest_blake2b },
};

/* One side of a handshake: the engine's state, and which hash it is run with. */
struct side {
    const struct hash *hash;
    struct tacet_noise n;
    bool initiator;
    bool psk_pattern;
    uint8_t psks[4][KEY];
    size_t psk_count;
    size_t psk_next;
};

static void hmac(const struct hash *hash, const uint8_t *key, size_t key_size, const uint8_t *data,
                 size_t size, uint8_t *out)
{
    uint8_t inner[128 + MESSAGE_MAX] = { 0 };
    uint8_t outer[128 + 64] = { 0 };

    assert_true(key_size <= hash->block);
    memcpy(inner, key, key_size);
    memcpy(outer, key, key_size);
    for (size_t i = 0; i < hash->block; i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5c;
    }
    if (size > 0) { /* data is NULL then */
        memcpy(inner + hash->block, data, size);
    }
    hash->digest(inner, hash->block + size, outer + hash->block);
    hash->digest(outer, hash->block + hash->size, out);
}

static void hkdf(const struct hash *hash, const uint8_t *ck, const uint8_t *input, size_t size,
                 uint8_t out[3][64])
{
    uint8_t temp[64], data[65];

    hmac(hash, ck, hash->size, input, size, temp);
    for (uint8_t i = 0; i < 3; i++) {
        size_t before = i == 0 ? 0 : hash->size;
        memcpy(data, i == 0 ? temp : out[i - 1], before);
        data[before] = (uint8_t)(i + 1);
        hmac(hash, temp, hash->size, data, before + 1, out[i]);
    }
}

static void mix_hash(struct side *s, const uint8_t *data, size_t size)
{
    uint8_t buffer[64 + MESSAGE_MAX];

    if (s->hash->digest == NULL) {
        tacet_noise_mix_hash(&s->n, data, size);
        return;
    }
    memcpy(buffer, s->n.h, s->hash->size);
    memcpy(buffer + s->hash->size, data, size);
    s->hash->digest(buffer, s->hash->size + size, s->n.h);
}

static void mix(struct side *s, const uint8_t *input, size_t size, bool and_hash)
{
    uint8_t out[3][64];

    if (s->hash->digest == NULL) {
        (and_hash ? tacet_noise_mix_key_and_hash : tacet_noise_mix_key)(&s->n, input, size);
        return;
    }
    hkdf(s->hash, s->n.ck, input, size, out);
    memcpy(s->n.ck, out[0], s->hash->size);
    if (and_hash) {
        mix_hash(s, out[1], s->hash->size);
    }
    memcpy(s->n.k, out[and_hash ? 2 : 1], KEY);
    s->n.n = 0;
    s->n.has_key = true;
}

static void mix_dh(struct side *s, const uint8_t *secret, const uint8_t *public_key)
{
    uint8_t dh[KEY];

    if (s->hash->digest == NULL) {
        assert_int_equal(tacet_noise_mix_dh(&s->n, secret, public_key), 0);
        return;
    }
    assert_int_equal(crypto_scalarmult(dh, secret, public_key), 0);
    mix(s, dh, sizeof(dh), false);
}

static void nonce_of(uint64_t n, uint8_t nonce[12])
{
    memset(nonce, 0, 12);
    nonce[4] = (uint8_t)n; /* no vector comes near 256 messages */
}

/* Returns how many bytes were written. */
static size_t encrypt(struct side *s, const uint8_t *plain, size_t size, uint8_t *out)
{
    size_t sealed = size + (s->n.has_key ? TAG : 0);
    uint8_t nonce[12];

    if (s->hash->digest == NULL) {
        tacet_noise_encrypt_and_hash(&s->n, plain, size, out);
        return sealed;
    }
    memcpy(out, plain, size);
    if (s->n.has_key) {
        nonce_of(s->n.n++, nonce);
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, size, s->n.h,
                                                        s->hash->size, NULL, nonce, s->n.k);
    }
    mix_hash(s, out, sealed);
    return sealed;
}

/* `size` is that of the plain text; returns how many bytes were read. */
static size_t decrypt(struct side *s, const uint8_t *cipher, size_t size, uint8_t *out)
{
    size_t sealed = size + (s->n.has_key ? TAG : 0);
    uint8_t nonce[12];

    if (s->hash->digest == NULL) {
        assert_int_equal(tacet_noise_decrypt_and_hash(&s->n, cipher, sealed, out), 0);
        return sealed;
    }
    memcpy(out, cipher, size);
    if (s->n.has_key) {
        nonce_of(s->n.n++, nonce);
        assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt(
                             out, NULL, NULL, cipher, sealed, s->n.h, s->hash->size, nonce, s->n.k),
                         0);
    }
    mix_hash(s, cipher, sealed);
    return sealed;
}

static void split(const struct side *s, uint8_t k1[KEY], uint8_t k2[KEY])
{
    uint8_t out[3][64];

    if (s->hash->digest == NULL) {
        tacet_noise_split(&s->n, k1, k2);
        return;
    }
    hkdf(s->hash, s->n.ck, NULL, 0, out);
    memcpy(k1, out[0], KEY);
    memcpy(k2, out[1], KEY);
}

/* The token at *p of the message at *at, written or read; `out` has the message. */
static size_t run_key_token(struct side *s, char token, bool write, uint8_t *message)
{
    size_t size = KEY;

    if (token == 'e') {
        if (write) {
            memcpy(message, s->n.e_public, KEY);
        } else {
            memcpy(s->n.re, message, KEY);
        }
        mix_hash(s, message, KEY);
        if (s->psk_pattern) { /* section 9.2 */
            mix(s, message, KEY, false);
        }
    } else if (write) {
        size = encrypt(s, s->n.s_public, KEY, message);
    } else {
        size = decrypt(s, message, KEY, s->n.rs);
    }
    return size;
}

static void run_psk(struct side *s)
{
    assert_true(s->psk_next < s->psk_count);
    mix(s, s->psks[s->psk_next++], KEY, true);
}

/* The first letter is the initiator's key, the second the responder's. */
static void run_dh_token(struct side *s, const char *token)
{
    char own = token[s->initiator ? 0 : 1];
    char other = token[s->initiator ? 1 : 0];

    mix_dh(s, own == 'e' ? s->n.e_secret : s->n.s_secret, other == 'e' ? s->n.re : s->n.rs);
}

static size_t run_tokens(struct side *s, const char *tokens, size_t size, bool write,
                         uint8_t *message)
{
    size_t at = 0;

    for (size_t i = 0; i < size; i++) {
        if (tokens[i] == ' ') {
            continue;
        }
        if (i + 1 < size && tokens[i + 1] != ' ') {
            run_dh_token(s, tokens + i);
            i++;
        } else {
            at += run_key_token(s, tokens[i], write, message + at);
        }
    }
    return at;
}

static bool has_psk(const char *modifiers, unsigned place)
{
    char psk[8];

    (void)snprintf(psk, sizeof(psk), "psk%u", place);
    return strstr(modifiers, psk) != NULL;
}

/* A pattern's name and its modifiers: "XXpsk0+psk3". */
static const struct pattern *find_pattern(const char *protocol, char *modifiers, size_t capacity)
{
    const char *name = strchr(protocol, '_') + 1;
    size_t size = 0;

    while ((name[size] >= 'A' && name[size] <= 'Z') || name[size] == '1') {
        size++;
    }
    (void)snprintf(modifiers, capacity, "%.*s", (int)(strchr(name, '_') - name - (long)size),
                   name + size);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (strlen(patterns[i].name) == size && memcmp(patterns[i].name, name, size) == 0) {
            return &patterns[i];
        }
    }
    fail_msg("no such pattern: %s", protocol);
    return NULL;
}

static void set_keys(struct side *s, const cJSON *vector)
{
    const char *who = s->initiator ? "init" : "resp";
    const cJSON *psk;
    char name[32];

    (void)snprintf(name, sizeof(name), "%s_static", who);
    (void)member_hex(vector, name, s->n.s_secret, KEY);
    (void)snprintf(name, sizeof(name), "%s_ephemeral", who);
    (void)member_hex(vector, name, s->n.e_secret, KEY);
    tacet_noise_public(s->n.s_secret, s->n.s_public);
    tacet_noise_public(s->n.e_secret, s->n.e_public);
    (void)snprintf(name, sizeof(name), "%s_remote_static", who);
    (void)member_hex(vector, name, s->n.rs, KEY);
    (void)snprintf(name, sizeof(name), "%s_psks", who);
    cJSON_ArrayForEach(psk, cJSON_GetObjectItemCaseSensitive(vector, name))
    {
        assert_true(s->psk_count < 4);
        (void)from_hex(psk->valuestring, s->psks[s->psk_count++], KEY);
    }
}

static void begin(struct side *s, const cJSON *vector, const struct pattern *pattern)
{
    const char *protocol = member(vector, "protocol_name");
    uint8_t prologue[256];
    size_t size = member_hex(vector, s->initiator ? "init_prologue" : "resp_prologue", prologue,
                             sizeof(prologue));

    if (s->hash->digest == NULL) {
        tacet_noise_init(&s->n, protocol, prologue, size);
    } else {
        if (strlen(protocol) <= s->hash->size) {
            memcpy(s->n.h, protocol, strlen(protocol));
        } else {
            s->hash->digest((const uint8_t *)protocol, strlen(protocol), s->n.h);
        }
        memcpy(s->n.ck, s->n.h, s->hash->size);
        mix_hash(s, prologue, size);
    }
    set_keys(s, vector);
    for (const char *p = pattern->known; *p != '\0'; p++) {
        mix_hash(s, (*p == 'i') == s->initiator ? s->n.s_public : s->n.rs, KEY);
    }
}

/* One handshake message from `from` to `to`, against the vector on both sides. */
static void run_message(struct side *from, struct side *to, const char *tokens, size_t size,
                        bool psk_before, bool psk_behind, const cJSON *item)
{
    uint8_t payload[MESSAGE_MAX], expected[MESSAGE_MAX], message[MESSAGE_MAX], plain[MESSAGE_MAX];
    size_t payload_size = member_hex(item, "payload", payload, sizeof(payload));
    size_t expected_size = member_hex(item, "ciphertext", expected, sizeof(expected));

    for (unsigned k = 0; k < 2; k++) {
        struct side *s = k == 0 ? from : to;
        if (psk_before) {
            run_psk(s);
        }
        size_t at = run_tokens(s, tokens, size, k == 0, message);
        if (psk_behind) {
            run_psk(s);
        }
        at += k == 0 ? encrypt(s, payload, payload_size, message + at)
                     : decrypt(s, message + at, payload_size, plain);
        assert_int_equal(at, expected_size);
        assert_memory_equal(message, expected, expected_size);
    }
    assert_memory_equal(plain, payload, payload_size);
    assert_memory_equal(from->n.h, to->n.h, from->hash->size);
}

static void assert_transport(const uint8_t key[KEY], uint64_t n, const cJSON *item)
{
    uint8_t payload[MESSAGE_MAX], expected[MESSAGE_MAX], sealed[MESSAGE_MAX], nonce[12];
    size_t size = member_hex(item, "payload", payload, sizeof(payload));

    nonce_of(n, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, payload, size, NULL, 0, NULL,
                                                    nonce, key);
    assert_int_equal(member_hex(item, "ciphertext", expected, sizeof(expected)), size + TAG);
    assert_memory_equal(sealed, expected, size + TAG);
}

static void run_vector(const cJSON *vector, const struct hash *hash)
{
    char modifiers[32];
    const struct pattern *pattern =
        find_pattern(member(vector, "protocol_name"), modifiers, sizeof(modifiers));
    bool psk = modifiers[0] != '\0';
    struct side sides[2] = { { .hash = hash, .initiator = true, .psk_pattern = psk },
                             { .hash = hash, .psk_pattern = psk } };
    bool one_way = strchr(pattern->messages, '|') == NULL;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(vector, "messages")->child;
    const char *tokens = pattern->messages;
    uint8_t k[2][KEY], other[2][KEY], h[64];
    uint64_t n[2] = { 0 };
    unsigned turn = 0;

    begin(&sides[0], vector, pattern);
    begin(&sides[1], vector, pattern);
    for (; tokens != NULL; turn++, item = item->next) {
        const char *end = strchr(tokens, '|');
        size_t size = end != NULL ? (size_t)(end - tokens) : strlen(tokens);
        assert_non_null(item);
        run_message(&sides[turn % 2], &sides[1 - turn % 2], tokens, size,
                    turn == 0 && has_psk(modifiers, 0), has_psk(modifiers, turn + 1), item);
        tokens = end != NULL ? end + 1 : NULL;
    }
    assert_int_equal(sides[0].psk_next, sides[0].psk_count);
    if (member_hex(vector, "handshake_hash", h, sizeof(h)) > 0) {
        assert_memory_equal(sides[0].n.h, h, hash->size);
    }
    split(&sides[0], k[0], k[1]);
    split(&sides[1], other[0], other[1]);
    assert_memory_equal(k, other, sizeof(k));
    for (; item != NULL; turn++, item = item->next) {
        unsigned direction = one_way ? 0 : turn % 2;
        assert_transport(k[direction], n[direction]++, item);
    }
}

/* XX through the functions that a call uses. */
static void run_xx(const cJSON *vector)
{
    const struct pattern xx = { "XX", "", "" };
    struct side i = { .hash = &hashes[0], .initiator = true };
    struct side r = { .hash = &hashes[0] };
    uint8_t payload[3][MESSAGE_MAX], expected[3][MESSAGE_MAX], m[MESSAGE_MAX], plain[MESSAGE_MAX];
    size_t size[3];
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(vector, "messages")->child;

    for (unsigned k = 0; k < 3; k++, item = item->next) {
        size[k] = member_hex(item, "payload", payload[k], MESSAGE_MAX);
        (void)member_hex(item, "ciphertext", expected[k], MESSAGE_MAX);
    }
    begin(&i, vector, &xx);
    begin(&r, vector, &xx);
    tacet_noise_write_init(&i.n, NULL, 0, payload[0], size[0], m);
    assert_memory_equal(m, expected[0], KEY);
    assert_int_equal(tacet_noise_read_init(&r.n, NULL, 0, m, expected[0] + KEY, size[0]), 0);

    assert_int_equal(
        tacet_noise_write_resp(&r.n, NULL, 0, payload[1], size[1], m, m + KEY, m + 2 * KEY + TAG),
        0);
    assert_memory_equal(m, expected[1], 2 * KEY + TAG + size[1] + TAG);
    assert_int_equal(
        tacet_noise_read_resp(&i.n, NULL, 0, m, m + KEY, m + 2 * KEY + TAG, size[1] + TAG, plain),
        0);
    assert_memory_equal(plain, payload[1], size[1]);

    assert_int_equal(tacet_noise_write_fin(&i.n, NULL, 0, payload[2], size[2], m, m + KEY + TAG),
                     0);
    assert_memory_equal(m, expected[2], KEY + TAG + size[2] + TAG);
    assert_int_equal(tacet_noise_read_fin(&r.n, NULL, 0, m, m + KEY + TAG, size[2] + TAG, plain),
                     0);
    assert_memory_equal(plain, payload[2], size[2]);
    assert_memory_equal(i.n.h, r.n.h, sizeof(i.n.h));
}

static void run_file(const char *file, const int expected[3])
{
    cJSON *json = load_vectors(file);
    const cJSON *vector;
    int count[3] = { 0 };
    int xx = 0;

    if (json == NULL) {
        skip();
    }
    cJSON_ArrayForEach(vector, cJSON_GetObjectItemCaseSensitive(json, "vectors"))
    {
        const char *protocol = member(vector, "protocol_name");
        if (strstr(protocol, "_25519_ChaChaPoly_") == NULL) {
            continue;
        }
        for (unsigned k = 0; k < 3; k++) {
            if (strcmp(strrchr(protocol, '_') + 1, hashes[k].name) == 0) {
                run_vector(vector, &hashes[k]);
                count[k]++;
            }
        }
        if (strcmp(protocol, "Noise_XX_25519_ChaChaPoly_SHA512") == 0) {
            run_xx(vector);
            xx++;
        }
    }
    print_message("%s: SHA512 %d (XX by message %d), SHA256 %d, BLAKE2b %d\n", file, count[0], xx,
                  count[1], count[2]);
    /* So that a reader of the file that skips everything is seen. */
    for (unsigned k = 0; k < 3; k++) {
        assert_int_equal(count[k], expected[k]);
    }
    assert_true(xx > 0);
    cJSON_Delete(json);
}

static void subset_handshakes_come_out_bit_for_bit(void **state)
{
    (void)state;
    run_file("noise/subset_25519_ChaChaPoly.json", (const int[3]){ 18, 18, 18 });
}

static void cacophony_handshakes_come_out_bit_for_bit(void **state)
{
    (void)state;
    run_file("noise/cacophony.txt", (const int[3]){ 59, 59, 59 });
}

static void snow_handshakes_come_out_bit_for_bit(void **state)
{
    (void)state;
    run_file("noise/snow.txt", (const int[3]){ 51, 51, 51 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subset_handshakes_come_out_bit_for_bit),
        cmocka_unit_test(cacophony_handshakes_come_out_bit_for_bit),
        cmocka_unit_test(snow_handshakes_come_out_bit_for_bit),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
