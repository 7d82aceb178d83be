/*
 * Items as one line of text each, so that a table can say what a line is read as.
 *
 *     tweet 1 by 5@x #a #b to 7@bob in en at 2021-02-01T06:00:00Z reposts(…) quotes(…)
 *     query #a in IN, query @x at …    skip like    bad_type 17 "detail" post 1 by 5@x
 *
 * An account is its id, `@` and its handle; either may be missing. Items are separated by "; ".
 */
#ifndef WEIR_TESTS_POST_SHOW_H
#define WEIR_TESTS_POST_SHOW_H

#include "unit/test.h"

#include <tagweir/post.h>

#include "base/span.h"

#include <stdio.h>
#include <stdlib.h>

static inline void
show_account(weir_buf *b, const char *word, weir_account a)
{
    if (!a.id.p && !a.handle.p)
        return;
    weir_buf_puts(b, word);
    weir_buf_put(b, a.id);
    if (a.handle.p) {
        weir_buf_putc(b, '@');
        weir_buf_put(b, a.handle);
    }
}

static inline void
show_time(weir_buf *b, int64_t ms)
{
    char text[WEIR_TIME_MAX];

    weir_time_format(ms, text);
    weir_buf_printf(b, " at %s", text);
}

static inline void
show_query(weir_buf *b, const weir_query *q)
{
    weir_buf_printf(b, "query %s ", q->kind == WEIR_QUERY_HASHTAG ? "hashtag" : "account");
    weir_buf_put(b, q->value);
    if (q->region != WEIR_REGION_NONE)
        weir_buf_printf(b, " in %s", weir_region_code(q->region));
    if (q->at.p)
        show_time(b, q->at_ms);
}

static inline void
show_post(weir_buf *b, const weir_post *p)
{
    weir_buf_puts(b, weir_source_name(p->source));
    weir_buf_putc(b, ' ');
    weir_buf_put(b, p->id);
    show_account(b, " by ", p->author);
    for (size_t i = 0; i < p->nhashtags; i++) {
        weir_buf_puts(b, " #");
        weir_buf_put(b, p->hashtags[i]);
    }
    for (size_t i = 0; i < p->nmentions; i++)
        show_account(b, " to ", p->mentions[i]);
    for (size_t i = 0; i < p->nlangs; i++) {
        weir_buf_puts(b, " in ");
        weir_buf_put(b, p->langs[i]);
    }
    if (p->has_created)
        show_time(b, p->created_ms);
    if (p->repost_of) {
        weir_buf_puts(b, " reposts(");
        show_post(b, p->repost_of);
        weir_buf_putc(b, ')');
    }
    if (p->quotes) {
        weir_buf_puts(b, " quotes(");
        show_post(b, p->quotes);
        weir_buf_putc(b, ')');
    }
}

static inline void
show_item(weir_buf *b, const weir_item *item, bool details)
{
    switch (item->kind) {
    case WEIR_ITEM_POST:
        if (item->post->source == WEIR_SOURCE_QUERY)
            show_query(b, &item->post->query);
        else
            show_post(b, item->post);
        break;
    case WEIR_ITEM_SKIP:
        weir_buf_printf(b, "skip %s", item->skip);
        break;
    case WEIR_ITEM_ERROR:
        weir_buf_printf(b, "%s %zu", weir_read_error_name(item->error), item->offset);
        assert_true(item->detail.len > 0);
        if (details)
            weir_buf_printf(b, " \"%.*s\"", SPAN_FMT(item->detail));
        if (item->post_id.p) {
            weir_buf_puts(b, " post ");
            weir_buf_put(b, item->post_id);
        }
        show_account(b, " by ", item->author);
        break;
    }
}

static inline weir_reader *
new_reader(weir_reader_options o)
{
    weir_reader *r;

    assert_int_equal(weir_reader_new(&o, &r), WEIR_OK);
    return r;
}

/* Reads from a block of exactly the line's size, so that a look behind it is seen by sanitizers. */
static inline void
show_line(weir_reader *r, weir_span line, bool details, weir_buf *out)
{
    char *exact = malloc(line.len ? line.len : 1);
    const weir_item *items;
    size_t n;

    assert_non_null(exact);
    memcpy(exact, line.p, line.len);
    out->len = 0;
    assert_int_equal(weir_reader_read(r, (weir_span){exact, line.len}, line.len, &items, &n),
                     WEIR_OK);
    for (size_t i = 0; i < n; i++) {
        if (i)
            weir_buf_puts(out, "; ");
        show_item(out, &items[i], details);
    }
    weir_buf_putc(out, '\0');
    free(exact);
}

/* One row: a line and what it is read as. */
struct reading_row {
    const char *line, *as;
};

static inline void
check_rows(weir_reader_options o, bool details, const struct reading_row *rows, size_t n)
{
    weir_reader *r = new_reader(o);
    weir_buf out = {0};
    bool failed = false;

    for (size_t i = 0; i < n; i++) {
        show_line(r, span_of(rows[i].line), details, &out);
        if (strcmp(out.p, rows[i].as) != 0) {
            print_error("%s\n    is read as  %s\n    and not as  %s\n", rows[i].line, out.p,
                        rows[i].as);
            failed = true;
        }
    }
    weir_buf_fini(&out);
    weir_reader_free(r);
    assert_false(failed);
}

#define CHECK_ROWS(options, details, rows)                                                         \
    check_rows((weir_reader_options)options, details, rows, sizeof rows / sizeof *rows)
#define NO_OPTIONS {0}

#endif
