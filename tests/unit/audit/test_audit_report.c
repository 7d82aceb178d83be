/*
 * audit/report: what is unsafe in texts is not so on a page; where things are on an axis; reports
 * of nothing, of orders without an end, of those that keep secrets.
 */
#include "unit/test.h"

#include "unit/match/given.h"

#include "audit/report_parts.h"

static const char rules[] =
    "orders:\n"
    "  endless: {authority: 'A <b>', basis: Act 1, kind: court_order, served: 2021-01-05T00:00:00Z,"
    "    in_force: [{from: 2021-01-01T00:00:00Z, until: 2021-01-02T00:00:00Z},"
    "               {from: 2021-02-01T12:00:00Z}]}\n"
    "  veiled: {authority: SECRETa, basis: SECRETb, reference: SECRETc, kind: court_order,"
    "    confidential: true, served: 2021-01-05T00:00:00Z}\n"
    "  later: {authority: C, kind: policy, in_force: [{from: 2031-01-01T00:00:00Z}]}\n"
    "rules:\n"
    "- {id: act, order: endless, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: secret, order: veiled, regions: [IN], action: withhold, match: {hashtags: [y]}}\n"
    "- {id: never, order: later, regions: [IN], action: withhold, match: {hashtags: [z]}}\n"
    "- {id: let, action: allow, match: {accounts: ['@p']}}\n";

enum { ACT, SECRET, NEVER, LET, NRULES };
enum { ENDLESS, VEILED, LATER, OWN, NORDERS };

static weir_ruleset *rs;

/* 2021-02-01T00:00:00Z */
#define DAY_0 INT64_C(1612137600000)
#define DAY INT64_C(86400000)

static int
load(void **state)
{
    (void)state;
    rs = given_rules(rules);
    return rs ? 0 : -1;
}

static int
unload(void **state)
{
    (void)state;
    weir_ruleset_unref(rs);
    return 0;
}

struct given {
    weir_report r;
    weir_report_order orders[NORDERS];
    weir_report_rule rules[NRULES];
    int64_t edges[4];
    weir_report_step steps[NORDERS + 1][3];
};

static const weir_report *
given_nothing(struct given *g)
{
    *g = (struct given){.r = {.rs = rs,
                              .clock = "created",
                              .at_ms = WEIR_REPORT_NO_TIME,
                              .decided_from_ms = WEIR_REPORT_NO_TIME,
                              .decided_until_ms = WEIR_REPORT_NO_TIME,
                              .region = WEIR_REGION_NONE,
                              .since_ms = WEIR_REPORT_NO_TIME,
                              .until_ms = WEIR_REPORT_NO_TIME}};
    g->r.orders = g->orders;
    g->r.rules = g->rules;
    return &g->r;
}

/* Three days; the first order withheld two posts, the veiled one one. */
static const weir_report *
given_days(struct given *g)
{
    (void)given_nothing(g);
    for (int i = 0; i < 4; i++)
        g->edges[i] = DAY_0 + i * DAY;
    g->steps[0][1] = (weir_report_step){.posts = 7, .withheld = 3};
    g->steps[1 + ENDLESS][1] = (weir_report_step){.posts = 2, .withheld = 2};
    g->steps[1 + VEILED][2] = (weir_report_step){.posts = 1, .withheld = 1};
    for (int i = 0; i < NORDERS; i++)
        g->orders[i].line.steps = g->steps[1 + i];
    g->orders[ENDLESS].done = (weir_report_done){.withheld = 2, .authors = 2};
    g->orders[VEILED].done = (weir_report_done){.withheld = 1, .authors = 1};
    g->rules[ACT].done = g->orders[ENDLESS].done;
    g->rules[SECRET].done = g->orders[VEILED].done;
    g->r.line.steps = g->steps[0];
    g->r.edges = g->edges;
    g->r.nsteps = 3;
    g->r.step = "day";
    g->r.posts = 7;
    g->r.done = (weir_report_done){.withheld = 3, .authors = 3};
    g->r.decided_from_ms = DAY_0 + DAY;
    g->r.decided_until_ms = DAY_0 + 2 * DAY - 1;
    return &g->r;
}

static weir_buf out;

static const char *
html(const weir_report *r)
{
    out.len = 0;
    weir_report_html(r, &out);
    weir_buf_putc(&out, '\0');
    assert_false(out.failed);
    return out.p;
}

static const char *
json(const weir_report *r)
{
    out.len = 0;
    weir_report_json(r, &out);
    weir_buf_putc(&out, '\0');
    assert_false(out.failed);
    return out.p;
}

