/*
 * match/finder: whatever is switched off, the same keys match the same rules, and they are those
 * that a loop over all rules with PCRE2 says.
 *
 * Rules and keys are drawn at random; WEIR_SEED repeats a run, WEIR_ROUNDS makes it longer.
 */
#include "unit/test.h"

#include "unit/match/given.h"
#include "unit/regex/patterns.h"

#include "match/finder.h"
#include "regex/glob.h"

#define NRULES 120
#define NKEYS 300

enum kind { LITERAL, GLOB, REGEX };

struct drawn_rule {
    enum kind kind;
    bool extended;
    weir_buf text;   /* as in the rule file, without slashes */
    weir_buf folded; /* of literals and globs: what keys are compared with */
    struct weir__regex *re;
};

/* One round: rules, keys, and which match according to the plain loop. */
struct round {
    struct drawn_rule rules[NRULES];
    weir_buf keys[NKEYS];
    size_t nkeys;
    signed char expected[NKEYS][NRULES]; /* -1: ran out, nobody knows */
    signed char found[NKEYS][NRULES];
    weir_ruleset *rs;
};

static struct weir__regex_scratch *scratch;
static size_t nmatches, npairs;

static bool
may_stand_in_a_file(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ||
            (i && s.p[i] == '\'' && s.p[i - 1] == '\'')) /* libfyaml 0.7 misreads two in a row */
            return false;
    return s.len > 0;
}

/* With JIT as there: on verbs such as (*SKIP:name), PCRE2's JIT and interpreter do not agree. */
static struct weir__regex *
compiled_as_by_the_engine(const struct drawn_pattern *d)
{
    struct weir__regex *re = NULL;
    bool jit = getenv("WEIR_TEST_NO_JIT") == NULL;

    return weir__regex_compile(span_of_buf(&d->text), d->extended, jit, &re, NULL) == WEIR_OK
               ? re
               : NULL;
}

static void
draw_regex(struct drawn_rule *r, struct drawn_pattern *d)
{
    do {
        draw_pattern(d, WEIR__SUBJECTS_FOLDED);
        r->re = may_stand_in_a_file(span_of_buf(&d->text)) ? compiled_as_by_the_engine(d) : NULL;
    } while (!r->re);
    weir_buf_put(&r->text, span_of_buf(&d->text));
    r->extended = d->extended;
}

/* Runs of the sample between wildcards. */
static void
draw_glob(struct drawn_rule *r, const struct drawn_pattern *d)
{
    static const char *const wild[] = {"*", "*", "?", "*?", "??", "", "**"};

    weir_buf_puts(&r->text, DRAW_ONE(wild));
    for (size_t n = 1 + draw(3); n > 0; n--) {
        for (size_t k = draw(12); k > 0; k--)
            weir_buf_puts(&r->text, draw_subject_character(WEIR__SUBJECTS_FOLDED));
        weir_buf_puts(&r->text, DRAW_ONE(wild));
    }
    (void)d;
}

static void
draw_rule(struct drawn_rule *r, struct drawn_pattern *d)
{
    static const enum kind kinds[] = {LITERAL, GLOB, GLOB, REGEX, REGEX};

    r->kind = DRAW_ONE(kinds);
    draw_regex(r, d);
    if (r->kind == REGEX)
        return;
    for (;;) {
        r->text.len = r->folded.len = 0;
        if (r->kind == LITERAL)
            draw_subject(d, &r->text);
        else
            draw_glob(r, d);
        weir_span text = span_of_buf(&r->text);
        bool is_glob = weir__is_glob(text);
        if (!may_stand_in_a_file(text) || text.p[0] == '#' || text.p[0] == '/' ||
            is_glob != (r->kind == GLOB))
            continue;
        if (is_glob ? weir__glob_fold(text, weir_canonical_key, &r->folded, NULL)
                    : (weir_canonical_key(text, &r->folded), true))
            if (r->folded.len && !span_starts(text, "\xEF\xBC\x83"))
                return;
    }
}

/* What a glob or literal is made from, with something in the place of its wildcards. */
static void
draw_key(const struct drawn_rule *r, const struct drawn_pattern *d, weir_buf *out)
{
    weir_buf raw = {0};

    draw_subject(d, &raw);
    if (r->kind != REGEX && draw(3)) {
        raw.len = 0;
        for (size_t i = 0; i < r->folded.len; i++)
            if (!strchr("*?\\", r->folded.p[i]))
                weir_buf_putc(&raw, r->folded.p[i]);
            else
                for (size_t k = draw(3); k > 0; k--)
                    weir_buf_puts(&raw, draw_subject_character(WEIR__SUBJECTS_FOLDED));
    }
    weir_canonical_key(span_of_buf(&raw), out);
    weir_buf_fini(&raw);
}

static void
put_quoted(weir_buf *out, weir_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '\'')
            weir_buf_putc(out, '\'');
        weir_buf_putc(out, s.p[i]);
    }
}

