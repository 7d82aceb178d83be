/*
 * flow/batch: a stream that is answered in batches gets what its lines would have got one by one,
 * byte for byte, and is counted alike: wherever its chunks end, however small the room for each
 * batch is, and whatever goes on between two of them.
 *
 * Feeds are drawn at random; WEIR_SEED repeats a run.
 */
#include "unit/test.h"

#include "unit/flow/feed.h"

#define MOST_LINES 120
#define FEW_PAGES 3 /* of 40 lines */
#define MANY_PAGES 20

static weir_ruleset *rules, *other_rules;

static size_t
rounds(size_t n)
{
    return getenv("WEIR_TEST_NO_JIT") ? n / 20 + 1 : n; /* Valgrind is slow */
}

/* Alike --------------------------------------------------------------------------------------- */

static void
compare_out(const char *promise, const weir_buf *got, const weir_buf *expected)
{
    size_t i = 0, from = 0;

    while (i < got->len && i < expected->len && got->p[i] == expected->p[i])
        if (got->p[i++] == '\n')
            from = i;
    if (i < got->len || i < expected->len)
        fail_msg("%s: byte %zu of %zu and %zu:\n      got %.*s\n expected %.*s", promise, i,
                 got->len, expected->len, (int)(got->len - from), got->p + from,
                 (int)(expected->len - from), expected->p + from);
}

static void
compare_rows(const struct tally *got, const struct tally *expected)
{
    size_t n, m;
    struct tally_row *g = tally_rows(got, &n), *e = tally_rows(expected, &m);

    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(g[i].rule, e[i].rule);
        assert_int_equal(g[i].region, e[i].region);
        assert_int_equal(g[i].withheld, e[i].withheld);
        assert_int_equal(g[i].downranked, e[i].downranked);
        assert_int_equal(g[i].exempted, e[i].exempted);
        assert_int_equal(g[i].observed, e[i].observed);
        assert_int_equal(g[i].held_back, e[i].held_back);
        assert_int_equal(g[i].first, e[i].first);
        assert_int_equal(g[i].last_ms, e[i].last_ms);
    }
    free(g);
    free(e);
}

static uint64_t
skips_of(const struct tally *t, const char *kind)
{
    for (size_t i = 0; i < t->nskip; i++)
        if (strcmp(t->skip[i].kind, kind) == 0)
            return t->skip[i].n;
    return 0;
}

/* All numbers; kinds of skips stand in the order in which they were seen. */
static void
compare_tallies(const struct tally *got, const struct tally *expected)
{
    assert_true(tally_adds_up(got));
    assert_int_equal(got->items, expected->items);
    assert_int_equal(got->made, expected->made);
    assert_int_equal(got->abandoned, expected->abandoned);
    assert_memory_equal(got, expected, offsetof(struct tally, skip));
    assert_int_equal(got->nskip, expected->nskip);
    for (size_t i = 0; i < got->nskip; i++)
        assert_int_equal(got->skip[i].n, skips_of(expected, got->skip[i].kind));
    assert_memory_equal(&got->exempted, &expected->exempted,
                        offsetof(struct tally, rows) - offsetof(struct tally, exempted));
    assert_int_equal(got->rows_lost + expected->rows_lost, 0);
    compare_rows(got, expected);
}

/* One by one ---------------------------------------------------------------------------------- */

/* What is to happen to lines on the way; numbers of lines count from 1. */
struct fate {
    size_t give_up_behind[MOST_LINES + 1]; /* items; 0: it is answered whole */
    uint64_t swap_behind; /* answers, then the other rules hold; 0: they never do */
};

static void
swap_rules(struct answerer *a)
{
    weir_scratch *s = NULL;

    assert_int_equal(answerer_scratch(other_rules, &a->o, &s), WEIR_OK);
    answerer_swap(a, other_rules, &s);
    weir_scratch_free(s);
}

/* Whole, or in goes of one item where something is to happen on the way. */
static void
answer_line(struct answerer *a, weir_span bytes, uint64_t number, const struct fate *f,
            weir_buf *out)
{
    struct answer_line line = {
        .bytes = bytes, .avail = bytes.len, .number = number, .now_ms = FEED_NOW};
    size_t most = f && (f->swap_behind || f->give_up_behind[number]) ? 1 : SIZE_MAX;

    while (!line.done) {
        struct answer_room room = {most, most};

        if (f && f->swap_behind && a->tally.made >= f->swap_behind && a->rs == rules)
            swap_rules(a);
        assert_int_equal(answer_go_on(a, &line, &room, out), WEIR_OK);
        if (f && f->give_up_behind[number] == line.answered && !line.done)
            answer_give_up(a, &line);
    }
}

