/* The packets that may be asked for again. */
#include "rtp/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct tacet_history history;

static void put(uint64_t seq)
{
    uint8_t payload[3] = { (uint8_t)(seq >> 16), (uint8_t)(seq >> 8), (uint8_t)seq };

    tacet_history_put(&history, (int64_t)seq, seq, (uint32_t)seq * 3, seq % 2 == 0, payload,
                      sizeof(payload));
}

static void what_was_sent_last_is_found_over_the_wrap(void **state)
{
    (void)state;
    history = (struct tacet_history){ 0 };
    assert_null(tacet_history_find(&history, 0));
    for (uint64_t seq = 65000; seq < 66000; seq++) {
        put(seq);
        uint64_t oldest =
            seq >= 65000 + TACET_HISTORY_PACKETS ? seq - TACET_HISTORY_PACKETS + 1 : 65000;
        struct tacet_history_packet *last = tacet_history_find(&history, (uint16_t)seq);
        struct tacet_history_packet *first = tacet_history_find(&history, (uint16_t)oldest);
        assert_non_null(last);
        assert_non_null(first);
        assert_int_equal(last->seq, seq);
        assert_int_equal(first->seq, oldest);
        assert_int_equal(first->timestamp, oldest * 3);
        assert_int_equal(first->payload[2], (uint8_t)oldest);
        assert_null(tacet_history_find(&history, (uint16_t)(oldest - 1)));
        assert_null(tacet_history_find(&history, (uint16_t)(seq + 1)));
    }
}

static void beginning_of_the_stream_is_not_read_past(void **state)
{
    (void)state;
    history = (struct tacet_history){ 0 };
    put(0);
    put(1);
    assert_non_null(tacet_history_find(&history, 0));
    assert_null(tacet_history_find(&history, 65535));
    assert_null(tacet_history_find(&history, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_last_is_found_over_the_wrap),
        cmocka_unit_test(beginning_of_the_stream_is_not_read_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
