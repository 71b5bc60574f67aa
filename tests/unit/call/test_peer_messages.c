/*
 * Any control message in any state (protocol.md section 10, group 14): each is sent by the other
 * side's own control stream, so that it is authentic, and what follows is what the table says.
 */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* What happens to the receiver in the states ringing, answered and connected. */
struct row {
    enum tacet_message type;
    size_t size;
    uint8_t first; /* byte of the body; of a REKEY, every one */
    const char *caller;
    const char *callee;
};

/* '.' the call goes on, '!' it ends with "protocol" on both sides, 'x' it ends as the message says.
 * Sizes and bodies are right unless the row says otherwise. */
static const struct row rows[] = {
    { TACET_MESSAGE_RING, 0, 0, "...", "!!!" },
    { TACET_MESSAGE_RING, 1, 0, "!..", "!!!" },
    /* Taken; but the callee, who never answered, refuses the ANSWER_ACK that follows. */
    { TACET_MESSAGE_ANSWER, 32, 7, "!!!", "!!!" },
    { TACET_MESSAGE_ANSWER, 31, 7, "!!!", "!!!" },
    { TACET_MESSAGE_ANSWER_ACK, 32, 7, "!!!", "!!!" }, /* not what was committed to */
    { TACET_MESSAGE_ANSWER_ACK, 33, 7, "!!!", "!!!" },
    { TACET_MESSAGE_DECLINE, 1, TACET_END_BUSY, "x!!", "!!!" },
    { TACET_MESSAGE_DECLINE, 1, 0, "!!!", "!!!" },
    { TACET_MESSAGE_HANGUP, 1, TACET_END_HANGUP, "xxx", "xxx" },
    { TACET_MESSAGE_HANGUP, 1, TACET_END_FAILED + 1, "!!!", "!!!" },
    { TACET_MESSAGE_HANGUP, 0, 0, "!!!", "!!!" },
    { TACET_MESSAGE_MEDIA, 8, 0, "...", "..." },
    { TACET_MESSAGE_MEDIA, 8, 32, "!!!", "!!!" }, /* a flag that version 1 does not have */
    { TACET_MESSAGE_MEDIA, 7, 0, "!!!", "!!!" },
    { TACET_MESSAGE_APP, 5, 'a', "...", "..." },
    { TACET_MESSAGE_APP, 0, 0, ".!!", ".!!" },
    /* Taken by the callee; but the caller, who never began, refuses the REKEY2 that follows. */
    { TACET_MESSAGE_REKEY1, 1216, 9, "!!!", "!!!" },
    { TACET_MESSAGE_REKEY1, 1215, 9, "!!!", "!!!" },
    { TACET_MESSAGE_REKEY1, 1216, 0, "!!!", "!!!" },   /* a point of small order */
    { TACET_MESSAGE_REKEY1, 1216, 127, "!!!", "!!!" }, /* coefficients of q and more */
    { TACET_MESSAGE_REKEY2, 1120, 9, "!!!", "!!!" },   /* nobody began */
    { TACET_MESSAGE_REKEY_REQ, 0, 0, "...", "!!!" },
    { (enum tacet_message)11, 0, 0, "!!!", "!!!" },
    { (enum tacet_message)63, 3, 0, "!!!", "!!!" },
};

static void bring_to(struct pair *p, enum tacet_peer_state state, int receiver)
{
    pair_create(p, 20, NULL);
    pair_dial(p);
    pair_pump(p);
    if (state == TACET_PEER_RINGING) {
        return;
    }
    /* Held in ANSWERED: the callee by an ACK that does not come, the caller by keys that it is made
     * to forget for the moment. */
    p->blocked[CALLER] = state == TACET_PEER_ANSWERED && receiver == CALLEE;
    uint32_t keys = pair_peer(p, CALLER)->rekey.send_epoch;
    if (state == TACET_PEER_ANSWERED && receiver == CALLER) {
        pair_peer(p, CALLER)->rekey.send_epoch = 0;
    }
    assert_int_equal(tacet_call_answer(p->call[CALLEE], p->now, p->peer[CALLEE]), 0);
    pair_pump(p);
    pair_peer(p, CALLER)->rekey.send_epoch = keys;
    assert_int_equal(pair_peer(p, receiver)->state, state);
}

