/*
 * Turns "wav:FILE", "testcard:640x360@30" and the like into sources and sinks. Without an option
 * the microphone and the speaker are taken; where the machine has none, silence and nothing.
 */
#include "ends.h"

#include "report.h"

#include "tacet/error.h"

#include <stdio.h>
#include <string.h>

/* Whether `text` is `kind`, or `kind`:VALUE; then *ret_value is VALUE, or NULL. */
static bool is_kind(const char *text, const char *kind, const char **ret_value)
{
    size_t size = strlen(kind);

    if (strncmp(text, kind, size) != 0 || (text[size] != '\0' && text[size] != ':')) {
        return false;
    }
    *ret_value = text[size] == ':' ? text + size + 1 : NULL;
    return true;
}

/* "WxH@FPS", or NULL for the default card. */
static bool parse_testcard(const char *text, struct tacet_video_format *ret)
{
    unsigned width, height, fps;
    int end = 0;

    if (text == NULL) {
        *ret = (struct tacet_video_format){ 640, 360, 30, 1 };
        return true;
    }
    if (sscanf(text, "%4ux%4u@%3u%n", &width, &height, &fps, &end) != 3 || text[end] != '\0') {
        return false;
    }
    if (width < 64 || height < 16 || width > TACET_PICTURE_SIDE_MAX ||
        height > TACET_PICTURE_SIDE_MAX || fps < 1 || fps > 120) {
        return false;
    }
    *ret = (struct tacet_video_format){ (uint16_t)width, (uint16_t)height, fps, 1 };
    return true;
}

static bool is_plain(const char *text, const char *kind)
{
    return strcmp(text, kind) == 0;
}

static bool names_file(const char *text, const char *kind)
{
    const char *value = NULL;

    return is_kind(text, kind, &value) && value != NULL && value[0] != '\0';
}

int tacet_ends_check(const struct tacet_settings *settings)
{
    struct tacet_video_format format;
    const char *value = NULL;
    const char *text = settings->audio_in;

    if (text != NULL && !is_kind(text, "mic", &value) && !names_file(text, "wav") &&
        !is_plain(text, "tone") && !is_plain(text, "silence")) {
        return tacet_complain_usage("--audio-in '%s': give mic, mic:NAME, wav:FILE, tone or "
                                    "silence",
                                    text);
    }
    text = settings->audio_out;
    if (text != NULL && !is_kind(text, "speaker", &value) && !names_file(text, "wav") &&
        !is_plain(text, "null")) {
        return tacet_complain_usage("--audio-out '%s': give speaker, speaker:NAME, wav:FILE or "
                                    "null",
                                    text);
    }
    text = settings->video_in;
    if (text != NULL && is_kind(text, "testcard", &value)) {
        if (!parse_testcard(value, &format)) {
            return tacet_complain_usage("--video-in '%s': give testcard:WxH@FPS, at least 64x16 "
                                        "and at most %dx%d, 1 to 120 a second",
                                        text, TACET_PICTURE_SIDE_MAX, TACET_PICTURE_SIDE_MAX);
        }
    } else if (text != NULL && !names_file(text, "y4m") && !is_plain(text, "none")) {
        return tacet_complain_usage("--video-in '%s': give y4m:FILE, testcard[:WxH@FPS] or none",
                                    text);
    }
    text = settings->video_out;
    if (text != NULL && !names_file(text, "y4m") && !is_plain(text, "null")) {
        return tacet_complain_usage("--video-out '%s': give y4m:FILE or null", text);
    }
    return 0;
}

/* `needed` says what the file should have been. */
static int complain_source(const char *file, const char *needed, int error)
{
    switch (error) {
    case TACET_ERR_NOTFOUND:
        return tacet_complain("there is no file '%s': check the name", file);
    case TACET_ERR_FORMAT:
        return tacet_complain("'%s' cannot be played: give %s", file, needed);
    default:
        return tacet_complain("cannot read '%s': %s", file, tacet_error_string(error));
    }
}

static int open_microphone(const char *name, bool asked, struct tacet_audio_source *ret)
{
    int result = tacet_microphone_create(name, ret);

    if (result == 0) {
        return 0;
    }
    if (!asked) {
        tacet_progress("no microphone here: sending silence (--audio-in names another source)");
        return tacet_silence_source_create(ret) == 0 ? 0 : tacet_complain("out of memory");
    }
    return name != NULL ? tacet_complain("cannot open the microphone '%s': %s (see tacet devices)",
                                         name, tacet_error_string(result))
                        : tacet_complain("cannot open the microphone: %s (see tacet devices)",
                                         tacet_error_string(result));
}

static int open_audio_source(const struct tacet_settings *settings, struct tacet_audio_source *ret)
{
    const char *text = settings->audio_in != NULL ? settings->audio_in : "mic";
    const char *value = NULL;
    bool truncated = false;
    int result;

    if (is_kind(text, "mic", &value)) {
        return open_microphone(value, settings->audio_in != NULL, ret);
    }
    if (is_kind(text, "wav", &value)) {
        result = tacet_wav_source_create(value, settings->loop, ret, &truncated);
        if (result != 0) {
            return complain_source(value, "a sound file with at least one sample in it", result);
        }
        if (truncated) {
            tacet_complain("'%s' is cut off: playing it to its last whole sample", value);
        }
        return 0;
    }
    result =
        is_plain(text, "tone") ? tacet_tone_source_create(ret) : tacet_silence_source_create(ret);
    return result == 0 ? 0 : tacet_complain("out of memory");
}

