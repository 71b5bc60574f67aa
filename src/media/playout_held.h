/*
 * The encoded frames that wait in the jitter buffer, by their time in the stream. Which of them is
 * played, and which comes too late, is the business of playout.c.
 */
#ifndef TACET_MEDIA_PLAYOUT_HELD_H
#define TACET_MEDIA_PLAYOUT_HELD_H

#include "base/limits.h"
#include "tacet/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_held_frame {
    bool used;           /* false: gone; its data stays until its place is taken */
    int64_t at;          /* unwrapped timestamp */
    uint32_t samples;
    uint32_t redundancy; /* samples before it that it can bring back */
    int64_t received_at_us;
    size_t size;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
};

/* Zeroed to begin. */
struct tacet_held {
    struct tacet_held_frame slots[TACET_AUDIO_WINDOW_PACKETS];
};

/* A place for a frame of that time, which the caller fills: a free one, or where all are used that
 * of the oldest, unless the new one is older. *ret_evicted: how many samples had to go for it.
 * NULL: it is there already, or there is no room. */
struct tacet_held_frame *tacet_held_add(struct tacet_held *held, int64_t at, uint32_t *ret_evicted);
/* The earliest one; NULL: there is none. */
struct tacet_held_frame *tacet_held_first(struct tacet_held *held);
/* Where the last one ends; INT64_MIN: there is none. */
int64_t tacet_held_end(const struct tacet_held *held);
void tacet_held_clear(struct tacet_held *held);

#endif
