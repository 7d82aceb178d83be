/*
 * replay/redo: when memory runs out, wherever that is, it is said, and nothing is left behind.
 */
#include "unit/fail_allocations.h"

#include "unit/test.h"

#include "unit/folder.h"
#include "unit/match/given.h"

#include "replay/redo.h"

static const char rules[] =
    "orders:\n"
    "  o: {authority: A, kind: policy}\n"
    "rules:\n"
    "- {id: bad, order: o, regions: [IN], action: withhold,"
    "   match: {hashtags: [bad]}}\n"
    "- {id: loud, regions: [TR], action: downrank, match: {hashtags: [loud]}}\n";

#define T INT64_C(1612162800000)

static weir_ruleset *rs;
static char journal[64], feed[64];
static const char *paths[1] = {feed};
static size_t noticed;

static void
put_record(weir_buf *out, const char *line)
{
    struct answerer a;
    struct answer_options o = {.clock = ANSWER_NOW};
    struct answer_line l = {
        .bytes = {line, strlen(line)}, .avail = strlen(line), .number = 1, .now_ms = T};
    struct answer_room room = {SIZE_MAX, SIZE_MAX};

    assert_int_equal(answerer_init(&a, rs, &o), WEIR_OK);
    assert_int_equal(answer_go_on(&a, &l, &room, out), WEIR_OK);
    answerer_fini(&a);
}

static const char *const lines[] = {
    "{\"id\":\"1\",\"author\":\"@x\",\"hashtags\":[\"bad\"]}",
    ("{\"id\":\"2\",\"author\":\"@x\",\"hashtags\":[\"loud\"],\"quotes\":{\"id\":\"3\",\"author\":"
     "\"@y\"}}"),
    "{\"query\":{\"hashtag\":\"bad\",\"region\":\"IN\"}}",
    "{]",
};
#define NLINES (sizeof lines / sizeof *lines)

/* A journal that has all but one, one twice, one that is not in the feed, and one that is wrong. */
static int
make(void **state)
{
    weir_journal_options o = {.clock = "now"};
    weir_buf records = {0};
    weir_journal *j;

    if (make_folder(state) != 0)
        return -1;
    (void)snprintf(journal, sizeof journal, "%s/journal", folder);
    (void)snprintf(feed, sizeof feed, "%s/feed", folder);
    rs = given_rules(rules);
    FILE *f = fopen(feed, "w");
    for (size_t i = 0; i < NLINES; i++) {
        put_record(&records, lines[i]);
        (void)fprintf(f, "%s\n%s\n", lines[i], lines[i]);
    }
    (void)fputs("{\"id\":\"4\",\"author\":\"@x\",\"hashtags\":[\"bad\"]}\n"
                "{\"id\":\"5\",\"author\":\"@x\",\"hashtags\":[\"loud\"]}\n",
                f);
    (void)fclose(f);
    put_record(&records, "{\"id\":\"4\",\"author\":\"@x\",\"hashtags\":[\"loud\"]}");
    put_record(&records, "{\"id\":\"6\",\"author\":\"@x\",\"hashtags\":[\"loud\"]}");
    o.digest = weir_ruleset_digest(rs);
    assert_int_equal(weir_journal_open(journal, &o, T, NULL, &j), WEIR_OK);
    assert_int_equal(weir_journal_append(j, (weir_span){records.p, records.len}), WEIR_OK);
    const weir_journal_event trip = {
        .kind = WEIR_JOURNAL_TRIP, .at_ms = T, .rule = {"bad", 3}, .how = WEIR_TRIP_ALERT};
    assert_int_equal(weir_journal_append_event(j, &trip), WEIR_OK);
    assert_int_equal(weir_journal_close(j, T + 1, NULL), WEIR_OK);
    weir_buf_fini(&records);
    return 0;
}

static int
unmake(void **state)
{
    char path[128];

    weir_ruleset_unref(rs);
    (void)snprintf(path, sizeof path, "rm -r %s", journal);
    (void)system(path);
    return remove_folder(state);
}

static bool
walk(struct redo *r)
{
    weir_journal_proof p;
    weir_status st = weir_journal_walk(journal, NULL, redo_visit, r, NULL, &p);
    bool whole = st == WEIR_OK && p.closed;

    assert_true(st == WEIR_OK || st == WEIR_E_NOMEM);
    weir_journal_proof_fini(&p);
    return whole;
}

static bool
take(void *redo, struct result *r, bool whole)
{
    (void)whole;
    return redo_take(redo, &r->facts);
}

static bool
read_feed(struct redo *r)
{
    struct portions_options po = {.paths = paths, .npaths = 1};
    struct answer_options o = {.clock = ANSWER_NOW};
    struct portions *portions = portions_new(&po);
    struct crew_sums sums = {.tally = {0}};

    if (!portions)
        return false;
    const struct crew_job job = {.answer = &o,
                                 .threads = 1,
                                 .portions = portions,
                                 .notes = redo_notes(r),
                                 .take = take,
                                 .take_arg = r};
    enum crew_end end = crew_run(&job, &sums);
    crew_sums_fini(&sums);
    portions_free(portions);
    return end == CREW_DONE;
}

/* @return whether the k-th allocation was asked for, and failed. */
static bool
fail_at(size_t k)
{
    struct redo r;

    fail_allocation(k);
    redo_init(&r, journal);
    bool good = walk(&r);
    for (size_t i = 0; good && i < r.past.nsets; i++)
        r.past.sets[i].rs = weir_ruleset_ref(rs);
    good = good && redo_prepare(&r) && read_feed(&r) && redo_settle(&r);
    bool did = allocation_failed();
    if (!good && !did)
        fail_msg("allocation %zu: nothing failed", k);
    noticed += !good;
    if (good) { /* lines that cannot be read together with others are read again, alone */
        const struct redo_counts *n = &r.counts;

        assert_int_equal(n->same, 4);
        assert_int_equal(n->different, 1);
        assert_int_equal(n->unexplained, 1);
        assert_int_equal(n->missing, NLINES + 1);
        assert_int_equal(r.different.n + r.unexplained.n, 2);
        assert_int_equal(r.nrules, 2);
    }
    redo_fini(&r);
    return did;
}

static void
each_allocation_may_fail(void **state)
{
    size_t k = 1;

    (void)state;
    assert_false(fail_at(0));
    while (fail_at(k))
        k++;
    assert_true(noticed > 40 && k - noticed < 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("replay/redo_out_of_memory", tests, make, unmake);
}
