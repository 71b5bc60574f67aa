/*
 * The examples of NIST's cryptographic standards pages for SHA3-256, SHA3-512, SHAKE128 and
 * SHAKE256, and every length around the rates against figures made with Python's hashlib.
 */
#include "crypto/keccak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hex.h"

enum { LENGTHS = 401, LONG = 2000 }; /* more than twice the largest rate; many blocks */

struct function {
    struct tacet_sponge (*create)(void);
    size_t rate;
    size_t size; /* of the digest, or of what is compared */
    const char *of_nothing;
    const char *of_abc;
    const char *of_448_bits;
    /* SHA-256 of the first 32 bytes for each length 0..400 of bytes 7i mod 256, together. */
    const char *of_lengths;
};

static const struct function functions[] = {
    {
        tacet_sha3_256,
        136,
        32,
        "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
        "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376",
        "1201266d5a7a9e3b68313c4c22896abf6e74b4d69595374fcdf1bc702cbdcdff",
    },
    {
        tacet_sha3_512,
        72,
        64,
        "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
        "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
        "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        "04a371e84ecfb5b8b77cb48610fca8182dd457ce6f326a0fd3d7ec2f1e91636d"
        "ee691fbe0c985302ba1b0d8dc78c086346b533b49c030d99a27daf1139d6e75e",
        "22a23fb1014c1dfa92249b47cb25271bfa2afd331d709bf81abef50030de849f",
    },
    {
        tacet_shake128,
        168,
        64,
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2",
        "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8"
        "44c50af32acd3f2cdd066568706f509bc1bdde58295dae3f891a9a0fca578378",
        "1a96182b50fb8c7e74e0a707788f55e98209b8d91fade8f32f8dd5cff7bf21f5"
        "4ee5f19550825a6e070030519e944263ac1c6765287065621f9fcb3201723e32",
        "2baf47ecc2a6dbd0569300644aa85433f40ecf87f66ed462f14608ebc6959581",
    },
    {
        tacet_shake256,
        136,
        64,
        "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
        "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be",
        "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739"
        "d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4",
        "4d8c2dd2435a0128eefbb8c36f6f87133a7911e18d979ee1ae6be5d4fd2e3329"
        "40d8688a4e6a59aa8060f1f9bc996c05aca3c696a8b66279dc672c740bb224ec",
        "429f43f470fb69317cf51a3210c5096b43cdef99b609994105e9f85862a3d049",
    },
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static void assert_digest(const struct function *f, const char *message, const char *expected)
{
    struct tacet_sponge sponge = f->create();
    uint8_t got[64], right[64];

    assert_int_equal(from_hex(expected, right, sizeof(right)), f->size);
    tacet_sponge_absorb(&sponge, (const uint8_t *)message, strlen(message));
    tacet_sponge_squeeze(&sponge, got, f->size);
    assert_memory_equal(got, right, f->size);
}

static void published_examples_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        assert_digest(&functions[i], "", functions[i].of_nothing);
        assert_digest(&functions[i], "abc", functions[i].of_abc);
        assert_digest(&functions[i], "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                      functions[i].of_448_bits);
    }
}

static void fill(uint8_t message[LENGTHS])
{
    for (unsigned i = 0; i < LENGTHS; i++) {
        message[i] = (uint8_t)(7 * i);
    }
}

static void every_length_around_the_rate_is_right(void **state)
{
    uint8_t message[LENGTHS], digest[32], got[32], expected[32];

    (void)state;
    fill(message);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        crypto_hash_sha256_state all;
        assert_true(2 * functions[i].rate < LENGTHS);
        (void)crypto_hash_sha256_init(&all);
        for (size_t size = 0; size < LENGTHS; size++) {
            struct tacet_sponge sponge = functions[i].create();
            tacet_sponge_absorb(&sponge, message, size);
            tacet_sponge_squeeze(&sponge, digest, sizeof(digest));
            (void)crypto_hash_sha256_update(&all, digest, sizeof(digest));
        }
        (void)crypto_hash_sha256_final(&all, got);
        (void)from_hex(functions[i].of_lengths, expected, sizeof(expected));
        assert_memory_equal(got, expected, sizeof(expected));
    }
}

static void pieces_absorbed_are_as_the_whole(void **state)
{
    uint8_t message[LENGTHS], whole[32], pieces[32];

    (void)state;
    fill(message);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        struct tacet_sponge sponge = functions[i].create();
        tacet_sponge_absorb(&sponge, message, LENGTHS);
        tacet_sponge_squeeze(&sponge, whole, sizeof(whole));
        for (size_t cut = 0; cut <= LENGTHS; cut++) {
            sponge = functions[i].create();
            tacet_sponge_absorb(&sponge, message, cut);
            tacet_sponge_absorb(&sponge, message, 0);
            tacet_sponge_absorb(&sponge, message + cut, LENGTHS - cut);
            tacet_sponge_squeeze(&sponge, pieces, sizeof(pieces));
            assert_memory_equal(pieces, whole, sizeof(whole));
        }
    }
}

/* SHA-256 of the first 2000 bytes of SHAKE of nothing, by Python's hashlib. */
static void long_output_is_right_in_pieces_of_any_size(void **state)
{
    static const char *const expected[] = {
        "649e08fc2bd8239a671bc7013841c4c7a72399028154779cb82c5f783b2e5ffe",
        "fcb4301eb66516e0bec9a32c4aea843c9d441f3e0fb1a4b7073b75b86b75b122",
    };
    uint8_t out[LONG], right[32], hash[32];

    (void)state;
    for (int i = 0; i < 2; i++) {
        (void)from_hex(expected[i], right, sizeof(right));
        for (size_t step = 1; step <= 340; step++) {
            struct tacet_sponge sponge = i == 0 ? tacet_shake128() : tacet_shake256();
            for (size_t at = 0; at < LONG; at += step) {
                tacet_sponge_squeeze(&sponge, out + at, LONG - at < step ? LONG - at : step);
            }
            (void)crypto_hash_sha256(hash, out, sizeof(out));
            assert_memory_equal(hash, right, sizeof(right));
        }
    }
}

static void wipe_leaves_nothing(void **state)
{
    struct tacet_sponge sponge = tacet_shake256();
    uint8_t out[8] = { 1, 2, 3 };

    (void)state;
    tacet_sponge_absorb(&sponge, out, sizeof(out));
    tacet_sponge_squeeze(&sponge, out, sizeof(out));
    tacet_sponge_wipe(&sponge);
    assert_true(sodium_is_zero((const uint8_t *)&sponge, sizeof(sponge)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_hold),
        cmocka_unit_test(every_length_around_the_rate_is_right),
        cmocka_unit_test(pieces_absorbed_are_as_the_whole),
        cmocka_unit_test(long_output_is_right_in_pieces_of_any_size),
        cmocka_unit_test(wipe_leaves_nothing),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
