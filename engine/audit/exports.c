/*
 * Exports: their life, and the two steps that decisions take through them. What is written of one
 * decision stands in export_twitter.c, export_dsa.c, export_labels.c and export_rows.c.
 */
#include "audit/exporting.h"

#include "base/check.h"

#include <tagweir/names.h>

#include <stdlib.h>
#include <sys/random.h>

#define REGION "{region}"
#define BODY_MOST 100 /* statements: the database takes no more at once */

WEIR_NAMES(weir_export_name, weir_export_kind, WEIR_EXPORTS, WEIR_TEXT)

bool
weir_export_find(weir_span name, weir_export_kind *out)
{
    *out = WEIR_EXPORT_TWITTER_V1;
    if (span_is(name, "twitter"))
        return true;
    *out = WEIR_EXPORT_TWITTER_FIELDS_V1;
    if (span_is(name, "twitter:fields"))
        return true;
    for (int k = 0; k < WEIR_NEXPORTS; k++) {
        *out = (weir_export_kind)k;
        if (span_is(name, weir_export_name(*out)))
            return true;
    }
    return false;
}

WEIR_NAMES(weir_left_out_name, weir_left_out, WEIR_LEFT_OUT, WEIR_TEXT)
WEIR_NAMES(weir_left_out_text, weir_left_out, WEIR_LEFT_OUT, WEIR_SENTENCE)

/* Around the region: what DIDs are made of, and a method's name in front. */
static bool
is_label_src(const char *src)
{
    const char *region = src ? strstr(src, REGION) : NULL;
    size_t method = src ? strspn(src + (strncmp(src, "did:", 4) == 0 ? 4 : 0),
                                 "abcdefghijklmnopqrstuvwxyz0123456789")
                        : 0;

    if (!region || strncmp(src, "did:", 4) != 0 || method == 0 || src[4 + method] != ':' ||
        region < src + 4 + method + 1)
        return false;
    for (const char *p = src; *p; p += p == region ? sizeof REGION - 1 : 1) {
        bool good = (*p >= '0' && *p <= '9') || (ascii_lower(*p) >= 'a' && ascii_lower(*p) <= 'z');
        if (p != region && !good && !strchr("._:%-", *p))
            return false;
    }
    return true;
}

static weir_status
take_label_src(weir_export *e, const char *src, weir_buf *why)
{
    if (!is_label_src(src)) {
        if (why)
            weir_buf_puts(why, "labels need the DID that those of a country come from, with " REGION
                               " once where its code belongs, such as "
                               "did:web:" REGION ".labels.example");
        return WEIR_E_ARG;
    }
    const char *region = strstr(src, REGION);
    e->src_before = strndup(src, (size_t)(region - src));
    e->src_behind = strdup(region + sizeof REGION - 1);
    return e->src_before && e->src_behind ? WEIR_OK : WEIR_E_NOMEM;
}

static weir_status
take_set(weir_export *e, int i, weir_ruleset *rs)
{
    struct weir__export_set *set = &e->set[i];

    set->rs = weir_ruleset_ref(rs);
    if (e->kind == WEIR_EXPORT_DSA) {
        set->bad_dsa = calloc(rs->nrules + 1, sizeof *set->bad_dsa);
        return set->bad_dsa ? WEIR_OK : WEIR_E_NOMEM;
    }
    return e->kind == WEIR_EXPORT_CSV ? WEIR_OK : weir__export_find_shields(set);
}

weir_status
weir_export_new(const weir_export_options *o, weir_ruleset *rs, weir_ruleset *old, weir_buf *why,
                weir_export **out)
{
    CHECK((size_t)o->kind < WEIR_NEXPORTS);
    weir_export *e = calloc(1, sizeof *e);
    weir_status st = e ? WEIR_OK : WEIR_E_NOMEM;
    if (st == WEIR_OK) {
        e->magic = WEIR_EXPORT_MAGIC;
        e->kind = o->kind;
        e->changes = o->changes;
        /* without a seed that nobody knows, ids could be chosen that are taken for said before */
        if (getrandom(&e->seed, sizeof e->seed, GRND_NONBLOCK) != sizeof e->seed)
            e->seed = (uintptr_t)e; /* early at boot: the address is better than nothing */
        st = take_set(e, 0, rs);
    }
    if (st == WEIR_OK && old && old != rs)
        st = take_set(e, 1, old);
    if (st == WEIR_OK && e->kind == WEIR_EXPORT_ATPROTO)
        st = take_label_src(e, o->label_src, why);
    if (st != WEIR_OK)
        weir_export_free(e);
    else
        *out = e;
    return st;
}

