/*
 * The encoder of VP8 (RFC 6386) through libvpx, for calls: constant bit rate, no look-ahead, one
 * thread (libvpx's workers spin), key frames only when asked for, error resilient so that a frame's
 * entropy coding never depends on one that was lost.
 *
 * Which pictures a frame uses and replaces is said by layers.h (using GOLDEN and ALTREF for the
 * sake of size gains 0.03 dB on people signing).
 * The encoder is deterministic: its speed is fixed (negative cpu_used) and its clock is the
 * pictures' own.
 */
#include "vp8.h"

#include "base/alloc.h"
#include "layers.h"
#include "scene.h"
#include "settings.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

/* Rate control's model of the link, in milliseconds of the bit rate: how much may be saved up,
 * where it aims, where it begins: with much, for nothing waits yet, and the key frame takes
 * it. What overflows waits in the pacer and is delay. When the rate falls, what is saved beyond
 * the aim is spent at the old rate's worth: from 2500 to 500 kbit/s that is 120 ms of the new rate
 * here, and 500 ms with libvpx's usual 1000, 600 and 500, which are worth less than 0.2 dB on
 * people signing. */
#define BUFFER_MS 300
#define BUFFER_OPTIMAL_MS 250
#define BUFFER_INITIAL_MS 200
#define KEY_FRAME_MS 300 /* what one key frame may take */
/* The first one of a size is made by a guess, for libvpx has seen nothing of the kind, and in a
 * call's first moments for a way that nobody knows: all that follows waits for it. What takes
 * longer than that is made once more, with a quantizer coarser by a step for each twentieth that is
 * to go. */
#define FIRST_FRAME_MS 150
#define FIRST_FRAME_TRIES 3
#define FIRST_FRAME_STEP 20
#define QUANTIZER_MIN 2
#define QUANTIZER_MAX 63
/* When the rate falls, libvpx finds the quantizer for the new one only by the frames it makes, and
 * the first of them, above all one that is predicted from an old picture, would be as large as
 * before. So for some pictures the quantizer is no finer than the last one by the fall: four steps
 * of its 64 for each quarter. */
#define FALL_STEPS 4
#define FALL_PICTURES 6
/* And the one that heals is waited for: so much coarser still. */
#define HEAL_STEPS 8
/* Likewise a picture of another scene, which would take as long as a key frame: it is coarser by
 * some steps, and those after it make it fine. */
#define CUT_STEPS 14
#define CUT_PICTURES 1
#define UNDERSHOOT_PERCENT 100
#define OVERSHOOT_PERCENT 15
#define DROP_BELOW_PERCENT 10 /* of the optimal buffer: only what else would wait for seconds */

struct encoder {
    vpx_codec_ctx_t codec;
    vpx_codec_enc_cfg_t config;
    struct tacet_video_encoder_settings settings;
    int64_t pts;            /* TACET_VP8_CLOCK_RATE */
    int64_t captured_at_us; /* of the picture before */
    bool started;
    bool key_wanted;
    int32_t coded_bps;    /* the rate of the frame before; 0: none at this size */
    int coarse_pictures;  /* so many more ... */
    int coarse_quantizer; /* ... are no finer than that */
    struct tacet_layers layers;
    struct tacet_scene scene;
};

static bool settings_valid(const struct tacet_video_encoder_settings *s)
{
    return tacet_video_settings_valid(s) && s->cpu_used >= -16 && s->cpu_used <= -1;
}

/* Everything but the size may change while libvpx runs. */
static int apply(vpx_codec_ctx_t *codec, vpx_codec_enc_cfg_t *config,
                 const struct tacet_video_encoder_settings *s)
{
    /* Never less than three times an average frame. In percent of the average frame. */
    unsigned int intra = (unsigned int)(KEY_FRAME_MS * s->fps / 10);

    config->rc_target_bitrate = (unsigned int)(s->bitrate_bps / 1000);
    if (vpx_codec_enc_config_set(codec, config) != VPX_CODEC_OK ||
        vpx_codec_control(codec, VP8E_SET_CPUUSED, s->cpu_used) != VPX_CODEC_OK ||
        vpx_codec_control(codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, intra < 300 ? 300U : intra) !=
            VPX_CODEC_OK) {
        return TACET_ERR_CODEC;
    }
    return 0;
}

