/*
 * Wycheproof's hostile X25519, Ed25519 and ChaCha20-Poly1305 cases through the functions that the
 * engine calls: its own mix_dh for X25519, libsodium's for the other two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/noise.h"
#include "tacet/error.h"
#include "vectors.h"

static void x25519_case(const cJSON *group, const cJSON *test)
{
    struct tacet_noise noise, expected;
    uint8_t public_key[32], secret[32], shared[32];

    (void)group;
    assert_int_equal(member_hex(test, "public", public_key, 32), 32);
    assert_int_equal(member_hex(test, "private", secret, 32), 32);
    assert_int_equal(member_hex(test, "shared", shared, 32), 32);
    tacet_noise_init(&noise, "test", NULL, 0);
    expected = noise;
    int err = tacet_noise_mix_dh(&noise, secret, public_key);
    if (has_flag(test, "NonCanonicalPublic") || has_flag(test, "ZeroSharedSecret") ||
        public_key[31] >= 0x80) {
        assert_int_equal(err, TACET_ERR_CRYPTO);
    } else {
        tacet_noise_mix_key(&expected, shared, sizeof(shared));
        assert_int_equal(err, 0);
    }
    /* Refused: nothing was mixed. Taken: exactly the expected secret was. */
    assert_memory_equal(&noise, &expected, sizeof(noise));
}

static void ed25519_case(const cJSON *group, const cJSON *test)
{
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(group, "publicKey");
    uint8_t pk[32], message[2048], sig[256];

    assert_int_equal(member_hex(key, "pk", pk, sizeof(pk)), 32);
    size_t size = member_hex(test, "msg", message, sizeof(message));
    size_t sig_size = member_hex(test, "sig", sig, sizeof(sig));
    bool valid = strcmp(member(test, "result"), "valid") == 0;
    if (sig_size != crypto_sign_BYTES) {
        assert_false(valid); /* ours are of fixed size */
        return;
    }
    assert_int_equal(crypto_sign_verify_detached(sig, message, size, pk), valid ? 0 : -1);
}

static void chacha_case(const cJSON *group, const cJSON *test)
{
    uint8_t key[32], iv[32], aad[1024], plain[1024], sealed[1040], out[1040];
    bool valid = strcmp(member(test, "result"), "valid") == 0;

    (void)group;
    if (member_hex(test, "iv", iv, sizeof(iv)) != 12) {
        assert_false(valid);
        return;
    }
    assert_int_equal(member_hex(test, "key", key, sizeof(key)), 32);
    size_t aad_size = member_hex(test, "aad", aad, sizeof(aad));
    size_t size = member_hex(test, "msg", plain, sizeof(plain));
    assert_int_equal(member_hex(test, "ct", sealed, 1024), size);
    assert_int_equal(member_hex(test, "tag", sealed + size, 16), 16);
    assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, size + 16,
                                                               aad, aad_size, iv, key),
                     valid ? 0 : -1);
    if (valid) {
        assert_memory_equal(out, plain, size);
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, size, aad, aad_size, NULL,
                                                        iv, key);
        assert_memory_equal(out, sealed, size + 16);
    }
}

static void x25519_takes_and_refuses_as_the_protocol_says(void **state)
{
    (void)state;
    if (each_case("wycheproof/x25519_test.json", x25519_case) < 0) {
        skip();
    }
}

static void ed25519_takes_no_invalid_signature(void **state)
{
    (void)state;
    if (each_case("wycheproof/ed25519_test.json", ed25519_case) < 0) {
        skip();
    }
}

static void chacha20_poly1305_takes_no_modified_tag(void **state)
{
    (void)state;
    if (each_case("wycheproof/chacha20_poly1305_test.json", chacha_case) < 0) {
        skip();
    }
}

/* RFC 8439 section 2.8.2, RFC 8032 section 7.1 test 2, RFC 7748 section 6.1: without the files. */
static void figures_of_the_rfcs_hold(void **state)
{
    static const char text[] =
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.";
    uint8_t key[32], nonce[12], aad[12], out[sizeof(text) + 16], tag[16], pk[32], sig[64];
    const uint8_t message = 0x72;

    (void)state;
    for (uint8_t i = 0; i < 32; i++) {
        key[i] = (uint8_t)(0x80 + i);
    }
    (void)from_hex("070000004041424344454647", nonce, sizeof(nonce));
    (void)from_hex("50515253c0c1c2c3c4c5c6c7", aad, sizeof(aad));
    (void)from_hex("1ae10b594f09e26a7e902ecbd0600691", tag, sizeof(tag));
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, (const uint8_t *)text,
                                                    sizeof(text) - 1, aad, 12, NULL, nonce, key);
    assert_memory_equal(out + sizeof(text) - 1, tag, sizeof(tag));

    (void)from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", pk, 32);
    (void)from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                   "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
                   sig, 64);
    assert_int_equal(crypto_sign_verify_detached(sig, &message, 1, pk), 0);
    sig[63] |= 0x10;
    assert_int_equal(crypto_sign_verify_detached(sig, &message, 1, pk), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_the_rfcs_hold),
        cmocka_unit_test(x25519_takes_and_refuses_as_the_protocol_says),
        cmocka_unit_test(ed25519_takes_no_invalid_signature),
        cmocka_unit_test(chacha20_poly1305_takes_no_modified_tag),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
