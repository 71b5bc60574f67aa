/*
 * See validation.h. The old path gets the time of a round trip to speak up even when the new one
 * has answered sooner: a forwarder that is faster than the path is exactly that.
 */
#include "call/validation.h"

#include "base/limits.h"

#include <sodium.h>
#include <string.h>

void tacet_validation_on_packet(struct tacet_validation *v, int64_t now,
                                const struct tacet_path *current, const struct tacet_path *from,
                                size_t size, bool newer, const struct tacet_random *random)
{
    if (tacet_path_equal(from, current)) {
        v->running = v->running && !newer;
        return;
    }
    if (v->running) {
        v->received += tacet_path_equal(from, &v->path) ? size : 0;
        return;
    }
    if (!newer || now < v->not_before_us) {
        return;
    }
    *v = (struct tacet_validation){
        .running = true,
        .path = *from,
        .started_at_us = now,
        .next_at_us = now,
        .decide_at_us = INT64_MAX,
        .not_before_us = now + TACET_VALIDATION_APART_US,
        .received = size,
    };
    random->fill(random->ctx, v->challenge_new, sizeof(v->challenge_new));
    random->fill(random->ctx, v->challenge_old, sizeof(v->challenge_old));
}

void tacet_validation_on_response(struct tacet_validation *v, const struct tacet_path *current,
                                  const struct tacet_path *from,
                                  const uint8_t response[TACET_CHALLENGE_SIZE],
                                  int64_t round_trip_us)
{
    if (!v->running) {
        return;
    }
    if (tacet_path_equal(from, current)) {
        if (sodium_memcmp(response, v->challenge_old, TACET_CHALLENGE_SIZE) == 0) {
            v->running = false;
        }
        return;
    }
    if (!v->answered && tacet_path_equal(from, &v->path) &&
        sodium_memcmp(response, v->challenge_new, TACET_CHALLENGE_SIZE) == 0) {
        int64_t wait_us = round_trip_us > 0 ? round_trip_us * 5 / 4 : TACET_VALIDATION_FIRST_US;
        v->answered = true;
        v->decide_at_us = v->started_at_us + wait_us + TACET_CONTROL_RETRY_MIN_US;
    }
}

bool tacet_validation_try(struct tacet_validation *v, int64_t now, size_t packet_size,
                          bool *ret_new)
{
    if (!v->running || v->answered || now < v->next_at_us) {
        return false;
    }
    if (v->tries == TACET_VALIDATION_TRIES) {
        v->running = false; /* nobody answered from there: stay */
        return false;
    }
    v->tries++;
    v->copies = TACET_VALIDATION_COPIES;
    v->copy_at_us = now;
    v->next_at_us = now + (v->tries < TACET_VALIDATION_TRIES ? TACET_VALIDATION_RETRY_US
                                                             : TACET_VALIDATION_WAIT_US);
    *ret_new = v->sent + packet_size <= 3 * v->received;
    v->sent += *ret_new ? packet_size : 0;
    return true;
}

bool tacet_validation_try_current(struct tacet_validation *v, int64_t now)
{
    if (!v->running || v->copies == 0 || now < v->copy_at_us) {
        return false;
    }
    v->copies--;
    v->copy_at_us = now + TACET_VALIDATION_COPY_US;
    return true;
}

bool tacet_validation_may_copy(struct tacet_validation *v, size_t packet_size)
{
    if (!v->running || v->sent + packet_size > 3 * v->received) {
        return false;
    }
    v->sent += packet_size;
    return true;
}

bool tacet_validation_may_respond(struct tacet_validation *v, const struct tacet_path *path,
                                  size_t packet_size)
{
    return !v->running || !tacet_path_equal(path, &v->path) ||
           tacet_validation_may_copy(v, packet_size);
}

bool tacet_validation_won(struct tacet_validation *v, int64_t now)
{
    if (!v->running || !v->answered || v->copies > 0 || now < v->decide_at_us) {
        return false;
    }
    v->running = false;
    return true;
}

int64_t tacet_validation_timeout(const struct tacet_validation *v)
{
    if (!v->running) {
        return INT64_MAX;
    }
    int64_t next = v->answered ? v->decide_at_us : v->next_at_us;
    return v->copies > 0 && (v->copy_at_us < next || v->answered) ? v->copy_at_us : next;
}
