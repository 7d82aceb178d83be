/*
 * bench: parts of feeds know what they are owed; what a peer counted is held against a plain count;
 * goals of replay are computed as they read.
 */
#include "unit/test.h"

#include "race/plain.h"
#include "race/race_goals.h"
#include "race/sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
feed_of(struct feed *f, const char *const *lines)
{
    weir_reader *reader;

    memset(f, 0, sizeof *f);
    assert_int_equal(weir_reader_new(NULL, &reader), WEIR_OK);
    for (; *lines; lines++)
        feed_add(f, reader, span_of_text(*lines));
    weir_reader_free(reader);
}

/* Feeds -------------------------------------------------------------------------------------- */

static const char *const some_lines[] = {
    "{\"id\":\"1\",\"author\":{\"id\":\"5\",\"handle\":\"@x\"},\"hashtags\":[\"abc\",\"\"],"
    "\"mentions\":[\"@yz\"],\"lang\":\"en\",\"created_at\":\"2021-02-01T00:00:00Z\"}",
    "{\"delete\":{\"status\":{\"id\":1}}}",
    "{\"data\":[{\"id\":\"7\",\"text\":\"x\",\"author_id\":\"1\"},"
    "{\"id\":\"8\",\"text\":\"y\",\"author_id\":\"1\"}]}",
    NULL,
};

static void
part_of_a_feed_knows_its_records(void **state)
{
    /* one, none for a skip, two for a page */
    static const uint64_t records[] = {0, 1, 1, 3, 4, 4, 6, 7};
    struct feed f;

    (void)state;
    feed_of(&f, some_lines);
    for (uint64_t n = 0; n < sizeof records / sizeof *records; n++)
        assert_int_equal(feed_records(&f, n), records[n]);
    feed_fini(&f);
}

static void
part_of_a_feed_is_written(void **state)
{
    char path[] = "/tmp/weir-test-XXXXXX", bytes[4096];
    int fd = mkstemp(path);
    struct feed f;

    (void)state;
    assert_true(fd >= 0);
    feed_of(&f, some_lines);
    size_t whole = f.line_at[3], expected = whole + f.line_at[1];
    assert_int_equal(feed_write(&f, 4, path), expected);
    assert_int_equal(read(fd, bytes, sizeof bytes), expected);
    assert_memory_equal(bytes, f.bytes.p, whole);
    assert_memory_equal(bytes + whole, f.bytes.p, f.line_at[1]);
    assert_int_equal(feed_write(&f, 1, path), f.line_at[1]);
    (void)close(fd);
    (void)unlink(path);
    feed_fini(&f);
}

/* What On-Demand reads ----------------------------------------------------------------------- */

#define SAID(lines, hashtags, mentioned)                                                           \
    "{\"lines\":" lines ",\"bytes\":400,\"posts\":2,\"ids\":[2,2],\"author_ids\":[2,2],"           \
    "\"author_handles\":[2,2],\"hashtags\":" hashtags ",\"mention_ids\":[0,0],"                    \
    "\"mention_handles\":" mentioned ",\"langs\":[2,4],\"times\":[2,40],\"hash\":\"00\"}"

static void
sums_are_those_of_the_lines(void **state)
{
    static const struct {
        const char *said, *fault;
    } rows[] = {
        {SAID("2", "[2,6]", "[2,4]"), ""},
        {SAID("1", "[2,6]", "[2,4]"), "lines: it read 1, Tagweir 2"},
        {SAID("2", "[1,6]", "[2,4]"), "hashtags: it read 1, Tagweir 2"},
        {SAID("2", "[2,6]", "[2,3]"), "mention_handles: it read 3 bytes, Tagweir 4"},
        {"{\"lines\":2}", "nothing of posts"},
        {"", "nothing of lines"},
    };
    const char *one[] = {some_lines[0], NULL};
    struct feed f;
    struct sums s;

    (void)state;
    feed_of(&f, one);
    sums_read(&s, &f, 2);
    assert_int_equal(s.nposts, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fault[256] = "";
        bool agree = sums_agree(&s, rows[i].said, fault, sizeof fault);

        if (agree != !rows[i].fault[0] || !strstr(fault, rows[i].fault))
            fail_msg("%s: \"%s\"", rows[i].said, fault);
    }
    feed_fini(&f);
}

