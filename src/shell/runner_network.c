/*
 * The network thread, to which the call and the transport belong. A turn of its loop runs the
 * app's jobs, takes encoded frames and playout reports from the rings, drains the call's polls,
 * and sleeps in the transport until something comes, somebody wakes it, or a timer is due.
 */
#include "shell/runner_internal.h"

#include <assert.h>
#include <string.h>

#define BLOCKED_RETRY_US TACET_MS(1) /* until a transport that took nothing is asked again */

void tacet_runner_network_prepare(struct tacet_runner *runner)
{
    struct tacet_runner_network *n = &runner->network;

    for (size_t i = 0; i < TACET_TRANSPORT_BATCH; i++) {
        n->out[i].data = n->out_data[i];
        n->in[i].data = n->in_data[i];
    }
    n->video_seat = TACET_RUNNER_NOBODY;
    n->stop_at_us = TACET_NEVER;
}

/* --- from the app and the other threads --- */

static void run_jobs(struct tacet_runner *runner)
{
    struct tacet_runner_network *n = &runner->network;

    (void)pthread_mutex_lock(&runner->mutex);
    size_t count = runner->job_count;
    memcpy(n->taken, runner->jobs, count * sizeof(n->taken[0]));
    runner->job_count = 0;
    (void)pthread_mutex_unlock(&runner->mutex);
    for (size_t i = 0; i < count; i++) {
        n->taken[i].run(n->taken[i].arg, runner->config.call, tacet_clock_now());
    }
}

static void hang_up(struct tacet_runner *runner, int64_t now)
{
    if (!runner->network.hung_up) {
        runner->network.hung_up = true;
        tacet_call_hangup(runner->config.call, now);
    }
}

/* Does what a failure or a stop asks for. */
static void obey(struct tacet_runner *runner, int64_t now)
{
    struct tacet_runner_network *n = &runner->network;

    (void)pthread_mutex_lock(&runner->mutex);
    const char *what = runner->wishes.failed_what;
    int error = runner->wishes.failed_error;
    (void)pthread_mutex_unlock(&runner->mutex);
    if (what != NULL && !n->failure_told) {
        n->failure_told = true;
        hang_up(runner, now);
        if (runner->config.on_error != NULL) {
            runner->config.on_error(runner->config.ctx, what, error);
        }
    }
    if (n->stop_at_us == TACET_NEVER && atomic_load(&runner->stopping)) {
        n->stop_at_us = now + TACET_HANGUP_LINGER_US;
        n->hung_up = false; /* a job may have dialled since */
        hang_up(runner, now);
    }
}

/* Frames that went to whoever is answered: the call leaves some out, and says nothing of it. */
static uint64_t frames_sent(const struct tacet_runner *runner, enum tacet_kind kind)
{
    const struct tacet_runner_network *n = &runner->network;
    struct tacet_stats stats = { .size = sizeof(stats) };
    uint64_t sum = 0;

    for (uint32_t seat = 0; seat < TACET_PEERS_MAX; seat++) {
        if ((n->answered >> seat & 1) != 0 &&
            tacet_call_stats(runner->config.call, n->peers[seat], &stats) == 0) {
            sum += stats.outbound[kind].frames_sent;
        }
    }
    return sum;
}

static void send_frame(struct tacet_runner *runner, int64_t now, const struct tacet_frame *frame,
                       uint64_t index)
{
    uint64_t before = frames_sent(runner, frame->kind);
    int r = tacet_call_send_frame(runner->config.call, now, frame);

    if (r < 0) {
        tacet_runner_fail(runner,
                          frame->kind == TACET_KIND_AUDIO ? "sending audio" : "sending video", r);
        return;
    }
    if (frames_sent(runner, frame->kind) == before) {
        return;
    }
    tacet_runner_log(runner, &(struct tacet_media_event){
                                 .type = TACET_MEDIA_SENT,
                                 .kind = frame->kind,
                                 .index = index,
                                 .rtp_timestamp = tacet_call_rtp_timestamp(
                                     runner->config.call, frame->kind, frame->captured_at_us),
                                 .time_us = now,
                                 .width = frame->width,
                                 .height = frame->height,
                                 .bytes = frame->size,
                             });
}

