/* See bare.h. */
#include "bare.h"

#include "base/pool.h"
#include "benchmark.h"
#include "cpu.h"
#include "crypto/srtp.h"
#include "rtp/header.h"
#include "rtp/payload_vp8.h"
#include "tacet/random.h"
#include "tacet/runner.h"
#include "tacet/transport.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_SAMPLES 960
#define FRAME_US 20000
#define BATCH TACET_TRANSPORT_BATCH
#define SOCKET_BUFFER_SIZE (1 << 20) /* as the engine's */

static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };

struct packet {
    _Alignas(8) uint8_t data[TACET_BUFFER_BODY + TACET_BUFFER_TAIL];
};

struct party {
    struct tacet_bare *bare;
    int number;
    int fd;
    pthread_t thread;
    struct tacet_srtp *srtp;
    struct tacet_srtp_indexes indexes;
    struct tacet_audio_source sound;
    struct tacet_video_source pictures;
    struct tacet_audio_encoder audio_encoder;
    struct tacet_audio_decoder audio_decoder;
    struct tacet_video_encoder video_encoder;
    struct tacet_video_decoder video_decoder;
    uint64_t sent[TACET_KIND_COUNT]; /* packets, which is also the index of the next */
    uint64_t frames[TACET_KIND_COUNT];
    struct packet out[BATCH];
    struct packet in[BATCH];
    size_t out_sizes[BATCH];
    size_t out_count;
    uint8_t frame[TACET_FRAME_SIZE_MAX]; /* being put together */
    size_t frame_size;
    uint16_t frame_seq; /* of its next packet */
    bool frame_started;
    atomic_llong codec_ns;
    atomic_llong sockets_ns;
    atomic_ullong decoded;
    int error; /* the first that came; read after the thread has ended */
};

struct tacet_bare {
    struct tacet_bare_config config;
    atomic_bool stopping;
    struct party parties[2];
};

static void book(atomic_llong *ns, int64_t began_ns)
{
    (void)atomic_fetch_add_explicit(ns, tacet_cpu_thread_ns() - began_ns, memory_order_relaxed);
}

static void note(struct party *p, int result)
{
    p->error = p->error == 0 && result < 0 ? result : p->error;
}

/* --- sending --- */

