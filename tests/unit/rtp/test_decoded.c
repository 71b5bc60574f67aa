/* What the decoder holds, and what it can decode next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/decoded.h"

/* A frame of that layer, which says all that it can. */
static struct tacet_vp8_descriptor layered(uint8_t layer, uint8_t tl0, uint16_t picture_id)
{
    return (struct tacet_vp8_descriptor){
        .start = true,
        .has_picture_id = true,
        .picture_id = picture_id,
        .has_tl0 = true,
        .tl0_picture_index = tl0,
        .has_temporal_layer = true,
        .temporal_layer = layer,
        .has_key_index = true,
    };
}

static struct tacet_vp8_descriptor synced(struct tacet_vp8_descriptor frame, uint8_t key_index)
{
    frame.layer_sync = true;
    frame.key_index = key_index;
    return frame;
}

static struct tacet_vp8_descriptor without_tl0(struct tacet_vp8_descriptor frame)
{
    frame.has_tl0 = false;
    return frame;
}

static struct tacet_vp8_descriptor without_layer(struct tacet_vp8_descriptor frame)
{
    frame.has_temporal_layer = false;
    return frame;
}

static struct tacet_vp8_descriptor without_picture_id(struct tacet_vp8_descriptor frame)
{
    frame.has_picture_id = false;
    return frame;
}

/* A key frame with TL0PICIDX 255, number 7, picture 100. */
static struct tacet_decoded after_key(void)
{
    struct tacet_vp8_descriptor key = layered(0, 255, 100);
    struct tacet_decoded d = { 0 };

    key.key_index = 7;
    tacet_decoded_on_frame(&d, &key, true);
    return d;
}

static void frame_decodes_where_all_that_it_needs_was_decoded(void **state)
{
    const struct {
        struct tacet_vp8_descriptor frame;
        bool next;       /* after the key frame */
        bool behind_gap; /* where something is missing */
    } rows[] = {
        { layered(0, 0, 101), true, true }, /* TL0PICIDX wraps */
        { layered(0, 1, 102), false, false },
        { layered(0, 0, 100 + 256), false, false }, /* that TL0PICIDX, but 256 later */
        { layered(0, 0, 100), false, false },       /* the same picture again */
        { layered(1, 255, 101), true, false },
        { layered(1, 0, 101), false, false },
        { synced(layered(1, 255, 101), 7), true, true },
        { synced(layered(0, 9, 120), 7), true, true }, /* from the long-term picture */
        { synced(layered(0, 9, 120), 8), false, false },
        { layered(0, 0, 100 + 255), true, true },
        { layered(0, 0, (100 - 1) & 0x7fff), false, false },
        /* What tells nothing, or not enough of it, can only be the next one. */
        { { .start = true }, true, false },
        { without_tl0(layered(0, 9, 120)), true, false },
        { without_layer(layered(0, 9, 120)), true, false },
        { without_picture_id(layered(0, 9, 120)), true, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_decoded d = after_key();
        struct tacet_decoded none = { 0 };
        assert_false(tacet_decoded_allows(&none, &rows[i].frame, true));
        assert_int_equal(tacet_decoded_allows(&d, &rows[i].frame, true), rows[i].next);
        tacet_decoded_on_gap(&d);
        assert_int_equal(tacet_decoded_allows(&d, &rows[i].frame, false), rows[i].behind_gap);
    }
}

/* Nothing stands on a frame of a layer above but those of its layer, up to the next base. */
static void frame_of_a_layer_above_moves_no_base(void **state)
{
    struct tacet_decoded d = after_key();
    struct tacet_vp8_descriptor above = layered(1, 255, 101);
    struct tacet_vp8_descriptor second = layered(1, 255, 102);
    struct tacet_vp8_descriptor base = layered(0, 0, 103);
    uint16_t held[TACET_LONG_TERM_ACKED];

    (void)state;
    above.key_index = 9; /* nor is it a long-term picture, whatever it says */
    tacet_decoded_on_frame(&d, &above, false);
    assert_int_equal(tacet_decoded_long_term(&d, held), 1);
    assert_int_equal(held[0], 100);
    assert_true(tacet_decoded_allows(&d, &second, true));
    assert_true(tacet_decoded_allows(&d, &base, false));
    tacet_decoded_on_gap(&d);
    tacet_decoded_on_frame(&d, &above, false); /* from before the gap: it heals nothing */
    assert_false(tacet_decoded_allows(&d, &second, true));
    tacet_decoded_on_frame(&d, &base, false);
    above = layered(1, 0, 104);
    assert_true(tacet_decoded_allows(&d, &above, true));
}

/* A stream that tells nothing of its layers stands on every frame of it. */
static void gap_breaks_a_stream_without_layers_until_a_key_frame(void **state)
{
    struct tacet_vp8_descriptor plain = { .start = true };
    struct tacet_decoded d = { 0 };

    (void)state;
    tacet_decoded_on_frame(&d, &plain, true);
    assert_true(tacet_decoded_allows(&d, &plain, true));
    assert_false(tacet_decoded_allows(&d, &plain, false));
    tacet_decoded_on_gap(&d);
    assert_false(tacet_decoded_allows(&d, &plain, true));
    tacet_decoded_on_frame(&d, &plain, true);
    assert_true(tacet_decoded_allows(&d, &plain, true));
}

static void frame_of_a_layer_above_is_spared_until_the_next_base(void **state)
{
    struct tacet_decoded d = after_key();
    struct tacet_vp8_descriptor above = layered(1, 255, 101);
    struct tacet_vp8_descriptor base = layered(0, 0, 102);

    (void)state;
    assert_true(tacet_decoded_spares(&d, &above));
    assert_false(tacet_decoded_spares(&d, &base));
    tacet_decoded_on_frame(&d, &base, false);
    assert_false(tacet_decoded_spares(&d, &above));
}

static void long_term_pictures_are_told_newest_first(void **state)
{
    struct tacet_decoded d = after_key();
    uint16_t held[TACET_LONG_TERM_ACKED];

    (void)state;
    assert_int_equal(tacet_decoded_long_term(&d, held), 1);
    assert_int_equal(held[0], 100);
    for (uint8_t n = 0; n < 3; n++) {
        struct tacet_vp8_descriptor base = layered(0, n, 102 + n);
        base.key_index = (uint8_t)(8 + n / 2); /* 8, 8, 9: two of the three are long-term */
        tacet_decoded_on_frame(&d, &base, false);
    }
    assert_int_equal(tacet_decoded_long_term(&d, held), 2);
    assert_int_equal(held[0], 104);
    assert_int_equal(held[1], 102);
    struct tacet_vp8_descriptor plain = { .start = true };
    tacet_decoded_on_frame(&d, &plain, true); /* a key frame that tells nothing */
    assert_int_equal(tacet_decoded_long_term(&d, held), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_decodes_where_all_that_it_needs_was_decoded),
        cmocka_unit_test(frame_of_a_layer_above_moves_no_base),
        cmocka_unit_test(gap_breaks_a_stream_without_layers_until_a_key_frame),
        cmocka_unit_test(frame_of_a_layer_above_is_spared_until_the_next_base),
        cmocka_unit_test(long_term_pictures_are_told_newest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
