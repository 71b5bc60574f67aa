/* See key_search.h. */
#include "key_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/rekey.h"
#include "crypto/srtp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if TACET_NSS
#include <pk11pub.h>
#endif

#define MASK UINT64_C(0xa5a5a5a5a5a5a5a5)

static const char *const kind_names[KEY_KINDS] = { "E_n",         "control",   "srtp master",
                                                   "exporter",    "ephemeral", "kem",
                                                   "srtp session" };

/* Pieces of keys, masked. `low` finds most of what is none of them by its first two bytes. */
static struct {
    uint64_t masked[4096];
    enum key_kind kind[4096];
    size_t count;
    bool low[65536];
} caught;

size_t keys_caught[KEY_KINDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* two parties have two threads */

void key_catch(enum key_kind kind, const uint8_t *key, size_t size)
{
    (void)pthread_mutex_lock(&lock);
    for (size_t at = 0; at + 8 <= size; at += 8) {
        uint64_t piece;
        memcpy(&piece, key + at, sizeof(piece));
        if (piece == 0) {
            continue; /* not there (a key of this kind is shorter) */
        }
        if (caught.count == sizeof(caught.masked) / sizeof(caught.masked[0])) {
            abort();
        }
        caught.masked[caught.count] = piece ^ MASK;
        caught.kind[caught.count] = kind;
        caught.low[(piece ^ MASK) & 0xffff] = true;
        caught.count++;
        keys_caught[kind]++;
    }
    (void)pthread_mutex_unlock(&lock);
}

/* --- where keys are made --- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
void __real_tacet_rekey_init(struct tacet_rekey *r, const struct tacet_kem *kem, bool initiator,
                             uint16_t profile, const uint8_t exporter[64], const uint8_t h[64],
                             struct tacet_control *control);
void __wrap_tacet_rekey_init(struct tacet_rekey *r, const struct tacet_kem *kem, bool initiator,
                             uint16_t profile, const uint8_t exporter[64], const uint8_t h[64],
                             struct tacet_control *control);
void __real_tacet_control_add_epoch(struct tacet_control *c, uint32_t epoch,
                                    const uint8_t send_key[32], const uint8_t recv_key[32]);
void __wrap_tacet_control_add_epoch(struct tacet_control *c, uint32_t epoch,
                                    const uint8_t send_key[32], const uint8_t recv_key[32]);
int __real_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret);
int __wrap_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret);
size_t __real_tacet_rekey_begin(struct tacet_rekey *r, const struct tacet_random *random,
                                uint8_t out[TACET_KEM_PUBLIC_MAX]);
size_t __wrap_tacet_rekey_begin(struct tacet_rekey *r, const struct tacet_random *random,
                                uint8_t out[TACET_KEM_PUBLIC_MAX]);
void __real_tacet_noise_public(const uint8_t secret[32], uint8_t out[32]);
void __wrap_tacet_noise_public(const uint8_t secret[32], uint8_t out[32]);

bool key_catching;

void __wrap_tacet_rekey_init(struct tacet_rekey *r, const struct tacet_kem *kem, bool initiator,
                             uint16_t profile, const uint8_t exporter[64], const uint8_t h[64],
                             struct tacet_control *control)
{
    key_catch(KEY_EXPORTER, exporter, 64);
    __real_tacet_rekey_init(r, kem, initiator, profile, exporter, h, control);
    key_catch(KEY_E, r->e, sizeof(r->e));
}

void __wrap_tacet_control_add_epoch(struct tacet_control *c, uint32_t epoch,
                                    const uint8_t send_key[32], const uint8_t recv_key[32])
{
    key_catch(KEY_CONTROL, send_key, 32);
    key_catch(KEY_CONTROL, recv_key, 32);
    __real_tacet_control_add_epoch(c, epoch, send_key, recv_key);
}

int __wrap_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret)
{
    key_catch(KEY_SRTP, send_key, 44);
    key_catch(KEY_SRTP, recv_key, 44);
    return __real_tacet_srtp_create(profile, epoch, send_key, send_ssrcs, recv_key, recv_ssrcs,
                                    ret);
}

size_t __wrap_tacet_rekey_begin(struct tacet_rekey *r, const struct tacet_random *random,
                                uint8_t out[TACET_KEM_PUBLIC_MAX])
{
    size_t size = __real_tacet_rekey_begin(r, random, out);

    key_catch(KEY_KEM, r->kem_secret, sizeof(r->kem_secret));
    return size;
}

void __wrap_tacet_noise_public(const uint8_t secret[32], uint8_t out[32])
{
    if (key_catching) {
        key_catch(KEY_EPHEMERAL, secret, 32);
    }
    __real_tacet_noise_public(secret, out);
}
/* NOLINTEND(bugprone-reserved-identifier) */

#if TACET_NSS
/* libsrtp finds this one before NSS's own. */
__attribute__((visibility("default"))) PK11SymKey *
PK11_ImportSymKey(PK11SlotInfo *slot, CK_MECHANISM_TYPE type, PK11Origin origin,
                  CK_ATTRIBUTE_TYPE operation, SECItem *key, void *ctx)
{
    static PK11SymKey *(*next)(PK11SlotInfo *, CK_MECHANISM_TYPE, PK11Origin, CK_ATTRIBUTE_TYPE,
                               SECItem *, void *);

    if (next == NULL) {
        void *found = dlsym(RTLD_NEXT, "PK11_ImportSymKey");
        memcpy(&next, &found, sizeof(next));
    }
    if (key_catching) {
        key_catch(KEY_DERIVED, key->data, key->len);
    }
    return next(slot, type, origin, operation, key, ctx);
}
#endif

/* --- the search --- */

size_t keys_found[KEY_KINDS];
bool key_telling;

static bool is_ours(const uint8_t *at)
{
    const uint8_t *begin = (const uint8_t *)&caught;

    return at >= begin && at < begin + sizeof(caught);
}

static void look(const uint8_t *at, size_t size, const char *where)
{
    for (size_t i = 0; i + 8 <= size; i++) {
        uint64_t piece;
        memcpy(&piece, at + i, sizeof(piece));
        piece ^= MASK;
        if (!caught.low[piece & 0xffff] || is_ours(at + i)) {
            continue;
        }
        for (size_t k = 0; k < caught.count; k++) {
            if (caught.masked[k] == piece) {
                if (keys_found[caught.kind[k]]++ < 4 && key_telling) {
                    print_message("%s key at %zu of %s\n", kind_names[caught.kind[k]], i, where);
                }
            }
        }
    }
}

size_t key_search(void)
{
    static char maps[65536];
    size_t total = 0;
    size_t size = 0;

    memset(keys_found, 0, sizeof(keys_found));
    FILE *file = fopen("/proc/self/maps", "re");
    assert_non_null(file);
    size = fread(maps, 1, sizeof(maps) - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(size, 1, sizeof(maps) - 2); /* all of it */
    maps[size] = '\0';
    for (char *at = maps; *at != '\0';) {
        unsigned long begin, end;
        char rights[5];
        char *newline = strchr(at, '\n');
        assert_non_null(newline);
        *newline = '\0';
        if (sscanf(at, "%lx-%lx %4s", &begin, &end, rights) == 3 && rights[0] == 'r' &&
            rights[1] == 'w') {
            look((const uint8_t *)begin, end - begin, at); /* NOLINT: an address from the kernel */
        }
        at = newline + 1;
    }
    for (int kind = 0; kind < KEY_KINDS; kind++) {
        total += keys_found[kind];
    }
    return total;
}
