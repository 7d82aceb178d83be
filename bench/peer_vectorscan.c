/*
 * Peers on Vectorscan (Hyperscan's interface): for patterns beside a hash table for literals, or
 * for everything; a call for each token, or 1,024 tokens in one text.
 *
 * Patterns are written in two ways. With anchors, as one writes them first. Framed: tokens stand
 * between newlines anyway, so `^abc$` may as well be `\nabc\n`, which takes a fraction of the time
 * to compile and, where there are many, to find. Neither needs PCRE2 to confirm: the rules keep to
 * what both take to mean the same, and no match reaches over a newline.
 */
#include "engine.h"
#include "literals.h"

enum {
    EVERYTHING = 1, /* literals too */
    A_CALL = 2,     /* for each token */
    FRAMED = 4
};

/* name in C, name, title, about, how, most rules: beyond, compiling takes minutes */
#define SCANNERS(X)                                                                                \
    X(hash_call, "hash-hs-call", "hash + Vectorscan, a call a token",                              \
      "XXH3 and open addressing for literals, anchored patterns", A_CALL, 0)                       \
    X(hash_joined, "hash-hs-joined", "hash + Vectorscan, 1,024 tokens joined",                     \
      "the same, fewer and longer scans", 0, 0)                                                    \
    X(joined, "hs-joined", "Vectorscan for everything, joined", "literals are patterns too",       \
      EVERYTHING, 10000)                                                                           \
    X(hash_call_framed, "hash-hs-call-framed", "hash + Vectorscan, a call a token, framed",        \
      "as hash-hs-call, newlines for anchors", A_CALL | FRAMED, 0)                                 \
    X(hash_framed, "hash-hs-framed", "hash + Vectorscan, joined, framed",                          \
      "as hash-hs-joined, newlines for anchors", FRAMED, 0)                                        \
    X(framed, "hs-framed", "Vectorscan for everything, joined, framed",                            \
      "as hs-joined, newlines for anchors", EVERYTHING | FRAMED, 100000)

#ifndef BENCH_VECTORSCAN

#define X(id, its_name, its_title, its_about, how, most)                                           \
    const struct engine engine_hs_##id = {.name = its_name,                                        \
                                          .title = its_title,                                      \
                                          .about = its_about,                                      \
                                          .absent = "built without Vectorscan"};
SCANNERS(X)
#undef X

#else

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOINED 1024

struct scanner {
    hs_database_t *db;
    hs_scratch_t *scratch;
    struct literals *literals; /* NULL: the scanner does them */
    uint32_t *ids;             /* of the rules, by pattern */
    uint64_t *seen;            /* by pattern: serial number of the last token it matched */
    uint64_t serial;           /* of the first token of the call */
    unsigned how;
    /* of the scan that is under way */
    const weir_span *tokens;
    size_t first, at; /* token that the text begins with; that was matched last */
    hit_fn hit;
    void *arg;
};

static void
scanner_free(void *context)
{
    struct scanner *s = context;

    hs_free_scratch(s->scratch);
    hs_free_database(s->db);
    literals_free(s->literals);
    free(s->ids);
    free(s->seen);
    free(s);
}

/* Patterns ----------------------------------------------------------------------------------- */

struct patterns {
    char **text;
    unsigned *flags, *numbers;
    size_t n;
};

static char *
pattern_text(const struct rule *r, bool framed)
{
    weir_buf regex = {0}, out = {0};

    rule_regex(r, &regex);
    weir_span s = span_of_out(&regex);
    bool head = framed && s.p[0] == '^', tail = framed && s.p[s.len - 1] == '$';

    weir_buf_puts(&out, head ? "\\n" : "");
    weir_buf_put(&out, (weir_span){s.p + head, s.len - head - tail});
    weir_buf_puts(&out, tail ? "\\n" : "");
    weir_buf_putc(&out, '\0');
    weir_buf_fini(&regex);
    return out.p;
}

static void
patterns_init(struct patterns *p, struct scanner *s, const struct rules *rules)
{
    unsigned anchors = s->how & FRAMED ? 0 : HS_FLAG_MULTILINE;
    unsigned flags = HS_FLAG_UTF8 | (s->how & A_CALL ? HS_FLAG_SINGLEMATCH : anchors);

    *p =
        (struct patterns){allocate(rules->n, sizeof *p->text), allocate(rules->n, sizeof *p->flags),
                          allocate(rules->n, sizeof *p->numbers), 0};
    s->ids = allocate(rules->n, sizeof *s->ids);
    for (size_t i = 0; i < rules->n; i++) {
        if (rules->v[i].kind == RULE_LITERAL && !(s->how & EVERYTHING))
            continue;
        p->text[p->n] = pattern_text(&rules->v[i], s->how & FRAMED);
        p->flags[p->n] = flags;
        p->numbers[p->n] = (unsigned)p->n;
        s->ids[p->n++] = rules->v[i].id;
    }
    s->seen = allocate(p->n, sizeof *s->seen);
    s->serial = 1;
}

