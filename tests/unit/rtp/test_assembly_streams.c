/*
 * Frames from whole streams: one that another implementation sent, and many over links that lose,
 * delay and double packets. All that comes out is true, and it heals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assembly_fixture.h"
#include "rtp/header.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD 300

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t read_whole(const char *folder, const char *name, uint8_t *out, size_t capacity)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/vectors/rtp/%s", folder, name);
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(out, 1, capacity, file) : 0;

    if (file != NULL) {
        (void)fclose(file);
    }
    return size;
}

/* Chrome's packets, recorded: every frame as another implementation put it together. */
static void recorded_stream_gives_its_frames(void **state)
{
    struct fixture *f = *state;
    static uint8_t pcap[1 << 18];
    static uint8_t ivf[1 << 18];
    const char *shared = getenv("TACET_SHARED");
    size_t pcap_size = shared ? read_whole(shared, "str0m_vp8.pcap", pcap, sizeof(pcap)) : 0;
    size_t ivf_size = shared ? read_whole(shared, "str0m_vp8.expected.ivf", ivf, sizeof(ivf)) : 0;
    size_t frames = 0;
    size_t packets = 0;

    if (pcap_size == 0 || ivf_size == 0) {
        skip();
    }
    size_t expected = 32; /* behind the IVF header */
    for (size_t at = 24; at + 16 <= pcap_size;) {
        size_t size = le32(pcap + at + 8);
        const size_t head = 14 + 20 + 8; /* Ethernet, IPv4, UDP */
        struct tacet_rtp rtp;
        assert_true(at + 16 + size <= pcap_size && size > head);
        assert_int_equal(tacet_rtp_parse(pcap + at + 16 + head, size - head, &rtp), 0);
        at += 16 + size;
        packets++;
        f->now += 10000;
        assert_int_equal(put(f, rtp.seq, rtp.timestamp, rtp.marker, rtp.payload, rtp.payload_size),
                         TACET_DROP_NONE);
        struct tacet_frame got;
        while (tacet_assembly_get(&f->a, f->now, PATIENCE, &got) == 1) {
            assert_true(expected + 12 <= ivf_size);
            assert_int_equal(got.size, le32(ivf + expected));
            assert_true(expected + 12 + got.size <= ivf_size);
            assert_memory_equal(got.data, ivf + expected + 12, got.size);
            if (got.key) {
                assert_int_equal(got.width, 240);
                assert_int_equal(got.height, 180);
            }
            expected += 12 + got.size;
            frames++;
        }
    }
    assert_int_equal(packets, 104);
    assert_int_equal(frames, 101);
    assert_int_equal(expected, ivf_size);
}

/* A link of loss, reordering and duplication between cutter and assembly. */
#define IN_FLIGHT 512
struct flight {
    struct {
        int64_t due_us;
        uint16_t seq;
        uint32_t timestamp;
        bool marker;
        size_t size;
        uint8_t bytes[PAYLOAD];
    } packets[IN_FLIGHT];
    size_t count;
};

static size_t size_of_frame(uint32_t id, bool key)
{
    return (key ? 2000 : 10) + id * 37 % 1500;
}

static void fly(struct fixture *f, struct flight *flight)
{
    for (size_t i = 0; i < flight->count;) {
        if (flight->packets[i].due_us > f->now) {
            i++;
            continue;
        }
        enum tacet_drop drop =
            put(f, flight->packets[i].seq, flight->packets[i].timestamp, flight->packets[i].marker,
                flight->packets[i].bytes, flight->packets[i].size);
        assert_true(drop == TACET_DROP_NONE || drop == TACET_DROP_LATE ||
                    drop == TACET_DROP_REPLAY);
        flight->packets[i] = flight->packets[--flight->count];
    }
}

