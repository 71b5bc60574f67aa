/*
 * Frames from packets. A stream is made by the cutter, so that every frame that comes out can be
 * compared with the one that went in; what happens on the way is in the rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/assembly.h"
#include "rtp/header.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE TACET_MS(100)
#define PAYLOAD 300
#define POOL (TACET_VIDEO_WINDOW_PACKETS + 16)

struct fixture {
    struct tacet_pool *pool;
    struct tacet_assembly a;
    uint8_t memory[TACET_FRAME_SIZE_MAX];
    int64_t now;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL || tacet_pool_create(POOL, &f->pool) != 0) {
        return -1;
    }
    tacet_assembly_init(&f->a, f->pool, f->memory);
    f->now = TACET_S(1);
    *state = f;
    return 0;
}

/* Also shows, after every test, that no buffer has been lost. */
static int teardown(void **state)
{
    struct fixture *f = *state;

    tacet_assembly_reset(&f->a);
    int result = tacet_pool_available(f->pool) == POOL ? 0 : -1;
    tacet_pool_free(&f->pool);
    free(f);
    return result;
}

/* Frame `id` is known by its bytes: its header says key or not, 16x(id) pixels; then a pattern. */
static size_t make_frame(uint32_t id, bool key, size_t size, uint8_t *out)
{
    const uint8_t head[10] = { (uint8_t)(0x10 | !key),
                               0,
                               0,
                               0x9d,
                               0x01,
                               0x2a,
                               16,
                               0,
                               (uint8_t)id,
                               (uint8_t)(0x10 | (id >> 8 & 0x0f)) };

    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(id * 31 + i * 7 + i / 256);
    }
    memcpy(out, head, size < sizeof(head) ? size : sizeof(head));
    return size;
}

static struct tacet_buffer *buffer_of(struct fixture *f, const void *data, size_t size)
{
    struct tacet_buffer *buffer = tacet_pool_get(f->pool);

    assert_non_null(buffer);
    assert_true(size <= tacet_buffer_room(buffer));
    memcpy(buffer->data, data, size);
    buffer->size = size;
    buffer->at_us = f->now;
    return buffer;
}

static enum tacet_drop put(struct fixture *f, uint16_t seq, uint32_t timestamp, bool marker,
                           const void *data, size_t size)
{
    return tacet_assembly_put(&f->a, seq, timestamp, marker, buffer_of(f, data, size));
}

/* A frame of `id`, whole or only the packets in `mask`, from sequence number `seq` on. */
static size_t put_frame(struct fixture *f, uint32_t id, bool key, size_t size, uint16_t seq,
                        uint32_t mask)
{
    static uint8_t frame[TACET_FRAME_SIZE_MAX + 1000];
    const struct tacet_vp8_descriptor d = { .has_picture_id = true,
                                            .picture_id_long = true,
                                            .picture_id = (uint16_t)(id & 0x7fff) };
    struct tacet_vp8_cutter c;
    bool last = false;

    tacet_vp8_cut(&c, frame, make_frame(id, key, size, frame), &d, PAYLOAD);
    size_t count = tacet_vp8_cut_count(&c);
    for (size_t i = 0; i < count; i++) {
        uint8_t out[PAYLOAD];
        size_t piece = tacet_vp8_cut_next(&c, out, sizeof(out), &last);
        if (i >= 32 || (mask >> i & 1) != 0) {
            assert_int_equal(put(f, (uint16_t)(seq + i), id * 3000, last, out, piece),
                             TACET_DROP_NONE);
        }
    }
    return count;
}

#define WHOLE UINT32_MAX

