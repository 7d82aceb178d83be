/*
 * Tables.
 */
#include "report.h"

#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One contest -------------------------------------------------------------------------------- */

/* As told by whoever was given the most tags. */
static double
hits_of_all(const struct results *all, size_t first)
{
    const struct result *most = &all->v[first];

    for (size_t i = first; i < all->n; i++)
        if (all->v[i].timing.ntokens > most->timing.ntokens && all->v[i].variant == 0)
            most = &all->v[i];
    return most->hits;
}

static void
print_head(const struct results *all, size_t first, const struct rules *rules)
{
    const struct result *r = &all->v[first];
    char n[32], literals[32], tokens[32], pairs[32];

    printf("\n%s, %s rules: %s literals, %zu prefixes, %zu globs, %zu regexes (%zu of them without "
           "a literal)\n",
           workload_name(r->workload), grouped(r->nrules, n),
           grouped(rules->count[RULE_LITERAL], literals), rules->count[RULE_PREFIX],
           rules->count[RULE_GLOB], rules->count[RULE_REGEX], rules->nfactorless);
    if (r->stream == STREAM_NONE)
        printf("compiled only");
    else
        printf("%s: %s tags, %.2g rules match a tag on average", stream_name(r->stream),
               grouped(r->stream_tokens, tokens), hits_of_all(all, first));
    if (all->n - first > 1)
        printf("; all agree on %s pairs of tag and rule\n", grouped(r->npairs, pairs));
    else
        printf("; there was nobody to agree with\n");
}

static void
print_row(const struct result *r)
{
    struct spread ns = samples_spread(&r->timing.ns), first = samples_spread(&r->timing.first);
    char name[160], a[32], b[32], c[32], d[32], e[32], heap[32], resident[32];
    const char *variant = variant_name(r->workload, r->variant);

    snprintf(name, sizeof name, "%s%s%s", r->engine->title, *variant ? ": " : "", variant);
    printf("  %-46s", name);
    if (r->timing.ns.n == 0)
        printf(" %9s %25s %9s", "not timed", "", "");
    else
        printf(" %9s (%10s .. %9s) %9s", figure(ns.median, a), figure(ns.min, b), figure(ns.max, c),
               grouped(r->timing.ntokens, d));
    printf(" %9s %8.3f s %8.3f s %9s %9s", grouped(r->timing.nchecked, e), r->compile_s.median,
           r->load_s.median, megabytes(r->heap, heap), megabytes(r->resident, resident));
    if (first.median > 0)
        printf("  on first sight %s ns", figure(first.median, a));
    if (r->has_classes)
        printf("\n  %-46s keys: %zu; patterns: %zu edge, %zu factor, %zu loose", "",
               r->classes.literal, r->classes.prefix, r->classes.factor, r->classes.factorless);
    putchar('\n');
}

/* Those that were not made stand right before the first contest of their rules. */
static void
print_missing(const struct results *all, size_t first)
{
    size_t from = first;

    while (from > 0 && all->v[from - 1].missing[0])
        from--;
    for (size_t i = from; i < first; i++)
        if (all->v[i].variant == 0)
            printf("  %-46s %s\n", all->v[i].engine->title, all->v[i].missing);
}

void
report_contest(const struct run *run, const struct rules *rules, size_t first)
{
    const struct results *all = &run->results;

    print_head(all, first, rules);
    printf("  %-46s %9s %25s %9s %9s %10s %10s %9s %9s\n", "", "ns a tag",
           "(fastest .. slowest round)", "in tags", "compared", "compile", "load", "heap",
           "resident");
    for (size_t i = first; i < all->n; i++)
        print_row(&all->v[i]);
    print_missing(all, first);
    fflush(stdout);
}

void
report_folding(const struct folding f[NFOLDINGS])
{
    char a[32], n[32];

    printf("\nFolding a tag into its key, which is in none of these times:\n");
    for (size_t i = 0; i < NFOLDINGS; i++)
        printf("  %-46s %8s ns (%s tags)\n", f[i].of, figure(f[i].ns.median, a),
               grouped(f[i].ntags, n));
}

/* Summary ------------------------------------------------------------------------------------ */

/* "44.1 | 72.0": zipf, unique. */
static void
print_cell(const struct results *r, enum workload w, size_t nrules, const struct engine *e)
{
    char text[64] = "", number[32];
    bool any = false;

    for (size_t s = STREAM_ZIPF; s <= STREAM_UNIQUE; s++) {
        const struct result *at = results_find(r, w, 0, nrules, (enum stream)s, e);
        double ns = at && !at->missing[0] ? samples_spread(&at->timing.ns).median : 0;

        any |= ns > 0;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", s ? " | " : "",
                 figure(ns, number));
    }
    printf(" %19s", any ? text : "");
}

static size_t
sizes_of(const struct results *r, enum workload w, size_t sizes[16])
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        bool known = r->v[i].workload != w || r->v[i].stream > STREAM_UNIQUE;

        for (size_t k = 0; k < n; k++)
            known |= sizes[k] == r->v[i].nrules;
        if (!known && n < 16)
            sizes[n++] = r->v[i].nrules;
    }
    return n;
}

void
report_summary(const struct results *r)
{
    char number[32];

    for (size_t w = WORKLOAD_COLD; w <= WORKLOAD_DENSE; w++) {
        size_t sizes[16], n = sizes_of(r, (enum workload)w, sizes);

        if (n < 2)
            continue;
        printf("\n%s: ns a tag, zipf | unique\n  %-46s", workload_name((enum workload)w), "rules");
        for (size_t k = 0; k < n; k++)
            printf(" %19s", grouped(sizes[k], number));
        putchar('\n');
        for (size_t e = 0; e < nengines; e++) {
            if (engines[e]->absent)
                continue;
            printf("  %-46s", engines[e]->title);
            for (size_t k = 0; k < n; k++)
                print_cell(r, (enum workload)w, sizes[k], engines[e]);
            putchar('\n');
        }
    }
}

/* What there is ------------------------------------------------------------------------------ */

void
report_list(void)
{
    printf("Engines (--engines):\n");
    for (size_t i = 0; i < nengines; i++)
        printf("  %-20s %s%s%s\n", engines[i]->name, engines[i]->absent ? "absent: " : "",
               engines[i]->absent ? engines[i]->absent : engines[i]->about, "");
    printf("\nWorkloads (--workload):\n");
    for (size_t w = 0; w < NWORKLOADS; w++)
        printf("  %-20s %s\n", workload_name((enum workload)w), workload_about((enum workload)w));
    printf("\nStreams (--tokens):\n");
    for (size_t s = 0; s < NSTREAMS; s++)
        printf("  %-20s %s\n", stream_name((enum stream)s), stream_about((enum stream)s));
    printf("\nGoals (--require):\n");
    targets_print(goal_target);
}
