/*
 * replay/order and replay/marks: results in the order of the input whoever finishes when, lines
 * numbered in their feeds, and an end that reaches everybody.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "replay/marks.h"
#include "replay/order.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define NPORTIONS 400
#define NTHREADS 5

/* What is made of portions: their number, written several times; early ones hand on parts. */
struct job {
    struct order *order;
    atomic_uint_fast64_t next;
    uint64_t lines[NPORTIONS], before[NPORTIONS];
    bool begins[NPORTIONS];
    int early[NPORTIONS];
    unsigned pause_us[NPORTIONS];
    uint64_t fail_at; /* the portion at which taking fails */
    weir_buf taken;
    uint64_t at; /* number of the next whole one */
    uint64_t parts;
    atomic_int busy; /* in `take` */
};

static bool
take(void *arg, struct result *r, bool whole)
{
    struct job *job = arg;

    assert_int_equal(atomic_fetch_add(&job->busy, 1), 0);
    assert_int_equal(r->number, job->at);
    if (whole && r->number == job->fail_at) {
        (void)atomic_fetch_sub(&job->busy, 1);
        return false;
    }
    weir_buf_put(&job->taken, (weir_span){r->out.p, r->out.len});
    job->parts += !whole;
    if (whole) {
        assert_int_equal(r->before, job->before[r->number]);
        job->at++;
    }
    (void)atomic_fetch_sub(&job->busy, 1);
    return true;
}

static void
pause_us(unsigned us)
{
    struct timespec t = {.tv_nsec = (long)us * 1000};

    (void)nanosleep(&t, NULL);
}

static bool
work(struct job *job, struct result *r)
{
    uint64_t n = r->number, before = 0;

    pause_us(job->pause_us[n]);
    if (n % 7 == 0 && !(job->begins[n] && n)) {
        if (!order_lines_before(job->order, n, &before))
            return false;
        assert_int_equal(before, job->before[n]);
    }
    for (int i = 0; i < job->early[n]; i++) {
        weir_buf_printf(&r->out, "%llu.%d ", (unsigned long long)n, i);
        if (!order_early(job->order, r))
            return false;
        r->out.len = 0;
    }
    weir_buf_printf(&r->out, "%llu ", (unsigned long long)n);
    r->lines = job->lines[n];
    order_lines(job->order, n, job->begins[n], r->lines);
    return order_finish(job->order, r);
}

static void *
run(void *arg)
{
    struct job *job = arg;
    struct result r = {.number = 0};
    bool good = true;

    while (good && order_admit(job->order)) {
        result_clear(&r);
        r.number = atomic_fetch_add(&job->next, 1);
        good = r.number < NPORTIONS;
        if (good)
            good = work(job, &r);
        else
            order_withdraw(job->order);
    }
    result_fini(&r);
    return NULL;
}

static void
prepare(struct job *job, uint64_t fail_at)
{
    uint64_t lines = 1000;

    *job = (struct job){.fail_at = fail_at};
    for (size_t i = 0; i < NPORTIONS; i++) {
        job->begins[i] = i == 0 || draw(20) == 0;
        job->lines[i] = draw(50);
        job->before[i] = job->begins[i] && i ? 0 : lines;
        lines = job->before[i] + job->lines[i];
        job->early[i] = draw(25) == 0 ? 1 + (int)draw(3) : 0;
        job->pause_us[i] = draw(4) == 0 ? draw(300) : 0;
    }
    job->order = order_new(1 + draw(12), 1000, take, job);
    assert_non_null(job->order);
}

static void
run_all(struct job *job)
{
    pthread_t threads[NTHREADS];

    for (size_t i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, job), 0);
    for (size_t i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void
results_come_in_order(void **state)
{
    (void)state;
    for (int round = 0; round < 12; round++) {
        weir_buf want = {0};
        uint64_t parts = 0;
        struct job job;

        prepare(&job, UINT64_MAX);
        run_all(&job);
        assert_false(order_is_over(job.order));
        for (size_t i = 0; i < NPORTIONS; i++) {
            for (int k = 0; k < job.early[i]; k++, parts++)
                weir_buf_printf(&want, "%zu.%d ", i, k);
            weir_buf_printf(&want, "%zu ", i);
        }
        assert_int_equal(job.at, NPORTIONS);
        assert_int_equal(job.parts, parts);
        assert_int_equal(job.taken.len, want.len);
        assert_memory_equal(job.taken.p, want.p, want.len);
        order_free(job.order);
        weir_buf_fini(&job.taken);
        weir_buf_fini(&want);
    }
}

static void
nothing_follows_what_could_not_be_taken(void **state)
{
    (void)state;
    for (int round = 0; round < 12; round++) {
        struct job job;

        prepare(&job, draw(NPORTIONS));
        run_all(&job);
        assert_true(order_is_over(job.order));
        assert_int_equal(job.at, job.fail_at);
        order_free(job.order);
        weir_buf_fini(&job.taken);
    }
}

/* ---- marks ---- */

static void
lines_of_errors_are_put_right(void **state)
{
    static const char first[] = "{\"v\":1,\"post\":\"1\",\"action\":\"allow\"}\n";
    static const char error[] =
        "{\"v\":1,\"error\":\"bad_json\",\"line\":9,\"offset\":7,\"detail\":\"\\\"line\\\":5\"}\n";
    weir_buf records = {0}, journal = {0}, spare = {0};
    struct marks m = {.n = 0};

    (void)state;
    weir_buf_puts(&records, first);
    assert_true(marks_add(&m, records.len, true, true));
    weir_buf_puts(&records, error);
    weir_buf_puts(&records, first);
    assert_true(marks_add(&m, records.len, false, true));
    weir_buf_puts(&records, first);
    assert_true(marks_add(&m, records.len, true, false));
    weir_buf_puts(&records, error);
    assert_true(marks_settle(&m, 99999999, &records, &journal, &spare));
    weir_buf_putc(&records, '\0');
    weir_buf_putc(&journal, '\0');
#define RIGHT                                                                                      \
    "{\"v\":1,\"error\":\"bad_json\",\"line\":100000008,\"offset\":7,\"detail\":\"\\\"line\\\":5"  \
    "\"}\n"
#define FIRST "{\"v\":1,\"post\":\"1\",\"action\":\"allow\"}\n"
    assert_string_equal(records.p, FIRST RIGHT FIRST FIRST RIGHT);
    assert_string_equal(journal.p, RIGHT FIRST);
    assert_int_equal(m.n, 0);
    marks_fini(&m);
    weir_buf_fini(&records);
    weir_buf_fini(&journal);
    weir_buf_fini(&spare);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_order),
        cmocka_unit_test(nothing_follows_what_could_not_be_taken),
        cmocka_unit_test(lines_of_errors_are_put_right),
    };

    draw_from_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
