/*
 * Feeds are read as the program reads them.
 */
#include "feeds.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tagweir/post.h>

static void
add_tag(struct feeds *f, weir_span tag)
{
    weir_buf key = {0};

    weir_canonical_key(tag, &key);
    /* a scanner that is given tags by the line could not be told of a newline in one */
    if (key.len > 0 && !memchr(key.p, '\n', key.len)) {
        if (f->n == f->cap) {
            f->cap = f->cap ? 2 * f->cap : 1024;
            f->v = reallocate(f->v, f->cap, sizeof *f->v);
        }
        f->v[f->n++] = text_keep(&f->text, span_of_out(&key));
    }
    weir_buf_fini(&key);
}

static void
add_post(struct feeds *f, const weir_post *post)
{
    for (size_t i = 0; i < post->nhashtags; i++)
        add_tag(f, post->hashtags[i]);
    if (post->repost_of)
        add_post(f, post->repost_of);
    if (post->quotes)
        add_post(f, post->quotes);
}

static void
add_line(struct feeds *f, weir_reader *reader, weir_span line)
{
    const weir_item *items;
    size_t n;

    if (weir_reader_read(reader, line, line.len, &items, &n) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    for (size_t i = 0; i < n; i++)
        if (items[i].kind == WEIR_ITEM_POST)
            add_post(f, items[i].post);
}

static void
add_file(struct feeds *f, weir_reader *reader, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while (file && (len = getline(&line, &cap, file)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            len--;
        add_line(f, reader, (weir_span){line, (size_t)len});
    }
    free(line);
    if (file)
        fclose(file);
}

static int
is_feed(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 7 && strcmp(entry->d_name + len - 7, ".ndjson") == 0;
}

void
feeds_read(struct feeds *f, const char *folder)
{
    struct dirent **entries;
    weir_reader *reader;
    int n = scandir(folder, &entries, is_feed, alphasort);

    memset(f, 0, sizeof *f);
    if (n < 0)
        return;
    if (weir_reader_new(NULL, &reader) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    for (int i = 0; i < n; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        add_file(f, reader, path);
        free(entries[i]);
    }
    free(entries);
    weir_reader_free(reader);
}

void
feeds_fini(struct feeds *f)
{
    text_fini(&f->text);
    free(f->v);
    memset(f, 0, sizeof *f);
}
