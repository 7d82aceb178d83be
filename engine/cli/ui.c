/*
 * Talking to people and to pipes.
 */
#include "cli/ui.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
ui_say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    flockfile(stderr);
    (void)fputs("tagweir: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    funlockfile(stderr);
    va_end(ap);
}

_Noreturn void
ui_no_memory(void)
{
    ui_say("out of memory");
    exit(EXIT_IO);
}

void *
ui_alloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        ui_no_memory();
    return p;
}

void *
ui_grow(void *p, size_t n, size_t size)
{
    p = reallocarray(p, n, size);
    if (!p)
        ui_no_memory();
    return p;
}

bool
ui_has_colour(int fd)
{
    const char *no = getenv("NO_COLOR");

    return isatty(fd) && !(no && *no);
}

bool
ui_write(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

int
ui_put(weir_buf *out)
{
    if (out->failed)
        ui_no_memory();
    bool written = ui_write(STDOUT_FILENO, out->p, out->len);
    if (!written && errno == EPIPE)
        ui_reader_left();
    else if (!written)
        ui_say("standard output: %s", strerror(errno));
    out->len = 0;
    return written ? EXIT_DONE : EXIT_IO;
}

static bool reader_left;

void
ui_reader_left(void)
{
    reader_left = true;
}

int
ui_end(int rc, bool ignored)
{
    if (!reader_left)
        return rc;
    if (ignored) {
        ui_say("standard output: %s", strerror(EPIPE));
        return EXIT_IO;
    }
    (void)signal(SIGPIPE, SIG_DFL);
    (void)raise(SIGPIPE);
    return EXIT_IO;
}

void
ui_tell(weir_buf *out)
{
    if (out->failed)
        ui_no_memory();
    (void)fflush(stderr);
    (void)ui_write(STDERR_FILENO, out->p, out->len);
    out->len = 0;
}

void
ui_diags(const weir_diags *d, weir_severity least)
{
    bool colour = ui_has_colour(STDERR_FILENO);
    weir_buf out = {0};

    for (size_t i = 0; i < weir_diags_count(d); i++) {
        if (weir_diags_at(d, i)->severity >= least)
            weir_diag_format(weir_diags_at(d, i), colour, &out);
    }
    ui_tell(&out);
    weir_buf_fini(&out);
}

void
ui_count(weir_buf *out, uint64_t n, const char *one, const char *many)
{
    weir_buf_printf(out, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

void
ui_json(weir_buf *out, const char *s)
{
    weir_buf_put_json(out, (weir_span){s, strlen(s)});
}
