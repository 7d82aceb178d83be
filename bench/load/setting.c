/*
 * From a setting to command lines.
 */
#include "load/setting.h"

#include <stdio.h>
#include <string.h>

void
setting_serve(const struct setting *s, const char *rules, const char *workers,
              const char *argv[SETTING_ARGUMENTS])
{
    size_t n = 0;

    argv[n++] = s->tagweir;
    argv[n++] = "serve";
    argv[n++] = "--rules";
    argv[n++] = rules;
    argv[n++] = "--clock";
    argv[n++] = MATERIAL_CLOCK;
    /* servers that are older than it have one */
    if (process_knows(s->tagweir, "serve", "--workers")) {
        argv[n++] = "--workers";
        argv[n++] = workers;
    } else if (strcmp(workers, "1") != 0) {
        die(EXIT_USAGE, "--workers %s: %s has one worker only", workers, s->tagweir);
    }
    argv[n] = NULL;
}

void
setting_baseline(const char *rules, const char *argv[SETTING_ARGUMENTS])
{
    size_t n = 0;

    argv[n++] = "/proc/self/exe"; /* of the child, which is still this program then */
    argv[n++] = "baseline";
    argv[n++] = "--rules";
    argv[n++] = rules;
    argv[n++] = "--clock";
    argv[n++] = MATERIAL_CLOCK;
    argv[n] = NULL;
}

void
setting_progress(const struct setting *s, const char *what)
{
    if (s->progress)
        fprintf(stderr, "\r\033[K%s", what ? what : "");
}
