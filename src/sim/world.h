/* Virtual time: a clock that jumps from event to event, and a heap of events in order of time, then
 * of scheduling. Nothing here knows of calls. */
#ifndef TACET_SIM_WORLD_H
#define TACET_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_world;

typedef void tacet_world_fn(void *ctx, int64_t now, uint64_t arg);

int tacet_world_create(int64_t start_us, struct tacet_world **ret);
void tacet_world_free(struct tacet_world **world);
int64_t tacet_world_now(const struct tacet_world *world);
/* Runs `fn(ctx, now, arg)` at that time, or at once if it is past. TACET_ERR_NOMEM. */
int tacet_world_at(struct tacet_world *world, int64_t at_us, tacet_world_fn *fn, void *ctx,
                   uint64_t arg);
/* Runs the next event. False when there is none up to `until_us`: then the clock stands there. */
bool tacet_world_step(struct tacet_world *world, int64_t until_us);

#endif