/* Starts libvpx at the settings' size; *codec is untouched on failure. */
static int start(vpx_codec_ctx_t *ret_codec, vpx_codec_enc_cfg_t *ret_config,
                 const struct tacet_video_encoder_settings *s, int quantizer_min)
{
    vpx_codec_ctx_t codec;
    vpx_codec_enc_cfg_t config;

    memset(&codec, 0, sizeof(codec));
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0) != VPX_CODEC_OK) {
        return TACET_ERR_CODEC;
    }
    config.g_w = s->width;
    config.g_h = s->height;
    config.g_threads = 1;
    config.g_timebase.num = 1;
    config.g_timebase.den = TACET_VP8_CLOCK_RATE;
    config.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    config.g_pass = VPX_RC_ONE_PASS;
    config.g_lag_in_frames = 0;
    config.rc_end_usage = VPX_CBR;
    config.rc_target_bitrate = (unsigned int)(s->bitrate_bps / 1000);
    config.rc_dropframe_thresh = DROP_BELOW_PERCENT;
    config.rc_resize_allowed = 0;
    config.rc_min_quantizer = (unsigned int)quantizer_min;
    config.rc_max_quantizer = QUANTIZER_MAX;
    config.rc_undershoot_pct = UNDERSHOOT_PERCENT;
    config.rc_overshoot_pct = OVERSHOOT_PERCENT;
    config.rc_buf_sz = BUFFER_MS;
    config.rc_buf_optimal_sz = BUFFER_OPTIMAL_MS;
    config.rc_buf_initial_sz = BUFFER_INITIAL_MS;
    config.kf_mode = VPX_KF_DISABLED;
    if (vpx_codec_enc_init(&codec, vpx_codec_vp8_cx(), &config, 0) != VPX_CODEC_OK) {
        return TACET_ERR_NOMEM;
    }
    if (apply(&codec, &config, s) != 0 ||
        vpx_codec_control(&codec, VP8E_SET_STATIC_THRESHOLD, 1) != VPX_CODEC_OK ||
        vpx_codec_control(&codec, VP8E_SET_NOISE_SENSITIVITY, 0) != VPX_CODEC_OK ||
        vpx_codec_control(&codec, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION) !=
            VPX_CODEC_OK) {
        (void)vpx_codec_destroy(&codec);
        return TACET_ERR_CODEC;
    }
    *ret_codec = codec;
    *ret_config = config;
    return 0;
}

/* Takes another libvpx in place of the one that there is, unless that fails. */
static int restart(struct encoder *e, const struct tacet_video_encoder_settings *settings,
                   int quantizer_min)
{
    vpx_codec_ctx_t codec;
    int error = start(&codec, &e->config, settings, quantizer_min);

    if (error == 0) {
        (void)vpx_codec_destroy(&e->codec);
        e->codec = codec;
    }
    return error;
}

static int encoder_configure(void *ctx, const struct tacet_video_encoder_settings *settings)
{
    struct encoder *e = ctx;
    int error = 0;

    if (!settings_valid(settings)) {
        return TACET_ERR_ARGUMENT;
    }
    if (settings->width != e->settings.width || settings->height != e->settings.height) {
        /* A new size begins with a key frame, so nothing is lost by beginning anew; libvpx by
         * itself could only shrink. */
        error = restart(e, settings, QUANTIZER_MIN);
        if (error == 0) {
            e->key_wanted = true;
            e->coded_bps = 0;
            e->coarse_pictures = 0;
        }
    } else {
        error = apply(&e->codec, &e->config, settings);
    }
    if (error == 0) {
        if (settings->temporal_layers != e->settings.temporal_layers) {
            tacet_layers_restart(&e->layers);
        }
        e->settings = *settings;
    }
    return error;
}

/*
 * How long the picture lasts for the rate control: the time since the one before, within half and
 * four times the expected step, for a long pause must not be saved up and spent on one frame.
 * Pictures follow each other without gap or overlap: libvpx takes the frame rate from the distance
 * between their ends, and after an overlap it starves the stream for seconds.
 */
static unsigned long duration_of(struct encoder *e, int64_t captured_at_us)
{
    int64_t nominal = TACET_VP8_CLOCK_RATE / e->settings.fps;
    int64_t step = nominal;

    if (e->started) {
        if (captured_at_us > e->captured_at_us &&
            captured_at_us - e->captured_at_us < (int64_t)10 * 1000000) {
            step = (captured_at_us - e->captured_at_us) * 9 / 100;
        }
        step = step < nominal / 2 ? nominal / 2 : step;
        step = step > nominal * 4 ? nominal * 4 : step;
    }
    e->captured_at_us = captured_at_us;
    e->started = true;
    return (unsigned long)step;
}

static void begin_coarse(struct encoder *e, int quantizer, int pictures)
{
    if (e->coarse_pictures > 0 && e->coarse_quantizer > quantizer) {
        return;
    }
    e->coarse_quantizer = quantizer < QUANTIZER_MAX ? quantizer : QUANTIZER_MAX;
    e->coarse_pictures = pictures;
}

