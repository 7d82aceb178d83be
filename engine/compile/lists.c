/*
 * Lists: named sets of accounts, hashtags or posts, written in place or in files beside.
 */
#include "compile/compiling.h"

#include "base/check.h"

#include <stdlib.h>

static const struct {
    const char *key;
    weir_selector kind;
} kinds[] = {
    {"accounts", WEIR_SEL_ACCOUNTS}, {"hashtags", WEIR_SEL_HASHTAGS}, {"posts", WEIR_SEL_POSTS}};
#define NKINDS (sizeof kinds / sizeof *kinds)

static void
add_raw(struct compiling *c, struct raw_entries *to, weir_selector kind, weir_span text,
        const struct weir__place *at, const struct source_file *file, const struct node *node)
{
    struct raw_entry e = {.at = *at, .node = node};

    e.entry.file = file->index;
    e.entry.line = at->line;
    if (weir__read_entry(c, kind, text, &e))
        *ARENA_PUSH(c->work, to->items, to->n, to->cap) = e;
}

static void
read_inline(struct compiling *c, const struct node *seq, weir_selector kind, struct raw_entries *to)
{
    to->file = seq->file->index;
    for (size_t i = 0; i < seq->n; i++) {
        const struct node *item = seq->items[i];
        weir_span text;
        if (!weir__want_text(c, item, &text))
            continue;
        struct weir__place at = weir__place_of(item);
        add_raw(c, to, kind, text, &at, item->file, item);
    }
}

/* What is no entry of any kind, or to hashtags no more than odd (lint_hashtags.c). */
static void
add_line(struct compiling *c, struct raw_entries *to, weir_selector kind, weir_span text,
         const struct weir__place *at, const struct source_file *file)
{
    const char *wrong = weir__odd_edges(c->work, text, true);

    if (!wrong && kind != WEIR_SEL_HASHTAGS)
        wrong = weir__list_line_hint(c->work, text);
    if (wrong)
        ERR_AT(c, at, "%s", wrong);
    else
        add_raw(c, to, kind, text, at, file, NULL);
}

static void
read_file(struct compiling *c, const struct node *at, const char *path, const char *column,
          weir_selector kind, struct raw_entries *to)
{
    const struct source_file *file;
    struct list_line *lines;
    size_t n;

    if (!weir__load_list(c->work, &c->forest, at, path, column, &file, &lines, &n, c->diags))
        return;
    to->file = file->index;
    for (size_t i = 0; i < n; i++) {
        struct weir__place place = {file->path, lines[i].line, lines[i].column, lines[i].width,
                                    SPAN_NONE};
        add_line(c, to, kind, lines[i].text, &place, file);
    }
    if (n == 0)
        WARN(c, at, "the list file %s has no entries", file->path);
}

/* `news.txt`, `[a, b]` or `{file: x.csv, column: name}`. */
static void
read_kind(struct compiling *c, const struct node *n, const struct node *column, weir_selector kind,
          struct raw_entries *to)
{
    static const char *const parts[] = {"file", "column"};
    weir_span path, name = SPAN_NONE;
    const struct node *file = n;

    if (n->kind == NODE_SEQ) {
        if (weir__want_seq(c, n, "a list"))
            read_inline(c, n, kind, to);
        return;
    }
    if (n->kind == NODE_MAP) {
        weir__check_keys(c, n, "a list from a file", parts, 2);
        file = weir__node_get(n, "file");
        column = weir__node_get(n, "column");
        if (!file) {
            ERR(c, n, "a list from a file needs `file`");
            return;
        }
    }
    if (!weir__want_text(c, file, &path) || (column && !weir__want_text(c, column, &name)))
        return;
    read_file(c, file, path.p, name.p, kind, to);
}

