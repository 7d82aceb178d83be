/*
 * Lines to send, and how each answer that they are owed must begin: so lost and reordered answers
 * are found out while they are timed, for a comparison of some bytes each.
 */
#ifndef BENCH_PROGRAMS_FEED_H
#define BENCH_PROGRAMS_FEED_H

#include "util.h"

#include <tagweir/post.h>

struct feed {
    char name[256];    /* for people */
    weir_buf bytes;    /* the lines one behind the other, each with its newline */
    size_t nlines;     /* none of them blank */
    size_t *line_at;   /* line i is bytes[line_at[i], line_at[i + 1]) */
    size_t *answer_at; /* it is owed the answers [answer_at[i], answer_at[i + 1]): a page several */
    weir_buf heads;
    size_t *head_at; /* answer j begins with heads[head_at[j], head_at[j + 1]) */
    size_t nanswers;
    size_t nskips;  /* answers that say that a line is no post, which replay only counts */
    size_t nerrors; /* answers that say what is wrong */
    /* While it grows */
    size_t lines_cap, answers_cap;
};

/* To one that is zero at first. A blank line is passed over, as it is owed nothing. */
void feed_add(struct feed *f, weir_reader *reader, weir_span line);
/* Every line of a file. What cannot be read, or has none, ends the program. */
void feed_read(struct feed *f, const char *path);
/* So many lines, from the first, again and again. The end, if they cannot be written.
   @return bytes. */
size_t feed_write(const struct feed *f, uint64_t nlines, const char *path);
/* Records that a replay of so many lines makes: skips have none. */
uint64_t feed_records(const struct feed *f, uint64_t nlines);
void feed_fini(struct feed *f);

static inline weir_span
feed_head(const struct feed *f, size_t answer)
{
    return (weir_span){f->heads.p + f->head_at[answer],
                       f->head_at[answer + 1] - f->head_at[answer]};
}

/* How the answer begins that says that a line was no post. */
bool feed_is_skip(weir_span head);

#endif
