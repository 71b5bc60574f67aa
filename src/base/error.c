/* Texts of result codes and drop reasons. */
#include "tacet/error.h"

const char *tacet_error_string(int error)
{
    switch (error) {
    case TACET_OK:
        return "success";
#define TACET_ERROR_CASE(name, value, text)                                                        \
    case TACET_ERR_##name:                                                                         \
        return text;
        TACET_ERROR_TABLE(TACET_ERROR_CASE)
#undef TACET_ERROR_CASE
    default:
        return "unknown error";
    }
}

const char *tacet_drop_string(enum tacet_drop drop)
{
    static const char *const names[] = { "none", "short", "unknown", "auth",     "replay",
                                         "late", "rate",  "state",   "malformed" };

    _Static_assert(sizeof(names) / sizeof(names[0]) == TACET_DROP_COUNT, "one name each");
    return (unsigned)drop < TACET_DROP_COUNT ? names[drop] : "unknown";
}
