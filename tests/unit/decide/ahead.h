/*
 * Batches of posts, drawn at random, for tests of deciding ahead: the posts of world.h, and others
 * that are on the edges of what can stand ahead.
 */
#ifndef WEIR_TESTS_AHEAD_H
#define WEIR_TESTS_AHEAD_H

#include "unit/decide/world.h"

/* What posts may be besides the usual ones; a bit each. */
#define NO_TAGS 1u
#define JUST_FIT 2u  /* as many tags as a post ahead can have */
#define TOO_MANY 4u  /* more than that */
#define SEVERAL 8u   /* so many tags that those of 32 posts do not fit */
#define REPEATED 16u /* tags of posts before, and of the post itself, once more */
#define LONG 32u     /* tags too long to be sifted */
#define DEAR 64u     /* tags, and authors, that take a regex its whole budget */
#define QUERIES 128u
#define THREADS 256u /* reposts and quotes */
#define KEYLESS 512u /* tags of which nothing is left as a key */
#define NTRAITS 10
#define ANY_TRAIT ((1u << NTRAITS) - 1)

/* Rules that hold for a time, and some of them dear: what they use up is not always used up. */
static const char timed_rules[] =
    "- {id: timed, order: days, regions: [XX], action: withhold,"
    "   match: {hashtags: ['*a*', farmers0, '/\\d$/']}}\n"
    "- {id: dear-timed, order: days, regions: [IN], action: withhold,"
    "   match: {hashtags: ['/^(a|aa)+(?<!a)$/']}}\n"
    "- {id: dear-name, regions: [DE], action: withhold, match: {accounts: ['/^(a+)+(?<!a)$/']}}\n"
    "- {id: nothing, regions: [US], action: withhold, match: {hashtags: ['/^(x.*)?$/']}}\n"
    "- {id: later, from: 2021-02-01T12:00:00Z, regions: [GB], action: withhold,"
    "   match: {hashtags: ['/[13579]$/', '*n*']}}\n"
    "orders:\n"
    "  days: {kind: report, in_force: [{from: 2021-02-01T00:00:00Z, until: 2021-02-02T00:00:00Z},"
    "    {from: 2021-02-03T00:00:00Z}]}\n";

struct batch {
    struct made made[WEIR_AHEAD_MAX][3];
    const weir_post *posts[WEIR_AHEAD_MAX];
    int64_t at_ms[WEIR_AHEAD_MAX];
    size_t n;
};

static const char longest_tag[] =
    "farmpress1farmpress1farmpress1farmpress1farmpress1farmpress1farm"
    "press1farmpress1farmpress1farmpress1farmpress1farmpress1farmpres"
    "s1farmpress1farmpress1farmpress1farmpress1farmpress1farmpress777";

/* The i-th tag once more, in bytes of its own: those of another post may be gone by then. */
static inline void
repeat_tag(struct made *m, size_t i, weir_span tag)
{
    int n = snprintf(m->bytes[i], MOST_BYTES, "%s%.*s", draw(2) ? "#" : "", SPAN_FMT(tag));

    m->tags[i] =
        (weir_span){m->bytes[i], (size_t)n < MOST_BYTES ? (size_t)n : (size_t)MOST_BYTES - 1};
}

static inline void
draw_tag(struct batch *b, struct made *m, size_t i, unsigned traits)
{
    static const char *const keyless[] = {"", "#", "\xFF", "a\xC0\x80"};
    size_t other = b->n ? draw(b->n) : 0;

    m->tags[i] = print_to(m->bytes[i], stems[draw(NSTEMS)], draw(3) ? "" : stems[draw(NSTEMS)],
                          draw(draw(2) ? 40 : 1000000));
    if ((traits & REPEATED) && i > 0 && draw(4) == 0)
        repeat_tag(m, i, m->tags[draw(i)]);
    else if ((traits & REPEATED) && b->n && b->posts[other]->nhashtags && draw(2))
        repeat_tag(m, i, b->posts[other]->hashtags[draw(b->posts[other]->nhashtags)]);
    else if ((traits & LONG) && draw(3) == 0)
        m->tags[i] = span_head(SPAN_LIT(longest_tag), 126 + draw(sizeof longest_tag - 126));
    else if ((traits & DEAR) && draw(2))
        m->tags[i] = span_head(SPAN_LIT(runs_out), 30 + draw(sizeof runs_out - 30));
    else if ((traits & KEYLESS) && draw(3) == 0)
        m->tags[i] = span_of(DRAW_ONE(keyless));
}

static inline size_t
draw_ntags(unsigned traits, size_t usual)
{
    switch (traits & (NO_TAGS | JUST_FIT | TOO_MANY | SEVERAL)) {
    case NO_TAGS:
        return 0;
    case JUST_FIT:
        return 8;
    case TOO_MANY:
        return 9 + draw(12);
    case SEVERAL:
        return 3 + draw(6);
    default:
        return usual;
    }
}

static inline void
make_query(struct made *m)
{
    static const char *const regions[] = {"IN", "TR", "FR", "GB", "DE"};
    weir_query q = {.kind = WEIR_QUERY_HASHTAG, .value = m->tags[0], .region = WEIR_REGION_NONE};

    if (draw(3))
        q.region = weir_region_find(span_of(DRAW_ONE(regions)));
    if (draw(2)) {
        q.at = span_of("then");
        q.at_ms = NOON + (int64_t)draw(7) * 43200000 - 3 * 43200000;
    }
    m->post = (weir_post){
        .source = WEIR_SOURCE_QUERY, .hashtags = m->tags, .nhashtags = m->post.nhashtags};
    m->post.query = q;
}

/* One more, with some of the traits, and a time of its own. */
static inline void
draw_post(struct batch *b, unsigned traits)
{
    struct made *m = b->made[b->n];
    unsigned has = traits & (1u << draw(NTRAITS) | 1u << draw(NTRAITS) | 1u << draw(NTRAITS));

    if (has & THREADS)
        (void)make_thread(m, false);
    else
        make_post(m, false);
    m->post.nhashtags = draw_ntags(has, m->post.nhashtags);
    for (size_t i = 0; i < m->post.nhashtags; i++)
        draw_tag(b, m, i, has);
    if ((has & DEAR) && draw(3) == 0)
        m->post.author.handle = span_head(SPAN_LIT(runs_out), 30 + draw(sizeof runs_out - 30));
    if ((has & QUERIES) && m->post.nhashtags)
        make_query(m);
    b->at_ms[b->n] = NOON + (int64_t)draw(7) * 43200000 - 3 * 43200000;
    b->posts[b->n++] = &m->post;
}

static inline void
draw_batch(struct batch *b, unsigned traits, size_t n)
{
    b->n = 0;
    while (b->n < n)
        draw_post(b, traits);
}

/* As much of everything as a batch may have at once. */
static inline void
make_largest_batch(struct batch *b)
{
    for (b->n = 0; b->n < WEIR_AHEAD_MAX; b->n++) {
        struct made *m = b->made[b->n];

        b->posts[b->n] = make_thread(m, true);
        b->at_ms[b->n] = NOON;
        if (b->n % 4 == 0) /* left out of the batch */
            continue;
        m->post.nhashtags = 8;
        for (size_t i = 0; i < 8; i++)
            m->tags[i] = span_head(SPAN_LIT(longest_tag), sizeof longest_tag - 1 - b->n * 2 - i);
    }
}

/* Nobody may look at the post any more. */
static inline void
spoil_post(struct batch *b, size_t i)
{
    memset(b->made[i], 0xA5, sizeof b->made[i]);
}

#endif
