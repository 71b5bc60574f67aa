/*
 * One party of a call for the runner's tests: an identity, a call, a runner, and sinks and
 * callbacks that record what happens and wake whoever waits for it.
 */
#ifndef TESTS_RUNNER_PARTY_H
#define TESTS_RUNNER_PARTY_H

#include "tacet/tacet.h"

#include <pthread.h>

#define PARTY_SOUND_MAX 480000 /* samples kept */
#define PARTY_ROWS_MAX 4096    /* rows of the frame log kept, a type and kind */
#define PARTY_EVENT_TYPES (TACET_EVENT_ENDED + 1)

struct party_rows {
    size_t count;
    uint64_t index[PARTY_ROWS_MAX];
    uint32_t rtp_timestamp[PARTY_ROWS_MAX];
    int64_t time_us[PARTY_ROWS_MAX];
};

struct party {
    pthread_mutex_t mutex;
    pthread_cond_t changed;

    /* Set before party_start. */
    bool listen;
    bool answer; /* at once */
    bool audio;
    bool video;
    struct tacet_video_format format;
    struct tacet_video_source camera; /* taken; ops NULL: a test card of that format */
    struct tacet_transport transport;
    int sink_error;          /* what the sound sink's writes return */
    bool devices;            /* source and sink of sound have clocks of their own */
    int64_t heard_before_us; /* what the source holds from before it was started */
    bool sound_stalls;       /* the sound sink's write does not come back while this is set */
    bool screen_stalls;

    void (*on_row)(struct party *party, const struct tacet_media_event *event); /* or NULL */

    struct tacet_identity *identity;
    struct tacet_runner *runner;

    /* What has happened; read under the mutex, or after party_stop. */
    uint32_t events[PARTY_EVENT_TYPES];
    uint32_t peer; /* of the last event */
    enum tacet_end reason;
    char words[TACET_WORDS_MAX];
    uint32_t errors;
    int error;
    char what[32];
    struct party_rows rows[4][TACET_KIND_COUNT];
    uint64_t reads; /* samples of the sound source */
    int64_t source_started_us;
    uint32_t source_starts;
    uint32_t source_stops;
    int64_t sink_started_us;
    int64_t incoming_us;
    int64_t answered_us;
    unsigned long allocated;           /* on the network thread, when it was answered */
    unsigned long allocations_in_call; /* from then to the end */
    unsigned long allocations_audio;   /* on that thread, ever */
    unsigned long allocations_decode;
    bool stalled; /* a sink is in a stall now */
    int16_t sound[PARTY_SOUND_MAX];
    size_t sound_count;
    uint32_t cards[PARTY_ROWS_MAX]; /* indices read back from the pictures shown */
    size_t card_count;
    uint32_t cards_bad; /* pictures whose index could not be read */
    uint32_t opened;
    uint16_t opened_width;
    uint32_t freed; /* source and sinks */
};

/* The address that the text says. */
struct tacet_address party_address(const char *text);
/* Two ends of a way in memory; the address of the second. */
struct tacet_address party_join(struct tacet_transport *a, struct tacet_transport *b);
void party_init(struct party *party);
/* The two of a call: who dials, and who listens; and their end. */
void party_init_two(struct party *caller, struct party *callee);
void party_end_two(struct party *caller, struct party *callee);
/* Makes call and runner; a result of tacet_runner_start, after which all is freed on failure. */
int party_start(struct party *party);
/* The same, where the allocation of that number fails; -1: none. */
int party_start_failing(struct party *party, long failing);
void party_dial(struct party *party, const struct tacet_address *to);
/* Waits until `done` or `seconds` are over; whether it was. `done` runs under the mutex. */
bool party_wait(struct party *party, bool (*done)(const struct party *party), int seconds);
/* Changes one of the party's flags under its mutex. */
void party_set(struct party *party, bool *flag, bool value);
void party_stop(struct party *party);
/* Frees what party_stop leaves: locks and the identity. */
void party_clear(struct party *party);

/* Median of the time from a row of `from` to the row of the same RTP timestamp of `to`; -1: no
 * such pair. *ret_pairs: how many there were. */
int64_t party_latency_us(const struct party_rows *from, const struct party_rows *to,
                         size_t *ret_pairs);

#endif
