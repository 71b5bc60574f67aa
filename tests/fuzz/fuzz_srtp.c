/*
 * SRTP: a protected packet with bytes of the input laid over it. Nothing but the genuine packet may
 * get through, and it must do so after every forgery.
 *
 *      byte 0  bit 0: RTCP; bits 1-2: profile; bit 3: cut, else extended
 *      byte 1  where the rest is laid over the packet
 *      byte 2  by how much it is cut or extended
 */
#include "crypto/srtp.h"
#include "tacet/call.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 120

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct session {
    struct tacet_srtp *send;
    struct tacet_srtp *recv;
};

static struct session begin(uint16_t profile)
{
    static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
    uint8_t keys[2][TACET_SRTP_KEY_SIZE_MAX];
    struct session s = { 0 };

    memset(keys[0], 1, sizeof(keys[0]));
    memset(keys[1], 2, sizeof(keys[1]));
    if (tacet_srtp_init() != 0 ||
        tacet_srtp_create(profile, 1, keys[0], ssrcs[0], keys[1], ssrcs[1], &s.send) != 0 ||
        tacet_srtp_create(profile, 1, keys[1], ssrcs[1], keys[0], ssrcs[0], &s.recv) != 0) {
        abort();
    }
    return s;
}

static enum tacet_drop receive(struct session *s, bool rtcp, struct tacet_srtp_indexes *indexes,
                               uint8_t *packet, size_t *size)
{
    uint64_t index = 0;

    return rtcp ? tacet_srtp_unprotect_rtcp(s->recv, packet, size)
                : tacet_srtp_unprotect(s->recv, indexes, packet, size, &index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t profiles[4] = { TACET_PROFILE_AEAD_AES_256_GCM,
                                          TACET_PROFILE_AEAD_AES_128_GCM,
                                          TACET_PROFILE_AES_CM_128_HMAC_SHA1_80,
                                          TACET_PROFILE_AEAD_AES_256_GCM };
    _Alignas(8) uint8_t genuine[600] = { 0x80, 111, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 'x' };
    _Alignas(8) uint8_t packet[600];
    struct tacet_srtp_indexes indexes = { 0 };
    struct tacet_srtp_indexes none = { 0 };
    size_t genuine_size = SIZE;

    if (size < 3) {
        return 0;
    }
    bool rtcp = (data[0] & 1) != 0;
    struct session s = begin(profiles[data[0] >> 1 & 3]);
    if (rtcp) {
        genuine[1] = 201;
        genuine[3] = SIZE / 4 - 1;
    }
    if ((rtcp ? tacet_srtp_protect_rtcp(s.send, genuine, &genuine_size, sizeof(genuine))
              : tacet_srtp_protect(s.send, 9, genuine, &genuine_size, sizeof(genuine))) != 0) {
        abort();
    }
    memcpy(packet, genuine, sizeof(packet));
    size_t packet_size = genuine_size + data[2];
    if ((data[0] & 8) != 0) {
        packet_size = genuine_size > data[2] ? genuine_size - data[2] : 0;
    }
    size_t room = sizeof(packet) - data[1];
    memcpy(packet + data[1], data + 3, size - 3 < room ? size - 3 : room);

    bool same = packet_size == genuine_size && memcmp(packet, genuine, packet_size) == 0;
    /* In memory of its exact size, so that a read past it is seen. */
    uint8_t *exact = malloc(packet_size + 1);
    if (exact == NULL) {
        abort();
    }
    memcpy(exact, packet, packet_size);
    enum tacet_drop drop = receive(&s, rtcp, &indexes, exact, &packet_size);
    free(exact);
    if ((drop == TACET_DROP_NONE) != same ||
        (!same && memcmp(&indexes, &none, sizeof(none)) != 0)) {
        abort();
    }
    if (receive(&s, rtcp, &indexes, genuine, &genuine_size) !=
        (same ? TACET_DROP_REPLAY : TACET_DROP_NONE)) {
        abort();
    }
    tacet_srtp_free(&s.send);
    tacet_srtp_free(&s.recv);
    return 0;
}
