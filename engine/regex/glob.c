/*
 * Globs: folded into a normal form once, then matched with one point to come back to.
 *
 * The normal form is a glob again: `*` and `?` are wildcards, a backslash makes what follows
 * literal. So a folded literal that became `*` (a full-width asterisk does) stays a literal.
 */
#include "regex/glob.h"

bool
weir__is_glob(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] == '*' || s.p[i] == '?' || s.p[i] == '\\')
            return true;
    return false;
}

static bool
is_special(char c)
{
    return c == '*' || c == '?' || c == '\\';
}

/* The run of literals gathered so far goes to `out`, folded and escaped. */
static void
flush(weir_buf *run, weir__fold_fn fold, weir_buf *folded, weir_buf *out)
{
    folded->len = 0;
    if (run->len) {
        if (fold)
            fold(span_of_buf(run), folded);
        else
            weir_buf_put(folded, span_of_buf(run));
    }
    for (size_t i = 0; i < folded->len; i++) {
        if (is_special(folded->p[i]))
            weir_buf_putc(out, '\\');
        weir_buf_putc(out, folded->p[i]);
    }
    run->len = 0;
}

bool
weir__glob_fold(weir_span glob, weir__fold_fn fold, weir_buf *out, size_t *bad)
{
    weir_buf run = {0}, folded = {0};
    bool ok = true;
    bool star = false; /* `out` ends in a `*` wildcard */

    for (size_t i = 0; i < glob.len && ok; i++) {
        char c = glob.p[i];
        if (c == '\\') {
            ok = i + 1 < glob.len && is_special(glob.p[i + 1]);
            *bad = i;
            if (ok)
                weir_buf_putc(&run, glob.p[++i]);
            continue;
        }
        if (!is_special(c)) {
            weir_buf_putc(&run, c);
            continue;
        }
        star = star && run.len == 0;
        flush(&run, fold, &folded, out);
        if (c == '*' && star)
            continue;
        weir_buf_putc(out, c);
        star = c == '*';
    }
    if (ok)
        flush(&run, fold, &folded, out);
    out->failed = out->failed || run.failed || folded.failed;
    weir_buf_fini(&run);
    weir_buf_fini(&folded);
    return ok;
}

/* Bytes of the code point at the front; malformed bytes stand for themselves. */
static size_t
code_point(weir_span s)
{
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

    return n < s.len ? n : s.len;
}

/* One step of the glob against the front of s: how much of each it took, or false. */
static bool
step(weir_span g, weir_span s, size_t *took_g, size_t *took_s)
{
    if (s.len == 0)
        return false;
    if (g.p[0] == '?') {
        *took_g = 1;
        *took_s = code_point(s);
        return true;
    }
    size_t escape = g.p[0] == '\\';
    *took_g = escape + 1;
    *took_s = 1;
    return g.p[escape] == s.p[0];
}

bool
weir__glob_match(weir_span g, weir_span s)
{
    weir_span back_g = SPAN_NONE, back_s = SPAN_NONE; /* behind the last `*`, and where it ends */

    for (;;) {
        size_t took_g, took_s;
        if (g.len && g.p[0] == '*') {
            g = back_g = span_skip(g, 1);
            back_s = s;
        } else if (g.len && step(g, s, &took_g, &took_s)) {
            g = span_skip(g, took_g);
            s = span_skip(s, took_s);
        } else if (!g.len && !s.len) {
            return true;
        } else if (back_g.p && back_s.len) {
            back_s = span_skip(back_s, code_point(back_s)); /* the `*` takes one more */
            g = back_g;
            s = back_s;
        } else {
            return false;
        }
    }
}
