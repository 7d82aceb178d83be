/*
 * Matching: from the values of one post (without what it reposts or quotes) to the selectors that
 * they hit. Values in, hits out; how a value finds its literals and patterns is nobody else's
 * business.
 *
 * Results stand in the struct itself, are good until the next weir__match_post, and do not depend
 * on the order in which anything was tried.
 */
#ifndef WEIR_MATCH_MATCH_H
#define WEIR_MATCH_MATCH_H

#include "match/finder.h"
#include "match/tags.h"

/* What is known of one selector; void when `epoch` is not the area's. */
struct weir__mark {
    uint32_t epoch;
    uint32_t hit;     /* index of the first value that matched; WEIR_NONE: no value did */
    uint32_t ran_out; /* index of the first value on which a pattern ran out; WEIR_NONE: none */
};

struct weir__match {
    const struct weir_ruleset *rs;
    uint32_t epoch;
    struct weir__mark *marks; /* by selector */
    /* Rules with a hit in `match`, or with a pattern that ran out on either side; where a trace is
       wanted, also those with a hit in `except` alone. Ascending. */
    uint32_t *rules;
    size_t nrules;
    bool too_many_tags; /* only the first WEIR_MAX_TAGS distinct keys were matched */
    /* Folded; empty: the post has none, or nobody asks for it, as no rule does and the author has
       an id. */
    weir_span author_handle;

    /* the rest is match's own */
    bool tells_excepts;           /* a trace is wanted */
    uint64_t *touched;            /* a bit a rule ... */
    uint64_t *touched_word;       /* ... and a bit for each word of these that is not zero */
    size_t first_word, last_word; /* no other word of `touched_word` has any; first > last: none */
    bool asked[WEIR__NSPACES];    /* some literal or pattern stands in the space */
    size_t longest_domain;        /* of those that rules name, bytes */
    struct weir__finder finder;
    struct weir__tags tags;
    struct weir__tags_ahead ahead;
    const struct weir__tags_of *next; /* of `ahead`: the post that comes now; NULL: none of them */
    weir_buf handle, folded, host, spelled;
};

/*
 * Everything is sized from the rule set, which must outlive the area. NULL options are the
 * defaults. WEIR_E_NOMEM: nothing to release.
 */
weir_status weir__match_init(struct weir__match *m, const struct weir_ruleset *rs,
                             const weir_decide_options *o);
void weir__match_fini(struct weir__match *m);

/*
 * Match a post against the rules of the scope; literals and globs of others may show in the results
 * too. Allocates only until the buffers have grown to the size of the posts. WEIR_E_NOMEM: the
 * results are void.
 */
weir_status weir__match_post(struct weir__match *m, const weir_post *post,
                             struct weir__scope scope);

/*
 * Look for what several posts may match before they are matched, which costs less than doing it
 * post by post. Of the i-th, the next weir__match_post is told with weir__match_announce; of others
 * nothing has changed, and none of them is owed anything. The posts must stay until then.
 * @return how many are ahead now.
 */
size_t weir__match_ahead(struct weir__match *m, const weir_post *const *posts, size_t n);
void weir__match_announce(struct weir__match *m, size_t i);

/* Is the rule in the scope of the last weir__match_post? */
static inline bool
weir__match_in_scope(struct weir__match *m, uint32_t rule)
{
    return weir__finder_in_scope(&m->finder, rule);
}

/* Index of the first value that hit the selector, or WEIR_NONE. WEIR_NONE as a selector: none. */
static inline uint32_t
weir__match_hit(const struct weir__match *m, uint32_t selector)
{
    if (selector == WEIR_NONE || m->marks[selector].epoch != m->epoch)
        return WEIR_NONE;
    return m->marks[selector].hit;
}

static inline uint32_t
weir__match_ran_out(const struct weir__match *m, uint32_t selector)
{
    if (selector == WEIR_NONE || m->marks[selector].epoch != m->epoch)
        return WEIR_NONE;
    return m->marks[selector].ran_out;
}

#endif
