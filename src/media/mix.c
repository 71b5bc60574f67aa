/* See mix.h. */
#include "media/mix.h"

void tacet_mix_add(int16_t *into, const int16_t *add, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t sum = (int32_t)into[i] + add[i];
        sum = sum > INT16_MAX ? INT16_MAX : sum;
        sum = sum < INT16_MIN ? INT16_MIN : sum;
        into[i] = (int16_t)sum;
    }
}

void tacet_mix_down(const int16_t *stereo, size_t count, int16_t *mono)
{
    for (size_t i = 0; i < count; i++) {
        mono[i] = (int16_t)(((int32_t)stereo[2 * i] + stereo[2 * i + 1]) / 2);
    }
}
