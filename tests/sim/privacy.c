/* Nothing is captured, sent or decoded before a local answer, and nothing can be read on the wire.
 */
#include "call/demux.h"
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

/* An app that would send before it may: the call does not take it. */
static void push_frame(struct tacet_harness *h, enum tacet_harness_party party)
{
    static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    int64_t now = tacet_harness_clock(h);
    struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        .captured_at_us = now,
        .data = data,
        .size = sizeof(data),
    };

    tacet_expect(tacet_call_send_frame(tacet_harness_call(h, party), now, &frame) == 0);
}

static void no_media_before_the_answer(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.auto_answer = false;
    struct tacet_harness *h = tacet_watch_dial(&config);
    for (int64_t at_us = 0; at_us < TACET_SECONDS(5); at_us += TACET_MILLIS(50)) {
        push_frame(h, TACET_CALLER);
        push_frame(h, TACET_CALLEE);
        tacet_harness_run(h, at_us);
    }
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 1);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_RINGING) == 1);
    tacet_expect(watch.media_packets[0] + watch.media_packets[1] == 0);
    tacet_expect(tacet_call_answer(tacet_harness_call(h, TACET_CALLEE), tacet_harness_clock(h),
                                   tacet_harness_peer(h, TACET_CALLEE)) == 0);
    tacet_harness_run(h, TACET_SECONDS(6));
    tacet_expect_one_call(h, &watch);
    tacet_expect(watch.media_packets[0] > 0);
    tacet_expect(watch.media_packets[1] > 0);
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

/* From the answer on nothing of the caller's control stream gets through: no ANSWER_ACK. */
static bool block_caller_control(struct tacet_watch *watch, struct tacet_harness *h,
                                 enum tacet_harness_party from, struct tacet_packet *packet)
{
    (void)h;
    return watch->ctx == NULL || from != TACET_CALLER || packet->data[0] != TACET_PACKET_CTRL;
}

static void callee_sends_nothing_before_the_acknowledgement(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.auto_answer = false;
    watch.on_packet = block_caller_control;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(2));
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 1);
    watch.ctx = &watch;
    tacet_expect(tacet_call_answer(tacet_harness_call(h, TACET_CALLEE), tacet_harness_clock(h),
                                   tacet_harness_peer(h, TACET_CALLEE)) == 0);
    for (int64_t at_us = TACET_SECONDS(2); at_us < TACET_SECONDS(5); at_us += TACET_MILLIS(50)) {
        push_frame(h, TACET_CALLEE);
        tacet_harness_run(h, at_us);
    }
    struct tacet_harness_result result;
    tacet_harness_result(h, TACET_CALLEE, &result);
    tacet_expect(watch.media_packets[TACET_CALLEE] == 0);
    tacet_expect(result.frames_before_answer == 0);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_ANSWERED) == 0);
    watch.ctx = NULL;
    tacet_harness_run(h, TACET_SECONDS(9));
    tacet_expect_one_call(h, &watch);
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

struct secrets {
    uint8_t keys[2][TACET_KEY_SIZE];
    bool keys_known;
    uint64_t looked_at;
    uint64_t ones; /* bits set in the payload of media */
    uint64_t bits;
};

static bool contains(const struct tacet_packet *packet, const void *what, size_t size)
{
    for (size_t at = 0; at + size <= packet->size; at++) {
        if (memcmp(packet->data + at, what, size) == 0) {
            return true;
        }
    }
    return false;
}

static bool look_for_plaintext(struct tacet_watch *watch, struct tacet_harness *h,
                               enum tacet_harness_party from, struct tacet_packet *packet)
{
    /* Names in certificates, magics of the fake codec's frames, a message of the app. */
    static const char *const texts[] = { "caller", "callee", "TC01", "TFA1", "TFV1", "secret!" };
    struct secrets *secrets = watch->ctx;

