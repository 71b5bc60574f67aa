/* Durations of Opus packets, against RFC 6716 section 3.1 and 3.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/payload_opus.h"
#include "tacet/error.h"

static void duration_is_that_of_the_toc(void **state)
{
    /* RFC 6716 table 2, all 32 configurations, one frame. */
    static const int samples[32] = { 480,  960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920,
                                     2880, 480, 960,  480,  960, 120, 240,  480,  960, 120, 240,
                                     480,  960, 120,  240,  480, 960, 120,  240,  480, 960 };

    for (uint8_t config = 0; config < 32; config++) {
        for (uint8_t stereo = 0; stereo < 2; stereo++) {
            uint8_t packet[2] = { (uint8_t)(config << 3 | stereo << 2), 0 };
            assert_int_equal(tacet_opus_samples(packet, 1), samples[config]);
            packet[0] |= 1;
            assert_int_equal(tacet_opus_samples(packet, 1), 2 * samples[config]);
            packet[0] ^= 3;
            assert_int_equal(tacet_opus_samples(packet, 1), 2 * samples[config]);
            packet[0] |= 3;
            for (uint8_t frames = 0; frames < 64; frames++) {
                int sum = frames * samples[config];
                packet[1] = 0xc0 | frames; /* VBR and padding bits do not matter */
                assert_int_equal(tacet_opus_samples(packet, 2),
                                 frames == 0 || sum > 5760 ? TACET_ERR_FORMAT : sum);
            }
            assert_int_equal(tacet_opus_samples(packet, 1), TACET_ERR_FORMAT);
        }
    }
    assert_int_equal(tacet_opus_samples(NULL, 0), TACET_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duration_is_that_of_the_toc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
