/* The first byte, all 256 of them (RFC 7983, RFC 9443; protocol.md section 2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"
#include "rtp/header.h"

#include <string.h>

/* One character a first byte, sixteen a row, written down from the table in the specification. */
static const char *const table[16] = {
    "........IRFKCE..", /* 0-3 STUN, 4-15 Tacet */
    "................", /* 16-19 ZRTP, 20- DTLS */
    "................", /* 32- DTLS */
    "................", /* 48-63 DTLS */
    "................", /* 64-79 TURN */
    "................", /* 80 */
    "................", /* 96 */
    "................", /* 112 */
    "rrrrrrrrrrrrrrrr", /* 128-191 RTP and RTCP */
    "rrrrrrrrrrrrrrrr", /* 144 */
    "rrrrrrrrrrrrrrrr", /* 160 */
    "rrrrrrrrrrrrrrrr", /* 176 */
    "................", /* 192 */
    "................", /* 208 */
    "................", /* 224 */
    "................", /* 240 */
};

static enum tacet_packet_type expected(uint8_t first)
{
    switch (table[first / 16][first % 16]) {
    case 'I':
        return TACET_PACKET_INIT;
    case 'R':
        return TACET_PACKET_RESP;
    case 'F':
        return TACET_PACKET_FIN;
    case 'K':
        return TACET_PACKET_COOKIE;
    case 'C':
        return TACET_PACKET_CTRL;
    case 'E':
        return TACET_PACKET_RELAY;
    case 'r':
        return TACET_PACKET_RTP;
    default:
        return TACET_PACKET_UNKNOWN;
    }
}

static void every_first_byte_is_what_the_table_says(void **state)
{
    uint8_t packet[40];

    (void)state;
    memset(packet, 0, sizeof(packet));
    for (unsigned first = 0; first < 256; first++) {
        packet[0] = (uint8_t)first;
        assert_int_equal(tacet_demux(packet, sizeof(packet)), expected((uint8_t)first));
    }
}

static void the_second_byte_tells_rtcp_from_rtp(void **state)
{
    (void)state;
    for (unsigned second = 0; second < 256; second++) {
        const uint8_t packet[2] = { 0x80, (uint8_t)second };
        enum tacet_packet_type want =
            second >= 192 && second <= 223 ? TACET_PACKET_RTCP : TACET_PACKET_RTP;
        assert_int_equal(tacet_demux(packet, sizeof(packet)), want);
    }
    /* None of our payload types with its marker falls into RTCP's range. */
    static const uint8_t types[] = { TACET_PT_RED, TACET_PT_VP8, TACET_PT_RTX, TACET_PT_VIDEO_FEC,
                                     TACET_PT_OPUS };
    for (size_t i = 0; i < sizeof(types); i++) {
        const uint8_t marked[2] = { 0x80, types[i] | 0x80 };
        assert_int_equal(tacet_demux(marked, sizeof(marked)), TACET_PACKET_RTP);
    }
}

static void less_than_two_bytes_is_unknown(void **state)
{
    const uint8_t packet[1] = { TACET_PACKET_INIT };

    (void)state;
    assert_int_equal(tacet_demux(packet, 0), TACET_PACKET_UNKNOWN);
    assert_int_equal(tacet_demux(packet, 1), TACET_PACKET_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_first_byte_is_what_the_table_says),
        cmocka_unit_test(the_second_byte_tells_rtcp_from_rtp),
        cmocka_unit_test(less_than_two_bytes_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
