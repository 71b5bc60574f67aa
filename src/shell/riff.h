/* What libsndfile does not tell: whether a WAV file was cut. */
#ifndef TACET_SHELL_RIFF_H
#define TACET_SHELL_RIFF_H

#include <stdbool.h>

/* Whether the file is a WAV whose samples end before its header says, or amid one. False for
 * anything else. The descriptor's position does not move. */
bool tacet_riff_is_cut(int fd);

#endif
