/*
 * The digest of a rule set: SHA-256 of its canonical form.
 *
 * The canonical form is one JSON object a line, each line ended by LF, in this order:
 *
 *   {"tagweir":1,"unicode":"15.0"[,"breaker":{…}]}
 *   {"list":NAME,"accounts":[E…],"hashtags":[E…],"posts":[E…]}     a line a list, in source order
 *   {"order":ID,"kind":…,…}                                        a line an order
 *   {"rule":ID,"order":ID,"action":…,…}                            a line a rule
 *
 * Keys stand in the order in which the functions below write them; what is absent or at its
 * default is left out; times are milliseconds since 1970-01-01 UTC; groups are expanded to codes,
 * sorted bytewise, `XX` first. An entry E is an array: its kind, its text, and "x" for an extended
 * regex; a list's entry in a rule is ["list", NAME]. No paths, comments, positions or tests are in
 * it: two rule sets with the same digest decide alike.
 */
#include "model/ruleset.h"

#include "base/buf.h"
#include "text/fold.h"

#include <tagweir/names.h>

#include <openssl/evp.h>

static void
put_key(weir_buf *out, const char *key)
{
    if (out->len && out->p[out->len - 1] != '{')
        weir_buf_putc(out, ',');
    weir_buf_put_json(out, span_of(key));
    weir_buf_putc(out, ':');
}

static void
put_text(weir_buf *out, const char *key, weir_span text)
{
    if (!text.p)
        return;
    put_key(out, key);
    weir_buf_put_json(out, text);
}

static void
put_word(weir_buf *out, const char *key, const char *word)
{
    put_text(out, key, span_of(word));
}

/* A value that is JSON already. */
static void
put_raw(weir_buf *out, const char *key, weir_span json)
{
    if (!json.p)
        return;
    put_key(out, key);
    weir_buf_put(out, json);
}

static void
put_number(weir_buf *out, const char *key, int64_t value)
{
    put_key(out, key);
    weir_buf_printf(out, "%lld", (long long)value);
}

static void
put_time(weir_buf *out, const char *key, int64_t ms)
{
    if (ms != WEIR_TIME_NONE)
        put_number(out, key, ms);
}

static void
put_bound(weir_buf *out, int64_t ms)
{
    if (ms == WEIR_TIME_NONE)
        weir_buf_puts(out, "null");
    else
        weir_buf_printf(out, "%lld", (long long)ms);
}

static void
put_interval(weir_buf *out, const struct weir__interval *i)
{
    weir_buf_putc(out, '[');
    put_bound(out, i->from);
    weir_buf_putc(out, ',');
    put_bound(out, i->until);
    weir_buf_putc(out, ']');
}

static void
put_breaker(weir_buf *out, const weir_breaker *b)
{
    if (!b->given)
        return;
    put_key(out, "breaker");
    weir_buf_printf(out, "{\"per_minute\":%u,\"share\":%u,\"observe\":%s}", b->per_minute,
                    b->share_milli, b->observe ? "true" : "false");
}

static void
put_entries(weir_buf *out, const struct weir_ruleset *rs, const char *key,
            const struct weir__entries *e, size_t from, size_t to)
{
    static const char *const kinds[] = {
        [WEIR__ENTRY_LITERAL] = "literal", [WEIR__ENTRY_ID] = "id",
        [WEIR__ENTRY_DOMAIN] = "domain",   [WEIR__ENTRY_GLOB] = "glob",
        [WEIR__ENTRY_REGEX] = "regex",     [WEIR__ENTRY_LIST] = "list",
    };

    put_key(out, key);
    weir_buf_putc(out, '[');
    for (size_t i = from; i < to; i++) {
        const struct weir__entry it = weir__entry_at(e, i);
        weir_buf_puts(out, i > from ? ",[" : "[");
        weir_buf_put_json(out, span_of(kinds[it.kind]));
        weir_buf_putc(out, ',');
        weir_buf_put_json(out, it.kind == WEIR__ENTRY_LIST ? rs->lists[it.list].name : it.text);
        weir_buf_puts(out, it.extended ? ",\"x\"]" : "]");
    }
    weir_buf_putc(out, ']');
}

