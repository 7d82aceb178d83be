/*
 * YAML to nodes, by libfyaml's events: they carry the place of everything, and show anchors,
 * aliases and tags before anybody resolves them.
 *
 * Columns count code points from 1; libfyaml's marks count them from 0.
 */
#include "compile/yaml.h"

#include "base/check.h"

#include <libfyaml.h>

#define MAX_DEPTH 64 /* of nesting: rule files need five */

struct reading {
    struct arena *work;
    const struct source_file *file;
    weir_diags *diags;
    struct fy_diag *collected;
    struct fy_parser *parser;
    /* Events in hand, one a level: the parser forgets those that it has given out, and memory may
       run out while they are. */
    struct fy_event *held[MAX_DEPTH + 2];
    size_t nheld;
    size_t at;     /* byte behind the last thing that was read, to find empty items from */
    bool refused;  /* something that YAML allows and rule files do not */
    bool broken;   /* the parser gave up */
};

weir_span
weir__line_of(const struct source_file *file, uint32_t line)
{
    if (line > file->nlines)
        return SPAN_NONE;
    weir_span rest = span_skip(file->text, file->lines[line > 0 ? line - 1 : 0]);
    weir_span s = span_head(rest, span_find(rest, '\n'));
    if (s.len && s.p[s.len - 1] == '\r')
        s.len--;
    return s;
}

static struct weir__place
place_at(const struct reading *r, uint32_t line, uint32_t column, uint32_t width)
{
    return (struct weir__place){r->file->path, line, column, width, weir__line_of(r->file, line)};
}

/* The place of a byte of the text. */
static void
locate(const struct source_file *file, size_t offset, uint32_t *line, uint32_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < file->text.len; i++) {
        if (file->text.p[i] == '\n') {
            (*line)++;
            *column = 1;
        } else if (((unsigned char)file->text.p[i] & 0xC0) != 0x80) {
            (*column)++;
        }
    }
}

static struct node *
new_node(struct reading *r, enum node_kind kind, struct fy_token *t)
{
    struct node *n = arena_alloc(r->work, sizeof *n);
    const struct fy_mark *from = t ? fy_token_start_mark(t) : NULL;
    const struct fy_mark *to = t ? fy_token_end_mark(t) : NULL;

    n->kind = kind;
    n->file = r->file;
    n->width = 1;
    if (!from)
        return n;
    n->line = (uint32_t)from->line + 1;
    n->column = (uint32_t)from->column + 1;
    if (to && to->line == from->line && to->column > from->column)
        n->width = (uint32_t)(to->column - from->column);
    r->at = to ? to->input_pos : from->input_pos;
    return n;
}

static void
refuse(struct reading *r, struct fy_token *t, const char *what)
{
    struct node *n = new_node(r, NODE_EMPTY, t);
    struct weir__place at = place_at(r, n->line, n->column, n->width);

    weir__diag_add(r->diags, WEIR_ERROR, &at, "%s", what);
    r->refused = true;
}

/* To be dropped before the one that was in hand until now; NULL when the parser gave up. */
static struct fy_event *
next_event(struct reading *r)
{
    struct fy_event *e = fy_parser_parse(r->parser);

    CHECK(r->nheld < sizeof r->held / sizeof *r->held);
    if (e)
        r->held[r->nheld++] = e;
    else
        r->broken = true;
    return e;
}

static void
drop_event(struct reading *r)
{
    fy_parser_event_free(r->parser, r->held[--r->nheld]);
}

static void
refuse_decorations(struct reading *r, struct fy_event *e)
{
    struct fy_token *anchor = fy_event_get_anchor_token(e);
    struct fy_token *tag = fy_event_get_tag_token(e);

    if (anchor)
        refuse(r, anchor,
               "anchors (&name) are not allowed: put what is used twice in a list under `lists:`; "
               "a value that begins with & needs quotes");
    if (tag)
        refuse(r, tag,
               "tags (!name) are not allowed: a value that begins with ! needs quotes");
}

static struct node *read_value(struct reading *r, struct fy_event *e, unsigned depth);

/* An item with nothing in it stands at its `-`: the first one behind what was read before. */
static void
place_empty_item(struct reading *r, struct node *n)
{
    weir_span t = r->file->text;
    size_t i = r->at;

    while (i < t.len && t.p[i] != '-') {
        if (t.p[i] == '#')
            i += span_find(span_skip(t, i), '\n');
        else
            i++;
    }
    locate(r->file, i, &n->line, &n->column);
    r->at = i + 1;
}

