/*
 * What every public header stands on: fixed-width types, symbol visibility, and the conventions of
 * the whole interface.
 *
 * Conventions
 *   - `now` is the first parameter after the object: monotonic microseconds, int64_t, never going
 *     back. Tacet's core has no clock of its own.
 *   - Results are 0 or a negative TACET_ERR_*; polls return 1 (there is one) or 0 (none).
 *   - `ret_` outputs are untouched on failure.
 *   - `_create(&x)` and `_free(&x)` are pairs; `_free` accepts NULL and objects half built, and
 *     sets the pointer to NULL.
 *   - Pointers are borrowed for the length of the call unless the comment says otherwise.
 *   - Config structs carry their `size`, are filled by `_init` and copied by `_create`.
 *   - An object belongs to one thread at a time. Two objects never share hidden state.
 */
#ifndef TACET_API_H
#define TACET_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_API        __attribute__((visibility("default")))
#define TACET_NODISCARD  __attribute__((warn_unused_result))

#ifdef __cplusplus
#define TACET_BEGIN_DECLS extern "C" {
#define TACET_END_DECLS   }
#else
#define TACET_BEGIN_DECLS
#define TACET_END_DECLS
#endif

TACET_BEGIN_DECLS

/* The version of the library that is linked, as "1.2.3". Static storage. Any thread. */
TACET_API const char *tacet_version(void);

/*
 * Readies libsodium, NSS and libsrtp. Call it once before any thread uses Tacet; calling it again
 * does nothing and succeeds. Returns 0, or TACET_ERR_CRYPTO when one of them refuses to start.
 */
TACET_API TACET_NODISCARD int tacet_init(void);

TACET_END_DECLS

#endif