static void run_row(const struct row *row, int receiver, int column)
{
    enum tacet_peer_state state = (enum tacet_peer_state)(TACET_PEER_RINGING + column);
    char expected = (receiver == CALLER ? row->caller : row->callee)[column];
    uint8_t body[TACET_KEM_PUBLIC_MAX] = { row->first };
    struct pair p;

    if (row->type == TACET_MESSAGE_REKEY1 || row->type == TACET_MESSAGE_REKEY2) {
        memset(body, row->first, row->size);
    }
    bring_to(&p, state, receiver);
    struct tacet_peer *sender = pair_peer(&p, 1 - receiver);
    struct tacet_peer *peer = pair_peer(&p, receiver);
    if (p.blocked[CALLER]) {
        /* Only what is injected below may arrive: drop what the caller still wants to say. */
        sender->control.send_base = sender->control.send_next = sender->control.send_end;
        memset(sender->control.sent, 0, sizeof(sender->control.sent));
        peer->control.recv_next = peer->control.recv_taken = sender->control.send_end;
        p.blocked[CALLER] = false;
    }
    assert_int_equal(tacet_control_send(&sender->control, p.now, row->type, body, row->size), 0);
    pair_pump(&p);

    const struct tacet_event *end = pair_last(&p, receiver, TACET_EVENT_ENDED);
    if ((expected == '.') != (end == NULL) ||
        (expected == '!' && end->u.ended.reason != TACET_END_PROTOCOL) ||
        (expected == 'x' && end->u.ended.reason != (enum tacet_end)row->first)) {
        fail_msg("message %d of %zu bytes (%d) to the %s in state %d: expected '%c', got %s",
                 row->type, row->size, row->first, receiver == CALLER ? "caller" : "callee", state,
                 expected, end == NULL ? "nothing" : tacet_end_string(end->u.ended.reason));
    }
    if (end != NULL) {
        assert_int_equal(peer->state, TACET_PEER_ENDING);
        assert_null(peer->session);
        assert_null(peer->rekey.srtp[0]);
        assert_null(peer->rekey.srtp[1]);
    } else if (state != TACET_PEER_CONNECTED) {
        assert_int_not_equal(peer->state, TACET_PEER_CONNECTED);
    }
    pair_free(&p);
}

static void any_message_in_any_state_does_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int receiver = 0; receiver < 2; receiver++) {
            for (int column = 0; column < 3; column++) {
                run_row(&rows[i], receiver, column);
            }
        }
    }
}

static void after_the_end_nothing_is_accepted(void **state)
{
    struct pair p;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t body[TACET_KEM_PUBLIC_MAX] = { rows[i].first };
        pair_create(&p, 21, NULL);
        pair_connect(&p);
        struct tacet_peer *sender = pair_peer(&p, CALLER);
        /* The callee ends; its HANGUP is lost, so that the caller talks on. */
        p.blocked[CALLEE] = true;
        assert_int_equal(tacet_call_remove(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
        pair_pump(&p);
        size_t events = p.event_count[CALLEE];
        assert_int_equal(
            tacet_control_send(&sender->control, p.now, rows[i].type, body, rows[i].size), 0);
        pair_pump(&p);
        assert_int_equal(p.event_count[CALLEE], events);
        assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_ENDING);
        /* And the caller still learns the end. */
        p.blocked[CALLEE] = false;
        pair_run(&p, TACET_S(1));
        assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.reason,
                         TACET_END_HANGUP);
        pair_free(&p);
    }
}

static void second_answer_ack_ends_the_call(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 22, NULL);
    pair_connect(&p);
    struct tacet_peer *caller = pair_peer(&p, CALLER);
    assert_int_equal(tacet_control_send(&caller->control, p.now, TACET_MESSAGE_ANSWER_ACK,
                                        caller->n_i, sizeof(caller->n_i)),
                     0);
    pair_pump(&p);
    assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_PROTOCOL);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_message_in_any_state_does_what_the_table_says),
        cmocka_unit_test(after_the_end_nothing_is_accepted),
        cmocka_unit_test(second_answer_ack_ends_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
