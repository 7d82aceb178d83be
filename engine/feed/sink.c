/*
 * Writing packed blocks to files and pipes.
 */
#include "feed/sink.h"

#include "flow/check.h"
#include "flow/said.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct sink {
    uint32_t magic;
    char *path;
    int fd;
    bool is_stdout, is_regular, is_pipe;
    uint64_t written;
    int error;
    weir_buf fault;
};

static const char *
name_of(const struct sink *s)
{
    return s->is_stdout ? "standard output" : s->path;
}

/* ---- onto what is read ---- */

/* Which of the feeds is this regular file? */
static const char *
same_as(const struct stat *out, const char *const *feeds, size_t n)
{
    struct stat st;

    for (size_t i = 0; i < n && S_ISREG(out->st_mode); i++) {
        int got = strcmp(feeds[i], "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(feeds[i], &st);

        if (got == 0 && st.st_dev == out->st_dev && st.st_ino == out->st_ino)
            return feeds[i];
    }
    return NULL;
}

const char *
sink_is_feed(const char *path, const char *const *feeds, size_t nfeeds)
{
    struct stat st;
    int got = strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, &st) : stat(path, &st);

    return got == 0 ? same_as(&st, feeds, nfeeds) : NULL;
}

/* ---- opening ---- */

static bool
refuse(const struct sink *s, weir_buf *why, const char *what)
{
    weir_buf_printf(why, "%s: %s", name_of(s), what);
    return false;
}

/* Cut to what is kept, and stand at its end. */
static bool
cut(struct sink *s, const struct stat *st, uint64_t from, weir_buf *why)
{
    uint64_t size = (uint64_t)st->st_size;

    s->written = from == SINK_ANEW ? 0 : from;
    if (!s->is_regular && from != SINK_ANEW)
        return refuse(s, why, "is no regular file, so writing cannot go on where it ended");
    if (!s->is_regular || (s->is_stdout && from == SINK_ANEW))
        return true; /* where it goes is the shell's business, which may append */
    if (from != SINK_ANEW && size < from) {
        weir_buf_printf(why,
                        "%s: has %" PRIu64 " bytes, fewer than the %" PRIu64
                        " behind which writing was to go on",
                        name_of(s), size, from);
        return false;
    }
    if (ftruncate(s->fd, (off_t)s->written) < 0 || lseek(s->fd, (off_t)s->written, SEEK_SET) < 0)
        return refuse(s, why, strerror(errno));
    return true;
}

static bool
open_file(struct sink *s, uint64_t from, const char *const *feeds, size_t nfeeds, weir_buf *why)
{
    int flags = O_WRONLY | O_CLOEXEC | (from == SINK_ANEW ? O_CREAT : 0);
    struct stat st;

    s->fd = s->is_stdout ? STDOUT_FILENO : -1;
    while (s->fd < 0 && (s->fd = open(s->path, flags, 0666)) < 0)
        if (errno != EINTR)
            return refuse(s, why, strerror(errno));
    if (fstat(s->fd, &st) < 0)
        return refuse(s, why, strerror(errno));
    s->is_regular = S_ISREG(st.st_mode);
    s->is_pipe = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
    const char *feed = same_as(&st, feeds, nfeeds);
    if (feed) {
        weir_buf_printf(why, "%s is %s, which is being read; write to another file", name_of(s),
                        strcmp(feed, "-") == 0 ? "standard input" : feed);
        return false;
    }
    /* Where there are no locks, nobody has one. */
    if (s->is_regular && !s->is_stdout && flock(s->fd, LOCK_EX | LOCK_NB) < 0 &&
        errno == EWOULDBLOCK)
        return refuse(s, why, "another run is writing it");
    return cut(s, &st, from, why);
}

struct sink *
sink_open(const char *path, uint64_t from, const char *const *feeds, size_t nfeeds, weir_buf *why)
{
    struct sink *s = calloc(1, sizeof *s);

    if (s) {
        s->magic = SINK_MAGIC;
        s->is_stdout = strcmp(path, "-") == 0;
        s->fd = -1;
        s->path = strdup(path);
    }
    if (!s || !s->path)
        why->failed = true;
    else if (open_file(s, from, feeds, nfeeds, why))
        return s;
    if (s)
        (void)sink_close(s, NULL);
    return NULL;
}

/* ---- writing ---- */

static bool
fail(struct sink *s, int error)
{
    s->error = error;
    weir_buf_printf(&s->fault, "%s: %s", name_of(s), strerror(error));
    (void)said_text(&s->fault);
    return false;
}

bool
sink_write(struct sink *s, const char *p, size_t len)
{
    CHECK_OBJ(s, SINK_MAGIC);
    CHECK(!s->error);
    while (len) {
        ssize_t n = write(s->fd, p, len);

        if (n < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = s->fd, .events = POLLOUT};

            (void)poll(&ready, 1, -1); /* what is wrong, write will say */
        } else if (n < 0 && errno != EINTR)
            return fail(s, errno);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
            s->written += (uint64_t)n;
        }
    }
    return true;
}

bool
sink_sync(struct sink *s)
{
    CHECK_OBJ(s, SINK_MAGIC);
    CHECK(!s->error);
    while (s->is_regular && fsync(s->fd) < 0)
        if (errno == EINVAL || errno == EROFS)
            break; /* this system has no such thing for it */
        else if (errno != EINTR)
            return fail(s, errno);
    return true;
}

bool
sink_is_pipe(const struct sink *s)
{
    CHECK_OBJ(s, SINK_MAGIC);
    return s->is_pipe;
}

uint64_t
sink_written(const struct sink *s)
{
    CHECK_OBJ(s, SINK_MAGIC);
    return s->written;
}

const char *
sink_fault(const struct sink *s)
{
    CHECK_OBJ(s, SINK_MAGIC);
    if (!s->error)
        return NULL;
    return s->fault.failed ? strerror(s->error) : s->fault.p;
}

int
sink_errno(const struct sink *s)
{
    CHECK_OBJ(s, SINK_MAGIC);
    return s->error;
}

bool
sink_close(struct sink *s, weir_buf *why)
{
    /* Standard output stays open, for what else the program does; closing a copy of it tells what
       closing it would. */
    int fd = !s->is_stdout ? s->fd : s->fd >= 0 ? dup(s->fd) : -1;

    CHECK_OBJ(s, SINK_MAGIC);
    /* After EINTR the descriptor is closed all the same. */
    bool good = fd < 0 || close(fd) == 0 || errno == EINTR;
    if (!good && why)
        weir_buf_printf(why, "%s: %s", name_of(s), strerror(errno));
    s->magic = 0;
    weir_buf_fini(&s->fault);
    free(s->path);
    free(s);
    return good;
}
