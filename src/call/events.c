/* See events.h; and the names of event types and end reasons. */
#include "call/events.h"

static struct tacet_event *at(struct tacet_events *events, size_t i)
{
    return &events->queue[(events->first + i) % TACET_EVENTS_MAX];
}

/* Events of which only the newest of a peer tells anything; a peer can cause any number of them. */
static bool is_state(enum tacet_event_type type)
{
    return type == TACET_EVENT_SEND_TARGET || type == TACET_EVENT_MEDIA ||
           type == TACET_EVENT_RINGING || type == TACET_EVENT_REKEYED;
}

/* Takes the place of the one that still waits; a refresh that was asked for stays asked for. */
static bool replace(struct tacet_events *events, const struct tacet_event *event)
{
    for (size_t i = 0; i < events->count; i++) {
        struct tacet_event *waiting = at(events, i);
        if (waiting->type != event->type || waiting->peer != event->peer) {
            continue;
        }
        enum tacet_refresh refresh = waiting->u.send_target.refresh;
        *waiting = *event;
        if (event->type == TACET_EVENT_SEND_TARGET) {
            waiting->u.send_target.refresh =
                tacet_refresh_join(refresh, event->u.send_target.refresh);
        }
        return true;
    }
    return false;
}

/* Gives up the newest event that may be lost. A message that is never polled would be in the way of
 * the next one for ever, and an app waits for each end. */
static void make_room(struct tacet_events *events)
{
    for (size_t i = events->count; i > 0; i--) {
        enum tacet_event_type type = at(events, i - 1)->type;
        if (type != TACET_EVENT_ENDED && type != TACET_EVENT_MESSAGE) {
            for (; i < events->count; i++) {
                *at(events, i - 1) = *at(events, i);
            }
            events->count--;
            return;
        }
    }
}

bool tacet_events_push(struct tacet_events *events, const struct tacet_event *event)
{
    if (is_state(event->type) && replace(events, event)) {
        return true;
    }
    if (events->count == TACET_EVENTS_MAX && event->type == TACET_EVENT_ENDED) {
        make_room(events);
    }
    if (events->count == TACET_EVENTS_MAX) {
        return false;
    }
    *at(events, events->count) = *event;
    events->count++;
    return true;
}

size_t tacet_events_waiting(const struct tacet_events *events, enum tacet_event_type type,
                            uint32_t peer)
{
    size_t waiting = 0;

    for (size_t i = 0; i < events->count; i++) {
        const struct tacet_event *event = &events->queue[(events->first + i) % TACET_EVENTS_MAX];
        waiting += event->type == type && event->peer == peer;
    }
    return waiting;
}

bool tacet_events_take(struct tacet_events *events, struct tacet_event *ret)
{
    if (events->count == 0) {
        return false;
    }
    *ret = *at(events, 0);
    events->first = (events->first + 1) % TACET_EVENTS_MAX;
    events->count--;
    return true;
}

const char *tacet_end_string(enum tacet_end reason)
{
    switch (reason) {
    case TACET_END_HANGUP:
        return "hangup";
    case TACET_END_DECLINED:
        return "declined";
    case TACET_END_BUSY:
        return "busy";
    case TACET_END_NO_ANSWER:
        return "no_answer";
    case TACET_END_PROTOCOL:
        return "protocol";
    case TACET_END_GLARE:
        return "glare";
    case TACET_END_FAILED:
        return "failed";
    case TACET_END_UNREACHABLE:
        return "unreachable";
    case TACET_END_IMPOSTOR:
        return "impostor";
    case TACET_END_LOST:
        return "lost";
    }
    return "unknown";
}

const char *tacet_notice_string(enum tacet_notice notice)
{
    static const char *const names[] = {
        "none",    "offer",   "verified",    "stale",    "other",
        "changed", "revoked", "certificate", "outdated", "required"
    };

    _Static_assert(sizeof(names) / sizeof(names[0]) == TACET_NOTICE_REQUIRED + 1, "one name each");
    return (unsigned)notice <= TACET_NOTICE_REQUIRED ? names[notice] : "unknown";
}

const char *tacet_event_string(enum tacet_event_type type)
{
    switch (type) {
    case TACET_EVENT_INCOMING:
        return "incoming";
    case TACET_EVENT_ESTABLISHED:
        return "established";
    case TACET_EVENT_RINGING:
        return "ringing";
    case TACET_EVENT_ANSWERED:
        return "answered";
    case TACET_EVENT_MEDIA:
        return "media";
    case TACET_EVENT_MESSAGE:
        return "message";
    case TACET_EVENT_TRUST:
        return "trust";
    case TACET_EVENT_SEND_TARGET:
        return "send_target";
    case TACET_EVENT_REKEYED:
        return "rekeyed";
    case TACET_EVENT_RECONNECTING:
        return "reconnecting";
    case TACET_EVENT_RECONNECTED:
        return "reconnected";
    case TACET_EVENT_ENDED:
        return "ended";
    }
    return "unknown";
}
