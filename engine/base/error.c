/*
 * Diagnostics: collected as they are found, formatted for a person on request.
 */
#include "base/error.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct weir_diags {
    uint32_t magic;
    struct arena arena;
    weir_diag *items;
    size_t n, cap;
    size_t lost; /* errors for which there was no memory */
    size_t errors;
};

static const weir_diag no_memory = {
    .severity = WEIR_ERROR, .width = 1, .message = "out of memory while collecting messages"};

weir_diags *
weir_diags_new(void)
{
    weir_diags *d = calloc(1, sizeof *d);

    if (d) {
        d->magic = WEIR_DIAGS_MAGIC;
        arena_init(&d->arena, NULL);
    }
    return d;
}

void
weir_diags_free(weir_diags *d)
{
    if (!d)
        return;
    CHECK_OBJ(d, WEIR_DIAGS_MAGIC);
    arena_fini(&d->arena);
    free(d);
}

size_t
weir_diags_count(const weir_diags *d)
{
    return d->n + d->lost;
}

size_t
weir_diags_errors(const weir_diags *d)
{
    return d->errors;
}

const weir_diag *
weir_diags_at(const weir_diags *d, size_t i)
{
    CHECK(i < d->n + d->lost);
    return i < d->n ? &d->items[i] : &no_memory;
}

/* Its place; false: no memory. */
static bool
put_place(weir_diags *d, const struct weir__place *at, weir_diag *out)
{
    out->line = at->line;
    out->column = at->column;
    out->width = at->width ? at->width : 1;
    out->file = at->file ? arena_cstr(&d->arena, span_of(at->file)) : NULL;
    out->source = at->source.p ? arena_cstr(&d->arena, at->source) : NULL;
    return (out->file || !at->file) && (out->source || !at->source.p);
}

void
weir__diag_add(weir_diags *d, weir_severity s, const struct weir__place *at, const char *fmt, ...)
{
    va_list ap, again;

    CHECK_OBJ(d, WEIR_DIAGS_MAGIC);
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : arena_alloc(&d->arena, (size_t)n + 1);
    weir_diag told = {.severity = s, .width = 1, .message = text};
    bool whole = text && (!at || put_place(d, at, &told));
    weir_diag *item = whole ? ARENA_PUSH(&d->arena, d->items, d->n, d->cap) : NULL;
    d->errors += s == WEIR_ERROR;
    if (item) {
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
        *item = told;
    } else {
        d->lost++;
    }
    va_end(again);
}

static void
put_coloured(weir_buf *out, bool colour, const char *code, const char *text)
{
    if (colour)
        weir_buf_puts(out, code);
    weir_buf_puts(out, text);
    if (colour)
        weir_buf_puts(out, "\033[0m");
}

/* The caret under the right column: tabs of the line are kept, everything else becomes a space. */
static void
put_caret(const weir_diag *d, bool colour, weir_buf *out)
{
    weir_span s = span_of(d->source);
    uint32_t column = 1;

    weir_buf_puts(out, "    ");
    for (size_t i = 0; i < s.len && column < d->column; i++) {
        if (((unsigned char)s.p[i] & 0xC0) == 0x80)
            continue; /* a continuation byte belongs to the code point before it */
        weir_buf_putc(out, s.p[i] == '\t' ? '\t' : ' ');
        column++;
    }
    if (colour)
        weir_buf_puts(out, "\033[1;32m");
    weir_buf_putc(out, '^');
    for (uint32_t i = 1; i < d->width; i++)
        weir_buf_putc(out, '~');
    if (colour)
        weir_buf_puts(out, "\033[0m");
    weir_buf_putc(out, '\n');
}

void
weir_diag_format(const weir_diag *d, bool colour, weir_buf *out)
{
    static const struct {
        const char *text, *code;
    } words[] = {[WEIR_NOTE] = {"note", "\033[1;36m"},
                 [WEIR_WARNING] = {"warning", "\033[1;35m"},
                 [WEIR_ERROR] = {"error", "\033[1;31m"}};

    if (d->file) {
        weir_buf_puts(out, d->file);
        if (d->line)
            weir_buf_printf(out, ":%u", d->line);
        if (d->line && d->column)
            weir_buf_printf(out, ":%u", d->column);
        weir_buf_puts(out, ": ");
    }
    put_coloured(out, colour, words[d->severity].code, words[d->severity].text);
    weir_buf_puts(out, ": ");
    weir_buf_puts(out, d->message);
    weir_buf_putc(out, '\n');
    if (!d->source || !d->line)
        return;
    weir_buf_puts(out, "    ");
    weir_buf_puts(out, d->source);
    weir_buf_putc(out, '\n');
    if (d->column)
        put_caret(d, colour, out);
}
