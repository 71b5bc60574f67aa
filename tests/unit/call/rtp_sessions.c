/* See rtp_sessions.h. */
#include "rtp_sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/rng.h"

struct tacet_rtp_session *sessions[2];
struct tacet_pool *pool;
static struct tacet_rekey rekeys[2];

int sessions_begin(void **state)
{
    static struct tacet_rng rng;
    struct tacet_random chance;

    (void)state;
    tacet_rng_seed(&rng, 41, 0);
    chance = tacet_rng_random(&rng);
    assert_int_equal(tacet_pool_create(16, &pool), 0);
    for (int i = 0; i < 2; i++) {
        rekeys[i].initiator = i == 0;
        for (uint32_t kind = 0; kind < TACET_SSRC_KIND_COUNT; kind++) {
            rekeys[i].ssrcs.of[0][kind] = 100 + kind;
            rekeys[i].ssrcs.of[1][kind] = 200 + kind;
        }
        assert_int_equal(tacet_rtp_session_create(&sessions[i]), 0);
        tacet_rtp_session_begin(sessions[i], &chance, &rekeys[i], pool);
    }
    return 0;
}

int sessions_end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        tacet_rtp_session_free(&sessions[i]);
    }
    assert_int_equal(tacet_pool_available(pool), 16);
    tacet_pool_free(&pool);
    return 0;
}

void receive_sound(struct tacet_rtp_session *s, int64_t now, uint16_t seq, uint32_t ssrc)
{
    struct tacet_buffer *buffer = tacet_pool_get(pool);
    struct tacet_rtp header = { .payload_type = TACET_PT_OPUS, .seq = seq, .ssrc = ssrc };

    header.timestamp = seq * 960U;
    tacet_rtp_write(&header, buffer->data);
    buffer->data[TACET_RTP_HEADER_SIZE] = 0x55;
    buffer->size = TACET_RTP_HEADER_SIZE + 1;
    assert_int_equal(tacet_inbound_put(&s->inbound, now, TACET_KIND_AUDIO, seq, buffer),
                     TACET_DROP_NONE);
}
