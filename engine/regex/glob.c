/*
 * Globs: folded while compiling, matched byte by byte with one point to come back to.
 *
 * Coming back to the last `*` alone is enough: what an earlier `*` could take more of, the last one
 * can take too. So a glob of n bytes costs at most n steps for each byte of the subject, whatever
 * its number of wildcards.
 */
#include "regex/glob.h"

#include <unicode/utf8.h>

bool
weir__is_glob(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] == '*' || s.p[i] == '?' || s.p[i] == '\\')
            return true;
    return false;
}

/* Folding ----------------------------------------------------------------------------------- */

struct folder {
    weir__fold_fn fold; /* NULL: as it is */
    weir_buf run;       /* the literal run so far, escapes taken away */
    weir_buf folded;
    bool after_star; /* the last thing written is a `*` */
};

/* Folding can make wildcards of what was none: a full-width asterisk becomes a plain one. */
static void
put_literal(struct folder *f, weir_span s, weir_buf *out)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '*' || s.p[i] == '?' || s.p[i] == '\\')
            weir_buf_putc(out, '\\');
        weir_buf_putc(out, s.p[i]);
        f->after_star = false;
    }
}

static void
end_run(struct folder *f, weir_buf *out)
{
    weir_span run = span_of_buf(&f->run);

    if (f->fold && run.len > 0) {
        f->folded.len = 0;
        f->fold(run, &f->folded);
        run = span_of_buf(&f->folded);
    }
    put_literal(f, run, out);
    f->run.len = 0;
}

static void
put_wildcard(struct folder *f, char c, weir_buf *out)
{
    end_run(f, out);
    if (c == '*' && f->after_star)
        return;
    weir_buf_putc(out, c);
    f->after_star = c == '*';
}

/* Past one character of the glob; false where it is no glob. */
static bool
fold_one(struct folder *f, weir_span glob, size_t *at, weir_buf *out)
{
    const uint8_t *p = (const uint8_t *)glob.p;
    size_t start = *at;
    UChar32 c;

    U8_NEXT(p, *at, glob.len, c);
    if (c == '*' || c == '?') {
        put_wildcard(f, (char)c, out);
        return true;
    }
    if (c == '\\') {
        char next = *at < glob.len ? glob.p[*at] : 'x';
        if (next != '*' && next != '?' && next != '\\')
            return false;
        weir_buf_putc(&f->run, next);
        (*at)++;
        return true;
    }
    weir_buf_put(&f->run, (weir_span){glob.p + start, *at - start});
    return c >= 0;
}

bool
weir__glob_fold(weir_span glob, weir__fold_fn fold, weir_buf *out, size_t *bad)
{
    struct folder f = {.fold = fold};
    size_t before = out->len, at = 0;
    bool good = true;

    while (good && at < glob.len) {
        size_t start = at;

        good = fold_one(&f, glob, &at, out);
        if (!good && bad)
            *bad = start;
    }
    if (good)
        end_run(&f, out);
    else
        out->len = before;
    out->failed |= f.run.failed || f.folded.failed;
    weir_buf_fini(&f.run);
    weir_buf_fini(&f.folded);
    return good;
}

/* Matching ---------------------------------------------------------------------------------- */

/* Past the code point at `at`. */
static size_t
past_one(weir_span s, size_t at)
{
    const uint8_t *p = (const uint8_t *)s.p;
    UChar32 c;

    U8_NEXT(p, at, s.len, c);
    (void)c;
    return at;
}

bool
weir__glob_match(weir_span folded, weir_span subject)
{
    size_t g = 0, s = 0;                      /* places in the glob and the subject */
    size_t after_star = SIZE_MAX, resume = 0; /* where both go on when the last `*` takes more */

    for (;;) {
        char c = g < folded.len ? folded.p[g] : '\0';

        if (g < folded.len && c == '*') {
            after_star = ++g;
            resume = s;
            if (g == folded.len)
                return true;
            continue;
        }
        if (g == folded.len && s == subject.len)
            return true;
        if (s < subject.len && g < folded.len) {
            if (c == '?') {
                g++;
                s = past_one(subject, s);
                continue;
            }
            size_t literal = c == '\\' && g + 1 < folded.len ? g + 1 : g;
            if (folded.p[literal] == subject.p[s]) {
                g = literal + 1;
                s++;
                continue;
            }
        }
        if (after_star == SIZE_MAX || resume >= subject.len)
            return false;
        resume = past_one(subject, resume);
        g = after_star;
        s = resume;
    }
}
