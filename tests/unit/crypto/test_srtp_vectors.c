/*
 * SRTP against its RFCs. Their vectors give session keys or one step of the way; our interface
 * takes master keys. So a second, plain implementation stands between: it is held to the vectors,
 * and ours to it, for every profile, RTP and RTCP, several rollover counters and sizes.
 *
 * AES and HMAC-SHA1 are those of NSS, which libsrtp is likely to use as well: what is checked is
 * the construction, not the cipher. Without NSS the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/srtp.h"
#include "hex.h"
#include "tacet/call.h"

#include <string.h>

#if TACET_NSS
#include <pk11pub.h>

#define GCM_TAG 16
#define CM_TAG 10
#define MKI 0x07

struct secret {
    uint8_t bytes[94];
    size_t size;
};

static struct secret secret_of(const char *hex)
{
    struct secret s;

    s.size = from_hex(hex, s.bytes, sizeof(s.bytes));
    return s;
}

/* One shot of a cipher or mac of NSS; returns the size of the outcome. */
static size_t run(CK_MECHANISM_TYPE what, CK_ATTRIBUTE_TYPE how, SECItem *parameter,
                  const struct secret *key, const uint8_t *in, size_t size, uint8_t *out,
                  size_t capacity)
{
    SECItem item = { .data = (unsigned char *)(uintptr_t)key->bytes, .len = (unsigned)key->size };
    PK11SlotInfo *slot = PK11_GetInternalSlot();
    unsigned done = 0;

    assert_non_null(slot);
    PK11SymKey *symmetric = PK11_ImportSymKey(slot, what, PK11_OriginUnwrap, how, &item, NULL);
    assert_non_null(symmetric);
    if (how == CKA_SIGN) {
        PK11Context *context = PK11_CreateContextBySymKey(what, how, symmetric, parameter);
        assert_non_null(context);
        assert_int_equal(PK11_DigestBegin(context), SECSuccess);
        assert_int_equal(PK11_DigestOp(context, in, (unsigned)size), SECSuccess);
        assert_int_equal(PK11_DigestFinal(context, out, &done, (unsigned)capacity), SECSuccess);
        PK11_DestroyContext(context, PR_TRUE);
    } else {
        assert_int_equal(PK11_Encrypt(symmetric, what, parameter, out, &done, (unsigned)capacity,
                                      in, (unsigned)size),
                         SECSuccess);
    }
    PK11_FreeSymKey(symmetric);
    PK11_FreeSlot(slot);
    return done;
}

/* RFC 3711 section 4.1.1: XOR with the key stream that begins at `counter`, a block at a time. */
static void aes_cm(const struct secret *key, const uint8_t counter[16], uint8_t *data, size_t size)
{
    uint8_t block[16];
    uint8_t stream[32];

    memcpy(block, counter, sizeof(block));
    for (size_t at = 0; at < size; at++) {
        if (at % 16 == 0) {
            (void)run(CKM_AES_ECB, CKA_ENCRYPT, NULL, key, block, 16, stream, sizeof(stream));
            block[15] = (uint8_t)(block[15] + 1);
            block[14] = (uint8_t)(block[14] + (block[15] == 0));
        }
        data[at] ^= stream[at % 16];
    }
}

/* RFC 3711 section 4.3.1 with key derivation rate 0; RFC 7714 section 11 puts two zero bytes behind
 * the salt of an AEAD. */
static struct secret derive(const struct secret *master, const struct secret *salt, uint8_t label,
                            size_t size)
{
    struct secret derived = { .size = size };
    uint8_t counter[16] = { 0 };

    memcpy(counter, salt->bytes, salt->size);
    counter[7] ^= label;
    aes_cm(master, counter, derived.bytes, size);
    return derived;
}

/* RFC 7714 section 8.1 and 9.1: both vectors of it are SSRC, a number of six bytes, and the salt.
 */
