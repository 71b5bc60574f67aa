/*
 * Runs the KEM with every secret marked as undefined, under valgrind's memcheck, which then reports
 * each branch and each address that depends on one. What is sent to the other side is declared
 * public here; what becomes public within the library says so there (crypto/secrecy.h).
 *
 *     secrets CASE     a case of the table, or a control, which must be reported
 */
#include "crypto/keccak.h"
#include "crypto/mlkem768.h"
#include "crypto/mlkem_poly.h"
#include "crypto/secrecy.h"
#include "crypto/xwing.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

enum {
    EK = TACET_MLKEM768_EK,
    DK = TACET_MLKEM768_DK,
    DK_EK = 1152, /* where ek and its hash begin in dk, and end */
    DK_Z = DK - 32,
    CIPHER = TACET_MLKEM768_CIPHER,
};

void tacet_now_public(const void *data, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(data, size);
}

static void secret(void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)data)[i] = (uint8_t)(11 * i + size);
    }
    VALGRIND_MAKE_MEM_UNDEFINED(data, size);
}

static void run_keccak(void)
{
    struct tacet_sponge (*const functions[])(void) = { tacet_sha3_256, tacet_sha3_512,
                                                       tacet_shake128, tacet_shake256 };
    uint8_t data[400], out[64];

    for (int i = 0; i < 4; i++) {
        struct tacet_sponge sponge = functions[i]();
        secret(data, sizeof(data));
        tacet_sponge_absorb(&sponge, data, sizeof(data));
        tacet_sponge_squeeze(&sponge, out, sizeof(out));
        tacet_sponge_wipe(&sponge);
    }
}

static void run_mlkem(void)
{
    uint8_t d[32], z[32], m[32], ek[EK], dk[DK], cipher[CIPHER], shared[32];

    secret(d, sizeof(d));
    secret(z, sizeof(z));
    tacet_mlkem768_keygen(d, z, ek, dk);
    /* The encapsulation key is made to be given away, also where it lies in dk, with its hash. */
    tacet_now_public(ek, sizeof(ek));
    tacet_now_public(dk + DK_EK, DK_Z - DK_EK);
    if (!tacet_mlkem768_dk_valid(dk)) {
        return;
    }

    secret(m, sizeof(m));
    if (tacet_mlkem768_encapsulate(ek, m, cipher, shared) != 0) {
        return;
    }
    /* The ciphertext is sent. */
    tacet_now_public(cipher, sizeof(cipher));
    tacet_mlkem768_decapsulate(dk, cipher, shared);
    cipher[5] ^= 1; /* and implicit rejection */
    tacet_mlkem768_decapsulate(dk, cipher, shared);
}

static void run_xwing(void)
{
    uint8_t key[32], seed[64], public_key[TACET_XWING_PUBLIC], cipher[TACET_XWING_CIPHER],
        shared[32];

    secret(key, sizeof(key));
    tacet_xwing_public(key, public_key);
    tacet_now_public(public_key, sizeof(public_key)); /* sent in REKEY1 */
    secret(seed, sizeof(seed));
    if (tacet_xwing_encapsulate(public_key, seed, cipher, shared) != 0) {
        return;
    }
    tacet_now_public(cipher, sizeof(cipher)); /* sent in REKEY2 */
    tacet_xwing_decapsulate(key, cipher, shared);
    cipher[5] ^= 1;
    tacet_xwing_decapsulate(key, cipher, shared);
}

static volatile int seen;

static void control_branch(void)
{
    uint8_t data[1];

    secret(data, sizeof(data));
    if (data[0] & 1) {
        seen = 1;
    }
}

static void control_index(void)
{
    static volatile uint8_t table[256];
    uint8_t data[1];

    secret(data, sizeof(data));
    seen = table[data[0]];
}

/* The same code that is checked, where one thing that it takes for public is not. */
static void control_sampling(void)
{
    uint8_t rho[32];
    struct tacet_poly f;

    secret(rho, sizeof(rho));
    tacet_poly_sample_uniform(&f, rho, 0, 0);
}

/* A key that was not made public may not be judged. */
static void control_key_check(void)
{
    uint8_t d[32], z[32], ek[EK], dk[DK];

    secret(d, sizeof(d));
    secret(z, sizeof(z));
    tacet_mlkem768_keygen(d, z, ek, dk);
    seen = tacet_mlkem768_ek_valid(ek);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "keccak", run_keccak },
    { "mlkem", run_mlkem },
    { "xwing", run_xwing },
    { "control-branch", control_branch },
    { "control-index", control_index },
    { "control-sampling", control_sampling },
    { "control-key-check", control_key_check },
};

int main(int argc, char **argv)
{
    if (argc != 2 || sodium_init() < 0 || RUNNING_ON_VALGRIND == 0) {
        (void)fprintf(stderr, "usage: valgrind secrets CASE\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            printf("%s ran\n", argv[1]);
            return 0;
        }
    }
    return 2;
}
