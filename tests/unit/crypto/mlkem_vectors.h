/* Made by pq_vectors.mjs beside this, with another implementation; how, stands there. */
#ifndef TACET_TESTS_CRYPTO_MLKEM_VECTORS_H
#define TACET_TESTS_CRYPTO_MLKEM_VECTORS_H

static const struct {
    const char *ek_sha256;
    const char *dk_sha256;
    const char *cipher_sha256;
    const char *shared;
    const char *rejected;
} mlkem_vectors[] = {
    {
        "5feb3fda79a57e66c2bd722f387a502624350a8fb068bffc4daa30cd3f94f8bd",
        "33c5e0a48ba5fdce822480ce7eeed789bec78400a8bc14bcdb08efaedd7ed0d3",
        "d2749763eb3b0c1d14a32fe1f62dcddc47bda00037bf56dffb38c874b7f08f64",
        "d5f996a6564bc60a4e167d94415eaeac07ae6368c09ee4656181b44e2187bb85",
        "e7c0671a47ec0b21d3c4c728284b91910924d763df65d487b014db0660ae85b5",
    },
    {
        "0a373ce1dc2acb0b3cedccad0c129604298eb7642f74686604b29d386fbbb9df",
        "b1faba4ed8bb6681d45de97725bec49b9108d426a317dc2897160379bde7d4c1",
        "5ba824757058ced5ea24aecca8a21cbe911fc7965c3f28b90f9b08c4c977fa46",
        "fd189fa5c05617e9caf9def2d1fa0c82e8923f0bf7fa1f015bbf673e958cd993",
        "d91d9911bca5c5450c1f0547d697ffccee09ba22ae90615b6ded6049704fa293",
    },
    {
        "0ddcaaadfbf94643ef76c315ea3fb3c00317892795f704b6c8381d1af9595edf",
        "fb90e2afb69d8d7c3a4abfce46cfb775dc1625bfe34c8812a1fa59eed3fbac8e",
        "faefcc1974e1bbda42277d13b3047b776eb2f1880a6361ae6a6f186379124894",
        "6e2dc4149b0a0656969e77f5d6abdca87001e9ca8c4c2ba145bddc44eeebceed",
        "c552c90d66fb85fbddf3189a81d5e964a304b9610bbaa4a4ef87dab5a2508830",
    },
    {
        "0197e1af8acad3a316db6fc3d5727cbec5c535a760737cd7ae84d34b87dc36f1",
        "29c9899482efe172424ffc036180eeef761d9e7fad0c2bc2e8712deffaaf6511",
        "579415659c803f06e0980d83d3acaa55c4eedefb50dc5a73fa712d57d3b9d2d9",
        "691090c61532f678656441517f535087f79a6cace29bfa36731dc7839e53e085",
        "7c51af08c81bc6cc7af80c1c9b413fbaecd239c9215adfc93a07134b576c8e0f",
    },
    {
        "3183fc862e85657487251d9dbb7b05d880986680c5bcfd82e8bfe57fd83582dd",
        "91dbf92afee573beb0fa898e33628ef9fd59e1ef895b7879783c67c1d13a0a02",
        "54004f5b39d4c050238875332a2618cc55fa5a569127cf75ac34f6e2865d8dbf",
        "1c3d0e4f2bb642fb8ecd13756e2e2b7d4c4eab5afafa75bd084b640da167f0ec",
        "b472dfa38022b2ffce68d6db1bbaeb0db01666034154f2b9505d6a04da0363db",
    },
};

/* The accumulated hash after 100 runs. */
static const char accumulated_100[] =
    "8d65b902f28edc683cebee2872962fd165a4d197c9e24ec74caa4470270df0b7";

#endif
