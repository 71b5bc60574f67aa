/* tacet call: dials a ticket or an address. */
#include "authorities_file.h"
#include "command.h"
#include "conversation.h"
#include "endpoint.h"
#include "ends.h"
#include "identity_file.h"
#include "options.h"
#include "report.h"
#include "trust_file.h"

#include "tacet/error.h"
#include "tacet/ticket.h"

#include <stdio.h>
#include <string.h>

static const struct tacet_option *const groups[] = { tacet_identity_options, tacet_seconds_option,
                                                     tacet_media_options,    tacet_call_options,
                                                     tacet_json_option,      NULL };
static const struct tacet_usage usage = {
    .command = "tacet call",
    .positional = "TICKET|ADDR:PORT|LABEL",
    .positional_min = 1,
    .positional_max = 1,
    .about =
        "Calls whoever gave you the ticket, or a contact by its label (tacet id trust); nobody\n"
        "else can take the call. With an address alone (the other side listens with --open)\n"
        "you do not know who answers until you have compared the words: then type v to save\n"
        "that. Fails if nobody is reached in 15 s or answers in 60 s.",
    .groups = groups,
};

/* Fills callee and paths from the ticket. */
static int aim_at_ticket(const char *text, struct tacet_conversation *conversation)
{
    struct tacet_session_config *session = &conversation->session;
    struct tacet_ticket ticket;

    if (tacet_ticket_parse(text, &ticket) != 0) {
        return tacet_complain("this is not a whole ticket: copy all of it, from 'tacet:' to the "
                              "last port");
    }
    session->callee.hint = TACET_HINT_KEY;
    memcpy(session->callee.key, ticket.key, sizeof(ticket.key));
    if (ticket.address_count == 1) {
        tacet_trust_file_endpoint(&ticket.addresses[0], conversation->endpoint);
    }
    for (size_t i = 0; i < ticket.address_count; i++) {
        (void)tacet_endpoint_resolve(ticket.addresses[i].host, ticket.addresses[i].port,
                                     session->paths, TACET_DIAL_PATHS_MAX, &session->path_count);
    }
    /* What could not be looked up has been said. */
    return session->path_count > 0 ? 0 : TACET_EXIT_FAILED;
}

/* A contact of the trust file. */
static int aim_at_label(const char *label, struct tacet_conversation *conversation)
{
    struct tacet_session_config *session = &conversation->session;
    const struct tacet_trust_entry *entry = tacet_trust_find(conversation->session.trust, label);
    struct tacet_endpoint endpoint;

    if (entry == NULL) {
        return tacet_complain("'%s' is neither a ticket nor a contact in '%s' nor ADDR:PORT: give "
                              "for example 192.0.2.1:5000 or [2001:db8::1]:5000; tacet id trust "
                              "lists your contacts",
                              label, conversation->trust_file);
    }
    if (tacet_endpoint_parse(entry->endpoint, &endpoint) != 0) {
        return tacet_complain("no address is saved for '%s': ask for a ticket, and save it with: "
                              "tacet id trust %s TICKET",
                              label, label);
    }
    session->callee.hint = TACET_HINT_KEY;
    memcpy(session->callee.key, entry->key, sizeof(entry->key));
    (void)snprintf(conversation->label, sizeof(conversation->label), "%s", label);
    return tacet_endpoint_resolve(endpoint.host, endpoint.port, session->paths,
                                  TACET_DIAL_PATHS_MAX, &session->path_count) > 0
               ? 0
               : TACET_EXIT_FAILED;
}

static int aim_at_address(const char *text, struct tacet_conversation *conversation)
{
    struct tacet_session_config *session = &conversation->session;
    struct tacet_endpoint endpoint;

    if (tacet_endpoint_parse(text, &endpoint) != 0) {
        return tacet_complain("'%s' is neither a ticket nor ADDR:PORT: give for example "
                              "192.0.2.1:5000 or [2001:db8::1]:5000",
                              text);
    }
    session->callee.hint = TACET_HINT_NONE;
    tacet_trust_file_endpoint(&endpoint, conversation->endpoint);
    return tacet_endpoint_resolve(endpoint.host, endpoint.port, session->paths,
                                  TACET_DIAL_PATHS_MAX, &session->path_count) > 0
               ? 0
               : TACET_EXIT_FAILED;
}

static int aim(const char *text, struct tacet_conversation *conversation)
{
    struct tacet_session_config *session = &conversation->session;
    char address[TACET_ADDRESS_STRING_MAX];
    int result;

    if (strncmp(text, "tacet:", 6) == 0) {
        result = aim_at_ticket(text, conversation);
    } else if (strchr(text, ':') != NULL) { /* which no label has */
        result = aim_at_address(text, conversation);
    } else {
        result = aim_at_label(text, conversation);
    }

    if (result == 0) {
        (void)tacet_address_format(&session->paths[0].address, address);
        (void)snprintf(conversation->target, sizeof(conversation->target), "%s%s", address,
                       session->path_count > 1 ? " or its other addresses" : "");
    }
    return result;
}

static int call(const struct tacet_settings *settings)
{
    struct tacet_conversation conversation = { .settings = settings };
    struct tacet_waiter waiter;
    struct tacet_ends ends = { 0 };
    struct tacet_identity *identity = NULL;
    struct tacet_trust_table *trust = NULL;
    struct tacet_authorities *authorities = NULL;
    int result = tacet_trust_file_place(settings, conversation.trust_file);

    if (result == 0) {
        result = tacet_trust_file_load(conversation.trust_file, &trust);
    }
    if (result == 0) {
        conversation.session.trust = trust;
        result = aim(settings->positionals[0], &conversation);
    }
    if (result == 0) {
        result = tacet_authorities_load(settings, &authorities);
    }
    if (result == 0) {
        result = tacet_identity_file_use(settings, &identity);
    }
    if (result == 0) {
        result = tacet_ends_open_sources(settings, &ends);
    }
    if (result == 0) {
        result = tacet_ends_open_sinks(settings, &ends);
    }
    if (result == 0) {
        result = tacet_conversation_open(&conversation);
    }
    if (result == 0) {
        result = tacet_endpoint_bind(NULL, &conversation.session.transport);
    }
    if (result == 0) {
        result = tacet_waiter_create(&waiter);
        if (result == 0) {
            conversation.waiter = &waiter;
            conversation.session.caller = true;
            conversation.session.identity = identity;
            conversation.session.authorities = authorities;
            conversation.session.ends = &ends;
            tacet_progress("calling %s", conversation.target);
            result = tacet_conversation_run(&conversation);
            tacet_waiter_close(&waiter);
        }
    }
    tacet_conversation_close(&conversation);
    tacet_ends_close(&ends);
    tacet_identity_free(&identity);
    tacet_trust_free(&trust);
    tacet_authorities_free(&authorities);
    return result;
}

int tacet_cmd_call(int argc, char **argv)
{
    struct tacet_settings settings;
    int result = tacet_options_parse(&usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    result = tacet_ends_check(&settings);
    return result == 0 ? call(&settings) : result;
}