static void follow_cut(struct encoder *e, const struct tacet_picture *picture)
{
    int quantizer = 0;

    if (tacet_scene_is_cut(&e->scene, picture) &&
        vpx_codec_control(&e->codec, VP8E_GET_LAST_QUANTIZER_64, &quantizer) == VPX_CODEC_OK) {
        begin_coarse(e, quantizer + CUT_STEPS, CUT_PICTURES);
    }
}

/* Has the rate fallen since the frame before? */
static void follow_fall(struct encoder *e)
{
    int64_t before = e->coded_bps;
    int quantizer = 0;

    if (before == 0 || before * 3 <= (int64_t)e->settings.bitrate_bps * 4 ||
        vpx_codec_control(&e->codec, VP8E_GET_LAST_QUANTIZER_64, &quantizer) != VPX_CODEC_OK) {
        return;
    }
    while (before * 3 > (int64_t)e->settings.bitrate_bps * 4) {
        before = before * 3 / 4;
        quantizer += FALL_STEPS;
    }
    begin_coarse(e, quantizer, FALL_PICTURES);
}

/* What is asked for is waited for at the other end: it is made now, whatever it costs. A setting
 * that libvpx refuses leaves it as it was. */
static void set_next(struct encoder *e, bool may_drop)
{
    vpx_codec_enc_cfg_t config = e->config;

    follow_fall(e);
    config.rc_dropframe_thresh = may_drop ? DROP_BELOW_PERCENT : 0;
    int quantizer = e->coarse_pictures > 0 ? e->coarse_quantizer : QUANTIZER_MIN;
    if (e->coarse_pictures > 0 && !may_drop) {
        quantizer += HEAL_STEPS;
    }
    config.rc_min_quantizer = (unsigned int)(quantizer < QUANTIZER_MAX ? quantizer : QUANTIZER_MAX);
    if ((config.rc_dropframe_thresh != e->config.rc_dropframe_thresh ||
         config.rc_min_quantizer != e->config.rc_min_quantizer) &&
        vpx_codec_enc_config_set(&e->codec, &config) == VPX_CODEC_OK) {
        e->config = config;
    }
    e->coarse_pictures -= e->coarse_pictures > 0 ? 1 : 0;
    e->coded_bps = e->settings.bitrate_bps;
}

static vpx_enc_frame_flags_t flags_of(const struct tacet_role *role, bool key)
{
    if (key) {
        return VPX_EFLAG_FORCE_KF;
    }
    return ((role->references & TACET_REFERENCE_LAST) != 0 ? 0 : VP8_EFLAG_NO_REF_LAST) |
           ((role->references & TACET_REFERENCE_GOLDEN) != 0 ? 0 : VP8_EFLAG_NO_REF_GF) |
           ((role->references & TACET_REFERENCE_ALTREF) != 0 ? 0 : VP8_EFLAG_NO_REF_ARF) |
           ((role->updates & TACET_REFERENCE_LAST) != 0 ? 0 : VP8_EFLAG_NO_UPD_LAST) |
           ((role->updates & TACET_REFERENCE_GOLDEN) != 0 ? 0 : VP8_EFLAG_NO_UPD_GF) |
           ((role->updates & TACET_REFERENCE_ALTREF) != 0 ? 0 : VP8_EFLAG_NO_UPD_ARF);
}

/* Has libvpx make a frame, of whatever size. 1, 0 (the picture is passed over) or TACET_ERR_CODEC.
 */
static int make(struct encoder *e, const vpx_image_t *image, unsigned long duration,
                vpx_enc_frame_flags_t flags, const vpx_codec_cx_pkt_t **ret)
{
    vpx_codec_iter_t iterator = NULL;
    const vpx_codec_cx_pkt_t *packet;

    if (vpx_codec_encode(&e->codec, image, e->pts, duration, flags, VPX_DL_REALTIME) !=
        VPX_CODEC_OK) {
        return TACET_ERR_CODEC;
    }
    do {
        packet = vpx_codec_get_cx_data(&e->codec, &iterator);
    } while (packet != NULL && packet->kind != VPX_CODEC_CX_FRAME_PKT);
    if (packet == NULL) {
        return 0;
    }
    *ret = packet;
    return 1;
}

/* The quantizer with which a first frame of that size should have been made; 0: it is well. */
static int coarser_for_first(struct encoder *e, size_t size)
{
    size_t most = (size_t)e->settings.bitrate_bps / 8 * FIRST_FRAME_MS / 1000;
    int quantizer = 0;

    most = most < TACET_FRAME_SIZE_MAX ? most : TACET_FRAME_SIZE_MAX;
    if (size <= most ||
        vpx_codec_control(&e->codec, VP8E_GET_LAST_QUANTIZER_64, &quantizer) != VPX_CODEC_OK ||
        quantizer >= QUANTIZER_MAX) {
        return 0;
    }
    while (size > most && quantizer < QUANTIZER_MAX) {
        size -= size / FIRST_FRAME_STEP;
        quantizer++;
    }
    return quantizer;
}

