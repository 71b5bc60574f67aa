/*
 * Frames that say what they need: temporal layers, recovery from a long-term picture, and links
 * that lose. A model of the decoder's three reference pictures says whether what comes out decodes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../codecs/layers.h"
#include "assembly_fixture.h"
#include "rtp/recovery.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

#define STEP TACET_MS(33)
#define PAYLOAD 200
#define FRAMES_MAX 2100
#define PACKETS_MAX 8

#define L TACET_REFERENCE_LAST
#define G TACET_REFERENCE_GOLDEN
#define A TACET_REFERENCE_ALTREF

struct film {
    struct fixture in;
    uint16_t seq;
    uint32_t count; /* frames made; the id of a frame is its number */
    size_t packets; /* of the last frame */
    uint8_t payloads[PACKETS_MAX][PAYLOAD];
    size_t sizes[PACKETS_MAX];
    struct tacet_recovery recovery;
    struct {
        uint8_t references, updates;
        uint32_t needs[3]; /* the ids that stood in the references */
    } frames[FRAMES_MAX];
    uint32_t encoder[3];
    uint32_t decoder[3];
    uint32_t shown; /* id of the last frame that came out */
};

static int setup(void **state)
{
    struct film *f = calloc(1, sizeof(*f));

    *state = f;
    return f == NULL ? -1 : fixture_begin(&f->in);
}

static int teardown(void **state)
{
    struct film *f = *state;
    int result = fixture_end(&f->in);

    free(f);
    return result;
}

/* Those packets of the last frame arrive. */
static void deliver(struct film *f, uint32_t mask)
{
    for (size_t i = 0; i < f->packets; i++) {
        if ((mask >> i & 1) != 0) {
            struct tacet_buffer *buffer = tacet_pool_get(f->in.pool);
            assert_non_null(buffer);
            memcpy(buffer->data, f->payloads[i], f->sizes[i]);
            buffer->size = f->sizes[i];
            buffer->at_us = f->in.now;
            assert_int_equal(tacet_assembly_put(&f->in.a, (uint16_t)(f->seq - f->packets + i),
                                                f->count * 3000, i + 1 == f->packets, buffer),
                             TACET_DROP_NONE);
        }
    }
}

/* Makes a frame of `packets` packets, of which those in `mask` arrive. */
static void send(struct film *f, uint8_t layer, uint8_t references, uint8_t updates, size_t packets,
                 uint32_t mask)
{
    uint8_t bytes[PAYLOAD * PACKETS_MAX] = { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0 };
    struct tacet_vp8_descriptor d = { .has_picture_id = true, .picture_id_long = true };
    struct tacet_vp8_cutter c;
    bool last = false;
    uint32_t id = ++f->count;
    struct tacet_frame frame = { .key = references == 0,
                                 .temporal_layer = layer,
                                 .references = references,
                                 .updates = updates };

    assert_true(id < FRAMES_MAX);
    bytes[0] |= references != 0;
    f->frames[id].references = references;
    f->frames[id].updates = updates;
    for (int i = 0; i < 3; i++) {
        f->frames[id].needs[i] = f->encoder[i];
        f->encoder[i] = (updates >> i & 1) != 0 ? id : f->encoder[i];
    }
    d.picture_id = (uint16_t)(id & 0x7fff);
    tacet_recovery_describe(&f->recovery, &frame, &d);
    tacet_recovery_on_sent(&f->recovery, &frame, d.picture_id);
    tacet_vp8_cut(&c, bytes, packets * (PAYLOAD - 10), &d, PAYLOAD);
    assert_int_equal(tacet_vp8_cut_count(&c), packets);
    f->packets = packets;
    for (size_t i = 0; i < packets; i++) {
        f->sizes[i] = tacet_vp8_cut_next(&c, f->payloads[i], PAYLOAD, &last);
    }
    f->seq = (uint16_t)(f->seq + packets);
    deliver(f, mask);
}

/* Takes what comes, and holds it against the model. Returns how many. */
static uint32_t take(struct film *f)
{
    struct tacet_frame got;
    uint32_t count = 0;

    while (tacet_assembly_get(&f->in.a, f->in.now, PATIENCE, &got) == 1) {
        uint32_t id = got.rtp_timestamp / 3000;
        assert_true(id > f->shown && id <= f->count);
        for (int i = 0; i < 3; i++) {
            bool needs = (f->frames[id].references >> i & 1) != 0;
            if (needs && f->decoder[i] != f->frames[id].needs[i]) {
                fail_msg("frame %u lacks what it is predicted from", id);
            }
            bool updates = (f->frames[id].updates >> i & 1) != 0;
            f->decoder[i] = updates ? id : f->decoder[i];
            assert_true(!needs || (got.references >> i & 1) != 0);
            assert_true(!updates || (got.updates >> i & 1) != 0);
        }
        f->shown = id;
        count++;
    }
    assert_true(tacet_assembly_timeout(&f->in.a, PATIENCE) > f->in.now);
    return count;
}

