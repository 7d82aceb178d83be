/*
 * Reading regexes and globs into trees: characters, branches, quantifiers.
 *
 * Follows PCRE2's own reader (parse_regex), versions 10.42 and later. Where those differ, and where
 * this one does not know better, the pattern is lost: its tree is any string. Options are of the
 * place: an inline flag holds until its group ends, over the branches that follow too.
 */
#include "regex/parsing.h"

#include <unicode/utf8.h>

struct weir__node *
weir__node_new(struct arena *in, enum weir__node_kind kind)
{
    struct weir__node *n = arena_alloc(in, sizeof *n);

    n->kind = kind;
    return n;
}

struct weir__node *
weir__parse_lost(struct weir__parser *p)
{
    p->lost = true;
    p->at = p->s.len;
    return weir__node_new(p->in, WEIR__NODE_ANYTHING);
}

uint32_t
weir__parse_cp(struct weir__parser *p)
{
    const uint8_t *s = (const uint8_t *)p->s.p;
    UChar32 c = -1;

    if (p->at < p->s.len)
        U8_NEXT(s, p->at, p->s.len, c);
    if (c < 0) {
        (void)weir__parse_lost(p);
        return 0xFFFD;
    }
    return (uint32_t)c;
}

weir_span
weir__parse_until(struct weir__parser *p, char c)
{
    weir_span rest = weir__parse_rest(p);
    size_t n = span_find(rest, c);

    if (n == rest.len)
        (void)weir__parse_lost(p);
    else
        p->at += n + 1;
    return span_head(rest, n);
}

/* The only character of a set that has one. */
static uint32_t
only_one(const struct weir__charset *s)
{
    if (s->nbeyond)
        return s->beyond[0].lo;
    return s->ascii[0] ? (uint32_t)__builtin_ctzll(s->ascii[0])
                       : 64 + (uint32_t)__builtin_ctzll(s->ascii[1]);
}

struct weir__node *
weir__parse_set(struct weir__parser *p, struct weir__charset *set)
{
    weir__charset_finish(set);
    p->exact &= weir__charset_is_sure(set);
    size_t count = weir__charset_count(set);
    if (count == 0)
        return weir__node_new(p->in, WEIR__NODE_NEVER);
    struct weir__node *n = weir__node_new(p->in, count == 1 ? WEIR__NODE_CHAR : WEIR__NODE_SET);
    if (count == 1) {
        n->c = only_one(set);
    } else {
        n->set = arena_alloc(p->in, sizeof *set);
        *n->set = *set;
    }
    return n;
}

struct weir__node *
weir__parse_literal(struct weir__parser *p, uint32_t c)
{
    struct weir__charset set = {0};
    bool folded = p->of == WEIR__SUBJECTS_FOLDED;

    /* by far the most of them, so at once */
    if (c < 128 && p->caseless && (folded || !strchr("kKsS", (int)c))) {
        struct weir__node *n = weir__node_new(p->in, WEIR__NODE_CHAR);
        n->c = (uint8_t)ascii_lower((char)c);
        return n;
    }
    weir__charset_add(&set, p->in, (struct weir__range){c, c}, p->caseless, p->of);
    return weir__parse_set(p, &set);
}

/* Lists of nodes --------------------------------------------------------------------------- */

void
weir__node_append(struct weir__node_list *l, struct weir__node *n)
{
    if (l->n++ == 0)
        l->end = &l->first;
    *l->end = n;
    l->end = &n->next;
}

/* One node for all: none is the empty string, one is itself. */
static struct weir__node *
joined(struct arena *in, const struct weir__node_list *l, enum weir__node_kind kind)
{
    if (l->n == 1)
        return l->first;
    struct weir__node *n = weir__node_new(in, l->n ? kind : WEIR__NODE_EMPTY);
    n->first = l->first;
    return n;
}

struct weir__node *
weir__node_over(struct arena *in, enum weir__node_kind kind, struct weir__node *child)
{
    struct weir__node *n = weir__node_new(in, kind);

    n->first = child;
    return n;
}

/* What is no item -------------------------------------------------------------------------- */