/* As _make, for the first frame of a size. Rate control is to know of one of them only. */
static int make_first(struct encoder *e, const vpx_image_t *image, unsigned long duration,
                      const vpx_codec_cx_pkt_t **ret)
{
    int result = make(e, image, duration, VPX_EFLAG_FORCE_KF, ret);

    for (int i = 1; i < FIRST_FRAME_TRIES && result == 1; i++) {
        int quantizer = coarser_for_first(e, (*ret)->data.frame.sz);
        if (quantizer == 0 || restart(e, &e->settings, quantizer) != 0) {
            break;
        }
        result = make(e, image, duration, VPX_EFLAG_FORCE_KF, ret);
    }
    return result;
}

static int encoder_encode(void *ctx, const struct tacet_picture *picture,
                          enum tacet_refresh refresh, struct tacet_frame *ret)
{
    struct encoder *e = ctx;
    vpx_image_t image;
    const vpx_codec_cx_pkt_t *packet;

    if (picture->width != e->settings.width || picture->height != e->settings.height) {
        return TACET_ERR_ARGUMENT;
    }
    refresh = e->key_wanted ? TACET_REFRESH_KEY : refresh;
    struct tacet_role role =
        tacet_layers_next(&e->layers, e->settings.temporal_layers, e->settings.fps, refresh);
    memset(&image, 0, sizeof(image));
    if (vpx_img_wrap(&image, VPX_IMG_FMT_I420, picture->width, picture->height, 1,
                     (unsigned char *)(uintptr_t)picture->planes[0]) == NULL) {
        return TACET_ERR_CODEC;
    }
    for (int i = 0; i < 3; i++) {
        image.planes[i] = (unsigned char *)(uintptr_t)picture->planes[i];
        image.stride[i] = picture->strides[i];
    }
    bool first = e->coded_bps == 0;
    follow_cut(e, picture);
    set_next(e, refresh == TACET_REFRESH_NONE);
    unsigned long duration = duration_of(e, picture->captured_at_us);
    int result =
        first ? make_first(e, &image, duration, &packet)
              : make(e, &image, duration, flags_of(&role, refresh == TACET_REFRESH_KEY), &packet);
    e->pts += (int64_t)duration;
    if (result == 1 &&
        (packet->data.frame.sz == 0 || packet->data.frame.sz > TACET_FRAME_SIZE_MAX)) {
        result = TACET_ERR_CODEC;
    }
    if (result <= 0) {
        e->key_wanted |= result < 0; /* what follows would build on a frame that is never sent */
        e->coded_bps = first ? 0 : e->coded_bps;
        return result;
    }
    bool key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    if (key) {
        refresh = TACET_REFRESH_KEY;
        role = tacet_layers_next(&e->layers, e->settings.temporal_layers, e->settings.fps, refresh);
    } else if (refresh == TACET_REFRESH_KEY) {
        e->key_wanted = true;
        return TACET_ERR_CODEC;
    }
    e->key_wanted = false;
    tacet_layers_advance(&e->layers, &role, refresh);
    *ret = tacet_layers_frame(&role, key, picture);
    ret->data = packet->data.frame.buf;
    ret->size = packet->data.frame.sz;
    return 1;
}

static void encoder_free(void *ctx)
{
    struct encoder *e = ctx;

    if (e != NULL) {
        (void)vpx_codec_destroy(&e->codec);
        tacet_dealloc(e);
    }
}

static const struct tacet_video_encoder_ops encoder_ops = {
    .name = "vp8",
    .configure = encoder_configure,
    .encode = encoder_encode,
    .free = encoder_free,
};

int tacet_vp8_encoder_create(const struct tacet_video_encoder_settings *settings,
                             struct tacet_video_encoder *ret)
{
    if (!settings_valid(settings)) {
        return TACET_ERR_ARGUMENT;
    }
    struct encoder *e = tacet_alloc(sizeof(*e));
    if (e == NULL) {
        return TACET_ERR_NOMEM;
    }
    e->settings = *settings;
    e->key_wanted = true;
    int error = start(&e->codec, &e->config, settings, QUANTIZER_MIN);
    if (error != 0) {
        tacet_dealloc(e);
        return error;
    }
    *ret = (struct tacet_video_encoder){ .ops = &encoder_ops, .ctx = e };
    return 0;
}