static size_t aes_gcm(const struct secret *key, const struct secret *salt, uint32_t ssrc,
                      uint64_t number, const uint8_t *aad, size_t aad_size, const uint8_t *plain,
                      size_t size, uint8_t *out)
{
    uint8_t iv[12];
    struct tacet_writer w = tacet_writer(iv, sizeof(iv));

    tacet_write_u16(&w, 0);
    tacet_write_u32(&w, ssrc);
    tacet_write_u16(&w, (uint16_t)(number >> 32));
    tacet_write_u32(&w, (uint32_t)number);
    for (size_t i = 0; i < sizeof(iv); i++) {
        iv[i] ^= salt->bytes[i];
    }
    CK_GCM_PARAMS parameters = { .pIv = iv,
                                 .ulIvLen = sizeof(iv),
                                 .ulIvBits = 8 * sizeof(iv),
                                 .pAAD = (unsigned char *)(uintptr_t)aad,
                                 .ulAADLen = aad_size,
                                 .ulTagBits = 8 * GCM_TAG };
    SECItem item = { .data = (unsigned char *)&parameters, .len = sizeof(parameters) };
    return run(CKM_AES_GCM, CKA_ENCRYPT, &item, key, plain, size, out, size + GCM_TAG);
}

/* SRTP under session keys, RFC 7714 section 8: `out` is header, cipher text and tag. */
static size_t gcm_rtp(const struct secret *key, const struct secret *salt, uint64_t index,
                      const uint8_t *packet, size_t size, uint8_t *out)
{
    struct tacet_reader r = tacet_reader(packet + 8, 4);

    memcpy(out, packet, 12);
    /* Its number is rollover counter and sequence number: the index. */
    return 12 + aes_gcm(key, salt, tacet_read_u32(&r), index, packet, 12, packet + 12, size - 12,
                        out + 12);
}

/* RFC 7714 section 9: the E bit and the index are authenticated and stand behind the tag. */
static size_t gcm_rtcp(const struct secret *key, const struct secret *salt, uint32_t index,
                       const uint8_t *packet, size_t size, uint8_t *out)
{
    struct tacet_reader r = tacet_reader(packet + 4, 4);
    uint8_t aad[12];
    struct tacet_writer w = tacet_writer(aad, sizeof(aad));

    tacet_write_bytes(&w, packet, 8);
    tacet_write_u32(&w, UINT32_C(0x80000000) | index);
    memcpy(out, packet, 8);
    size_t done = 8 + aes_gcm(key, salt, tacet_read_u32(&r), index, aad, sizeof(aad), packet + 8,
                              size - 8, out + 8);
    memcpy(out + done, aad + 8, 4);
    return done + 4;
}

/* RFC 3711 section 4.1.1 for either kind: cipher text behind `head` bytes, no tag yet. */
static void cm(const struct secret *key, const struct secret *salt, uint32_t ssrc, uint64_t index,
               uint8_t *packet, size_t head, size_t size)
{
    uint8_t iv[16] = { 0 };
    uint8_t numbers[16] = { 0 };
    struct tacet_writer w = tacet_writer(numbers + 4, 10);

    tacet_write_u32(&w, ssrc);
    tacet_write_u16(&w, (uint16_t)(index >> 32));
    tacet_write_u32(&w, (uint32_t)index);
    memcpy(iv, salt->bytes, 14);
    for (size_t i = 0; i < sizeof(iv); i++) {
        iv[i] ^= numbers[i];
    }
    aes_cm(key, iv, packet + head, size - head);
}

/* RFC 3711 section 4.2.1, cut to 80 bits. */
static void cm_tag(const struct secret *key, const uint8_t *data, size_t size, uint8_t out[CM_TAG])
{
    SECItem none = { 0 };
    uint8_t digest[20];

    assert_int_equal(run(CKM_SHA_1_HMAC, CKA_SIGN, &none, key, data, size, digest, 20), 20);
    memcpy(out, digest, CM_TAG);
}

