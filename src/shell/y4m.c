/* See y4m.h. A line is a magic word, then parameters: a blank, a letter, its value. */
#include "shell/y4m.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <stdio.h>
#include <string.h>

static const char stream_magic[] = "YUV4MPEG2";
static const char frame_magic[] = "FRAME";

/* One parameter or magic word, up to a blank or the newline. */
struct word {
    const uint8_t *text;
    size_t length;
};

static bool word_is(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* Cuts the line out of the data: false where there is no newline soon enough, or a byte that no
 * such line has. */
static bool cut_line(const uint8_t *data, size_t size, struct word *ret)
{
    const uint8_t *end;

    size = size < TACET_Y4M_LINE_MAX ? size : TACET_Y4M_LINE_MAX;
    end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (end == NULL || memchr(data, '\0', (size_t)(end - data)) != NULL) {
        return false;
    }
    *ret = (struct word){ .text = data, .length = (size_t)(end - data) };
    return true;
}

/* Takes the next word off the line; an empty one where the line is at its end or has two blanks. */
static struct word next_word(struct word *line)
{
    const uint8_t *blank = line->length > 0 ? memchr(line->text, ' ', line->length) : NULL;
    struct word word = { .text = line->text, .length = line->length };
    size_t used = line->length;

    if (blank != NULL) {
        word.length = (size_t)(blank - line->text);
        used = word.length + 1;
    }
    line->text += used;
    line->length -= used;
    return word;
}

/* Decimal digits only, 1 to `most`. */
static bool parse_number(struct word word, uint32_t most, uint32_t *ret)
{
    struct tacet_reader reader = tacet_reader(word.text, word.length);
    uint64_t value = 0;

    if (word.length == 0 || word.length > 10) {
        return false;
    }
    while (tacet_reader_left(&reader) > 0) {
        uint8_t digit = tacet_read_u8(&reader);
        if (digit < '0' || digit > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(digit - '0');
    }
    if (value == 0 || value > most) {
        return false;
    }
    *ret = (uint32_t)value;
    return true;
}

static bool parse_side(struct word word, uint16_t *ret)
{
    uint32_t side;

    if (!parse_number(word, TACET_PICTURE_SIDE_MAX, &side)) {
        return false;
    }
    *ret = (uint16_t)side;
    return true;
}

/* "30000:1001"; both must be known, or the pictures cannot be paced. */
static bool parse_rate(struct word word, struct tacet_video_format *ret)
{
    const uint8_t *colon = word.length > 0 ? memchr(word.text, ':', word.length) : NULL;

    if (colon == NULL) {
        return false;
    }
    struct word numerator = { .text = word.text, .length = (size_t)(colon - word.text) };
    struct word denominator = { .text = colon + 1, .length = word.length - numerator.length - 1 };
    return parse_number(numerator, INT32_MAX, &ret->fps_numerator) &&
           parse_number(denominator, INT32_MAX, &ret->fps_denominator);
}

/* The siting of chroma is not looked at: the codec does not carry it. */
static bool is_known_chroma(struct word word)
{
    return word_is(word, "420") || word_is(word, "420jpeg") || word_is(word, "420mpeg2") ||
           word_is(word, "420paldv");
}

static bool parse_parameter(struct word word, struct tacet_video_format *ret)
{
    struct word value = { .text = word.text + 1, .length = word.length - 1 };

    switch (word.text[0]) {
    case 'W':
        return parse_side(value, &ret->width);
    case 'H':
        return parse_side(value, &ret->height);
    case 'F':
        return parse_rate(value, ret);
    case 'C':
        return is_known_chroma(value);
    case 'I': /* interlacing: shown as it is */
    case 'A': /* pixel aspect: shown as square */
    case 'X': /* a comment */
        return true;
    default:
        return false;
    }
}

int tacet_y4m_parse_stream(const uint8_t *data, size_t size, struct tacet_video_format *ret,
                           size_t *ret_length)
{
    struct tacet_video_format format = { 0 };
    struct word line;

    if (!cut_line(data, size, &line)) {
        return TACET_ERR_FORMAT;
    }
    size_t length = line.length + 1;
    if (!word_is(next_word(&line), stream_magic)) {
        return TACET_ERR_FORMAT;
    }
    while (line.length > 0) {
        struct word word = next_word(&line);
        if (word.length == 0 || !parse_parameter(word, &format)) {
            return TACET_ERR_FORMAT;
        }
    }
    if (format.width == 0 || format.height == 0 || format.fps_denominator == 0) {
        return TACET_ERR_FORMAT;
    }
    *ret = format;
    *ret_length = length;
    return 0;
}

int tacet_y4m_parse_frame(const uint8_t *data, size_t size, size_t *ret_length)
{
    struct word line;

    if (!cut_line(data, size, &line)) {
        return TACET_ERR_FORMAT;
    }
    size_t length = line.length + 1;
    if (!word_is(next_word(&line), frame_magic)) {
        return TACET_ERR_FORMAT;
    }
    *ret_length = length;
    return 0;
}

size_t tacet_y4m_write_stream(const struct tacet_video_format *format, char out[TACET_Y4M_LINE_MAX])
{
    int length =
        snprintf(out, TACET_Y4M_LINE_MAX, "%s W%u H%u F%u:%u Ip A1:1 C420jpeg\n", stream_magic,
                 format->width, format->height, format->fps_numerator, format->fps_denominator);

    return (size_t)length;
}
