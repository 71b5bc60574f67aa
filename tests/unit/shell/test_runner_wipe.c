/*
 * Group 16 of protocol.md section 10, for a whole program: two runners with their threads, codecs,
 * sources and sinks. After the hang-up no key is in memory, first while all that still lives, then
 * when the threads are over and their stacks are left.
 */
#include "runner_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../call/key_search.h"
#include "base/limits.h"

static bool answered(const struct party *party)
{
    return party->events[TACET_EVENT_ANSWERED] > 0;
}

static bool seen_and_heard(const struct party *party)
{
    return party->sound_count > 48000 && party->card_count > 10;
}

static bool ended(const struct party *party)
{
    return party->events[TACET_EVENT_ENDED] > 0;
}

static void hang_up(void *arg, struct tacet_call *call, int64_t now)
{
    (void)arg;
    tacet_call_hangup(call, now);
}

/* The state of a call a moment later; set on its network thread. */
struct state {
    struct party *party;
    bool over; /* nothing of the peer is left */
    bool known;
};

static void look_at_peer(void *arg, struct tacet_call *call, int64_t now)
{
    struct state *state = arg;
    struct tacet_peer_info info;

    (void)now;
    (void)pthread_mutex_lock(&state->party->mutex);
    state->over = tacet_call_peer(call, state->party->peer, &info) == TACET_ERR_NOTFOUND;
    state->known = true;
    (void)pthread_cond_broadcast(&state->party->changed);
    (void)pthread_mutex_unlock(&state->party->mutex);
}

static bool peer_is_over(struct party *party)
{
    struct state state = { .party = party };

    assert_int_equal(tacet_runner_post(party->runner, look_at_peer, &state), 0);
    (void)pthread_mutex_lock(&party->mutex);
    while (!state.known) {
        (void)pthread_cond_wait(&party->changed, &party->mutex);
    }
    (void)pthread_mutex_unlock(&party->mutex);
    return state.over;
}

static void no_key_is_left_by_threads_codecs_and_devices(void **unused)
{
    static struct party parties[2];

    (void)unused;
    if (KEY_SEARCH_SHADOWED) {
        skip();
    }
    assert_int_equal(tacet_init(), 0);
    for (int i = 0; i < 2; i++) {
        party_init(&parties[i]);
        parties[i].audio = parties[i].video = true;
        parties[i].listen = parties[i].answer = i == 1;
    }
    struct tacet_address address = party_join(&parties[0].transport, &parties[1].transport);
    key_catching = true;
    assert_int_equal(party_start(&parties[1]), 0);
    assert_int_equal(party_start(&parties[0]), 0);
    party_dial(&parties[0], &address);
    for (int i = 0; i < 2; i++) {
        assert_true(party_wait(&parties[i], answered, 20));
        assert_true(party_wait(&parties[i], seen_and_heard, 40));
    }
    key_catching = false;
    for (int kind = 0; kind < KEY_KINDS; kind++) {
        assert_true(keys_caught[kind] > 0 || (kind == KEY_DERIVED && !TACET_NSS));
    }
    (void)key_search();
    assert_true(keys_found[KEY_CONTROL] > 0); /* the search does find what is there */

    assert_int_equal(tacet_runner_post(parties[0].runner, hang_up, NULL), 0);
    int64_t begun_us = tacet_clock_now();
    for (int i = 0; i < 2; i++) {
        assert_true(party_wait(&parties[i], ended, 20));
        while (!peer_is_over(&parties[i])) {
            assert_true(tacet_clock_now() - begun_us < TACET_S(30));
        }
    }
    key_telling = true;
    assert_int_equal(key_search(), 0);
    party_stop(&parties[0]);
    party_stop(&parties[1]);
    assert_int_equal(key_search(), 0);
    party_clear(&parties[0]);
    party_clear(&parties[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_left_by_threads_codecs_and_devices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
