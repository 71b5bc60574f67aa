/*
 * See layers.h. A frame uses and replaces LAST alone as a rule. GOLDEN and ALTREF are for recovery:
 * twice a second, or every fourth frame, one of them is replaced by a frame of the base layer, in
 * turn, so that there is always one that the receivers have said they hold; on demand a frame is
 * predicted from it alone.
 */
#include "layers.h"

#include <assert.h>

#define LAST TACET_REFERENCE_LAST
#define GOLDEN TACET_REFERENCE_GOLDEN
#define ALTREF TACET_REFERENCE_ALTREF

#define PATTERN_MAX 4
#define LONG_TERM_PER_S 2
/* ... but so many frames apart at least: where there are few a second, each takes long to send, and
 * both pictures would be among those that are left out meanwhile. */
#define LONG_TERM_APART_MIN 4

/* By the place since the last refresh. The base layer refers to itself only. With three layers the
 * middle one needs a picture of its own, and ALTREF is not there for recovery. */
static const struct {
    unsigned int length;
    struct tacet_role roles[PATTERN_MAX];
} patterns[TACET_LAYERS_MAX] = {
    { 1, { { 0, LAST, LAST } } },
    { 2, { { 0, LAST, LAST }, { 1, LAST, 0 } } },
    { 4, { { 0, LAST, LAST }, { 2, LAST, 0 }, { 1, LAST, ALTREF }, { 2, LAST | ALTREF, 0 } } },
};

struct tacet_role tacet_layers_next(const struct tacet_layers *layers, uint8_t count, int32_t fps,
                                    enum tacet_refresh refresh)
{
    assert(count >= 1 && count <= TACET_LAYERS_MAX);
    struct tacet_role role = patterns[count - 1].roles[layers->place % patterns[count - 1].length];

    switch (refresh) {
    case TACET_REFRESH_KEY:
        return (struct tacet_role){ .updates = LAST | GOLDEN | ALTREF };
    case TACET_REFRESH_GOLDEN:
        return (struct tacet_role){ .references = GOLDEN, .updates = LAST };
    case TACET_REFRESH_ALTREF:
        return (struct tacet_role){ .references = ALTREF, .updates = LAST };
    case TACET_REFRESH_NONE:
        break;
    }
    int32_t apart =
        fps / LONG_TERM_PER_S > LONG_TERM_APART_MIN ? fps / LONG_TERM_PER_S : LONG_TERM_APART_MIN;
    if (role.layer == 0 && layers->since_long + 1 >= apart) {
        role.updates |= count == TACET_LAYERS_MAX ? GOLDEN : layers->long_term_next;
    }
    return role;
}

struct tacet_frame tacet_layers_frame(const struct tacet_role *role, bool key,
                                      const struct tacet_picture *picture)
{
    return (struct tacet_frame){
        .kind = TACET_KIND_VIDEO,
        .key = key,
        .temporal_layer = role->layer,
        .references = role->references,
        .updates = role->updates,
        .width = picture->width,
        .height = picture->height,
        .captured_at_us = picture->captured_at_us,
    };
}

void tacet_layers_advance(struct tacet_layers *layers, const struct tacet_role *role,
                          enum tacet_refresh refresh)
{
    uint8_t long_term = role->layer == 0 ? role->updates & (GOLDEN | ALTREF) : 0;

    /* What heals a loss begins the pattern anew. */
    layers->place = refresh == TACET_REFRESH_NONE ? layers->place + 1 : 1;
    layers->since_long++;
    if (long_term != 0) {
        layers->since_long = 0;
        layers->long_term_next = long_term == GOLDEN ? ALTREF : GOLDEN;
    } else if (refresh != TACET_REFRESH_NONE) {
        /* The receivers have this one, and perhaps not the other. */
        layers->long_term_next = refresh == TACET_REFRESH_GOLDEN ? ALTREF : GOLDEN;
    }
}

void tacet_layers_restart(struct tacet_layers *layers)
{
    layers->place = 0;
}
