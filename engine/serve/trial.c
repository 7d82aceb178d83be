/*
 * Trying: two answerers, the same lines. Answers are compared as they are written, so that whoever
 * reads them would see what differs; what it comes to is counted in the words of `tagweir diff`.
 */
#include "serve/trial.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "flow/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Answers that are shown whole, before and after. */
#define SHOWN 5u

/* Posts after which it is asked whether somebody still wants to know: a system call, and some
   milliseconds of work. */
#define STEPS_A_LOOK 256u

struct trial {
    struct answerer before, after;
    weir_buf out_before, out_after;
    int64_t now_ms;
    weir_decision decided; /* by the rules before, of the item that is tried */
    uint64_t lines, steps, differ;
    uint64_t kinds[WEIR_NDIFFERENCES]; /* answers with at least one, quoted posts aside */
    bool has_kind;                     /* the item that is tried does */
    uint64_t kindless;                 /* answers that differ all the same */
    weir_buf shown;
    unsigned nshown;
    trial_over_fn *is_over;
    const void *arg;
    bool over; /* it was said to be */
};

/* In a record, and again in that of a post which it quotes; no string can hold it, where quotation
   marks are escaped. */
#define RULESET_KEY ",\"ruleset\":\""
#define RULESET_DIGITS 16u

/* Bytes up to and with the key of the next rule set; all, where there is none. */
static size_t
upto_ruleset(weir_span s)
{
    const char *key = s.len ? memmem(s.p, s.len, RULESET_KEY, sizeof RULESET_KEY - 1) : NULL;
    size_t n = key ? (size_t)(key - s.p) + sizeof RULESET_KEY - 1 : s.len;

    return n + RULESET_DIGITS < s.len ? n : s.len;
}

/* But for the rule sets that they name. */
static bool
same_answers(weir_span a, weir_span b)
{
    for (;;) {
        size_t n = upto_ruleset(a);

        if (n != upto_ruleset(b) || (n && memcmp(a.p, b.p, n) != 0))
            return false;
        if (n == a.len || n == b.len)
            return a.len == b.len;
        n += RULESET_DIGITS;
        a = (weir_span){a.p + n, a.len - n};
        b = (weir_span){b.p + n, b.len - n};
    }
}

/* One answer, without its newline; or what has none, as a line that is skipped may have. */
static weir_span
answer_in(const weir_buf *out)
{
    return (weir_span){out->p, out->len ? out->len - 1 : 0};
}

static void
compare(struct trial *t)
{
    weir_span a = answer_in(&t->out_before), b = answer_in(&t->out_after);

    if (same_answers(a, b))
        return;
    t->differ++;
    t->kindless += !t->has_kind;
    if (t->nshown++ < SHOWN)
        weir_buf_printf(&t->shown, "- %.*s\n+ %.*s\n", (int)a.len, a.p, (int)b.len, b.p);
}

/* It is good until its scratch is used again. */
static void
keep(void *arg, const weir_decision *d)
{
    struct trial *t = arg;

    t->decided = *d;
}

static void
note_kind(void *arg, const weir_difference *d)
{
    bool *has = arg;

    has[d->kind] = true;
}

static void
count_kinds(void *arg, const weir_decision *after)
{
    struct trial *t = arg;
    bool has[WEIR_NDIFFERENCES] = {false};

    weir_diff(&t->decided, after, WEIR_REGION_NONE, note_kind, has);
    for (int k = 0; k < WEIR_NDIFFERENCES; k++) {
        t->kinds[k] += has[k];
        t->has_kind |= has[k];
    }
}

/* Any room at all is room for one item: a page has many, and all their answers at once would be
   many times its size. */
static weir_status
answer_one(struct answerer *a, struct answer_line *line, weir_buf *out)
{
    struct answer_room room = {.bytes = 1, .work = 1};

    out->len = 0;
    return answer_go_on(a, line, &room, out);
}

/* Item by item by both, which find the same ones in a line. */
static weir_status
try_line(struct trial *t, weir_span bytes, size_t avail)
{
    struct answer_line before = {
        .bytes = bytes, .avail = avail, .number = ++t->lines, .now_ms = t->now_ms};
    struct answer_line after = before;
    weir_status st = WEIR_OK;

    while (st == WEIR_OK && !before.done && !t->over) {
        t->has_kind = false;
        st = answer_one(&t->before, &before, &t->out_before);
        if (st == WEIR_OK)
            st = answer_one(&t->after, &after, &t->out_after);
        if (st == WEIR_OK)
            compare(t);
        t->over = ++t->steps % STEPS_A_LOOK == 0 && t->is_over(t->arg);
    }
    return st;
}

static weir_status
try_lines(struct trial *t, struct frame *f, bool at_end)
{
    enum frame_result got;
    weir_status st = WEIR_OK;
    weir_span line;
    size_t avail;

    while (st == WEIR_OK && !t->over && (got = frame_next(f, &line, &avail)) != FRAME_MORE)
        st = got == FRAME_LINE ? try_line(t, line, avail) : WEIR_E_NOMEM;
    if (st == WEIR_OK && !t->over && at_end && (got = frame_end(f, &line, &avail)) != FRAME_MORE)
        st = got == FRAME_LINE ? try_line(t, line, avail) : WEIR_E_NOMEM;
    return st;
}

