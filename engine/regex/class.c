/*
 * Classes of regexes: [a-z_], [^\W\d], [[:alpha:]é].
 *
 * Where a class ends is certain. What a doubtful part of it means is not asked: it makes the class
 * any character.
 */
#include "regex/parsing.h"

struct reader {
    struct weir__parser *p;
    struct weir__charset set;
    bool doubtful;  /* any character */
    bool has_first; /* the last thing read is a character, with which a range can begin */
    uint32_t first;
    bool in_range; /* and its - was read as well */
};

static void
add(struct reader *r, uint32_t lo, uint32_t hi)
{
    struct weir__parser *p = r->p;

    weir__charset_add(&r->set, p->in, (struct weir__range){lo, hi}, p->caseless, p->of);
}

static void
take_character(struct reader *r, uint32_t c)
{
    if (!r->in_range) {
        add(r, c, c);
        r->has_first = true;
        r->first = c;
        return;
    }
    if (c < r->first)
        r->doubtful = true;
    else
        add(r, r->first, c);
    r->has_first = r->in_range = false;
}

/* Something that is no character: it neither ends a range nor begins one, and PCRE2 refuses it
   beside a -. */
static void
take_set(struct reader *r)
{
    r->doubtful |= r->in_range;
    r->has_first = r->in_range = false;
}

/* [:name:], [:^name:]; `at` is behind its [. A [ that begins nothing is a character. */
static void
take_bracket(struct reader *r)
{
    struct weir__parser *p = r->p;
    char c = weir__parse_peek(p);

    if (c == '.' || c == '=' || c == ':') {
        p->at++;
        bool negated = weir__parse_accept(p, "^");
        size_t name = p->at;

        while (weir__parse_peek(p) >= 'a' && weir__parse_peek(p) <= 'z')
            p->at++;
        weir_span text = {p->s.p + name, p->at - name};
        if (c == ':' && weir__parse_accept(p, ":]")) {
            r->doubtful |= !weir__charset_add_posix(&r->set, text, negated);
            take_set(r);
            return;
        }
        (void)weir__parse_lost(p); /* would need PCRE2's rules for what is none */
        return;
    }
    take_character(r, '[');
}

static void
take_escape(struct reader *r)
{
    struct weir__escaped e;

    switch (weir__parse_escape(r->p, true, &e)) {
    case WEIR__ESCAPE_CHAR:
        take_character(r, e.c);
        return;
    case WEIR__ESCAPE_KIND:
        weir__charset_add_escape(&r->set, (char)e.c);
        break;
    case WEIR__ESCAPE_PROPERTY:
        weir__charset_add_property(&r->set, e.name, e.negated);
        break;
    case WEIR__ESCAPE_OTHER:
        if (e.c == 'Q') {
            r->p->quoting = true;
            return;
        }
        if (e.c == 'E')
            return;
        r->doubtful = true; /* octal numbers, and what PCRE2 refuses */
    }
    take_set(r);
}

static void
take_next(struct reader *r)
{
    struct weir__parser *p = r->p;

    if (p->quoting) {
        if (weir__parse_accept(p, "\\E"))
            p->quoting = false;
        else
            take_character(r, weir__parse_cp(p));
    } else if (weir__parse_accept(p, "\\")) {
        take_escape(r);
    } else if (weir__parse_accept(p, "[")) {
        take_bracket(r);
    } else if (weir__parse_peek(p) == '-' && r->has_first && !r->in_range) {
        p->at++;
        r->in_range = true;
    } else {
        take_character(r, weir__parse_cp(p));
    }
}

/* \E, \Q\E and a ^ in front of the first member. */
static bool
is_negated(struct weir__parser *p)
{
    bool negated = false;

    for (;;) {
        if (weir__parse_accept(p, "\\E") || weir__parse_accept(p, "\\Q\\E"))
            continue;
        if (negated || !weir__parse_accept(p, "^"))
            return negated;
        negated = true;
    }
}

struct weir__node *
weir__parse_class(struct weir__parser *p)
{
    struct reader r = {.p = p};

    if (weir__parse_accept(p, "[:<:]]") || weir__parse_accept(p, "[:>:]]")) {
        p->exact = false; /* where words begin and end */
        return weir__node_new(p->in, WEIR__NODE_EMPTY);
    }
    bool negated = is_negated(p);
    if (weir__parse_accept(p, "]"))
        take_character(&r, ']');
    while (!p->lost && (p->quoting || weir__parse_peek(p) != ']' || p->at >= p->s.len)) {
        if (p->at >= p->s.len)
            return weir__parse_lost(p);
        take_next(&r);
    }
    if (p->lost)
        return weir__parse_lost(p);
    p->at++;
    if (r.in_range) /* a - at the end is one */
        add(&r, '-', '-');
    if (negated)
        weir__charset_negate(&r.set);
    if (r.doubtful) {
        weir__charset_add_all(&r.set);
        p->exact = false;
    }
    return weir__parse_set(p, &r.set);
}