/* @return how many lines there are */
static uint64_t
answer_lines(struct answerer *a, const weir_buf *feed, const struct fate *f, weir_buf *out)
{
    weir_span rest = {feed->p, feed->len};
    uint64_t n = 0;

    while (rest.len) {
        weir_span line = span_head(rest, span_find(rest, '\n'));

        answer_line(a, line, ++n, f, out);
        rest = span_skip(rest, line.len + (line.len < rest.len));
    }
    return n;
}

/* In batches ---------------------------------------------------------------------------------- */

struct both {
    struct answerer batches, lines;
    weir_buf expected;
    size_t nerrors[2];
};

static void
count_error(void *arg, uint64_t line, const weir_item *item)
{
    *(size_t *)arg += (size_t)line * (item->offset + 1);
}

static void
both_init(struct both *b, weir_ruleset *rs)
{
    struct answer_options o = {
        .max_line = FEED_MAX_LINE, .answer_skips = draw(2), .trace = draw(3) == 0};

    *b = (struct both){.nerrors = {0}};
    if (draw(6) == 0)
        o.match_off = WEIR_MATCH_BATCH;
    assert_int_equal(answerer_init(&b->batches, rs, &o), WEIR_OK);
    assert_int_equal(answerer_init(&b->lines, rs, &o), WEIR_OK);
    b->batches.on_error = b->lines.on_error = count_error;
    b->batches.on_error_arg = &b->nerrors[0];
    b->lines.on_error_arg = &b->nerrors[1];
}

static void
both_fini(struct both *b)
{
    assert_int_equal(b->nerrors[0], b->nerrors[1]);
    compare_tallies(&b->batches.tally, &b->lines.tally);
    answerer_fini(&b->batches);
    answerer_fini(&b->lines);
    weir_buf_fini(&b->expected);
}

static struct answer_room
draw_room(void)
{
    struct answer_room room = {SIZE_MAX, SIZE_MAX};
    unsigned kind = draw(8);

    if (kind & 1)
        room.bytes = draw(3) ? 1 + draw(2000) : 1;
    if (kind & 2)
        room.work = draw(3) ? 1 + draw(2000) : 1;
    return room;
}

static uint64_t
nanswered(const struct tally *t)
{
    return t->posts + t->queries + t->skips + t->errors;
}

/* Not more than there was room for, but for the last answer. */
static void
work(struct stream *s, struct answerer *a)
{
    struct answer_room room = draw_room();
    uint64_t items = nanswered(&a->tally), made = a->tally.made;
    size_t mark = s->out.len, last;

    assert_int_not_equal(stream_work(s, a, room), FRAME_NOMEM);
    made = a->tally.made - made;
    assert_int_equal(batch_answers_in(s->out.p + mark, s->out.len - mark), made);
    assert_true(room.work > 1 || nanswered(&a->tally) - items <= 1);
    for (last = s->out.len; last > mark + 1 && s->out.p[last - 2] != '\n'; last--)
        ;
    assert_true(made == 0 || last - 1 - mark < room.bytes);
}

static size_t
draw_chunk(void)
{
    static const size_t most[] = {1, 2, 30, 500, 4000, 100000};

    return DRAW_ONE(most);
}

static void
chunks_and_rooms_change_nothing(void **state)
{
    weir_buf feed = {0};

    (void)state;
    for (size_t i = rounds(60); i; i--) {
        struct stream s;
        struct both b;

        both_init(&b, draw(5) ? rules : NULL);
        draw_feed(&feed, draw(MOST_LINES), FEW_PAGES);
        uint64_t nlines = answer_lines(&b.lines, &feed, NULL, &b.expected);
        stream_init(&s, &feed, draw_chunk());
        while (!s.ended)
            work(&s, &b.batches);
        compare_out("in batches", &s.out, &b.expected);
        assert_int_equal(s.frame.lines, nlines);
        stream_fini(&s);
        both_fini(&b);
    }
    weir_buf_fini(&feed);
}

static void
lines_are_read_once_where_there_is_room(void **state)
{
    const struct answer_room room = {SIZE_MAX, SIZE_MAX};
    weir_buf feed = {0};

    (void)state;
    for (size_t i = rounds(10); i; i--) {
        struct stream s;
        struct both b;

        both_init(&b, rules);
        draw_feed(&feed, MOST_LINES, FEW_PAGES);
        (void)answer_lines(&b.lines, &feed, NULL, &b.expected);
        stream_init(&s, &feed, 100000);
        while (!s.ended)
            (void)stream_work(&s, &b.batches, room);
        compare_out("in one batch", &s.out, &b.expected);
        assert_int_equal(b.batches.reads, s.frame.lines);
        stream_fini(&s);
        both_fini(&b);
    }
    weir_buf_fini(&feed);
}

