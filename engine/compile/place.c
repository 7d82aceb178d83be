/*
 * Places of nodes and entries, for messages, and look-up in maps.
 */
#include "compile/compiling.h"
#include "compile/yaml.h"

struct weir__place
weir__place_of(const struct node *n)
{
    return (struct weir__place){n->file->path, n->line, n->column, n->width,
                                weir__line_of(n->file, n->line)};
}

weir_span
weir__rest_of_line(const struct node *n)
{
    weir_span s = weir__line_of(n->file, n->line);

    for (uint32_t column = 1; s.len; s = span_skip(s, 1)) {
        if (((unsigned char)s.p[0] & 0xC0) == 0x80)
            continue;
        if (column++ == n->column)
            break;
    }
    return s;
}

struct weir__place
weir__place_within(const struct node *n, size_t offset, size_t len)
{
    struct weir__place at = weir__place_of(n);

    if (n->kind != NODE_SCALAR || offset + len > n->text.len)
        return at;
    weir_span written = weir__rest_of_line(n);
    if (written.len < n->text.len || memcmp(written.p, n->text.p, n->text.len) != 0)
        return at; /* escapes, or more lines than one: the whole node */
    at.column += weir__span_width(span_head(n->text, offset));
    at.width = weir__span_width((weir_span){n->text.p + offset, len});
    at.width = at.width ? at.width : 1;
    return at;
}

struct weir__place
weir__place_in_list(const struct source_file *f, const struct list_line *l)
{
    return (struct weir__place){f->path, l->line, l->column, l->width, weir__line_of(f, l->line)};
}

struct weir__place
weir__place_in_regex(const struct raw_entry *e, size_t offset, size_t len)
{
    struct weir__place at = e->at;

    if (e->node) /* one byte for the opening slash */
        return weir__place_within(e->node, offset + 1 < e->node->text.len ? offset + 1 : 0, len);
    at.column += 1 + weir__span_width(span_head(e->entry.text, offset));
    at.width = offset < e->entry.text.len
                   ? weir__span_width((weir_span){e->entry.text.p + offset, len})
                   : 1;
    return at;
}

bool
weir__tell_once(struct compiling *c, const struct weir__place *at, const char *what)
{
    const char *where = arena_printf(c->work, "%s:%u:%u:%s", at->file, at->line, at->column, what);

    if (weir__names_find(&c->complaints, span_of(where)))
        return false;
    (void)weir__names_add(&c->complaints, span_of(where), 0, NULL);
    return true;
}

struct node *
weir__node_get(const struct node *map, const char *key)
{
    if (map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (span_is(map->keys[i]->text, key))
            return map->items[i];
    return NULL;
}
