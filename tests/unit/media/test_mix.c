/* Mixing: sums that stop at full scale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/mix.h"

static void sums_stop_at_full_scale(void **state)
{
    static const struct {
        int16_t a, b, sum;
    } rows[] = {
        { 0, 0, 0 },
        { 1, 2, 3 },
        { -5, 3, -2 },
        { 32767, 1, 32767 },
        { 32767, 32767, 32767 },
        { -32768, -1, -32768 },
        { -32768, -32768, -32768 },
        { -32768, 32767, -1 },
        { 20000, 12767, 32767 },
        { 20000, 12768, 32767 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int16_t into[2] = { rows[i].a, 7 };
        const int16_t add[2] = { rows[i].b, 7 };
        tacet_mix_add(into, add, 1);
        assert_int_equal(into[0], rows[i].sum);
        assert_int_equal(into[1], 7); /* not one sample more */
    }
}

static void stereo_becomes_its_mean_in_place(void **state)
{
    int16_t pcm[] = { 10, 20, -32768, -32768, 32767, 32767, 32767, -32768, 1, 2 };
    static const int16_t expected[] = { 15, -32768, 32767, 0, 1 };

    (void)state;
    tacet_mix_down(pcm, 5, pcm);
    assert_memory_equal(pcm, expected, sizeof(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_stop_at_full_scale),
        cmocka_unit_test(stereo_becomes_its_mean_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