/* A page that is answered by and by is read once, and so is what lies behind it. */
static void
nothing_is_read_behind_a_page_before_it_is_answered(void **state)
{
    const struct answer_room room = {1, SIZE_MAX};
    weir_buf feed = {0};
    struct stream s;
    struct both b;

    (void)state;
    both_init(&b, rules);
    put_items(&feed, 40);
    weir_buf_puts(&feed, "\n{\"id\":1,\"author\":\"x\"}\n{\"id\":2,\"author\":\"x\"}\n");
    (void)answer_lines(&b.lines, &feed, NULL, &b.expected);
    stream_init(&s, &feed, 0);
    while (b.batches.tally.made < 40) {
        assert_int_equal(stream_work(&s, &b.batches, room), FRAME_LINE);
        assert_int_equal(b.batches.reads, 1);
    }
    while (!s.ended)
        (void)stream_work(&s, &b.batches, room);
    compare_out("behind a page", &s.out, &b.expected);
    stream_fini(&s);
    both_fini(&b);
    weir_buf_fini(&feed);
}

static void
streams_may_take_turns(void **state)
{
    (void)state;
    for (size_t i = rounds(30); i; i--) {
        weir_buf feed[2] = {{0}}, expected[2] = {{0}};
        struct stream s[2];
        struct both b;

        both_init(&b, rules);
        for (int k = 0; k < 2; k++) {
            draw_feed(&feed[k], draw(MOST_LINES), MANY_PAGES);
            (void)answer_lines(&b.lines, &feed[k], NULL, &expected[k]);
            stream_init(&s[k], &feed[k], draw_chunk());
        }
        while (!s[0].ended || !s[1].ended) {
            struct stream *one = &s[draw(2)];
            if (!one->ended)
                work(one, &b.batches);
        }
        for (int k = 0; k < 2; k++) {
            compare_out("by turns", &s[k].out, &expected[k]);
            stream_fini(&s[k]);
            weir_buf_fini(&feed[k]);
            weir_buf_fini(&expected[k]);
        }
        both_fini(&b);
    }
}

static void
what_is_given_up_is_abandoned_and_the_rest_answered(void **state)
{
    weir_buf feed = {0};
    size_t ngiven_up = 0;

    (void)state;
    for (size_t i = rounds(30); i; i--) {
        struct fate f = {.swap_behind = 0};
        struct stream s;
        struct both b;

        both_init(&b, rules);
        draw_feed(&feed, MOST_LINES, MANY_PAGES);
        stream_init(&s, &feed, draw_chunk());
        while (!s.ended) {
            work(&s, &b.batches);
            if (s.line.done || draw(3))
                continue;
            f.give_up_behind[s.line.number] = s.line.answered;
            answer_give_up(&b.batches, &s.line);
            ngiven_up++;
        }
        (void)answer_lines(&b.lines, &feed, &f, &b.expected);
        compare_out("with lines given up", &s.out, &b.expected);
        stream_fini(&s);
        both_fini(&b);
    }
    assert_true(ngiven_up > 0);
    weir_buf_fini(&feed);
}

/* From the next item on, also in the middle of a page: nothing is known of what was ahead then. */
static void
rules_may_change_between_batches(void **state)
{
    weir_buf feed = {0};

    (void)state;
    for (size_t i = rounds(30); i; i--) {
        struct fate f = {.swap_behind = 1 + draw(40)};
        struct stream s;
        struct both b;

        both_init(&b, rules);
        draw_feed(&feed, MOST_LINES, MANY_PAGES);
        stream_init(&s, &feed, draw_chunk());
        while (!s.ended) {
            work(&s, &b.batches);
            if (b.batches.rs != rules || b.batches.tally.made < f.swap_behind)
                continue;
            f.swap_behind = b.batches.tally.made;
            swap_rules(&b.batches);
        }
        (void)answer_lines(&b.lines, &feed, &f, &b.expected);
        compare_out("with other rules on the way", &s.out, &b.expected);
        stream_fini(&s);
        both_fini(&b);
    }
    weir_buf_fini(&feed);
}

static int
make_all(void **state)
{
    (void)state;
    draw_from_seed();
    rules = given_rules(feed_rules);
    other_rules = given_rules("rules:\n- {id: z, regions: [XX], action: withhold, match: {hashtags:"
                              " ['*a*', t, '/[0-9]$/']}}\n");
    return 0;
}

static int
free_all(void **state)
{
    (void)state;
    weir_ruleset_unref(rules);
    weir_ruleset_unref(other_rules);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_and_rooms_change_nothing),
        cmocka_unit_test(lines_are_read_once_where_there_is_room),
        cmocka_unit_test(nothing_is_read_behind_a_page_before_it_is_answered),
        cmocka_unit_test(streams_may_take_turns),
        cmocka_unit_test(what_is_given_up_is_abandoned_and_the_rest_answered),
        cmocka_unit_test(rules_may_change_between_batches),
    };

    return cmocka_run_group_tests_name("flow/batch", tests, make_all, free_all);
}
