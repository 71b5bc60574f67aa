/* Host names are looked up by the library (tacet_udp_resolve); here stand the words for failures.
 */
#include "endpoint.h"

#include "report.h"

#include "tacet/error.h"
#include "tacet/ticket.h"

#include <string.h>

static int complain_bind(const char *text, int error)
{
    switch (error) {
    case TACET_ERR_BUSY:
        return tacet_complain("%s is in use by another program: choose another port, or 0 for any "
                              "free one",
                              text);
    case TACET_ERR_ADDRESS:
        return tacet_complain("%s is not an address of this machine", text);
    default:
        return tacet_complain("cannot bind %s: %s", text, tacet_error_string(error));
    }
}

static int bind_text(const char *text, struct tacet_transport *ret)
{
    struct tacet_address address;
    struct tacet_endpoint endpoint;
    int result;

    if (tacet_address_parse(text, &address) != 0) {
        if (tacet_endpoint_parse(text, &endpoint) != 0) {
            return tacet_complain("'%s' is not ADDR:PORT: give for example 0.0.0.0:5000 or "
                                  "[::]:5000",
                                  text);
        }
        if (tacet_udp_resolve(endpoint.host, endpoint.port, &address, 1) < 1) {
            return tacet_complain("no address is known for '%s'", endpoint.host);
        }
    }
    result = tacet_udp_create(&address, ret);
    return result == 0 ? 0 : complain_bind(text, result);
}

int tacet_endpoint_bind(const char *text, struct tacet_transport *ret)
{
    struct tacet_address any = { .family = 6 };
    int result;

    if (text != NULL) {
        return bind_text(text, ret);
    }
    /* An IPv6 wildcard serves IPv4 too; a machine without IPv6 has the other one. */
    result = tacet_udp_create(&any, ret);
    if (result != 0) {
        any.family = 4;
        result = tacet_udp_create(&any, ret);
    }
    return result == 0 ? 0 : complain_bind("a UDP socket", result);
}

int tacet_endpoint_resolve(const char *host, uint16_t port, struct tacet_path *paths,
                           size_t capacity, size_t *count)
{
    struct tacet_address found[TACET_TICKET_ADDRESSES_MAX];
    size_t room = capacity - *count;
    int added;

    if (room == 0) {
        return 0;
    }
    added = tacet_udp_resolve(
        host, port, found, room < TACET_TICKET_ADDRESSES_MAX ? room : TACET_TICKET_ADDRESSES_MAX);
    if (added < 1) {
        tacet_complain("no address is known for '%s': check the name and the network", host);
        return 0;
    }
    for (int i = 0; i < added; i++) {
        paths[(*count)++] = (struct tacet_path){ .address = found[i] };
    }
    return added;
}
