/*
 * Retiring segments: the oldest ones, whole, when all that is in them is older than is to be
 * retained. The journal says so before they are deleted: a crash between leaves segments that an
 * event calls retired, which are deleted the next time, and never a gap that nothing explains.
 */
#include "audit/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* An end with its signature is much shorter. */
#define TAIL 4096

/* The last line of a finished segment. */
struct last_line {
    char text[TAIL];
    struct weir__line parts;
    weir_journal_end end;
};

static bool
read_end(weir_journal *j, uint32_t segment, struct last_line *out)
{
    char file[WEIR__NAME_MAX];
    weir_span s = {out->text, 0};

    weir__name_segment(segment, file);
    int fd = openat(j->folder.fd, file, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    uint64_t from = size > TAIL ? (uint64_t)(size - TAIL) : 0;
    ssize_t n = size > 0 ? weir__read_at(fd, out->text, TAIL, from) : -1;
    if (fd >= 0)
        (void)close(fd);
    if (n <= 0 || out->text[n - 1] != '\n')
        return false;
    s.len = (size_t)n - 1;
    const char *before = memrchr(s.p, '\n', s.len);
    if (before)
        s = span_skip(s, (size_t)(before + 1 - s.p));
    return !weir__line_split(s, &out->parts) && out->parts.kind == WEIR_JOURNAL_END &&
           weir__is_hash(out->parts.hash) &&
           weir__end_read(out->parts.body, &j->message, &out->end);
}

static weir_status
warn(weir_journal *j, uint32_t segment, const char *what)
{
    (void)snprintf(j->warning, sizeof j->warning, "%s/%08u.ndjson: %s", j->folder.path, segment,
                   what);
    j->warned = false;
    return WEIR_OK;
}

/* How many of the oldest segments are to go; *last is the end of the last of them. */
static weir_status
count_old(weir_journal *j, const struct weir__listing *l, int64_t before_ms, size_t *n,
          struct last_line *last)
{
    struct last_line line;

    for (*n = 0; *n < l->nsegments && l->segments[*n] < j->segment; ++*n) {
        bool read = read_end(j, l->segments[*n], &line);
        if (j->message.failed)
            return WEIR_E_NOMEM;
        if (!read)
            return warn(j, l->segments[*n], "is not retired: its last line cannot be read");
        if (line.end.at_ms >= before_ms)
            return WEIR_OK;
        /* the number and the hash are what is needed of it, and the hash lies in its text */
        *last = line;
        last->parts.hash.p = last->text + (line.parts.hash.p - line.text);
    }
    return WEIR_OK;
}

/* Oldest first, so that what stays is always the end of the chain. */
static weir_status
delete_old(weir_journal *j, const struct weir__listing *l, size_t n)
{
    char file[WEIR__NAME_MAX];

    for (size_t i = 0; i < n; i++) {
        weir__name_segment(l->segments[i], file);
        if (unlinkat(j->folder.fd, file, 0) != 0 && errno != ENOENT)
            return warn(j, l->segments[i], "is retired, and cannot be deleted: check permissions");
    }
    for (size_t i = 0; i < l->ntorn && l->torn[i].segment <= l->segments[n - 1]; i++) {
        weir__name_torn(l->torn[i].segment, l->torn[i].k, file);
        (void)unlinkat(j->folder.fd, file, 0);
    }
    (void)weir__sync_folder(j->folder.fd);
    return WEIR_OK;
}

static weir_status
retire(weir_journal *j, const struct weir__listing *l, int64_t now_ms)
{
    struct last_line last;
    int64_t kept_ms = (int64_t)j->retain_days * 24 * 60 * 60 * 1000;
    size_t n;
    weir_status st = count_old(j, l, now_ms - kept_ms, &n, &last);

    j->message.failed = false;
    if (st != WEIR_OK || n == 0)
        return st;
    const weir_journal_event e = {.kind = WEIR_JOURNAL_RETIRED,
                                  .at_ms = now_ms,
                                  .first = l->segments[0],
                                  .last = l->segments[n - 1],
                                  .seq = last.parts.seq,
                                  .hash = last.parts.hash};
    st = weir__journal_tell(j, &e);
    if (st == WEIR_OK)
        st = weir__journal_push(j);
    if (st == WEIR_OK)
        st = weir__journal_sync(j);
    return st == WEIR_OK ? delete_old(j, l, n) : st;
}

weir_status
weir__journal_retire(weir_journal *j, int64_t now_ms)
{
    struct weir__listing l;

    if (!j->retain_days)
        return WEIR_OK;
    weir_status st = weir__listing_read(j->folder.fd, &l);
    if (st == WEIR_E_IO)
        st = warn(j, j->segment, "old segments are not retired: the folder cannot be read");
    else if (st == WEIR_OK)
        st = retire(j, &l, now_ms);
    weir__listing_fini(&l);
    if (st == WEIR_OK)
        j->retired_day = weir__day_of(now_ms); /* else the next one tries again */
    return st;
}
