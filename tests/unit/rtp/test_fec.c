/* Any n repairs give any n packets of their window back, and windows that overlap help each other.
 */
#include "rtp/fec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/rng.h"
#include "tacet/error.h"

#define BASE 65500 /* so that the 16 bits wrap within what is sent */
#define PACKETS 512

static struct tacet_fec_scratch scratch;
static struct tacet_fec_decoder decoder;
static uint8_t payloads[PACKETS][TACET_FEC_PAYLOAD_MAX];
static size_t sizes[PACKETS];
static bool present[PACKETS];
static size_t right;
static uint16_t next_row;

static struct tacet_fec_source source_of(size_t i)
{
    return (struct tacet_fec_source){
        .timestamp = (uint32_t)(7 + 3000 * (i / 6)),
        .marker = i % 6 == 5,
        .payload = payloads[i],
        .size = sizes[i],
    };
}

static void found(void *ctx, int64_t seq, const struct tacet_fec_source *source)
{
    size_t i = (size_t)(seq - BASE);
    struct tacet_fec_source expected = source_of(i);

    (void)ctx;
    assert_false(present[i]);
    assert_int_equal(source->timestamp, expected.timestamp);
    assert_int_equal(source->marker, expected.marker);
    assert_int_equal(source->size, expected.size);
    assert_memory_equal(source->payload, expected.payload, expected.size);
    present[i] = true;
    right++;
    (void)tacet_fec_on_source(&decoder, seq, source);
}

static void begin(struct tacet_rng *rng, size_t count)
{
    struct tacet_random chance = tacet_rng_random(rng);

    memset(&decoder, 0, sizeof(decoder));
    right = 0;
    for (size_t i = 0; i < count; i++) {
        sizes[i] = 1 + tacet_rng_below(rng, TACET_FEC_PAYLOAD_MAX);
        chance.fill(chance.ctx, payloads[i], sizes[i]);
        present[i] = false;
    }
}

static bool receive(size_t i)
{
    struct tacet_fec_source source = source_of(i);

    present[i] = true;
    return tacet_fec_on_source(&decoder, BASE + (int64_t)i, &source);
}

/* Makes the next repair of the k packets from `first` on; it arrives or not. */
static bool repair(size_t first, size_t k, bool arrives)
{
    struct tacet_fec_header header = { .base = (uint16_t)(BASE + first), .k = (uint8_t)k };

    for (size_t i = 0; i < k; i++) {
        struct tacet_fec_source source = source_of(first + i);
        tacet_fec_load(&scratch, i, &source);
    }
    size_t size = tacet_fec_encode(&scratch, &header, next_row);
    uint8_t symbol[TACET_FEC_SYMBOL_MAX];
    memcpy(symbol, scratch.out, size);
    return arrives &&
           tacet_fec_on_repair(&decoder, BASE + (int64_t)first, &header, next_row++, symbol, size);
}

static size_t recover(void)
{
    return tacet_fec_recover(&decoder, &scratch, found, NULL);
}

static void as_many_repairs_as_losses_are_enough(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 71, 0);
    for (int round = 0; round < 300; round++) {
        size_t k = 2 + tacet_rng_below(&rng, TACET_FEC_SOURCES_MAX - 1);
        size_t lost = 1 + tacet_rng_below(&rng, (k < 24 ? k : 24) - 1);
        begin(&rng, k);
        for (size_t i = 0; i < k; i++) {
            present[i] = true;
        }
        for (size_t n = 0; n < lost;) {
            size_t i = tacet_rng_below(&rng, k);
            n += present[i];
            present[i] = false;
        }
        for (size_t i = 0; i < k; i++) {
            if (present[i]) {
                (void)receive(i);
            }
        }
        next_row = (uint16_t)tacet_rng_below(&rng, 65536);
        for (size_t given = 1; given <= lost; given++) {
            assert_int_equal(right, 0); /* one less is not enough */
            assert_true(repair(0, k, true));
            assert_int_equal(recover(), given == lost ? lost : 0);
        }
        assert_int_equal(right, lost);
        assert_false(repair(0, k, true)); /* nothing is missing any more */
    }
}

static void repairs_alone_give_a_stream_its_beginning(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 78, 0);
    begin(&rng, 3);
    for (size_t given = 1; given <= 3; given++) {
        assert_true(repair(0, 3, true));
        assert_int_equal(recover(), given == 3 ? 3 : 0);
    }
    assert_int_equal(right, 3);
}

