/*
 * Reading requirements, and telling what became of them.
 */
#include "requirement.h"

#include "json_put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
operator_of(const struct target *t)
{
    return t->at_most ? "<=" : ">=";
}

/* Reading ------------------------------------------------------------------------------------ */

static bool
set_bound(struct requirement *q, const char *op, char *why, size_t cap)
{
    const char *wanted = operator_of(q->target);
    char *end;

    q->bound = q->target->least;
    if (!*op)
        return true;
    if (strncmp(op, wanted, 2) != 0) {
        snprintf(why, cap, "%s is a goal that must be %s something", q->target->id, wanted);
        return false;
    }
    q->bound = strtod(op + 2, &end);
    if (end == op + 2 || *end || !(q->bound > 0)) {
        snprintf(why, cap, "\"%s\" is no number to compare with", op + 2);
        return false;
    }
    return true;
}

/* "M3b" names all parts of M3b. */
static bool
names(const char *text, size_t len, const struct target *t)
{
    return (len == 3 && memcmp(text, "all", 3) == 0) ||
           (strncmp(t->id, text, len) == 0 && (t->id[len] == '\0' || t->id[len] == '.'));
}

bool
requirements_add(struct requirements *r, target_fn *targets, const char *text, char *why,
                 size_t cap)
{
    size_t len = strcspn(text, "<>="), before = r->n;
    const struct target *t;

    for (size_t i = 0; (t = targets(i)) != NULL; i++) {
        if (!names(text, len, t))
            continue;
        struct requirement *q = &r->v[r->n];
        q->target = t;
        if (r->n + 1 == MAX_REQUIREMENTS || !set_bound(q, text + len, why, cap))
            return false;
        r->n++;
    }
    if (r->n == before)
        snprintf(why, cap, "there is no goal \"%.*s\"; --list names them", (int)len, text);
    return r->n > before;
}

void
requirements_take(struct requirements *r, target_fn *targets, const char *text)
{
    char why[256] = "too many goals are required";

    if (!requirements_add(r, targets, text, why, sizeof why))
        die(EXIT_USAGE, "--require %s: %s", text, why);
}

bool
requirement_met(const struct requirement *r, const struct target_value *v)
{
    const struct target *t = r->target;

    if (!v->measured)
        return false;
    if (v->excused && !(t->at_most ? r->bound < t->least : r->bound > t->least))
        return true;
    return t->at_most ? v->value <= r->bound : v->value >= r->bound;
}

/* Telling ------------------------------------------------------------------------------------ */

/* Two lines: the figures, and where they are of, or why there are none. */
static void
print_one(const struct requirement *q, const struct target_value *v)
{
    const struct target *t = q->target;
    const char *met = !v->measured ? "?" : requirement_met(q, v) ? "yes" : "NO";
    char value[32] = "-";

    if (v->measured)
        snprintf(value, sizeof value, "%.3g", v->value);
    printf("%-11s %10s %5s %4.3g %8.3g %-4s %s\n%44s (", t->id, value, operator_of(t), q->bound,
           t->aim, met, t->what, "");
    if (!v->measured)
        printf("not measured: %s%s", v->why, v->where[0] ? "; " : "");
    printf("%s)\n", v->where);
}

size_t
requirements_print(const struct requirements *r, const struct target_value *v)
{
    size_t missed = 0, unknown = 0;

    printf("\n%-11s %10s %10s %8s %-4s\n", "goal", "value", "required", "aim", "met");
    for (size_t i = 0; i < r->n; i++) {
        missed += v[i].measured && !requirement_met(&r->v[i], &v[i]);
        unknown += !v[i].measured;
        print_one(&r->v[i], &v[i]);
    }
    printf("%zu of %zu met", r->n - missed - unknown, r->n);
    if (missed)
        printf(", %zu missed", missed);
    if (unknown)
        printf(", %zu not measured and so not shown to be met", unknown);
    putchar('\n');
    return missed + unknown;
}

static void
put_one(weir_buf *out, const struct requirement *q, const struct target_value *v)
{
    const struct target *t = q->target;

    json_put_string(out, "goal", t->id);
    weir_buf_putc(out, ',');
    json_put_string(out, "what", t->what);
    weir_buf_printf(out, ",\"at_most\":%s,\"required\":%g,\"aim\":%g,\"met\":%s,",
                    t->at_most ? "true" : "false", q->bound, t->aim,
                    requirement_met(q, v) ? "true" : "false");
    if (v->measured) {
        weir_buf_printf(out, "\"value\":%.6g,", v->value);
    } else {
        json_put_string(out, "not_measured", v->why);
        weir_buf_putc(out, ',');
    }
    json_put_string(out, "where", v->where);
}

void
requirements_put_json(const struct requirements *r, const struct target_value *v, weir_buf *out)
{
    weir_buf_puts(out, ",\n\"goals\":[");
    for (size_t i = 0; i < r->n; i++) {
        weir_buf_puts(out, i ? ",\n  {" : "\n  {");
        put_one(out, &r->v[i], &v[i]);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

void
targets_print(target_fn *targets)
{
    const struct target *t;

    for (size_t i = 0; (t = targets(i)) != NULL; i++)
        printf("  %-11s %s %-6g aim %-6g %s\n", t->id, operator_of(t), t->least, t->aim, t->what);
}
