/* WAV files in and out: rates and channels, ends and cuts, and a writer that is killed. */
#define _GNU_SOURCE
#include "folder.h"
#include "tacet/audio.h"
#include "tacet/error.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PI 3.14159265358979323846

static char file[FOLDER_PATH_MAX];

static int make_folder(void **state)
{
    int result = folder_make(state);

    folder_path("file.wav", file);
    return result;
}

/* Nothing else has been left there. */
static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

/* A sine of 1 kHz at half of full scale; the right channel stands on its head if `opposed`. */
static void write_sine(int format, int rate, int channels, bool opposed, sf_count_t frames)
{
    SF_INFO info = { .samplerate = rate, .channels = channels, .format = format };
    SNDFILE *sound = sf_open(file, SFM_WRITE, &info);

    assert_non_null(sound);
    for (sf_count_t i = 0; i < frames; i++) {
        float sample = (float)(0.5 * sin(2 * PI * 1000 * (double)i / rate));
        float frame[3] = { sample, opposed ? -sample : sample, sample };
        assert_int_equal(sf_writef_float(sound, frame, 1), 1);
    }
    assert_int_equal(sf_close(sound), 0);
}

static struct tacet_audio_source open_source(bool loop, bool *truncated)
{
    struct tacet_audio_source source;

    assert_int_equal(tacet_wav_source_create(file, loop, &source, truncated), 0);
    assert_false(source.ops->clocked);
    return source;
}

/* Reads in pieces as the runner does. */
static void read_all(const struct tacet_audio_source *source, int16_t *pcm, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t piece = count - at < 480 ? count - at : 480;
        assert_int_equal(source->ops->read(source->ctx, pcm + at, piece), piece);
        at += piece;
    }
}

static void any_rate_and_format_becomes_48_khz_mono(void **state)
{
    static const struct {
        int format;
        int rate;
        int channels;
    } rows[] = {
        { SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1 },
        { SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2 },
        { SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 8000, 1 },
        { SF_FORMAT_WAV | SF_FORMAT_PCM_24, 44100, 2 },
        { SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 1 },
        { SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 96000, 2 },
        { SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 22050, 1 },
        { SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 11025, 2 },
    };
    static int16_t pcm[48000];

    (void)state;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        bool truncated = true;
        write_sine(rows[r].format, rows[r].rate, rows[r].channels, false, rows[r].rate);
        struct tacet_audio_source source = open_source(false, &truncated);
        assert_false(truncated);
        read_all(&source, pcm, 48000);
        /* Sample for sample the same sine, but for the ends where a filter rings. */
        for (int i = 2000; i < 46000; i++) {
            double expected = 16384 * sin(2 * PI * 1000 * i / 48000.0);
            assert_true(fabs(pcm[i] - expected) < (rows[r].format == rows[2].format ? 300 : 60));
        }
        source.ops->free(source.ctx);
    }
}

static void sixteen_bits_pass_unchanged(void **state)
{
    static int16_t in[65536];
    static int16_t out[65536];
    SF_INFO info = { .samplerate = 48000,
                     .channels = 1,
                     .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
    SNDFILE *sound = sf_open(file, SFM_WRITE, &info);

    (void)state;
    for (int i = 0; i < 65536; i++) {
        in[i] = (int16_t)(i - 32768);
    }
    assert_int_equal(sf_writef_short(sound, in, 65536), 65536);
    assert_int_equal(sf_close(sound), 0);
    struct tacet_audio_source source = open_source(false, NULL);
    read_all(&source, out, 65536);
    assert_memory_equal(in, out, sizeof(in));
    source.ops->free(source.ctx);
}

static void stereo_is_mixed_down(void **state)
{
    static int16_t pcm[4800];

    (void)state;
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2, true, 4800);
    struct tacet_audio_source source = open_source(false, NULL);
    read_all(&source, pcm, 4800);
    for (int i = 0; i < 4800; i++) {
        assert_in_range(pcm[i] + 2, 0, 4);
    }
    source.ops->free(source.ctx);
}

static void silence_or_the_beginning_follows_the_end(void **state)
{
    static int16_t first[3000];
    static int16_t more[30000];

    (void)state;
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, false, 3000);
    struct tacet_audio_source once = open_source(false, NULL);
    read_all(&once, first, 3000);
    read_all(&once, more, 30000);
    for (int i = 0; i < 30000; i++) {
        assert_int_equal(more[i], 0);
    }
    once.ops->free(once.ctx);
    struct tacet_audio_source looped = open_source(true, NULL);
    read_all(&looped, more, 30000);
    for (int i = 0; i < 10; i++) {
        assert_memory_equal(more + 3000 * i, first, sizeof(first));
    }
    looped.ops->free(looped.ctx);
}

static void cut_file_is_played_to_its_last_whole_sample(void **state)
{
    static int16_t whole[1000];
    static int16_t cut[1000];
    bool truncated = false;
    /* 44 bytes of header, 4 a frame of two channels. */
    static const struct {
        off_t size;
        int frames;
    } rows[] = {
        { 44 + 4 * 500, 500 }, { 44 + 4 * 500 + 1, 500 }, { 44 + 4 * 500 + 3, 500 }, { 44 + 4, 1 }
    };

    (void)state;
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2, false, 1000);
    struct tacet_audio_source source = open_source(false, &truncated);
    assert_false(truncated);
    read_all(&source, whole, 1000);
    source.ops->free(source.ctx);
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2, false, 1000);
        assert_int_equal(truncate(file, rows[r].size), 0);
        truncated = false;
        source = open_source(false, &truncated);
        assert_true(truncated);
        read_all(&source, cut, 1000);
        for (int i = 0; i < 1000; i++) {
            assert_int_equal(cut[i], i < rows[r].frames ? whole[i] : 0);
        }
        source.ops->free(source.ctx);
    }
}

