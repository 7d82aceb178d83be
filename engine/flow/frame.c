/*
 * Framing. Promised: what is given out depends on the bytes alone, never on where chunks begin
 * and end, so that a socket and a file give the same lines.
 */
#include "flow/frame.h"

#include "flow/check.h"

#include <string.h>

#define DEFAULT_MAX_LINE ((size_t)1 << 20)

/* What is kept beyond max_line: a BOM and a CR, which a reader may drop before it measures, and
   the one byte more that makes a line too long. */
#define KEEP_BEYOND ((size_t)5)

/* A connection that waits between lines holds no more memory than this. */
#define CUT_KEPT ((size_t)16 * 1024)

size_t
frame_most_kept(size_t max_line)
{
    return (max_line ? max_line : DEFAULT_MAX_LINE) + KEEP_BEYOND;
}

void
frame_init(struct frame *f, size_t max_line)
{
    *f = (struct frame){.magic = FRAME_MAGIC, .keep = frame_most_kept(max_line)};
}

void
frame_fini(struct frame *f)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    weir_buf_fini(&f->cut);
    f->magic = 0;
}

void
frame_feed(struct frame *f, const char *p, size_t len)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    CHECK(f->at == f->end);
    f->at = p;
    f->end = p + len;
}

static void
drop_given(struct frame *f)
{
    if (!f->given)
        return;
    f->given = false;
    f->cut.len = 0;
    if (f->cut.cap > CUT_KEPT)
        weir_buf_fini(&f->cut);
}

/* Put up to `upto` what belongs to the line that was cut, as far as it is kept. */
static bool
keep_part(struct frame *f, const char *upto)
{
    size_t room = f->keep - f->cut.len;
    size_t part = (size_t)(upto - f->at);

    weir_buf_put(&f->cut, (weir_span){f->at, part < room ? part : room});
    return !f->cut.failed;
}

static enum frame_result
give_cut(struct frame *f, weir_span *line, size_t *avail)
{
    char *pad = weir_buf_reserve(&f->cut, WEIR_LINE_PADDING);

    if (!pad)
        return FRAME_NOMEM;
    memset(pad, 0, WEIR_LINE_PADDING);
    f->has_cut = false;
    f->given = true;
    f->lines++;
    *line = (weir_span){f->cut.p, f->cut.len};
    *avail = f->cut.len + WEIR_LINE_PADDING;
    return FRAME_LINE;
}

static void
give_here(struct frame *f, const char *nl, weir_span *line, size_t *avail)
{
    const char *from = f->at;
    size_t len = (size_t)(nl - from);

    f->at = nl + 1;
    f->lines++;
    *line = (weir_span){from, len < f->keep ? len : f->keep};
    *avail = (size_t)(f->end - from) + WEIR_LINE_PADDING;
}

enum frame_result
frame_next(struct frame *f, weir_span *line, size_t *avail)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    drop_given(f);
    if (f->at == f->end)
        return FRAME_MORE;
    const char *nl = memchr(f->at, '\n', (size_t)(f->end - f->at));
    if (!nl || f->has_cut) {
        if (!keep_part(f, nl ? nl : f->end))
            return FRAME_NOMEM;
        f->has_cut = true;
        f->at = nl ? nl + 1 : f->end;
        return nl ? give_cut(f, line, avail) : FRAME_MORE;
    }
    give_here(f, nl, line, avail);
    return FRAME_LINE;
}

bool
frame_next_here(struct frame *f, weir_span *line, size_t *avail)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    if (f->given || f->has_cut || f->at == f->end)
        return false;
    const char *nl = memchr(f->at, '\n', (size_t)(f->end - f->at));
    if (!nl)
        return false;
    give_here(f, nl, line, avail);
    return true;
}

void
frame_take_back(struct frame *f, const char *line, uint64_t n)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    CHECK(n <= f->lines && line <= f->at);
    f->at = line;
    f->lines -= n;
}

uint64_t
frame_lines_left(const struct frame *f, bool *part)
{
    uint64_t n = 0;

    CHECK_OBJ(f, FRAME_MAGIC);
    *part = f->at == f->end ? f->has_cut : f->end[-1] != '\n';
    for (const char *p = f->at; p != f->end; n++) {
        p = memchr(p, '\n', (size_t)(f->end - p));
        if (!p)
            break;
        p++;
    }
    return n;
}

enum frame_result
frame_end(struct frame *f, weir_span *line, size_t *avail)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    CHECK(f->at == f->end);
    drop_given(f);
    return f->has_cut ? give_cut(f, line, avail) : FRAME_MORE;
}

void
frame_forget(struct frame *f)
{
    CHECK_OBJ(f, FRAME_MAGIC);
    weir_buf_fini(&f->cut);
}
