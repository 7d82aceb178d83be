/*
 * Compiling rules, running their tests, and telling a person or a program what came of it.
 */
#include "cli/checking.h"

#include "cli/check_cost.h"
#include "cli/inputs.h"
#include "cli/ui.h"
#include "flow/clock.h"

#include <stdlib.h>
#include <unistd.h>

/* What is to be told of an order whose review nobody made: that it goes on all the same, or that it
   is dead. NULL: nothing. */
static const char *
say_of_review(const struct checking *c, uint32_t order)
{
    switch (weir_ruleset_order_review(c->rs, order, c->now_ms)) {
    case WEIR_REVIEW_OVERDUE:
        return "OVERDUE. Write its outcome as `confirmed` or `revoked`";
    case WEIR_REVIEW_LAPSED:
        return "it has lapsed (on_lapse: lift), and its rules do nothing. Write `confirmed` if it "
               "was approved, or `revoked`, which ends this note";
    default:
        return NULL;
    }
}

/* Message and place in `out` and the order; false: there is nothing to be told of its review. */
static bool
find_missed_review(const struct checking *c, uint32_t order, weir_buf *out, weir_diag *told)
{
    const char *say = say_of_review(c, order);
    weir_order_info o;
    char time[WEIR_TIME_MAX];

    if (!say)
        return false;
    weir_ruleset_order(c->rs, order, &o);
    (void)weir_time_format(o.review_by_ms, time);
    out->len = 0;
    weir_buf_printf(out, "order `%s`: review was due %s: %s", o.id, time, say);
    weir_buf_putc(out, '\0');
    if (out->failed)
        ui_no_memory();
    *told = (weir_diag){.severity = WEIR_NOTE, .message = out->p, .file = o.file, .line = o.line};
    return true;
}

static uint32_t
count_orders(const struct checking *c)
{
    return c->rs ? weir_ruleset_norders(c->rs) : 0;
}

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
put_object(const weir_diag *d, weir_buf *out)
{
    weir_buf_printf(out, "%s\n{\"severity\":\"%s\"", out->len > 1 ? "," : "",
                    severity_name(d->severity));
    put_text(out, "file", d->file);
    if (d->line)
        weir_buf_printf(out, ",\"line\":%u", d->line);
    if (d->line && d->column)
        weir_buf_printf(out, ",\"column\":%u,\"width\":%u", d->column, d->width);
    put_text(out, "message", d->message);
    put_text(out, "source", d->source);
    weir_buf_putc(out, '}');
}

static void
put_json(const struct checking *c, weir_buf *out)
{
    weir_buf text = {0};
    weir_diag missed;

    weir_buf_putc(out, '[');
    for (size_t i = 0; i < weir_diags_count(c->diags); i++)
        put_object(weir_diags_at(c->diags, i), out);
    for (uint32_t i = 0; i < count_orders(c); i++)
        if (find_missed_review(c, i, &text, &missed))
            put_object(&missed, out);
    weir_buf_puts(out, "\n]");
    weir_buf_fini(&text);
}

/* Where there may be more to tell, the messages are a member of an object. */
static void
put_all_json(const struct args *a, const struct checking *c, const weir_buf *more, weir_buf *out)
{
    bool object = a->cost || more;
    weir_buf messages = {0};

    put_json(c, &messages);
    if (object)
        weir_buf_puts(out, "{\"messages\":");
    weir_buf_put(out, (weir_span){messages.p, messages.len});
    if (a->cost && c->rs) {
        weir_buf_putc(out, ',');
        check_cost_json(c->rs, out);
    }
    if (more)
        weir_buf_put(out, (weir_span){more->p, more->len});
    weir_buf_puts(out, object ? "}\n" : "\n");
    out->failed = out->failed || messages.failed;
    weir_buf_fini(&messages);
}

static void
tell_missed_reviews(const struct checking *c)
{
    bool colour = ui_has_colour(STDERR_FILENO);
    weir_buf text = {0}, out = {0};
    weir_diag missed;

    for (uint32_t i = 0; i < count_orders(c); i++)
        if (find_missed_review(c, i, &text, &missed))
            weir_diag_format(&missed, colour, &out);
    ui_tell(&out);
    weir_buf_fini(&out);
    weir_buf_fini(&text);
}

static void
put_tests(const struct args *a, const struct checking *c, weir_buf *out)
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
count_severity(const weir_diags *diags, weir_severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < weir_diags_count(diags); i++)
        n += weir_diags_at(diags, i)->severity == severity;
    return n;
}

