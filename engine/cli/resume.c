/*
 * The file is text: what the run was given, one thing a line, then how far it is. To go on, all of
 * the former must be the same.
 */
#include "cli/resume.h"

#include "cli/inputs.h"
#include "cli/resume_settings.h"
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
static const char at_key[] = "at ";

static void
tell_difference(const struct resume *s, const weir_buf *was)
{
    weir_buf out = {0};

    resume_put_difference(was, &s->settings, &out);
    if (out.failed)
        ui_no_memory();
    ui_say("%s is of a run with other arguments, rules or feeds: %.*s. Give the same, or leave out "
           "--resume to begin anew",
           s->path, (int)out.len, out.p);
    weir_buf_fini(&out);
}

static bool
is_of_a_run(const weir_buf *was)
{
    return was->len >= sizeof first_line - 1 &&
           memcmp(was->p, first_line, sizeof first_line - 1) == 0;
}

/* Its last line says how far the run was. @return false: it does not. */
static bool
read_at(struct resume *s, const weir_buf *was, size_t *settings)
{
    const char *nl = was->len ? memrchr(was->p, '\n', was->len - 1) : NULL;

    if (!nl || !is_of_a_run(was) || strncmp(nl + 1, at_key, sizeof at_key - 1) != 0)
        return false;
    *settings = (size_t)(nl + 1 - was->p);
    return sscanf(nl + sizeof at_key,
                  "%zu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64,
                  &s->at.feed, &s->at.upto, &s->at.lines, &s->at.files, &s->at.records, &s->out,
                  &s->now_ms) == 7;
}

/* @return an exit code. */
static int
go_on(struct resume *s, weir_buf *was, size_t nfeeds)
{
    size_t settings;

    weir_buf_putc(was, '\0');
    if (was->failed)
        ui_no_memory();
    was->len--;
    if (!read_at(s, was, &settings)) {
        ui_say("%s is no file of a run to go on with; leave out --resume to begin anew", s->path);
        return EXIT_IO;
    }
    was->len = settings;
    if (was->len != s->settings.len || memcmp(was->p, s->settings.p, was->len) != 0) {
        tell_difference(s, was);
        return EXIT_IO;
    }
    if (s->at.feed >= nfeeds) {
        ui_say("%s names feed %zu of %zu; leave out --resume to begin anew", s->path,
               s->at.feed + 1, nfeeds);
        return EXIT_IO;
    }
    s->again = s->is_down = true;
    s->before = s->at.records;
    return EXIT_DONE;
}

/* What is to be written over must be of a run, and no feed. */
static int
check_anew(struct resume *s)
{
    weir_buf was = {0};

    if (access(s->path, F_OK) < 0)
        return EXIT_DONE;
    int rc = inputs_read(s->path, &was) ? EXIT_DONE : EXIT_IO;
    if (rc == EXIT_DONE && !is_of_a_run(&was)) {
        ui_say("%s is in the way of what is kept to go on with a run; move it, or name another "
               "--out",
               s->path);
        rc = EXIT_IO;
    }
    weir_buf_fini(&was);
    return rc;
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

/* Why there is nothing to go on with, as far as can be known. */
static int
tell_nothing_kept(const struct resume *s, const char *out)
{
    if (access(out, F_OK) < 0)
        ui_say("--resume: there is nothing to go on with: neither %s nor %s is there. Leave out "
               "--resume to begin",
               out, s->path);
    else
        ui_say("--resume: there is nothing to go on with: %s, which says how far a run is, is not "
               "there. A run that is done removes it, one that was killed within its first seconds "
               "had not written it yet, and one with --journal or --emit keeps none. Leave out "
               "--resume to begin anew, which writes over %s",
               s->path, out);
    return EXIT_IO;
}

int
resume_begin(struct resume *s, struct run *r, const struct strings *files)
{
    const char *out = r->args->out;
    weir_buf was = {0};
    struct stat st;
    int rc;

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
    /* what lines of exports hang on is known to this run alone, and so is where a journal ends */
    s->is_kept = !r->collect && !r->one_go && !r->args->journal;
    weir_buf_puts(&s->settings, first_line);
    resume_put_settings(r, files, &s->settings);
    weir_buf_putc(&s->settings, '\0');
    if (s->settings.failed)
        ui_no_memory();
    s->settings.len--;
    s->now_ms = r->now_ms;
    s->told_ms = clock_running_us() / 1000;
    if (!r->args->resume)
        return check_anew(s);
    if (access(s->path, F_OK) < 0 && errno == ENOENT)
        return tell_nothing_kept(s, out);
    rc = inputs_read(s->path, &was) ? go_on(s, &was, files->n) : EXIT_IO;
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
write_down(struct resume *s)
{
    char *beside = ui_alloc(strlen(s->path) + sizeof ".new", 1);
    weir_buf text = {0};

    (void)sprintf(beside, "%s.new", s->path);
    weir_buf_put(&text, (weir_span){s->settings.p, s->settings.len});
    weir_buf_printf(
        &text, "at %zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 "\n",
        s->at.feed, s->at.upto, s->at.lines, s->at.files, s->at.records, s->out, s->now_ms);
    if (text.failed)
        errno = ENOMEM;
    bool good = !text.failed && write_whole(beside, &text) && rename(beside, s->path) == 0;
    int error = errno;
    if (!good)
        (void)unlink(beside);
    s->is_down = s->is_down || good;
    weir_buf_fini(&text);
    free(beside);
    errno = error;
    return good;
}

bool
resume_keep_place(struct resume *s)
{
    return s->path && (write_down(s) || s->is_down);
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

static void
keep_no_more(struct resume *s)
{
    free(s->path);
    s->path = NULL;
}

bool
resume_anew(struct resume *s)
{
    if (!s->path || s->again)
        return true;
    if (unlink(s->path) < 0 && errno != ENOENT) {
        ui_say("%s: %s", s->path, strerror(errno));
        return false;
    }
    if (!s->is_kept)
        keep_no_more(s);
    return true;
}

void
resume_give_up(struct resume *s)
{
    ui_say("%s: %s; how far the run is cannot be kept", s->path, strerror(errno));
    keep_no_more(s);
}

bool
resume_keep(struct resume *s, struct sink *sink)
{
    if (!s->path)
        return false;
    if (!sink_sync(sink))
        errno = sink_errno(sink);
    else if (write_down(s))
        return true;
    resume_give_up(s);
    return false;
}

void
resume_done(struct resume *s)
{
    if (s->path)
        (void)unlink(s->path);
}
