/* The operating system's chance. */
#include "tacet/random.h"

#include <sodium.h>

static void fill(void *ctx, uint8_t *out, size_t size)
{
    (void)ctx;
    randombytes_buf(out, size);
}

struct tacet_random tacet_random_system(void)
{
    return (struct tacet_random){ .fill = fill };
}
