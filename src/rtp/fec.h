/*
 * Forward erasure correction of video: Reed-Solomon over the packets of one frame, through ISA-L.
 * With k packets and m repairs any k of the k + m give the frame back.
 *
 *     repair payload   base u16 | k u8 | m u8 | index u8 | flags u8 | symbol
 *     symbol           length u16 | payload | zeros         of one size in a block
 *
 * base is the sequence number of the first packet; the others follow it. flags bit 0: the last one
 * ends its frame. The RTP timestamp of a repair is that of the frame. Coefficients: the Cauchy
 * matrix that ISA-L's gf_gen_cauchy1_matrix gives, row k + i, column j: 1 / ((k + i) xor j) in
 * GF(256) with the polynomial 0x11d.
 */
#ifndef TACET_RTP_FEC_H
#define TACET_RTP_FEC_H

#include "base/limits.h"
#include "tacet/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_FEC_HEADER_SIZE 6
#define TACET_FEC_SYMBOL_MAX  1160
#define TACET_FEC_LENGTH_SIZE 2
#define TACET_FEC_LAST        1

struct tacet_fec_header {
    uint16_t base;
    uint8_t k;     /* 1 to TACET_FEC_SOURCES_MAX */
    uint8_t m;     /* 1 to TACET_FEC_REPAIRS_MAX */
    uint8_t index; /* 0 to m - 1 */
    uint8_t flags;
};

/* Room to compute in; one a session, nothing in it outlives a call. */
struct tacet_fec_scratch {
    uint8_t matrix[(TACET_FEC_SOURCES_MAX + TACET_FEC_REPAIRS_MAX) * TACET_FEC_SOURCES_MAX];
    uint8_t chosen[TACET_FEC_SOURCES_MAX * TACET_FEC_SOURCES_MAX];
    uint8_t inverse[TACET_FEC_SOURCES_MAX * TACET_FEC_SOURCES_MAX];
    uint8_t tables[32 * TACET_FEC_SOURCES_MAX * TACET_FEC_REPAIRS_MAX];
    uint8_t in[TACET_FEC_SOURCES_MAX][TACET_FEC_SYMBOL_MAX];
    uint8_t out[TACET_FEC_REPAIRS_MAX][TACET_FEC_SYMBOL_MAX];
};

void tacet_fec_header_write(const struct tacet_fec_header *header,
                            uint8_t out[TACET_FEC_HEADER_SIZE]);
/* TACET_ERR_FORMAT: too short, or a field outside its range. */
int tacet_fec_header_read(const uint8_t *payload, size_t size, struct tacet_fec_header *ret);

/* Puts a source payload in place `i` of the block; at most TACET_FEC_SYMBOL_MAX - 2 bytes. */
void tacet_fec_load(struct tacet_fec_scratch *s, size_t i, const uint8_t *payload, size_t size);
/* Computes the m repairs of the k loaded payloads into s->out; returns the symbols' size. */
size_t tacet_fec_encode(struct tacet_fec_scratch *s, size_t k, size_t m);

/*
 * One block at the receiver: which repairs came. Sources are asked for through `source`, which
 * gives the payload of the i-th packet if it is there.
 */
struct tacet_fec_block {
    bool used;
    int64_t base;       /* as the receiver numbers packets */
    uint32_t timestamp;
    struct tacet_fec_header header;
    size_t symbol_size;
    uint32_t have;      /* bit i: repair i */
    uint8_t repairs[TACET_FEC_REPAIRS_MAX][TACET_FEC_SYMBOL_MAX];
};

typedef bool tacet_fec_source_fn(void *ctx, int64_t seq, const uint8_t **ret_payload,
                                 size_t *ret_size);
typedef void tacet_fec_found_fn(void *ctx, int64_t seq, uint32_t timestamp, bool marker,
                                const uint8_t *payload, size_t size);

/* Takes a repair into its block. TACET_ERR_FORMAT: it does not fit the others of the block. */
int tacet_fec_add(struct tacet_fec_block *b, const struct tacet_fec_header *header,
                  const uint8_t *symbol, size_t size);
/* Gives back every missing packet through `found`, if enough has come; how many. */
size_t tacet_fec_recover(struct tacet_fec_block *b, struct tacet_fec_scratch *s,
                         tacet_fec_source_fn *source, tacet_fec_found_fn *found, void *ctx);

#endif
