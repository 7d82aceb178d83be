/*
 * A segment's file, line by line in bounded memory, and what a tail without a newline means.
 */
#include "audit/journal_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define AT_ONCE ((size_t)256 << 10) /* stays in the cache for the hashing that follows */
/* So many zeroes side by side are what a disk shows that lost its power before the data came. No
   changed bit makes them, and nothing that is written has even one. */
#define ZERO_BLOCK 512

/* Lines out of a file. */
struct lines {
    int fd;
    weir_buf *buf;
    size_t start, scanned; /* of the buffer: where the next line begins; no newline before */
    bool at_end;           /* of the file */
};

enum next { LINE, END_OF_FILE, TOO_LONG, NO_MEMORY, FAILED };

/* More of the file behind what is there. */
static enum next
read_more(struct lines *l)
{
    weir_buf *b = l->buf;

    if (l->start) {
        memmove(b->p, b->p + l->start, b->len - l->start);
        b->len -= l->start;
        l->scanned -= l->start;
        l->start = 0;
    }
    if (b->len > WEIR_JOURNAL_LINE_MAX)
        return TOO_LONG;
    char *room = weir_buf_reserve(b, AT_ONCE);
    if (!room)
        return NO_MEMORY;
    ssize_t n;
    do
        n = read(l->fd, room, AT_ONCE);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return FAILED;
    l->at_end = n == 0;
    b->len += (size_t)n;
    return LINE;
}

/* LINE: the next one, without its newline. END_OF_FILE: what is behind the last newline. */
static enum next
next_line(struct lines *l, weir_span *out)
{
    for (;;) {
        weir_buf *b = l->buf;
        const char *nl =
            b->len > l->scanned ? memchr(b->p + l->scanned, '\n', b->len - l->scanned) : NULL;
        size_t end = nl ? (size_t)(nl - b->p) : b->len;

        *out = (weir_span){b->p + l->start, end - l->start};
        l->scanned = end;
        if (nl) {
            l->start = l->scanned = end + 1;
            return LINE;
        }
        if (l->at_end)
            return END_OF_FILE;
        enum next more = read_more(l);
        if (more != LINE)
            return more;
    }
}

static bool
has_zero_block(weir_span s)
{
    size_t run = 0;

    for (size_t i = 0; i < s.len && run < ZERO_BLOCK; i++)
        run = s.p[i] ? 0 : run + 1;
    return run == ZERO_BLOCK;
}

static void
found_torn(struct weir__checker *c, const char *file, weir_span rest)
{
    c->torn = true;
    if (rest.len == 0)
        weir__journal_found(c, WEIR_JOURNAL_FOUND_CUT, file, 0, c->chain.seq + 1, rest,
                            "is not there: the file is empty");
    else
        weir__journal_found(
            c, WEIR_JOURNAL_FOUND_CUT, file, c->line + 1, c->chain.seq + 1, rest,
            "is cut off: the file ends in the middle of it. A crash while it was written "
            "does that (the next start of the writer moves the torn line aside), and so "
            "does someone who cuts");
}

/* The file has ended. */
static void
look_at_rest(struct weir__checker *c, const char *file, weir_span rest)
{
    if (c->segment.ended && rest.len)
        weir__journal_found(c, WEIR_JOURNAL_FOUND_TRAILING, file, c->line + 1, c->chain.seq + 1,
                            rest, "stands behind the end of its segment, without a newline");
    else if (rest.len || c->line == 0)
        found_torn(c, file, rest);
}

/* A line that is not right: one that a loss of power left? */
static void
look_at_bad_line(struct weir__checker *c, weir_span line)
{
    if (c->proof->finding == WEIR_JOURNAL_FOUND_NONE || c->segment.ended || !has_zero_block(line))
        return;
    c->torn = true;
    c->proof->finding = WEIR_JOURNAL_FOUND_CUT;
    c->proof->bad_seq = c->chain.seq + 1;
    c->proof->bad_post[0] = '\0';
    (void)snprintf(c->proof->why, sizeof c->proof->why,
                   "is cut off: blocks of zeroes stand in its place. A loss of power does that "
                   "(the next start of the writer moves the rest aside)");
}

static weir_status
check_lines(struct weir__checker *c, struct lines *l, const char *file)
{
    weir_span line;

    for (;;) {
        switch (next_line(l, &line)) {
        case LINE:
            if (!weir__check_line(c, line)) {
                if (c->proof->finding == WEIR_JOURNAL_FOUND_NONE)
                    return WEIR_E_NOMEM;
                look_at_bad_line(c, line);
                return WEIR_OK;
            }
            c->good_bytes += line.len + 1;
            if (c->enough)
                return WEIR_OK;
            break;
        case END_OF_FILE:
            look_at_rest(c, file, line);
            return WEIR_OK;
        case TOO_LONG:
            weir__journal_found(c, WEIR_JOURNAL_FOUND_FORM, file, c->line + 1, c->chain.seq + 1,
                                line, "is longer than any line that is written");
            look_at_bad_line(c, line);
            return WEIR_OK;
        case NO_MEMORY:
            return WEIR_E_NOMEM;
        default:
            return WEIR_E_IO;
        }
    }
}

weir_status
weir__check_segment(struct weir__checker *c, int dirfd, uint32_t number)
{
    char file[WEIR__NAME_MAX];

    weir__name_segment(number, file);
    int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return WEIR_E_IO;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    c->segment = (weir_journal_segment){.number = number};
    c->line = c->good_bytes = 0;
    c->bytes.len = 0;
    struct lines l = {.fd = fd, .buf = &c->bytes};
    weir_status st = check_lines(c, &l, file);
    int why = errno;
    (void)close(fd);
    errno = why;
    c->proof->bytes += c->good_bytes;
    return st;
}