    (void)from;
    if (!secrets->keys_known) {
        tacet_harness_identity(h, TACET_CALLER, secrets->keys[0]);
        tacet_harness_identity(h, TACET_CALLEE, secrets->keys[1]);
        secrets->keys_known = true;
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tacet_expect(!contains(packet, texts[i], strlen(texts[i])));
    }
    /* Whose identities these are is not shown either, not even a part of a key. */
    tacet_expect(!contains(packet, secrets->keys[0], 8));
    tacet_expect(!contains(packet, secrets->keys[1], 8));
    secrets->looked_at++;
    for (size_t i = 12; packet->data[0] >= 128 && i < packet->size; i++) {
        secrets->ones += (uint64_t)__builtin_popcount(packet->data[i]);
        secrets->bits += 8;
    }
    return true;
}

static void nothing_is_readable_on_the_wire(uint64_t seed)
{
    static struct secrets secrets;
    struct tacet_watch watch;
    struct tacet_harness_config config;

    memset(&secrets, 0, sizeof(secrets));
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = look_for_plaintext;
    watch.ctx = &secrets;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(3));
    tacet_expect_one_call(h, &watch);
    tacet_expect(tacet_call_send_message(
                     tacet_harness_call(h, TACET_CALLER), tacet_harness_clock(h),
                     tacet_harness_peer(h, TACET_CALLER), (const uint8_t *)"a secret!", 9) == 0);
    tacet_harness_run(h, TACET_SECONDS(5));
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_MESSAGE) == 1);
    tacet_expect_goodbye(h, &watch, TACET_CALLER);
    tacet_expect(secrets.looked_at > 500);
    /* As many ones as zeros, within 0.5 %: ten deviations of a megabit. */
    tacet_expect(secrets.bits > 1000000);
    tacet_expect(secrets.ones * 1000 >= secrets.bits * 495);
    tacet_expect(secrets.ones * 1000 <= secrets.bits * 505);
    tacet_harness_free(&h);
}

static bool note_audio_size(struct tacet_watch *watch, struct tacet_harness *h,
                            enum tacet_harness_party from, struct tacet_packet *packet)
{
    size_t *sizes = watch->ctx;

    (void)h;
    /* RTP with payload type 111, marker or not (RFC 3550 section 5.1). */
    if (from == TACET_CALLER && packet->data[0] >= 128 && (packet->data[1] & 0x7f) == 111) {
        sizes[0] = sizes[0] == 0 || packet->size < sizes[0] ? packet->size : sizes[0];
        sizes[1] = packet->size > sizes[1] ? packet->size : sizes[1];
    }
    return true;
}

static void audio_packets_are_of_one_size(uint64_t seed)
{
    static int16_t speech[48000];
    size_t sizes[2] = { 0, 0 };
    struct tacet_watch watch;
    struct tacet_harness_config config;
    struct tacet_rng rng;

    /* Loud noise and silence in turns: variable-rate coding would show them (RFC 6562). */
    tacet_rng_seed(&rng, seed, 1002);
    for (size_t i = 0; i < 48000; i++) {
        int value = (int)tacet_rng_below(&rng, 20001) - 10000;
        speech[i] = (int16_t)(i / 9600 % 2 == 0 ? value : 0);
    }
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = note_audio_size;
    watch.ctx = sizes;
    config.real_codecs = true;
    config.video = false;
    config.speech = speech;
    config.speech_count = 48000;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(4));
    tacet_expect_one_call(h, &watch);
    tacet_expect(sizes[0] > 12 + 17);
    tacet_expect(sizes[0] == sizes[1]);
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_privacy[] = {
    { "no_media_before_the_answer", no_media_before_the_answer },
    { "callee_sends_nothing_before_the_acknowledgement",
      callee_sends_nothing_before_the_acknowledgement },
    { "nothing_is_readable_on_the_wire", nothing_is_readable_on_the_wire },
    { "audio_packets_are_of_one_size", audio_packets_are_of_one_size },
    { NULL, NULL },
};
