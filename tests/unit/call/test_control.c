/* How packets of the control stream are sealed and opened, and what epochs and singles do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_link.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void sealed_packets_have_one_form(void **state)
{
    struct control_link *w = *state;
    static const size_t sizes[] = { 0, 100, 112, 113, 240, 500, 900, 2000 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        static const uint8_t body[2000] = { 0 };
        control_link_start(w, 1);
        assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, sizes[i]),
                         0);
        while (tacet_control_poll_packet(&w->side[0], w->now, w->packet, &w->packet_size) == 1) {
            assert_int_equal(w->packet[0], 0x0c);
            assert_int_equal((w->packet_size - 32) % TACET_CTRL_PAD_STEP, 0);
            assert_true(w->packet_size <= TACET_CTRL_PACKET_MAX);
            assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
        }
    }
}

static void every_other_length_and_every_flipped_bit_is_dropped(void **state)
{
    struct control_link *w = *state;
    static const uint8_t body[300] = { 1, 2, 3 };
    enum tacet_message type;
    const uint8_t *got;
    size_t size;

    control_link_start(w, 1);
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, sizeof(body)),
                     0);
    assert_int_equal(tacet_control_poll_packet(&w->side[0], w->now, w->packet, &w->packet_size), 1);
    for (size_t cut = 0; cut < w->packet_size + 64; cut++) {
        uint8_t *copy = calloc(1, cut > 0 ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, w->packet, cut < w->packet_size ? cut : w->packet_size);
        if (cut != w->packet_size) {
            /* A whole step less is a length that there is: then the tag tells. */
            assert_int_equal(control_link_give(w, copy, cut), cut > 32 && (cut - 32) % 128 == 0
                                                                  ? TACET_DROP_AUTH
                                                                  : TACET_DROP_SHORT);
        }
        free(copy);
    }
    for (size_t bit = 0; bit < w->packet_size * 8; bit++) {
        w->packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(control_link_give(w, w->packet, w->packet_size),
                         bit / 8 == 1 ? TACET_DROP_UNKNOWN : TACET_DROP_AUTH);
        w->packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 0);
    assert_false(w->side[1].ack_due);
    /* The genuine one afterwards still arrives, and only once. */
    assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
    assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_REPLAY);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 1);
    assert_int_equal(size, sizeof(body));
    assert_memory_equal(got, body, size);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 0);
}

static void a_packet_reflected_to_its_sender_is_dropped(void **state)
{
    struct control_link *w = *state;
    uint32_t epoch = 0;
    bool newer = false;

    control_link_start(w, 1);
    tacet_control_send_single(&w->side[0], TACET_MESSAGE_PING, NULL, 0);
    assert_int_equal(tacet_control_poll_packet(&w->side[0], w->now, w->packet, &w->packet_size), 1);
    assert_int_equal(
        tacet_control_receive(&w->side[0], w->now, w->packet, w->packet_size, &epoch, &newer),
        TACET_DROP_AUTH);
}

static void newer_is_above_the_highest_counter_of_its_epoch(void **state)
{
    struct control_link *w = *state;
    static const struct {
        uint32_t epoch;
        uint64_t counter;
        enum tacet_drop drop;
        bool newer;
    } rows[] = {
        { 0, 5, TACET_DROP_NONE, true },      { 0, 4, TACET_DROP_NONE, false },
        { 0, 5, TACET_DROP_REPLAY, false },   { 0, 2000, TACET_DROP_NONE, true },
        { 0, 976, TACET_DROP_REPLAY, false }, { 0, 977, TACET_DROP_NONE, false },
        { 1, 0, TACET_DROP_NONE, true },      { 1, 0, TACET_DROP_REPLAY, false },
        { 0, 1999, TACET_DROP_NONE, false },  { 2, 0, TACET_DROP_UNKNOWN, false },
    };

    control_link_start(w, 1);
    control_link_add_epoch(w, 1, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const uint8_t ping[4] = { TACET_FRAME_SINGLE, TACET_MESSAGE_PING, 0, 0 };
        uint32_t epoch = 77;
        bool newer = false;
        control_link_forge(w, ping, sizeof(ping), rows[i].epoch, rows[i].counter);
        assert_int_equal(
            tacet_control_receive(&w->side[1], w->now, w->packet, w->packet_size, &epoch, &newer),
            rows[i].drop);
        assert_int_equal(newer, rows[i].newer);
        assert_int_equal(epoch, rows[i].drop == TACET_DROP_NONE ? rows[i].epoch : 77);
    }
}

