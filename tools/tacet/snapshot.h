/* The last picture that was shown, kept to be written as a PNG file. */
#ifndef TACET_TOOL_SNAPSHOT_H
#define TACET_TOOL_SNAPSHOT_H

#include "tacet/picture.h"

#include <pthread.h>

struct tacet_snapshot {
    pthread_mutex_t lock;
    uint16_t width; /* 0: none yet */
    uint16_t height;
    uint8_t *pixels; /* I420, planes without gaps */
    size_t capacity;
};

void tacet_snapshot_init(struct tacet_snapshot *snapshot);
void tacet_snapshot_free(struct tacet_snapshot *snapshot);
/* Copies the picture. Any thread. */
void tacet_snapshot_keep(struct tacet_snapshot *snapshot, const struct tacet_picture *picture);
/* Writes it; main thread. 0, also where there is none; or TACET_EXIT_FAILED after one line. */
int tacet_snapshot_write_png(struct tacet_snapshot *snapshot, const char *file);

#endif
