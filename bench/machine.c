/*
 * As Linux tells it in /proc/cpuinfo, uname and sysconf.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef __clang__
#define COMPILER __VERSION__ /* names itself */
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The first "model name : …" there is; where the system has none, its word for the kind. */
static void
put_processor(const struct utsname *system, char *out, size_t size)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[256];

    snprintf(out, size, "%s", system->machine);
    while (f && fgets(line, sizeof line, f)) {
        const char *name = strchr(line, ':');
        if (strncmp(line, "model name", strlen("model name")) != 0 || !name)
            continue;
        snprintf(out, size, "%.*s", (int)strcspn(name + 2, "\n"), name + 2);
        break;
    }
    if (f)
        fclose(f);
}

const char *
machine_name(void)
{
    static char name[512];
    struct utsname system = {0};
    char processor[256];

    (void)uname(&system);
    put_processor(&system, processor, sizeof processor);
    snprintf(name, sizeof name, "%.200s, %ld processors, %.32s %.64s, %.64s", processor,
             sysconf(_SC_NPROCESSORS_ONLN), system.sysname, system.release, COMPILER);
    return name;
}
