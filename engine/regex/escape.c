/*
 * Escapes of regexes.
 *
 * PCRE2's versions read some of them differently, or refuse them: those lose the pattern, which
 * then may match anything.
 */
#include "regex/parsing.h"

static int
digit_of(char c, uint32_t base)
{
    int d = ascii_is_digit(c)                                ? c - '0'
            : ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f' ? ascii_lower(c) - 'a' + 10
                                                             : 16;
    return d < (int)base ? d : -1;
}

/* Up to `most` digits. */
static uint32_t
digits(struct weir__parser *p, uint32_t base, size_t most)
{
    uint32_t c = 0;
    int d;

    for (size_t n = 0; n < most && p->at < p->s.len; n++, p->at++) {
        if ((d = digit_of(weir__parse_peek(p), base)) < 0)
            break;
        c = c * base + (uint32_t)d;
        if (c > 0x10FFFF)
            (void)weir__parse_lost(p);
    }
    return c;
}

/* {digits}, and nothing else between the braces. */
static uint32_t
braced(struct weir__parser *p, uint32_t base)
{
    uint32_t c;

    if (!weir__parse_accept(p, "{") || digit_of(weir__parse_peek(p), base) < 0) {
        (void)weir__parse_lost(p);
        return 0;
    }
    c = digits(p, base, SIZE_MAX);
    if (!weir__parse_accept(p, "}"))
        (void)weir__parse_lost(p);
    return c;
}

static uint32_t
control(struct weir__parser *p)
{
    char c = weir__parse_peek(p);

    if (c < ' ' || c > '~')
        (void)weir__parse_lost(p);
    else
        p->at++;
    return (uint32_t)(uint8_t)ascii_upper(c) ^ 0x40u;
}

static enum weir__escape
property(struct weir__parser *p, bool negated, struct weir__escaped *out)
{
    if (weir__parse_accept(p, "{")) {
        if (weir__parse_accept(p, "^"))
            negated = !negated;
        out->name = weir__parse_until(p, '}');
    } else if (p->at < p->s.len) {
        out->name = (weir_span){p->s.p + p->at, 1};
        p->at++;
    } else {
        (void)weir__parse_lost(p);
    }
    out->negated = negated;
    return WEIR__ESCAPE_PROPERTY;
}

static enum weir__escape
character(struct weir__escaped *out, uint32_t c)
{
    out->c = c;
    return WEIR__ESCAPE_CHAR;
}

enum weir__escape
weir__parse_escape(struct weir__parser *p, bool in_class, struct weir__escaped *out)
{
    uint32_t c = weir__parse_cp(p);

    *out = (struct weir__escaped){.c = c};
    switch (c) {
    case 'a':
        return character(out, 7);
    case 'e':
        return character(out, 27);
    case 'f':
        return character(out, 12);
    case 'n':
        return character(out, 10);
    case 'r':
        return character(out, 13);
    case 't':
        return character(out, 9);
    case 'c':
        return character(out, control(p));
    case 'o':
        return character(out, braced(p, 8));
    case 'x':
        return character(out, weir__parse_peek(p) == '{' ? braced(p, 16) : digits(p, 16, 2));
    case '0':
        return character(out, digits(p, 8, 2));
    case 'p':
    case 'P':
        return property(p, c == 'P', out);
    case 'b':
        return in_class ? character(out, 8) : WEIR__ESCAPE_OTHER;
    default:
        if (c < 128 && c != 0 && strchr("dDwWsShHvV", (int)c))
            return WEIR__ESCAPE_KIND;
        if (c < 128 && (ascii_is_digit((char)c) ||
                        (ascii_lower((char)c) >= 'a' && ascii_lower((char)c) <= 'z')))
            return WEIR__ESCAPE_OTHER;
        return WEIR__ESCAPE_CHAR;
    }
}

static struct weir__node *
backref(struct weir__parser *p, uint32_t group)
{
    struct weir__node *n = weir__node_new(p->in, WEIR__NODE_BACKREF);

    p->exact = false;
    n->c = group;
    return n;
}

/* A name or number in < >, ' ' or { }. A call of a group (\g<1>) is anything. */
static struct weir__node *
reference(struct weir__parser *p)
{
    weir_span what = SPAN_NONE;

    if (weir__parse_accept(p, "<"))
        (void)weir__parse_until(p, '>');
    else if (weir__parse_accept(p, "'"))
        (void)weir__parse_until(p, '\'');
    else if (weir__parse_accept(p, "{"))
        what = weir__parse_until(p, '}');
    else
        return weir__parse_lost(p); /* \g1 and \g-1: who writes that? */
    if (what.len == 1 && ascii_is_digit(what.p[0]))
        return backref(p, (uint32_t)(what.p[0] - '0'));
    p->exact = false;
    return weir__node_new(p->in, WEIR__NODE_ANYTHING);
}

/* \1 to \9. Of two digits it would turn on the number of groups which it is: a reference or an
   octal number. */
static struct weir__node *
numbered(struct weir__parser *p, uint32_t digit)
{
    if (ascii_is_digit(weir__parse_peek(p)))
        return weir__parse_lost(p);
    return backref(p, digit - '0');
}

static struct weir__node *
any_character(struct weir__parser *p)
{
    struct weir__charset set = {0};

    weir__charset_add_all(&set);
    p->exact = false;
    return weir__parse_set(p, &set);
}

/* \R and \X: a character, or several. */
static struct weir__node *
some_characters(struct weir__parser *p)
{
    struct weir__node *repeat = weir__node_new(p->in, WEIR__NODE_REPEAT);

    repeat->min = 1;
    repeat->max = WEIR__NO_MAX;
    repeat->first = any_character(p);
    return repeat;
}

static struct weir__node *
other(struct weir__parser *p, uint32_t letter)
{
    switch (letter) {
    case 'A':
    case 'G': /* where matching began, which is the beginning */
        return weir__node_new(p->in, WEIR__NODE_BEGIN);
    case 'z':
        return weir__node_new(p->in, WEIR__NODE_END);
    case 'b':
    case 'B':
    case 'K':
    case 'Z': /* also before a newline at the end */
        p->exact = false;
        return weir__node_new(p->in, WEIR__NODE_EMPTY);
    case 'N':
        return weir__parse_peek(p) == '{' ? weir__parse_lost(p) : any_character(p);
    case 'R':
    case 'X':
        return some_characters(p);
    case 'g':
    case 'k':
        return reference(p);
    default:
        return letter >= '1' && letter <= '9' ? numbered(p, letter) : weir__parse_lost(p);
    }
}

struct weir__node *
weir__parse_escape_node(struct weir__parser *p)
{
    struct weir__charset set = {0};
    struct weir__escaped e;

    switch (weir__parse_escape(p, false, &e)) {
    case WEIR__ESCAPE_CHAR:
        return weir__parse_literal(p, e.c);
    case WEIR__ESCAPE_KIND:
        weir__charset_add_escape(&set, (char)e.c);
        return weir__parse_set(p, &set);
    case WEIR__ESCAPE_PROPERTY:
        weir__charset_add_property(&set, e.name, e.negated);
        return weir__parse_set(p, &set);
    case WEIR__ESCAPE_OTHER:
        break;
    }
    return other(p, e.c);
}
