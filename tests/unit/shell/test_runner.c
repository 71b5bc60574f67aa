/* Whole calls between two runners in this process, over memory, a bad network, and UDP. */
#include "runner_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HALF_A_SECOND 24000 /* samples */
#define TONE_WAVE 24        /* samples of one wave of the parties' tone */

struct pair {
    struct party caller;
    struct party callee;
    struct tacet_address address; /* of the callee */
};

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    assert_non_null(pair);
    party_init_two(&pair->caller, &pair->callee);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    party_end_two(&pair->caller, &pair->callee);
    free(pair);
    return 0;
}

static void join_by_memory(struct pair *pair)
{
    pair->address = party_join(&pair->caller.transport, &pair->callee.transport);
}

static void join_by_udp(struct pair *pair, const char *loopback)
{
    struct tacet_address any = party_address(loopback);

    assert_int_equal(tacet_udp_create(&any, &pair->caller.transport), 0);
    assert_int_equal(tacet_udp_create(&any, &pair->callee.transport), 0);
    assert_int_equal(tacet_udp_local(&pair->callee.transport, &pair->address), 0);
}

static void impair(struct party *party, uint64_t seed)
{
    struct tacet_impairment impairment;
    struct tacet_transport worse;

    tacet_impairment_init(&impairment);
    impairment.seed = seed;
    impairment.loss_permille = 30;
    impairment.duplicate_permille = 20;
    impairment.delay_us = 20000;
    impairment.jitter_us = 5000;
    assert_int_equal(tacet_impaired_transport_create(&impairment, &party->transport, &worse), 0);
    party->transport = worse;
}

static void start(struct pair *pair)
{
    assert_int_equal(party_start(&pair->callee), 0);
    assert_int_equal(party_start(&pair->caller), 0);
}

/* --- what is waited for --- */

static bool is_answered(const struct party *party)
{
    return party->events[TACET_EVENT_ANSWERED] > 0;
}

static bool has_ended(const struct party *party)
{
    return party->events[TACET_EVENT_ENDED] > 0;
}

static bool is_ringing(const struct party *party)
{
    return party->events[TACET_EVENT_INCOMING] > 0;
}

static bool heard_a_second(const struct party *party)
{
    return party->rows[TACET_MEDIA_PLAYED][TACET_KIND_AUDIO].count >= 50;
}

static bool heard_and_saw_a_second(const struct party *party)
{
    return heard_a_second(party) && party->card_count >= 25;
}

/* --- what is looked at --- */

/* Share of the energy of half a second that stands at the tone's frequency, permille. */
static int share_of_tone(const int16_t *pcm)
{
    static const double cosine[TONE_WAVE] = {
        1.0,  0.9659258,  0.8660254,  0.7071068,  0.5,  0.2588190,  0.0,        -0.2588190,
        -0.5, -0.7071068, -0.8660254, -0.9659258, -1.0, -0.9659258, -0.8660254, -0.7071068,
        -0.5, -0.2588190, 0.0,        0.2588190,  0.5,  0.7071068,  0.8660254,  0.9659258
    };
    double in_phase = 0;
    double quadrature = 0;
    double energy = 1;

    for (size_t i = 0; i < HALF_A_SECOND; i++) {
        in_phase += pcm[i] * cosine[i % TONE_WAVE];
        quadrature += pcm[i] * cosine[(i + 18) % TONE_WAVE];
        energy += (double)pcm[i] * pcm[i];
    }
    double at_tone = 2 * (in_phase * in_phase + quadrature * quadrature) / (double)HALF_A_SECOND;
    return (int)(1000 * at_tone / energy);
}

/* In the best half second: a busy machine keeps threads waiting now and then, and the beginning is
 * stretched until as much waits as the network asks for. */
static int tone_permille(const struct party *party)
{
    int best = 0;

    assert_true(party->sound_count >= HALF_A_SECOND);
    for (size_t at = 0; at + HALF_A_SECOND <= party->sound_count; at += HALF_A_SECOND / 4) {
        int share = share_of_tone(party->sound + at);
        best = share > best ? share : best;
    }
    return best;
}

static void check_cards(const struct party *party)
{
    assert_int_equal(party->cards_bad, 0);
    assert_true(party->card_count > 0);
    for (size_t i = 1; i < party->card_count; i++) {
        assert_true(party->cards[i] > party->cards[i - 1]);
    }
    assert_int_equal(party->card_count, party->rows[TACET_MEDIA_SHOWN][TACET_KIND_VIDEO].count);
    assert_int_equal(party->opened, 1);
}

