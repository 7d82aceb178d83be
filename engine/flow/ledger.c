/*
 * Keeping books: rows in a hash table by region, rule and order, which keeps the order in which
 * they came.
 */
#include "flow/ledger.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct ledger_entry {
    struct ledger_row row; /* strings stand behind the entry, in the key */
    size_t number;         /* as it came */
    UT_hash_handle hh;
    char key[]; /* region, rule, NUL, order, NUL; no order: nothing behind the first NUL */
};

struct ledger_costs {
    struct ledger_cost cost;
    UT_hash_handle hh;
    char key[];
};

void
ledger_fini(struct ledger *l)
{
    struct ledger_entry *e, *next;
    struct ledger_costs *c, *following;

    HASH_ITER(hh, l->entries, e, next)
    {
        HASH_DEL(l->entries, e);
        free(e);
    }
    HASH_ITER(hh, l->costs, c, following)
    {
        HASH_DEL(l->costs, c);
        free(c);
    }
}

#define REGION_SIZE sizeof(uint16_t)

static size_t
put_key(weir_buf *key, uint16_t region, const char *rule, const char *order)
{
    key->len = 0;
    weir_buf_put(key, (weir_span){(const char *)&region, REGION_SIZE});
    weir_buf_puts(key, rule);
    weir_buf_putc(key, '\0');
    if (order) {
        weir_buf_puts(key, order);
        weir_buf_putc(key, '\0');
    }
    return key->len;
}

static struct ledger_entry *
new_entry(struct ledger *l, const weir_buf *key, uint16_t region, bool has_order)
{
    struct ledger_entry *e = calloc(1, sizeof *e + key->len);

    if (!e)
        return NULL;
    memcpy(e->key, key->p, key->len);
    e->number = HASH_COUNT(l->entries);
    e->row.rule = e->key + REGION_SIZE;
    e->row.order = has_order ? e->row.rule + strlen(e->row.rule) + 1 : NULL;
    e->row.did.region = region;
    HASH_ADD_KEYPTR(hh, l->entries, e->key, key->len, e);
    if (e->hh.tbl)
        return e;
    free(e);
    return NULL;
}

/* NULL without memory. */
static struct ledger_row *
row_of(struct ledger *l, weir_buf *key, uint16_t region, const char *rule, const char *order)
{
    size_t len = put_key(key, region, rule, order);
    struct ledger_entry *e;

    if (key->failed)
        return NULL;
    HASH_FIND(hh, l->entries, key->p, len, e);
    if (!e)
        e = new_entry(l, key, region, order != NULL);
    return e ? &e->row : NULL;
}

/* What was counted while the order was confidential cannot be told from the rest afterwards. */
static void
add_row(struct ledger *l, weir_buf *key, const struct ledger_row *row)
{
    struct ledger_row *to = row_of(l, key, row->did.region, row->rule, row->order);

    if (!to) {
        l->lost++;
        return;
    }
    tally_row_add(&to->did, &row->did);
    to->confidential |= row->confidential;
}

void
ledger_add(struct ledger *l, const weir_ruleset *rs, const struct tally *t)
{
    size_t n;
    struct tally_row *rows = tally_rows(t, &n);
    weir_buf key = {0};

    l->lost += t->rows_lost + (rows ? 0 : n);
    for (size_t i = 0; rows && i < n; i++) {
        weir_rule_info rule;
        weir_order_info order = {.id = NULL};

        weir_ruleset_rule(rs, rows[i].rule, &rule);
        if (rule.order != WEIR_NONE)
            weir_ruleset_order(rs, rule.order, &order);
        add_row(l, &key,
                &(struct ledger_row){.rule = rule.id,
                                     .order = order.id,
                                     .did = rows[i],
                                     .confidential = order.confidential});
    }
    weir_buf_fini(&key);
    free(rows);
}

static struct ledger_costs *
cost_of(struct ledger *l, const char *rule)
{
    size_t len = strlen(rule);
    struct ledger_costs *c;

    HASH_FIND(hh, l->costs, rule, len, c);
    if (c)
        return c;
    c = calloc(1, sizeof *c + len + 1);
    if (!c)
        return NULL;
    memcpy(c->key, rule, len + 1);
    c->cost.rule = c->key;
    HASH_ADD_KEYPTR(hh, l->costs, c->key, len, c);
    if (c->hh.tbl)
        return c;
    free(c);
    return NULL;
}

static void
add_cost(struct ledger *l, const char *rule, const weir_rule_counts *counts)
{
    struct ledger_costs *c = cost_of(l, rule);

    if (!c) {
        l->lost++;
        return;
    }
    c->cost.counts.candidates += counts->candidates;
    c->cost.counts.confirmed += counts->confirmed;
    c->cost.counts.over += counts->over;
    c->cost.counts.hard += counts->hard;
}

void
ledger_add_costs(struct ledger *l, const weir_ruleset *rs, const weir_scratch *s)
{
    uint32_t n = weir_ruleset_nrules(rs);
    weir_rule_counts *counts = calloc(n ? n : 1, sizeof *counts);

    if (!counts) {
        l->lost++;
        return;
    }
    weir_scratch_add_counts(s, counts);
    for (uint32_t i = 0; i < n; i++) {
        weir_rule_info rule;

        if (!counts[i].candidates)
            continue;
        weir_ruleset_rule(rs, i, &rule);
        add_cost(l, rule.id, &counts[i]);
    }
    free(counts);
}

void
ledger_add_ledger(struct ledger *l, const struct ledger *other)
{
    weir_buf key = {0};

    l->lost += other->lost;
    for (const struct ledger_entry *e = other->entries; e; e = e->hh.next)
        add_row(l, &key, &e->row);
    for (const struct ledger_costs *c = other->costs; c; c = c->hh.next)
        add_cost(l, c->cost.rule, &c->cost.counts);
    weir_buf_fini(&key);
}

static int
by_region(const void *a, const void *b)
{
    const struct ledger_row *x = a, *y = b;

    if (x->did.region != y->did.region)
        return x->did.region < y->did.region ? -1 : 1;
    return x->did.rule < y->did.rule ? -1 : x->did.rule > y->did.rule; /* as they came */
}

struct ledger_row *
ledger_rows(const struct ledger *l, size_t *n)
{
    size_t count = HASH_COUNT(l->entries), i = 0;
    struct ledger_row *rows = count ? calloc(count, sizeof *rows) : NULL;

    *n = 0;
    if (!rows)
        return NULL;
    for (const struct ledger_entry *e = l->entries; e; e = e->hh.next) {
        rows[i] = e->row;
        rows[i++].did.rule = (uint32_t)e->number;
    }
    qsort(rows, count, sizeof *rows, by_region);
    *n = count;
    return rows;
}

struct ledger_cost *
ledger_costs(const struct ledger *l, size_t *n)
{
    size_t count = HASH_COUNT(l->costs), i = 0;
    struct ledger_cost *rows = count ? calloc(count, sizeof *rows) : NULL;

    *n = 0;
    if (!rows)
        return NULL;
    for (const struct ledger_costs *c = l->costs; c; c = c->hh.next)
        rows[i++] = c->cost;
    *n = count;
    return rows;
}
