/* The media of one peer: what is left of it in the end. */
#include "rtp_sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_that_was_said_stays_in_the_buffers(void **state)
{
    struct tacet_buffer *out[16];

    (void)state;
    for (uint16_t seq = 0; seq < 20; seq++) {
        receive_sound(sessions[1], seq * 20000, seq, 100);
    }
    tacet_rtp_session_end(sessions[1]);
    for (int i = 0; i < 16; i++) {
        out[i] = tacet_pool_get(pool);
        assert_non_null(out[i]);
        for (size_t at = 0; at < sizeof(out[i]->memory); at++) {
            assert_int_equal(out[i]->memory[at], 0);
        }
    }
    for (int i = 0; i < 16; i++) {
        tacet_pool_put(pool, out[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_that_was_said_stays_in_the_buffers, sessions_begin,
                                        sessions_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
