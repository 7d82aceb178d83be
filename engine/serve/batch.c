/*
 * One batch of lines.
 */
#include "serve/batch.h"

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

enum frame_result
batch_work(struct answerer *a, struct frame *f, struct answer_line *line, bool eof, int64_t now_ms,
           weir_buf *out)
{
    struct answer_room room = {.bytes = BATCH_OUT, .work = BATCH_WORK};
    enum frame_result r = FRAME_LINE;

    while (room.bytes && room.work) {
        if (line->done && (r = next_line(f, line, eof, now_ms)) != FRAME_LINE)
            return r;
        if (answer_go_on(a, line, &room, out) != WEIR_OK)
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
