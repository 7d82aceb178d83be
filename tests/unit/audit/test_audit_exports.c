/*
 * audit/exports: the lines of each kind, byte for byte; and what is said once, left out, counted.
 */
#include "unit/test.h"

#include "base/buf.h"

#include "unit/audit/exported.h"

#define MARCH INT64_C(1614600000000) /* 2021-03-01T12:00:00Z: the order has ended */

static const weir_span tags[] = {SPAN_LIT("a")};
static const weir_span langs[] = {SPAN_LIT("en-GB")};
/* By the account that is withheld, with the tag that is downranked. */
static const weir_post tweet = {.source = WEIR_SOURCE_TWEET,
                                .id = SPAN_LIT("12"),
                                .author = {SPAN_LIT("7"), SPAN_LIT("x")},
                                .hashtags = tags,
                                .nhashtags = 1,
                                .langs = langs,
                                .nlangs = 1,
                                .has_created = true,
                                .created_ms = NOON - 86400000};
static const weir_post skeet = {.source = WEIR_SOURCE_BLUESKY,
                                .id = SPAN_LIT("at://did:plc:x/app.bsky.feed.post/1"),
                                .author.id = SPAN_LIT("did:plc:x"),
                                .hashtags = tags,
                                .nhashtags = 1};

static void
lines_of_each_kind(void **state)
{
    static const struct {
        weir_export_kind kind;
        const weir_post *post;
        int64_t old_ms, now_ms;
        const char *lines;
    } rows[] = {
        {WEIR_EXPORT_TWITTER_V1, &tweet, 0, NOON,
         "{\"status_withheld\":{\"id\":12,\"user_id\":7,\"withheld_in_countries\":[\"FR\","
         "\"IN\"]}}\n"
         "{\"user_withheld\":{\"id\":7,\"withheld_in_countries\":[\"FR\",\"IN\"]}}\n"},
        {WEIR_EXPORT_TWITTER_V1, &tweet, NOON, MARCH,
         "{\"status_withheld\":{\"id\":12,\"user_id\":7,\"withheld_in_countries\":[]}}\n"
         "{\"user_withheld\":{\"id\":7,\"withheld_in_countries\":[]}}\n"},
        {WEIR_EXPORT_TWITTER_V1, &skeet, 0, NOON, ""},
        {WEIR_EXPORT_TWITTER_V2, &tweet, 0, NOON + 5,
         "{\"data\":{\"withheld\":{\"tweet\":{\"id\":\"12\",\"author_id\":\"7\"},"
         "\"withheld_in_countries\":[\"FR\",\"IN\"],\"event_at\":\"2021-02-01T12:00:00.005Z\"}}}\n"
         "{\"data\":{\"user_withheld\":{\"user\":{\"id\":\"7\"},\"withheld_in_countries\":[\"FR\","
         "\"IN\"],\"event_at\":\"2021-02-01T12:00:00.005Z\"}}}\n"},
        {WEIR_EXPORT_TWITTER_FIELDS_V1, &tweet, 0, NOON,
         "{\"id\":12,\"id_str\":\"12\",\"withheld_in_countries\":[\"FR\",\"IN\"],"
         "\"withheld_scope\":\"user\"}\n"},
        {WEIR_EXPORT_TWITTER_FIELDS_V2, &tweet, NOON, MARCH,
         "{\"data\":{\"id\":\"12\",\"withheld\":{\"copyright\":false,\"country_codes\":[],"
         "\"scope\":\"tweet\"}}}\n"},
        {WEIR_EXPORT_ATPROTO, &skeet, 0, NOON,
         "{\"ver\":1,\"src\":\"did:web:fr.labels.example\",\"uri\":\"did:plc:x\",\"val\":\"!hide\","
         "\"cts\":\"2021-02-01T12:00:00Z\",\"exp\":\"2021-03-01T00:00:00Z\"}\n"
         "{\"ver\":1,\"src\":\"did:web:in.labels.example\",\"uri\":\"did:plc:x\",\"val\":\"!hide\","
         "\"cts\":\"2021-02-01T12:00:00Z\",\"exp\":\"2021-03-01T00:00:00Z\"}\n"
         "{\"ver\":1,\"src\":\"did:web:de.labels.example\",\"uri\":"
         "\"at://did:plc:x/app.bsky.feed.post/1\",\"val\":\"downrank-trends\","
         "\"cts\":\"2021-02-01T12:00:00Z\",\"exp\":\"2021-03-01T00:00:00Z\"}\n"},
        {WEIR_EXPORT_CSV, &tweet, NOON, MARCH,
         "change,at,post,author,region,action,surface,factor,rule,order,by,value,via,ruleset\r\n"
         "lifted,2021-03-01T12:00:00Z,12,id:7,DE,downrank,trends,0.5,what,o,hashtags,#a,,D\r\n"
         "lifted,2021-03-01T12:00:00Z,12,id:7,FR,withhold,,,who,o,accounts,'@x,,D\r\n"
         "lifted,2021-03-01T12:00:00Z,12,id:7,IN,withhold,,,who,o,accounts,'@x,,D\r\n"},
    };
    weir_ruleset *rs = given_rules(exported_rules);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf expected = {0};
        const char *said = exported(rows[i].kind, rs, rows[i].post, rows[i].old_ms, rows[i].now_ms);
        for (const char *p = rows[i].lines; *p; p++) {
            if (p[0] == 'D' && p[1] == '\r')
                weir_buf_put(&expected, (weir_span){weir_ruleset_digest(rs), 16});
            else
                weir_buf_putc(&expected, *p);
        }
        weir_buf_putc(&expected, '\0');
        if (strcmp(said, expected.p) != 0)
            fail_msg("%s:\n     said %s\n expected %s", weir_export_name(rows[i].kind), said,
                     expected.p);
        weir_buf_fini(&expected);
    }
    weir_ruleset_unref(rs);
}

