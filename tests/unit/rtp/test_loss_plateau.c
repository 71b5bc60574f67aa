/* Whether as much arrives, however much is sent. */
#include "rtp/loss_plateau.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define SIZE 1000
#define WINDOW_US TACET_S(1)

/* A second in which so much was sent, and so much arrived. */
static struct tacet_loss_window window_of(int64_t begin_us, int64_t sent_kbps, int64_t arrived_kbps)
{
    int64_t sent = sent_kbps / 8;
    int64_t lost = sent - arrived_kbps / 8;

    return (struct tacet_loss_window){
        .begin_us = begin_us,
        .end_us = begin_us + WINDOW_US,
        .bytes = sent * SIZE,
        .sent = (uint32_t)sent,
        .lost = (uint32_t)lost,
        .runs = (uint32_t)lost,
    };
}

static void is_one_where_as_much_arrives_of_far_more(void **state)
{
    static const struct {
        int64_t kbps[TACET_LOSS_PLATEAU_WINDOWS][2]; /* sent, arrived */
        bool is_one;
    } rows[] = {
        { { { 800, 800 }, { 1200, 800 }, { 1600, 800 }, { 1000, 800 }, { 1400, 800 } }, true },
        /* a third is lost of whatever is sent */
        { { { 800, 536 }, { 1200, 800 }, { 1600, 1064 }, { 1000, 664 }, { 1400, 936 } }, false },
        /* hardly more was sent */
        { { { 800, 800 }, { 1000, 800 }, { 1100, 800 }, { 1000, 800 }, { 900, 800 } }, false },
        /* the rest just did not get through as well */
        { { { 800, 800 }, { 1200, 960 }, { 1600, 800 }, { 1000, 800 }, { 1400, 800 } }, false },
        /* of less as much is lost: it arrives as much by chance */
        { { { 800, 640 }, { 1200, 752 }, { 1000, 704 }, { 816, 640 }, { 808, 640 } }, false },
        { { { 800, 0 }, { 1200, 0 }, { 1600, 0 }, { 1000, 0 }, { 1400, 0 } }, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_loss_plateau p = { 0 };
        int64_t at = TACET_S(100);
        for (size_t k = 0; k < TACET_LOSS_PLATEAU_WINDOWS; k++, at += WINDOW_US) {
            struct tacet_loss_window w = window_of(at, rows[i].kbps[k][0], rows[i].kbps[k][1]);
            assert_false(tacet_loss_plateau_is_one(&p, at));
            tacet_loss_plateau_add(&p, &w);
        }
        assert_int_equal(tacet_loss_plateau_is_one(&p, at), rows[i].is_one);
    }
}

static void what_was_long_ago_is_no_part_of_it(void **state)
{
    static const int64_t sent_kbps[] = { 800, 1200, 1600, 1000, 1400 };
    struct tacet_loss_plateau p = { 0 };
    int64_t at = TACET_S(100);

    (void)state;
    for (size_t k = 0; k < TACET_LOSS_PLATEAU_WINDOWS; k++, at += WINDOW_US) {
        struct tacet_loss_window w = window_of(at, sent_kbps[k], 800);
        tacet_loss_plateau_add(&p, &w);
    }
    assert_true(tacet_loss_plateau_is_one(&p, at));
    assert_true(tacet_loss_plateau_is_one(&p, TACET_S(110)));
    assert_false(tacet_loss_plateau_is_one(&p, TACET_S(110) + 1));
    /* The oldest one makes room for the newest. */
    struct tacet_loss_window w = window_of(TACET_S(105), 1200, 1200);
    tacet_loss_plateau_add(&p, &w);
    assert_false(tacet_loss_plateau_is_one(&p, TACET_S(106)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_one_where_as_much_arrives_of_far_more),
        cmocka_unit_test(what_was_long_ago_is_no_part_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
