/*
 * Lint of orders: what contradicts itself, so that an interval or the whole never counts, and what
 * nobody could account for later.
 */
#include "compile/compiling.h"

bool
weir__order_holds_within(const struct weir__order *o, const struct weir__interval *within)
{
    int64_t starts[3] = {within->from, o->confirmed, INT64_MIN + 1};

    for (size_t i = 0; i < o->nintervals + 3; i++) {
        int64_t t = i < 3 ? starts[i] : o->intervals[i - 3].from;
        if (t != WEIR_TIME_NONE && weir__interval_holds(within, t) && weir__order_holds(o, t))
            return true;
    }
    return false;
}

/* Has that time come when the interval begins? */
static bool
is_past(int64_t time, const struct weir__interval *i)
{
    return time != WEIR_TIME_NONE && i->from != WEIR_TIME_NONE && i->from >= time;
}

static uint32_t
line_of(const struct node *map, const char *key)
{
    const struct node *n = weir__node_get(map, key);

    return n ? n->line : map->line;
}

static void
lint_interval(struct compiling *c, const struct node *map, const struct node *item,
              const struct weir__order *o)
{
    struct weir__interval i;

    if (!weir__want_interval(c, item, &i))
        return;
    if (i.until != WEIR_TIME_NONE && o->served != WEIR_TIME_NONE && i.until <= o->served)
        WARN(c, weir__node_get(item, "until"),
             "this interval ends before the order was served (line %u)", line_of(map, "served"));
    if (weir__order_holds_within(o, &i))
        return;
    if (is_past(o->revoked, &i))
        WARN(c, item, "the order is revoked (line %u) before this interval begins: it never counts",
             line_of(map, "revoked"));
    else if (o->confirmed != WEIR_TIME_NONE)
        WARN(c, item,
             "the order has lapsed before this interval begins (on_lapse: lift), and is confirmed "
             "(line %u) only after it: it never counts",
             line_of(map, "confirmed"));
    else
        WARN(c, item,
             "the order has lapsed before this interval begins (on_lapse: lift): unless the review "
             "confirms it, this never counts");
}

static bool
lint_outcome(struct compiling *c, const struct node *map, const struct weir__order *o)
{
    const struct node *confirmed = weir__node_get(map, "confirmed");
    const struct node *revoked = weir__node_get(map, "revoked");
    bool never = revoked && is_past(o->revoked, &o->intervals[0]);

    if (confirmed && revoked && o->confirmed >= o->revoked)
        WARN(c, confirmed,
             "the order was revoked (line %u) before it was confirmed, and a revocation is final: "
             "this changes nothing",
             revoked->line);
    if (confirmed && o->review_by == WEIR_TIME_NONE)
        WARN(c, confirmed, "`confirmed` is the outcome of a review, and this order has none due");
    if (never)
        WARN(c, revoked, "the order was revoked before it began: it never holds");
    return !never;
}

/* What no URL has: HTTP sends a link only to what may stand in its header. */
static bool
is_foreign_to_urls(char byte)
{
    return byte <= ' ' || byte > '~' || strchr("<>\"\\^`{|}", byte) != NULL;
}

/* Of an order that outsiders are told of, an address is what the answer 451 links to. */
static void
lint_address(struct compiling *c, const struct node *n)
{
    size_t at = 0, len = 1;

    if (!n || (!span_starts(n->text, "https://") && !span_starts(n->text, "http://")))
        return;
    while (at < n->text.len && !is_foreign_to_urls(n->text.p[at]))
        at++;
    if (at == n->text.len)
        return;
    while (at + len < n->text.len && ((unsigned char)n->text.p[at + len] & 0xC0) == 0x80)
        len++; /* the rest of a code point */
    struct weir__place place = weir__place_within(n, at, len);
    weir__diag_add(c->diags, WEIR_WARNING, &place,
                   "this begins as an address, and no address has such a character: HTTP 451 will "
                   "not link to it. Write blanks as %%20 and letters beyond ASCII as their "
                   "percent-encoded UTF-8, or the address alone");
}

void
weir__lint_order(struct compiling *c, const struct node *map, const struct weir__order *o)
{
    static const struct weir__interval always = {WEIR_TIME_NONE, WEIR_TIME_NONE};
    const struct node *in_force = weir__node_get(map, "in_force");

    if (!o->confidential)
        lint_address(c, weir__node_get(map, "notice"));
    if (!lint_outcome(c, map, o))
        return;
    for (size_t i = 0; in_force && i < in_force->n; i++)
        lint_interval(c, map, in_force->items[i], o);
    if (!in_force && !weir__order_holds_within(o, &always))
        WARN(c, weir__node_get(map, "on_lapse"),
             "the order lapses at the very time that it begins: it never holds");
}

void
weir__lint_orders(struct compiling *c)
{
    weir_span name;

    for (struct named *n = NULL; (n = weir__names_next(&c->order_names, n, &name)) != NULL;) {
        const struct weir__order *o = &c->orders[n->index];
        if (weir__must_be_obeyed(o) && (!o->authority.p || !o->basis.p))
            WARN(c, n->at,
                 "order `%.*s` does not say its %s: whoever accounts for it later (as `explain` "
                 "and reports do) cannot say %s",
                 SPAN_FMT(name), o->authority.p ? "basis" : "authority",
                 o->authority.p ? "on what ground it was made" : "who made it");
    }
}
