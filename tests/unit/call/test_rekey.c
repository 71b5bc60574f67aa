/* The chain of epochs: two sides step together, and every wrong step is refused. */
#include "call/rekey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "sim/rng.h"
#include "tacet/api.h"
#include "tacet/call.h"

struct side {
    struct tacet_rekey rekey;
    struct tacet_control control;
};

static struct side sides[2]; /* [0] the initiator */
static struct tacet_rng rng;
static struct tacet_random chance;

static int begin(void **state)
{
    uint8_t exporter[64];
    uint8_t h[64];

    (void)state;
    tacet_rng_seed(&rng, 31, 0);
    chance = tacet_rng_random(&rng);
    memset(exporter, 1, sizeof(exporter));
    memset(h, 2, sizeof(h));
    for (int i = 0; i < 2; i++) {
        tacet_control_init(&sides[i].control, 7);
        tacet_rekey_init(&sides[i].rekey, &tacet_kem_xwing, i == 0, TACET_PROFILE_AEAD_AES_256_GCM,
                         exporter, h, &sides[i].control);
    }
    return tacet_init();
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        tacet_rekey_wipe(&sides[i].rekey);
        tacet_control_wipe(&sides[i].control);
    }
    return 0;
}

static void step(void)
{
    uint8_t rekey1[TACET_KEM_PUBLIC_MAX];
    uint8_t rekey2[TACET_KEM_CIPHER_MAX];
    size_t size2 = 0;
    size_t size1 = tacet_rekey_begin(&sides[0].rekey, &chance, rekey1);

    assert_int_equal(tacet_rekey_answer(&sides[1].rekey, &chance, &sides[1].control, rekey1, size1,
                                        rekey2, &size2),
                     0);
    assert_int_equal(tacet_rekey_finish(&sides[0].rekey, &sides[0].control, rekey2, size2), 0);
}

static void confirm(void)
{
    for (int i = 0; i < 2; i++) {
        uint32_t epoch = sides[i].rekey.epoch;
        assert_true(tacet_rekey_on_packet(&sides[i].rekey, &sides[i].control, epoch));
        assert_false(tacet_rekey_on_packet(&sides[i].rekey, &sides[i].control, epoch));
    }
}

/* A packet of each side, through SRTP of its sending epoch, is read by the other. */
static void assert_media_passes(void)
{
    for (int i = 0; i < 2; i++) {
        struct tacet_rekey *from = &sides[i].rekey;
        struct tacet_rekey *to = &sides[1 - i].rekey;
        uint32_t ssrc = from->ssrcs.of[tacet_rekey_direction(from, true)][TACET_SSRC_AUDIO];
        static uint64_t index;
        _Alignas(8) uint8_t packet[256] = { 0x80, 111 };
        size_t size = 20;
        uint64_t got;
        uint8_t mki;

        index++;
        packet[2] = (uint8_t)(index >> 8);
        packet[3] = (uint8_t)index;
        for (int b = 0; b < 4; b++) {
            packet[8 + b] = (uint8_t)(ssrc >> (24 - 8 * b));
        }
        assert_int_equal(
            tacet_srtp_protect(tacet_rekey_sender(from), index, packet, &size, sizeof(packet)), 0);
        assert_true(tacet_srtp_mki(from->profile, false, packet, size, &mki));
        struct tacet_srtp *srtp = tacet_rekey_receiver(to, mki);
        assert_non_null(srtp);
        assert_int_equal(tacet_srtp_unprotect(srtp, &to->indexes, packet, &size, &got),
                         TACET_DROP_NONE);
        assert_int_equal(got, index);
    }
}

static void epoch_0_carries_no_media(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_null(tacet_rekey_sender(&sides[i].rekey));
        for (unsigned mki = 0; mki < 256; mki++) {
            assert_null(tacet_rekey_receiver(&sides[i].rekey, (uint8_t)mki));
        }
    }
}

static void both_sides_step_through_300_epochs(void **state)
{
    (void)state;
    for (uint32_t epoch = 1; epoch <= 300; epoch++) { /* the MKI wraps at 256 */
        step();
        assert_int_equal(sides[0].rekey.epoch, epoch);
        assert_int_equal(sides[1].rekey.epoch, epoch);
        assert_memory_equal(sides[0].rekey.e, sides[1].rekey.e, 64);
        confirm();
        assert_media_passes();
        for (int i = 0; i < 2; i++) {
            tacet_rekey_drop_old(&sides[i].rekey, &sides[i].control);
            assert_null(tacet_rekey_receiver(&sides[i].rekey, (uint8_t)(epoch - 1)));
        }
    }
}

