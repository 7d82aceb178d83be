/*
 * From a post's values to selectors: each value is made into the keys of the spaces that the rule
 * set has anything in, and the finder says what matches them.
 *
 * Within one space values come in ascending order, and a mark keeps the smallest index.
 */
#include "match/match.h"

#include "base/check.h"
#include "match/early.h"
#include "text/fold.h"
#include "text/uri.h"

static void
touch(struct weir__match *m, uint32_t rule)
{
    size_t w = rule / 4096;

    m->touched[rule / 64] |= UINT64_C(1) << (rule % 64);
    m->touched_word[w] |= UINT64_C(1) << (rule / 64 % 64);
    m->first_word = w < m->first_word ? w : m->first_word;
    m->last_word = w > m->last_word ? w : m->last_word;
}

/* Touched rules in ascending order, the bits being cleared on the way. */
static void
list_touched(struct weir__match *m)
{
    m->nrules = 0;
    for (size_t w = m->first_word; w <= m->last_word; w++)
        for (; m->touched_word[w]; m->touched_word[w] &= m->touched_word[w] - 1) {
            size_t at = w * 64 + (size_t)__builtin_ctzll(m->touched_word[w]);
            for (; m->touched[at]; m->touched[at] &= m->touched[at] - 1)
                m->rules[m->nrules++] =
                    (uint32_t)(at * 64 + (size_t)__builtin_ctzll(m->touched[at]));
        }
    m->first_word = SIZE_MAX;
    m->last_word = 0;
}

static void
record(struct weir__match *m, uint32_t selector, uint32_t value, bool ran_out)
{
    const struct weir__selector *s = &m->rs->selectors[selector];
    struct weir__mark *mark = &m->marks[selector];

    if (m->finder.scope.only != WEIR_NONE && s->rule != m->finder.scope.only)
        return;
    if (mark->epoch != m->epoch)
        *mark = (struct weir__mark){m->epoch, WEIR_NONE, WEIR_NONE};
    uint32_t *first = ran_out ? &mark->ran_out : &mark->hit;
    if (value < *first)
        *first = value;
    if (!s->in_except || ran_out || m->tells_excepts)
        touch(m, s->rule);
}

static void
record_set(struct weir__match *m, uint32_t set, uint32_t value, bool ran_out)
{
    struct weir__postings found = weir__postings_of(&m->rs->postings, set);

    for (size_t i = 0; i < found.n; i++)
        record(m, weir__postings_at(&found, i), value, ran_out);
}

static void
look_up(struct weir__match *m, enum weir__space space, weir_span key, uint32_t value)
{
    if (!m->asked[space])
        return;
    uint32_t set = weir__find_literal(&m->finder, space, key);
    if (set != WEIR_NONE)
        record_set(m, set, value, false);
}

/* The value that one key was made from. */
struct of_value {
    struct weir__match *m;
    uint32_t value;
};

static void
found_of_value(void *arg, size_t key, uint32_t set, enum weir__hit hit)
{
    const struct of_value *of = arg;

    (void)key;
    record_set(of->m, set, of->value, hit == WEIR__RAN_OUT);
}

static void
find(struct weir__match *m, enum weir__space space, weir_span key, uint32_t value)
{
    struct of_value of = {m, value};

    if (m->asked[space])
        weir__find(&m->finder, space, &key, 1, found_of_value, &of);
}

static void
found_of_tag(void *arg, size_t key, uint32_t set, enum weir__hit hit)
{
    struct weir__match *m = arg;

    record_set(m, set, m->tags.tag[key].value, hit == WEIR__RAN_OUT);
}

static void
match_folded(struct weir__match *m, enum weir__space space, void (*fold)(weir_span, weir_buf *))
{
    if (!m->asked[space])
        return;
    for (size_t i = 0; i < m->tags.n; i++) {
        m->folded.len = 0;
        fold(m->tags.key[i], &m->folded);
        if (m->folded.len)
            find(m, space, span_of_buf(&m->folded), m->tags.tag[i].value);
    }
}

static weir_status
match_tags(struct weir__match *m, const weir_post *post)
{
    const struct weir__tags_of *ahead = m->next;
    weir_status st = WEIR_OK;

    m->next = NULL;
    if (ahead)
        weir__tags_copy(&m->tags, &m->ahead, ahead);
    else
        st = weir__tags_take(&m->tags, post);
    if (st != WEIR_OK)
        return st;
    m->too_many_tags = m->tags.too_many;
    if (m->asked[WEIR__SPACE_TAG] && ahead)
        weir__find_rest(&m->finder, ahead->first, ahead->n, found_of_tag, m);
    else if (m->asked[WEIR__SPACE_TAG])
        weir__find(&m->finder, WEIR__SPACE_TAG, m->tags.key, m->tags.n, found_of_tag, m);
    match_folded(m, WEIR__SPACE_TAG_TURKIC, weir__fold_turkic);
    match_folded(m, WEIR__SPACE_TAG_SKELETON, weir__fold_skeleton);
    match_folded(m, WEIR__SPACE_TAG_LETTERS, weir__fold_letters);
    return WEIR_OK;
}

/* Every end of the domain that begins at a label, as far as rules name any so long. */
static void
match_domain(struct weir__match *m, enum weir__space space, weir_span domain, uint32_t value)
{
    for (size_t len = 1; len <= domain.len && len <= m->longest_domain; len++) {
        size_t at = domain.len - len;
        if (at == 0 || domain.p[at - 1] == '.')
            look_up(m, space, span_skip(domain, at), value);
    }
}

