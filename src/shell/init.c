/* Readies the libraries that have a state of the whole process: libsodium, NSS and libsrtp. */
#include "tacet/api.h"

#include "crypto/srtp.h"
#include "tacet/error.h"

#include <sodium.h>

int tacet_init(void)
{
    /* 1 says that it had been done before. */
    if (sodium_init() < 0) {
        return TACET_ERR_CRYPTO;
    }
    return tacet_srtp_init();
}
