/* The receiving half of the control stream: what a hostile or broken peer may send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_link.h"

#include <string.h>

/* Authentic packets that break the rules: nothing of them is used, and the stream says so. */
static void broken_rules_are_seen(void **state)
{
    struct control_link *w = *state;
    static const struct {
        const char *what;
        uint8_t frames[40];
        size_t size;
    } rows[] = {
        { "an unknown frame", { 4, 0, 0 }, 3 },
        { "padding that is not zero", { 0, 0, 1 }, 3 },
        { "an empty STREAM", { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 11 },
        { "a STREAM longer than its packet", { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200 }, 11 },
        { "a STREAM beyond the window", { 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9 }, 12 },
        { "a STREAM at the end of all offsets",
          { 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 1, 9 },
          12 },
        { "an ACK of what was never sent", { 2, 0, 0, 0, 0, 0, 0, 0, 1, 0 }, 10 },
        { "an ACK of five ranges", { 2, 0, 0, 0, 0, 0, 0, 0, 0, 5 }, 10 },
        { "a range of what was never sent",
          { 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 },
          18 },
        { "an empty range", { 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 18 },
        { "a SINGLE of a stream's type", { 3, TACET_MESSAGE_HANGUP, 0, 0 }, 4 },
        { "a SINGLE that is too long", { 3, TACET_MESSAGE_PING, 0, 65 }, 4 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t frames[60];
        enum tacet_message type;
        const uint8_t *body;
        size_t size;
        /* A good frame before it, which must not be used either. */
        control_link_start(w, 1);
        size = control_link_stream_frame(frames, 0, (const uint8_t *)"\x01\0\0\0\0", 5);
        memcpy(frames + size, rows[i].frames, rows[i].size);
        control_link_forge(w, frames, size + rows[i].size, 0, 0);
        print_message("%s\n", rows[i].what);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_MALFORMED);
        assert_true(w->side[1].broken);
        assert_int_equal(w->side[1].recv_next, 0);
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
    }
}

static void an_ack_has_four_ranges_at_most(void **state)
{
    struct control_link *w = *state;
    static const uint8_t body[100] = { 0 };

    for (uint8_t count = 0; count <= 20; count++) {
        uint8_t frames[200];
        struct tacet_writer f = tacet_writer(frames, sizeof(frames));
        control_link_start(w, 1);
        assert_int_equal(tacet_control_send(&w->side[1], w->now, TACET_MESSAGE_APP, body, 100), 0);
        assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, w->packet, &w->packet_size),
                         1);
        tacet_write_u8(&f, TACET_FRAME_ACK);
        tacet_write_u64(&f, 0);
        tacet_write_u8(&f, count);
        for (uint32_t i = 0; i < count; i++) {
            tacet_write_u32(&f, 4 * i);
            tacet_write_u32(&f, 3);
        }
        control_link_forge(w, frames, f.at, 0, 0);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size),
                         count <= TACET_ACK_RANGES_MAX ? TACET_DROP_NONE : TACET_DROP_MALFORMED);
    }
}

static void a_message_that_cannot_be_breaks_the_stream(void **state)
{
    struct control_link *w = *state;
    static const uint8_t rows[][5] = {
        { TACET_MESSAGE_APP, 0, 0, 0xff, 0xfc }, /* one byte more than fits */
        { TACET_MESSAGE_APP, 0xff, 0xff, 0xff, 0xff },
        { 0, 0, 0, 0, 0 },
        { TACET_MESSAGE_PING, 0, 0, 0, 0 }, /* a single's type */
        { 255, 0, 0, 0, 0 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t frames[40];
        enum tacet_message type;
        const uint8_t *body;
        size_t size;
        control_link_start(w, 1);
        control_link_forge(w, frames, control_link_stream_frame(frames, 0, rows[i], 5), 0, 0);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
        assert_true(w->side[1].broken);
    }
}

static void the_peer_cannot_make_us_hold_more_than_the_window(void **state)
{
    struct control_link *w = *state;
    uint8_t frames[TACET_CONTROL_PAYLOAD_MAX];
    static const uint8_t data[512] = { TACET_MESSAGE_APP, 0, 0, 0xff, 0xfb };
    uint64_t counter = 0;

    control_link_start(w, 1);
    for (uint64_t offset = 0; offset < TACET_CONTROL_WINDOW - 512; offset += 512) {
        control_link_forge(w, frames, control_link_stream_frame(frames, offset, data, 512), 0,
                           counter++);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
    }
    control_link_forge(w, frames,
                       control_link_stream_frame(frames, TACET_CONTROL_WINDOW - 511, data, 512), 0,
                       counter++);
    assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_MALFORMED);
}