/* The host of an id that is an address, whatever handle is claimed beside it: whoever chooses the
   handle cannot choose another server's address. */
static void
match_host(struct weir__match *m, enum weir__space space, weir_span id, uint32_t value)
{
    struct weir__uri uri;

    if (!weir__uri_read(id, &uri))
        return;
    m->host.len = 0;
    weir__fold_handle(uri.host, &m->host);
    match_domain(m, space, span_of_buf(&m->host), value);
    if (weir__uri_host_is_plain(uri.host))
        return;
    /* another spelling of some host must not get around rules about it */
    weir__uri_fold_host(uri.host, &m->spelled, &m->host);
    match_domain(m, space, span_of_buf(&m->host), value);
}

static void
match_domains(struct weir__match *m, enum weir__space space, const weir_account *a,
              weir_span handle, uint32_t value)
{
    size_t behind = handle.len;

    while (behind > 0 && handle.p[behind - 1] != '@')
        behind--;
    if (behind > 0)
        match_domain(m, space, span_skip(handle, behind), value);
    if (span_starts(a->id, "did:"))
        match_domain(m, space, handle, value);
    else
        match_host(m, space, a->id, value);
}

/* The spaces of an account follow one another: id, handle, domain. */
static void
match_account(struct weir__match *m, enum weir__space id_space, const weir_account *a,
              weir_span handle, uint32_t value)
{
    enum weir__space handle_space = id_space + 1, domain_space = id_space + 2;

    if (a->id.len)
        look_up(m, id_space, a->id, value);
    if (handle.len)
        find(m, handle_space, handle, value);
    if (m->asked[domain_space])
        match_domains(m, domain_space, a, handle, value);
}

/* Does any rule ask about handles, for their own sake or for the domain in them? */
static bool
asks_handles(const struct weir__match *m, enum weir__space id_space)
{
    return m->asked[id_space + 1] || m->asked[id_space + 2];
}

static void
match_author(struct weir__match *m, const weir_account *author)
{
    bool asked = asks_handles(m, WEIR__SPACE_AUTHOR_ID);

    m->author_handle = SPAN_NONE;
    if (asked || author->id.len == 0) {
        m->handle.len = 0;
        weir__fold_handle(author->handle, &m->handle);
        m->author_handle = span_of_buf(&m->handle);
    }
    if (asked || m->asked[WEIR__SPACE_AUTHOR_ID])
        match_account(m, WEIR__SPACE_AUTHOR_ID, author, m->author_handle, 0);
}

static void
match_mentions(struct weir__match *m, const weir_post *post)
{
    if (!m->asked[WEIR__SPACE_MENTION_ID] && !asks_handles(m, WEIR__SPACE_MENTION_ID))
        return;
    for (size_t i = 0; i < post->nmentions; i++) {
        m->folded.len = 0;
        weir__fold_handle(post->mentions[i].handle, &m->folded);
        match_account(m, WEIR__SPACE_MENTION_ID, &post->mentions[i], span_of_buf(&m->folded),
                      (uint32_t)i);
    }
}

static void
match_lang(struct weir__match *m, weir_span lang, uint32_t value)
{
    m->folded.len = 0;
    weir__fold_lang(lang, &m->folded);
    weir_span key = span_of_buf(&m->folded);
    if (key.len && !span_is(key, "und"))
        look_up(m, WEIR__SPACE_LANG, key, value);
}

size_t
weir__match_ahead(struct weir__match *m, const weir_post *const *posts, size_t n)
{
    m->next = NULL;
    m->ahead.nposts = 0;
    if (m->finder.off & WEIR_MATCH_BATCH)
        return 0;
    weir__tags_take_ahead(&m->ahead, posts, n);
    if (m->asked[WEIR__SPACE_TAG] && m->ahead.n) {
        weir__find_ahead(&m->finder, WEIR__SPACE_TAG, m->ahead.key, m->ahead.n);
        weir__match_early(m);
    }
    return m->ahead.nposts;
}

void
weir__match_announce(struct weir__match *m, size_t i)
{
    CHECK(i < m->ahead.nposts);
    m->next = m->ahead.of[i].is_left_out ? NULL : &m->ahead.of[i];
}

static void
begin(struct weir__match *m, struct weir__scope scope)
{
    weir__finder_begin(&m->finder, scope);
    m->handle.failed = m->folded.failed = m->host.failed = m->spelled.failed = false;
    if (++m->epoch == 0) {
        memset(m->marks, 0, m->rs->nselectors * sizeof *m->marks);
        m->epoch = 1;
    }
}

weir_status
weir__match_post(struct weir__match *m, const weir_post *post, struct weir__scope scope)
{
    begin(m, scope);
    /* accounts first: an author chooses the tags, and must not use up with them the budget of the
       patterns that are about the author */
    match_author(m, &post->author);
    match_mentions(m, post);
    weir_status st = match_tags(m, post);
    if (post->id.len)
        look_up(m, WEIR__SPACE_POST, post->id, 0);
    for (size_t i = 0; m->asked[WEIR__SPACE_LANG] && i < post->nlangs; i++)
        match_lang(m, post->langs[i], (uint32_t)i);
    if (m->asked[WEIR__SPACE_SOURCE] && post->source != WEIR_SOURCE_QUERY)
        look_up(m, WEIR__SPACE_SOURCE, span_of(weir_source_name(post->source)), 0);
    list_touched(m); /* also on failure: it leaves the bits as the next post needs them */
    if (m->handle.failed || m->folded.failed || m->host.failed || m->spelled.failed)
        st = WEIR_E_NOMEM;
    return st;
}
