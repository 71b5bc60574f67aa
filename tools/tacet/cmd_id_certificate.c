/* tacet id request, tacet id add-certificate: an identity and the CAs that sign for it. */
#include "cmd_id_certificate.h"

#include "ca_folder.h"
#include "identity_file.h"
#include "options.h"
#include "report.h"

#include "tacet/ca.h"
#include "tacet/error.h"
#include "tacet/runner.h"
#include "tacet/store.h"

#include <stdio.h>
#include <string.h>

#define FIELD(member) offsetof(struct tacet_settings, member)
#define REQUEST_DAYS 30

/* clang-format off */
static const struct tacet_option request_options[] = {
    { "--ca", "FILE", TACET_OPTION_TEXT, FIELD(ca), 0, 0,
      "the public file of the CA that shall sign; required" },
    { "--name", "NAME", TACET_OPTION_TEXT, FIELD(name), 0, 0,
      "the name to ask for, 1 to 63 of a-z 0-9 . _ - @; default: the identity's" },
    { "--days", "N", TACET_OPTION_NUMBER, FIELD(days), 1, REQUEST_DAYS,
      "for how long; default 30" },
    { "--old", "FILE", TACET_OPTION_TEXT, FIELD(old_identity), 0, 0,
      "the identity that has the name so far: it signs that it lets the name go" },
    { "--out", "FILE", TACET_OPTION_TEXT, FIELD(out), 0, 0,
      "where to write the request; default: NAME.request" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option identity_options[] = {
    { "--identity", "FILE", TACET_OPTION_TEXT, FIELD(identity), 0, 0,
      "your identity; default: identity in $XDG_CONFIG_HOME/tacet or ~/.config/tacet" },
    { "--passphrase-file", "FILE", TACET_OPTION_TEXT, FIELD(passphrase_file), 0, 0,
      "its first line opens the identity; default: $TACET_PASSPHRASE_FILE, or asked for on a "
      "terminal" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
/* clang-format on */

static const struct tacet_option *const request_groups[] = { request_options, identity_options,
                                                             NULL };
static const struct tacet_option *const add_groups[] = { identity_options, NULL };

static const struct tacet_usage request_usage = {
    .command = "tacet id request",
    .positional = "",
    .about = "Asks a CA for a certificate: writes a file for its tacet ca sign. What comes back\n"
             "goes into the identity with tacet id add-certificate.",
    .groups = request_groups,
};
static const struct tacet_usage add_usage = {
    .command = "tacet id add-certificate",
    .positional = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .about = "Puts a certificate that a CA has signed into the identity. Calls show the one that\n"
             "was put in last as long as it is in its time.",
    .groups = add_groups,
};

/* The named identity, or the default one, which must be there. */
static int find_identity(const struct tacet_settings *settings, char place[TACET_PATH_MAX],
                         const char **ret)
{
    int result = 0;

    *ret = settings->identity;
    if (*ret == NULL) {
        result = tacet_identity_file_default(place);
        *ret = place;
    }
    return result;
}

static int write_request(const struct tacet_settings *settings,
                         const struct tacet_authority *authority,
                         const struct tacet_identity *identity, const struct tacet_identity *old)
{
    const struct tacet_random random = tacet_random_system();
    uint64_t now = (uint64_t)((tacet_clock_now() + tacet_clock_unix_offset()) / 1000000);
    uint64_t seconds = (uint64_t)(settings->days > 0 ? settings->days : REQUEST_DAYS) * 86400;
    struct tacet_public_identity self;
    uint8_t request[TACET_CA_REQUEST_MAX];
    char place[TACET_NAME_MAX + sizeof(".request")];
    const char *out = settings->out != NULL ? settings->out : place;
    size_t size = 0;

    tacet_identity_public(identity, &self);
    const char *name = settings->name != NULL ? settings->name : self.name;
    int result =
        tacet_ca_request(identity, &random, authority, name, now, seconds, old, request, &size);
    if (result == TACET_ERR_TRUST) {
        return tacet_complain("this CA signs names that end in '%s' only, and '%s' does not: take "
                              "another --name",
                              authority->suffix, name);
    }
    if (result == TACET_ERR_ARGUMENT) {
        return tacet_complain("'%s' cannot be a name: take 1 to %d of a-z 0-9 . _ - @", name,
                              TACET_NAME_MAX);
    }
    if (result == 0) {
        (void)snprintf(place, sizeof(place), "%s.request", name);
        result = tacet_store_write(out, false, request, size);
    }
    if (result == TACET_ERR_BUSY) {
        return tacet_complain("'%s' exists and is left alone: name another file with --out", out);
    }
    if (result != 0) {
        return tacet_complain("cannot write the request '%s': %s", out, tacet_error_string(result));
    }
    (void)printf("request for %s in %s\n", name, out);
    return fflush(stdout) == 0 ? TACET_EXIT_OK : tacet_complain("cannot write the result");
}

int tacet_cmd_id_request(int argc, char **argv)
{
    struct tacet_settings settings;
    struct tacet_authority authority;
    struct tacet_identity *identity = NULL, *old = NULL;
    char place[TACET_PATH_MAX];
    const char *file;
    int result = tacet_options_parse(&request_usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    if (settings.ca == NULL) {
        return tacet_complain_usage("--ca FILE is missing (see tacet id request --help)");
    }
    result = find_identity(&settings, place, &file);
    if (result == 0) {
        result = tacet_authority_file_read(settings.ca, &authority);
    }
    if (result == 0) {
        result = tacet_identity_file_open(&settings, file, &identity);
    }
    if (result == 0 && settings.old_identity != NULL) {
        result = tacet_identity_file_open(&settings, settings.old_identity, &old);
    }
    if (result == 0) {
        result = write_request(&settings, &authority, identity, old);
    }
    tacet_identity_free(&old);
    tacet_identity_free(&identity);
    return result;
}

struct addition {
    const char *file;
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size;
};

static int add(struct tacet_identity *identity, void *ctx)
{
    const struct addition *addition = ctx;
    int result = tacet_identity_add_certificate(identity, addition->data, addition->size);

    switch (result) {
    case 0:
        return 0;
    case TACET_ERR_FORMAT:
        return tacet_complain("'%s' is not a certificate of a CA: take one made by tacet ca sign",
                              addition->file);
    case TACET_ERR_TRUST:
        return tacet_complain("the certificate '%s' is not of this identity's keys",
                              addition->file);
    case TACET_ERR_FULL:
        return tacet_complain("the identity holds certificates of %d CAs or names, and more it "
                              "does not hold",
                              TACET_IDENTITY_CERTIFICATES_MAX);
    default:
        return tacet_complain("cannot add '%s': %s", addition->file, tacet_error_string(result));
    }
}

int tacet_cmd_id_add_certificate(int argc, char **argv)
{
    struct tacet_settings settings;
    struct addition addition;
    char place[TACET_PATH_MAX];
    const char *file;
    int result = tacet_options_parse(&add_usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    addition.file = settings.positionals[0];
    result = tacet_store_read(addition.file, false, addition.data, sizeof(addition.data),
                              &addition.size);
    if (result == TACET_ERR_SPACE) {
        return tacet_complain("'%s' is not a certificate of a CA: take one made by tacet ca sign",
                              addition.file);
    }
    if (result != 0) {
        return tacet_complain("cannot read the certificate '%s': %s", addition.file,
                              tacet_error_string(result));
    }
    result = find_identity(&settings, place, &file);
    if (result == 0) {
        result = tacet_identity_file_change(&settings, file, add, &addition);
    }
    if (result == 0) {
        (void)printf("certificate added to %s\n", file);
        result = fflush(stdout) == 0 ? TACET_EXIT_OK : tacet_complain("cannot write the result");
    }
    return result;
}
