/*
 * Lint of entries: what stands in a selector or list twice, matches everything, or is no id.
 *
 * Two entries are one when they are looked up by the same key, or are the same pattern, under the
 * rule's fold. An entry that a selector has both by itself and in one of its lists is not told of:
 * lists are kept by others, for other rules too.
 */
#include "compile/compiling.h"

#include "base/buf.h"

const char *
weir__under_fold(enum weir__fold fold)
{
    static const char *const words[] = {"", " under `fold: confusable`", " under `fold: turkic`"};

    return words[fold];
}

static void
tell_repeat(struct compiling *c, const struct raw_entry *e, const struct raw_entry *first,
            enum weir__fold fold)
{
    if (!weir__tell_once(c, &e->at, "repeat"))
        return;
    if (span_eq(e->entry.text, first->entry.text))
        weir__diag_add(c->diags, WEIR_WARNING, &e->at,
                       "this entry stands here a second time; the first is at %s:%u:%u: drop one",
                       first->at.file, first->at.line, first->at.column);
    else
        weir__diag_add(c->diags, WEIR_WARNING, &e->at,
                       "this entry is the same as \"%.*s\" at %s:%u:%u%s: drop one",
                       SPAN_FMT(first->entry.text), first->at.file, first->at.line,
                       first->at.column, weir__under_fold(fold));
}

static void
lint_repeats(struct compiling *c, const struct raw_entries *all, weir_selector kind,
             enum weir__fold fold)
{
    for (size_t i = 0; i < all->n; i++) {
        weir_span key = weir__entry_key(c, &all->items[i].entry, kind, fold);
        struct named *first = key.p ? weir__names_find(&c->seen, key) : NULL;
        if (first)
            tell_repeat(c, &all->items[i], &all->items[first->index], fold);
        else if (key.p)
            (void)weir__names_add(&c->seen, key, (uint32_t)i, NULL);
    }
    weir__names_fini(&c->seen);
}

/* One that has a `*`, at most one `?`, and nothing else: no key is empty. */
static void
lint_glob(struct compiling *c, const struct raw_entry *e, weir_selector kind)
{
    size_t stars = 0, others = 0;

    for (size_t i = 0; i < e->entry.text.len; i++) {
        stars += e->entry.text.p[i] == '*';
        others += e->entry.text.p[i] != '*' && e->entry.text.p[i] != '?';
    }
    if (!stars || others || e->entry.text.len - stars > 1 || !weir__tell_once(c, &e->at, "all"))
        return;
    weir__diag_add(c->diags, WEIR_WARNING, &e->at, "this glob matches everything: %s",
                   kind == WEIR_SEL_HASHTAGS ? "every hashtag there is"
                                             : "every handle without an @ inside");
}

/* What an address ends in: `status/1?s=20` gives `1`. */
static weir_span
last_part(weir_span address)
{
    size_t end = 0, from;

    while (end < address.len && address.p[end] != '?' && address.p[end] != '#')
        end++;
    while (end && address.p[end - 1] == '/')
        end--;
    for (from = end; from && address.p[from - 1] != '/'; from--)
        continue;
    return (weir_span){address.p + from, end - from};
}

static bool
begins_nocase(weir_span s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.len >= n && weir__span_eq_nocase(span_head(s, n), span_of(prefix));
}

static void
lint_post(struct compiling *c, const struct raw_entry *e)
{
    weir_span s = e->entry.text, id = last_part(s);

    if (!begins_nocase(s, "http://") && !begins_nocase(s, "https://"))
        return;
    if (!weir__tell_once(c, &e->at, "post"))
        return;
    if (span_is_digits(id))
        weir__diag_add(c->diags, WEIR_WARNING, &e->at,
                       "this is a post's address, and posts are known by their id: write \"%.*s\"",
                       SPAN_FMT(id));
    else
        weir__diag_add(c->diags, WEIR_WARNING, &e->at,
                       "this is a post's address, and posts are known by their id: write that, as "
                       "`tagweir posts` shows it (\"1356300\", or "
                       "\"at://did:plc:z72i7h/app.bsky.feed.post/3k\")");
}

/* What one entry holds, whatever stands beside it. true: something was told that a fold has to do
   with. */
static bool
lint_one(struct compiling *c, const struct raw_entry *e, weir_selector kind, enum weir__fold fold)
{
    if (e->refused)
        return false;
    if (e->entry.kind == WEIR__ENTRY_GLOB)
        lint_glob(c, e, kind);
    if (e->entry.kind == WEIR__ENTRY_REGEX)
        return weir__lint_regex(c, e, kind, fold);
    if (kind == WEIR_SEL_POSTS && e->entry.kind == WEIR__ENTRY_LITERAL)
        lint_post(c, e);
    return false;
}

