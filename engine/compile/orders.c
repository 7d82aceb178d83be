/*
 * Orders: what a legal or policy instrument says of itself, and when it holds.
 */
#include "compile/compiling.h"

#include <tagweir/names.h>

#include <stdlib.h>

#define HOUR_MS INT64_C(3600000)

static const char *const kinds[] = {WEIR_KINDS(WEIR_TEXT)};
#define NKINDS (sizeof kinds / sizeof *kinds)

static const char *const keys[] = {"authority", "basis",    "kind",         "reference", "served",
                                   "in_force",  "review_by", "on_lapse",    "notice",    "confidential",
                                   "refused",   "confirmed", "revoked",     "meta",      "dsa"};

static void
take_string(struct compiling *c, const struct node *map, const char *key, weir_span *out)
{
    const struct node *n = weir__node_get(map, key);

    if (n)
        (void)weir__want_string(c, n, out);
}

static const struct node *
take_time(struct compiling *c, const struct node *map, const char *key, int64_t *out)
{
    const struct node *n = weir__node_get(map, key);

    *out = WEIR_TIME_NONE;
    if (n && !weir__want_time(c, n, out))
        *out = WEIR_TIME_NONE;
    return n;
}

struct placed {
    struct weir__interval interval;
    const struct node *at;
};

static int
compare_from(const void *a, const void *b)
{
    int64_t x = ((const struct placed *)a)->interval.from;
    int64_t y = ((const struct placed *)b)->interval.from;

    return (x > y) - (x < y);
}

/* An open `from` is the least of all values, and so sorts first; an open `until` never ends. */
static void
refuse_overlaps(struct compiling *c, const struct placed *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct placed *before = &p[i - 1];
        if (before->interval.until == WEIR_TIME_NONE || p[i].interval.from == WEIR_TIME_NONE ||
            p[i].interval.from < before->interval.until)
            ERR(c, p[i].at, "this interval overlaps the one on line %u: an order's intervals may "
                            "not",
                before->at->line);
    }
}

