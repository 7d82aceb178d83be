/*
 * A world for tests of deciding that make up their posts: rules of all kinds, with patterns of all
 * kinds among them, and posts that are drawn at random and about which most of these rules are.
 */
#ifndef WEIR_TESTS_WORLD_H
#define WEIR_TESTS_WORLD_H

#include "unit/decide/said.h"
#include "unit/draw.h"

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

/* With more rules behind these, and whatever may follow rules: text, or "". */
static inline weir_ruleset *
make_rules(const char *more)
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
    weir_buf_puts(&yaml, more);
    weir_buf_putc(&yaml, '\0');
    weir_ruleset *rs = given_rules(yaml.p);
    weir_buf_fini(&yaml);
    return rs;
}

/* Posts ------------------------------------------------------------------------------------- */

#define MOST_TAGS 64u /* of the largest; others have up to three */
#define MOST_BYTES 96u

/* Takes a regex its whole budget, and so does whatever is left of it that is nearly as long. */
static const char runs_out[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/* A post and all that it points at, without an allocation. */
struct made {
    weir_post post;
    weir_span tags[MOST_TAGS], langs[1];
    weir_account mentions[2];
    char bytes[MOST_TAGS][MOST_BYTES], handle[MOST_BYTES], mention[2][MOST_BYTES], id[24];
};

static inline weir_span
print_to(char *at, const char *a, const char *b, uint32_t number)
{
    int n = snprintf(at, MOST_BYTES, "%s%s%u", a, b, number);

    return (weir_span){at, (size_t)n};
}

static inline void
make_post(struct made *m, bool largest)
{
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
    if (largest || draw(1000) == 0)
        m->tags[m->post.nhashtags > 0 ? 0 : m->post.nhashtags++] = span_of(runs_out);
    for (size_t i = 0; i < m->post.nmentions; i++)
        m->mentions[i] = (weir_account){.handle = print_to(m->mention[i], "m", "", draw(1000))};
}

/* Every eighth reposts, every eighth quotes, and half of what is reposted quotes. */
static inline const weir_post *
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

#endif
