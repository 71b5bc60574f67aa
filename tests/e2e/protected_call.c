/*
 * A whole call on virtual time, for a decoder that is not ours: writes what one party put on the
 * wire, and the keys to it, which are taken from inside the process and could not be had otherwise.
 *
 *     protected_call FOLDER PROFILE caller|callee [SPEECH.wav]
 *
 * In FOLDER: audio.rtp and video.rtp, the protected packets as they left that party, each behind
 * its length as u16 (RFC 4571 section 2); source.wav and source.y4m, what was spoken (without
 * SPEECH a tone) and shown (the test card). Standard output: one JSON object with the key and its
 * MKI.
 */
#include "call/call.h"
#include "sim/harness.h"
#include "tacet/audio.h"
#include "tacet/codec.h"
#include "tacet/error.h"
#include "tacet/runner.h"
#include "tacet/video.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 6
#define SPEECH_SAMPLES ((size_t)TACET_SAMPLE_RATE * SECONDS)
#define WIDTH 320
#define HEIGHT 240
#define FPS 30

/* Payload types (protocol.md section 8). */
#define OPUS 111
#define VP8 96

enum file { AUDIO, VIDEO, CONTROL, FILES };

struct recording {
    enum tacet_harness_party party;
    uint16_t profile;
    FILE *files[FILES];
};

static int16_t speech[SPEECH_SAMPLES];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "protected_call: %s\n", what);
    exit(1);
}

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fail(what);
    }
}

static const char *in_folder(const char *folder, const char *name, char out[1024])
{
    int length = snprintf(out, 1024, "%s/%s", folder, name);

    expect(length > 0 && length < 1024, "the folder's name is too long");
    return out;
}

/* --- the source --- */

static void make_speech(const char *folder, const char *speech_file)
{
    struct tacet_audio_source source;
    struct tacet_audio_sink sink;
    char name[1024];

    int error = speech_file != NULL ? tacet_wav_source_create(speech_file, true, &source, NULL)
                                    : tacet_tone_source_create(&source);
    expect(error == 0, "the speech cannot be read");
    expect(source.ops->read(source.ctx, speech, SPEECH_SAMPLES) == (int)SPEECH_SAMPLES,
           "the speech ends early");
    source.ops->free(source.ctx);
    expect(tacet_wav_sink_create(in_folder(folder, "source.wav", name), &sink) == 0 &&
               sink.ops->write(sink.ctx, speech, SPEECH_SAMPLES) == 0,
           "source.wav cannot be written");
    sink.ops->free(sink.ctx);
}

static void write_pictures(const char *folder)
{
    struct tacet_video_format format = { WIDTH, HEIGHT, FPS, 1 };
    struct tacet_video_source source;
    struct tacet_video_sink sink;
    struct tacet_picture picture;
    char name[1024];

    expect(tacet_testcard_source_create(&format, &source) == 0, "no test card");
    expect(tacet_y4m_sink_create(in_folder(folder, "source.y4m", name), &sink) == 0 &&
               sink.ops->open(sink.ctx, &format) == 0,
           "source.y4m cannot be written");
    for (int i = 0; i < SECONDS * FPS; i++) {
        expect(source.ops->read(source.ctx, 0, 0, &picture) == 1 &&
                   sink.ops->show(sink.ctx, &picture) == 0,
               "source.y4m cannot be written");
    }
    source.ops->free(source.ctx);
    sink.ops->free(sink.ctx);
}

/* --- the call --- */

static void set_profile(void *ctx, enum tacet_harness_party at, struct tacet_call_config *config)
{
    const struct recording *recording = ctx;

    (void)at;
    config->profiles[0] = recording->profile;
    config->profile_count = 1;
}

