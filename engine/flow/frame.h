/*
 * Lines out of a stream of bytes. A line is worked on where it lies in the caller's chunk; it is
 * copied only where a chunk's edge cuts it. Of a line that is too long only the beginning is kept,
 * so that memory is bounded whatever arrives.
 */
#ifndef WEIR_FLOW_FRAME_H
#define WEIR_FLOW_FRAME_H

#include <tagweir/tagweir.h>

/* Bytes asked of the system in one read; a chunk's memory is FRAME_MEMORY bytes. */
#define FRAME_CHUNK ((size_t)256 * 1024)
#define FRAME_MEMORY (FRAME_CHUNK + WEIR_LINE_PADDING)

struct frame {
    uint32_t magic;
    size_t keep;          /* bytes of a line that are kept */
    weir_buf cut;         /* the beginning of a line that an edge cut; owned */
    bool has_cut;         /* `cut` waits for the rest of its line */
    bool given;           /* `cut` was given out by the last call, and may go */
    const char *at, *end; /* what is left of the chunk; borrowed */
    uint64_t lines;       /* given out so far: the number of the line given last */
};

enum frame_result { FRAME_LINE, FRAME_MORE, FRAME_NOMEM };

/* max_line as the reader's (0: its default): one byte of a too long line must reach the reader. */
void frame_init(struct frame *f, size_t max_line);
void frame_fini(struct frame *f);
/* So many bytes of a line are kept at most. */
size_t frame_most_kept(size_t max_line);

/*
 * The next chunk; only when the last one is used up. It stays where it is until it is used up,
 * and WEIR_LINE_PADDING bytes behind it are readable.
 */
void frame_feed(struct frame *f, const char *p, size_t len);

/*
 * The next whole line, valid until the next call. *avail: bytes readable from line->p on.
 * FRAME_MORE: the chunk is used up.
 */
enum frame_result frame_next(struct frame *f, weir_span *line, size_t *avail);

/*
 * The next line, where it lies whole in the chunk: lines given out by this stay good together, with
 * the one before, which must be one that lay in the chunk as well. false: it does not, or there is
 * none, and nothing has changed.
 */
bool frame_next_here(struct frame *f, weir_span *line, size_t *avail);

/* The last n lines, given out by frame_next_here, of which the first begins at `line`, were not
   given out. */
void frame_take_back(struct frame *f, const char *line, uint64_t n);

/* At the end of the input: the last line, where no newline ended it. FRAME_MORE: there is none. */
enum frame_result frame_end(struct frame *f, weir_span *line, size_t *avail);

/*
 * What was fed and not given out, where it ends here: whole lines, blank ones included, and, with
 * *part, the beginning of one more.
 */
uint64_t frame_lines_left(const struct frame *f, bool *part);

/* No line will be asked for any more: what memory it has goes. frame_lines_left is as it was. */
void frame_forget(struct frame *f);

/* Is something left of the chunk? */
static inline bool
frame_has_more(const struct frame *f)
{
    return f->at != f->end;
}

/* So many bytes of it are. */
static inline size_t
frame_bytes_left(const struct frame *f)
{
    return (size_t)(f->end - f->at);
}

#endif