static size_t
count_notes(const struct checking *c)
{
    size_t n = count_severity(c->diags, WEIR_NOTE);

    for (uint32_t i = 0; i < count_orders(c); i++)
        n += say_of_review(c, i) != NULL;
    return n;
}

/* Notes only where there are any: hardly ever, and a script may know the line without. */
static void
put_verdict(const struct checking *c, weir_buf *out)
{
    size_t errors = weir_diags_errors(c->diags), notes = count_notes(c);
    size_t warnings = count_severity(c->diags, WEIR_WARNING);

    if (errors)
        ui_count(out, errors, "error, ", "errors, ");
    else
        weir_buf_puts(out, "no errors, ");
    if (warnings)
        ui_count(out, warnings, "warning", "warnings");
    else
        weir_buf_puts(out, "no warnings");
    if (notes) {
        weir_buf_puts(out, ", ");
        ui_count(out, notes, "note", "notes");
    }
    weir_buf_putc(out, '\n');
}

static void
put_result(const struct args *a, const struct checking *c, weir_buf *out)
{
    ui_count(out, c->nfiles, "file, ", "files, ");
    if (c->rs) {
        ui_count(out, weir_ruleset_nrules(c->rs), "rule, ", "rules, ");
        ui_count(out, weir_ruleset_norders(c->rs), "order, ", "orders, ");
        put_tests(a, c, out);
        weir_buf_printf(out, "; ruleset %.16s; ", weir_ruleset_digest(c->rs));
    }
    put_verdict(c, out);
}

static void
load(struct checking *c, const struct args *a, bool keep_sources)
{
    weir_load_options o = {.match_off = a->answer.match_off,
                           .keep_sources = keep_sources,
                           .warn_cost = a->cost,
                           .on_file = inputs_on_rule_file,
                           .on_file_arg = a->touched};

    c->st = weir_ruleset_load(c->rules.v, c->rules.n, &o, c->diags, &c->rs);
    if (c->st == WEIR_OK && !a->no_tests) {
        size_t before = weir_diags_errors(c->diags);

        c->st = weir_ruleset_test(c->rs, c->diags, &c->ntests);
        c->failed = weir_diags_errors(c->diags) - before;
    }
    if (c->st == WEIR_E_NOMEM)
        ui_no_memory();
}

/* Of rules that compile, the set knows; of others, as many as there seem to be. */
static size_t
count_files(const struct checking *c)
{
    struct strings files = {0};
    size_t n = 0;

    if (c->rs)
        return weir_ruleset_nfiles(c->rs);
    if (c->st != WEIR_E_IO && inputs_files(&c->rules, ".yaml", false, &files) == EXIT_DONE)
        n = files.n;
    inputs_files_free(&files);
    return n;
}

int
checking_load(struct checking *c, const struct args *a, const char *command, bool keep_sources)
{
    *c = (struct checking){.now_ms = clock_now_ms()};
    for (size_t i = 0; i < a->rules.n; i++)
        strings_add(&c->rules, a->rules.v[i]);
    for (size_t i = 0; i < a->plain.n; i++)
        strings_add(&c->rules, a->plain.v[i]);
    if (!c->rules.n)
        return args_bad(command, "no rules: name files or folders");
    c->diags = weir_diags_new();
    if (!c->diags)
        ui_no_memory();
    load(c, a, keep_sources);
    c->nfiles = count_files(c);
    return EXIT_DONE;
}

int
checking_report(const struct checking *c, const struct args *a, const weir_buf *more)
{
    weir_buf out = {0};

    if (a->json)
        put_all_json(a, c, more, &out);
    else {
        ui_diags(c->diags, a->quiet ? WEIR_ERROR : WEIR_NOTE);
        if (!a->quiet) {
            tell_missed_reviews(c);
        }
        if (a->cost && c->rs)
            check_cost_print(c->rs, !a->quiet, &out);
        if (!a->quiet) {
            put_result(a, c, &out);
            if (more)
                weir_buf_put(&out, (weir_span){more->p, more->len});
        }
    }
    int rc = ui_put(&out);
    weir_buf_fini(&out);
    if (c->st == WEIR_E_IO)
        return EXIT_IO;
    if (c->st != WEIR_OK || weir_diags_errors(c->diags))
        return EXIT_RULES;
    if (rc == EXIT_DONE && a->strict && count_severity(c->diags, WEIR_WARNING))
        return EXIT_FINDINGS;
    return rc;
}

void
checking_fini(struct checking *c)
{
    weir_ruleset_unref(c->rs);
    weir_diags_free(c->diags);
    free(c->rules.v);
    *c = (struct checking){0};
}