static void
put_listed(weir_buf *out, const struct weir_ruleset *rs, const char *key,
           const struct weir__entries *e)
{
    if (e->items)
        put_entries(out, rs, key, e, 0, e->n);
}

static void
put_list(weir_buf *out, const struct weir_ruleset *rs, const struct weir__list *l)
{
    weir_buf_puts(out, "{\"list\":");
    weir_buf_put_json(out, l->name);
    put_listed(out, rs, "accounts", &l->accounts.entries);
    put_listed(out, rs, "hashtags", &l->hashtags.entries);
    put_listed(out, rs, "posts", &l->posts.entries);
    weir_buf_puts(out, "}\n");
}

static void
put_refused(weir_buf *out, const struct weir__order *o)
{
    if (!o->nrefused)
        return;
    put_key(out, "refused");
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < o->nrefused; i++) {
        weir_buf_puts(out, i ? ",[" : "[");
        weir_buf_put_json(out, o->refused[i].target);
        weir_buf_putc(out, ',');
        weir_buf_put_json(out, o->refused[i].reason);
        weir_buf_putc(out, ']');
    }
    weir_buf_putc(out, ']');
}

void
weir__order_canonical(const struct weir_ruleset *rs, uint32_t order, weir_buf *out)
{
    const struct weir__order *o = &rs->orders[order];

    weir_buf_puts(out, "{\"order\":");
    weir_buf_put_json(out, o->id);
    put_word(out, "kind", weir_kind_name(o->kind));
    put_text(out, "authority", o->authority);
    put_text(out, "basis", o->basis);
    put_text(out, "reference", o->reference);
    put_text(out, "notice", o->notice);
    put_time(out, "served", o->served);
    put_key(out, "in_force");
    for (size_t i = 0; i < o->nintervals; i++) {
        weir_buf_putc(out, i ? ',' : '[');
        put_interval(out, &o->intervals[i]);
    }
    weir_buf_putc(out, ']');
    put_time(out, "review_by", o->review_by);
    if (o->lapses)
        put_word(out, "on_lapse", "lift");
    put_time(out, "confirmed", o->confirmed);
    put_time(out, "revoked", o->revoked);
    if (o->confidential)
        put_raw(out, "confidential", SPAN_LIT("true"));
    put_refused(out, o);
    put_raw(out, "dsa", o->dsa);
    put_raw(out, "meta", o->meta);
    weir_buf_puts(out, "}\n");
}

static void
put_regions(weir_buf *out, const char *key, const struct weir__region_set *s)
{
    const char *before = "[";

    put_key(out, key);
    for (uint16_t r = weir__region_next(s, 0); r != WEIR_REGION_NONE;
         r = weir__region_next(s, (uint16_t)(r + 1))) {
        weir_buf_printf(out, "%s\"%s\"", before, weir_region_code(r));
        before = ",";
    }
    weir_buf_puts(out, *before == '[' ? "[]" : "]");
}

/* Of a rule on XX: what is taken away from it, not the world that is left. */
static void
put_rule_regions(weir_buf *out, const struct weir_rule *r)
{
    struct weir__region_set taken = r->named;

    if (!weir__region_has(&r->regions, WEIR_REGION_XX)) {
        put_regions(out, "regions", &r->regions);
        return;
    }
    for (int i = 0; i < WEIR_REGION_WORDS; i++)
        taken.w[i] &= ~r->regions.w[i];
    put_regions(out, "named", &r->named);
    put_regions(out, "except_regions", &taken);
}

static void
put_downrank(weir_buf *out, const struct weir_rule *r)
{
    put_number(out, "factor", r->factor_milli);
    put_key(out, "surfaces");
    for (unsigned s = 0, n = 0; s < WEIR_NSURFACES; s++)
        if (r->surfaces >> s & 1)
            weir_buf_printf(out, "%s\"%s\"", n++ ? "," : "[", weir_surface_name((weir_surface)s));
    weir_buf_putc(out, ']');
}

