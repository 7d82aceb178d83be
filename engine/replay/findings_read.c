/*
 * Adding findings up, and reading them.
 */
#include "replay/findings_parts.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

void
findings_add(struct findings *f, struct findings *other)
{
    CHECK_OBJ(f, FINDINGS_MAGIC);
    CHECK_OBJ(other, FINDINGS_MAGIC);
    headcount_add(f->counts, other->counts);
    course_add(f->course, other->course);
    f->posts += other->posts;
    f->lost += other->lost;
    if (other->from_ms < f->from_ms)
        f->from_ms = other->from_ms;
    if (other->until_ms > f->until_ms)
        f->until_ms = other->until_ms;
}

/* The text at `at`, which has its length before it; @return where it ends. */
static size_t
read_text(const weir_buf *facts, size_t at, weir_span *text)
{
    CHECK(facts->len - at >= sizeof text->len);
    memcpy(&text->len, facts->p + at, sizeof text->len);
    text->p = facts->p + at + sizeof text->len;
    CHECK(facts->len - at - sizeof text->len >= text->len);
    return at + sizeof text->len + text->len;
}

void
findings_count(struct tops *tags, struct tops *accounts, const weir_buf *facts)
{
    weir_span noted, account, handle;

    for (size_t at = 0; at < facts->len;) {
        at = read_text(facts, at, &noted);
        weir_buf of_tags = {.p = (char *)(uintptr_t)noted.p, .len = noted.len};
        tops_take(tags, &of_tags);
        at = read_text(facts, at, &account);
        at = read_text(facts, at, &handle);
        if (account.len)
            tops_count_as(accounts, account, handle);
    }
}

static uint64_t
posts_of(const struct findings *f, enum findings_table table, uint64_t what)
{
    return headcount_find(f->counts, findings_key(table, what, 0)).posts;
}

static uint64_t
authors_of(const struct findings *f, enum findings_table table, uint64_t what)
{
    return headcount_find(f->counts, findings_key(table, what, 0)).authors;
}

static struct findings_row
row_of(const struct findings *f, enum findings_table table, enum findings_table authors,
       uint64_t what)
{
    return (struct findings_row){
        .withheld = posts_of(f, table, (uint64_t)WEIR_WITHHOLD << 32 | what),
        .downranked = posts_of(f, table, (uint64_t)WEIR_DOWNRANK << 32 | what),
        .authors = authors_of(f, authors, what)};
}

struct findings_row
findings_all(const struct findings *f)
{
    return (struct findings_row){.withheld = posts_of(f, OF_ALL, WEIR_WITHHOLD),
                                 .downranked = posts_of(f, OF_ALL, WEIR_DOWNRANK),
                                 .authors = authors_of(f, OF_ALL_AUTHORS, 0)};
}

struct findings_row
findings_region(const struct findings *f, uint16_t region)
{
    return row_of(f, OF_REGION, OF_REGION_AUTHORS, region);
}

struct findings_row
findings_order(const struct findings *f, uint32_t order)
{
    return row_of(f, OF_ORDER, OF_ORDER_AUTHORS, order);
}

/* A rule has one action. */
struct findings_row
findings_rule(const struct findings *f, uint32_t rule)
{
    uint64_t withheld = (uint64_t)WEIR_WITHHOLD << 32 | rule;
    uint64_t downranked = (uint64_t)WEIR_DOWNRANK << 32 | rule;

    return (struct findings_row){.withheld = posts_of(f, OF_RULE, withheld),
                                 .downranked = posts_of(f, OF_RULE, downranked),
                                 .authors = authors_of(f, OF_RULE, withheld) +
                                            authors_of(f, OF_RULE, downranked)};
}

uint64_t
findings_beside(const struct findings *f, enum findings_beside what, uint32_t rule)
{
    return posts_of(f, OF_BESIDE, (uint64_t)what << 32 | rule);
}

uint64_t
findings_posts_with(const struct findings *f, enum findings_beside what)
{
    return posts_of(f, OF_POSTS_WITH, what);
}

uint64_t
findings_order_exempted(const struct findings *f, uint32_t order)
{
    return posts_of(f, OF_ORDER_EXEMPTED, order);
}

/* Exemptions -------------------------------------------------------------------------------------
 */

struct listing {
    struct findings_exemption *rows;
    size_t n, cap;
    bool failed;
};

static void
list_exemption(void *arg, struct headcount_key key, struct headcount_row n)
{
    struct listing *l = arg;

    if (key.what >> 56 != OF_EXEMPTION || l->failed)
        return;
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct findings_exemption *v = reallocarray(l->rows, cap, sizeof *v);

        if (!v) {
            l->failed = true;
            return;
        }
        l->rows = v;
        l->cap = cap;
    }
    l->rows[l->n++] = (struct findings_exemption){.rule = (uint32_t)(key.whose >> 32),
                                                  .by = (uint32_t)key.whose,
                                                  .region = (uint16_t)key.what,
                                                  .n = n};
}

static int
in_order(const void *a, const void *b)
{
    const struct findings_exemption *x = a, *y = b;

    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->by != y->by)
        return x->by < y->by ? -1 : 1;
    return x->region < y->region ? -1 : x->region > y->region;
}

struct findings_exemption *
findings_exemptions(const struct findings *f, size_t *n)
{
    struct listing l = {.rows = NULL};

    CHECK_OBJ(f, FINDINGS_MAGIC);
    headcount_each(f->counts, list_exemption, &l);
    *n = l.n + l.failed;
    if (l.failed) {
        free(l.rows);
        return NULL;
    }
    if (l.n)
        qsort(l.rows, l.n, sizeof *l.rows, in_order);
    return l.rows;
}

/* The rest ---------------------------------------------------------------------------------------
 */

const struct course *
findings_course(const struct findings *f)
{
    return f->course;
}

bool
findings_span(const struct findings *f, int64_t *from_ms, int64_t *until_ms)
{
    *from_ms = f->from_ms;
    *until_ms = f->until_ms;
    return f->posts > 0;
}

uint64_t
findings_posts(const struct findings *f)
{
    return f->posts;
}

bool
findings_is_estimate(const struct findings *f)
{
    return headcount_is_estimate(f->counts);
}

uint64_t
findings_lost(const struct findings *f)
{
    return f->lost + headcount_lost(f->counts) + course_lost(f->course);
}
