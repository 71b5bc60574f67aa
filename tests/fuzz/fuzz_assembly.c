/*
 * The assembly, driven by bytes: a step is an operation and its operands.
 *
 *      0x00-0xbf  a packet: flags (marker, time stamp), a signed step of the sequence number,
 *                 a size, then that many bytes of payload
 *      0xc0-0xdf  time passes and frames are taken
 *      0xe0-0xef  a key frame is required
 *      0xf0-0xff  a leap of the sequence number
 */
#include "base/bytes.h"
#include "rtp/assembly.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE TACET_MS(50)
#define POOL (TACET_VIDEO_WINDOW_PACKETS + 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct machine {
    struct tacet_pool *pool;
    struct tacet_assembly a;
    int64_t now;
    uint16_t seq;
    uint32_t timestamp;
};

static void put(struct machine *m, uint8_t flags, struct tacet_reader *r)
{
    struct tacet_buffer *buffer = tacet_pool_get(m->pool);

    if (buffer == NULL) {
        abort(); /* the window holds fewer than there are: one was lost */
    }
    m->seq = (uint16_t)(m->seq + (int8_t)tacet_read_u8(r));
    m->timestamp += (flags & 2) != 0 ? 3000 : 0;
    buffer->size = tacet_read_u8(r);
    if (buffer->size > tacet_reader_left(r)) {
        buffer->size = tacet_reader_left(r);
    }
    tacet_read_bytes(r, buffer->data, buffer->size);
    buffer->at_us = m->now;
    (void)tacet_assembly_put(&m->a, m->seq, m->timestamp, (flags & 1) != 0, buffer);
}

static void take(struct machine *m)
{
    struct tacet_frame frame;
    uint8_t sum = 0;

    while (tacet_assembly_get(&m->a, m->now, PATIENCE, &frame) == 1) {
        if (frame.size == 0 || frame.size > TACET_FRAME_SIZE_MAX ||
            frame.key != ((frame.data[0] & 1) == 0) || frame.key != (frame.width > 0)) {
            abort();
        }
        for (size_t i = 0; i < frame.size; i++) {
            sum ^= frame.data[i];
        }
    }
    (void)sum;
    if (tacet_assembly_timeout(&m->a, PATIENCE) <= m->now) {
        abort(); /* a timer that would be due for ever */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[TACET_FRAME_SIZE_MAX];
    static struct tacet_pool *pool; /* full again after every input */
    static struct machine m;
    struct tacet_reader r = tacet_reader(data, size);

    if (pool == NULL && tacet_pool_create(POOL, &pool) != 0) {
        return 0;
    }
    m = (struct machine){ .pool = pool, .now = TACET_S(1) };
    tacet_assembly_init(&m.a, m.pool, memory);
    while (tacet_reader_left(&r) > 0) {
        uint8_t operation = tacet_read_u8(&r);
        if (operation < 0xc0) {
            put(&m, operation, &r);
        } else if (operation < 0xe0) {
            m.now += (operation & 0x1f) * TACET_MS(5);
            take(&m);
        } else if (operation < 0xf0) {
            tacet_assembly_require_key(&m.a);
        } else {
            m.seq = (uint16_t)(m.seq + (operation & 0x0f) * 700);
        }
    }
    m.now += TACET_S(1);
    take(&m);
    tacet_assembly_reset(&m.a);
    if (tacet_pool_available(m.pool) != POOL) {
        abort();
    }
    return 0;
}
