/* The VP8 descriptor (RFC 7741), the frame header (RFC 6386), and cutting frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/payload_vp8.h"
#include "tacet/error.h"

#include <string.h>

static void assert_descriptors_equal(const struct tacet_vp8_descriptor *a,
                                     const struct tacet_vp8_descriptor *b)
{
    assert_int_equal(a->non_reference, b->non_reference);
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->partition, b->partition);
    assert_int_equal(a->has_picture_id, b->has_picture_id);
    assert_int_equal(a->picture_id, b->picture_id);
    assert_int_equal(a->picture_id_long, b->picture_id_long);
    assert_int_equal(a->has_tl0, b->has_tl0);
    assert_int_equal(a->tl0_picture_index, b->tl0_picture_index);
    assert_int_equal(a->has_temporal_layer, b->has_temporal_layer);
    assert_int_equal(a->temporal_layer, b->temporal_layer);
    assert_int_equal(a->layer_sync, b->layer_sync);
    assert_int_equal(a->has_key_index, b->has_key_index);
    assert_int_equal(a->key_index, b->key_index);
}

static const struct {
    const char *what;
    uint8_t bytes[8];
    size_t size; /* of the descriptor */
    struct tacet_vp8_descriptor d;
} rows[] = {
    { "one byte", { 0x10 }, 1, { .start = true } },
    { "middle of partition 5", { 0x25 }, 1, { .non_reference = true, .partition = 5 } },
    { "7-bit picture id",
      { 0x90, 0x80, 0x11 },
      3,
      { .start = true, .has_picture_id = true, .picture_id = 0x11 } },
    { "15-bit picture id (RFC 7741 section 4.6.5's form)",
      { 0x80, 0x80, 0x92, 0x34 },
      4,
      { .has_picture_id = true, .picture_id_long = true, .picture_id = 0x1234 } },
    { "everything",
      { 0x90, 0xf0, 0xff, 0xff, 0x7b, 0xa5 },
      6,
      { .start = true,
        .has_picture_id = true,
        .picture_id_long = true,
        .picture_id = 0x7fff,
        .has_tl0 = true,
        .tl0_picture_index = 0x7b,
        .has_temporal_layer = true,
        .temporal_layer = 2,
        .layer_sync = true,
        .has_key_index = true,
        .key_index = 5 } },
    { "key index alone", { 0x80, 0x10, 0x1f }, 3, { .has_key_index = true, .key_index = 31 } },
    { "layer without its index",
      { 0x80, 0x20, 0xc0 },
      3,
      { .has_temporal_layer = true, .temporal_layer = 3 } },
    { "layer index alone", { 0x80, 0x40, 0x09 }, 3, { .has_tl0 = true, .tl0_picture_index = 9 } },
};

static void descriptors_are_read_and_written(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_vp8_descriptor d = { .key_index = 77 };
        uint8_t out[TACET_VP8_DESCRIPTOR_MAX];
        size_t size = 99;
        /* Cut anywhere, or with nothing behind it, it is refused and nothing touched. */
        for (size_t cut = 0; cut <= rows[i].size; cut++) {
            assert_int_equal(tacet_vp8_descriptor_parse(rows[i].bytes, cut, &d, &size),
                             TACET_ERR_FORMAT);
            assert_int_equal(d.key_index, 77);
            assert_int_equal(size, 99);
        }
        assert_int_equal(tacet_vp8_descriptor_parse(rows[i].bytes, rows[i].size + 1, &d, &size), 0);
        assert_int_equal(size, rows[i].size);
        assert_descriptors_equal(&d, &rows[i].d);
        assert_int_equal(tacet_vp8_descriptor_write(&rows[i].d, out), rows[i].size);
        assert_memory_equal(out, rows[i].bytes, rows[i].size);
    }
}

static void reserved_bits_are_ignored(void **state)
{
    const uint8_t bytes[] = { 0xd8, 0x8f, 0x01, 0x00 };
    /* The key index is there, the layer is not: its bits mean nothing. */
    const uint8_t no_layer[] = { 0x90, 0x10, 0xe3, 0x00 };
    struct tacet_vp8_descriptor d;
    size_t size = 0;

    assert_int_equal(tacet_vp8_descriptor_parse(bytes, sizeof(bytes), &d, &size), 0);
    assert_int_equal(size, 3);
    assert_int_equal(d.picture_id, 1);
    assert_int_equal(d.partition, 0);
    assert_int_equal(tacet_vp8_descriptor_parse(no_layer, sizeof(no_layer), &d, &size), 0);
    assert_int_equal(d.temporal_layer, 0);
    assert_false(d.layer_sync);
    assert_int_equal(d.key_index, 3);
}

