/*
 * SRTP's rollover counter in the face of loss, forgery and new epochs (protocol.md section 10,
 * group 10).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/rng.h"
#include "srtp_sides.h"
#include "tacet/call.h"

/* A packet that looks right but was made by someone without the key. */
static struct side_packet forge(struct side_packet genuine, uint16_t seq)
{
    genuine.data[2] = (uint8_t)(seq >> 8);
    genuine.data[3] = (uint8_t)seq;
    return genuine;
}

static void forged_packet_far_ahead_does_not_shut_out_the_genuine_one(void **state)
{
    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        struct tacet_srtp *a = side_create(side_profiles[i].profile, 1, false);
        struct tacet_srtp *b = side_create(side_profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };
        uint64_t index = 0;

        /* Before any packet, in the first round, and over a wrap into the next epochs. */
        static const uint64_t starts[] = { 20, 65000, 65536 + 3, 7 * 65536 + 40000 };
        for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
            struct side_packet genuine =
                side_protect(a, starts[s]); /* AUTH, or REPLAY if below the window */
            for (uint32_t ahead = 1; ahead < 65536; ahead += 4093) {
                assert_int_not_equal(side_unprotect(b, &indexes,
                                                    forge(genuine, (uint16_t)(starts[s] + ahead)),
                                                    &index),
                                     TACET_DROP_NONE);
            }
            side_expect(b, &indexes, genuine, starts[s]);
            side_expect(b, &indexes, side_protect(a, starts[s] + 1), starts[s] + 1);
            /* A new epoch, in which the first thing to come is a forgery again. */
            tacet_srtp_free(&a);
            tacet_srtp_free(&b);
            a = side_create(side_profiles[i].profile, 2 + (uint32_t)s, false);
            b = side_create(side_profiles[i].profile, 2 + (uint32_t)s, true);
            genuine = side_protect(a, starts[s] + 2);
            assert_int_not_equal(
                side_unprotect(b, &indexes, forge(genuine, (uint16_t)(starts[s] + 33000)), &index),
                TACET_DROP_NONE);
            side_expect(b, &indexes, genuine, starts[s] + 2);
            if (s + 1 < sizeof(starts) / sizeof(starts[0])) {
                /* On to the next start, in steps that a receiver can follow. */
                for (uint64_t at = starts[s] + 30000; at < starts[s + 1]; at += 30000) {
                    side_expect(b, &indexes, side_protect(a, at), at);
                }
            }
        }
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
    }
}

static void wrap_survives_loss_before_at_and_after_it(void **state)
{
    static const struct {
        uint64_t came[6]; /* 0 ends */
    } rows[] = {
        { { 65534, 65535, 65536, 65537 } },
        { { 65000, 65536, 65537 } },        /* lost before */
        { { 65534, 65538, 65539 } },        /* lost at */
        { { 65535, 65536, 65900, 65901 } }, /* lost after */
        { { 40000, 70000, 71000 } },        /* lost around */
        { { 65534, 65537, 65535, 65536 } }, /* reordered over it */
        { { 65530, 65540, 65531, 65541 } },
        { { 33000, 65500, 66500, 65535, 98000 } },
        { { 131071, 131072, 131070, 196607 - 40000, 196610 - 20000 } },
    };

    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
            /* With a new epoch before none and before each of the packets. */
            for (size_t change = 0; change < 6; change++) {
                struct tacet_srtp *a = side_create(side_profiles[i].profile, 1, false);
                struct tacet_srtp *b = side_create(side_profiles[i].profile, 1, true);
                struct tacet_srtp_indexes indexes = { 0 };
                side_expect(b, &indexes, side_protect(a, 20000), 20000);
                for (uint64_t at = 45000; at < rows[row].came[0]; at += 25000) {
                    side_expect(b, &indexes, side_protect(a, at), at);
                }
                for (size_t n = 0; n < 6 && rows[row].came[n] != 0; n++) {
                    if (n + 1 == change) {
                        tacet_srtp_free(&a);
                        tacet_srtp_free(&b);
                        a = side_create(side_profiles[i].profile, 2, false);
                        b = side_create(side_profiles[i].profile, 2, true);
                    }
                    side_expect(b, &indexes, side_protect(a, rows[row].came[n]), rows[row].came[n]);
                }
                tacet_srtp_free(&a);
                tacet_srtp_free(&b);
            }
        }
    }
}

/* A random life: losses of up to 20,000 packets, stragglers out of both epochs, forgeries ahead of
 * everything; whatever the window still holds must come through under its true index. */
static void random_life_keeps_every_index(void **state)
{
    struct tacet_rng rng;
    struct tacet_srtp *a = side_create(TACET_PROFILE_AEAD_AES_128_GCM, 1, false);
    struct tacet_srtp *b[2] = { NULL, side_create(TACET_PROFILE_AEAD_AES_128_GCM, 1, true) };
    struct tacet_srtp_indexes indexes = { 0 };
    uint64_t at = 30000;
    uint32_t epoch = 1;

    tacet_rng_seed(&rng, 4711, 0);
    for (int step = 0; step < 3000; step++) {
        struct side_packet late = side_protect(a, at);
        size_t of = 1;
        if (tacet_rng_permille(&rng, 100)) { /* `late` becomes one of the old epoch */
            tacet_srtp_free(&a);
            tacet_srtp_free(&b[0]);
            b[0] = b[1];
            epoch++;
            a = side_create(TACET_PROFILE_AEAD_AES_128_GCM, epoch, false);
            b[1] = side_create(TACET_PROFILE_AEAD_AES_128_GCM, epoch, true);
            of = 0;
        }
        uint64_t next = at + 1 + tacet_rng_below(&rng, tacet_rng_permille(&rng, 50) ? 20000 : 500);
        struct side_packet p = side_protect(a, next);
        for (int n = 0; n < 3; n++) {
            uint64_t index = 0;
            struct side_packet forged = forge(p, (uint16_t)tacet_rng_next(&rng));
            forged.data[40] ^= 1;
            assert_int_not_equal(side_unprotect(b[1], &indexes, forged, &index), TACET_DROP_NONE);
        }
        side_expect(b[1], &indexes, p, next);
        if (next - at < 1000) {
            side_expect(b[of], &indexes, late, at);
        }
        assert_int_equal(indexes.of[0].highest, next);
        at = next + 1;
    }
    assert_true(at > 10 * 65536);
    tacet_srtp_free(&a);
    tacet_srtp_free(&b[0]);
    tacet_srtp_free(&b[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_packet_far_ahead_does_not_shut_out_the_genuine_one),
        cmocka_unit_test(wrap_survives_loss_before_at_and_after_it),
        cmocka_unit_test(random_life_keeps_every_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