/* RFC 7983: RTP and RTCP begin with 128 to 191. RFC 5761 section 4: the second byte tells which. */
static enum file file_of(const struct tacet_packet *packet)
{
    if (packet->data[0] < 128 || packet->data[0] > 191) {
        return FILES;
    }
    if (packet->data[1] >= 192 && packet->data[1] <= 223) {
        return CONTROL;
    }
    switch (packet->data[1] & 0x7f) {
    case OPUS:
        return AUDIO;
    case VP8:
        return VIDEO;
    default:
        return FILES;
    }
}

static bool record(void *ctx, struct tacet_harness *h, enum tacet_harness_party from,
                   struct tacet_packet *packet)
{
    struct recording *recording = ctx;
    enum file file = file_of(packet);

    (void)h;
    if (from == recording->party && file != FILES) {
        uint8_t length[2] = { (uint8_t)(packet->size >> 8), (uint8_t)packet->size };
        expect(fwrite(length, 1, 2, recording->files[file]) == 2 &&
                   fwrite(packet->data, 1, packet->size, recording->files[file]) == packet->size,
               "the packets cannot be written");
    }
    return true;
}

/* What no app can ask for: the master key and salt that this party sends with. */
static void print_key(struct tacet_harness *h, enum tacet_harness_party party)
{
    const struct tacet_call *call = tacet_harness_call(h, party);
    const struct tacet_peer *peer = tacet_call_find(call, tacet_harness_peer(h, party));

    expect(peer != NULL && peer->state == TACET_PEER_CONNECTED, "the call is not connected");
    const struct tacet_rekey *rekey = &peer->rekey;
    uint8_t key[TACET_SRTP_KEY_SIZE_MAX];
    size_t size = tacet_schedule_srtp_key(rekey->e, tacet_rekey_direction(rekey, true),
                                          rekey->send_epoch, rekey->profile, key);
    expect(size > 0 && rekey->epoch == rekey->send_epoch, "the epoch changed in between");
    printf("{\"mki\":%" PRIu32 ",\"key\":\"", rekey->send_epoch & 0xff);
    for (size_t i = 0; i < size; i++) {
        printf("%02x", key[i]);
    }
    printf("\"}\n");
}

static void run_call(struct recording *recording)
{
    struct tacet_harness_config config;
    struct tacet_harness *h = NULL;

    tacet_harness_config_init(&config);
    config.seed = 1;
    config.real_codecs = true;
    config.audio = true;
    config.video = true;
    config.width = WIDTH;
    config.height = HEIGHT;
    config.fps = FPS;
    config.speech = speech;
    config.speech_count = SPEECH_SAMPLES;
    config.on_packet = record;
    config.on_config = set_profile;
    config.ctx = recording;
    expect(tacet_harness_create(&config, &h) == 0 && tacet_harness_dial(h) == 0, "no call");
    tacet_harness_run(h, (int64_t)SECONDS * 1000000);
    print_key(h, recording->party);
    tacet_harness_free(&h);
}

int main(int argc, char **argv)
{
    static const char *const names[FILES] = { "audio.rtp", "video.rtp", "control.rtp" };
    struct recording recording = { .party = TACET_CALLER };
    char name[1024];

    if (argc < 4 || argc > 5) {
        fail("usage: protected_call FOLDER PROFILE caller|callee [SPEECH.wav]");
    }
    recording.profile = tacet_profile_parse(argv[2]);
    recording.party = strcmp(argv[3], "caller") == 0 ? TACET_CALLER : TACET_CALLEE;
    expect(recording.profile != 0, "no such profile");
    expect(tacet_init() == 0, "cannot begin");
    make_speech(argv[1], argc > 4 ? argv[4] : NULL);
    write_pictures(argv[1]);
    for (int i = 0; i < FILES; i++) {
        recording.files[i] = fopen(in_folder(argv[1], names[i], name), "wb");
        expect(recording.files[i] != NULL, "the packets cannot be written");
    }
    run_call(&recording);
    for (int i = 0; i < FILES; i++) {
        expect(fclose(recording.files[i]) == 0, "the packets cannot be written");
    }
    return 0;
}
