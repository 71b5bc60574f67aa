/*
 * What the sender knows of its pictures and of those that the receiver holds. A row is a frame that
 * is sent, with the descriptor that it gets; or an acknowledgement; or a question.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "rtp/recovery.h"

#define L TACET_REFERENCE_LAST
#define G TACET_REFERENCE_GOLDEN
#define A TACET_REFERENCE_ALTREF
#define ALL (L | G | A)

#define ROUND_TRIP TACET_MS(100)

struct sent {
    uint8_t layer;
    uint8_t references; /* 0: a key frame */
    uint8_t updates;
    /* expected: TL0PICIDX, Y, KEYIDX, N */
    uint8_t tl0;
    bool sync;
    uint8_t number;
    bool non_reference;
};

static struct tacet_frame frame_of(uint8_t layer, uint8_t references, uint8_t updates)
{
    return (struct tacet_frame){
        .kind = TACET_KIND_VIDEO,
        .key = references == 0,
        .temporal_layer = layer,
        .references = references,
        .updates = updates,
    };
}

static void send(struct tacet_recovery *r, uint8_t layer, uint8_t references, uint8_t updates,
                 uint16_t picture_id)
{
    struct tacet_frame frame = frame_of(layer, references, updates);

    assert_true(tacet_recovery_can_send(r, &frame));
    tacet_recovery_on_sent(r, &frame, picture_id);
}

static void expect_rows(const struct sent *rows, size_t count)
{
    struct tacet_recovery r = { 0 };

    for (size_t i = 0; i < count; i++) {
        struct tacet_frame frame = frame_of(rows[i].layer, rows[i].references, rows[i].updates);
        struct tacet_vp8_descriptor d = { 0 };
        assert_true(tacet_recovery_can_send(&r, &frame));
        tacet_recovery_describe(&r, &frame, &d);
        assert_true(d.has_tl0);
        assert_true(d.has_temporal_layer);
        assert_true(d.has_key_index);
        assert_int_equal(d.temporal_layer, rows[i].layer);
        assert_int_equal(d.tl0_picture_index, rows[i].tl0);
        assert_int_equal(d.layer_sync, rows[i].sync);
        assert_int_equal(d.key_index, rows[i].number);
        assert_int_equal(d.non_reference, rows[i].non_reference);
        tacet_recovery_on_sent(&r, &frame, (uint16_t)i);
    }
}