#define WHOLE UINT32_MAX
#define NONE 0

static void key(struct film *f)
{
    send(f, 0, 0, L | G | A, 4, WHOLE);
    assert_int_equal(take(f), 1);
    assert_false(f->in.a.wants_refresh);
}

static void lost_frame_of_an_upper_layer_is_passed_over(void **state)
{
    struct film *f = *state;

    key(f);
    send(f, 1, L, 0, 2, 1); /* half of it */
    assert_int_equal(take(f), 0);
    f->in.now += STEP;
    send(f, 0, L, L, 2, 1);
    assert_int_equal(take(f), 0);
    assert_true(tacet_assembly_timeout(&f->in.a, PATIENCE) > f->in.now + TACET_MS(50));
    f->in.now += TACET_MS(20);
    deliver(f, 2);
    assert_int_equal(take(f), 1); /* at once: the hole has been there for long enough */
    assert_int_equal(f->shown, 3);
    assert_false(f->in.a.wants_refresh);
    assert_int_equal(f->in.a.frames_discarded, 1);
    send(f, 1, L, 0, 2, NONE);
    f->in.now += STEP;
    send(f, 0, L, L, 2, WHOLE);
    assert_int_equal(take(f), 0); /* it may have been overtaken only */
    int64_t at = tacet_assembly_timeout(&f->in.a, PATIENCE);
    assert_true(at > f->in.now && at <= f->in.now + TACET_MS(10));
    f->in.now = at;
    assert_int_equal(take(f), 1);
    assert_int_equal(f->shown, 5);
    assert_false(f->in.a.wants_refresh);
}

static void lost_frame_of_the_base_layer_is_waited_for(void **state)
{
    struct film *f = *state;

    key(f);
    send(f, 0, L, L, 2, NONE);
    f->in.now += STEP;
    int64_t since = f->in.now;
    send(f, 1, L, 0, 2, WHOLE);
    f->in.now += STEP;
    send(f, 0, L, L, 2, WHOLE);
    assert_int_equal(take(f), 0);
    assert_int_equal(tacet_assembly_timeout(&f->in.a, PATIENCE), since + PATIENCE);
    assert_false(f->in.a.wants_refresh);
    f->in.now = since + PATIENCE;
    assert_int_equal(take(f), 0);
    assert_true(f->in.a.wants_refresh);
    send(f, 1, L, 0, 2, WHOLE);
    send(f, 0, L, L, 2, WHOLE);
    assert_int_equal(take(f), 0); /* none of them has what it needs */
    assert_int_equal(tacet_pool_available(f->in.pool), POOL);
}

static void recovery_goes_on_at_once(void **state)
{
    struct film *f = *state;

    key(f);
    send(f, 0, L, L | G, 2, WHOLE);
    assert_int_equal(take(f), 1);
    uint16_t held[TACET_LONG_TERM_ACKED];
    assert_int_equal(tacet_decoded_long_term(&f->in.a.decoded, held), 2);
    assert_int_equal(held[0], 2);
    assert_int_equal(held[1], 1);
    tacet_recovery_on_ack(&f->recovery, 2);
    send(f, 0, L, L | A, 2, NONE);
    f->in.now += STEP;
    send(f, 0, L, L, 2, WHOLE);
    assert_int_equal(take(f), 0);
    send(f, 0, G, L, 3, 3); /* one packet of it is missing */
    assert_int_equal(take(f), 0);
    send(f, 0, A, L, 2, WHOLE); /* it does not have that one */
    assert_int_equal(take(f), 0);
    send(f, 0, G, L, 2, WHOLE);
    assert_int_equal(take(f), 1);
    assert_int_equal(f->shown, 7);
    send(f, 0, L, L, 2, WHOLE);
    assert_int_equal(take(f), 1);
    assert_false(f->in.a.wants_refresh);
    assert_int_equal(tacet_decoded_long_term(&f->in.a.decoded, held), 2);
    assert_int_equal(held[0], 2); /* going back to it is no new one */
}