static void losses_of_a_frame_come_back_with_the_repairs_of_the_next(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 72, 0);
    begin(&rng, 18);
    next_row = 5;
    for (size_t i = 0; i < 18; i++) { /* three frames of six; 1, 4 and 8 are lost */
        if (i != 1 && i != 4 && i != 8) {
            (void)receive(i);
        }
        if (i == 5) {
            assert_true(repair(0, 6, true));
            assert_int_equal(recover(), 0);
            assert_false(tacet_fec_promised(&decoder, BASE + 1)); /* the older is to be asked for */
            assert_true(tacet_fec_promised(&decoder, BASE + 4));
        } else if (i == 11) {
            assert_true(repair(0, 12, true));
            assert_int_equal(recover(), 0);
        } else if (i == 17) {
            assert_true(repair(0, 18, true));
            assert_int_equal(recover(), 3);
        }
    }
    assert_int_equal(right, 3);
    assert_false(tacet_fec_promised(&decoder, BASE + 19));
}

static void one_retransmission_frees_what_repairs_promised(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 73, 0);
    begin(&rng, 6);
    for (size_t i = 0; i < 6; i++) {
        if (i != 0 && i != 3 && i != 5) {
            assert_false(receive(i));
        }
    }
    assert_true(repair(0, 6, true));
    assert_true(repair(0, 6, true));
    assert_int_equal(recover(), 0);
    assert_true(receive(0)); /* it was waited for */
    assert_int_equal(recover(), 2);
}

/* More is missing than is looked at: what is older waits, and comes back once the newer came. */
static void newest_losses_are_looked_at_first(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 73, 0);
    begin(&rng, PACKETS);
    (void)receive(0);
    for (size_t i = 3; i < 20; i++) {
        (void)receive(i);
    }
    for (size_t lost = 20; lost < 20 + TACET_FEC_SOURCES_MAX; lost += 16) {
        assert_true(repair(lost, 16, true));
        assert_int_equal(recover(), 0);
    }
    assert_true(repair(0, 20, true));
    assert_int_equal(recover(), 0);
    assert_true(repair(0, 20, true)); /* enough for these two, but there are 64 newer ones */
    assert_int_equal(recover(), 0);
    (void)receive(20);
    assert_int_equal(recover(), 0);
    (void)receive(21);
    assert_int_equal(recover(), 2);
}

/* A long stream with loss, repairs over the last four frames: what is lost in the end is little,
 * and nothing that is found is wrong. */
static void stream_comes_through_a_lossy_way(void **state)
{
    struct tacet_rng rng;
    size_t given_up = 0;

    (void)state;
    tacet_rng_seed(&rng, 74, 0);
    begin(&rng, PACKETS);
    next_row = 65000;
    assert_false(receive(0));
    for (size_t i = 1; i < PACKETS; i++) {
        if (!tacet_rng_permille(&rng, 100) && receive(i)) {
            (void)recover();
        }
        if (i % 6 == 5) {
            size_t first = i < 23 ? 0 : i - 23;
            for (int m = 0; m < 2; m++) {
                if (repair(first, i + 1 - first, !tacet_rng_permille(&rng, 100))) {
                    (void)recover();
                }
            }
        }
    }
    for (size_t i = 0; i + 6 < PACKETS; i++) {
        given_up += !present[i];
    }
    assert_true(right > 30);
    assert_int_equal(given_up, 0);
}

static void headers_are_read_back_and_checked(void **state)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
        bool good;
    } rows[] = {
        { { 0xff, 0xfe, 5, 0, 0, 0, 1, 0, 1, 9 }, 10, true },
        { { 0, 0, 64, 0, 0, 0, 1, 0, 1, 9 }, 10, true },
        { { 0, 0, 5, 0, 0, 0, 1, 0, 1 }, 9, false }, /* no payload in the symbol */
        { { 0, 0 }, 2, false },
        { { 0, 0, 0, 0, 0, 0, 1, 0, 1, 9 }, 10, false }, /* k */
        { { 0, 0, 65, 0, 0, 0, 1, 0, 1, 9 }, 10, false },
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
    uint8_t large[TACET_FEC_HEADER_SIZE + TACET_FEC_SYMBOL_MAX + 1] = { 0, 0, 1 };
    struct tacet_fec_header h;
    assert_int_equal(tacet_fec_header_read(large, sizeof(large) - 1, &h), 0);
    assert_int_equal(tacet_fec_header_read(large, sizeof(large), &h), TACET_ERR_FORMAT);
}