/* Frames of a session that is over are passed over. */
static void take_frames(struct tacet_runner *runner, int64_t now)
{
    uint32_t session = atomic_load(&runner->session);
    const struct tacet_audio_slot *audio;
    const struct tacet_video_slot *video;

    while (runner->audio_out != NULL && (audio = tacet_ring_front(runner->audio_out)) != NULL) {
        struct tacet_frame frame = audio->frame;
        frame.data = audio->data;
        if (audio->life == session) {
            send_frame(runner, now, &frame, audio->index);
        }
        tacet_ring_release(runner->audio_out);
    }
    while (runner->video_out != NULL && (video = tacet_ring_front(runner->video_out)) != NULL) {
        struct tacet_frame frame = video->frame;
        frame.data = video->data;
        if (video->life == session) {
            send_frame(runner, now, &frame, video->index);
        }
        tacet_ring_release(runner->video_out);
    }
}

/* A peer that has gone meanwhile needs no report. */
static void hand_report(struct tacet_runner *runner, int64_t now, uint32_t seat,
                        enum tacet_kind kind, const struct tacet_playout_report *report)
{
    int r = tacet_call_handle_playout(runner->config.call, now, runner->network.peers[seat], kind,
                                      report);

    assert(r == 0 || r == TACET_ERR_NOTFOUND);
}

static void take_reports(struct tacet_runner *runner, int64_t now)
{
    struct tacet_runner_network *n = &runner->network;
    struct tacet_report_slot slot;

    while (runner->audio_reports != NULL && tacet_ring_read(runner->audio_reports, &slot, 1) == 1) {
        if (slot.life == atomic_load(&runner->lives[slot.seat])) {
            hand_report(runner, now, slot.seat, TACET_KIND_AUDIO, &slot.report);
        }
    }
    while (runner->video_reports != NULL && tacet_ring_read(runner->video_reports, &slot, 1) == 1) {
        if (slot.life == atomic_load(&runner->video_life)) {
            /* What was dropped before the decoder counts as refused by it, once a gap: the call
             * then asks for a key frame. */
            slot.report.frames_dropped += n->video_dropped;
            slot.report.frames_failed += n->video_losses;
            hand_report(runner, now, n->video_seat, TACET_KIND_VIDEO, &slot.report);
        }
    }
}

/* --- to the transport --- */

static void break_transport(struct tacet_runner *runner, int error)
{
    runner->network.broken = true;
    tacet_runner_fail(runner, "transport", error);
}

/* Gathers a batch; the call's bytes are only borrowed, so they are copied. */
static void gather(struct tacet_runner_network *n, struct tacet_call *call, int64_t now)
{
    struct tacet_packet packet;

    while (n->out_end < TACET_TRANSPORT_BATCH && tacet_call_poll_packet(call, now, &packet) == 1) {
        assert(packet.size <= TACET_DATAGRAM_MAX);
        struct tacet_packet *out = &n->out[n->out_end++];
        out->path = packet.path;
        out->size = packet.size;
        out->at_us = packet.at_us;
        memcpy(out->data, packet.data, packet.size);
    }
}

/* Sends until the call has nothing more, or the transport takes no more for now. */
static void send_packets(struct tacet_runner *runner, int64_t now)
{
    struct tacet_runner_network *n = &runner->network;
    const struct tacet_transport *transport = &runner->config.transport;

    for (;;) {
        if (n->out_first == n->out_end) {
            n->out_first = 0;
            n->out_end = 0;
            gather(n, runner->config.call, now);
        }
        size_t count = n->out_end - n->out_first;
        if (count == 0) {
            return;
        }
        int taken = n->broken ? (int)count
                              : transport->ops->send(transport->ctx, n->out + n->out_first, count);
        if (taken < 0) {
            break_transport(runner, taken);
            taken = (int)count;
        }
        n->out_first += (size_t)taken;
        if ((size_t)taken < count) {
            return;
        }
    }
}

/* --- from the call --- */

static void deliver_audio(struct tacet_runner *runner, uint32_t seat,
                          const struct tacet_frame *frame)
{
    struct tacet_audio_slot *slot =
        runner->audio_in != NULL ? tacet_ring_reserve(runner->audio_in) : NULL;

    if (slot == NULL || frame->size > sizeof(slot->data)) {
        return;
    }
    slot->seat = seat;
    slot->life = atomic_load(&runner->lives[seat]);
    slot->frame = *frame;
    memcpy(slot->data, frame->data, frame->size);
    tacet_ring_publish(runner->audio_in); /* the audio thread looks at its next tick */
}