static void
a_statement(void **state)
{
    static const char who[] =
        "{\"decision_visibility\":[\"DECISION_VISIBILITY_CONTENT_DISABLED\"],"
        "\"decision_ground\":\"DECISION_GROUND_ILLEGAL_CONTENT\","
        "\"illegal_content_legal_ground\":\"Act 7, \\\"b\\\"\","
        "\"illegal_content_explanation\":\"Forbidden.\","
        "\"category\":\"STATEMENT_CATEGORY_VIOLENCE\",\"content_type\":[\"CONTENT_TYPE_TEXT\"],"
        "\"content_date\":\"2021-01-31\",\"application_date\":\"2021-02-01\","
        "\"end_date_visibility_restriction\":\"2021-02-28\",\"territorial_scope\":[\"FR\"],"
        "\"content_language\":\"EN\",\"decision_facts\":\"By order.\","
        "\"source_type\":\"SOURCE_TYPE_OTHER_NOTIFICATION\",\"automated_detection\":\"Yes\","
        "\"automated_decision\":\"AUTOMATED_DECISION_FULLY\",\"puid\":\"";
    weir_ruleset *rs = given_rules(exported_rules);
    const char *said = exported(WEIR_EXPORT_DSA, rs, &tweet, 0, NOON);
    const char *demoted = strstr(said, "DECISION_VISIBILITY_CONTENT_DEMOTED");

    (void)state;
    assert_int_equal(strncmp(said, "{\"statements\":[", 15), 0);
    assert_non_null(strstr(said, who));
    assert_non_null(demoted);
    assert_non_null(strstr(demoted, "\"territorial_scope\":[\"DE\"]"));
    assert_null(strstr(said, "#a"));
    /* at the end the order is lifted, which no statement can say */
    assert_string_equal(exported(WEIR_EXPORT_DSA, rs, &tweet, NOON, MARCH), "");
    weir_ruleset_unref(rs);
}

/* A rule about tags acts on the post in place of the one about the account; the account's list must
   be the same for all that. */
static void
an_account_is_decided_by_itself(void **state)
{
    static const weir_span b[] = {SPAN_LIT("b")};
    weir_post post = tweet;
    weir_ruleset *rs = given_rules(exported_rules);

    (void)state;
    post.hashtags = b;
    assert_non_null(strstr(exported(WEIR_EXPORT_TWITTER_V1, rs, &post, 0, NOON),
                           "{\"user_withheld\":{\"id\":7,\"withheld_in_countries\":[\"FR\","
                           "\"IN\"]}}\n"));
    weir_ruleset_unref(rs);
}

