/* See machine.h. What Linux says of itself, and the versions that are linked at this moment. */
#include "machine.h"

#include "tacet/api.h"

#include <opus/opus.h>
#include <sodium.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <vpx/vpx_codec.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The value of the first line of /proc/cpuinfo with that key; x86 has "model name". */
static void add_cpu(cJSON *machine)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    const char *found = "unknown";

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL && colon[1] == ' ') {
            colon[strcspn(colon, "\n")] = '\0';
            found = colon + 2;
            break;
        }
    }
    (void)cJSON_AddStringToObject(machine, "cpu", found);
    if (file != NULL) {
        (void)fclose(file);
    }
}

cJSON *tacet_machine_describe(void)
{
    cJSON *machine = cJSON_CreateObject();
    struct utsname name = { 0 };
    double load = 0;
    char kernel[sizeof(name)];

    (void)uname(&name);
    (void)getloadavg(&load, 1);
    (void)snprintf(kernel, sizeof(kernel), "%s %s %s", name.sysname, name.release, name.machine);
    add_cpu(machine);
    (void)cJSON_AddNumberToObject(machine, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    (void)cJSON_AddStringToObject(machine, "kernel", kernel);
    (void)cJSON_AddNumberToObject(machine, "load", load);
    (void)cJSON_AddStringToObject(machine, "compiler", COMPILER);
#ifdef __OPTIMIZE__
    (void)cJSON_AddBoolToObject(machine, "optimised", true);
#else
    (void)cJSON_AddBoolToObject(machine, "optimised", false);
#endif
    cJSON *libraries = cJSON_AddObjectToObject(machine, "libraries");
    (void)cJSON_AddStringToObject(libraries, "libsodium", sodium_version_string());
    (void)cJSON_AddStringToObject(libraries, "libsrtp", srtp_get_version_string());
    (void)cJSON_AddStringToObject(libraries, "libopus", opus_get_version_string());
    (void)cJSON_AddStringToObject(libraries, "libvpx", vpx_codec_version_str());
    return machine;
}

static const char *text_of(const cJSON *object, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));

    return text != NULL ? text : "";
}

void tacet_machine_print(const cJSON *machine)
{
    const cJSON *libraries = cJSON_GetObjectItemCaseSensitive(machine, "libraries");
    bool optimised = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(machine, "optimised"));
    const cJSON *library;

    (void)printf("%s, %.0f cores, %s, load %.2f at the start\n", text_of(machine, "cpu"),
                 cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(machine, "cores")),
                 text_of(machine, "kernel"),
                 cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(machine, "load")));
    (void)printf("%s%s", text_of(machine, "compiler"), optimised ? "" : ", NOT OPTIMISED");
    cJSON_ArrayForEach(library, libraries)
    {
        /* Most name themselves in their version. */
        bool named = strstr(library->valuestring, library->string) != NULL;
        (void)printf("; %s%s%s", named ? "" : library->string, named ? "" : " ",
                     library->valuestring);
    }
    (void)printf("\n");
}
