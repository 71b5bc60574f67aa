/* tacet listen: binds, prints the ticket, serves one call or more. */
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
#include <unistd.h>

static const struct tacet_option *const groups[] = { tacet_listen_options,
                                                     tacet_identity_options,
                                                     tacet_seconds_option,
                                                     tacet_media_options,
                                                     tacet_call_options,
                                                     tacet_json_option,
                                                     NULL };
static const struct tacet_usage usage = {
    .command = "tacet listen",
    .positional = "",
    .about = "Waits for a call. The first line of standard output is the ticket: give it to who\n"
             "shall call you, over a channel that both of you trust. From the second call of\n"
             "--calls on, output files get -2, -3, ... before their ending.",
    .groups = groups,
};

/* --- a socket that outlives the calls on it: a runner frees the transport that it was given --- */

static int kept_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    const struct tacet_transport *inner = ctx;

    return inner->ops->send(inner->ctx, packets, count);
}

static int kept_recv(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us)
{
    const struct tacet_transport *inner = ctx;

    return inner->ops->recv(inner->ctx, packets, count, deadline_us);
}

static void kept_wake(void *ctx)
{
    const struct tacet_transport *inner = ctx;

    inner->ops->wake(inner->ctx);
}

static void kept_free(void *ctx)
{
    (void)ctx;
}

static const struct tacet_transport_ops kept_ops = {
    .name = "kept",
    .send = kept_send,
    .recv = kept_recv,
    .wake = kept_wake,
    .free = kept_free,
};

/* --- output files of the second call and later ones --- */

#define NUMBERED_MAX 4096

struct numbered {
    char audio_out[NUMBERED_MAX];
    char video_out[NUMBERED_MAX];
    char stats[NUMBERED_MAX];
    char frame_log[NUMBERED_MAX];
};

/* "wav:dir/heard.wav" becomes "wav:dir/heard-2.wav"; what names no file stays as it is. */
static const char *number_file(const char *text, const char *prefix, int number, char *out)
{
    const char *slash, *dot;
    size_t size;

    if (text == NULL || strncmp(text, prefix, strlen(prefix)) != 0) {
        return text;
    }
    slash = strrchr(text, '/');
    dot = strrchr(slash != NULL ? slash : text, '.');
    size = dot != NULL ? (size_t)(dot - text) : strlen(text);
    (void)snprintf(out, NUMBERED_MAX, "%.*s-%d%s", (int)size, text, number, text + size);
    return out;
}

static struct tacet_settings number_files(const struct tacet_settings *settings, int number,
                                          struct numbered *names)
{
    struct tacet_settings changed = *settings;

    if (number > 1) {
        changed.audio_out = number_file(settings->audio_out, "wav:", number, names->audio_out);
        changed.video_out = number_file(settings->video_out, "y4m:", number, names->video_out);
        changed.stats = number_file(settings->stats, "", number, names->stats);
        changed.frame_log = number_file(settings->frame_log, "", number, names->frame_log);
    }
    return changed;
}

/* --- the command --- */

static int print_ticket(const struct tacet_identity *identity,
                        const struct tacet_transport *transport)
{
    struct tacet_address reachable[TACET_TICKET_ADDRESSES_MAX];
    struct tacet_public_identity self;
    struct tacet_ticket ticket = { 0 };
    char address[TACET_ADDRESS_STRING_MAX];
    char text[TACET_TICKET_STRING_MAX];
    int count = tacet_udp_reachable(transport, reachable, TACET_TICKET_ADDRESSES_MAX);

    tacet_identity_public(identity, &self);
    memcpy(ticket.key, self.key, sizeof(ticket.key));
    for (int i = 0; i < count; i++) {
        (void)tacet_address_format(&reachable[i], address);
        if (tacet_endpoint_parse(address, &ticket.addresses[ticket.address_count]) == 0) {
            ticket.address_count++;
        }
    }
    if (tacet_ticket_format(&ticket, text, sizeof(text)) != 0) {
        return tacet_complain("this machine has no address that a caller could use: give one with "
                              "--bind");
    }
    (void)puts(text);
    return fflush(stdout) == 0 ? 0 : tacet_complain("cannot write the ticket to standard output");
}

/* What all calls share. */
struct listener {
    const struct tacet_settings *settings;
    struct tacet_identity *identity;
    struct tacet_authorities *authorities;
    struct tacet_ends ends; /* of the call that is next */
    struct tacet_transport transport;
    struct tacet_waiter waiter;
};

