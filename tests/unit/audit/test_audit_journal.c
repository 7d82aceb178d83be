/*
 * audit/journal: what is written, byte for byte; rotation, retirement, the lock, heads; what a
 * caller may give.
 */
#include "unit/audit/journals.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HEADER_1                                                                                   \
    "{\"format\":1,\"segment\":1,\"opened\":\"2021-02-01T07:00:00Z\",\"ruleset\":\"" DIGEST        \
    "\",\"version\":\"" WEIR_VERSION "\",\"unicode\":\""
#define ZEROES "0000000000000000000000000000000000000000000000000000000000000000"

static void
lines_are_as_documented(void **state)
{
    unsigned char sum[32];
    char hex[65];
    weir_buf hashed = {0};

    (void)state;
    weir_journal *j = opened(&plain, T0);
    append(j, "{\"v\":1,\"post\":\"1\"}\n");
    commit(j, T0);
    close_journal(j, T0 + 250);
    weir_buf text = read_file("00000001.ndjson");
    weir_buf_putc(&text, '\0');
    assert_memory_equal(text.p, "{\"seq\":1,\"header\":" HEADER_1,
                        sizeof "{\"seq\":1,\"header\":" HEADER_1 - 1);
    assert_non_null(strstr(text.p, ",\"clock\":\"now\",\"previous\":\"" ZEROES "\"},\"hash\":\""));
    assert_non_null(strstr(text.p, "\n{\"seq\":2,\"event\":{\"kind\":\"start\",\"at\":"
                                   "\"2021-02-01T07:00:00Z\",\"why\":\"new\"},\"hash\":\""));
    assert_non_null(strstr(text.p, "\n{\"seq\":3,\"record\":{\"v\":1,\"post\":\"1\"},\"hash\":\""));
    assert_non_null(strstr(text.p, "\n{\"seq\":4,\"event\":{\"kind\":\"stop\",\"at\":"
                                   "\"2021-02-01T07:00:00.250Z\"},\"hash\":\""));
    assert_non_null(strstr(text.p, "\n{\"seq\":5,\"end\":{\"segment\":1,\"entries\":5,\"why\":"
                                   "\"stop\",\"at\":\"2021-02-01T07:00:00.250Z\"},\"hash\":\""));

    /* the first hash, by hand: 32 zeroes and the line up to its hash */
    size_t n = (size_t)(strstr(text.p, ",\"hash\"") - text.p);
    for (int i = 0; i < 32; i++)
        weir_buf_putc(&hashed, '\0');
    weir_buf_put(&hashed, (weir_span){text.p, n});
    assert_int_equal(EVP_Digest(hashed.p, hashed.len, sum, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    assert_memory_equal(text.p + n + 9, hex, 64);
    assert_memory_equal(text.p + n + 9 + 64, "\"}\n", 3);
    weir_buf_fini(&hashed);
    weir_buf_fini(&text);
}

static void
every_kind_of_event_is_read_as_it_was_given(void **state)
{
    weir_journal_event e = {.at_ms = T0};

    (void)state;
    make_small(&plain);
    weir_journal *j = opened(&plain, T0 + DAY_MS);
    e.kind = WEIR_JOURNAL_RESET;
    assert_int_equal(weir_journal_append_event(j, &e), WEIR_OK);
    e.kind = WEIR_JOURNAL_TRIP;
    e.how = WEIR_TRIP_ALERT;
    e.by = SPAN_LIT("its cap of 120 \xF0\x9F\x90\x9F");
    assert_int_equal(weir_journal_append_event(j, &e), WEIR_OK);
    close_journal(j, T0 + DAY_MS);

    weir_buf out = {0};
    weir_journal_proof p = walked_with(NULL, see_entry, &out);
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.records, 3);
    assert_int_equal(p.nsegments, 3);
    assert_true(p.closed);
    assert_false(p.writing);
    weir_buf_putc(&out, '\0');
    assert_non_null(strstr(out.p,
                           "5 event {\"kind\":\"reload\",\"at\":\"2021-02-01T07:00:00Z\","
                           "\"from\":\"" DIGEST "\",\"to\":\"" OTHER_DIGEST "\","
                           "\"by\":\"SIG\\\"HUP\\\"\\n\"}\n6 end {\"segment\":1,\"entries\":6,"
                           "\"why\":\"day\",\"at\":\"2021-02-02T07:00:00Z\"}\n"));
    assert_non_null(strstr(out.p, "7 header {\"format\":1,\"segment\":2,\"opened\":"
                                  "\"2021-02-02T07:00:00Z\",\"ruleset\":\"" OTHER_DIGEST "\""));
    assert_non_null(strstr(out.p, "9 event {\"kind\":\"trip\",\"at\":\"2021-02-01T07:00:00Z\","
                                  "\"rule\":\"r@1\",\"how\":\"observe\"}\n"));
    assert_non_null(strstr(out.p, "13 event {\"kind\":\"start\",\"at\":\"2021-02-02T07:00:00Z\","
                                  "\"why\":\"stop\"}\n14 event {\"kind\":\"reset\",\"at\":"
                                  "\"2021-02-01T07:00:00Z\",\"set\":true}\n15 event {\"kind\":"
                                  "\"trip\",\"at\":\"2021-02-01T07:00:00Z\",\"set\":true,\"how\":"
                                  "\"alert\",\"by\":\"its cap of 120 \xF0\x9F\x90\x9F\"}\n"));
    weir_buf_fini(&out);
    weir_journal_proof_fini(&p);
}

static bool
keep_reload(const weir_journal_entry *e, void *seen)
{
    if (e->kind != WEIR_JOURNAL_EVENT || e->event.kind != WEIR_JOURNAL_RELOAD)
        return true;
    assert_true(span_is(e->event.by, "SIG\"HUP\"\n"));
    assert_true(span_is(e->event.from, DIGEST));
    assert_int_equal(e->event.at_ms, T0);
    assert_int_equal(e->segment, 1);
    assert_int_equal(e->line, 5);
    *(bool *)seen = true;
    return false;
}

static void
a_visitor_sees_parts_and_may_stop(void **state)
{
    bool seen = false;

    (void)state;
    make_small(&plain);
    weir_journal_proof p = walked_with(NULL, keep_reload, &seen);
    assert_true(seen);
    assert_int_equal(p.last_seq, 5);
    weir_journal_proof_fini(&p);
}

static void
what_is_no_record_is_refused_and_nothing_of_it_kept(void **state)
{
    static const char *const bad[] = {
        "{\"v\":1}\nx\n",
        "{\"v\":1}",
        "{\"v\":1}\n{\"v\":1}}\n",
        "[]\n",
        "{\"v\":1},\"x\":{\"y\":2}\n",
        "{\"a\":01}\n",
        "{\"a\":\"\t\"}\n",
        "{\"a\":\"\\x\"}\n",
        "{\"a\":1,}\n",
        "{\"a\"}\n",
        "{\"a\":1 }\n",
        "{\"a\":[1,2}\n",
        "\n",
        "{\"a\":tru}\n",
        "{\"a\":\"\\u12g4\"}\n",
        "{\"a\":1}\r\n",
        "{\"a\":-}\n",
        "{\"a\":1.}\n",
        "{\"a\":1e}\n",
        "{\"a\":\"}\n",
    };
    static const char *const good[] = {
        "{}\n",
        "{\"a\":[],\"b\":{},\"c\":[[1,-0.5e+7],{\"x\":null}]}\n",
        "{\"a\":\"\\\\\\\"\\u00e9 long enough to be read by eights, and then \\n some\"}\n",
        "{\"a\":true,\"b\":false,\"\":\"\xF0\x9F\x90\x9F\"}\n",
    };
    char deep[200], opening[64], closing[64];

    (void)state;
    weir_journal *j = opened(&plain, T0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (weir_journal_append(j, span_of(bad[i])) != WEIR_E_ARG)
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(weir_journal_pending(j), 0);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (weir_journal_append(j, span_of(good[i])) != WEIR_OK)
            fail_msg("not taken: %s", good[i]);
    for (int levels = 64; levels <= 65; levels++) {
        memset(opening, '[', sizeof opening);
        memset(closing, ']', sizeof closing);
        int n = snprintf(deep, sizeof deep, "{\"a\":%.*s%.*s}\n", levels - 1, opening, levels - 1,
                         closing);
        assert_int_equal(weir_journal_append(j, (weir_span){deep, (size_t)n}),
                         levels == 64 ? WEIR_OK : WEIR_E_ARG);
    }
    append(j, "");
    close_journal(j, T0);
    assert_holds_up_to(9);
}

static void
events_that_are_not_the_callers_are_refused(void **state)
{
    const weir_journal_event bad[] = {
        {.kind = WEIR_JOURNAL_START},
        {.kind = WEIR_JOURNAL_STOP},
        {.kind = WEIR_JOURNAL_TORN, .file = SPAN_LIT("x")},
        {.kind = WEIR_JOURNAL_RETIRED, .first = 1, .last = 1, .hash = SPAN_LIT(DIGEST)},
        {.kind = WEIR_JOURNAL_RELOAD, .from = SPAN_LIT(DIGEST), .to = SPAN_LIT("short")},
        {.kind = WEIR_JOURNAL_TRIP, .rule = SPAN_LIT("a")},
        {.kind = WEIR_JOURNAL_RESET, .rule = SPAN_LIT("a"), .by = SPAN_LIT("\xFF")},
    };

    (void)state;
    weir_journal *j = opened(&plain, T0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(weir_journal_append_event(j, &bad[i]), WEIR_E_ARG);
    assert_int_equal(weir_journal_pending(j), 0);
    weir_journal_abandon(j);
}

static void
options_are_checked(void **state)
{
    weir_journal *j = NULL;
    weir_journal_options o = plain;
    weir_diags *d = weir_diags_new();

    (void)state;
    o.digest = "beef";
    assert_int_equal(open_with(&o, T0, d, &j), WEIR_E_ARG);
    o = plain;
    o.clock = NULL;
    assert_int_equal(open_with(&o, T0, d, &j), WEIR_E_ARG);
    assert_null(j);
    assert_int_equal(weir_diags_count(d), 0);
    assert_int_equal(weir_journal_open("/nonexistent/deep/journal", &plain, T0, d, &j), WEIR_E_IO);
    assert_non_null(strstr(all_said(d), "/nonexistent/deep/journal: error: the journal's folder "
                                        "cannot be made: No such file"));
    weir_diags_free(d);
}

static void
files_are_their_owners_alone(void **state)
{
    struct stat st;

    (void)state;
    weir_journal_abandon(opened(&plain, T0));
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(path_of("00000001.ndjson"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
a_second_writer_is_refused(void **state)
{
    weir_journal *j = opened(&plain, T0), *second;
    weir_diags *d = weir_diags_new();
    char expected[128];

    (void)state;
    assert_int_equal(open_with(&plain, T0, d, &second), WEIR_E_IO);
    (void)snprintf(expected, sizeof expected, "another writer (process %d) has this journal open",
                   (int)getpid());
    assert_non_null(strstr(all_said(d), expected));
    weir_diags_free(d);

    weir_journal_proof p =
        walked(); /* reading is no matter of locks, and says that it is written */
    assert_true(p.writing);
    weir_journal_proof_fini(&p);
    close_journal(j, T0);
    close_journal(opened(&plain, T0), T0);
    p = walked();
    assert_false(p.writing);
    weir_journal_proof_fini(&p);
}

static void
the_head_follows_appending_writing_and_syncing(void **state)
{
    weir_journal *j = opened(&plain, T0);
    weir_journal_head h, then;

    (void)state;
    weir_journal_get_head(j, &h);
    assert_int_equal(h.seq, 2);
    assert_int_equal(h.synced_seq, 2);
    assert_string_equal(h.hash, h.synced_hash);
    append(j, "{\"v\":1}\n{\"v\":1}\n");
    weir_journal_get_head(j, &then);
    assert_int_equal(then.seq, 4);
    assert_int_equal(then.written_seq, 2);
    assert_true(weir_journal_pending(j) > 0);
    assert_int_equal(weir_journal_write(j, T0), WEIR_OK);
    append(j, "{\"v\":1}\n");
    weir_journal_get_head(j, &h);
    assert_int_equal(h.seq, 5);
    assert_int_equal(h.written_seq, 4);
    assert_int_equal(h.synced_seq, 2);
    assert_int_equal(weir_journal_sync(j), WEIR_OK);
    weir_journal_get_head(j, &h);
    assert_int_equal(h.synced_seq, 4);
    assert_string_equal(h.synced_hash, then.hash);
    weir_journal_abandon(j);
    assert_holds_up_to(4);
}

static void
a_head_proves_that_nothing_was_cut_off(void **state)
{
    weir_journal_head h;
    weir_journal_expect e = {.head_hash = h.hash};
    weir_journal *j = opened(&plain, T0);

    (void)state;
    append(j, "{\"v\":1}\n{\"v\":1}\n");
    commit(j, T0);
    weir_journal_get_head(j, &h);
    append(j, "{\"v\":1}\n");
    commit(j, T0);
    weir_journal_abandon(j);
    weir_journal_proof p = walked_with(&e, NULL, NULL);
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_true(p.has_head);
    assert_int_equal(p.head_seq, 4);
    weir_journal_proof_fini(&p);
    e.head_seq = 4;
    assert_found_with(&e, WEIR_JOURNAL_FOUND_NONE, "", 0, 0);
    e.head_seq = 3;
    assert_found_with(&e, WEIR_JOURNAL_FOUND_HEAD, "", 0, 3);

    /* two whole lines less: the chain holds, and the head is gone */
    weir_buf text = read_file("00000001.ndjson");
    for (int lines = 0; lines < 3; text.len--)
        lines += text.p[text.len - 1] == '\n';
    write_file("00000001.ndjson", (weir_span){text.p, text.len + 1});
    weir_buf_fini(&text);
    assert_holds_up_to(3);
    e.head_seq = 0;
    assert_found_with(&e, WEIR_JOURNAL_FOUND_HEAD, "", 0, 0);
    e.head_seq = 4;
    assert_found_with(&e, WEIR_JOURNAL_FOUND_HEAD, "", 0, 4);
    e.head_hash = "0123";
    weir_journal_proof bad;
    assert_int_equal(weir_journal_walk(dir, &e, NULL, NULL, NULL, &bad), WEIR_E_ARG);
}

static void
segments_are_ended_by_size(void **state)
{
    weir_journal_options o = plain;

    (void)state;
    o.segment_bytes = 1;
    weir_journal *j = opened(&o, T0);
    commit(j, T0); /* nothing was given: nothing to end */
    for (int i = 0; i < 3; i++) {
        append(j, "{\"v\":1}\n{\"v\":1}\n");
        commit(j, T0);
    }
    close_journal(j, T0);
    assert_true(is_there("00000004.ndjson"));
    assert_false(is_there("00000005.ndjson"));
    /* 4 and an end; a header, 2 and an end, twice; a header, a stop and an end */
    assert_holds_up_to(5 + 4 + 4 + 3);
}

static void
segments_are_ended_by_the_day(void **state)
{
    weir_journal *j = opened(&plain, T0);

    (void)state;
    append(j, "{\"v\":1}\n");
    commit(j, T0 - DAY_MS);               /* a clock that goes back ends nothing */
    commit(j, T0 + 17 * 3600 * 1000 - 1); /* midnight, nearly */
    assert_false(is_there("00000002.ndjson"));
    commit(j, T0 + 17 * 3600 * 1000);
    assert_true(is_there("00000002.ndjson"));
    commit(j, T0 + 5 * DAY_MS); /* days without an entry have no segment */
    assert_false(is_there("00000003.ndjson"));
    close_journal(j, T0 + 5 * DAY_MS);
    assert_holds_up_to(7);
}

static void
old_segments_are_retired_whole_and_said_to_be(void **state)
{
    weir_journal_options o = plain;
    weir_journal_head h;
    weir_journal_expect e = {.head_hash = h.hash};

    (void)state;
    o.retain_days = 2;
    weir_journal *j = opened(&o, T0);
    for (int day = 0; day < 4; day++) {
        append(j, "{\"v\":1}\n");
        commit(j, T0 + day * DAY_MS);
        commit(j, T0 + (day + 1) * DAY_MS);
        if (day == 0)
            weir_journal_get_head(j, &h);
    }
    /* ends stand at days 1 to 4; the one of day 1 is older than two days at day 4 */
    assert_false(is_there("00000001.ndjson"));
    assert_true(is_there("00000002.ndjson"));
    close_journal(j, T0 + 4 * DAY_MS);
    weir_journal_proof p = walked_with(&e, NULL, NULL);
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.first_seq, 5);
    assert_int_equal(p.retired_seq, 4);
    assert_int_equal(p.segments[0].number, 2);
    assert_int_equal(p.head_seq, 5);
    weir_journal_proof_fini(&p);

    /* at a later start all but the one that is begun then may go */
    j = opened(&o, T0 + 30 * DAY_MS);
    assert_false(is_there("00000005.ndjson"));
    assert_true(is_there("00000006.ndjson"));
    close_journal(j, T0 + 30 * DAY_MS);
    p = walked();
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.nsegments, 1);
    weir_journal_proof_fini(&p);
    e.head_seq = 5;
    assert_found_with(&e, WEIR_JOURNAL_FOUND_HEAD, "", 0, 5);
}

static void
old_segments_that_nobody_retired_are_missed(void **state)
{
    (void)state;
    make_small(&plain);
    assert_int_equal(unlink(path_of("00000001.ndjson")), 0);
    assert_found(WEIR_JOURNAL_FOUND_MISSING, "00000001.ndjson", 0, 1);
}

/* In a process of its own, whose files cannot grow. */
static int
write_until_full(void)
{
    const struct rlimit limit = {1500, 1500};
    weir_journal_head h;
    weir_status st = WEIR_OK;
    weir_journal *j = opened(&plain, T0);

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; st == WEIR_OK && i < 100; i++) {
        st = weir_journal_append(j, SPAN_LIT("{\"v\":1}\n{\"v\":1}\n{\"v\":1}\n"));
        if (st == WEIR_OK)
            st = weir_journal_write(j, T0);
        if (st == WEIR_OK)
            st = weir_journal_sync(j);
    }
    if (st != WEIR_E_IO || !strstr(weir_journal_error(j), "00000001.ndjson: cannot be written: "))
        return 1;
    /* failed for good, also where there would be room */
    if (weir_journal_append(j, SPAN_LIT("{}\n")) != WEIR_E_IO ||
        weir_journal_write(j, T0) != WEIR_E_IO || weir_journal_sync(j) != WEIR_E_IO)
        return 2;
    weir_journal_get_head(j, &h);
    if (h.written_seq < h.synced_seq || h.written_seq >= h.seq)
        return 3;
    return weir_journal_close(j, T0, NULL) == WEIR_E_IO ? (int)h.written_seq : 4;
}

static void
what_was_written_to_a_full_disk_verifies(void **state)
{
    int status = 0;

    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(write_until_full());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) > 8);
    assert_holds_up_to((uint64_t)WEXITSTATUS(status)); /* whole lines, the last one in the file */
    close_journal(opened(&plain, T0), T0);
    assert_false(is_there("00000001.torn-1"));
}

static void
a_line_that_is_being_written_is_no_finding(void **state)
{
    weir_journal *j = opened(&plain, T0);

    (void)state;
    int fd = open(path_of("00000001.ndjson"), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"seq\":3,\"rec", 13), 13);
    (void)close(fd);
    weir_journal_proof p = walked();
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.unfinished_bytes, 13);
    assert_int_equal(p.last_seq, 2);
    weir_journal_proof_fini(&p);
    weir_journal_abandon(j);
    assert_found(WEIR_JOURNAL_FOUND_CUT, "00000001.ndjson", 3, 3);
}

