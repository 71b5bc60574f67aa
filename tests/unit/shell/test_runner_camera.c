/* A source of pictures with a clock of its own: when it is on, and which thread tells it so. */
#include "runner_party.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PICTURE_US 33333
#define HELD 5   /* pictures from before that a device may still have */
#define OLD_US 1 /* when they were captured */

struct camera {
    struct party *party; /* whose mutex guards the rest */
    struct tacet_video_source card;
    int start_error;
    int read_error;
    uint32_t held;
    int64_t next_us;
    bool on;
    pthread_t thread; /* which started it last */
    uint32_t starts;
    uint32_t stops;
    uint32_t frees;
    uint32_t wrong; /* calls out of order, or from another thread */
};

struct scene {
    struct party callee;
    struct party callers[2]; /* one after the other */
    struct camera camera;    /* of the callee */
    struct tacet_address address;
};

/* --- the camera --- */

static int camera_start(void *ctx)
{
    struct camera *camera = ctx;

    (void)pthread_mutex_lock(&camera->party->mutex);
    int result = camera->start_error;
    camera->wrong += camera->on ? 1 : 0;
    camera->thread = pthread_self();
    camera->starts++;
    camera->on = result == 0;
    camera->next_us = tacet_clock_now();
    (void)pthread_mutex_unlock(&camera->party->mutex);
    return result;
}

static void camera_stop(void *ctx)
{
    struct camera *camera = ctx;

    (void)pthread_mutex_lock(&camera->party->mutex);
    camera->wrong += !camera->on || !pthread_equal(camera->thread, pthread_self()) ? 1 : 0;
    camera->stops++;
    camera->on = false;
    (void)pthread_cond_broadcast(&camera->party->changed);
    (void)pthread_mutex_unlock(&camera->party->mutex);
}

static void camera_format(void *ctx, struct tacet_video_format *ret)
{
    struct camera *camera = ctx;

    (void)pthread_mutex_lock(&camera->party->mutex);
    camera->wrong += camera->starts > 0 ? 1 : 0;
    *ret = camera->party->format;
    (void)pthread_mutex_unlock(&camera->party->mutex);
}

static int64_t wait_until(int64_t at_us)
{
    const struct timespec at = { .tv_sec = (time_t)(at_us / 1000000),
                                 .tv_nsec = (long)(at_us % 1000000) * 1000 };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
    return tacet_clock_now();
}

static int camera_read(void *ctx, int64_t deadline_us, uint64_t skip, struct tacet_picture *ret)
{
    struct camera *camera = ctx;

    (void)pthread_mutex_lock(&camera->party->mutex);
    camera->wrong += !camera->on || !pthread_equal(camera->thread, pthread_self()) ? 1 : 0;
    bool old = camera->held > 0;
    camera->held -= old ? 1 : 0;
    int error = camera->read_error;
    int64_t due_us = camera->next_us;
    (void)pthread_mutex_unlock(&camera->party->mutex);
    if (error != 0) {
        return error;
    }
    if (!old && due_us > deadline_us) {
        (void)wait_until(deadline_us);
        return 0;
    }
    int64_t now = old ? OLD_US : wait_until(due_us);
    int result = camera->card.ops->read(camera->card.ctx, deadline_us, skip, ret);
    ret->captured_at_us = now;
    (void)pthread_mutex_lock(&camera->party->mutex);
    camera->next_us += old ? 0 : PICTURE_US;
    (void)pthread_mutex_unlock(&camera->party->mutex);
    return result;
}

static void camera_free(void *ctx)
{
    struct camera *camera = ctx;

    camera->frees++;
    camera->card.ops->free(camera->card.ctx);
}

static const struct tacet_video_source_ops camera_ops = {
    .name = "camera",
    .clocked = true,
    .start = camera_start,
    .format = camera_format,
    .read = camera_read,
    .free = camera_free,
    .stop = camera_stop,
};

/* One that stays on from its first call. */
static const struct tacet_video_source_ops lasting_ops = {
    .name = "camera",
    .clocked = true,
    .start = camera_start,
    .format = camera_format,
    .read = camera_read,
    .free = camera_free,
};

/* --- calls --- */

static bool sees(const struct party *party)
{
    return party->rows[TACET_MEDIA_SHOWN][TACET_KIND_VIDEO].count >= 10;
}

static bool has_ended(const struct party *party)
{
    return party->events[TACET_EVENT_ENDED] > 0;
}

static bool has_failed(const struct party *party)
{
    return party->errors > 0;
}

static bool is_off(const struct party *party)
{
    return !((const struct camera *)party->camera.ctx)->on;
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    assert_int_equal(tacet_init(), 0);
    party_init(&scene->callee);
    party_init(&scene->callers[0]);
    party_init(&scene->callers[1]);
    scene->callee.listen = scene->callee.video = true;
    scene->callers[0].video = scene->callers[1].video = true;
    scene->camera.party = &scene->callee;
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    party_stop(&scene->callers[0]);
    party_stop(&scene->callers[1]);
    party_stop(&scene->callee);
    party_clear(&scene->callers[0]);
    party_clear(&scene->callers[1]);
    party_clear(&scene->callee);
    free(scene);
    return 0;
}

