/* Events not yet polled: a bounded queue inside the call. */
#ifndef TACET_CALL_EVENTS_H
#define TACET_CALL_EVENTS_H

#include "base/limits.h"
#include "tacet/event.h"

#include <stdbool.h>
#include <stddef.h>

struct tacet_events {
    struct tacet_event queue[TACET_EVENTS_MAX];
    size_t first;
    size_t count;
};

/* Queues a copy. A SEND_TARGET, MEDIA, RINGING or REKEYED takes the place of the one of its peer
 * that still waits (a refresh that was asked for stays asked for), so that no peer can push out
 * what others have caused. When full all the same, the newest is lost, except that ENDED takes the
 * place of the last one that is neither an end nor a message: an app that never polls still learns
 * the end. False: it was lost. */
bool tacet_events_push(struct tacet_events *events, const struct tacet_event *event);
/* How many of this type and peer wait. */
size_t tacet_events_waiting(const struct tacet_events *events, enum tacet_event_type type,
                            uint32_t peer);
bool tacet_events_take(struct tacet_events *events, struct tacet_event *ret);

#endif