static void first_packet_tells_what_frame_it_begins(void **state)
{
    static const struct {
        struct tacet_vp8_descriptor d;
        uint8_t behind;
        bool frame;
        bool key;
    } begins[] = {
        { { .start = true }, 0x10, true, true },
        { { .start = true }, 0x11, true, false },
        { { .start = true, .partition = 1 }, 0x10, false, false }, /* RFC 7741: of a partition */
        { { .start = false }, 0x10, false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        assert_int_equal(tacet_vp8_begins_frame(&begins[i].d), begins[i].frame);
        assert_int_equal(tacet_vp8_begins_key_frame(&begins[i].d, &begins[i].behind),
                         begins[i].key);
    }
}

static void frame_header_is_read(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[10];
        size_t size;
        int result;
        struct tacet_vp8_header h;
    } frames[] = {
        { "key 640x360",
          { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01 },
          10,
          0,
          { .key = true, .shown = true, .width = 640, .height = 360 } },
        { "scale bits",
          { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0xc1 },
          10,
          0,
          { .key = true, .shown = true, .width = 640, .height = 360 } },
        { "inter", { 0x11, 0, 0 }, 3, 0, { .shown = true } },
        { "inter, hidden", { 0x01, 0, 0 }, 3, 0, { 0 } },
        { "inter, cut", { 0x11, 0 }, 2, TACET_ERR_FORMAT, { 0 } },
        { "key, cut",
          { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68 },
          9,
          TACET_ERR_FORMAT,
          { 0 } },
        { "wrong start code",
          { 0x10, 0, 0, 0x9d, 0x01, 0x2b, 0x80, 0x02, 0x68, 0x01 },
          10,
          TACET_ERR_FORMAT,
          { 0 } },
        { "no width",
          { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0xc0, 0x68, 0x01 },
          10,
          TACET_ERR_FORMAT,
          { 0 } },
        { "no height",
          { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x00, 0x00 },
          10,
          TACET_ERR_FORMAT,
          { 0 } },
        { "empty", { 0 }, 0, TACET_ERR_FORMAT, { 0 } },
    };

    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct tacet_vp8_header h = { .width = 7 };
        int result = tacet_vp8_header_parse(frames[i].bytes, frames[i].size, &h);
        if (result != frames[i].result) {
            fail_msg("%s: %d", frames[i].what, result);
        }
        if (result != 0) {
            assert_int_equal(h.width, 7);
            continue;
        }
        assert_int_equal(h.key, frames[i].h.key);
        assert_int_equal(h.shown, frames[i].h.shown);
        assert_int_equal(h.width, frames[i].h.width);
        assert_int_equal(h.height, frames[i].h.height);
    }
}

static void cut_pieces_are_even_and_make_up_the_frame(void **state)
{
    static const size_t sizes[] = { 1, 2, 1195, 1196, 1197, 2392, 2393, 5000, 100000 };
    static uint8_t frame[100000];
    const struct tacet_vp8_descriptor descriptor = {
        .has_picture_id = true, .picture_id_long = true, .picture_id = 300, .partition = 3
    };

    for (size_t i = 0; i < sizeof(frame); i++) {
        frame[i] = (uint8_t)(i * 7 + i / 251);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct tacet_vp8_cutter c;
        uint8_t out[1200];
        size_t at = 0;
        size_t smallest = SIZE_MAX;
        size_t largest = 0;
        bool last = false;
        tacet_vp8_cut(&c, frame, sizes[i], &descriptor, sizeof(out));
        size_t count = tacet_vp8_cut_count(&c);
        assert_int_equal(count, (sizes[i] + 1195) / 1196);
        for (size_t n = 0; n < count; n++) {
            struct tacet_vp8_descriptor d;
            size_t head = 0;
            assert_false(last);
            size_t size = tacet_vp8_cut_next(&c, out, sizeof(out), &last);
            assert_true(size > 0 && size <= sizeof(out));
            assert_int_equal(tacet_vp8_descriptor_parse(out, size, &d, &head), 0);
            assert_int_equal(d.start, n == 0);
            assert_int_equal(d.partition, 0);
            assert_int_equal(d.picture_id, 300);
            assert_true(at + size - head <= sizes[i]);
            assert_memory_equal(out + head, frame + at, size - head);
            at += size - head;
            smallest = size < smallest ? size : smallest;
            largest = size > largest ? size : largest;
        }
        assert_int_equal(at, sizes[i]);
        assert_true(last);
        assert_true(largest - smallest <= 1);
        assert_int_equal(tacet_vp8_cut_next(&c, out, sizeof(out), &last), 0);
        assert_int_equal(tacet_vp8_cut_count(&c), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_read_and_written),
        cmocka_unit_test(reserved_bits_are_ignored),
        cmocka_unit_test(first_packet_tells_what_frame_it_begins),
        cmocka_unit_test(frame_header_is_read),
        cmocka_unit_test(cut_pieces_are_even_and_make_up_the_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
