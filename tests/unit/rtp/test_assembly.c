/*
 * Frames from packets. A stream is made by the cutter, so that every frame that comes out can be
 * compared with the one that went in; what happens on the way is in the rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assembly_fixture.h"

#include <string.h>

#define PAYLOAD 300

/* A frame of `id`, whole or only the packets in `mask`, from sequence number `seq` on. */
static size_t put_frame(struct fixture *f, uint32_t id, bool key, size_t size, uint16_t seq,
                        uint32_t mask)
{
    static uint8_t frame[TACET_FRAME_SIZE_MAX + 1000];
    const struct tacet_vp8_descriptor d = { .has_picture_id = true,
                                            .picture_id_long = true,
                                            .picture_id = (uint16_t)(id & 0x7fff) };
    struct tacet_vp8_cutter c;
    bool last = false;

    tacet_vp8_cut(&c, frame, make_frame(id, key, size, frame), &d, PAYLOAD);
    size_t count = tacet_vp8_cut_count(&c);
    for (size_t i = 0; i < count; i++) {
        uint8_t out[PAYLOAD];
        size_t piece = tacet_vp8_cut_next(&c, out, sizeof(out), &last);
        if (i >= 32 || (mask >> i & 1) != 0) {
            assert_int_equal(put(f, (uint16_t)(seq + i), id * 3000, last, out, piece),
                             TACET_DROP_NONE);
        }
    }
    return count;
}

#define WHOLE UINT32_MAX

static void expect_frame(struct fixture *f, uint32_t id, bool key, size_t size)
{
    static uint8_t frame[TACET_FRAME_SIZE_MAX + 1000];
    struct tacet_frame got;

    assert_int_equal(tacet_assembly_get(&f->a, f->now, PATIENCE, &got), 1);
    assert_int_equal(got.picture_id, id);
    assert_int_equal(got.size, make_frame(id, key, size, frame));
    assert_memory_equal(got.data, frame, size);
    assert_int_equal(got.kind, TACET_KIND_VIDEO);
    assert_int_equal(got.key, key);
    assert_int_equal(got.rtp_timestamp, id * 3000);
    assert_int_equal(got.width, key ? 16 : 0);
    assert_int_equal(got.height, key ? (id & 0xff) + ((0x10 | (id >> 8 & 0x0f)) << 8) : 0);
    assert_int_equal(got.references, key ? 0 : 7);
    assert_int_equal(got.updates, 7);
    assert_int_equal(got.captured_at_us, 0);
    assert_true(got.received_at_us > 0 && got.received_at_us <= f->now);
}

static void expect_nothing(struct fixture *f)
{
    struct tacet_frame got = { .picture_id = 4321 };

    assert_int_equal(tacet_assembly_get(&f->a, f->now, PATIENCE, &got), 0);
    assert_int_equal(got.picture_id, 4321);
}

static int64_t timeout(struct fixture *f)
{
    return tacet_assembly_timeout(&f->a, PATIENCE);
}

/* The first key frame, sequence numbers 100 to 103. */
static void begin(struct fixture *f)
{
    assert_int_equal(put_frame(f, 1, true, 1000, 100, WHOLE), 4);
    expect_frame(f, 1, true, 1000);
    expect_nothing(f);
    assert_false(f->a.wants_refresh);
    assert_true(timeout(f) == INT64_MAX);
}

static void frames_come_out_in_order(void **state)
{
    struct fixture *f = *state;

    assert_true(f->a.wants_refresh);
    begin(f);
    uint16_t seq = 104;
    for (uint32_t id = 2; id < 50; id++) {
        seq = (uint16_t)(seq + put_frame(f, id, id % 20 == 0, 10 + id * 40, seq, WHOLE));
        expect_frame(f, id, id % 20 == 0, 10 + id * 40);
        expect_nothing(f);
        assert_true(timeout(f) == INT64_MAX);
    }
    assert_int_equal(f->a.frames_discarded, 0);
}

static void several_frames_wait_for_being_taken(void **state)
{
    struct fixture *f = *state;

    (void)put_frame(f, 1, true, 1000, 65530, WHOLE); /* over a wrap */
    (void)put_frame(f, 2, false, 1000, 65534, WHOLE);
    (void)put_frame(f, 3, false, 1000, 2, WHOLE);
    expect_frame(f, 1, true, 1000);
    expect_frame(f, 2, false, 1000);
    expect_frame(f, 3, false, 1000);
    expect_nothing(f);
}

