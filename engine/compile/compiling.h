/*
 * What the parts of the compiler share: the state of one compilation, names, and readers of nodes.
 *
 * Readers report what is wrong at the node and return false; the caller goes on with the rest, so
 * that one run finds every mistake. Memory running out jumps to the one place in compile.c.
 */
#ifndef WEIR_COMPILE_COMPILING_H
#define WEIR_COMPILE_COMPILING_H

#include "compile/tree.h"
#include "model/ruleset.h"
#include "regex/glob.h"

/* Names to numbers: uthash inside, its nodes in the work arena. */
struct name_table {
    struct name_entry *head;
    struct arena *work;
};

struct named {
    uint32_t index;
    const struct node *at; /* where it was defined */
    bool used;
};

/* NULL when nothing has the name. */
struct named *weir__names_find(const struct name_table *t, weir_span name);
/* The caller has seen that the name is new. */
struct named *weir__names_add(struct name_table *t, weir_span name, uint32_t index,
                              const struct node *at);
/* The name nearest to a mistyped one, or {NULL, 0}. */
weir_span weir__names_nearest(const struct name_table *t, weir_span name);
/* In the order of adding. */
struct named *weir__names_next(const struct name_table *t, const struct named *before,
                               weir_span *name);
/* Releases uthash's own table; the rest is the arena's. */
void weir__names_fini(struct name_table *t);

/* An entry on its way into keys and patterns: what its author wrote, and where. */
struct raw_entry {
    struct weir__entry entry;
    struct weir__place at;
    const struct node *node; /* NULL: from a list file */
    bool refused;            /* its pattern was complained of: once is enough */
};

struct raw_entries {
    struct raw_entry *items;
    size_t n, cap;
    unsigned folds; /* of a list: bit (1 << weir__fold) of each fold that it is used under */
    bool repeats;   /* of a list: a selector that uses it met one of its keys a second time */
    uint32_t file;  /* of a list: index of the file that they stand in */
};

struct raw_list {
    struct raw_entries of[WEIR_NSELECTORS]; /* accounts, hashtags, posts */
    bool given[WEIR_NSELECTORS];
};

struct compiling {
    struct arena *work; /* dies with the compilation */
    struct arena *into; /* the rule set's */
    struct weir_ruleset *rs;
    weir_diags *diags;
    struct forest forest;
    uint32_t match_off; /* WEIR_MATCH_*: not to be used */
    bool keep_sources;
    weir_buf buf, buf2; /* for whoever needs one for a moment; freed with the compilation */

    struct name_table group_names, list_names, order_names, rule_names;
    const struct node *set_breaker; /* NULL: none yet */
    struct shared *shared;          /* twice.c */
    size_t nshared, shared_cap;
    struct weir__region_set *groups;
    size_t ngroups, groups_cap;
    struct raw_list *raw_lists; /* by the list's index */
    size_t nraw_lists, raw_lists_cap;
    struct weir__list *lists;
    size_t nlists, lists_cap;
    struct weir__order *orders;
    size_t norders, orders_cap;
    bool *order_used;
    struct weir_rule *rules;
    size_t nrules, rules_cap;
    struct weir__selector *selectors;
    size_t nselectors, selectors_cap;
    struct raw_entries entries; /* of all selectors, in their order */
    uint32_t *entry_first;      /* by selector: its first among them */
    size_t nentry_first, entry_first_cap;
    struct weir__rule_test *tests;
    size_t ntests, tests_cap;
    struct weir__keytable_builder *keys;
    struct weir__postings_builder *sets;
    struct pattern_entry *patterns;    /* uthash: freeze.c */
    const struct weir__place **places; /* of the rule set's patterns, once they are frozen */
    bool warn_cost;                    /* of each pattern that costs much */
    struct name_table complaints; /* places told of: a file may be read twice, as accounts and as
                                     hashtags */
    struct name_table seen;       /* lint_entries.c: keys of the entries looked through */
    struct weir__regex_piece *pieces; /* lint_regex.c: room to take a regex apart */
    size_t pieces_cap;
};

