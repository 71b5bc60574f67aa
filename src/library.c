/* The library's version: the one source that is libtacet's own. */
#include "tacet/api.h"

const char *tacet_version(void)
{
    return TACET_VERSION;
}
