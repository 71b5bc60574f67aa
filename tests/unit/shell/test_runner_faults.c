/* What a runner does when something is full, refuses, breaks, vanishes, or is asked from many
 * threads at once. */
#include "base/alloc.h"
#include "runner_party.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define JOBS_MAX 64
#define POSTERS 4
#define POST_EACH 200

/* A transport around another one, which can be cut (all that is sent is lost), blocked (it takes
 * nothing for now) or broken. */
struct line {
    struct tacet_transport inner;
    atomic_bool cut;
    atomic_bool blocked;
    atomic_bool broken;
    atomic_uint looks; /* for what has come */
    uint32_t freed;
};

struct pair {
    struct party caller;
    struct party callee;
    struct line line; /* the callee's */
    struct tacet_address address;
};

static int line_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    struct line *line = ctx;

    if (atomic_load(&line->broken)) {
        return TACET_ERR_IO;
    }
    if (atomic_load(&line->blocked)) {
        return 0;
    }
    return atomic_load(&line->cut) ? (int)count
                                   : line->inner.ops->send(line->inner.ctx, packets, count);
}

static int line_recv(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us)
{
    struct line *line = ctx;

    atomic_fetch_add(&line->looks, 1);
    int got = line->inner.ops->recv(line->inner.ctx, packets, count, deadline_us);
    return atomic_load(&line->broken) ? TACET_ERR_IO : atomic_load(&line->cut) ? 0 : got;
}

static void line_wake(void *ctx)
{
    struct line *line = ctx;

    line->inner.ops->wake(line->inner.ctx);
}

static void line_free(void *ctx)
{
    struct line *line = ctx;

    line->freed++;
    line->inner.ops->free(line->inner.ctx);
}

static const struct tacet_transport_ops line_ops = {
    .name = "line",
    .send = line_send,
    .recv = line_recv,
    .wake = line_wake,
    .free = line_free,
};

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    assert_non_null(pair);
    party_init_two(&pair->caller, &pair->callee);
    pair->address = party_join(&pair->caller.transport, &pair->line.inner);
    pair->callee.transport = (struct tacet_transport){ .ops = &line_ops, .ctx = &pair->line };
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    party_end_two(&pair->caller, &pair->callee);
    assert_int_equal(pair->line.freed, 1);
    free(pair);
    return 0;
}

static bool has_ended(const struct party *party)
{
    return party->events[TACET_EVENT_ENDED] > 0;
}

static bool has_failed(const struct party *party)
{
    return party->errors > 0;
}

static bool hears(const struct party *party)
{
    return party->rows[TACET_MEDIA_PLAYED][TACET_KIND_AUDIO].count >= 10;
}

static void connect(struct pair *pair)
{
    assert_int_equal(party_start(&pair->callee), 0);
    assert_int_equal(party_start(&pair->caller), 0);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->caller, hears, 20));
    assert_true(party_wait(&pair->callee, hears, 20));
}

/* --- jobs --- */

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool entered;
    bool open;
    uint32_t ran;
};

static void wait_at_gate(void *arg, struct tacet_call *call, int64_t now)
{
    struct gate *gate = arg;

    (void)call;
    (void)now;
    (void)pthread_mutex_lock(&gate->mutex);
    gate->entered = true;
    (void)pthread_cond_broadcast(&gate->changed);
    while (!gate->open) {
        (void)pthread_cond_wait(&gate->changed, &gate->mutex);
    }
    (void)pthread_mutex_unlock(&gate->mutex);
}

static void count_job(void *arg, struct tacet_call *call, int64_t now)
{
    struct gate *gate = arg;

    (void)call;
    (void)now;
    (void)pthread_mutex_lock(&gate->mutex);
    gate->ran++;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->mutex);
}

static void a_full_job_queue_refuses_the_next(void **state)
{
    struct pair *pair = *state;
    struct gate gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

    assert_int_equal(party_start(&pair->callee), 0);
    assert_int_equal(party_start(&pair->caller), 0);
    assert_int_equal(tacet_runner_post(pair->caller.runner, wait_at_gate, &gate), 0);
    (void)pthread_mutex_lock(&gate.mutex);
    while (!gate.entered) {
        (void)pthread_cond_wait(&gate.changed, &gate.mutex);
    }
    (void)pthread_mutex_unlock(&gate.mutex);
    for (int i = 0; i < JOBS_MAX; i++) {
        assert_int_equal(tacet_runner_post(pair->caller.runner, count_job, &gate), 0);
    }
    assert_int_equal(tacet_runner_post(pair->caller.runner, count_job, &gate), TACET_ERR_FULL);
    (void)pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    (void)pthread_cond_broadcast(&gate.changed);
    while (gate.ran < JOBS_MAX) {
        (void)pthread_cond_wait(&gate.changed, &gate.mutex);
    }
    (void)pthread_mutex_unlock(&gate.mutex);
    party_stop(&pair->caller);
    assert_int_equal(gate.ran, JOBS_MAX);
}

