/* Any k of k + m packets give the frame back. */
#include "rtp/fec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/rng.h"
#include "tacet/error.h"

static struct tacet_fec_scratch scratch;
static struct tacet_fec_block block;
static uint8_t payloads[TACET_FEC_SOURCES_MAX][TACET_FEC_SYMBOL_MAX];
static size_t sizes[TACET_FEC_SOURCES_MAX];
static bool present[TACET_FEC_SOURCES_MAX];
static size_t right;

static bool source(void *ctx, int64_t seq, const uint8_t **ret_payload, size_t *ret_size)
{
    (void)ctx;
    if (!present[seq - 7000]) {
        return false;
    }
    *ret_payload = payloads[seq - 7000];
    *ret_size = sizes[seq - 7000];
    return true;
}

static void found(void *ctx, int64_t seq, uint32_t timestamp, bool marker, const uint8_t *payload,
                  size_t size)
{
    size_t i = (size_t)(seq - 7000);

    (void)ctx;
    assert_false(present[i]);
    assert_int_equal(timestamp, 99);
    assert_int_equal(marker, i == (size_t)block.header.k - 1U);
    assert_int_equal(size, sizes[i]);
    assert_memory_equal(payload, payloads[i], size);
    present[i] = true;
    right++;
}

static void make(struct tacet_rng *rng, size_t k)
{
    struct tacet_random chance = tacet_rng_random(rng);

    for (size_t i = 0; i < k; i++) {
        sizes[i] = 1 + tacet_rng_below(rng, TACET_FEC_SYMBOL_MAX - 2);
        chance.fill(chance.ctx, payloads[i], sizes[i]);
        tacet_fec_load(&scratch, i, payloads[i], sizes[i]);
        present[i] = true;
    }
}

static void any_k_of_k_and_m_packets_are_enough(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 71, 0);
    for (int round = 0; round < 400; round++) {
        size_t k = 1 + tacet_rng_below(&rng, TACET_FEC_SOURCES_MAX);
        size_t m = 1 + tacet_rng_below(&rng, TACET_FEC_REPAIRS_MAX);
        size_t lost = tacet_rng_below(&rng, (m < k ? m : k) + 1);
        make(&rng, k);
        size_t size = tacet_fec_encode(&scratch, k, m);
        uint8_t repairs[TACET_FEC_REPAIRS_MAX][TACET_FEC_SYMBOL_MAX];
        memcpy(repairs, scratch.out, sizeof(repairs));
        for (size_t n = 0; n < lost;) {
            size_t i = tacet_rng_below(&rng, k);
            n += present[i];
            present[i] = false;
        }
        block = (struct tacet_fec_block){ .used = true, .base = 7000, .timestamp = 99 };
        right = 0;
        size_t given = 0;
        for (size_t at = tacet_rng_below(&rng, m); given < lost; at = (at + 1) % m) {
            struct tacet_fec_header header = {
                .k = (uint8_t)k, .m = (uint8_t)m, .index = (uint8_t)at, .flags = TACET_FEC_LAST
            };
            assert_int_equal(right, 0); /* one less is not enough */
            assert_int_equal(tacet_fec_add(&block, &header, repairs[at], size), 0);
            given++;
            assert_int_equal(tacet_fec_recover(&block, &scratch, source, found, NULL),
                             given == lost ? lost : 0);
        }
        assert_int_equal(right, lost);
    }
}

static void headers_are_read_back_and_checked(void **state)
{
    static const struct {
        uint8_t bytes[10];
        size_t size;
        bool good;
    } rows[] = {
        { { 0xff, 0xfe, 5, 2, 1, 1, 0, 1, 9 }, 9, true },
        { { 0, 0, 5, 2, 1, 1, 0, 1 }, 8, false }, /* no payload in the symbol */
        { { 0, 0, 5, 2, 1 }, 5, false },
        { { 0, 0, 0, 2, 1, 1, 0, 1, 9 }, 9, false }, /* k */
        { { 0, 0, 49, 2, 1, 1, 0, 1, 9 }, 9, false },
        { { 0, 0, 5, 0, 0, 1, 0, 1, 9 }, 9, false }, /* m */
        { { 0, 0, 5, 25, 1, 1, 0, 1, 9 }, 9, false },
        { { 0, 0, 5, 2, 2, 1, 0, 1, 9 }, 9, false }, /* index */
        { { 0, 0, 5, 2, 1, 2, 0, 1, 9 }, 9, false }, /* flags */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_fec_header h;
        assert_int_equal(tacet_fec_header_read(rows[i].bytes, rows[i].size, &h),
                         rows[i].good ? 0 : TACET_ERR_FORMAT);
        if (rows[i].good) {
            uint8_t back[TACET_FEC_HEADER_SIZE];
            tacet_fec_header_write(&h, back);
            assert_memory_equal(back, rows[i].bytes, sizeof(back));
        }
    }
}

static void repairs_that_do_not_belong_together_are_refused(void **state)
{
    struct tacet_rng rng;
    struct tacet_fec_header header = { .k = 4, .m = 3, .flags = TACET_FEC_LAST };
    struct tacet_fec_header other = header;

    (void)state;
    tacet_rng_seed(&rng, 72, 0);
    make(&rng, 4);
    size_t size = tacet_fec_encode(&scratch, 4, 3);
    block = (struct tacet_fec_block){ .used = true, .base = 7000, .timestamp = 99 };
    assert_int_equal(tacet_fec_add(&block, &header, scratch.out[0], size), 0);
    other.k = 5;
    assert_int_equal(tacet_fec_add(&block, &other, scratch.out[0], size), TACET_ERR_FORMAT);
    other = header;
    other.m = 2;
    assert_int_equal(tacet_fec_add(&block, &other, scratch.out[0], size), TACET_ERR_FORMAT);
    assert_int_equal(tacet_fec_add(&block, &header, scratch.out[0], size - 1), TACET_ERR_FORMAT);
    /* A source longer than the symbols: the block is of other packets. */
    present[0] = false;
    block.symbol_size = 3;
    assert_int_equal(tacet_fec_recover(&block, &scratch, source, found, NULL), 0);
}

/* The code's own figures, from its definition, so that another implementation can be checked: two
 * one-byte payloads give one repair. Row 2 of the matrix is 1/(2 xor 0), 1/(2 xor 1) in GF(256). */
static void repair_is_what_the_definition_says(void **state)
{
    uint8_t a = 0x0a;
    uint8_t b = 0x0b;

    (void)state;
    tacet_fec_load(&scratch, 0, &a, 1);
    tacet_fec_load(&scratch, 1, &b, 1);
    assert_int_equal(tacet_fec_encode(&scratch, 2, 1), 3);
    /* 1/2 = 0x8e and 1/3 = 0xf4 under 0x11d; both lengths are 1, so the second byte is their sum.
     */
    assert_int_equal(scratch.matrix[4], 0x8e);
    assert_int_equal(scratch.matrix[5], 0xf4);
    assert_int_equal(scratch.out[0][0], 0);
    assert_int_equal(scratch.out[0][1], 0x8e ^ 0xf4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_k_of_k_and_m_packets_are_enough),
        cmocka_unit_test(headers_are_read_back_and_checked),
        cmocka_unit_test(repairs_that_do_not_belong_together_are_refused),
        cmocka_unit_test(repair_is_what_the_definition_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
