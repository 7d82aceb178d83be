/*
 * Drawing rules: which tags they are made from, and how they are cut.
 */
#include "rules.h"

#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a workload draws: from the first 1/stems of the language, real tags first. The shorter what a
   pattern keeps, the more it matches; what came of these figures is in README.md. */
static const struct draw {
    const char *name, *about;
    size_t stems;
    double real; /* share drawn from the real tags, where there are any */
    size_t cut;  /* bytes that a pattern keeps of the tag it is made from; 0: literals alone */
    const char *variants[MAX_VARIANTS];
} draws[] = {
#define X(id, text, its_about) [WORKLOAD_##id] = {.name = text, .about = its_about, DRAW_##id},
#define DRAW_COLD .stems = 1, .real = 0.02, .cut = 9
#define DRAW_MIXED .stems = 4, .real = 0.10, .cut = 8
#define DRAW_DENSE .stems = 10, .real = 0.30, .cut = 7
#define DRAW_LITERALS .stems = 1, .real = 0.02
#define DRAW_REGIONS DRAW_COLD, .variants = {"1 region", "200 regions"}
#define DRAW_FACTORLESS DRAW_COLD, .variants = {"all have a literal", "500 have none"}
#define DRAW_GROWTH DRAW_COLD, .variants = {"100 rules", "all rules"}
    WORKLOADS(X)
#undef X
};

/* For printf's %.*s. */
#define S(s) (int)(s).len, (s).p

struct drawing {
    const struct language *l;
    const struct draw *how;
    struct random random, random_factorless;
    struct rules *out;
    uint8_t *taken; /* tags that are literals already, a bit each */
    size_t nfactorless;
};

const char *
workload_name(enum workload w)
{
    return draws[w].name;
}

const char *
workload_about(enum workload w)
{
    return draws[w].about;
}

size_t
workload_variants(enum workload w)
{
    return draws[w].variants[0] ? MAX_VARIANTS : 1;
}

const char *
variant_name(enum workload w, size_t variant)
{
    return draws[w].variants[variant] ? draws[w].variants[variant] : "";
}

bool
variants_agree(enum workload w)
{
    return w != WORKLOAD_FACTORLESS && w != WORKLOAD_GROWTH;
}

/* Characters --------------------------------------------------------------------------------- */

/* Offset of character n. */
static size_t
offset_of(weir_span s, size_t n)
{
    size_t at = 0;

    while (n-- > 0 && at < s.len)
        at += utf8_length(s.p[at]);
    return at;
}

static weir_span
cut(weir_span s, size_t from, size_t to)
{
    size_t a = offset_of(s, from), b = offset_of(s, to);

    return (weir_span){s.p + a, b - a};
}

static weir_span
keep_printed(struct drawing *d, const char *printed)
{
    return text_keep(&d->out->text, span_of_text(printed));
}

/* Drawing ------------------------------------------------------------------------------------ */

static size_t
draw_index(struct drawing *d)
{
    const struct language *l = d->l;

    if (l->nreal > 0 && random_unit(&d->random) < d->how->real)
        return random_below(&d->random, l->nreal);
    return random_below(&d->random, l->n / d->how->stems);
}

/* A tag that a pattern is cut from; without a number at its end, which too many tags share. */
struct stem {
    weir_span tag;
    size_t n;    /* characters */
    size_t keep; /* characters that the pattern keeps, at least; fewer than n */
};

static struct stem
draw_stem(struct drawing *d)
{
    for (;;) {
        struct stem s = {language_tag(d->l, draw_index(d)), 0, 0};

        while (s.tag.len > 0 && s.tag.p[s.tag.len - 1] >= '0' && s.tag.p[s.tag.len - 1] <= '9')
            s.tag.len--;
        for (size_t at = 0; at < s.tag.len; at += utf8_length(s.tag.p[at])) {
            s.n++;
            s.keep += at < d->how->cut;
        }
        if (s.n > 3 && s.n > s.keep)
            return s;
    }
}

static struct rule
draw_literal(struct drawing *d)
{
    for (;;) {
        size_t i = draw_index(d);

        if (!(d->taken[i / 8] & 1u << i % 8)) {
            d->taken[i / 8] |= (uint8_t)(1u << i % 8);
            weir_span tag = language_tag(d->l, i);
            return (struct rule){.kind = RULE_LITERAL, .text = tag, .witness = tag};
        }
    }
}

static struct rule
draw_prefix(struct drawing *d)
{
    struct stem s = draw_stem(d);
    size_t n = s.keep + random_below(&d->random, s.n - s.keep);

    return (struct rule){.kind = RULE_PREFIX, .text = cut(s.tag, 0, n), .witness = s.tag};
}