static struct tacet_address bind_here(struct party *party)
{
    struct tacet_address address;

    assert_int_equal(tacet_address_parse("127.0.0.1:0", &address), 0);
    assert_int_equal(tacet_udp_create(&address, &party->transport), 0);
    assert_int_equal(tacet_udp_local(&party->transport, &address), 0);
    return address;
}

static void start_callee(struct scene *scene, const struct tacet_video_source_ops *ops)
{
    assert_int_equal(tacet_testcard_source_create(&scene->callee.format, &scene->camera.card), 0);
    scene->callee.camera = (struct tacet_video_source){ .ops = ops, .ctx = &scene->camera };
    scene->address = bind_here(&scene->callee);
    assert_int_equal(party_start(&scene->callee), 0);
}

static void call(struct scene *scene, struct party *caller)
{
    (void)bind_here(caller);
    assert_int_equal(party_start(caller), 0);
    party_dial(caller, &scene->address);
}

/* While the camera has nothing to do, it comes to hold pictures of before the call. */
static void grow_old(struct scene *scene)
{
    (void)pthread_mutex_lock(&scene->callee.mutex);
    scene->camera.held = HELD;
    (void)pthread_mutex_unlock(&scene->callee.mutex);
}

static void expect_none_old(const struct scene *scene)
{
    const struct party_rows *captured = &scene->callee.rows[TACET_MEDIA_CAPTURED][TACET_KIND_VIDEO];

    assert_int_equal(scene->camera.held, 0);
    assert_true(captured->count >= 20);
    for (size_t i = 0; i < captured->count; i++) {
        assert_true(captured->time_us[i] > OLD_US);
    }
}

/* All is over, and every call of the camera was in order. */
static void expect_over(const struct scene *scene, uint32_t starts, uint32_t stops)
{
    assert_int_equal(scene->camera.starts, starts);
    assert_int_equal(scene->camera.stops, stops);
    assert_int_equal(scene->camera.frees, 1);
    assert_int_equal(scene->camera.wrong, 0);
}

/* A call that the camera ends. */
static void run_until_it_fails(struct scene *scene)
{
    start_callee(scene, &camera_ops);
    call(scene, &scene->callers[0]);
    assert_true(party_wait(&scene->callee, has_failed, 20));
    party_stop(&scene->callee);
    assert_string_equal(scene->callee.what, "video source");
    assert_int_equal(scene->callee.error, TACET_ERR_DEVICE);
}

/* --- tests --- */

static void camera_is_on_only_while_there_is_a_call(void **state)
{
    struct scene *scene = *state;

    start_callee(scene, &camera_ops);
    for (uint32_t n = 0; n < 2; n++) {
        assert_int_equal(scene->camera.starts, n);
        grow_old(scene);
        call(scene, &scene->callers[n]);
        assert_true(party_wait(&scene->callers[n], sees, 20));
        assert_int_equal(scene->camera.stops, n);
        party_stop(&scene->callers[n]);
        assert_true(party_wait(&scene->callee, is_off, 10));
        assert_int_equal(scene->camera.starts, n + 1);
        assert_int_equal(scene->camera.stops, n + 1);
    }
    party_stop(&scene->callee);
    expect_none_old(scene);
    expect_over(scene, 2, 2);
}

static void camera_is_stopped_before_it_is_freed(void **state)
{
    struct scene *scene = *state;

    start_callee(scene, &camera_ops);
    call(scene, &scene->callers[0]);
    assert_true(party_wait(&scene->callers[0], sees, 20));
    party_stop(&scene->callee);
    expect_over(scene, 1, 1);
}

static void camera_without_a_stop_starts_once_and_shows_nothing_old(void **state)
{
    struct scene *scene = *state;

    start_callee(scene, &lasting_ops);
    for (int n = 0; n < 2; n++) {
        grow_old(scene);
        call(scene, &scene->callers[n]);
        assert_true(party_wait(&scene->callers[n], sees, 20));
        party_stop(&scene->callers[n]);
        assert_true(party_wait(&scene->callee, has_ended, 10));
    }
    party_stop(&scene->callee);
    expect_none_old(scene);
    expect_over(scene, 1, 0);
}

static void camera_that_does_not_start_is_not_stopped(void **state)
{
    struct scene *scene = *state;

    scene->camera.start_error = TACET_ERR_DEVICE;
    run_until_it_fails(scene);
    expect_over(scene, 1, 0);
}

static void camera_that_breaks_is_stopped(void **state)
{
    struct scene *scene = *state;

    scene->camera.read_error = TACET_ERR_DEVICE;
    run_until_it_fails(scene);
    expect_over(scene, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(camera_is_on_only_while_there_is_a_call, setup, teardown),
        cmocka_unit_test_setup_teardown(camera_is_stopped_before_it_is_freed, setup, teardown),
        cmocka_unit_test_setup_teardown(camera_without_a_stop_starts_once_and_shows_nothing_old,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(camera_that_does_not_start_is_not_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(camera_that_breaks_is_stopped, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
