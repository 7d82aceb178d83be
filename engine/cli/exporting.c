/*
 * The library makes the lines; here is what they are made of, and how many they are.
 */
#include "cli/exporting.h"

#include "cli/ui.h"

static uint64_t
items_of(const weir_export *e)
{
    weir_export_counts counts;

    weir_export_count(e, &counts);
    return counts.items;
}

static bool
count(const weir_export *e, weir_status st, uint64_t before, uint64_t *n)
{
    if (st != WEIR_OK) {
        ui_say("%s", weir_status_text(st));
        return false;
    }
    *n = items_of(e) - before;
    return true;
}

bool
exporting_collect(weir_export *e, const weir_buf *parts, weir_buf *lines, uint64_t *n)
{
    uint64_t before = items_of(e);

    return count(e, weir_export_collect(e, (weir_span){parts->p, parts->len}, lines), before, n);
}

bool
exporting_finish(weir_export *e, weir_buf *lines, uint64_t *n)
{
    uint64_t before = items_of(e);

    return count(e, weir_export_finish(e, lines), before, n);
}

/* Options that would have no effect are refused. */
static int
check_usage(const struct run *r)
{
    const struct args *a = r->args;

    if (a->label_src && (!a->emits || a->emit != WEIR_EXPORT_ATPROTO))
        return args_bad(r->command, "--label-src goes with --emit atproto");
    if (!a->emits)
        return EXIT_DONE;
    if (a->resume)
        return args_bad(r->command, "--resume does not go with --emit: what was said before the "
                                    "run was stopped is known no more");
    if (a->answer.trace || a->answer.undecided != WEIR_UNDECIDED_REPORT)
        return args_bad(r->command, "--explain and --undecided are about records: they do not go "
                                    "with --emit");
    return EXIT_DONE;
}

int
exporting_begin(struct run *r, weir_ruleset *rs, weir_ruleset *old, weir_export **out)
{
    const struct args *a = r->args;
    weir_export_options o = {.kind = a->emit, .changes = old != NULL, .label_src = a->label_src};
    weir_buf why = {0};
    int rc = check_usage(r);

    *out = NULL;
    if (rc != EXIT_DONE || !a->emits)
        return rc;
    weir_status st = weir_export_new(&o, rs, old, &why, out);
    if (st == WEIR_E_NOMEM)
        ui_no_memory();
    if (st != WEIR_OK)
        rc = args_bad(r->command, "--label-src: %.*s", (int)why.len, why.p);
    weir_buf_fini(&why);
    r->exported = *out;
    return rc;
}