static void expect_frame(struct fixture *f, uint32_t id, bool key, size_t size)
{
    static uint8_t frame[TACET_FRAME_SIZE_MAX + 1000];
    struct tacet_frame got;

    assert_int_equal(tacet_assembly_get(&f->a, f->now, PATIENCE, &got), 1);
    assert_int_equal(got.picture_id, id);
    assert_int_equal(got.size, make_frame(id, key, size, frame));
    assert_memory_equal(got.data, frame, size);
    assert_int_equal(got.kind, TACET_KIND_VIDEO);
    assert_int_equal(got.key, key);
    assert_int_equal(got.rtp_timestamp, id * 3000);
    assert_int_equal(got.width, key ? 16 : 0);
    assert_int_equal(got.height, key ? (id & 0xff) + ((0x10 | (id >> 8 & 0x0f)) << 8) : 0);
    assert_int_equal(got.references, key ? 0 : 7);
    assert_int_equal(got.updates, 7);
    assert_int_equal(got.captured_at_us, 0);
    assert_true(got.received_at_us > 0 && got.received_at_us <= f->now);
}

static void expect_nothing(struct fixture *f)
{
    struct tacet_frame got = { .picture_id = 4321 };

    assert_int_equal(tacet_assembly_get(&f->a, f->now, PATIENCE, &got), 0);
    assert_int_equal(got.picture_id, 4321);
}

static int64_t timeout(struct fixture *f)
{
    return tacet_assembly_timeout(&f->a, PATIENCE);
}

/* The first key frame, sequence numbers 100 to 103. */
static void begin(struct fixture *f)
{
    assert_int_equal(put_frame(f, 1, true, 1000, 100, WHOLE), 4);
    expect_frame(f, 1, true, 1000);
    expect_nothing(f);
    assert_false(f->a.wants_refresh);
    assert_true(timeout(f) == INT64_MAX);
}

static void frames_come_out_in_order(void **state)
{
    struct fixture *f = *state;

    assert_true(f->a.wants_refresh);
    begin(f);
    uint16_t seq = 104;
    for (uint32_t id = 2; id < 50; id++) {
        seq = (uint16_t)(seq + put_frame(f, id, id % 20 == 0, 10 + id * 40, seq, WHOLE));
        expect_frame(f, id, id % 20 == 0, 10 + id * 40);
        expect_nothing(f);
        assert_true(timeout(f) == INT64_MAX);
    }
    assert_int_equal(f->a.frames_discarded, 0);
}

static void several_frames_wait_for_being_taken(void **state)
{
    struct fixture *f = *state;

    (void)put_frame(f, 1, true, 1000, 65530, WHOLE); /* over a wrap */
    (void)put_frame(f, 2, false, 1000, 65534, WHOLE);
    (void)put_frame(f, 3, false, 1000, 2, WHOLE);
    expect_frame(f, 1, true, 1000);
    expect_frame(f, 2, false, 1000);
    expect_frame(f, 3, false, 1000);
    expect_nothing(f);
}

static void inter_frame_before_any_key_frame_is_discarded(void **state)
{
    struct fixture *f = *state;

    (void)put_frame(f, 1, false, 1000, 100, WHOLE);
    expect_nothing(f);
    /* It might still be that the key frame before it is only late. */
    assert_true(timeout(f) == f->now + PATIENCE);
    (void)put_frame(f, 9, true, 1000, 96, WHOLE);
    expect_frame(f, 9, true, 1000);
    expect_frame(f, 1, false, 1000);
    expect_nothing(f);
}

static void first_packets_in_any_order_make_a_frame(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 4; i > 0; i--) {
        expect_nothing(f);
        (void)put_frame(f, 1, true, 1000, 100, UINT32_C(1) << (i - 1));
    }
    expect_frame(f, 1, true, 1000);
}

static void joining_in_the_middle_waits_for_a_key_frame(void **state)
{
    struct fixture *f = *state;

    (void)put_frame(f, 1, true, 1000, 100, 0xe); /* its start came before us */
    (void)put_frame(f, 2, false, 1000, 104, WHOLE);
    expect_nothing(f);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    assert_true(timeout(f) == INT64_MAX);
    assert_int_equal(f->a.frames_discarded, 2);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    (void)put_frame(f, 4, true, 1000, 112, WHOLE);
    expect_frame(f, 4, true, 1000);
    assert_false(f->a.wants_refresh);
}

