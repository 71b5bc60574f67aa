/* The bounded reader and writer. */
#include "base/bytes.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void numbers_are_big_endian(void **state)
{
    static const uint8_t expected[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
                                        0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12 };
    uint8_t data[sizeof(expected)];
    struct tacet_writer w = tacet_writer(data, sizeof(data));

    (void)state;
    tacet_write_u8(&w, 0x01);
    tacet_write_u16(&w, 0x0203);
    tacet_write_u24(&w, 0x040506);
    tacet_write_u32(&w, 0x0708090a);
    tacet_write_u64(&w, UINT64_C(0x0b0c0d0e0f101112));
    assert_false(w.failed);
    assert_int_equal(tacet_writer_left(&w), 0);
    assert_memory_equal(data, expected, sizeof(expected));

    struct tacet_reader r = tacet_reader(data, sizeof(data));
    assert_int_equal(tacet_read_u8(&r), 0x01);
    assert_int_equal(tacet_read_u16(&r), 0x0203);
    assert_int_equal(tacet_read_u24(&r), 0x040506);
    assert_int_equal(tacet_read_u32(&r), 0x0708090a);
    assert_true(tacet_read_u64(&r) == UINT64_C(0x0b0c0d0e0f101112));
    assert_false(r.failed);
    assert_int_equal(tacet_reader_left(&r), 0);
}

static void first_step_past_the_end_fails_and_every_later_one(void **state)
{
    static const uint8_t data[3] = { 1, 2, 3 };
    struct tacet_reader r = tacet_reader(data, sizeof(data));
    uint8_t out[2] = { 9, 9 };

    (void)state;
    assert_int_equal(tacet_read_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(tacet_reader_left(&r), 0);
    assert_int_equal(tacet_read_u8(&r), 0);
    assert_null(tacet_read_view(&r, 1));
    tacet_read_bytes(&r, out, sizeof(out));
    assert_int_equal(out[0] | out[1], 0);
    assert_false(tacet_read_zeros(&r));
}

static void sizes_that_would_wrap_fail(void **state)
{
    static const uint8_t data[3] = { 1, 2, 3 };
    struct tacet_reader r = tacet_reader(data, sizeof(data));

    (void)state;
    tacet_read_skip(&r, 1);
    tacet_read_skip(&r, SIZE_MAX);
    assert_true(r.failed);
    r = tacet_reader(data, sizeof(data));
    tacet_read_skip(&r, 1);
    assert_null(tacet_read_view(&r, SIZE_MAX - 1));
    assert_true(r.failed);
}

static void views_and_copies_give_the_same_bytes(void **state)
{
    static const uint8_t data[5] = { 1, 2, 3, 4, 5 };
    struct tacet_reader r = tacet_reader(data, sizeof(data));
    uint8_t out[2];

    (void)state;
    assert_ptr_equal(tacet_read_view(&r, 2), data);
    tacet_read_bytes(&r, out, 2);
    assert_memory_equal(out, data + 2, 2);
    assert_int_equal(tacet_reader_left(&r), 1);
    assert_false(r.failed);
}

static void rest_is_zeros_only_if_every_byte_is(void **state)
{
    uint8_t data[8] = { 0 };

    (void)state;
    struct tacet_reader r = tacet_reader(data, sizeof(data));
    assert_true(tacet_read_zeros(&r));
    assert_int_equal(tacet_reader_left(&r), 0);
    assert_true(tacet_read_zeros(&r));
    for (size_t i = 0; i < sizeof(data); i++) {
        memset(data, 0, sizeof(data));
        data[i] = 0x80;
        r = tacet_reader(data, sizeof(data));
        assert_false(tacet_read_zeros(&r));
    }
}

static void writer_writes_nothing_past_its_end(void **state)
{
    uint8_t data[4] = { 0xee, 0xee, 0xee, 0xee };
    static const uint8_t expected[4] = { 1, 2, 0xee, 0xee };
    struct tacet_writer w = tacet_writer(data, 3);

    (void)state;
    tacet_write_u16(&w, 0x0102);
    tacet_write_u16(&w, 0x0304);
    assert_true(w.failed);
    tacet_write_u8(&w, 5);
    tacet_write_zeros(&w, 1);
    tacet_write_bytes(&w, expected, 1);
    assert_int_equal(tacet_writer_left(&w), 0);
    assert_memory_equal(data, expected, sizeof(data));
}

static void nothing_can_be_read_or_written_without_memory(void **state)
{
    struct tacet_reader r = tacet_reader(NULL, 0);
    struct tacet_writer w = tacet_writer(NULL, 0);

    (void)state;
    tacet_write_bytes(&w, NULL, 0);
    assert_false(w.failed);
    assert_true(tacet_read_zeros(&r) || r.failed == false);
    (void)tacet_read_u8(&r);
    tacet_write_u8(&w, 1);
    assert_true(r.failed);
    assert_true(w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(first_step_past_the_end_fails_and_every_later_one),
        cmocka_unit_test(sizes_that_would_wrap_fail),
        cmocka_unit_test(views_and_copies_give_the_same_bytes),
        cmocka_unit_test(rest_is_zeros_only_if_every_byte_is),
        cmocka_unit_test(writer_writes_nothing_past_its_end),
        cmocka_unit_test(nothing_can_be_read_or_written_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
