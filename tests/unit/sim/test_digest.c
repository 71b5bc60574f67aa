/* What changes the hash of a run, and what does not. */
#include "sim/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void hash_is_sha256_of_numbers_as_big_endian_bytes(void **state)
{
    /* SHA-256 of 00 00 00 00 00 00 00 00. */
    static const uint8_t expected[32] = { 0xaf, 0x55, 0x70, 0xf5, 0xa1, 0x81, 0x0b, 0x7a,
                                          0xf7, 0x8c, 0xaf, 0x4b, 0xc7, 0x0a, 0x66, 0x0f,
                                          0x0d, 0xf5, 0x1e, 0x42, 0xba, 0xf9, 0x1d, 0x4d,
                                          0xe5, 0xb2, 0x32, 0x8d, 0xe0, 0xe8, 0x3d, 0xfc };
    struct tacet_digest digest;
    uint8_t out[32];

    (void)state;
    tacet_digest_init(&digest);
    tacet_digest_number(&digest, 0);
    tacet_digest_result(&digest, out);
    assert_memory_equal(out, expected, sizeof(out));
}

static void bytes_are_told_apart_by_their_sizes(void **state)
{
    struct tacet_digest a, b;
    uint8_t out_a[32], out_b[32];

    (void)state;
    tacet_digest_init(&a);
    tacet_digest_bytes(&a, "ab", 2);
    tacet_digest_bytes(&a, "c", 1);
    tacet_digest_init(&b);
    tacet_digest_bytes(&b, "a", 1);
    tacet_digest_bytes(&b, "bc", 2);
    tacet_digest_result(&a, out_a);
    tacet_digest_result(&b, out_b);
    assert_memory_not_equal(out_a, out_b, 32);
}

static void only_the_meaning_of_an_event_counts(void **state)
{
    struct tacet_event events[3];
    uint8_t out[3][32];

    (void)state;
    /* The padding and the unused members differ in the first two, the reason in the third. */
    for (int i = 0; i < 3; i++) {
        struct tacet_digest digest;
        memset(&events[i], i + 1, sizeof(events[i]));
        events[i].type = TACET_EVENT_ENDED;
        events[i].peer = 1;
        events[i].u.ended.reason = i == 2 ? TACET_END_LOST : TACET_END_HANGUP;
        events[i].u.ended.remote = true;
        tacet_digest_init(&digest);
        tacet_digest_event(&digest, &events[i]);
        tacet_digest_result(&digest, out[i]);
    }
    assert_memory_equal(out[0], out[1], 32);
    assert_memory_not_equal(out[0], out[2], 32);
}

static void hash(const uint8_t bytes[1000], uint8_t of_bytes[32], uint8_t of_picture[32])
{
    const struct tacet_picture picture = {
        .width = 40,
        .height = 20,
        .planes = { bytes, bytes, bytes },
        .strides = { 50, 25, 25 },
    };
    struct tacet_digest digest;

    tacet_digest_init(&digest);
    tacet_digest_bytes(&digest, bytes, 1000);
    tacet_digest_result(&digest, of_bytes);
    tacet_digest_init(&digest);
    tacet_digest_picture(&digest, &picture, 18);
    tacet_digest_result(&digest, of_picture);
}

static void every_bit_of_many_bytes_and_of_a_picture_counts(void **state)
{
    uint8_t bytes[1000] = { 0 };
    uint8_t before[2][32], after[2][32];

    (void)state;
    hash(bytes, before[0], before[1]);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        hash(bytes, after[0], after[1]);
        assert_memory_not_equal(after[0], before[0], 32);
        /* What lies beside a row is not of the picture, nor what lies below the rows that count. */
        bool inside = bit / 8 % 50 < 40 && bit / 8 / 50 < 18;
        assert_int_equal(memcmp(after[1], before[1], 32) != 0, inside);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    hash(bytes, after[0], after[1]);
    assert_memory_equal(after, before, sizeof(before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_sha256_of_numbers_as_big_endian_bytes),
        cmocka_unit_test(bytes_are_told_apart_by_their_sizes),
        cmocka_unit_test(only_the_meaning_of_an_event_counts),
        cmocka_unit_test(every_bit_of_many_bytes_and_of_a_picture_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
