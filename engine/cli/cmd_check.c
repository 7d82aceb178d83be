/*
 * tagweir check: everything that is wrong with rules, in one run.
 */
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/ui.h"

#include <stdlib.h>

struct checked {
    weir_diags *diags;
    weir_ruleset *rs; /* NULL: they do not compile */
    weir_status st;
    size_t nfiles, ntests, failed;
};

static void
put_text(weir_buf *out, const char *key, const char *text)
{
    if (!text)
        return;
    weir_buf_printf(out, ",\"%s\":", key);
    ui_json(out, text);
}

static const char *
severity_name(weir_severity s)
{
    return s == WEIR_ERROR ? "error" : s == WEIR_WARNING ? "warning" : "note";
}

static void
put_json(const weir_diags *diags, weir_buf *out)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < weir_diags_count(diags); i++) {
        const weir_diag *d = weir_diags_at(diags, i);

        weir_buf_printf(out, "%s\n{\"severity\":\"%s\"", i ? "," : "", severity_name(d->severity));
        put_text(out, "file", d->file);
        if (d->line)
            weir_buf_printf(out, ",\"line\":%u", d->line);
        if (d->line && d->column)
            weir_buf_printf(out, ",\"column\":%u,\"width\":%u", d->column, d->width);
        put_text(out, "message", d->message);
        put_text(out, "source", d->source);
        weir_buf_putc(out, '}');
    }
    weir_buf_puts(out, "\n]\n");
}

static void
put_tests(const struct args *a, const struct checked *c, weir_buf *out)
{
    if (a->no_tests)
        weir_buf_puts(out, "tests not run");
    else if (c->failed) {
        weir_buf_printf(out, "%zu of ", c->failed);
        ui_count(out, c->ntests, "test failed", "tests failed");
    } else if (!c->ntests)
        weir_buf_puts(out, "no tests");
    else
        ui_count(out, c->ntests, "test passed", "tests passed");
}

static size_t
count_warnings(const weir_diags *diags)
{
    size_t n = 0;

    for (size_t i = 0; i < weir_diags_count(diags); i++)
        n += weir_diags_at(diags, i)->severity == WEIR_WARNING;
    return n;
}

static void
put_result(const struct args *a, const struct checked *c, weir_buf *out)
{
    size_t errors = weir_diags_errors(c->diags), warnings = count_warnings(c->diags);

    ui_count(out, c->nfiles, "file, ", "files, ");
    if (c->rs) {
        ui_count(out, weir_ruleset_nrules(c->rs), "rule, ", "rules, ");
        ui_count(out, weir_ruleset_norders(c->rs), "order, ", "orders, ");
        put_tests(a, c, out);
        weir_buf_printf(out, "; ruleset %.16s; ", weir_ruleset_digest(c->rs));
    }
    if (errors)
        ui_count(out, errors, "error, ", "errors, ");
    else
        weir_buf_puts(out, "no errors, ");
    if (warnings)
        ui_count(out, warnings, "warning\n", "warnings\n");
    else
        weir_buf_puts(out, "no warnings\n");
}

static void
load(const struct args *a, struct checked *c)
{
    weir_load_options o = {.no_jit = a->no_jit};

    c->st = weir_ruleset_load(a->rules.v, a->rules.n, &o, c->diags, &c->rs);
    if (c->st == WEIR_OK && !a->no_tests) {
        size_t before = weir_diags_errors(c->diags);

        c->st = weir_ruleset_test(c->rs, c->diags, &c->ntests);
        c->failed = weir_diags_errors(c->diags) - before;
    }
    if (c->st == WEIR_E_NOMEM)
        ui_no_memory();
}

static int
report(const struct args *a, const struct checked *c)
{
    weir_buf out = {0};

    if (a->json)
        put_json(c->diags, &out);
    else {
        ui_diags(c->diags, a->quiet ? WEIR_ERROR : WEIR_NOTE);
        if (!a->quiet)
            put_result(a, c, &out);
    }
    int rc = ui_put(&out);
    weir_buf_fini(&out);
    if (c->st == WEIR_E_IO)
        return EXIT_IO;
    if (c->st != WEIR_OK || weir_diags_errors(c->diags))
        return EXIT_RULES;
    if (rc == EXIT_DONE && a->strict && count_warnings(c->diags))
        return EXIT_FINDINGS;
    return rc;
}

static int
check(const struct args *a)
{
    struct checked c = {0};
    struct args all = *a; /* with a list of its own */
    struct strings files = {0};

    all.rules = (struct strings){0};
    for (size_t i = 0; i < a->rules.n; i++)
        strings_add(&all.rules, a->rules.v[i]);
    for (size_t i = 0; i < a->plain.n; i++)
        strings_add(&all.rules, a->plain.v[i]);
    if (!all.rules.n)
        return args_bad("check", "no rules: name files or folders");
    c.diags = weir_diags_new();
    if (!c.diags)
        ui_no_memory();
    load(&all, &c);
    if (c.st != WEIR_E_IO && inputs_files(&all.rules, ".yaml", &files) == EXIT_DONE)
        c.nfiles = files.n;
    int rc = report(a, &c);
    inputs_files_free(&files);
    weir_ruleset_unref(c.rs);
    weir_diags_free(c.diags);
    free(all.rules.v);
    return rc;
}

const struct command command_check = {
    .name = "check",
    .usage = "[OPTION]… RULES…",
    .does = "Compile rules, look for mistakes in them, and run the tests that they carry.",
    .more =
        "All that is wrong is said in one run, on standard error, with its place. A folder\n"
        "stands for every *.yaml below it. The exit code is 3 when there is an error, and with\n"
        "--strict 1 when there are warnings alone.",
    .options = OPT_BIT(RULES) | OPT_BIT(STRICT) | OPT_BIT(NO_TESTS) | OPT_BIT(NO_JIT) |
               OPT_BIT(JSON) | OPT_BIT(QUIET) | OPT_BIT(HELP),
    .plain = "RULES",
    .run = check,
};