/* What grep and ripgrep find ----------------------------------------------------------------- */

static const char *const tagged[] = {
    "{\"id\":\"1\",\"author\":\"@x\",\"hashtags\":[\"abcdx\"],\"text\":\"#abcdx\"}",
    "{\"id\":\"2\",\"author\":\"@x\",\"hashtags\":[\"xabc\"],\"text\":\"#xabc\"}",
    "{\"id\":\"3\",\"author\":\"@x\",\"hashtags\":[\"abc\",\"z\"],\"text\":\"#abc #x\"}",
    "{\"id\":\"4\",\"author\":\"@x\",\"hashtags\":[\"other\"],\"text\":\"\"}",
    NULL,
};

static void
patterns_are_those_of_whole_lines(void **state)
{
    static const struct {
        enum rule_kind kind;
        const char *text, *pattern;
        uint64_t found;
    } rows[] = {
        {RULE_LITERAL, "abc", "\"abc\"", 1},
        {RULE_LITERAL, "id", "\"id\"", 4}, /* no hashtag, but grep cannot know */
        {RULE_LITERAL, "nobody", "\"nobody\"", 0},
        {RULE_REGEX, "^abc", "\"abc", 2},
        {RULE_REGEX, "abc$", "abc\"", 2},
        {RULE_REGEX, "^abc$", "\"abc\"", 1},
        {RULE_REGEX, "^a.*x$", "\"a[^\"]*x\"", 1}, /* not up to the next tag */
        {RULE_REGEX, "^(?:oth|x)", "\"(?:oth|x)", 2},
    };
    struct feed f;

    (void)state;
    feed_of(&f, tagged);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rule rule = {.kind = rows[i].kind, .text = span_of_text(rows[i].text)};
        struct rules rules = {.v = &rule, .n = 1};
        weir_buf out = {0};

        plain_patterns(&rules, &out);
        assert_int_equal(out.len, strlen(rows[i].pattern) + 1);
        assert_memory_equal(out.p, rows[i].pattern, out.len - 1);
        assert_int_equal(plain_count(&rules, &f, f.nlines), rows[i].found);
        weir_buf_fini(&out);
    }
    feed_fini(&f);
}

static void
a_line_counts_once(void **state)
{
    struct rule v[] = {{.kind = RULE_LITERAL, .text = span_of_text("xabc")},
                       {.kind = RULE_REGEX, .text = span_of_text("^abc")},
                       {.kind = RULE_LITERAL, .text = span_of_text("other")}};
    struct rules rules = {.v = v, .n = 3};
    struct feed f;

    (void)state;
    feed_of(&f, tagged);
    assert_int_equal(plain_count(&rules, &f, 4), 4);
    assert_int_equal(plain_count(&rules, &f, 3), 3);
    plain_keep_regexes(&rules);
    assert_int_equal(rules.n, 1);
    assert_int_equal(rules.count[RULE_REGEX], 1);
    assert_int_equal(plain_count(&rules, &f, 4), 2);
    feed_fini(&f);
}

/* Goals -------------------------------------------------------------------------------------- */

static struct target_value
value_of(const char *id, const struct outcome *o, struct requirement *q)
{
    struct target_value v[MAX_REQUIREMENTS];
    struct requirements all = {.n = 0};
    char why[256];

    if (!requirements_add(&all, race_goal, id, why, sizeof why))
        fail_msg("%s: %s", id, why);
    assert_int_equal(all.n, 1);
    race_goals_measure(&all, o, v);
    *q = all.v[0];
    return v[0];
}

