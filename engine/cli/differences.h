/*
 * What came of diffing, for a person and (JSON) for a program.
 */
#ifndef WEIR_CLI_DIFFERENCES_H
#define WEIR_CLI_DIFFERENCES_H

#include "cli/diffing.h"

/* How an order or a rule of the one rule set stands in the other. */
#define STANDINGS(X)                                                                               \
    X(SAME, "same")                                                                                \
    X(CHANGED, "changed") /* it says something else; of an order, also where one of its rules      \
                             does, is new, or is gone */                                           \
    X(NEW, "new")                                                                                  \
    X(GONE, "gone")

enum standing {
#define X(name, text) STANDING_##name,
    STANDINGS(X)
#undef X
};

const char *standing_name(enum standing s);

/* An order, or a rule. */
struct subject {
    enum reach_of of;
    uint32_t number[REACH_NSIDES]; /* in either rule set; WEIR_NONE: it is not there */
    enum standing standing;
    bool touched;  /* it has a part in something that changes */
    size_t nrules; /* of an order: under it, on either side */
    bool alone;    /* a rule, and the only one under its order, of which as much is to be told */
};

struct differences {
    const struct diffing *d;
    const struct tally *tally; /* of what was read */
    struct contrast_row *rows;
    size_t nrows;
    struct reach *reach;
    /* Orders, then rules, each as they stand in the new rules, and then those that are gone. Where
       rules or orders were asked for, only these. */
    struct subject *subjects;
    size_t nsubjects;
};

/* Without memory the program ends. */
void differences_make(struct differences *x, const struct diffing *d, const struct tally *tally);
void differences_fini(struct differences *x);

/* Its name, and that of the order that it is under; NULL: it is an order, or is under none. */
const char *subject_id(const struct differences *x, const struct subject *s);
const char *subject_order(const struct differences *x, const struct subject *s);
/* Is the name among those that were asked for? NULL never is. */
bool differences_ask_for(const struct strings *names, const char *id);
/* The rule set of a side. */
const weir_ruleset *differences_rules(const struct differences *x, enum reach_side side);

/* differences_text.c, differences_said.c: what a person reads. */
void differences_text(const struct differences *x, weir_buf *out);
void differences_said(const struct differences *x, weir_buf *out);
/* differences_json.c */
void differences_json(const struct differences *x, weir_buf *out);

#endif