/* `accounts: [press]`, where `press` is a list: without a sign it may have been meant. */
static void
lint_bare_name(struct compiling *c, const struct raw_entry *e, weir_selector kind)
{
    weir_selector of = kind == WEIR_SEL_MENTIONS ? WEIR_SEL_ACCOUNTS : kind;
    weir_span name = e->node->text;
    const struct named *list =
        e->entry.kind == WEIR__ENTRY_LITERAL ? weir__names_find(&c->list_names, name) : NULL;

    if (!list || !c->raw_lists[list->index].given[of])
        return;
    if (of == WEIR_SEL_POSTS)
        WARN(c, e->node, "this is read as a post's id; the list of that name is {list: %.*s}",
             SPAN_FMT(name));
    else
        WARN(c, e->node,
             "this is read as the %s %c%.*s; the list of that name is {list: %.*s}. If the %s is "
             "meant, write \"%c%.*s\"",
             of == WEIR_SEL_HASHTAGS ? "hashtag" : "handle", of == WEIR_SEL_HASHTAGS ? '#' : '@',
             SPAN_FMT(name), SPAN_FMT(name), of == WEIR_SEL_HASHTAGS ? "hashtag" : "handle",
             of == WEIR_SEL_HASHTAGS ? '#' : '@', SPAN_FMT(name));
}

void
weir__lint_entries(struct compiling *c, const struct raw_entries *all, weir_selector kind,
                   enum weir__fold fold)
{
    for (size_t i = 0; i < all->n; i++) {
        lint_bare_name(c, &all->items[i], kind);
        (void)lint_one(c, &all->items[i], kind, fold);
        if (kind == WEIR_SEL_HASHTAGS)
            (void)weir__lint_hashtag(c, &all->items[i], true);
    }
    lint_repeats(c, all, kind, fold);
}

/* The entries that a selector of the rule has by itself. */
static struct raw_entries
entries_of(const struct compiling *c, uint32_t selector)
{
    size_t first = c->entry_first[selector];
    size_t end = selector + 1 < c->nentry_first ? c->entry_first[selector + 1] : c->entries.n;

    return (struct raw_entries){.items = c->entries.items + first, .n = end - first};
}

static void
lint_excepted(struct compiling *c, const struct raw_entries *match,
              const struct raw_entries *except, weir_selector kind, enum weir__fold fold)
{
    for (size_t i = 0; i < match->n; i++) {
        weir_span key = weir__entry_key(c, &match->items[i].entry, kind, fold);
        if (key.p && !weir__names_find(&c->seen, key))
            (void)weir__names_add(&c->seen, key, (uint32_t)i, NULL);
    }
    for (size_t i = 0; i < except->n; i++) {
        const struct raw_entry *e = &except->items[i];
        weir_span key = weir__entry_key(c, &e->entry, kind, fold);
        struct named *same = key.p ? weir__names_find(&c->seen, key) : NULL;
        if (same)
            weir__diag_add(c->diags, WEIR_WARNING, &e->at,
                           "this stands in `match` too (line %u): what it matches is excepted, so "
                           "that the entry there never acts: drop one",
                           match->items[same->index].at.line);
    }
    weir__names_fini(&c->seen);
}

void
weir__lint_excepts(struct compiling *c, const struct weir_rule *r)
{
    for (int k = 0; k < WEIR_NSELECTORS; k++) {
        uint32_t in = r->selector[WEIR__MATCH][k], out = r->selector[WEIR__EXCEPT][k];
        if (in == WEIR_NONE || out == WEIR_NONE)
            continue;
        const struct raw_entries match = entries_of(c, in), except = entries_of(c, out);
        lint_excepted(c, &match, &except, (weir_selector)k, r->fold);
    }
}

/* A list under several folds: what is the same under each is the same under none. */
static enum weir__fold
common_fold(unsigned folds)
{
    for (unsigned f = 0; f <= WEIR__FOLD_TURKIC; f++)
        if (folds == 1u << f)
            return (enum weir__fold)f;
    return WEIR__FOLD_NONE;
}

/* Lists that others have gathered may have thousands: the first show what it is about. */
static void
lint_listed_hashtags(struct compiling *c, const struct raw_entries *all)
{
    const size_t shown = 10;
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++)
        n += weir__lint_hashtag(c, &all->items[i], n < shown);
    if (n > shown)
        weir__diag_add(
            c->diags, WEIR_WARNING, &(struct weir__place){.file = all->items[0].at.file},
            "more entries of this list are such as no hashtag in a text can be: %zu in all", n);
}

void
weir__lint_list(struct compiling *c, const struct raw_entries *all, weir_selector kind)
{
    unsigned folds = all->folds ? all->folds : 1u << WEIR__FOLD_NONE;

    for (size_t i = 0; i < all->n; i++) {
        bool told = false;
        for (unsigned f = 0; f <= WEIR__FOLD_TURKIC && !told; f++)
            told = (folds >> f & 1) && lint_one(c, &all->items[i], kind, (enum weir__fold)f);
    }
    if (kind == WEIR_SEL_HASHTAGS)
        lint_listed_hashtags(c, all);
    if (all->repeats)
        lint_repeats(c, all, kind, common_fold(folds));
}
