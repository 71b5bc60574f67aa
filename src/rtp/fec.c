/*
 * See fec.h. The code is systematic: sources travel as they are, so that nothing waits for a block
 * and a clean way costs nothing but the repairs.
 */
#include "rtp/fec.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>
#include <isa-l/erasure_code.h>
#include <string.h>

_Static_assert(TACET_FEC_SOURCES_MAX + TACET_FEC_REPAIRS_MAX <= 255, "elements of GF(256)");
_Static_assert(TACET_FEC_REPAIRS_MAX <= 32, "one bit each");

void tacet_fec_header_write(const struct tacet_fec_header *header,
                            uint8_t out[TACET_FEC_HEADER_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_FEC_HEADER_SIZE);

    tacet_write_u16(&w, header->base);
    tacet_write_u8(&w, header->k);
    tacet_write_u8(&w, header->m);
    tacet_write_u8(&w, header->index);
    tacet_write_u8(&w, header->flags);
}

int tacet_fec_header_read(const uint8_t *payload, size_t size, struct tacet_fec_header *ret)
{
    struct tacet_reader r = tacet_reader(payload, size);
    struct tacet_fec_header h;

    h.base = tacet_read_u16(&r);
    h.k = tacet_read_u8(&r);
    h.m = tacet_read_u8(&r);
    h.index = tacet_read_u8(&r);
    h.flags = tacet_read_u8(&r);
    size_t symbol = tacet_reader_left(&r);
    if (r.failed || h.k < 1 || h.k > TACET_FEC_SOURCES_MAX || h.m < 1 ||
        h.m > TACET_FEC_REPAIRS_MAX || h.index >= h.m || (h.flags & ~TACET_FEC_LAST) != 0 ||
        symbol <= TACET_FEC_LENGTH_SIZE || symbol > TACET_FEC_SYMBOL_MAX) {
        return TACET_ERR_FORMAT;
    }
    *ret = h;
    return 0;
}

void tacet_fec_load(struct tacet_fec_scratch *s, size_t i, const uint8_t *payload, size_t size)
{
    struct tacet_writer w = tacet_writer(s->in[i], TACET_FEC_SYMBOL_MAX);

    assert(i < TACET_FEC_SOURCES_MAX);
    tacet_write_u16(&w, (uint16_t)size);
    tacet_write_bytes(&w, payload, size);
    tacet_write_zeros(&w, tacet_writer_left(&w));
    assert(!w.failed);
}

/* Length and payload of the longest of k loaded symbols. */
static size_t longest(const struct tacet_fec_scratch *s, size_t k)
{
    size_t size = 0;

    for (size_t i = 0; i < k; i++) {
        struct tacet_reader r = tacet_reader(s->in[i], TACET_FEC_LENGTH_SIZE);
        size_t length = TACET_FEC_LENGTH_SIZE + (size_t)tacet_read_u16(&r);
        size = length > size ? length : size;
    }
    return size;
}

static void multiply(struct tacet_fec_scratch *s, size_t k, size_t rows, uint8_t *coefficients,
                     size_t size)
{
    uint8_t *in[TACET_FEC_SOURCES_MAX];
    uint8_t *out[TACET_FEC_REPAIRS_MAX];

    for (size_t i = 0; i < k; i++) {
        in[i] = s->in[i];
    }
    for (size_t i = 0; i < rows; i++) {
        out[i] = s->out[i];
    }
    ec_init_tables((int)k, (int)rows, coefficients, s->tables);
    ec_encode_data((int)size, (int)k, (int)rows, s->tables, in, out);
}

size_t tacet_fec_encode(struct tacet_fec_scratch *s, size_t k, size_t m)
{
    size_t size = longest(s, k);

    assert(k >= 1 && k <= TACET_FEC_SOURCES_MAX);
    assert(m >= 1 && m <= TACET_FEC_REPAIRS_MAX);
    gf_gen_cauchy1_matrix(s->matrix, (int)(k + m), (int)k);
    multiply(s, k, m, s->matrix + k * k, size);
    return size;
}

