/*
 * Sources: a descriptor, unpacked, and made lines of where it is an array.
 */
#include "feed/source.h"

#include "feed/archive.h"
#include "feed/array.h"
#include "feed/unpack.h"

#include "flow/check.h"
#include "flow/frame.h"
#include "flow/said.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Unpacked bytes of an array that are made lines of at a time. */
#define ARRAY_CHUNK ((size_t)128 * 1024)

struct source {
    uint32_t magic;
    char *path;
    const char *name; /* for messages */
    int fd;
    enum source_kind kind;
    struct unpacker unpacker;
    bool has_unpacker;
    struct array array;
    char *chunk; /* unpacked and not handed on: [at, len) of it */
    size_t at, len;
    bool is_bad;
    bool owned; /* by what the options say */
    uint64_t made;
    /* Of what is packed: lines that were handed on; those of them that are proved. */
    uint64_t lines, proved;
    uint64_t from, to; /* of a regular file; else zeroes */
    weir_buf user, fault, note;
};

static bool
is_stdin(const struct source *s)
{
    return s->name != s->path;
}

/* ---- opening ---- */

/* Opening a pipe waits for its writer, and nothing could end that: a signal comes to any thread.
   Where there is a descriptor that ends waiting, a pipe is waited for by reading alone. */
static int
how_to_open(const struct source *s, const struct source_options *o)
{
    struct stat st;
    bool is_pipe = o->stop_fd > 0 && stat(s->path, &st) == 0 && S_ISFIFO(st.st_mode);

    return O_RDONLY | O_CLOEXEC | (is_pipe ? O_NONBLOCK : 0);
}

static bool
open_file(struct source *s, const struct source_options *o, weir_buf *why)
{
    struct stat st;

    if (is_stdin(s))
        s->fd = STDIN_FILENO;
    while (s->fd < 0 && (s->fd = open(s->path, how_to_open(s, o))) < 0)
        if (errno != EINTR)
            break;
    bool is_folder = s->fd >= 0 && fstat(s->fd, &st) == 0 && S_ISDIR(st.st_mode);
    if (is_folder || s->fd < 0)
        weir_buf_printf(why, "%s: %s", s->name, strerror(is_folder ? EISDIR : errno));
    return s->fd >= 0 && !is_folder;
}

/* A file is read from where its descriptor stands, which the shell may have moved. */
static void
measure(struct source *s)
{
    struct stat st;
    off_t at;

    if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode) || (at = lseek(s->fd, 0, SEEK_CUR)) < 0)
        return;
    s->from = (uint64_t)at;
    s->to = st.st_size > at ? (uint64_t)st.st_size : s->from;
    (void)posix_fadvise(s->fd, at, 0, POSIX_FADV_SEQUENTIAL);
}

/* Tweets of an archive without users: whose are they? */
static bool
find_owner(struct source *s, const struct source_options *o, bool is_needed, weir_buf *why)
{
    weir_buf where = {0};

    if (!is_needed || is_stdin(s) || !archive_owner(s->path, &where, &s->user)) {
        s->owned = o->owner_handle != NULL;
        if (s->owned)
            archive_owner_given(o->owner_id, o->owner_handle, &s->user);
        else if (is_needed && is_stdin(s))
            weir_buf_printf(why,
                            "%s: the tweets of an account archive do not say whose they are; say "
                            "so by --owner",
                            s->name);
        else if (is_needed)
            weir_buf_printf(why,
                            "%s: the tweets of an account archive do not say whose they are, and "
                            "there is no %s that does; put the archive's there, or say --owner",
                            s->name, said_text(&where));
    }
    why->failed = why->failed || s->user.failed;
    weir_buf_fini(&where);
    return !s->user.failed && (s->user.len || !is_needed);
}

static bool
open_array(struct source *s, const struct source_options *o, const struct archive_told *told,
           weir_buf *why)
{
    struct array_options a = {.tweets = told->kind != ARCHIVE_ARRAY,
                              .keep = frame_most_kept(o->max_line),
                              .at = told->skip};

    if (!find_owner(s, o, told->kind == ARCHIVE_YTD, why))
        return false;
    char *chunk = realloc(s->chunk, ARRAY_CHUNK);
    if (!chunk) {
        why->failed = true;
        return false;
    }
    s->chunk = chunk;
    s->at = told->skip;
    s->kind = SOURCE_ARRAY;
    a.user = (weir_span){s->user.p, s->user.len};
    array_init(&s->array, &a);
    return true;
}

static void
skip_all(struct source *s, const char *what, weir_span name)
{
    s->kind = SOURCE_NO_POSTS;
    if (what)
        weir_buf_printf(&s->note, "%s was skipped: it is %s", s->name, what);
    else
        weir_buf_printf(&s->note, "%s was skipped: %.*s of an account archive holds no tweets",
                        s->name, (int)name.len, name.p);
    (void)said_text(&s->note);
}

