/*
 * Bodies of control messages: kind u8, then the body. A body has one meaning and a meaning one
 * body, so what is read is written again the same.
 */
#include "call/message.h"
#include "check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_media(const uint8_t *body, size_t size)
{
    struct tacet_media media;
    uint8_t again[TACET_MEDIA_SIZE];

    if (tacet_media_read(body, size, &media) == 0) {
        tacet_media_write(&media, again);
        CHECK(size == sizeof(again) && memcmp(again, body, size) == 0);
        CHECK(!media.video || (media.width > 0 && media.height > 0));
    }
}

static void read_reason(const uint8_t *body, size_t size)
{
    enum tacet_end reason;
    uint8_t again[TACET_REASON_SIZE];

    if (tacet_reason_read(body, size, &reason) == 0) {
        tacet_reason_write(reason, again);
        CHECK(size == sizeof(again) && again[0] == body[0]);
        CHECK(reason >= TACET_END_HANGUP && reason <= TACET_END_FAILED);
    }
}

static void read_nonce(const uint8_t *body, size_t size)
{
    uint8_t nonce[TACET_SAS_NONCE];

    if (tacet_nonce_read(body, size, nonce) == 0) {
        CHECK(size == sizeof(nonce) && memcmp(nonce, body, size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        read_media(data + 1, size - 1);
        break;
    case 1:
        read_reason(data + 1, size - 1);
        break;
    default:
        read_nonce(data + 1, size - 1);
    }
    return 0;
}