static struct rule
draw_glob(struct drawing *d)
{
    struct stem s = draw_stem(d);
    size_t gap = random_below(&d->random, s.n - s.keep) + 1, at;
    weir_span head, tail;
    char out[1024];

    switch (random_below(&d->random, 4)) {
    case 0: /* *tail */
        tail = cut(s.tag, s.n - s.keep, s.n);
        snprintf(out, sizeof out, "*%.*s", S(tail));
        break;
    case 1: /* *middle* */
        at = random_below(&d->random, s.n - s.keep + 1);
        head = cut(s.tag, at, at + s.keep);
        snprintf(out, sizeof out, "*%.*s*", S(head));
        break;
    case 2: /* he?d, one character left open */
        at = 1 + random_below(&d->random, s.n - 2);
        head = cut(s.tag, 0, at);
        tail = cut(s.tag, at + 1, s.n);
        snprintf(out, sizeof out, "%.*s?%.*s", S(head), S(tail));
        break;
    default: /* head*tail */
        at = s.keep / 2;
        head = cut(s.tag, 0, at);
        tail = cut(s.tag, at + gap, s.n);
        snprintf(out, sizeof out, "%.*s*%.*s", S(head), S(tail));
    }
    return (struct rule){.kind = RULE_GLOB, .text = keep_printed(d, out), .witness = s.tag};
}

/* Regexes ------------------------------------------------------------------------------------ */

/* As moderators write them: two halves with something between, plurals, years, spellings. All
   match the tag itself but the one that wants a number behind the head. */
static void
print_regex(struct drawing *d, struct stem s, char *out, size_t cap)
{
    struct random *r = &d->random;
    size_t at = 2 + random_below(r, s.n - 3);
    weir_span a = cut(s.tag, 0, at), b = cut(s.tag, at, s.n), c = cut(s.tag, at, at + 1),
              rest = cut(s.tag, at + 1, s.n), head = cut(s.tag, 0, s.keep);
    char vowel = "aeiou"[random_below(r, 5)];

    switch (random_below(r, 7)) {
    case 0:
        snprintf(out, cap, "^%.*s_?%.*s", S(a), S(b));
        break;
    case 1:
        snprintf(out, cap, "^%.*s.*%.*s$", S(a), S(rest));
        break;
    case 2:
        snprintf(out, cap, "%.*s(?:%.*s|%c)%.*s", S(a), S(c), vowel, S(rest));
        break;
    case 3:
        snprintf(out, cap, "^%.*s%.*s?%.*s(?:s|es)?$", S(a), S(c), S(rest));
        break;
    case 4:
        snprintf(out, cap, "%.*s[_%c0-9]?%.*s$", S(a), vowel, S(b));
        break;
    case 5:
        snprintf(out, cap, "%.*s$", S(cut(s.tag, s.n - s.keep, s.n)));
        break;
    default:
        snprintf(out, cap, "^(?:%.*s|%.*s%c)[0-9]*", S(s.tag), S(head), vowel);
    }
}

static struct rule
draw_regex(struct drawing *d)
{
    struct stem s = draw_stem(d);
    weir_span head = cut(s.tag, 0, s.keep);
    char out[2048];
    struct rule rule = {.kind = RULE_REGEX, .witness = s.tag};

    if (random_below(&d->random, 8) == 0) {
        snprintf(out, sizeof out, "%.*s2021", S(head));
        rule.witness = keep_printed(d, out);
        snprintf(out, sizeof out, "^%.*s[0-9]{1,4}$", S(head));
    } else {
        print_regex(d, s, out, sizeof out);
    }
    rule.text = keep_printed(d, out);
    return rule;
}

/* Three of the letters, distinct. */
static void
draw_class(struct drawing *d, const char *letters, char out[4])
{
    size_t n = strlen(letters), i = random_below(&d->random_factorless, n);

    for (size_t k = 0; k < 3; k++)
        out[k] = letters[(i + k * 2) % n];
    out[3] = '\0';
}

