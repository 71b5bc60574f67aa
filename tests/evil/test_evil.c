/*
 * What the evil peer and the man in the middle try against real calls (protocol.md section 10,
 * groups 6, 13 and 15).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"
#include "crypto/words.h"
#include "mitm.h"

#include <stdlib.h>
#include <string.h>

/* Two honest parties; who is joined to whom is each test's business. */
struct honest {
    struct tacet_rng rng[2];
    struct tacet_identity *identity[2];
    struct tacet_call *call[2]; /* the caller, the callee */
    struct tacet_path path[2];
    int64_t now;
    uint32_t peer[2];
    char words[2][TACET_WORDS_MAX]; /* of the last ANSWERED; "" before it */
    enum tacet_end ended[2];
    uint32_t rings;
};

static void honest_create(struct honest *h)
{
    memset(h, 0, sizeof(*h));
    assert_int_equal(tacet_init(), 0);
    h->now = TACET_S(1);
    for (int i = 0; i < 2; i++) {
        struct tacet_call_config config;
        tacet_rng_seed(&h->rng[i], 71, (uint64_t)i);
        tacet_call_config_init(&config);
        config.random = tacet_rng_random(&h->rng[i]);
        assert_int_equal(
            tacet_identity_create(&config.random, i == 0 ? "ann" : "bob", &h->identity[i]), 0);
        config.identity = h->identity[i];
        config.unix_time_offset_us = INT64_C(1700000000) * 1000000;
        config.listen = true;
        assert_int_equal(tacet_call_create(&config, h->now, &h->call[i]), 0);
        h->path[i].address = (struct tacet_address){ .family = 4,
                                                     .ip = { 192, 0, 2, (uint8_t)(i + 1) },
                                                     .port = 5000 };
    }
}

static void honest_free(struct honest *h)
{
    for (int i = 0; i < 2; i++) {
        tacet_call_free(&h->call[i]);
        tacet_identity_free(&h->identity[i]);
    }
}

static struct tacet_callee key_of(const struct honest *h, int party)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };

    memcpy(who.key, h->identity[party]->ed_public, sizeof(who.key));
    return who;
}

static void poll(struct honest *h)
{
    struct tacet_event event;

    for (int i = 0; i < 2; i++) {
        while (tacet_call_poll_event(h->call[i], &event) == 1) {
            if (event.type == TACET_EVENT_INCOMING) {
                h->peer[i] = event.peer;
                h->rings++;
            } else if (event.type == TACET_EVENT_ANSWERED) {
                memcpy(h->words[i], event.u.answered.words, sizeof(h->words[i]));
            } else if (event.type == TACET_EVENT_ENDED) {
                h->ended[i] = event.u.ended.reason;
            }
        }
    }
}

static void dial(struct honest *h, const struct tacet_callee *who, const struct tacet_path *path)
{
    assert_int_equal(tacet_call_dial(h->call[0], h->now, who, path, 1, &h->peer[0]), 0);
}

/* Hangs up and lets everything be forgotten. */
static void end_all(struct honest *h)
{
    for (int i = 0; i < 2; i++) {
        struct tacet_packet packet;
        tacet_call_hangup(h->call[i], h->now);
        while (tacet_call_poll_packet(h->call[i], h->now, &packet) == 1) {
        }
        tacet_call_handle_timeout(h->call[i], h->now + TACET_HANGUP_LINGER_US);
    }
    h->now += TACET_HANGUP_LINGER_US + TACET_S(1);
    poll(h);
    memset(h->words, 0, sizeof(h->words));
    memset(h->ended, 0, sizeof(h->ended));
    h->rings = 0;
}

/* --- group 15 --- */

static int runs(void)
{
    const char *given = getenv("TACET_LONG");

    return given != NULL && given[0] == '1' ? 10000 : 1000;
}

/* He passes on every word, the commitment and both nonces as they are. All that he cannot make the
 * same is the two handshakes. */
