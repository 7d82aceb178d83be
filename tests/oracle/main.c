/*
 * weir-oracle: the records that `tagweir replay` should print, from an engine written for
 * plainness.
 *
 * Error records say code and line only; lines that are no posts print nothing.
 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
    "usage: weir-oracle --rules PATH… [--clock now|created|MS|TIME] [--explain] [--handles FILE]\n"
    "                   [--tags structured|both] [--max-line BYTES] [--ruleset HEX16] [--jit]\n"
    "                   FEED…\n"
    "--rules may be given several times, and takes one path each time; - is standard input\n";

static struct {
    char **rules, **feeds;
    size_t nrules, nfeeds;
    bool explain;
    const char *digest;
    int64_t now;
    struct read_options read;
} options = {.digest = "0000000000000000"};

static void
read_clock(const char *text)
{
    struct timespec now;
    char *end;

    options.now = strtoll(text, &end, 10);
    if (*text && !*end)
        return;
    if (strcmp(text, "now") == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        options.now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    } else if (strcmp(text, "created") == 0) {
        options.read.need_time = true;
    } else if (!time_rfc3339(str_of(text), &options.now)) {
        die("not a clock: %s", text);
    }
}

static void
read_options(int argc, char **argv)
{
    read_clock("now");
    for (int i = 1; i < argc; i++) {
        char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(arg, "--explain") == 0) {
            options.explain = true;
        } else if (strcmp(arg, "--jit") == 0) {
            use_jit = true;
        } else if (strncmp(arg, "--", 2) != 0) {
            PUSH(FOREVER, options.feeds, options.nfeeds, arg);
        } else if (!value) {
            fputs(usage, stderr);
            exit(2);
        } else if (strcmp(arg, "--rules") == 0) {
            PUSH(FOREVER, options.rules, options.nrules, argv[++i]);
        } else if (strcmp(arg, "--clock") == 0) {
            read_clock(argv[++i]);
        } else if (strcmp(arg, "--handles") == 0) {
            handles_load(argv[++i]);
        } else if (strcmp(arg, "--tags") == 0) {
            options.read.tags_both = strcmp(argv[++i], "both") == 0;
        } else if (strcmp(arg, "--max-line") == 0) {
            options.read.max_line = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(arg, "--ruleset") == 0) {
            options.digest = argv[++i];
        } else {
            fputs(usage, stderr);
            exit(2);
        }
    }
}

static void
print_item(const struct ruleset *rs, const struct item *item, size_t line)
{
    struct buf b = {0};

    if (item->error) {
        printf("{\"v\":1,\"error\":\"%s\",\"line\":%zu}\n", item->error, line);
        return;
    }
    decide(rs, item->post, options.read.need_time ? item->post->created : options.now,
           options.explain, options.digest, &b);
    fwrite(b.p, 1, b.n, stdout);
    putchar('\n');
}

static void
replay(const struct ruleset *rs, const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *line = NULL;
    size_t cap = 0, number = 0;
    ssize_t n;

    if (!f)
        die("%s: cannot open it", path);
    while ((n = getline(&line, &cap, f)) >= 0) {
        struct item *items;
        size_t nitems;
        number++;
        read_line((struct str){line, (size_t)n}, &options.read, &items, &nitems);
        for (size_t i = 0; i < nitems; i++)
            print_item(rs, &items[i], number);
        pool_clear(LINE);
    }
    free(line);
    if (f != stdin)
        fclose(f);
}

int
main(int argc, char **argv)
{
    struct ruleset rs = {0};

    read_options(argc, argv);
    if (!options.nrules || !options.nfeeds) {
        fputs(usage, stderr);
        return 2;
    }
    rules_load(options.rules, options.nrules, &rs);
    for (size_t i = 0; i < options.nfeeds; i++)
        replay(&rs, options.feeds[i]);
    if (fflush(stdout))
        die("cannot write");
    return 0;
}
