/*
 * Replays a corpus through a fuzz target where libFuzzer is not linked: each file named, or each
 * file of a folder named. The input is copied to memory of its exact size, so that a sanitizer sees
 * every read past it; each input is also replayed cut to every shorter length up to 64 bytes,
 * unless the first argument is --whole (a target that takes long and reads its input as a script).
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static bool whole;

static int replay_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof(data), file);
    (void)fclose(file);
    run(data, size);
    for (size_t cut = 0; !whole && cut < size && cut <= 64; cut++) {
        run(data, cut);
    }
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    int count = 0;

    whole = argc > 1 && strcmp(argv[1], "--whole") == 0;
    for (int i = whole ? 2 : 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder == NULL) {
            failed |= replay_file(argv[i]);
            count++;
            continue;
        }
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            if (entry->d_name[0] == '.') {
                continue;
            }
            (void)snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            failed |= replay_file(path);
            count++;
        }
        (void)closedir(folder);
    }
    if (count == 0) {
        fprintf(stderr, "no corpus: nothing was replayed\n");
        return 1;
    }
    printf("%d inputs replayed\n", count);
    return failed;
}
