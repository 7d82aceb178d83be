/*
 * Does a rule match a post: each entry of each selector is tried on each value, one by one.
 *
 * The one thing remembered is what a regex said of a string, so that thousands of them over
 * thousands of tags end in reasonable time.
 */
#include "oracle.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_LIMIT 10000 /* of one pattern on one key */
#define POST_LIMIT 16     /* patterns that may run out on a post before the rest is not tried */

bool use_jit;

struct regex {
    pcre2_code *code;
    uint8_t *known; /* by the subject's number: 0 not tried, else enum hit plus one */
    size_t nknown;
};

struct regex *
regex_compile(struct str text, bool extended)
{
    static struct regex **all; /* by the number of the pattern's text */
    static size_t nall;
    struct buf b = {0};
    struct regex *re;
    size_t number, at;
    int error;

    puts_buf(&b, extended ? "regex with x:" : "regex:");
    put(&b, text);
    number = intern(str_of_buf(&b));
    while (nall <= number)
        PUSH(FOREVER, all, nall, (struct regex *)NULL);
    if (all[number])
        return all[number];
    re = all[number] = give(FOREVER, sizeof *re);
    re->code = pcre2_compile((PCRE2_SPTR)text.p, text.n,
                             PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY |
                                 PCRE2_NEVER_BACKSLASH_C | (extended ? PCRE2_EXTENDED : 0),
                             &error, &at, NULL);
    if (!re->code)
        die("PCRE2 refuses (error %d at %zu): %.*s", error, at, (int)text.n, text.p);
    if (use_jit)
        pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
    return re;
}

