/*
 * How close what was heard and seen is to its source. It knows nothing of Tacet: the files are read
 * by libsndfile and by hand, so that a mistake of ours in writing one is not undone in reading it.
 *
 *     measure sound SOURCE HEARD              sound files of one rate, mono; SOURCE is looped
 *     measure pictures SOURCE SHOWN <INDEXES  Y4M, 8-bit 4:2:0; a line for each picture of SHOWN
 *                                             names the picture of SOURCE (looped) that it was
 *
 * The answer is one JSON object on standard output. Status 1: a file cannot be measured.
 *
 * Sound: one offset for the whole file is found first. Then each second of the source is laid
 * within 20 ms around it where it fits best: how well (normalised cross-correlation) is its
 * quality, and where it fits best may not jump from one second to the next.
 */
#include <inttypes.h>
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COARSE 8              /* samples that become one for the first search */
#define OFFSET_FIRST_S (-0.5) /* where the beginning of the source is looked for */
#define OFFSET_LAST_S 2.5
#define OFFSET_WINDOW_S 3 /* of source that must fit */
#define AROUND_S 0.020    /* each second's own search */
#define SILENCE_RMS 100   /* of 32768: a quieter second has nothing to be aligned by */

struct sound {
    int rate;
    long count;
    float *samples;
};

struct pictures {
    FILE *file;
    const char *name;
    unsigned width;
    unsigned height;
    long header; /* bytes before the first FRAME */
    long size;   /* bytes of a picture, without its FRAME line */
    long count;
};

static const char frame_line[] = "FRAME\n";
#define FRAME_LINE ((long)sizeof(frame_line) - 1)

static _Noreturn void fail(const char *name, const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", name, what);
    exit(1);
}

static void *get(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        fail("memory", "none left");
    }
    return memory;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of sorted values. */
static double percentile(const double *values, size_t count, double percent)
{
    return values[(size_t)((double)(count - 1) * percent / 100 + 0.5)];
}

/* --- sound --- */

static struct sound read_sound(const char *name)
{
    SF_INFO info = { 0 };
    SNDFILE *file = sf_open(name, SFM_READ, &info);

    if (file == NULL) {
        fail(name, sf_strerror(NULL));
    }
    if (info.channels != 1) {
        fail(name, "not mono");
    }
    struct sound sound = { .rate = info.samplerate, .count = (long)info.frames };
    sound.samples = get((size_t)sound.count + 1, sizeof(float));
    if (sf_readf_float(file, sound.samples, info.frames) != info.frames) {
        fail(name, "shorter than its header says");
    }
    (void)sf_close(file);
    for (long i = 0; i < sound.count; i++) {
        sound.samples[i] *= 32768;
    }
    return sound;
}

/* `count` samples of the sound over and over. */
static struct sound looped(const struct sound *sound, long count)
{
    struct sound result = { .rate = sound->rate, .count = count };

    result.samples = get((size_t)count, sizeof(float));
    for (long i = 0; i < count; i++) {
        result.samples[i] = sound->samples[i % sound->count];
    }
    return result;
}

static struct sound coarse(const struct sound *sound)
{
    struct sound result = { .rate = sound->rate / COARSE, .count = sound->count / COARSE };

    result.samples = get((size_t)result.count, sizeof(float));
    for (long i = 0; i < result.count * COARSE; i++) {
        result.samples[i / COARSE] += sound->samples[i];
    }
    return result;
}

/* Of source[at...] and heard[at + lag...]; -1 where that reaches over an end. */
static double correlation(const struct sound *source, const struct sound *heard, long at, long lag,
                          long count)
{
    double product = 0;
    double energy_a = 1e-9;
    double energy_b = 1e-9;

    if (at < 0 || at + count > source->count || at + lag < 0 || at + lag + count > heard->count) {
        return -1;
    }
    for (long i = 0; i < count; i++) {
        double a = source->samples[at + i];
        double b = heard->samples[at + lag + i];
        product += a * b;
        energy_a += a * a;
        energy_b += b * b;
    }
    return product / sqrt(energy_a * energy_b);
}

