/*
 * Patterns by what they cost, for a person or (JSON) for a program.
 *
 * Literals are what patterns are found by, not entries of rules: a person is told of fixed texts
 * that are looked for. Within a class those with the shortest come first: the shorter, the more
 * values hold it by chance.
 */
#include "cli/check_cost.h"

#include "cli/ui.h"

#include <stdlib.h>

/* Of those that a person is shown; --json has them all. */
#define LITERALS_SHOWN 4
#define RULES_SHOWN 3

struct costed {
    uint32_t pattern;
    weir_pattern_info info;
    size_t nliterals, shortest; /* bytes */
};

/* All of them, and their sums. */
struct cost {
    const weir_ruleset *rs;
    struct costed *patterns;
    size_t n;
    size_t of_class[WEIR_NPATTERN_CLASSES];
    size_t nliterals, nregexes, njit, memory;
};

static void
each_literal(const weir_ruleset *rs, uint32_t pattern, weir_pattern_literal_fn *f, void *arg)
{
    if (weir_ruleset_pattern_literals(rs, pattern, f, arg) != WEIR_OK)
        ui_no_memory();
}

static void
count_literal(void *arg, const weir_pattern_literal *l)
{
    struct costed *p = arg;

    if (!p->nliterals++ || l->text.len < p->shortest)
        p->shortest = l->text.len;
}

