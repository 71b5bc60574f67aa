/* mac1 and the hint that keys it (protocol.md section 3). */
#ifndef TACET_CRYPTO_MAC_H
#define TACET_CRYPTO_MAC_H

#include "tacet/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_MAC_SIZE 16
#define TACET_PROLOGUE_MAX (9 + TACET_NAME_MAX)

/* "tacet/1" || 0x00 || hint type || hint; returns its size. */
size_t tacet_prologue(const struct tacet_callee *hint, uint8_t out[TACET_PROLOGUE_MAX]);
/* BLAKE2b-256("tacet/1 mac1" || 0x00 || hint type || hint). */
void tacet_mac1_key(const struct tacet_callee *hint, uint8_t out[32]);
/* BLAKE2b-256("tacet/1 cookie" || 0x00 || hint type || hint). */
void tacet_cookie_key(const struct tacet_callee *hint, uint8_t out[32]);
/* BLAKE2b-128 keyed; over `size` bytes. */
void tacet_mac(const uint8_t key[32], const uint8_t *data, size_t size,
               uint8_t out[TACET_MAC_SIZE]);
/* Constant time. */
bool tacet_mac_verify(const uint8_t key[32], const uint8_t *data, size_t size,
                      const uint8_t mac[TACET_MAC_SIZE]);

#endif
