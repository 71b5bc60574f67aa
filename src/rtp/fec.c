/*
 * See fec.h. The code is systematic: sources travel as they are, so that nothing waits for a repair
 * and a clean way costs nothing but the repairs. What is missing is found by elimination over the
 * few unknowns; the symbols themselves are multiplied only for what that solves.
 */
#include "rtp/fec.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>
#include <isa-l/erasure_code.h>
#include <string.h>

#define MARKER 0x8000

_Static_assert(TACET_FEC_SOURCES_MAX <= 128, "a window's sources have different coefficients");
_Static_assert(TACET_FEC_WINDOW >= 2 * TACET_FEC_SOURCES_MAX, "a repair's window is remembered");
_Static_assert(TACET_FEC_SYMBOL_MAX < MARKER, "15 bits of length");

/* So many are looked at, the newest: more than 32 repairs give back, and a bound on the work that
 * repairs of things never sent can make. */
#define UNKNOWNS_MAX TACET_FEC_SOURCES_MAX

/* Both sides of an equation, zeros behind what is used: one vector for ISA-L's kernels. */
struct row {
    uint8_t a[UNKNOWNS_MAX];
    uint8_t mix[TACET_FEC_EQUATIONS]; /* of the equations that it is a combination of */
};

_Static_assert(sizeof(struct row) == UNKNOWNS_MAX + TACET_FEC_EQUATIONS, "one vector");

/* The equations over what is unknown: row i is equation `of[i]` at first. */
struct system {
    size_t rows;
    size_t columns;
    size_t of[TACET_FEC_EQUATIONS];
    int64_t unknown[UNKNOWNS_MAX]; /* descending */
    struct row row[TACET_FEC_EQUATIONS];
};

static uint8_t coefficient(int64_t seq, uint16_t row)
{
    return gf_inv((uint8_t)((seq & 127) ^ (128 + (row & 127))));
}

void tacet_fec_header_write(const struct tacet_fec_header *header,
                            uint8_t out[TACET_FEC_HEADER_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_FEC_HEADER_SIZE);

    tacet_write_u16(&w, header->base);
    tacet_write_u8(&w, header->k);
}

int tacet_fec_header_read(const uint8_t *payload, size_t size, struct tacet_fec_header *ret)
{
    struct tacet_reader r = tacet_reader(payload, size);
    struct tacet_fec_header h;

    h.base = tacet_read_u16(&r);
    h.k = tacet_read_u8(&r);
    size_t symbol = tacet_reader_left(&r);
    if (r.failed || h.k < 1 || h.k > TACET_FEC_SOURCES_MAX || symbol <= TACET_FEC_PREFIX_SIZE ||
        symbol > TACET_FEC_SYMBOL_MAX) {
        return TACET_ERR_FORMAT;
    }
    *ret = h;
    return 0;
}

/* Returns the symbol's size; the rest is zero. */
static size_t write_symbol(const struct tacet_fec_source *source, uint8_t out[TACET_FEC_SYMBOL_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_FEC_SYMBOL_MAX);

    assert(source->size <= TACET_FEC_PAYLOAD_MAX);
    tacet_write_u32(&w, source->timestamp);
    tacet_write_u16(&w, (uint16_t)(source->size | (source->marker ? MARKER : 0)));
    tacet_write_bytes(&w, source->payload, source->size);
    size_t size = w.at;
    tacet_write_zeros(&w, tacet_writer_left(&w));
    assert(!w.failed);
    return size;
}

void tacet_fec_load(struct tacet_fec_scratch *s, size_t i, const struct tacet_fec_source *source)
{
    assert(i < TACET_FEC_SOURCES_MAX);
    s->in_size[i] = write_symbol(source, s->in[i]);
}

/* out = the sum of coefficient times symbol, over `count` of them. */
static void combine(struct tacet_fec_scratch *s, uint8_t **symbols, size_t count, size_t size)
{
    uint8_t *out = s->out;

    ec_init_tables((int)count, 1, s->coefficients, s->tables);
    ec_encode_data((int)size, (int)count, 1, s->tables, symbols, &out);
}

