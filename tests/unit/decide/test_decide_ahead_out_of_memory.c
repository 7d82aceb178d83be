/*
 * decide/: when memory runs out while posts are ahead, wherever that is, each of them is decided as
 * it should be or not at all, and those behind it are decided once there is memory again.
 */
#include "unit/test.h"

#include "unit/decide/ahead.h"
#include "unit/fail_allocations.h"

#include "decide/scratch.h"

#define NBATCHES 3 /* the second needs more than the first, and the third no more */
#define NPOSTS (NBATCHES * WEIR_AHEAD_MAX)

static const weir_decide_options options = {.trace = true,
                                            .match_off = WEIR_MATCH_MEMO | WEIR_MATCH_AUTOMATON};

/* Batches, and what is to be said of each of their posts. */
struct given {
    weir_ruleset *rs;
    struct batch batch[NBATCHES];
    weir_buf said[NPOSTS];
};

static size_t failed_unseen, failed_seen;

static struct given *
make_given(void)
{
    struct given *g = calloc(1, sizeof *g);
    weir_scratch *s = NULL;
    weir_decision d;

    assert_non_null(g);
    g->rs = make_rules(timed_rules);
    bool slow = getenv("WEIR_TEST_NO_JIT") != NULL; /* under Valgrind */
    drawn = 5; /* the number of allocations is the same each time */
    draw_batch(&g->batch[0], NO_TAGS, 4);
    draw_batch(&g->batch[1], ANY_TRAIT & ~DEAR, slow ? 8 : WEIR_AHEAD_MAX);
    draw_batch(&g->batch[2], ANY_TRAIT & ~DEAR, slow ? 3 : 20);
    assert_int_equal(weir_scratch_new(g->rs, &options, &s), WEIR_OK);
    for (size_t i = 0; i < NPOSTS; i++) {
        const struct batch *b = &g->batch[i / WEIR_AHEAD_MAX];
        size_t at = i % WEIR_AHEAD_MAX;

        if (at >= b->n)
            continue;
        (void)weir_decide(g->rs, s, b->posts[at], b->at_ms[at], &d);
        weir_record_write(&d, &g->said[i]);
    }
    weir_scratch_free(s);
    return g;
}

static void
free_given(struct given *g)
{
    for (size_t i = 0; i < NPOSTS; i++)
        weir_buf_fini(&g->said[i]);
    weir_ruleset_unref(g->rs);
    free(g);
}

/* @return false: there was no memory for it. */
static bool
decide_next(const struct given *g, weir_scratch *s, size_t i, weir_buf *out)
{
    const struct batch *b = &g->batch[i / WEIR_AHEAD_MAX];
    weir_decision d;
    weir_status st = weir_decide_next(g->rs, s, b->at_ms[i % WEIR_AHEAD_MAX], &d);

    if (st == WEIR_E_NOMEM)
        return false;
    assert_true(st == WEIR_OK || st == WEIR_E_LIMIT);
    out->len = 0;
    weir_record_write(&d, out);
    if (out->len != g->said[i].len || memcmp(out->p, g->said[i].p, out->len) != 0)
        fail_msg("post %zu:\n     said %.*s\n expected %.*s", i, SPAN_FMT(*out),
                 SPAN_FMT(g->said[i]));
    return true;
}

/* Where there is memory again, posts are looked at together again. */
static size_t
decide_batch(const struct given *g, weir_scratch *s, size_t b, weir_buf *out, bool *did)
{
    size_t nundecided = 0;

    weir_decide_ahead(g->rs, s, g->batch[b].posts, g->batch[b].n);
    for (size_t i = 0; i < g->batch[b].n; i++) {
        bool again = *did || (failed && !all_fail_then);

        if (!decide_next(g, s, b * WEIR_AHEAD_MAX + i, out)) {
            nundecided++;
            assert_true(failed);
            *did |= allocation_failed();
        }
        assert_true(!again || s->nlooked > 0);
    }
    return nundecided;
}

/* From the k-th allocation on all fail, or that one alone, until a post was not decided. */
static bool
fail_at(const struct given *g, size_t k)
{
    weir_scratch *s = NULL;
    weir_buf out = {0};
    size_t nundecided = 0;
    bool did = false;

    assert_non_null(weir_buf_reserve(&out, (size_t)1 << 20)); /* takes no memory from now on */
    assert_int_equal(weir_scratch_new(g->rs, &options, &s), WEIR_OK);
    fail_allocation(k);
    for (size_t b = 0; b < NBATCHES; b++)
        nundecided += decide_batch(g, s, b, &out, &did);
    did |= allocation_failed();
    assert_true(nundecided <= 1);
    failed_seen += nundecided;
    failed_unseen += did && nundecided == 0;
    weir_scratch_free(s);
    weir_buf_fini(&out);
    return did;
}

static void
each_allocation_may_fail(void **state)
{
    struct given *g = make_given();

    (void)state;
    for (int all = 0; all < 2; all++) {
        size_t k = 1;

        all_fail_then = all;
        failed_seen = failed_unseen = 0;
        assert_false(fail_at(g, 0));
        while (fail_at(g, k))
            k++;
        assert_true(k > 5 && failed_seen > 0);
        /* without memory for what is ahead, posts are decided one by one */
        assert_true(all || failed_unseen > 0);
    }
    free_given(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("decide: ahead, out of memory", tests, NULL, NULL);
}
