/*
 * tacet bench srtp: what protecting and unprotecting a packet costs, by profile and size. Profiles
 * and sizes take turns in every round, so that a machine that slows down does so for all.
 */
#include "crypto/srtp.h"

#include "base/pool.h"
#include "benchmark.h"
#include "cpu.h"
#include "rtp/header.h"
#include "sample.h"
#include "tacet/call.h"
#include "tacet/random.h"
#include "tacet/transport.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 64           /* packets protected, then unprotected: they stay in the cache */
#define BATCHES_A_ROUND 16 /* one round's value is the mean of them */
#define REFERENCE TACET_PROFILE_AEAD_AES_256_GCM

static const uint16_t profiles[] = {
    TACET_PROFILE_AEAD_AES_256_GCM,
    TACET_PROFILE_AEAD_AES_128_GCM,
    TACET_PROFILE_AES_CM_128_HMAC_SHA1_80,
};
/* RTP packets before protection: 20 ms of Opus at 32 kbit/s, and up to a full datagram. */
static const size_t sizes[] = { 92, 300, 600, 1183 };
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };

struct packet {
    _Alignas(8) uint8_t data[TACET_BUFFER_BODY + TACET_BUFFER_TAIL];
    size_t size;
};

/* One profile and size: a sender, a receiver, and how far the numbering has come. */
struct stream {
    struct tacet_srtp *sender;
    struct tacet_srtp *receiver;
    struct tacet_srtp_indexes indexes;
    uint64_t index;
    struct tacet_sample protect;
    struct tacet_sample unprotect;
};

static void open_stream(struct stream *s, uint16_t profile)
{
    struct tacet_random random = tacet_random_system();
    uint8_t keys[2][TACET_SRTP_KEY_SIZE_MAX];

    random.fill(random.ctx, keys[0], sizeof(keys[0]));
    random.fill(random.ctx, keys[1], sizeof(keys[1]));
    (void)tacet_bench_must(
        tacet_srtp_create(profile, 1, keys[0], ssrcs[0], keys[1], ssrcs[1], &s->sender), "SRTP");
    (void)tacet_bench_must(
        tacet_srtp_create(profile, 1, keys[1], ssrcs[1], keys[0], ssrcs[0], &s->receiver), "SRTP");
}

static void write_packets(struct packet packets[BATCH], uint64_t index, size_t size)
{
    for (size_t i = 0; i < BATCH; i++) {
        struct tacet_rtp header = { .payload_type = TACET_PT_VP8,
                                    .seq = (uint16_t)(index + i),
                                    .timestamp = 1,
                                    .ssrc = ssrcs[0][TACET_SSRC_AUDIO] };
        memset(packets[i].data, (int)(i & 0xff), size);
        tacet_rtp_write(&header, packets[i].data);
        packets[i].size = size;
    }
}

static void run_batch(struct stream *s, struct packet packets[BATCH], size_t size,
                      int64_t *protect_ns, int64_t *unprotect_ns)
{
    int failed = 0;
    uint64_t index;

    write_packets(packets, s->index, size);
    int64_t began = tacet_cpu_thread_ns();
    for (size_t i = 0; i < BATCH; i++) {
        failed += tacet_srtp_protect(s->sender, s->index + i, packets[i].data, &packets[i].size,
                                     sizeof(packets[i].data));
    }
    int64_t between = tacet_cpu_thread_ns();
    for (size_t i = 0; i < BATCH; i++) {
        failed -= (int)tacet_srtp_unprotect(s->receiver, &s->indexes, packets[i].data,
                                            &packets[i].size, &index);
    }
    int64_t ended = tacet_cpu_thread_ns();
    (void)tacet_bench_must(failed == 0 && index == s->index + BATCH - 1 ? 0 : TACET_ERR_CRYPTO,
                           "SRTP");
    s->index += BATCH;
    *protect_ns += between - began;
    *unprotect_ns += ended - between;
}

static void run_round(struct stream *s, struct packet packets[BATCH], size_t size, bool counts)
{
    int64_t protect_ns = 0;
    int64_t unprotect_ns = 0;

    for (int i = 0; i < BATCHES_A_ROUND; i++) {
        run_batch(s, packets, size, &protect_ns, &unprotect_ns);
    }
    if (counts) {
        tacet_sample_add(&s->protect, (double)protect_ns / (BATCH * BATCHES_A_ROUND));
        tacet_sample_add(&s->unprotect, (double)unprotect_ns / (BATCH * BATCHES_A_ROUND));
    }
}

static void tell(struct stream streams[PROFILES][SIZES], cJSON *rows)
{
    double reference[SIZES] = { 0 };

    for (size_t p = 0; p < PROFILES; p++) {
        for (size_t i = 0; i < SIZES; i++) {
            struct stream *s = &streams[p][i];
            cJSON *row = cJSON_CreateObject();
            double both =
                tacet_sample_quantile(&s->protect, 0.5) + tacet_sample_quantile(&s->unprotect, 0.5);
            reference[i] = profiles[p] == REFERENCE ? both : reference[i];
            (void)cJSON_AddStringToObject(row, "profile", tacet_profile_string(profiles[p]));
            (void)cJSON_AddNumberToObject(row, "bytes", (double)sizes[i]);
            tacet_sample_tell(&s->protect, row, "protectNs");
            tacet_sample_tell(&s->unprotect, row, "unprotectNs");
            tacet_sample_tell_number(row, "ratio", both / reference[i]);
            (void)cJSON_AddItemToArray(rows, row);
        }
    }
}

static void run(const struct tacet_settings *settings, cJSON *rows)
{
    struct stream streams[PROFILES][SIZES] = { 0 };
    struct packet *packets = tacet_bench_alloc(BATCH, sizeof(*packets));

    for (size_t p = 0; p < PROFILES; p++) {
        for (size_t i = 0; i < SIZES; i++) {
            open_stream(&streams[p][i], profiles[p]);
        }
    }
    for (int round = -1; round < settings->rounds; round++) { /* -1: warm-up */
        for (size_t p = 0; p < PROFILES; p++) {
            for (size_t i = 0; i < SIZES; i++) {
                run_round(&streams[p][i], packets, sizes[i], round >= 0);
            }
        }
    }
    tell(streams, rows);
    for (size_t p = 0; p < PROFILES; p++) {
        for (size_t i = 0; i < SIZES; i++) {
            tacet_srtp_free(&streams[p][i].sender);
            tacet_srtp_free(&streams[p][i].receiver);
        }
    }
    free(packets);
}

static const struct tacet_option options[] = {
    { "--rounds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, rounds), 1, 100000,
      "rounds of 1024 packets of each kind; default 21" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const groups[] = { options, tacet_json_option, NULL };
static const struct tacet_column columns[] = {
    { "profile", "profile", 0, false },
    { "bytes", "bytes", 0, false },
    { "protectNs", "protect ns (quartiles)", 0, false },
    { "unprotectNs", "unprotect ns (quartiles)", 0, false },
    { "ratio", "ratio", 2, false },
    { NULL, NULL, 0, false },
};

const struct tacet_benchmark tacet_benchmark_srtp = {
    .name = "srtp",
    .usage = { .command = "tacet bench srtp",
               .positional = "",
               .about = "ns a packet to protect and unprotect, by profile and size\n"
                        "Packets of several sizes through every SRTP profile.",
               .groups = groups },
    .rounds = 21,
    .note = "CPU time of one thread. Each value is the mean of 1024 packets; a round to warm up.\n"
            "bytes: the RTP packet before protection. ratio: both directions, to AEAD_AES_256_GCM\n"
            "at that size.",
    .columns = columns,
    .run = run,
};
