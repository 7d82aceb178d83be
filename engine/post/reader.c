/*
 * The reader: a line to items. Here are the limits, what is wrong before there is a tree, and the
 * telling of dialects; each dialect has a file of its own.
 */
#include <tagweir/names.h>
#include <tagweir/post.h>

#include "base/check.h"
#include "post/ahead.h"
#include "post/read.h"
#include "text/fold.h"

#include <stdlib.h>

#define DEFAULT_MAX_LINE (1u << 20)

struct weir_reader {
    uint32_t magic;
    weir_reader_options options;
    struct weir__scanner *scanner;
    struct weir__ahead ahead;
    struct weir__plan plan;
    struct arena arena; /* all that is made of one line */
};

const char *
weir_source_name(weir_source s)
{
    static const char *const names[] = {WEIR_SOURCES(WEIR_TEXT) "query"};

    CHECK((size_t)s < sizeof names / sizeof *names);
    return names[s];
}

WEIR_NAMES(weir_read_error_name, weir_read_error, WEIR_READ_ERRORS, WEIR_TEXT)

weir_status
weir_reader_new(const weir_reader_options *o, weir_reader **out)
{
    weir_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r)
        return WEIR_E_NOMEM;
    r->magic = WEIR_READER_MAGIC;
    if (o)
        r->options = *o;
    if (r->options.max_line == 0)
        r->options.max_line = DEFAULT_MAX_LINE;
    if (r->options.max_line > weir__scanner_limit())
        r->options.max_line = weir__scanner_limit();
    arena_init(&r->arena, NULL);
    weir__plan_lines(&r->plan);
    r->scanner = weir__scanner_new();
    if (!r->scanner) {
        weir_reader_free(r);
        return WEIR_E_NOMEM;
    }
    *out = r;
    return WEIR_OK;
}

void
weir_reader_free(weir_reader *r)
{
    if (!r)
        return;
    CHECK_OBJ(r, WEIR_READER_MAGIC);
    r->magic = 0;
    weir__scanner_free(r->scanner);
    arena_fini(&r->arena);
    free(r);
}

/* ---- dialects ---- */

/* Is there a member of an object that is a member of the line: `user.screen_name`? */
static bool
tells(struct weir__reading *r, const struct weir__json *line, unsigned k, unsigned inner)
{
    const struct weir__json *o = weir__get(r, line, k);

    return o && weir__get(r, o, inner);
}

/* Lines of Twitter's streams that are no tweets, and what the counts call them. */
static const struct {
    uint8_t key;
    const char *name;
} notices[] = {
    {WEIR__L_DELETE, "delete"},
    {WEIR__L_SCRUB_GEO, "scrub_geo"},
    {WEIR__L_LIMIT, "limit"},
    {WEIR__L_DISCONNECT, "disconnect"},
    {WEIR__L_WARNING, "warning"},
    {WEIR__L_STATUS_WITHHELD, "status_withheld"},
    {WEIR__L_USER_WITHHELD, "user_withheld"},
};

/* A page without `data`: of no results, or of errors alone. NULL: no page. */
static const char *
page_without_data(const struct weir__json *line)
{
    const struct weir__json *meta = weir__json_get(line, WEIR__L_META);
    const struct weir__json *count =
        meta && meta->type == WEIR__OBJECT ? weir__json_get(meta, WEIR__M_RESULT_COUNT) : NULL;

    if (count && count->type == WEIR__NUMBER && span_is(count->raw, "0"))
        return "empty_page";
    return weir__has(line, WEIR__L_ERRORS) ? "errors" : NULL;
}

static void
read_other(struct weir__reading *r, const struct weir__json *line)
{
    const char *skip = NULL;

    for (size_t i = 0; !skip && i < sizeof notices / sizeof *notices; i++)
        skip = weir__get(r, line, notices[i].key) ? notices[i].name : NULL;
    if (!skip)
        skip = page_without_data(line);
    if (skip) {
        weir__emit_skip(r, skip);
        return;
    }
    weir__fault(
        r, WEIR_READ_UNKNOWN_SHAPE, line->at,
        "no known kind of post: looked for \"type\" and \"@context\"; \"query\"; \"did\" and "
        "\"kind\"; \"data\" or \"author_id\"; \"user.screen_name\"; \"account.acct\"; "
        "\"author\"");
    weir__emit_post(r, NULL);
}