static void
patterns_fini(struct patterns *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->text[i]);
    free(p->text);
    free(p->flags);
    free(p->numbers);
}

static bool
compile_patterns(struct scanner *s, const struct patterns *p, struct compiled *out)
{
    hs_compile_error_t *error = NULL;

    if (p->n == 0)
        return true; /* Vectorscan takes no empty set */
    if (hs_compile_multi((const char *const *)p->text, p->flags, p->numbers, (unsigned)p->n,
                         HS_MODE_BLOCK, NULL, &s->db, &error) != HS_SUCCESS) {
        const char *which = error->expression >= 0 ? p->text[error->expression] : "all patterns";
        snprintf(out->why, sizeof out->why, "Vectorscan: %s: %s", which, error->message);
        hs_free_compile_error(error);
        return false;
    }
    return hs_alloc_scratch(s->db, &s->scratch) == HS_SUCCESS;
}

static void
scanner_compile(const struct rules *rules, unsigned how, struct compiled *out)
{
    struct scanner *s = allocate(1, sizeof *s);
    struct patterns p;

    s->how = how;
    patterns_init(&p, s, rules);
    double start = thread_seconds();
    if (!(how & EVERYTHING))
        s->literals = literals_new(rules);
    bool good = compile_patterns(s, &p, out);
    out->seconds = thread_seconds() - start;
    patterns_fini(&p);
    if (good)
        out->context = s;
    else
        scanner_free(s);
}

/* Matching ----------------------------------------------------------------------------------- */

/* A pattern may end at several places of a token, which counts once. */
static int
found(unsigned pattern, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    struct scanner *s = arg;
    const char *last = s->tokens[s->first].p - 1 + to - 1; /* byte of the match */

    (void)from;
    (void)flags;
    while (last > s->tokens[s->at].p + s->tokens[s->at].len)
        s->at++;
    while (last < s->tokens[s->at].p)
        s->at--;
    if (s->seen[pattern] != s->serial + s->at) {
        s->seen[pattern] = s->serial + s->at;
        s->hit(s->arg, (uint32_t)s->at, s->ids[pattern]);
    }
    return 0;
}

/* From the newline before the first token to that behind the last. */
static void
scan(struct scanner *s, size_t first, size_t end)
{
    const char *text = s->tokens[first].p - 1;
    const char *text_end = s->tokens[end - 1].p + s->tokens[end - 1].len + 1;

    s->first = s->at = first;
    hs_scan(s->db, text, (unsigned)(text_end - text), 0, s->scratch, found, s);
}

static int
found_in_one(unsigned pattern, unsigned long long from, unsigned long long to, unsigned flags,
             void *arg)
{
    const struct scanner *s = arg;

    (void)from;
    (void)to;
    (void)flags;
    s->hit(s->arg, (uint32_t)s->at, s->ids[pattern]);
    return 0;
}

static void
scan_one(struct scanner *s, size_t i)
{
    unsigned frame = s->how & FRAMED ? 1 : 0;

    s->at = i;
    hs_scan(s->db, s->tokens[i].p - frame, (unsigned)s->tokens[i].len + 2 * frame, 0, s->scratch,
            found_in_one, s);
}

static void
scanner_match(void *context, const weir_span *tokens, size_t n, hit_fn hit, void *arg)
{
    struct scanner *s = context;

    s->tokens = tokens;
    s->hit = hit;
    s->arg = arg;
    if (s->literals)
        literals_match(s->literals, tokens, n, hit, arg);
    if (s->db && s->how & A_CALL)
        for (size_t i = 0; i < n; i++)
            scan_one(s, i);
    else if (s->db)
        for (size_t i = 0; i < n; i += JOINED)
            scan(s, i, n - i < JOINED ? n : i + JOINED);
    s->serial += n;
}

static const char *
scanner_version(void)
{
    static char version[64];

    snprintf(version, sizeof version, "Vectorscan %.48s", hs_version());
    return version;
}

#define X(id, its_name, its_title, its_about, how, most)                                           \
    static void compile_##id(const struct rules *rules, struct compiled *out)                      \
    {                                                                                              \
        scanner_compile(rules, how, out);                                                          \
    }                                                                                              \
    const struct engine engine_hs_##id = {.name = its_name,                                        \
                                          .title = its_title,                                      \
                                          .about = its_about,                                      \
                                          .version = scanner_version,                              \
                                          .most_rules = most,                                      \
                                          .compile = compile_##id,                                 \
                                          .match = scanner_match,                                  \
                                          .free = scanner_free};
SCANNERS(X)
#undef X

#endif
