/* tacet_init makes the libraries usable, and may be called again. */
#include "crypto/srtp.h"
#include "tacet/api.h"
#include "tacet/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void init_succeeds_again_and_leaves_srtp_usable(void **state)
{
    const uint8_t key[44] = { 1, 2, 3 };
    const uint32_t ssrcs[TACET_SSRC_KIND_COUNT] = { 1, 2, 3, 4 };
    struct tacet_srtp *srtp = NULL;

    (void)state;
    assert_int_equal(tacet_init(), 0);
    assert_int_equal(tacet_init(), 0);
    assert_int_equal(tacet_srtp_create(0x0008, 1, key, ssrcs, key, ssrcs, &srtp), 0);
    tacet_srtp_free(&srtp);
    assert_int_equal(tacet_init(), 0);
}

static void system_chance_differs_each_time(void **state)
{
    struct tacet_random random = tacet_random_system();
    uint8_t one[32] = { 0 };
    uint8_t two[32] = { 0 };

    (void)state;
    assert_int_equal(tacet_init(), 0);
    random.fill(random.ctx, one, sizeof(one));
    random.fill(random.ctx, two, sizeof(two));
    assert_memory_not_equal(one, two, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_succeeds_again_and_leaves_srtp_usable),
        cmocka_unit_test(system_chance_differs_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
