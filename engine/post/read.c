/*
 * Accessors over a line's tree, and the faults they notice.
 */
#include "post/read.h"

#include <stdarg.h>
#include <stdio.h>

static bool
comes_first(const struct weir__fault *f, weir_read_error code, size_t at)
{
    return !f->is_set || code < f->code || (code == f->code && at < f->at);
}

void
weir__fault(struct weir__reading *r, weir_read_error code, size_t at, const char *fmt, ...)
{
    char text[256]; /* key names and fixed words: no input goes into a message */
    va_list ap;

    r->is_odd = true;
    if (!comes_first(&r->fault, code, at))
        return;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    r->fault = (struct weir__fault){true, code, at, arena_copy(r->arena, (weir_span){text, len}).p};
}

void
weir__fault_merge(struct weir__reading *r, const struct weir__fault *f)
{
    if (f->is_set && comes_first(&r->fault, f->code, f->at))
        r->fault = *f;
}

/* Most lines have one item. */
static inline weir_item *
next_item(struct weir__reading *r)
{
    if (r->cap == 0)
        ARENA_ROOM(r->arena, r->items, r->cap, 1);
    return ARENA_PUSH_UNSET(r->arena, r->items, r->nitems, r->cap);
}

void
weir__emit_post(struct weir__reading *r, const weir_post *post)
{
    weir_item *item = next_item(r);
    size_t size = r->size;

    r->size = 0;
    if (!r->fault.is_set) {
        *item = (weir_item){.kind = WEIR_ITEM_POST, .post = post, .size = size};
        return;
    }
    *item = (weir_item){.kind = WEIR_ITEM_ERROR,
                        .error = r->fault.code,
                        .offset = r->base + r->fault.at,
                        .detail = span_of(r->fault.detail)};
    if (post) {
        item->post_id = post->id;
        item->author = post->author;
    }
    r->fault.is_set = false;
}

void
weir__emit_skip(struct weir__reading *r, const char *what)
{
    if (r->fault.is_set) {
        weir__emit_post(r, NULL);
        return;
    }
    *next_item(r) = (weir_item){.kind = WEIR_ITEM_SKIP, .skip = what};
}

const char *
weir__found(const struct weir__json *v)
{
    static const char *const names[] = {
        [WEIR__NONE] = "nothing",   [WEIR__NULL] = "null",        [WEIR__FALSE] = "false",
        [WEIR__TRUE] = "true",      [WEIR__NUMBER] = "a number",  [WEIR__STRING] = "a string",
        [WEIR__ARRAY] = "an array", [WEIR__OBJECT] = "an object",
    };

    return names[v ? v->type : WEIR__NONE];
}

bool
weir__has(const struct weir__json *o, unsigned k)
{
    const struct weir__json *v = weir__json_get(o, k);

    return v && v->type != WEIR__NULL;
}

weir_span
weir__without_escapes(struct weir__reading *r, weir_span raw)
{
    char *out = arena_take(r->arena, raw.len);

    return (weir_span){out, weir__unescape(raw, out)};
}

void
weir__fault_twice(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    weir__fault(r, WEIR_READ_DUPLICATE_KEY, weir__json_get(o, k)->twice_at,
                "\"%s\" stands twice in one object: which one holds cannot be told",
                weir__key_name(o->shape, k));
}

void
weir__fault_type(struct weir__reading *r, const struct weir__json *o, unsigned k,
                 const struct weir__json *v, const char *must)
{
    weir__fault(r, WEIR_READ_BAD_TYPE, v->at, "\"%s\" must %s, found %s",
                weir__key_name(o->shape, k), must, weir__found(v));
}