static void epochs_change_in_the_middle_of_a_message(void **state)
{
    struct control_link *w = *state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        control_link_start(w, seed);
        w->loss_permille = 200;
        for (uint32_t epoch = 1; epoch < EPOCHS; epoch++) {
            int64_t until = w->now + TACET_MS(150);
            while (control_link_step(w, until)) {
            }
            w->now = until;
            /* As in a call: both know the keys; one begins, the other follows; the old keys go. */
            control_link_add_epoch(w, 0, epoch);
            control_link_add_epoch(w, 1, epoch);
            tacet_control_use_epoch(&w->side[0], epoch);
            until += TACET_MS(100);
            while (control_link_step(w, until)) {
            }
            w->now = until;
            tacet_control_use_epoch(&w->side[1], epoch);
            tacet_control_drop_epochs_below(&w->side[0], epoch);
            tacet_control_drop_epochs_below(&w->side[1], epoch);
        }
        w->loss_permille = 0;
        control_link_run_to_the_end(w);
        assert_true(w->used[EPOCHS - 1][0][0]);
        assert_true(w->used[EPOCHS - 1][1][0]);
    }
}

static void a_dropped_epoch_opens_nothing(void **state)
{
    struct control_link *w = *state;
    static const uint8_t ping[4] = { TACET_FRAME_SINGLE, TACET_MESSAGE_PING, 0, 0 };

    control_link_start(w, 1);
    control_link_add_epoch(w, 1, 1);
    tacet_control_use_epoch(&w->side[1], 1);
    tacet_control_drop_epochs_below(&w->side[1], 1);
    control_link_forge(w, ping, sizeof(ping), 0, 0);
    assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_UNKNOWN);
    assert_true(sodium_is_zero((const uint8_t *)&w->side[1].keys[1], sizeof(w->side[1].keys[1])));
}

static void singles_come_first_and_the_oldest_goes(void **state)
{
    struct control_link *w = *state;
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    control_link_start(w, 1);
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_RING, NULL, 0), 0);
    for (uint8_t i = 0; i < TACET_SINGLES_MAX + 3; i++) {
        uint8_t full[TACET_SINGLE_MAX];
        memset(full, i, sizeof(full));
        tacet_control_send_single(&w->side[0], TACET_MESSAGE_PATH_CHALLENGE, full, sizeof(full));
    }
    while (tacet_control_poll_packet(&w->side[0], w->now, w->packet, &w->packet_size) == 1) {
        assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
    }
    for (uint8_t i = 3; i < TACET_SINGLES_MAX + 3; i++) {
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 1);
        assert_int_equal(type, TACET_MESSAGE_PATH_CHALLENGE);
        assert_int_equal(size, TACET_SINGLE_MAX);
        assert_int_equal(body[0], i);
    }
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 1);
    assert_int_equal(type, TACET_MESSAGE_RING);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
}

static void a_single_is_never_acknowledged(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    tacet_control_send_single(&w->side[0], TACET_MESSAGE_PING, (const uint8_t *)"hey", 3);
    assert_int_equal(tacet_control_poll_packet(&w->side[0], w->now, w->packet, &w->packet_size), 1);
    assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_NONE);
    assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, w->packet, &w->packet_size), 0);
    assert_true(tacet_control_next_timeout(&w->side[0]) == INT64_MAX);
}

static void a_wiped_stream_sends_and_opens_nothing(void **state)
{
    struct control_link *w = *state;
    static const uint8_t ping[4] = { TACET_FRAME_SINGLE, TACET_MESSAGE_PING, 0, 0 };

    control_link_start(w, 1);
    assert_int_equal(tacet_control_send(&w->side[1], w->now, TACET_MESSAGE_RING, NULL, 0), 0);
    tacet_control_wipe(&w->side[1]);
    assert_true(sodium_is_zero((const uint8_t *)w->side[1].keys, sizeof(w->side[1].keys)));
    assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, w->packet, &w->packet_size), 0);
    control_link_forge(w, ping, sizeof(ping), 0, 0);
    assert_int_equal(control_link_give(w, w->packet, w->packet_size), TACET_DROP_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_packets_have_one_form),
        cmocka_unit_test(every_other_length_and_every_flipped_bit_is_dropped),
        cmocka_unit_test(a_packet_reflected_to_its_sender_is_dropped),
        cmocka_unit_test(newer_is_above_the_highest_counter_of_its_epoch),
        cmocka_unit_test(epochs_change_in_the_middle_of_a_message),
        cmocka_unit_test(a_dropped_epoch_opens_nothing),
        cmocka_unit_test(singles_come_first_and_the_oldest_goes),
        cmocka_unit_test(a_single_is_never_acknowledged),
        cmocka_unit_test(a_wiped_stream_sends_and_opens_nothing),
    };

    return cmocka_run_group_tests(tests, control_link_create, control_link_free);
}