static void words_differ_in_every_run_with_a_man_in_the_middle(void **state)
{
    static struct mitm m;
    struct honest h;
    /* Nothing but the address: neither a key nor a name would let him answer, or keep him
     * unnoticed. */
    const struct tacet_callee nobody = { .hint = TACET_HINT_NONE };
    int connected = 0;

    (void)state;
    honest_create(&h);
    mitm_create(&m, 1);
    struct tacet_callee callee = key_of(&h, 1);
    for (int run = 0; run < runs(); run++) {
        dial(&h, &nobody, &m.to_caller.path);
        assert_true(mitm_begin(&m, h.now, h.call[0], &h.path[0], h.call[1], &h.path[1], &callee));
        mitm_forward(&m, h.now);
        poll(&h);
        assert_int_equal(h.rings, 1);
        assert_int_equal(tacet_call_answer(h.call[1], h.now, h.peer[1]), 0);
        mitm_forward(&m, h.now);
        poll(&h);
        assert_string_not_equal(h.words[0], "");
        assert_string_not_equal(h.words[1], "");
        assert_string_not_equal(h.words[0], h.words[1]);
        connected++;
        end_all(&h);
    }
    assert_int_equal(connected, runs());
    mitm_free(&m);
    honest_free(&h);
}

/* Opens another nonce than he committed to. */
static bool change_nonce(void *ctx, bool from_caller, struct evil_message *message)
{
    (void)ctx;
    if (from_caller && message->type == TACET_MESSAGE_ANSWER_ACK) {
        message->body[31] ^= 1;
    }
    return true;
}

static void a_nonce_that_was_not_committed_to_ends_the_call(void **state)
{
    static struct mitm m;
    struct honest h;
    const struct tacet_callee nobody = { .hint = TACET_HINT_NONE };

    (void)state;
    honest_create(&h);
    mitm_create(&m, 2);
    m.on_message = change_nonce;
    struct tacet_callee callee = key_of(&h, 1);
    dial(&h, &nobody, &m.to_caller.path);
    assert_true(mitm_begin(&m, h.now, h.call[0], &h.path[0], h.call[1], &h.path[1], &callee));
    mitm_forward(&m, h.now);
    poll(&h);
    assert_int_equal(tacet_call_answer(h.call[1], h.now, h.peer[1]), 0);
    mitm_forward(&m, h.now);
    poll(&h);
    assert_string_equal(h.words[1], "");
    assert_int_equal(h.ended[1], TACET_END_PROTOCOL);
    mitm_free(&m);
    honest_free(&h);
}

/* --- group 6 --- */

/* Two callers with a call each. What one has sent, and what he would send next, does nothing in the
 * other's call: not from his own address, and not with the other's index. */
static void fin_and_ctrl_of_one_call_do_nothing_in_another(void **state)
{
    static struct evil_peer e[2];
    const uint8_t commitment[TACET_SAS_COMMITMENT] = { 1 };
    const uint8_t reason[1] = { TACET_END_HANGUP };
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    uint8_t fin[TACET_FIN_SIZE];
    struct honest h;
    size_t size;

    (void)state;
    honest_create(&h);
    struct tacet_callee callee = key_of(&h, 1);
    for (int i = 0; i < 2; i++) {
        evil_create(&e[i], 3, "someone", (uint8_t)(10 + i));
        assert_true(evil_dial(&e[i], h.now, h.call[1], &h.path[1], &callee, commitment));
    }
    poll(&h);
    assert_int_equal(h.rings, 2);
    for (int i = 0; i < 2; i++) {
        /* His FIN at the other's path, as it is and with the other's index. */
        memcpy(fin, e[i].fin, sizeof(fin));
        assert_int_equal(evil_give(&e[i], h.now, &e[1 - i].path, fin, sizeof(fin)),
                         TACET_DROP_UNKNOWN);
        memcpy(fin + 4, e[1 - i].fin + 4, 4);
        assert_int_equal(evil_give(&e[i], h.now, &e[1 - i].path, fin, sizeof(fin)),
                         TACET_DROP_AUTH);
        /* A HANGUP sealed with his keys, for the other's call. */
        assert_int_equal(tacet_control_send(&e[i].control, h.now, TACET_MESSAGE_HANGUP, reason, 1),
                         0);
        assert_int_equal(tacet_control_poll_packet(&e[i].control, h.now, packet, &size), 1);
        memcpy(packet + 4, e[1 - i].fin + 4, 4);
        assert_int_equal(evil_give(&e[i], h.now, &e[1 - i].path, packet, size), TACET_DROP_AUTH);
        assert_int_equal(evil_give(&e[i], h.now, &e[i].path, packet, size), TACET_DROP_AUTH);
    }
    poll(&h);
    assert_int_equal(h.rings, 2);
    assert_int_equal(h.ended[1], 0);
    for (int i = 0; i < 2; i++) {
        evil_free(&e[i]);
    }
    honest_free(&h);
}