size_t tacet_fec_encode(struct tacet_fec_scratch *s, const struct tacet_fec_header *header,
                        uint16_t row)
{
    uint8_t *symbols[TACET_FEC_SOURCES_MAX];
    size_t size = 0;

    assert(header->k >= 1);
    assert(header->k <= TACET_FEC_SOURCES_MAX);
    for (size_t i = 0; i < header->k; i++) {
        symbols[i] = s->in[i];
        s->coefficients[i] = coefficient((int64_t)header->base + (int64_t)i, row);
        size = s->in_size[i] > size ? s->in_size[i] : size;
    }
    combine(s, symbols, header->k, size);
    return size;
}

/* --- the receiver --- */

static struct tacet_fec_known *slot_of(struct tacet_fec_decoder *d, int64_t seq)
{
    return &d->known[(uint64_t)seq % TACET_FEC_WINDOW];
}

static const struct tacet_fec_known *find(const struct tacet_fec_decoder *d, int64_t seq)
{
    const struct tacet_fec_known *k = &d->known[(uint64_t)seq % TACET_FEC_WINDOW];

    return k->used && k->seq == seq ? k : NULL;
}

bool tacet_fec_knows(const struct tacet_fec_decoder *d, int64_t seq)
{
    return find(d, seq) != NULL;
}

static bool covers(const struct tacet_fec_equation *e, int64_t seq)
{
    return e->used && seq >= e->base && seq < e->base + e->k;
}

bool tacet_fec_on_source(struct tacet_fec_decoder *d, int64_t seq,
                         const struct tacet_fec_source *source)
{
    bool awaited = false;

    if (source->size == 0 || source->size > TACET_FEC_PAYLOAD_MAX || find(d, seq) != NULL ||
        (d->started && seq <= d->highest - TACET_FEC_WINDOW)) {
        return false;
    }
    if (!d->started || seq > d->highest) {
        d->started = true;
        d->highest = seq;
    }
    struct tacet_fec_known *slot = slot_of(d, seq);
    slot->used = true;
    slot->seq = seq;
    slot->size = write_symbol(source, slot->symbol);
    for (size_t i = 0; i < TACET_FEC_EQUATIONS && !awaited; i++) {
        awaited = covers(&d->equations[i], seq);
    }
    return awaited;
}

bool tacet_fec_on_repair(struct tacet_fec_decoder *d, int64_t base,
                         const struct tacet_fec_header *header, uint16_t row, const uint8_t *symbol,
                         size_t size)
{
    struct tacet_fec_equation *e = &d->equations[d->next_equation];
    size_t missing = 0;

    assert(size <= TACET_FEC_SYMBOL_MAX);
    if (!d->started) {
        d->started = true;
        d->highest = base - 1;
    }
    if (base <= d->highest - TACET_FEC_WINDOW || base > d->highest + TACET_FEC_WINDOW / 2) {
        return false;
    }
    for (int i = 0; i < header->k; i++) {
        missing += find(d, base + i) == NULL;
    }
    if (missing == 0) {
        return false;
    }
    d->next_equation = (d->next_equation + 1) % TACET_FEC_EQUATIONS;
    *e = (struct tacet_fec_equation){
        .used = true, .base = base, .k = header->k, .row = row, .size = size
    };
    memcpy(e->symbol, symbol, size);
    return true;
}

/* An equation that has nothing left to say, or is about packets that are forgotten, or contradicts
 * what is known, is dropped; of the others the unknowns are marked. */
