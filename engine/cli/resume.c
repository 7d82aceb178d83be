/*
 * The file is text: what the run was given, one thing a line, then how far it is. To go on, all of
 * the former must be the same.
 */
#include "cli/resume.h"

#include "cli/inputs.h"
#include "cli/run.h"
#include "cli/ui.h"

#include "flow/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TELL_EVERY_MS 2000
static const char first_line[] = "tagweir-resume 1\n";
static const char at_key[] = "\nat ";

static void
put_words(weir_buf *out, const char *key, const struct strings *words)
{
    for (size_t i = 0; i < words->n; i++)
        weir_buf_printf(out, "%s %s\n", key, words->v[i]);
}

static void
put_options(weir_buf *out, const struct args *a)
{
    weir_buf_puts(out, "clock ");
    summary_clock(&a->answer, out);
    weir_buf_printf(out,
                    "\nundecided %d\ntags %d\nhandles %s\nowner %s %s\nmax-line %zu\nexplain %d\n",
                    (int)a->answer.undecided, (int)a->answer.tags, a->handles ? a->handles : "-",
                    a->owner ? a->owner : "-", a->owner_id ? a->owner_id : "-", a->answer.max_line,
                    a->answer.trace);
    weir_buf_printf(out, "only %u\nregion %u\nsince %" PRId64 "\nuntil %" PRId64 "\n",
                    (unsigned)a->only, (unsigned)a->region, a->since_ms, a->until_ms);
    put_words(out, "rule", &a->by_rule);
    put_words(out, "order", &a->by_order);
}

