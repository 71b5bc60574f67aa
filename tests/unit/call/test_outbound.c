/* What a packet of sound repeats: what the peer has asked for, then what is planned. */
#include "call/outbound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "rtp/header.h"

#include <string.h>

#define PROFILE 8 /* AEAD_AES_256_GCM */
#define FIRST 20  /* sequence number */
#define STEP 960

static struct tacet_srtp *sides[2];
static struct tacet_srtp_indexes indexes;
static struct tacet_pool *pool;
static struct tacet_queue queue;
static struct tacet_outbound out;

static int begin(void **state)
{
    static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
    static const uint8_t keys[2][44] = { { 1 }, { 2 } };

    (void)state;
    assert_int_equal(tacet_srtp_init(), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            tacet_srtp_create(PROFILE, 1, keys[i], ssrcs[i], keys[1 - i], ssrcs[1 - i], &sides[i]),
            0);
    }
    memset(&indexes, 0, sizeof(indexes));
    assert_int_equal(tacet_pool_create(2, &pool), 0);
    queue = (struct tacet_queue){ .pool = pool };
    tacet_outbound_init(&out, TACET_KIND_AUDIO, 1, FIRST, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tacet_srtp_free(&sides[0]);
    tacet_srtp_free(&sides[1]);
    tacet_pool_free(&pool);
    return 0;
}

/* Sends the next packet; bit n of what returns: it repeats the n-th before it. */
static uint32_t send_next(void)
{
    static const struct tacet_path path;
    uint32_t number = (uint32_t)out.next_index;
    uint8_t sound[3] = { (uint8_t)number };
    struct tacet_frame frame = { .kind = TACET_KIND_AUDIO, .data = sound, .size = sizeof(sound) };
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];
    uint64_t index;
    uint32_t repeats = 0;

    assert_true(tacet_outbound_send(&out, 0, sides[0], tacet_srtp_overhead(PROFILE), &frame,
                                    number * STEP, &queue, &path) > 0);
    struct tacet_buffer *packet = tacet_queue_pop(&queue);
    assert_int_equal(tacet_srtp_unprotect(sides[1], &indexes, packet->data, &packet->size, &index),
                     TACET_DROP_NONE);
    uint8_t type = packet->data[1] & 0x7f;
    if (type == TACET_PT_RED) {
        int count =
            tacet_red_read(TACET_PT_OPUS, number * STEP, packet->data + TACET_RTP_HEADER_SIZE,
                           packet->size - TACET_RTP_HEADER_SIZE, blocks);
        for (int i = 0; i < count - 1; i++) {
            uint32_t back = number - blocks[i].timestamp / STEP;
            assert_int_equal(blocks[i].data[0], number - back);
            repeats |= 1U << back;
        }
    } else {
        assert_int_equal(type, TACET_PT_OPUS);
    }
    tacet_pool_put(pool, packet);
    return repeats;
}

/* Bit n: the n-th before. */
static void repeats_are_those_asked_for_and_then_those_planned(void **state)
{
    static const struct {
        struct tacet_red_plan plan;
        uint32_t asked;
        uint32_t repeats;
        uint32_t then; /* by the packet behind it, by which they stand one further back */
    } rows[] = {
        { { 0 }, 0, 0, 0 },
        { { 2, { 1, 2 } }, 0, 0x6, 0x6 },
        { { 0 }, 1 << 3, 1 << 3, 0 },
        { { 2, { 1, 2 } }, 1 << 2, 0x6, 0x6 },          /* it would have come anyway */
        { { 2, { 1, 2 } }, 1 << 7, 1 << 7 | 0x6, 0x6 }, /* and one more does */
        { { 3, { 1, 3, 5 } }, 0x44, 0x44 | 0xa, 0x2a }, /* four in all: the plan is cut */
        { { 2, { 1, 2 } }, 0xf0, 0xf0, 0x6 },           /* to nothing */
        { { 3, { 1, 2, 6 } }, 0xe, 0x4e, 0x46 },        /* each counts once */
        { { 0 }, 0x7e, 0x1e, 0xc0 },                    /* what is too much comes next */
        { { 0 }, 0x1fe, 0x1e, 0x1c0 },                  /* ... as long as it is remembered */
        { { 0 }, 1 << (TACET_RED_BACK_MAX + 1), 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        out.red_plan = (struct tacet_red_plan){ 0 };
        for (int n = 0; n < TACET_RED_BACK_MAX; n++) {
            assert_int_equal(send_next(), 0);
        }
        for (uint16_t back = 0; back < 16; back++) {
            if ((rows[i].asked >> back & 1) != 0) {
                tacet_outbound_repeat(&out, (uint16_t)(out.next_index - back));
                tacet_outbound_repeat(&out, (uint16_t)(out.next_index - back)); /* to be sure */
            }
        }
        out.red_plan = rows[i].plan;
        assert_int_equal(send_next(), rows[i].repeats);
        assert_int_equal(send_next(), rows[i].then);
        out.red_plan = (struct tacet_red_plan){ 0 };
        assert_int_equal(send_next(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(repeats_are_those_asked_for_and_then_those_planned, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
