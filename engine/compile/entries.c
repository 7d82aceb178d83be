/*
 * Entries: what an author wrote, to what it is, to the keys and patterns that deciding looks up.
 */
#include "compile/compiling.h"

#include "base/buf.h"
#include "text/fold.h"

#include <tagweir/names.h>

#include <unicode/uloc.h>

/* It has no second slash, or something behind it that is no flag. */
static void
refuse_regex(struct compiling *c, weir_span text, weir_span flags, const struct raw_entry *e)
{
    const char *cut =
        e->node ? weir__regex_hint(c->work, e->node) : weir__list_line_hint(c->work, text);

    if (cut)
        ERR_AT(c, &e->at, "%s", cut);
    else if (flags.len == text.len - 1)
        ERR_AT(c, &e->at,
               "a regex stands between two slashes, and the second is missing: write "
               "'%.*s/'",
               SPAN_FMT(text));
    else
        ERR_AT(c, &e->at,
               "only the flag x may stand behind a regex, and this is \"%.*s\" (letters match "
               "whatever their case anyway)",
               SPAN_FMT(flags));
}

static bool
read_regex(struct compiling *c, weir_span text, struct raw_entry *out)
{
    size_t last = text.len - 1;

    while (last > 0 && text.p[last] != '/')
        last--;
    weir_span flags = span_skip(text, last + 1);
    if (last == 0 || (flags.len && !span_is(flags, "x"))) {
        refuse_regex(c, text, flags, out);
        return false;
    }
    if (last == 1) {
        ERR_AT(c, &out->at, "this regex is empty and would match everything");
        return false;
    }
    out->entry.kind = WEIR__ENTRY_REGEX;
    out->entry.extended = flags.len > 0;
    out->entry.text = (weir_span){text.p + 1, last - 1};
    return true;
}

/* `id:… @handle`: the handle behind an id is a note for readers. */
static weir_span
without_note(weir_span s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if ((s.p[i] == ' ' || s.p[i] == '\t') && weir__span_trim(span_skip(s, i)).p[0] == '@')
            return span_head(s, i);
    return s;
}

/* Its labels with one dot between any two; of a domain as it should be, the domain itself. */
static weir_span
labels_of(struct arena *work, weir_span domain)
{
    char *p = arena_alloc(work, domain.len);
    size_t n = 0;

    for (size_t i = 0; i < domain.len; i++)
        if (domain.p[i] != '.' || (n && p[n - 1] != '.'))
            p[n++] = domain.p[i];
    if (n && p[n - 1] == '.')
        n--;
    return (weir_span){p, n};
}

static bool
read_domain(struct compiling *c, weir_span domain, struct raw_entry *out)
{
    bool bare = !span_has_blank(domain);

    for (size_t i = 0; i < domain.len; i++)
        bare = bare && !strchr("@*?\\/", domain.p[i]);
    weir_span labels = labels_of(c->work, domain);
    out->entry.kind = WEIR__ENTRY_DOMAIN;
    out->entry.text = domain;
    if (bare && labels.len && labels.len == domain.len)
        return true;
    if (bare && labels.len)
        ERR_AT(c, &out->at,
               "a domain has no dot at its ends and no two in a row: write "
               "domain:%.*s",
               SPAN_FMT(labels));
    else
        ERR_AT(c, &out->at,
               "`domain:` takes a bare domain such as example.org; the domains below "
               "it are included");
    return false;
}

/* did:METHOD:IDENTIFIER, neither of them empty. */
static bool
is_did(weir_span s)
{
    weir_span method = span_skip(s, 4);
    size_t n = span_find(method, ':');

    return n > 0 && n + 1 < method.len && method.p[method.len - 1] != ':';
}