/* White space that flag x drops, beyond ASCII's: NEL, LRM, RLM, LS, PS. */
static bool
accept_blank(struct weir__parser *p)
{
    char c = weir__parse_peek(p);

    if (p->at < p->s.len && (c == ' ' || (c >= '\t' && c <= '\r'))) {
        p->at++;
        return true;
    }
    return weir__parse_accept(p, "\xC2\x85") || weir__parse_accept(p, "\xE2\x80\x8E") ||
           weir__parse_accept(p, "\xE2\x80\x8F") || weir__parse_accept(p, "\xE2\x80\xA8") ||
           weir__parse_accept(p, "\xE2\x80\xA9");
}

/* From # to the end of the line. What ends a line is an option of PCRE2's build. */
static void
skip_comment(struct weir__parser *p)
{
    weir_span rest = weir__parse_rest(p);
    size_t n = span_find(rest, '\n');

    if (span_find(span_head(rest, n), '\r') < n)
        (void)weir__parse_lost(p);
    else
        p->at += n < rest.len ? n + 1 : n;
}

/* Past everything that may stand between an item and its quantifier. */
static void
skip_ignored(struct weir__parser *p)
{
    while (p->at < p->s.len) {
        if (p->quoting) {
            if (!weir__parse_accept(p, "\\E"))
                return;
            p->quoting = false;
        } else if (weir__parse_accept(p, "\\Q")) {
            p->quoting = true;
        } else if (weir__parse_accept(p, "(?#")) {
            (void)weir__parse_until(p, ')');
        } else if (p->extended && weir__parse_peek(p) == '#') {
            skip_comment(p);
        } else if (!weir__parse_accept(p, "\\E") && !(p->extended && accept_blank(p))) {
            return;
        }
    }
}

/* Quantifiers ------------------------------------------------------------------------------ */

static uint32_t
number(weir_span s, size_t *at)
{
    uint32_t n = 0;

    for (; *at < s.len && ascii_is_digit(s.p[*at]); (*at)++)
        n = n < 100000 ? n * 10 + (uint32_t)(s.p[*at] - '0') : n;
    return n;
}

/* {n}, {n,}, {n,m}; `at` is behind the brace. False: a brace that is a character. Versions differ
   on {,m} and on blanks. */
static bool
accept_counts(struct weir__parser *p, uint32_t *min, uint32_t *max)
{
    weir_span rest = weir__parse_rest(p);
    size_t end = span_find(rest, '}'), at = 0;

    if (end == rest.len || end == 0)
        return false;
    for (size_t i = 0; i < end; i++)
        if (!ascii_is_digit(rest.p[i]) && rest.p[i] != ',' && rest.p[i] != ' ' && rest.p[i] != '\t')
            return false;
    rest = span_head(rest, end);
    *min = *max = number(rest, &at);
    if (at > 0 && at < end && rest.p[at] == ',') {
        at++;
        *max = at == end ? WEIR__NO_MAX : number(rest, &at);
    }
    if (at == 0 || at != end || *max < *min)
        (void)weir__parse_lost(p);
    else
        p->at += end + 1;
    return true;
}

static bool
accept_quantifier(struct weir__parser *p, uint32_t *min, uint32_t *max)
{
    size_t start = p->at;

    *min = 0;
    *max = WEIR__NO_MAX;
    if (p->quoting)
        return false;
    if (weir__parse_accept(p, "*"))
        return true;
    if (weir__parse_accept(p, "+")) {
        *min = 1;
        return true;
    }
    if (weir__parse_accept(p, "?")) {
        *max = 1;
        return true;
    }
    if (weir__parse_accept(p, "{")) {
        if (accept_counts(p, min, max))
            return true;
        p->at = start;
    }
    return false;
}

static struct weir__node *
quantified(struct weir__parser *p, struct weir__node *item)
{
    uint32_t min, max;

    skip_ignored(p);
    if (!accept_quantifier(p, &min, &max))
        return item;
    skip_ignored(p);
    if (!p->quoting && weir__parse_accept(p, "+"))
        p->exact = false; /* possessive: it may take what the rest would need */
    else if (!p->quoting)
        (void)weir__parse_accept(p, "?");
    struct weir__node *n = weir__node_over(p->in, WEIR__NODE_REPEAT, item);
    n->min = min;
    n->max = max;
    return n;
}