static void deliver_video(struct tacet_runner *runner, uint32_t seat,
                          const struct tacet_frame *frame)
{
    struct tacet_runner_network *n = &runner->network;
    struct tacet_video_slot *slot = NULL;

    if (runner->video_in == NULL || seat != n->video_seat) {
        return;
    }
    if (!n->video_lost || frame->key) {
        slot = tacet_ring_reserve(runner->video_in);
    }
    if (slot == NULL || frame->size > sizeof(slot->data)) {
        n->video_losses += n->video_lost ? 0 : 1;
        n->video_lost = true;
        n->video_dropped++;
        return;
    }
    n->video_lost = false;
    slot->seat = seat;
    slot->life = atomic_load(&runner->video_life);
    slot->frame = *frame;
    memcpy(slot->data, frame->data, frame->size);
    tacet_ring_publish(runner->video_in);
    tacet_wakeup_raise(&runner->decode.thread.wakeup);
}

static void deliver_frames(struct tacet_runner *runner, int64_t now)
{
    struct tacet_frame frame;
    uint32_t peer;

    while (tacet_call_poll_frame(runner->config.call, now, &peer, &frame) == 1) {
        uint32_t seat = tacet_runner_seat(runner, peer);
        if (seat == TACET_RUNNER_NOBODY) {
            continue;
        }
        if (frame.kind == TACET_KIND_AUDIO) {
            deliver_audio(runner, seat, &frame);
        } else {
            deliver_video(runner, seat, &frame);
        }
    }
}

static bool deliver_events(struct tacet_runner *runner)
{
    struct tacet_event event;
    bool any = false;

    while (tacet_call_poll_event(runner->config.call, &event) == 1) {
        any = true;
        tacet_runner_react(runner, &event);
        if (runner->config.on_event != NULL) {
            runner->config.on_event(runner->config.ctx, runner->config.call, &event);
        }
    }
    return any;
}

/* --- the thread --- */

static bool finished(const struct tacet_runner *runner, int64_t now)
{
    const struct tacet_runner_network *n = &runner->network;

    if (n->stop_at_us == TACET_NEVER) {
        return false;
    }
    return n->broken || now >= n->stop_at_us ||
           (n->out_first == n->out_end && tacet_call_idle(runner->config.call));
}

/* Sleeps until there is something to do, and hands in what has come. */
static void receive(struct tacet_runner *runner)
{
    struct tacet_runner_network *n = &runner->network;
    const struct tacet_transport *transport = &runner->config.transport;
    int64_t deadline = tacet_call_next_timeout(runner->config.call, NULL);

    deadline = deadline < n->stop_at_us ? deadline : n->stop_at_us;
    if (n->out_first < n->out_end) {
        /* What the call would send is due as long as it cannot: its time is no time to wake. */
        deadline = tacet_clock_now() + BLOCKED_RETRY_US;
    }
    if (n->broken) {
        tacet_wakeup_wait(&n->thread.wakeup, deadline > 0 ? deadline : 0);
        return;
    }
    for (size_t i = 0; i < TACET_TRANSPORT_BATCH; i++) {
        n->in[i].path = (struct tacet_path){ 0 }; /* an app's transport sets what it knows */
        n->in[i].size = TACET_DATAGRAM_ROOM;
    }
    int count = transport->ops->recv(transport->ctx, n->in, TACET_TRANSPORT_BATCH, deadline);
    if (count < 0) {
        break_transport(runner, count);
        return;
    }
    for (int i = 0; i < count; i++) {
        (void)tacet_call_handle_packet(runner->config.call, tacet_clock_now(), &n->in[i]);
    }
}

void *tacet_runner_network_main(void *arg)
{
    struct tacet_runner *runner = arg;
    bool done = false;

    tacet_runner_prefer_thread();
    while (!done) {
        run_jobs(runner);
        int64_t now = tacet_clock_now();
        obey(runner, now);
        take_frames(runner, now);
        take_reports(runner, now);
        tacet_call_handle_timeout(runner->config.call, now);
        do {
            send_packets(runner, now);
        } while (deliver_events(runner));
        deliver_frames(runner, now); /* after ANSWERED: now their peer has a seat */
        done = finished(runner, now);
        if (!done) {
            receive(runner);
        }
    }
    return NULL;
}
