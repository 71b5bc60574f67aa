/*
 * What is missing of a received stream, and when to ask for it (RFC 4585 section 6.2.1). A number
 * is asked for as soon as a later one has come, then again after a round trip, until it comes or
 * its time is over. Pure: fed with sequence numbers and the time.
 */
#ifndef TACET_RTP_NACK_H
#define TACET_RTP_NACK_H

#include "base/bytes.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_nack_entry {
    int64_t seq;
    int64_t missing_since_us;
    int64_t ask_at_us;
    uint32_t asked;
};

struct tacet_nack_pace {
    int64_t round_trip_us;
    int64_t patience_us;
    int64_t kept_us; /* what is missing is not forgotten sooner than that long after this */
    uint32_t copies; /* at least 1 */
};

struct tacet_nack {
    bool started;
    int64_t delay_us; /* from noticing to asking: time for other repair to come */
    int64_t lowest;   /* of those that are known of */
    int64_t highest;
    struct tacet_nack_entry missing[TACET_NACK_MAX]; /* ascending */
    size_t count;
};

/* A packet came, as itself or retransmitted. */
void tacet_nack_on_packet(struct tacet_nack *n, int64_t now, int64_t seq);
/* Something says that the stream began no later than with this one: for who may have missed the
 * beginning. */
void tacet_nack_begin(struct tacet_nack *n, int64_t now, int64_t seq);
/* Something says that the packets up to this one have been sent. */
void tacet_nack_expect(struct tacet_nack *n, int64_t now, int64_t seq);
/* What is missing before this one, which has come, is given up. */
void tacet_nack_skip(struct tacet_nack *n, int64_t seq);
/* This one will follow without being asked for: not before `until_us` is it asked for. */
void tacet_nack_postpone(struct tacet_nack *n, int64_t seq, int64_t until_us);
/*
 * The numbers to ask for now, at most `capacity`, ascending. Each is asked for `copies` times
 * within a short time, since the question may be lost as well as the answer, and again after a
 * round trip. What has been missing for longer than `patience_us`, and for as long since `kept_us`,
 * is forgotten.
 */
size_t tacet_nack_due(struct tacet_nack *n, int64_t now, const struct tacet_nack_pace *pace,
                      uint16_t *out, size_t capacity);
/* How often to ask at a time, where so much is lost there and back, in permille: as often as makes
 * five answers in six arrive, at most TACET_NACK_COPIES_MAX. */
uint32_t tacet_nack_copies(int32_t loss_there, int32_t loss_back);
/* When _due has something; INT64_MAX. */
int64_t tacet_nack_timeout(const struct tacet_nack *n);

/* How many pairs of PID and BLP ascending numbers need. */
size_t tacet_nack_pairs(const uint16_t *seqs, size_t count);
/* The FCI of a Generic NACK for ascending numbers: PID and BLP pairs. */
void tacet_nack_write(struct tacet_writer *w, const uint16_t *seqs, size_t count);
/* Reads them back: at most `capacity` numbers, returns how many. */
size_t tacet_nack_read(const uint8_t *fci, size_t size, uint16_t *out, size_t capacity);

#endif
