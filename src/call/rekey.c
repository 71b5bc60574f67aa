/*
 * See rekey.h. The secret chain moves in one place, advance(); everything that is drawn from an
 * epoch is drawn there, so that no key exists twice and the old E can be wiped by itself.
 */
#include "call/rekey.h"

#include "crypto/registers.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum tacet_direction tacet_rekey_direction(const struct tacet_rekey *r, bool sending)
{
    return r->initiator == sending ? TACET_INITIATOR_TO_RESPONDER : TACET_RESPONDER_TO_INITIATOR;
}

static void add_control_keys(const struct tacet_rekey *r, struct tacet_control *control)
{
    uint8_t send_key[TACET_CTRL_KEY_SIZE];
    uint8_t recv_key[TACET_CTRL_KEY_SIZE];

    tacet_schedule_ctrl_key(r->e, tacet_rekey_direction(r, true), r->epoch, send_key);
    tacet_schedule_ctrl_key(r->e, tacet_rekey_direction(r, false), r->epoch, recv_key);
    tacet_control_add_epoch(control, r->epoch, send_key, recv_key);
    sodium_memzero(send_key, sizeof(send_key));
    sodium_memzero(recv_key, sizeof(recv_key));
}

TACET_CLEARS_REGISTERS void tacet_rekey_init(struct tacet_rekey *r, const struct tacet_kem *kem,
                                             bool initiator, uint16_t profile,
                                             const uint8_t exporter[64], const uint8_t h[64],
                                             struct tacet_control *control)
{
    *r = (struct tacet_rekey){
        .kem = kem,
        .initiator = initiator,
        .profile = profile,
        .confirmed = true,
    };
    tacet_schedule_epoch0(exporter, h, r->e);
    tacet_schedule_ssrcs(exporter, h, &r->ssrcs);
    add_control_keys(r, control);
    tacet_control_use_epoch(control, 0);
}

TACET_CLEARS_REGISTERS void tacet_rekey_wipe(struct tacet_rekey *r)
{
    for (int i = 0; i < TACET_SRTP_EPOCHS; i++) {
        tacet_srtp_free(&r->srtp[i]);
    }
    sodium_memzero(r, sizeof(*r));
    /* What ciphers left in the dead part of this thread's stack; they wipe only what is their own.
     */
    sodium_stackzero(TACET_STACK_WIPED);
}

static int create_srtp(const struct tacet_rekey *r, const uint8_t e[64], uint32_t epoch,
                       struct tacet_srtp **ret)
{
    uint8_t send_key[TACET_SRTP_KEY_SIZE_MAX];
    uint8_t recv_key[TACET_SRTP_KEY_SIZE_MAX];
    enum tacet_direction out = tacet_rekey_direction(r, true);
    enum tacet_direction in = tacet_rekey_direction(r, false);

    (void)tacet_schedule_srtp_key(e, out, epoch, r->profile, send_key);
    (void)tacet_schedule_srtp_key(e, in, epoch, r->profile, recv_key);
    int result = tacet_srtp_create(r->profile, epoch, send_key, r->ssrcs.of[out], recv_key,
                                   r->ssrcs.of[in], ret);
    sodium_memzero(send_key, sizeof(send_key));
    sodium_memzero(recv_key, sizeof(recv_key));
    return result;
}

/* From epoch n to n+1: E_{n+1}, its SRTP sessions and its control keys. TACET_ERR_NOMEM:
 * nothing moved. */
static int advance(struct tacet_rekey *r, struct tacet_control *control, const uint8_t *shared,
                   const uint8_t *rekey1, const uint8_t *rekey2)
{
    struct tacet_srtp *srtp = NULL;
    uint8_t next[64];
    uint8_t transcript[64];
    crypto_hash_sha512_state hash;

    assert(r->confirmed);
    (void)crypto_hash_sha512_init(&hash);
    (void)crypto_hash_sha512_update(&hash, rekey1, r->kem->public_size);
    (void)crypto_hash_sha512_update(&hash, rekey2, r->kem->cipher_size);
    (void)crypto_hash_sha512_final(&hash, transcript);
    tacet_schedule_next(r->e, r->epoch + 1, shared, r->kem->shared_size, transcript, next);

    /* Whatever goes wrong with the sessions does so on this machine. */
    int result = create_srtp(r, next, r->epoch + 1, &srtp) == 0 ? 0 : TACET_ERR_NOMEM;
    if (result == 0) {
        memcpy(r->e, next, sizeof(r->e));
        r->epoch++;
        r->confirmed = false;
        tacet_srtp_free(&r->srtp[r->epoch % TACET_SRTP_EPOCHS]);
        r->srtp[r->epoch % TACET_SRTP_EPOCHS] = srtp;
        r->rtcp_next[r->epoch % TACET_SRTP_EPOCHS] = 0;
        add_control_keys(r, control);
    }
    sodium_memzero(next, sizeof(next));
    return result;
}

