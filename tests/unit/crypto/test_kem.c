/* X-Wing as the KEM of the epoch step: its sizes, and what it refuses beyond the draft. */
#include "crypto/kem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/mlkem768.h"
#include "crypto/xwing.h"
#include "hex.h"
#include "tacet/error.h"

static const struct tacet_kem *const kem = &tacet_kem_xwing;

struct set {
    uint8_t seeds[96];
    uint8_t public_key[TACET_KEM_PUBLIC_MAX], secret[TACET_KEM_SECRET_MAX];
    uint8_t cipher[TACET_KEM_CIPHER_MAX], shared[TACET_KEM_SHARED_MAX];
};

static void make_set(struct set *s)
{
    for (unsigned i = 0; i < sizeof(s->seeds); i++) {
        s->seeds[i] = (uint8_t)(3 * i + 1);
    }
    kem->keygen(s->seeds, s->public_key, s->secret);
    assert_int_equal(kem->encapsulate(s->public_key, s->seeds + 32, s->cipher, s->shared), 0);
}

static void sizes_are_of_the_protocol_and_it_is_post_quantum(void **state)
{
    (void)state;
    assert_int_equal(kem->public_size, 1216);
    assert_int_equal(kem->secret_size, 32);
    assert_int_equal(kem->cipher_size, 1120);
    assert_int_equal(kem->shared_size, 32);
    assert_int_equal(kem->keygen_seed_size, 32);
    assert_int_equal(kem->encaps_seed_size, 64);
    assert_true(kem->pq);
    assert_string_equal(kem->name, "xwing-10");
}

static void both_sides_come_to_the_secret_of_xwing(void **state)
{
    struct set s;
    uint8_t got[32], cipher[TACET_XWING_CIPHER];

    (void)state;
    make_set(&s);
    assert_int_equal(kem->decapsulate(s.secret, s.cipher, got), 0);
    assert_memory_equal(got, s.shared, 32);
    assert_int_equal(tacet_xwing_encapsulate(s.public_key, s.seeds + 32, cipher, got), 0);
    assert_memory_equal(cipher, s.cipher, sizeof(cipher));
    assert_memory_equal(got, s.shared, 32);
}

/* Points of small order, points that are not below p, and a point with the top bit set. */
static void malformed_points_are_refused_and_leave_the_outputs(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4eea",
    };
    struct set s;

    (void)state;
    make_set(&s);
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        uint8_t cipher[TACET_XWING_CIPHER] = { 0 }, shared[32] = { 0 };
        (void)from_hex(points[i], s.public_key + TACET_MLKEM768_EK, 32);
        assert_int_equal(kem->encapsulate(s.public_key, s.seeds + 32, cipher, shared),
                         TACET_ERR_CRYPTO);
        (void)from_hex(points[i], s.cipher + TACET_MLKEM768_CIPHER, 32);
        assert_int_equal(kem->decapsulate(s.secret, s.cipher, shared), TACET_ERR_CRYPTO);
        assert_true(sodium_is_zero(cipher, sizeof(cipher)));
        assert_true(sodium_is_zero(shared, sizeof(shared)));
    }
}

static void coefficient_of_q_or_more_is_refused(void **state)
{
    struct set s;
    uint8_t cipher[TACET_XWING_CIPHER] = { 0 }, shared[32] = { 0 };

    (void)state;
    make_set(&s);
    s.public_key[TACET_MLKEM768_EK - 33] = 0xff; /* the upper bits of the last coefficient */
    assert_int_equal(kem->encapsulate(s.public_key, s.seeds + 32, cipher, shared),
                     TACET_ERR_CRYPTO);
    assert_true(sodium_is_zero(cipher, sizeof(cipher)));
    assert_true(sodium_is_zero(shared, sizeof(shared)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_of_the_protocol_and_it_is_post_quantum),
        cmocka_unit_test(both_sides_come_to_the_secret_of_xwing),
        cmocka_unit_test(malformed_points_are_refused_and_leave_the_outputs),
        cmocka_unit_test(coefficient_of_q_or_more_is_refused),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
