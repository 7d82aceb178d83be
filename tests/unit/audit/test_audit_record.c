/*
 * audit/record: the records of the contract, byte for byte.
 */
#include "unit/test.h"

#include "audit/values.h"
#include "base/span.h"
#include "model/ruleset.h"

#include <tagweir/audit.h>

static const struct weir__order orders[] = {
    {.id = {"in-meity-2021-01", 16}, .kind = WEIR_KIND_EMERGENCY},
    {.id = {"tr-2021-3", 9}, .kind = WEIR_KIND_COURT_ORDER},
};
enum { IN_ACCOUNTS, TR_7, TR_9, FR_2021, PRESS, NRULES };
static const struct weir_rule rules[NRULES] = {
    [IN_ACCOUNTS] = {.id = {"in-2021-01-accounts", 19}, .order = 0},
    [TR_7] = {.id = {"tr-7", 4}, .order = WEIR_NONE},
    [TR_9] = {.id = {"tr-9", 4}, .order = 1},
    [FR_2021] = {.id = {"fr-2021-07", 10}, .order = WEIR_NONE},
    [PRESS] = {.id = {"press-freedom", 13}, .order = WEIR_NONE},
};
static const char *const files[] = {"r.yaml"};
static const struct weir_ruleset rs = {
    .magic = 0x57525331u,
    .files = files,
    .nfiles = 1,
    .orders = orders,
    .norders = 2,
    .rules = rules,
    .nrules = NRULES,
    .digest = "9f2c61d0a4b7e85c0000000000000000000000000000000000000000000000ff",
};

static void
assert_record(const weir_decision *d, const char *expected)
{
    weir_buf b = {0};

    weir_record_write(d, &b);
    weir_buf_putc(&b, '\0');
    assert_string_equal(b.p, expected);
    weir_buf_fini(&b);
}

static void
a_plain_allow(void **state)
{
    weir_post post = {.id = SPAN_LIT("1356300"), .author.handle = SPAN_LIT("x")};
    weir_decision d = {.rs = &rs, .post = &post, .at_ms = 1612162800000};

    (void)state;
    assert_record(&d, "{\"v\":1,\"post\":\"1356300\",\"author\":\"@x\",\"action\":\"allow\","
                      "\"at\":\"2021-02-01T07:00:00Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"}\n");
}

static void
breakers_that_have_tripped(void **state)
{
    weir_post post = {.id = SPAN_LIT("1")};
    uint32_t rules_of_it[] = {TR_7};
    weir_decision d = {.rs = &rs, .post = &post, .at_ms = 1612162800000, .breaker = rules_of_it};

    (void)state;
    d.nbreaker = 1;
    assert_record(&d, "{\"v\":1,\"post\":\"1\",\"action\":\"allow\",\"breaker\":[\"tr-7\"],"
                      "\"at\":\"2021-02-01T07:00:00Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"}\n");
    d.nbreaker = 0;
    d.breaker_set = true;
    assert_record(&d, "{\"v\":1,\"post\":\"1\",\"action\":\"allow\",\"breaker\":[\"*\"],"
                      "\"at\":\"2021-02-01T07:00:00Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"}\n");
}

