/* Statistics as W3C webrtc-stats objects: its names, its units (seconds, bytes, bits a second). */
#ifndef TACET_TOOL_STATS_JSON_H
#define TACET_TOOL_STATS_JSON_H

#include "tacet/stats.h"

#include <cjson/cJSON.h>

/* An array of objects, to be freed with cJSON_Delete; NULL: out of memory. Streams that never
 * carried a packet are left out. */
cJSON *tacet_stats_json(const struct tacet_stats *stats, int64_t now_us);
/* One line of --stats with its newline: {"timestamp_us":t,"stats":[...]}; free() it. */
char *tacet_stats_json_line(const struct tacet_stats *stats, int64_t now_us);

#endif