static bool
read_account(struct compiling *c, weir_span text, struct raw_entry *out)
{
    bool id = span_starts(text, "id:");

    if (span_starts(text, "domain:"))
        return read_domain(c, span_skip(text, 7), out);
    if (id || span_starts(text, "did:")) {
        weir_span s = without_note(id ? span_skip(text, 3) : text);
        out->entry.kind = WEIR__ENTRY_ID;
        out->entry.text = s;
        if (s.len && !span_has_blank(s) && (id || is_did(s)))
            return true;
        ERR_AT(c, &out->at, "%s",
               s.len == 0 ? "an id is missing behind `id:`"
               : span_has_blank(s)
                   ? "an id has no spaces in it: write id:123, or id:123 @handle with the handle "
                     "as a note"
                   : "this DID is cut short: it has a method and an identifier, as in "
                     "did:plc:z72i7h");
        return false;
    }
    if (text.p[0] == '@')
        text = span_skip(text, 1);
    out->entry.text = text;
    out->entry.kind = weir__is_glob(text) ? WEIR__ENTRY_GLOB : WEIR__ENTRY_LITERAL;
    if (span_is_digits(text))
        weir__diag_add(c->diags, WEIR_WARNING, &out->at,
                       "this is read as the handle @%.*s: if it is an id, write id:%.*s",
                       SPAN_FMT(text), SPAN_FMT(text));
    if (text.len && !span_has_blank(text) && span_find(text, '/') == text.len)
        return true;
    ERR_AT(c, &out->at, "this is no account: write @handle, user@domain, domain:…, id:… or did:…");
    return false;
}

static bool
read_hashtag(struct compiling *c, weir_span text, struct raw_entry *out)
{
    text = weir__tag_body(text);
    out->entry.text = text;
    out->entry.kind = weir__is_glob(text) ? WEIR__ENTRY_GLOB : WEIR__ENTRY_LITERAL;
    if (out->entry.kind == WEIR__ENTRY_GLOB)
        return true;
    c->buf.len = 0;
    weir__fold_key(text, &c->buf);
    if (c->buf.failed)
        longjmp(*c->work->on_oom, 1);
    if (c->buf.len)
        return true;
    ERR_AT(c, &out->at,
           "nothing is left of this hashtag once it is brought into its canonical "
           "form: it could never match");
    return false;
}

/* ICU knows ISO 639's three-letter codes but those that libraries use. */
static void
warn_of_long_code(struct compiling *c, const struct raw_entry *e)
{
    static const char library[][2][4] = {
        {"alb", "sq"}, {"arm", "hy"}, {"baq", "eu"}, {"bur", "my"}, {"chi", "zh"},
        {"cze", "cs"}, {"dut", "nl"}, {"fre", "fr"}, {"geo", "ka"}, {"ger", "de"},
        {"gre", "el"}, {"ice", "is"}, {"mac", "mk"}, {"mao", "mi"}, {"may", "ms"},
        {"per", "fa"}, {"rum", "ro"}, {"slo", "sk"}, {"tib", "bo"}, {"wel", "cy"}};
    char code[4] = "", known[ULOC_LANG_CAPACITY] = "";
    UErrorCode err = U_ZERO_ERROR;

    if (e->entry.text.len != 3)
        return;
    for (size_t i = 0; i < 3; i++)
        code[i] = ascii_lower(e->entry.text.p[i]);
    (void)uloc_getLanguage(code, known, sizeof known, &err);
    const char *two = U_SUCCESS(err) && strlen(known) == 2 ? known : NULL;
    for (size_t i = 0; i < sizeof library / sizeof *library; i++)
        if (strcmp(code, library[i][0]) == 0)
            two = library[i][1];
    if (two)
        weir__diag_add(c->diags, WEIR_WARNING, &e->at,
                       "posts have this language's code of two letters: write %s", two);
}

static bool
read_lang(struct compiling *c, weir_span text, struct raw_entry *out)
{
    bool letters = text.len == 2 || text.len == 3; /* no longer primary subtag is registered */

    for (size_t i = 0; i < text.len; i++)
        letters = letters && ascii_lower(text.p[i]) >= 'a' && ascii_lower(text.p[i]) <= 'z';
    out->entry.kind = WEIR__ENTRY_LITERAL;
    out->entry.text = text;
    if (weir__span_eq_nocase(text, SPAN_LIT("und"))) {
        ERR_AT(c, &out->at, "`und` is no language: posts without one never match");
        return false;
    }
    if (letters) {
        warn_of_long_code(c, out);
        return true;
    }
    size_t dash = span_find(text, '-');
    if (dash < text.len)
        ERR_AT(c, &out->at, "only the language itself is compared: write %.*s", (int)dash, text.p);
    else
        ERR_AT(c, &out->at, "this is no language: write its code, as in en, hi or pa");
    return false;
}

