/* The table of half-open handshakes: its bounds, and who goes when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handshake_parties.h"

#include "base/alloc.h"
#include "call/half_open.h"

#include <string.h>

static enum tacet_drop init_from(const char *address, uint16_t member)
{
    uint8_t resp[TACET_RESP_SIZE];

    assert_int_equal(tacet_address_parse(address, &f->path.address), 0);
    f->path.member = member;
    dial(TACET_HINT_KEY);
    return give_init(f->initiator.init, TACET_INIT_SIZE, resp);
}

static void a_source_has_four_half_open_handshakes(void **state)
{
    static const struct {
        const char *filler;
        uint16_t filler_member;
        const char *then;
        uint16_t then_member;
        enum tacet_drop drop;
    } rows[] = {
        { "192.0.2.1:1", 0, "192.0.2.1:99", 0, TACET_DROP_RATE },
        { "192.0.2.1:1", 0, "192.0.2.2:1", 0, TACET_DROP_NONE },
        { "[2001:db8::1]:1", 0, "[2001:db8::ffff:1]:1", 0, TACET_DROP_RATE },
        { "[2001:db8::1]:1", 0, "[2001:db8:0:1::1]:1", 0, TACET_DROP_NONE },
        { "[::ffff:192.0.2.1]:1", 0, "[::ffff:192.0.2.1]:2", 0, TACET_DROP_RATE },
        { "[::ffff:192.0.2.1]:1", 0, "[::ffff:192.0.2.2]:1", 0, TACET_DROP_NONE },
        { "192.0.2.1:1", 1, "192.0.2.1:1", 1, TACET_DROP_RATE },
        { "192.0.2.1:1", 1, "192.0.2.1:2", 1, TACET_DROP_NONE },
        { "192.0.2.1:1", 1, "192.0.2.1:1", 2, TACET_DROP_NONE },
        { "192.0.2.1:1", 1, "192.0.2.1:1", 0, TACET_DROP_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int k = 0; k < TACET_HALF_OPEN_SOURCE_MAX; k++) {
            assert_int_equal(init_from(rows[i].filler, rows[i].filler_member), TACET_DROP_NONE);
        }
        assert_int_equal(init_from(rows[i].then, rows[i].then_member), rows[i].drop);
        /* Time makes room. */
        f->now += TACET_HALF_OPEN_TIMEOUT_US;
        assert_int_equal(init_from(rows[i].then, rows[i].then_member), TACET_DROP_NONE);
        assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
        f->now += TACET_HALF_OPEN_TIMEOUT_US;
    }
}

static void finished_handshakes_do_not_count_for_their_source(void **state)
{
    (void)state;
    for (int k = 0; k < 3 * TACET_HALF_OPEN_SOURCE_MAX; k++) {
        dial(TACET_HINT_KEY);
        genuine_init_still_passes();
    }
}

/* The current INIT from the current path; under load it proves the path first. */
static void give_proven_init(uint8_t resp[TACET_RESP_SIZE])
{
    struct tacet_cookie_answer cookie = { .waiting = true };
    uint8_t init[TACET_INIT_SIZE];

    memcpy(init, f->initiator.init, sizeof(init));
    if (give_init(init, sizeof(init), resp) == TACET_DROP_RATE) {
        assert_int_equal(tacet_cookie_consume(&cookie, &f->initiator, resp, TACET_COOKIE_SIZE),
                         TACET_DROP_NONE);
        memcpy(init + TACET_INIT_MAC2, cookie.mac2, TACET_MAC_SIZE);
        assert_int_equal(give_init(init, sizeof(init), resp), TACET_DROP_NONE);
    }
}

/* From sources that nobody has heard of. */
static void flood(size_t count)
{
    static uint32_t source;
    struct tacet_path genuine = f->path;
    struct tacet_initiator initiator = f->initiator;

    for (size_t k = 0; k < count; k++) {
        uint8_t resp[TACET_RESP_SIZE];
        f->path.address = (struct tacet_address){
            .family = 4, .ip = { 10, 0, (uint8_t)(source >> 8), (uint8_t)source }, .port = 1
        };
        source++;
        dial(TACET_HINT_KEY);
        give_proven_init(resp);
        assert_true(tacet_responder_count(&f->bob.responder) <= TACET_HALF_OPEN_MAX);
    }
    f->path = genuine;
    f->initiator = initiator;
}

static void the_oldest_goes_when_the_table_is_full(void **state)
{
    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    flood(TACET_HALF_OPEN_MAX - 1);
    assert_int_equal(tacet_responder_count(&f->bob.responder), TACET_HALF_OPEN_MAX);
    struct tacet_initiator initiator = f->initiator;
    genuine_resp_still_passes(); /* it was still there */
    f->initiator = initiator;
    f->path.address.port++;
    give_proven_init(f->resp); /* in the place of the finished one */
    flood(TACET_HALF_OPEN_MAX);
    assert_int_equal(tacet_responder_count(&f->bob.responder), TACET_HALF_OPEN_MAX);
    resp_passes();
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
}

/* One handshake from each of three addresses, then a full table, then one more. */
static void only_the_oldest_goes_and_a_finished_one_before_it(void **state)
{
    static const struct {
        int finished; /* which of the three, or -1 */
        enum tacet_drop then[3];
    } rows[] = {
        { -1, { TACET_DROP_UNKNOWN, TACET_DROP_NONE, TACET_DROP_NONE } },
        { 1, { TACET_DROP_NONE, TACET_DROP_UNKNOWN, TACET_DROP_NONE } },
        { 2, { TACET_DROP_NONE, TACET_DROP_NONE, TACET_DROP_UNKNOWN } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t fins[3][TACET_FIN_SIZE];
        struct tacet_path path = f->path;
        for (int k = 0; k < 3; k++) {
            f->path.address.ip[3] = (uint8_t)(k + 100);
            dial(TACET_HINT_KEY);
            init_passes();
            resp_passes();
            memcpy(fins[k], f->fin, sizeof(fins[k]));
            if (k == rows[i].finished) {
                fin_passes();
            }
        }
        flood(TACET_HALF_OPEN_MAX - 2);
        for (int k = 0; k < 3; k++) {
            f->path.address.ip[3] = (uint8_t)(k + 100);
            assert_int_equal(give_fin(fins[k], TACET_FIN_SIZE), rows[i].then[k]);
        }
        f->path = path;
        f->now += TACET_HALF_OPEN_TIMEOUT_US;
    }
}

static void a_half_open_handshake_expires(void **state)
{
    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    resp_passes();
    tacet_responder_expire(&f->bob.responder, f->now + TACET_HALF_OPEN_TIMEOUT_US - 1);
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
    tacet_responder_expire(&f->bob.responder, f->now + TACET_HALF_OPEN_TIMEOUT_US);
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
}

static void a_responder_without_memory_is_not_made(void **state)
{
    struct tacet_responder r = { 0 };

    (void)state;
    tacet_alloc_fail_after(0);
    int result = tacet_responder_create(&r);
    tacet_alloc_fail_after(-1);
    assert_int_equal(result, TACET_ERR_NOMEM);
    assert_null(r.entries);
    tacet_responder_free(&r);
    tacet_responder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_source_has_four_half_open_handshakes),
        CASE(finished_handshakes_do_not_count_for_their_source),
        CASE(the_oldest_goes_when_the_table_is_full),
        CASE(only_the_oldest_goes_and_a_finished_one_before_it),
        CASE(a_half_open_handshake_expires),
        CASE(a_responder_without_memory_is_not_made),
    };

    return cmocka_run_group_tests(tests, handshake_group_setup, handshake_group_teardown);
}