/* The log's timestamps are those of the wire, and sound has no gap in them. */
static void check_timestamps(const struct party *party)
{
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        const struct party_rows *captured = &party->rows[TACET_MEDIA_CAPTURED][kind];
        const struct party_rows *sent = &party->rows[TACET_MEDIA_SENT][kind];
        size_t at = 0;
        for (size_t i = 0; i < sent->count; i++) {
            while (at < captured->count && captured->index[at] != sent->index[i]) {
                at++;
            }
            assert_true(at < captured->count);
            assert_int_equal(sent->rtp_timestamp[i], captured->rtp_timestamp[at]);
        }
    }
    const struct party_rows *sound = &party->rows[TACET_MEDIA_CAPTURED][TACET_KIND_AUDIO];
    for (size_t i = 1; i < sound->count; i++) {
        assert_int_equal(sound->rtp_timestamp[i] - sound->rtp_timestamp[i - 1], 960);
        assert_int_equal(sound->time_us[i] - sound->time_us[i - 1], 20000);
    }
}

static void print_latency(const char *what, const struct party *from, const struct party *to)
{
    size_t pairs[2];
    int64_t sound = party_latency_us(&from->rows[TACET_MEDIA_CAPTURED][TACET_KIND_AUDIO],
                                     &to->rows[TACET_MEDIA_PLAYED][TACET_KIND_AUDIO], &pairs[0]);
    int64_t sight = party_latency_us(&from->rows[TACET_MEDIA_CAPTURED][TACET_KIND_VIDEO],
                                     &to->rows[TACET_MEDIA_SHOWN][TACET_KIND_VIDEO], &pairs[1]);

    (void)printf("%s: captured to played %.1f ms (%zu), captured to shown %.1f ms (%zu)\n", what,
                 (double)sound / 1000, pairs[0], (double)sight / 1000, pairs[1]);
}

static void talk_and_see(struct pair *pair, int tone_min_permille)
{
    pair->caller.video = true;
    pair->callee.video = true;
    start(pair);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->caller, heard_and_saw_a_second, 20));
    assert_true(party_wait(&pair->callee, heard_and_saw_a_second, 20));
    party_stop(&pair->caller);
    party_stop(&pair->callee);
    assert_string_equal(pair->caller.words, pair->callee.words);
    assert_true(pair->caller.words[0] != '\0');
    struct party *parties[2] = { &pair->caller, &pair->callee };
    for (int i = 0; i < 2; i++) {
        assert_true(tone_permille(parties[i]) >= tone_min_permille);
        check_cards(parties[i]);
        check_timestamps(parties[i]);
        assert_int_equal(parties[i]->errors, 0);
        assert_int_equal(parties[i]->events[TACET_EVENT_ENDED], 1);
        assert_int_equal(parties[i]->reason, TACET_END_HANGUP);
        assert_int_equal(parties[i]->freed, 3);
        assert_int_equal(parties[i]->allocations_in_call, 0);
        assert_int_equal(parties[i]->allocations_audio, 0);
        assert_int_equal(parties[i]->allocations_decode, 0);
    }
    print_latency("caller to callee", &pair->caller, &pair->callee);
    print_latency("callee to caller", &pair->callee, &pair->caller);
}

/* --- the tests --- */

static void two_parties_talk_and_see_over_memory(void **state)
{
    struct pair *pair = *state;

    join_by_memory(pair);
    talk_and_see(pair, 900);
}

static void two_parties_talk_and_see_over_udp(void **state)
{
    struct pair *pair = *state;

    join_by_udp(pair, "127.0.0.1:0");
    talk_and_see(pair, 900);
}

static void two_parties_talk_and_see_over_a_bad_network(void **state)
{
    struct pair *pair = *state;

    join_by_memory(pair);
    impair(&pair->caller, 1);
    impair(&pair->callee, 2);
    talk_and_see(pair, 700);
}

static void devices_with_clocks_of_their_own_are_heard(void **state)
{
    struct pair *pair = *state;

    join_by_memory(pair);
    pair->caller.devices = true;
    pair->callee.devices = true;
    start(pair);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->caller, heard_a_second, 20));
    assert_true(party_wait(&pair->callee, heard_a_second, 20));
    party_stop(&pair->caller);
    party_stop(&pair->callee);
    assert_true(tone_permille(&pair->caller) >= 900);
    assert_true(tone_permille(&pair->callee) >= 900);
    check_timestamps(&pair->caller);
    check_timestamps(&pair->callee);
    print_latency("caller to callee", &pair->caller, &pair->callee);
}

static bool has_stopped_listening(const struct party *party)
{
    return party->source_stops > 0;
}