static void decoder_that_failed_gets_nothing_but_a_key_frame(void **state)
{
    struct film *f = *state;
    uint16_t held[TACET_LONG_TERM_ACKED];

    key(f);
    tacet_assembly_require_key(&f->in.a);
    assert_int_equal(tacet_decoded_long_term(&f->in.a.decoded, held), 0);
    send(f, 0, G, L, 2, WHOLE);
    send(f, 0, L, L, 2, WHOLE);
    assert_int_equal(take(f), 0);
    key(f);
}

/* TL0PICIDX says the same again after 256 frames of the base layer. */
static void frame_of_the_next_round_is_not_the_next_one(void **state)
{
    struct film *f = *state;

    key(f);
    for (int i = 0; i < 255; i++) {
        send(f, 0, L, L, 1, NONE);
    }
    send(f, 0, L, L, 1, NONE);
    f->seq = (uint16_t)(f->seq - 200); /* within the window */
    send(f, 0, L, L, 1, WHOLE);
    assert_int_equal(take(f), 0);
    f->in.now += PATIENCE;
    assert_int_equal(take(f), 0);
    assert_true(f->in.a.wants_refresh);
}

static bool lost(struct tacet_rng *rng, int32_t permille, uint32_t *burst)
{
    if (*burst > 0) {
        (*burst)--;
        return true;
    }
    if (tacet_rng_permille(rng, permille)) {
        *burst = (uint32_t)tacet_rng_below(rng, 12);
        return true;
    }
    return false;
}

/*
 * Sender and receiver over a link that loses in bursts whole frames at a time, with no
 * retransmission at all: what is acknowledged comes 100 ms later, and so do requests. Nothing but
 * the first is a key frame, unless nothing else is left.
 */
static void pictures_come_back_without_key_frames(void **state)
{
    struct film *f = *state;

    for (uint64_t seed = 0; seed < 60; seed++) {
        struct tacet_layers layers = { 0 };
        struct tacet_rng rng;
        uint8_t count = (uint8_t)(1 + seed % 3);
        int32_t permille = 10 + (int32_t)(seed % 5) * 15;
        uint16_t acks[8][TACET_LONG_TERM_ACKED] = { 0 };
        uint32_t burst = 0, keys = 0, came = 0;
        enum tacet_refresh refresh = TACET_REFRESH_KEY;
        tacet_rng_seed(&rng, seed, 0);
        tacet_assembly_reset(&f->in.a);
        memset(f->frames, 0, sizeof(f->frames));
        memset(f->encoder, 0, sizeof(f->encoder));
        memset(f->decoder, 0, sizeof(f->decoder));
        f->recovery = (struct tacet_recovery){ 0 };
        f->shown = 0;
        f->count = 0;
        for (int n = 0; n < 2000; n++) {
            struct tacet_role role = tacet_layers_next(&layers, count, 30, refresh);
            uint32_t mask = 0;
            size_t packets = 1 + (size_t)tacet_rng_below(&rng, 4);
            tacet_layers_advance(&layers, &role, refresh);
            for (size_t i = 0; i < packets; i++) {
                mask |= n == 0 || !lost(&rng, permille, &burst) ? 1U << i : 0;
            }
            keys += refresh == TACET_REFRESH_KEY ? 1 : 0;
            refresh = TACET_REFRESH_NONE;
            send(f, role.layer, role.references, role.updates, packets, mask);
            came += take(f);
            f->in.now += TACET_MS(15);
            came += take(f);
            f->in.now += STEP - TACET_MS(15);
            for (size_t i = 0; i < TACET_LONG_TERM_ACKED; i++) {
                tacet_recovery_on_ack(&f->recovery, acks[n % 3][i]);
            }
            acks[n % 3][1] = 0;
            (void)tacet_decoded_long_term(&f->in.a.decoded, acks[n % 3]);
            bool hole = f->in.a.hole_since_us < f->in.now - TACET_MS(40);
            if (f->in.a.wants_refresh || hole) {
                refresh = tacet_recovery_decide(&f->recovery, f->in.now, TACET_MS(40),
                                                TACET_RECOVERY_PLI);
            }
        }
        assert_true(came > 700);
        /* With three layers ALTREF is not for recovery, and GOLDEN alone is soon replaced. */
        assert_true(count == 3 || keys <= 10);
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(lost_frame_of_an_upper_layer_is_passed_over),
        WITH(lost_frame_of_the_base_layer_is_waited_for),
        WITH(recovery_goes_on_at_once),
        WITH(decoder_that_failed_gets_nothing_but_a_key_frame),
        WITH(frame_of_the_next_round_is_not_the_next_one),
        WITH(pictures_come_back_without_key_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