/* Telling the dialect reads the keys that tell it, one after the other. Documents of ActivityPub
   come first: each key of theirs is written by whoever sent them, while the outermost keys of other
   dialects are the platform's own. A note with an `author` too, or a `query`, would else be taken
   for a post of another author, or for no post. */
static void
read_object(struct weir__reading *r, const struct weir__json *line)
{
    if (weir__is_activitypub(r, line))
        weir__read_activitypub(r, line);
    else if (weir__get(r, line, WEIR__L_QUERY))
        weir__read_query(r, line);
    else if (weir__get(r, line, WEIR__L_DID) && weir__get(r, line, WEIR__L_KIND))
        weir__read_bluesky(r, line);
    else if (weir__get(r, line, WEIR__L_DATA) || weir__get(r, line, WEIR__P_AUTHOR_ID))
        weir__read_tweets_v2(r, line);
    else if (tells(r, line, WEIR__P_USER, WEIR__W_SCREEN_NAME))
        weir__read_tweet_v1(r, line);
    else if (tells(r, line, WEIR__P_ACCOUNT, WEIR__W_ACCT))
        weir__read_mastodon(r, line);
    else if (weir__get(r, line, WEIR__P_AUTHOR))
        weir__read_own(r, line);
    else
        read_other(r, line);
}

/* ---- lines ---- */

static void
fail(struct weir__reading *r, weir_read_error code, size_t at, const char *detail)
{
    weir__fault(r, code, at, "%s", detail);
    weir__emit_post(r, NULL);
}

/* Stage 1 refused it: its UTF-8 counts before its JSON. */
static void
read_malformed(struct weir__reading *r, weir_span text)
{
    size_t at;

    if (!weir__is_utf8(text, &at)) {
        fail(r, WEIR_READ_BAD_UTF8, at, "this byte is not part of a UTF-8 character");
        return;
    }
    const char *what = weir__find_malformed(text, &at);
    fail(r, WEIR_READ_BAD_JSON, at, what);
}

/* A text that was scanned together with others. Whatever is odd about one is told as if it stood
   alone, so it is read anew then, and so are those behind it. @return whether it was read */
static bool
read_together(weir_reader *r, struct weir__reading *reading, weir_span text, size_t room)
{
    const struct weir__reading before = *reading;
    struct weir__tokens tokens;
    struct weir__json root;

    if (room < text.len + WEIR_LINE_PADDING ||
        !weir__ahead_find(&r->ahead, r->scanner, text, &tokens))
        return false;
    struct weir__walked walked = weir__json_walk(&r->plan, text, tokens, &r->arena, &root);
    if (!walked.bad && !walked.deep && root.type == WEIR__OBJECT) {
        read_object(reading, &root);
        if (!reading->is_odd) {
            weir__ahead_pass(&r->ahead, walked.ntokens);
            return true;
        }
    }
    *reading = before;
    weir__ahead_end(&r->ahead);
    return false;
}

static void
read_tree(struct weir__reading *r, struct weir__plan *plan, weir_span text,
          struct weir__tokens tokens)
{
    struct weir__json root;
    struct weir__walked walked = weir__json_walk(plan, text, tokens, r->arena, &root);

    if (walked.bad)
        fail(r, WEIR_READ_BAD_JSON, walked.bad_at, walked.bad);
    else if (walked.deep)
        fail(r, WEIR_READ_TOO_DEEP, walked.deep_at, "arrays and objects are nested too deep");
    else if (root.type != WEIR__OBJECT) {
        weir__fault(r, WEIR_READ_NOT_AN_OBJECT, root.at, "a line must be an object, found %s",
                    weir__found(&root));
        weir__emit_post(r, NULL);
    } else
        read_object(r, &root);
}

