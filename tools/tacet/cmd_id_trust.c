/* tacet id trust, verify, forget, number: the contacts of the trust file. */
#include "cmd_id_trust.h"

#include "identity_file.h"
#include "options.h"
#include "report.h"
#include "trust_file.h"

#include "tacet/error.h"
#include "tacet/ticket.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIELD(member) offsetof(struct tacet_settings, member)
#define TICKET_OR_KEY "a ticket or a key (43 characters, as tacet id show prints it)"

static const struct tacet_option replace_options[] = {
    { "--replace", NULL, TACET_OPTION_FLAG, FIELD(replace), 0, 0,
      "accept another key for a label that exists; it is then no longer verified" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const trust_groups[] = { tacet_identity_options, replace_options,
                                                           tacet_json_option, NULL };
static const struct tacet_option *const groups[] = { tacet_identity_options, tacet_json_option,
                                                     NULL };

static const struct tacet_usage trust_usage = {
    .command = "tacet id trust",
    .positional = "[LABEL TICKET|KEY]",
    .positional_max = 2,
    .about = "Saves a key as a contact under a label of your own; from a ticket also its first\n"
             "address, so that 'tacet call LABEL' reaches it. Without arguments: lists all\n"
             "contacts.",
    .groups = trust_groups,
};
static const struct tacet_usage verify_usage = {
    .command = "tacet id verify",
    .positional = "LABEL",
    .positional_min = 1,
    .positional_max = 1,
    .about = "Marks a contact as verified: you have compared the safety number (tacet id number)\n"
             "or the words of a call with that person.",
    .groups = groups,
};
static const struct tacet_usage forget_usage = {
    .command = "tacet id forget",
    .positional = "LABEL",
    .positional_min = 1,
    .positional_max = 1,
    .about = "Removes a contact.",
    .groups = groups,
};
static const struct tacet_usage number_usage = {
    .command = "tacet id number",
    .positional = "LABEL|TICKET|KEY",
    .positional_min = 1,
    .positional_max = 1,
    .about = "Shows the safety number of your identity and another one: 60 digits, the same for\n"
             "both. Compare it outside of a call, then: tacet id verify LABEL.",
    .groups = groups,
};

static int complain_unknown(const char *label, const char *file)
{
    return tacet_complain("there is no contact '%s' in '%s': tacet id trust lists all", label,
                          file);
}

static int print_json(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    cJSON_Delete(object);
    if (text == NULL) {
        return tacet_complain("out of memory");
    }
    (void)puts(text);
    cJSON_free(text);
    return fflush(stdout) == 0 ? 0 : tacet_complain("cannot write the result");
}

/* --- showing contacts --- */

static const char *mark(const struct tacet_trust_entry *entry)
{
    return tacet_trust_string(entry->verified ? TACET_TRUST_VERIFIED : TACET_TRUST_PINNED);
}

static cJSON *entry_json(const struct tacet_trust_entry *entry)
{
    cJSON *object = cJSON_CreateObject();
    char fingerprint[TACET_FINGERPRINT_MAX];
    char key[TACET_KEY_STRING_MAX];

    (void)cJSON_AddStringToObject(object, "label", entry->label);
    (void)cJSON_AddStringToObject(object, "fingerprint",
                                  tacet_fingerprint(entry->key, fingerprint));
    (void)cJSON_AddStringToObject(object, "key", tacet_key_format(entry->key, key));
    (void)cJSON_AddStringToObject(object, "trust", mark(entry));
    (void)cJSON_AddNumberToObject(object, "pinnedAt", (double)entry->pinned_at);
    if (entry->endpoint[0] != '\0') {
        (void)cJSON_AddStringToObject(object, "address", entry->endpoint);
    } else {
        (void)cJSON_AddNullToObject(object, "address");
    }
    return object;
}

static int print_entry(const struct tacet_trust_entry *entry, bool json)
{
    char fingerprint[TACET_FINGERPRINT_MAX];

    if (json) {
        return print_json(entry_json(entry));
    }
    (void)printf("%-16s %s  %-8s  %s\n", entry->label, tacet_fingerprint(entry->key, fingerprint),
                 mark(entry), entry->endpoint[0] != '\0' ? entry->endpoint : "-");
    return fflush(stdout) == 0 ? 0 : tacet_complain("cannot write the result");
}

static int print_all(const struct tacet_trust_table *table, bool json)
{
    cJSON *list = json ? cJSON_CreateArray() : NULL;
    const struct tacet_trust_entry *entry;
    int result = 0;

    for (size_t i = 0; result == 0 && (entry = tacet_trust_at(table, i)) != NULL; i++) {
        if (json) {
            (void)cJSON_AddItemToArray(list, entry_json(entry));
        } else {
            result = print_entry(entry, false);
        }
    }
    return json ? print_json(list) : result;
}

/* --- changing them --- */

/* The key that a text names, and the first address of a ticket ("" otherwise). */
static int parse_target(const char *text, uint8_t key[TACET_KEY_SIZE],
                        char endpoint[TACET_ENDPOINT_MAX + 1])
{
    struct tacet_ticket ticket;

    endpoint[0] = '\0';
    if (tacet_key_parse(text, key) == 0) {
        return 0;
    }
    if (tacet_ticket_parse(text, &ticket) != 0) {
        return TACET_ERR_FORMAT;
    }
    memcpy(key, ticket.key, TACET_KEY_SIZE);
    tacet_trust_file_endpoint(&ticket.addresses[0], endpoint);
    return 0;
}

static int pin(const struct tacet_settings *settings, const struct tacet_trust_edit *edit)
{
    const char *label = settings->positionals[0];
    uint8_t key[TACET_KEY_SIZE];
    char endpoint[TACET_ENDPOINT_MAX + 1];

    if (parse_target(settings->positionals[1], key, endpoint) != 0) {
        return tacet_complain("'%s' is neither: give " TICKET_OR_KEY, settings->positionals[1]);
    }
    int result =
        tacet_trust_pin(edit->table, label, key, endpoint, (int64_t)time(NULL), settings->replace);
    switch (result) {
    case 0:
        result = tacet_trust_file_save(edit);
        return result == 0 ? print_entry(tacet_trust_find(edit->table, label), settings->json)
                           : result;
    case TACET_ERR_TRUST:
        return tacet_complain("'%s' is saved with another key: if that person told you of the new "
                              "one over a channel that you trust, add --replace",
                              label);
    case TACET_ERR_FULL:
        return tacet_complain("'%s' has %d contacts, which is all that it may have", edit->file,
                              TACET_TRUST_ENTRIES_MAX);
    default:
        return tacet_complain("'%s' cannot be a label: take 1 to %d of a-z 0-9 . _ - @", label,
                              TACET_LABEL_MAX);
    }
}

static int verify(const struct tacet_settings *settings, const struct tacet_trust_edit *edit)
{
    const char *label = settings->positionals[0];

    if (tacet_trust_verify(edit->table, label, true) != 0) {
        return complain_unknown(label, edit->file);
    }
    int result = tacet_trust_file_save(edit);
    return result == 0 ? print_entry(tacet_trust_find(edit->table, label), settings->json) : result;
}

static int forget(const struct tacet_settings *settings, const struct tacet_trust_edit *edit)
{
    if (tacet_trust_forget(edit->table, settings->positionals[0]) != 0) {
        return complain_unknown(settings->positionals[0], edit->file);
    }
    return tacet_trust_file_save(edit);
}

/* Parses, and runs `change` on the table under the file's lock. */
static int edit_with(const struct tacet_usage *usage, int argc, char **argv,
                     int (*change)(const struct tacet_settings *, const struct tacet_trust_edit *))
{
    struct tacet_settings settings;
    struct tacet_trust_edit edit;
    char file[TACET_PATH_MAX];
    int result = tacet_options_parse(usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    result = tacet_trust_file_place(&settings, file);
    if (result == 0) {
        result = tacet_trust_file_open(file, &edit);
    }
    if (result == 0) {
        result = change(&settings, &edit);
        tacet_trust_file_close(&edit);
    }
    return result;
}

/* --- the commands --- */

static int list(const struct tacet_settings *settings)
{
    struct tacet_trust_table *table = NULL;
    char file[TACET_PATH_MAX];
    int result = tacet_trust_file_place(settings, file);

    if (result == 0) {
        result = tacet_trust_file_load(file, &table);
    }
    if (result == 0) {
        result = print_all(table, settings->json);
    }
    tacet_trust_free(&table);
    return result;
}

int tacet_cmd_id_trust(int argc, char **argv)
{
    struct tacet_settings settings;
    int result = tacet_options_parse(&trust_usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    if (settings.positional_count == 0) {
        return list(&settings);
    }
    return settings.positional_count == 2
               ? edit_with(&trust_usage, argc, argv, pin)
               : tacet_complain_usage("behind the label give " TICKET_OR_KEY);
}

int tacet_cmd_id_verify(int argc, char **argv)
{
    return edit_with(&verify_usage, argc, argv, verify);
}

int tacet_cmd_id_forget(int argc, char **argv)
{
    return edit_with(&forget_usage, argc, argv, forget);
}

/* The key of a contact, a ticket or a key. */
static int find_other(const struct tacet_settings *settings, uint8_t key[TACET_KEY_SIZE])
{
    const char *text = settings->positionals[0];
    struct tacet_trust_table *table = NULL;
    char endpoint[TACET_ENDPOINT_MAX + 1];
    char file[TACET_PATH_MAX];

    if (parse_target(text, key, endpoint) == 0) {
        return 0;
    }
    int result = tacet_trust_file_place(settings, file);
    if (result == 0) {
        result = tacet_trust_file_load(file, &table);
    }
    if (result == 0) {
        const struct tacet_trust_entry *entry = tacet_trust_find(table, text);
        if (entry == NULL) {
            result = complain_unknown(text, file);
        } else {
            memcpy(key, entry->key, TACET_KEY_SIZE);
        }
    }
    tacet_trust_free(&table);
    return result;
}

static int print_number(const struct tacet_identity *identity, const uint8_t key[TACET_KEY_SIZE],
                        bool json)
{
    struct tacet_public_identity self;
    char number[TACET_SAFETY_NUMBER_MAX];

    tacet_identity_public(identity, &self);
    (void)tacet_safety_number(self.key, key, number);
    if (json) {
        cJSON *object = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(object, "safetyNumber", number);
        return print_json(object);
    }
    /* Two lines of six groups: easier to read aloud. */
    number[35] = '\n';
    (void)puts(number);
    return fflush(stdout) == 0 ? 0 : tacet_complain("cannot write the result");
}

int tacet_cmd_id_number(int argc, char **argv)
{
    struct tacet_settings settings;
    struct tacet_identity *identity = NULL;
    uint8_t key[TACET_KEY_SIZE];
    char place[TACET_PATH_MAX];
    const char *file = NULL;
    int result = tacet_options_parse(&number_usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    result = find_other(&settings, key);
    if (result == 0) {
        result = tacet_identity_file_place(settings.identity, place, &file);
    }
    if (result == 0) {
        result = tacet_identity_file_open(&settings, file, &identity);
    }
    if (result == 0) {
        result = print_number(identity, key, settings.json);
    }
    tacet_identity_free(&identity);
    return result;
}