static bool
is_empty_scalar(struct fy_event *e)
{
    return e->type == FYET_SCALAR && !fy_event_get_token(e);
}

static void
read_items(struct reading *r, struct node *seq, unsigned depth)
{
    size_t cap = 0;
    struct fy_event *e;

    while ((e = next_event(r)) != NULL && e->type != FYET_SEQUENCE_END) {
        bool empty = is_empty_scalar(e);
        struct node *item = read_value(r, e, depth);
        drop_event(r);
        if (!item)
            return;
        if (empty)
            place_empty_item(r, item);
        *ARENA_PUSH(r->work, seq->items, seq->n, cap) = item;
    }
    if (e)
        drop_event(r);
}

static void
check_key(struct reading *r, const struct node *map, const struct node *key)
{
    struct weir__place at = place_at(r, key->line, key->column, key->width);

    if (key->kind != NODE_SCALAR) {
        weir__diag_add(r->diags, WEIR_ERROR, &at, "a key must be a plain word");
        r->refused = true;
        return;
    }
    if (span_is(key->text, "<<") && !key->quoted) {
        weir__diag_add(r->diags, WEIR_ERROR, &at,
                       "merge keys (<<) are not allowed: write the keys out");
        r->refused = true;
    }
    for (size_t i = 0; i < map->n; i++) {
        if (map->keys[i]->kind != NODE_SCALAR || !span_eq(map->keys[i]->text, key->text))
            continue;
        weir__diag_add(r->diags, WEIR_ERROR, &at,
                       "key `%.*s` stands here a second time; the first is on line %u",
                       SPAN_FMT(key->text), map->keys[i]->line);
        r->refused = true;
        return;
    }
}

static void
read_pairs(struct reading *r, struct node *map, unsigned depth)
{
    size_t cap_keys = 0, cap_items = 0;
    struct fy_event *e;

    while ((e = next_event(r)) != NULL && e->type != FYET_MAPPING_END) {
        struct node *key = read_value(r, e, depth);
        drop_event(r);
        e = key ? next_event(r) : NULL;
        if (!e)
            return;
        struct node *value = read_value(r, e, depth);
        drop_event(r);
        if (!value)
            return;
        if (!value->line) { /* `key:` and nothing behind it: the key's place is what there is */
            value->line = key->line;
            value->column = key->column;
            value->width = key->width;
        }
        check_key(r, map, key);
        size_t n = map->n;
        *ARENA_PUSH(r->work, map->keys, n, cap_keys) = key;
        *ARENA_PUSH(r->work, map->items, map->n, cap_items) = value;
    }
    if (e)
        drop_event(r);
}

static struct node *
read_scalar(struct reading *r, struct fy_event *e)
{
    struct fy_token *t = fy_event_get_token(e);
    size_t len = 0;
    const char *text = t ? fy_token_get_text(t, &len) : NULL;
    struct node *n = new_node(r, text ? NODE_SCALAR : NODE_EMPTY, t);

    if (!text)
        return n;
    n->text = arena_copy(r->work, (weir_span){text, len});
    n->quoted = fy_token_scalar_style(t) != FYSS_PLAIN;
    return n;
}

/* Taken for the glob that it most likely is, so that nobody complains of the node as well. */
static struct node *
refuse_alias(struct reading *r, struct fy_event *e)
{
    struct node *n = new_node(r, NODE_SCALAR, fy_event_get_token(e));
    size_t len = 0;
    const char *name = fy_token_get_text(fy_event_get_token(e), &len);

    n->column--; /* the token begins behind the star */
    n->width++;
    n->text = span_of(arena_printf(r->work, "*%.*s", (int)len, name ? name : ""));
    n->quoted = true;
    struct weir__place at = place_at(r, n->line, n->column, n->width);
    weir__diag_add(r->diags, WEIR_ERROR, &at,
                   "aliases (*name) are not allowed, and YAML takes this for one: a value that "
                   "begins with * (a glob) needs quotes: write \"%.*s\"",
                   SPAN_FMT(n->text));
    r->refused = true;
    return n;
}

