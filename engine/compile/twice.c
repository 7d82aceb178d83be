/*
 * Names that stand twice: groups, lists, orders and rules have names of their own over all that is
 * given.
 *
 * Whoever gives a compiled rule set beside the rules it was made of has every name twice, and one
 * mistake: what a set shares with other files, or with another set, is told once.
 */
#include "compile/compiling.h"

/* Names that two of what was given have in common, one of them a compiled rule set. */
struct shared {
    const struct weir_ruleset *first, *second; /* NULL: files that are in none */
    const char *what;                          /* the first of them */
    const struct node *in_set, *at; /* its two places; where both are in sets, `at` is the second */
    size_t n;
};

/* The path of the set that a file is out of, which its own path begins with. */
static weir_span
path_of_set(const struct source_file *f)
{
    weir_span path = span_of(f->path);

    return span_head(path, path.len - f->within->sources[f->number].name.len - 1);
}

static struct shared *
find_shared(struct compiling *c, const struct node *first, const struct node *second)
{
    for (size_t i = 0; i < c->nshared; i++)
        if (c->shared[i].first == first->file->within &&
            c->shared[i].second == second->file->within)
            return &c->shared[i];
    return NULL;
}

static void
add_shared(struct compiling *c, const char *what, const struct node *first,
           const struct node *second)
{
    struct shared *s = find_shared(c, first, second);

    if (!s) {
        s = ARENA_PUSH(c->work, c->shared, c->nshared, c->shared_cap);
        *s = (struct shared){.first = first->file->within,
                             .second = second->file->within,
                             .what = what,
                             .in_set = first->file->within ? first : second,
                             .at = first->file->within ? second : first};
    }
    s->n++;
}

/* false: the second one is to be told of by itself. */
static bool
is_of_set(struct compiling *c, const char *what, const struct node *first,
          const struct node *second)
{
    if (first->file->within == second->file->within)
        return false;
    add_shared(c, what, first, second);
    return true;
}

void
weir__refuse_second(struct compiling *c, const char *kind, weir_span name,
                    const struct named *first, const struct node *second)
{
    const char *what = arena_printf(c->work, "%s `%.*s`", kind, SPAN_FMT(name));

    if (!is_of_set(c, what, first->at, second))
        ERR(c, second, "%s stands here a second time; the first is at %s:%u", what,
            first->at->file->path, first->at->line);
}

void
weir__refuse_second_breaker(struct compiling *c, const struct node *second)
{
    if (!is_of_set(c, "`breaker` for the whole set", c->set_breaker, second))
        ERR(c, second, "`breaker` for the whole set stands in an earlier file already");
}

void
weir__tell_shared(struct compiling *c)
{
    for (size_t i = 0; i < c->nshared; i++) {
        const struct shared *s = &c->shared[i];
        const char *more = s->n == 1   ? ""
                           : s->n == 2 ? ", as does another name"
                                       : arena_printf(c->work, ", as do %zu other names", s->n - 1);

        ERR(c, s->at,
            "%s stands here and in the compiled rule set %.*s (%s:%u)%s: a set holds the "
            "rules that it was made of already. Give it or them, not both; other rules need "
            "other names",
            s->what, SPAN_FMT(path_of_set(s->in_set->file)),
            s->in_set->file->within->sources[s->in_set->file->number].name.p, s->in_set->line,
            more);
    }
}