int tacet_fec_add(struct tacet_fec_block *b, const struct tacet_fec_header *header,
                  const uint8_t *symbol, size_t size)
{
    assert(size <= TACET_FEC_SYMBOL_MAX);
    if (b->have == 0) {
        b->header = *header;
        b->symbol_size = size;
    }
    if (header->k != b->header.k || header->m != b->header.m || header->flags != b->header.flags ||
        size != b->symbol_size) {
        return TACET_ERR_FORMAT;
    }
    memcpy(b->repairs[header->index], symbol, size);
    b->have |= 1U << header->index;
    return 0;
}

/* Hands out the recovered symbols; each tells its own length. */
static size_t hand_out(const struct tacet_fec_block *b, const struct tacet_fec_scratch *s,
                       const size_t *missing, size_t count, tacet_fec_found_fn *found, void *ctx)
{
    size_t good = 0;

    for (size_t i = 0; i < count; i++) {
        struct tacet_reader r = tacet_reader(s->out[i], b->symbol_size);
        size_t length = tacet_read_u16(&r);
        const uint8_t *payload = tacet_read_view(&r, length);
        bool last = missing[i] == (size_t)b->header.k - 1;
        if (payload != NULL && length > 0) {
            found(ctx, b->base + (int64_t)missing[i], b->timestamp,
                  last && (b->header.flags & TACET_FEC_LAST) != 0, payload, length);
            good++;
        }
    }
    return good;
}

/* Which sources are missing; how many. SIZE_MAX: the block is of other packets than these. */
static size_t find_missing(const struct tacet_fec_block *b, tacet_fec_source_fn *source, void *ctx,
                           size_t missing[TACET_FEC_SOURCES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < b->header.k; i++) {
        const uint8_t *payload;
        size_t size;
        if (!source(ctx, b->base + (int64_t)i, &payload, &size)) {
            missing[count++] = i;
        } else if (size + TACET_FEC_LENGTH_SIZE > b->symbol_size) {
            return SIZE_MAX;
        }
    }
    return count;
}

/* Loads k symbols that are there, sources first, and the matrix rows that made them. */
static void load_present(const struct tacet_fec_block *b, struct tacet_fec_scratch *s,
                         tacet_fec_source_fn *source, void *ctx)
{
    size_t k = b->header.k;
    size_t rows = 0;

    for (size_t i = 0; i < k; i++) {
        const uint8_t *payload;
        size_t size;
        if (source(ctx, b->base + (int64_t)i, &payload, &size)) {
            tacet_fec_load(s, rows, payload, size);
            memcpy(s->chosen + rows * k, s->matrix + i * k, k);
            rows++;
        }
    }
    for (size_t i = 0; i < b->header.m && rows < k; i++) {
        if ((b->have >> i & 1) != 0) {
            memcpy(s->in[rows], b->repairs[i], b->symbol_size);
            memcpy(s->chosen + rows * k, s->matrix + (k + i) * k, k);
            rows++;
        }
    }
    assert(rows == k);
}

size_t tacet_fec_recover(struct tacet_fec_block *b, struct tacet_fec_scratch *s,
                         tacet_fec_source_fn *source, tacet_fec_found_fn *found, void *ctx)
{
    size_t k = b->header.k;
    size_t missing[TACET_FEC_SOURCES_MAX];
    size_t count = find_missing(b, source, ctx, missing);

    /* Nothing is computed before it can succeed. */
    if (count == 0 || count == SIZE_MAX || count > (size_t)__builtin_popcount(b->have)) {
        return 0;
    }
    gf_gen_cauchy1_matrix(s->matrix, (int)(k + b->header.m), (int)k);
    load_present(b, s, source, ctx);
    if (gf_invert_matrix(s->chosen, s->inverse, (int)k) != 0) {
        return 0;
    }
    /* The missing sources are those rows of the inverse times what is there. */
    for (size_t i = 0; i < count; i++) {
        memcpy(s->chosen + i * k, s->inverse + missing[i] * k, k);
    }
    multiply(s, k, count, s->chosen, b->symbol_size);
    return hand_out(b, s, missing, count, found, ctx);
}
