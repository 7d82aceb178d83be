/*
 * What a statement of reasons says because of its rule: from the rule's `dsa`, else from that of
 * its order, else what the engine knows or may honestly suppose. Each value is checked by the table
 * of model/dsa.h before it is used: rule sets may have been compiled by anybody.
 */
#include "audit/export_dsa.h"

#include "base/check.h"

static const struct weir__order *
order_of(const weir_ruleset *rs, const struct weir_rule *r)
{
    return r->order == WEIR_NONE ? NULL : &rs->orders[r->order];
}

/* The first selector given is the one that records name. */
static bool
names_posts(const struct weir_rule *r)
{
    return r->selector[WEIR__MATCH][WEIR_SEL_POSTS] != WEIR_NONE;
}

/* The authority's word comes by an order, a complaint by a report, and all else is one's own. */
static const char *
source_of(const struct weir__order *o)
{
    if (!o || o->kind == WEIR_KIND_POLICY)
        return "\"SOURCE_VOLUNTARY\"";
    return o->kind == WEIR_KIND_REPORT ? "\"SOURCE_ARTICLE_16\""
                                       : "\"SOURCE_TYPE_OTHER_NOTIFICATION\"";
}

/*
 * What is supposed where nobody says it: NULL where that cannot be. Posts are found, and decided,
 * by the engine alone, but for those that somebody has named one by one.
 */
static const char *
default_of(const weir_ruleset *rs, const struct weir_rule *r, enum weir__dsa_key k)
{
    switch (k) {
    case WEIR__DSA_CONTENT_TYPE:
        return "[\"CONTENT_TYPE_TEXT\"]";
    case WEIR__DSA_SOURCE:
        return source_of(order_of(rs, r));
    case WEIR__DSA_DETECTION:
        return names_posts(r) ? "\"No\"" : "\"Yes\"";
    case WEIR__DSA_AUTOMATION:
        return names_posts(r) ? "\"AUTOMATED_DECISION_NOT_AUTOMATED\""
                              : "\"AUTOMATED_DECISION_FULLY\"";
    default:
        return NULL;
    }
}

static weir_span
basis_of(const struct weir__order *o, weir_buf *made)
{
    if (!o || o->confidential || !o->basis.p)
        return SPAN_NONE;
    weir_buf_put_json(made, o->basis);
    return made->failed ? SPAN_NONE : span_of_buf(made);
}

static bool
has(const struct weir__dsa_values *v, enum weir__dsa_key k, const char *word)
{
    weir_span s = v->of[k];
    size_t n = strlen(word);

    for (size_t i = 0; i + n + 2 <= s.len; i++)
        if (s.p[i] == '"' && memcmp(s.p + i + 1, word, n) == 0 && s.p[i + 1 + n] == '"')
            return true;
    return false;
}

/* Does the statement need it, or take it at all, beside the others? */
static bool
is_wanted(const struct weir__dsa_values *v, enum weir__dsa_key k, bool *required)
{
    *required = k != WEIR__DSA_TERMS_ILLEGAL;
    switch (k) {
    case WEIR__DSA_LEGAL_GROUND:
    case WEIR__DSA_LEGAL_EXPLANATION:
        return has(v, WEIR__DSA_GROUND, "DECISION_GROUND_ILLEGAL_CONTENT");
    case WEIR__DSA_TERMS_GROUND:
    case WEIR__DSA_TERMS_EXPLANATION:
    case WEIR__DSA_TERMS_ILLEGAL:
        return has(v, WEIR__DSA_GROUND, "DECISION_GROUND_INCOMPATIBLE_CONTENT");
    case WEIR__DSA_CONTENT_TYPE_OTHER:
        return has(v, WEIR__DSA_CONTENT_TYPE, "CONTENT_TYPE_OTHER");
    default:
        return true;
    }
}

static weir_span
value_of(const weir_ruleset *rs, const struct weir_rule *r, enum weir__dsa_key k, weir_buf *made)
{
    const struct weir__order *o = order_of(rs, r);
    weir_span v = weir__dsa_get(r->dsa, k);

    if (!v.p && o)
        v = weir__dsa_get(o->dsa, k);
    if (!v.p && k == WEIR__DSA_LEGAL_GROUND)
        v = basis_of(o, made);
    return v.p ? v : span_of(default_of(rs, r, k));
}

/* Keys before those that hang on them: the table's order, but for the text of another type. */
uint32_t
weir__dsa_values_of(const weir_ruleset *rs, uint32_t rule, struct weir__dsa_values *out)
{
    _Static_assert(WEIR__DSA_GROUND < WEIR__DSA_LEGAL_GROUND &&
                       WEIR__DSA_CONTENT_TYPE < WEIR__DSA_CONTENT_TYPE_OTHER,
                   "what hangs on another key comes behind it");
    const struct weir_rule *r = &rs->rules[rule];
    uint32_t bad = 0;
    bool required;

    memset(out->of, 0, sizeof out->of);
    out->made.len = 0;
    for (int i = 0; i < WEIR__NDSA_KEYS; i++) {
        enum weir__dsa_key k = (enum weir__dsa_key)i;
        if (!is_wanted(out, k, &required))
            continue;
        weir_span v = value_of(rs, r, k, &out->made);
        if (v.p ? !weir__dsa_is_good(k, v) : required)
            bad |= 1u << k;
        out->of[k] = v;
    }
    return bad;
}

/* What to write, as far as it can be told. */
static void
put_hint(weir_buf *out, enum weir__dsa_key k)
{
    const struct weir__dsa_about *about = weir__dsa_about(k);

    weir_buf_puts(out, about->key);
    weir_buf_puts(out, ": ");
    weir_buf_puts(out, about->is == WEIR__DSA_TEXT ? "\"…\"" : about->prefix);
    weir_buf_puts(out, about->is == WEIR__DSA_TEXT ? "" : "…");
}

bool
weir__dsa_lacks(const weir_ruleset *rs, uint32_t rule, weir_buf *out)
{
    struct weir__dsa_values v = {0};
    uint32_t bad = weir__dsa_values_of(rs, rule, &v);
    const struct weir__order *o = order_of(rs, &rs->rules[rule]);
    const char *before = "";

    for (int k = 0; k < WEIR__NDSA_KEYS; k++) {
        if (!(bad >> k & 1))
            continue;
        weir_buf_puts(out, before);
        weir_buf_printf(out, "`%s` is %s", weir__dsa_about((enum weir__dsa_key)k)->key,
                        !v.of[k].p                    ? "missing"
                        : k == WEIR__DSA_LEGAL_GROUND ? "too long, or names an account, tag or id"
                                                      : "not what may stand there");
        before = ", ";
    }
    before = ": write dsa: {";
    for (int k = 0; k < WEIR__NDSA_KEYS; k++) {
        if (!(bad >> k & 1))
            continue;
        weir_buf_puts(out, before);
        put_hint(out, (enum weir__dsa_key)k);
        before = ", ";
    }
    if (bad)
        weir_buf_printf(out, "} in rule `%s`%s%s%s", rs->rules[rule].id.p,
                        o ? " or its order `" : "", o ? o->id.p : "", o ? "`" : "");
    if (bad >> WEIR__DSA_GROUND & 1)
        weir_buf_puts(out, "; the ground says what else is needed: rules/README.md");
    weir_buf_fini(&v.made);
    return bad != 0;
}