static bool
read_source(struct compiling *c, weir_span text, struct raw_entry *out)
{
    static const char *const names[] = {WEIR_SOURCES(WEIR_TEXT)};

    out->entry.kind = WEIR__ENTRY_LITERAL;
    out->entry.text = text;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is(text, names[i]))
            return true;
    ERR_AT(c, &out->at,
           "unknown source \"%.*s\": it is one of tweet, mastodon, bluesky, "
           "activitypub or own",
           SPAN_FMT(text));
    return false;
}

bool
weir__read_entry(struct compiling *c, weir_selector kind, weir_span text, struct raw_entry *out)
{
    bool patterns = kind <= WEIR_SEL_HASHTAGS; /* accounts, mentions, hashtags */

    if (patterns && text.p[0] == '/')
        return text.len > 1 ? read_regex(c, text, out) : read_regex(c, SPAN_LIT("/"), out);
    switch (kind) {
    case WEIR_SEL_ACCOUNTS:
    case WEIR_SEL_MENTIONS:
        return read_account(c, text, out);
    case WEIR_SEL_HASHTAGS:
        return read_hashtag(c, text, out);
    case WEIR_SEL_LANGS:
        return read_lang(c, text, out);
    case WEIR_SEL_SOURCES:
        return read_source(c, text, out);
    case WEIR_SEL_POSTS:
    case WEIR_NSELECTORS:
        break;
    }
    out->entry.kind = WEIR__ENTRY_LITERAL;
    out->entry.text = text;
    return true;
}

/* The space in which an entry of this kind is looked up or tried. */
static enum weir__space
space_of(const struct weir__entry *e, weir_selector kind, enum weir__fold fold)
{
    bool mention = kind == WEIR_SEL_MENTIONS;
    bool pattern = e->kind == WEIR__ENTRY_GLOB || e->kind == WEIR__ENTRY_REGEX;

    switch (kind) {
    case WEIR_SEL_ACCOUNTS:
    case WEIR_SEL_MENTIONS:
        if (e->kind == WEIR__ENTRY_ID)
            return mention ? WEIR__SPACE_MENTION_ID : WEIR__SPACE_AUTHOR_ID;
        if (e->kind == WEIR__ENTRY_DOMAIN)
            return mention ? WEIR__SPACE_MENTION_DOMAIN : WEIR__SPACE_AUTHOR_DOMAIN;
        return mention ? WEIR__SPACE_MENTION_HANDLE : WEIR__SPACE_AUTHOR_HANDLE;
    case WEIR_SEL_HASHTAGS:
        if (fold == WEIR__FOLD_TURKIC)
            return WEIR__SPACE_TAG_TURKIC;
        if (fold == WEIR__FOLD_CONFUSABLE)
            return pattern ? WEIR__SPACE_TAG_LETTERS : WEIR__SPACE_TAG_SKELETON;
        return WEIR__SPACE_TAG;
    case WEIR_SEL_POSTS:
        return WEIR__SPACE_POST;
    case WEIR_SEL_LANGS:
        return WEIR__SPACE_LANG;
    case WEIR_SEL_SOURCES:
    case WEIR_NSELECTORS:
        break;
    }
    return WEIR__SPACE_SOURCE;
}

/* The canonical key first, then what the rule's fold makes of it. */
static void
fold_further(weir_span run, weir__fold_fn fold, weir_buf *out)
{
    weir_buf key = {0};

    weir__fold_key(run, &key);
    fold(span_of_buf(&key), out);
    out->failed = out->failed || key.failed;
    weir_buf_fini(&key);
}

static void
fold_turkic_key(weir_span run, weir_buf *out)
{
    fold_further(run, weir__fold_turkic, out);
}

static void
fold_skeleton_key(weir_span run, weir_buf *out)
{
    fold_further(run, weir__fold_skeleton, out);
}

static void
fold_letters_key(weir_span run, weir_buf *out)
{
    fold_further(run, weir__fold_letters, out);
}

static void
keep_bytes(weir_span run, weir_buf *out)
{
    weir_buf_put(out, run);
}

