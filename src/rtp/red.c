/* See red.h. */
#include "rtp/red.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define HEADER_SIZE 4
#define LAST_HEADER_SIZE 1
#define OFFSET_MAX 0x3fff
#define LENGTH_MAX 0x3ff

void tacet_red_remember(struct tacet_red *red, uint32_t timestamp, const uint8_t *payload,
                        size_t size)
{
    assert(size <= sizeof(red->sent[0].data));
    red->sent[red->next].timestamp = timestamp;
    red->sent[red->next].size = size;
    memcpy(red->sent[red->next].data, payload, size);
    red->next = (red->next + 1) % TACET_RED_BACK_MAX;
}

/* The `back`-th payload before this one (1: the last), if it is there and can be referred to. */
static size_t sent_before(const struct tacet_red *red, size_t back, uint32_t timestamp)
{
    assert(back >= 1);
    assert(back <= TACET_RED_BACK_MAX);
    size_t at = (red->next + TACET_RED_BACK_MAX - back) % TACET_RED_BACK_MAX;
    uint32_t offset = timestamp - red->sent[at].timestamp;

    if (red->sent[at].size == 0 || red->sent[at].size > LENGTH_MAX || offset == 0 ||
        offset > OFFSET_MAX) {
        return SIZE_MAX;
    }
    return at;
}

size_t tacet_red_write(struct tacet_red *red, uint8_t type, uint32_t timestamp,
                       const uint8_t *payload, size_t size, const struct tacet_red_plan *plan,
                       uint8_t *out, size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);
    size_t room = capacity;
    size_t count = 0;

    assert(plan->count <= TACET_RED_DEPTH_MAX);
    if (capacity < LAST_HEADER_SIZE + size) {
        return 0;
    }
    room -= LAST_HEADER_SIZE + size;
    while (count < plan->count) {
        size_t at = sent_before(red, plan->back[count], timestamp);
        if (at == SIZE_MAX || HEADER_SIZE + red->sent[at].size > room) {
            break;
        }
        room -= HEADER_SIZE + red->sent[at].size;
        count++;
    }
    for (size_t i = count; i > 0; i--) {
        size_t at = sent_before(red, plan->back[i - 1], timestamp);
        uint32_t offset = timestamp - red->sent[at].timestamp;
        tacet_write_u32(&w, 0x80000000U | (uint32_t)type << 24 | offset << 10 |
                                (uint32_t)red->sent[at].size);
    }
    tacet_write_u8(&w, type);
    for (size_t i = count; i > 0; i--) {
        size_t at = sent_before(red, plan->back[i - 1], timestamp);
        tacet_write_bytes(&w, red->sent[at].data, red->sent[at].size);
    }
    tacet_write_bytes(&w, payload, size);
    assert(!w.failed);
    tacet_red_remember(red, timestamp, payload, size);
    return w.at;
}

int tacet_red_read(uint8_t type, uint32_t timestamp, const uint8_t *payload, size_t size,
                   struct tacet_red_block out[TACET_RED_DEPTH_MAX + 1])
{
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];
    uint8_t types[TACET_RED_DEPTH_MAX + 1];
    struct tacet_reader r = tacet_reader(payload, size);
    size_t count = 0;
    int kept = 0;

    for (bool more = true; more; count++) {
        uint8_t first = tacet_read_u8(&r);
        if (r.failed || count == TACET_RED_DEPTH_MAX + 1) {
            return TACET_ERR_FORMAT;
        }
        more = (first & 0x80) != 0;
        types[count] = first & 0x7f;
        uint32_t rest = more ? tacet_read_u24(&r) : 0;
        blocks[count].timestamp = timestamp - (rest >> 10);
        blocks[count].size = rest & LENGTH_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == count - 1) {
            blocks[i].size = tacet_reader_left(&r);
        }
        blocks[i].data = tacet_read_view(&r, blocks[i].size);
    }
    if (r.failed) {
        return TACET_ERR_FORMAT;
    }
    for (size_t i = 0; i < count; i++) {
        if (types[i] == type && blocks[i].size > 0) {
            out[kept++] = blocks[i];
        }
    }
    return kept;
}