static void
texts_are_made_safe(void **state)
{
    static const struct {
        weir_span text;
        const char *shown;
    } cases[] = {
        {SPAN_LIT("plain #tag"), "plain #tag"},
        {SPAN_LIT("<script>'&\"</script>"), "&lt;script&gt;&#39;&amp;&quot;&lt;/script&gt;"},
        {SPAN_LIT("a\0b\x07\n\t\x7F"), "a[U+0000]b[U+0007][U+000A][U+0009][U+007F]"},
        {SPAN_LIT("\xC2\x85"), "[U+0085]"},
        {SPAN_LIT("\xE2\x80\xAEgpj.exe"), "[U+202E]gpj.exe"},
        {SPAN_LIT("\xE2\x81\xA6x\xE2\x81\xA9\xE2\x80\x8B\xEF\xBB\xBF\xC2\xAD"),
         "[U+2066]x[U+2069][U+200B][U+FEFF][U+00AD]"},
        {SPAN_LIT("\xE2\x80\xA8\xE2\x80\xA9"), "[U+2028][U+2029]"},
        {SPAN_LIT("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xB7\x90"), "[U+FFFE][U+FFFF][U+FDD0]"},
        {SPAN_LIT("\xF3\xA0\x81\x81"), "[U+E0041]"},
        {SPAN_LIT("\xE3\x85\xA4\xE1\x85\x9F\xCD\x8F\xE1\xA0\x8B\xE2\xA0\x80"),
         "[U+3164][U+115F][U+034F][U+180B][U+2800]"}, /* letters and marks without a shape */
        {SPAN_LIT("\xE2\x9D\xA4\xEF\xB8\x8F"), "\xE2\x9D\xA4\xEF\xB8\x8F"},
        {SPAN_LIT("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9"),
         "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9"},
        {SPAN_LIT("\xFF\xC3(\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF"
                                            "\xBF\xBD"},
        {SPAN_LIT("\xE2\x82"), "\xEF\xBF\xBD"},
        {{NULL, 0}, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out.len = 0;
        weir__page_text(&out, cases[i].text, 100);
        weir_buf_putc(&out, '\0');
        assert_string_equal(out.p, cases[i].shown);
    }
}

static void
long_texts_are_cut_between_code_points(void **state)
{
    static const char tag[] = "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9";

    (void)state;
    out.len = 0;
    weir__page_text(&out, (weir_span){tag, 8}, 3);
    weir_buf_putc(&out, '\0');
    assert_string_equal(out.p, "\xC3\xA9\xC3\xA9\xC3\xA9… (8 bytes)");
    out.len = 0;
    weir__page_text(&out, (weir_span){tag, 8}, 4);
    assert_int_equal(out.len, 8);
}

static void
json_strings_are_utf8_whatever_they_were(void **state)
{
    (void)state;
    out.len = 0;
    weir__json_any(&out, SPAN_LIT("a\"\xFF\xE2\x82z\x01"));
    weir_buf_putc(&out, '\0');
    assert_string_equal(out.p, "\"a\\\"\xEF\xBF\xBD\xEF\xBF\xBDz\\u0001\"");
}

static void
numbers_are_held_together(void **state)
{
    static const struct {
        uint64_t n;
        const char *shown;
    } cases[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1\xE2\x80\xAF"
                        "000"},
                 {10000, "10\xE2\x80\xAF"
                         "000"},
                 {UINT64_MAX, "18\xE2\x80\xAF"
                              "446\xE2\x80\xAF"
                              "744\xE2\x80\xAF"
                              "073\xE2\x80\xAF"
                              "709\xE2\x80\xAF"
                              "551\xE2\x80\xAF"
                              "615"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out.len = 0;
        weir__page_number(&out, cases[i].n);
        weir_buf_putc(&out, '\0');
        assert_string_equal(out.p, cases[i].shown);
    }
}

static void
scales_have_round_steps_and_room_for_all(void **state)
{
    static const struct {
        uint64_t max, step, top;
    } cases[] = {{0, 1, 1},
                 {1, 1, 1},
                 {4, 1, 4},
                 {5, 2, 6},
                 {8, 2, 8},
                 {9, 5, 10},
                 {20, 5, 20},
                 {21, 10, 30},
                 {41, 20, 60},
                 {1237, 500, 1500},
                 {999999, 500000, 1000000}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weir__scale s = weir__scale_for(cases[i].max);

        assert_int_equal(s.step, cases[i].step);
        assert_int_equal(s.top, cases[i].top);
    }
    for (uint64_t max = 1; max < UINT64_MAX / 3; max *= 3) {
        struct weir__scale s = weir__scale_for(max);

        assert_true(s.top >= max && s.top % s.step == 0 && s.top / s.step <= 4);
    }
}

static void
times_beyond_the_axis_are_at_its_ends(void **state)
{
    struct given g;
    const weir_report *r = given_days(&g);

    (void)state;
    assert_int_equal(weir__place_on_axis(r, DAY_0, 3000), 0);
    assert_int_equal(weir__place_on_axis(r, DAY_0 + DAY, 3000), 1000);
    assert_int_equal(weir__place_on_axis(r, DAY_0 + 3 * DAY - 1, 3000), 2999);
    assert_int_equal(weir__place_on_axis(r, DAY_0 + 3 * DAY, 3000), 3000);
    assert_int_equal(weir__place_on_axis(r, INT64_MIN, 3000), 0);
    assert_int_equal(weir__place_on_axis(r, INT64_MAX, 3000), 3000);
    g.edges[0] = INT64_MIN + 1; /* no axis is too long */
    g.edges[3] = INT64_MAX;
    assert_int_equal(weir__place_on_axis(r, 0, 3000), 1500);
    assert_int_equal(weir__label_stride(3, 6), 1);
    assert_int_equal(weir__label_stride(6, 6), 1);
    assert_int_equal(weir__label_stride(7, 6), 2);
    assert_int_equal(weir__label_stride(100, 6), 17);
    assert_int_equal(weir__label_stride(0, 6), 1);
}

static void
high_figures_have_room_beside_the_axis(void **state)
{
    struct given g;

    (void)state;
    (void)given_days(&g);
    g.steps[0][1] = (weir_report_step){.posts = 45000000, .withheld = 900000};
    out.len = 0;
    weir__plot_all(&g.r, &out);
    weir_buf_putc(&out, '\0');
    assert_non_null(strstr(out.p, ">60\xC2\xA0M</text>"));
    assert_non_null(strstr(out.p, ">20\xC2\xA0M</text>"));
    assert_non_null(strstr(out.p, ">0.5\xC2\xA0M</text>"));
    assert_non_null(strstr(out.p, ">1\xC2\xA0M</text>"));
    assert_null(strstr(out.p, ">0\xC2\xA0M"));
}

static void
rules_without_a_part_are_told_with_what_is_known(void **state)
{
    static const struct {
        weir_report_rule did;
        bool allows, traced, hidden;
        const char *why;
    } cases[] = {
        {{.exempts = 1}, true, false, false, NULL},
        {{.aside = 1, .observed = 1}, false, false, false, NULL},
        {{.aside = 1}, false, false, false, "had a part in quoted posts or queries alone"},
        {{.aside = 1, .outranked = 1}, false, true, false, "matched, but others acted"},
        {{.aside = 1, .matched = 1}, true, true, false, "matched, but there was nothing to defeat"},
        {{.matched = 1}, false, true, true, "matched, but others acted"}, /* of a repost */
        {{.matched = 1},
         true,
         true,
         true,
         "matched, but there was nothing to defeat, confidential orders aside"},
        {{.matched = 0}, false, false, true, "acted on nothing"},
        {{.matched = 0}, true, false, false, "defeated nothing"},
        {{.matched = 0}, true, false, true, "defeated nothing, confidential orders aside"},
        {{.matched = 0}, false, true, false, "never matched"},
        {{.matched = 0}, false, true, true, "never matched, confidential orders aside"},
        {{.excepted = 1},
         false,
         true,
         true,
         "matched only where its exceptions do, confidential orders aside"},
    };
    struct given g;

    (void)state;
    (void)given_days(&g);
    g.r.decided_from_ms = DAY_0 + DAY;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t rule = cases[i].allows ? LET : ACT;

        g.rules[rule] = cases[i].did;
        g.r.traced = cases[i].traced;
        const char *why = weir__silence(&g.r, rule, cases[i].hidden);
        if (cases[i].why)
            assert_string_equal(why, cases[i].why);
        else
            assert_null(why);
    }
}

static void
a_report_of_nothing(void **state)
{
    struct given g;
    const char *page = html(given_nothing(&g));

    (void)state;
    assert_non_null(strstr(page, "No post was decided"));
    assert_non_null(strstr(page, "Nothing was withheld or downranked anywhere"));
    assert_non_null(strstr(page, "nothing was decided"));
    assert_null(strstr(page, "class=\"plot\""));
    assert_non_null(strstr(json(&g.r), "\"steps\":[]"));
}

static void
an_order_without_an_end_goes_on_beyond_the_axis(void **state)
{
    struct given g;

    (void)state;
    (void)given_days(&g);
    out.len = 0;
    weir__plot_order(&g.r, ENDLESS, &out);
    weir_buf_putc(&out, '\0');
    assert_non_null(strstr(out.p, "in force from 2021-02-01 12:00 UTC without an end"));
    assert_null(strstr(out.p, "2021-01-01")); /* the interval before the axis is not on it */
    /* from 56 pixels on, a sixth of 896 in, to the end, with an arrow at the right alone */
    assert_non_null(strstr(out.p, "<rect class=\"force\" x=\"205.3\""));
    assert_non_null(strstr(out.p, "width=\"746.7\""));
    const char *arrow = strstr(out.p, "class=\"arrow\"");
    assert_non_null(arrow);
    assert_null(strstr(arrow + 1, "class=\"arrow\""));
    const char *page = html(&g.r);
    assert_non_null(strstr(page, "A &lt;b&gt;"));
    assert_non_null(strstr(page, ", without an end"));
}

static void
an_interval_beyond_the_axis_on_both_sides_has_two_arrows(void **state)
{
    struct given g;
    int arrows = 0;

    (void)state;
    (void)given_days(&g);
    g.edges[0] += DAY; /* it began before */
    out.len = 0;
    weir__plot_order(&g.r, ENDLESS, &out);
    weir_buf_putc(&out, '\0');
    for (const char *p = out.p; (p = strstr(p, "class=\"arrow\"")) != NULL; p++)
        arrows++;
    assert_int_equal(arrows, 2);
    assert_non_null(strstr(out.p, "<rect class=\"force\" x=\"56\""));
    out.len = 0;
    weir__plot_order(&g.r, LATER, &out);
    weir_buf_putc(&out, '\0');
    assert_non_null(strstr(out.p, "at no time of this axis in force"));
}

static void
confidential_orders_show_their_counts_alone(void **state)
{
    static const weir_report_where where[] = {{.region = 0, .posts = 9}};
    static const weir_report_exemption exemptions[] = {
        {.rule = SECRET, .by = LET, .posts = 9, .authors = 9, .where = where, .nwhere = 1}};
    struct given g;

    (void)state;
    (void)given_days(&g);
    g.r.exemptions = exemptions;
    g.r.nexemptions = 1;
    for (int form = 0; form < 2; form++) {
        const char *said = form ? json(&g.r) : html(&g.r);

        assert_non_null(strstr(said, "veiled"));
        assert_null(strstr(said, "SECRET"));
        assert_null(strstr(said, ">secret<"));
        assert_null(strstr(said, "\"secret\""));
        assert_null(strstr(said, "defeated by"));
    }
    assert_non_null(strstr(out.p, "{\"id\":\"veiled\",\"confidential\":true,\"withheld\":1,"
                                  "\"downranked\":0,\"exempted\":0,\"authors\":1}"));
    assert_non_null(strstr(out.p, "\"exemptions\":[]"));
    assert_non_null(strstr(out.p, "\"silent\":[{\"id\":\"never\",\"why\":\"not in force at any of "
                                  "these times\"},{\"id\":\"let\",\"why\":\"defeated nothing, "
                                  "confidential orders aside\"}]"));
}

static void
one_time_for_all_is_drawn(void **state)
{
    struct given g;

    (void)state;
    (void)given_days(&g);
    assert_null(strstr(html(&g.r), "decided as of here"));
    g.r.at_ms = DAY_0 + DAY;
    assert_non_null(strstr(html(&g.r), "decided as of here"));
    g.r.at_ms = DAY_0 + 3 * DAY; /* behind the axis */
    assert_null(strstr(html(&g.r), "decided as of here"));
}

static void
long_tables_are_cut_and_say_so(void **state)
{
    static weir_report_feed feeds[WEIR_REPORT_ROWS + 2];
    struct given g;

    (void)state;
    (void)given_nothing(&g);
    for (size_t i = 0; i < WEIR_REPORT_ROWS + 2; i++)
        feeds[i].name = SPAN_LIT("feed");
    g.r.feeds = feeds;
    g.r.nfeeds = WEIR_REPORT_ROWS + 2;
    assert_non_null(strstr(html(&g.r), "And 2 rows more, which <code>--json</code> has."));
}

static int
forget(void **state)
{
    weir_buf_fini(&out);
    return unload(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_made_safe),
        cmocka_unit_test(long_texts_are_cut_between_code_points),
        cmocka_unit_test(json_strings_are_utf8_whatever_they_were),
        cmocka_unit_test(numbers_are_held_together),
        cmocka_unit_test(scales_have_round_steps_and_room_for_all),
        cmocka_unit_test(times_beyond_the_axis_are_at_its_ends),
        cmocka_unit_test(high_figures_have_room_beside_the_axis),
        cmocka_unit_test(rules_without_a_part_are_told_with_what_is_known),
        cmocka_unit_test(a_report_of_nothing),
        cmocka_unit_test(an_order_without_an_end_goes_on_beyond_the_axis),
        cmocka_unit_test(an_interval_beyond_the_axis_on_both_sides_has_two_arrows),
        cmocka_unit_test(confidential_orders_show_their_counts_alone),
        cmocka_unit_test(one_time_for_all_is_drawn),
        cmocka_unit_test(long_tables_are_cut_and_say_so),
    };

    return cmocka_run_group_tests(tests, load, forget);
}