static void inter_frame_before_any_key_frame_is_discarded(void **state)
{
    struct fixture *f = *state;

    (void)put_frame(f, 1, false, 1000, 100, WHOLE);
    expect_nothing(f);
    /* It might still be that the key frame before it is only late. */
    assert_true(timeout(f) == f->now + PATIENCE);
    (void)put_frame(f, 9, true, 1000, 96, WHOLE);
    expect_frame(f, 9, true, 1000);
    expect_frame(f, 1, false, 1000);
    expect_nothing(f);
}

static void first_packets_in_any_order_make_a_frame(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 4; i > 0; i--) {
        expect_nothing(f);
        (void)put_frame(f, 1, true, 1000, 100, UINT32_C(1) << (i - 1));
    }
    expect_frame(f, 1, true, 1000);
}

static void joining_in_the_middle_waits_for_a_key_frame(void **state)
{
    struct fixture *f = *state;

    (void)put_frame(f, 1, true, 1000, 100, 0xe); /* its start came before us */
    (void)put_frame(f, 2, false, 1000, 104, WHOLE);
    expect_nothing(f);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    assert_true(timeout(f) == INT64_MAX);
    assert_int_equal(f->a.frames_discarded, 2);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    (void)put_frame(f, 4, true, 1000, 112, WHOLE);
    expect_frame(f, 4, true, 1000);
    assert_false(f->a.wants_refresh);
}

static void hole_is_waited_for_and_can_be_filled(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd); /* the second is missing */
    int64_t since = f->now;
    assert_true(timeout(f) == since + PATIENCE);
    f->now += TACET_MS(40);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    assert_true(timeout(f) == since + PATIENCE);
    f->now = since + PATIENCE - 1;
    expect_nothing(f);
    assert_false(f->a.wants_refresh);
    (void)put_frame(f, 2, false, 1000, 104, 0x2);
    expect_frame(f, 2, false, 1000);
    expect_frame(f, 3, false, 1000);
    expect_nothing(f);
    assert_true(timeout(f) == INT64_MAX);
    assert_int_equal(f->a.frames_discarded, 0);
}

static void patience_begins_when_the_last_packet_of_the_frame_has_come(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0x5); /* the second is missing */
    f->now += PATIENCE - 1;
    (void)put_frame(f, 2, false, 1000, 104, 0x8); /* it is still being sent */
    expect_nothing(f);
    assert_true(timeout(f) == f->now + PATIENCE);
    f->now += PATIENCE / 2;
    (void)put_frame(f, 3, false, 1000, 108, WHOLE); /* another one does not count */
    expect_nothing(f);
    assert_true(timeout(f) == f->now - PATIENCE / 2 + PATIENCE);
    f->now += PATIENCE - PATIENCE / 2;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
}

static void hole_that_stays_costs_all_up_to_the_next_key_frame(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    assert_int_equal(f->a.frames_discarded, 2);
    assert_true(timeout(f) == INT64_MAX);
    (void)put_frame(f, 4, false, 1000, 112, WHOLE);
    expect_nothing(f);
    assert_int_equal(f->a.frames_discarded, 3);
    /* The straggler is late, and says so. */
    uint8_t byte[20] = { 0 };
    assert_int_equal(put(f, 105, 6000, false, byte, sizeof(byte)), TACET_DROP_LATE);
    assert_int_equal(f->a.packets_late, 1);
    (void)put_frame(f, 5, true, 1000, 116, WHOLE);
    expect_frame(f, 5, true, 1000);
    (void)put_frame(f, 6, false, 1000, 120, WHOLE);
    expect_frame(f, 6, false, 1000);
}

static void lost_tail_is_noticed_by_what_follows(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0x7); /* no marker: it may be on its way */
    expect_nothing(f);
    assert_true(timeout(f) == INT64_MAX);
    f->now += TACET_S(1);
    expect_nothing(f);
    assert_false(f->a.wants_refresh);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    assert_true(timeout(f) == f->now + PATIENCE);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
}

static void whole_lost_frame_is_a_hole(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
}

static void complete_key_frame_behind_a_hole_comes_at_once(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    (void)put_frame(f, 4, true, 1000, 112, 0x7);
    expect_nothing(f);
    (void)put_frame(f, 4, true, 1000, 112, 0x8);
    expect_frame(f, 4, true, 1000);
    assert_false(f->a.wants_refresh);
    assert_int_equal(f->a.frames_discarded, 2);
    expect_nothing(f);
    assert_true(timeout(f) == INT64_MAX);
}

static void key_frame_with_a_hole_of_its_own_is_waited_for(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd);
    f->now += TACET_MS(60);
    (void)put_frame(f, 3, true, 1000, 108, 0xb); /* 110 is missing as well, since now */
    expect_nothing(f);
    f->now += TACET_MS(40);
    expect_nothing(f); /* 105 is given up, 110 is not */
    assert_true(f->a.wants_refresh);
    assert_true(timeout(f) == f->now + TACET_MS(60));
    (void)put_frame(f, 3, true, 1000, 108, 0x4);
    expect_frame(f, 3, true, 1000);
}

