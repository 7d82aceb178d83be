/*
 * A journal for tests, in a folder of its own, and the scribe that writes it.
 */
#ifndef WEIR_TESTS_SERVE_KEPT_JOURNAL_H
#define WEIR_TESTS_SERVE_KEPT_JOURNAL_H

#include "unit/test.h"

#include "flow/clock.h"
#include "serve/scribe.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>

struct kept_journal {
    struct scribe *scribe;
    char dir[32];
    int nnews;       /* times that it was heard to fail */
    char said[1024]; /* last */
};

static inline void
kept_on_say(void *arg, bool is_problem, const char *line)
{
    struct kept_journal *j = arg;

    (void)is_problem;
    (void)snprintf(j->said, sizeof j->said, "%s", line);
}

static inline void
kept_on_news(void *arg)
{
    struct kept_journal *j = arg;

    j->nnews++;
}

static inline void
open_journal_of(struct kept_journal *j, enum scribe_sync sync)
{
    struct scribe_options o = {
        .dir = j->dir,
        .sync = sync,
        .journal = {.digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                    .clock = "now"},
        .say = kept_on_say,
        .news = kept_on_news,
        .arg = j};

    *j = (struct kept_journal){.dir = "/tmp/tagweir-test-XXXXXX"};
    assert_non_null(mkdtemp(j->dir));
    j->scribe = scribe_open(&o, clock_now_ms());
    assert_non_null(j->scribe);
}

static inline void
open_kept_journal(struct kept_journal *j)
{
    open_journal_of(j, SCRIBE_ALWAYS);
}

static inline void
remove_kept_journal(const struct kept_journal *j)
{
    DIR *d = opendir(j->dir);

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        (void)unlinkat(dirfd(d), e->d_name, 0); /* not `.` and `..`, which are folders */
    (void)closedir(d);
    assert_int_equal(rmdir(j->dir), 0);
}

#endif
