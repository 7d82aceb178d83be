/*
 * The shape of a pattern: what a regex or a glob can match, as a small tree.
 *
 * It stands for at least every subject that the pattern matches, and may stand for more: what
 * cannot be told by letters alone (look-around, back-references, recursion, word boundaries) is
 * left out or taken for any string. PCRE2 has the last word on what a match is; who reads the tree
 * only finds out what cannot be one.
 *
 * Characters that no subject holds are left out of the tree: see enum weir__subjects.
 */
#ifndef WEIR_REGEX_SYNTAX_H
#define WEIR_REGEX_SYNTAX_H

#include "regex/charset.h"

enum weir__node_kind {
    WEIR__NODE_EMPTY,    /* the empty string */
    WEIR__NODE_NEVER,    /* nothing, not even that */
    WEIR__NODE_ANYTHING, /* any string */
    WEIR__NODE_BEGIN,    /* the empty string at the subject's beginning */
    WEIR__NODE_END,      /* and at its very end */
    WEIR__NODE_CHAR,     /* c and nothing else */
    WEIR__NODE_SET,      /* one character of set, which is not empty */
    WEIR__NODE_CAT,      /* its children in order */
    WEIR__NODE_ALT,      /* any of its children */
    WEIR__NODE_REPEAT,   /* its only child, min to max times */
    WEIR__NODE_LOOK,     /* the empty string, in a subject that its only child matches somewhere */
    WEIR__NODE_CAPTURE,  /* its only child, a CHAR or a SET, as group c */
    WEIR__NODE_BACKREF,  /* what group c has matched; any string, unless it is a CAPTURE that comes
                            before, in the same CAT or one around */
};

#define WEIR__NO_MAX UINT32_MAX
/* How deep a tree may be; a pattern that would make it deeper is taken for any string. */
#define WEIR__DEPTH_MOST 1000

struct weir__node {
    enum weir__node_kind kind;
    uint32_t min, max;         /* REPEAT */
    uint32_t c;                /* CHAR, CAPTURE, BACKREF */
    struct weir__charset *set; /* SET */
    struct weir__node *first;  /* CAT, ALT, REPEAT, LOOK, CAPTURE: children */
    struct weir__node *next;   /* the parent's next child */
};

struct weir__syntax {
    struct weir__node *root;
    bool exact; /* the tree stands for the subjects that match, and for no other */
};

/*
 * Read a regex, with the options that regex.h names. The tree lies in the arena, which must jump
 * when memory runs out (on_oom). A pattern that PCRE2 refuses may give any tree.
 */
void weir__regex_parse(weir_span pattern, bool extended, enum weir__subjects of, struct arena *in,
                       struct weir__syntax *out);

/* The same for a folded glob. A `?` is any character, which in malformed subjects is one to four
   bytes beyond ASCII. */
void weir__glob_parse(weir_span glob, struct arena *in, struct weir__syntax *out);

#endif