static void cut_flac_is_known_to_be_cut(void **state)
{
    struct stat status;
    bool truncated = false;

    (void)state;
    write_sine(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 48000, 1, false, 48000);
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(truncate(file, status.st_size / 2), 0);
    struct tacet_audio_source source = open_source(false, &truncated);
    assert_true(truncated);
    source.ops->free(source.ctx);
}

static void write_bytes(const void *bytes, size_t size)
{
    FILE *out = fopen(file, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void what_is_not_sound_is_refused(void **state)
{
    struct tacet_audio_source source = { 0 };
    bool truncated = false;

    (void)state;
    (void)unlink(file);
    assert_int_equal(tacet_wav_source_create(file, false, &source, &truncated), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_wav_source_create(folder, false, &source, &truncated), TACET_ERR_FORMAT);
    write_bytes("", 0);
    assert_int_equal(tacet_wav_source_create(file, false, &source, &truncated), TACET_ERR_FORMAT);
    write_bytes("this is a text, and a long one at that, not a sound at all", 58);
    assert_int_equal(tacet_wav_source_create(file, false, &source, &truncated), TACET_ERR_FORMAT);
    /* No sample at all, less than one frame, too many channels, a rate beyond reason. */
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, false, 0);
    assert_int_equal(tacet_wav_source_create(file, true, &source, &truncated), TACET_ERR_FORMAT);
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2, false, 10);
    assert_int_equal(truncate(file, 44 + 3), 0);
    assert_int_equal(tacet_wav_source_create(file, true, &source, &truncated), TACET_ERR_FORMAT);
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 3, false, 10);
    assert_int_equal(tacet_wav_source_create(file, true, &source, &truncated), TACET_ERR_FORMAT);
    write_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 500, 1, false, 10);
    assert_int_equal(tacet_wav_source_create(file, true, &source, &truncated), TACET_ERR_FORMAT);
    assert_null(source.ops);
    assert_false(truncated);
}

/* Checks that the file is a WAV of whole samples 0, 1, 2, ...; returns how many. */
static sf_count_t check_counting(void)
{
    static int16_t pcm[480];
    SF_INFO info = { 0 };
    SNDFILE *sound = sf_open(file, SFM_READ, &info);
    sf_count_t at = 0;
    struct stat status;

    assert_non_null(sound);
    assert_int_equal(info.samplerate, 48000);
    assert_int_equal(info.channels, 1);
    assert_int_equal(info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    for (sf_count_t n; (n = sf_readf_short(sound, pcm, 480)) > 0; at += n) {
        for (sf_count_t i = 0; i < n; i++) {
            assert_int_equal(pcm[i], (int16_t)(at + i));
        }
    }
    assert_int_equal(at, info.frames);
    assert_int_equal(sf_close(sound), 0);
    assert_int_equal(stat(file, &status), 0);
    /* The header never promises more than there is, and no sample is cut. */
    assert_true(44 + 2 * at <= status.st_size);
    assert_int_equal(status.st_size % 2, 0);
    return at;
}

static void sink_is_a_right_file_after_every_write(void **state)
{
    struct tacet_audio_sink sink;
    int16_t pcm[960];
    int16_t next = 0;

    (void)state;
    assert_int_equal(tacet_wav_sink_create(file, &sink), 0);
    assert_false(sink.ops->clocked);
    assert_int_equal(check_counting(), 0);
    for (sf_count_t n = 1; n <= 5; n++) {
        for (int i = 0; i < 960; i++) {
            pcm[i] = next++;
        }
        assert_int_equal(sink.ops->write(sink.ctx, pcm, 960), 0);
        assert_int_equal(check_counting(), 960 * n);
    }
    sink.ops->free(sink.ctx);
    assert_int_equal(check_counting(), 4800);
    assert_int_equal(tacet_wav_sink_create("/tmp/no/such/folder/x.wav", &sink), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_wav_sink_create(folder, &sink), TACET_ERR_IO);
}

static void killed_writer_leaves_a_right_file(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        int pipes[2];
        char byte;
        assert_int_equal(pipe(pipes), 0);
        (void)unlink(file);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct tacet_audio_sink sink;
            int16_t pcm[960];
            int16_t next = 0;
            if (tacet_wav_sink_create(file, &sink) != 0) {
                _exit(1);
            }
            for (int n = 0;; n++) {
                for (int i = 0; i < 960; i++) {
                    pcm[i] = next++;
                }
                if (sink.ops->write(sink.ctx, pcm, 960) != 0) {
                    _exit(1);
                }
                if (n == round) {
                    (void)!write(pipes[1], "x", 1);
                }
            }
        }
        assert_int_equal(read(pipes[0], &byte, 1), 1);
        (void)usleep((useconds_t)(round * 100)); /* another point in the middle of its work */
        assert_int_equal(kill(child, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_true(check_counting() >= 960 * (round + 1));
        (void)close(pipes[0]);
        (void)close(pipes[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_rate_and_format_becomes_48_khz_mono),
        cmocka_unit_test(sixteen_bits_pass_unchanged),
        cmocka_unit_test(stereo_is_mixed_down),
        cmocka_unit_test(silence_or_the_beginning_follows_the_end),
        cmocka_unit_test(cut_file_is_played_to_its_last_whole_sample),
        cmocka_unit_test(cut_flac_is_known_to_be_cut),
        cmocka_unit_test(what_is_not_sound_is_refused),
        cmocka_unit_test(sink_is_a_right_file_after_every_write),
        cmocka_unit_test(killed_writer_leaves_a_right_file),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
