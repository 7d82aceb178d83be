/*
 * serve/scribe and serve/keep: who waits for the journal, and for how long; that nobody overtakes;
 * what becomes of answers when it cannot be written.
 */
#include "unit/test.h"

#include "unit/serve/kept_journal.h"
#include "unit/serve/stepped.h"

#include <signal.h>
#include <sys/resource.h>

#define POST STEPPED_POST
#define PLAIN "{\"id\":\"2\",\"author\":\"@a\",\"hashtags\":[\"y\"]}\n"
#define RECORD "{\"v\":1,\"post\":\"1\",\"action\":\"withhold\"}\n"

static int nwoken;

static void
on_wake(void *arg)
{
    (void)arg;
    nwoken++;
}

static bool
records_of(struct quill *q, int n)
{
    const weir_decision d = {.action = WEIR_WITHHOLD};
    bool good = true;

    for (int i = 0; i < n; i++)
        good = quill_record(q, &d, (weir_span){RECORD, sizeof RECORD - 1}) && good;
    return good;
}

static void
wait_until_settled(const struct scribe *s, uint64_t mark)
{
    for (int i = 0; i < 10000 && scribe_settled(s) < mark; i++)
        (void)poll(NULL, 0, 1);
    assert_true(scribe_settled(s) >= mark);
}

/* What a journal has is what auditors ask about. */
static void
what_rules_had_a_part_in_is_due(void **state)
{
    static const weir_exemption exemption;
    static const weir_region_exemptions exempted = {.list = &exemption, .n = 1};
    static const weir_decision withheld = {.action = WEIR_WITHHOLD};
    static const struct {
        const char *name;
        weir_decision d;
        bool is_due;
    } rows[] = {
        {"a plain allow", {.action = WEIR_ALLOW}, false},
        {"a withhold", {.action = WEIR_WITHHOLD}, true},
        {"a downrank", {.action = WEIR_DOWNRANK}, true},
        {"an exemption", {.exempted = &exempted, .nexempted = 1}, true},
        {"a rule on trial", {.nobserved = 1}, true},
        {"a rollout that has not come to it", {.nheld_back = 1}, true},
        {"a pattern out of budget", {.nlimit = 1}, true},
        {"too many tags", {.limit_tags = true}, true},
        {"a breaker", {.nbreaker = 1}, true},
        {"the set's breaker", {.breaker_set = true}, true},
        {"an allow that quotes what is withheld", {.quoted = &withheld}, true},
    };

    (void)state;
    struct kept_journal j;
    open_journal_of(&j, SCRIBE_ALWAYS);
    struct scribe *s = j.scribe;
    struct quill q, all;
    quill_init(&q, s, false, on_wake, NULL);
    quill_init(&all, s, true, on_wake, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span record = {RECORD, sizeof RECORD - 1};

        assert_true(quill_record(&q, &rows[i].d, record));
        if ((quill_hand_over(&q) != 0) != rows[i].is_due)
            fail_msg("%s", rows[i].name);
        assert_true(quill_record(&all, &rows[i].d, record));
        assert_int_not_equal(quill_hand_over(&all), 0);
    }
    assert_true(quill_record(&q, NULL, (weir_span){RECORD, sizeof RECORD - 1})); /* an error */
    assert_int_not_equal(quill_hand_over(&q), 0);
    assert_true(scribe_stop(s));
    quill_fini(&q);
    quill_fini(&all);
    scribe_free(s);
    remove_kept_journal(&j);
}

static void
marks_settle_in_their_order(void **state)
{
    struct scribe_report r;
    struct quill q;

    (void)state;
    struct kept_journal j;
    open_journal_of(&j, SCRIBE_ALWAYS);
    struct scribe *s = j.scribe;
    quill_init(&q, s, false, on_wake, NULL);
    assert_int_equal(quill_hand_over(&q), 0);
    assert_true(records_of(&q, 3));
    uint64_t first = quill_hand_over(&q);
    assert_true(records_of(&q, 2));
    uint64_t second = quill_hand_over(&q);
    assert_true(first > 0 && second > first);
    assert_true(scribe_settled(s) < first);
    assert_true(scribe_start(s));
    wait_until_settled(s, second);
    scribe_tell(s, &r);
    assert_int_equal(r.records, 5);
    assert_int_equal(r.synced, 2 + 5); /* a header, a start */
    assert_int_equal(r.waiting, 0);
    assert_true(scribe_stop(s));
    assert_true(nwoken > 0);
    assert_int_equal(j.nnews, 0);
    quill_fini(&q);
    scribe_free(s);
    remove_kept_journal(&j);
}

