/*
 * What tests of exports share: rules and posts, and the lines that come of them.
 */
#ifndef WEIR_TESTS_EXPORTED_H
#define WEIR_TESTS_EXPORTED_H

#include "unit/match/given.h"

#define NOON INT64_C(1612180800000) /* 2021-02-01T12:00:00Z */
#define SRC "did:web:{region}.labels.example"

static const char exported_rules[] =
    "orders:\n"
    "  o: {kind: court_order, authority: a, basis: \"Act 7, \\\"b\\\"\",\n"
    "      in_force: [{from: 2021-02-01T00:00:00Z, until: 2021-03-01T00:00:00Z}],\n"
    "      dsa: {decision_ground: DECISION_GROUND_ILLEGAL_CONTENT,\n"
    "            illegal_content_explanation: Forbidden., decision_facts: By order.,\n"
    "            category: STATEMENT_CATEGORY_VIOLENCE}}\n"
    "rules:\n"
    "- {id: who, order: o, regions: [IN, FR], action: withhold, match: {accounts: ['id:7', "
    "'did:plc:x']}}\n"
    "- {id: what, order: o, regions: [FR, DE], action: downrank, factor: 0.5, surfaces: [trends], "
    "match: {hashtags: [a]}}\n"
    "- {id: tag, regions: [FR], action: withhold, priority: 1, match: {hashtags: [b]}}\n";

/* The lines of one post, or of its change from `old_ms` to `now_ms`; good until it is called
   again. An old_ms of 0: of its decision. */
static inline const char *
exported(weir_export_kind kind, const weir_ruleset *rules, const weir_post *post, int64_t old_ms,
         int64_t now_ms)
{
    static weir_buf lines;
    weir_ruleset *rs = (weir_ruleset *)rules;
    weir_export_options o = {.kind = kind, .changes = old_ms != 0, .label_src = SRC};
    weir_export *e = NULL;
    weir_export_worker *w = NULL;
    weir_scratch *a = NULL, *b = NULL;
    weir_decision old, now;
    weir_buf fragments = {0};

    lines.len = 0;
    assert_int_equal(weir_scratch_new(rs, NULL, &a), WEIR_OK);
    assert_int_equal(weir_scratch_new(rs, NULL, &b), WEIR_OK);
    assert_int_equal(weir_export_new(&o, rs, NULL, NULL, &e), WEIR_OK);
    assert_int_equal(weir_export_worker_new(e, &w), WEIR_OK);
    assert_int_equal(weir_decide(rs, a, post, now_ms, &now), WEIR_OK);
    if (old_ms) {
        assert_int_equal(weir_decide(rs, b, post, old_ms, &old), WEIR_OK);
        assert_int_equal(weir_export_change(w, &old, &now, &fragments), WEIR_OK);
    } else {
        assert_int_equal(weir_export_decision(w, &now, &fragments), WEIR_OK);
    }
    assert_int_equal(weir_export_collect(e, span_of_buf(&fragments), &lines), WEIR_OK);
    assert_int_equal(weir_export_finish(e, &lines), WEIR_OK);
    weir_buf_putc(&lines, '\0');
    assert_false(lines.failed);
    weir_export_worker_free(w);
    weir_export_free(e);
    weir_scratch_free(a);
    weir_scratch_free(b);
    weir_buf_fini(&fragments);
    return lines.p;
}

#endif
