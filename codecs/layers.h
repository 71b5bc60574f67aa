/*
 * Temporal layers and reference pictures of an encoder with VP8's three buffers: which layer the
 * next frame belongs to, what it is predicted from and what it replaces. Pure.
 */
#ifndef TACET_CODECS_LAYERS_H
#define TACET_CODECS_LAYERS_H

#include "tacet/codec.h"
#include "tacet/picture.h"

#define TACET_LAYERS_MAX 3

struct tacet_role { /* as in struct tacet_frame */
    uint8_t layer;
    uint8_t references;
    uint8_t updates;
};

/* Zeroed to begin: the first frame is then to be a key frame. */
struct tacet_layers {
    unsigned int place;     /* in the pattern, of the next frame */
    int32_t since_long;     /* frames since GOLDEN or ALTREF was replaced by the base layer */
    uint8_t long_term_next; /* which of them is next */
};

/* The next frame's role; nothing changes. */
struct tacet_role tacet_layers_next(const struct tacet_layers *layers, uint8_t count, int32_t fps,
                                    enum tacet_refresh refresh);
/* What is told of a frame of that role, made from that picture, but for its data and size. */
struct tacet_frame tacet_layers_frame(const struct tacet_role *role, bool key,
                                      const struct tacet_picture *picture);
/* A frame of that role has been made. */
void tacet_layers_advance(struct tacet_layers *layers, const struct tacet_role *role,
                          enum tacet_refresh refresh);
/* Their number changes: the base layer stands on its own, so it goes on in any pattern. */
void tacet_layers_restart(struct tacet_layers *layers);

#endif