static bool collect(const struct tacet_fec_decoder *d, struct tacet_fec_equation *e, int64_t top,
                    bool marked[TACET_FEC_WINDOW])
{
    bool open = false;

    if (!e->used || e->base <= top - TACET_FEC_WINDOW) {
        e->used = false;
        return false;
    }
    for (int64_t seq = e->base; seq < e->base + e->k; seq++) {
        const struct tacet_fec_known *k = find(d, seq);
        if (k != NULL && k->size > e->size) {
            e->used = false;
            return false;
        }
        open |= k == NULL;
    }
    e->used = open;
    for (int64_t seq = e->base; seq < e->base + e->k && open; seq++) {
        marked[(uint64_t)seq % TACET_FEC_WINDOW] |= find(d, seq) == NULL;
    }
    return open;
}

/* The newest source that anything is about. */
static int64_t newest(const struct tacet_fec_decoder *d)
{
    int64_t top = d->highest;

    for (size_t i = 0; i < TACET_FEC_EQUATIONS; i++) {
        const struct tacet_fec_equation *e = &d->equations[i];
        top = e->used && e->base + e->k - 1 > top ? e->base + e->k - 1 : top;
    }
    return top;
}

/* The unknowns, newest first, as far as there is room; the rows that are about these only stay. */
static void set_columns(const struct tacet_fec_decoder *d, struct system *y, int64_t top,
                        const bool marked[TACET_FEC_WINDOW])
{
    int64_t seq = top;
    size_t rows = 0;

    for (y->columns = 0; seq > top - TACET_FEC_WINDOW && y->rows > 0; seq--) {
        if (marked[(uint64_t)seq % TACET_FEC_WINDOW]) {
            if (y->columns == UNKNOWNS_MAX) {
                break;
            }
            y->unknown[y->columns++] = seq;
        }
    }
    for (size_t i = 0; i < y->rows; i++) {
        if (d->equations[y->of[i]].base > seq) {
            y->of[rows++] = y->of[i];
        }
    }
    y->rows = rows;
}

static void set_up(struct tacet_fec_decoder *d, struct system *y)
{
    bool marked[TACET_FEC_WINDOW] = { false };
    int64_t top = newest(d);

    y->rows = 0;
    for (size_t i = 0; i < TACET_FEC_EQUATIONS; i++) {
        if (collect(d, &d->equations[i], top, marked)) {
            y->of[y->rows++] = i;
        }
    }
    set_columns(d, y, top, marked);
    for (size_t r = 0; r < y->rows; r++) {
        const struct tacet_fec_equation *e = &d->equations[y->of[r]];
        y->row[r] = (struct row){ 0 };
        y->row[r].mix[r] = 1;
        for (size_t c = 0; c < y->columns; c++) {
            bool in = covers(e, y->unknown[c]);
            y->row[r].a[c] = in ? coefficient(y->unknown[c], e->row) : 0;
        }
    }
}

/* to += factor * from, on both sides of the equations; minus is the same. */
static void add_row(struct row *to, const struct row *from, uint8_t factor)
{
    uint8_t table[32];
    uint8_t *coding = (uint8_t *)to;

    ec_init_tables(1, 1, &factor, table);
    ec_encode_data_update(sizeof(*to), 1, 1, 0, table, (uint8_t *)(uintptr_t)from, &coding);
}

static void swap_rows(struct system *y, size_t i, size_t j)
{
    struct row row = y->row[i];

    y->row[i] = y->row[j];
    y->row[j] = row;
}

/* Gauss and Jordan, from the newest unknown on, so that those left without an equation of their own
 * are the oldest: they are the ones that the next picture waits for. */
static void eliminate(struct tacet_fec_decoder *d, struct system *y)
{
    size_t rank = 0;

    d->promised_count = 0;
    for (size_t c = 0; c < y->columns && rank < y->rows; c++) {
        size_t pivot = rank;
        while (pivot < y->rows && y->row[pivot].a[c] == 0) {
            pivot++;
        }
        if (pivot == y->rows) {
            continue;
        }
        swap_rows(y, rank, pivot);
        struct row normal = { 0 };
        add_row(&normal, &y->row[rank], gf_inv(y->row[rank].a[c]));
        y->row[rank] = normal;
        for (size_t r = 0; r < y->rows; r++) {
            if (r != rank && y->row[r].a[c] != 0) {
                add_row(&y->row[r], &y->row[rank], y->row[r].a[c]);
            }
        }
        d->promised[d->promised_count++] = y->unknown[c];
        rank++;
    }
}