static void
take_intervals(struct compiling *c, const struct node *seq, struct weir__order *o)
{
    static const char *const bounds[] = {"from", "until"};
    struct placed *p = arena_array(c->work, seq->n, sizeof *p);
    size_t n = 0;

    for (size_t i = 0; i < seq->n; i++) {
        const struct node *item = seq->items[i];
        if (!weir__want_map(c, item, "an interval"))
            continue;
        weir__check_keys(c, item, "an interval", bounds, 2);
        if (item->n == 0) {
            ERR(c, item, "an interval needs `from`, `until` or both");
            continue;
        }
        if (!weir__want_interval(c, item, &p[n].interval))
            continue;
        p[n++].at = item;
    }
    qsort(p, n, sizeof *p, compare_from);
    refuse_overlaps(c, p, n);
    struct weir__interval *out = arena_array(c->into, n, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = p[i].interval;
    o->intervals = out;
    o->nintervals = n;
}

static void
take_in_force(struct compiling *c, const struct node *map, struct weir__order *o)
{
    const struct node *in_force = weir__node_get(map, "in_force");

    if (in_force && weir__want_seq(c, in_force, "`in_force`")) {
        take_intervals(c, in_force, o);
        return;
    }
    struct weir__interval *one = arena_alloc(c->into, sizeof *one);
    *one = (struct weir__interval){o->served, WEIR_TIME_NONE};
    o->intervals = one;
    o->nintervals = 1;
}

static void
take_refused(struct compiling *c, const struct node *map, struct weir__order *o)
{
    static const char *const parts[] = {"target", "reason"};
    const struct node *seq = weir__node_get(map, "refused");

    if (!seq || !weir__want_seq(c, seq, "`refused`"))
        return;
    struct weir__refused *out = arena_array(c->into, seq->n, sizeof *out);
    size_t n = 0;
    for (size_t i = 0; i < seq->n; i++) {
        const struct node *item = seq->items[i];
        if (!weir__want_map(c, item, "an entry of `refused`"))
            continue;
        weir__check_keys(c, item, "an entry of `refused`", parts, 2);
        if (!weir__node_get(item, "target") || !weir__node_get(item, "reason"))
            ERR(c, item, "an entry of `refused` needs a `target` and a `reason`");
        take_string(c, item, "target", &out[n].target);
        take_string(c, item, "reason", &out[n].reason);
        n++;
    }
    o->refused = out;
    o->nrefused = n;
}

static void
take_review(struct compiling *c, const struct node *map, struct weir__order *o)
{
    static const char *const lapses[] = {"hold", "lift"};
    const struct node *review = take_time(c, map, "review_by", &o->review_by);
    const struct node *lapse = weir__node_get(map, "on_lapse");
    unsigned lift = 0;

    if (lapse && weir__want_word(c, lapse, "way to lapse", lapses, 2, &lift))
        o->lapses = lift == 1;
    if (o->kind == WEIR_KIND_EMERGENCY && !review) {
        if (!weir__node_get(map, "served"))
            ERR(c, map,
                "an emergency order needs `served` (its review is then due 48 hours later) or "
                "`review_by`");
        else if (o->served != WEIR_TIME_NONE)
            o->review_by = o->served + 48 * HOUR_MS;
    }
    if (o->lapses && !review && o->kind != WEIR_KIND_EMERGENCY)
        ERR(c, lapse, "`on_lapse: lift` needs `review_by`: it says when the order lapses");
    if (review && o->review_by != WEIR_TIME_NONE && o->served != WEIR_TIME_NONE &&
        o->review_by < o->served)
        ERR(c, review, "`review_by` is before the order was served");
}

static void
take_outcome(struct compiling *c, const struct node *map, struct weir__order *o)
{
    const struct node *confirmed = take_time(c, map, "confirmed", &o->confirmed);

    (void)take_time(c, map, "revoked", &o->revoked);
    if (confirmed && o->served != WEIR_TIME_NONE && o->confirmed != WEIR_TIME_NONE &&
        o->confirmed < o->served)
        ERR(c, confirmed, "the order was confirmed before it was served");
}

static void
take_texts(struct compiling *c, const struct node *map, struct weir__order *o)
{
    const struct node *n;

    take_string(c, map, "authority", &o->authority);
    take_string(c, map, "basis", &o->basis);
    take_string(c, map, "reference", &o->reference);
    take_string(c, map, "notice", &o->notice);
    if ((n = weir__node_get(map, "confidential")) != NULL)
        (void)weir__want_bool(c, n, &o->confidential);
    if ((n = weir__node_get(map, "meta")) != NULL)
        o->meta = weir__node_json(c, n);
    if ((n = weir__node_get(map, "dsa")) != NULL)
        o->dsa = weir__compile_dsa(c, n);
}

static void
compile_order(struct compiling *c, const struct node *key, const struct node *map, weir_span id)
{
    struct weir__order o = {.file = key->file->index, .line = key->line};
    const struct node *kind = weir__node_get(map, "kind");
    unsigned k = WEIR_KIND_POLICY;
    size_t errors = weir_diags_errors(c->diags);

    weir__check_keys(c, map, "an order", keys, sizeof keys / sizeof *keys);
    o.id = arena_copy(c->into, id);
    if (!kind)
        ERR(c, key, "order `%.*s` needs a `kind`: emergency, legal_demand, court_order, report or "
                    "policy",
            SPAN_FMT(id));
    else
        (void)weir__want_word(c, kind, "kind", kinds, NKINDS, &k);
    o.kind = (weir_kind)k;
    take_texts(c, map, &o);
    (void)take_time(c, map, "served", &o.served);
    take_in_force(c, map, &o);
    take_review(c, map, &o);
    take_outcome(c, map, &o);
    take_refused(c, map, &o);
    if (weir_diags_errors(c->diags) == errors)
        weir__lint_order(c, map, &o);
    *ARENA_PUSH(c->work, c->orders, c->norders, c->orders_cap) = o;
}

void
weir__compile_orders(struct compiling *c, const struct node *map)
{
    if (!weir__want_map(c, map, "`orders`"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        weir_span id;
        if (!weir__want_name(c, map->keys[i], "an order", &id))
            continue;
        struct named *first = weir__names_find(&c->order_names, id);
        if (first) {
            weir__refuse_second(c, "order", id, first, map->keys[i]);
            continue;
        }
        /* named even when it is wrong, so that its rules do not complain as well */
        (void)weir__names_add(&c->order_names, id, (uint32_t)c->norders, map->keys[i]);
        if (weir__want_map(c, map->items[i], "an order"))
            compile_order(c, map->keys[i], map->items[i], id);
        else
            (void)ARENA_PUSH(c->work, c->orders, c->norders, c->orders_cap);
    }
}
