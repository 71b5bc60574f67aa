/* The call as an app sees it: two of them joined directly. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"

#include <sodium.h>
#include <string.h>

static void call_is_established_answered_and_ended(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 1, NULL);
    pair_dial(&p);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_RINGING);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ESTABLISHED), 1);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ANSWERED), 0);
    }
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 1);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_RINGING), 1);
    assert_string_equal(pair_last(&p, CALLEE, TACET_EVENT_INCOMING)->u.incoming.name, "ann");

    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_CONNECTED);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ANSWERED), 1);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_MEDIA), 1);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_REKEYED), 1);
    }
    const struct tacet_event *a = pair_last(&p, CALLER, TACET_EVENT_ANSWERED);
    const struct tacet_event *b = pair_last(&p, CALLEE, TACET_EVENT_ANSWERED);
    assert_true(strlen(a->u.answered.words) > 10);
    assert_string_equal(a->u.answered.words, b->u.answered.words);
    assert_int_equal(a->u.answered.peer.trust, TACET_TRUST_PINNED);
    assert_int_equal(b->u.answered.peer.trust, TACET_TRUST_UNVERIFIED);

    tacet_call_hangup(p.call[CALLER], p.now);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        const struct tacet_event *end = pair_last(&p, i, TACET_EVENT_ENDED);
        assert_non_null(end);
        assert_int_equal(end->u.ended.reason, TACET_END_HANGUP);
        assert_int_equal(end->u.ended.remote, i == CALLEE);
        assert_true(tacet_call_idle(p.call[i]));
    }
    pair_run(&p, TACET_HANGUP_LINGER_US);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_FREE);
        assert_true(sodium_is_zero((const uint8_t *)pair_peer(&p, i), sizeof(struct tacet_peer)));
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ENDED), 1);
    }
    pair_free(&p);
}

static void nobody_there_is_unreachable_after_15_s(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 6, NULL);
    p.blocked[CALLER] = true;
    pair_dial(&p);
    pair_run(&p, TACET_DIAL_TIMEOUT_US - 1);
    assert_null(pair_last(&p, CALLER, TACET_EVENT_ENDED));
    pair_run(&p, 2);
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.reason,
                     TACET_END_UNREACHABLE);
    pair_free(&p);
}

static void unanswered_call_ends_after_60_s_on_both_sides(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 7, NULL);
    pair_dial(&p);
    pair_run(&p, TACET_RING_TIMEOUT_US + TACET_S(1));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_last(&p, i, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_NO_ANSWER);
    }
    pair_free(&p);
}

/* The time until one of several FINs comes is no round trip: with one of ten seconds a packet that
 * is lost next would be missed for fifteen. */
static void late_fin_tells_of_no_round_trip(void **state)
{
    static const int64_t late[] = { 0, TACET_MS(50), TACET_S(10) };
    struct pair p;

    (void)state;
    for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        bool soon = late[i] <= TACET_COPY_ROUND_TRIP_US;
        pair_create(&p, 70, NULL);
        pair_dial(&p);
        (void)pair_hand_over(&p, CALLER);
        (void)pair_hand_over(&p, CALLEE);
        p.blocked[CALLER] = late[i] > 0;
        (void)pair_hand_over(&p, CALLER); /* it answers RESP at once */
        p.blocked[CALLER] = false;
        p.now += late[i];
        tacet_call_handle_timeout(p.call[CALLER], p.now);
        pair_pump(&p);
        const struct tacet_control *control = &pair_peer(&p, CALLEE)->control;
        assert_in_range(control->round_trip_guess_us, 0, TACET_COPY_ROUND_TRIP_US);
        assert_int_equal(control->round_trip_guess_us > 0, soon);
        assert_int_equal(control->twice_end > 0, soon); /* what follows goes out twice */
        pair_free(&p);
    }
}

/* Whoever knew the nonce ahead could choose his own so that the words agree. */
static void each_dial_commits_to_a_nonce_of_its_own(void **state)
{
    struct pair p;
    uint32_t first;

    (void)state;
    pair_create(&p, 74, NULL);
    pair_dial(&p);
    first = p.peer[CALLER];
    pair_dial(&p);
    const struct tacet_peer *a = tacet_call_find(p.call[CALLER], first);
    const struct tacet_peer *b = pair_peer(&p, CALLER);
    assert_ptr_not_equal(a, b);
    assert_memory_not_equal(a->n_i, b->n_i, sizeof(a->n_i));
    assert_memory_not_equal(a->commitment, b->commitment, sizeof(a->commitment));
    assert_false(sodium_is_zero(a->n_i, sizeof(a->n_i)));
    pair_free(&p);
}

