/*
 * Group 16 of protocol.md section 10: two seconds after the end of a call not one of its keys is in
 * the process's memory (key_search.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/srtp.h"
#include "key_search.h"
#include "pair.h"

#include <sodium.h>
#include <string.h>

/* --- the test --- */

static void talk(struct pair *p, int ticks)
{
    static const uint8_t data[300] = { 1 };

    for (int i = 0; i < ticks; i++) {
        p->event_count[CALLER] = p->event_count[CALLEE] = 0;
        for (int party = 0; party < 2; party++) {
            struct tacet_frame frame = {
                .kind = TACET_KIND_AUDIO, .captured_at_us = p->now, .data = data, .size = 80
            };
            assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
            frame.kind = TACET_KIND_VIDEO;
            frame.key = i == 0;
            frame.size = sizeof(data);
            assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
        }
        pair_run(p, TACET_MS(20));
    }
}

static void edit_rekey(int party, struct tacet_call_config *config)
{
    (void)party;
    config->rekey_interval_us = TACET_S(10);
}

static void catch_states(struct pair *p)
{
    for (int party = 0; party < 2; party++) {
        struct tacet_peer *peer = pair_peer(p, party);
        key_catch(KEY_E, peer->rekey.e, sizeof(peer->rekey.e));
    }
}

static void no_key_is_left_two_seconds_after_the_end(void **state)
{
    struct pair p;

    (void)state;
    if (KEY_SEARCH_SHADOWED) {
        skip();
    }
    for (int by = 0; by < 2; by++) {
        pair_create(&p, 51 + (uint64_t)by, edit_rekey);
        key_catching = true;
        pair_connect(&p);
        catch_states(&p);
        talk(&p, 10);
        for (int epoch = 0; epoch < 3; epoch++) {
            p.event_count[CALLER] = p.event_count[CALLEE] = 0;
            pair_run(&p, TACET_MS(10100));
            catch_states(&p);
            talk(&p, 5);
        }
        key_catching = false;
        assert_int_equal(pair_peer(&p, CALLER)->rekey.epoch, 4);
        for (int kind = 0; kind < KEY_KINDS; kind++) {
            assert_true(keys_caught[kind] > 0 || (kind == KEY_DERIVED && !TACET_NSS));
        }
        /* The search does find what is there. */
        (void)key_search();
        assert_true(keys_found[KEY_E] > 0);
        assert_true(keys_found[KEY_CONTROL] > 0);
        tacet_call_hangup(p.call[by], p.now);
        pair_run(&p, TACET_HANGUP_LINGER_US + TACET_MS(100));
        key_telling = true;
        assert_int_equal(key_search(), 0);
        key_telling = false;
        pair_free(&p);
    }
}

/* Half a key in the registers, saved on the stack by whatever is called next for the first time. */
static void no_key_is_left_when_a_session_has_come_and_gone(void **state)
{
    static uint8_t keys[2][44];
    static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
    struct tacet_srtp *srtp = NULL;
    struct tacet_rng rng;

    (void)state;
    if (KEY_SEARCH_SHADOWED) {
        skip();
    }
    assert_int_equal(tacet_init(), 0);
    tacet_rng_seed(&rng, 53, 0);
    struct tacet_random random = tacet_rng_random(&rng);
    random.fill(random.ctx, keys[0], sizeof(keys));
    key_catching = true;
    assert_int_equal(tacet_srtp_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, keys[0], ssrcs[0],
                                       keys[1], ssrcs[1], &srtp),
                     0);
    key_catching = false;
    assert_true(keys_caught[KEY_SRTP] > 0);
    sodium_memzero(keys, sizeof(keys));
    tacet_srtp_free(&srtp);
    key_telling = true;
    assert_int_equal(key_search(), 0);
    key_telling = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_left_when_a_session_has_come_and_gone),
        cmocka_unit_test(no_key_is_left_two_seconds_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