static void duplicate_is_dropped_and_late_packet_too(void **state)
{
    struct fixture *f = *state;
    uint8_t byte[20] = { 0 };

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0x5);
    assert_int_equal(put(f, 104, 6000, false, byte, sizeof(byte)), TACET_DROP_REPLAY);
    assert_int_equal(put(f, 103, 3000, true, byte, sizeof(byte)), TACET_DROP_LATE);
    (void)put_frame(f, 2, false, 1000, 104, 0xa);
    expect_frame(f, 2, false, 1000);
}

static void padding_only_packet_is_passed_over(void **state)
{
    struct fixture *f = *state;
    uint8_t none = 0;

    assert_int_equal(put(f, 99, 0, false, &none, 0), TACET_DROP_NONE);
    begin(f);
    assert_int_equal(put(f, 104, 9, false, &none, 0), TACET_DROP_NONE);
    /* Also between the packets of a frame. */
    uint8_t frame[600];
    uint8_t out[PAYLOAD + 1];
    (void)make_frame(2, false, sizeof(frame), frame);
    const uint8_t start[4] = { 0x90, 0x80, 2, 0 };
    const uint8_t more[4] = { 0x80, 0x80, 2, 0 };
    memcpy(out, start, 3);
    memcpy(out + 3, frame, 298);
    assert_int_equal(put(f, 105, 6000, false, out, 301), TACET_DROP_NONE);
    assert_int_equal(put(f, 106, 6000, false, &none, 0), TACET_DROP_NONE);
    memcpy(out, more, 3);
    memcpy(out + 3, frame + 298, 298);
    assert_int_equal(put(f, 107, 6000, false, out, 301), TACET_DROP_NONE);
    memcpy(out + 3, frame + 596, 4);
    assert_int_equal(put(f, 108, 6000, true, out, 7), TACET_DROP_NONE);
    expect_frame(f, 2, false, 600);
    expect_nothing(f);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    assert_int_equal(f->a.frames_discarded, 0);
}