static void
compile_round(struct round *x)
{
    weir_buf yaml = {0};

    weir_buf_puts(&yaml, "rules:\n");
    for (size_t i = 0; i < NRULES; i++) {
        const struct drawn_rule *r = &x->rules[i];
        weir_buf_printf(&yaml,
                        "  - {id: r%zu, action: withhold, regions: [XX],"
                        " match: {hashtags: ['%s",
                        i, r->kind == REGEX ? "/" : "");
        put_quoted(&yaml, span_of_buf(&r->text));
        weir_buf_printf(&yaml, "%s']}}\n", r->kind != REGEX ? "" : r->extended ? "/x" : "/");
    }
    weir_buf_putc(&yaml, '\0');
    x->rs = given_rules(yaml.p);
    weir_buf_fini(&yaml);
}

static signed char
expected_of(const struct drawn_rule *r, weir_span key)
{
    enum weir__hit hit;

    switch (r->kind) {
    case LITERAL:
        return span_eq(span_of_buf(&r->folded), key);
    case GLOB:
        return weir__glob_match(span_of_buf(&r->folded), key);
    case REGEX:
        break;
    }
    hit = weir__regex_match(r->re, scratch, key);
    return hit == WEIR__RAN_OUT ? -1 : hit == WEIR__HIT;
}

static void
draw_round(struct round *x)
{
    struct drawn_pattern d = {0};

    for (size_t i = 0; i < NRULES; i++) {
        draw_rule(&x->rules[i], &d);
        for (size_t k = draw(5); k > 0 && x->nkeys < NKEYS; k--) {
            draw_key(&x->rules[i], &d, &x->keys[x->nkeys]);
            x->nkeys += x->keys[x->nkeys].len > 0;
        }
    }
    draw_fini(&d);
    for (size_t k = 0; k < x->nkeys; k++)
        for (size_t i = 0; i < NRULES; i++) {
            x->expected[k][i] = expected_of(&x->rules[i], span_of_buf(&x->keys[k]));
            nmatches += x->expected[k][i] > 0;
            npairs++;
        }
}

static void
found(void *arg, size_t key, uint32_t set, enum weir__hit hit)
{
    struct round *x = arg;
    struct weir__postings of = weir__postings_of(&x->rs->postings, set);

    for (size_t i = 0; i < of.n; i++)
        x->found[key][x->rs->selectors[weir__postings_at(&of, i)].rule] = hit == WEIR__HIT ? 1 : -1;
}

static void
compare(const struct round *x, uint32_t off)
{
    for (size_t k = 0; k < x->nkeys; k++)
        for (size_t i = 0; i < NRULES; i++) {
            const struct drawn_rule *r = &x->rules[i];
            signed char f = x->found[k][i], e = x->expected[k][i];
            /* by its literals the engine may know of a miss what PCRE2 ran out on */
            if (f != e && e != -1 && f != -1)
                fail_msg("key \"%.*s\", rule \"%.*s\" (kind %d), parts off %#x: found %d, "
                         "expected %d",
                         (int)x->keys[k].len, x->keys[k].p, (int)r->text.len, r->text.p, r->kind,
                         off, f, e);
        }
}

static void
find_all(struct round *x, uint32_t off)
{
    static const struct weir__scope every_rule = {.only = WEIR_NONE, .region = WEIR_REGION_NONE};
    const weir_decide_options o = {.post_limit = UINT32_MAX, .match_off = off};
    struct weir__finder f;
    weir_span keys[NKEYS];

    for (size_t k = 0; k < x->nkeys; k++)
        keys[k] = span_of_buf(&x->keys[k]);
    assert_int_equal(weir__finder_init(&f, x->rs, &o), WEIR_OK);
    for (int again = 0; again < 2; again++) { /* the second time the memo knows */
        memset(x->found, 0, sizeof x->found);
        weir__finder_begin(&f, every_rule);
        weir__find(&f, WEIR__SPACE_TAG, keys, x->nkeys, found, x);
        compare(x, off);
    }
    weir__finder_fini(&f);
}

static void
fini_round(struct round *x)
{
    for (size_t i = 0; i < NRULES; i++) {
        weir__regex_free(x->rules[i].re);
        weir_buf_fini(&x->rules[i].text);
        weir_buf_fini(&x->rules[i].folded);
    }
    for (size_t k = 0; k < NKEYS; k++)
        weir_buf_fini(&x->keys[k]);
    weir_ruleset_unref(x->rs);
    free(x);
}