/* What a feed is to be, and is not, stands within. */
static bool
refuse_tar(const struct source *s, weir_buf *why)
{
    weir_buf_printf(why, "%s is a tar archive; unpack it first, and name the folder", s->name);
    if (!is_stdin(s))
        weir_buf_printf(why, ": tar -xf %s -C FOLDER", s->name);
    return false;
}

/* As many bytes as tell what it is. false: stop_fd ended it. */
static bool
read_begin(struct source *s, struct archive_told *told)
{
    ssize_t got = 1;

    while (*told = archive_tell((weir_span){s->chunk, s->len}, got == 0),
           told->kind == ARCHIVE_MORE) {
        got = unpack_read(&s->unpacker, s->chunk + s->len, ARCHIVE_TOLD_BY - s->len);
        if (got == UNPACK_STOPPED)
            return false;
        if (got > 0)
            s->len += (size_t)got;
        else
            got = 0; /* a fault is told when what came before it has been handed on */
    }
    return true;
}

static bool
open_stream(struct source *s, const struct source_options *o, weir_buf *why)
{
    struct archive_told told;
    const char *what = NULL;

    s->has_unpacker = true;
    if (!unpack_init(&s->unpacker, s->fd, o->stop_fd, s->name,
                     o->command ? o->command : "replay")) {
        weir_buf_put(why, (weir_span){s->unpacker.why.p, s->unpacker.why.len});
        why->failed = why->failed || s->unpacker.why.failed;
        return false;
    }
    if (!s->unpacker.waits && !s->unpacker.codec)
        what = archive_no_feed(s->path, unpack_begin(&s->unpacker));
    if (!read_begin(s, &told))
        return false;
    if (told.kind == ARCHIVE_TAR)
        return refuse_tar(s, why);
    if (told.kind == ARCHIVE_OTHER || (what && told.kind == ARCHIVE_LINES))
        skip_all(s, told.kind == ARCHIVE_OTHER ? NULL : what, told.name);
    else if (told.kind != ARCHIVE_LINES)
        return open_array(s, o, &told, why);
    return true;
}

struct source *
source_open(const char *path, const struct source_options *o, weir_buf *why)
{
    struct source *s = calloc(1, sizeof *s);

    if (!s) {
        why->failed = true;
        return NULL;
    }
    s->magic = SOURCE_MAGIC;
    s->fd = -1;
    s->path = strdup(path);
    s->chunk = malloc(ARCHIVE_TOLD_BY);
    s->name = strcmp(path, "-") == 0 ? "standard input" : s->path;
    if (!s->path || !s->chunk)
        why->failed = true;
    else if (open_file(s, o, why)) {
        measure(s);
        if (open_stream(s, o, why))
            return s;
    }
    source_close(s);
    return NULL;
}

void
source_close(struct source *s)
{
    if (!s)
        return;
    CHECK_OBJ(s, SOURCE_MAGIC);
    s->magic = 0;
    if (s->has_unpacker)
        unpack_fini(&s->unpacker);
    if (s->fd >= 0 && !is_stdin(s))
        (void)close(s->fd);
    weir_buf_fini(&s->user);
    weir_buf_fini(&s->fault);
    weir_buf_fini(&s->note);
    free(s->chunk);
    free(s->path);
    free(s);
}

bool
source_check(const char *path, const struct source_options *o, struct source_told *told,
             weir_buf *why)
{
    struct stat st;

    *told = (struct source_told){.looked = false};
    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return true;
    struct source *s = source_open(path, o, why);
    if (s)
        *told = (struct source_told){.looked = true, .kind = s->kind, .owned = s->owned};
    source_close(s);
    return s != NULL;
}

/* ---- reading ---- */

static ssize_t
fail(struct source *s)
{
    s->is_bad = true;
    (void)said_text(&s->fault);
    return SOURCE_FAULT;
}

