/*
 * Statements of reasons for the EU's Transparency Database (FORMATS.md, "EU Digital Services Act").
 *
 * One for each rule that restricts a post anywhere in the European Economic Area, with all the
 * countries in which it does. Nothing of the post is in it but its dates, its language, and a hash:
 *
 *     puid = hex(SHA-256(netstrings of "tagweir-dsa-1", dialect, post id, rule id, action,
 *                        the countries with commas between, where the rule's interval began)))
 *
 * The last is RFC 3339 in UTC, or nothing: a rule that was lifted and holds again is a new
 * decision, and so is one that holds in other countries, or withholds what it downranked. All else
 * of a rule may change without that.
 */
#include "audit/export_dsa.h"

#include "base/check.h"

#include <openssl/evp.h>

static const char eea[][3] = {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI",
                              "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
                              "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"};
#define NEEA (sizeof eea / sizeof *eea)
#define MOST_RULES (NEEA * WEIR_NSURFACES) /* that can act on one post there */
#define DATE 10                            /* bytes of YYYY-MM-DD */

/* ISO 639-1, as the database knows languages. */
static const char languages[] =
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw "
    "ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";

/* A rule that restricts the post, and where: bits of `eea`. */
struct restriction {
    uint32_t rule;
    uint32_t in;
};

struct restrictions {
    struct restriction item[MOST_RULES];
    size_t n;
};

static void
add(struct restrictions *all, uint32_t rule, size_t country)
{
    size_t i = 0;

    while (i < all->n && all->item[i].rule != rule)
        i++;
    if (i == all->n) {
        CHECK(all->n < MOST_RULES);
        all->item[all->n++] = (struct restriction){rule, 0};
    }
    all->item[i].in |= 1u << country;
}

static void
find_restrictions(const weir_decision *d, struct restrictions *out)
{
    struct weir__spread spread;

    out->n = 0;
    if (!d)
        return;
    weir__spread_decision(d, &spread);
    for (size_t i = 0; i < NEEA; i++) {
        uint16_t r = weir_region_find((weir_span){eea[i], 2});
        CHECK(r != WEIR_REGION_NONE);
        for (int way = 0; way < WEIR__NWAYS; way++)
            if (weir__does(spread.at[r], way))
                add(out, weir__act_of(spread.at[r], way)->rule, i);
    }
}

static void
put_countries(weir_buf *out, uint32_t in, const char *first, const char *between, const char *last)
{
    const char *before = first;

    for (size_t i = 0; i < NEEA; i++) {
        if (!(in >> i & 1))
            continue;
        weir_buf_puts(out, before);
        weir_buf_puts(out, eea[i]);
        before = between;
    }
    weir_buf_puts(out, last);
}

static void
add_netstring(weir_buf *b, weir_span s)
{
    weir__about_add(b, s);
    weir_buf_putc(b, ',');
}

/* What the puid is the hash of, to w->about. */
static void
put_identity(weir_export_worker *w, const weir_decision *d, const struct restriction *r,
             const weir_interval *held)
{
    weir_buf *b = &w->about;
    char from[WEIR_TIME_MAX], countries[NEEA * 3 + 1];
    weir_buf list = {.p = countries, .cap = sizeof countries};

    put_countries(&list, r->in, "", ",", "");
    b->len = 0;
    add_netstring(b, SPAN_LIT("tagweir-dsa-1"));
    add_netstring(b, span_of(weir_source_name(d->post->source)));
    add_netstring(b, d->post->id);
    add_netstring(b, d->rs->rules[r->rule].id);
    add_netstring(b, span_of(weir_action_name(d->rs->rules[r->rule].action)));
    add_netstring(b, span_of_buf(&list));
    size_t n = held->from_ms == WEIR_TIME_NONE ? 0 : weir_time_format(held->from_ms, from);
    add_netstring(b, (weir_span){from, n});
}

static bool
put_puid(const weir_buf *identity, weir_buf *out)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (identity->failed ||
        EVP_Digest(identity->p, identity->len, sum, &n, EVP_sha256(), NULL) != 1)
        return false;
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(out, "%02x", sum[i]);
    return true;
}

static void
date_of(int64_t ms, char out[DATE + 1])
{
    char at[WEIR_TIME_MAX];

    (void)weir_time_format(ms, at);
    memcpy(out, at, DATE);
    out[DATE] = '\0';
}

/* The first language that the post says it is in, by its two letters; NULL: none is known. */
static const char *
language_of(const weir_post *p)
{
    if (!p->nlangs)
        return NULL;
    weir_span s = p->langs[0];
    if (s.len < 2 || (s.len > 2 && s.p[2] != '-' && s.p[2] != '_'))
        return NULL;
    char primary[] = {ascii_lower(s.p[0]), ascii_lower(s.p[1]), ' ', '\0'};
    const char *at = strchr(primary, ' ') == primary + 2 ? strstr(languages, primary) : NULL;
    return at && (at - languages) % 3 == 0 ? at : NULL;
}

static void
put_value(weir_buf *out, const struct weir__dsa_values *v, enum weir__dsa_key k)
{
    if (!v->of[k].p)
        return;
    weir_buf_printf(out, ",\"%s\":", weir__dsa_about(k)->key);
    weir_buf_put(out, v->of[k]);
}

