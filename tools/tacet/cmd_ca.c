/* tacet ca: a certificate authority that signs a name for one key only. */
#include "ca_folder.h"
#include "command.h"
#include "options.h"
#include "registry_list.h"
#include "report.h"

#include "tacet/ca.h"
#include "tacet/error.h"
#include "tacet/runner.h"
#include "tacet/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(member) offsetof(struct tacet_settings, member)
#define CRL_DAYS 30
#define END_OF_OPTIONS                                                                             \
    {                                                                                              \
        NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL                                               \
    }

/* clang-format off */
static const struct tacet_option new_options[] = {
    { "--suffix", "SUFFIX", TACET_OPTION_TEXT, FIELD(suffix), 0, 0,
      "sign only names that end so, behind a dot or an @: example.org signs anna@example.org; "
      "default: every name" },
    { "--out", "DIR", TACET_OPTION_TEXT, FIELD(out), 0, 0,
      "the folder to make; default: ca in $XDG_CONFIG_HOME/tacet or ~/.config/tacet" },
    { "--passphrase-file", "FILE", TACET_OPTION_TEXT, FIELD(passphrase_file), 0, 0,
      "seal the key with the first line of this file; default: $TACET_PASSPHRASE_FILE, or asked "
      "for on a terminal" },
    { "--no-passphrase", NULL, TACET_OPTION_FLAG, FIELD(no_passphrase), 0, 0,
      "do not seal it: who can read the key can be this CA" },
    END_OF_OPTIONS,
};
static const struct tacet_option folder_options[] = {
    { "--dir", "DIR", TACET_OPTION_TEXT, FIELD(folder), 0, 0,
      "the folder of the CA; default: ca in $XDG_CONFIG_HOME/tacet or ~/.config/tacet" },
    END_OF_OPTIONS,
};
static const struct tacet_option key_options[] = {
    { "--passphrase-file", "FILE", TACET_OPTION_TEXT, FIELD(passphrase_file), 0, 0,
      "its first line opens the CA's key; default: $TACET_PASSPHRASE_FILE, or asked for on a "
      "terminal" },
    END_OF_OPTIONS,
};
static const struct tacet_option sign_options[] = {
    { "--out", "FILE", TACET_OPTION_TEXT, FIELD(out), 0, 0,
      "where to write the certificate; default: beside the request, with .cert behind its name" },
    { "--rebind", NULL, TACET_OPTION_FLAG, FIELD(rebind), 0, 0,
      "give the name to this key although another one has it; recorded as your decision" },
    END_OF_OPTIONS,
};
static const struct tacet_option export_options[] = {
    { "--out", "FILE", TACET_OPTION_TEXT, FIELD(out), 0, 0,
      "the public file; default: authority in the folder of the CA" },
    { "--crl", "FILE", TACET_OPTION_TEXT, FIELD(crl), 0, 0,
      "the revocation list; default: revocations in the folder of the CA" },
    { "--days", "N", TACET_OPTION_NUMBER, FIELD(days), 1, 365,
      "how long the list is up to date; default 30" },
    END_OF_OPTIONS,
};
/* clang-format on */

static const struct tacet_option *const new_groups[] = { new_options, NULL };
static const struct tacet_option *const sign_groups[] = { sign_options, folder_options, key_options,
                                                          NULL };
static const struct tacet_option *const revoke_groups[] = { folder_options, key_options, NULL };
static const struct tacet_option *const list_groups[] = { folder_options, tacet_json_option, NULL };
static const struct tacet_option *const export_groups[] = { export_options, folder_options,
                                                            key_options, NULL };
static const struct tacet_option *const audit_groups[] = { folder_options, NULL };

