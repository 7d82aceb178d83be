/*
 * One batch of lines.
 */
#include "flow/batch.h"

#include <string.h>

/* The next line: of the chunk, or the last one of an input that has ended. */
static enum frame_result
next_line(struct frame *f, struct answer_line *out, bool eof, int64_t now_ms)
{
    struct answer_line line = {.now_ms = now_ms};
    enum frame_result r = frame_next(f, &line.bytes, &line.avail);

    if (r == FRAME_MORE && eof)
        r = frame_end(f, &line.bytes, &line.avail);
    if (r == FRAME_LINE) {
        line.number = f->lines;
        *out = line;
    }
    return r;
}

/* The lines that follow it where they lie, as many as are worth `work`. @return how many of all. */
static size_t
next_lines(struct frame *f, struct answer_line *lines, size_t work)
{
    size_t n = 1, wanted = lines[0].bytes.len + ANSWER_WORK;

    while (n < ANSWER_TOGETHER && wanted < work) {
        struct answer_line *line = &lines[n];

        *line = (struct answer_line){.now_ms = lines[0].now_ms};
        if (!frame_next_here(f, &line->bytes, &line->avail))
            break;
        line->number = f->lines;
        wanted += line->bytes.len + ANSWER_WORK;
        n++;
    }
    return n;
}

static weir_status
answer_lines(struct answerer *a, struct frame *f, struct answer_line *lines,
             struct answer_room *room, weir_buf *out, struct answer_line *last)
{
    size_t n = next_lines(f, lines, room->work), begun;
    weir_status st = answer_together(a, lines, n, room, out, &begun);

    if (begun < n)
        frame_take_back(f, lines[begun].bytes.p, n - begun);
    *last = lines[begun - 1];
    return st;
}

enum frame_result
batch_work(struct answerer *a, struct frame *f, struct answer_line *line, bool eof, int64_t now_ms,
           struct answer_room *room, weir_buf *out)
{
    struct answer_line lines[ANSWER_TOGETHER];
    enum frame_result r;
    weir_status st;

    while (room->bytes && room->work) {
        if (!line->done)
            st = answer_go_on(a, line, room, out);
        else if ((r = next_line(f, lines, eof, now_ms)) == FRAME_LINE)
            st = answer_lines(a, f, lines, room, out, line);
        else
            return r;
        if (st != WEIR_OK)
            return FRAME_NOMEM;
    }
    return FRAME_LINE;
}

uint64_t
batch_answers_in(const char *p, size_t len)
{
    uint64_t n = 0;
    const char *end = p + len;

    while (len && p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        n++;
    }
    return n;
}