void
weir_export_free(weir_export *e)
{
    if (!e)
        return;
    CHECK_OBJ(e, WEIR_EXPORT_MAGIC);
    for (int i = 0; i < WEIR__EXPORT_SETS; i++) {
        weir_ruleset_unref(e->set[i].rs);
        free(e->set[i].bad_dsa);
        free(e->set[i].shields);
    }
    free(e->src_before);
    free(e->src_behind);
    free(e->said.slots);
    weir_buf_fini(&e->body);
    e->magic = 0;
    free(e);
}

/* Workers ------------------------------------------------------------------------------------ */

static void
worker_fini(weir_export_worker *w)
{
    for (int i = 0; i < WEIR__EXPORT_SETS; i++) {
        weir_scratch_free(w->scratch[i]);
        weir_scratch_free(w->traced[i]);
        free(w->bad_dsa[i]);
    }
    weir_buf_fini(&w->about);
    free(w);
}

weir_status
weir_export_worker_new(weir_export *e, weir_export_worker **out)
{
    CHECK_OBJ(e, WEIR_EXPORT_MAGIC);
    weir_export_worker *w = calloc(1, sizeof *w);
    if (!w)
        return WEIR_E_NOMEM;
    w->e = e;
    for (int i = 0; i < WEIR__EXPORT_SETS; i++) {
        if (!e->set[i].bad_dsa)
            continue;
        w->bad_dsa[i] = calloc(e->set[i].rs->nrules + 1, sizeof *w->bad_dsa[i]);
        if (!w->bad_dsa[i]) {
            worker_fini(w);
            return WEIR_E_NOMEM;
        }
    }
    *out = w;
    return WEIR_OK;
}

void
weir_export_worker_free(weir_export_worker *w)
{
    if (!w)
        return;
    for (int i = 0; i < WEIR_NLEFT_OUT; i++)
        w->e->counts.left_out[i] += w->left_out[i];
    for (int i = 0; i < WEIR__EXPORT_SETS; i++)
        for (uint32_t r = 0; w->bad_dsa[i] && r < w->e->set[i].rs->nrules; r++)
            w->e->set[i].bad_dsa[r] += w->bad_dsa[i][r];
    worker_fini(w);
}

/* Fragments ---------------------------------------------------------------------------------- */

static weir_status
export_one(weir_export_worker *w, const weir_decision *old, const weir_decision *now, weir_buf *out)
{
    if (now->action == WEIR_ALLOW && (!old || old->action == WEIR_ALLOW))
        return WEIR_OK;
    if (now->post->query.kind != WEIR_QUERY_NONE) {
        w->left_out[WEIR_LEFT_OUT_QUERY]++;
        return WEIR_OK;
    }
    switch (w->e->kind) {
    case WEIR_EXPORT_DSA:
        return weir__export_dsa(w, old, now, out);
    case WEIR_EXPORT_ATPROTO:
        return weir__export_labels(w, old, now, out);
    case WEIR_EXPORT_CSV:
        return weir__export_rows(w, old, now, out);
    default:
        return weir__export_twitter(w, old, now, out);
    }
}

/* Nothing but its id, with which Bluesky gives the author. */
static bool
is_known_by_id(const weir_post *p)
{
    bool author = p->author.id.len || p->author.handle.len;

    return !p->nhashtags && !p->nmentions && !p->nlangs && !p->has_created &&
           (!author || p->source == WEIR_SOURCE_BLUESKY);
}