/* One of the calls. */
struct turn {
    struct numbered names;
    struct tacet_settings settings; /* with those names */
    struct tacet_trust_table *trust;
    struct tacet_conversation conversation;
};

/* Reads the contacts, and opens the outputs, from the second call on the inputs again too. */
static int open_turn(struct listener *listener, int number, struct turn *turn)
{
    int result;

    turn->settings = number_files(listener->settings, number, &turn->names);
    turn->trust = NULL;
    turn->conversation = (struct tacet_conversation){
        .settings = &turn->settings,
        .waiter = &listener->waiter,
        .session = { .identity = listener->identity,
                     .authorities = listener->authorities,
                     .transport = { .ops = &kept_ops, .ctx = &listener->transport },
                     .ends = &listener->ends,
                     .auto_answer = listener->settings->answer == TACET_ANSWER_AUTO },
    };
    /* For each call: what was saved during the one before counts in this one. */
    result = tacet_trust_file_place(&turn->settings, turn->conversation.trust_file);
    if (result == 0) {
        result = tacet_trust_file_load(turn->conversation.trust_file, &turn->trust);
        turn->conversation.session.trust = turn->trust;
    }
    if (result == 0 && number > 1) {
        tacet_authorities_refresh(listener->settings, listener->authorities);
        result = tacet_ends_open_sources(&turn->settings, &listener->ends);
    }
    if (result == 0) {
        result = tacet_ends_open_sinks(&turn->settings, &listener->ends);
    }
    return result == 0 ? tacet_conversation_open(&turn->conversation) : result;
}

static void close_turn(struct turn *turn)
{
    tacet_conversation_close(&turn->conversation);
    tacet_trust_free(&turn->trust);
}

/* The first turn is open, the socket is bound, the ticket is out. The exit status is that of the
 * last call that failed. */
static int serve(struct listener *listener, struct turn *turn)
{
    int status = TACET_EXIT_OK;
    bool going_on = true;

    for (int number = 1; going_on && number <= listener->settings->calls; number++) {
        int result = number > 1 ? open_turn(listener, number, turn) : 0;
        if (result == 0) {
            result = tacet_conversation_run(&turn->conversation);
        }
        close_turn(turn);
        status = result != 0 ? result : status;
        /* What did not even start would not the next time either. */
        going_on =
            turn->conversation.started && !turn->conversation.interrupted && number < INT32_MAX;
    }
    return status;
}

/* The socket is bound. A ticket is given only by a listener that can take the call: its files are
 * there. From then on a signal ends it well. */
static int open_and_serve(struct listener *listener)
{
    struct turn turn;
    int result = tacet_waiter_create(&listener->waiter);

    if (result != 0) {
        return result;
    }
    result = open_turn(listener, 1, &turn);
    if (result == 0) {
        result = print_ticket(listener->identity, &listener->transport);
    }
    if (result == 0) {
        result = serve(listener, &turn);
    }
    close_turn(&turn);
    tacet_waiter_close(&listener->waiter);
    return result;
}

static int bind_and_serve(struct listener *listener)
{
    int result = tacet_endpoint_bind(listener->settings->bind, &listener->transport);

    if (result != 0) {
        return result;
    }
    if (listener->settings->open) {
        tacet_progress("--open: whoever finds this address learns your name and key");
    }
    result = open_and_serve(listener);
    listener->transport.ops->free(listener->transport.ctx);
    return result;
}

static int listen_for_calls(const struct tacet_settings *settings)
{
    struct listener listener = { .settings = settings };
    int result = tacet_authorities_load(settings, &listener.authorities);

    if (result == 0) {
        result = tacet_identity_file_use(settings, &listener.identity);
    }
    if (result == 0) {
        result = tacet_ends_open_sources(settings, &listener.ends);
    }
    if (result == 0) {
        result = bind_and_serve(&listener);
    }
    tacet_ends_close(&listener.ends);
    tacet_identity_free(&listener.identity);
    tacet_authorities_free(&listener.authorities);
    return result;
}

int tacet_cmd_listen(int argc, char **argv)
{
    struct tacet_settings settings;
    int result = tacet_options_parse(&usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    result = tacet_ends_check(&settings);
    if (result == 0 && settings.answer == TACET_ANSWER_ASK && !isatty(STDIN_FILENO)) {
        result = tacet_complain_usage("--answer ask needs a terminal: give --answer auto");
    }
    return result == 0 ? listen_for_calls(&settings) : result;
}