static void base_layer_is_numbered_and_long_term_pictures_are(void **state)
{
    static const struct sent rows[] = {
        { 0, 0, ALL, 1, false, 1, false },   { 0, L, L, 2, false, 1, false },
        { 0, L, L | G, 3, false, 2, false }, { 0, L, L, 4, false, 2, false },
        { 0, L, L | A, 5, false, 3, false }, { 0, 0, ALL, 6, false, 4, false },
        { 0, L, L, 7, false, 4, false },
    };

    (void)state;
    expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void upper_layers_say_which_frame_of_the_base_they_need(void **state)
{
    static const struct sent rows[] = {
        { 0, 0, ALL, 1, false, 1, false },  { 2, L, 0, 1, true, 1, true },
        { 1, L, A, 1, true, 1, false }, /* no long-term picture: not of the base layer */
        { 2, L | A, 0, 1, false, 1, true }, { 0, L, L | G, 2, false, 2, false },
        { 2, L | A, 0, 2, false, 2, true }, /* ALTREF is older than the base */
        { 1, L, A, 2, true, 2, false },
    };

    (void)state;
    expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void recovery_goes_back_to_the_number_that_it_builds_on(void **state)
{
    static const struct sent rows[] = {
        { 0, 0, ALL, 1, false, 1, false },
        { 0, L, L | G, 2, false, 2, false },
        { 0, L, L | A, 3, false, 3, false },
        { 0, L, L, 4, false, 3, false },
        { 0, G, L, 5, true, 2, false },
        { 0, L, L, 6, false, 2, false },
        { 0, L, L | A, 7, false, 4, false }, /* never the same number for another picture */
        { 0, G | L, L, 8, false, 4, false },
        { 0, G, L | A, 9, false, 5, false }, /* not told apart from a frame that needs all */
    };

    (void)state;
    expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void frame_that_builds_on_one_left_out_cannot_be_sent(void **state)
{
    static const struct {
        uint8_t layer, references, updates; /* of the one that is left out */
        uint8_t next;                       /* the references that the next one must not have */
    } rows[] = {
        { 0, L, L, L }, { 0, L, L | G, L | G }, { 1, L, 0, 0 }, { 1, L, A, A }, { 0, 0, ALL, ALL }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_recovery r = { 0 };
        for (uint8_t references = 1; references <= ALL; references++) {
            struct tacet_frame next = frame_of(0, references, L);
            assert_false(tacet_recovery_can_send(&r, &next)); /* nothing before a key frame */
        }
        send(&r, 0, 0, ALL, 1);
        struct tacet_frame out = frame_of(rows[i].layer, rows[i].references, rows[i].updates);
        tacet_recovery_on_left_out(&r, &out);
        for (uint8_t references = 1; references <= ALL; references++) {
            struct tacet_frame next = frame_of(0, references, L);
            assert_int_equal(tacet_recovery_can_send(&r, &next), (references & rows[i].next) == 0);
        }
        send(&r, 0, 0, ALL, 2);
        send(&r, 0, ALL, L, 3);
    }
}

static enum tacet_refresh ask(struct tacet_recovery *r, int64_t now)
{
    return tacet_recovery_decide(r, now, ROUND_TRIP, TACET_RECOVERY_PLI);
}

static void newest_acknowledged_picture_is_recovered_from(void **state)
{
    struct tacet_recovery r = { 0 };

    (void)state;
    send(&r, 0, 0, ALL, 1);
    send(&r, 0, L, L | G, 2);
    send(&r, 0, L, L | A, 3);
    assert_int_equal(ask(&r, TACET_S(1)), TACET_REFRESH_KEY);
    tacet_recovery_on_ack(&r, 1); /* it is in none of them any more */
    assert_int_equal(ask(&r, TACET_S(2)), TACET_REFRESH_KEY);
    tacet_recovery_on_ack(&r, 2);
    assert_int_equal(ask(&r, TACET_S(3)), TACET_REFRESH_GOLDEN);
    tacet_recovery_on_ack(&r, 3);
    assert_int_equal(ask(&r, TACET_S(4)), TACET_REFRESH_ALTREF);
    send(&r, 0, L, L | A, 4);
    assert_int_equal(ask(&r, TACET_S(5)), TACET_REFRESH_GOLDEN);
    send(&r, 0, G, L, 5); /* the frames from here on do not build on number 4 */
    tacet_recovery_on_ack(&r, 4);
    assert_int_equal(ask(&r, TACET_S(6)), TACET_REFRESH_GOLDEN);
    tacet_recovery_clear_acks(&r);
    assert_int_equal(ask(&r, TACET_S(7)), TACET_REFRESH_KEY);
    /* The middle layer of three has taken ALTREF. */
    send(&r, 0, 0, ALL, 6);
    send(&r, 1, L, A, 7);
    tacet_recovery_on_ack(&r, 7);
    assert_int_equal(ask(&r, TACET_S(8)), TACET_REFRESH_KEY);
}

/* What is abandoned is built on only where the receiver has said that it holds it. */
static void abandoned_pictures_are_built_on_where_they_are_held(void **state)
{
    static const struct {
        uint16_t held; /* 1: the key frame, 2: the one in GOLDEN; 0: none */
        uint8_t usable;
        enum tacet_refresh refresh;
    } rows[] = { { 0, 0, TACET_REFRESH_KEY },
                 { 1, A, TACET_REFRESH_ALTREF },
                 { 2, G, TACET_REFRESH_GOLDEN } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_recovery r = { 0 };
        send(&r, 0, 0, ALL, 1);
        send(&r, 0, L, L | G, 2);
        send(&r, 0, L, L, 3);
        tacet_recovery_on_ack(&r, rows[i].held);
        tacet_recovery_abandon(&r);
        for (uint8_t references = 1; references <= ALL; references++) {
            struct tacet_frame next = frame_of(0, references, L);
            assert_int_equal(tacet_recovery_can_send(&r, &next),
                             (references & ~rows[i].usable) == 0);
        }
        assert_int_equal(ask(&r, TACET_S(1)), rows[i].refresh);
        send(&r, 0, 0, ALL, 4);
        send(&r, 0, ALL, L, 5);
    }
}

static void storm_of_requests_is_answered_once_a_round_trip(void **state)
{
    struct tacet_recovery r = { 0 };
    uint32_t keys = 0, recoveries = 0;

    (void)state;
    send(&r, 0, 0, ALL, 1);
    for (int64_t now = TACET_S(1); now < TACET_S(4); now += TACET_MS(5)) {
        keys += ask(&r, now) == TACET_REFRESH_KEY ? 1 : 0;
    }
    assert_int_equal(keys, 10); /* at most every 300 ms */
    tacet_recovery_on_ack(&r, 1);
    for (int64_t now = TACET_S(5); now < TACET_S(8); now += TACET_MS(5)) {
        recoveries += ask(&r, now) == TACET_REFRESH_GOLDEN ? 1 : 0;
    }
    assert_int_equal(recoveries, 19); /* 100 ms + 60 ms apart */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_layer_is_numbered_and_long_term_pictures_are),
        cmocka_unit_test(upper_layers_say_which_frame_of_the_base_they_need),
        cmocka_unit_test(recovery_goes_back_to_the_number_that_it_builds_on),
        cmocka_unit_test(frame_that_builds_on_one_left_out_cannot_be_sent),
        cmocka_unit_test(newest_acknowledged_picture_is_recovered_from),
        cmocka_unit_test(abandoned_pictures_are_built_on_where_they_are_held),
        cmocka_unit_test(storm_of_requests_is_answered_once_a_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
