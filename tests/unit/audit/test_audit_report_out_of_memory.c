/*
 * audit/report: without memory the buffer has failed, and what stands in it is the beginning of the
 * report.
 */
#include "unit/test.h"

#include "unit/fail_allocations.h"
#include "unit/match/given.h"

#include <tagweir/report.h>

static const char rules[] =
    "orders:\n"
    "  o: {authority: A, kind: policy, in_force: [{from: 2021-01-01T00:00:00Z}]}\n"
    "rules:\n"
    "- {id: a, order: o, regions: [IN], action: withhold, match: {hashtags: [x]}}\n";

static void
fill(weir_report *r, weir_ruleset *rs)
{
    static const int64_t edges[] = {1612137600000, 1612224000000};
    static const weir_report_step steps[] = {{.posts = 2, .withheld = 1}};
    static const weir_report_order orders[] = {{.done = {1, 0, 1}, .line = {.steps = steps}},
                                               {.line = {.steps = steps}}};
    static const weir_report_rule of_rules[] = {{.done = {1, 0, 1}}};
    static const weir_report_region regions[] = {{.region = 0, .done = {1, 0, 1}}};
    static const weir_report_feed feeds[] = {{.name = {"feed", 4}}};

    *r = (weir_report){.rs = rs,
                       .clock = "created",
                       .at_ms = WEIR_REPORT_NO_TIME,
                       .decided_from_ms = 1612137600000,
                       .decided_until_ms = 1612137600000,
                       .region = WEIR_REGION_NONE,
                       .since_ms = WEIR_REPORT_NO_TIME,
                       .until_ms = WEIR_REPORT_NO_TIME,
                       .feeds = feeds,
                       .nfeeds = 1,
                       .posts = 2,
                       .done = {1, 0, 1},
                       .step = "day",
                       .edges = edges,
                       .nsteps = 1,
                       .line = {.steps = steps},
                       .regions = regions,
                       .nregions = 1,
                       .orders = orders,
                       .rules = of_rules};
}

static void
whichever_allocation_fails(void **state)
{
    void (*const forms[])(const weir_report *, weir_buf *) = {weir_report_html, weir_report_json};
    weir_ruleset *rs = given_rules(rules);
    weir_report r;

    (void)state;
    fill(&r, rs);
    all_fail_then = true;
    for (size_t form = 0; form < 2; form++) {
        weir_buf whole = {0};
        bool failing = true;
        size_t k = 0;

        forms[form](&r, &whole);
        assert_false(whole.failed);
        while (failing) {
            weir_buf part = {0};

            fail_allocation(++k);
            forms[form](&r, &part);
            failing = allocation_failed();
            assert_int_equal(part.failed, failing);
            assert_true(part.len <= whole.len &&
                        memcmp(part.p ? part.p : "", whole.p, part.len) == 0);
            weir_buf_fini(&part);
        }
        assert_true(k > 4);
        weir_buf_fini(&whole);
    }
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whichever_allocation_fails)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
