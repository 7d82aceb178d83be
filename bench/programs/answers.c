/*
 * Checking answers. It has to be cheaper than making them, by far: a search for the newline, and a
 * comparison with how the answer must begin.
 */
#include "programs/answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How far ahead is looked for what an answer that is out of its place may be for. */
#define LOOK_AHEAD 10000

#define RULESET_KEY "\"ruleset\":\""

void
answers_init(struct answers *a, const struct feed *feed, size_t line)
{
    *a = (struct answers){.feed = feed, .line = line, .next = feed->answer_at[line]};
}

void
answers_fini(struct answers *a)
{
    weir_buf_fini(&a->cut);
}

uint64_t
watch_number(const char *digest)
{
    uint64_t n = 0;

    for (size_t i = 0; i < 16; i++)
        n = n << 4 | (uint64_t)(digest[i] <= '9' ? digest[i] - '0' : digest[i] - 'a' + 10);
    return n;
}

/* A record ends in `"ruleset":"0123456789abcdef"}`. */
static void
look(struct watch *w, const char *p, size_t len)
{
    const size_t key = sizeof RULESET_KEY - 1;

    if (len < key + 18 || memcmp(p + len - 18, w->digest, 16) == 0 ||
        memcmp(p + len - 18 - key, RULESET_KEY, key) != 0)
        return;
    memcpy(w->digest, p + len - 18, 16);
    atomic_store(w->seen, watch_number(w->digest));
}

static bool
begins_with(const char *p, size_t len, weir_span head)
{
    return len >= head.len && memcmp(p, head.p, head.len) == 0;
}

/* How many answers later this one was owed; 0: not soon. */
static size_t
owed_later(const struct answers *a, const char *p, size_t len)
{
    const struct feed *f = a->feed;

    for (size_t i = 1; i <= LOOK_AHEAD && i < f->nanswers; i++)
        if (begins_with(p, len, feed_head(f, (a->next + i) % f->nanswers)))
            return i;
    return 0;
}

static void
find_fault(struct answers *a, const char *p, size_t len)
{
    weir_span head = feed_head(a->feed, a->next);
    size_t later = owed_later(a, p, len);
    char fits[64] = "";

    if (later)
        snprintf(fits, sizeof fits, "; it fits what was asked %zu later", later);
    snprintf(a->fault, sizeof a->fault, "answer %" PRIu64 " should begin with %.*s and is %.*s%s%s",
             a->n, head.len < 100 ? (int)head.len : 100, head.p, len < 100 ? (int)len : 100, p,
             len < 100 ? "" : "…", fits);
}

static void
go_to_line(struct answers *a, size_t line)
{
    a->line = line == a->feed->nlines ? 0 : line;
    a->next = a->feed->answer_at[a->line];
    a->lines++;
}

static void
pass_skips(struct answers *a)
{
    while (feed_is_skip(feed_head(a->feed, a->next)))
        if (++a->next == a->feed->answer_at[a->line + 1])
            go_to_line(a, a->line + 1);
}

static void
take_answer(struct answers *a, const char *p, size_t len)
{
    const struct feed *f = a->feed;

    a->n++;
    if (a->lines == a->asked) {
        a->nsurplus++;
        return;
    }
    if (a->without_skips && f->nskips)
        pass_skips(a);
    if (!a->fault[0] && !begins_with(p, len, feed_head(f, a->next)))
        find_fault(a, p, len);
    if (a->watch.seen)
        look(&a->watch, p, len);
    if (++a->next == f->answer_at[a->line + 1])
        go_to_line(a, a->line + 1);
}

void
answers_take(struct answers *a, const char *p, size_t len)
{
    const char *end = p + len, *newline;

    if (a->capture)
        weir_buf_put(a->capture, (weir_span){p, len});
    while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        if (a->cut.len > 0) {
            weir_buf_put(&a->cut, (weir_span){p, (size_t)(newline - p)});
            take_answer(a, a->cut.p, a->cut.len);
            a->cut.len = 0;
        } else {
            take_answer(a, p, (size_t)(newline - p));
        }
        p = newline + 1;
    }
    if (p < end)
        weir_buf_put(&a->cut, (weir_span){p, (size_t)(end - p)});
}