struct poster {
    struct tacet_runner *runner;
    struct gate *gate;
    uint32_t posted;
};

static void *post_many(void *arg)
{
    struct poster *poster = arg;

    for (int i = 0; i < POST_EACH; i++) {
        poster->posted += tacet_runner_post(poster->runner, count_job, poster->gate) == 0 ? 1 : 0;
    }
    return NULL;
}

static void every_job_posted_runs_once(void **state)
{
    struct pair *pair = *state;
    struct gate gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    struct poster posters[POSTERS];
    pthread_t threads[POSTERS];
    uint32_t posted = 0;

    connect(pair);
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){ .runner = pair->caller.runner, .gate = &gate };
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    for (int i = 0; i < POSTERS; i++) {
        (void)pthread_join(threads[i], NULL);
        posted += posters[i].posted;
    }
    assert_true(posted > 0);
    party_stop(&pair->caller); /* what waits is run before the end */
    assert_int_equal(gate.ran, posted);
}

/* --- things that break --- */

static void a_failing_sink_ends_the_call_and_is_told_once(void **state)
{
    struct pair *pair = *state;

    connect(pair);
    (void)pthread_mutex_lock(&pair->caller.mutex);
    pair->caller.sink_error = TACET_ERR_IO;
    (void)pthread_mutex_unlock(&pair->caller.mutex);
    assert_true(party_wait(&pair->caller, has_failed, 5));
    assert_true(party_wait(&pair->caller, has_ended, 5));
    assert_true(party_wait(&pair->callee, has_ended, 5));
    party_stop(&pair->caller);
    assert_int_equal(pair->caller.errors, 1);
    assert_int_equal(pair->caller.error, TACET_ERR_IO);
    assert_string_equal(pair->caller.what, "audio sink");
    assert_int_equal(pair->callee.errors, 0);
}

static void a_broken_transport_ends_the_call_and_is_told_once(void **state)
{
    struct pair *pair = *state;

    connect(pair);
    atomic_store(&pair->line.broken, true);
    assert_true(party_wait(&pair->callee, has_failed, 5));
    assert_true(party_wait(&pair->callee, has_ended, 5));
    party_stop(&pair->callee);
    assert_int_equal(pair->callee.errors, 1);
    assert_int_equal(pair->callee.error, TACET_ERR_IO);
    assert_string_equal(pair->callee.what, "transport");
}

static void stop_waits_two_seconds_at_most_for_a_vanished_peer(void **state)
{
    struct pair *pair = *state;

    connect(pair);
    atomic_store(&pair->line.cut, true);
    int64_t began = tacet_clock_now();
    party_stop(&pair->caller);
    int64_t took = tacet_clock_now() - began;
    assert_true(took >= 1900000);
    assert_true(took < 3000000);
    assert_int_equal(pair->caller.events[TACET_EVENT_ENDED], 1);
}

static bool is_stalled(const struct party *party)
{
    return party->stalled;
}

/* Rows of what a party captured or sent, read under its mutex. */
static size_t rows(struct party *party, enum tacet_media_event_type type, enum tacet_kind kind)
{
    (void)pthread_mutex_lock(&party->mutex);
    size_t count = party->rows[type][kind].count;
    (void)pthread_mutex_unlock(&party->mutex);
    return count;
}

static bool more_rows(struct party *party, enum tacet_media_event_type type, enum tacet_kind kind,
                      size_t than)
{
    int64_t end_us = tacet_clock_now() + 10000000;

    (void)pthread_mutex_lock(&party->mutex);
    while (party->rows[type][kind].count <= than && tacet_clock_now() < end_us) {
        (void)pthread_cond_wait(&party->changed, &party->mutex);
    }
    bool result = party->rows[type][kind].count > than;
    (void)pthread_mutex_unlock(&party->mutex);
    return result;
}

