/*
 * decide/: a million decisions on posts that are all different, and not one allocation; the same
 * without each of the parts that make matching fast, which take other ways through memory.
 *
 * Between the warm-up and the end of the count nothing but deciding happens: posts are made in
 * place, and records are not written (test_decide_memory.c writes them).
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "unit/count_allocations.h"
#include "unit/decide/said.h"

#define NPOSTS 1000000u
#ifdef __OPTIMIZE__
#define NEACH 200000u /* without one of the optimisations */
#else
#define NEACH 25000u
#endif
#define NNONE 10000u  /* without any of them */
#define NLARGEST 200u /* to warm up with: they hit more rules than any to come */
#define NWARM 5000u
#define MOST_TAGS 64u /* of the largest; others have up to three */
#define MOST_BYTES 96u

/* Rules ------------------------------------------------------------------------------------- */

static const char *const stems[] = {
    "farmers", "kisan", "ekta",   "istanbul", "ırmak", "DİRENİŞ", "paypal", "weir",
    "stream",  "café",  "straße", "농민",     "किसान", "日本語",  "выборы", "ＦＡＲＭ",
    "l0ve",    "win",   "press",  "election", "aaaaa", "follow",  "ﬁre",    "Ω",
};
#define NSTEMS (sizeof stems / sizeof *stems)

static const char patterns[] =
    "- {id: globs, regions: [TR, EU], action: withhold,"
    "   match: {hashtags: ['farm*', '*press*', 'k?san*', '*ırmak', 'win?', '*a?b*']}}\n"
    "- {id: regexes, regions: [XX], except_regions: [FR], action: downrank, factor: 0.5,"
    "   match: {hashtags: ['/^kisan_?ekta\\d{0,4}$/', '/strea?m\\d/', '/(?:win|love|l0ve)\\d$/',"
    "   '/^(?=.*weir)[^_]+$/', '/^w[i1]n$/']}, except: {langs: [pa]}}\n"
    "- {id: loose, regions: [IN], action: withhold, match: {hashtags:"
    "   ['/[aeiou]\\d[aeiou]/', '/\\d{7}/', '/^.{5}$/']}}\n"
    "- {id: behind, regions: [DE, IN], action: withhold,"
    "   match: {hashtags: ['/(?<!a)\\b\\d$/', '/(?<=7)8/', '/^(\\w)\\1\\1/']}}\n"
    "- {id: dear, regions: [BR], on_limit: match, action: withhold,"
    "   match: {hashtags: ['/^(a+)+(?<!a)$/']}}\n"
    "- {id: looks, regions: [XX], fold: confusable, action: downrank, factor: 0.1,"
    "   match: {hashtags: [farmers, 'pаy*', '/^p[a]ypal/']}}\n"
    "- {id: turk, regions: [TR], fold: turkic, action: withhold,"
    "   match: {hashtags: [istanbul, 'direniş*', '/^d.ren/']}}\n"
    "- {id: desk, action: allow, priority: 1,"
    "   match: {accounts: ['@press1*', 'domain:example.org', '/^news/', 'id:7']}}\n"
    "- {id: watch, regions: [US], mode: observe, action: withhold, match: {mentions: ['*9', "
    "'@m1']}}\n"
    "- {id: part, regions: [XX], rollout: 50, action: withhold,"
    "   match: {langs: [en], hashtags: ['*1']}}\n";

static weir_ruleset *
make_rules(void)
{
    weir_buf yaml = {0};

    weir_buf_puts(&yaml, "rules:\n");
    for (size_t i = 0; i < NSTEMS; i++) {
        weir_buf_printf(
            &yaml, "- {id: literals-%zu, regions: ['%s'], action: withhold, match: {hashtags: [", i,
            i % 3 ? "IN" : "GB");
        for (size_t k = 0; k < 8; k++)
            weir_buf_printf(&yaml, "%s%s%zu", k ? ", " : "", stems[i], k * k);
        weir_buf_puts(&yaml, "]}}\n");
    }
    weir_buf_puts(&yaml, patterns);
    weir_buf_putc(&yaml, '\0');
    weir_ruleset *rs = given_rules(yaml.p);
    weir_buf_fini(&yaml);
    return rs;
}

/* Posts ------------------------------------------------------------------------------------- */

/* A post and all that it points at, without an allocation. */
struct made {
    weir_post post;
    weir_span tags[MOST_TAGS], langs[1];
    weir_account mentions[2];
    char bytes[MOST_TAGS][MOST_BYTES], handle[MOST_BYTES], mention[2][MOST_BYTES], id[24];
};

