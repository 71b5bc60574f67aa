/* Files that must survive, also a process killed at each step of writing them. */
#define _GNU_SOURCE
#include "folder.h"
#include "tacet/error.h"
#include "tacet/store.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 20000

static char file[FOLDER_PATH_MAX];
static uint8_t old_data[SIZE];
static uint8_t new_data[SIZE + 1];
static uint8_t out[2 * SIZE];

static int make_folder(void **state)
{
    memset(old_data, 'o', sizeof(old_data));
    memset(new_data, 'n', sizeof(new_data));
    int result = folder_make(state);

    folder_path("file", file);
    return result;
}

/* How many names are in the folder. */
static int names(void)
{
    DIR *open = opendir(folder);
    int count = 0;

    assert_non_null(open);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(open);
    return count;
}

static void written_file_is_read_back_and_private(void **state)
{
    struct stat status;
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_store_write(file, false, old_data, SIZE), 0);
    assert_int_equal(tacet_store_read(file, true, out, SIZE, &size), 0);
    assert_int_equal(size, SIZE);
    assert_memory_equal(out, old_data, SIZE);
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(names(), 1);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(tacet_store_write(file, false, NULL, 0), 0);
    assert_int_equal(tacet_store_read(file, true, out, 0, &size), 0);
    assert_int_equal(size, 0);
    assert_int_equal(unlink(file), 0);
}

static void what_cannot_be_read_says_why(void **state)
{
    size_t size = 7;

    (void)state;
    assert_int_equal(tacet_store_read(file, false, out, SIZE, &size), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_store_read(folder, false, out, SIZE, &size), TACET_ERR_IO);
    assert_int_equal(tacet_store_write(file, false, old_data, SIZE), 0);
    assert_int_equal(tacet_store_read(file, true, out, SIZE - 1, &size), TACET_ERR_SPACE);
    for (mode_t bit = 1; bit <= 040; bit <<= 1) {
        assert_int_equal(chmod(file, 0600 | bit), 0);
        assert_int_equal(tacet_store_read(file, true, out, SIZE, &size), TACET_ERR_STATE);
    }
    assert_int_equal(size, 7);
    assert_int_equal(tacet_store_read(file, false, out, SIZE, &size), 0);
    assert_int_equal(unlink(file), 0);
}

static void existing_file_is_replaced_only_when_asked(void **state)
{
    size_t size;

    (void)state;
    assert_int_equal(tacet_store_write(file, false, old_data, SIZE), 0);
    assert_int_equal(tacet_store_write(file, false, new_data, SIZE), TACET_ERR_BUSY);
    assert_int_equal(tacet_store_read(file, true, out, SIZE, &size), 0);
    assert_memory_equal(out, old_data, SIZE);
    assert_int_equal(tacet_store_write(file, true, new_data, SIZE + 1), 0);
    assert_int_equal(tacet_store_read(file, true, out, sizeof(out), &size), 0);
    assert_int_equal(size, SIZE + 1);
    assert_memory_equal(out, new_data, SIZE + 1);
    assert_int_equal(names(), 1);
    assert_int_equal(unlink(file), 0);
    /* A link that leads nowhere is a name that is taken. */
    assert_int_equal(symlink("nowhere", file), 0);
    assert_int_equal(tacet_store_write(file, false, new_data, SIZE), TACET_ERR_BUSY);
    assert_int_equal(unlink(file), 0);
}

static void folders_above_are_made_private(void **state)
{
    char deep[256];
    struct stat status;

    (void)state;
    (void)snprintf(deep, sizeof(deep), "%s/a/b/file", folder);
    assert_int_equal(tacet_store_write(deep, false, old_data, 1), 0);
    (void)snprintf(deep, sizeof(deep), "%s/a/b", folder);
    assert_int_equal(stat(deep, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    /* A file where a folder is needed. */
    (void)snprintf(deep, sizeof(deep), "%s/a/b/file/c/file", folder);
    assert_int_equal(tacet_store_write(deep, false, old_data, 1), TACET_ERR_IO);
    (void)snprintf(deep, sizeof(deep), "rm -r '%s/a'", folder);
    assert_int_equal(system(deep), 0);
}

static void of_two_creators_one_is_told(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        pid_t children[4];
        int created = 0;
        int busy = 0;
        for (int i = 0; i < 4; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                _exit(-tacet_store_write(file, false, old_data, SIZE));
            }
        }
        for (int i = 0; i < 4; i++) {
            int status;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            created += WIFEXITED(status) && WEXITSTATUS(status) == 0;
            busy += WIFEXITED(status) && WEXITSTATUS(status) == -TACET_ERR_BUSY;
        }
        assert_int_equal(created, 1);
        assert_int_equal(busy, 3);
        assert_int_equal(names(), 1);
        assert_int_equal(unlink(file), 0);
    }
}

