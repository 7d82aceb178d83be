/*
 * A made-up feed: posts of Tagweir's own dialect, with 1 to 3 hashtags of the bench's language.
 */
#ifndef BENCH_PROGRAMS_POSTS_H
#define BENCH_PROGRAMS_POSTS_H

#include "programs/feed.h"
#include "tokens.h"

struct post_kind {
    size_t shortest, longest; /* bytes; 150 to 250 of them stand around the text */
    bool canonical;           /* hashtags as rules have them; else half of those of ASCII begin with
                                 a capital, and have to be folded */
};

/* 200 to 460 bytes. */
extern const struct post_kind posts_served;

/*
 * n posts whose hashtags are the tokens in their order, again from the beginning where they do not
 * suffice. The same for the same seed.
 */
void posts_make(struct feed *f, size_t n, const struct tokens *tags, const struct post_kind *kind,
                uint64_t seed);

#endif
