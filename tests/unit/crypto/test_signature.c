/* Signatures with a label. */
#include "crypto/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

static uint8_t key[32];
static uint8_t secret[64];

static int make_key(void **state)
{
    static const uint8_t seed[32] = { 1 };

    (void)state;
    return crypto_sign_seed_keypair(key, secret, seed);
}

static void it_is_over_the_label_with_its_nul_and_the_bytes(void **state)
{
    static const uint8_t message[] = "label\0bytes"; /* and a NUL that is not signed */
    uint8_t signature[TACET_SIGNATURE_SIZE], expected[TACET_SIGNATURE_SIZE];

    (void)state;
    tacet_sign("label", message + 6, 5, secret, signature);
    assert_int_equal(crypto_sign_detached(expected, NULL, message, 11, secret), 0);
    assert_memory_equal(signature, expected, sizeof(expected));
}

static void it_holds_for_its_label_bytes_and_key_only(void **state)
{
    uint8_t data[TACET_SIGNED_MAX] = { 7 };
    uint8_t signature[TACET_SIGNATURE_SIZE];
    uint8_t other[32];

    (void)state;
    memcpy(other, key, sizeof(other));
    other[0] ^= 1;
    tacet_sign("label", data, sizeof(data), secret, signature);
    assert_true(tacet_signed("label", data, sizeof(data), signature, key));
    assert_false(tacet_signed("labels", data, sizeof(data), signature, key));
    assert_false(tacet_signed("label", data, sizeof(data) - 1, signature, key));
    assert_false(tacet_signed("label", data, sizeof(data), signature, other));
    data[sizeof(data) - 1] ^= 1;
    assert_false(tacet_signed("label", data, sizeof(data), signature, key));
    data[sizeof(data) - 1] ^= 1;
    signature[0] ^= 1;
    assert_false(tacet_signed("label", data, sizeof(data), signature, key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_over_the_label_with_its_nul_and_the_bytes),
        cmocka_unit_test(it_holds_for_its_label_bytes_and_key_only),
    };

    return cmocka_run_group_tests(tests, make_key, NULL);
}