static void
whatever_is_off_the_same_is_found(void **state)
{
    static const uint32_t off[] = {0,
                                   WEIR_MATCH_MEMO,
                                   WEIR_MATCH_BATCH,
                                   WEIR_MATCH_GATE,
                                   WEIR_MATCH_SIEVE,
                                   WEIR_MATCH_VECTORS,
                                   WEIR_MATCH_AUTOMATON,
                                   UINT32_MAX};
    const char *given = getenv("WEIR_ROUNDS");
    size_t rounds = given ? strtoul(given, NULL, 10) : scaled(40) + 1; /* one under Valgrind */

    (void)state;
    draw_from_seed();
    assert_int_equal(weir__regex_scratch_new(WEIR__MATCH_LIMIT, &scratch), WEIR_OK);
    for (size_t n = 0; n < rounds; n++) {
        struct round *x = calloc(1, sizeof *x);
        assert_non_null(x);
        draw_round(x);
        for (int words = 0; words < 2; words++) {
            given_match_off = words ? 0 : WEIR_MATCH_WORDS;
            weir_ruleset_unref(x->rs);
            compile_round(x);
            for (size_t i = 0; i < sizeof off / sizeof *off; i++)
                find_all(x, off[i]);
        }
        fini_round(x);
    }
    weir__regex_scratch_free(scratch);
    print_message("# %zu pairs of key and rule, %zu match\n", npairs, nmatches);
    assert_true(nmatches * 200 > npairs); /* else the test would say little */
}

/* Keys in which nearly every place begins grams that pass, so that the list of these is worked off
   many times within a batch; whichever way, as often are patterns tried. */
static const char dense_rules[] =
    "rules:\n"
    "- {id: a, action: withhold, regions: [XX], match: {hashtags: ['*abab*']}}\n"
    "- {id: b, action: withhold, regions: [XX], match: {hashtags: ['abab*']}}\n"
    "- {id: c, action: withhold, regions: [XX], match: {hashtags: ['*baba']}}\n"
    "- {id: d, action: withhold, regions: [XX], match: {hashtags: ['*bababab*z*']}}\n"
    "- {id: e, action: withhold, regions: [XX], match: {hashtags: ['*ababababa*ab?']}}\n"
    "- {id: f, action: withhold, regions: [XX], match: {hashtags: ['/(ab){5}[^a]*z/']}}\n";

#define NDENSE 6
#define DENSE_KEYS 256

struct dense {
    const weir_ruleset *rs;
    uint32_t hits[NDENSE];
    uint64_t sum; /* of the keys that were hit */
    uint64_t candidates, confirmed;
};

static void
found_dense(void *arg, size_t key, uint32_t set, enum weir__hit hit)
{
    struct dense *x = arg;
    struct weir__postings of = weir__postings_of(&x->rs->postings, set);

    assert_int_equal(hit, WEIR__HIT);
    for (size_t i = 0; i < of.n; i++) {
        uint32_t rule = x->rs->selectors[weir__postings_at(&of, i)].rule;

        x->hits[rule]++;
        x->sum += (key + 1) * (rule + 1);
    }
}

static struct dense
find_dense(const weir_ruleset *rs, const weir_span *keys, uint32_t off)
{
    static const struct weir__scope every_rule = {.only = WEIR_NONE, .region = WEIR_REGION_NONE};
    const weir_decide_options o = {.post_limit = UINT32_MAX, .match_off = off};
    struct dense x = {.rs = rs};
    struct weir__finder f;

    assert_int_equal(weir__finder_init(&f, rs, &o), WEIR_OK);
    weir__finder_begin(&f, every_rule);
    weir__find(&f, WEIR__SPACE_TAG, keys, DENSE_KEYS, found_dense, &x);
    for (uint32_t i = 0; i < rs->npatterns; i++) {
        x.candidates += f.counts[i].candidates;
        x.confirmed += f.counts[i].confirmed;
    }
    weir__finder_fini(&f);
    return x;
}

static void
grams_that_pass_everywhere_lose_nothing(void **state)
{
    static const uint32_t off[] = {WEIR_MATCH_VECTORS, WEIR_MATCH_BATCH,
                                   WEIR_MATCH_VECTORS | WEIR_MATCH_BATCH};
    static char text[DENSE_KEYS][128];
    weir_span keys[DENSE_KEYS];
    weir_ruleset *rs = given_rules(dense_rules);

    (void)state;
    for (size_t k = 0; k < DENSE_KEYS; k++) {
        size_t len = 128 - k % 29, last = k % 5 ? len : len - 1;

        for (size_t i = 0; i < len; i++)
            text[k][i] = i < last ? "ab"[(i + k) % 2] : 'z';
        keys[k] = (weir_span){text[k], len};
    }
    struct dense first = find_dense(rs, keys, WEIR_MATCH_MEMO);
    assert_int_equal(first.hits[0], DENSE_KEYS);
    assert_int_equal(first.hits[1], DENSE_KEYS / 2);
    assert_int_equal(first.hits[3], (DENSE_KEYS + 4) / 5);
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        struct dense x = find_dense(rs, keys, WEIR_MATCH_MEMO | off[i]);

        assert_memory_equal(x.hits, first.hits, sizeof x.hits);
        assert_int_equal(x.sum, first.sum);
        assert_int_equal(x.candidates, first.candidates);
        assert_int_equal(x.confirmed, first.confirmed);
    }
    struct dense plain = find_dense(rs, keys, UINT32_MAX);
    assert_memory_equal(plain.hits, first.hits, sizeof plain.hits);
    assert_int_equal(plain.sum, first.sum);
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grams_that_pass_everywhere_lose_nothing),
        cmocka_unit_test(whatever_is_off_the_same_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