static void
everything_at_once(void **state)
{
    const weir_span tags[] = {SPAN_LIT("\xEF\xBC\x83gezi")};
    weir_post original = {.id = SPAN_LIT("1"), .hashtags = tags, .nhashtags = 1};
    weir_post post = {.id = SPAN_LIT("1356301"),
                      .author = {SPAN_LIT("1356247"), SPAN_LIT("kisan_ekta")},
                      .hashtags = tags,
                      .nhashtags = 1};
    weir_post quoted = {.id = SPAN_LIT("q"), .author.id = SPAN_LIT("did:plc:z")};
    weir_region_outcome regions[] = {
        {weir_region_find(SPAN_LIT("IN")),
         {.action = WEIR_WITHHOLD,
          .act = {.rule = IN_ACCOUNTS, .selector = WEIR_SEL_ACCOUNTS, .part = &post}}},
        {weir_region_find(SPAN_LIT("TR")),
         {.action = WEIR_DOWNRANK,
          .surfaces = 1u << WEIR_SURFACE_SUGGEST | 1u << WEIR_SURFACE_TRENDS,
          .surface = {[WEIR_SURFACE_SUGGEST] = {100,
                                                {.rule = TR_7,
                                                 .selector = WEIR_SEL_HASHTAGS,
                                                 .part = &post}},
                      [WEIR_SURFACE_TRENDS] = {125,
                                               {.rule = TR_9,
                                                .via_repost = true,
                                                .selector = WEIR_SEL_HASHTAGS,
                                                .part = &original}}}}},
    };
    weir_exemption fr[] = {{FR_2021, PRESS}};
    weir_region_exemptions exempted[] = {{weir_region_find(SPAN_LIT("FR")), fr, 1},
                                         {weir_region_find(SPAN_LIT("IN")), NULL, 0}};
    uint32_t observed[] = {IN_ACCOUNTS, TR_7}, held[] = {TR_9}, limit[] = {TR_7};
    uint32_t breaker[] = {IN_ACCOUNTS, TR_7};
    uint16_t trace_regions[] = {WEIR_REGION_XX, weir_region_find(SPAN_LIT("FR"))};
    weir_trace_entry trace[] = {
        {.rule = IN_ACCOUNTS, .state = WEIR_STATE_MATCHED},
        {.rule = TR_9, .part = 1, .state = WEIR_STATE_EXEMPTED, .regions = trace_regions,
         .nregions = 2}};
    weir_decision inner = {.rs = &rs, .post = &quoted, .at_ms = 1612162800250};
    weir_decision d = {
        .rs = &rs, .post = &post, .at_ms = 1612162800250, .action = WEIR_WITHHOLD,
        .regions = regions, .nregions = 2, .exempted = exempted, .nexempted = 2,
        .observed = observed, .nobserved = 2, .held_back = held, .nheld_back = 1,
        .limit = limit, .nlimit = 1, .limit_tags = true, .breaker_set = true, .breaker = breaker,
        .nbreaker = 2, .trace = trace, .ntrace = 2, .quoted = &inner};

    (void)state;
    assert_record(
        &d,
        "{\"v\":1,\"post\":\"1356301\",\"author\":\"id:1356247\",\"action\":\"withhold\","
        "\"regions\":{\"IN\":{\"action\":\"withhold\",\"rule\":\"in-2021-01-accounts\","
        "\"order\":\"in-meity-2021-01\",\"by\":\"accounts\",\"value\":\"@kisan_ekta\"},"
        "\"TR\":{\"action\":\"downrank\",\"surfaces\":{\"suggest\":{\"factor\":0.1,"
        "\"rule\":\"tr-7\",\"by\":\"hashtags\",\"value\":\"#gezi\"},\"trends\":{"
        "\"factor\":0.125,\"via\":\"repost\",\"rule\":\"tr-9\",\"order\":\"tr-2021-3\","
        "\"by\":\"hashtags\",\"value\":\"#gezi\"}}}},"
        "\"exempted\":{\"FR\":[{\"rule\":\"fr-2021-07\",\"by\":\"press-freedom\"}],\"IN\":[]},"
        "\"observed\":[\"in-2021-01-accounts\",\"tr-7\"],\"held_back\":[\"tr-9\"],"
        "\"limit\":[\"tags\",\"tr-7\"],"
        "\"breaker\":[\"*\",\"in-2021-01-accounts\",\"tr-7\"],"
        "\"trace\":[{\"rule\":\"in-2021-01-accounts\",\"state\":\"matched\"},"
        "{\"rule\":\"tr-9\",\"state\":\"exempted\",\"via\":\"repost\",\"regions\":"
        "[\"XX\",\"FR\"]}],"
        "\"quoted\":{\"v\":1,\"post\":\"q\",\"author\":\"did:plc:z\",\"action\":\"allow\","
        "\"at\":\"2021-02-01T07:00:00.250Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"},"
        "\"at\":\"2021-02-01T07:00:00.250Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"}\n");
}

static void
a_query_echoes_what_was_asked(void **state)
{
    weir_post post = {.query = {.kind = WEIR_QUERY_ACCOUNT,
                                .value = SPAN_LIT("@x\t"),
                                .region = weir_region_find(SPAN_LIT("UK")),
                                .at = SPAN_LIT("1970-01-01T00:00:00+00:00")}};
    weir_decision d = {.rs = &rs, .post = &post, .at_ms = 0};

    (void)state;
    assert_record(&d, "{\"v\":1,\"query\":{\"account\":\"@x\\t\",\"region\":\"GB\","
                      "\"at\":\"1970-01-01T00:00:00+00:00\"},\"action\":\"allow\","
                      "\"at\":\"1970-01-01T00:00:00Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"}\n");
}

