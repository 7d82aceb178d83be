/*
 * Handles of accounts that posts name by an id alone, a DID or an actor's URI: a CSV of did,handle
 * (RFC 4180), read once, asked for each post.
 *
 * The table is flat and never changes; its seed is made from the file's content, so that nobody
 * who can add accounts to the file can aim collisions.
 */
#include <tagweir/post.h>

#include "base/error.h"
#include "post/read.h"
#include "text/fold.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct handle {
    weir_span did, handle;
    uint32_t line;
};

struct weir_handles {
    struct arena arena; /* owns the strings that have quotes; the rest lies in `text` */
    char *text;
    struct handle *slots; /* open addressing, a power of two, at most half full */
    size_t mask, n;
    uint64_t seed;
};

/* The file while it is read. */
struct csv {
    weir_span text;
    size_t at, line_start;
    uint32_t line; /* of the record being read, from 1 */
    uint32_t next_line;
    const char *file;
    weir_diags *diags;
    weir_handles *into;
};

/* ---- the table ---- */

static struct handle *
find_slot(const weir_handles *h, weir_span did)
{
    size_t i = XXH3_64bits_withSeed(did.p, did.len, h->seed) & h->mask;

    while (h->slots[i].did.p && !span_eq(h->slots[i].did, did))
        i = (i + 1) & h->mask;
    return &h->slots[i];
}

weir_span
weir__handles_find(const weir_handles *h, weir_span did)
{
    return h ? find_slot(h, did)->handle : SPAN_NONE;
}

static bool
grow(weir_handles *h)
{
    struct handle *old = h->slots;
    size_t n = old ? h->mask + 1 : 0, more = old ? n * 2 : 64;

    h->slots = calloc(more, sizeof *h->slots);
    if (!h->slots) {
        h->slots = old;
        return false;
    }
    h->mask = more - 1;
    for (size_t i = 0; i < n; i++)
        if (old[i].did.p)
            *find_slot(h, old[i].did) = old[i];
    free(old);
    return true;
}

/* ---- messages ---- */

static void
complain(struct csv *c, const char *what)
{
    weir_span source = span_skip(c->text, c->line_start);

    source = span_head(source, span_find(source, '\n'));
    while (source.len && source.p[source.len - 1] == '\r')
        source.len--;
    struct weir__place at = {c->file, c->line, 1, 1, source};
    weir__diag_add(c->diags, WEIR_ERROR, &at, "%s", what);
}

/* ---- RFC 4180 ---- */

/* A quoted field; `at` stands on its opening quote and moves behind the closing one. */
static bool
quoted_field(struct csv *c, weir_span *out)
{
    const char *p = c->text.p;
    size_t from = ++c->at, n = 0;

    for (;; c->at++) {
        c->at += span_find(span_skip(c->text, c->at), '"');
        if (c->at >= c->text.len)
            return false;
        if (c->at + 1 == c->text.len || p[c->at + 1] != '"')
            break;
        c->at++;
    }
    char *copy = arena_alloc(&c->into->arena, c->at - from);
    if (!copy)
        return false;
    for (size_t i = from; i < c->at; i++) {
        copy[n++] = p[i];
        c->next_line += p[i] == '\n';
        i += p[i] == '"'; /* the second of a doubled one */
    }
    c->at++;
    *out = (weir_span){copy, n};
    return true;
}

static bool
at_end_of_field(const struct csv *c)
{
    char here = c->at < c->text.len ? c->text.p[c->at] : '\n';

    return here == ',' || here == '\n';
}

/* One field; what is wrong with it goes to *wrong. */
static weir_span
field(struct csv *c, const char **wrong)
{
    weir_span f = SPAN_NONE;

    if (c->at < c->text.len && c->text.p[c->at] == '"') {
        if (!quoted_field(c, &f)) {
            *wrong = "a quoted field is never closed";
            c->at = c->text.len;
            return f;
        }
        if (c->at < c->text.len && c->text.p[c->at] == '\r')
            c->at++;
        if (!at_end_of_field(c))
            *wrong = "after a quoted field a comma or the line's end must follow";
        return f;
    }
    f = (weir_span){c->text.p + c->at, 0};
    while (!at_end_of_field(c)) {
        c->at++;
        f.len++;
    }
    return weir__span_trim(f);
}

