/* See decoded.h. Key frames need nothing and are not asked about. */
#include "rtp/decoded.h"

#include <string.h>

/* TL0PICIDX has 8 bits: a frame further away than this is not the next one but 256 after it. */
#define PICTURES_APART_MAX 256
#define PICTURE_ID_MASK 0x7fff

static bool holds_long_term(const struct tacet_decoded *d, uint8_t number)
{
    for (size_t i = 0; i < TACET_LONG_TERM_MAX; i++) {
        if (d->long_term[i].held && d->long_term[i].number == number) {
            return true;
        }
    }
    return false;
}

/* Whether the descriptor says where the frame stands among the layers. */
static bool tells_layer(const struct tacet_vp8_descriptor *frame)
{
    return frame->has_tl0 && frame->has_temporal_layer;
}

bool tacet_decoded_allows(const struct tacet_decoded *d, const struct tacet_vp8_descriptor *frame,
                          bool next)
{
    if (!tells_layer(frame) || !frame->has_picture_id || !d->has_layers) {
        return next && d->intact;
    }
    if (frame->temporal_layer == 0 && frame->layer_sync) {
        return frame->has_key_index && holds_long_term(d, frame->key_index);
    }
    int apart = (frame->picture_id - d->picture_id) & PICTURE_ID_MASK;
    if (!d->has_base || apart == 0 || apart >= PICTURES_APART_MAX) {
        return false;
    }
    if (frame->temporal_layer == 0) {
        return frame->tl0_picture_index == (uint8_t)(d->tl0 + 1);
    }
    return frame->tl0_picture_index == d->tl0 && (frame->layer_sync || (next && d->intact_base));
}

bool tacet_decoded_spares(const struct tacet_decoded *d, const struct tacet_vp8_descriptor *frame)
{
    return tells_layer(frame) && frame->temporal_layer > 0 && d->has_base &&
           frame->tl0_picture_index == d->tl0;
}

void tacet_decoded_on_frame(struct tacet_decoded *d, const struct tacet_vp8_descriptor *frame,
                            bool key)
{
    bool layers = tells_layer(frame) && frame->has_picture_id;
    bool base = key || !layers || frame->temporal_layer == 0;

    if (key) {
        *d = (struct tacet_decoded){ .has_layers = layers };
    }
    d->intact = true;
    if (!base) {
        return;
    }
    bool long_term = key || (frame->key_index != d->number && !frame->layer_sync);
    if (layers && frame->has_key_index && long_term) {
        memmove(&d->long_term[1], &d->long_term[0],
                (TACET_LONG_TERM_MAX - 1) * sizeof(d->long_term[0]));
        d->long_term[0] = (struct tacet_long_term){ true, frame->key_index, frame->picture_id };
    }
    d->intact_base = true;
    d->has_base = layers;
    d->tl0 = frame->tl0_picture_index;
    d->number = frame->key_index;
    d->picture_id = frame->picture_id;
}

void tacet_decoded_on_gap(struct tacet_decoded *d)
{
    d->intact = false;
    d->intact_base = false;
}

size_t tacet_decoded_long_term(const struct tacet_decoded *d,
                               uint16_t picture_ids[TACET_LONG_TERM_ACKED])
{
    size_t count = 0;

    while (count < TACET_LONG_TERM_ACKED && d->long_term[count].held) {
        picture_ids[count] = d->long_term[count].picture_id;
        count++;
    }
    return count;
}