static weir_status
try_file(struct trial *t, int fd, size_t max_line)
{
    char *in = malloc(FRAME_MEMORY);
    weir_status st = in ? WEIR_OK : WEIR_E_NOMEM;
    struct frame frame;
    ssize_t n = 1;

    frame_init(&frame, max_line);
    while (st == WEIR_OK && n > 0 && !t->over) {
        n = read(fd, in, FRAME_CHUNK);
        if (n < 0) {
            st = WEIR_E_IO;
            break;
        }
        memset(in + n, 0, WEIR_LINE_PADDING);
        frame_feed(&frame, in, (size_t)n);
        st = try_lines(t, &frame, n == 0);
    }
    frame_fini(&frame);
    free(in);
    return st;
}

static void
put_actions(const struct tally *before, const struct tally *after, weir_buf *out)
{
    for (int a = WEIR_WITHHOLD; a >= WEIR_ALLOW; a--)
        weir_buf_printf(out, "%s%s %" PRIu64 " (now %" PRIu64 ")", a == WEIR_WITHHOLD ? "" : ", ",
                        weir_action_name((weir_action)a), after->action[a], before->action[a]);
}

static void
put_kinds(const struct trial *t, weir_buf *out)
{
    const char *before = "changes: ";

    for (int k = 0; k < WEIR_NDIFFERENCES; k++) {
        if (!t->kinds[k])
            continue;
        weir_buf_printf(out, "%s%" PRIu64 " %s", before, t->kinds[k],
                        weir_difference_text((weir_difference_kind)k));
        before = ", ";
    }
    if (t->kindless)
        weir_buf_printf(out, "%s%" PRIu64 " only in what they quote or name", before, t->kindless);
    if (*before == ',' || t->kindless)
        weir_buf_putc(out, '\n');
}

/* What is packed, or no feed at all, must not pass for one in which nothing changes. */
static bool
is_unreadable(const struct trial *t)
{
    const struct tally *n = &t->after.tally;

    return n->errors && !n->posts && !n->queries && !n->skips;
}

static void
put_unreadable(const struct trial *t, const char *feed, weir_buf *out)
{
    weir_buf_printf(out,
                    "%s: none of its %" PRIu64 " lines could be read, so that this says nothing of "
                    "what would change. Plain lines alone are read here: unpack it first, or ask "
                    "`tagweir diff`, which reads packed feeds and archives\n",
                    feed, t->lines);
}

static void
put_report(const struct trial *t, weir_buf *out)
{
    const struct tally *after = &t->after.tally;

    weir_buf_printf(out,
                    "%" PRIu64 " lines, %" PRIu64 " posts, %" PRIu64 " queries, %" PRIu64
                    " skips, %" PRIu64 " errors: %" PRIu64
                    " would be answered otherwise\nactions: ",
                    t->lines, after->posts, after->queries, after->skips, after->errors, t->differ);
    put_actions(&t->before.tally, after, out);
    weir_buf_putc(out, '\n');
    put_kinds(t, out);
    weir_buf_put(out, (weir_span){t->shown.p, t->shown.len});
    if (t->differ > SHOWN)
        weir_buf_printf(out, "and %" PRIu64 " more\n", t->differ - SHOWN);
}

/* What has no end, or may never begin, would keep the loader from its work for ever. */
static int
open_file(const char *feed)
{
    int fd = open(feed, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    (void)close(fd);
    errno = EINVAL;
    return -1;
}

static weir_status
run(struct trial *t, const char *feed, size_t max_line, weir_buf *report)
{
    int fd = open_file(feed);
    weir_status st = fd < 0 ? WEIR_E_IO : try_file(t, fd, max_line);
    bool done = st == WEIR_OK && !t->over;

    if (done && is_unreadable(t)) {
        put_unreadable(t, feed, report);
        st = WEIR_E_IO;
    } else if (st == WEIR_E_IO)
        weir_buf_printf(report, "%s: %s\n", feed,
                        errno == EINVAL ? "is no regular file" : strerror(errno));
    else if (done)
        put_report(t, report);
    if (fd >= 0)
        (void)close(fd);
    return st;
}

weir_status
trial_run(const char *feed, weir_ruleset *before, weir_ruleset *after,
          const struct answer_options *o, trial_over_fn *over, const void *arg, weir_buf *report)
{
    struct trial t = {.now_ms = clock_now_ms(), .is_over = over, .arg = arg};
    weir_status st = answerer_init(&t.before, before, o);

    if (st != WEIR_OK)
        return st;
    st = answerer_init(&t.after, after, o);
    if (st == WEIR_OK) {
        t.before.on_decided = keep;
        t.after.on_decided = count_kinds;
        t.before.on_decided_arg = t.after.on_decided_arg = &t;
        st = run(&t, feed, o->max_line, report);
        answerer_fini(&t.after);
    }
    answerer_fini(&t.before);
    weir_buf_fini(&t.out_before);
    weir_buf_fini(&t.out_after);
    weir_buf_fini(&t.shown);
    return st;
}
