/* The registry of a CA as text: one record a line, or one JSON array. */
#include "registry_list.h"

#include "report.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *tacet_serial_format(uint64_t serial, char out[TACET_SERIAL_MAX])
{
    (void)snprintf(out, TACET_SERIAL_MAX, "%04x:%04x:%04x:%04x", (unsigned)(serial >> 48),
                   (unsigned)(serial >> 32 & 0xffff), (unsigned)(serial >> 16 & 0xffff),
                   (unsigned)(serial & 0xffff));
    return out;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

bool tacet_serial_parse(const char *text, uint64_t *ret)
{
    uint64_t serial = 0;

    if (strlen(text) != TACET_SERIAL_MAX - 1) {
        return false;
    }
    for (size_t i = 0; i < TACET_SERIAL_MAX - 1; i++) {
        if (i % 5 == 4) {
            if (text[i] != ':') {
                return false;
            }
            continue;
        }
        int value = digit(text[i]);
        if (value < 0) {
            return false;
        }
        serial = serial << 4 | (unsigned)value;
    }
    *ret = serial;
    return true;
}

static const char *time_string(uint64_t unix_time, char out[32])
{
    time_t t = (time_t)unix_time;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        (void)snprintf(out, 32, "%llu", (unsigned long long)unix_time);
    }
    return out;
}

static cJSON *to_json(const struct tacet_registry_record *record)
{
    cJSON *object = cJSON_CreateObject();
    char text[32], serial[TACET_SERIAL_MAX], fingerprint[TACET_FINGERPRINT_MAX];

    (void)cJSON_AddNumberToObject(object, "index", (double)record->index);
    (void)cJSON_AddStringToObject(object, "time", time_string(record->time, text));
    (void)cJSON_AddStringToObject(object, "operation",
                                  tacet_registry_operation_string(record->operation));
    (void)cJSON_AddStringToObject(object, "ground", tacet_registry_ground_string(record->ground));
    (void)cJSON_AddStringToObject(object, "name", record->name);
    (void)cJSON_AddStringToObject(object, "fingerprint",
                                  tacet_fingerprint(record->key, fingerprint));
    (void)cJSON_AddStringToObject(object, "serial", tacet_serial_format(record->serial, serial));
    return object;
}

static void print_line(const struct tacet_registry_record *record)
{
    char text[32], serial[TACET_SERIAL_MAX], fingerprint[TACET_FINGERPRINT_MAX];
    const char *ground = tacet_registry_ground_string(record->ground);

    (void)printf(
        "%llu  %s  %-8s  %s  %s  %s%s%s\n", (unsigned long long)record->index,
        time_string(record->time, text), tacet_registry_operation_string(record->operation),
        record->name[0] != '\0' ? record->name : "(every name)",
        tacet_fingerprint(record->key, fingerprint), tacet_serial_format(record->serial, serial),
        ground[0] != '\0' ? "  " : "", ground);
}

int tacet_registry_print(const struct tacet_registry *registry, bool json)
{
    cJSON *array = json ? cJSON_CreateArray() : NULL;
    struct tacet_registry_record record;
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record)) {
        if (json) {
            (void)cJSON_AddItemToArray(array, to_json(&record));
        } else {
            print_line(&record);
        }
    }
    if (json) {
        char *text = cJSON_PrintUnformatted(array);
        cJSON_Delete(array);
        if (text == NULL) {
            return tacet_complain("out of memory");
        }
        (void)puts(text);
        cJSON_free(text);
    }
    return fflush(stdout) == 0 ? TACET_EXIT_OK : tacet_complain("cannot write the result");
}
