/* What a party puts on the wire, told apart. */
#include "sim/traffic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void packets_are_told_apart_by_their_first_bytes(void **state)
{
    static const struct {
        uint8_t bytes[2];
        enum tacet_traffic_kind expected;
    } rows[] = {
        { { 0x80, 111 }, TACET_TRAFFIC_AUDIO },
        { { 0x80, 63 }, TACET_TRAFFIC_AUDIO },
        { { 0x80, 96 }, TACET_TRAFFIC_VIDEO },
        { { 0x80, 96 | 0x80 }, TACET_TRAFFIC_VIDEO }, /* the marker */
        { { 0x90, 97 }, TACET_TRAFFIC_RTX },
        { { 0x80, 98 }, TACET_TRAFFIC_FEC },
        { { 0x80, 200 }, TACET_TRAFFIC_OTHER }, /* SR */
        { { 0x8F, 205 }, TACET_TRAFFIC_OTHER }, /* CCFB */
        { { 0x80, 0 }, TACET_TRAFFIC_OTHER },
        { { 0x0C, 96 }, TACET_TRAFFIC_OTHER }, /* CTRL */
        { { 0x08, 1 }, TACET_TRAFFIC_OTHER },  /* INIT */
        { { 192, 96 }, TACET_TRAFFIC_OTHER },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tacet_traffic traffic = { 0 };
        tacet_traffic_add(&traffic, rows[i].bytes, 2);
        assert_int_equal(traffic.packets[rows[i].expected], 1);
        assert_int_equal(traffic.bytes[rows[i].expected], 2);
    }
}

static void sums_are_of_what_they_say(void **state)
{
    static const struct {
        uint8_t type;
        size_t size;
    } sent[] = { { 111, 100 }, { 96, 1000 }, { 97, 200 }, { 98, 30 }, { 200, 4 } };
    uint8_t packet[1000] = { 0x80 };
    struct tacet_traffic traffic = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(sent); i++) {
        packet[1] = sent[i].type;
        tacet_traffic_add(&traffic, packet, sent[i].size);
    }
    assert_int_equal(tacet_traffic_video_bytes(&traffic), 1230);
    assert_int_equal(tacet_traffic_link_bytes(&traffic), 1334 + 5 * 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_told_apart_by_their_first_bytes),
        cmocka_unit_test(sums_are_of_what_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
