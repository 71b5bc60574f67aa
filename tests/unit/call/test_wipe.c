/*
 * Group 16 of protocol.md section 10: two seconds after the end of a call not one of its keys is in
 * the process's memory. Every key is caught where it is made (the linker's --wrap, and for what
 * libsrtp derives the import into NSS), kept here only masked, and then looked for, in pieces of
 * eight bytes, in everything that can be written: heap, data and the dead part of the stack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/srtp.h"
#include "pair.h"

#include <dlfcn.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#if TACET_NSS
#include <pk11pub.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOWED 1
#endif
#endif
#ifndef SHADOWED
#define SHADOWED 0 /* a sanitizer maps terabytes that nobody can read through */
#endif

#define MASK UINT64_C(0xa5a5a5a5a5a5a5a5)

enum kind {
    KEY_E,
    KEY_CONTROL,
    KEY_SRTP,
    KEY_EXPORTER,
    KEY_EPHEMERAL,
    KEY_KEM,
    KEY_DERIVED,
    KINDS
};

static const char *const kind_names[KINDS] = { "E_n",       "control", "srtp master", "exporter",
                                               "ephemeral", "kem",     "srtp session" };

/* Pieces of keys, masked. `low` finds most of what is none of them by its first two bytes. */
static struct {
    uint64_t masked[4096];
    enum kind kind[4096];
    size_t count;
    bool low[65536];
} caught;

static size_t caught_of[KINDS];

static void catch_key(enum kind kind, const uint8_t *key, size_t size)
{
    for (size_t at = 0; at + 8 <= size; at += 8) {
        uint64_t piece;
        memcpy(&piece, key + at, sizeof(piece));
        if (piece == 0) {
            continue; /* not there (a key of this kind is shorter) */
        }
        assert_true(caught.count < sizeof(caught.masked) / sizeof(caught.masked[0]));
        caught.masked[caught.count] = piece ^ MASK;
        caught.kind[caught.count] = kind;
        caught.low[(piece ^ MASK) & 0xffff] = true;
        caught.count++;
        caught_of[kind]++;
    }
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

static bool catching;

void __wrap_tacet_rekey_init(struct tacet_rekey *r, const struct tacet_kem *kem, bool initiator,
                             uint16_t profile, const uint8_t exporter[64], const uint8_t h[64],
                             struct tacet_control *control)
{
    catch_key(KEY_EXPORTER, exporter, 64);
    __real_tacet_rekey_init(r, kem, initiator, profile, exporter, h, control);
    catch_key(KEY_E, r->e, sizeof(r->e));
}

void __wrap_tacet_control_add_epoch(struct tacet_control *c, uint32_t epoch,
                                    const uint8_t send_key[32], const uint8_t recv_key[32])
{
    catch_key(KEY_CONTROL, send_key, 32);
    catch_key(KEY_CONTROL, recv_key, 32);
    __real_tacet_control_add_epoch(c, epoch, send_key, recv_key);
}

int __wrap_tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                             const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT],
                             const uint8_t *recv_key,
                             const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT],
                             struct tacet_srtp **ret)
{
    catch_key(KEY_SRTP, send_key, 44);
    catch_key(KEY_SRTP, recv_key, 44);
    return __real_tacet_srtp_create(profile, epoch, send_key, send_ssrcs, recv_key, recv_ssrcs,
                                    ret);
}

size_t __wrap_tacet_rekey_begin(struct tacet_rekey *r, const struct tacet_random *random,
                                uint8_t out[TACET_KEM_PUBLIC_MAX])
{
    size_t size = __real_tacet_rekey_begin(r, random, out);

    catch_key(KEY_KEM, r->kem_secret, sizeof(r->kem_secret));
    return size;
}

void __wrap_tacet_noise_public(const uint8_t secret[32], uint8_t out[32])
{
    if (catching) {
        catch_key(KEY_EPHEMERAL, secret, 32);
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
    if (catching) {
        catch_key(KEY_DERIVED, key->data, key->len);
    }
    return next(slot, type, origin, operation, key, ctx);
}
#endif

/* --- the search --- */

static size_t found_of[KINDS];
static bool telling; /* where something is found */

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
                if (found_of[caught.kind[k]]++ < 4 && telling) {
                    print_message("%s key at %zu of %s\n", kind_names[caught.kind[k]], i, where);
                }
            }
        }
    }
}