static void hole_is_waited_for_and_can_be_filled(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd); /* the second is missing */
    int64_t since = f->now;
    assert_true(timeout(f) == since + PATIENCE);
    f->now += TACET_MS(40);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    assert_true(timeout(f) == since + PATIENCE);
    f->now = since + PATIENCE - 1;
    expect_nothing(f);
    assert_false(f->a.wants_refresh);
    (void)put_frame(f, 2, false, 1000, 104, 0x2);
    expect_frame(f, 2, false, 1000);
    expect_frame(f, 3, false, 1000);
    expect_nothing(f);
    assert_true(timeout(f) == INT64_MAX);
    assert_int_equal(f->a.frames_discarded, 0);
}

static void hole_that_stays_costs_all_up_to_the_next_key_frame(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    assert_int_equal(f->a.frames_discarded, 2);
    assert_true(timeout(f) == INT64_MAX);
    (void)put_frame(f, 4, false, 1000, 112, WHOLE);
    expect_nothing(f);
    assert_int_equal(f->a.frames_discarded, 3);
    /* The straggler is late, and says so. */
    uint8_t byte[20] = { 0 };
    assert_int_equal(put(f, 105, 6000, false, byte, sizeof(byte)), TACET_DROP_LATE);
    assert_int_equal(f->a.packets_late, 1);
    (void)put_frame(f, 5, true, 1000, 116, WHOLE);
    expect_frame(f, 5, true, 1000);
    (void)put_frame(f, 6, false, 1000, 120, WHOLE);
    expect_frame(f, 6, false, 1000);
}

static void lost_tail_is_noticed_by_what_follows(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0x7); /* no marker: it may be on its way */
    expect_nothing(f);
    assert_true(timeout(f) == INT64_MAX);
    f->now += TACET_S(1);
    expect_nothing(f);
    assert_false(f->a.wants_refresh);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    assert_true(timeout(f) == f->now + PATIENCE);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
}

static void whole_lost_frame_is_a_hole(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    expect_nothing(f);
    f->now += PATIENCE;
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
}

static void complete_key_frame_behind_a_hole_comes_at_once(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd);
    (void)put_frame(f, 3, false, 1000, 108, WHOLE);
    (void)put_frame(f, 4, true, 1000, 112, 0x7);
    expect_nothing(f);
    (void)put_frame(f, 4, true, 1000, 112, 0x8);
    expect_frame(f, 4, true, 1000);
    assert_false(f->a.wants_refresh);
    assert_int_equal(f->a.frames_discarded, 2);
    expect_nothing(f);
    assert_true(timeout(f) == INT64_MAX);
}

static void key_frame_with_a_hole_of_its_own_is_waited_for(void **state)
{
    struct fixture *f = *state;

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0xd);
    f->now += TACET_MS(60);
    (void)put_frame(f, 3, true, 1000, 108, 0xb); /* 110 is missing as well, since now */
    expect_nothing(f);
    f->now += TACET_MS(40);
    expect_nothing(f); /* 105 is given up, 110 is not */
    assert_true(f->a.wants_refresh);
    assert_true(timeout(f) == f->now + TACET_MS(60));
    (void)put_frame(f, 3, true, 1000, 108, 0x4);
    expect_frame(f, 3, true, 1000);
}

static void duplicate_is_dropped_and_late_packet_too(void **state)
{
    struct fixture *f = *state;
    uint8_t byte[20] = { 0 };

    begin(f);
    (void)put_frame(f, 2, false, 1000, 104, 0x5);
    assert_int_equal(put(f, 104, 6000, false, byte, sizeof(byte)), TACET_DROP_REPLAY);
    assert_int_equal(put(f, 103, 3000, true, byte, sizeof(byte)), TACET_DROP_LATE);
    (void)put_frame(f, 2, false, 1000, 104, 0xa);
    expect_frame(f, 2, false, 1000);
}