static weir_span
print_to(char *at, const char *a, const char *b, uint32_t number)
{
    int n = snprintf(at, MOST_BYTES, "%s%s%u", a, b, number);

    return (weir_span){at, (size_t)n};
}

static void
make_post(struct made *m, bool largest)
{
    static const char runs_out[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char *const langs[] = {"en", "pa", "tr-TR", "iw"};

    m->post = (weir_post){.source = (weir_source)draw(WEIR_NSOURCES),
                          .hashtags = m->tags,
                          .nhashtags = largest ? MOST_TAGS : draw(4),
                          .mentions = m->mentions,
                          .nmentions = largest ? 2 : draw(3),
                          .langs = m->langs,
                          .nlangs = 1};
    m->post.id = (weir_span){m->id, (size_t)snprintf(m->id, sizeof m->id, "%u", draw(UINT32_MAX))};
    m->post.author.handle = print_to(m->handle, draw(2) ? "press" : "a", "", draw(100000));
    m->langs[0] = span_of(langs[draw(4)]);
    for (size_t i = 0; i < m->post.nhashtags; i++)
        m->tags[i] = print_to(m->bytes[i], stems[draw(NSTEMS)], draw(3) ? "" : stems[draw(NSTEMS)],
                              draw(draw(2) ? 40 : 1000000));
    if (largest || draw(1000) == 0) /* takes a regex its whole budget */
        m->tags[m->post.nhashtags > 0 ? 0 : m->post.nhashtags++] = span_of(runs_out);
    for (size_t i = 0; i < m->post.nmentions; i++)
        m->mentions[i] = (weir_account){.handle = print_to(m->mention[i], "m", "", draw(1000))};
}

/* Every eighth reposts, every eighth quotes, and half of what is reposted quotes. */
static const weir_post *
make_thread(struct made m[3], bool largest)
{
    uint32_t kind = draw(8);
    bool reposts = kind == 0 || largest, quotes = kind == 1 || largest;

    for (int i = 0; i < (reposts || quotes ? 3 : 1); i++)
        make_post(&m[i], largest);
    m[0].post.repost_of = reposts ? &m[1].post : NULL;
    m[0].post.quotes = quotes ? &m[2].post : NULL;
    if (reposts && (draw(2) || largest))
        m[1].post.quotes = &m[2].post;
    return &m[0].post;
}

/* Deciding ---------------------------------------------------------------------------------- */

struct became {
    size_t acted, limited;
};

static struct became
decide_many(weir_ruleset *rs, weir_scratch *s, size_t n, bool largest)
{
    struct became became = {0};
    struct made m[3];

    for (size_t i = 0; i < n; i++) {
        weir_decision d;
        weir_status st = weir_decide(rs, s, make_thread(m, largest), NOON, &d);

        assert_true(st == WEIR_OK || st == WEIR_E_LIMIT);
        became.acted += d.action != WEIR_ALLOW;
        became.limited += st == WEIR_E_LIMIT;
    }
    return became;
}

static void
decide_without(uint32_t off, size_t n)
{
    const weir_decide_options o = {.match_off = off};
    weir_scratch *s = NULL;

    given_match_off = off & (WEIR_MATCH_WORDS | WEIR_MATCH_JIT);
    weir_ruleset *rs = make_rules();
    given_match_off = 0;
    drawn = off;
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    assert_int_equal(decide_many(rs, s, NLARGEST, true).limited, NLARGEST);
    (void)decide_many(rs, s, NWARM, false);
    size_t before = nallocations;
    size_t nacted = decide_many(rs, s, n, false).acted;
    size_t nmade = nallocations - before;
    if (nmade)
        fail_msg("%zu allocations in %zu decisions", nmade, n);
    assert_in_range(nacted, n / 4, n - n / 100); /* the rules are about these posts */
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
}

static void
need_count(void)
{
    if (getenv("WEIR_TEST_NO_JIT"))
        skip_because("a million decisions take too long under Valgrind");
    if (!allocations_are_counted())
        skip_because(WHY_NOT_COUNTED);
}

static void
a_million_decisions_allocate_nothing(void **state)
{
    (void)state;
    need_count();
    decide_without(0, NPOSTS);
}

static void
nor_do_they_without_each_optimisation(void **state)
{
    (void)state;
    need_count();
    for (int part = 0; part < WEIR_NMATCH_PARTS; part++)
        decide_without(1u << part, NEACH);
    decide_without((1u << WEIR_NMATCH_PARTS) - 1, NNONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_decisions_allocate_nothing),
        cmocka_unit_test(nor_do_they_without_each_optimisation),
    };

    return cmocka_run_group_tests_name("decide: a million", tests, NULL, NULL);
}
