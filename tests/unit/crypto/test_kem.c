/* The X25519 KEM on the keys of RFC 7748 section 6.1, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/kem.h"
#include "hex.h"
#include "tacet/error.h"

static const struct tacet_kem *const kem = &tacet_kem_x25519;

/* RFC 7748 section 6.1: Alice makes the key, Bob the ciphertext. The shared secret was computed
 * from theirs with Python's hashlib. */
static const char alice_secret[] =
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
static const char alice_public[] =
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
static const char bob_secret[] = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
static const char bob_public[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
static const char shared_hex[] = "9a23de1156e1b169843beddda51323991ca92ddf604961e928c7ec8ef5099af5";

static void published_keys_give_the_shared_secret_on_both_sides(void **state)
{
    uint8_t seed[2][32], public_key[32], secret[32], cipher[32], shared[2][32], expected[3][32];

    (void)state;
    (void)from_hex(alice_secret, seed[0], 32);
    (void)from_hex(bob_secret, seed[1], 32);
    (void)from_hex(alice_public, expected[0], 32);
    (void)from_hex(bob_public, expected[1], 32);
    (void)from_hex(shared_hex, expected[2], 32);
    kem->keygen(seed[0], public_key, secret);
    assert_memory_equal(public_key, expected[0], 32);
    assert_int_equal(kem->encapsulate(public_key, seed[1], cipher, shared[0]), 0);
    assert_memory_equal(cipher, expected[1], 32);
    assert_memory_equal(shared[0], expected[2], 32);
    assert_int_equal(kem->decapsulate(secret, cipher, shared[1]), 0);
    assert_memory_equal(shared[1], expected[2], 32);
}

static void sizes_are_within_the_bounds_and_it_is_not_post_quantum(void **state)
{
    (void)state;
    assert_int_equal(kem->public_size, 32);
    assert_int_equal(kem->secret_size, 32);
    assert_int_equal(kem->cipher_size, 32);
    assert_int_equal(kem->shared_size, 32);
    assert_int_equal(kem->keygen_seed_size, 32);
    assert_int_equal(kem->encaps_seed_size, 32);
    assert_false(kem->pq);
    assert_string_equal(kem->name, "x25519");
}

static void malformed_keys_are_refused_and_leave_the_outputs(void **state)
{
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4eea",
    };
    uint8_t seed[32];

    (void)state;
    (void)from_hex(bob_secret, seed, 32);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        uint8_t key[32], cipher[32] = { 0 }, shared[32] = { 0 };
        (void)from_hex(keys[i], key, 32);
        assert_int_equal(kem->encapsulate(key, seed, cipher, shared), TACET_ERR_CRYPTO);
        assert_int_equal(kem->decapsulate(seed, key, shared), TACET_ERR_CRYPTO);
        assert_true(sodium_is_zero(cipher, 32));
        assert_true(sodium_is_zero(shared, 32));
    }
}

static void changed_ciphertext_gives_another_secret(void **state)
{
    uint8_t seed[32], public_key[32], secret[32], cipher[32], shared[32], other[32];

    (void)state;
    (void)from_hex(alice_secret, seed, 32);
    kem->keygen(seed, public_key, secret);
    assert_int_equal(kem->encapsulate(public_key, seed, cipher, shared), 0);
    for (unsigned bit = 0; bit < 254; bit++) {
        cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (kem->decapsulate(secret, cipher, other) == 0) {
            assert_memory_not_equal(other, shared, 32);
        }
        cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_keys_give_the_shared_secret_on_both_sides),
        cmocka_unit_test(sizes_are_within_the_bounds_and_it_is_not_post_quantum),
        cmocka_unit_test(malformed_keys_are_refused_and_leave_the_outputs),
        cmocka_unit_test(changed_ciphertext_gives_another_secret),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
