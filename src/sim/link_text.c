/* See link_text.h. Numbers are read as integers of the smallest step, so that no rounding differs
 * from machine to machine. */
#include "sim/link_text.h"

#include "tacet/error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t\r"
#define VALUE_MAX 32 /* characters of a value */

struct setting {
    const char *name;
    const char *takes;
    size_t offset; /* into struct tacet_link_config */
    bool wide;     /* int64_t, else int32_t */
    int decimals;  /* the member counts steps of so many digits behind the point */
    int64_t min;
    int64_t max;
};

#define MEMBER(name) offsetof(struct tacet_link_config, name)
static const struct setting settings[] = {
    { "loss", "percent, 0 to 100, tenths allowed", MEMBER(loss_permille), false, 1, 0, 1000 },
    { "burst", "packets lost in a row on average, 1 to 1000", MEMBER(burst), false, 0, 1, 1000 },
    { "delay", "ms, 0 to 60000", MEMBER(delay_us), true, 3, 0, 60000000 },
    { "jitter", "ms either way, 0 to 10000", MEMBER(jitter_us), true, 3, 0, 10000000 },
    { "reorder", "percent, 0 to 100, tenths allowed", MEMBER(reorder_permille), false, 1, 0, 1000 },
    { "duplicate", "percent, 0 to 100, tenths allowed", MEMBER(duplicate_permille), false, 1, 0,
      1000 },
    { "rate", "kbit/s, 1 to 10000000, or 0 for no limit", MEMBER(rate_bps), true, 3, 0,
      INT64_C(10000000000) },
    { "queue", "ms, 0 to 60000", MEMBER(queue_us), true, 3, 0, 60000000 },
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))
_Static_assert(SETTINGS <= 32, "a mask has a bit for each");

bool tacet_decimal_parse(const char *text, size_t size, int decimals, int64_t max, int64_t *ret)
{
    int64_t value = 0;
    int behind = -1; /* digits behind the point so far; -1: no point yet */
    bool any = false;

    assert(decimals >= 0 && decimals <= 9);
    assert(max <= INT64_MAX / 100);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' && behind < 0 && any && i + 1 < size) {
            behind = 0;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || behind == decimals || value > max) {
            return false;
        }
        value = value * 10 + (text[i] - '0');
        behind += behind >= 0 ? 1 : 0;
        any = true;
    }
    for (int i = behind > 0 ? behind : 0; i < decimals && value <= max; i++) {
        value *= 10;
    }
    if (!any || value > max) {
        return false;
    }
    *ret = value;
    return true;
}

static const struct setting *find(const char *name, size_t size)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (strlen(settings[i].name) == size && memcmp(settings[i].name, name, size) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

static void store(struct tacet_link_config *link, const struct setting *setting, int64_t value)
{
    char *member = (char *)link + setting->offset;

    if (setting->wide) {
        memcpy(member, &value, sizeof(value));
    } else {
        int32_t narrow = (int32_t)value;
        memcpy(member, &narrow, sizeof(narrow));
    }
}

static bool parse_value(const struct setting *setting, const char *text, size_t size, int64_t *ret)
{
    int64_t value;

    if (!tacet_decimal_parse(text, size, setting->decimals, setting->max, &value) ||
        value < setting->min) {
        return false;
    }
    *ret = value;
    return true;
}

static bool set(struct tacet_link_config link[2], const struct setting *setting, const char *text,
                size_t size)
{
    const char *colon = memchr(text, ':', size);
    size_t first = colon != NULL ? (size_t)(colon - text) : size;
    int64_t values[2];

    if (!parse_value(setting, text, first, &values[0])) {
        return false;
    }
    values[1] = values[0];
    if (colon != NULL && !parse_value(setting, colon + 1, size - first - 1, &values[1])) {
        return false;
    }
    store(&link[0], setting, values[0]);
    store(&link[1], setting, values[1]);
    return true;
}

const char *tacet_link_takes(const char *name)
{
    const struct setting *setting = find(name, strlen(name));

    return setting != NULL ? setting->takes : NULL;
}

int tacet_link_set(struct tacet_link_config link[2], const char *name, const char *value)
{
    const struct setting *setting = find(name, strlen(name));

    return setting != NULL && set(link, setting, value, strlen(value)) ? 0 : TACET_ERR_FORMAT;
}

/* One "name=value" of `size` characters. */
static int set_word(struct tacet_link_config link[2], const char *word, size_t size, uint32_t *seen,
                    char why[TACET_LINK_WHY_MAX])
{
    const char *equals = memchr(word, '=', size);
    size_t name = equals != NULL ? (size_t)(equals - word) : size;
    const struct setting *setting = find(word, name);
    int shown = size < VALUE_MAX ? (int)size : VALUE_MAX;

    if (equals == NULL || setting == NULL) {
        (void)snprintf(why, TACET_LINK_WHY_MAX,
                       "'%.*s' is not NAME=VALUE with a NAME of loss, burst, delay, jitter, "
                       "reorder, duplicate, rate, queue",
                       shown, word);
        return TACET_ERR_FORMAT;
    }
    uint32_t bit = UINT32_C(1) << (setting - settings);
    if ((*seen & bit) != 0) {
        (void)snprintf(why, TACET_LINK_WHY_MAX, "%s is there twice", setting->name);
        return TACET_ERR_FORMAT;
    }
    *seen |= bit;
    if (!set(link, setting, equals + 1, size - name - 1)) {
        (void)snprintf(why, TACET_LINK_WHY_MAX, "'%.*s': %s takes %s; two with ':' for A:B", shown,
                       word, setting->name, setting->takes);
        return TACET_ERR_FORMAT;
    }
    return 0;
}

int tacet_link_set_line(struct tacet_link_config link[2], const char *line,
                        char ret_why[TACET_LINK_WHY_MAX])
{
    struct tacet_link_config next[2] = { link[0], link[1] };
    uint32_t seen = 0;

    for (line += strspn(line, BLANKS); *line != '\0'; line += strspn(line, BLANKS)) {
        size_t size = strcspn(line, BLANKS);
        int error = set_word(next, line, size, &seen, ret_why);
        if (error != 0) {
            return error;
        }
        line += size;
    }
    if (seen == 0) {
        (void)snprintf(ret_why, TACET_LINK_WHY_MAX, "it changes nothing: give NAME=VALUE");
        return TACET_ERR_FORMAT;
    }
    link[0] = next[0];
    link[1] = next[1];
    return 0;
}