static void
compile_list(struct compiling *c, const struct node *map, struct raw_list *out)
{
    static const char *const keys[] = {"accounts", "hashtags", "posts", "column"};
    const struct node *column = weir__node_get(map, "column");
    bool any = false;

    weir__check_keys(c, map, "a list", keys, 4);
    for (size_t k = 0; k < NKINDS; k++) {
        const struct node *n = weir__node_get(map, kinds[k].key);
        if (!n)
            continue;
        any = true;
        out->given[kinds[k].kind] = true;
        read_kind(c, n, column, kinds[k].kind, &out->of[kinds[k].kind]);
    }
    if (!any)
        ERR(c, map, "a list needs `accounts`, `hashtags` or `posts`");
}

void
weir__compile_lists(struct compiling *c, const struct node *map)
{
    if (!weir__want_map(c, map, "`lists`"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const struct node *key = map->keys[i];
        weir_span name;
        if (!weir__want_name(c, key, "a list", &name))
            continue;
        struct named *first = weir__names_find(&c->list_names, name);
        if (first) {
            weir__refuse_second(c, "list", name, first, key);
            continue;
        }
        (void)weir__names_add(&c->list_names, name, (uint32_t)c->nraw_lists, key);
        struct raw_list raw = {0};
        if (weir__want_map(c, map->items[i], "a list"))
            compile_list(c, map->items[i], &raw);
        else /* taken for a list of everything, so that its users do not complain as well */
            for (size_t k = 0; k < NKINDS; k++)
                raw.given[kinds[k].kind] = true;
        *ARENA_PUSH(c->work, c->raw_lists, c->nraw_lists, c->raw_lists_cap) = raw;
        *ARENA_PUSH(c->work, c->lists, c->nlists, c->lists_cap) = (struct weir__list){
            .name = arena_copy(c->into, name), .file = key->file->index, .line = key->line};
    }
}

static void
keep_entries(struct compiling *c, const struct raw_entries *raw, struct weir__entries *out)
{
    size_t size = 0, at = 0;

    for (size_t i = 0; i < raw->n; i++)
        size += raw->items[i].entry.text.len;
    CHECK(size < UINT32_MAX); /* no key table would hold them */
    struct weir__kept_entry *kept = arena_array(c->into, raw->n * sizeof *kept + size, 1);
    char *texts = (char *)(kept + raw->n);
    for (size_t i = 0; i < raw->n; i++) {
        const struct weir__entry *e = &raw->items[i].entry;
        kept[i] = (struct weir__kept_entry){.text = (uint32_t)at,
                                            .len = (uint32_t)e->text.len,
                                            .list = e->list,
                                            .file = e->file,
                                            .line = e->line,
                                            .kind = (uint8_t)e->kind,
                                            .extended = e->extended};
        if (e->kind == WEIR__ENTRY_DOMAIN && e->text.len > c->rs->longest_domain)
            c->rs->longest_domain = (uint32_t)e->text.len;
        if (e->text.len)
            memcpy(texts + at, e->text.p, e->text.len);
        at += e->text.len;
    }
    *out = (struct weir__entries){kept, raw->n};
}

static void
keep(struct compiling *c, const struct raw_list *raw, weir_selector kind,
     struct weir__list_part *out)
{
    if (!raw->given[kind])
        return;
    keep_entries(c, &raw->of[kind], &out->entries);
    out->file = raw->of[kind].file;
}

void
weir__finish_lists(struct compiling *c)
{
    uint32_t *first = arena_array(c->into, c->nselectors + 1, sizeof *first);

    CHECK(c->nentry_first == c->nselectors && c->entries.n < UINT32_MAX);
    if (c->nselectors)
        memcpy(first, c->entry_first, c->nselectors * sizeof *first);
    first[c->nselectors] = (uint32_t)c->entries.n;
    c->rs->entry_first = first;
    keep_entries(c, &c->entries, &c->rs->entries);
    for (size_t i = 0; i < c->nlists; i++) {
        keep(c, &c->raw_lists[i], WEIR_SEL_ACCOUNTS, &c->lists[i].accounts);
        keep(c, &c->raw_lists[i], WEIR_SEL_HASHTAGS, &c->lists[i].hashtags);
        keep(c, &c->raw_lists[i], WEIR_SEL_POSTS, &c->lists[i].posts);
    }
}