/* The fields of the record that begins at `at`, of which it has room for two; all are counted. */
static size_t
record(struct csv *c, weir_span fields[2], const char **wrong)
{
    size_t n = 0;

    c->line_start = c->at;
    c->line = c->next_line;
    for (;;) {
        weir_span f = field(c, wrong);
        if (n < 2)
            fields[n] = f;
        n++;
        if (*wrong || c->at == c->text.len || c->text.p[c->at] != ',')
            break;
        c->at++;
    }
    c->at += span_find(span_skip(c->text, c->at), '\n');
    if (c->at < c->text.len)
        c->at++;
    c->next_line++;
    return n;
}

/* ---- records ---- */

static weir_status
add(struct csv *c, weir_span did, weir_span handle)
{
    weir_handles *h = c->into;

    if (h->n * 2 >= h->mask + 1 && !grow(h))
        return WEIR_E_NOMEM;
    struct handle *slot = find_slot(h, did);
    if (slot->did.p && !weir__span_eq_nocase(slot->handle, handle)) {
        char what[160];
        snprintf(what, sizeof what,
                 "this account has another handle in line %u: an account has one", slot->line);
        complain(c, what);
    }
    if (!slot->did.p) {
        *slot = (struct handle){did, handle, c->line};
        h->n++;
    }
    return WEIR_OK;
}

static weir_status
take_record(struct csv *c)
{
    weir_span fields[2] = {SPAN_NONE, SPAN_NONE};
    const char *wrong = NULL;
    size_t n = record(c, fields, &wrong);

    if (n == 1 && fields[0].len == 0 && !wrong)
        return WEIR_OK; /* a blank line */
    if (c->line == 1 && n == 2 && span_is(fields[0], "did") && span_is(fields[1], "handle"))
        return WEIR_OK; /* the header */
    weir_span handle = weir__bare_handle(fields[1]);
    if (!wrong && n != 2)
        wrong = "a line has two fields, did,handle";
    if (!wrong && !span_starts(fields[0], "did:") && !span_starts(fields[0], "https://") &&
        !span_starts(fields[0], "http://"))
        wrong = "the first field must be a DID (did:plc:…, did:web:…) or an actor's address "
                "(https://…)";
    if (!wrong && !handle.len)
        wrong = "the second field must be the account's handle";
    if (!wrong)
        return add(c, fields[0], handle);
    complain(c, wrong);
    return WEIR_OK;
}

/* Is it UTF-8? If not, complains about the line that is not. */
static bool
check_utf8(struct csv *c)
{
    size_t bad;

    if (weir__is_utf8(c->text, &bad))
        return true;
    c->line = 1;
    for (size_t i = 0; i < bad; i++)
        if (c->text.p[i] == '\n') {
            c->line++;
            c->line_start = i + 1;
        }
    complain(c, "the file is not UTF-8");
    return false;
}

weir_status
weir_handles_parse(weir_span text, const char *file, weir_diags *diags, weir_handles **out)
{
    weir_handles *h = calloc(1, sizeof *h);
    size_t errors = weir_diags_errors(diags);
    weir_status st = WEIR_E_NOMEM;

    *out = NULL;
    if (!h || !grow(h) || !(h->text = malloc(text.len + 1)))
        goto out;
    if (text.len)
        memcpy(h->text, text.p, text.len);
    arena_init(&h->arena, NULL);
    h->seed = XXH3_64bits(h->text, text.len);
    struct csv c = {.text = span_without_bom((weir_span){h->text, text.len}),
                    .next_line = 1,
                    .file = file,
                    .diags = diags,
                    .into = h};
    st = WEIR_OK;
    if (check_utf8(&c))
        while (st == WEIR_OK && c.at < c.text.len)
            st = take_record(&c);
    if (st == WEIR_OK && weir_diags_errors(diags) > errors)
        st = WEIR_E_RULES;
out:
    if (st == WEIR_OK)
        *out = h;
    else
        weir_handles_free(h);
    return st;
}

void
weir_handles_free(weir_handles *h)
{
    if (!h)
        return;
    arena_fini(&h->arena);
    free(h->slots);
    free(h->text);
    free(h);
}
