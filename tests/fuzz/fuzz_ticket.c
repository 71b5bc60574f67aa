/* Text to ticket and to endpoint: whatever is accepted comes back the same from its own text form.
 */
#include "tacet/ticket.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct tacet_ticket ticket, again;
    struct tacet_endpoint endpoint;
    char out[TACET_TICKET_STRING_MAX];

    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    if (tacet_ticket_parse(text, &ticket) == 0) {
        /* There is one text for a ticket, so it is this one. */
        if (tacet_ticket_format(&ticket, out, sizeof(out)) != 0 || strcmp(out, text) != 0 ||
            tacet_ticket_parse(out, &again) != 0 || memcmp(&ticket, &again, sizeof(again)) != 0) {
            abort();
        }
    }
    if (tacet_endpoint_parse(text, &endpoint) == 0) {
        ticket = (struct tacet_ticket){ .address_count = 1 };
        ticket.addresses[0] = endpoint;
        if (tacet_ticket_format(&ticket, out, sizeof(out)) != 0) {
            abort();
        }
    }
    free(text);
    return 0;
}
