/*
 * audit/journal: when memory runs out while a journal is opened, written or walked, that is said,
 * what is in the files holds, and the next try goes on from there.
 *
 * That nothing is left behind in memory is seen by AddressSanitizer and Valgrind.
 */
#include "unit/audit/journals.h"
#include "unit/fail_allocations.h"

static weir_journal_options options; /* with small segments, old ones retired */

/* A message was lost for want of memory, and nothing else. */
static bool
lost_a_message(const weir_diags *d)
{
    size_t n = weir_diags_count(d);

    return n && strstr(weir_diags_at(d, n - 1)->message, "out of memory");
}

static weir_status
write_some(weir_diags *d)
{
    const weir_journal_event trip = {
        .kind = WEIR_JOURNAL_TRIP, .at_ms = T0, .rule = SPAN_LIT("r"), .how = WEIR_TRIP_ALERT};
    weir_journal *j;
    weir_status st = open_with(&options, T0 + 5 * DAY_MS, d, &j);

    for (int i = 0; st == WEIR_OK && i < 2; i++) {
        st = weir_journal_append(j, SPAN_LIT("{\"v\":1}\n{\"v\":1}\n"));
        if (st == WEIR_OK)
            st = weir_journal_append_event(j, &trip);
        if (st == WEIR_OK)
            st = weir_journal_write(j, T0 + 5 * DAY_MS);
    }
    if (st == WEIR_OK)
        return weir_journal_close(j, T0 + 5 * DAY_MS, d);
    if (j && weir_journal_error(j))
        st = WEIR_E_NOMEM; /* failed for good, where it could not go on without */
    weir_journal_abandon(j);
    return st;
}

static weir_status
walk(weir_diags *d)
{
    weir_journal_proof p;
    weir_status st = weir_journal_walk(dir, NULL, NULL, NULL, d, &p);

    if (st == WEIR_OK)
        assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    weir_journal_proof_fini(&p);
    return st;
}

/* A journal that a crash left, its tail torn. */
static void
prepare(void)
{
    empty(dir);
    make_small(&plain);
    weir_journal *j = opened(&plain, T0 + DAY_MS);
    append(j, "{\"v\":1,\"post\":\"1\"}\n{\"v\":1,\"post\":\"2\"}\n");
    commit(j, T0 + DAY_MS);
    weir_journal_abandon(j);
    weir_buf text = read_file("00000003.ndjson");
    write_file("00000003.ndjson", (weir_span){text.p, text.len - 7});
    weir_buf_fini(&text);
}

/* Does it with the k-th allocation failing; false: there are not that many. */
static bool
fail_at(size_t k, const char *what, weir_status (*act)(weir_diags *d))
{
    weir_diags *d = weir_diags_new();

    assert_non_null(d);
    fail_allocation(k);
    weir_status st = act(d);
    bool did_fail = allocation_failed();
    if (did_fail ? st != WEIR_E_NOMEM && !(st == WEIR_OK && lost_a_message(d)) : st != WEIR_OK)
        fail_msg("%s: allocation %zu %s, and the status is: %s; %s", what, k,
                 did_fail ? "failed" : "did not fail", weir_status_text(st), all_said(d));
    weir_diags_free(d);
    return did_fail;
}

static void
writing_without_memory_loses_nothing(void **state)
{
    (void)state;
    options = plain;
    options.segment_bytes = 1;
    options.retain_days = 2;
    for (int all = 0; all < 2; all++) {
        all_fail_then = all;
        size_t k = 1;
        for (bool more = true; more; k++) {
            prepare();
            more = fail_at(k, "writing", write_some);
            weir_diags *d = weir_diags_new();
            if (write_some(d) != WEIR_OK)
                fail_msg("after allocation %zu: %s", k, all_said(d));
            weir_diags_free(d);
            weir_journal_proof p = walked();
            if (p.finding != WEIR_JOURNAL_FOUND_NONE)
                fail_msg("after allocation %zu: %s:%d %s", k, p.bad_file, (int)p.bad_line, p.why);
            weir_journal_proof_fini(&p);
        }
        assert_true(k > 15);
    }
}

static void
walking_without_memory_says_so(void **state)
{
    (void)state;
    make_small(&plain);
    size_t k = 1;
    while (fail_at(k, "walking", walk))
        k++;
    assert_true(k > 4);
}

/* What could not be appended for want of memory can be, once there is some. */
static void
appending_can_be_tried_again(void **state)
{
    weir_journal *j = opened(&plain, T0);

    (void)state;
    weir_buf many = {0};
    for (int i = 0; i < 1000; i++)
        weir_buf_puts(&many, "{\"v\":1}\n");
    fail_allocation(1);
    assert_int_equal(weir_journal_append(j, (weir_span){many.p, many.len}), WEIR_E_NOMEM);
    assert_true(allocation_failed());
    assert_int_equal(weir_journal_append(j, (weir_span){many.p, many.len}), WEIR_OK);
    weir_buf_fini(&many);
    commit(j, T0);
    close_journal(j, T0);
    assert_holds_up_to(1004);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(writing_without_memory_loses_nothing, clear),
        cmocka_unit_test_setup(walking_without_memory_says_so, clear),
        cmocka_unit_test_setup(appending_can_be_tried_again, clear),
    };

    return cmocka_run_group_tests_name("audit: journals without memory", tests, make_base,
                                       remove_base);
}