/* A call from INIT to the answer, and each datagram goes back to its sender before and after it
 * arrives, from where it was sent to and from where it came. */
static void every_message_reflected_to_its_sender_is_dropped(void **state)
{
    struct honest h;
    size_t seen[256] = { 0 };

    (void)state;
    honest_create(&h);
    struct tacet_callee callee = key_of(&h, 1);
    /* Under load, so that COOKIE is among them. */
    for (size_t k = 0; k < TACET_INIT_RATE_MAX; k++) {
        (void)tacet_cookie_count_init(&h.call[1]->responder.cookies, h.now);
    }
    dial(&h, &callee, &h.path[1]);
    for (int turn = 0; turn < 200; turn++) {
        for (int from = 0; from < 2; from++) {
            struct tacet_packet packet;
            while (tacet_call_poll_packet(h.call[from], h.now, &packet) == 1) {
                uint8_t sent[TACET_DATAGRAM_MAX];
                uint8_t copy[TACET_DATAGRAM_MAX];
                size_t size = packet.size;
                memcpy(sent, packet.data, size);
                seen[sent[0]]++;
                for (int way = 0; way < 3; way++) {
                    struct tacet_packet in = { .path = h.path[way == 1 ? from : 1 - from],
                                               .data = copy,
                                               .size = size };
                    memcpy(copy, sent, size);
                    assert_int_not_equal(tacet_call_handle_packet(h.call[from], h.now, &in),
                                         TACET_DROP_NONE);
                    if (way == 0) {
                        in.path = h.path[from];
                        memcpy(copy, sent, size);
                        (void)tacet_call_handle_packet(h.call[1 - from], h.now, &in);
                    }
                }
            }
        }
        poll(&h);
        if (h.rings == 1 && turn == 100) {
            assert_int_equal(tacet_call_answer(h.call[1], h.now, h.peer[1]), 0);
        }
    }
    assert_string_not_equal(h.words[0], "");
    assert_string_equal(h.words[0], h.words[1]);
    assert_int_equal(h.rings, 1);
    for (int type = TACET_PACKET_INIT; type <= TACET_PACKET_CTRL; type++) {
        assert_true(seen[type] > 0);
    }
    honest_free(&h);
}

/* --- group 13 --- */

/* What one party draws to an address that is not its own. */
struct drawn {
    size_t given; /* bytes that came in that address's name */
    size_t sent;  /* bytes that went there */
    uint32_t responses;
};

/* In the name of `third`, one packet with so many challenges. */
static void challenge_as(struct evil_peer *e, int64_t now, const struct tacet_path *third,
                         int count, struct drawn *d)
{
    static const uint8_t body[TACET_CHALLENGE_SIZE];
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    size_t size;

    for (int i = 0; i < count; i++) {
        tacet_control_send_single(&e->control, TACET_MESSAGE_PATH_CHALLENGE, body, sizeof(body));
    }
    while (tacet_control_poll_packet(&e->control, now, packet, &size) == 1) {
        assert_int_equal(evil_give(e, now, third, packet, size), TACET_DROP_NONE);
        d->given += size;
    }
}