static uint64_t
lines_in(const char *p, size_t n)
{
    const char *end = p + n;
    uint64_t lines = 0;

    for (; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        lines++;
    return lines;
}

/* Lines that were handed on, byte for byte: proved are as many as end before what is not. */
static void
note_lines(struct source *s, const char *p, size_t n)
{
    uint64_t proved = unpack_proved(&s->unpacker);

    if (proved >= s->made)
        s->proved = s->lines + lines_in(p, proved - s->made < n ? (size_t)(proved - s->made) : n);
    s->lines += lines_in(p, n);
}

static void
tell_proved(struct source *s)
{
    const char *what = s->kind == SOURCE_ARRAY ? "elements" : "lines";

    if (!s->unpacker.made)
        return;
    if (unpack_proved(&s->unpacker) >= s->unpacker.made)
        weir_buf_puts(&s->fault, ", and are as they were packed, by their checksums");
    else if (s->proved)
        weir_buf_printf(&s->fault,
                        ". By its checksums, the first %" PRIu64 " %s are as they were packed; "
                        "what was made of later ones is not to be trusted",
                        s->proved, what);
    else
        weir_buf_printf(&s->fault,
                        ". No checksum proves any of its %s: what was made of them is not to be "
                        "trusted, as the damage can lie far before",
                        what);
}

static ssize_t
pass_fault(struct source *s)
{
    weir_buf_put(&s->fault, (weir_span){s->unpacker.why.p, s->unpacker.why.len});
    if (s->unpacker.is_damaged)
        tell_proved(s);
    s->fault.failed = s->fault.failed || s->unpacker.why.failed;
    return fail(s);
}

static ssize_t
read_lines(struct source *s, char *p, size_t n)
{
    size_t there = s->len - s->at;

    if (there) {
        there = there < n ? there : n;
        memcpy(p, s->chunk + s->at, there);
        s->at += there;
        return (ssize_t)there;
    }
    ssize_t got = unpack_read(&s->unpacker, p, n);
    if (got == UNPACK_FAULT) {
        note_lines(s, p, 0);
        return pass_fault(s);
    }
    return got;
}

/* Of the chunk: its end, or where what is proved ends in it, so that elements before are known. */
static size_t
step_to(const struct source *s)
{
    uint64_t from = s->unpacker.made - s->len, proved = unpack_proved(&s->unpacker);

    return proved > from + s->at && proved < from + s->len ? (size_t)(proved - from) : s->len;
}

/* All that was unpacked up to `upto` is in lines that were handed on, or in one that has begun. */
static void
note_elements(struct source *s, uint64_t upto)
{
    if (unpack_proved(&s->unpacker) >= upto)
        s->proved = s->lines;
}

static ssize_t
read_array(struct source *s, char *p, size_t n)
{
    weir_buf why = {0};
    ssize_t got = 1;
    bool good = true;

    while (good) {
        note_elements(s, s->unpacker.made - (s->len - s->at));
        struct step step = {s->chunk + s->at, s->chunk + step_to(s), p, p + n};

        good = array_step(&s->array, &step, &why);
        s->at = (size_t)(step.in - s->chunk);
        if (step.out > p) { /* what is not good will be so again */
            weir_buf_fini(&why);
            s->lines += lines_in(p, (size_t)(step.out - p));
            return step.out - p;
        }
        if (!good)
            break;
        if (s->at < s->len)
            continue;
        uint64_t before = s->unpacker.made;
        got = unpack_read(&s->unpacker, s->chunk, ARRAY_CHUNK);
        note_elements(s, before);
        if (got == UNPACK_FAULT)
            return pass_fault(s);
        if (got < 0)
            return got;
        s->at = 0;
        s->len = (size_t)got;
        if (got == 0) {
            good = array_end(&s->array, &why);
            if (good)
                return SOURCE_END;
        }
    }
    weir_buf_printf(&s->fault, "%s%s: %s", s->name, s->unpacker.codec ? ", unpacked" : "",
                    said_text(&why));
    weir_buf_fini(&why);
    return fail(s);
}

ssize_t
source_read(struct source *s, char *p, size_t n)
{
    ssize_t got;

    CHECK_OBJ(s, SOURCE_MAGIC);
    CHECK(n > 0);
    if (s->is_bad)
        return SOURCE_FAULT;
    if (s->kind == SOURCE_NO_POSTS)
        return SOURCE_END;
    got = s->kind == SOURCE_ARRAY ? read_array(s, p, n) : read_lines(s, p, n);
    if (got > 0 && s->unpacker.codec && s->kind == SOURCE_LINES)
        note_lines(s, p, (size_t)got);
    if (got > 0)
        s->made += (uint64_t)got;
    return got;
}

/* ---- telling ---- */

/* A buffer that said_text has seen. */
static const char *
text_of(const weir_buf *b)
{
    return b->failed ? weir_status_text(WEIR_E_NOMEM) : b->p;
}

const char *
source_fault(const struct source *s)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    return s->is_bad ? text_of(&s->fault) : NULL;
}

const char *
source_note(const struct source *s)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    return s->kind == SOURCE_NO_POSTS ? text_of(&s->note) : NULL;
}

enum source_kind
source_kind(const struct source *s)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    return s->kind;
}

const char *
source_packing(const struct source *s)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    if (!s->unpacker.codec)
        return "plain";
    return s->unpacker.kind == CODEC_GZIP ? "gzip" : "zstd";
}

bool
source_waits(const struct source *s)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    return s->unpacker.waits;
}

bool
source_ranges(const struct source *s, int *fd, uint64_t *from, uint64_t *to)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    /* What the system makes as it is read, as below /proc, has no size. */
    if (s->unpacker.codec || s->unpacker.waits || s->kind != SOURCE_LINES || s->to == s->from)
        return false;
    *fd = s->fd;
    *from = s->from;
    *to = s->to;
    if (is_stdin(s)) /* whoever reads it next, as `- -` does, begins behind this */
        (void)lseek(s->fd, (off_t)s->to, SEEK_SET);
    return true;
}

void
source_progress(const struct source *s, uint64_t *done, uint64_t *known)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    *known = s->to - s->from;
    *done = s->kind == SOURCE_NO_POSTS ? *known : unpack_used(&s->unpacker);
}

uint64_t
source_made(const struct source *s)
{
    CHECK_OBJ(s, SOURCE_MAGIC);
    return s->made;
}