/* The column of the one unknown that a row has left; SIZE_MAX: none or several. */
static size_t only_unknown(const struct system *y, size_t row)
{
    size_t found = SIZE_MAX;

    for (size_t c = 0; c < y->columns; c++) {
        if (y->row[row].a[c] != 0) {
            if (found != SIZE_MAX) {
                return SIZE_MAX;
            }
            found = c;
        }
    }
    return found;
}

/* The value of a row's combination, all that is known taken out of it, into s->out. */
static size_t evaluate(struct tacet_fec_decoder *d, struct tacet_fec_scratch *s,
                       const struct system *y, size_t row)
{
    uint8_t *symbols[TACET_FEC_WINDOW + TACET_FEC_EQUATIONS];
    uint8_t factors[TACET_FEC_WINDOW] = { 0 };
    size_t count = 0;
    size_t size = 0;

    for (size_t i = 0; i < y->rows; i++) {
        struct tacet_fec_equation *e = &d->equations[y->of[i]];
        uint8_t mix = y->row[row].mix[i];
        if (mix == 0) {
            continue;
        }
        symbols[count] = e->symbol;
        s->coefficients[count++] = mix;
        size = e->size > size ? e->size : size;
        for (int64_t seq = e->base; seq < e->base + e->k; seq++) {
            if (find(d, seq) != NULL) {
                factors[(uint64_t)seq % TACET_FEC_WINDOW] ^= gf_mul(mix, coefficient(seq, e->row));
            }
        }
    }
    for (size_t i = 0; i < TACET_FEC_WINDOW; i++) {
        if (factors[i] != 0) {
            symbols[count] = d->known[i].symbol;
            s->coefficients[count++] = factors[i];
        }
    }
    combine(s, symbols, count, size);
    return size;
}

/* False: what came out is no packet, so that something in the equations is not true. */
static bool read_symbol(const uint8_t *symbol, size_t size, struct tacet_fec_source *ret)
{
    struct tacet_reader r = tacet_reader(symbol, size);

    ret->timestamp = tacet_read_u32(&r);
    uint16_t length = tacet_read_u16(&r);
    ret->marker = (length & MARKER) != 0;
    ret->size = length & (MARKER - 1);
    ret->payload = tacet_read_view(&r, ret->size);
    return ret->payload != NULL && ret->size > 0;
}

static void drop_all(struct tacet_fec_decoder *d)
{
    for (size_t i = 0; i < TACET_FEC_EQUATIONS; i++) {
        d->equations[i].used = false;
    }
    d->promised_count = 0;
}

size_t tacet_fec_recover(struct tacet_fec_decoder *d, struct tacet_fec_scratch *s,
                         tacet_fec_found_fn *found, void *ctx)
{
    struct system y;
    size_t solved[TACET_FEC_EQUATIONS];
    size_t count = 0;

    set_up(d, &y);
    eliminate(d, &y);
    for (size_t r = 0; r < y.rows; r++) {
        if (only_unknown(&y, r) != SIZE_MAX) {
            solved[count++] = r;
        }
    }
    /* Oldest first, as they are wanted. What one gives is not part of another's combination, for
     * their equations were solved with all of these unknown. */
    for (size_t i = count; i > 0; i--) {
        struct tacet_fec_source source;
        int64_t seq = y.unknown[only_unknown(&y, solved[i - 1])];
        size_t size = evaluate(d, s, &y, solved[i - 1]);
        if (!read_symbol(s->out, size, &source)) {
            drop_all(d);
            return count - i;
        }
        found(ctx, seq, &source);
    }
    return count;
}

bool tacet_fec_promised(const struct tacet_fec_decoder *d, int64_t seq)
{
    for (size_t i = 0; i < d->promised_count; i++) {
        if (d->promised[i] == seq) {
            return true;
        }
    }
    return false;
}