/* A feed that has changed is another one. Of a pipe only its name is known. */
static void
put_feeds(weir_buf *out, const struct strings *files)
{
    for (size_t i = 0; i < files->n; i++) {
        struct stat st;

        if (strcmp(files->v[i], "-") == 0 || stat(files->v[i], &st) < 0 || !S_ISREG(st.st_mode))
            st = (struct stat){.st_size = 0};
        weir_buf_printf(out, "feed %" PRId64 " %" PRId64 ".%09ld %s\n", (int64_t)st.st_size,
                        (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, files->v[i]);
    }
}

static void
put_settings(weir_buf *out, const struct run *r, const struct strings *files)
{
    weir_buf_puts(out, first_line);
    weir_buf_printf(out, "version %s\ncommand %s\nruleset %s\n", WEIR_VERSION, r->command,
                    r->rs ? weir_ruleset_digest(r->rs) : "-");
    put_options(out, r->args);
    put_feeds(out, files);
    if (out->failed)
        ui_no_memory();
}

/* The first line in which two settings differ, of the second. */
static void
tell_difference(const struct resume *s, const weir_buf *was)
{
    size_t i = 0, line = 0;

    while (i < was->len && i < s->settings.len && was->p[i] == s->settings.p[i]) {
        i++;
        if (was->p[i - 1] == '\n')
            line = i;
    }
    size_t len = strcspn(was->p + line, "\n");
    ui_say("%s is of a run with other arguments, rules or feeds: it had `%.*s`. Give the same, or "
           "leave out --resume to begin anew",
           s->path, (int)len, was->p + line);
}

/* @return an exit code. */
static int
go_on(struct resume *s, weir_buf *was)
{
    weir_buf_putc(was, '\0');
    if (was->failed)
        ui_no_memory();
    was->len--;
    char *at = strstr(was->p, at_key);
    if (!at || strncmp(was->p, first_line, sizeof first_line - 1) != 0 ||
        sscanf(at + sizeof at_key - 1,
               "%zu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64,
               &s->at.feed, &s->at.upto, &s->at.lines, &s->at.files, &s->at.records, &s->out,
               &s->now_ms) != 7) {
        ui_say("%s is no file of a run to go on with; leave out --resume to begin anew", s->path);
        return EXIT_IO;
    }
    was->len = (size_t)(at + 1 - was->p);
    if (was->len != s->settings.len || memcmp(was->p, s->settings.p, was->len) != 0) {
        tell_difference(s, was);
        return EXIT_IO;
    }
    s->again = true;
    s->before = s->at.records;
    return EXIT_DONE;
}

static int
check_output(const struct resume *s, const char *out)
{
    struct stat st;

    if (stat(out, &st) == 0 && (uint64_t)st.st_size >= s->out)
        return EXIT_DONE;
    ui_say("%s is shorter than it was when the run was stopped; leave out --resume to begin anew",
           out);
    return EXIT_IO;
}

int
resume_begin(struct resume *s, struct run *r, const struct strings *files)
{
    const char *out = r->args->out;
    weir_buf was = {0};
    struct stat st;
    int rc;

    if (r->collect) /* what its lines hang on is known to this run alone */
        return EXIT_DONE;
    if (!out || strcmp(out, "-") == 0) {
        if (!r->args->resume)
            return EXIT_DONE;
        return args_bad(r->command, "--resume needs --out FILE: standard output cannot be gone on "
                                    "with");
    }
    if (stat(out, &st) == 0 && !S_ISREG(st.st_mode))
        return r->args->resume ? args_bad(r->command,
                                          "--resume needs a regular file, which %s "
                                          "is not",
                                          out)
                               : EXIT_DONE;
    s->path = ui_alloc(strlen(out) + sizeof ".resume", 1);
    (void)sprintf(s->path, "%s.resume", out);
    put_settings(&s->settings, r, files);
    s->now_ms = r->now_ms;
    s->told_ms = clock_running_us() / 1000;
    if (!r->args->resume)
        return EXIT_DONE;
    rc = inputs_read(s->path, &was) ? go_on(s, &was) : EXIT_IO;
    weir_buf_fini(&was);
    if (rc == EXIT_DONE)
        rc = check_output(s, out);
    r->now_ms = s->now_ms;
    return rc;
}

void
resume_fini(struct resume *s)
{
    free(s->path);
    weir_buf_fini(&s->settings);
}

uint64_t
resume_from(const struct resume *s)
{
    return s->again ? s->out : SINK_ANEW;
}

bool
resume_is_possible(const struct resume *s)
{
    return s->path != NULL;
}

static bool
write_whole(const char *path, const weir_buf *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = fd >= 0 && ui_write(fd, text->p, text->len);

    if (fd >= 0 && close(fd) < 0)
        good = false;
    return good;
}

/* In one step: whoever is killed meanwhile leaves the file before. */
static bool
write_down(const struct resume *s)
{
    char *beside = ui_alloc(strlen(s->path) + sizeof ".new", 1);
    weir_buf text = {0};

    (void)sprintf(beside, "%s.new", s->path);
    weir_buf_put(&text, (weir_span){s->settings.p, s->settings.len});
    weir_buf_printf(
        &text, "at %zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 "\n",
        s->at.feed, s->at.upto, s->at.lines, s->at.files, s->at.records, s->out, s->now_ms);
    bool good = !text.failed && write_whole(beside, &text) && rename(beside, s->path) == 0;
    if (!good)
        ui_say("%s: %s; how far the run is cannot be kept", s->path, strerror(errno));
    weir_buf_fini(&text);
    free(beside);
    return good;
}

bool
resume_note(struct resume *s, const struct sink *sink, const struct resume_at *at)
{
    if (!s->path)
        return true;
    s->at = *at;
    s->out = sink_written(sink);
    int64_t now_ms = clock_running_us() / 1000;
    if (now_ms - s->told_ms < TELL_EVERY_MS)
        return true;
    s->told_ms = now_ms;
    return write_down(s);
}

void
resume_keep(struct resume *s, struct sink *sink)
{
    if (s->path && sink_sync(sink))
        (void)write_down(s);
}

void
resume_done(struct resume *s)
{
    if (s->path)
        (void)unlink(s->path);
}
