/* HMAC (RFC 4231), HKDF (Wycheproof) and Noise's chained form of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/hkdf.h"
#include "vectors.h"

/* RFC 4231 sections 4.2, 4.3 and 4.7. */
static const struct {
    const char *key;
    const char *data;
    const char *mac;
} macs[] = {
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
      "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
    { "4a656665", "what do ya want for nothing?",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
      "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
};

static void hmac_is_that_of_the_rfc_however_the_data_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
        uint8_t key[160], expected[64], out[64];
        size_t key_size = from_hex(macs[i].key, key, sizeof(key));
        size_t size = strlen(macs[i].data);
        (void)from_hex(macs[i].mac, expected, sizeof(expected));
        for (size_t cut = 0; cut <= size; cut++) {
            const struct tacet_part parts[] = { { macs[i].data, cut },
                                                { NULL, 0 },
                                                { macs[i].data + cut, size - cut } };
            tacet_hmac_sha512(key, key_size, parts, 3, out);
            assert_memory_equal(out, expected, sizeof(out));
        }
    }
}

static void assert_hkdf(const char *ikm_hex, const char *salt_hex, const char *info_hex,
                        const char *okm_hex)
{
    uint8_t ikm[256], salt[256], info[256], prk[TACET_HASH_SIZE];
    static uint8_t okm[255 * 64], out[255 * 64];
    size_t ikm_size = from_hex(ikm_hex, ikm, sizeof(ikm));
    size_t salt_size = from_hex(salt_hex, salt, sizeof(salt));
    size_t info_size = from_hex(info_hex, info, sizeof(info));
    size_t size = from_hex(okm_hex, okm, sizeof(okm));

    tacet_hkdf_extract(salt, salt_size, ikm, ikm_size, prk);
    tacet_hkdf_expand(prk, info, info_size, out, size);
    assert_memory_equal(out, okm, size);
}

/* Wycheproof hkdf_sha512_test.json, cases 5, 9 and 12. */
static void published_hkdf_outputs_come_out(void **state)
{
    (void)state;
    assert_hkdf("c181696a19ab1a32eb6e81b2925d8990", "", "d8c8de92fe5422c9825996354db1821ba43a81ac",
                "bd646410b4ef179e10369db6d7e4fe841e7915f8ae793b8f49149c05a0cee691b234c8cbb51c8b03"
                "8b7a");
    assert_hkdf("529e91a61895f1c4ceb5b6994f48783b", "12e4ae515328983bab2d88da3cb32a95", "",
                "9c40abb65d7ef9826758a9818668624907b2bc0d9ff6b80d60673d2fdd684188"
                "74f48bf1960d75e19c6594d7079b6b019d8e3ec98705a6b4886e122c9eab955e");
    assert_hkdf("7a00817689a3d79001825a864c69c120", "08bc01c053a6406c7c4a667c9b9b3894",
                "967ccd75395be6e96a67759f070487c9e2107791",
                "aed987bcc5ed33c4feec7b28aa9fe1c16b1181e00ff42c63cf692ec19242f6d4"
                "628604b3382db0806d5e61518f83fc651e6f3bd0a9d1322926a76869b98b75d6");
}

static void wycheproof_hkdf_holds(void **state)
{
    cJSON *json = load_vectors("wycheproof/hkdf_sha512_test.json");
    const cJSON *group, *test;
    int count = 0;

    (void)state;
    if (json == NULL) {
        skip();
    }
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(json, "testGroups"))
    {
        cJSON_ArrayForEach(test, cJSON_GetObjectItemCaseSensitive(group, "tests"))
        {
            if (strcmp(member(test, "result"), "valid") != 0) {
                /* The only invalid ones ask for more than RFC 5869 gives: we assert there. */
                assert_true(has_flag(test, "SizeTooLarge"));
                continue;
            }
            assert_hkdf(member(test, "ikm"), member(test, "salt"), member(test, "info"),
                        member(test, "okm"));
            count++;
        }
    }
    print_message("hkdf: %d Wycheproof cases\n", count);
    assert_true(count > 50);
    cJSON_Delete(json);
}

/* Noise section 4.3, written out. */
static void noise_hkdf_is_the_chain_of_the_specification(void **state)
{
    uint8_t ck[64], input[32], temp[64], expected[3][64], out[3][64];

    (void)state;
    memset(ck, 7, sizeof(ck));
    memset(input, 9, sizeof(input));
    tacet_hmac_sha512(ck, 64, &(struct tacet_part){ input, 32 }, 1, temp);
    for (uint8_t i = 0; i < 3; i++) {
        const uint8_t counter = (uint8_t)(i + 1);
        const struct tacet_part parts[] = { { i == 0 ? NULL : expected[i - 1], i == 0 ? 0 : 64 },
                                            { &counter, 1 } };
        tacet_hmac_sha512(temp, 64, parts, 2, expected[i]);
    }
    tacet_hkdf_noise(ck, input, sizeof(input), 3, out);
    assert_memory_equal(out, expected, sizeof(out));
    memset(out, 0, sizeof(out));
    tacet_hkdf_noise(ck, input, sizeof(input), 2, out);
    assert_memory_equal(out, expected, (size_t)2 * 64);
    assert_true(sodium_is_zero(out[2], 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_is_that_of_the_rfc_however_the_data_is_cut),
        cmocka_unit_test(published_hkdf_outputs_come_out),
        cmocka_unit_test(wycheproof_hkdf_holds),
        cmocka_unit_test(noise_hkdf_is_the_chain_of_the_specification),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
