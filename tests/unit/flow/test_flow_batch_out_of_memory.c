/*
 * flow/batch: when memory runs out, wherever that is, whole records stand in the output, those of
 * the first items and no others, and every item that was begun is counted, as answered or as
 * abandoned. Where memory is wanting only for what lines have together, they are answered all the
 * same.
 */
#include "unit/test.h"

#include "unit/fail_allocations.h"
#include "unit/flow/feed.h"

#define NFEEDS 15
#define NLINES 60
#define NCHUNK 2500 /* so that lines are cut, and others lie together */

static weir_ruleset *rules;
static const struct answer_options options = {.max_line = FEED_MAX_LINE,
                                              .answer_skips = true,
                                              .match_off = WEIR_MATCH_MEMO | WEIR_MATCH_AUTOMATON};

struct given {
    weir_buf feed, said;
    uint64_t items_up_to[NLINES + 1]; /* of so many lines */
};

static void
make_given(struct given *g, uint64_t seed)
{
    struct answerer a;
    weir_span rest;

    drawn = seed; /* the number of allocations is the same each time */
    draw_feed(&g->feed, NLINES, 3);
    g->said.len = 0;
    assert_int_equal(answerer_init(&a, rules, &options), WEIR_OK);
    rest = (weir_span){g->feed.p, g->feed.len};
    for (uint64_t n = 1; rest.len; n++) {
        struct answer_room room = {SIZE_MAX, SIZE_MAX};
        struct answer_line line = {
            .bytes = span_head(rest, span_find(rest, '\n')), .number = n, .now_ms = FEED_NOW};

        line.avail = line.bytes.len;
        assert_int_equal(answer_go_on(&a, &line, &room, &g->said), WEIR_OK);
        g->items_up_to[n] = a.tally.items;
        rest = span_skip(rest, line.bytes.len + (line.bytes.len < rest.len));
    }
    assert_int_equal(a.tally.made, a.tally.items);
    answerer_fini(&a);
}

/* How often it was answered whole all the same; was not; was not, in the middle of a page. */
static size_t nwhole, nstopped, nabandoned;

static void
check(const struct given *g, const struct stream *s, const struct tally *t, bool stopped, size_t k)
{
    uint64_t made = batch_answers_in(s->out.p, s->out.len);
    bool unread = stopped && t->abandoned == 1; /* how many items it has, nobody knows */

    if (!tally_adds_up(t) || t->made != made || t->items != made + t->abandoned)
        fail_msg("allocation %zu: %llu items, %llu answers, %llu abandoned", k,
                 (unsigned long long)t->items, (unsigned long long)made,
                 (unsigned long long)t->abandoned);
    assert_true(s->out.len <= g->said.len && (stopped || s->out.len == g->said.len));
    if (s->out.len)
        assert_memory_equal(s->out.p, g->said.p, s->out.len);
    assert_true(s->out.len == 0 || s->out.p[s->out.len - 1] == '\n');
    assert_true(stopped || t->abandoned == 0);
    assert_true(unread ? t->items > g->items_up_to[s->frame.lines - 1]
                       : t->items == g->items_up_to[s->frame.lines]);
}

/* false: there are not so many allocations. */
static bool
fail_at(const struct given *g, size_t k)
{
    enum frame_result r = FRAME_LINE;
    struct answerer a;
    struct stream s;

    drawn = 3;
    assert_int_equal(answerer_init(&a, rules, &options), WEIR_OK);
    stream_init(&s, &g->feed, NCHUNK);
    for (fail_allocation(k); !s.ended && r != FRAME_NOMEM;)
        r = stream_work(&s, &a, (struct answer_room){700, 6000});
    bool did = allocation_failed();
    assert_true(did || r != FRAME_NOMEM);
    assert_true(r != FRAME_NOMEM || s.line.done);
    nstopped += r == FRAME_NOMEM;
    nabandoned += a.tally.abandoned > 1;
    nwhole += did && s.ended && a.tally.rows_lost == 0;
    check(g, &s, &a.tally, r == FRAME_NOMEM, k);
    stream_fini(&s);
    answerer_fini(&a);
    return did;
}

static void
each_allocation_may_fail(void **state)
{
    struct given g = {.items_up_to = {0}};
    uint64_t nfeeds = getenv("WEIR_TEST_NO_JIT") ? 3 : NFEEDS; /* Valgrind is slow */

    (void)state;
    for (uint64_t round = 0; round < 2 * nfeeds; round++) {
        size_t k = 1;

        make_given(&g, round / 2 + 1);
        all_fail_then = round % 2;
        assert_false(fail_at(&g, 0));
        while (fail_at(&g, k))
            k++;
        assert_true(k > 20);
    }
    assert_true(nstopped > nfeeds && nwhole >= nfeeds);
    assert_true(nfeeds < NFEEDS || nabandoned > 0);
    weir_buf_fini(&g.feed);
    weir_buf_fini(&g.said);
}

/* Two lines: the reader has memory enough for the first one, and not for the second one behind it.
   Nothing decides, and writing takes no memory. @return false: there are not so many allocations.
 */
static bool
fail_at_second_line(const weir_buf *feed, size_t k)
{
    struct answer_options o = {.max_line = 1 << 20};
    struct answer_line first = {.bytes = SPAN_LIT("{\"id\":0,\"author\":\"x\"}"),
                                .now_ms = FEED_NOW};
    struct answer_room room = {SIZE_MAX, SIZE_MAX};
    struct answerer a;
    struct stream s;

    first.avail = first.bytes.len;
    assert_int_equal(answerer_init(&a, NULL, &o), WEIR_OK);
    stream_init(&s, feed, 0);
    frame_fini(&s.frame);
    frame_init(&s.frame, o.max_line);
    assert_non_null(weir_buf_reserve(&s.out, (size_t)4 << 20));
    assert_int_equal(answer_go_on(&a, &first, &room, &s.out), WEIR_OK);
    for (fail_allocation(k); !s.ended;)
        assert_int_equal(stream_work(&s, &a, room), FRAME_MORE);
    bool did = allocation_failed();
    assert_int_equal(a.tally.posts, 3);
    assert_int_equal(a.tally.abandoned, 0);
    assert_int_equal(batch_answers_in(s.out.p, s.out.len), 3);
    stream_fini(&s);
    answerer_fini(&a);
    return did;
}

static void
a_line_without_memory_behind_others_is_read_again(void **state)
{
    weir_buf feed = {0};
    size_t k = 1;

    (void)state;
    all_fail_then = false;
    weir_buf_puts(&feed, "{\"id\":1,\"author\":\"x\"}\n{\"id\":2,\"author\":\"x\",\"text\":\"");
    for (int i = 0; i < 20000; i++)
        weir_buf_puts(&feed, "\\u0061 ");
    weir_buf_puts(&feed, "\"}\n");
    assert_false(fail_at_second_line(&feed, 0));
    while (fail_at_second_line(&feed, k))
        k++;
    assert_true(k > 1);
    weir_buf_fini(&feed);
}

static int
make_rules(void **state)
{
    (void)state;
    rules = given_rules(feed_rules);
    return 0;
}

static int
free_rules(void **state)
{
    (void)state;
    weir_ruleset_unref(rules);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_line_without_memory_behind_others_is_read_again),
    };

    return cmocka_run_group_tests_name("flow/batch_out_of_memory", tests, make_rules, free_rules);
}
