/*
 * Reading ranges. To find where the first line begins, the byte before the range is read, too.
 */
#include "replay/range.h"

#include <tagweir/tagweir.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Asked for behind a range, for its last line. */
#define READ_BEHIND ((size_t)16 * 1024)

bool
portion_make_room(struct portion *to, size_t n)
{
    if (n + WEIR_LINE_PADDING <= to->cap)
        return true;
    size_t cap = n + n / 4 + WEIR_LINE_PADDING;
    char *memory = realloc(to->memory, cap);
    if (!memory)
        return false;
    to->memory = memory;
    to->cap = cap;
    return true;
}

void
portion_give(struct portion *to, size_t from, size_t upto)
{
    memset(to->memory + upto, 0, WEIR_LINE_PADDING);
    to->bytes = (weir_span){to->memory + from, upto - from};
}

/* Bytes from `start` on until there are n of them, or the file ends. @return how many, or -1. */
static ssize_t
read_at(const struct portion *to, uint64_t start, size_t have, size_t n)
{
    while (have < n) {
        ssize_t got = pread(to->fd, to->memory + have, n - have, (off_t)(start + have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

#define TRUNCATED "it has become shorter while it was read"

/* The end of the line that holds the byte at `last`, reading on as it takes. @return the offset
   behind it in the memory; 0: errno says why not (0: the file has become shorter), or there is no
   memory. */
static size_t
end_of_line(struct portion *to, size_t keep, uint64_t start, size_t have, size_t from, size_t last)
{
    const char *before = last > from ? memrchr(to->memory + from, '\n', last - from) : NULL;
    size_t begin = before ? (size_t)(before - to->memory) + 1 : from;

    for (size_t at = last;;) {
        const char *nl = memchr(to->memory + at, '\n', have - at);

        if (nl)
            return (size_t)(nl - to->memory) + 1;
        if (have - begin >= keep)
            return begin + keep;
        at = have;
        uint64_t left = to->size - (start + have);
        size_t more = left < PORTION_SIZE ? (size_t)left : PORTION_SIZE;
        if (more == 0)
            return have;
        errno = ENOMEM;
        if (!portion_make_room(to, have + more))
            return 0;
        ssize_t got = read_at(to, start, have, have + more);
        if (got < 0)
            return 0;
        if ((size_t)got == have) {
            errno = 0;
            return 0;
        }
        have = (size_t)got;
    }
}

static bool
cannot_read(struct portion *to, const char *path, const char *why)
{
    weir_buf_printf(&to->note, "%s: %s", path, why);
    to->fault = true;
    return !to->note.failed;
}

bool
range_read(struct portion *to, size_t keep, const char *path)
{
    uint64_t start = to->from > to->begin ? to->from - 1 : to->from;
    size_t range = (size_t)(to->to - start), from = 0;
    uint64_t left = to->size - start;
    size_t want = left < range + READ_BEHIND ? (size_t)left : range + READ_BEHIND;

    to->bytes = (weir_span){NULL, 0};
    if (to->from == to->to)
        return true;
    if (!portion_make_room(to, want))
        return false;
    ssize_t got = read_at(to, start, 0, want);
    if (got < 0)
        return cannot_read(to, path, strerror(errno));
    if ((size_t)got < range)
        return cannot_read(to, path, TRUNCATED);
    if (start < to->from) { /* a line that begins in the range has its newline before */
        const char *nl = memchr(to->memory, '\n', range - 1);

        if (!nl)
            return true;
        from = (size_t)(nl - to->memory) + 1;
    }
    size_t upto = end_of_line(to, keep, start, (size_t)got, from, range - 1);
    if (upto == 0)
        return errno != ENOMEM && cannot_read(to, path, errno ? strerror(errno) : TRUNCATED);
    portion_give(to, from, upto);
    return true;
}
