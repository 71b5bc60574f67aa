/* What is asked for, and how long it is waited for, when pictures begin or take long to come. */
#include "call/inbound.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define FIRST 500 /* sequence number */
#define PIECE 100 /* bytes of a picture in each packet */
#define ROUND_TRIP TACET_MS(100)
#define PACKETS_MAX 64

static const uint32_t ssrcs[TACET_SSRC_KIND_COUNT] = { 1, 2, 3, 4 };

struct stream {
    struct tacet_inbound in;
    struct tacet_pool *pool;
    struct tacet_fec_scratch sender, receiver;
    uint8_t frame[TACET_FRAME_SIZE_MAX];
    uint8_t payloads[PACKETS_MAX][PIECE + TACET_VP8_DESCRIPTOR_MAX];
    size_t sizes[PACKETS_MAX];
    bool markers[PACKETS_MAX];
    uint32_t timestamps[PACKETS_MAX];
    size_t count;
    int64_t now;
};

static int set_up(void **state)
{
    struct stream *s = tacet_alloc(sizeof(*s));

    assert_non_null(s);
    assert_int_equal(tacet_pool_create(PACKETS_MAX + 8, &s->pool), 0);
    tacet_inbound_init(&s->in, ssrcs, s->pool, s->frame, &s->receiver);
    s->now = TACET_S(100);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stream *s = *state;

    tacet_inbound_reset(&s->in);
    tacet_pool_free(&s->pool);
    tacet_dealloc(s);
    return 0;
}

/* The next picture of the sender's, of so many packets. */
static void make_picture(struct stream *s, bool key, size_t packets)
{
    static uint8_t data[PACKETS_MAX * PIECE];
    /* RFC 6386 section 9.1: a shown key frame of 64x48, or an inter frame. */
    static const uint8_t tag[10] = { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 48, 0 };
    struct tacet_vp8_descriptor d = { .has_picture_id = true };
    struct tacet_vp8_cutter cutter;
    uint32_t timestamp = (uint32_t)s->count * 90;

    memcpy(data, tag, sizeof(tag));
    data[0] |= key ? 0 : 1;
    tacet_vp8_cut(&cutter, data, packets * PIECE, &d, PIECE + 3);
    assert_int_equal(tacet_vp8_cut_count(&cutter), packets);
    for (size_t i = 0; i < packets; i++, s->count++) {
        assert_true(s->count < PACKETS_MAX);
        s->sizes[s->count] = tacet_vp8_cut_next(
            &cutter, s->payloads[s->count], sizeof(s->payloads[s->count]), &s->markers[s->count]);
        s->timestamps[s->count] = timestamp;
    }
}

static struct tacet_buffer *make_packet(struct stream *s, enum tacet_payload_type type,
                                        uint16_t seq, size_t i, const uint8_t *payload, size_t size)
{
    struct tacet_buffer *buffer = tacet_pool_get(s->pool);
    struct tacet_rtp header = {
        .payload_type = (uint8_t)type,
        .marker = s->markers[i],
        .seq = seq,
        .timestamp = s->timestamps[i],
    };

    assert_non_null(buffer);
    tacet_rtp_write(&header, buffer->data);
    memcpy(buffer->data + TACET_RTP_HEADER_SIZE, payload, size);
    buffer->size = TACET_RTP_HEADER_SIZE + size;
    return buffer;
}

static void receive(struct stream *s, size_t i)
{
    uint16_t seq = (uint16_t)(FIRST + i);
    struct tacet_buffer *buffer = make_packet(s, TACET_PT_VP8, seq, i, s->payloads[i], s->sizes[i]);

    assert_int_equal(tacet_inbound_put(&s->in, s->now, TACET_KIND_VIDEO, seq, buffer),
                     TACET_DROP_NONE);
}

static void receive_again(struct stream *s, size_t i)
{
    uint8_t payload[2 + sizeof(s->payloads[0])] = { (uint8_t)((FIRST + i) >> 8),
                                                    (uint8_t)(FIRST + i) };

    memcpy(payload + 2, s->payloads[i], s->sizes[i]);
    assert_int_equal(
        tacet_inbound_put_rtx(&s->in, s->now,
                              make_packet(s, TACET_PT_RTX, 7, i, payload, 2 + s->sizes[i])),
        TACET_DROP_NONE);
}

/* A repair of the k packets sent last. */
static void receive_repair(struct stream *s, size_t k, uint16_t row)
{
    struct tacet_fec_header header = { .base = (uint16_t)(FIRST + s->count - k), .k = (uint8_t)k };
    uint8_t payload[TACET_FEC_HEADER_SIZE + TACET_FEC_SYMBOL_MAX];

    for (size_t i = 0; i < k; i++) {
        size_t at = s->count - k + i;
        tacet_fec_load(&s->sender, i,
                       &(struct tacet_fec_source){ s->timestamps[at], s->markers[at],
                                                   s->payloads[at], s->sizes[at] });
    }
    size_t size = tacet_fec_encode(&s->sender, &header, row);
    tacet_fec_header_write(&header, payload);
    memcpy(payload + TACET_FEC_HEADER_SIZE, s->sender.out, size);
    assert_int_equal(tacet_inbound_put_fec(&s->in, s->now,
                                           make_packet(s, TACET_PT_VIDEO_FEC, row, s->count - 1,
                                                       payload, TACET_FEC_HEADER_SIZE + size)),
                     TACET_DROP_NONE);
}

