/* Published vectors in JSON, where TACET_SHARED says that they are. */
#ifndef TACET_TESTS_CRYPTO_VECTORS_H
#define TACET_TESTS_CRYPTO_VECTORS_H

#include "hex.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

/* The whole file, NUL-terminated (free() it), or NULL where it is not there. */
static inline char *read_vectors(const char *name)
{
    const char *shared = getenv("TACET_SHARED");
    char path[1024];

    if (shared == NULL) {
        return NULL;
    }
    (void)snprintf(path, sizeof(path), "%s/vectors/%s", shared, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    const size_t capacity = (size_t)4 << 20;
    char *text = malloc(capacity);
    assert(text != NULL);
    size_t size = fread(text, 1, capacity - 1, file);
    assert(size < capacity - 1);
    text[size] = '\0';
    (void)fclose(file);
    return text;
}

static inline cJSON *load_vectors(const char *name)
{
    char *text = read_vectors(name);

    if (text == NULL) {
        return NULL;
    }
    cJSON *json = cJSON_Parse(text);
    assert(json != NULL);
    free(text);
    return json;
}

/* A member's text; the member must be there. */
static inline const char *member(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    assert(text != NULL);
    return text;
}

/* A member's hex text as bytes; 0 where there is no such member. */
static inline size_t member_hex(const cJSON *object, const char *name, uint8_t *out,
                                size_t capacity)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text != NULL ? from_hex(text, out, capacity) : 0;
}

static inline int has_flag(const cJSON *test, const char *flag)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(test, "flags"))
    {
        if (strcmp(item->valuestring, flag) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Runs every case of a file of Wycheproof's; how many, or -1 where the file is not there. */
static inline int each_case(const char *file, void (*run)(const cJSON *group, const cJSON *test))
{
    cJSON *json = load_vectors(file);
    const cJSON *group, *test;
    int count = 0;

    if (json == NULL) {
        return -1;
    }
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(json, "testGroups"))
    {
        cJSON_ArrayForEach(test, cJSON_GetObjectItemCaseSensitive(group, "tests"))
        {
            run(group, test);
            count++;
        }
    }
    assert_int_equal(count, cJSON_GetObjectItemCaseSensitive(json, "numberOfTests")->valueint);
    cJSON_Delete(json);
    print_message("%s: %d cases\n", file, count);
    return count;
}

#endif