static void
exemptions_for_posts_shield_accounts(void **state)
{
    static const struct {
        const char *promise, *allow;
        const char *user; /* in its list; NULL: there is none */
    } rows[] = {
        {"one for posts", "regions: [IN], match: {hashtags: [news]}", "[\"FR\"]"},
        {"one for accounts and posts", "match: {accounts: [y], langs: [en]}", NULL},
        {"one for other accounts", "match: {accounts: [y]}", "[\"FR\",\"IN\"]"},
        {"one of a lower priority", "priority: -1, match: {hashtags: [n]}", "[\"FR\",\"IN\"]"},
        {"one against another order", "against: [p], match: {hashtags: [n]}", "[\"FR\",\"IN\"]"},
        {"one that is off", "mode: 'off', match: {hashtags: [n]}", "[\"FR\",\"IN\"]"},
        {"one that has ended", "until: 2021-01-01T00:00:00Z, match: {hashtags: [n]}",
         "[\"FR\",\"IN\"]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf yaml = {0};
        weir_buf_printf(&yaml,
                        "orders: {p: {kind: policy}}\nrules:\n"
                        "- {id: who, regions: [IN, FR], action: withhold, match: {accounts: "
                        "['id:7']}}\n- {id: but, action: allow, %s}\n",
                        rows[i].allow);
        weir_buf_putc(&yaml, '\0');
        weir_ruleset *rs = given_rules(yaml.p);
        const char *said = exported(WEIR_EXPORT_TWITTER_V1, rs, &tweet, 0, NOON);
        const char *user = strstr(said, "user_withheld");
        if (rows[i].user ? !user || !strstr(user, rows[i].user) : user != NULL)
            fail_msg("%s: %s", rows[i].promise, said);
        weir_ruleset_unref(rs);
        weir_buf_fini(&yaml);
    }
}

/* One that selects or excepts by more than accounts does not act on all that an account writes. */
static void
rules_that_ask_for_more_do_not_act_on_accounts(void **state)
{
    static const char *const rules[] = {
        "rules: [{id: r, regions: [IN], action: withhold, match: {accounts: ['id:7'], hashtags: "
        "[a]}}]\n",
        "rules: [{id: r, regions: [IN], action: withhold, match: {accounts: ['id:7']}, except: "
        "{hashtags: [z]}}]\n",
        "rules: [{id: r, regions: [IN], action: withhold, match: {sources: [tweet]}}]\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        weir_ruleset *rs = given_rules(rules[i]);
        assert_string_equal(
            exported(WEIR_EXPORT_TWITTER_V1, rs, &tweet, 0, NOON),
            "{\"status_withheld\":{\"id\":12,\"user_id\":7,\"withheld_in_countries\":[\"IN\"]}}\n");
        weir_ruleset_unref(rs);
    }
}

static void
ids_that_v1_takes(void **state)
{
    static const struct {
        weir_span id;
        bool good;
    } rows[] = {
        {SPAN_LIT("0"), true},
        {SPAN_LIT("9223372036854775807"), true},
        {SPAN_LIT("9223372036854775808"), false},
        {SPAN_LIT("10000000000000000000"), false},
        {SPAN_LIT("07"), false},
        {SPAN_LIT("-7"), false},
        {SPAN_LIT("https://a.example/7"), false},
    };
    weir_ruleset *rs = given_rules(
        "rules: [{id: r, regions: [XX], action: withhold, match: {sources: [tweet]}}]\n");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_post post = tweet;
        post.id = rows[i].id;
        const char *said = exported(WEIR_EXPORT_TWITTER_FIELDS_V1, rs, &post, 0, NOON);
        assert_int_equal(*said != '\0', rows[i].good);
    }
    weir_ruleset_unref(rs);
}

static void
kinds_have_names(void **state)
{
    weir_export_kind k;

    (void)state;
    for (int i = 0; i < WEIR_NEXPORTS; i++) {
        const char *name = weir_export_name((weir_export_kind)i);
        assert_true(weir_export_find(span_of(name), &k));
        assert_int_equal(k, i);
    }
    assert_true(weir_export_find(SPAN_LIT("twitter"), &k) && k == WEIR_EXPORT_TWITTER_V1);
    assert_true(weir_export_find(SPAN_LIT("twitter:fields"), &k));
    assert_int_equal(k, WEIR_EXPORT_TWITTER_FIELDS_V1);
    assert_false(weir_export_find(SPAN_LIT("twitter:v3"), &k));
    assert_false(weir_export_find(SPAN_LIT(""), &k));
}

/* Fields of which a spreadsheet would make something else, or that CSV has to quote. */
static void
fields_of_rows(void **state)
{
    static const struct {
        weir_span id;
        const char *field;
    } rows[] = {
        {SPAN_LIT("7"), ",7,"},
        {SPAN_LIT("a-b"), ",a-b,"},
        {SPAN_LIT("=1+1"), ",'=1+1,"},
        {SPAN_LIT("-1"), ",'-1,"},
        {SPAN_LIT("'x"), ",''x,"},
        {SPAN_LIT("＝x"), ",'＝x,"},
        {SPAN_LIT("a,b"), ",\"a,b\","},
        {SPAN_LIT("@a\"b"), ",\"'@a\"\"b\","},
        {SPAN_LIT("\tx\r\ny"), ",\"'\tx\r\ny\","},
    };
    weir_ruleset *rs = given_rules(
        "rules: [{id: r, regions: [XX], action: withhold, match: {sources: [tweet]}}]\n");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_post post = tweet;
        post.id = rows[i].id;
        const char *said = exported(WEIR_EXPORT_CSV, rs, &post, 0, NOON);
        if (!strstr(said, rows[i].field))
            fail_msg("%s is not in %s", rows[i].field, said);
    }
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_each_kind),
        cmocka_unit_test(a_statement),
        cmocka_unit_test(an_account_is_decided_by_itself),
        cmocka_unit_test(exemptions_for_posts_shield_accounts),
        cmocka_unit_test(rules_that_ask_for_more_do_not_act_on_accounts),
        cmocka_unit_test(ids_that_v1_takes),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(fields_of_rows),
    };

    return cmocka_run_group_tests_name("audit/exports", tests, NULL, NULL);
}
