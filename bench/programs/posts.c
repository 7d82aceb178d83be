/*
 * Making up posts. Texts are words of the tags' language with the tags among them, as people write;
 * the engine does not look into a text where `hashtags` and `mentions` are given, but has to get
 * past it.
 */
#include "programs/posts.h"

#include "random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct post_kind posts_served = {200, 460, false};

struct posts {
    struct random random;
    const struct tokens *tags;
    const struct post_kind *kind;
    size_t next; /* tag */
    weir_buf line;
};

static void
put_digits(struct posts *p, int n)
{
    weir_buf_printf(&p->line, "%0*" PRIu64, n, random_next(&p->random) % UINT64_C(1000000000));
}

static void
put_tag(struct posts *p, weir_span tag)
{
    char first = tag.p[0];

    if (first >= 'a' && first <= 'z' && !p->kind->canonical && random_below(&p->random, 2)) {
        weir_buf_putc(&p->line, (char)(first - 'a' + 'A'));
        tag.p++;
        tag.len--;
    }
    weir_buf_put(&p->line, tag);
}

static void
put_head(struct posts *p, size_t i)
{
    /* ids grow as those of real posts do; each is there once */
    weir_buf_printf(&p->line, "{\"id\":\"%" PRIu64 "\",\"author\":{\"id\":\"",
                    UINT64_C(1356300000000000000) + (uint64_t)i * 4194304);
    put_digits(p, 10);
    weir_buf_puts(&p->line, "\",\"handle\":\"user_");
    put_digits(p, 6);
    weir_buf_printf(&p->line,
                    "\"},\"created_at\":\"2021-02-01T%02zu:%02zu:%02zu.000Z\",\"lang\":\"en\",",
                    i / 3600 % 24, i / 60 % 60, i % 60);
    /* structured, though mostly empty: nobody has to look for them in the text */
    weir_buf_puts(&p->line, "\"mentions\":[");
    if (random_below(&p->random, 4) == 0) {
        weir_buf_puts(&p->line, "\"@user_");
        put_digits(p, 6);
        weir_buf_putc(&p->line, '"');
    }
    weir_buf_puts(&p->line, "],");
}

static void
put_hashtags(struct posts *p, size_t n)
{
    weir_buf_puts(&p->line, "\"hashtags\":[");
    for (size_t i = 0; i < n; i++) {
        weir_buf_puts(&p->line, i ? ",\"" : "\"");
        put_tag(p, p->tags->v[(p->next + i) % p->tags->n]);
        weir_buf_putc(&p->line, '"');
    }
    weir_buf_puts(&p->line, "],");
}

/* The tags, then words, until the post is as long as it is to be. */
static void
put_text(struct posts *p, size_t n, size_t length)
{
    weir_buf_puts(&p->line, "\"text\":\"");
    for (size_t i = 0; i < n; i++) {
        weir_buf_puts(&p->line, i ? " #" : "#");
        weir_buf_put(&p->line, p->tags->v[(p->next + i) % p->tags->n]);
    }
    while (p->line.len + 2 < length) {
        weir_span word = p->tags->v[random_below(&p->random, p->tags->n)];

        weir_buf_putc(&p->line, ' ');
        if (p->line.len + word.len + 2 <= length)
            weir_buf_put(&p->line, word);
        else
            weir_buf_putc(&p->line, '.');
    }
    weir_buf_puts(&p->line, "\"}");
}

void
posts_make(struct feed *f, size_t n, const struct tokens *tags, const struct post_kind *kind,
           uint64_t seed)
{
    struct posts p = {.random = random_named(seed, "posts"), .tags = tags, .kind = kind};
    weir_reader *reader;

    memset(f, 0, sizeof *f);
    if (weir_reader_new(NULL, &reader) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    for (size_t i = 0; i < n; i++) {
        size_t ntags = 1 + random_below(&p.random, 3);

        p.line.len = 0;
        put_head(&p, i);
        put_hashtags(&p, ntags);
        put_text(&p, ntags,
                 kind->shortest + random_below(&p.random, kind->longest - kind->shortest + 1));
        if (p.line.failed)
            die(EXIT_FAILED, "out of memory");
        feed_add(f, reader, (weir_span){p.line.p, p.line.len});
        p.next = (p.next + ntags) % tags->n;
    }
    snprintf(f->name, sizeof f->name, "%zu made-up posts", n);
    weir_reader_free(reader);
    weir_buf_fini(&p.line);
}