/* The lag from `first` to `last` that fits best. */
static double best_lag(const struct sound *source, const struct sound *heard, long at, long count,
                       long first, long last, long *ret_lag)
{
    double best = -2;

    for (long lag = first; lag <= last; lag++) {
        double c = correlation(source, heard, at, lag, count);
        if (c > best) {
            best = c;
            *ret_lag = lag;
        }
    }
    return best;
}

/* The same, found in the coarse sounds first. */
static double best_lag_quick(const struct sound source[2], const struct sound heard[2], long at,
                             long count, long first, long last, long *ret_lag)
{
    long lag = 0;

    (void)best_lag(&source[1], &heard[1], at / COARSE, count / COARSE, first / COARSE,
                   last / COARSE, &lag);
    return best_lag(&source[0], &heard[0], at, count, (lag - 2) * COARSE, (lag + 2) * COARSE,
                    ret_lag);
}

static bool is_loud(const struct sound *sound, long at, long count)
{
    double energy = 0;

    for (long i = 0; i < count; i++) {
        energy += (double)sound->samples[at + i] * (double)sound->samples[at + i];
    }
    return sqrt(energy / (double)count) >= SILENCE_RMS;
}

static void measure_sound(const char *source_name, const char *heard_name)
{
    struct sound once = read_sound(source_name);
    struct sound heard[2] = { read_sound(heard_name) };
    long second = once.rate;

    if (once.count == 0 || heard[0].rate != once.rate ||
        heard[0].count < (OFFSET_WINDOW_S + 1) * second) {
        fail(heard_name, "of another rate, or too short to be compared");
    }
    struct sound source[2] = { looped(&once, heard[0].count) };
    source[1] = coarse(&source[0]);
    heard[1] = coarse(&heard[0]);

    long offset = 0;
    (void)best_lag_quick(source, heard, second / 2, OFFSET_WINDOW_S * second,
                         (long)(OFFSET_FIRST_S * (double)second),
                         (long)(OFFSET_LAST_S * (double)second), &offset);
    long around = (long)(AROUND_S * (double)second);
    double *values = get((size_t)(heard[0].count / second) + 1, sizeof(double));
    size_t count = 0;
    long lag_before = offset;
    long jump_max = 0;
    for (long at = 0; at + second + lag_before + around <= heard[0].count; at += second) {
        long lag = lag_before;
        if (at + lag_before < around || at + second > source[0].count ||
            !is_loud(&source[0], at, second)) {
            continue;
        }
        values[count] = best_lag_quick(source, heard, at, second, lag_before - around,
                                       lag_before + around, &lag);
        if (count > 0 && labs(lag - lag_before) > jump_max) {
            jump_max = labs(lag - lag_before);
        }
        lag_before = lag;
        count++;
    }
    if (count == 0) {
        fail(heard_name, "no second of it can be compared");
    }
    qsort(values, count, sizeof(*values), compare);
    printf("{\"seconds\":%zu,\"median\":%.4f,\"p10\":%.4f,\"least\":%.4f,\"jumpMs\":%.2f,"
           "\"offsetMs\":%.2f}\n",
           count, percentile(values, count, 50), percentile(values, count, 10), values[0],
           1000.0 * (double)jump_max / (double)second, 1000.0 * (double)offset / (double)second);
    free(values);
    free(once.samples);
    for (int i = 0; i < 2; i++) {
        free(source[i].samples);
        free(heard[i].samples);
    }
}

/* --- pictures --- */

static struct pictures open_pictures(const char *name)
{
    struct pictures pictures = { .file = fopen(name, "rb"), .name = name };
    char header[256];
    const char *field;

