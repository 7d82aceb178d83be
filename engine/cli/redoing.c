/*
 * Redoing a journal: which rules, which feed, and the steps between.
 */
#include "cli/redoing.h"

#include "cli/inputs.h"
#include "cli/naming.h"
#include "cli/run.h"
#include "cli/ui.h"
#include "flow/said.h"

#include <stdlib.h>
#include <string.h>

/* Rules -------------------------------------------------------------------------------------- */

/* With --rules, one for all that the journal names. */
static int
load_one(struct redoing *r)
{
    struct past *p = &r->redo.past;
    weir_ruleset *rs;
    int rc = inputs_rules(r->args, "verify", &rs);

    if (rc != EXIT_DONE)
        return rc;
    for (size_t i = 0; i < p->nsets; i++)
        p->sets[i].rs = weir_ruleset_ref(rs);
    weir_ruleset_unref(rs);
    r->rs = rs;
    r->redo.job.any_rules = true;
    return EXIT_DONE;
}

/* Each from the store. What only records name was never in force, unless by entries that are
   retired. */
static int
load_each(struct redoing *r)
{
    struct past *p = &r->redo.past;
    int rc = EXIT_DONE;

    for (size_t i = 0; i < p->nsets && rc == EXIT_DONE; i++) {
        struct args one = *r->args;
        const char *digest = p->sets[i].digest;

        one.rules = (struct strings){.v = &digest, .n = 1};
        if (p->sets[i].announced || p->cut)
            rc = inputs_rules(&one, "verify", &p->sets[i].rs);
    }
    return rc;
}

static int
load(struct redoing *r)
{
    return r->args->rules.n ? load_one(r) : load_each(r);
}

/* Filters ------------------------------------------------------------------------------------ */

static bool
has_filters(const struct args *a)
{
    return a->only || a->region != WEIR_REGION_NONE || a->by_rule.n || a->by_order.n ||
           a->since_ms != INT64_MIN || a->until_ms != INT64_MAX;
}

/* Names of rules are looked for in the sets that are there. */
static int
name(struct redoing *r)
{
    const struct past *p = &r->redo.past;
    weir_ruleset **sets = ui_alloc(p->nsets + 1, sizeof *sets);
    bool **named = ui_alloc(p->nsets + 1, sizeof *named);
    size_t n = 0;

    for (size_t i = 0; i < p->nsets; i++)
        if (p->sets[i].rs)
            sets[n++] = p->sets[i].rs;
    int rc = naming_rules(r->args, "verify", sets, n, named);
    n = 0;
    for (size_t i = 0; i < p->nsets; i++)
        r->named[i] = p->sets[i].rs ? named[n++] : NULL;
    free(sets);
    free(named);
    return rc;
}

/* What a replay did not choose has no record, and misses none. */
static int
pick(struct redoing *r)
{
    const struct args *a = r->args;
    size_t n = r->redo.past.nsets;

    if (!has_filters(a))
        return EXIT_DONE;
    r->picks = ui_alloc(n + 1, sizeof *r->picks);
    r->named = ui_alloc(n + 1, sizeof *r->named);
    int rc = name(r);
    for (size_t i = 0; i < n; i++)
        r->picks[i] =
            (struct pick){.actions = a->only,
                          .region = a->region,
                          .rules = r->named[i],
                          .since_ms = a->since_ms,
                          .until_ms = a->until_ms,
                          .has_times = a->since_ms != INT64_MIN || a->until_ms != INT64_MAX};
    r->redo.job.picks = r->picks;
    return rc;
}

/* The feed ----------------------------------------------------------------------------------- */

static int
read_feed(struct redoing *r)
{
    const struct past *p = &r->redo.past;
    struct args a = *r->args;
    struct run run = {.command = "verify",
                      .args = &a,
                      .notes = redo_notes(&r->redo),
                      .on_facts = redo_take,
                      .arg = &r->redo,
                      .untold = true};

    a.plain = (struct strings){.v = NULL};
    for (size_t i = 0; i < r->args->redo.n; i++)
        strings_add(&a.plain, r->args->redo.v[i]);
    for (size_t i = 1; i < r->args->plain.n; i++)
        strings_add(&a.plain, r->args->plain.v[i]);
    /* of what use a post is that has no time: the reader asks */
    a.answer.clock = p->has_created && !p->has_other ? ANSWER_CREATED : ANSWER_NOW;
    int rc = inputs_handles(r->args, &run.handles);
    if (rc == EXIT_DONE)
        rc = run_feeds(&run);
    weir_handles_free(run.handles);
    free(a.plain.v);
    if (r->redo.nomem)
        ui_no_memory();
    return rc;
}

