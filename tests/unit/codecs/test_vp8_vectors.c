/* VP8's decoder on the published test vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "md5.h"
#include "tacet/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void md5_is_that_of_rfc_1321(void **state)
{
    /* Appendix A.5. */
    static const char *const rows[][2] = {
        { "", "d41d8cd98f00b204e9800998ecf8427e" },
        { "abc", "900150983cd24fb0d6963f7d28e17f72" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
          "d174ab98d277d9f5a5611c2c9f419d9f" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct md5 m;
        char hex[33];
        md5_init(&m);
        md5_add(&m, (const uint8_t *)rows[i][0], strlen(rows[i][0]));
        md5_final(&m, hex);
        assert_string_equal(hex, rows[i][1]);
    }
}

static void md5_of_picture(const struct tacet_picture *p, char ret_hex[33])
{
    struct md5 m;

    md5_init(&m);
    for (int plane = 0; plane < 3; plane++) {
        int width = plane == 0 ? p->width : (p->width + 1) / 2;
        int height = plane == 0 ? p->height : (p->height + 1) / 2;
        for (int y = 0; y < height; y++) {
            md5_add(&m, p->planes[plane] + (ptrdiff_t)y * p->strides[plane], (size_t)width);
        }
    }
    md5_final(&m, ret_hex);
}

/* IVF: a header of 32 bytes; before each frame its size, little endian, and 8 bytes of time. */
static int check_vector(const char *folder, int number)
{
    static uint8_t data[TACET_FRAME_SIZE_MAX];
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
    struct tacet_video_decoder decoder;
    char path[4096];
    uint8_t header[32];
    int frames = 0;

    (void)snprintf(path, sizeof(path), "%s/vp80-00-comprehensive-%03d.ivf", folder, number);
    FILE *ivf = fopen(path, "rb");
    (void)snprintf(path, sizeof(path), "%s/vp80-00-comprehensive-%03d.ivf.md5", folder, number);
    FILE *sums = fopen(path, "r");
    assert_non_null(ivf);
    assert_non_null(sums);
    assert_int_equal(fread(header, 1, 32, ivf), 32);
    assert_int_equal(codec->video_decoder_create(4096, 4096, &decoder), 0);
    while (fread(header, 1, 12, ivf) == 12) {
        size_t size = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
        struct tacet_picture picture;
        char expected[256];
        char hex[33];
        assert_in_range(size, 1, sizeof(data));
        assert_int_equal(fread(data, 1, size, ivf), size);
        int result = decoder.ops->decode(decoder.ctx, data, size, &picture);
        assert_true(result >= 0);
        if (result == 0) {
            continue;
        }
        assert_non_null(fgets(expected, sizeof(expected), sums));
        md5_of_picture(&picture, hex);
        assert_memory_equal(hex, expected, 32);
        frames++;
    }
    decoder.ops->free(decoder.ctx);
    (void)fclose(ivf);
    (void)fclose(sums);
    return frames;
}

static void published_vectors_decode_bit_for_bit(void **state)
{
    const char *shared = getenv("TACET_SHARED");
    char folder[2048];
    char probe[2200];
    int frames = 0;

    (void)state;
    (void)snprintf(folder, sizeof(folder), "%s/vectors/vp8", shared != NULL ? shared : "");
    (void)snprintf(probe, sizeof(probe), "%s/vp80-00-comprehensive-001.ivf", folder);
    FILE *there = fopen(probe, "rb");
    if (there == NULL) {
        skip();
        return;
    }
    (void)fclose(there);
    for (int number = 1; number <= 18; number++) {
        int count = check_vector(folder, number);
        assert_true(count > 0);
        frames += count;
    }
    printf("%d pictures of 18 vectors\n", frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5_is_that_of_rfc_1321),
        cmocka_unit_test(published_vectors_decode_bit_for_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