static enum hit
regex_try(struct regex *re, struct str subject, size_t *ran_outs)
{
    static pcre2_match_context *context;
    static pcre2_match_data *data;
    size_t number = intern(subject);
    enum hit hit;

    if (*ran_outs >= POST_LIMIT)
        return RAN_OUT;
    if (!context) {
        context = pcre2_match_context_create(NULL);
        data = pcre2_match_data_create(1, NULL);
        pcre2_set_match_limit(context, MATCH_LIMIT);
    }
    if (number >= re->nknown) {
        uint8_t *grown = give(FOREVER, 2 * number + 64);
        if (re->nknown)
            memcpy(grown, re->known, re->nknown);
        re->known = grown;
        re->nknown = 2 * number + 64;
    }
    if (!re->known[number]) {
        int rc = pcre2_match(re->code, (PCRE2_SPTR)subject.p, subject.n, 0, 0, data, context);
        hit = rc >= 0 ? HIT
              : rc == PCRE2_ERROR_NOMATCH ||
                      (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
                  ? MISS
                  : RAN_OUT;
        re->known[number] = (uint8_t)(hit + 1);
    }
    hit = (enum hit)(re->known[number] - 1);
    *ran_outs += hit == RAN_OUT;
    return hit;
}

static bool
glob_try(const struct glob_piece *pieces, size_t n, struct str subject)
{
    size_t at = 0;

    if (n == 0)
        return subject.n == 0;
    switch (pieces[0].kind) {
    case RUN:
        return subject.n >= pieces[0].text.n &&
               str_eq((struct str){subject.p, pieces[0].text.n}, pieces[0].text) &&
               glob_try(pieces + 1, n - 1, str_skip(subject, pieces[0].text.n));
    case ANY_ONE:
        if (!subject.n)
            return false;
        next_cp(subject, &at);
        return glob_try(pieces + 1, n - 1, str_skip(subject, at));
    default:
        for (;;) {
            if (glob_try(pieces + 1, n - 1, str_skip(subject, at)))
                return true;
            if (at == subject.n)
                return false;
            next_cp(subject, &at);
        }
    }
}

static bool
lies_in(struct str domain, struct str other)
{
    if (!domain.n || !str_ends(domain, other))
        return false;
    return domain.n == other.n || domain.p[domain.n - other.n - 1] == '.';
}

static enum hit
account_try(const struct entry *e, const struct account *a, size_t *ran_outs)
{
    struct str handle = str_lower(LINE, a->handle), domain = NONE;
    struct str written = str_lower(LINE, uri_host(a->id)), host = host_looked_up(written);
    size_t behind = handle.n;

    while (behind > 0 && handle.p[behind - 1] != '@')
        behind--;
    if (behind > 0)
        domain = str_skip(handle, behind);
    else if (str_starts(a->id, "did:"))
        domain = handle;
    switch (e->kind) {
    case ID:
        return a->id.p && str_eq(a->id, e->text) ? HIT : MISS;
    case DOMAIN:
        return lies_in(domain, e->text) || lies_in(written, e->text) || lies_in(host, e->text)
                   ? HIT
                   : MISS;
    case LITERAL:
        return handle.n && str_eq(handle, e->text) ? HIT : MISS;
    case GLOB:
        if (!handle.n || (e->bare && str_find(handle, '@') < handle.n))
            return MISS;
        return glob_try(e->pieces, e->npieces, handle) ? HIT : MISS;
    default:
        return handle.n ? regex_try(e->regex, handle, ran_outs) : MISS;
    }
}

static enum hit
tag_try(const struct entry *e, enum fold fold, const struct tag *t, size_t *ran_outs)
{
    struct str literal = fold == FOLD_TURKIC       ? t->turkic
                         : fold == FOLD_CONFUSABLE ? t->skeleton
                                                   : t->key;
    struct str subject = fold == FOLD_TURKIC       ? t->turkic
                         : fold == FOLD_CONFUSABLE ? t->letters
                                                   : t->key;

    if (e->kind == LITERAL)
        return e->text.n && str_eq(literal, e->text) ? HIT : MISS;
    if (!subject.n)
        return MISS;
    if (e->kind == GLOB)
        return glob_try(e->pieces, e->npieces, subject) ? HIT : MISS;
    return regex_try(e->regex, subject, ran_outs);
}

static size_t
count_values(enum selector s, const struct post *p)
{
    switch (s) {
    case ACCOUNTS:
        return p->author.id.n || p->author.handle.n ? 1 : 0;
    case MENTIONS:
        return p->nmentions;
    case HASHTAGS:
        return p->ntags;
    case POSTS:
        return p->id.n ? 1 : 0;
    case LANGS:
        return p->nlangs;
    default:
        return p->source == QUERY ? 0 : 1;
    }
}

static enum hit
entry_try(const struct entry *e, enum selector s, enum fold fold, const struct post *p, size_t v,
          size_t *ran_outs)
{
    struct str lang;

    switch (s) {
    case ACCOUNTS:
        return account_try(e, &p->author, ran_outs);
    case MENTIONS:
        return account_try(e, &p->mentions[v], ran_outs);
    case HASHTAGS:
        return tag_try(e, fold, &p->tags[v], ran_outs);
    case POSTS:
        return str_eq(e->text, p->id) ? HIT : MISS;
    case LANGS:
        lang = primary_subtag(LINE, p->langs[v]);
        return !str_is(lang, "und") && lang.n && str_eq(e->text, lang) ? HIT : MISS;
    default:
        return str_is(e->text, source_names[p->source]) ? HIT : MISS;
    }
}

struct found {
    bool hit, would, ran_out;
    size_t value;
};

static struct found
find(const struct rule *r, const struct entries *es, enum selector s, const struct post *p,
     size_t *ran_outs)
{
    struct found f = {0};
    size_t n = count_values(s, p);

    for (size_t v = 0; v < n; v++)
        for (size_t i = 0; i < es->n; i++) {
            enum hit hit = entry_try(&es->items[i], s, r->fold, p, v, ran_outs);
            if (hit != MISS)
                f.would = true;
            if (hit == RAN_OUT) {
                f.ran_out = true;
                hit = r->limit_matches ? HIT : MISS;
            }
            if (hit == HIT && !f.hit) {
                f.hit = true;
                f.value = v;
            }
        }
    return f;
}

struct match
match_rule(const struct rule *r, const struct post *p, size_t *ran_outs)
{
    struct match m = {.matches = true, .would = true, .by = NSELECTORS};

    for (int s = 0; s < NSELECTORS; s++) {
        if (r->match[s].given) {
            struct found f = find(r, &r->match[s], (enum selector)s, p, ran_outs);
            m.matches &= f.hit;
            m.would &= f.would;
            m.ran_out |= f.ran_out;
            if (m.by == NSELECTORS) {
                m.by = (enum selector)s;
                m.value = f.value;
            }
        }
        if (r->except[s].given) {
            struct found f = find(r, &r->except[s], (enum selector)s, p, ran_outs);
            m.excepted |= f.hit;
            m.ran_out |= f.ran_out;
        }
    }
    return m;
}
