/* Networks by name. */
#include "sim/preset.h"

#include "sim/link_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_preset_can_be_read_and_found(void **state)
{
    size_t count = 0;

    (void)state;
    for (; tacet_preset_at(count) != NULL; count++) {
        const struct tacet_preset *preset = tacet_preset_at(count);
        struct tacet_link_config link[2] = { { 0 }, { 0 } };
        char why[TACET_LINK_WHY_MAX];
        assert_int_equal(tacet_link_set_line(link, preset->settings, why), 0);
        for (int i = 0; i < 2; i++) {
            assert_true(link[i].delay_us > 0);
            assert_true(link[i].rate_bps > 0);
            assert_true(link[i].queue_us > 0);
        }
        assert_ptr_equal(tacet_preset_find(preset->name), preset);
    }
    assert_int_equal(count, 6);
}

static void names_are_whole(void **state)
{
    (void)state;
    assert_non_null(tacet_preset_find("wifi-lossy"));
    assert_null(tacet_preset_find("wifi-"));
    assert_null(tacet_preset_find("WIFI"));
    assert_null(tacet_preset_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_can_be_read_and_found),
        cmocka_unit_test(names_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