/* Takes what the victim sends, wherever it goes. */
static void draw(struct evil_peer *e, int64_t now, const struct tacet_path *third, struct drawn *d)
{
    uint8_t body[TACET_SINGLE_MAX];
    enum tacet_message type;
    struct tacet_packet packet;
    uint32_t epoch;
    bool newer;
    size_t size;

    tacet_call_handle_timeout(e->victim, now);
    while (tacet_call_poll_packet(e->victim, now, &packet) == 1) {
        d->sent += tacet_path_equal(&packet.path, third) ? packet.size : 0;
        if (tacet_demux(packet.data, packet.size) == TACET_PACKET_CTRL) {
            (void)tacet_control_receive(&e->control, now, packet.data, packet.size, &epoch, &newer);
        }
        while (tacet_control_poll_single(&e->control, &type, body, &size) == 1) {
            d->responses += type == TACET_MESSAGE_PATH_RESPONSE ? 1 : 0;
        }
    }
}

/* A stranger who is not answered yet, and one who is in the call: he puts as many challenges into a
 * packet as fit, or lets sound draw all that it may beside the answer to one. */
static void a_third_party_is_sent_no_more_than_the_protocol_says(void **state)
{
    static const struct tacet_path third = { .address = { .family = 4, .ip = { 203, 0, 113, 9 } } };
    static const uint8_t n_i[TACET_SAS_NONCE] = { 7 };
    static const uint8_t sound[900];

    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        bool answered = turn > 0;
        uint8_t commitment[TACET_SAS_COMMITMENT];
        struct evil_message heard;
        struct evil_peer e;
        struct honest h;
        struct drawn d = { 0 };
        honest_create(&h);
        struct tacet_callee callee = key_of(&h, 1);
        evil_create(&e, 4, "mallory", 66);
        tacet_words_commit(n_i, commitment);
        assert_true(evil_dial(&e, h.now, h.call[1], &h.path[1], &callee, commitment));
        while (evil_hear(&e, h.now, &heard)) {
        }
        poll(&h);
        if (answered) {
            assert_int_equal(tacet_call_answer(h.call[1], h.now, h.peer[1]), 0);
            while (evil_hear(&e, h.now, &heard)) {
            }
            evil_say(&e, h.now, TACET_MESSAGE_ANSWER_ACK, n_i, sizeof(n_i));
            poll(&h);
            assert_string_not_equal(h.words[1], "");
        }
        for (int i = 0; i < 1000; i++) {
            struct tacet_frame frame = { .kind = TACET_KIND_AUDIO,
                                         .captured_at_us = h.now,
                                         .data = sound,
                                         .size = sizeof(sound) };
            uint32_t before = d.responses;
            h.now += TACET_MS(5);
            if (answered && i % 2 == 0) {
                assert_int_equal(tacet_call_send_frame(h.call[1], h.now, &frame), 0);
            }
            challenge_as(&e, h.now, &third, turn == 2 ? 1 : TACET_SINGLES_MAX, &d);
            draw(&e, h.now, &third, &d);
            poll(&h);
            assert_in_range(d.responses - before, 0, answered ? 1 : 0);
            assert_in_range(d.sent, 0, 3 * d.given);
        }
        assert_int_equal(h.ended[1], 0);
        assert_true(!answered || d.responses > 0);
        assert_true(turn < 2 || d.sent > 2 * d.given);
        /* Unanswered he draws a validation a second, and nothing else. */
        assert_true(answered || d.sent <= 5 * 3 * (size_t)TACET_CTRL_SINGLE_PACKET);
        evil_free(&e);
        honest_free(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_differ_in_every_run_with_a_man_in_the_middle),
        cmocka_unit_test(a_nonce_that_was_not_committed_to_ends_the_call),
        cmocka_unit_test(fin_and_ctrl_of_one_call_do_nothing_in_another),
        cmocka_unit_test(every_message_reflected_to_its_sender_is_dropped),
        cmocka_unit_test(a_third_party_is_sent_no_more_than_the_protocol_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
