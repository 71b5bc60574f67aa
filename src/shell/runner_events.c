/*
 * What the runner itself does at the call's events, before the app hears of them: it lets the
 * media threads loose when a peer is answered, stops them when the last one is gone, and hands
 * them what the call asks of the encoders. Everything here runs on the network thread.
 */
#include "shell/runner_internal.h"

#include <assert.h>

static void wake_media(struct tacet_runner *runner)
{
    tacet_wakeup_raise(&runner->audio.thread.wakeup);
    tacet_wakeup_raise(&runner->encode.thread.wakeup);
    tacet_wakeup_raise(&runner->decode.thread.wakeup);
}

static void ask_key(struct tacet_runner *runner)
{
    (void)pthread_mutex_lock(&runner->mutex);
    runner->wishes.refresh = TACET_REFRESH_KEY;
    (void)pthread_mutex_unlock(&runner->mutex);
}

static uint16_t at_most(uint16_t value, uint16_t max)
{
    return value < max ? value : max;
}

/* The size that the shown peer's pictures will have, as far as it has been said. No picture above
 * the receiving maximum is decoded, so that nobody makes a sink write larger ones by saying so. */
static void set_format(struct tacet_runner *runner, const struct tacet_media *media)
{
    bool known = media != NULL && media->video && media->width > 0 && media->height > 0;

    (void)pthread_mutex_lock(&runner->mutex);
    runner->wishes.format_known = known;
    if (known) {
        runner->wishes.format = (struct tacet_video_format){
            .width = at_most(media->width, runner->config.receive_width_max),
            .height = at_most(media->height, runner->config.receive_height_max),
            .fps_numerator = media->fps > 0 ? media->fps : 1,
            .fps_denominator = 1,
        };
    }
    (void)pthread_mutex_unlock(&runner->mutex);
}

static bool taken(const struct tacet_runner_network *n, uint32_t seat)
{
    return (n->answered >> seat & 1) != 0;
}

uint32_t tacet_runner_seat(const struct tacet_runner *runner, uint32_t peer)
{
    const struct tacet_runner_network *n = &runner->network;

    for (uint32_t seat = 0; seat < TACET_PEERS_MAX; seat++) {
        if (taken(n, seat) && n->peers[seat] == peer) {
            return seat;
        }
    }
    return TACET_RUNNER_NOBODY;
}

/* Whose pictures are shown: who sits in the first seat, until that one goes. */
static void choose_video(struct tacet_runner *runner)
{
    struct tacet_runner_network *n = &runner->network;
    struct tacet_peer_info info;

    if (n->video_seat != TACET_RUNNER_NOBODY && taken(n, n->video_seat)) {
        return;
    }
    if (n->video_seat != TACET_RUNNER_NOBODY) {
        n->video_seat = TACET_RUNNER_NOBODY;
        set_format(runner, NULL);
        (void)atomic_fetch_add(&runner->video_life, 1);
    }
    for (uint32_t seat = 0; seat < TACET_PEERS_MAX && n->video_seat == TACET_RUNNER_NOBODY;
         seat++) {
        n->video_seat = taken(n, seat) ? seat : TACET_RUNNER_NOBODY;
    }
    if (n->video_seat != TACET_RUNNER_NOBODY) {
        n->video_lost = false;
        n->video_dropped = 0;
        n->video_losses = 0;
        if (tacet_call_peer(runner->config.call, n->peers[n->video_seat], &info) == 0) {
            set_format(runner, &info.media);
        }
        (void)atomic_fetch_add(&runner->video_life, 1);
    }
}

static void on_answered(struct tacet_runner *runner, uint32_t peer)
{
    struct tacet_runner_network *n = &runner->network;
    uint32_t seat = 0;

    assert(tacet_runner_seat(runner, peer) == TACET_RUNNER_NOBODY);
    while (taken(n, seat)) {
        seat++;
    }
    assert(seat < TACET_PEERS_MAX); /* the call has no more peers than there are seats */
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        atomic_store(&runner->timestamp_bases[kind],
                     tacet_call_rtp_timestamp(runner->config.call, (enum tacet_kind)kind, 0));
    }
    bool first = n->answered == 0;
    n->peers[seat] = peer;
    n->answered |= (uint32_t)1 << seat;
    (void)atomic_fetch_add(&runner->lives[seat], 1);
    choose_video(runner);
    ask_key(runner);
    if (first) {
        (void)atomic_fetch_add(&runner->session, 1);
    }
    wake_media(runner);
}

static void on_ended(struct tacet_runner *runner, uint32_t peer)
{
    struct tacet_runner_network *n = &runner->network;
    uint32_t seat = tacet_runner_seat(runner, peer);

    if (seat == TACET_RUNNER_NOBODY) {
        return; /* was never answered */
    }
    n->answered &= ~((uint32_t)1 << seat);
    (void)atomic_fetch_add(&runner->lives[seat], 1);
    choose_video(runner);
    if (n->answered == 0) {
        (void)atomic_fetch_add(&runner->session, 1);
    }
    wake_media(runner);
}

static void on_send_target(struct tacet_runner *runner, const struct tacet_event *event)
{
    struct tacet_runner_network *n = &runner->network;
    bool changed = tacet_adapt_audio(event, &n->audio);

    (void)pthread_mutex_lock(&runner->mutex);
    if (changed) {
        runner->wishes.audio = n->audio;
        runner->wishes.audio_changed = true;
    }
    runner->wishes.frame_samples = tacet_adapt_audio_samples(event);
    runner->wishes.refresh =
        tacet_refresh_join(runner->wishes.refresh, event->u.send_target.refresh);
    runner->wishes.target = *event;
    runner->wishes.target_changed = true;
    (void)pthread_mutex_unlock(&runner->mutex);
}

static void on_media(struct tacet_runner *runner, const struct tacet_event *event)
{
    uint32_t seat = tacet_runner_seat(runner, event->peer);

    if (seat != TACET_RUNNER_NOBODY && seat == runner->network.video_seat) {
        set_format(runner, &event->u.media);
    }
}

void tacet_runner_react(struct tacet_runner *runner, const struct tacet_event *event)
{
    switch (event->type) {
    case TACET_EVENT_ANSWERED:
        on_answered(runner, event->peer);
        break;
    case TACET_EVENT_ENDED:
        on_ended(runner, event->peer);
        break;
    case TACET_EVENT_MEDIA:
        on_media(runner, event);
        break;
    case TACET_EVENT_SEND_TARGET:
        on_send_target(runner, event);
        break;
    case TACET_EVENT_INCOMING:
    case TACET_EVENT_ESTABLISHED:
    case TACET_EVENT_RINGING:
    case TACET_EVENT_MESSAGE:
    case TACET_EVENT_TRUST:
    case TACET_EVENT_REKEYED:
    case TACET_EVENT_RECONNECTING:
    case TACET_EVENT_RECONNECTED:
        break;
    }
}