static void
a_folder_without_a_journal_is_said_to_be_none(void **state)
{
    weir_journal_proof p;
    weir_diags *d = weir_diags_new();

    (void)state;
    assert_int_equal(weir_journal_walk(base, NULL, NULL, NULL, d, &p), WEIR_E_IO);
    assert_non_null(strstr(all_said(d), "holds no journal"));
    weir_journal_proof_fini(&p);
    assert_int_equal(weir_journal_walk("/dev/null", NULL, NULL, NULL, d, &p), WEIR_E_IO);
    assert_non_null(strstr(all_said(d), "/dev/null: error: is no folder"));
    weir_journal_proof_fini(&p);
    weir_diags_free(d);
}

static void
an_empty_journal_is_whole(void **state)
{
    (void)state;
    close_journal(opened(&plain, T0), T0);
    assert_holds_up_to(4); /* a header, a start, a stop, an end */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_are_as_documented, clear),
        cmocka_unit_test_setup(every_kind_of_event_is_read_as_it_was_given, clear),
        cmocka_unit_test_setup(a_visitor_sees_parts_and_may_stop, clear),
        cmocka_unit_test_setup(what_is_no_record_is_refused_and_nothing_of_it_kept, clear),
        cmocka_unit_test_setup(events_that_are_not_the_callers_are_refused, clear),
        cmocka_unit_test_setup(options_are_checked, clear),
        cmocka_unit_test_setup(files_are_their_owners_alone, clear),
        cmocka_unit_test_setup(a_second_writer_is_refused, clear),
        cmocka_unit_test_setup(the_head_follows_appending_writing_and_syncing, clear),
        cmocka_unit_test_setup(a_head_proves_that_nothing_was_cut_off, clear),
        cmocka_unit_test_setup(segments_are_ended_by_size, clear),
        cmocka_unit_test_setup(segments_are_ended_by_the_day, clear),
        cmocka_unit_test_setup(old_segments_are_retired_whole_and_said_to_be, clear),
        cmocka_unit_test_setup(old_segments_that_nobody_retired_are_missed, clear),
        cmocka_unit_test_setup(what_was_written_to_a_full_disk_verifies, clear),
        cmocka_unit_test_setup(a_line_that_is_being_written_is_no_finding, clear),
        cmocka_unit_test_setup(a_folder_without_a_journal_is_said_to_be_none, clear),
        cmocka_unit_test_setup(an_empty_journal_is_whole, clear),
    };

    return cmocka_run_group_tests_name("audit: the decision journal", tests, make_base,
                                       remove_base);
}
