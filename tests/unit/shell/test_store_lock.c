/*
 * A trust file under two processes at once, and under a process killed at every byte that it
 * writes and at every step: nothing that was saved is ever lost or damaged.
 */
#define _GNU_SOURCE
#include "folder.h"
#include "tacet/error.h"
#include "tacet/store.h"
#include "tacet/trust.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PINS 100 /* of each process */

static char file[FOLDER_PATH_MAX];
static uint8_t bytes[TACET_TRUST_FILE_MAX];

static int make_folder(void **state)
{
    int result = folder_make(state);

    folder_path("trust", file);
    return result;
}

/* The table in the file, or an empty one where there is none; NULL where it cannot be read. */
static struct tacet_trust_table *load(void)
{
    struct tacet_trust_table *table = NULL;
    size_t size = 0;
    int result = tacet_store_read(file, true, bytes, sizeof(bytes), &size);

    if (result == 0) {
        result = tacet_trust_read(bytes, size, &table);
    } else if (result == TACET_ERR_NOTFOUND) {
        result = tacet_trust_create(&table);
    }
    return result == 0 ? table : NULL;
}

static int save(const struct tacet_trust_table *table)
{
    size_t size = 0;
    int result = tacet_trust_write(table, bytes, sizeof(bytes), &size);

    return result == 0 ? tacet_store_write(file, true, bytes, size) : result;
}

/* One pin as an app makes it: locked, read, changed, written. Exit status of a child. */
static int pin_once(const char *prefix, int i)
{
    uint8_t key[TACET_KEY_SIZE] = { 1, (uint8_t)i };
    char label[32];
    int lock = -1;

    (void)snprintf(label, sizeof(label), "%s%d", prefix, i);
    if (tacet_store_lock(file, &lock) != 0) {
        return 1;
    }
    struct tacet_trust_table *table = load();
    int result = table == NULL ? 1 : tacet_trust_pin(table, label, key, "a:1", i, false);
    if (result == 0) {
        result = save(table);
    }
    tacet_trust_free(&table);
    tacet_store_unlock(lock);
    return result == 0 ? 0 : 2;
}

static int wait_for(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static size_t count(const struct tacet_trust_table *table)
{
    size_t n = 0;

    while (tacet_trust_at(table, n) != NULL) {
        n++;
    }
    return n;
}

static void of_two_processes_that_pin_at_once_no_pin_is_lost(void **state)
{
    static const char *const prefixes[] = { "a", "b" };
    pid_t children[2];

    (void)state;
    (void)unlink(file);
    for (int c = 0; c < 2; c++) {
        children[c] = fork();
        assert_true(children[c] >= 0);
        if (children[c] == 0) {
            int failed = 0;
            for (int i = 0; i < PINS && failed == 0; i++) {
                failed = pin_once(prefixes[c], i);
            }
            _exit(failed);
        }
    }
    for (int c = 0; c < 2; c++) {
        assert_int_equal(wait_for(children[c]), 0);
    }
    struct tacet_trust_table *table = load();
    assert_non_null(table);
    assert_int_equal(count(table), 2 * PINS);
    tacet_trust_free(&table);
}

static void who_holds_the_lock_keeps_others_out_until_it_ends(void **state)
{
    int lock = -1;
    char path[160];

    (void)state;
    assert_int_equal(tacet_store_lock(file, &lock), 0);
    (void)snprintf(path, sizeof(path), "%s.lock", file);
    int other = open(path, O_RDWR | O_CLOEXEC);
    assert_true(other >= 0);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    tacet_store_unlock(lock);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    (void)close(other);
    /* A killed holder holds nothing. */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (tacet_store_lock(file, &lock) == 0) {
            (void)raise(SIGKILL);
        }
        _exit(1);
    }
    assert_true(WIFSIGNALED(wait_for(child)));
    assert_int_equal(tacet_store_lock(file, &lock), 0);
    tacet_store_unlock(lock);
}

static void a_lock_that_cannot_be_made_says_so(void **state)
{
    char path[8192];
    int lock = -7;

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(tacet_store_lock(path, &lock), TACET_ERR_ARGUMENT);
    assert_int_equal(tacet_store_lock("/proc/self/none/trust", &lock), TACET_ERR_IO);
    assert_int_equal(lock, -7);
}

/* A child whose files may not grow beyond `limit` bytes: the write that crosses it is cut there,
 * and the next kills it. */
static bool pin_and_die_at(rlim_t limit)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = { 0, 0 };
        const struct rlimit size = { limit, limit };
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGXFSZ, SIG_DFL);
        _exit(setrlimit(RLIMIT_FSIZE, &size) != 0 ? 9 : pin_once("c", 1));
    }
    int status = wait_for(child);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGXFSZ);
        return true;
    }
    assert_int_equal(status, 0);
    return false;
}

static void killed_at_every_byte_written_the_file_is_the_old_or_the_new_one(void **state)
{
    struct tacet_trust_table *old = NULL;
    size_t size = 0;
    unsigned killed = 0;

    (void)state;
    assert_int_equal(tacet_trust_create(&old), 0);
    for (int i = 0; i < 3; i++) {
        uint8_t key[TACET_KEY_SIZE] = { 9, (uint8_t)i };
        char label[8];
        (void)snprintf(label, sizeof(label), "o%d", i);
        assert_int_equal(tacet_trust_pin(old, label, key, NULL, i, false), 0);
    }
    for (rlim_t limit = 0;; limit++) {
        assert_int_equal(save(old), 0);
        bool died = pin_and_die_at(limit);
        struct tacet_trust_table *table = load();
        assert_non_null(table);
        assert_int_equal(count(table), died ? 3 : 4);
        tacet_trust_free(&table);
        killed += died;
        if (!died) {
            break;
        }
    }
    /* Every offset of the new file was one at which it was killed. */
    assert_int_equal(tacet_store_read(file, true, bytes, sizeof(bytes), &size), 0);
    assert_int_equal(killed, size);
    tacet_trust_free(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_two_processes_that_pin_at_once_no_pin_is_lost),
        cmocka_unit_test(who_holds_the_lock_keeps_others_out_until_it_ends),
        cmocka_unit_test(a_lock_that_cannot_be_made_says_so),
        cmocka_unit_test(killed_at_every_byte_written_the_file_is_the_old_or_the_new_one),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
