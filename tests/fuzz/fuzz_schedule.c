/* Text to a schedule: times rise, every value is within what a link can take, and an error has a
 * reason. */
#include "sim/schedule.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tacet_link_config base[2] = { { .delay_us = 1 }, { .delay_us = 2 } };
    struct tacet_schedule schedule = { 0 };
    char why[TACET_SCHEDULE_WHY_MAX] = "";
    char *text = malloc(size > 0 ? size : 1);

    require(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    if (tacet_schedule_parse(text, size, base, &schedule, why) != 0) {
        require(why[0] != '\0');
        require(schedule.rows == NULL);
    } else {
        require(schedule.count > 0);
    }
    for (size_t i = 0; i < schedule.count; i++) {
        const struct tacet_schedule_row *row = &schedule.rows[i];
        require(row->at_us >= 0);
        require(i == 0 || row->at_us > row[-1].at_us);
        for (int side = 0; side < 2; side++) {
            const struct tacet_link_config *link = &row->link[side];
            require(link->loss_permille >= 0 && link->loss_permille <= 1000);
            require(link->burst >= 0 && link->burst <= 1000);
            require(link->delay_us >= 0 && link->delay_us <= 60000000);
            require(link->jitter_us >= 0 && link->jitter_us <= 10000000);
            require(link->rate_bps >= 0 && link->rate_bps <= 10000000000);
            require(link->queue_us >= 0 && link->queue_us <= 60000000);
            require(!link->down);
        }
    }
    tacet_schedule_free(&schedule);
    free(text);
    return 0;
}