static void
put_against(weir_buf *out, const struct weir_ruleset *rs, const struct weir_rule *r)
{
    put_key(out, "against");
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < r->nagainst; i++) {
        if (i)
            weir_buf_putc(out, ',');
        weir_buf_put_json(out, rs->orders[r->against[i]].id);
    }
    weir_buf_putc(out, ']');
}

static void
put_rule_terms(weir_buf *out, const struct weir_ruleset *rs, const struct weir_rule *r)
{
    static const char *const modes[] = {WEIR_MODES(WEIR_TEXT)};
    static const char *const folds[] = {"none", "confusable", "turkic"};

    if (r->action == WEIR_DOWNRANK)
        put_downrank(out, r);
    if (r->priority)
        put_number(out, "priority", r->priority);
    if (r->has_against)
        put_against(out, rs, r);
    if (r->mode != WEIR_MODE_ENFORCE)
        put_word(out, "mode", modes[r->mode]);
    if (r->rollout_bp != 10000)
        put_number(out, "rollout", r->rollout_bp);
    if (r->in_force.from != WEIR_TIME_NONE || r->in_force.until != WEIR_TIME_NONE) {
        put_key(out, "in_force");
        put_interval(out, &r->in_force);
    }
    if (r->fold != WEIR__FOLD_NONE)
        put_word(out, "fold", folds[r->fold]);
    if (r->limit_matches)
        put_word(out, "on_limit", "match");
}

void
weir__rule_canonical(const struct weir_ruleset *rs, uint32_t rule, weir_buf *out)
{
    const struct weir_rule *r = &rs->rules[rule];

    weir_buf_puts(out, "{\"rule\":");
    weir_buf_put_json(out, r->id);
    if (r->order != WEIR_NONE)
        put_text(out, "order", rs->orders[r->order].id);
    put_word(out, "action", weir_action_name(r->action));
    put_rule_regions(out, r);
    put_rule_terms(out, rs, r);
    for (int side = 0; side < 2; side++) {
        put_key(out, side == WEIR__MATCH ? "match" : "except");
        weir_buf_putc(out, '{');
        for (int k = 0; k < WEIR_NSELECTORS; k++) {
            uint32_t s = r->selector[side][k];
            if (s != WEIR_NONE)
                put_entries(out, rs, weir_selector_name((weir_selector)k), &rs->entries,
                            rs->entry_first[s], rs->entry_first[s + 1]);
        }
        weir_buf_putc(out, '}');
    }
    put_breaker(out, &r->breaker);
    put_raw(out, "dsa", r->dsa);
    put_raw(out, "meta", r->meta);
    weir_buf_puts(out, "}\n");
}

void
weir__ruleset_canonical(const struct weir_ruleset *rs, weir_buf *out)
{
    weir_buf_printf(out, "{\"tagweir\":%d", WEIR_LANGUAGE_VERSION);
    put_word(out, "unicode", weir__unicode_version());
    put_breaker(out, &rs->breaker);
    weir_buf_puts(out, "}\n");
    for (uint32_t i = 0; i < rs->nlists; i++)
        put_list(out, rs, &rs->lists[i]);
    for (uint32_t i = 0; i < rs->norders; i++)
        weir__order_canonical(rs, i, out);
    for (uint32_t i = 0; i < rs->nrules; i++)
        weir__rule_canonical(rs, i, out);
}

weir_status
weir__ruleset_set_digest(struct weir_ruleset *rs)
{
    weir_buf form = {0};
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    weir__ruleset_canonical(rs, &form);
    bool ok = !form.failed && EVP_Digest(form.p, form.len, sum, &n, EVP_sha256(), NULL) == 1;
    for (unsigned i = 0; ok && i < 32; i++) {
        static const char hex[] = "0123456789abcdef";
        rs->digest[2 * i] = hex[sum[i] >> 4];
        rs->digest[2 * i + 1] = hex[sum[i] & 15];
    }
    rs->digest[64] = '\0';
    weir_buf_fini(&form);
    return ok ? WEIR_OK : WEIR_E_NOMEM;
}
