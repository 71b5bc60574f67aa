/* MD5 (RFC 1321), in which published video vectors state their pictures. For tests only. */
#ifndef TACET_TESTS_MD5_H
#define TACET_TESTS_MD5_H

#include <stddef.h>
#include <stdint.h>

struct md5 {
    uint32_t state[4];
    uint64_t size;
    uint8_t block[64];
};

void md5_init(struct md5 *m);
void md5_add(struct md5 *m, const uint8_t *data, size_t size);
void md5_final(struct md5 *m, char ret_hex[33]);

#endif