static void a_stalled_screen_goes_on_with_a_key_frame(void **state)
{
    struct pair *pair = *state;

    pair->caller.video = true;
    pair->callee.video = true;
    connect(pair);
    party_set(&pair->caller, &pair->caller.screen_stalls, true);
    assert_true(party_wait(&pair->caller, is_stalled, 5));
    /* More pictures are sent than the ring before the decoder holds. */
    size_t sent = rows(&pair->callee, TACET_MEDIA_SENT, TACET_KIND_VIDEO);
    assert_true(more_rows(&pair->callee, TACET_MEDIA_SENT, TACET_KIND_VIDEO, sent + 20));
    size_t shown = rows(&pair->caller, TACET_MEDIA_SHOWN, TACET_KIND_VIDEO);
    party_set(&pair->caller, &pair->caller.screen_stalls, false);
    assert_true(more_rows(&pair->caller, TACET_MEDIA_SHOWN, TACET_KIND_VIDEO, shown + 20));
    party_stop(&pair->caller);
    assert_int_equal(pair->caller.cards_bad, 0);
    for (size_t i = 1; i < pair->caller.card_count; i++) {
        assert_true(pair->caller.cards[i] > pair->caller.cards[i - 1]);
    }
}

static void a_stalled_sound_sink_leaves_no_gap(void **state)
{
    struct pair *pair = *state;

    connect(pair);
    party_set(&pair->caller, &pair->caller.sound_stalls, true);
    assert_true(party_wait(&pair->caller, is_stalled, 5));
    /* The other side lives through a second. */
    size_t captured = rows(&pair->callee, TACET_MEDIA_CAPTURED, TACET_KIND_AUDIO);
    assert_true(more_rows(&pair->callee, TACET_MEDIA_CAPTURED, TACET_KIND_AUDIO, captured + 50));
    party_set(&pair->caller, &pair->caller.sound_stalls, false);
    size_t played = rows(&pair->caller, TACET_MEDIA_PLAYED, TACET_KIND_AUDIO);
    assert_true(more_rows(&pair->caller, TACET_MEDIA_PLAYED, TACET_KIND_AUDIO, played + 25));
    (void)pthread_mutex_lock(&pair->caller.mutex);
    int64_t written_us = (int64_t)pair->caller.sound_count * 1000 / 48;
    int64_t passed_us = tacet_clock_now() - pair->caller.answered_us;
    (void)pthread_mutex_unlock(&pair->caller.mutex);
    assert_true(written_us > passed_us - 500000);
    assert_true(written_us <= passed_us + 100000);
    party_stop(&pair->caller);
    /* What was captured late was not sent, and its time has passed on the RTP clock. */
    const struct party_rows *sound = &pair->caller.rows[TACET_MEDIA_CAPTURED][TACET_KIND_AUDIO];
    const struct party_rows *sent = &pair->caller.rows[TACET_MEDIA_SENT][TACET_KIND_AUDIO];
    assert_true(sent->count + 5 < sound->count);
    for (size_t i = 1; i < sound->count; i++) {
        assert_int_equal(sound->rtp_timestamp[i] - sound->rtp_timestamp[i - 1], 960);
    }
}

static void media_outlives_a_short_cut(void **state)
{
    struct pair *pair = *state;

    pair->caller.video = true;
    pair->callee.video = true;
    connect(pair);
    atomic_store(&pair->line.cut, true);
    (void)pthread_mutex_lock(&pair->caller.mutex);
    /* Half a second of sound is written while nothing comes. */
    size_t until = pair->caller.sound_count + 24000;
    while (pair->caller.sound_count < until) {
        (void)pthread_cond_wait(&pair->caller.changed, &pair->caller.mutex);
    }
    memset(pair->caller.rows, 0, sizeof(pair->caller.rows));
    size_t cards = pair->caller.card_count;
    (void)pthread_mutex_unlock(&pair->caller.mutex);
    atomic_store(&pair->line.cut, false);
    assert_true(party_wait(&pair->caller, hears, 10));
    (void)pthread_mutex_lock(&pair->caller.mutex);
    while (pair->caller.card_count == cards) { /* the test's time limit ends this */
        (void)pthread_cond_wait(&pair->caller.changed, &pair->caller.mutex);
    }
    assert_int_equal(pair->caller.cards_bad, 0);
    (void)pthread_mutex_unlock(&pair->caller.mutex);
}

