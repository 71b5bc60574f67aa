/* The roles of frames, as tables: layer, references, updates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../codecs/layers.h"

#define L TACET_REFERENCE_LAST
#define G TACET_REFERENCE_GOLDEN
#define A TACET_REFERENCE_ALTREF

#define NONE TACET_REFRESH_NONE
#define KEY TACET_REFRESH_KEY

struct row {
    enum tacet_refresh refresh;
    struct tacet_role role;
};

static void expect_rows(uint8_t count, int32_t fps, const struct row *rows, size_t row_count)
{
    struct tacet_layers layers = { 0 };

    for (size_t i = 0; i < row_count; i++) {
        struct tacet_role role = tacet_layers_next(&layers, count, fps, rows[i].refresh);
        assert_int_equal(role.layer, rows[i].role.layer);
        assert_int_equal(role.references, rows[i].role.references);
        assert_int_equal(role.updates, rows[i].role.updates);
        tacet_layers_advance(&layers, &role, rows[i].refresh);
    }
}

static void one_layer_refers_to_the_frame_before(void **state)
{
    static const struct row rows[] = {
        { KEY, { 0, 0, L | G | A } }, { NONE, { 0, L, L } },     { NONE, { 0, L, L } },
        { NONE, { 0, L, L } },        { NONE, { 0, L, L | G } }, /* a second has eight frames */
        { NONE, { 0, L, L } },        { NONE, { 0, L, L } },     { NONE, { 0, L, L } },
        { NONE, { 0, L, L | A } },    { NONE, { 0, L, L } },     { KEY, { 0, 0, L | G | A } },
        { NONE, { 0, L, L } },        { NONE, { 0, L, L } },     { NONE, { 0, L, L } },
        { NONE, { 0, L, L | G } },
    };

    (void)state;
    expect_rows(1, 8, rows, sizeof(rows) / sizeof(rows[0]));
    /* With fewer they are as many frames apart, or a few that are left out would be all of them. */
    expect_rows(1, 2, rows, sizeof(rows) / sizeof(rows[0]));
    expect_rows(1, 1, rows, sizeof(rows) / sizeof(rows[0]));
}

static void second_layer_is_referred_to_by_nobody(void **state)
{
    static const struct row rows[] = {
        { KEY, { 0, 0, L | G | A } }, { NONE, { 1, L, 0 } },     { NONE, { 0, L, L } },
        { NONE, { 1, L, 0 } }, /* the base layer alone is for recovery */
        { NONE, { 0, L, L | G } },    { NONE, { 1, L, 0 } },     { NONE, { 0, L, L } },
        { NONE, { 1, L, 0 } },        { NONE, { 0, L, L | A } },
    };

    (void)state;
    expect_rows(2, 6, rows, sizeof(rows) / sizeof(rows[0]));
}

static void middle_layer_has_the_altref_picture(void **state)
{
    static const struct row rows[] = {
        { KEY, { 0, 0, L | G | A } }, { NONE, { 2, L, 0 } },
        { NONE, { 1, L, A } },        { NONE, { 2, L | A, 0 } },
        { NONE, { 0, L, L | G } },    { NONE, { 2, L, 0 } },
        { NONE, { 1, L, A } },        { NONE, { 2, L | A, 0 } },
        { NONE, { 0, L, L | G } }, /* never ALTREF */
    };

    (void)state;
    expect_rows(3, 6, rows, sizeof(rows) / sizeof(rows[0]));
}

static void recovery_refers_to_one_picture_and_begins_the_pattern_anew(void **state)
{
    static const struct row rows[] = {
        { KEY, { 0, 0, L | G | A } },
        { TACET_REFRESH_GOLDEN, { 0, G, L } },
        { NONE, { 1, L, 0 } },
        { TACET_REFRESH_ALTREF, { 0, A, L } },
        { TACET_REFRESH_GOLDEN, { 0, G, L } },
        { NONE, { 1, L, 0 } },
        { NONE, { 0, L, L | A } }, /* GOLDEN is the one that they have */
        { NONE, { 1, L, 0 } },
        { TACET_REFRESH_ALTREF, { 0, A, L } },
        { NONE, { 1, L, 0 } },
        { NONE, { 0, L, L | G } },
    };

    (void)state;
    expect_rows(2, 6, rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_layer_refers_to_the_frame_before),
        cmocka_unit_test(second_layer_is_referred_to_by_nobody),
        cmocka_unit_test(middle_layer_has_the_altref_picture),
        cmocka_unit_test(recovery_refers_to_one_picture_and_begins_the_pattern_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