static void responder_sends_in_the_new_epoch_only_when_it_is_confirmed(void **state)
{
    (void)state;
    step();
    assert_non_null(tacet_rekey_sender(&sides[0].rekey));
    assert_null(tacet_rekey_sender(&sides[1].rekey));
    assert_non_null(tacet_rekey_receiver(&sides[1].rekey, 1));
    assert_false(tacet_rekey_on_packet(&sides[1].rekey, &sides[1].control, 0));
    assert_null(tacet_rekey_sender(&sides[1].rekey));
    confirm();
    assert_non_null(tacet_rekey_sender(&sides[1].rekey));
}

static void next_step_waits_for_the_confirmation(void **state)
{
    uint8_t body[TACET_KEM_PUBLIC_MAX] = { 9 };
    uint8_t out[TACET_KEM_CIPHER_MAX];
    size_t size;

    (void)state;
    step();
    assert_int_equal(tacet_rekey_answer(&sides[1].rekey, &chance, &sides[1].control, body,
                                        sizeof(body), out, &size),
                     TACET_ERR_STATE);
    assert_int_equal(sides[1].rekey.epoch, 1);
}

static void wrong_bodies_are_refused_and_change_nothing(void **state)
{
    uint8_t rekey1[TACET_KEM_PUBLIC_MAX];
    uint8_t rekey2[TACET_KEM_CIPHER_MAX];
    uint8_t zero[TACET_KEM_PUBLIC_MAX] = { 0 };
    uint8_t before[2][64];
    size_t size2 = 0;

    (void)state;
    size_t size1 = tacet_rekey_begin(&sides[0].rekey, &chance, rekey1);
    for (int i = 0; i < 2; i++) {
        memcpy(before[i], sides[i].rekey.e, 64);
    }
    assert_int_equal(tacet_rekey_answer(&sides[1].rekey, &chance, &sides[1].control, rekey1,
                                        size1 - 1, rekey2, &size2),
                     TACET_ERR_FORMAT);
    assert_int_equal(tacet_rekey_answer(&sides[1].rekey, &chance, &sides[1].control, zero, size1,
                                        rekey2, &size2),
                     TACET_ERR_CRYPTO);
    assert_int_equal(tacet_rekey_finish(&sides[0].rekey, &sides[0].control, zero, 1119),
                     TACET_ERR_FORMAT);
    assert_int_equal(tacet_rekey_finish(&sides[0].rekey, &sides[0].control, zero, 1120),
                     TACET_ERR_CRYPTO);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sides[i].rekey.epoch, 0);
        assert_memory_equal(sides[i].rekey.e, before[i], 64);
    }
    /* The genuine ones afterwards still work. */
    assert_int_equal(tacet_rekey_answer(&sides[1].rekey, &chance, &sides[1].control, rekey1, size1,
                                        rekey2, &size2),
                     0);
    assert_int_equal(tacet_rekey_finish(&sides[0].rekey, &sides[0].control, rekey2, size2), 0);
    assert_memory_equal(sides[0].rekey.e, sides[1].rekey.e, 64);
    /* And no second REKEY2. */
    assert_int_equal(tacet_rekey_finish(&sides[0].rekey, &sides[0].control, rekey2, size2),
                     TACET_ERR_STATE);
}

static void wipe_leaves_nothing(void **state)
{
    (void)state;
    step();
    tacet_rekey_wipe(&sides[0].rekey);
    assert_true(sodium_is_zero((const uint8_t *)&sides[0].rekey, sizeof(sides[0].rekey)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(epoch_0_carries_no_media, begin, end),
        cmocka_unit_test_setup_teardown(both_sides_step_through_300_epochs, begin, end),
        cmocka_unit_test_setup_teardown(responder_sends_in_the_new_epoch_only_when_it_is_confirmed,
                                        begin, end),
        cmocka_unit_test_setup_teardown(next_step_waits_for_the_confirmation, begin, end),
        cmocka_unit_test_setup_teardown(wrong_bodies_are_refused_and_change_nothing, begin, end),
        cmocka_unit_test_setup_teardown(wipe_leaves_nothing, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