static void send_frame(struct fixture *f, struct flight *flight, struct tacet_rng *rng,
                       int32_t loss_permille, int64_t slow_us, uint32_t id, bool key, uint16_t *seq)
{
    uint8_t frame[4096];
    const struct tacet_vp8_descriptor d = { .has_picture_id = true,
                                            .picture_id_long = true,
                                            .picture_id = (uint16_t)(id & 0x7fff) };
    struct tacet_vp8_cutter c;

    tacet_vp8_cut(&c, frame, make_frame(id, key, size_of_frame(id, key), frame), &d, PAYLOAD);
    while (tacet_vp8_cut_count(&c) > 0) {
        uint8_t out[PAYLOAD];
        bool last = false;
        size_t size = tacet_vp8_cut_next(&c, out, sizeof(out), &last);
        int copies = tacet_rng_permille(rng, loss_permille) ? 0 : 1;
        copies += slow_us > 0 && tacet_rng_permille(rng, 50);
        for (int i = 0; i < copies; i++) {
            assert_true(flight->count < IN_FLIGHT);
            bool slow = slow_us > 0 && tacet_rng_permille(rng, 100);
            flight->packets[flight->count].due_us =
                f->now + 5000 + (slow ? (int64_t)tacet_rng_below(rng, (uint64_t)slow_us) : 0);
            flight->packets[flight->count].seq = *seq;
            flight->packets[flight->count].timestamp = id * 3000;
            flight->packets[flight->count].marker = last;
            flight->packets[flight->count].size = size;
            memcpy(flight->packets[flight->count].bytes, out, size);
            flight->count++;
        }
        (*seq)++;
    }
}

/* Takes all there is. A frame that comes out is one that went in, whole, later than the last, and
 * either key or the one right behind it. Returns how many came. */
static uint32_t take(struct fixture *f, const bool *keys, uint32_t *last)
{
    uint32_t count = 0;
    struct tacet_frame got;

    while (tacet_assembly_get(&f->a, f->now, PATIENCE, &got) == 1) {
        uint8_t frame[4096];
        uint32_t id = got.rtp_timestamp / 3000;
        assert_true(id > *last || *last == UINT32_MAX);
        assert_true(keys[id] || id == *last + 1);
        assert_int_equal(got.key, keys[id]);
        assert_int_equal(got.size, make_frame(id, keys[id], size_of_frame(id, keys[id]), frame));
        assert_memory_equal(got.data, frame, got.size);
        *last = id;
        count++;
    }
    assert_true(tacet_assembly_timeout(&f->a, PATIENCE) > f->now);
    return count;
}

static void any_link_gives_true_frames_and_heals(void **state)
{
    struct fixture *f = *state;
    static struct flight flight;

    for (uint64_t seed = 0; seed < 60; seed++) {
        enum { FRAMES = 400, HEALED = 20 };
        bool keys[FRAMES + HEALED] = { false };
        struct tacet_rng rng;
        uint32_t last = UINT32_MAX;
        uint32_t came = 0;
        bool asked = true;
        tacet_rng_seed(&rng, seed, 0);
        int32_t loss = (int32_t)(seed % 6) * (int32_t)(seed % 6) * 10; /* up to 25 % */
        /* Slower than patience, or not; the first seeds have a clean link. */
        int64_t slow_us = seed < 6 ? 0 : seed % 4 < 2 ? TACET_MS(200) : TACET_MS(90);
        uint16_t seq = (uint16_t)tacet_rng_next(&rng);
        flight.count = 0;
        tacet_assembly_reset(&f->a);
        for (uint32_t id = 0; id < FRAMES; id++) {
            keys[id] = asked || tacet_rng_permille(&rng, 5);
            send_frame(f, &flight, &rng, loss, slow_us, id, keys[id], &seq);
            for (int step = 0; step < 3; step++) {
                f->now += 11000;
                fly(f, &flight);
                came += take(f, keys, &last);
            }
            asked = f->a.wants_refresh && tacet_rng_permille(&rng, 200);
        }
        assert_true(loss > 0 || slow_us > 0 || came == FRAMES);
        assert_true(loss > 0 || slow_us > PATIENCE || came > FRAMES * 9 / 10);
        assert_true(loss > 100 || came > FRAMES / 20);
        /* All that is under way arrives, the losses are over, and a key frame comes. */
        f->now += TACET_S(1);
        fly(f, &flight);
        (void)take(f, keys, &last);
        keys[FRAMES] = true;
        for (uint32_t id = FRAMES; id < FRAMES + HEALED; id++) {
            send_frame(f, &flight, &rng, 0, 0, id, keys[id], &seq);
            f->now += 33000;
            fly(f, &flight);
            if (take(f, keys, &last) != 1) {
                fail_msg("seed %llu: frame %u did not come", (unsigned long long)seed, id);
            }
        }
        assert_false(f->a.wants_refresh);
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(recorded_stream_gives_its_frames),
        WITH(any_link_gives_true_frames_and_heals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
