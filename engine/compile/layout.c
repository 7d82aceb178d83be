/*
 * The tables. Fields stand in the order of their struct.
 */
#include "compile/layout.h"

#include "base/check.h"
#include "compile/bundle.h"
#include "model/ruleset.h"

#include <stdarg.h>
#include <stdio.h>

/* A line a field. */
/* clang-format off */
#define FIELD(S, f, k, h) .name = #f, .at = offsetof(S, f), .n = (k), .how = (h)
#define SIZE(S, f) sizeof(((S *)0)->f)

#define PLAIN(S, f) {FIELD(S, f, 1, WEIR__PLAIN), .size = SIZE(S, f)}
#define OURS(S, f) {FIELD(S, f, 1, WEIR__OURS), .size = SIZE(S, f)}
#define TEXT(S, f) {FIELD(S, f, 1, WEIR__TEXT), .size = SIZE(S, f)}
#define COLD_TEXT(S, f) {FIELD(S, f, 1, WEIR__TEXT), .size = SIZE(S, f), .cold = true}
#define PARTS(S, f, k, l) {FIELD(S, f, k, WEIR__PART), .size = SIZE(S, f) / (k), .of = &(l)}
#define PART(S, f, l) PARTS(S, f, 1, l)
#define ONES(S, f, k, l) {FIELD(S, f, k, WEIR__ONE), .size = sizeof(void *), .of = &(l)}
#define ONE(S, f, l) ONES(S, f, 1, l)
#define MANIES(S, f, k, l, c)                                                                      \
    {FIELD(S, f, k, WEIR__MANY), .size = sizeof(void *), .of = &(l), .count_at = offsetof(S, c),   \
     .count_size = SIZE(S, c) / (k)}
#define MANY(S, f, l, c) MANIES(S, f, 1, l, c)
#define COLD_MANY(S, f, l, c)                                                                      \
    {FIELD(S, f, 1, WEIR__MANY), .size = sizeof(void *), .of = &(l), .cold = true,                 \
     .count_at = offsetof(S, c), .count_size = SIZE(S, c)}
#define MANIES_BY(S, f, k, l, fn)                                                                  \
    {FIELD(S, f, k, WEIR__MANY), .size = sizeof(void *), .of = &(l), .count = (fn)}
#define MANY_BY(S, f, l, fn) MANIES_BY(S, f, 1, l, fn)
#define COLD_MANY_BY(S, f, l, fn)                                                                  \
    {FIELD(S, f, 1, WEIR__MANY), .size = sizeof(void *), .of = &(l), .cold = true, .count = (fn)}