static void microphone_gives_nothing_from_before_the_answer_and_stops_at_the_end(void **state)
{
    struct pair *pair = *state;
    const struct party_rows *captured = &pair->callee.rows[TACET_MEDIA_CAPTURED][TACET_KIND_AUDIO];

    join_by_memory(pair);
    pair->callee.devices = true;
    pair->callee.heard_before_us = 5000000;
    start(pair);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->caller, heard_a_second, 20));
    (void)pthread_mutex_lock(&pair->callee.mutex);
    int64_t sound_us = (int64_t)captured->count * 20000;
    int64_t passed_us = tacet_clock_now() - pair->callee.answered_us;
    assert_int_equal(pair->callee.source_stops, 0);
    (void)pthread_mutex_unlock(&pair->callee.mutex);
    assert_true(sound_us <= passed_us + 100000);
    party_stop(&pair->caller);
    assert_true(party_wait(&pair->callee, has_stopped_listening, 10));
    party_stop(&pair->callee);
    assert_int_equal(pair->callee.source_starts, 1);
    assert_int_equal(pair->callee.source_stops, 1);
}

static void nothing_is_captured_before_the_answer(void **state)
{
    struct pair *pair = *state;

    join_by_memory(pair);
    pair->callee.answer = false;
    start(pair);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->callee, is_ringing, 10));
    party_stop(&pair->caller);
    assert_true(party_wait(&pair->callee, has_ended, 10));
    party_stop(&pair->callee);
    assert_int_equal(pair->caller.reads, 0);
    assert_int_equal(pair->callee.reads, 0);
    assert_int_equal(pair->callee.sound_count, 0);
    assert_int_equal(pair->caller.rows[TACET_MEDIA_CAPTURED][TACET_KIND_AUDIO].count, 0);
}

static void sound_written_keeps_pace_with_the_clock(void **state)
{
    struct pair *pair = *state;

    join_by_memory(pair);
    start(pair);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->caller, is_answered, 10));
    assert_true(party_wait(&pair->caller, heard_a_second, 10));
    (void)pthread_mutex_lock(&pair->caller.mutex);
    int64_t written_us = (int64_t)pair->caller.sound_count * 1000 / 48;
    int64_t passed_us = tacet_clock_now() - pair->caller.answered_us;
    (void)pthread_mutex_unlock(&pair->caller.mutex);
    /* However busy the machine; and never more than has passed. */
    assert_true(written_us > passed_us - 500000);
    assert_true(written_us <= passed_us + 100000);
}

static void hanging_up_ends_both_and_the_callee_serves_the_next(void **state)
{
    struct pair *pair = *state;

    join_by_udp(pair, "127.0.0.1:0");
    start(pair);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->callee, heard_a_second, 20));
    party_stop(&pair->caller);
    assert_true(party_wait(&pair->callee, has_ended, 5));
    struct tacet_runner_usage usage;
    tacet_runner_usage(pair->callee.runner, &usage);
    assert_true(usage.codec_cpu_us > 0);

    /* A second caller, at an address of its own. */
    (void)pthread_mutex_lock(&pair->callee.mutex);
    memset(&pair->callee.rows, 0, sizeof(pair->callee.rows));
    (void)pthread_mutex_unlock(&pair->callee.mutex);
    struct party *second = calloc(1, sizeof(*second));
    struct tacet_address any = party_address("127.0.0.1:0");
    assert_non_null(second);
    party_init(second);
    assert_int_equal(tacet_udp_create(&any, &second->transport), 0);
    assert_int_equal(party_start(second), 0);
    party_dial(second, &pair->address);
    assert_true(party_wait(&pair->callee, heard_a_second, 20));
    assert_true(party_wait(second, heard_a_second, 20));
    party_stop(&pair->callee);
    assert_true(party_wait(second, has_ended, 5));
    party_stop(second);
    assert_int_equal(pair->callee.events[TACET_EVENT_ENDED], 2);
    /* Between the calls nothing was captured. */
    const struct party_rows *captured = &pair->callee.rows[TACET_MEDIA_CAPTURED][TACET_KIND_AUDIO];
    assert_true(captured->time_us[0] >= pair->callee.incoming_us);
    assert_true(tone_permille(second) >= 900);
    party_clear(second);
    free(second);
}

static void stop_without_a_call_is_immediate(void **state)
{
    struct pair *pair = *state;

    join_by_memory(pair);
    start(pair);
    int64_t began = tacet_clock_now();
    party_stop(&pair->caller);
    party_stop(&pair->callee);
    assert_true(tacet_clock_now() - began < 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_parties_talk_and_see_over_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(two_parties_talk_and_see_over_udp, setup, teardown),
        cmocka_unit_test_setup_teardown(two_parties_talk_and_see_over_a_bad_network, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(devices_with_clocks_of_their_own_are_heard, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            microphone_gives_nothing_from_before_the_answer_and_stops_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_captured_before_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_written_keeps_pace_with_the_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(hanging_up_ends_both_and_the_callee_serves_the_next, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(stop_without_a_call_is_immediate, setup, teardown),
    };

    return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