static weir_status
export_all(weir_export_worker *w, const weir_decision *old, const weir_decision *now, weir_buf *out)
{
    weir_status st = WEIR_OK;

    for (bool quoted = false; now && st == WEIR_OK; quoted = true) {
        w->by_id = quoted && is_known_by_id(now->post);
        st = export_one(w, old, now, out);
        now = now->quoted;
        old = old ? old->quoted : NULL;
    }
    return out->failed ? WEIR_E_NOMEM : st;
}

weir_status
weir_export_decision(weir_export_worker *w, const weir_decision *d, weir_buf *fragments)
{
    CHECK(!w->e->changes);
    return export_all(w, NULL, d, fragments);
}

weir_status
weir_export_change(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
                   weir_buf *fragments)
{
    CHECK(w->e->changes && old && now);
    return export_all(w, old, now, fragments);
}

/* Collecting --------------------------------------------------------------------------------- */

static void
end_body(weir_export *e, weir_buf *out)
{
    if (!e->nbody)
        return;
    BUF_LIT(&e->body, "]}\n");
    weir_buf_put(out, span_of_buf(&e->body));
    e->counts.items += e->nbody;
    e->body.len = 0;
    e->nbody = 0;
}

static void
put_line(weir_export *e, weir_span line, weir_buf *out)
{
    if (e->kind != WEIR_EXPORT_DSA) {
        weir_buf_put(out, line);
        e->counts.items++;
        return;
    }
    weir_buf_puts(&e->body, e->nbody ? "," : "{\"statements\":[");
    weir_buf_put(&e->body, line);
    if (++e->nbody == BODY_MOST)
        end_body(e, out);
}

static void
put_header(weir_export *e, weir_buf *out)
{
    if (e->kind == WEIR_EXPORT_CSV && !e->headed)
        weir__put_csv_header(e->changes, out);
    e->headed = true;
}

weir_status
weir_export_collect(weir_export *e, weir_span fragments, weir_buf *out)
{
    struct weir__fragment_head head;

    CHECK_OBJ(e, WEIR_EXPORT_MAGIC);
    for (; fragments.len; fragments = span_skip(fragments, (size_t)head.len)) {
        enum weir__said_result said = WEIR__SAID_NEW;
        CHECK(fragments.len >= sizeof head);
        memcpy(&head, fragments.p, sizeof head);
        fragments = span_skip(fragments, sizeof head);
        CHECK(head.len <= fragments.len);
        if (head.said.about[0] || head.said.about[1])
            said = weir__say(&e->said, &head.said, head.weak);
        if (said == WEIR__SAID_NOMEM)
            return WEIR_E_NOMEM;
        if (said == WEIR__SAID_BEFORE) {
            e->counts.repeated++;
            continue;
        }
        put_header(e, out);
        put_line(e, (weir_span){fragments.p, (size_t)head.len}, out);
    }
    return out->failed || e->body.failed ? WEIR_E_NOMEM : WEIR_OK;
}

weir_status
weir_export_finish(weir_export *e, weir_buf *out)
{
    CHECK_OBJ(e, WEIR_EXPORT_MAGIC);
    put_header(e, out);
    end_body(e, out);
    return out->failed || e->body.failed ? WEIR_E_NOMEM : WEIR_OK;
}

void
weir_export_count(const weir_export *e, weir_export_counts *out)
{
    CHECK_OBJ(e, WEIR_EXPORT_MAGIC);
    *out = e->counts;
}

void
weir_export_lacks(const weir_export *e, weir_export_lack_fn *fn, void *arg)
{
    weir_buf message = {0};

    CHECK_OBJ(e, WEIR_EXPORT_MAGIC);
    for (int i = 0; i < WEIR__EXPORT_SETS; i++)
        for (uint32_t r = 0; e->set[i].bad_dsa && r < e->set[i].rs->nrules; r++) {
            if (!e->set[i].bad_dsa[r])
                continue;
            message.len = 0;
            (void)weir__dsa_lacks(e->set[i].rs, r, &message);
            weir_buf_putc(&message, '\0');
            fn(arg, &(weir_export_lack){.rule = e->set[i].rs->rules[r].id.p,
                                        .message = message.failed ? weir_status_text(WEIR_E_NOMEM)
                                                                  : message.p,
                                        .statements = e->set[i].bad_dsa[r]});
        }
    weir_buf_fini(&message);
}