/* Steps -------------------------------------------------------------------------------------- */

bool
redoing_differs(const struct redoing *r)
{
    const struct redo_counts *n = &r->redo.counts;

    return n->different || n->missing || (n->unexplained && !r->args->part) ||
           r->redo.entries.malformed || r->redo.past.mixed;
}

static int
settle(struct redoing *r)
{
    if (redo_settle(&r->redo))
        return redoing_differs(r) ? EXIT_FINDINGS : EXIT_DONE;
    if (r->redo.nomem)
        ui_no_memory();
    ui_say("%s", said_text(&r->redo.why));
    return EXIT_IO;
}

static int
tell(struct redoing *r, const weir_journal_proof *p, weir_buf *out, int rc)
{
    bool good = r->args->json ? redoing_put_json(r, out) : redoing_put(r, p, out);

    if (!good)
        return EXIT_IO;
    int put = r->args->json ? EXIT_DONE : ui_put(out);
    return put == EXIT_DONE ? rc : put;
}

/* As soon as it is known: what follows may fail. */
static int
tell_before(const struct redoing *r, void (*put)(const struct redoing *r, weir_buf *out),
            weir_buf *out)
{
    if (r->args->json || r->args->quiet)
        return EXIT_DONE;
    put(r, out);
    return out->len ? ui_put(out) : EXIT_DONE;
}

static int
redo(void *arg, const weir_journal_proof *p, weir_buf *out)
{
    struct redoing *r = arg;
    int rc = tell_before(r, redoing_put_versions, out);

    if (rc == EXIT_DONE)
        rc = load(r);
    if (rc == EXIT_DONE)
        rc = pick(r);
    if (rc == EXIT_DONE && !redo_prepare(&r->redo))
        ui_no_memory();
    if (rc == EXIT_DONE)
        rc = tell_before(r, redoing_put_rules, out);
    if (rc == EXIT_DONE)
        rc = read_feed(r);
    if (rc == EXIT_DONE)
        rc = settle(r);
    if (rc >= EXIT_USAGE || (!r->args->json && r->args->quiet && rc == EXIT_DONE))
        return rc;
    return tell(r, p, out, rc);
}

static bool
visit(const weir_journal_entry *entry, void *arg)
{
    struct redoing *r = arg;

    if (!redo_visit(entry, &r->redo))
        ui_no_memory();
    return true;
}

/* Usage -------------------------------------------------------------------------------------- */

static int
check(const struct args *a)
{
    bool any = a->rules.n || a->store || a->part || a->journal_all || a->handles || a->owner ||
               a->answer.max_line || a->threads || a->answer.tags != WEIR_TAGS_STRUCTURED ||
               a->answer.match_off || has_filters(a);

    if (!a->redo.n && any)
        return args_bad("verify", "options about rules and feeds need --redo FEED");
    if (a->redo.n && !a->rules.n && !a->store)
        return args_bad("verify", "--redo needs the rules: --store DIR, where `serve --store` kept "
                                  "them, or --rules PATH");
    return EXIT_DONE;
}

int
redoing_begin(struct redoing *r, const struct args *a, struct verifying *v)
{
    int rc = check(a);

    if (rc != EXIT_DONE || !a->redo.n)
        return rc;
    r->args = a;
    redo_init(&r->redo, v->dir);
    r->redo.past.all = a->journal_all;
    r->redo.job.match_off = a->answer.match_off;
    v->visit = visit;
    v->then = redo;
    v->arg = r;
    return EXIT_DONE;
}

void
redoing_end(struct redoing *r)
{
    if (!r->args)
        return;
    for (size_t i = 0; r->named && i < r->redo.past.nsets; i++)
        free(r->named[i]);
    free(r->named);
    free(r->picks);
    redo_fini(&r->redo);
}