/* The text where the scanner may read it: the line itself, or a copy with room behind. */
static weir_span
place(weir_reader *r, weir_span text, size_t room)
{
    if (room >= text.len + WEIR_LINE_PADDING)
        return text;
    char *copy = arena_take(&r->arena, text.len + WEIR_LINE_PADDING);
    memcpy(copy, text.p, text.len);
    memset(copy + text.len, ' ', WEIR_LINE_PADDING);
    return (weir_span){copy, text.len};
}

static weir_status
read_text(weir_reader *r, struct weir__reading *reading, weir_span text, size_t room)
{
    struct weir__tokens tokens;

    if (read_together(r, reading, text, room))
        return WEIR_OK;
    weir__ahead_drop(&r->ahead); /* its tokens are where these will be */
    text = place(r, text, room);
    switch (weir__scanner_scan(r->scanner, text.p, text.len, &tokens)) {
    case WEIR__SCAN_NOMEM:
        return WEIR_E_NOMEM;
    case WEIR__SCAN_EMPTY:
        fail(reading, WEIR_READ_BAD_JSON, 0, "there is no value");
        break;
    case WEIR__SCAN_MALFORMED:
        read_malformed(reading, text);
        break;
    case WEIR__SCAN_OK:
        tokens.escape_at = span_find(text, '\\');
        read_tree(reading, &r->plan, text, tokens);
        break;
    }
    return WEIR_OK;
}

static weir_status
read_line(weir_reader *r, struct weir__reading *reading, weir_span line, size_t avail)
{
    /* Neither a BOM nor the end's CR counts. Of a line that is too long, no more than the first
       `avail` bytes may be there to be looked at. */
    size_t max = r->options.max_line;
    bool is_whole = avail >= line.len;
    weir_span there = is_whole ? line : span_head(line, avail);

    reading->base = there.len - span_without_bom(there).len;
    weir_span text = span_skip(line, reading->base);
    if (text.len == max + 1 && is_whole && text.p[max] == '\r')
        text.len--;
    if (text.len > max) {
        weir__fault(reading, WEIR_READ_TOO_LONG, max, "the line is longer than %zu bytes", max);
        weir__emit_post(reading, NULL);
        return WEIR_OK;
    }
    CHECK(is_whole);
    if (span_is_blank(text))
        return WEIR_OK;
    return read_text(r, reading, text, avail - reading->base);
}

static weir_status
read_one(weir_reader *r, weir_span line, size_t avail, const weir_item **items, size_t *nitems)
{
    jmp_buf oom;
    struct weir__reading reading = {.arena = &r->arena, .options = &r->options};

    *items = NULL;
    *nitems = 0;
    r->arena.on_oom = &oom;
    if (setjmp(oom)) {
        r->arena.on_oom = NULL;
        return WEIR_E_NOMEM;
    }
    weir_status st = read_line(r, &reading, line, avail);
    r->arena.on_oom = NULL;
    if (st == WEIR_OK) {
        *items = reading.items;
        *nitems = reading.nitems;
    }
    return st;
}

void
weir_reader_ahead(weir_reader *r, weir_span lines)
{
    CHECK_OBJ(r, WEIR_READER_MAGIC);
    weir__ahead_begin(&r->ahead, lines);
    r->plan.expects = lines.len > 0; /* of lines one behind the other, keys are in one order */
}

weir_status
weir_reader_read(weir_reader *r, weir_span line, size_t avail, const weir_item **items,
                 size_t *nitems)
{
    CHECK_OBJ(r, WEIR_READER_MAGIC);
    arena_reset(&r->arena);
    return read_one(r, line, avail, items, nitems);
}

weir_status
weir_reader_read_also(weir_reader *r, weir_span line, size_t avail, const weir_item **items,
                      size_t *nitems)
{
    CHECK_OBJ(r, WEIR_READER_MAGIC);
    return read_one(r, line, avail, items, nitems);
}