/* Memory is bounded however slow the disk is. */
static void
where_nobody_waits_they_do_when_much_is_not_written(void **state)
{
    uint64_t mark = 0;
    struct quill q;
    int batches = 0;

    (void)state;
    struct kept_journal j;
    open_journal_of(&j, SCRIBE_NEVER);
    struct scribe *s = j.scribe;
    quill_init(&q, s, false, on_wake, NULL);
    for (; !mark && batches < 1000; batches++) {
        assert_true(records_of(&q, 1000));
        mark = quill_hand_over(&q);
    }
    assert_in_range(batches, 100, 500); /* of 40 KB each */
    assert_true(scribe_start(s));
    wait_until_settled(s, mark);
    assert_true(scribe_stop(s));
    quill_fini(&q);
    scribe_free(s);
    remove_kept_journal(&j);
}

/* Connections ---------------------------------------------------------------------------------- */

static void
say_to(int client, const char *lines)
{
    assert_int_equal(send(client, lines, strlen(lines), MSG_NOSIGNAL), strlen(lines));
}

static void
step_for(struct stepped *s, int times)
{
    for (int i = 0; i < times; i++)
        step(s);
}

static size_t
lines_in_time(struct stepped *s, int client, size_t wanted)
{
    size_t n = 0;

    for (int i = 0; i < 10000 && n < wanted; i++) {
        step(s);
        n += lines_got(client, NULL);
        (void)poll(NULL, 0, 1);
    }
    return n;
}

static void
no_answer_comes_before_its_record_is_there(void **state)
{
    struct worker_limits limits = {.idle_ms = 0};
    struct stepped s;

    (void)state;
    begin_stepped(&s, &limits);
    struct kept_journal j;
    open_kept_journal(&j);
    struct scribe *scribe = j.scribe;
    worker_keep_journal(&s.w, scribe, false);
    int client = give_client(&s, NULL), other = give_client(&s, NULL);
    say_to(client, PLAIN PLAIN);
    step_for(&s, 10);
    assert_int_equal(lines_got(client, NULL), 2); /* nothing of it belongs into a journal */
    say_to(client, PLAIN POST PLAIN);
    step_for(&s, 10);
    say_to(client, PLAIN); /* waits behind the others */
    say_to(other, PLAIN);  /* and does not wait for them */
    step_for(&s, 10);
    say_to(client, POST);
    step_for(&s, 10);
    assert_int_equal(lines_got(client, NULL), 0);
    assert_int_equal(lines_got(other, NULL), 1);
    assert_true(scribe_start(scribe));
    assert_int_equal(lines_in_time(&s, client, 5), 5);
    assert_null(s.w.keeping);
    worker_stop(&s.w);
    assert_int_equal(s.w.counts.delivered, 8);
    assert_true(scribe_stop(scribe));
    end_stepped(&s);
    scribe_free(scribe);
    remove_kept_journal(&j);
    (void)close(client);
    (void)close(other);
}

/* What waits is held back in bounded memory, and nothing more is read. */
static void
who_waits_is_not_read_from(void **state)
{
    static char lines[100 * (sizeof POST - 1) + 1];
    struct worker_limits limits = {.idle_ms = 0};
    struct stepped s;
    size_t sent = 0, got = 0, wanted;
    ssize_t n;

    (void)state;
    for (int i = 0; i < 100; i++)
        memcpy(lines + (size_t)i * (sizeof POST - 1), POST, sizeof POST);
    begin_stepped(&s, &limits);
    struct kept_journal j;
    open_kept_journal(&j);
    struct scribe *scribe = j.scribe;
    worker_keep_journal(&s.w, scribe, false);
    int client = give_client(&s, NULL);
    for (int idle = 0; idle < 50; idle++) {
        while ((n = send(client, lines, sizeof lines - 1, MSG_NOSIGNAL)) == sizeof lines - 1) {
            sent += (size_t)n;
            idle = 0;
        }
        sent += n > 0 ? (size_t)n : 0;
        if (n > 0) { /* the rest of a line */
            assert_true((size_t)n < sizeof lines);
            memmove(lines, lines + n, sizeof lines - (size_t)n);
            break;
        }
        step(&s);
    }
    step_for(&s, 200);
    assert_true(sent < 4u << 20);
    assert_true(s.w.conns->kept >= 1u << 20 && s.w.conns->kept < 3u << 20);
    assert_true(s.w.held < conn_most_memory(0, true));
    assert_true(scribe_start(scribe));
    wanted = sent / (sizeof POST - 1);
    got = lines_in_time(&s, client, wanted);
    assert_int_equal(got, wanted);
    worker_stop(&s.w);
    assert_true(scribe_stop(scribe));
    end_stepped(&s);
    scribe_free(scribe);
    remove_kept_journal(&j);
    (void)close(client);
}

