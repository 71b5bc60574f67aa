/*
 * Forward erasure correction of video: each repair is a linear combination, over GF(256), of the
 * packets sent last, those of one frame or of a few. The windows overlap: a loss that one frame's
 * repairs are too few for is made good by those of the next. Kernels are ISA-L's.
 *
 *     repair payload   base u16 | k u8 | symbol
 *     symbol           timestamp u32 | marker 1, length 15 | payload | zeros
 *
 * base is the sequence number of the first of k packets that follow each other. With s the sequence
 * number of a source and r that of the repair, the coefficient is 1 / (s mod 128 xor (128 + r mod
 * 128)) with the polynomial 0x11d: an entry of a Cauchy matrix, so that over one window any n
 * repairs give any n packets back. Symbols count as followed by zeros without end.
 */
#ifndef TACET_RTP_FEC_H
#define TACET_RTP_FEC_H

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_FEC_HEADER_SIZE 3
#define TACET_FEC_PREFIX_SIZE 6
#define TACET_FEC_SYMBOL_MAX 1162
#define TACET_FEC_PAYLOAD_MAX (TACET_FEC_SYMBOL_MAX - TACET_FEC_PREFIX_SIZE)

struct tacet_fec_header {
    uint16_t base;
    uint8_t k; /* 1 to TACET_FEC_SOURCES_MAX */
};

/* A source: what a video packet carries and what its header says. */
struct tacet_fec_source {
    uint32_t timestamp;
    bool marker;
    const uint8_t *payload;
    size_t size; /* 1 to TACET_FEC_PAYLOAD_MAX */
};

/* Room to compute in; one a session, nothing in it outlives a call. */
struct tacet_fec_scratch {
    uint8_t coefficients[TACET_FEC_WINDOW + TACET_FEC_EQUATIONS];
    uint8_t tables[32 * (TACET_FEC_WINDOW + TACET_FEC_EQUATIONS)];
    uint8_t in[TACET_FEC_SOURCES_MAX][TACET_FEC_SYMBOL_MAX];
    size_t in_size[TACET_FEC_SOURCES_MAX];
    uint8_t out[TACET_FEC_SYMBOL_MAX];
};

void tacet_fec_header_write(const struct tacet_fec_header *header,
                            uint8_t out[TACET_FEC_HEADER_SIZE]);
/* TACET_ERR_FORMAT: too short, or a field outside its range. */
int tacet_fec_header_read(const uint8_t *payload, size_t size, struct tacet_fec_header *ret);

/* Puts a source in place `i` of the window. */
void tacet_fec_load(struct tacet_fec_scratch *s, size_t i, const struct tacet_fec_source *source);
/* Computes the repair with sequence number `row` of the loaded window into s->out; returns the
 * symbol's size. */
size_t tacet_fec_encode(struct tacet_fec_scratch *s, const struct tacet_fec_header *header,
                        uint16_t row);

/* --- the receiver --- */

struct tacet_fec_known {
    bool used;
    int64_t seq;
    size_t size; /* of the symbol; zeros behind it */
    uint8_t symbol[TACET_FEC_SYMBOL_MAX];
};

/* A repair of whose sources not all are known. */
struct tacet_fec_equation {
    bool used;
    int64_t base;
    uint8_t k;
    uint16_t row;
    size_t size;
    uint8_t symbol[TACET_FEC_SYMBOL_MAX]; /* zeros behind it */
};

/* The sources that came last and the repairs that wait for more. All zero is a good beginning. */
struct tacet_fec_decoder {
    bool started;
    int64_t highest;                                /* source */
    struct tacet_fec_known known[TACET_FEC_WINDOW]; /* by seq % count */
    struct tacet_fec_equation equations[TACET_FEC_EQUATIONS];
    size_t next_equation;
    int64_t promised[TACET_FEC_EQUATIONS]; /* see _promised */
    size_t promised_count;
};

typedef void tacet_fec_found_fn(void *ctx, int64_t seq, const struct tacet_fec_source *source);

/* A source came, by whatever way; `seq` is its 64-bit number. Returns whether a repair had been
 * waiting for it: then _recover may find more. */
bool tacet_fec_on_source(struct tacet_fec_decoder *d, int64_t seq,
                         const struct tacet_fec_source *source);
/* Whether that source has come, by whatever way; false if it is too long ago to say. */
bool tacet_fec_knows(const struct tacet_fec_decoder *d, int64_t seq);
/* A repair came; `base` is the 64-bit number that header->base stands for. False: it says nothing
 * new. */
bool tacet_fec_on_repair(struct tacet_fec_decoder *d, int64_t base,
                         const struct tacet_fec_header *header, uint16_t row, const uint8_t *symbol,
                         size_t size);
/* Gives back through `found` every missing source that follows from what has come; how many. */
size_t tacet_fec_recover(struct tacet_fec_decoder *d, struct tacet_fec_scratch *s,
                         tacet_fec_found_fn *found, void *ctx);
/*
 * Whether this missing source will follow once others have come, as of the last _recover: of n
 * missing packets in view of m repairs, the m newest need not be asked for.
 */
bool tacet_fec_promised(const struct tacet_fec_decoder *d, int64_t seq);

#endif