static void session_vectors_of_rfc_7714_hold(void **state)
{
    /* Sections 16.1.1, 16.2.1, 17.1, 17.2. */
    static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    static const char salt[] = "517569642070726f2071756f";
    static const char rtp[] = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669"
                              "736120696e207061727465732074726573";
    static const char rtcp[] = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"
                               "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
    static const struct {
        bool rtcp;
        size_t key_size;
        const char *expected;
    } rows[] = {
        { false, 16,
          "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7"
          "d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce" },
        { false, 32,
          "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ff"
          "ae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13" },
        { true, 16,
          "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce0"
          "9b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4" },
        { true, 32,
          "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415"
          "f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct secret k = secret_of(key);
        struct secret s = secret_of(salt);
        uint8_t packet[64];
        uint8_t out[128];
        uint8_t expected[128];
        k.size = rows[i].key_size;
        size_t size = from_hex(rows[i].rtcp ? rtcp : rtp, packet, sizeof(packet));
        size_t done = rows[i].rtcp ? gcm_rtcp(&k, &s, 1492, packet, size, out)
                                   : gcm_rtp(&k, &s, 0xf17b, packet, size, out);
        assert_int_equal(done, from_hex(rows[i].expected, expected, sizeof(expected)));
        assert_memory_equal(out, expected, done);
    }
}

static void vectors_of_rfc_3711_hold(void **state)
{
    /* Appendix B.2: the ends of its key stream. */
    static const struct {
        const char *counter;
        const char *stream;
    } rows[] = {
        { "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
          "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
          "41e95b3bb0a2e8dd477901e4fca894c0" },
        { "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
          "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
          "6a2cc3787889374fbeb4c81b17ba6c44" },
    };
    struct secret key = secret_of("2b7e151628aed2a6abf7158809cf4f3c");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t counter[16];
        uint8_t expected[48];
        uint8_t stream[48] = { 0 };
        (void)from_hex(rows[i].counter, counter, sizeof(counter));
        assert_int_equal(from_hex(rows[i].stream, expected, sizeof(expected)), 48);
        aes_cm(&key, counter, stream, sizeof(stream));
        assert_memory_equal(stream, expected, sizeof(stream));
    }
    /* Appendix B.3: the derivation, all 94 bytes of its authentication key. */
    struct secret master = secret_of("e1f97a0d3e018be0d64fa32c06de4139");
    struct secret salt = secret_of("0ec675ad498afeebb6960b3aabe6");
    static const char *derived[3] = {
        "c61e7a93744f39ee10734afe3ff7a087",
        "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578e"
        "f72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f"
        "34db60dbdfb2",
        "30cbbc08863d8c85d49db34a9ae1",
    };
    for (uint8_t label = 0; label < 3; label++) {
        struct secret expected = secret_of(derived[label]);
        struct secret got = derive(&master, &salt, label, expected.size);
        assert_memory_equal(got.bytes, expected.bytes, expected.size);
    }
}

/* What our interface should make of a packet; the labels are those of RFC 3711 section 4.3.2. */
static size_t expected_packet(uint16_t profile, const uint8_t *master_and_salt, bool rtcp,
                              uint32_t ssrc, uint64_t index, const uint8_t *packet, size_t size,
                              uint8_t *out)
{
    uint8_t first = rtcp ? 3 : 0;
    bool is_cm = profile == TACET_PROFILE_AES_CM_128_HMAC_SHA1_80;
    struct secret master = { .size = profile == TACET_PROFILE_AEAD_AES_256_GCM ? 32 : 16 };
    struct secret salt = { .size = is_cm ? 14 : 12 };

    memcpy(master.bytes, master_and_salt, master.size);
    memcpy(salt.bytes, master_and_salt + master.size, salt.size);
    struct secret key = derive(&master, &salt, first, master.size);
    struct secret session_salt = derive(&master, &salt, (uint8_t)(first + 2), salt.size);
    if (!is_cm) {
        size = rtcp ? gcm_rtcp(&key, &session_salt, (uint32_t)index, packet, size, out)
                    : gcm_rtp(&key, &session_salt, index, packet, size, out);
        out[size] = MKI;
        return size + 1;
    }
    struct secret mac = derive(&master, &salt, (uint8_t)(first + 1), 20);
    memcpy(out, packet, size);
    cm(&key, &session_salt, ssrc, index, out, rtcp ? 8 : 12, size);
    /* Authenticated behind the packet: the SRTCP index, or the rollover counter, which is not sent
     * and so gives way to MKI and tag. */
    struct tacet_writer w = tacet_writer(out + size, 4 + 1 + CM_TAG);
    uint8_t tag[CM_TAG];
    tacet_write_u32(&w, rtcp ? UINT32_C(0x80000000) | (uint32_t)index : (uint32_t)(index >> 16));
    cm_tag(&mac, out, size + 4, tag);
    w.at = rtcp ? 4 : 0;
    tacet_write_u8(&w, MKI);
    tacet_write_bytes(&w, tag, sizeof(tag));
    return size + w.at;
}

