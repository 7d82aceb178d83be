/*
 * Decisions as lines of JSON.
 */
#include "decide.h"

static const char *const state_names[NSTATES] = {
    "off",       "not_in_force", "limit",    "no_match",  "excepted",
    "held_back", "observed",     "exempted", "outranked", "matched"};

static void
put_key(struct buf *b, const char *key)
{
    puts_buf(b, "\"");
    puts_buf(b, key);
    puts_buf(b, "\":");
}

/* {"a":1,"b":2}: a comma in front of all but the first. */
static void
next_key(struct buf *b, const char *key)
{
    if (b->n && b->p[b->n - 1] != '{')
        puts_buf(b, ",");
    put_key(b, key);
}

static void
next_item(struct buf *b)
{
    if (b->p[b->n - 1] != '[')
        puts_buf(b, ",");
}

static void
put_account(struct buf *b, const struct account *a, bool handle_first)
{
    struct buf text = {0};
    bool by_handle = a->handle.n && (handle_first || !a->id.n);

    if (by_handle)
        puts_buf(&text, "@");
    else if (!str_starts(a->id, "did:"))
        puts_buf(&text, "id:");
    put(&text, by_handle ? a->handle : a->id);
    put_json(b, str_of_buf(&text));
}

static void
put_factor(struct buf *b, int factor)
{
    char text[] = {'0', '.', (char)('0' + factor / 100), (char)('0' + factor / 10 % 10),
                   (char)('0' + factor % 10)};
    size_t n = sizeof text;

    while (text[n - 1] == '0' && n > 1)
        n--;
    if (text[n - 1] == '.')
        n--;
    put(b, (struct str){text, n});
}

/* The first 1,024 bytes of a value behind its `#`, `@` or `id:`, whole code points, and `…`. */
static struct str
shortened(struct str s)
{
    struct buf b = {0};
    size_t at = 0, end = 0;

    if (s.n <= 1024)
        return s;
    while (at <= 1024) {
        end = at;
        next_cp(s, &at);
    }
    put(&b, (struct str){s.p, end});
    puts_buf(&b, "…");
    return str_of_buf(&b);
}

static struct account
shortened_account(struct account a)
{
    if (a.handle.n)
        a.handle = shortened(a.handle);
    else
        a.id = shortened(a.id);
    return a;
}

static void
put_value(struct buf *b, const struct post *p, const struct match *m)
{
    struct buf tag = {0};
    struct account account;

    switch (m->by) {
    case ACCOUNTS:
        account = shortened_account(p->author);
        put_account(b, &account, true);
        break;
    case MENTIONS:
        account = shortened_account(p->mentions[m->value]);
        put_account(b, &account, true);
        break;
    case HASHTAGS:
        puts_buf(&tag, "#");
        put(&tag, shortened(tag_body(p->tags[m->value].raw)));
        put_json(b, str_of_buf(&tag));
        break;
    case POSTS:
        put_json(b, shortened(p->id));
        break;
    case LANGS:
        put_json(b, shortened(p->langs[m->value]));
        break;
    default:
        put_json(b, str_of(source_names[p->source]));
    }
}

/* via, rule, order, by, value. */
static void
put_act(struct buf *b, const struct ruleset *rs, const struct act *act)
{
    const struct rule *r = &rs->rules[act->rule];
    const struct match *m = &act->part->matches[act->rule];

    if (act->part->index > 0) {
        next_key(b, "via");
        puts_buf(b, "\"repost\"");
    }
    next_key(b, "rule");
    put_json(b, r->id);
    if (r->order) {
        next_key(b, "order");
        put_json(b, r->order->name);
    }
    next_key(b, "by");
    put_json(b, str_of(selector_names[m->by]));
    next_key(b, "value");
    put_value(b, act->part->post, m);
}

static struct str
outcome_text(const struct ruleset *rs, const struct resolution *o)
{
    struct buf b = {0};

    puts_buf(&b, "{");
    next_key(&b, "action");
    put_json(&b, str_of(action_names[o->action]));
    if (o->action == WITHHOLD)
        put_act(&b, rs, &o->withhold);
    if (o->action == DOWNRANK) {
        next_key(&b, "surfaces");
        puts_buf(&b, "{");
        for (int s = 0; s < NSURFACES; s++) {
            if (o->surface[s].rule == NO_RULE)
                continue;
            next_key(&b, surface_names[s]);
            puts_buf(&b, "{");
            next_key(&b, "factor");
            put_factor(&b, rs->rules[o->surface[s].rule].factor);
            put_act(&b, rs, &o->surface[s]);
            puts_buf(&b, "}");
        }
        puts_buf(&b, "}");
    }
    puts_buf(&b, "}");
    return str_of_buf(&b);
}

static struct str
exempted_text(const struct ruleset *rs, const struct region_outcome *o)
{
    struct buf b = {0};

    puts_buf(&b, "[");
    for (size_t i = 0; i < o->nexempted; i++) {
        next_item(&b);
        puts_buf(&b, "{");
        next_key(&b, "rule");
        put_json(&b, rs->rules[o->exempted[i].rule].id);
        next_key(&b, "by");
        put_json(&b, rs->rules[o->exempted[i].by].id);
        puts_buf(&b, "}");
    }
    puts_buf(&b, "]");
    return str_of_buf(&b);
}

/*
 * XX where it is not plain, then each region whose text differs from XX's; of a query with a
 * region that one where it is not plain. Nothing at all when there is none.
 */
static void
put_regions(struct buf *b, const char *key, const struct decision *d, const struct str *texts,
            struct str plain)
{
    struct buf inner = {0};

