/*
 * Rules: 85 % literals, 10 % prefixes and globs, 5 % regexes, drawn from the language.
 *
 * A rule is one entry of one selector; what it does is of no concern here. All texts are their own
 * canonical keys, and patterns keep to what every engine of the bench takes to mean the same: code
 * points, classes of ASCII, alternatives, bounded repeats, anchors. So a peer needs no CASELESS, no
 * UCP, and no folding.
 */
#ifndef BENCH_RULES_H
#define BENCH_RULES_H

#include "language.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rule_kind { RULE_LITERAL, RULE_PREFIX, RULE_GLOB, RULE_REGEX };

struct rule {
    enum rule_kind kind;
    uint32_t id;       /* what a hit is reported as */
    uint16_t region;   /* the how manieth of the regions it is in */
    weir_span text;    /* literal: the key; prefix: without its `*`; glob; regex without slashes */
    weir_span witness; /* a tag that it matches */
};

struct rules {
    struct rule *v;
    size_t n;
    size_t count[RULE_REGEX + 1]; /* by kind */
    size_t nfactorless;           /* regexes without a literal that their matches must contain */
    size_t nregions;
    bool is_list;  /* all of them are entries of one list of one rule, whose id they have */
    size_t nbytes; /* of their texts */
    struct text text;
};

/* What each stands for is in README.md. */
#define WORKLOADS(X)                                                                               \
    X(COLD, "cold", "few tags match: rules about what few write of")                               \
    X(MIXED, "mixed", "between cold and dense")                                                    \
    X(DENSE, "dense", "every other tag matches: rules about what many write of")                   \
    X(LITERALS, "literals", "one long list of hashtags, no patterns")                              \
    X(REGIONS, "regions", "cold rules in one region, and spread over 200")                         \
    X(FACTORLESS, "factorless",                                                                    \
      "cold rules without and with 500 regexes (of 100,000 rules) that "                           \
      "have no literal")                                                                           \
    X(GROWTH, "growth", "100 cold rules, and as many as asked for, timed in turns")

enum workload {
#define X(name, text, about) WORKLOAD_##name,
    WORKLOADS(X)
#undef X
        NWORKLOADS
};

const char *workload_name(enum workload w);
const char *workload_about(enum workload w);

/* Some workloads are a pair of rule sets: told apart by a variant, 0 and 1. */
#define MAX_VARIANTS 2
size_t workload_variants(enum workload w);
/* "200 regions"; "" where there is but one. */
const char *variant_name(enum workload w, size_t variant);
/* Do both match the same tags? */
bool variants_agree(enum workload w);

/*
 * The first n rules are the same whatever n is, but for those without a literal.
 * @param l  Must outlive the rules.
 * @param n  At most rules_most.
 */
void rules_make(struct rules *r, const struct language *l, enum workload w, size_t variant,
                size_t n, uint64_t seed);
void rules_fini(struct rules *r);
/* How many rules can be drawn from a language of so many tags. */
size_t rules_most(enum workload w, size_t ntags);

/*
 * Append the rule as a regex that peers search for, unanchored but for what it says itself: `^abc$`
 * for a literal, `^abc` for a prefix, and so on.
 */
void rule_regex(const struct rule *r, weir_buf *out);

#ifdef __cplusplus
}
#endif
#endif
