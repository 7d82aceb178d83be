/*
 * audit/exports: when memory runs out, wherever that is, a status says so, and nothing is left
 * behind.
 */
#include "unit/fail_allocations.h"
#include "unit/test.h"

#include "base/buf.h"

#include "unit/audit/exported.h"

/* All that is done for one post, from the beginning; the decisions are there already. */
static weir_status
export_once(weir_export_kind kind, weir_ruleset *rs, const weir_decision *old,
            const weir_decision *now)
{
    weir_export_options o = {.kind = kind, .changes = old != NULL, .label_src = SRC};
    weir_export *e = NULL;
    weir_export_worker *w = NULL;
    weir_buf fragments = {0}, lines = {0};
    weir_status st = weir_export_new(&o, rs, NULL, NULL, &e);

    if (st == WEIR_OK)
        st = weir_export_worker_new(e, &w);
    if (st == WEIR_OK)
        st = old ? weir_export_change(w, old, now, &fragments)
                 : weir_export_decision(w, now, &fragments);
    if (st == WEIR_OK)
        st = weir_export_collect(e, span_of_buf(&fragments), &lines);
    if (st == WEIR_OK)
        st = weir_export_finish(e, &lines);
    weir_export_worker_free(w);
    weir_export_free(e);
    weir_buf_fini(&fragments);
    weir_buf_fini(&lines);
    return st;
}

static void
each_allocation_may_fail(void **state)
{
    static const weir_span tags[] = {SPAN_LIT("a")};
    const weir_post post = {.source = WEIR_SOURCE_BLUESKY,
                            .id = SPAN_LIT("at://did:plc:x/app.bsky.feed.post/1"),
                            .author.id = SPAN_LIT("did:plc:x"),
                            .hashtags = tags,
                            .nhashtags = 1,
                            .has_created = true,
                            .created_ms = NOON - 1};
    weir_ruleset *rs = given_rules(exported_rules);
    weir_scratch *s = NULL, *before = NULL;
    weir_decision now, old;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    assert_int_equal(weir_scratch_new(rs, NULL, &before), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, &post, NOON, &now), WEIR_OK);
    assert_int_equal(weir_decide(rs, before, &post, NOON - 86400000, &old), WEIR_OK);
    for (int kind = 0; kind < WEIR_NEXPORTS; kind++)
        for (int change = 0; change < 2; change++)
            for (size_t k = 1, did = true; did; k++) {
                fail_allocation(k);
                weir_status st =
                    export_once((weir_export_kind)kind, rs, change ? &old : NULL, &now);
                did = allocation_failed();
                assert_int_equal(st, did ? WEIR_E_NOMEM : WEIR_OK);
                assert_true(did || k > 3);
            }
    weir_scratch_free(s);
    weir_scratch_free(before);
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("audit/exports_out_of_memory", tests, NULL, NULL);
}
