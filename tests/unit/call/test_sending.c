/* What leaves and what does not where something has to give way, and where the way collapses. */
#include "call/sending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#include <string.h>

#define BUFFERS 1024
#define AUDIO_BPS 32000
#define VIDEO_BPS 2500000
#define PACKET 1000
#define DELAY_US TACET_MS(25)
#define REPORT_US TACET_MS(50)
#define FLIGHTS 512

/* A way that holds up what is sent faster than it carries, and a peer that reports what has come.
 */
struct way {
    int64_t now;
    int64_t bps;
    int64_t free_us; /* when its queue is empty */
    int64_t report_us;
    struct tacet_packet_result flights[FLIGHTS];
    size_t flight_count;
    uint64_t seq;
};

static struct tacet_sending sending;
static struct tacet_pool *pool;
static struct way way;

static int begin(void **state)
{
    (void)state;
    assert_int_equal(tacet_pool_create(BUFFERS, &pool), 0);
    way = (struct way){ .now = TACET_S(1) };
    tacet_sending_begin(&sending, way.now, pool, AUDIO_BPS, VIDEO_BPS, 2 * DELAY_US, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tacet_sending_end(&sending);
    assert_int_equal(tacet_pool_available(pool), BUFFERS);
    tacet_pool_free(&pool);
    return 0;
}

static void push(struct tacet_queue *queue, size_t size)
{
    static const struct tacet_path path;
    struct tacet_buffer *buffer = tacet_queue_buffer(queue);

    assert_non_null(buffer);
    buffer->size = size;
    tacet_queue_push(queue, buffer, &path);
}

static void leave(const struct tacet_buffer *buffer)
{
    uint32_t size = (uint32_t)buffer->size + TACET_UDP_OVERHEAD;
    int64_t from_us = way.free_us > way.now ? way.free_us : way.now;

    assert_true(way.flight_count < FLIGHTS);
    way.free_us = from_us + (int64_t)size * 8 * TACET_S(1) / way.bps;
    way.flights[way.flight_count++] = (struct tacet_packet_result){
        .sent_at_us = way.now,
        .arrived_at_us = way.free_us + DELAY_US,
        .size = size,
        .stream = 1,
        .probe = buffer->probe,
        .seq = way.seq++,
    };
}

/* What had come when the report left. */
static void report(void)
{
    struct tacet_packet_result results[FLIGHTS];
    size_t count = 0;

    while (count < way.flight_count && way.flights[count].arrived_at_us <= way.now - DELAY_US) {
        results[count] = way.flights[count];
        count++;
    }
    if (count == 0) {
        return;
    }
    int64_t round_trip_us = way.now - results[count - 1].sent_at_us;
    way.flight_count -= count;
    memmove(way.flights, way.flights + count, way.flight_count * sizeof(way.flights[0]));
    tacet_sending_on_results(&sending, way.now, results, count, round_trip_us);
}

/* A millisecond. */
static void pass(int64_t bps)
{
    struct tacet_buffer *buffer;

    way.bps = bps;
    while ((buffer = tacet_sending_pop(&sending, way.now)) != NULL) {
        leave(buffer);
        tacet_pool_put(pool, buffer);
    }
    if (way.now >= way.report_us) {
        report();
        way.report_us = way.now + REPORT_US;
    }
    (void)tacet_sending_update(&sending, way.now);
    way.now += TACET_MS(1);
}

/* Likewise, in which as many pictures leave as the estimate allows. */
static void step(int64_t bps)
{
    if (sending.video.count < 10) {
        push(&sending.video, PACKET);
    }
    pass(bps);
}

static void forget_pictures(void)
{
    struct tacet_buffer *buffer;

    while ((buffer = tacet_queue_pop(&sending.video)) != NULL) {
        tacet_pool_put(pool, buffer);
    }
}

static void collapse_is_a_way_that_carries_less_than_half(void **state)
{
    static const struct {
        int64_t bps;
        bool collapsed;
    } rows[] = { { 2000000, false }, { 1500000, false }, { 300000, true } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(begin(state), 0);
        for (int ms = 0; ms < 10000; ms++) {
            step(2000000);
        }
        assert_false(sending.afresh);
        assert_true(tacet_bwe_estimate(&sending.bwe) > 1500000);
        push(&sending.resent, PACKET);
        for (int ms = 0; ms < 3000 && !sending.afresh; ms++) {
            step(rows[i].bps);
        }
        assert_int_equal(sending.afresh, rows[i].collapsed);
        /* What waits was made for the old rate. */
        assert_int_equal(sending.video.count + sending.resent.count == 0, rows[i].collapsed);
        assert_int_equal(end(state), 0);
    }
}

static void what_gives_way_is_all_but_a_little_sound(void **state)
{
    (void)state;
    for (int ms = 0; ms < 10000; ms++) {
        step(4000000);
    }
    forget_pictures();
    assert_false(tacet_sending_is_full(&sending, way.now));
    assert_int_equal(sending.audio_plan.bitrate_bps, AUDIO_BPS);
    assert_true(sending.audio_plan.depth > 0);
    tacet_sending_give_way(&sending, true);
    (void)tacet_sending_update(&sending, way.now);
    assert_true(tacet_sending_is_full(&sending, way.now));
    assert_true(sending.audio_plan.bitrate_bps <= 10000);
    assert_int_equal(sending.audio_plan.depth, 0);
    tacet_sending_give_way(&sending, false);
    (void)tacet_sending_update(&sending, way.now);
    assert_false(tacet_sending_is_full(&sending, way.now));
    assert_int_equal(sending.audio_plan.bitrate_bps, AUDIO_BPS);
    assert_true(sending.audio_plan.depth > 0);
}

static void sound_is_made_cheaper_where_it_would_take_much_from_the_picture(void **state)
{
    static const struct {
        int32_t audio_bps;
        int32_t video_bps;
        size_t wished; /* repeats */
        int64_t estimate_bps;
        int32_t told_bps;
        size_t depth;
    } rows[] = {
        { 32000, 1500000, 3, 1000000, 32000, 3 }, /* 157 kbit/s with its headers */
        { 32000, 1500000, 3, 600000, 24000, 3 },  /* 125 */
        { 32000, 1500000, 3, 450000, 24000, 2 },  /* 98 */
        { 32000, 1500000, 4, 450000, 24000, 2 },
        { 16000, 1500000, 3, 300000, 16000, 2 },
        { 32000, 1500000, 0, 300000, 32000, 0 }, /* 55: the way loses nothing */
        { 32000, 1500000, 0, 200000, 24000, 0 },
        { 32000, 1500000, 2, 210000, 24000, 2 }, /* 98 of 101 */
        { 32000, 1500000, 3, 190000, 16000, 2 },
        { 32000, 0, 4, 450000, 32000, 4 },       /* there is no picture */
        { 32000, 100000, 3, 1000000, 32000, 3 }, /* there is room for all */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_sending_end(&sending);
        tacet_sending_begin(&sending, way.now, pool, rows[i].audio_bps, rows[i].video_bps,
                            2 * DELAY_US, NULL);
        sending.audio_need.depth = rows[i].wished;
        sending.bwe.reports.last_us = way.now; /* the peer reports */
        sending.bwe.estimate_bps = rows[i].estimate_bps;
        (void)tacet_sending_update(&sending, way.now);
        if (sending.audio_plan.bitrate_bps != rows[i].told_bps ||
            sending.audio_plan.depth != rows[i].depth) {
            fail_msg("row %zu: %d bit/s, %zu repeats", i, (int)sending.audio_plan.bitrate_bps,
                     sending.audio_plan.depth);
        }
    }
}

/* What comes slowly is taken for a narrow way there too: the first pictures are to fit. */
static void first_target_fits_a_way_that_is_narrow_here(void **state)
{
    static const struct {
        int64_t arrives_bps, second_bps; /* the two closest pairs */
        int32_t audio_low_bps, audio_high_bps;
        int32_t video_low_bps, video_high_bps;
    } rows[] = {
        { 0, 0, 24000, 24000, 150000, 280000 },
        { 5000000, 5000000, 24000, 24000, 150000, 280000 },
        { 150000, 150000, 16000, 24000, 20000, 100000 },
        { 64000, 64000, 10000, 16000, 20000, 20000 },
        /* They do not agree: a guess, and never so little. */
        { 5000000, 150000, 24000, 24000, 100000, 180000 },
        { 200000, 100000, 16000, 24000, 20000, 60000 },
        { 60000, 30000, 10000, 16000, 20000, 30000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_packet_pair opening = {
            .packets = 5,
            .most_bps = rows[i].arrives_bps,
            .second_bps = rows[i].second_bps,
        };
        tacet_sending_end(&sending);
        tacet_sending_begin(&sending, way.now, pool, AUDIO_BPS, VIDEO_BPS, 2 * DELAY_US, &opening);
        assert_in_range(sending.audio_plan.bitrate_bps, rows[i].audio_low_bps,
                        rows[i].audio_high_bps);
        assert_in_range(sending.video_bps, rows[i].video_low_bps, rows[i].video_high_bps);
    }
}

/* Four fifths of the guess, and at least 50 kbit/s of one. */
static void guess_is_not_taken_whole(void **state)
{
    static const struct {
        int64_t most_bps, second_bps, estimate_bps;
    } rows[] = {
        { 200000, 100000, 106666 },
        { 60000, 30000, 50000 },
        { 20000, 10000, 50000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_packet_pair opening = {
            .packets = 5,
            .most_bps = rows[i].most_bps,
            .second_bps = rows[i].second_bps,
        };
        tacet_sending_end(&sending);
        tacet_sending_begin(&sending, way.now, pool, AUDIO_BPS, VIDEO_BPS, 2 * DELAY_US, &opening);
        assert_int_equal(tacet_bwe_estimate(&sending.bwe), rows[i].estimate_bps);
    }
}

static void probe_gives_way_too(void **state)
{
    (void)state;
    int64_t rate;
    for (int ms = 0; ms < 1000 && tacet_bwe_probe(&sending.bwe, &rate) == 0; ms++) {
        step(4000000);
    }
    forget_pictures();
    way.now += TACET_MS(100); /* whatever the pacer still owes */
    assert_true(tacet_sending_wants_padding(&sending, way.now));
    tacet_sending_give_way(&sending, true);
    assert_false(tacet_sending_wants_padding(&sending, way.now));
}

/* Of one packet, which came in time. */
static void report_after(int64_t round_trip_us)
{
    struct tacet_packet_result result = {
        .sent_at_us = way.now - round_trip_us,
        .arrived_at_us = way.now - round_trip_us + DELAY_US,
        .size = PACKET,
        .stream = 1,
        .seq = way.seq,
    };

    tacet_sending_on_results(&sending, way.now, &result, 1, round_trip_us);
    (void)tacet_sending_update(&sending, way.now);
}

static size_t count_leaving(int ms)
{
    size_t count = 0;

    for (; ms > 0; ms--, way.now += TACET_MS(1)) {
        struct tacet_buffer *buffer = tacet_sending_pop(&sending, way.now);
        count += buffer != NULL ? 1 : 0;
        tacet_pool_put(pool, buffer);
    }
    return count;
}

/* A wide way is found, and nothing waits. Returns what pictures get. */
static int32_t run_freely(void)
{
    for (int ms = 0; ms < 10000; ms++) {
        if (ms % 5 == 0) {
            push(&sending.video, PACKET);
        }
        pass(4000000);
    }
    forget_pictures();
    assert_true(sending.video_bps > 1000000);
    return sending.video_bps;
}

static void late_report_begins_small_pictures(void **state)
{
    (void)state;
    int32_t bps = run_freely();
    assert_false(sending.afresh);
    push(&sending.resent, PACKET);
    report_after(TACET_MS(200));
    assert_true(sending.afresh);
    assert_true(tacet_sending_empty(&sending)); /* it was made for another rate */
    assert_in_range(sending.video_bps, bps / 25, bps / 15);
    assert_int_equal(sending.audio_plan.bitrate_bps, AUDIO_BPS); /* sound goes on as before */
    sending.afresh = false;
    for (int i = 0; i < 20; i++) {
        push(&sending.video, PACKET);
    }
    assert_in_range(count_leaving(200), 4, 6);
    report_after(TACET_MS(210));
    assert_false(sending.afresh); /* once is enough */
    report_after(2 * DELAY_US);
    assert_true(sending.video_bps >= bps);
    assert_in_range(count_leaving(60), 14, 16);
}

static void pause_ends_by_itself(void **state)
{
    (void)state;
    int32_t bps = run_freely();
    report_after(TACET_MS(200));
    assert_true(sending.video_bps < bps / 2);
    way.now = tacet_sending_timeout(&sending);
    assert_true(way.now != INT64_MAX);
    assert_true(tacet_sending_update(&sending, way.now));
    assert_true(sending.video_bps >= bps);
}

static void pictures_wait_for_an_overdue_report(void **state)
{
    (void)state;
    (void)run_freely();
    push(&sending.video, PACKET);
    assert_int_equal(count_leaving(5), 1);
    for (int ms = 0; ms < 300 && tacet_bwe_held_until(&sending.bwe) == 0; ms++) {
        way.now += TACET_MS(1);
        (void)tacet_sending_update(&sending, way.now);
    }
    push(&sending.video, PACKET);
    assert_int_equal(count_leaving(80), 0);
    push(&sending.audio, PACKET);
    assert_int_equal(count_leaving(1), 1);
    assert_int_equal(count_leaving(30), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collapse_is_a_way_that_carries_less_than_half),
        cmocka_unit_test_setup_teardown(late_report_begins_small_pictures, begin, end),
        cmocka_unit_test_setup_teardown(pause_ends_by_itself, begin, end),
        cmocka_unit_test_setup_teardown(pictures_wait_for_an_overdue_report, begin, end),
        cmocka_unit_test_setup_teardown(what_gives_way_is_all_but_a_little_sound, begin, end),
        cmocka_unit_test_setup_teardown(
            sound_is_made_cheaper_where_it_would_take_much_from_the_picture, begin, end),
        cmocka_unit_test_setup_teardown(first_target_fits_a_way_that_is_narrow_here, begin, end),
        cmocka_unit_test_setup_teardown(guess_is_not_taken_whole, begin, end),
        cmocka_unit_test_setup_teardown(probe_gives_way_too, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
