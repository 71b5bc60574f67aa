/* The prologue, mac1 and its key, against figures from Python's hashlib.blake2b. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/mac.h"
#include "hex.h"

static const struct {
    struct tacet_callee hint;
    const char *prologue;
    const char *mac1_key;
    const char *mac; /* of "some bytes" */
} rows[] = {
    { { .hint = TACET_HINT_NONE },
      "74616365742f310000",
      "81baf707cd0c8418c0c0923922477eea58fceff8f57c1faa76b6bb569e399955",
      "b939f0b7f2dea96bbedfcd8b46b10bca" },
    { { .hint = TACET_HINT_KEY,
        .key = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 } },
      "74616365742f310001000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "912ae585e4d4eb33b0683ce3ed9d1d4c480e5abc8689c63b3ae922a4e4e5ba8d",
      "08e09cf7eda2f05e4750d804abdf9b73" },
    { { .hint = TACET_HINT_NAME, .name = "alice@example.org" },
      "74616365742f310002616c696365406578616d706c652e6f7267",
      "4013072c67d74d1c1fd3b84a8161313c94608c97d89269fbebf534fbd74be72a",
      "9dce417a13827f196981b2e7d8e7b674" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void each_hint_has_its_prologue_and_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        uint8_t expected[128], prologue[TACET_PROLOGUE_MAX], key[32], mac[TACET_MAC_SIZE];
        size_t size = from_hex(rows[i].prologue, expected, sizeof(expected));
        assert_int_equal(tacet_prologue(&rows[i].hint, prologue), size);
        assert_memory_equal(prologue, expected, size);
        tacet_mac1_key(&rows[i].hint, key);
        (void)from_hex(rows[i].mac1_key, expected, sizeof(expected));
        assert_memory_equal(key, expected, sizeof(key));
        tacet_mac(key, (const uint8_t *)"some bytes", 10, mac);
        (void)from_hex(rows[i].mac, expected, sizeof(expected));
        assert_memory_equal(mac, expected, sizeof(mac));
    }
}

static void longest_name_fits_the_prologue(void **state)
{
    struct tacet_callee hint = { .hint = TACET_HINT_NAME };
    uint8_t prologue[TACET_PROLOGUE_MAX];
    uint8_t key[32];

    (void)state;
    memset(hint.name, 'a', TACET_NAME_MAX);
    assert_int_equal(tacet_prologue(&hint, prologue), TACET_PROLOGUE_MAX);
    assert_int_equal(prologue[TACET_PROLOGUE_MAX - 1], 'a');
    tacet_mac1_key(&hint, key);
}

static void mac_is_refused_after_any_flipped_bit_or_cut(void **state)
{
    uint8_t data[40] = "the bytes that a mac is over";
    uint8_t mac[TACET_MAC_SIZE];
    uint8_t key[32] = { 1 };

    (void)state;
    tacet_mac(key, data, sizeof(data), mac);
    assert_true(tacet_mac_verify(key, data, sizeof(data), mac));
    for (size_t bit = 0; bit < 8 * sizeof(data); bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(tacet_mac_verify(key, data, sizeof(data), mac));
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(mac); bit++) {
        mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(tacet_mac_verify(key, data, sizeof(data), mac));
        mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t size = 0; size < sizeof(data); size++) {
        assert_false(tacet_mac_verify(key, data, size, mac));
    }
    key[31] ^= 1;
    assert_false(tacet_mac_verify(key, data, sizeof(data), mac));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hint_has_its_prologue_and_key),
        cmocka_unit_test(longest_name_fits_the_prologue),
        cmocka_unit_test(mac_is_refused_after_any_flipped_bit_or_cut),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