TACET_CLEARS_REGISTERS size_t tacet_rekey_begin(struct tacet_rekey *r,
                                                const struct tacet_random *random,
                                                uint8_t out[TACET_KEM_PUBLIC_MAX])
{
    uint8_t seed[TACET_KEM_KEYGEN_SEED_MAX];

    assert(r->initiator);
    assert(r->confirmed && !r->exchanging);
    random->fill(random->ctx, seed, r->kem->keygen_seed_size);
    r->kem->keygen(seed, r->kem_public, r->kem_secret);
    sodium_memzero(seed, sizeof(seed));
    memcpy(out, r->kem_public, r->kem->public_size);
    r->exchanging = true;
    return r->kem->public_size;
}

TACET_CLEARS_REGISTERS int tacet_rekey_answer(struct tacet_rekey *r,
                                              const struct tacet_random *random,
                                              struct tacet_control *control, const uint8_t *body,
                                              size_t size, uint8_t out[TACET_KEM_CIPHER_MAX],
                                              size_t *ret_size)
{
    uint8_t seed[TACET_KEM_ENCAPS_SEED_MAX];
    uint8_t shared[TACET_KEM_SHARED_MAX];

    assert(!r->initiator);
    if (!r->confirmed) {
        return TACET_ERR_STATE;
    }
    if (size != r->kem->public_size) {
        return TACET_ERR_FORMAT;
    }
    random->fill(random->ctx, seed, r->kem->encaps_seed_size);
    int result = r->kem->encapsulate(body, seed, out, shared);
    if (result == 0) {
        result = advance(r, control, shared, body, out);
    }
    if (result == 0) {
        *ret_size = r->kem->cipher_size;
    }
    sodium_memzero(seed, sizeof(seed));
    sodium_memzero(shared, sizeof(shared));
    return result;
}

TACET_CLEARS_REGISTERS int tacet_rekey_finish(struct tacet_rekey *r, struct tacet_control *control,
                                              const uint8_t *body, size_t size)
{
    uint8_t shared[TACET_KEM_SHARED_MAX];

    assert(r->initiator);
    if (!r->exchanging) {
        return TACET_ERR_STATE;
    }
    if (size != r->kem->cipher_size) {
        return TACET_ERR_FORMAT;
    }
    int result = r->kem->decapsulate(r->kem_secret, body, shared);
    if (result == 0) {
        result = advance(r, control, shared, r->kem_public, body);
    }
    sodium_memzero(shared, sizeof(shared));
    if (result != 0) {
        return result;
    }
    sodium_memzero(r->kem_secret, sizeof(r->kem_secret));
    r->exchanging = false;
    r->send_epoch = r->epoch;
    tacet_control_use_epoch(control, r->epoch);
    return 0;
}

bool tacet_rekey_on_packet(struct tacet_rekey *r, struct tacet_control *control, uint32_t epoch)
{
    if (r->confirmed || epoch != r->epoch) {
        return false;
    }
    r->confirmed = true;
    if (!r->initiator) {
        r->send_epoch = r->epoch;
        tacet_control_use_epoch(control, r->epoch);
    }
    return true;
}

void tacet_rekey_drop_old(struct tacet_rekey *r, struct tacet_control *control)
{
    if (!r->confirmed) {
        return; /* both are in use, and the one before them went when the newest came */
    }
    tacet_srtp_free(&r->srtp[(r->epoch + 1) % TACET_SRTP_EPOCHS]);
    tacet_control_drop_epochs_below(control, r->epoch);
}

struct tacet_srtp *tacet_rekey_sender(const struct tacet_rekey *r)
{
    return r->send_epoch == 0 ? NULL : r->srtp[r->send_epoch % TACET_SRTP_EPOCHS];
}

struct tacet_srtp *tacet_rekey_receiver(const struct tacet_rekey *r, uint8_t mki)
{
    for (int i = 0; i < TACET_SRTP_EPOCHS; i++) {
        if (r->srtp[i] != NULL && (uint8_t)tacet_srtp_epoch(r->srtp[i]) == mki) {
            return r->srtp[i];
        }
    }
    return NULL;
}

bool tacet_rekey_rtcp_newer(struct tacet_rekey *r, uint32_t epoch, uint32_t index)
{
    uint32_t *next = &r->rtcp_next[epoch % TACET_SRTP_EPOCHS];

    if (index < *next) {
        return false;
    }
    *next = index + 1;
    return true;
}
