/*
 * The user's word makes a pin, nothing else does: a line typed on the terminal of an answered call.
 * The table that the call reads stays as it is; the file is changed.
 */
#include "confirm.h"

#include "report.h"
#include "trust_file.h"

#include "tacet/error.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool tacet_confirm_possible(void)
{
    /* A terminal that is not ours to control (-1) has no foreground. */
    pid_t front = tcgetpgrp(STDIN_FILENO);

    return isatty(STDIN_FILENO) && (front < 0 || front == getpgrp());
}

const char *tacet_peer_name(const struct tacet_session_view *view)
{
    if (view->peer.label[0] != '\0') {
        return view->peer.label;
    }
    return view->peer.name[0] != '\0' && !view->peer.name_taken ? view->peer.name
                                                                : "the other side";
}

void tacet_peer_tell_name(const struct tacet_session_view *view)
{
    const struct tacet_public_identity *peer = &view->peer;

    if (peer->name_taken) {
        tacet_progress("beware: it calls itself '%s' but is not your contact '%s', who has another "
                       "key",
                       peer->name, peer->name);
    } else if (peer->label[0] != '\0' && strcmp(peer->label, peer->name) != 0) {
        tacet_progress("'%s' is your name for it; %s '%s'", peer->label,
                       peer->name_claimed ? "it calls itself" : "its certificate says", peer->name);
    }
}

/* --- confirming --- */

/* The label to save under where none was typed, or NULL: whoever calls in only claims a name, and
 * only compared words make it more; another contact's is no label for it at all. */
static const char *default_label(const struct tacet_conversation *conversation,
                                 const struct tacet_session_view *view, bool verified)
{
    if (conversation->label[0] != '\0') {
        return conversation->label;
    }
    if (view->peer.label[0] != '\0') {
        return view->peer.label;
    }
    return (view->caller || verified) && !view->peer.name_taken ? view->peer.name : NULL;
}

void tacet_confirm_offer(const struct tacet_conversation *conversation,
                         const struct tacet_session_view *view)
{
    if (view->peer.trust == TACET_TRUST_VERIFIED) {
        return;
    }
    const char *label = default_label(conversation, view, true);
    if (label == NULL) {
        tacet_progress("type v, a blank and a name of your own if they are the same");
    } else if (view->peer.label[0] == '\0' && view->caller) {
        tacet_progress("type v and Enter if they are the same, p and Enter to save '%s' without "
                       "comparing",
                       label);
    } else {
        tacet_progress("type v and Enter if they are the same: '%s' is then saved as verified",
                       label);
    }
}

static int change(const struct tacet_conversation *conversation,
                  const struct tacet_session_view *view, const char *label, bool verified,
                  struct tacet_trust_edit *edit)
{
    char address[TACET_ADDRESS_STRING_MAX] = "";
    const char *endpoint = conversation->endpoint;

    /* Who calls in comes from a port where nobody listens. */
    if (view->caller && endpoint[0] == '\0' && conversation->label[0] == '\0') {
        (void)tacet_address_format(&view->address, address);
        endpoint = address;
    }
    int result =
        tacet_trust_pin(edit->table, label, view->peer.key, endpoint, (int64_t)time(NULL), false);
    if (result == 0 && verified) {
        result = tacet_trust_verify(edit->table, label, true);
    }
    switch (result) {
    case 0:
        return tacet_trust_file_save(edit);
    case TACET_ERR_TRUST:
        return tacet_complain("'%s' is another contact: type %c and another label", label,
                              verified ? 'v' : 'p');
    case TACET_ERR_FULL:
        return tacet_complain("'%s' is full", edit->file);
    default:
        return tacet_complain("'%s' cannot be a label: take 1 to %d of a-z 0-9 . _ - @", label,
                              TACET_LABEL_MAX);
    }
}

static void save(const struct tacet_conversation *conversation,
                 const struct tacet_session_view *view, const char *label, bool verified)
{
    struct tacet_trust_edit edit;

    if (label == NULL) {
        tacet_progress(view->peer.name_taken
                           ? "'%s' is another contact: type v or p, a blank and a name of your own"
                           : "'%s' is only what it calls itself: compare the words and type v, or "
                             "type p and a label of your own",
                       view->peer.name);
        return;
    }
    if (tacet_trust_file_open(conversation->trust_file, &edit) != 0) {
        return;
    }
    if (change(conversation, view, label, verified, &edit) == 0) {
        tacet_progress("saved '%s' in '%s'%s", label, edit.file, verified ? " as verified" : "");
    }
    tacet_trust_file_close(&edit);
}

void tacet_confirm_line(const struct tacet_conversation *conversation,
                        struct tacet_session *session, const struct tacet_session_view *view,
                        const char *line)
{
    char what = line[0];
    const char *label = line[0] != '\0' ? line + 1 + strspn(line + 1, " ") : line;

    if ((what != 'v' && what != 'p') || (line[1] != '\0' && line[1] != ' ')) {
        return;
    }
    if (label[0] == '\0') {
        label = default_label(conversation, view, what == 'v');
    }
    if (what == 'v') {
        tacet_session_verify(session);
    }
    save(conversation, view, label, what == 'v');
}

