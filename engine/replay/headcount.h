/*
 * Headcounts: how many posts were counted in each row of a table, by how many authors. Rows come to
 * be when they are first counted in; who counts says what they mean. Each thread has its own, and
 * they are added up; the sum does not depend on who counted what.
 *
 * Authors are told apart by 64 bits of a hash of their id, or handle. Up to HEADCOUNT_EXACT pairs
 * of an author and a row they are all kept, and numbers are exact. Beyond that only those are whose
 * hash ends in so many zero bits that there is room, and numbers are estimates from these (distinct
 * sampling, Gibbons, "Distinct sampling for highly-accurate answers to distinct values queries",
 * VLDB 2001): within a per cent or two where a row has tens of thousands of authors.
 */
#ifndef WEIR_REPLAY_HEADCOUNT_H
#define WEIR_REPLAY_HEADCOUNT_H

#include <tagweir/tagweir.h>

#define HEADCOUNT_EXACT ((size_t)1 << 19)

struct headcount;

/* Of which row; any two numbers. */
struct headcount_key {
    uint64_t what, whose;
};

struct headcount_row {
    uint64_t posts, authors;
};

/* @return NULL without memory. */
struct headcount *headcount_new(void);
void headcount_free(struct headcount *h);

/* What is counted from here on is one post, of this author. */
void headcount_begin(struct headcount *h, const weir_account *author);
/*
 * The post counts in this row, once, however often it is said. Without memory it does not, and is
 * counted as lost.
 * @param with_author  So do authors: that takes 16 bytes for each, posts alone take nothing. Always
 *                     the same for one row.
 * @return posts in the row so far, of this headcount alone; 0: this one counted there already, or
 *         there was no memory.
 */
uint64_t headcount_count(struct headcount *h, struct headcount_key key, bool with_author);
/* Add another's, which is empty then. */
void headcount_add(struct headcount *h, struct headcount *other);

/* @return zeroes, where there is no such row. */
struct headcount_row headcount_find(struct headcount *h, struct headcount_key key);

typedef void headcount_fn(void *arg, struct headcount_key key, struct headcount_row row);
/* Call it for every row, in no order that means anything. */
void headcount_each(struct headcount *h, headcount_fn *fn, void *arg);

/* Are authors estimated? */
bool headcount_is_estimate(struct headcount *h);
/* Counts that are missing, as there was no memory. */
uint64_t headcount_lost(struct headcount *h);

#endif