static void what_does_not_add_up_gives_nothing(void **state)
{
    struct tacet_fec_header header = { .base = (uint16_t)BASE, .k = 4 };
    static const uint8_t zeros[20];
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 75, 0);
    begin(&rng, 4);
    sizes[0] = 10;
    sizes[1] = 10;
    (void)receive(0);
    (void)receive(1);
    (void)receive(2);
    sizes[3] = 100;
    /* A repair that is shorter than what it claims to cover. */
    assert_true(tacet_fec_on_repair(&decoder, BASE, &header, 0, zeros, sizeof(zeros)));
    assert_int_equal(recover(), 0);
    assert_false(receive(3));
    /* Far ahead, or long past. */
    assert_false(tacet_fec_on_repair(&decoder, BASE + 200, &header, 0, zeros, sizeof(zeros)));
    assert_false(tacet_fec_on_repair(&decoder, BASE - 300, &header, 0, zeros, sizeof(zeros)));
    /* One whose solution is no packet: a length of zero. */
    begin(&rng, 2);
    sizes[0] = 1;
    (void)receive(0);
    header.k = 1;
    header.base++;
    assert_true(tacet_fec_on_repair(&decoder, BASE + 1, &header, 0, zeros, sizeof(zeros)));
    assert_int_equal(recover(), 0);
    assert_false(receive(1)); /* and it is forgotten */
}

/* The field is done by hand here: product by product, bit by bit. */
static void repair_bytes_are_those_of_the_specification(void **state)
{
    static const uint8_t a = 0xab;
    static const uint8_t b = 0xcd;
    struct tacet_fec_source first = { .timestamp = 0, .marker = false, .payload = &a, .size = 1 };
    struct tacet_fec_source second = { .timestamp = 0, .marker = true, .payload = &b, .size = 1 };
    struct tacet_fec_header header = { .base = 0, .k = 2 };
    uint8_t expected[7] = { 0 };

    (void)state;
    tacet_fec_load(&scratch, 0, &first);
    tacet_fec_load(&scratch, 1, &second);
    assert_int_equal(tacet_fec_encode(&scratch, &header, 128), 7); /* 128 mod 128 = 0 */
    /* Multiplication in the field, bit by bit. */
    static const uint8_t symbols[2][7] = { { 0, 0, 0, 0, 0x00, 1, 0xab },
                                           { 0, 0, 0, 0, 0x80, 1, 0xcd } };
    for (int s = 0; s < 2; s++) {
        uint8_t inverse = 0;
        for (int x = 1; x < 256; x++) {
            uint8_t product = 0;
            for (int bit = 7; bit >= 0; bit--) {
                product = (uint8_t)((product << 1) ^ ((product & 0x80) != 0 ? 0x1d : 0));
                product = (uint8_t)(product ^ ((x >> bit & 1) != 0 ? 0x80 | s : 0));
            }
            inverse = product == 1 ? (uint8_t)x : inverse;
        }
        for (int i = 0; i < 7; i++) {
            uint8_t product = 0;
            for (int bit = 7; bit >= 0; bit--) {
                product = (uint8_t)((product << 1) ^ ((product & 0x80) != 0 ? 0x1d : 0));
                product = (uint8_t)(product ^ ((inverse >> bit & 1) != 0 ? symbols[s][i] : 0));
            }
            expected[i] ^= product;
        }
    }
    assert_memory_equal(scratch.out, expected, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_repairs_as_losses_are_enough),
        cmocka_unit_test(repairs_alone_give_a_stream_its_beginning),
        cmocka_unit_test(losses_of_a_frame_come_back_with_the_repairs_of_the_next),
        cmocka_unit_test(one_retransmission_frees_what_repairs_promised),
        cmocka_unit_test(newest_losses_are_looked_at_first),
        cmocka_unit_test(stream_comes_through_a_lossy_way),
        cmocka_unit_test(headers_are_read_back_and_checked),
        cmocka_unit_test(what_does_not_add_up_gives_nothing),
        cmocka_unit_test(repair_bytes_are_those_of_the_specification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
