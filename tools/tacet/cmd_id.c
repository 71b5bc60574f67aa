/*
 * tacet id new, tacet id show: making and showing identities. What works on contacts is in
 * cmd_id_trust.c, on certificates in cmd_id_certificate.c.
 */
#include "cmd_id_certificate.h"
#include "cmd_id_trust.h"
#include "command.h"
#include "identity_file.h"
#include "options.h"
#include "report.h"

#include "tacet/error.h"
#include "tacet/identity.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define FIELD(member) offsetof(struct tacet_settings, member)

static const struct tacet_option new_options[] = {
    { "--name", "NAME", TACET_OPTION_TEXT, FIELD(name), 0, 0,
      "how you are called, 1 to 63 of a-z 0-9 . _ - @; default: made from the key" },
    { "--out", "FILE", TACET_OPTION_TEXT, FIELD(out), 0, 0,
      "where to write; default: identity in $XDG_CONFIG_HOME/tacet or ~/.config/tacet" },
    { "--passphrase-file", "FILE", TACET_OPTION_TEXT, FIELD(passphrase_file), 0, 0,
      "seal it with the first line of this file; default: $TACET_PASSPHRASE_FILE, or asked for on "
      "a terminal" },
    { "--no-passphrase", NULL, TACET_OPTION_FLAG, FIELD(no_passphrase), 0, 0,
      "do not seal it: who can read the file can be you" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option show_options[] = {
    { "--passphrase-file", "FILE", TACET_OPTION_TEXT, FIELD(passphrase_file), 0, 0,
      "its first line opens the identity; default: $TACET_PASSPHRASE_FILE, or asked for on a "
      "terminal" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};

static const struct tacet_option *const new_groups[] = { new_options, tacet_json_option, NULL };
static const struct tacet_option *const show_groups[] = { show_options, tacet_json_option, NULL };

static const struct tacet_usage new_usage = {
    .command = "tacet id new",
    .positional = "",
    .about = "Makes an identity: the key that you are known by. Without a terminal and without a\n"
             "passphrase file it is written unsealed, for its owner only (mode 0600).",
    .groups = new_groups,
};
static const struct tacet_usage show_usage = {
    .command = "tacet id show",
    .positional = "[FILE]",
    .positional_max = 1,
    .about = "Shows the name, fingerprint and public key of an identity.",
    .groups = show_groups,
};

static int print_identity(const struct tacet_identity *identity, const char *file, bool json)
{
    struct tacet_public_identity shown;
    char key[sodium_base64_ENCODED_LEN(TACET_KEY_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];

    tacet_identity_public(identity, &shown);
    (void)sodium_bin2base64(key, sizeof(key), shown.key, sizeof(shown.key),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (json) {
        cJSON *object = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(object, "name", shown.name);
        (void)cJSON_AddStringToObject(object, "fingerprint", shown.fingerprint);
        (void)cJSON_AddStringToObject(object, "key", key);
        (void)cJSON_AddStringToObject(object, "file", file);
        char *text = cJSON_PrintUnformatted(object);
        cJSON_Delete(object);
        if (text == NULL) {
            return tacet_complain("out of memory");
        }
        (void)puts(text);
        cJSON_free(text);
    } else {
        (void)printf("name         %s\nfingerprint  %s\nkey          %s\nfile         %s\n",
                     shown.name, shown.fingerprint, key, file);
    }
    return fflush(stdout) == 0 ? TACET_EXIT_OK : tacet_complain("cannot write the result");
}

static int id_new(int argc, char **argv)
{
    struct tacet_settings settings;
    struct tacet_identity *identity = NULL;
    char place[TACET_PATH_MAX];
    const char *file = NULL;
    int result = tacet_options_parse(&new_usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    if (settings.no_passphrase && settings.passphrase_file != NULL) {
        return tacet_complain_usage("--passphrase-file and --no-passphrase exclude each other");
    }
    if (settings.name != NULL && !tacet_name_valid(settings.name, strlen(settings.name))) {
        return tacet_complain("'%s' cannot be a name: take 1 to %d of a-z 0-9 . _ - @",
                              settings.name, TACET_NAME_MAX);
    }
    result = tacet_identity_file_place(settings.out, place, &file);
    if (result == 0) {
        result = tacet_identity_file_new(&settings, file, &identity);
    }
    if (result == 0) {
        result = print_identity(identity, file, settings.json);
    }
    tacet_identity_free(&identity);
    return result;
}

static int id_show(int argc, char **argv)
{
    struct tacet_settings settings;
    struct tacet_identity *identity = NULL;
    char place[TACET_PATH_MAX];
    const char *file = NULL;
    int result = tacet_options_parse(&show_usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    result = tacet_identity_file_place(settings.positionals[0], place, &file);
    if (result == 0) {
        result = tacet_identity_file_open(&settings, file, &identity);
    }
    if (result == 0) {
        result = print_identity(identity, file, settings.json);
    }
    tacet_identity_free(&identity);
    return result;
}

static const struct {
    const char *name;
    const char *usage;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "new", "[options]", id_new },
    { "show", "[FILE] [options]", id_show },
    { "trust", "[LABEL TICKET|KEY] [options]", tacet_cmd_id_trust },
    { "verify", "LABEL [options]", tacet_cmd_id_verify },
    { "forget", "LABEL [options]", tacet_cmd_id_forget },
    { "number", "LABEL|TICKET|KEY [options]", tacet_cmd_id_number },
    { "request", "--ca FILE [options]", tacet_cmd_id_request },
    { "add-certificate", "FILE [options]", tacet_cmd_id_add_certificate },
};

static int print_commands(void)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)printf("%s tacet id %s %s\n", i == 0 ? "usage:" : "      ", commands[i].name,
                     commands[i].usage);
    }
    (void)printf(
        "\nMakes and shows identities; keeps the contacts that you trust, and certificates.\n"
        "'tacet id new --help' and so on tell more.\n");
    return TACET_EXIT_OK;
}

int tacet_cmd_id(int argc, char **argv)
{
    const char *name = argc > 0 ? argv[0] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return print_commands();
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return name[0] == '\0'
               ? tacet_complain_usage("new or show, trust, verify, forget, number, request, "
                                      "add-certificate? (see tacet id --help)")
               : tacet_complain_usage("unknown command 'id %s' (see tacet id --help)", name);
}