static void malformed_streams_need_a_new_key_frame(void **state)
{
    static const struct {
        const char *what;
        struct {
            uint8_t bytes[12]; /* one-byte descriptor and VP8 bytes */
            size_t size;
            uint32_t timestamp;
            bool marker;
        } packets[3];
    } rows[] = {
        { "other timestamp inside a frame",
          { { { 0x10, 0x11, 0, 0, 1 }, 5, 6000, false }, { { 0x00, 2 }, 2, 6001, true } } },
        { "a start inside a frame",
          { { { 0x10, 0x11, 0, 0, 1 }, 5, 6000, false },
            { { 0x10, 0x11, 0, 0 }, 4, 6000, true } } },
        { "no start", { { { 0x00, 0x11, 0, 0, 1 }, 5, 6000, true } } },
        { "start of a later partition", { { { 0x11, 0x11, 0, 0, 1 }, 5, 6000, true } } },
        { "too short for a frame", { { { 0x10, 0x11, 0 }, 3, 6000, true } } },
        { "key frame without its start code",
          { { { 0x10, 0x10, 0, 0, 1, 2, 3, 16, 0, 16, 0 }, 11, 6000, true } } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture *f = *state;
        uint16_t seq = 104;
        tacet_assembly_reset(&f->a);
        begin(f);
        for (size_t n = 0; n < 3 && rows[i].packets[n].size > 0; n++) {
            assert_int_equal(put(f, seq++, rows[i].packets[n].timestamp, rows[i].packets[n].marker,
                                 rows[i].packets[n].bytes, rows[i].packets[n].size),
                             TACET_DROP_NONE);
        }
        struct tacet_frame got;
        int result = tacet_assembly_get(&f->a, f->now, PATIENCE, &got);
        if (result != 0 || !f->a.wants_refresh) {
            fail_msg("%s", rows[i].what);
        }
        seq = (uint16_t)(seq + put_frame(f, 3, false, 1000, seq, WHOLE));
        expect_nothing(f);
        (void)put_frame(f, 4, true, 1000, seq, WHOLE);
        expect_frame(f, 4, true, 1000);
    }
}

static void packet_without_a_descriptor_is_malformed(void **state)
{
    struct fixture *f = *state;
    const uint8_t cut[2] = { 0x90, 0x80 };

    begin(f);
    assert_int_equal(put(f, 104, 6000, true, cut, sizeof(cut)), TACET_DROP_MALFORMED);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
}

static void window_that_runs_over_forgets_the_oldest(void **state)
{
    struct fixture *f = *state;

    begin(f);
    /* 104 never comes, and nobody asks for frames. */
    uint16_t seq = 105;
    for (uint32_t id = 2; seq < 104 + TACET_VIDEO_WINDOW_PACKETS + 40; id++) {
        seq = (uint16_t)(seq + put_frame(f, id, false, 1000, seq, WHOLE));
    }
    assert_true(f->a.wants_refresh);
    expect_nothing(f);
    assert_true(f->a.frames_discarded > 200);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    (void)put_frame(f, 999, true, 1000, seq, WHOLE);
    expect_frame(f, 999, true, 1000);
    /* And a leap of more than the whole window. */
    (void)put_frame(f, 1000, false, 1000, (uint16_t)(seq + 4), 0x5);
    (void)put_frame(f, 1001, false, 1000, (uint16_t)(seq + 5000), WHOLE);
    assert_true(f->a.wants_refresh);
    (void)put_frame(f, 1002, true, 1000, (uint16_t)(seq + 5004), WHOLE);
    expect_frame(f, 1002, true, 1000);
}

static void frame_over_the_size_limit_is_discarded(void **state)
{
    struct fixture *f = *state;
    size_t count = put_frame(f, 1, true, TACET_FRAME_SIZE_MAX, 100, WHOLE);

    expect_frame(f, 1, true, TACET_FRAME_SIZE_MAX);
    uint16_t seq = (uint16_t)(100 + count);
    seq = (uint16_t)(seq + put_frame(f, 2, true, TACET_FRAME_SIZE_MAX + 1, seq, WHOLE));
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    assert_int_equal(f->a.frames_discarded, 1);
    (void)put_frame(f, 3, true, 1000, seq, WHOLE);
    expect_frame(f, 3, true, 1000);
}

static void required_key_frame_is_waited_for(void **state)
{
    struct fixture *f = *state;

    begin(f);
    tacet_assembly_require_key(&f->a);
    (void)put_frame(f, 2, false, 1000, 104, WHOLE);
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    (void)put_frame(f, 3, true, 1000, 108, WHOLE);
    expect_frame(f, 3, true, 1000);
}

static void descriptor_and_arrival_reach_the_frame(void **state)
{
    struct fixture *f = *state;
    const uint8_t first[] = { 0xb0, 0xe0, 0x81, 0x02, 9,    0x40, 0x10, 0, 0, 0x9d,
                              0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 1,    2, 3 };
    const uint8_t second[] = { 0x80, 0x80, 0x81, 0x02, 4 };
    struct tacet_frame got;

    assert_int_equal(put(f, 7, 42, true, second, sizeof(second)), TACET_DROP_NONE);
    f->now += 5000;
    assert_int_equal(put(f, 6, 42, false, first, sizeof(first)), TACET_DROP_NONE);
    f->now += 5000;
    assert_int_equal(tacet_assembly_get(&f->a, f->now, PATIENCE, &got), 1);
    assert_int_equal(got.picture_id, 0x102);
    assert_int_equal(got.temporal_layer, 1);
    assert_int_equal(got.updates, 0); /* N */
    assert_int_equal(got.width, 320);
    assert_int_equal(got.height, 240);
    assert_int_equal(got.received_at_us, f->now - 5000);
    assert_int_equal(got.size, sizeof(first) - 6 + 1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(frames_come_out_in_order),
        WITH(several_frames_wait_for_being_taken),
        WITH(inter_frame_before_any_key_frame_is_discarded),
        WITH(first_packets_in_any_order_make_a_frame),
        WITH(joining_in_the_middle_waits_for_a_key_frame),
        WITH(hole_is_waited_for_and_can_be_filled),
        WITH(patience_begins_when_the_last_packet_of_the_frame_has_come),
        WITH(hole_that_stays_costs_all_up_to_the_next_key_frame),
        WITH(lost_tail_is_noticed_by_what_follows),
        WITH(whole_lost_frame_is_a_hole),
        WITH(complete_key_frame_behind_a_hole_comes_at_once),
        WITH(key_frame_with_a_hole_of_its_own_is_waited_for),
        WITH(duplicate_is_dropped_and_late_packet_too),
        WITH(padding_only_packet_is_passed_over),
        WITH(malformed_streams_need_a_new_key_frame),
        WITH(packet_without_a_descriptor_is_malformed),
        WITH(window_that_runs_over_forgets_the_oldest),
        WITH(frame_over_the_size_limit_is_discarded),
        WITH(required_key_frame_is_waited_for),
        WITH(descriptor_and_arrival_reach_the_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