static void padding_only_packet_is_passed_over(void **state)
{
    struct fixture *f = *state;
    uint8_t none = 0;

    assert_int_equal(put(f, 99, 0, false, &none, 0), TACET_DROP_NONE);
    begin(f);
    assert_int_equal(put(f, 104, 9, false, &none, 0), TACET_DROP_NONE);
    /* Also between the packets of a frame. */
    uint8_t frame[600];
    uint8_t out[PAYLOAD + 1];
    (void)make_frame(2, false, sizeof(frame), frame);
    const uint8_t start[4] = { 0x90, 0x80, 2, 0 };
    const uint8_t more[4] = { 0x80, 0x80, 2, 0 };
    memcpy(out, start, 3);
    memcpy(out + 3, frame, 298);
    assert_int_equal(put(f, 105, 6000, false, out, 301), TACET_DROP_NONE);
    assert_int_equal(put(f, 106, 6000, false, &none, 0), TACET_DROP_NONE);
    memcpy(out, more, 3);
    memcpy(out + 3, frame + 298, 298);
    assert_int_equal(put(f, 107, 6000, false, out, 301), TACET_DROP_NONE);
    memcpy(out + 3, frame + 596, 4);
    assert_int_equal(put(f, 108, 6000, true, out, 7), TACET_DROP_NONE);
    expect_frame(f, 2, false, 600);
    expect_nothing(f);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    assert_int_equal(f->a.frames_discarded, 0);
}