static void ours_agrees_with_the_plain_one(void **state)
{
    static const uint16_t profiles[] = { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80,
                                         TACET_PROFILE_AEAD_AES_128_GCM,
                                         TACET_PROFILE_AEAD_AES_256_GCM };
    static const uint64_t indexes[] = {
        0, 9, 0x7fff, 0x10000, 0x1ffff, UINT64_C(0x123456789abc), UINT64_C(0xfffffffffffe)
    };
    static const size_t sizes[] = { 12, 13, 28, 172, 1183 };
    const uint32_t ssrcs[TACET_SSRC_KIND_COUNT] = { 0xcafebabe, 1, 2, 0x80000000 };
    uint8_t key[TACET_SRTP_KEY_SIZE_MAX];

    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)(i * 37 + 5);
    }
    for (size_t p = 0; p < 3; p++) {
        struct tacet_srtp *srtp = NULL;
        uint32_t reports = 0;
        assert_int_equal(tacet_srtp_create(profiles[p], 0x100 + MKI, key, ssrcs, key, ssrcs, &srtp),
                         0);
        for (size_t row = 0; row < 35; row++) {
            _Alignas(8) uint8_t packet[1500];
            uint8_t expected[1500];
            uint64_t index = indexes[row / 5];
            size_t size = sizes[(row + row / 5) % 5];
            uint32_t ssrc = ssrcs[row % 4];
            struct tacet_writer w = tacet_writer(packet, sizeof(packet));
            for (size_t i = 0; i < size; i++) {
                packet[i] = (uint8_t)(i * 11 + row);
            }
            tacet_write_u16(&w, 0x80ef);
            tacet_write_u16(&w, (uint16_t)index);
            tacet_write_u32(&w, (uint32_t)(row * 960));
            tacet_write_u32(&w, ssrc);
            size_t expected_size =
                expected_packet(profiles[p], key, false, ssrc, index, packet, size, expected);
            /* An index is used once for each SSRC; the fifth row would use the first again. */
            size_t done = size;
            if (row % 5 < 4) {
                assert_int_equal(tacet_srtp_protect(srtp, index, packet, &done, sizeof(packet)), 0);
                assert_int_equal(done, expected_size);
                assert_memory_equal(packet, expected, done);
            }
            size = (size + 3) / 4 * 4;
            w = tacet_writer(packet, sizeof(packet));
            tacet_write_u32(&w, 0x80c90000 | (uint32_t)(size / 4 - 1));
            tacet_write_u32(&w, ssrcs[1]);
            reports++;
            expected_size =
                expected_packet(profiles[p], key, true, ssrcs[1], reports, packet, size, expected);
            done = size;
            assert_int_equal(tacet_srtp_protect_rtcp(srtp, packet, &done, sizeof(packet)), 0);
            assert_int_equal(done, expected_size);
            assert_memory_equal(packet, expected, done);
        }
        tacet_srtp_free(&srtp);
    }
}

static int setup(void **state)
{
    return tacet_srtp_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_vectors_of_rfc_7714_hold),
        cmocka_unit_test(vectors_of_rfc_3711_hold),
        cmocka_unit_test(ours_agrees_with_the_plain_one),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
#else
int main(void)
{
    return 77;
}
#endif
