/*
 * Drawing feeds and rules.
 */
#include "programs/material.h"

/* A post has two tags on average, and a word or more of its text; a million tags are as many as
   those that `match` draws from. */
#define TAGS_A_POST 5
#define MOST_TAGS ((size_t)1000000)

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void
material_world(const struct material *m, struct world *w, enum workload workload, size_t nrules)
{
    size_t ntokens = least(TAGS_A_POST * m->nposts, MOST_TAGS);

    /* a language has four times as many tags, of which rules may take four of five */
    while (ntokens < MOST_TAGS && rules_most(workload, 4 * ntokens) < nrules)
        ntokens = least(2 * ntokens, MOST_TAGS);
    world_init(w, m->seed, ntokens, 1);
}

void
material_feed(const struct material *m, struct world *w, const struct post_kind *kind,
              struct feed *f)
{
    if (m->feed_file)
        feed_read(f, m->feed_file);
    else
        posts_make(f, m->nposts, world_stream(w, m->stream), kind, m->seed);
}

void
material_rules(const struct material *m, struct world *w, enum workload workload, size_t n,
               struct rules *out)
{
    size_t most = rules_most(workload, world_language_size(w));

    if (n > most)
        die(EXIT_USAGE, "%s: %zu rules are more than the %zu that can be drawn",
            workload_name(workload), n, most);
    rules_make(out, world_language(w, m->stream), workload, 0, n, m->seed);
}