/* No file may grow by more than so many bytes than it has: a disk that is full. */
static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
who_waits_is_told_when_it_cannot_be_written(void **state)
{
    struct worker_limits limits = {.idle_ms = 0};
    char said[4096];
    struct stepped s;
    ssize_t n = -1;

    (void)state;
    begin_stepped(&s, &limits);
    struct kept_journal j;
    open_kept_journal(&j);
    struct scribe *scribe = j.scribe;
    worker_keep_journal(&s.w, scribe, false);
    int client = give_client(&s, NULL), idle = give_client(&s, NULL);
    say_to(client, PLAIN POST PLAIN);
    step_for(&s, 10);
    limit_files(1);
    assert_true(scribe_start(scribe));
    for (int i = 0; i < 10000 && n < 0; i++) {
        step(&s);
        n = recv(client, said, sizeof said - 1, 0);
        (void)poll(NULL, 0, 1);
    }
    limit_files(RLIM_INFINITY);
    assert_true(n > 0);
    said[n] = '\0';
    assert_string_equal(said, "{\"v\":1,\"closed\":\"journal\",\"detail\":\"the decision journal "
                              "cannot be written, and nothing is decided without it\"}\n");
    assert_int_equal(lines_got(idle, NULL), 1);
    assert_true(scribe_has_failed(scribe));
    assert_true(records_of(&s.w.quill, 1));
    assert_true(quill_hand_over(&s.w.quill) == SCRIBE_NEVER_SETTLES);
    worker_stop(&s.w);
    assert_int_equal(s.w.counts.delivered, 0);
    assert_int_equal(s.w.counts.discarded, 3);
    assert_int_equal(s.w.counts.ended[WORKER_END_JOURNAL], 2);
    assert_false(scribe_stop(scribe));
    assert_int_equal(j.nnews, 1);
    assert_non_null(
        strstr(j.said, "1 record was decided and may be missing from it, and not answered"));
    end_stepped(&s);
    scribe_free(scribe);
    remove_kept_journal(&j);
    (void)close(client);
    (void)close(idle);
}

/* Marks of one connection ---------------------------------------------------------------------- */

static void
what_came_later_waits_for_the_later_mark(void **state)
{
    struct worker w = {.number = 0};
    struct conn c = {.worker = &w};

    (void)state;
    c.out.len = 100; /* that nothing keeps */
    conn_keep(&c, 0, 0);
    conn_keep(&c, 100, 0);
    assert_int_equal(conn_sendable(&c), 100);
    static const struct {
        size_t added;
        uint64_t mark;
    } rows[] = {{10, 5}, {20, 0}, {30, 7}, {40, 0}, {50, 9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        c.out.len += rows[i].added;
        conn_keep(&c, rows[i].added, rows[i].mark);
        assert_int_equal(conn_sendable(&c), 100);
    }
    assert_ptr_equal(w.keeping, &c);
    assert_true(conn_let_go(&c, 4)); /* those 100 */
    assert_int_equal(conn_sendable(&c), 100);
    assert_true(conn_let_go(&c, 5));
    assert_int_equal(conn_sendable(&c), 100 + 10 + 20);
    assert_true(conn_let_go(&c, 8)); /* the last of the later ones is 9 */
    assert_int_equal(conn_sendable(&c), 100 + 10 + 20);
    c.out.len += 1;
    conn_keep(&c, 1, 11);
    assert_true(conn_let_go(&c, 9));
    assert_int_equal(conn_sendable(&c), 250);
    assert_int_equal(conn_take_back(&c), 1);
    assert_null(w.keeping);
    assert_int_equal(c.out.len, 250);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rules_had_a_part_in_is_due),
        cmocka_unit_test(marks_settle_in_their_order),
        cmocka_unit_test(where_nobody_waits_they_do_when_much_is_not_written),
        cmocka_unit_test(no_answer_comes_before_its_record_is_there),
        cmocka_unit_test(who_waits_is_not_read_from),
        cmocka_unit_test(who_waits_is_told_when_it_cannot_be_written),
        cmocka_unit_test(what_came_later_waits_for_the_later_mark),
    };

    return cmocka_run_group_tests_name("serve/scribe", tests, NULL, NULL);
}