/* What comes with the handshake comes as close together as the way lets it. */
static void estimate_begins_with_the_spacing_of_what_came(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 73, NULL);
    pair_dial(&p);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_true(pair_peer(&p, i)->opening.packets > 1);
        pair_peer(&p, i)->opening =
            (struct tacet_packet_pair){ .packets = 5, .most_bps = 50000, .second_bps = 50000 };
    }
    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    p.now += TACET_S(1); /* no two packets of a moment */
    pair_pump(&p);
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_CONNECTED);
    assert_in_range(tacet_bwe_estimate(&pair_peer(&p, CALLEE)->session->sending.bwe), 30000, 50000);
    pair_free(&p);
}

/* RESP to one of several INITs may answer any of them. */
static void round_trip_of_several_inits_is_not_short(void **state)
{
    static const struct {
        int inits;
        int64_t resp_us, guess_us, retry_us; /* after the last one */
    } rows[] = {
        { 1, TACET_MS(50), TACET_MS(50), TACET_MS(75) },
        { 2, TACET_MS(15), TACET_MS(150), TACET_MS(200) },
        { 2, TACET_MS(180), TACET_MS(180), TACET_MS(200) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pair p;
        pair_create(&p, 76, NULL);
        pair_dial(&p);
        (void)pair_hand_over(&p, CALLER);
        for (int n = 1; n < rows[i].inits; n++) {
            p.now = tacet_call_next_timeout(p.call[CALLER], NULL);
            tacet_call_handle_timeout(p.call[CALLER], p.now);
            (void)pair_hand_over(&p, CALLER);
        }
        p.now += rows[i].resp_us;
        (void)pair_hand_over(&p, CALLEE);
        const struct tacet_peer *peer = pair_peer(&p, CALLER);
        assert_int_equal(peer->state, TACET_PEER_CONFIRMING);
        assert_int_equal(peer->init_count, rows[i].inits);
        assert_int_equal(peer->control.round_trip_guess_us, rows[i].guess_us);
        assert_int_equal(peer->retry_us, rows[i].retry_us);
        pair_free(&p);
    }
}

/* Nothing is measured on what is sent again. */
static bool all_is_sent_again(void *ctx, struct pair *p, int from,
                              const struct tacet_packet *packet)
{
    (void)ctx;
    (void)from;
    (void)packet;
    for (int i = 0; i < 2; i++) {
        struct tacet_control *control = &pair_peer(p, i)->control;
        for (size_t k = 0; k < TACET_CONTROL_IN_FLIGHT_MAX; k++) {
            control->sent[k].retransmission = true;
        }
    }
    return false;
}

/* How long a round trip is at most, where no control packet has measured it. A callee that was not
 * there at first, or lost packets, tell nothing of it. */
static void opening_tells_how_long_a_round_trip_is(void **state)
{
    static const struct {
        int64_t resp_us, fin_us; /* later than what they answer */
        int64_t idle_us[2];
    } rows[] = {
        { TACET_MS(100), TACET_MS(120), { TACET_MS(100), TACET_MS(220) } },
        { TACET_MS(560), 0, { TACET_MS(560), TACET_MS(560) } },
        { TACET_MS(1100), 0, { 0, 0 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pair p;
        pair_create(&p, 75, NULL);
        pair_dial(&p);
        (void)pair_hand_over(&p, CALLER);
        p.now += rows[i].resp_us;
        (void)pair_hand_over(&p, CALLEE);
        p.now += rows[i].fin_us;
        (void)pair_hand_over(&p, CALLER);
        p.way = all_is_sent_again;
        pair_pump(&p);
        assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
        pair_pump(&p);
        for (int at = 0; at < 2; at++) {
            const struct tacet_peer *peer = pair_peer(&p, at);
            assert_int_equal(peer->state, TACET_PEER_CONNECTED);
            assert_int_equal(peer->control.round_trips, 0);
            assert_int_equal(peer->session->sending.bwe.reports.idle_round_trip_us,
                             rows[i].idle_us[at]);
        }
        pair_free(&p);
    }
    /* What was measured is better. */
    struct pair p;
    pair_create(&p, 75, NULL);
    pair_dial(&p);
    (void)pair_hand_over(&p, CALLER);
    p.now += TACET_MS(100);
    pair_pump(&p);
    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    pair_pump(&p);
    const struct tacet_peer *peer = pair_peer(&p, CALLER);
    assert_true(peer->control.round_trips > 0);
    assert_int_equal(peer->session->sending.bwe.reports.idle_round_trip_us,
                     peer->control.round_trip_us);
    assert_in_range(peer->control.round_trip_us, 1, TACET_MS(99));
    pair_free(&p);
}

static void decline_says_why(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 8, NULL);
    pair_dial(&p);
    pair_pump(&p);
    assert_int_equal(tacet_call_decline(p.call[CALLEE], p.now, p.peer[CALLEE], TACET_END_HANGUP),
                     TACET_ERR_ARGUMENT);
    assert_int_equal(tacet_call_decline(p.call[CALLEE], p.now, p.peer[CALLEE], TACET_END_BUSY), 0);
    pair_pump(&p);
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_BUSY);
    assert_true(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.remote);
    pair_free(&p);
}

static void silence_reconnects_within_30_s_and_ends_after(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 9, NULL);
    pair_connect(&p);
    p.blocked[CALLER] = p.blocked[CALLEE] = true;
    pair_run(&p, TACET_S(10));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_events(&p, i, TACET_EVENT_RECONNECTING), 1);
    }
    uint32_t held = p.media_packets[CALLER];
    pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
    pair_pump(&p);
    assert_int_equal(p.media_packets[CALLER], held);
    p.blocked[CALLER] = p.blocked[CALLEE] = false;
    pair_run(&p, TACET_MS(500));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_events(&p, i, TACET_EVENT_RECONNECTED), 1);
    }
    pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], 1);
    p.blocked[CALLER] = p.blocked[CALLEE] = true;
    pair_run(&p, TACET_S(32));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_last(&p, i, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_LOST);
    }
    pair_free(&p);
}