static const struct tacet_usage new_usage = {
    .command = "tacet ca new",
    .positional = "",
    .about = "Makes a certificate authority: a folder with its key, its public file (authority)\n"
             "and its registry. Give the public file to those who shall trust it.",
    .groups = new_groups,
};
static const struct tacet_usage sign_usage = {
    .command = "tacet ca sign",
    .positional = "REQUEST",
    .positional_min = 1,
    .positional_max = 1,
    .about = "Signs what tacet id request has written. A name that is bound to another key is\n"
             "refused, unless that key has signed the request too (tacet id request --old) or was\n"
             "revoked 30 days ago. Every decision is in the registry before anything is signed.",
    .groups = sign_groups,
};
static const struct tacet_usage revoke_usage = {
    .command = "tacet ca revoke",
    .positional = "NAME|SERIAL",
    .positional_min = 1,
    .positional_max = 1,
    .about = "Revokes the key that a name is bound to, or that has the certificate of a serial\n"
             "(as tacet ca list shows it, 0123:4567:89ab:cdef). Then give out a new list with\n"
             "tacet ca export.",
    .groups = revoke_groups,
};
static const struct tacet_usage list_usage = {
    .command = "tacet ca list",
    .positional = "",
    .about = "Shows the records of the registry.",
    .groups = list_groups,
};
static const struct tacet_usage export_usage = {
    .command = "tacet ca export",
    .positional = "",
    .about = "Writes the public file and the current revocation list, for --ca and --crl of\n"
             "tacet call and tacet listen.",
    .groups = export_groups,
};
static const struct tacet_usage audit_usage = {
    .command = "tacet ca audit",
    .positional = "",
    .about = "Verifies the registry: its chain, every signature in it, and that each decision was\n"
             "right by the records before it.",
    .groups = audit_groups,
};

static uint64_t unix_now(void)
{
    return (uint64_t)((tacet_clock_now() + tacet_clock_unix_offset()) / 1000000);
}

static int say(void)
{
    return fflush(stdout) == 0 ? TACET_EXIT_OK : tacet_complain("cannot write the result");
}

/* Finds the CA and opens its key, then its registry: whoever has the lock asks for nothing. */
static int open_all(const struct tacet_settings *settings, struct tacet_ca_folder *folder,
                    struct tacet_ca **ca, struct tacet_ledger *ledger)
{
    struct tacet_authority authority;
    int result = tacet_ca_folder_find(settings->folder, folder);

    if (result == 0) {
        result = tacet_ca_folder_open(settings, folder, ca);
    }
    if (result == 0) {
        tacet_ca_public(*ca, &authority);
        result = tacet_ledger_open(folder, authority.key, ledger);
    }
    return result;
}

/* The registry alone, by the public key. */
static int open_registry(const struct tacet_settings *settings, struct tacet_ca_folder *folder,
                         struct tacet_ledger *ledger)
{
    struct tacet_authority authority;
    int result = tacet_ca_folder_find(settings->folder, folder);

    if (result == 0) {
        result = tacet_authority_file_read(folder->authority, &authority);
    }
    return result == 0 ? tacet_ledger_open(folder, authority.key, ledger) : result;
}

static int ca_new(const struct tacet_settings *settings)
{
    struct tacet_ca_folder folder;
    struct tacet_ca *ca = NULL;
    struct tacet_authority authority;
    char fingerprint[TACET_FINGERPRINT_MAX];
    int result;

    if (settings->no_passphrase && settings->passphrase_file != NULL) {
        return tacet_complain_usage("--passphrase-file and --no-passphrase exclude each other");
    }
    result = tacet_ca_folder_find(settings->out, &folder);
    if (result == 0) {
        result = tacet_ca_folder_new(settings, &folder, &ca);
    }
    if (result == 0) {
        tacet_ca_public(ca, &authority);
        (void)printf("fingerprint  %s\nsuffix       %s\npublic file  %s\n",
                     tacet_fingerprint(authority.key, fingerprint),
                     authority.suffix[0] != '\0' ? authority.suffix : "(every name)",
                     folder.authority);
        result = say();
    }
    tacet_ca_free(&ca);
    return result;
}

/* --- signing --- */

static int read_request(const char *file, uint8_t out[TACET_CA_REQUEST_MAX], size_t *ret_size)
{
    int result = tacet_store_read(file, false, out, TACET_CA_REQUEST_MAX, ret_size);

    if (result == TACET_ERR_NOTFOUND) {
        return tacet_complain("there is no request '%s'", file);
    }
    if (result == TACET_ERR_SPACE) {
        return tacet_complain("'%s' is not a request: take one made by tacet id request", file);
    }
    return result == 0 ? 0
                       : tacet_complain("cannot read '%s': %s", file, tacet_error_string(result));
}

static int complain_request(const char *file, int error)
{
    switch (error) {
    case TACET_ERR_FORMAT:
        return tacet_complain("'%s' is not a request: take one made by tacet id request", file);
    case TACET_ERR_TRUST:
        return tacet_complain("the request '%s' is not signed by its own key", file);
    case TACET_ERR_NOTFOUND:
        return tacet_complain("the request '%s' is to another CA", file);
    default:
        return tacet_complain("cannot decide on '%s': %s", file, tacet_error_string(error));
    }
}