/* Every mapping that can be read and written. Returns how many pieces there are. */
static size_t search(void)
{
    static char maps[65536];
    size_t total = 0;
    size_t size = 0;

    memset(found_of, 0, sizeof(found_of));
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
    for (int kind = 0; kind < KINDS; kind++) {
        total += found_of[kind];
    }
    return total;
}

/* --- the test --- */

static void talk(struct pair *p, int ticks)
{
    static const uint8_t data[300] = { 1 };

    for (int i = 0; i < ticks; i++) {
        p->event_count[CALLER] = p->event_count[CALLEE] = 0;
        for (int party = 0; party < 2; party++) {
            struct tacet_frame frame = {
                .kind = TACET_KIND_AUDIO, .captured_at_us = p->now, .data = data, .size = 80
            };
            assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
            frame.kind = TACET_KIND_VIDEO;
            frame.key = i == 0;
            frame.size = sizeof(data);
            assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
        }
        pair_run(p, TACET_MS(20));
    }
}

static void edit_rekey(int party, struct tacet_call_config *config)
{
    (void)party;
    config->rekey_interval_us = TACET_S(10);
}

static void catch_states(struct pair *p)
{
    for (int party = 0; party < 2; party++) {
        struct tacet_peer *peer = pair_peer(p, party);
        catch_key(KEY_E, peer->rekey.e, sizeof(peer->rekey.e));
    }
}

static void no_key_is_left_two_seconds_after_the_end(void **state)
{
    struct pair p;

    (void)state;
    if (SHADOWED) {
        skip();
    }
    for (int by = 0; by < 2; by++) {
        pair_create(&p, 51 + (uint64_t)by, edit_rekey);
        catching = true;
        pair_connect(&p);
        catch_states(&p);
        talk(&p, 10);
        for (int epoch = 0; epoch < 3; epoch++) {
            p.event_count[CALLER] = p.event_count[CALLEE] = 0;
            pair_run(&p, TACET_MS(10100));
            catch_states(&p);
            talk(&p, 5);
        }
        catching = false;
        assert_int_equal(pair_peer(&p, CALLER)->rekey.epoch, 4);
        for (int kind = 0; kind < KINDS; kind++) {
            assert_true(caught_of[kind] > 0 || (kind == KEY_DERIVED && !TACET_NSS));
        }
        /* The search does find what is there. */
        (void)search();
        assert_true(found_of[KEY_E] > 0);
        assert_true(found_of[KEY_CONTROL] > 0);
        tacet_call_hangup(p.call[by], p.now);
        pair_run(&p, TACET_HANGUP_LINGER_US + TACET_MS(100));
        telling = true;
        assert_int_equal(search(), 0);
        telling = false;
        pair_free(&p);
    }
}

/* Half a key in the registers, saved on the stack by whatever is called next for the first time. */
static void no_key_is_left_when_a_session_has_come_and_gone(void **state)
{
    static uint8_t keys[2][44];
    static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
    struct tacet_srtp *srtp = NULL;
    struct tacet_rng rng;

    (void)state;
    if (SHADOWED) {
        skip();
    }
    assert_int_equal(tacet_init(), 0);
    tacet_rng_seed(&rng, 53, 0);
    struct tacet_random random = tacet_rng_random(&rng);
    random.fill(random.ctx, keys[0], sizeof(keys));
    catching = true;
    assert_int_equal(tacet_srtp_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, keys[0], ssrcs[0],
                                       keys[1], ssrcs[1], &srtp),
                     0);
    catching = false;
    assert_true(caught_of[KEY_SRTP] > 0);
    sodium_memzero(keys, sizeof(keys));
    tacet_srtp_free(&srtp);
    telling = true;
    assert_int_equal(search(), 0);
    telling = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_left_when_a_session_has_come_and_gone),
        cmocka_unit_test(no_key_is_left_two_seconds_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