static void app_messages_arrive_in_order(void **state)
{
    static uint8_t text[TACET_MESSAGE_MAX];
    struct pair p;
    struct tacet_event event;

    (void)state;
    pair_create(&p, 10, NULL);
    pair_connect(&p);
    memset(text, 'x', sizeof(text));
    assert_int_equal(
        tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER], (const uint8_t *)"one", 3),
        0);
    assert_int_equal(tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER],
                                             (const uint8_t *)"second", 6),
                     0);
    while (pair_hand_over(&p, CALLER) || pair_hand_over(&p, CALLEE)) { /* nobody polls the events */
    }
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 1);
    assert_int_equal(event.u.message.size, 3);
    assert_memory_equal(event.u.message.data, "one", 3);
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 1);
    assert_int_equal(event.u.message.size, 6);
    assert_memory_equal(event.u.message.data, "second", 6);
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 0);
    pair_pump(&p);
    assert_int_equal(
        tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER], text, sizeof(text)), 0);
    pair_run(&p, TACET_S(1));
    assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_MESSAGE)->u.message.size, sizeof(text));
    pair_free(&p);
}

static void old_peer_number_names_nobody(void **state)
{
    struct pair p;
    struct tacet_peer_info info;

    (void)state;
    pair_create(&p, 11, NULL);
    pair_connect(&p);
    uint32_t first = p.peer[CALLEE];
    tacet_call_hangup(p.call[CALLER], p.now);
    pair_run(&p, TACET_S(3));
    pair_connect(&p);
    assert_int_not_equal(first, p.peer[CALLEE]);
    assert_int_equal(tacet_call_peer(p.call[CALLEE], first, &info), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_call_remove(p.call[CALLEE], p.now, first), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_call_peer(p.call[CALLEE], p.peer[CALLEE], &info), 0);
    pair_free(&p);
}

static void nothing_is_allocated_while_connected(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 12, NULL);
    pair_connect(&p);
    unsigned long before = tacet_alloc_count();
    for (int i = 0; i < 100; i++) {
        pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
        pair_send(&p, CALLEE, TACET_KIND_VIDEO, i == 0 ? 0 : TACET_REFERENCE_LAST, 500);
        pair_run(&p, TACET_MS(20));
    }
    assert_int_equal(p.frames[CALLER][TACET_KIND_VIDEO], 100);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], 100);
    assert_int_equal(tacet_alloc_count(), before);
    pair_free(&p);
}

static void failing_allocation_fails_create_and_leaks_nothing(void **state)
{
    struct pair p;
    long n = 0;
    int result;

    (void)state;
    pair_create(&p, 13, NULL);
    do {
        struct tacet_call *call = NULL;
        tacet_alloc_fail_after(n);
        result = tacet_call_create(&p.call[CALLER]->config, p.now, &call);
        tacet_alloc_fail_after(-1);
        assert_true(result == 0 || result == TACET_ERR_NOMEM);
        assert_true((call != NULL) == (result == 0));
        tacet_call_free(&call);
        n++;
    } while (result != 0);
    assert_true(n > 4);
    pair_free(&p);
}