static void overlapping_and_repeated_data_is_taken_once(void **state)
{
    struct control_link *w = *state;
    static const uint8_t bytes[] = { TACET_MESSAGE_APP,
                                     0,
                                     0,
                                     0,
                                     20,
                                     1,
                                     2,
                                     3,
                                     4,
                                     5,
                                     6,
                                     7,
                                     8,
                                     9,
                                     10,
                                     11,
                                     12,
                                     13,
                                     14,
                                     15,
                                     16,
                                     17,
                                     18,
                                     19,
                                     20 };
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint8_t frames[64];
        uint64_t counter = 0;
        bool got = false;
        control_link_start(w, seed);
        while (!got) {
            size_t from = tacet_rng_below(&w->rng, sizeof(bytes));
            size_t count = 1 + tacet_rng_below(&w->rng, sizeof(bytes) - from);
            control_link_forge(w, frames,
                               control_link_stream_frame(frames, from, bytes + from, count), 0,
                               counter++);
            assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
            got = tacet_control_poll_message(&w->side[1], &type, &body, &size) == 1;
        }
        assert_int_equal(size, 20);
        assert_memory_equal(body, bytes + 5, 20);
        control_link_forge(w, frames, control_link_stream_frame(frames, 0, bytes, sizeof(bytes)), 0,
                           counter++);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
    }
}

/* A segment again and again: no answer arrives. A single byte is sent only by who has had one, and
 * what comes again at once is a copy or several answers to one loss. */
static void only_what_is_sent_for_want_of_an_answer_makes_it_stuck(void **state)
{
    struct control_link *w = *state;
    static const uint8_t data[20] = { TACET_MESSAGE_APP, 0, 0, 0, 100 };
    static const struct {
        size_t size;
        int64_t apart_us;
        bool stuck;
    } rows[] = {
        { 2, TACET_MS(300), true },
        { 2, TACET_MS(40), false },
        { 1, TACET_MS(300), false },
        { 2, TACET_MS(1300), false }, /* now and then an answer is lost */
    };

    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        size_t size = rows[row].size;
        uint8_t frames[64];
        uint64_t counter = 0;
        control_link_start(w, 1);
        control_link_forge(w, frames, control_link_stream_frame(frames, 0, data, 20), 0, counter++);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
        for (int i = 0; i < 7; i++) {
            w->now += rows[row].apart_us;
            control_link_forge(w, frames, control_link_stream_frame(frames, 20 - size, data, size),
                               0, counter++);
            assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
        }
        assert_int_equal(tacet_control_is_stuck(&w->side[1], w->now), rows[row].stuck);
        w->now += TACET_S(2);
        assert_false(tacet_control_is_stuck(&w->side[1], w->now));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_seen),
        cmocka_unit_test(an_ack_has_four_ranges_at_most),
        cmocka_unit_test(a_message_that_cannot_be_breaks_the_stream),
        cmocka_unit_test(the_peer_cannot_make_us_hold_more_than_the_window),
        cmocka_unit_test(overlapping_and_repeated_data_is_taken_once),
        cmocka_unit_test(only_what_is_sent_for_want_of_an_answer_makes_it_stuck),
    };

    return cmocka_run_group_tests(tests, control_link_create, control_link_free);
}
