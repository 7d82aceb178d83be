/*
 * Running feeds through the pipeline. Where output fails the run stops, and says how far it got.
 */
#include "cli/run.h"

#include "cli/inputs.h"
#include "cli/ui.h"

#include "flow/batch.h"
#include "flow/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Records are written when there are this many bytes of them. */
#define OUT_BATCH ((size_t)256 * 1024)

struct running {
    const struct run *r;
    struct answerer answerer;
    struct summary_places places;
    struct frame frame;
    char *in;
    weir_buf out;
    uint64_t files, lines;
    bool begun;                 /* something was read of the file */
    uint64_t unsent, delivered; /* answers in `out`; answers written */
};

static int
write_out(struct running *x)
{
    const char *file = x->places.file;
    size_t len = x->out.len;

    x->out.len = 0;
    if (ui_write(STDOUT_FILENO, x->out.p, len)) {
        x->delivered += x->unsent;
        x->unsent = 0;
        return EXIT_DONE;
    }
    if (errno != EPIPE) /* a reader that has seen enough is no news */
        ui_say("standard output: %s; stopped at %s:%" PRIu64 ", after %" PRIu64
               " records that were surely written",
               strerror(errno), file ? file : "the end", x->frame.lines, x->delivered);
    return EXIT_IO;
}

/* The lines of the chunk; at the end of the input also one that no newline ends. */
static int
answer_chunk(struct running *x, bool at_end)
{
    struct answer_line line = {.done = true};
    enum frame_result got = FRAME_LINE;
    int rc = EXIT_DONE;

    while (rc == EXIT_DONE && got == FRAME_LINE) {
        struct answer_room room = {.bytes = OUT_BATCH - x->out.len, .work = SIZE_MAX};
        uint64_t made = x->answerer.tally.made;

        got = batch_work(&x->answerer, &x->frame, &line, at_end, x->r->now_ms, &room, &x->out);
        x->unsent += x->answerer.tally.made - made;
        if (got == FRAME_NOMEM) {
            (void)write_out(x);
            ui_say("%s:%" PRIu64 ": %s", x->places.file, x->frame.lines,
                   weir_status_text(WEIR_E_NOMEM));
            rc = EXIT_IO;
        } else if (x->out.len >= OUT_BATCH)
            rc = write_out(x);
    }
    if (!line.done)
        answer_give_up(&x->answerer, &line);
    return rc;
}

static int
read_stream(struct running *x, int fd)
{
    struct stat st;
    bool waits = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode); /* input may come as it happens */
    int rc = EXIT_DONE;
    ssize_t n = 1;

    while (rc == EXIT_DONE && n > 0) {
        n = read(fd, x->in, FRAME_CHUNK);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        if (n < 0) {
            int error = errno;

            (void)write_out(x);
            ui_say("%s: %s; stopped after line %" PRIu64, x->places.file, strerror(error),
                   x->frame.lines);
            return EXIT_IO;
        }
        if (!x->begun && inputs_is_packed(x->places.file, x->in, (size_t)n, x->r->command)) {
            (void)write_out(x);
            return EXIT_IO;
        }
        x->begun = true;
        memset(x->in + n, 0, WEIR_LINE_PADDING);
        frame_feed(&x->frame, x->in, (size_t)n);
        rc = answer_chunk(x, n == 0);
        if (rc == EXIT_DONE && waits && x->out.len)
            rc = write_out(x);
    }
    return rc;
}

static int
read_feed(struct running *x, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        int error = errno;

        (void)write_out(x);
        ui_say("%s: %s", path, strerror(error));
        return EXIT_IO;
    }
    x->places.file = path;
    x->begun = false;
    frame_init(&x->frame, x->r->args->answer.max_line);
    int rc = read_stream(x, fd);
    x->lines += x->frame.lines;
    x->files++;
    frame_fini(&x->frame);
    if (!is_stdin)
        (void)close(fd);
    return rc;
}

static void
print_summary(const struct running *x)
{
    struct ledger ledger = {0};
    struct summary s = {.command = x->r->command,
                        .args = x->r->args,
                        .rs = x->r->rs,
                        .tally = &x->answerer.tally,
                        .ledger = &ledger,
                        .now_ms = x->r->now_ms,
                        .places = &x->places,
                        .files = x->files,
                        .lines = x->lines};

    if (x->r->rs) {
        ledger_add(&ledger, x->r->rs, &x->answerer.tally);
        ledger_add_costs(&ledger, x->r->rs, x->answerer.scratch);
    }
    summary_print(&s);
    ledger_fini(&ledger);
}

static int
finish(struct running *x, int rc)
{
    if (rc == EXIT_DONE)
        rc = write_out(x);
    CHECK(tally_adds_up(&x->answerer.tally));
    if (rc != EXIT_DONE)
        return rc;
    CHECK(x->unsent == 0 && x->delivered == x->answerer.tally.made);
    if (!x->r->args->quiet)
        print_summary(x);
    return x->r->args->strict && x->answerer.tally.errors ? EXIT_FINDINGS : EXIT_DONE;
}

/* The files of a folder are what it happens to hold: none at all is hardly what was meant. */
static int
find_feeds(const struct run *r, struct strings *files)
{
    int rc = inputs_files(&r->args->plain, NULL, files);

    if (rc == EXIT_DONE && files->n == 0) {
        ui_say("no feed was found: there is no file in %s", r->args->plain.v[0]);
        return EXIT_IO;
    }
    for (size_t i = 0; i < files->n && rc == EXIT_DONE; i++) /* before anything is written */
        rc = inputs_file_is_packed(files->v[i], r->command) ? EXIT_IO : EXIT_DONE;
    return rc;
}

int
run_feeds(const struct run *r)
{
    struct running x = {.r = r, .in = ui_alloc(FRAME_MEMORY, 1)};
    struct answer_options o = r->args->answer;
    struct strings files = {0};
    int rc = find_feeds(r, &files);

    o.handles = r->handles;
    if (answerer_init(&x.answerer, r->rs, &o) != WEIR_OK)
        ui_no_memory();
    x.answerer.on_error = summary_place;
    x.answerer.on_error_arg = &x.places;
    for (size_t i = 0; i < files.n && rc == EXIT_DONE; i++)
        rc = read_feed(&x, files.v[i]);
    rc = finish(&x, rc);
    answerer_fini(&x.answerer);
    weir_buf_fini(&x.out);
    free(x.in);
    inputs_files_free(&files);
    return rc;
}
