/* What is opened to be read, and what is not. */
#define _GNU_SOURCE
#include "shell/input_file.h"

#include "folder.h"
#include "tacet/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void only_regular_files_are_opened_and_nothing_is_waited_for(void **state)
{
    char plain[FOLDER_PATH_MAX], pipe[FOLDER_PATH_MAX], missing[FOLDER_PATH_MAX];
    char below[FOLDER_PATH_MAX + 8];
    const struct {
        const char *file;
        int result;
    } rows[] = {
        { plain, 0 },
        { folder, TACET_ERR_FORMAT },
        { pipe, TACET_ERR_FORMAT }, /* nobody writes into it */
        { "/dev/null", TACET_ERR_FORMAT },
        { missing, TACET_ERR_NOTFOUND },
        { below, TACET_ERR_NOTFOUND },
        { "", TACET_ERR_NOTFOUND },
    };

    (void)state;
    folder_path("plain", plain);
    folder_path("pipe", pipe);
    folder_path("missing", missing);
    (void)snprintf(below, sizeof(below), "%s/x", plain);
    FILE *f = fopen(plain, "w");
    assert_non_null(f);
    assert_true(fputs("twelve bytes", f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    (void)alarm(60);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        off_t size = -1;
        int fd = -1;
        assert_int_equal(tacet_input_file_open(rows[i].file, &fd, &size), rows[i].result);
        assert_int_equal(size, rows[i].result == 0 ? 12 : -1);
        assert_int_equal(fd >= 0, rows[i].result == 0);
        if (fd >= 0) {
            assert_int_equal(close(fd), 0);
        }
    }
    (void)alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_regular_files_are_opened_and_nothing_is_waited_for),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
