/*
 * Feeds are read as the program reads them, to know what they are owed.
 */
#include "programs/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIP_HEAD "{\"v\":1,\"skip\":\""

/* Room for one more and for the end behind it. */
static void
grow(size_t **v, size_t n, size_t *cap, size_t **second)
{
    if (n + 2 <= *cap)
        return;
    *cap = *cap ? 2 * *cap : 1024;
    *v = reallocate(*v, *cap, sizeof **v);
    if (second)
        *second = reallocate(*second, *cap, sizeof **second);
}

/* Up to where records of equal items cannot differ, whatever the rules are. */
static void
put_head(weir_buf *out, const weir_item *item)
{
    switch (item->kind) {
    case WEIR_ITEM_POST:
        if (item->post->query.kind == WEIR_QUERY_NONE) {
            weir_buf_puts(out, "{\"v\":1,\"post\":");
            weir_buf_put_json(out, item->post->id);
        } else {
            weir_buf_puts(out, "{\"v\":1,\"query\":{");
        }
        break;
    case WEIR_ITEM_SKIP:
        weir_buf_puts(out, SKIP_HEAD);
        weir_buf_puts(out, item->skip);
        break;
    case WEIR_ITEM_ERROR:
        weir_buf_puts(out, "{\"v\":1,\"error\":\"");
        weir_buf_puts(out, weir_read_error_name(item->error));
        break;
    }
}

static void
add_answer(struct feed *f, const weir_item *item)
{
    grow(&f->head_at, f->nanswers, &f->answers_cap, NULL);
    f->head_at[f->nanswers++] = f->heads.len;
    put_head(&f->heads, item);
    f->head_at[f->nanswers] = f->heads.len;
    f->nskips += item->kind == WEIR_ITEM_SKIP;
    f->nerrors += item->kind == WEIR_ITEM_ERROR;
}

void
feed_add(struct feed *f, weir_reader *reader, weir_span line)
{
    const weir_item *items;
    size_t n;

    if (weir_reader_read(reader, line, line.len, &items, &n) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    if (n == 0)
        return;
    grow(&f->line_at, f->nlines, &f->lines_cap, &f->answer_at);
    f->line_at[f->nlines] = f->bytes.len;
    f->answer_at[f->nlines++] = f->nanswers;
    weir_buf_put(&f->bytes, line);
    weir_buf_putc(&f->bytes, '\n');
    for (size_t i = 0; i < n; i++)
        add_answer(f, &items[i]);
    f->line_at[f->nlines] = f->bytes.len;
    f->answer_at[f->nlines] = f->nanswers;
    if (f->bytes.failed || f->heads.failed)
        die(EXIT_FAILED, "out of memory");
}

void
feed_read(struct feed *f, const char *path)
{
    FILE *file = fopen(path, "r");
    weir_reader *reader;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    memset(f, 0, sizeof *f);
    if (!file)
        die(EXIT_USAGE, "--feed %s: %m", path);
    if (weir_reader_new(NULL, &reader) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    while ((len = getline(&line, &cap, file)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            len--;
        feed_add(f, reader, (weir_span){line, (size_t)len});
    }
    if (ferror(file) || f->nlines == 0)
        die(EXIT_USAGE, "--feed %s: %s", path, ferror(file) ? "it cannot be read" : "no lines");
    snprintf(f->name, sizeof f->name, "%s", path);
    weir_reader_free(reader);
    free(line);
    fclose(file);
}

size_t
feed_write(const struct feed *f, uint64_t nlines, const char *path)
{
    FILE *file = fopen(path, "w");
    bool written = file != NULL;
    size_t total = 0;

    for (uint64_t left = nlines; left > 0 && written;) {
        size_t n = left < f->nlines ? (size_t)left : f->nlines, len = f->line_at[n];

        written = fwrite(f->bytes.p, 1, len, file) == len;
        total += len;
        left -= n;
    }
    if (!written || fclose(file) != 0)
        die(EXIT_FAILED, "%s could not be written: %m", path);
    return total;
}

uint64_t
feed_records(const struct feed *f, uint64_t nlines)
{
    size_t rest = (size_t)(nlines % f->nlines);
    uint64_t n = nlines / f->nlines * (f->nanswers - f->nskips) + f->answer_at[rest];

    for (size_t i = 0; i < f->answer_at[rest]; i++)
        n -= feed_is_skip(feed_head(f, i));
    return n;
}

void
feed_fini(struct feed *f)
{
    weir_buf_fini(&f->bytes);
    weir_buf_fini(&f->heads);
    free(f->line_at);
    free(f->answer_at);
    free(f->head_at);
    memset(f, 0, sizeof *f);
}

bool
feed_is_skip(weir_span head)
{
    static const char skip[] = SKIP_HEAD;

    return head.len >= sizeof skip - 1 && memcmp(head.p, skip, sizeof skip - 1) == 0;
}
