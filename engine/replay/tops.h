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
    weir_span text;
    uint64_t n;
};

struct tops;

/* @return NULL without memory. */
struct tops *tops_new(void);
void tops_free(struct tops *t);
void tops_count(struct tops *t, weir_span text);
/* Of texts that are not among the first, or that there was no memory for. */
uint64_t tops_others(const struct tops *t);
/* Distinct texts that are counted. */
size_t tops_distinct(const struct tops *t);
/* The n that came most often, most often first, then bytewise; texts are the tops'. @return how
   many there are. */
size_t tops_first(const struct tops *t, struct top *out, size_t n);

/* Notes: canonical keys of the hashtags that rules acted on in a decision, each once. */
void tops_note_tags(const weir_decision *d, weir_buf *facts);
/* Count all that was noted. */
void tops_take(struct tops *tags, const weir_buf *facts);

#endif