#define ERR_AT(c, place, ...) weir__diag_add((c)->diags, WEIR_ERROR, (place), __VA_ARGS__)
#define ERR(c, node, ...)                                                                          \
    do {                                                                                           \
        struct weir__place place_ = weir__place_of(node);                                          \
        weir__diag_add((c)->diags, WEIR_ERROR, &place_, __VA_ARGS__);                              \
    } while (0)
#define WARN(c, node, ...)                                                                         \
    do {                                                                                           \
        struct weir__place place_ = weir__place_of(node);                                          \
        weir__diag_add((c)->diags, WEIR_WARNING, &place_, __VA_ARGS__);                            \
    } while (0)

/* schema.c: nodes to values ---------------------------------------------------------------- */

/* ", did you mean X?" or "": put behind a message about an unknown word. */
const char *weir__did_you_mean(struct compiling *c, weir_span near);
/* Is there a map, a list? An error says what was expected. */
bool weir__want_map(struct compiling *c, const struct node *n, const char *what);
bool weir__want_seq(struct compiling *c, const struct node *n, const char *what);
/* Reports every key that is not in `allowed`. */
void weir__check_keys(struct compiling *c, const struct node *map, const char *what,
                      const char *const *allowed, size_t nallowed);
bool weir__want_text(struct compiling *c, const struct node *n, weir_span *out);
/* The text copied into the rule set. */
bool weir__want_string(struct compiling *c, const struct node *n, weir_span *out);
bool weir__want_bool(struct compiling *c, const struct node *n, bool *out);
bool weir__want_int(struct compiling *c, const struct node *n, int64_t min, int64_t max,
                    int64_t *out);
/* A decimal with at most `decimals` digits behind the point, times ten to their power. */
bool weir__want_decimal(struct compiling *c, const struct node *n, unsigned decimals, int64_t *out);
bool weir__want_time(struct compiling *c, const struct node *n, int64_t *out);
bool weir__want_word(struct compiling *c, const struct node *n, const char *what,
                     const char *const *words, size_t nwords, unsigned *out);
/* [a-z0-9][a-z0-9._-]* */
bool weir__want_name(struct compiling *c, const struct node *n, const char *what, weir_span *out);
/* {from, until}; from before until. */
bool weir__want_interval(struct compiling *c, const struct node *map, struct weir__interval *out);
/* The node as JSON, in the rule set's memory: plain scalars that JSON knows (numbers, true, false,
   null) as such, all others as strings. */
weir_span weir__node_json(struct compiling *c, const struct node *n);

/* dsa.c: what statements of reasons need to be told, checked, as JSON in the rule set's memory. */
weir_span weir__compile_dsa(struct compiling *c, const struct node *map);

/* time_hint.c: why that is no time, as a message of its own. */
const char *weir__time_hint(struct arena *work, weir_span time);

/* twice.c: says that something else of this kind has the name, or that there is a breaker already;
   or, where only one of the two is in a compiled rule set, or each in another, keeps it in mind, to
   be told once all files are read. */
void weir__refuse_second(struct compiling *c, const char *kind, weir_span name,
                         const struct named *first, const struct node *second);
void weir__refuse_second_breaker(struct compiling *c, const struct node *second);
void weir__tell_shared(struct compiling *c);

/* The other parts ---------------------------------------------------------------------------- */

void weir__compile_groups(struct compiling *c, const struct node *map);
/* A list of region words; false when one of them is wrong. */
bool weir__compile_regions(struct compiling *c, const struct node *seq,
                           struct weir__region_set *out);
void weir__compile_lists(struct compiling *c, const struct node *map);
/* Copies entries into the rule set, without what the compiler alone knows of them. */
/* Entries of lists and rules, kept once all are read. */
void weir__finish_lists(struct compiling *c);
void weir__compile_orders(struct compiling *c, const struct node *map);
void weir__compile_rules(struct compiling *c, const struct node *seq);
bool weir__compile_breaker(struct compiling *c, const struct node *map, bool of_rule,
                           weir_breaker *out);