/* The node that begins with this event, which stays the caller's; NULL when the parser gave up. */
static struct node *
read_value(struct reading *r, struct fy_event *e, unsigned depth)
{
    struct node *n;

    refuse_decorations(r, e);
    switch (e->type) {
    case FYET_SCALAR:
        return read_scalar(r, e);
    case FYET_ALIAS:
        return refuse_alias(r, e);
    case FYET_SEQUENCE_START:
    case FYET_MAPPING_START:
        n = new_node(r, e->type == FYET_MAPPING_START ? NODE_MAP : NODE_SEQ,
                     fy_event_get_token(e));
        if (n->line) /* the first item's `-` is where the sequence itself begins */
            r->at = fy_token_start_mark(fy_event_get_token(e))->input_pos;
        if (depth == MAX_DEPTH) {
            refuse(r, fy_event_get_token(e), "nested too deeply: no rule file needs this");
            r->broken = true;
            return NULL;
        }
        if (n->kind == NODE_MAP)
            read_pairs(r, n, depth + 1);
        else
            read_items(r, n, depth + 1);
        return r->broken ? NULL : n;
    default:
        r->broken = true;
        return NULL;
    }
}

static struct node *
read_document(struct reading *r)
{
    struct node *top = NULL;
    struct fy_event *e;

    while ((e = next_event(r)) != NULL && e->type != FYET_STREAM_END) {
        bool begins = e->type == FYET_DOCUMENT_START;
        if (begins && top)
            refuse(r, fy_event_get_token(e),
                   "a second document begins here: a rule file is one, put the rest in a file of "
                   "its own");
        drop_event(r);
        if (!begins)
            continue;
        if ((e = next_event(r)) == NULL)
            return NULL;
        struct node *n = read_value(r, e, 0);
        drop_event(r);
        if (!n)
            return NULL;
        if (!top)
            top = n;
    }
    if (e)
        drop_event(r);
    return top;
}

static void
report_parser(struct reading *r)
{
    void *before = NULL;
    struct fy_diag_error *e = fy_diag_errors_iterate(r->collected, &before);

    if (e)
        weir__yaml_explain(r->file, e->line > 0 ? (uint32_t)e->line : 1,
                           e->column > 0 ? (uint32_t)e->column : 1, e->msg, r->work, r->diags);
    else if (!r->refused)
        weir__yaml_explain(r->file, 1, 1, "this is no YAML", r->work, r->diags);
}

static bool
open_parser(struct reading *r)
{
    struct fy_diag_cfg quiet;

    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    r->collected = fy_diag_create(&quiet);
    if (!r->collected)
        return false;
    fy_diag_set_collect_errors(r->collected, true);
    struct fy_parse_cfg cfg = {
        .search_path = "", .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = r->collected};
    r->parser = fy_parser_create(&cfg);
    return r->parser &&
           fy_parser_set_string(r->parser, r->file->text.p, r->file->text.len) == 0;
}

static void
close_parser(struct reading *r)
{
    while (r->nheld)
        drop_event(r);
    if (r->parser)
        fy_parser_destroy(r->parser);
    if (r->collected)
        fy_diag_destroy(r->collected);
}

/* All that may jump, between opening and closing. */
static struct node *
read_all(struct reading *r)
{
    struct node *top = r->parser ? read_document(r) : NULL;

    if (r->broken)
        report_parser(r);
    else if (!top || top->kind == NODE_EMPTY)
        weir__diag_add(r->diags, WEIR_ERROR, &(struct weir__place){.file = r->file->path},
                       "the file is empty: a rule file begins with `tagweir: 1`");
    return r->broken || (top && top->kind == NODE_EMPTY) ? NULL : top;
}

/* false: out of memory. A function of its own, so that nothing of its frame is needed after a jump.
 */
static bool
read_or_jump(struct reading *r, jmp_buf *here, struct node **top)
{
    if (setjmp(*here) != 0)
        return false;
    if (!open_parser(r))
        return false;
    *top = read_all(r);
    return true;
}

struct node *
weir__yaml_read(struct arena *work, const struct source_file *file, weir_diags *diags)
{
    struct reading r = {.work = work, .file = file, .diags = diags};
    jmp_buf *outer = work->on_oom, here;
    struct node *top = NULL;

    if (file->text.len == 0)
        return read_all(&r); /* the library takes an empty string for none */
    work->on_oom = &here;
    bool done = read_or_jump(&r, &here, &top);
    work->on_oom = outer;
    close_parser(&r);
    if (!done)
        longjmp(*outer, 1);
    return top;
}
