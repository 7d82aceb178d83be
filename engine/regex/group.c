/*
 * Groups of regexes, and all else that stands in parentheses: look-around, conditions, inline
 * flags, calls, verbs.
 */
#include "regex/parsing.h"

/* PCRE2 refuses more by itself. Each level adds at most four to the tree's depth. */
#define GROUPS_MOST (WEIR__DEPTH_MOST / 4u)

/* The rest of a group, up to and past its parenthesis. */
static struct weir__node *
group(struct weir__parser *p, struct weir__node_list *branches)
{
    struct weir__parser before = *p;

    if (++p->depth > GROUPS_MOST)
        return weir__parse_lost(p);
    struct weir__node *n = weir__parse_branches(p, branches);
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
    struct weir__node_list branches = {0};

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
    n = weir__node_over(p->in, WEIR__NODE_CAPTURE, n);
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

    return positive ? weir__node_over(p->in, WEIR__NODE_LOOK, n)
                    : weir__node_new(p->in, WEIR__NODE_EMPTY);
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
    struct weir__node_list branches = {0};

    p->exact = false;
    weir__node_append(&branches, weir__node_new(p->in, WEIR__NODE_EMPTY));
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

struct weir__node *
weir__parse_parenthesis(struct weir__parser *p)
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