void weir__compile_tests(struct compiling *c, const struct node *map, uint32_t rule,
                         const struct weir_rule *r);

/* entries.c: reads one entry of a selector's or list's kind; false when it is wrong. */
bool weir__read_entry(struct compiling *c, weir_selector kind, weir_span text,
                      struct raw_entry *out);
/* Its keys and patterns go to the selector; errors of patterns are reported here. false: the
   selector has an entry of the same key. */
bool weir__add_entry(struct compiling *c, struct raw_entry *e, weir_selector kind,
                     enum weir__fold fold, uint32_t selector);
/* Entries are the same when their keys are; in c->buf. {NULL, 0}: a glob that is none. */
weir_span weir__entry_key(struct compiling *c, const struct weir__entry *e, weir_selector kind,
                          enum weir__fold fold);
/* From what an author wrote to what an entry of this kind is looked up by, or tried on. */
weir__fold_fn weir__entry_fold(const struct weir__entry *e, weir_selector kind,
                               enum weir__fold fold);

/* place.c: of a part of a regex (bytes of the text between the slashes), exact where the entry is
   written as it is. */
struct weir__place weir__place_in_regex(const struct raw_entry *e, size_t offset, size_t len);
/* false: this has been told of the place already. */
bool weir__tell_once(struct compiling *c, const struct weir__place *at, const char *what);

/* freeze.c; false: the selector has the pattern. */
bool weir__add_pattern(struct compiling *c, const struct weir__pattern *p, struct raw_entry *e,
                       uint32_t selector);
void weir__freeze(struct compiling *c);
void weir__patterns_fini(struct compiling *c);

/* lint.c: of a rule, when all of it is read; of the whole, when all rules are. */
void weir__lint_rule(struct compiling *c, const struct node *map, const struct weir_rule *r);
void weir__lint(struct compiling *c);
/* Of a rule set with patterns: warns where JIT code is wanted and cannot be made. */
void weir__lint_jit(uint32_t match_off, weir_diags *diags);

/* compile.c: does any rule need weir__fold_prepare? */
bool weir__folds_confusables(const struct weir_rule *rules, size_t n);

/* sources.c: copies the files that were read into the rule set. */
void weir__keep_sources(struct compiling *c);

/* lint_orders.c: of an order without errors, when all of it is read; and of all of them. */
void weir__lint_order(struct compiling *c, const struct node *map, const struct weir__order *o);
void weir__lint_orders(struct compiling *c);
/* Does the order hold at any moment of an interval? Both are made of half-open pieces, so if they
   share a moment they share one at which a piece of either begins. */
bool weir__order_holds_within(const struct weir__order *o, const struct weir__interval *within);

/* lint_entries.c: of what stands in one selector; and in one list, under the folds that it is used
   under. */
void weir__lint_entries(struct compiling *c, const struct raw_entries *all, weir_selector kind,
                        enum weir__fold fold);
void weir__lint_list(struct compiling *c, const struct raw_entries *all, weir_selector kind);
/* Of what a rule has in `match` and in `except` of one kind. */
void weir__lint_excepts(struct compiling *c, const struct weir_rule *r);
/* " under `fold: …`", or "": put behind what holds because of a rule's fold. */
const char *weir__under_fold(enum weir__fold fold);

/* lint_hashtags.c: is it a hashtag, or a glob of hashtags, that most texts cannot hold? Warns of
   it, where `tell` is true. */
bool weir__lint_hashtag(struct compiling *c, const struct raw_entry *e, bool tell);

/* lint_cost.c: patterns that cost much to find, when all of the rule set stands: `each`, or how
   many where they are too many. `places` by pattern; NULL: as the rule set itself knows them. */
void weir__lint_cost(const struct weir_ruleset *rs, const struct weir__place *const *places,
                     bool each, weir_diags *diags);

/* lint_regex.c; true: there was something to tell. */
bool weir__lint_regex(struct compiling *c, const struct raw_entry *e, weir_selector kind,
                      enum weir__fold fold);

#endif