static int open_video_source(const struct tacet_settings *settings, struct tacet_video_source *ret)
{
    const char *text = settings->video_in != NULL ? settings->video_in : "none";
    const char *value = NULL;
    bool truncated = false;
    struct tacet_video_format format;
    int result;

    if (is_plain(text, "none")) {
        *ret = (struct tacet_video_source){ 0 };
        return 0;
    }
    if (is_kind(text, "testcard", &value)) {
        (void)parse_testcard(value, &format);
        return tacet_testcard_source_create(&format, ret) == 0 ? 0
                                                               : tacet_complain("out of memory");
    }
    (void)is_kind(text, "y4m", &value);
    result = tacet_y4m_source_create(value, settings->loop, ret, &truncated);
    if (result != 0) {
        return complain_source(value, "a Y4M file, 8-bit 4:2:0, with at least one picture in it",
                               result);
    }
    if (truncated) {
        tacet_complain("'%s' is cut off: playing it to its last whole picture", value);
    }
    return 0;
}

static void describe(struct tacet_ends *ends)
{
    struct tacet_video_format format;

    ends->media = (struct tacet_media){ .audio = true };
    if (ends->video_source.ops != NULL) {
        ends->video_source.ops->format(ends->video_source.ctx, &format);
        ends->media.video = true;
        ends->media.width = format.width;
        ends->media.height = format.height;
        ends->media.fps = (uint16_t)((format.fps_numerator + format.fps_denominator - 1) /
                                     format.fps_denominator);
    }
}

int tacet_ends_open_sources(const struct tacet_settings *settings, struct tacet_ends *ends)
{
    int result;

    *ends = (struct tacet_ends){ 0 };
    result = open_audio_source(settings, &ends->audio_source);
    if (result == 0) {
        result = open_video_source(settings, &ends->video_source);
    }
    if (result != 0) {
        tacet_ends_close(ends);
        return result;
    }
    describe(ends);
    return 0;
}

static int complain_sink(const char *file, int error)
{
    return error == TACET_ERR_NOTFOUND
               ? tacet_complain("cannot write '%s': its folder is not there: make it first", file)
               : tacet_complain("cannot write '%s': %s (is it a file that you may write?)", file,
                                tacet_error_string(error));
}

static int open_audio_sink(const struct tacet_settings *settings, struct tacet_audio_sink *ret)
{
    const char *text = settings->audio_out != NULL ? settings->audio_out : "speaker";
    const char *value = NULL;
    int result;

    if (is_kind(text, "speaker", &value)) {
        result = tacet_speaker_create(value, ret);
        if (result != 0 && settings->audio_out == NULL) {
            tacet_progress("no speaker here: nothing will be heard (--audio-out names another "
                           "sink)");
            result = tacet_null_audio_sink_create(ret);
        }
        return result == 0
                   ? 0
                   : tacet_complain("cannot open the speaker '%s': %s (see tacet devices)",
                                    value != NULL ? value : "default", tacet_error_string(result));
    }
    if (is_kind(text, "wav", &value)) {
        result = tacet_wav_sink_create(value, ret);
        return result == 0 ? 0 : complain_sink(value, result);
    }
    return tacet_null_audio_sink_create(ret) == 0 ? 0 : tacet_complain("out of memory");
}

static int open_video_sink(const struct tacet_settings *settings, struct tacet_video_sink *ret)
{
    const char *text = settings->video_out != NULL ? settings->video_out : "null";
    const char *value = NULL;

    if (is_kind(text, "y4m", &value)) {
        int result = tacet_y4m_sink_create(value, ret);
        return result == 0 ? 0 : complain_sink(value, result);
    }
    return tacet_null_video_sink_create(ret) == 0 ? 0 : tacet_complain("out of memory");
}

int tacet_ends_open_sinks(const struct tacet_settings *settings, struct tacet_ends *ends)
{
    int result = open_audio_sink(settings, &ends->audio_sink);

    if (result == 0) {
        result = open_video_sink(settings, &ends->video_sink);
        if (result != 0) {
            ends->audio_sink.ops->free(ends->audio_sink.ctx);
            ends->audio_sink = (struct tacet_audio_sink){ 0 };
        }
    }
    return result;
}

void tacet_ends_close(struct tacet_ends *ends)
{
    if (ends->audio_source.ops != NULL) {
        ends->audio_source.ops->free(ends->audio_source.ctx);
    }
    if (ends->audio_sink.ops != NULL) {
        ends->audio_sink.ops->free(ends->audio_sink.ctx);
    }
    if (ends->video_source.ops != NULL) {
        ends->video_source.ops->free(ends->video_source.ctx);
    }
    if (ends->video_sink.ops != NULL) {
        ends->video_sink.ops->free(ends->video_sink.ctx);
    }
    *ends = (struct tacet_ends){ 0 };
}
