/*
 * What programs are given: feeds of posts and rule sets, drawn as for `match`.
 */
#ifndef BENCH_PROGRAMS_MATERIAL_H
#define BENCH_PROGRAMS_MATERIAL_H

#include "programs/feed.h"
#include "programs/posts.h"
#include "programs/sets.h"
#include "world.h"

/* The time that is decided for: one, so that answers of all programs and runs are the same bytes.
 */
#define MATERIAL_CLOCK "2021-02-01T07:00:00Z"

struct material {
    const char *feed_file; /* NULL: made-up posts */
    size_t nposts;         /* made up */
    enum workload workload;
    enum stream stream; /* of the tags of made-up posts, and of those that rules are drawn for */
    uint64_t seed;
};

/* The world that tags and rules are drawn from, large enough for so many rules of a workload. */
void material_world(const struct material *m, struct world *w, enum workload workload,
                    size_t nrules);
/* The feed: read, or made up of the world's tags. */
void material_feed(const struct material *m, struct world *w, const struct post_kind *kind,
                   struct feed *f);
/* Draws rules. The end if there are not enough tags for so many. */
void material_rules(const struct material *m, struct world *w, enum workload workload, size_t n,
                    struct rules *out);

#endif
