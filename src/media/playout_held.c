/* See playout_held.h. There are few: each look walks through all. */
#include "media/playout_held.h"

struct tacet_held_frame *tacet_held_first(struct tacet_held *held)
{
    struct tacet_held_frame *first = NULL;

    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        struct tacet_held_frame *frame = &held->slots[i];
        if (frame->used && (first == NULL || frame->at < first->at)) {
            first = frame;
        }
    }
    return first;
}

int64_t tacet_held_end(const struct tacet_held *held)
{
    int64_t end = INT64_MIN;

    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        const struct tacet_held_frame *frame = &held->slots[i];
        if (frame->used && frame->at + frame->samples > end) {
            end = frame->at + frame->samples;
        }
    }
    return end;
}

struct tacet_held_frame *tacet_held_add(struct tacet_held *held, int64_t at, uint32_t *ret_evicted)
{
    struct tacet_held_frame *place = NULL;
    uint32_t evicted = 0;

    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        if (!held->slots[i].used) {
            place = &held->slots[i];
        } else if (held->slots[i].at == at) {
            return NULL;
        }
    }
    if (place == NULL) {
        place = tacet_held_first(held);
        if (at < place->at) {
            return NULL;
        }
        evicted = place->samples;
    }
    place->used = true;
    place->at = at;
    *ret_evicted = evicted;
    return place;
}

void tacet_held_clear(struct tacet_held *held)
{
    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        held->slots[i].used = false;
    }
}