static void malformed_streams_need_a_new_key_frame(void **state)
{
    static const struct {
        const char *what;
        struct {
            uint8_t bytes[12]; /* one-byte descriptor and VP8 bytes */
            size_t size;
            uint32_t timestamp;
            bool marker;
        } packets[3];
    } rows[] = {
        { "other timestamp inside a frame",
          { { { 0x10, 0x11, 0, 0, 1 }, 5, 6000, false }, { { 0x00, 2 }, 2, 6001, true } } },
        { "a start inside a frame",
          { { { 0x10, 0x11, 0, 0, 1 }, 5, 6000, false },
            { { 0x10, 0x11, 0, 0 }, 4, 6000, true } } },
        { "no start", { { { 0x00, 0x11, 0, 0, 1 }, 5, 6000, true } } },
        { "start of a later partition", { { { 0x11, 0x11, 0, 0, 1 }, 5, 6000, true } } },
        { "too short for a frame", { { { 0x10, 0x11, 0 }, 3, 6000, true } } },
        { "key frame without its start code",
          { { { 0x10, 0x10, 0, 0, 1, 2, 3, 16, 0, 16, 0 }, 11, 6000, true } } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture *f = *state;
        uint16_t seq = 104;
        tacet_assembly_reset(&f->a);
        begin(f);
        for (size_t n = 0; n < 3 && rows[i].packets[n].size > 0; n++) {
            assert_int_equal(put(f, seq++, rows[i].packets[n].timestamp, rows[i].packets[n].marker,
                                 rows[i].packets[n].bytes, rows[i].packets[n].size),
                             TACET_DROP_NONE);
        }
        struct tacet_frame got;
        int result = tacet_assembly_get(&f->a, f->now, PATIENCE, &got);
        if (result != 0 || !f->a.wants_refresh) {
            fail_msg("%s", rows[i].what);
        }
        seq = (uint16_t)(seq + put_frame(f, 3, false, 1000, seq, WHOLE));
        expect_nothing(f);
        (void)put_frame(f, 4, true, 1000, seq, WHOLE);
        expect_frame(f, 4, true, 1000);
    }
}

static void packet_without_a_descriptor_is_malformed(void **state)
{
    struct fixture *f = *state;
    const uint8_t cut[2] = { 0x90, 0x80 };

    begin(f);
    assert_int_equal(put(f, 104, 6000, true, cut, sizeof(cut)), TACET_DROP_MALFORMED);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
}

static void window_that_runs_over_forgets_the_oldest(void **state)
{
    struct fixture *f = *state;

    begin(f);
    /* 104 never comes, and nobody asks for frames. */
    uint16_t seq = 105;
    for (uint32_t id = 2; seq < 104 + TACET_VIDEO_WINDOW_PACKETS + 40; id++) {
        seq = (uint16_t)(seq + put_frame(f, id, false, 1000, seq, WHOLE));
    }
    assert_true(f->a.wants_refresh);
    expect_nothing(f);
    assert_true(f->a.frames_discarded > 200);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    (void)put_frame(f, 999, true, 1000, seq, WHOLE);
    expect_frame(f, 999, true, 1000);
    /* And a leap of more than the whole window. */
    (void)put_frame(f, 1000, false, 1000, (uint16_t)(seq + 4), 0x5);
    (void)put_frame(f, 1001, false, 1000, (uint16_t)(seq + 5000), WHOLE);
    assert_true(f->a.wants_refresh);
    (void)put_frame(f, 1002, true, 1000, (uint16_t)(seq + 5004), WHOLE);
    expect_frame(f, 1002, true, 1000);
}

static void frame_over_the_size_limit_is_discarded(void **state)
{
    struct fixture *f = *state;
    size_t count = put_frame(f, 1, true, TACET_FRAME_SIZE_MAX, 100, WHOLE);

    expect_frame(f, 1, true, TACET_FRAME_SIZE_MAX);
    uint16_t seq = (uint16_t)(100 + count);
    seq = (uint16_t)(seq + put_frame(f, 2, true, TACET_FRAME_SIZE_MAX + 1, seq, WHOLE));
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    assert_int_equal(tacet_pool_available(f->pool), POOL);
    assert_int_equal(f->a.frames_discarded, 1);
    (void)put_frame(f, 3, true, 1000, seq, WHOLE);
    expect_frame(f, 3, true, 1000);
}

static void required_key_frame_is_waited_for(void **state)
{
    struct fixture *f = *state;

    begin(f);
    tacet_assembly_require_key(&f->a);
    (void)put_frame(f, 2, false, 1000, 104, WHOLE);
    expect_nothing(f);
    assert_true(f->a.wants_refresh);
    (void)put_frame(f, 3, true, 1000, 108, WHOLE);
    expect_frame(f, 3, true, 1000);
}

static void descriptor_and_arrival_reach_the_frame(void **state)
{
    struct fixture *f = *state;
    const uint8_t first[] = { 0xb0, 0xe0, 0x81, 0x02, 9,    0x40, 0x10, 0, 0, 0x9d,
                              0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 1,    2, 3 };
    const uint8_t second[] = { 0x80, 0x80, 0x81, 0x02, 4 };
    struct tacet_frame got;

    assert_int_equal(put(f, 7, 42, true, second, sizeof(second)), TACET_DROP_NONE);
    f->now += 5000;
    assert_int_equal(put(f, 6, 42, false, first, sizeof(first)), TACET_DROP_NONE);
    f->now += 5000;
    assert_int_equal(tacet_assembly_get(&f->a, f->now, PATIENCE, &got), 1);
    assert_int_equal(got.picture_id, 0x102);
    assert_int_equal(got.temporal_layer, 1);
    assert_int_equal(got.updates, 0); /* N */
    assert_int_equal(got.width, 320);
    assert_int_equal(got.height, 240);
    assert_int_equal(got.received_at_us, f->now - 5000);
    assert_int_equal(got.size, sizeof(first) - 6 + 1);
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t read_whole(const char *folder, const char *name, uint8_t *out, size_t capacity)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/vectors/rtp/%s", folder, name);
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(out, 1, capacity, file) : 0;

    if (file != NULL) {
        (void)fclose(file);
    }
    return size;
}

/* Chrome's packets, recorded: every frame as another implementation put it together. */
static void recorded_stream_gives_its_frames(void **state)
{
    struct fixture *f = *state;
    static uint8_t pcap[1 << 18];
    static uint8_t ivf[1 << 18];
    const char *shared = getenv("TACET_SHARED");
    size_t pcap_size = shared ? read_whole(shared, "str0m_vp8.pcap", pcap, sizeof(pcap)) : 0;
    size_t ivf_size = shared ? read_whole(shared, "str0m_vp8.expected.ivf", ivf, sizeof(ivf)) : 0;
    size_t frames = 0;
    size_t packets = 0;

    if (pcap_size == 0 || ivf_size == 0) {
        skip();
    }
    size_t expected = 32; /* behind the IVF header */
    for (size_t at = 24; at + 16 <= pcap_size;) {
        size_t size = le32(pcap + at + 8);
        const size_t head = 14 + 20 + 8; /* Ethernet, IPv4, UDP */
        struct tacet_rtp rtp;
        assert_true(at + 16 + size <= pcap_size && size > head);
        assert_int_equal(tacet_rtp_parse(pcap + at + 16 + head, size - head, &rtp), 0);
        at += 16 + size;
        packets++;
        f->now += 10000;
        assert_int_equal(put(f, rtp.seq, rtp.timestamp, rtp.marker, rtp.payload, rtp.payload_size),
                         TACET_DROP_NONE);
        struct tacet_frame got;
        while (tacet_assembly_get(&f->a, f->now, PATIENCE, &got) == 1) {
            assert_true(expected + 12 <= ivf_size);
            assert_int_equal(got.size, le32(ivf + expected));
            assert_true(expected + 12 + got.size <= ivf_size);
            assert_memory_equal(got.data, ivf + expected + 12, got.size);
            if (got.key) {
                assert_int_equal(got.width, 240);
                assert_int_equal(got.height, 180);
            }
            expected += 12 + got.size;
            frames++;
        }
    }
    assert_int_equal(packets, 104);
    assert_int_equal(frames, 101);
    assert_int_equal(expected, ivf_size);
}

/* A link of loss, reordering and duplication between cutter and assembly. */
#define IN_FLIGHT 512
struct flight {
    struct {
        int64_t due_us;
        uint16_t seq;
        uint32_t timestamp;
        bool marker;
        size_t size;
        uint8_t bytes[PAYLOAD];
    } packets[IN_FLIGHT];
    size_t count;
};

static size_t size_of_frame(uint32_t id, bool key)
{
    return (key ? 2000 : 10) + id * 37 % 1500;
}

static void fly(struct fixture *f, struct flight *flight)
{
    for (size_t i = 0; i < flight->count;) {
        if (flight->packets[i].due_us > f->now) {
            i++;
            continue;
        }
        enum tacet_drop drop =
            put(f, flight->packets[i].seq, flight->packets[i].timestamp, flight->packets[i].marker,
                flight->packets[i].bytes, flight->packets[i].size);
        assert_true(drop == TACET_DROP_NONE || drop == TACET_DROP_LATE ||
                    drop == TACET_DROP_REPLAY);
        flight->packets[i] = flight->packets[--flight->count];
    }
}

static void send_frame(struct fixture *f, struct flight *flight, struct tacet_rng *rng,
                       int32_t loss_permille, int64_t slow_us, uint32_t id, bool key, uint16_t *seq)
{
    uint8_t frame[4096];
    const struct tacet_vp8_descriptor d = { .has_picture_id = true,
                                            .picture_id_long = true,
                                            .picture_id = (uint16_t)(id & 0x7fff) };
    struct tacet_vp8_cutter c;

    tacet_vp8_cut(&c, frame, make_frame(id, key, size_of_frame(id, key), frame), &d, PAYLOAD);
    while (tacet_vp8_cut_count(&c) > 0) {
        uint8_t out[PAYLOAD];
        bool last = false;
        size_t size = tacet_vp8_cut_next(&c, out, sizeof(out), &last);
        int copies = tacet_rng_permille(rng, loss_permille) ? 0 : 1;
        copies += slow_us > 0 && tacet_rng_permille(rng, 50);
        for (int i = 0; i < copies; i++) {
            assert_true(flight->count < IN_FLIGHT);
            bool slow = slow_us > 0 && tacet_rng_permille(rng, 100);
            flight->packets[flight->count].due_us =
                f->now + 5000 + (slow ? (int64_t)tacet_rng_below(rng, (uint64_t)slow_us) : 0);
            flight->packets[flight->count].seq = *seq;
            flight->packets[flight->count].timestamp = id * 3000;
            flight->packets[flight->count].marker = last;
            flight->packets[flight->count].size = size;
            memcpy(flight->packets[flight->count].bytes, out, size);
            flight->count++;
        }
        (*seq)++;
    }
}

/* Takes all there is. A frame that comes out is one that went in, whole, later than the last, and
 * either key or the one right behind it. Returns how many came. */
static uint32_t take(struct fixture *f, const bool *keys, uint32_t *last)
{
    uint32_t count = 0;
    struct tacet_frame got;

    while (tacet_assembly_get(&f->a, f->now, PATIENCE, &got) == 1) {
        uint8_t frame[4096];
        uint32_t id = got.rtp_timestamp / 3000;
        assert_true(id > *last || *last == UINT32_MAX);
        assert_true(keys[id] || id == *last + 1);
        assert_int_equal(got.key, keys[id]);
        assert_int_equal(got.size, make_frame(id, keys[id], size_of_frame(id, keys[id]), frame));
        assert_memory_equal(got.data, frame, got.size);
        *last = id;
        count++;
    }
    assert_true(timeout(f) > f->now);
    return count;
}

static void any_link_gives_true_frames_and_heals(void **state)
{
    struct fixture *f = *state;
    static struct flight flight;

    for (uint64_t seed = 0; seed < 60; seed++) {
        enum { FRAMES = 400, HEALED = 20 };
        bool keys[FRAMES + HEALED] = { false };
        struct tacet_rng rng;
        uint32_t last = UINT32_MAX;
        uint32_t came = 0;
        bool asked = true;
        tacet_rng_seed(&rng, seed, 0);
        int32_t loss = (int32_t)(seed % 6) * (int32_t)(seed % 6) * 10; /* up to 25 % */
        /* Slower than patience, or not; the first seeds have a clean link. */
        int64_t slow_us = seed < 6 ? 0 : seed % 4 < 2 ? TACET_MS(200) : TACET_MS(90);
        uint16_t seq = (uint16_t)tacet_rng_next(&rng);
        flight.count = 0;
        tacet_assembly_reset(&f->a);
        for (uint32_t id = 0; id < FRAMES; id++) {
            keys[id] = asked || tacet_rng_permille(&rng, 5);
            send_frame(f, &flight, &rng, loss, slow_us, id, keys[id], &seq);
            for (int step = 0; step < 3; step++) {
                f->now += 11000;
                fly(f, &flight);
                came += take(f, keys, &last);
            }
            asked = f->a.wants_refresh && tacet_rng_permille(&rng, 200);
        }
        assert_true(loss > 0 || slow_us > 0 || came == FRAMES);
        assert_true(loss > 0 || slow_us > PATIENCE || came > FRAMES * 9 / 10);
        assert_true(loss > 100 || came > FRAMES / 20);
        /* All that is under way arrives, the losses are over, and a key frame comes. */
        f->now += TACET_S(1);
        fly(f, &flight);
        (void)take(f, keys, &last);
        keys[FRAMES] = true;
        for (uint32_t id = FRAMES; id < FRAMES + HEALED; id++) {
            send_frame(f, &flight, &rng, 0, 0, id, keys[id], &seq);
            f->now += 33000;
            fly(f, &flight);
            if (take(f, keys, &last) != 1) {
                fail_msg("seed %llu: frame %u did not come", (unsigned long long)seed, id);
            }
        }
        assert_false(f->a.wants_refresh);
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(frames_come_out_in_order),
        WITH(several_frames_wait_for_being_taken),
        WITH(inter_frame_before_any_key_frame_is_discarded),
        WITH(first_packets_in_any_order_make_a_frame),
        WITH(joining_in_the_middle_waits_for_a_key_frame),
        WITH(hole_is_waited_for_and_can_be_filled),
        WITH(hole_that_stays_costs_all_up_to_the_next_key_frame),
        WITH(lost_tail_is_noticed_by_what_follows),
        WITH(whole_lost_frame_is_a_hole),
        WITH(complete_key_frame_behind_a_hole_comes_at_once),
        WITH(key_frame_with_a_hole_of_its_own_is_waited_for),
        WITH(duplicate_is_dropped_and_late_packet_too),
        WITH(padding_only_packet_is_passed_over),
        WITH(malformed_streams_need_a_new_key_frame),
        WITH(packet_without_a_descriptor_is_malformed),
        WITH(window_that_runs_over_forgets_the_oldest),
        WITH(frame_over_the_size_limit_is_discarded),
        WITH(required_key_frame_is_waited_for),
        WITH(descriptor_and_arrival_reach_the_frame),
        WITH(recorded_stream_gives_its_frames),
        WITH(any_link_gives_true_frames_and_heals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
