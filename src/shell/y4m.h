/*
 * The text lines of Y4M, the format of mjpegtools' yuv4mpeg(5): one line for the stream, one before
 * each picture's planes. Only 8-bit 4:2:0 is accepted.
 */
#ifndef TACET_SHELL_Y4M_H
#define TACET_SHELL_Y4M_H

#include "tacet/video.h"

#define TACET_Y4M_LINE_MAX 512 /* bytes of a line with its newline; longer ones are refused */

/*
 * Parses the stream's line at the beginning of `data`. Returns 0 with the format and the length of
 * the line, newline included, or TACET_ERR_FORMAT.
 */
int tacet_y4m_parse_stream(const uint8_t *data, size_t size, struct tacet_video_format *ret,
                           size_t *ret_length);
/* Likewise the line before a picture; its parameters are passed over. */
int tacet_y4m_parse_frame(const uint8_t *data, size_t size, size_t *ret_length);

/* Writes the stream's line; returns its length. */
size_t tacet_y4m_write_stream(const struct tacet_video_format *format,
                              char out[TACET_Y4M_LINE_MAX]);

#endif
