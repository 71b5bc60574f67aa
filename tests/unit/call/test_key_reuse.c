/*
 * Group 11 of protocol.md section 10: a detector at the two places where packets are sealed. A
 * million of them, through rekeys, a caller that roams, mute, calls that end and begin again: no
 * (key, SSRC, index) and no (key, counter) comes twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/srtp.h"
#include "pair.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SENDS 1000000

/* What was sealed: 8 bytes of a hash each (2^20 of 2^64: by chance none twice), in an open table.
 */
#define SLOTS ((size_t)1 << 23)
static uint64_t *seen;
static uint64_t count_of[3]; /* RTP, RTCP, CTRL */
static uint64_t doubles;
static uint8_t fake_counter; /* set: the detector is shown one twice */

enum space { SPACE_RTP, SPACE_RTCP, SPACE_CTRL };

static void note(enum space space, const uint8_t key[32], uint32_t ssrc, uint64_t index)
{
    uint8_t data[16];
    uint64_t hash;
    struct tacet_writer w = tacet_writer(data, sizeof(data));

    tacet_write_u32(&w, (uint32_t)space);
    tacet_write_u32(&w, ssrc);
    tacet_write_u64(&w, index);
    (void)crypto_shorthash((uint8_t *)&hash, data, sizeof(data), key);
    hash ^= hash == 0;
    count_of[space]++;
    for (size_t at = hash % SLOTS;; at = (at + 1) % SLOTS) {
        if (seen[at] == 0) {
            seen[at] = hash;
            return;
        }
        if (seen[at] == hash) {
            doubles++;
            return;
        }
    }
}

/* --- the seal points --- */

/* The key of each session alive, as a digest. */
static struct {
    const struct tacet_srtp *srtp;
    uint8_t send[32];
    uint64_t rtcp_index;
} sessions[16];

static size_t session_of(const struct tacet_srtp *srtp)
{
    for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
        if (sessions[i].srtp == srtp) {
            return i;
        }
    }
    fail_msg("a session that was never made");
    return 0;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret);
int __wrap_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret);
void __real_tacet_srtp_free(struct tacet_srtp **srtp);
void __wrap_tacet_srtp_free(struct tacet_srtp **srtp);
int __real_tacet_srtp_protect(struct tacet_srtp *srtp, uint64_t index, uint8_t *packet,
                              size_t *size, size_t capacity);
int __wrap_tacet_srtp_protect(struct tacet_srtp *srtp, uint64_t index, uint8_t *packet,
                              size_t *size, size_t capacity);
int __real_tacet_srtp_protect_rtcp(struct tacet_srtp *srtp, uint8_t *packet, size_t *size,
                                   size_t capacity);
int __wrap_tacet_srtp_protect_rtcp(struct tacet_srtp *srtp, uint8_t *packet, size_t *size,
                                   size_t capacity);
int __real_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *c, unsigned long long *clen, const unsigned char *m, unsigned long long mlen,
    const unsigned char *ad, unsigned long long adlen, const unsigned char *nsec,
    const unsigned char *npub, const unsigned char *k);
int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *c, unsigned long long *clen, const unsigned char *m, unsigned long long mlen,
    const unsigned char *ad, unsigned long long adlen, const unsigned char *nsec,
    const unsigned char *npub, const unsigned char *k);

int __wrap_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret)
{
    int result =
        __real_tacet_srtp_create(profile, epoch, send_key, send_ssrcs, recv_key, recv_ssrcs, ret);

    if (result == 0) {
        size_t i = session_of(NULL);
        sessions[i].srtp = *ret;
        sessions[i].rtcp_index = 0;
        /* By the key only, not by the object: the same key in two sessions is the same key. */
        (void)crypto_generichash(sessions[i].send, 32, send_key, 44, NULL, 0);
    }
    return result;
}

void __wrap_tacet_srtp_free(struct tacet_srtp **srtp)
{
    if (srtp != NULL && *srtp != NULL) {
        sessions[session_of(*srtp)].srtp = NULL;
    }
    __real_tacet_srtp_free(srtp);
}

int __wrap_tacet_srtp_protect(struct tacet_srtp *srtp, uint64_t index, uint8_t *packet,
                              size_t *size, size_t capacity)
{
    struct tacet_reader r = tacet_reader(packet, *size);

    tacet_read_skip(&r, 8);
    uint32_t ssrc = tacet_read_u32(&r);
    int result = __real_tacet_srtp_protect(srtp, index, packet, size, capacity);
    if (result == 0) {
        note(SPACE_RTP, sessions[session_of(srtp)].send, ssrc, index);
    }
    return result;
}

