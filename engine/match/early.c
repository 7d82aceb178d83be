/*
 * A hit is looked up in its selector, the selector's mark, and the rule: in a large set each lies
 * where nothing was read for long, and is known only when the one before it is there. For the hits
 * of several posts together, that is waited for once, while the first of them are worked on.
 */
#include "match/early.h"

#include "base/bits.h"

#define MOST 128 /* hits; those beyond are found all the same */
#define LINE 64

struct early {
    const struct weir__match *m;
    uint32_t selector[MOST];
    size_t n;
};

static void
add(struct early *e, uint32_t set)
{
    if (!weir__postings_is_one(set) || e->n == MOST)
        return;
    e->selector[e->n++] = weir__postings_one(set);
    __builtin_prefetch(&e->m->rs->selectors[weir__postings_one(set)]);
}

/* What confirming will find, or may. */
static void
list_hits(struct early *e, const struct weir__keys *b)
{
    for (uint64_t left = b->told; left; left &= left - 1) {
        const struct weir__known *says = &b->says[__builtin_ctzll(left)];

        for (size_t i = 0; i < says->nsets; i++)
            add(e, says->sets[i]);
    }
    for (uint64_t left = b->stand; left; left &= left - 1)
        add(e, b->set[__builtin_ctzll(left)]);
    if (weir__count_bits(b->known) == b->n)
        return; /* nothing was sifted */
    for (uint32_t i = 0; i < b->sift->nfound; i++)
        add(e, b->sift->plan->s->literals[b->sift->found[i].literal].set);
}

void
weir__match_early(const struct weir__match *m)
{
    const struct weir_ruleset *rs = m->rs;
    struct early e = {.m = m};

    list_hits(&e, &m->finder.ahead);
    for (size_t i = 0; i < e.n; i++) {
        uint32_t rule = rs->selectors[e.selector[i]].rule;

        __builtin_prefetch(&m->marks[e.selector[i]], 1);
        __builtin_prefetch(&m->finder.in_scope[rule], 1);
        for (size_t at = 0; at < sizeof *rs->rules; at += LINE)
            __builtin_prefetch((const char *)&rs->rules[rule] + at);
    }
    for (size_t i = 0; i < e.n; i++)
        __builtin_prefetch(rs->rules[rs->selectors[e.selector[i]].rule].id.p);
}
