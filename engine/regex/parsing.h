/*
 * Reading regexes: what the files of the parser share. For syntax.c, group.c, escape.c and
 * class.c alone.
 */
#ifndef WEIR_REGEX_PARSING_H
#define WEIR_REGEX_PARSING_H

#include "regex/syntax.h"

struct weir__parser {
    weir_span s;
    size_t at;
    struct arena *in;
    enum weir__subjects of;
    bool caseless, extended, multiline; /* as inline flags have set them */
    bool quoting;                       /* between \Q and \E */
    bool exact;
    bool lost; /* not understood: the whole pattern is any string; at is the end then */
    unsigned depth;
    uint32_t ngroups; /* so far */
    bool unnumbered;  /* how groups are numbered from here on is not known */
};

/* Give up: the pattern may match anything. Returns a node, for callers to hand on. */
struct weir__node *weir__parse_lost(struct weir__parser *p);
struct weir__node *weir__node_new(struct arena *in, enum weir__node_kind kind);
struct weir__node *weir__node_over(struct arena *in, enum weir__node_kind kind,
                                   struct weir__node *child);

/* Zero-initialised: empty. */
struct weir__node_list {
    struct weir__node *first, **end;
    size_t n;
};
void weir__node_append(struct weir__node_list *l, struct weir__node *n);

/* The code point at `at`, which moves past it. Malformed UTF-8, and the end, lose. */
uint32_t weir__parse_cp(struct weir__parser *p);
/* A literal, under the flags of the place. */
struct weir__node *weir__parse_literal(struct weir__parser *p, uint32_t c);
/* A set of characters that is complete. */
struct weir__node *weir__parse_set(struct weir__parser *p, struct weir__charset *set);

/* What a \ stands for; `at` is behind the \. Also used inside classes. */
enum weir__escape {
    WEIR__ESCAPE_CHAR,     /* *c */
    WEIR__ESCAPE_KIND,     /* one of d w s h v and capitals: *c */
    WEIR__ESCAPE_PROPERTY, /* *name, *negated */
    WEIR__ESCAPE_OTHER,    /* the letter itself, *c: what it means is for the caller to know */
};
struct weir__escaped {
    uint32_t c;
    weir_span name;
    bool negated;
};
enum weir__escape weir__parse_escape(struct weir__parser *p, bool in_class,
                                     struct weir__escaped *out);
/* An escape outside classes, as a node. */
struct weir__node *weir__parse_escape_node(struct weir__parser *p);
/* Alternatives, up to where they end; they are added to those that there are. */
struct weir__node *weir__parse_branches(struct weir__parser *p, struct weir__node_list *branches);
/* Anything in parentheses; `at` is behind the first. */
struct weir__node *weir__parse_parenthesis(struct weir__parser *p);
/* A class; `at` is behind its [. */
struct weir__node *weir__parse_class(struct weir__parser *p);

static inline weir_span
weir__parse_rest(const struct weir__parser *p)
{
    return (weir_span){p->s.p + p->at, p->s.len - p->at};
}

/* Is this what comes next? Then `at` moves past it. */
static inline bool
weir__parse_accept(struct weir__parser *p, const char *text)
{
    if (!span_starts(weir__parse_rest(p), text))
        return false;
    p->at += strlen(text);
    return true;
}

/* The next byte; '\0' at the end. */
static inline char
weir__parse_peek(const struct weir__parser *p)
{
    return p->at < p->s.len ? p->s.p[p->at] : '\0';
}

/* Past the next c; what lies before it. Without one, lost. */
weir_span weir__parse_until(struct weir__parser *p, char c);

#endif