/* --- refusals --- */

/* What the called party can do so that the next call of who was refused is let in. */
static void advise(enum tacet_require require, enum tacet_notice refused,
                   const struct tacet_public_identity *who, char *out, size_t size)
{
    char key[TACET_KEY_STRING_MAX];

    (void)tacet_key_format(who->key, key);
    switch (refused) {
    case TACET_NOTICE_CHANGED:
        (void)snprintf(out, size,
                       ": if that person told you of a new key over a channel that you trust, "
                       "accept it with: tacet id trust --replace %s %s",
                       who->name, key);
        break;
    case TACET_NOTICE_REVOKED:
        (void)snprintf(out, size,
                       ": that person needs a new identity (tacet id new), and a "
                       "certificate for it (tacet id request)");
        break;
    case TACET_NOTICE_CERTIFICATE:
        (void)snprintf(out, size, ": that person needs another certificate (tacet id request)");
        break;
    case TACET_NOTICE_OUTDATED:
        (void)snprintf(out, size, ": get a new revocation list for --crl");
        break;
    case TACET_NOTICE_REQUIRED:
        if (require == TACET_REQUIRE_CERTIFICATE) {
            (void)snprintf(out, size,
                           ": that person needs a certificate (tacet id request) of an "
                           "authority that you name with --ca; or, if you know whose "
                           "key it is: tacet id trust LABEL %s",
                           key);
        } else {
            (void)snprintf(out, size, ": if you know whose key it is: tacet id trust LABEL %s%s",
                           key,
                           require == TACET_REQUIRE_WORDS
                               ? ", and once you have compared the safety number: tacet id verify "
                                 "LABEL"
                               : "");
        }
        break;
    case TACET_NOTICE_NONE:
    case TACET_NOTICE_OFFER:
    case TACET_NOTICE_VERIFIED:
    case TACET_NOTICE_STALE:
    case TACET_NOTICE_OTHER:
        out[0] = '\0';
        break;
    }
}

void tacet_refusal_tell(const struct tacet_conversation *conversation,
                        const struct tacet_session_view *view)
{
    const struct tacet_public_identity *who = &view->refused_peer;
    char advice[320 + TACET_NAME_MAX + TACET_KEY_STRING_MAX] = "";

    if (who->fingerprint[0] == '\0') {
        return;
    }
    if (!conversation->session.caller) { /* whose last line says it */
        advise((enum tacet_require)conversation->settings->require, view->refused, who, advice,
               sizeof(advice));
    }
    tacet_progress("refused: who calls itself '%s' (%s): %s%s", who->name, who->fingerprint,
                   tacet_notice_string(view->refused), advice);
}

static int complain_other_key(const struct tacet_conversation *conversation, const char *label,
                              const struct tacet_public_identity *who)
{
    char key[TACET_KEY_STRING_MAX];

    return tacet_complain("'%s' at %s has another key than the one that you trust: if that person "
                          "told you of a new key over a channel that you trust, accept it with: "
                          "tacet id trust --replace %s %s",
                          label, conversation->target, label, tacet_key_format(who->key, key));
}

int tacet_refusal_complain(const struct tacet_conversation *conversation,
                           const struct tacet_session_view *view)
{
    static const char *const requires[] = { "any", "pin", "certificate", "words" };
    const struct tacet_public_identity *who = &view->refused_peer;
    const char *require = requires[conversation->settings->require];

    switch (view->refused) {
    case TACET_NOTICE_CHANGED:
        return complain_other_key(conversation, who->name, who);
    case TACET_NOTICE_OTHER:
        if (conversation->label[0] != '\0') {
            return complain_other_key(conversation, conversation->label, who);
        }
        break;
    case TACET_NOTICE_REVOKED:
        return who->name[0] != '\0'
                   ? tacet_complain("the key of '%s' at %s has been revoked: ask that person for "
                                    "the new one",
                                    who->name, conversation->target)
                   : tacet_complain("the key to be called at %s has been revoked: ask for a new "
                                    "ticket over a channel that you trust",
                                    conversation->target);
    case TACET_NOTICE_CERTIFICATE:
        return tacet_complain("the certificate of '%s' at %s does not hold: its authority did not "
                              "sign it, may not, or has revoked it",
                              who->name, conversation->target);
    case TACET_NOTICE_OUTDATED:
        return tacet_complain("a revocation list is out of date: get a new one");
    case TACET_NOTICE_REQUIRED:
        return who->name[0] != '\0'
                   ? tacet_complain("'%s' (%s) at %s is not known as well as --require %s asks: "
                                    "see tacet id trust and tacet id verify",
                                    who->name, who->fingerprint, conversation->target, require)
                   : tacet_complain("nobody at %s can be known as well as --require %s asks: see "
                                    "tacet id trust and tacet id verify",
                                    conversation->target, require);
    case TACET_NOTICE_NONE:
    case TACET_NOTICE_OFFER:
    case TACET_NOTICE_VERIFIED:
    case TACET_NOTICE_STALE:
        break;
    }
    return tacet_complain("somebody else than the ticket's owner answered at %s: ask for a new "
                          "ticket over a channel that you trust",
                          conversation->target);
}
