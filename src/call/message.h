/*
 * Bodies of the control messages (protocol.md section 7), each of a fixed layout. Reading returns
 * TACET_ERR_FORMAT for any other length or an unknown value.
 *
 *     ANSWER, ANSWER_ACK  the SAS nonce, 32 bytes
 *     DECLINE, HANGUP     u8 reason
 *     MEDIA               u8 flags | u8 audio type | u8 video type | u8 fps | u16 width | u16
 * height RING, REKEY_REQ     empty
 */
#ifndef TACET_CALL_MESSAGE_H
#define TACET_CALL_MESSAGE_H

#include "crypto/words.h"
#include "tacet/event.h"

#include <stddef.h>
#include <stdint.h>

#define TACET_REASON_SIZE 1
#define TACET_MEDIA_SIZE 8

int tacet_nonce_read(const uint8_t *body, size_t size, uint8_t out[TACET_SAS_NONCE]);

void tacet_reason_write(enum tacet_end reason, uint8_t out[TACET_REASON_SIZE]);
/* The reasons that may travel: TACET_END_HANGUP to TACET_END_FAILED. */
int tacet_reason_read(const uint8_t *body, size_t size, enum tacet_end *ret);

void tacet_media_write(const struct tacet_media *media, uint8_t out[TACET_MEDIA_SIZE]);
int tacet_media_read(const uint8_t *body, size_t size, struct tacet_media *ret);

#endif