/* Items and branches ----------------------------------------------------------------------- */

static struct weir__node *
dot(struct weir__parser *p)
{
    struct weir__charset set = {0};

    weir__charset_add_all(&set);
    p->exact = false; /* a newline is in doubt */
    return weir__parse_set(p, &set);
}

/* ^ or $. */
static struct weir__node *
anchor(struct weir__parser *p, enum weir__node_kind kind)
{
    if (!p->multiline)
        return weir__node_new(p->in, kind);
    p->exact = false;
    return weir__node_new(p->in, WEIR__NODE_EMPTY);
}

static struct weir__node *
item(struct weir__parser *p)
{
    uint32_t min, max;

    if (p->quoting)
        return weir__parse_literal(p, weir__parse_cp(p));
    if (accept_quantifier(p, &min, &max))
        return weir__parse_lost(p); /* of nothing */
    uint32_t c = weir__parse_cp(p);
    switch (c) {
    case '\\':
        return weir__parse_escape_node(p);
    case '[':
        return weir__parse_class(p);
    case '(':
        return weir__parse_parenthesis(p);
    case '.':
        return dot(p);
    case '^':
        return anchor(p, WEIR__NODE_BEGIN);
    case '$':
        return anchor(p, WEIR__NODE_END);
    default:
        return weir__parse_literal(p, c);
    }
}

static bool
at_branch_end(const struct weir__parser *p)
{
    char c = weir__parse_peek(p);

    return p->at >= p->s.len || (!p->quoting && (c == '|' || c == ')'));
}

static struct weir__node *
branch(struct weir__parser *p)
{
    struct weir__node_list items = {0};

    for (skip_ignored(p); !p->lost && !at_branch_end(p); skip_ignored(p))
        weir__node_append(&items, quantified(p, item(p)));
    return joined(p->in, &items, WEIR__NODE_CAT);
}

struct weir__node *
weir__parse_branches(struct weir__parser *p, struct weir__node_list *branches)
{
    do
        weir__node_append(branches, branch(p));
    while (!p->lost && weir__parse_accept(p, "|"));
    return joined(p->in, branches, WEIR__NODE_ALT);
}

void
weir__regex_parse(weir_span pattern, bool extended, enum weir__subjects of, struct arena *in,
                  struct weir__syntax *out)
{
    struct weir__parser p = {
        .s = pattern, .in = in, .of = of, .caseless = true, .extended = extended, .exact = true};
    struct weir__node_list branches = {0};

    if (!p.s.p)
        p.s.p = "";
    out->root = weir__parse_branches(&p, &branches);
    if (p.lost || p.at < p.s.len)
        out->root = weir__parse_lost(&p);
    out->exact = p.exact && !p.lost;
}

/* Globs ------------------------------------------------------------------------------------ */

static struct weir__node *
glob_item(struct weir__parser *p)
{
    uint32_t c = weir__parse_cp(p);

    if (c == '*')
        return weir__node_new(p->in, WEIR__NODE_ANYTHING);
    if (c == '?')
        return dot(p);
    if (c == '\\')
        c = weir__parse_cp(p);
    struct weir__node *n = weir__node_new(p->in, WEIR__NODE_CHAR);
    n->c = c;
    return n;
}

void
weir__glob_parse(weir_span glob, struct arena *in, struct weir__syntax *out)
{
    struct weir__parser p = {.s = glob, .in = in, .exact = true};
    struct weir__node_list items = {0};

    weir__node_append(&items, weir__node_new(in, WEIR__NODE_BEGIN));
    while (p.at < p.s.len)
        weir__node_append(&items, glob_item(&p));
    weir__node_append(&items, weir__node_new(in, WEIR__NODE_END));
    out->root = p.lost ? weir__parse_lost(&p) : joined(in, &items, WEIR__NODE_CAT);
    out->exact = !p.lost && p.exact;
}