static int replace(void)
{
    return tacet_store_write(file, true, new_data, SIZE + 1);
}

/* Behind the first half, cutting the second. */
static int append(void)
{
    return tacet_store_append(file, SIZE / 2, new_data, SIZE);
}

static void appended_bytes_stand_behind_those_that_were_kept(void **state)
{
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_store_append(file, 0, new_data, 1), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_store_append(folder, 0, new_data, 1), TACET_ERR_IO);
    assert_int_equal(tacet_store_write(file, false, old_data, SIZE / 2), 0);
    assert_int_equal(tacet_store_append(file, SIZE / 2 + 1, new_data, 1), TACET_ERR_STATE);
    assert_int_equal(tacet_store_append(file, SIZE / 2, new_data, 3), 0);
    assert_int_equal(tacet_store_append(file, SIZE / 2 + 2, new_data, 2), 0);
    assert_int_equal(tacet_store_read(file, true, out, sizeof(out), &size), 0);
    assert_int_equal(size, SIZE / 2 + 4);
    assert_memory_equal(out, old_data, SIZE / 2);
    assert_memory_equal(out + SIZE / 2, new_data, 4);
    assert_int_equal(tacet_store_append(file, SIZE / 2, NULL, 0), 0);
    assert_int_equal(tacet_store_read(file, true, out, sizeof(out), &size), 0);
    assert_int_equal(size, SIZE / 2);
    assert_int_equal(unlink(file), 0);
}

/* Works on the file in a child that is killed at its n-th stop at a system call's border. Returns 1
 * when it was killed, 0 when it had ended by then, -1 where tracing is not allowed. */
static int work_and_die(int (*work)(void), int n)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(99);
        }
        (void)raise(SIGSTOP);
        _exit(work() == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSTOPPED(status)) {
        return -1;
    }
    for (int i = 0; i < n; i++) {
        assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return 0;
        }
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return 1;
}

static void kill_at_any_step_leaves_the_old_or_the_new_file(void **state)
{
    int old_count = 0;
    int new_count = 0;

    (void)state;
    for (int n = 0;; n++) {
        size_t size;
        assert_true(n < 1000);
        assert_int_equal(tacet_store_write(file, true, old_data, SIZE), 0);
        int killed = work_and_die(replace, n);
        if (killed < 0) {
            skip();
        }
        assert_int_equal(tacet_store_read(file, true, out, sizeof(out), &size), 0);
        if (size == SIZE) {
            assert_memory_equal(out, old_data, SIZE);
            old_count++;
        } else {
            assert_int_equal(size, SIZE + 1);
            assert_memory_equal(out, new_data, SIZE + 1);
            new_count++;
        }
        if (killed == 0) {
            break;
        }
    }
    /* At least mkstemp, write, fsync, close and rename have two borders each. */
    assert_true(old_count > 8);
    assert_true(new_count > 2);
    assert_int_equal(unlink(file), 0);
}

static void kill_at_any_step_of_appending_leaves_what_was_kept(void **state)
{
    int done = 0;

    (void)state;
    for (int n = 0;; n++) {
        size_t size;
        assert_true(n < 1000);
        assert_int_equal(tacet_store_write(file, true, old_data, SIZE), 0);
        int killed = work_and_die(append, n);
        if (killed < 0) {
            skip();
        }
        assert_int_equal(tacet_store_read(file, true, out, sizeof(out), &size), 0);
        assert_memory_equal(out, old_data, SIZE / 2);
        assert_true(size == SIZE || size == SIZE / 2 || size == SIZE / 2 + SIZE);
        assert_memory_equal(out + SIZE / 2, size == SIZE ? old_data : new_data, size - SIZE / 2);
        done += size == SIZE / 2 + SIZE;
        if (killed == 0) {
            break;
        }
    }
    /* At least fsync and close follow the write. */
    assert_true(done > 2);
    assert_int_equal(unlink(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_file_is_read_back_and_private),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(existing_file_is_replaced_only_when_asked),
        cmocka_unit_test(folders_above_are_made_private),
        cmocka_unit_test(of_two_creators_one_is_told),
        cmocka_unit_test(appended_bytes_stand_behind_those_that_were_kept),
        cmocka_unit_test(kill_at_any_step_leaves_the_old_or_the_new_file),
        cmocka_unit_test(kill_at_any_step_of_appending_leaves_what_was_kept),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