int __wrap_tacet_srtp_protect_rtcp(struct tacet_srtp *srtp, uint8_t *packet, size_t *size,
                                   size_t capacity)
{
    struct tacet_reader r = tacet_reader(packet, *size);

    tacet_read_skip(&r, 4);
    uint32_t ssrc = tacet_read_u32(&r);
    int result = __real_tacet_srtp_protect_rtcp(srtp, packet, size, capacity);
    if (result == 0) {
        note(SPACE_RTCP, sessions[session_of(srtp)].send, ssrc,
             tacet_srtp_rtcp_index(TACET_PROFILE_AEAD_AES_256_GCM, packet, *size));
    }
    return result;
}

int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *c, unsigned long long *clen, const unsigned char *m, unsigned long long mlen,
    const unsigned char *ad, unsigned long long adlen, const unsigned char *nsec,
    const unsigned char *npub, const unsigned char *k)
{
    uint64_t counter;

    memcpy(&counter, npub + 4, sizeof(counter));
    note(SPACE_CTRL, k, 0, fake_counter != 0 ? 0 : counter);
    return __real_crypto_aead_chacha20poly1305_ietf_encrypt(c, clen, m, mlen, ad, adlen, nsec, npub,
                                                            k);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* --- the traffic --- */

static void edit_rekey(int party, struct tacet_call_config *config)
{
    (void)party;
    config->rekey_interval_us = TACET_S(10);
}

static uint64_t sends(void)
{
    return count_of[SPACE_RTP] + count_of[SPACE_RTCP] + count_of[SPACE_CTRL];
}

/* 100 ms of sound and large pictures both ways; a part of what is sent gets lost, so that messages
 * are sent again. */
static void talk(struct pair *p, uint32_t tick)
{
    static uint8_t data[40000];

    for (int party = 0; party < 2; party++) {
        struct tacet_frame frame = {
            .kind = TACET_KIND_AUDIO, .captured_at_us = p->now, .data = data, .size = 80
        };
        p->blocked[party] = tick % 16 == 3;
        assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
        frame.kind = TACET_KIND_VIDEO;
        frame.key = tick % 16 == 4;
        frame.size = sizeof(data);
        assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
        if (tick % 32 == 3) {
            assert_int_equal(
                tacet_call_set_muted(p->call[party], p->now, TACET_KIND_AUDIO, tick % 64 == 3), 0);
        }
        p->event_count[party] = 0;
    }
    pair_run(p, TACET_MS(100));
}

static void no_key_seals_two_packets_alike(void **state)
{
    struct pair p;
    uint32_t roams = 0;
    uint32_t epochs = 0;
    uint32_t calls = 0;

    (void)state;
    seen = calloc(SLOTS, sizeof(*seen));
    assert_non_null(seen);
    pair_create(&p, 61, edit_rekey);
    while (sends() < SENDS) {
        pair_connect(&p);
        calls++;
        for (uint32_t tick = 0; tick < 1500 && sends() < SENDS; tick++) {
            if (tick % 300 == 150) {
                p.path[CALLER].address.port++;
                roams++;
            }
            talk(&p, tick);
        }
        p.blocked[CALLER] = p.blocked[CALLEE] = false;
        assert_int_equal(pair_peer(&p, CALLER)->state, TACET_PEER_CONNECTED);
        epochs += pair_peer(&p, CALLER)->rekey.epoch;
        tacet_call_hangup(p.call[calls % 2], p.now);
        pair_run(&p, TACET_S(3));
    }
    print_message("%llu RTP, %llu RTCP, %llu sealed by ChaCha20-Poly1305; %u calls, %u epochs, %u "
                  "roams\n",
                  (unsigned long long)count_of[SPACE_RTP], (unsigned long long)count_of[SPACE_RTCP],
                  (unsigned long long)count_of[SPACE_CTRL], calls, epochs, roams);
    assert_int_equal(doubles, 0);
    assert_true(calls >= 2);
    assert_true(roams >= 2);
    assert_true(epochs >= 10);
    assert_true(count_of[SPACE_CTRL] > 1000);
    assert_true(count_of[SPACE_RTCP] > 100);
    /* The detector does detect. */
    fake_counter = 1;
    pair_connect(&p);
    assert_true(doubles > 0);
    pair_free(&p);
    free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_seals_two_packets_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
