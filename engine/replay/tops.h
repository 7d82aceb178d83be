/*
 * Tops: what came most often. Counted are the first TOPS_DISTINCT texts in the order of the input,
 * as far as they have TOPS_BYTES together, so that counts are exact, memory is bounded, and nothing
 * depends on who found what when; the others are only counted together.
 *
 * Threads note texts as facts; whoever takes results in the order of the input counts them.
 */
#ifndef WEIR_REPLAY_TOPS_H
#define WEIR_REPLAY_TOPS_H

#include <tagweir/tagweir.h>

#define TOPS_DISTINCT ((size_t)200 * 1000)
#define TOPS_BYTES ((size_t)32 * 1024 * 1024)

struct top {
    weir_span text, label;
    uint64_t n;
};

struct tops;

/* @return NULL without memory. */
struct tops *tops_new(void);
void tops_free(struct tops *t);
void tops_count(struct tops *t, weir_span text);
/* The same of a text that is shown with a label: that which it first came with. */
void tops_count_as(struct tops *t, weir_span text, weir_span label);
/* Of texts that are not among the first, or that there was no memory for. */
uint64_t tops_others(const struct tops *t);
/* Distinct texts that are counted. */
size_t tops_distinct(const struct tops *t);
/* The n that came most often, most often first, then bytewise; texts are the tops'. @return how
   many there are. */
size_t tops_first(const struct tops *t, struct top *out, size_t n);

/* Tags of one decision that are counted; a post has 1,000 at most, and rules act on few. */
#define TOPS_TAGS_MOST 64

/* A decision's notes on their way: facts, and where its own begin. */
struct tops_noting {
    weir_buf *facts;
    size_t from;
    weir_span seen[TOPS_TAGS_MOST]; /* as the post has them */
    size_t n;
};

/* Note the tag that a rule acted on, if it was one, by its canonical key, once. */
void tops_note_act(struct tops_noting *x, const weir_act *act);

/* Notes: canonical keys of the hashtags that rules acted on in a decision, each once, but for rules
   under confidential orders, whose targets no summary names. */
void tops_note_tags(const weir_decision *d, weir_buf *facts);
/* Count all that was noted. */
void tops_take(struct tops *tags, const weir_buf *facts);

#endif
