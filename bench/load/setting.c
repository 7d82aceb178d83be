/*
 * From a setting to feeds, rules and command lines.
 */
#include "load/setting.h"

#include "load/posts.h"

#include <stdio.h>
#include <string.h>

/* A post has two tags on average, and a word or more of its text; a million tags are as many as
   those that `match` draws from. */
#define TAGS_A_POST 5
#define MOST_TAGS ((size_t)1000000)

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void
setting_world(const struct setting *s, struct world *w, size_t nrules)
{
    size_t ntokens = least(TAGS_A_POST * s->nposts, MOST_TAGS);

    /* a language has four times as many tags, of which rules may take four of five */
    while (ntokens < MOST_TAGS && rules_most(s->workload, 4 * ntokens) < nrules)
        ntokens = least(2 * ntokens, MOST_TAGS);
    world_init(w, s->seed, ntokens, 1);
}

void
setting_feed(const struct setting *s, struct world *w, struct feed *f)
{
    if (s->feed_file)
        feed_read(f, s->feed_file);
    else
        posts_make(f, s->nposts, world_stream(w, s->stream), s->seed);
}

void
setting_rules(const struct setting *s, struct world *w, enum workload workload, size_t n,
              struct rules *out)
{
    size_t most = rules_most(workload, world_language_size(w));

    if (n > most)
        die(EXIT_USAGE, "%s: %zu rules are more than the %zu that can be drawn",
            workload_name(workload), n, most);
    rules_make(out, world_language(w, s->stream), workload, 0, n, s->seed);
}

/* Servers that are older than `--workers` have one. */
static bool
knows_workers(const char *tagweir)
{
    char command[4200], line[512];
    bool knows = false;

    snprintf(command, sizeof command, "'%s' serve --help 2>&1", tagweir);
    FILE *f = popen(command, "r");
    while (f && fgets(line, sizeof line, f))
        knows |= strstr(line, "--workers") != NULL;
    if (f)
        (void)pclose(f);
    return knows;
}

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
    argv[n++] = LOAD_CLOCK;
    if (knows_workers(s->tagweir)) {
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
    argv[n++] = LOAD_CLOCK;
    argv[n] = NULL;
}

void
setting_progress(const struct setting *s, const char *what)
{
    if (s->progress)
        fprintf(stderr, "\r\033[K%s", what ? what : "");
}
