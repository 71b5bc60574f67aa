/* Redundant audio, written and read back. */
#include "rtp/red.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tacet/error.h"

static struct tacet_red red;
static uint8_t out[1200];

static size_t write_with(uint32_t n, const struct tacet_red_plan *plan, size_t capacity)
{
    uint8_t payload[80];

    memset(payload, (int)n, sizeof(payload));
    return tacet_red_write(&red, 111, n * 960, payload, sizeof(payload), plan, out, capacity);
}

static size_t write_nth(uint32_t n, size_t depth, size_t capacity)
{
    struct tacet_red_plan plan = { depth, { 1, 2, 3, 4 } };

    return write_with(n, &plan, capacity);
}

static void each_packet_repeats_the_last_ones(void **state)
{
    (void)state;
    for (size_t depth = 0; depth <= TACET_RED_DEPTH_MAX; depth++) {
        red = (struct tacet_red){ 0 };
        for (uint32_t n = 100; n < 120; n++) {
            struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];
            size_t expected = n - 100 < depth ? n - 100 : depth;
            size_t size = write_nth(n, depth, sizeof(out));
            assert_int_equal(size, 1 + 80 + expected * 84);
            assert_int_equal(tacet_red_read(111, n * 960, out, size, blocks), expected + 1);
            for (size_t i = 0; i <= expected; i++) {
                uint32_t of = n - (uint32_t)(expected - i);
                assert_int_equal(blocks[i].timestamp, of * 960);
                assert_int_equal(blocks[i].size, 80);
                assert_int_equal(blocks[i].data[79], of);
            }
        }
    }
}

static void repeats_stand_as_far_back_as_the_plan_says(void **state)
{
    static const struct tacet_red_plan plan = { 3, { 2, 4, TACET_RED_BACK_MAX } };
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];

    (void)state;
    red = (struct tacet_red){ 0 };
    for (uint32_t n = 1; n <= 40; n++) {
        size_t size = write_with(n, &plan, sizeof(out));
        int expected = 1 + (n > 2) + (n > 4) + (n > TACET_RED_BACK_MAX);
        assert_int_equal(tacet_red_read(111, n * 960, out, size, blocks), expected);
        for (int i = 0; i < expected - 1; i++) {
            uint32_t of = n - plan.back[expected - 2 - i];
            assert_int_equal(blocks[i].timestamp, of * 960);
            assert_int_equal(blocks[i].data[0], of);
        }
    }
}

static void what_does_not_fit_is_left_out_oldest_first(void **state)
{
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];

    (void)state;
    red = (struct tacet_red){ 0 };
    for (uint32_t n = 1; n < 5; n++) {
        (void)write_nth(n, 4, sizeof(out));
    }
    assert_int_equal(write_nth(5, 4, 1 + 80 + 84 + 83), 1 + 80 + 84);
    assert_int_equal(tacet_red_read(111, 5 * 960, out, 165, blocks), 2);
    assert_int_equal(blocks[0].timestamp, 4 * 960);
    assert_int_equal(write_nth(6, 4, 80), 0);
    /* Sound from too long ago cannot be referred to: 14 bits of offset. */
    assert_int_equal(write_nth(40, 4, sizeof(out)), 81);
}

static void timestamps_wrap(void **state)
{
    uint8_t payload[3] = { 1, 2, 3 };
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];

    (void)state;
    red = (struct tacet_red){ 0 };
    static const struct tacet_red_plan plan = { 1, { 1 } };
    (void)tacet_red_write(&red, 111, UINT32_MAX - 400, payload, 3, &plan, out, sizeof(out));
    size_t size = tacet_red_write(&red, 111, 559, payload, 3, &plan, out, sizeof(out));
    assert_int_equal(tacet_red_read(111, 559, out, size, blocks), 2);
    assert_int_equal(blocks[0].timestamp, UINT32_MAX - 400);
}

static void malformed_payloads_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[32];
        size_t size;
        int expected;
    } rows[] = {
        { { 0 }, 0, TACET_ERR_FORMAT },
        { { 111, 9 }, 2, 1 },
        { { 111 }, 1, 0 },                            /* a block without a byte is none */
        { { 0x80 | 111, 0, 4, 1, 111, 7, 8 }, 7, 2 }, /* one byte before one byte */
        { { 0x80 | 111, 0, 4, 3, 111, 7, 8 }, 7, TACET_ERR_FORMAT }, /* longer than there is */
        { { 0x80 | 111, 0, 4 }, 3, TACET_ERR_FORMAT },
        { { 0x80 | 96, 0, 4, 1, 111, 7, 8 }, 7, 1 }, /* another type is passed over */
        { { 239, 0, 0, 0, 239, 0, 0, 0, 239, 0, 0, 0, 239, 0, 0, 0, 239, 0, 0, 0, 111, 1 },
          22,
          TACET_ERR_FORMAT }, /* more than the bound */
    };
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tacet_red_read(111, 5000, rows[i].bytes, rows[i].size, blocks),
                         rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_packet_repeats_the_last_ones),
        cmocka_unit_test(repeats_stand_as_far_back_as_the_plan_says),
        cmocka_unit_test(what_does_not_fit_is_left_out_oldest_first),
        cmocka_unit_test(timestamps_wrap),
        cmocka_unit_test(malformed_payloads_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