/* From what an author wrote to the key of a space; for globs, of each of their literal runs. */
static weir__fold_fn
fold_of(enum weir__space space)
{
    switch (space) {
    case WEIR__SPACE_TAG:
        return weir__fold_key;
    case WEIR__SPACE_TAG_TURKIC:
        return fold_turkic_key;
    case WEIR__SPACE_TAG_SKELETON:
        return fold_skeleton_key;
    case WEIR__SPACE_TAG_LETTERS:
        return fold_letters_key;
    case WEIR__SPACE_AUTHOR_HANDLE:
    case WEIR__SPACE_MENTION_HANDLE:
    case WEIR__SPACE_AUTHOR_DOMAIN:
    case WEIR__SPACE_MENTION_DOMAIN:
        return weir__fold_handle;
    case WEIR__SPACE_LANG:
        return weir__fold_lang;
    case WEIR__SPACE_AUTHOR_ID:
    case WEIR__SPACE_MENTION_ID:
    case WEIR__SPACE_POST:
    case WEIR__SPACE_SOURCE:
    case WEIR__NSPACES:
        break;
    }
    return keep_bytes;
}

weir__fold_fn
weir__entry_fold(const struct weir__entry *e, weir_selector kind, enum weir__fold fold)
{
    return fold_of(space_of(e, kind, fold));
}

/* What is looked up or tried, put behind what c->buf holds; false: a glob that is none. */
static bool
put_folded(struct compiling *c, const struct weir__entry *e, enum weir__space space)
{
    bool sound = true;

    if (e->kind == WEIR__ENTRY_GLOB)
        sound = weir__glob_fold(e->text, fold_of(space), &c->buf, NULL);
    else if (e->kind == WEIR__ENTRY_REGEX)
        weir_buf_put(&c->buf, e->text);
    else
        fold_of(space)(e->text, &c->buf);
    if (c->buf.failed)
        longjmp(*c->work->on_oom, 1);
    return sound;
}

weir_span
weir__entry_key(struct compiling *c, const struct weir__entry *e, weir_selector kind,
                enum weir__fold fold)
{
    enum weir__space space = space_of(e, kind, fold);
    bool pattern = e->kind == WEIR__ENTRY_GLOB || e->kind == WEIR__ENTRY_REGEX;

    c->buf.len = 0;
    if (e->kind == WEIR__ENTRY_LIST) {
        weir_buf_puts(&c->buf, "{list}");
        weir_buf_put(&c->buf, e->text);
        return span_of_buf(&c->buf);
    }
    weir_buf_putc(&c->buf, (char)('A' + (int)space));
    weir_buf_putc(&c->buf, (char)('0' + (pattern ? (int)e->kind : 0)));
    weir_buf_putc(&c->buf, e->extended ? 'x' : '-');
    return put_folded(c, e, space) ? span_of_buf(&c->buf) : SPAN_NONE;
}

static bool
add_glob(struct compiling *c, struct raw_entry *e, enum weir__space space, uint32_t selector)
{
    struct weir__pattern p = {.space = space};

    if (e->refused)
        return true;
    c->buf.len = 0;
    if (!put_folded(c, &e->entry, space)) {
        e->refused = true;
        ERR_AT(c, &e->at,
               "in a glob a backslash stands only before *, ? or another backslash; a pattern "
               "with more to it is a regex: '/…/'");
        return true;
    }
    if (c->buf.len == 0) {
        e->refused = true;
        ERR_AT(c, &e->at,
               "nothing is left of this glob once it is brought into its canonical "
               "form: it could never match");
        return true;
    }
    bool handles = space == WEIR__SPACE_AUTHOR_HANDLE || space == WEIR__SPACE_MENTION_HANDLE;
    p.bare_handles = handles && span_find(e->entry.text, '@') == e->entry.text.len;
    p.text = span_of_buf(&c->buf);
    return weir__add_pattern(c, &p, e, selector);
}

bool
weir__add_entry(struct compiling *c, struct raw_entry *e, weir_selector kind, enum weir__fold fold,
                uint32_t selector)
{
    enum weir__space space = space_of(&e->entry, kind, fold);

    if (e->entry.kind == WEIR__ENTRY_GLOB)
        return add_glob(c, e, space, selector);
    if (e->entry.kind == WEIR__ENTRY_REGEX) {
        struct weir__pattern p = {.space = space, .is_regex = true};
        p.extended = e->entry.extended;
        p.text = e->entry.text;
        return weir__add_pattern(c, &p, e, selector);
    }
    c->buf.len = 0;
    (void)put_folded(c, &e->entry, space);
    return c->buf.len == 0 || weir__keytable_add(c->keys, space, span_of_buf(&c->buf), selector);
}