static void
put_dates(weir_buf *out, const weir_decision *d, const weir_interval *held)
{
    char date[DATE + 1];

    date_of(d->post->created_ms, date);
    weir_buf_printf(out, ",\"content_date\":\"%s\"", date);
    date_of(d->at_ms, date);
    weir_buf_printf(out, ",\"application_date\":\"%s\"", date);
    if (held->until_ms == WEIR_TIME_NONE)
        return;
    date_of(held->until_ms - 1, date); /* the last day on which it holds */
    weir_buf_printf(out, ",\"end_date_visibility_restriction\":\"%s\"", date);
}

static void
put_statement(weir_buf *out, const weir_decision *d, const struct restriction *r,
              const struct weir__dsa_values *v, const weir_interval *held)
{
    const char *language = language_of(d->post);

    weir_buf_puts(out, d->rs->rules[r->rule].action == WEIR_WITHHOLD
                           ? "{\"decision_visibility\":[\"DECISION_VISIBILITY_CONTENT_DISABLED\"]"
                           : "{\"decision_visibility\":[\"DECISION_VISIBILITY_CONTENT_DEMOTED\"]");
    for (int k = WEIR__DSA_GROUND; k <= WEIR__DSA_CONTENT_TYPE_OTHER; k++)
        put_value(out, v, (enum weir__dsa_key)k);
    put_dates(out, d, held);
    put_countries(out, r->in, ",\"territorial_scope\":[\"", "\",\"", "\"]");
    if (language)
        weir_buf_printf(out, ",\"content_language\":\"%c%c\"", ascii_upper(language[0]),
                        ascii_upper(language[1]));
    for (int k = WEIR__DSA_FACTS; k < WEIR__NDSA_KEYS; k++)
        put_value(out, v, (enum weir__dsa_key)k);
    BUF_LIT(out, ",\"puid\":\"");
}

/* Later than these days, says the database; and not decided before it was made. */
static bool
are_dates_good(const weir_decision *d)
{
    static const int64_t earliest_content = INT64_C(946771200000);   /* 2000-01-02 */
    static const int64_t earliest_decision = INT64_C(1577923200000); /* 2020-01-02 */

    return d->post->created_ms >= earliest_content && d->at_ms >= earliest_decision &&
           d->post->created_ms <= d->at_ms;
}

static weir_status
say(weir_export_worker *w, const weir_decision *d, const struct restriction *r,
    struct weir__dsa_values *v, weir_buf *out)
{
    weir_left_out why = WEIR_NLEFT_OUT;
    weir_interval held;

    if (!d->post->id.len)
        why = WEIR_LEFT_OUT_NO_ID;
    else if (!d->post->has_created)
        why = WEIR_LEFT_OUT_NO_DATE;
    else if (!are_dates_good(d))
        why = WEIR_LEFT_OUT_BAD_DATE;
    else if (weir__dsa_values_of(d->rs, r->rule, v)) {
        why = WEIR_LEFT_OUT_BAD_DSA;
        w->bad_dsa[weir__export_set_of(w->e, d->rs)][r->rule]++;
    }
    if (why != WEIR_NLEFT_OUT) {
        w->left_out[why]++;
        return v->made.failed ? WEIR_E_NOMEM : WEIR_OK;
    }
    weir_ruleset_rule_interval(d->rs, r->rule, d->at_ms, &held);
    put_identity(w, d, r, &held);
    size_t begin = weir__fragment_begin(out);
    put_statement(out, d, r, v, &held);
    if (!put_puid(&w->about, out))
        return WEIR_E_NOMEM;
    BUF_LIT(out, "\"}");
    weir__fragment_end(w->e, out, begin, &w->about, 0);
    return WEIR_OK;
}

/* Was the same stated by the older decision? Rules are the same by their names. */
static const struct restriction *
same_in(const weir_decision *d, const struct restrictions *all, weir_span rule)
{
    for (size_t i = 0; i < all->n; i++)
        if (span_eq(d->rs->rules[all->item[i].rule].id, rule))
            return &all->item[i];
    return NULL;
}

static bool
is_unchanged(const weir_decision *old, const struct restriction *was, const weir_decision *now,
             const struct restriction *is)
{
    weir_interval a, b;

    if (!was || was->in != is->in ||
        old->rs->rules[was->rule].action != now->rs->rules[is->rule].action)
        return false;
    weir_ruleset_rule_interval(old->rs, was->rule, old->at_ms, &a);
    weir_ruleset_rule_interval(now->rs, is->rule, now->at_ms, &b);
    return a.from_ms == b.from_ms;
}

weir_status
weir__export_dsa(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
                 weir_buf *out)
{
    struct restrictions before, after;
    struct weir__dsa_values values = {0};
    weir_status st = WEIR_OK;

    find_restrictions(old, &before);
    find_restrictions(now, &after);
    if (!before.n && !after.n)
        w->left_out[WEIR_LEFT_OUT_OUTSIDE_EEA]++;
    for (size_t i = 0; i < after.n && st == WEIR_OK; i++) {
        const struct restriction *r = &after.item[i];
        weir_span id = now->rs->rules[r->rule].id;
        if (!old || !is_unchanged(old, same_in(old, &before, id), now, r))
            st = say(w, now, r, &values, out);
    }
    for (size_t i = 0; i < before.n; i++)
        if (!same_in(now, &after, old->rs->rules[before.item[i].rule].id))
            w->left_out[WEIR_LEFT_OUT_LIFTED]++;
    weir_buf_fini(&values.made);
    return st;
}
