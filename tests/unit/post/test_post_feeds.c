/*
 * Real feeds: every record is read, and read as what it is. Skips where the data is absent.
 */
#include "show.h"

#define KINDS_MAX 32

struct tally {
    size_t lines, posts, reposts, quotes, tags, mentions, langs, timed, handles;
    struct {
        const char *name; /* a skip's, or an error's */
        size_t n;
    } kinds[KINDS_MAX];
};

static void
count(struct tally *t, const char *name)
{
    size_t i = 0;

    while (i < KINDS_MAX - 1 && t->kinds[i].name && strcmp(t->kinds[i].name, name) != 0)
        i++;
    t->kinds[i].name = name;
    t->kinds[i].n++;
}

static size_t
count_of(const struct tally *t, const char *name)
{
    for (size_t i = 0; i < KINDS_MAX && t->kinds[i].name; i++)
        if (strcmp(t->kinds[i].name, name) == 0)
            return t->kinds[i].n;
    return 0;
}

static void
tally_item(struct tally *t, const weir_item *item)
{
    if (item->kind == WEIR_ITEM_SKIP) {
        count(t, item->skip);
        return;
    }
    if (item->kind == WEIR_ITEM_ERROR) {
        count(t, weir_read_error_name(item->error));
        return;
    }
    const weir_post *p = item->post;
    assert_true(p->id.len > 0);
    t->posts++;
    t->reposts += p->repost_of != NULL;
    t->quotes += p->quotes != NULL;
    t->tags += p->nhashtags;
    t->mentions += p->nmentions;
    t->langs += p->nlangs;
    t->timed += p->has_created;
    t->handles += p->author.handle.p != NULL;
}

static char *
slurp(const char *name, size_t *len)
{
    FILE *f = open_data(name);

    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *len = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*len + WEIR_LINE_PADDING);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *len, f), *len);
    memset(text + *len, 0, WEIR_LINE_PADDING);
    fclose(f);
    return text;
}

static struct tally
read_feed(const char *name, weir_reader_options o)
{
    size_t len, n;
    char *text = slurp(name, &len);
    weir_reader *r = new_reader(o);
    weir_span rest = {text, len};
    struct tally t = {0};
    const weir_item *items;

    while (rest.len) {
        weir_span line = span_head(rest, span_find(rest, '\n'));
        size_t avail = (size_t)(text + len - line.p) + WEIR_LINE_PADDING;
        assert_int_equal(weir_reader_read(r, line, avail, &items, &n), WEIR_OK);
        t.lines++;
        for (size_t i = 0; i < n; i++)
            tally_item(&t, &items[i]);
        rest = span_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
    }
    weir_reader_free(r);
    free(text);
    return t;
}

/* The figures are those of a JSON library's reading of the same keys. */
static void
tweets_v1(void **state)
{
    (void)state;
    struct tally t = read_feed("feeds/tweets_v1.ndjson", (weir_reader_options){.need_time = true});
    assert_int_equal(t.posts, 2338);
    assert_int_equal(t.lines, 2338);
    assert_int_equal(t.timed, 2338);
    assert_int_equal(t.handles, 2338);
    assert_int_equal(t.reposts, 516);
    assert_int_equal(t.quotes, 148);
}

static void
tweets_v2(void **state)
{
    (void)state;
    struct tally t = read_feed("feeds/tweets_v2.ndjson", (weir_reader_options){.need_time = true});
    assert_int_equal(t.posts, 2492);
    assert_int_equal(t.handles, 2492);
    assert_int_equal(t.langs, 1842);
}

static void
pages(void **state)
{
    (void)state;
    struct tally t =
        read_feed("feeds/tweets_v2_pages/DocNow_withheld.jsonl", (weir_reader_options){0});
    assert_int_equal(t.posts, 1 + 1 + 1 + 100 + 112);
    assert_int_equal(t.handles, 209); /* six authors are not in their page's includes */
    t = read_feed("feeds/tweets_v2_pages/DocNow_noflat.jsonl", (weir_reader_options){0});
    assert_int_equal(t.posts, 100);
    assert_int_equal(t.handles, t.posts);
    t = read_feed("feeds/tweets_v2_pages/DocNow_streaming_output_with_error.jsonl",
                  (weir_reader_options){0});
    assert_int_equal(t.posts, 7);
    assert_int_equal(count_of(&t, "bad_json"), 1);
}

static void
mastodon(void **state)
{
    (void)state;
    struct tally t =
        read_feed("feeds/mastodon_statuses.ndjson", (weir_reader_options){.need_time = true});
    assert_int_equal(t.posts, 391);
    assert_int_equal(t.handles, 391);
    assert_int_equal(t.reposts, 7);
    assert_int_equal(t.quotes, 6); /* one of them known by its id alone */
    assert_int_equal(t.mentions, 150);
    assert_int_equal(t.langs, 339);
}

static void
jetstream(void **state)
{
    (void)state;
    struct tally t =
        read_feed("feeds/bluesky_jetstream.ndjson", (weir_reader_options){.need_time = true});
    assert_int_equal(t.lines, 152);
    assert_int_equal(t.posts, 17 + 15);
    assert_int_equal(t.reposts, 15);
    assert_int_equal(count_of(&t, "like"), 105);
    assert_int_equal(count_of(&t, "follow"), 6);
    assert_int_equal(count_of(&t, "block"), 1);
    assert_int_equal(count_of(&t, "status"), 1);
    assert_int_equal(count_of(&t, "other"), 1);
    assert_int_equal(count_of(&t, "delete"), 4);
    assert_int_equal(count_of(&t, "identity"), 1);
    assert_int_equal(count_of(&t, "account"), 1);
}

/* The file's lines hold the documents; they themselves are of no dialect. */
static void
activitypub(void **state)
{
    (void)state;
    struct tally t = read_feed("feeds/activitypub_notes.ndjson", (weir_reader_options){0});
    assert_int_equal(t.lines, 40);
    assert_int_equal(count_of(&t, "unknown_shape"), 40);
}

/* A line cut anywhere is bad JSON, at its end or before; none crashes, none is a post. */
static void
cut_lines(void **state)
{
    size_t len, n;
    const weir_item *items;

    (void)state;
    char *text = slurp("feeds/tweets_v1.ndjson", &len);
    size_t whole = span_find((weir_span){text, len}, '\n');
    weir_reader *r = new_reader((weir_reader_options){0});
    for (size_t cut = 1; cut < whole; cut++) {
        assert_int_equal(weir_reader_read(r, (weir_span){text, cut}, len, &items, &n), WEIR_OK);
        assert_int_equal(n, 1);
        assert_int_equal(items[0].kind, WEIR_ITEM_ERROR);
        assert_true(items[0].error == WEIR_READ_BAD_JSON || items[0].error == WEIR_READ_BAD_UTF8);
        assert_true(items[0].offset <= cut);
    }
    weir_reader_free(r);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tweets_v1), cmocka_unit_test(tweets_v2), cmocka_unit_test(pages),
        cmocka_unit_test(mastodon),  cmocka_unit_test(jetstream), cmocka_unit_test(activitypub),
        cmocka_unit_test(cut_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