static void
errors_and_skips(void **state)
{
    weir_item error = {.kind = WEIR_ITEM_ERROR,
                       .error = WEIR_READ_BAD_JSON,
                       .offset = 203,
                       .detail = SPAN_LIT("say \"why\""),
                       .post_id = SPAN_LIT("7"),
                       .author.id = SPAN_LIT("9")};
    weir_item skip = {.kind = WEIR_ITEM_SKIP, .skip = "delete"};
    weir_buf b = {0};

    (void)state;
    weir_record_write_error(&error, 17, WEIR_UNDECIDED_WITHHOLD, &b);
    weir_record_write_skip(&skip, &b);
    weir_buf_putc(&b, '\0');
    assert_string_equal(b.p, "{\"v\":1,\"error\":\"bad_json\",\"line\":17,\"offset\":203,"
                             "\"detail\":\"say \\\"why\\\"\",\"post\":\"7\",\"author\":\"id:9\","
                             "\"action\":\"withhold\"}\n{\"v\":1,\"skip\":\"delete\"}\n");
    weir_buf_fini(&b);
}

static void
factors_are_the_shortest_decimals(void **state)
{
    static const struct {
        uint32_t milli;
        const char *text;
    } rows[] = {{0, "0"}, {1, "0.001"}, {10, "0.01"}, {100, "0.1"}, {125, "0.125"},
                {250, "0.25"}, {999, "0.999"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf b = {0};
        weir__put_factor(&b, rows[i].milli);
        weir_buf_putc(&b, '\0');
        assert_string_equal(b.p, rows[i].text);
        weir_buf_fini(&b);
    }
}

static void
posts_in_the_own_dialect(void **state)
{
    const weir_span tags[] = {SPAN_LIT("Farmers"), SPAN_LIT("#\xC4\xB0"),
                              SPAN_LIT("\xE2\x80\x8B")};
    const weir_span langs[] = {SPAN_LIT("en"), SPAN_LIT("hi")};
    const weir_account mentions[] = {{SPAN_LIT("1"), SPAN_LIT("a")}, {SPAN_NONE, SPAN_LIT("b")}};
    weir_post original = {.source = WEIR_SOURCE_TWEET, .id = SPAN_LIT("0")};
    weir_post post = {.source = WEIR_SOURCE_TWEET, .id = SPAN_LIT("1"),
                      .author.handle = SPAN_LIT("x"), .hashtags = tags, .nhashtags = 3,
                      .mentions = mentions, .nmentions = 2, .langs = langs, .nlangs = 2,
                      .has_created = true, .created_ms = 1000, .repost_of = &original};
    weir_buf b = {0};

    (void)state;
    weir_record_write_post(&post, &b);
    weir_buf_putc(&b, '\0');
    assert_string_equal(
        b.p, "{\"id\":\"1\",\"author\":{\"handle\":\"x\"},"
             "\"hashtags\":[\"Farmers\",\"#\xC4\xB0\",\"\xE2\x80\x8B\"],"
             "\"keys\":[\"farmers\",\"i\xCC\x87\",\"\"],"
             "\"mentions\":[{\"id\":\"1\",\"handle\":\"a\"},{\"handle\":\"b\"}],"
             "\"created_at\":\"1970-01-01T00:00:01Z\",\"lang\":[\"en\",\"hi\"],"
             "\"source\":\"tweet\",\"repost_of\":{\"id\":\"0\",\"author\":{},\"hashtags\":[],"
             "\"keys\":[],\"mentions\":[],\"source\":\"tweet\"}}\n");
    weir_buf_fini(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_allow),
        cmocka_unit_test(breakers_that_have_tripped),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(a_query_echoes_what_was_asked),
        cmocka_unit_test(errors_and_skips),
        cmocka_unit_test(factors_are_the_shortest_decimals),
        cmocka_unit_test(posts_in_the_own_dialect),
    };

    return cmocka_run_group_tests_name("audit/record", tests, NULL, NULL);
}
