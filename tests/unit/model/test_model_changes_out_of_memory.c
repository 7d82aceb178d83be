/*
 * model/changes: on made-up orders and rules, with and without memory, the same is told as is found
 * by asking of every order and rule at every moment.
 *
 * Orders and rules are drawn from WEIR_SEED, which is printed.
 */
#include "unit/fail_allocations.h"
#include "unit/test.h"

#include "unit/draw.h"

#include "base/check.h"
#include "model/ruleset.h"

#include <inttypes.h>

#define N WEIR_TIME_NONE
#define NORDERS 40
#define NRULES 60
#define NINTERVALS 3
#define SPAN 50 /* few moments: at each something happens to several */

static int64_t
draw_or_none(int64_t below)
{
    return draw_wide(3) ? draw_wide(below) : N;
}

struct world {
    struct weir__interval intervals[NORDERS][NINTERVALS];
    struct weir__order orders[NORDERS];
    struct weir_rule rules[NRULES];
    struct weir_ruleset rs;
};

/* Intervals are sorted, not empty, at most touching, and open only at the ends. */
static void
draw_order(struct weir__interval *in, struct weir__order *o)
{
    size_t n = 1 + (size_t)draw_wide(NINTERVALS);
    int64_t at = draw_wide(SPAN / 4);

    *o = (struct weir__order){.served = N, .intervals = in, .nintervals = n};
    for (size_t i = 0; i < n; i++) {
        in[i].from = i || draw_wide(3) ? at : N;
        at += 1 + draw_wide(SPAN / 4);
        in[i].until = i + 1 < n || draw_wide(3) ? at : N;
        at += draw_wide(SPAN / 8);
    }
    o->review_by = draw_or_none(SPAN);
    o->lapses = o->review_by != N && draw_wide(2);
    o->confirmed = draw_wide(3) ? N : draw_wide(SPAN);
    o->revoked = draw_wide(4) ? N : draw_wide(SPAN);
}

static void
draw_rule(uint32_t norders, struct weir_rule *r)
{
    int64_t from = draw_wide(SPAN);

    *r = (struct weir_rule){.order =
                                norders && draw_wide(4) ? (uint32_t)draw_wide(norders) : WEIR_NONE};
    r->in_force.from = draw_wide(2) ? from : N;
    r->in_force.until = draw_wide(2) ? from + 1 + draw_wide(SPAN / 2) : N;
}

static void
draw_world(struct world *w)
{
    w->rs.norders = (uint32_t)draw_wide(NORDERS + 1);
    w->rs.nrules = (uint32_t)draw_wide(NRULES + 1);
    for (uint32_t i = 0; i < w->rs.norders; i++)
        draw_order(w->intervals[i], &w->orders[i]);
    for (uint32_t i = 0; i < w->rs.nrules; i++)
        draw_rule(w->rs.norders, &w->rules[i]);
    w->rs.magic = WEIR_RULESET_MAGIC;
    w->rs.orders = w->orders;
    w->rs.rules = w->rules;
}

struct told {
    weir_change v[8 * (NORDERS + NRULES)];
    size_t n;
};

static void
note(void *arg, const weir_change *c)
{
    struct told *t = arg;

    assert_true(t->n < sizeof t->v / sizeof *t->v);
    t->v[t->n++] = *c;
}

static void
ask_order(const struct world *w, uint32_t order, int64_t at, struct told *out)
{
    static const weir_change_kind kinds[] = {[WEIR_REVIEW_LAPSED] = WEIR_CHANGE_LAPSED,
                                             [WEIR_REVIEW_OVERDUE] = WEIR_CHANGE_OVERDUE,
                                             [WEIR_REVIEW_CONFIRMED] = WEIR_CHANGE_CONFIRMED,
                                             [WEIR_REVIEW_REVOKED] = WEIR_CHANGE_REVOKED};
    const struct weir__order *o = &w->orders[order];
    weir_review review = weir__order_review(o, at);
    weir_change c = {.at_ms = at, .order = order, .rule = WEIR_NONE};

    if (review != weir__order_review(o, at - 1) && review != WEIR_REVIEW_NONE &&
        review != WEIR_REVIEW_DUE) {
        c.kind = kinds[review];
        note(out, &c);
    }
    if (weir__order_holds(o, at) != weir__order_holds(o, at - 1)) {
        c.kind = weir__order_holds(o, at) ? WEIR_CHANGE_BEGINS : WEIR_CHANGE_ENDS;
        note(out, &c);
    }
}

static void
ask_rule(const struct world *w, uint32_t rule, int64_t at, struct told *out)
{
    const struct weir_rule *r = &w->rules[rule];
    const struct weir__order *o = r->order == WEIR_NONE ? NULL : &w->orders[r->order];
    bool is = weir_ruleset_rule_in_force(&w->rs, rule, at);
    weir_change c = {.at_ms = at, .order = r->order, .rule = rule};

    if (is == weir_ruleset_rule_in_force(&w->rs, rule, at - 1))
        return;
    c.kind = is ? WEIR_CHANGE_BEGINS : WEIR_CHANGE_ENDS;
    c.with_order = o && weir__order_holds(o, at) != weir__order_holds(o, at - 1);
    note(out, &c);
}

/* The slow way: everybody, at every moment. */
static void
ask_everybody(const struct world *w, int64_t from, int64_t to, struct told *out)
{
    out->n = 0;
    for (int64_t at = from + 1; at <= to; at++) {
        for (uint32_t i = 0; i < w->rs.norders; i++)
            ask_order(w, i, at, out);
        for (uint32_t i = 0; i < w->rs.nrules; i++)
            ask_rule(w, i, at, out);
    }
}

static void
compare(const struct told *told, const struct told *expected)
{
    for (size_t i = 0; i < told->n && i < expected->n; i++) {
        const weir_change *a = &told->v[i], *b = &expected->v[i];

        if (a->at_ms != b->at_ms || a->kind != b->kind || a->order != b->order ||
            a->rule != b->rule || a->with_order != b->with_order)
            fail_msg("told of rule %u, order %u: %s at %" PRId64
                     "; expected was rule %u, order %u: %s at %" PRId64,
                     a->rule, a->order, weir_change_name(a->kind), a->at_ms, b->rule, b->order,
                     weir_change_name(b->kind), b->at_ms);
    }
    assert_int_equal(told->n, expected->n);
}

/* Each of the allocations fails once, and none. */
static void
the_same_is_told_without_memory(void **state)
{
    int rounds = getenv("WEIR_TEST_NO_JIT") ? 10 : 500; /* Valgrind is slow */
    struct world *w = calloc(1, sizeof *w);
    struct told *told = calloc(2, sizeof *told), *expected = told + 1;
    size_t most = 0;

    (void)state;
    draw_from_seed();
    for (int i = 0; i < rounds; i++) {
        int64_t from = draw_wide(4) ? -1 : draw_wide(SPAN),
                to = draw_wide(4) ? 2 * SPAN : draw_wide(SPAN);
        size_t k = 0;

        draw_world(w);
        ask_everybody(w, from, to, expected);
        do {
            told->n = 0;
            fail_allocation(++k);
            weir_ruleset_changes(&w->rs, from, to, note, told);
            compare(told, expected);
        } while (allocation_failed());
        most = k > most ? k : most;
    }
    assert_true(most > 2); /* memory was short at the beginning, and on the way */
    free(told);
    free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_told_without_memory),
    };

    return cmocka_run_group_tests_name("model/changes_out_of_memory", tests, NULL, NULL);
}