static void
goals_are_ratios_of_rounds(void **state)
{
    struct outcome *o = calloc(1, sizeof *o);
    struct race *r = &o->races[RACE_TWEETS];
    struct requirement q;
    struct target_value v;

    (void)state;
    o->has_race[RACE_TWEETS] = true;
    for (int i = 0; i < 3; i++) { /* 0.5, 0.7, 2: a machine that was slow for one side once */
        samples_add(&r->rate[SIDE_REPLAY], (double[]){50, 70, 100}[i]);
        samples_add(&r->rate[SIDE_ONDEMAND], (double[]){100, 100, 50}[i]);
        samples_add(&r->rate[SIDE_FEW], 100);
    }
    v = value_of("R1", o, &q);
    assert_true(v.measured && fabs(v.value - 0.7) < 1e-9 && requirement_met(&q, &v));
    v = value_of("R1>=0.71", o, &q);
    assert_false(requirement_met(&q, &v));
    v = value_of("R3.tweets", o, &q);
    assert_true(v.measured && fabs(v.value - 0.7) < 1e-9);
    v = value_of("R2", o, &q);
    assert_false(v.measured);
    assert_string_equal(v.why, "not asked for");
    v = value_of("R4.tweets", o, &q);
    assert_false(v.measured || requirement_met(&q, &v));
    free(o);
}

static void
what_was_not_measured_says_why(void **state)
{
    struct outcome *o = calloc(1, sizeof *o);
    struct race *r = &o->races[RACE_LITERALS];
    struct requirement q;
    struct target_value v;

    (void)state;
    o->has_race[RACE_LITERALS] = true;
    samples_add(&r->rate[SIDE_TWO], 100);
    samples_add(&r->rate[SIDE_GREP], 10);
    v = value_of("R5.grep", o, &q);
    assert_true(v.measured && fabs(v.value - 10) < 1e-9);
    snprintf(r->fault[SIDE_GREP], sizeof r->fault[0], "grep counts 1");
    v = value_of("R5.grep", o, &q);
    assert_false(v.measured);
    assert_string_equal(v.why, "grep counts 1");
    snprintf(r->absent[SIDE_GREP], sizeof r->absent[0], "there is no grep");
    v = value_of("R5.grep", o, &q);
    assert_string_equal(v.why, "there is no grep");
    snprintf(r->missing, sizeof r->missing, "there are no posts");
    v = value_of("R5.grep", o, &q);
    assert_string_equal(v.why, "there are no posts");
    o->missing = "one core";
    v = value_of("R5.grep", o, &q);
    assert_string_equal(v.why, "one core");
    free(o);
}

static void
only_what_goals_need_is_measured(void **state)
{
    struct requirements q = {.n = 0};
    char why[256];

    (void)state;
    assert_int_equal(race_goals_sides(&q, RACE_REGEXES),
                     1u << SIDE_REPLAY | 1u << SIDE_RG | 1u << SIDE_RG_SEEN);
    assert_true(requirements_add(&q, race_goal, "R3", why, sizeof why));
    assert_int_equal(q.n, 2);
    assert_int_equal(race_goals_sides(&q, RACE_REGEXES), 0);
    assert_int_equal(race_goals_sides(&q, RACE_SMALL), 1u << SIDE_REPLAY | 1u << SIDE_FEW);
    assert_true(requirements_add(&q, race_goal, "R4.tweets", why, sizeof why));
    assert_true(race_goals_sides(&q, RACE_TWEETS) & 1u << SIDE_ZSTD_TWO);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(part_of_a_feed_knows_its_records),
        cmocka_unit_test(part_of_a_feed_is_written),
        cmocka_unit_test(sums_are_those_of_the_lines),
        cmocka_unit_test(patterns_are_those_of_whole_lines),
        cmocka_unit_test(a_line_counts_once),
        cmocka_unit_test(goals_are_ratios_of_rounds),
        cmocka_unit_test(what_was_not_measured_says_why),
        cmocka_unit_test(only_what_goals_need_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
