/* Text to address: whatever is accepted comes back the same from its own text form. */
#include "tacet/address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct tacet_address address, again;
    char out[TACET_ADDRESS_STRING_MAX];

    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    if (tacet_address_parse(text, &address) == 0) {
        if (tacet_address_parse(tacet_address_format(&address, out), &again) != 0 ||
            !tacet_address_equal(&address, &again)) {
            abort();
        }
    }
    free(text);
    return 0;
}