/* The record is on disk; only now is there a signature. */
static int write_certificate(const struct tacet_ca *ca, const struct tacet_registry *registry,
                             const uint8_t *request, size_t size, const char *file)
{
    uint8_t certificate[TACET_CERTIFICATE_MAX];
    size_t certificate_size = 0;
    int result = tacet_ca_certify(ca, registry, request, size, certificate, &certificate_size);

    if (result == 0) {
        result = tacet_store_write(file, true, certificate, certificate_size);
    }
    return result == 0 ? 0
                       : tacet_complain("cannot write the certificate '%s': %s; signing the same "
                                        "request again makes the same one",
                                        file, tacet_error_string(result));
}

static int decide_and_sign(const struct tacet_settings *settings, const struct tacet_ca *ca,
                           struct tacet_ledger *ledger, const uint8_t *request, size_t size,
                           const char *out)
{
    struct tacet_ca_decision decision;
    const struct tacet_registry_record *record = &decision.record;
    const char *file = settings->positionals[0];
    int result = tacet_ca_decide(ca, &ledger->registry, request, size, unix_now(), settings->rebind,
                                 &decision);

    if (result != 0) {
        return complain_request(file, result);
    }
    if (decision.size > 0) {
        result = tacet_ledger_append(ledger, decision.bytes, decision.size);
    }
    if (result != 0) {
        return result;
    }
    if (record->operation == TACET_REGISTRY_REFUSED) {
        return tacet_complain("'%s' is refused for the key in '%s': %s%s", record->name, file,
                              tacet_registry_ground_string(record->ground),
                              record->ground == TACET_GROUND_BOUND
                                  ? " (the old key can let it go: tacet id request --old; one that "
                                    "is revoked lets go after 30 days; --rebind is for you to "
                                    "decide)"
                                  : "");
    }
    result = write_certificate(ca, &ledger->registry, request, size, out);
    if (result == 0) {
        const char *ground = tacet_registry_ground_string(record->ground);
        (void)printf("%s %s%s%s%s, certificate in %s\n",
                     tacet_registry_operation_string(record->operation), record->name,
                     ground[0] != '\0' ? " (" : "", ground, ground[0] != '\0' ? ")" : "", out);
        result = say();
    }
    return result;
}

static int ca_sign(const struct tacet_settings *settings)
{
    struct tacet_ledger ledger = { .lock = -1 };
    struct tacet_ca_folder folder;
    struct tacet_ca *ca = NULL;
    uint8_t request[TACET_CA_REQUEST_MAX];
    char place[TACET_PATH_MAX];
    const char *out = settings->out;
    size_t size = 0;
    int result = read_request(settings->positionals[0], request, &size);

    if (result == 0 && out == NULL) {
        if (snprintf(place, sizeof(place), "%s.cert", settings->positionals[0]) >=
            (int)sizeof(place)) {
            result = tacet_complain("the path of the request is too long");
        }
        out = place;
    }
    if (result == 0) {
        result = open_all(settings, &folder, &ca, &ledger);
    }
    if (result == 0) {
        result = decide_and_sign(settings, ca, &ledger, request, size, out);
    }
    tacet_ledger_close(&ledger);
    tacet_ca_free(&ca);
    return result;
}

/* --- the rest --- */

static int ca_revoke(const struct tacet_settings *settings)
{
    struct tacet_ledger ledger = { .lock = -1 };
    struct tacet_ca_folder folder;
    struct tacet_ca *ca = NULL;
    struct tacet_ca_decision decision;
    char fingerprint[TACET_FINGERPRINT_MAX];
    const char *what = settings->positionals[0];
    uint64_t serial = 0;
    bool by_serial = tacet_serial_parse(what, &serial);
    int result;

    if (!by_serial && !tacet_name_valid(what, strlen(what))) {
        return tacet_complain("'%s' is neither a name nor a serial (0123:4567:89ab:cdef)", what);
    }
    result = open_all(settings, &folder, &ca, &ledger);
    if (result == 0) {
        result = tacet_ca_revoke(ca, &ledger.registry, by_serial ? NULL : what, serial, unix_now(),
                                 &decision);
        if (result == TACET_ERR_NOTFOUND) {
            result = tacet_complain("nothing was signed for '%s': see tacet ca list", what);
        } else if (result == TACET_ERR_STATE) {
            result = tacet_complain("the key of '%s' was revoked before", what);
        } else if (result == 0) {
            result = tacet_ledger_append(&ledger, decision.bytes, decision.size);
        }
    }
    if (result == 0) {
        (void)printf("REVOKED %s, key %s\n", decision.record.name,
                     tacet_fingerprint(decision.record.key, fingerprint));
        result = say();
    }
    tacet_ledger_close(&ledger);
    tacet_ca_free(&ca);
    return result;
}

