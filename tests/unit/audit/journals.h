/*
 * Journals in a folder of the test's own: made, read, damaged, copied.
 */
#ifndef WEIR_TESTS_JOURNALS_H
#define WEIR_TESTS_JOURNALS_H

#include "unit/test.h"

#include "base/span.h"

#include <tagweir/tagweir.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER_DIGEST "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define T0 INT64_C(1612162800000) /* 2021-02-01T07:00:00Z */
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static char base[48]; /* made with the program */
static char dir[64];                                /* the journal's own, below it */

static const weir_journal_options plain = {.digest = DIGEST, .clock = "now"};

static inline void
empty(const char *path)
{
    DIR *d = opendir(path);

    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        (void)closedir(d);
    (void)rmdir(path);
}

static inline int
make_base(void **state)
{
    (void)state;
    /* in memory where that can be: thousands of journals are synced */
    (void)snprintf(base, sizeof base, "%s/tagweir-journal-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(base))
        return -1;
    (void)snprintf(dir, sizeof dir, "%s/journal", base);
    return 0;
}

static inline int
remove_base(void **state)
{
    (void)state;
    empty(dir);
    empty(base);
    return 0;
}

/* No journal is there before a test. */
static inline int
clear(void **state)
{
    (void)state;
    empty(dir);
    return 0;
}

static inline const char *
path_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *p = paths[next++ % 4];

    (void)snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

static inline bool
is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static inline weir_buf
read_file(const char *name)
{
    weir_buf b = {0};
    int fd = open(path_of(name), O_RDONLY);

    assert_true(fd >= 0);
    for (ssize_t n = 1; n > 0; b.len += (size_t)n) {
        char *to = weir_buf_reserve(&b, 4096);
        assert_non_null(to);
        n = read(fd, to, 4096);
        assert_true(n >= 0);
    }
    (void)close(fd);
    weir_buf_putc(&b, '\0'); /* which does not count */
    b.len--;
    return b;
}

static inline void
write_file(const char *name, weir_span s)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s.p, s.len), s.len);
    (void)close(fd);
}

static inline void
flip(const char *name, size_t at, unsigned bit)
{
    int fd = open(path_of(name), O_RDWR);
    char c;

    assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
    c = (char)(c ^ 1 << bit);
    assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
    (void)close(fd);
}

/* What the diagnostics say, in one text; valid until the next call. */
static inline const char *
all_said(const weir_diags *d)
{
    static weir_buf text;

    text.len = 0;
    for (size_t i = 0; i < weir_diags_count(d); i++)
        weir_diag_format(weir_diags_at(d, i), false, &text);
    weir_buf_putc(&text, '\0');
    return text.p;
}

static inline weir_status
open_with(const weir_journal_options *o, int64_t now_ms, weir_diags *d, weir_journal **out)
{
    *out = NULL;
    return weir_journal_open(dir, o, now_ms, d, out);
}

/* Opened; all else is a failure of the test. */
static inline weir_journal *
opened(const weir_journal_options *o, int64_t now_ms)
{
    weir_diags *d = weir_diags_new();
    weir_journal *j;

    if (open_with(o, now_ms, d, &j) != WEIR_OK)
        fail_msg("not opened: %s", all_said(d));
    weir_diags_free(d);
    return j;
}

static inline void
append(weir_journal *j, const char *records)
{
    assert_int_equal(weir_journal_append(j, span_of(records)), WEIR_OK);
}

static inline void
commit(weir_journal *j, int64_t now_ms)
{
    assert_int_equal(weir_journal_write(j, now_ms), WEIR_OK);
    assert_int_equal(weir_journal_sync(j), WEIR_OK);
}

static inline void
close_journal(weir_journal *j, int64_t now_ms)
{
    assert_int_equal(weir_journal_close(j, now_ms, NULL), WEIR_OK);
}

/* The proof of a walk that could be made. */
static inline weir_journal_proof
walked_with(const weir_journal_expect *e, weir_journal_visit visit, void *arg)
{
    weir_diags *d = weir_diags_new();
    weir_journal_proof p;

    if (weir_journal_walk(dir, e, visit, arg, d, &p) != WEIR_OK)
        fail_msg("not walked: %s", all_said(d));
    weir_diags_free(d);
    return p;
}

static inline weir_journal_proof
walked(void)
{
    return walked_with(NULL, NULL, NULL);
}

/* Walks, and needs this finding at this place. */
static inline void
assert_found_with(const weir_journal_expect *e, weir_journal_finding f, const char *file,
                  uint64_t line, uint64_t seq)
{
    weir_journal_proof p = walked_with(e, NULL, NULL);

    if (p.finding != f || strcmp(p.bad_file, file) != 0 || p.bad_line != line || p.bad_seq != seq)
        fail_msg("expected %s at %s:%d, entry %d, and found %s at %s:%d, entry %d: %s",
                 weir_journal_finding_name(f), file, (int)line, (int)seq,
                 weir_journal_finding_name(p.finding), p.bad_file, (int)p.bad_line, (int)p.bad_seq,
                 p.why);
    weir_journal_proof_fini(&p);
}

static inline void
assert_found(weir_journal_finding f, const char *file, uint64_t line, uint64_t seq)
{
    assert_found_with(NULL, f, file, line, seq);
}

/* It holds, and ends with this number. */
static inline void
assert_holds_up_to(uint64_t seq)
{
    weir_journal_proof p = walked();

    if (p.finding != WEIR_JOURNAL_FOUND_NONE)
        fail_msg("%s:%d: entry %d %s", p.bad_file, (int)p.bad_line, (int)p.bad_seq, p.why);
    assert_int_equal(p.last_seq, seq);
    weir_journal_proof_fini(&p);
}

/* As they lie, one line each: `seq kind body`. */
static inline bool
see_entry(const weir_journal_entry *e, void *out)
{
    weir_buf_put_u64(out, e->seq);
    weir_buf_printf(out, " %s %.*s\n", weir_journal_kind_name(e->kind), SPAN_FMT(e->body));
    return true;
}

/* A journal of two segments, closed: records 3, 4 and 8, a reload (5) and a trip (9). */
static inline void
make_small(const weir_journal_options *o)
{
    const weir_journal_event reload = {.kind = WEIR_JOURNAL_RELOAD,
                                       .at_ms = T0,
                                       .from = SPAN_LIT(DIGEST),
                                       .to = SPAN_LIT(OTHER_DIGEST),
                                       .by = SPAN_LIT("SIG\"HUP\"\n")};
    const weir_journal_event trip = {
        .kind = WEIR_JOURNAL_TRIP, .at_ms = T0, .rule = SPAN_LIT("r@1"), .how = WEIR_TRIP_OBSERVE};
    weir_journal *j = opened(o, T0);

    append(j, "{\"v\":1,\"post\":\"1356300\"}\n{\"v\":1,\"post\":\"J*@\"}\n");
    assert_int_equal(weir_journal_append_event(j, &reload), WEIR_OK);
    commit(j, T0);
    commit(j, T0 + DAY_MS); /* ends the first segment */
    append(j, "{\"v\":1,\"post\":\"1356302\"}\n");
    assert_int_equal(weir_journal_append_event(j, &trip), WEIR_OK);
    commit(j, T0 + DAY_MS);
    close_journal(j, T0 + DAY_MS);
}
#define SMALL_LAST 11 /* 6 and 11 are ends, 7 is a header */

#endif
