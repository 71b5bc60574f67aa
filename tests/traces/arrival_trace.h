/*
 * Recorded arrivals: what was sent when, and when it came. The files beside this one are of
 * record.py, which also says what each is of. A line is
 *
 *     SENT ARRIVED BYTES        us since the first was sent, "-": lost; # begins a comment
 */
#ifndef TACET_TESTS_ARRIVAL_TRACE_H
#define TACET_TESTS_ARRIVAL_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define ARRIVALS_MAX 4096
#define ARRIVAL_LOST INT64_MAX
#define ARRIVAL_AUDIO_BYTES 178 /* of a packet of sound, 20 ms; all others are of pictures */

struct arrival {
    int64_t sent_at_us;
    int64_t arrived_at_us; /* ARRIVAL_LOST: never */
    uint32_t size;
};

struct arrival_trace {
    struct arrival *arrivals; /* as they were sent */
    size_t count;
};

/* Of the folder that TACET_TRACES names. A file that cannot be read ends the test. */
void arrival_trace_read(const char *name, struct arrival_trace *ret);
void arrival_trace_free(struct arrival_trace *trace);

#endif