/* Whether a picture has come out by now. */
static bool shows(struct stream *s)
{
    struct tacet_frame frame;

    return tacet_inbound_get(&s->in, s->now, &frame) == 1;
}

static size_t missing(struct stream *s, uint16_t seqs[TACET_NACK_MAX])
{
    return tacet_inbound_missing(&s->in, s->now, ROUND_TRIP, 0, seqs, TACET_NACK_MAX);
}

static void repairs_tell_of_a_first_picture_of_which_nothing_came(void **state)
{
    struct stream *s = *state;
    uint16_t seqs[TACET_NACK_MAX];

    make_picture(s, true, 3);
    receive_repair(s, 3, 0);
    s->now += TACET_MS(60); /* it promises one of the three, for a while */
    assert_int_equal(missing(s, seqs), 3);
    assert_int_equal(seqs[0], FIRST);
    receive_repair(s, 3, 1);
    receive_again(s, 1);
    assert_true(shows(s));
    assert_int_equal(missing(s, seqs), 0);
}

static void repairs_tell_of_the_beginning_of_a_first_picture(void **state)
{
    struct stream *s = *state;
    uint16_t seqs[TACET_NACK_MAX];

    make_picture(s, true, 4);
    receive(s, 2);
    receive_repair(s, 4, 0);
    s->now += TACET_MS(60);
    assert_int_equal(missing(s, seqs), 3);
    assert_int_equal(seqs[0], FIRST);
    assert_int_equal(seqs[1], FIRST + 1);
    assert_int_equal(seqs[2], FIRST + 3);
}

static void stream_without_repairs_is_asked_for_back_to_its_key_frame(void **state)
{
    struct stream *s = *state;
    uint16_t seqs[TACET_NACK_MAX];

    make_picture(s, true, 3);
    make_picture(s, false, 1);
    receive(s, 3);
    for (size_t i = 3; i > 0; i--) {
        assert_int_equal(missing(s, seqs), 1);
        assert_int_equal(seqs[0], FIRST + i - 1);
        s->now += ROUND_TRIP;
        receive_again(s, i - 1);
    }
    assert_int_equal(missing(s, seqs), 0);
    assert_true(shows(s));
    assert_true(shows(s));
}

/* A narrow way: each packet comes 80 ms after the one before, and the first is lost. Nothing tells
 * of it before the repair comes that makes it good. */
static void first_picture_is_waited_for_before_anything_is_known_of_the_way(void **state)
{
    struct stream *s = *state;

    make_picture(s, true, 3);
    receive(s, 1);
    s->now += TACET_MS(80);
    assert_false(shows(s));
    receive(s, 2);
    s->now += TACET_MS(80);
    assert_false(shows(s));
    receive_repair(s, 3, 0);
    assert_true(shows(s));
}

/* A large picture leaves for longer than the patience lasts; its second packet is lost again and
 * again, and comes at last. */
static void picture_that_is_still_sent_is_not_given_up(void **state)
{
    struct stream *s = *state;
    uint16_t seqs[TACET_NACK_MAX];
    bool asked_late = false;

    make_picture(s, true, 1);
    receive(s, 0);
    assert_true(shows(s));
    make_picture(s, false, 40);
    for (size_t i = 1; i <= 40; i++) {
        s->now += TACET_MS(30);
        if (i != 2) {
            receive(s, i);
        }
        assert_false(shows(s));
        assert_true(tacet_inbound_refresh_at(&s->in) > s->now);
        if (missing(s, seqs) > 0) {
            assert_int_equal(seqs[0], FIRST + 2);
            asked_late = i > 30;
        }
    }
    assert_true(asked_late);
    receive_again(s, 2);
    assert_true(shows(s));
}

static void picture_of_which_no_more_comes_is_given_up(void **state)
{
    struct stream *s = *state;
    uint16_t seqs[TACET_NACK_MAX];

    make_picture(s, true, 1);
    receive(s, 0);
    assert_true(shows(s));
    make_picture(s, false, 3);
    receive(s, 1);
    receive(s, 3);
    make_picture(s, false, 20); /* others come; that does not help it */
    for (size_t i = 4; i < 24; i++) {
        assert_false(shows(s));
        (void)missing(s, seqs);
        s->now += TACET_MS(30);
        receive(s, i);
    }
    assert_false(shows(s));
    assert_int_equal(missing(s, seqs), 0);
    assert_true(s->in.assembly.wants_refresh);
    assert_true(tacet_inbound_refresh_at(&s->in) <= s->now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(repairs_tell_of_a_first_picture_of_which_nothing_came,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(repairs_tell_of_the_beginning_of_a_first_picture, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(stream_without_repairs_is_asked_for_back_to_its_key_frame,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            first_picture_is_waited_for_before_anything_is_known_of_the_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(picture_that_is_still_sent_is_not_given_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(picture_of_which_no_more_comes_is_given_up, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