static void forbid_everything_but_128(int party, struct tacet_call_config *config)
{
    if (party == CALLEE) {
        config->profiles[0] = TACET_PROFILE_AEAD_AES_128_GCM;
        config->profile_count = 1;
    }
}

static void both_sides_policies_choose_the_profile(void **state)
{
    struct pair p;
    struct tacet_stats stats = { .size = sizeof(stats) };

    (void)state;
    pair_create(&p, 14, forbid_everything_but_128);
    pair_connect(&p);
    assert_int_equal(tacet_call_stats(p.call[CALLER], p.peer[CALLER], &stats), 0);
    assert_int_equal(stats.profile, TACET_PROFILE_AEAD_AES_128_GCM);
    pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], 1);
    pair_free(&p);
}

static void set_short_rekey(int party, struct tacet_call_config *config)
{
    config->rekey_interval_us = party == CALLER ? TACET_S(10) : TACET_S(1000);
}

static void keys_are_renewed_and_no_frame_is_lost_to_it(void **state)
{
    struct pair p;
    struct tacet_stats stats = { .size = sizeof(stats) };

    (void)state;
    pair_create(&p, 16, set_short_rekey);
    pair_connect(&p);
    for (uint32_t i = 0; i < 3500; i++) { /* 70 s */
        pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
        pair_send(&p, CALLEE, TACET_KIND_AUDIO, 0, 80);
        pair_run(&p, TACET_MS(20));
        assert_int_equal(p.frames[CALLER][TACET_KIND_AUDIO], i + 1);
        assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], i + 1);
    }
    assert_int_equal(tacet_call_stats(p.call[CALLER], p.peer[CALLER], &stats), 0);
    assert_in_range(stats.epoch, 7, 8);
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_REKEYED), stats.epoch);
    pair_free(&p);
}

static void many_packets_under_one_key_ask_for_another(void **state)
{
    struct pair p;

    (void)state;
    for (int party = 0; party < 2; party++) {
        pair_create(&p, 17, NULL);
        pair_connect(&p);
        pair_send(&p, party, TACET_KIND_AUDIO, 0, 80);
        pair_run(&p, TACET_S(11));
        assert_int_equal(pair_peer(&p, party)->rekey.epoch, 1);
        /* As if 2^24 packets had gone out already. */
        pair_peer(&p, party)->session->outbound[TACET_KIND_AUDIO].epoch_index -=
            TACET_REKEY_PACKETS;
        pair_send(&p, party, TACET_KIND_AUDIO, 0, 80);
        pair_run(&p, TACET_MS(1));
        assert_int_equal(pair_peer(&p, party)->rekey.epoch, 2);
        pair_free(&p);
    }
}

static void wrong_config_is_refused(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 15, NULL);
    struct tacet_call_config good = p.call[CALLER]->config;
    struct tacet_call *call = NULL;
    for (int row = 0; row < 6; row++) {
        struct tacet_call_config c = good;
        switch (row) {
        case 0:
            c.size--;
            break;
        case 1:
            c.identity = NULL;
            break;
        case 2:
            c.random.fill = NULL;
            break;
        case 3:
            c.profile_count = 0;
            break;
        case 4:
            c.profiles[0] = 2;
            break;
        default:
            c.media.width = 0;
            break;
        }
        assert_int_equal(tacet_call_create(&c, p.now, &call), TACET_ERR_ARGUMENT);
        assert_null(call);
    }
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_is_established_answered_and_ended),
        cmocka_unit_test(nobody_there_is_unreachable_after_15_s),
        cmocka_unit_test(unanswered_call_ends_after_60_s_on_both_sides),
        cmocka_unit_test(late_fin_tells_of_no_round_trip),
        cmocka_unit_test(each_dial_commits_to_a_nonce_of_its_own),
        cmocka_unit_test(estimate_begins_with_the_spacing_of_what_came),
        cmocka_unit_test(round_trip_of_several_inits_is_not_short),
        cmocka_unit_test(opening_tells_how_long_a_round_trip_is),
        cmocka_unit_test(decline_says_why),
        cmocka_unit_test(silence_reconnects_within_30_s_and_ends_after),
        cmocka_unit_test(app_messages_arrive_in_order),
        cmocka_unit_test(old_peer_number_names_nobody),
        cmocka_unit_test(nothing_is_allocated_while_connected),
        cmocka_unit_test(failing_allocation_fails_create_and_leaks_nothing),
        cmocka_unit_test(both_sides_policies_choose_the_profile),
        cmocka_unit_test(keys_are_renewed_and_no_frame_is_lost_to_it),
        cmocka_unit_test(many_packets_under_one_key_ask_for_another),
        cmocka_unit_test(wrong_config_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
