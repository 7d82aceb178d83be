/*
 * Many literals of a sieve with one gram: sorted, linked and searched, so that a key is compared
 * with as many of them as their number has bits, and then with those that it has the beginnings
 * of.
 */
#ifndef WEIR_MODEL_SIEVE_MANY_H
#define WEIR_MODEL_SIEVE_MANY_H

#include "model/sieve.h"

/* A text as it is read from its gram on: forward from where the gram begins, or, of grams at the
   end of keys, backward from where it ends. A literal can only stand in a key where its reading is
   the beginning of the key's. */
struct weir__reading {
    const char *first;
    size_t n;
    bool backward;
};

static inline struct weir__reading
weir__reading_of(weir_span text, size_t gram_at, bool backward)
{
    if (backward)
        return (struct weir__reading){text.p + text.len - 1, text.len, true};
    return (struct weir__reading){text.p + gram_at, text.len - gram_at, false};
}

/* By their bytes; who is the beginning of another comes before it. Both go the same way. */
int weir__reading_compare(struct weir__reading a, struct weir__reading b);

/* Marks those literals, sorted by gram and reading, that are first of many, and makes `back`, if
   there are any. `literals` are those of the sieve, whose other fields are set. */
void weir__sieve_link(struct weir__sieve *s, struct weir__sieve_literal *literals,
                      struct arena *into);

/* Calls `stays` for those of a gram's literals, of which `first` is the first of many, that stand
   in the key, the gram being at `at`. Never allocates. */
void weir__sieve_many(const struct weir__sieve *s, const struct weir__sieve_literal *first,
                      weir_span key, size_t at, weir__sieve_fn *stays, void *arg);

#endif