    puts_buf(&inner, "{");
    for (size_t i = 0; i < d->nregions; i++) {
        char code[3];
        if (str_eq(texts[i], i == 0 ? plain : texts[0]))
            continue;
        region_code(d->regions[i].region, code);
        next_key(&inner, code);
        put(&inner, texts[i]);
    }
    puts_buf(&inner, "}");
    if (inner.n == 2)
        return;
    next_key(b, key);
    put(b, str_of_buf(&inner));
}

/* Ids of the rules that are in a state on any part, or whose patterns ran out on one. */
static void
put_rules(struct buf *b, const char *key, const struct ruleset *rs, const struct decision *d,
          enum state state)
{
    struct buf inner = {0};

    puts_buf(&inner, "[");
    if (state == S_LIMIT && d->limit_tags)
        puts_buf(&inner, "\"tags\"");
    for (size_t i = 0; i < rs->nrules; i++) {
        bool is = false;
        for (size_t p = 0; p < d->nparts; p++)
            is |=
                state == S_LIMIT ? d->parts[p].matches[i].ran_out : d->parts[p].states[i] == state;
        if (d->one_region && !rs->rules[i].regions.has[d->regions[0].region])
            is = false;
        if (!is)
            continue;
        next_item(&inner);
        put_json(&inner, rs->rules[i].id);
    }
    puts_buf(&inner, "]");
    if (inner.n == 2)
        return;
    next_key(b, key);
    put(b, str_of_buf(&inner));
}

/* One rule on one part: an object for all regions, or one for each state with its regions. */
static void
put_states(struct buf *b, const struct ruleset *rs, const struct decision *d, size_t part, size_t i)
{
    bool seen[NSTATES] = {false};
    int nstates = 0;

    for (size_t k = 0; k < d->nregions; k++)
        if (rs->rules[i].regions.has[d->regions[k].region])
            seen[d->regions[k].of_part[part].state[i]] = true;
    for (int s = 0; s < NSTATES; s++)
        nstates += seen[s];
    for (int s = 0; s < NSTATES; s++) {
        if (!seen[s])
            continue;
        next_item(b);
        puts_buf(b, "{");
        next_key(b, "rule");
        put_json(b, rs->rules[i].id);
        next_key(b, "state");
        put_json(b, str_of(state_names[s]));
        if (part > 0) {
            next_key(b, "via");
            puts_buf(b, "\"repost\"");
        }
        if (nstates > 1) {
            next_key(b, "regions");
            puts_buf(b, "[");
            for (size_t k = 0; k < d->nregions; k++) {
                char code[3];
                if (!rs->rules[i].regions.has[d->regions[k].region] ||
                    d->regions[k].of_part[part].state[i] != (enum state)s)
                    continue;
                next_item(b);
                region_code(d->regions[k].region, code);
                put_json(b, str_of(code));
            }
            puts_buf(b, "]");
        }
        puts_buf(b, "}");
    }
}

static void
put_trace(struct buf *b, const struct ruleset *rs, const struct decision *d)
{
    struct buf inner = {0};

    puts_buf(&inner, "[");
    for (size_t p = 0; p < d->nparts; p++)
        for (size_t i = 0; i < rs->nrules; i++)
            put_states(&inner, rs, d, p, i);
    puts_buf(&inner, "]");
    if (inner.n == 2)
        return;
    next_key(b, "trace");
    put(b, str_of_buf(&inner));
}

static void
put_who(struct buf *b, const struct post *p)
{
    char code[3];

    if (p->source != QUERY) {
        next_key(b, "post");
        put_json(b, p->id);
        if (p->author.id.n || p->author.handle.n) {
            next_key(b, "author");
            put_account(b, &p->author, false);
        }
        return;
    }
    next_key(b, "query");
    puts_buf(b, "{");
    next_key(b, p->query.hashtag.p ? "hashtag" : "account");
    put_json(b, p->query.hashtag.p ? p->query.hashtag : p->query.account);
    if (p->query.region != REGION_NONE) {
        region_code(p->query.region, code);
        next_key(b, "region");
        put_json(b, str_of(code));
    }
    if (p->query.at.p) {
        next_key(b, "at");
        put_json(b, p->query.at);
    }
    puts_buf(b, "}");
}

void
decide(const struct ruleset *rs, const struct post *post, int64_t now, bool explain,
       const char *digest, struct buf *b)
{
    struct decision d;
    enum action worst = ALLOW;
    struct str *outcomes, *exempted;

    decide_post(rs, post, now, &d);
    outcomes = give(LINE, d.nregions * sizeof *outcomes);
    exempted = give(LINE, d.nregions * sizeof *exempted);
    for (size_t i = 0; i < d.nregions; i++) {
        outcomes[i] = outcome_text(rs, &d.regions[i].joined);
        exempted[i] = exempted_text(rs, &d.regions[i]);
        if (d.regions[i].joined.action > worst)
            worst = d.regions[i].joined.action;
    }
    puts_buf(b, "{\"v\":1");
    put_who(b, post);
    next_key(b, "action");
    put_json(b, str_of(action_names[worst]));
    put_regions(b, "regions", &d, outcomes, LIT("{\"action\":\"allow\"}"));
    put_regions(b, "exempted", &d, exempted, LIT("[]"));
    put_rules(b, "observed", rs, &d, S_OBSERVED);
    put_rules(b, "held_back", rs, &d, S_HELD_BACK);
    put_rules(b, "limit", rs, &d, S_LIMIT);
    if (explain)
        put_trace(b, rs, &d);
    if (d.quoted) {
        next_key(b, "quoted");
        decide(rs, d.quoted, d.at, explain, digest, b);
    }
    next_key(b, "at");
    puts_buf(b, "\"");
    put_time(b, d.at);
    puts_buf(b, "\"");
    next_key(b, "ruleset");
    put_json(b, str_of(digest));
    puts_buf(b, "}");
}