static int
dearest_first(const void *a, const void *b)
{
    const struct costed *x = a, *y = b;

    if (x->info.cls != y->info.cls)
        return x->info.cls > y->info.cls ? -1 : 1;
    if (x->shortest != y->shortest)
        return x->shortest < y->shortest ? -1 : 1;
    return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

static void
cost_init(struct cost *c, const weir_ruleset *rs)
{
    *c = (struct cost){.rs = rs, .n = weir_ruleset_npatterns(rs)};
    c->patterns = ui_alloc(c->n, sizeof *c->patterns);
    for (size_t i = 0; i < c->n; i++) {
        struct costed *p = &c->patterns[i];

        p->pattern = (uint32_t)i;
        weir_ruleset_pattern(rs, p->pattern, &p->info);
        each_literal(rs, p->pattern, count_literal, p);
        c->of_class[p->info.cls]++;
        c->nliterals += p->nliterals;
        /* words are none of PCRE2's */
        c->nregexes += p->info.is_regex && p->info.cls != WEIR_PATTERN_WORDS;
        c->njit += p->info.jit;
        c->memory += p->info.memory;
    }
    if (c->n)
        qsort(c->patterns, c->n, sizeof *c->patterns, dearest_first);
}

static void
put_written(const weir_pattern_info *p, weir_buf *out)
{
    if (p->is_regex)
        weir_buf_putc(out, '/');
    weir_buf_put(out, p->text);
    if (p->is_regex)
        weir_buf_puts(out, p->extended ? "/x" : "/");
}

/* For a person -------------------------------------------------------------------------------- */

struct listing {
    weir_buf *out;
    size_t n;
};

static void
put_literal(void *arg, const weir_pattern_literal *l)
{
    struct listing *list = arg;

    if (list->n++ >= LITERALS_SHOWN)
        return;
    weir_buf_puts(list->out, list->n > 1 ? ", " : " ");
    weir_buf_puts(list->out, l->at_start ? "" : "…");
    weir_buf_put(list->out, l->text);
    weir_buf_puts(list->out, l->at_end ? "" : "…");
}

static void
put_found_by(const weir_ruleset *rs, const struct costed *p, weir_buf *out)
{
    struct listing list = {out, 0};

    switch (p->info.cls) {
    case WEIR_PATTERN_LOOSE:
        weir_buf_puts(out, "has no fixed text to be found by");
        return;
    case WEIR_PATTERN_ALWAYS:
        weir_buf_puts(out, "is tried on everything by itself");
        return;
    case WEIR_PATTERN_WORDS:
        weir_buf_puts(out, p->nliterals ? "is looked up as" : "matches nothing");
        break;
    default:
        weir_buf_puts(out, "is found by");
    }
    each_literal(rs, p->pattern, put_literal, &list);
    if (list.n > LITERALS_SHOWN)
        weir_buf_printf(out, " and %zu more", list.n - LITERALS_SHOWN);
    if (p->info.certain && p->info.cls != WEIR_PATTERN_WORDS)
        weir_buf_puts(out, ", nothing to confirm");
}

static void
put_rules(const weir_ruleset *rs, uint32_t pattern, weir_buf *out)
{
    size_t n = 0;

    for (uint32_t r = weir_ruleset_pattern_rule(rs, pattern, 0); r != WEIR_NONE;
         r = weir_ruleset_pattern_rule(rs, pattern, r + 1)) {
        weir_rule_info rule;

        weir_ruleset_rule(rs, r, &rule);
        if (n++ < RULES_SHOWN)
            weir_buf_printf(out, "%s%s", n > 1 ? ", " : "", rule.id);
    }
    if (n > RULES_SHOWN)
        weir_buf_printf(out, " and %zu more", n - RULES_SHOWN);
}

static void
put_pattern(const weir_ruleset *rs, const struct costed *p, weir_buf *out)
{
    weir_buf_printf(out, "%-6s  %s:%u:%u  ", weir_pattern_class_name(p->info.cls), p->info.file,
                    p->info.line, p->info.column);
    put_written(&p->info, out);
    weir_buf_puts(out, "  ");
    put_found_by(rs, p, out);
    if (p->info.is_regex && !p->info.jit && p->info.cls != WEIR_PATTERN_WORDS)
        weir_buf_puts(out, ", no JIT code");
    weir_buf_puts(out, "  (");
    put_rules(rs, p->pattern, out);
    weir_buf_puts(out, ")\n");
}

static void
put_sum(const struct cost *c, weir_buf *out)
{
    ui_count(out, c->n, "glob or regex", "globs and regexes");
    for (int k = WEIR_NPATTERN_CLASSES - 1; k >= 0 && c->n; k--)
        weir_buf_printf(out, "%s %zu %s", k < WEIR_NPATTERN_CLASSES - 1 ? "," : ":", c->of_class[k],
                        weir_pattern_class_name((weir_pattern_class)k));
    if (c->nliterals) {
        weir_buf_puts(out, "; ");
        ui_count(out, c->nliterals, "fixed text is", "fixed texts are");
        weir_buf_puts(out, " looked for to find them");
    }
    if (c->nregexes)
        weir_buf_printf(out, "; %zu of %zu regexes with JIT code, %zu KiB in all", c->njit,
                        c->nregexes, (c->memory + 1023) / 1024);
    weir_buf_putc(out, '\n');
}

void
check_cost_print(const weir_ruleset *rs, bool with_sum, weir_buf *out)
{
    struct cost c;

    cost_init(&c, rs);
    for (size_t i = 0; i < c.n; i++)
        put_pattern(rs, &c.patterns[i], out);
    if (with_sum)
        put_sum(&c, out);
    free(c.patterns);
}

/* For a program ------------------------------------------------------------------------------- */

static void
put_literal_json(void *arg, const weir_pattern_literal *l)
{
    struct listing *list = arg;

    weir_buf_puts(list->out, list->n++ ? ",{\"text\":" : "{\"text\":");
    weir_buf_put_json(list->out, l->text);
    if (l->at_start)
        weir_buf_puts(list->out, ",\"at_start\":true");
    if (l->at_end)
        weir_buf_puts(list->out, ",\"at_end\":true");
    weir_buf_putc(list->out, '}');
}

static void
put_rules_json(const weir_ruleset *rs, uint32_t pattern, weir_buf *out)
{
    const char *before = "";

    for (uint32_t r = weir_ruleset_pattern_rule(rs, pattern, 0); r != WEIR_NONE;
         r = weir_ruleset_pattern_rule(rs, pattern, r + 1)) {
        weir_rule_info rule;

        weir_ruleset_rule(rs, r, &rule);
        weir_buf_printf(out, "%s{\"rule\":", before);
        ui_json(out, rule.id);
        weir_buf_puts(out, ",\"file\":");
        ui_json(out, rule.file);
        weir_buf_printf(out, ",\"line\":%u}", rule.line);
        before = ",";
    }
}

static void
put_pattern_json(const weir_ruleset *rs, const struct costed *p, weir_buf *out)
{
    struct listing list = {out, 0};
    weir_buf written = {0};

    put_written(&p->info, &written);
    weir_buf_printf(out, "{\"class\":\"%s\",\"selector\":\"%s\",\"pattern\":",
                    weir_pattern_class_name(p->info.cls), weir_selector_name(p->info.selector));
    weir_buf_put_json(out, (weir_span){written.p, written.len});
    out->failed = out->failed || written.failed;
    weir_buf_fini(&written);
    weir_buf_puts(out, ",\"file\":");
    ui_json(out, p->info.file);
    weir_buf_printf(out, ",\"line\":%u,\"column\":%u,\"looked_for\":[", p->info.line,
                    p->info.column);
    each_literal(rs, p->pattern, put_literal_json, &list);
    weir_buf_printf(out, "],\"certain\":%s", p->info.certain ? "true" : "false");
    if (p->info.is_regex)
        weir_buf_printf(out, ",\"jit\":%s,\"memory\":%zu", p->info.jit ? "true" : "false",
                        p->info.memory);
    weir_buf_puts(out, ",\"rules\":[");
    put_rules_json(rs, p->pattern, out);
    weir_buf_puts(out, "]}");
}

void
check_cost_json(const weir_ruleset *rs, weir_buf *out)
{
    struct cost c;

    cost_init(&c, rs);
    weir_buf_puts(out, "\"patterns\":[");
    for (size_t i = 0; i < c.n; i++) {
        weir_buf_puts(out, i ? ",\n" : "\n");
        put_pattern_json(rs, &c.patterns[i], out);
    }
    weir_buf_puts(out, "\n],\"cost\":{");
    for (int k = 0; k < WEIR_NPATTERN_CLASSES; k++)
        weir_buf_printf(out, "\"%s\":%zu,", weir_pattern_class_name((weir_pattern_class)k),
                        c.of_class[k]);
    weir_buf_printf(out, "\"looked_for\":%zu,\"regexes\":%zu,\"jit\":%zu,\"memory\":%zu}",
                    c.nliterals, c.nregexes, c.njit, c.memory);
    free(c.patterns);
}
