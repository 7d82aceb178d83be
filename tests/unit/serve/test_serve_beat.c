/*
 * serve/beat: a thread that wakes while it is on, and only then.
 */
#include "unit/test.h"

#include "serve/beat.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

/* The thread that began last: a sanitizer may have one of its own. */
static long
newest_thread(void)
{
    DIR *tasks = opendir("/proc/self/task");
    long newest = 0;

    assert_non_null(tasks);
    for (struct dirent *e; (e = readdir(tasks));)
        if (atol(e->d_name) > newest)
            newest = atol(e->d_name);
    (void)closedir(tasks);
    return newest;
}

/* How often it has gone to sleep. */
static long
sleeps(long thread)
{
    char path[100], line[200];
    long n = -1;

    snprintf(path, sizeof path, "/proc/self/task/%ld/status", thread);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        (void)sscanf(line, "voluntary_ctxt_switches: %ld", &n);
    fclose(f);
    return n;
}

static void
wait_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* However slow the machine is, it wakes twenty times at some point. */
static void
expect_waking(long thread)
{
    long before = sleeps(thread);
    int tries = 0;

    while (sleeps(thread) < before + 20 && ++tries < 3000)
        wait_ms(10);
    assert_true(tries < 3000);
}

/* It may wake once more for what it was told last. */
static void
expect_rest(long thread)
{
    long before = sleeps(thread);
    int tries = 0;

    for (long now; wait_ms(50), (now = sleeps(thread)) != before && ++tries < 200;)
        before = now;
    assert_true(tries < 200);
}

static void
it_wakes_while_it_is_on(void **state)
{
    struct beat b;

    (void)state;
    beat_init(&b);
    assert_true(beat_start(&b));
    long thread = newest_thread();
    expect_rest(thread);
    beat_set(&b, true);
    expect_waking(thread);
    beat_set(&b, false);
    expect_rest(thread);
    beat_set(&b, true);
    expect_waking(thread);
    beat_fini(&b);
}

static void
it_ends_without_a_thread(void **state)
{
    struct beat b;

    (void)state;
    beat_init(&b);
    beat_set(&b, true);
    beat_fini(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_wakes_while_it_is_on),
                                       cmocka_unit_test(it_ends_without_a_thread)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