    if (pictures.file == NULL) {
        fail(name, "cannot be opened");
    }
    if (fgets(header, sizeof(header), pictures.file) == NULL ||
        strncmp(header, "YUV4MPEG2 ", 10) != 0 || strchr(header, '\n') == NULL) {
        fail(name, "not Y4M");
    }
    pictures.header = (long)strlen(header);
    field = strstr(header, " W");
    pictures.width = field != NULL ? (unsigned)strtoul(field + 2, NULL, 10) : 0;
    field = strstr(header, " H");
    pictures.height = field != NULL ? (unsigned)strtoul(field + 2, NULL, 10) : 0;
    field = strstr(header, " C");
    if (pictures.width == 0 || pictures.width > 8192 || pictures.height == 0 ||
        pictures.height > 8192 || (field != NULL && strncmp(field, " C420", 5) != 0)) {
        fail(name, "no size, or not 4:2:0");
    }
    pictures.size = (long)pictures.width * (long)pictures.height +
                    2 * (((long)pictures.width + 1) / 2) * (((long)pictures.height + 1) / 2);
    (void)fseek(pictures.file, 0, SEEK_END);
    long left = ftell(pictures.file) - pictures.header;
    pictures.count = left / (FRAME_LINE + pictures.size);
    if (pictures.count == 0 || left % (FRAME_LINE + pictures.size) != 0) {
        fail(name, "no picture, or a cut one");
    }
    return pictures;
}

/* Reads a picture's luma. */
static void read_luma(const struct pictures *pictures, long index, uint8_t *out)
{
    size_t size = (size_t)pictures->width * pictures->height;
    char line[sizeof(frame_line)] = { 0 };
    long at = pictures->header + index * (FRAME_LINE + pictures->size);

    if (fseek(pictures->file, at, SEEK_SET) != 0 ||
        fread(line, 1, (size_t)FRAME_LINE, pictures->file) != (size_t)FRAME_LINE ||
        strcmp(line, frame_line) != 0 || fread(out, 1, size, pictures->file) != size) {
        fail(pictures->name, "a picture is not where it should be");
    }
}

static double mean_square_error(const uint8_t *a, const uint8_t *b, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        int difference = a[i] - b[i];
        sum += (uint64_t)(difference * difference);
    }
    return (double)sum / (double)count;
}

static double decibels(double error)
{
    return error < 1e-3 ? 78.1 : 10 * log10(255.0 * 255.0 / error);
}

static void measure_pictures(const char *source_name, const char *shown_name)
{
    struct pictures source = open_pictures(source_name);
    struct pictures shown = open_pictures(shown_name);
    size_t size = (size_t)source.width * source.height;

    if (source.width != shown.width || source.height != shown.height) {
        fail(shown_name, "of another size than its source");
    }
    uint8_t *a = get(size, 1);
    uint8_t *b = get(size, 1);
    double *values = get((size_t)shown.count, sizeof(double));
    double sum = 0;
    double sum_error = 0;
    for (long i = 0; i < shown.count; i++) {
        uint64_t index;
        if (scanf("%" SCNu64, &index) != 1) {
            fail("indexes", "fewer than pictures");
        }
        read_luma(&source, (long)(index % (uint64_t)source.count), a);
        read_luma(&shown, i, b);
        double error = mean_square_error(a, b, size);
        sum_error += error;
        values[i] = decibels(error);
        sum += values[i];
    }
    if (scanf("%*s") != EOF) {
        fail("indexes", "more than pictures");
    }
    size_t count = (size_t)shown.count;
    qsort(values, count, sizeof(*values), compare);
    printf("{\"pictures\":%zu,\"meanDb\":%.2f,\"pooledDb\":%.2f,\"p10Db\":%.2f,\"leastDb\":%.2f}\n",
           count, sum / (double)count, decibels(sum_error / (double)count),
           percentile(values, count, 10), values[0]);
    free(values);
    free(a);
    free(b);
    (void)fclose(source.file);
    (void)fclose(shown.file);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "sound") == 0) {
        measure_sound(argv[2], argv[3]);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "pictures") == 0) {
        measure_pictures(argv[2], argv[3]);
        return 0;
    }
    fprintf(stderr, "usage: measure sound SOURCE HEARD | measure pictures SOURCE SHOWN <INDEXES\n");
    return 2;
}