static int ca_list(const struct tacet_settings *settings)
{
    struct tacet_ledger ledger = { .lock = -1 };
    struct tacet_ca_folder folder;
    int result = open_registry(settings, &folder, &ledger);

    if (result == 0) {
        result = tacet_registry_print(&ledger.registry, settings->json);
    }
    tacet_ledger_close(&ledger);
    return result;
}

static int write_list(const struct tacet_ca *ca, const struct tacet_registry *registry, int days,
                      const char *file)
{
    uint8_t *list = malloc(TACET_REVOCATIONS_SIZE_MAX);
    size_t size = 0;
    int result = list == NULL
                     ? TACET_ERR_NOMEM
                     : tacet_ca_revocations(ca, registry, unix_now(), (uint64_t)days * 86400, list,
                                            TACET_REVOCATIONS_SIZE_MAX, &size);

    if (result == 0) {
        result = tacet_store_write(file, true, list, size);
    }
    free(list);
    return result == 0 ? 0
                       : tacet_complain("cannot write the revocation list '%s': %s", file,
                                        tacet_error_string(result));
}

static int ca_export(const struct tacet_settings *settings)
{
    struct tacet_ledger ledger = { .lock = -1 };
    struct tacet_ca_folder folder;
    struct tacet_ca *ca = NULL;
    uint8_t authority[TACET_AUTHORITY_FILE_MAX];
    int result = open_all(settings, &folder, &ca, &ledger);

    if (result == 0) {
        const char *out = settings->out != NULL ? settings->out : folder.authority;
        const char *crl = settings->crl != NULL ? settings->crl : folder.revocations;
        result = tacet_store_write(out, true, authority, tacet_ca_export(ca, authority));
        result = result == 0
                     ? write_list(ca, &ledger.registry,
                                  settings->days > 0 ? settings->days : CRL_DAYS, crl)
                     : tacet_complain("cannot write '%s': %s", out, tacet_error_string(result));
        if (result == 0) {
            (void)printf("public file      %s\nrevocation list  %s\n", out, crl);
            result = say();
        }
    }
    tacet_ledger_close(&ledger);
    tacet_ca_free(&ca);
    return result;
}

static int ca_audit(const struct tacet_settings *settings)
{
    struct tacet_ledger ledger = { .lock = -1 };
    struct tacet_ca_folder folder;
    uint64_t count = 0;
    int result = open_registry(settings, &folder, &ledger);

    if (result == 0) {
        result = tacet_registry_audit(&ledger.registry, ledger.key, &count);
        if (result != 0) {
            result = tacet_complain("record %llu of '%s' is not right: its signature, or what was "
                                    "decided",
                                    (unsigned long long)count, folder.registry);
        } else {
            (void)printf("%llu records, all good\n", (unsigned long long)count);
            result = say();
        }
    }
    tacet_ledger_close(&ledger);
    return result;
}

static const struct {
    const char *name;
    const struct tacet_usage *usage;
    int (*run)(const struct tacet_settings *settings);
} commands[] = {
    { "new", &new_usage, ca_new },          { "sign", &sign_usage, ca_sign },
    { "revoke", &revoke_usage, ca_revoke }, { "list", &list_usage, ca_list },
    { "export", &export_usage, ca_export }, { "audit", &audit_usage, ca_audit },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int tacet_cmd_ca(int argc, char **argv)
{
    const char *name = argc > 0 ? argv[0] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        for (size_t i = 0; i < COMMANDS; i++) {
            (void)printf("%s %s%s%s [options]\n", i == 0 ? "usage:" : "      ",
                         commands[i].usage->command, commands[i].usage->positional[0] ? " " : "",
                         commands[i].usage->positional);
        }
        (void)printf(
            "\nRuns a certificate authority. 'tacet ca new --help' and so on tell more.\n");
        return TACET_EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            struct tacet_settings settings;
            int result = tacet_options_parse(commands[i].usage, argc - 1, argv + 1, &settings);
            return result != 0 || settings.help ? result : commands[i].run(&settings);
        }
    }
    return name[0] == '\0'
               ? tacet_complain_usage("new, sign, revoke, list, export or audit? (see tacet ca "
                                      "--help)")
               : tacet_complain_usage("unknown command 'ca %s' (see tacet ca --help)", name);
}