#define LAYOUT(S, variable, list)                                                                  \
    static const struct weir__layout variable = {#S, sizeof(S), list, sizeof list / sizeof *list}
#define BYTES(S, variable) static const struct weir__layout variable = {#S, sizeof(S), NULL, 0}

BYTES(char, bytes);
BYTES(uint32_t, numbers);
BYTES(uint64_t, words);
BYTES(struct weir__interval, intervals);
BYTES(struct weir__sieve_literal, sieve_literals);
BYTES(struct weir__sieve_slots, sieve_slots);

static const struct weir__field source_fields[] = {
    COLD_TEXT(struct weir__source, name),
    COLD_TEXT(struct weir__source, text),
    PLAIN(struct weir__source, of),
    COLD_TEXT(struct weir__source, as),
};
LAYOUT(struct weir__source, source, source_fields);

/* Orders and lists ---------------------------------------------------------------------------- */

static const struct weir__field refused_fields[] = {
    COLD_TEXT(struct weir__refused, target),
    COLD_TEXT(struct weir__refused, reason),
};
LAYOUT(struct weir__refused, refused, refused_fields);

static const struct weir__field order_fields[] = {
    TEXT(struct weir__order, id),
    COLD_TEXT(struct weir__order, authority),
    COLD_TEXT(struct weir__order, basis),
    COLD_TEXT(struct weir__order, reference),
    COLD_TEXT(struct weir__order, notice),
    PLAIN(struct weir__order, kind),
    PLAIN(struct weir__order, confidential),
    PLAIN(struct weir__order, lapses),
    PLAIN(struct weir__order, served),
    PLAIN(struct weir__order, review_by),
    PLAIN(struct weir__order, confirmed),
    PLAIN(struct weir__order, revoked),
    MANY(struct weir__order, intervals, intervals, nintervals),
    PLAIN(struct weir__order, nintervals),
    MANY(struct weir__order, refused, refused, nrefused),
    PLAIN(struct weir__order, nrefused),
    COLD_TEXT(struct weir__order, meta),
    COLD_TEXT(struct weir__order, dsa),
    PLAIN(struct weir__order, file),
    PLAIN(struct weir__order, line),
};
LAYOUT(struct weir__order, order, order_fields);

static size_t
count_entry_bytes(const void *entries, size_t i)
{
    (void)i;
    return weir__entries_size(entries);
}

static const struct weir__field entries_fields[] = {
    COLD_MANY_BY(struct weir__entries, items, bytes, count_entry_bytes),
    PLAIN(struct weir__entries, n),
};
LAYOUT(struct weir__entries, entries, entries_fields);

static const struct weir__field list_part_fields[] = {
    PART(struct weir__list_part, entries, entries),
    PLAIN(struct weir__list_part, file),
};
LAYOUT(struct weir__list_part, list_part, list_part_fields);

static const struct weir__field list_fields[] = {
    COLD_TEXT(struct weir__list, name),
    PART(struct weir__list, accounts, list_part),
    PART(struct weir__list, hashtags, list_part),
    PART(struct weir__list, posts, list_part),
    PLAIN(struct weir__list, file),
    PLAIN(struct weir__list, line),
};
LAYOUT(struct weir__list, list, list_fields);

/* Rules --------------------------------------------------------------------------------------- */

static const struct weir__field breaker_fields[] = {
    PLAIN(weir_breaker, given),
    PLAIN(weir_breaker, per_minute),
    PLAIN(weir_breaker, share_milli),
    PLAIN(weir_breaker, observe),
};
LAYOUT(weir_breaker, breaker, breaker_fields);

static const struct weir__field rule_fields[] = {
    TEXT(struct weir_rule, id),
    PLAIN(struct weir_rule, order),
    PLAIN(struct weir_rule, action),
    PLAIN(struct weir_rule, mode),
    PLAIN(struct weir_rule, priority),
    PLAIN(struct weir_rule, factor_milli),
    PLAIN(struct weir_rule, surfaces),
    PLAIN(struct weir_rule, rollout_bp),
    PLAIN(struct weir_rule, in_force),
    PLAIN(struct weir_rule, regions),
    PLAIN(struct weir_rule, named),
    PLAIN(struct weir_rule, fold),
    PLAIN(struct weir_rule, limit_matches),
    PLAIN(struct weir_rule, has_against),
    MANY(struct weir_rule, against, numbers, nagainst),
    PLAIN(struct weir_rule, nagainst),
    PLAIN(struct weir_rule, selector),
    PART(struct weir_rule, breaker, breaker),
    COLD_TEXT(struct weir_rule, meta),
    COLD_TEXT(struct weir_rule, dsa),
    PLAIN(struct weir_rule, file),
    PLAIN(struct weir_rule, line),
};
LAYOUT(struct weir_rule, rule, rule_fields);

static const struct weir__field selector_fields[] = {
    PLAIN(struct weir__selector, rule),
    PLAIN(struct weir__selector, kind),
    PLAIN(struct weir__selector, in_except),
};
LAYOUT(struct weir__selector, selector, selector_fields);

static const struct weir__field test_fields[] = {
    PLAIN(struct weir__rule_test, rule),
    PLAIN(struct weir__rule_test, expect_match),
    PLAIN(struct weir__rule_test, is_post),
    COLD_TEXT(struct weir__rule_test, text),
    PLAIN(struct weir__rule_test, file),
    PLAIN(struct weir__rule_test, line),
    PLAIN(struct weir__rule_test, column),
    PLAIN(struct weir__rule_test, width),
    COLD_TEXT(struct weir__rule_test, source),
};
LAYOUT(struct weir__rule_test, rule_test, test_fields);

/* What matching reads ------------------------------------------------------------------------- */

static const struct weir__field keytable_fields[] = {
    MANY(struct weir__keytable, gate, words, nbuckets),
    MANY(struct weir__keytable, first, numbers, nbuckets),
    MANY(struct weir__keytable, entries, bytes, nentry_bytes),
    PLAIN(struct weir__keytable, nbuckets),
    PLAIN(struct weir__keytable, seed),
    PLAIN(struct weir__keytable, nentry_bytes),
    PLAIN(struct weir__keytable, nkeys),
    PLAIN(struct weir__keytable, has_space),
};
LAYOUT(struct weir__keytable, keytable, keytable_fields);

static size_t
count_firsts(const void *postings, size_t i)
{
    (void)i;
    return (size_t)((const struct weir__postings_table *)postings)->n + 1;
}

static size_t
count_ids(const void *postings, size_t i)
{
    const struct weir__postings_table *t = postings;

    (void)i;
    return t->first[t->n];
}

static const struct weir__field postings_fields[] = {
    MANY_BY(struct weir__postings_table, first, numbers, count_firsts),
    MANY_BY(struct weir__postings_table, ids, numbers, count_ids),
    PLAIN(struct weir__postings_table, n),
};
LAYOUT(struct weir__postings_table, postings, postings_fields);

static const struct weir__field pattern_fields[] = {
    PLAIN(struct weir__pattern, space),
    PLAIN(struct weir__pattern, is_regex),
    PLAIN(struct weir__pattern, extended),
    PLAIN(struct weir__pattern, bare_handles),
    TEXT(struct weir__pattern, text),
    OURS(struct weir__pattern, re),
    PLAIN(struct weir__pattern, set),
    PLAIN(struct weir__pattern, min_len),
    PLAIN(struct weir__pattern, max_len),
    PLAIN(struct weir__pattern, class),
    PLAIN(struct weir__pattern, needs_digit),
    PLAIN(struct weir__pattern, certain),
    COLD_TEXT(struct weir__pattern, written),
    PLAIN(struct weir__pattern, file),
    PLAIN(struct weir__pattern, line),
    PLAIN(struct weir__pattern, column),
};
LAYOUT(struct weir__pattern, pattern, pattern_fields);

static size_t
count_filter(const void *filter, size_t i)
{
    (void)i;
    return (size_t)1 << (64 - ((const struct weir__sieve_filter *)filter)->shift);
}

static const struct weir__field filter_fields[] = {
    MANY_BY(struct weir__sieve_filter, words, words, count_filter),
    PLAIN(struct weir__sieve_filter, shift),
};
LAYOUT(struct weir__sieve_filter, filter, filter_fields);

static const struct weir__field sieve_fields[] = {
    MANY(struct weir__sieve, literals, sieve_literals, nliterals),
    MANY(struct weir__sieve, bytes, bytes, nbytes),
    MANY(struct weir__sieve, slots, sieve_slots, nslots),
    MANY(struct weir__sieve, back, numbers, nback),
    PARTS(struct weir__sieve, filters, WEIR__NSIDES, filter),
    PLAIN(struct weir__sieve, nbytes),
    PLAIN(struct weir__sieve, nliterals),
    PLAIN(struct weir__sieve, in_use),
    PLAIN(struct weir__sieve, nslots),
    PLAIN(struct weir__sieve, nback),
};
LAYOUT(struct weir__sieve, sieve, sieve_fields);

/* The whole ----------------------------------------------------------------------------------- */

static size_t
count_entry_first(const void *ruleset, size_t i)
{
    (void)i;
    return (size_t)((const struct weir_ruleset *)ruleset)->nselectors + 1;
}

static const struct weir__field ruleset_fields[] = {
    OURS(struct weir_ruleset, magic),
    OURS(struct weir_ruleset, refs),
    OURS(struct weir_ruleset, arena),
    OURS(struct weir_ruleset, mapped),
    OURS(struct weir_ruleset, nmapped),
    OURS(struct weir_ruleset, unmap),
    OURS(struct weir_ruleset, files), /* the sources' names */
    PLAIN(struct weir_ruleset, nfiles),
    PLAIN(struct weir_ruleset, nrule_files),
    MANY(struct weir_ruleset, sources, source, nfiles),
    MANY(struct weir_ruleset, orders, order, norders),
    PLAIN(struct weir_ruleset, norders),
    MANY(struct weir_ruleset, lists, list, nlists),
    PLAIN(struct weir_ruleset, nlists),
    MANY(struct weir_ruleset, rules, rule, nrules),
    PLAIN(struct weir_ruleset, nrules),
    COLD_MANY(struct weir_ruleset, orders_by_name, numbers, norders),
    COLD_MANY(struct weir_ruleset, lists_by_name, numbers, nlists),
    COLD_MANY(struct weir_ruleset, rules_by_name, numbers, nrules),
    MANY(struct weir_ruleset, selectors, selector, nselectors),
    PLAIN(struct weir_ruleset, nselectors),
    PART(struct weir_ruleset, entries, entries),
    COLD_MANY_BY(struct weir_ruleset, entry_first, numbers, count_entry_first),
    PLAIN(struct weir_ruleset, longest_domain),
    ONE(struct weir_ruleset, keys, keytable),
    MANY(struct weir_ruleset, patterns, pattern, npatterns),
    PLAIN(struct weir_ruleset, npatterns),
    PLAIN(struct weir_ruleset, pattern_first),
    ONES(struct weir_ruleset, sieves, WEIR__NSPACES, sieve),
    MANIES(struct weir_ruleset, loose, WEIR__NSPACES, numbers, nloose),
    PLAIN(struct weir_ruleset, nloose),
    PLAIN(struct weir_ruleset, loose_need_digit),
    OURS(struct weir_ruleset, automata),
    PART(struct weir_ruleset, postings, postings),
    MANY(struct weir_ruleset, tests, rule_test, ntests),
    PLAIN(struct weir_ruleset, ntests),
    PART(struct weir_ruleset, breaker, breaker),
    OURS(struct weir_ruleset, digest), /* stands in the file's header */
};

const struct weir__layout weir__layout_ruleset = {"struct weir_ruleset",
                                                  sizeof(struct weir_ruleset), ruleset_fields,
                                                  sizeof ruleset_fields / sizeof *ruleset_fields};

/* clang-format on */

size_t
weir__layout_count(const struct weir__field *f, const void *holder, size_t i)
{
    const char *at = (const char *)holder + f->count_at + i * f->count_size;
    uint32_t small;
    uint64_t large;

    if (f->count)
        return f->count(holder, i);
    CHECK(f->count_size == sizeof small || f->count_size == sizeof large);
    if (f->count_size == sizeof large) {
        memcpy(&large, at, sizeof large);
        return (size_t)large;
    }
    memcpy(&small, at, sizeof small);
    return small;
}

bool
weir__layout_points(const struct weir__layout *l)
{
    for (size_t i = 0; i < l->nfields; i++) {
        const struct weir__field *f = &l->fields[i];
        if (f->how == WEIR__TEXT || f->how == WEIR__MANY || f->how == WEIR__ONE ||
            (f->how == WEIR__PART && weir__layout_points(f->of)))
            return true;
    }
    return false;
}

/* Chained, so that it needs no memory: each line is summed up together with the sum before it. */
static void
add_line(unsigned char sum[WEIR__SUM_SIZE], const char *fmt, ...)
{
    char text[WEIR__SUM_SIZE + 128];
    va_list ap;

    memcpy(text, sum, WEIR__SUM_SIZE);
    va_start(ap, fmt);
    int n = vsnprintf(text + WEIR__SUM_SIZE, sizeof text - WEIR__SUM_SIZE, fmt, ap);
    va_end(ap);
    CHECK(n >= 0 && (size_t)n < sizeof text - WEIR__SUM_SIZE);
    weir__sum(text, WEIR__SUM_SIZE + (size_t)n, sum);
}

static void
describe(const struct weir__layout *l, unsigned char sum[WEIR__SUM_SIZE])
{
    add_line(sum, "%s %zu", l->name, l->size);
    for (size_t i = 0; i < l->nfields; i++) {
        const struct weir__field *f = &l->fields[i];
        add_line(sum, "%s %zu %zu %zu %d", f->name, f->at, f->size, f->n, (int)f->how);
        if (f->of)
            describe(f->of, sum);
    }
}

void
weir__layout_sum(unsigned char sum[WEIR__SUM_SIZE])
{
    memset(sum, 0, WEIR__SUM_SIZE);
    describe(&weir__layout_ruleset, sum);
    /* numbers in the file stand for these words */
#define X(name, ...) add_line(sum, #name);
    WEIR_ACTIONS(X)
    WEIR_SURFACES(X) WEIR_SELECTORS(X) WEIR_MODES(X) WEIR_KINDS(X) WEIR__SPACES(X)
        WEIR__SIEVE_GRAMS(X)
#undef X
}