static void flush(struct party *p)
{
    struct mmsghdr messages[BATCH] = { 0 };
    struct iovec vectors[BATCH];

    for (size_t i = 0; i < p->out_count; i++) {
        vectors[i] = (struct iovec){ .iov_base = p->out[i].data, .iov_len = p->out_sizes[i] };
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    if (p->out_count > 0) {
        int64_t began = tacet_cpu_thread_ns();
        (void)sendmmsg(p->fd, messages, (unsigned)p->out_count, 0); /* what does not fit is lost */
        book(&p->sockets_ns, began);
    }
    p->out_count = 0;
}

/* Puts a header before the payload that stands in the next packet out, and protects it. */
static void queue(struct party *p, enum tacet_kind kind, size_t payload_size, uint32_t timestamp,
                  bool marker)
{
    uint8_t *data = p->out[p->out_count].data;
    size_t size = TACET_RTP_HEADER_SIZE + payload_size;
    enum tacet_ssrc_kind stream = kind == TACET_KIND_AUDIO ? TACET_SSRC_AUDIO : TACET_SSRC_VIDEO;
    struct tacet_rtp header = {
        .payload_type = kind == TACET_KIND_AUDIO ? TACET_PT_OPUS : TACET_PT_VP8,
        .marker = marker,
        .seq = (uint16_t)p->sent[kind],
        .timestamp = timestamp,
        .ssrc = ssrcs[p->number][stream],
    };

    tacet_rtp_write(&header, data);
    note(p, tacet_srtp_protect(p->srtp, p->sent[kind]++, data, &size, sizeof(p->out[0].data)));
    p->out_sizes[p->out_count++] = size;
    if (p->out_count == BATCH) {
        flush(p);
    }
}

static void send_sound(struct party *p)
{
    int16_t pcm[FRAME_SAMPLES];
    size_t size = 0;

    (void)p->sound.ops->read(p->sound.ctx, pcm, FRAME_SAMPLES);
    int64_t began = tacet_cpu_thread_ns();
    int r = p->audio_encoder.ops->encode(p->audio_encoder.ctx, pcm, FRAME_SAMPLES,
                                         p->out[p->out_count].data + TACET_RTP_HEADER_SIZE,
                                         TACET_AUDIO_FRAME_SIZE_MAX, &size);
    book(&p->codec_ns, began);
    note(p, r);
    if (r == 0) {
        uint32_t timestamp = (uint32_t)(p->frames[TACET_KIND_AUDIO] * FRAME_SAMPLES);
        queue(p, TACET_KIND_AUDIO, size, timestamp, false);
        flush(p);
    }
    p->frames[TACET_KIND_AUDIO]++;
}

static void send_picture(struct party *p)
{
    size_t payload_max =
        TACET_DATAGRAM_MAX - TACET_RTP_HEADER_SIZE - tacet_srtp_overhead(p->bare->config.profile);
    uint64_t number = p->frames[TACET_KIND_VIDEO]++;
    struct tacet_vp8_descriptor descriptor = { .has_picture_id = true,
                                               .picture_id_long = true,
                                               .picture_id = (uint16_t)(number & 0x7fff) };
    struct tacet_vp8_cutter cutter;
    struct tacet_picture picture;
    struct tacet_frame frame;
    bool last = false;
    size_t size;

    (void)p->pictures.ops->read(p->pictures.ctx, 0, 0, &picture);
    picture.captured_at_us = tacet_clock_now();
    int64_t began = tacet_cpu_thread_ns();
    int r =
        p->video_encoder.ops->encode(p->video_encoder.ctx, &picture,
                                     number == 0 ? TACET_REFRESH_KEY : TACET_REFRESH_NONE, &frame);
    book(&p->codec_ns, began);
    note(p, r);
    if (r != 1) {
        return;
    }
    tacet_vp8_cut(&cutter, frame.data, frame.size, &descriptor, payload_max);
    while ((size = tacet_vp8_cut_next(&cutter, p->out[p->out_count].data + TACET_RTP_HEADER_SIZE,
                                      payload_max, &last)) > 0) {
        queue(p, TACET_KIND_VIDEO, size, (uint32_t)(number * 3000), last);
    }
    flush(p);
}

/* --- receiving --- */

static void take_sound(struct party *p, const struct tacet_rtp *rtp)
{
    int16_t pcm[TACET_AUDIO_FRAME_SAMPLES_MAX];
    size_t count = 0;
    int64_t began = tacet_cpu_thread_ns();
    int r = p->audio_decoder.ops->decode(p->audio_decoder.ctx, rtp->payload, rtp->payload_size,
                                         false, pcm, TACET_AUDIO_FRAME_SAMPLES_MAX, &count);

    book(&p->codec_ns, began);
    note(p, r);
}

/* Packets come in order here or not at all; a picture with a gap is passed over. */
static void take_picture(struct party *p, const struct tacet_rtp *rtp)
{
    struct tacet_vp8_descriptor descriptor;
    struct tacet_picture picture;
    size_t skip = 0;

    if (tacet_vp8_descriptor_parse(rtp->payload, rtp->payload_size, &descriptor, &skip) != 0) {
        note(p, TACET_ERR_FORMAT);
        return;
    }
    size_t size = rtp->payload_size - skip;
    if (descriptor.start && descriptor.partition == 0) {
        p->frame_size = 0;
        p->frame_started = true;
    } else if (rtp->seq != p->frame_seq) {
        p->frame_started = false;
    }
    p->frame_seq = (uint16_t)(rtp->seq + 1);
    if (!p->frame_started || size > sizeof(p->frame) - p->frame_size) {
        return;
    }
    memcpy(p->frame + p->frame_size, rtp->payload + skip, size);
    p->frame_size += size;
    if (rtp->marker) {
        int64_t began = tacet_cpu_thread_ns();
        int r =
            p->video_decoder.ops->decode(p->video_decoder.ctx, p->frame, p->frame_size, &picture);
        book(&p->codec_ns, began);
        (void)atomic_fetch_add(&p->decoded, r == 1 ? 1 : 0);
        p->frame_started = false;
    }
}

static void take_packet(struct party *p, uint8_t *data, size_t size)
{
    struct tacet_rtp rtp;
    uint64_t index;

    if (tacet_srtp_unprotect(p->srtp, &p->indexes, data, &size, &index) != TACET_DROP_NONE ||
        tacet_rtp_parse(data, size, &rtp) != 0) {
        return;
    }
    if (rtp.payload_type == TACET_PT_OPUS) {
        take_sound(p, &rtp);
    } else {
        take_picture(p, &rtp);
    }
}

/* Sleeps until a packet comes or the deadline has; takes all that is there. */
static void receive_until(struct party *p, int64_t deadline_us)
{
    struct pollfd readable = { .fd = p->fd, .events = POLLIN };
    struct mmsghdr messages[BATCH] = { 0 };
    struct iovec vectors[BATCH];
    int64_t left_us = deadline_us - tacet_clock_now();
    struct timespec left = { 0 };
    int count = 0;

    if (left_us > 0) {
        left.tv_sec = (time_t)(left_us / 1000000);
        left.tv_nsec = (long)(left_us % 1000000 * 1000);
    }
    for (size_t i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){ .iov_base = p->in[i].data, .iov_len = TACET_DATAGRAM_ROOM };
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int64_t began = tacet_cpu_thread_ns();
    if (ppoll(&readable, 1, &left, NULL) > 0) {
        count = recvmmsg(p->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    }
    book(&p->sockets_ns, began);
    for (int i = 0; i < count; i++) {
        take_packet(p, p->in[i].data, messages[i].msg_len);
    }
}

static void *party_main(void *arg)
{
    struct party *p = arg;
    const struct tacet_clip *clip = p->bare->config.clip;
    bool video = clip->picture_count > 0;
    int64_t start = tacet_clock_now();
    int64_t sound_due = start;
    int64_t picture_due = video ? start : INT64_MAX;

    while (p->error == 0 && !atomic_load(&p->bare->stopping)) {
        receive_until(p, sound_due < picture_due ? sound_due : picture_due);
        int64_t now = tacet_clock_now();
        if (now >= sound_due) {
            send_sound(p);
            sound_due += FRAME_US;
        }
        if (now >= picture_due) {
            send_picture(p);
            picture_due =
                start + (int64_t)(p->frames[TACET_KIND_VIDEO] * 1000000 *
                                  clip->format.fps_denominator / clip->format.fps_numerator);
        }
    }
    return NULL;
}

/* --- both --- */

static void open_codecs(struct party *p, const struct tacet_bare_config *config)
{
    const struct tacet_codec *opus = tacet_codec_find(TACET_KIND_AUDIO, "opus");
    const struct tacet_codec *vp8 = tacet_codec_find(TACET_KIND_VIDEO, "vp8");

    tacet_clip_audio_source(config->clip, &p->sound);
    (void)tacet_bench_must(opus->audio_encoder_create(&config->audio, &p->audio_encoder), "opus");
    (void)tacet_bench_must(opus->audio_decoder_create(&p->audio_decoder), "opus");
    if (config->clip->picture_count > 0) {
        tacet_clip_video_source(config->clip, &p->pictures);
        (void)tacet_bench_must(vp8->video_encoder_create(&config->video, &p->video_encoder), "vp8");
        (void)tacet_bench_must(
            vp8->video_decoder_create(config->video.width, config->video.height, &p->video_decoder),
            "vp8");
    }
}

static void open_sockets(struct tacet_bare *bare)
{
    struct sockaddr_in addresses[2];
    int size = SOCKET_BUFFER_SIZE;
    int result = 0;

    for (int i = 0; i < 2; i++) {
        socklen_t length = sizeof(addresses[i]);
        addresses[i] = (struct sockaddr_in){ .sin_family = AF_INET,
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        bare->parties[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        result |= bind(bare->parties[i].fd, (struct sockaddr *)&addresses[i], length);
        result |= getsockname(bare->parties[i].fd, (struct sockaddr *)&addresses[i], &length);
        (void)setsockopt(bare->parties[i].fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
    for (int i = 0; i < 2; i++) {
        result |= connect(bare->parties[i].fd, (struct sockaddr *)&addresses[1 - i],
                          sizeof(addresses[0]));
    }
    (void)tacet_bench_must(result == 0 ? 0 : TACET_ERR_IO, "sockets of the bare loop");
}

struct tacet_bare *tacet_bare_start(const struct tacet_bare_config *config)
{
    struct tacet_bare *bare = tacet_bench_alloc(1, sizeof(*bare));
    struct tacet_random random = tacet_random_system();
    uint8_t keys[2][TACET_SRTP_KEY_SIZE_MAX];

    bare->config = *config;
    random.fill(random.ctx, keys[0], sizeof(keys[0]));
    random.fill(random.ctx, keys[1], sizeof(keys[1]));
    open_sockets(bare);
    for (int i = 0; i < 2; i++) {
        struct party *p = &bare->parties[i];
        p->bare = bare;
        p->number = i;
        open_codecs(p, config);
        (void)tacet_bench_must(tacet_srtp_create(config->profile, 1, keys[i], ssrcs[i], keys[1 - i],
                                                 ssrcs[1 - i], &p->srtp),
                               "SRTP");
    }
    for (int i = 0; i < 2; i++) {
        int r = pthread_create(&bare->parties[i].thread, NULL, party_main, &bare->parties[i]);
        (void)tacet_bench_must(r == 0 ? 0 : TACET_ERR_NOMEM, "thread");
    }
    return bare;
}

int64_t tacet_bare_codec_ns(const struct tacet_bare *bare)
{
    return atomic_load(&bare->parties[0].codec_ns) + atomic_load(&bare->parties[1].codec_ns);
}

int64_t tacet_bare_sockets_ns(const struct tacet_bare *bare)
{
    return atomic_load(&bare->parties[0].sockets_ns) + atomic_load(&bare->parties[1].sockets_ns);
}

uint64_t tacet_bare_pictures(const struct tacet_bare *bare)
{
    return atomic_load(&bare->parties[0].decoded) + atomic_load(&bare->parties[1].decoded);
}

void tacet_bare_stop(struct tacet_bare **bare)
{
    atomic_store(&(*bare)->stopping, true);
    for (int i = 0; i < 2; i++) {
        struct party *p = &(*bare)->parties[i];
        (void)pthread_join(p->thread, NULL);
        (void)tacet_bench_must(p->error, "bare loop");
    }
    for (int i = 0; i < 2; i++) {
        struct party *p = &(*bare)->parties[i];
        (void)close(p->fd);
        tacet_srtp_free(&p->srtp);
        p->sound.ops->free(p->sound.ctx);
        p->audio_encoder.ops->free(p->audio_encoder.ctx);
        p->audio_decoder.ops->free(p->audio_decoder.ctx);
        if (p->pictures.ops != NULL) {
            p->pictures.ops->free(p->pictures.ctx);
            p->video_encoder.ops->free(p->video_encoder.ctx);
            p->video_decoder.ops->free(p->video_decoder.ctx);
        }
    }
    free(*bare);
    *bare = NULL;
}
