/*
 * Blocks of lines, each scanned when its first is wanted, as long as fits into the processor's
 * nearest memory with its tokens.
 */
#include "post/ahead.h"

#include <string.h>

#define BLOCK ((size_t)16 * 1024)

void
weir__ahead_begin(struct weir__ahead *a, weir_span lines)
{
    *a = (struct weir__ahead){.left = lines};
}

void
weir__ahead_end(struct weir__ahead *a)
{
    *a = (struct weir__ahead){.left = SPAN_NONE};
}

void
weir__ahead_drop(struct weir__ahead *a)
{
    a->end = NULL;
}

static bool
holds(weir_span s, weir_span text)
{
    return s.p && text.p >= s.p && text.p + text.len <= s.p + s.len;
}

/* As many whole lines as a block may have, from the text's on. */
static size_t
measure(weir_span left)
{
    if (left.len <= BLOCK)
        return left.len;
    const char *nl = memrchr(left.p, '\n', BLOCK);
    return nl ? (size_t)(nl - left.p) + 1 : 0;
}

static bool
scan(struct weir__ahead *a, struct weir__scanner *s, weir_span text)
{
    if (!holds(a->left, text))
        return false;
    weir_span left = span_skip(a->left, (size_t)(text.p - a->left.p));
    size_t len = measure(left);
    if (len <= text.len + 1) { /* the newline */
        a->left = left;
        return false;
    }
    a->left = span_skip(left, len);
    a->end = left.p + len;
    if (weir__scanner_scan(s, left.p, len, &a->tokens) == WEIR__SCAN_OK) {
        a->tokens.escape_at = span_find((weir_span){left.p, len}, '\\');
        return true;
    }
    a->end = NULL;
    return false;
}

/* Behind the last backslash that is known, the next one is looked for: mostly there is none in the
   whole block. */
static void
find_escape(struct weir__ahead *a, size_t from)
{
    struct weir__tokens *t = &a->tokens;
    weir_span left = {t->block + from, (size_t)(a->end - t->block) - from};

    if (t->escape_at < from)
        t->escape_at = from + span_find(left, '\\');
}

bool
weir__ahead_find(struct weir__ahead *a, struct weir__scanner *s, weir_span text,
                 struct weir__tokens *out)
{
    struct weir__tokens *t = &a->tokens;

    if ((!a->end || text.p < t->block || text.p + text.len > a->end) && !scan(a, s, text))
        return false;
    size_t from = (size_t)(text.p - t->block), first = from;
    for (; t->n && t->at[0] < from; t->n--)
        t->at++;
    find_escape(a, from);
    *out = *t;
    /* behind a BOM, or the string of a line that nobody reads, it may begin inside a token */
    while (first < from + text.len && ascii_is_blank(t->block[first]))
        first++;
    return first < from + text.len && t->n && t->at[0] == first;
}

void
weir__ahead_pass(struct weir__ahead *a, uint32_t n)
{
    a->tokens.at += n;
    a->tokens.n -= n;
}