/* Packets are due all the time, and none can leave. */
static void a_blocked_transport_is_waited_for_in_sleep(void **state)
{
    struct pair *pair = *state;
    struct party *callee = &pair->callee;

    connect(pair);
    atomic_store(&pair->line.blocked, true);
    (void)pthread_mutex_lock(&callee->mutex);
    unsigned int looks = atomic_load(&pair->line.looks);
    /* Half a second by the clock of the sound. */
    size_t until = callee->sound_count + 24000;
    while (callee->sound_count < until) {
        (void)pthread_cond_wait(&callee->changed, &callee->mutex);
    }
    looks = atomic_load(&pair->line.looks) - looks;
    (void)pthread_mutex_unlock(&callee->mutex);
    atomic_store(&pair->line.blocked, false);
    assert_true(looks < 2000); /* once a millisecond, and when something has come */
}

/* --- stopping --- */

static struct {
    enum tacet_media_event_type type;
    enum tacet_kind kind;
} stops_at;

static void stop_itself(struct party *party, const struct tacet_media_event *event)
{
    if (event->type == stops_at.type && event->kind == stops_at.kind) {
        tacet_runner_stop(&party->runner);
    }
}

static bool never(const struct party *party)
{
    (void)party;
    return false;
}

static void die_by_stopping(struct pair *pair)
{
    const struct rlimit no_core = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)alarm(60);
    pair->caller.video = true;
    pair->callee.video = true;
    pair->caller.on_row = stop_itself;
    if (party_start(&pair->callee) == 0 && party_start(&pair->caller) == 0) {
        party_dial(&pair->caller, &pair->address);
        (void)party_wait(&pair->caller, never, 20);
    }
    _exit(1);
}

/* It would wait for itself, and free what it stands on: whose mistake it is has to learn it. */
static void stop_on_a_thread_of_the_runner_aborts(void **state)
{
    static const struct {
        enum tacet_media_event_type type;
        enum tacet_kind kind;
    } rows[] = {
        { TACET_MEDIA_SENT, TACET_KIND_AUDIO },     /* network */
        { TACET_MEDIA_CAPTURED, TACET_KIND_AUDIO }, /* audio */
        { TACET_MEDIA_CAPTURED, TACET_KIND_VIDEO }, /* video encode */
        { TACET_MEDIA_SHOWN, TACET_KIND_VIDEO },    /* video decode */
    };
    struct pair *pair = *state;
    int status = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stops_at.type = rows[i].type;
        stops_at.kind = rows[i].kind;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            die_by_stopping(pair);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
    }
    assert_int_equal(party_start(&pair->caller), 0); /* the teardown stops both */
    assert_int_equal(party_start(&pair->callee), 0);
}

/* --- starting --- */

static void a_config_that_cannot_work_is_refused(void **state)
{
    struct pair *pair = *state;
    struct tacet_runner_config config;
    struct tacet_runner *runner = NULL;

    tacet_runner_config_init(&config);
    assert_int_equal(tacet_runner_start(&config, &runner), TACET_ERR_ARGUMENT);
    pair->caller.video = true;
    pair->caller.format.fps_denominator = 0;
    config.transport = pair->caller.transport;
    assert_int_equal(tacet_runner_start(&config, &runner), TACET_ERR_ARGUMENT);
    assert_null(runner);
    pair->caller.format.fps_denominator = 1;
    assert_int_equal(party_start(&pair->caller), 0);
    assert_int_equal(party_start(&pair->callee), 0);
}

static void a_start_that_runs_out_of_memory_takes_nothing(void **state)
{
    struct pair *pair = *state;
    long failing = 0;
    int result;

    pair->caller.video = true;
    do {
        result = party_start_failing(&pair->caller, failing++);
        assert_true(result == 0 || result == TACET_ERR_NOMEM);
    } while (result != 0);
    assert_true(failing > 20);
    assert_int_equal(party_start(&pair->callee), 0);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->callee, hears, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_job_queue_refuses_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(every_job_posted_runs_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failing_sink_ends_the_call_and_is_told_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_broken_transport_ends_the_call_and_is_told_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(stop_waits_two_seconds_at_most_for_a_vanished_peer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stalled_screen_goes_on_with_a_key_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stalled_sound_sink_leaves_no_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(media_outlives_a_short_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blocked_transport_is_waited_for_in_sleep, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(stop_on_a_thread_of_the_runner_aborts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_config_that_cannot_work_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_start_that_runs_out_of_memory_takes_nothing, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("runner_faults", tests, NULL, NULL);
}
