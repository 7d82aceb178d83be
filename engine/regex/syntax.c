/*
 * Reading regexes and globs into trees: branches, groups, quantifiers.
 *
 * Follows PCRE2's own reader (parse_regex), versions 10.42 and later. Where those differ, and where
 * this one does not know better, the pattern is lost: its tree is any string. Options are of the
 * place: an inline flag holds until its group ends, over the branches that follow too.
 */
#include "regex/parsing.h"

#include <unicode/utf8.h>

/* PCRE2 refuses more by itself. Each level adds at most four to the tree's depth. */
#define GROUPS_MOST (WEIR__DEPTH_MOST / 4u)

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

/* Lists of nodes --------------------------------------------------------------------------------
 */

struct list {
    struct weir__node *first, **end;
    size_t n;
};

static void
append(struct list *l, struct weir__node *n)
{
    if (l->n++ == 0)
        l->end = &l->first;
    *l->end = n;
    l->end = &n->next;
}

/* One node for all: none is the empty string, one is itself. */
static struct weir__node *
joined(struct arena *in, const struct list *l, enum weir__node_kind kind)
{
    if (l->n == 1)
        return l->first;
    struct weir__node *n = weir__node_new(in, l->n ? kind : WEIR__NODE_EMPTY);
    n->first = l->first;
    return n;
}

static struct weir__node *
over(struct arena *in, enum weir__node_kind kind, struct weir__node *child)
{
    struct weir__node *n = weir__node_new(in, kind);

    n->first = child;
    return n;
}

/* What is no item ---------------------------------------------------------------------------------
 */

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

/* Quantifiers -------------------------------------------------------------------------------------
 */

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
    struct weir__node *n = over(p->in, WEIR__NODE_REPEAT, item);
    n->min = min;
    n->max = max;
    return n;
}

/* Groups
 * -------------------------------------------------------------------------------------------- */

static struct weir__node *parse_branches(struct weir__parser *p, struct list *branches);

/* The rest of a group, up to and past its parenthesis. */
static struct weir__node *
group(struct weir__parser *p, struct list *branches)
{
    struct weir__parser before = *p;

    if (++p->depth > GROUPS_MOST)
        return weir__parse_lost(p);
    struct weir__node *n = parse_branches(p, branches);
    if (p->lost || !weir__parse_accept(p, ")"))
        return weir__parse_lost(p);
    p->depth = before.depth;
    p->caseless = before.caseless;
    p->extended = before.extended;
    p->multiline = before.multiline;
    return n;
}

static struct weir__node *
plain_group(struct weir__parser *p)
{
    struct list branches = {0};

    return group(p, &branches);
}

/* A group that is numbered. Only of one character is it of use to know what it has matched. */
static struct weir__node *
capture(struct weir__parser *p)
{
    uint32_t number = ++p->ngroups;
    bool numbered = !p->unnumbered;
    struct weir__node *n = plain_group(p);

    if (!numbered || (n->kind != WEIR__NODE_CHAR && n->kind != WEIR__NODE_SET))
        return n;
    n = over(p->in, WEIR__NODE_CAPTURE, n);
    n->c = number;
    return n;
}

static struct weir__node *
inexact_group(struct weir__parser *p)
{
    p->exact = false;
    return plain_group(p);
}

static struct weir__node *
look(struct weir__parser *p, bool positive)
{
    struct weir__node *n = inexact_group(p);

    return positive ? over(p->in, WEIR__NODE_LOOK, n) : weir__node_new(p->in, WEIR__NODE_EMPTY);
}

static struct weir__node *
anything(struct weir__parser *p)
{
    p->exact = false;
    return weir__node_new(p->in, WEIR__NODE_ANYTHING);
}

/* (?(condition)yes|no): either, whatever the condition. Also (?(DEFINE)...), which is neither. */
static struct weir__node *
conditional(struct weir__parser *p)
{
    struct list branches = {0};

    p->exact = false;
    append(&branches, weir__node_new(p->in, WEIR__NODE_EMPTY));
    if (weir__parse_accept(p, "?=") || weir__parse_accept(p, "?!") ||
        weir__parse_accept(p, "?<=") || weir__parse_accept(p, "?<!"))
        (void)plain_group(p);
    else if (weir__parse_peek(p) == '?' || weir__parse_peek(p) == '*')
        return weir__parse_lost(p);
    else
        (void)weir__parse_until(p, ')');
    return p->lost ? weir__parse_lost(p) : group(p, &branches);
}

static void
set_flag(struct weir__parser *p, char flag, bool on)
{
    switch (flag) {
    case 'i':
        p->caseless = on;
        break;
    case 'm':
        p->multiline = on;
        break;
    case 'x':
        if (weir__parse_peek(p) == 'x')
            (void)weir__parse_lost(p); /* another flag, for blanks in classes */
        p->extended = on;
        break;
    case 'n': /* plain groups do not count */
        p->unnumbered = true;
        break;
    case 's': /* whether a dot is a newline too, whether names may repeat, how greedy */
    case 'J':
    case 'U':
        break;
    default:
        (void)weir__parse_lost(p);
    }
}

