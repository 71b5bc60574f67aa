/*
 * The key schedule against figures computed from the text of protocol.md section 4 by an
 * independent implementation (Python's hmac): exporter = 00..3f, h = 40..7f, shared = 80..9f,
 * transcript = a0..df.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/schedule.h"
#include "hex.h"
#include "tacet/call.h"

#include <stdbool.h>

static const char e0_hex[] = "3a16cc3e5b3522e8312d348dc50a600bec5b5faeaf46ebc5ff1f26a37508e23b"
                             "a8a59a02b5a9477dcd6586205d29fe44f1c250b4dec87a521bf09a1a62ba82d3";
static const char e1_hex[] = "7bfedfedac6e84126b29b906f00b887aa0f916a2f16e6f468a294f370e27a5bb"
                             "9d91648caeee1b8dee4e419af156e80da452780d6d6651a4db1ef83f6b0b8735";

static uint8_t counting[256];

static void assert_hex(const uint8_t *data, size_t size, const char *hex)
{
    uint8_t expected[64];

    assert_int_equal(size, from_hex(hex, expected, sizeof(expected)));
    assert_memory_equal(data, expected, size);
}

static void epochs_follow_from_the_exporter(void **state)
{
    uint8_t e[64];

    (void)state;
    tacet_schedule_epoch0(counting, counting + 64, e);
    assert_hex(e, 64, e0_hex);
    tacet_schedule_next(e, 1, counting + 128, 32, counting + 160, e);
    assert_hex(e, 64, e1_hex);
}

static void control_keys_differ_by_direction_and_epoch(void **state)
{
    static const struct {
        const char *e;
        enum tacet_direction direction;
        uint32_t epoch;
        const char *key;
    } rows[] = {
        { e0_hex, TACET_INITIATOR_TO_RESPONDER, 0,
          "a1eaf3ca7ab1ebe77575ee991b52c6cb237f5d6d5fead5f872ed3bf29a7031cc" },
        { e0_hex, TACET_RESPONDER_TO_INITIATOR, 0,
          "ce177a14ddea74ef843f8243f4d22f64581a05390d5c1d8a4e29c24daf51888d" },
        { e1_hex, TACET_INITIATOR_TO_RESPONDER, 0x01020304,
          "eddda0ab33f8ff80c3dd726a99592e93924d14168c18c29e219d6f3a45b6eb88" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t e[64], key[32];
        (void)from_hex(rows[i].e, e, sizeof(e));
        tacet_schedule_ctrl_key(e, rows[i].direction, rows[i].epoch, key);
        assert_hex(key, sizeof(key), rows[i].key);
    }
}

static void srtp_keys_have_the_size_of_their_profile(void **state)
{
    static const struct {
        uint16_t profile;
        const char *key[2];
    } rows[] = {
        { TACET_PROFILE_AEAD_AES_256_GCM,
          { "cc4475c2abcacdcfc275f84894fa1c625088bf04a253182faedefaa08051b8cd"
            "d76fb950530e488493dbb3f4",
            "06106b501ed789dd175e8b18e95a7dcc1d9645918fc7a4ffe6f2cf3c37cd3a6f"
            "637664f8383dbe5376e081e3" } },
        { TACET_PROFILE_AEAD_AES_128_GCM,
          { "60cc89c14c531524b3af58e509613caa3c90a8a03a97e853a6b1938f",
            "17ad4692f3014c7f687cfe39ce0832bfbc5767f4a8b2baab961d876c" } },
        { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80,
          { "a707f70a645adffcee97961f490b08b676767bd3424c992b62e4d14348a1",
            "1aea998a3eaacb8c0fb693dd4fcd9eb43526c1b66b3c955b73926d3bb823" } },
    };
    uint8_t e[64];

    (void)state;
    (void)from_hex(e1_hex, e, sizeof(e));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned direction = 0; direction < 2; direction++) {
            uint8_t key[TACET_SRTP_KEY_SIZE_MAX];
            size_t size = tacet_schedule_srtp_key(e, (enum tacet_direction)direction, 1,
                                                  rows[i].profile, key);
            assert_hex(key, size, rows[i].key[direction]);
        }
    }
}

static void unknown_profiles_have_no_key(void **state)
{
    static const uint16_t profiles[] = { 0, 2, 5, 6, 9, 0x0100, 0xffff };
    uint8_t key[TACET_SRTP_KEY_SIZE_MAX] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        assert_int_equal(
            tacet_schedule_srtp_key(counting, TACET_INITIATOR_TO_RESPONDER, 1, profiles[i], key),
            0);
    }
    assert_true(sodium_is_zero(key, sizeof(key)));
}

static void ssrcs_are_those_of_the_formula(void **state)
{
    static const uint32_t expected[2][TACET_SSRC_KIND_COUNT] = {
        { 0xabc6f7c4, 0xd8a7d47e, 0x5f6cfbec, 0xa8a7c0bf },
        { 0xfdc360e3, 0x4767b54e, 0xe0e36b87, 0xc5ae8d2f },
    };
    struct tacet_ssrcs ssrcs;

    (void)state;
    tacet_schedule_ssrcs(counting, counting + 64, &ssrcs);
    assert_memory_equal(ssrcs.of, expected, sizeof(expected));
}

static void ssrcs_of_many_calls_are_different_and_never_zero(void **state)
{
    (void)state;
    for (uint32_t call = 0; call < 2000; call++) {
        struct tacet_ssrcs ssrcs;
        uint8_t h[64] = { (uint8_t)call, (uint8_t)(call >> 8) };
        tacet_schedule_ssrcs(counting, h, &ssrcs);
        const uint32_t *all = &ssrcs.of[0][0];
        for (unsigned i = 0; i < 2 * TACET_SSRC_KIND_COUNT; i++) {
            assert_int_not_equal(all[i], 0);
            for (unsigned k = 0; k < i; k++) {
                assert_int_not_equal(all[i], all[k]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_follow_from_the_exporter),
        cmocka_unit_test(control_keys_differ_by_direction_and_epoch),
        cmocka_unit_test(srtp_keys_have_the_size_of_their_profile),
        cmocka_unit_test(unknown_profiles_have_no_key),
        cmocka_unit_test(ssrcs_are_those_of_the_formula),
        cmocka_unit_test(ssrcs_of_many_calls_are_different_and_never_zero),
    };

    for (unsigned i = 0; i < sizeof(counting); i++) {
        counting[i] = (uint8_t)i;
    }
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