/* A regex whose matches share no literal. */
static struct rule
draw_factorless(struct drawing *d)
{
    char a[4], b[4], c[4], out[128], witness[64];

    draw_class(d, "bcdfghklmnprstvwz", a);
    draw_class(d, "aeiou", b);
    draw_class(d, "jqvwxyz", c);
    switch (random_below(&d->random_factorless, 3)) {
    case 0:
        snprintf(out, sizeof out, "^[%s][%s][0-9]{5,9}$", a, b);
        snprintf(witness, sizeof witness, "%c%c12345", a[1], b[1]);
        break;
    case 1:
        snprintf(out, sizeof out, "[%s][%s][%s][0-9][%s]$", c, c, a, c);
        snprintf(witness, sizeof witness, "la%c%c%c7%c", c[0], c[2], a[0], c[1]);
        break;
    default:
        snprintf(out, sizeof out, "^(?:[%s][%s]){2}[%s][0-9]{3}", a, b, c);
        snprintf(witness, sizeof witness, "%c%c%c%c%c123go", a[0], b[0], a[1], b[2], c[0]);
    }
    return (struct rule){
        .kind = RULE_REGEX, .text = keep_printed(d, out), .witness = keep_printed(d, witness)};
}

/* Rule sets ---------------------------------------------------------------------------------- */

/* Kinds come in blocks of 20: 17 literals, a prefix, a glob, a regex. Regexes without a literal are
   spread evenly; each takes the place of one that has, and leaves all others as they were. */
static struct rule
draw_rule(struct drawing *d, size_t i, size_t n)
{
    size_t in_block = i % 20, block = i / 20, nblocks = (n + 19) / 20;

    if (d->how->cut == 0 || in_block < 17)
        return draw_literal(d);
    if (in_block == 17)
        return draw_prefix(d);
    if (in_block == 18)
        return draw_glob(d);
    struct rule regex = draw_regex(d);
    if ((block + 1) * d->nfactorless / nblocks == block * d->nfactorless / nblocks)
        return regex;
    d->out->nfactorless++;
    return draw_factorless(d);
}

static void
draw_all(struct drawing *d)
{
    struct rules *r = d->out;

    for (size_t i = 0; i < r->n; i++) {
        r->v[i] = draw_rule(d, i, r->n);
        r->v[i].id = r->is_list ? 0 : (uint32_t)i;
        r->v[i].region = (uint16_t)(i % r->nregions);
        r->count[r->v[i].kind]++;
        r->nbytes += r->v[i].text.len;
    }
}

void
rules_make(struct rules *r, const struct language *l, enum workload w, size_t variant, size_t n,
           uint64_t seed)
{
    /* its rules are those that are measured as cold, too */
    enum workload as = w == WORKLOAD_GROWTH ? WORKLOAD_COLD : w;

    if (w == WORKLOAD_GROWTH && variant == 0 && n > 100)
        n = 100;
    struct drawing d = {.l = l,
                        .how = &draws[w],
                        .random = random_named(seed, workload_name(as)),
                        .random_factorless = random_named(seed, "factorless regexes"),
                        .out = r,
                        .taken = allocate(l->n / 8 + 1, 1),
                        .nfactorless = n / 2000};

    if (w == WORKLOAD_FACTORLESS)
        d.nfactorless = variant ? n / 200 : 0;
    *r = (struct rules){.v = allocate(n, sizeof *r->v),
                        .n = n,
                        .nregions = w == WORKLOAD_REGIONS && variant ? 200 : 1,
                        .is_list = w == WORKLOAD_LITERALS};
    draw_all(&d);
    free(d.taken);
}

/* Literals do not repeat: four of five tags may be taken before drawing takes long. */
size_t
rules_most(enum workload w, size_t ntags)
{
    return ntags / draws[w].stems * 4 / 5;
}

void
rules_fini(struct rules *r)
{
    free(r->v);
    text_fini(&r->text);
    memset(r, 0, sizeof *r);
}

/* For peers ---------------------------------------------------------------------------------- */

/* A `*` at an end only says that this end is not anchored. */
static void
put_glob(weir_span glob, weir_buf *out)
{
    bool open_head = glob.len > 0 && glob.p[0] == '*';
    bool open_tail = glob.len > 1 && glob.p[glob.len - 1] == '*';

    if (!open_head)
        weir_buf_putc(out, '^');
    for (size_t i = open_head; i < glob.len - open_tail; i++) {
        if (glob.p[i] == '*')
            weir_buf_puts(out, ".*");
        else
            weir_buf_putc(out, glob.p[i] == '?' ? '.' : glob.p[i]);
    }
    if (!open_tail)
        weir_buf_putc(out, '$');
}

void
rule_regex(const struct rule *r, weir_buf *out)
{
    switch (r->kind) {
    case RULE_LITERAL:
    case RULE_PREFIX:
        weir_buf_putc(out, '^');
        weir_buf_put(out, r->text);
        if (r->kind == RULE_LITERAL)
            weir_buf_putc(out, '$');
        break;
    case RULE_GLOB:
        put_glob(r->text, out);
        break;
    case RULE_REGEX:
        weir_buf_put(out, r->text);
    }
}