/* (?i), (?i-x:...), (?^i:...); `at` is behind the question mark. */
static struct weir__node *
flags(struct weir__parser *p)
{
    struct weir__parser before = *p;
    bool on = true;

    if (weir__parse_accept(p, "^"))
        p->caseless = p->multiline = p->extended = false;
    while (!p->lost && weir__parse_peek(p) != ':' && weir__parse_peek(p) != ')') {
        char c = weir__parse_peek(p);

        if (p->at >= p->s.len)
            return weir__parse_lost(p);
        p->at++;
        if (c == '-' && on)
            on = false;
        else
            set_flag(p, c, on);
    }
    if (p->lost || weir__parse_accept(p, ")"))
        return weir__node_new(p->in, WEIR__NODE_EMPTY);
    p->at++;
    struct weir__node *n = plain_group(p);
    p->caseless = before.caseless;
    p->multiline = before.multiline;
    p->extended = before.extended;
    return n;
}

/* (?P<name>...), (?P>name), (?P=name); `at` is behind the P. */
static struct weir__node *
python(struct weir__parser *p)
{
    if (weir__parse_accept(p, "<")) {
        (void)weir__parse_until(p, '>');
        return capture(p);
    }
    (void)weir__parse_until(p, ')');
    return anything(p);
}

/* (?C), (?C1): nobody is called. */
static struct weir__node *
callout(struct weir__parser *p)
{
    while (ascii_is_digit(weir__parse_peek(p)))
        p->at++;
    if (!weir__parse_accept(p, ")"))
        return weir__parse_lost(p);
    return weir__node_new(p->in, WEIR__NODE_EMPTY);
}

/* (?R), (?1), (?+1), (?-1), (?&name): a group's text again, which is not looked up. */
static bool
is_call(const struct weir__parser *p)
{
    weir_span rest = weir__parse_rest(p);
    char c = rest.len ? rest.p[0] : '\0', next = rest.len > 1 ? rest.p[1] : '\0';

    return c == 'R' || c == '&' || ascii_is_digit(c) ||
           ((c == '+' || c == '-') && ascii_is_digit(next));
}

static struct weir__node *
call(struct weir__parser *p)
{
    weir_span what = weir__parse_until(p, ')');

    return span_find(what, '(') < what.len ? weir__parse_lost(p) : anything(p);
}

/* (*SKIP) and its like only take matches away; (*ACCEPT) ends one before its end. Others stand for
   groups, or for options of the whole pattern. */
static struct weir__node *
verb(struct weir__parser *p)
{
    static const char *const known[] = {"F", "FAIL", "COMMIT", "PRUNE", "SKIP", "THEN", "MARK", ""};
    weir_span text = weir__parse_until(p, ')');
    weir_span name = span_head(text, span_find(text, ':'));

    p->exact = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_is(name, known[i]))
            return weir__node_new(p->in, WEIR__NODE_EMPTY);
    return weir__parse_lost(p);
}

/* `at` is behind the parenthesis. */
static struct weir__node *
parenthesis(struct weir__parser *p)
{
    if (weir__parse_accept(p, "*"))
        return verb(p);
    if (!weir__parse_accept(p, "?"))
        return capture(p);
    if (weir__parse_accept(p, "|")) {
        p->unnumbered = true; /* each branch counts from the same number on */
        return plain_group(p);
    }
    if (weir__parse_accept(p, ":"))
        return plain_group(p);
    if (weir__parse_accept(p, ">"))
        return inexact_group(p);
    if (weir__parse_accept(p, "=") || weir__parse_accept(p, "*") || weir__parse_accept(p, "<=") ||
        weir__parse_accept(p, "<*"))
        return look(p, true);
    if (weir__parse_accept(p, "!") || weir__parse_accept(p, "<!"))
        return look(p, false);
    if (weir__parse_accept(p, "<") || weir__parse_accept(p, "'")) {
        (void)weir__parse_until(p, p->s.p[p->at - 1] == '<' ? '>' : '\'');
        return capture(p);
    }
    if (weir__parse_accept(p, "("))
        return conditional(p);
    if (weir__parse_accept(p, "P"))
        return python(p);
    if (weir__parse_accept(p, "C"))
        return callout(p);
    return is_call(p) ? call(p) : flags(p);
}

/* Items and branches ----------------------------------------------------------------------------
 */

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
        return parenthesis(p);
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
    struct list items = {0};

    for (skip_ignored(p); !p->lost && !at_branch_end(p); skip_ignored(p))
        append(&items, quantified(p, item(p)));
    return joined(p->in, &items, WEIR__NODE_CAT);
}

static struct weir__node *
parse_branches(struct weir__parser *p, struct list *branches)
{
    do
        append(branches, branch(p));
    while (!p->lost && weir__parse_accept(p, "|"));
    return joined(p->in, branches, WEIR__NODE_ALT);
}

void
weir__regex_parse(weir_span pattern, bool extended, enum weir__subjects of, struct arena *in,
                  struct weir__syntax *out)
{
    struct weir__parser p = {
        .s = pattern, .in = in, .of = of, .caseless = true, .extended = extended, .exact = true};
    struct list branches = {0};

    if (!p.s.p)
        p.s.p = "";
    out->root = parse_branches(&p, &branches);
    if (p.lost || p.at < p.s.len)
        out->root = weir__parse_lost(&p);
    out->exact = p.exact && !p.lost;
}

/* Globs -----------------------------------------------------------------------------------------
 */

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
    struct list items = {0};

    append(&items, weir__node_new(in, WEIR__NODE_BEGIN));
    while (p.at < p.s.len)
        append(&items, glob_item(&p));
    append(&items, weir__node_new(in, WEIR__NODE_END));
    out->root = p.lost ? weir__parse_lost(&p) : joined(in, &items, WEIR__NODE_CAT);
    out->exact = !p.lost && p.exact;
}
