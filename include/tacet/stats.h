/*
 * Statistics of one peer. Names follow W3C webrtc-stats (inbound-rtp, outbound-rtp,
 * remote-inbound-rtp, candidate-pair); counters run from the start of the call. Times are
 * microseconds here; who writes JSON turns them into the seconds that W3C wants.
 */
#ifndef TACET_STATS_H
#define TACET_STATS_H

#include "tacet/api.h"
#include "tacet/error.h"
#include "tacet/event.h"
#include "tacet/frame.h"
#include "tacet/playout.h"

struct tacet_inbound_stats {
    uint32_t ssrc;
    uint64_t packets_received;
    int64_t packets_lost;          /* RFC 3550 section 6.4.1: may fall when late packets come */
    uint64_t bytes_received;       /* payload */
    uint64_t header_bytes_received;
    int64_t jitter_us;
    int64_t last_packet_received_us; /* 0: none yet */
    uint64_t frames_received;      /* complete frames handed out */
    uint64_t key_frames_received;
    uint64_t frames_discarded;     /* incomplete, or waiting for a key frame */
    uint64_t retransmitted_packets_received; /* that were missing still */
    uint64_t fec_packets_received;
    uint64_t fec_packets_recovered; /* media packets that erasure correction gave back */
    uint32_t nack_count;           /* sent */
    uint32_t pli_count;            /* sent */
    struct tacet_playout_report playout; /* the last one handed in */
};

struct tacet_outbound_stats {
    uint32_t ssrc;
    uint64_t packets_sent;
    uint64_t bytes_sent;           /* payload */
    uint64_t header_bytes_sent;
    uint64_t retransmitted_packets_sent; /* that were asked for */
    uint64_t frames_sent;
    uint64_t key_frames_sent;
    int32_t target_bitrate_bps;
    uint32_t red_depth;            /* audio: earlier payloads that each packet repeats now */
    uint16_t width;
    uint16_t height;
    uint32_t nack_count;           /* received */
    uint32_t pli_count;            /* received */
};

struct tacet_remote_inbound_stats { /* what the peer's receiver reports say */
    int64_t packets_lost;
    int32_t fraction_lost_permille; /* in the last report */
    int64_t jitter_us;
    int64_t round_trip_time_us;     /* last; 0: not measured yet */
    int64_t total_round_trip_time_us;
    uint64_t round_trip_time_measurements;
};

struct tacet_path_stats { /* candidate-pair */
    uint64_t packets_sent;
    uint64_t packets_received;
    uint64_t bytes_sent;            /* UDP payload */
    uint64_t bytes_received;
    int64_t current_round_trip_time_us; /* smoothed; 0: not measured yet */
    int64_t total_round_trip_time_us;
    uint64_t responses_received;    /* round trips measured */
    int64_t available_outgoing_bitrate_bps;
};

struct tacet_stats {
    size_t size; /* set to sizeof by the caller */
    struct tacet_inbound_stats inbound[TACET_KIND_COUNT];
    struct tacet_outbound_stats outbound[TACET_KIND_COUNT];
    struct tacet_remote_inbound_stats remote_inbound[TACET_KIND_COUNT];
    struct tacet_path_stats path;
    int64_t handshake_us;   /* dialling (callee: first INIT) to established; -1: not yet */
    int64_t setup_us;       /* likewise to answered with epoch-1 keys; -1: not yet */
    uint32_t epoch;         /* current */
    uint16_t profile;       /* 0: not chosen yet */
    bool pq;                /* a post-quantum KEM is in the keys */
    uint64_t drops[TACET_DROP_COUNT]; /* of the whole call object */
};

#endif
