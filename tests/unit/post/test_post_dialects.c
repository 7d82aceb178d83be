/*
 * Dialects: what each is told by, and where its values come from.
 */
#include "show.h"

#define USER "\"user\":{\"id\":5,\"id_str\":\"5\",\"screen_name\":\"x\"}"

static void
tweets_v1(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":1,\"id_str\":\"1\"," USER ",\"lang\":\"en\","
         "\"created_at\":\"Sun Aug 31 00:29:13 +0000 2014\"}",
         "tweet 1 by 5@x in en at 2014-08-31T00:29:13Z"},
        {"{\"id\":1," USER ",\"created_at\":\"2017-11-01 20:44:10 +0530\"}",
         "tweet 1 by 5@x at 2017-11-01T15:14:10Z"},
        /* there are two formats, and no third one */
        {"{\"id\":1," USER ",\"created_at\":\"2017-11-01T20:44:10.500Z\"}", "tweet 1 by 5@x"},
        {"{\"id\":1," USER ",\"created_at\":\"Sun Feb 30 00:29:13 +0000 2014\"}", "tweet 1 by 5@x"},
        {"{\"id\":1," USER ",\"created_at\":\"Sun Aug 31 00:29:13 2014\"}", "tweet 1 by 5@x"},
        {"{\"id\":1," USER ",\"created_at\":\"\"}", "tweet 1 by 5@x"},
        {"{\"id\":1589632502309990401,\"id_str\":\"1589632502309990400\"," USER "}",
         "tweet 1589632502309990400 by 5@x"},
        {"{\"id\":123456789012345678901234567890," USER "}",
         "tweet 123456789012345678901234567890 by 5@x"},
        {"{\"id_str\":\"\",\"id\":7,\"user\":{\"id\":6,\"screen_name\":\"@y\"}}", "tweet 7 by 6@y"},
        {"{\"id\":1,\"user\":{\"id\":null,\"screen_name\":\"\"}}", "tweet 1"},
        /* entities that are there are authoritative */
        {"{\"id\":1," USER ",\"text\":\"#a @b\",\"entities\":{}}", "tweet 1 by 5@x"},
        {"{\"id\":1," USER ",\"text\":\"#a @b\",\"entities\":null}", "tweet 1 by 5@x #a to @b"},
        {"{\"id\":1," USER ",\"text\":\"#a\",\"full_text\":\"#b\"}", "tweet 1 by 5@x #b"},
        {"{\"id\":1," USER ",\"text\":\"#a\",\"full_text\":\"#b\","
         "\"extended_tweet\":{\"full_text\":\"#c\"}}",
         "tweet 1 by 5@x #c"},
        {"{\"id\":1," USER ",\"text\":\"#whole #cu\xE2\x80\xA6\"}", "tweet 1 by 5@x #whole"},
        {"{\"id\":1," USER ",\"entities\":{\"hashtags\":[{\"text\":\"a\"},{\"text\":\"#A\"},"
         "{\"indices\":[1,2]}],\"user_mentions\":[{\"id\":7,\"id_str\":\"7\","
         "\"screen_name\":\"bob\"},{\"screen_name\":\"eve\"},{}]}}",
         "tweet 1 by 5@x #a ##A to 7@bob to @eve"},
        {"{\"id\":1," USER ",\"truncated\":true,\"entities\":{\"hashtags\":[{\"text\":\"a\"}]},"
         "\"extended_tweet\":{\"full_text\":\"\",\"entities\":{\"hashtags\":[{\"text\":\"b\"}]}}}",
         "tweet 1 by 5@x #b"},
        {"{\"id\":1," USER ",\"truncated\":false,\"entities\":{\"hashtags\":[{\"text\":\"a\"}]},"
         "\"extended_tweet\":{\"full_text\":\"\",\"entities\":{\"hashtags\":[{\"text\":\"b\"}]}}}",
         "tweet 1 by 5@x #a"},
        {"{\"id\":1," USER ",\"truncated\":true,\"entities\":{\"hashtags\":[{\"text\":\"a\"}]}}",
         "tweet 1 by 5@x #a"},
        {"{\"id\":1," USER ",\"retweeted_status\":{\"id\":2,\"user\":{\"id\":6},"
         "\"quoted_status\":{\"id\":3,\"quoted_status\":{\"id\":true}}},"
         "\"quoted_status\":{\"id\":4}}",
         "tweet 1 by 5@x reposts(tweet 2 by 6 quotes(tweet 3)) quotes(tweet 4)"},
        {"{\"delete\":{\"status\":{\"id\":1}}}", "skip delete"},
        {"{\"scrub_geo\":{}}", "skip scrub_geo"},
        {"{\"limit\":{\"track\":1}}", "skip limit"},
        {"{\"disconnect\":{}}", "skip disconnect"},
        {"{\"warning\":{}}", "skip warning"},
        {"{\"status_withheld\":{}}", "skip status_withheld"},
        {"{\"user_withheld\":{}}", "skip user_withheld"},
        {"{\"delete\":1,\"id\":1," USER "}", "tweet 1 by 5@x"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
tweets_v2(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":\"1\",\"author_id\":\"5\",\"author\":{\"id\":\"5\",\"username\":\"x\"},"
         "\"lang\":\"en\",\"created_at\":\"2021-05-01T09:27:19.000Z\",\"text\":\"#no\","
         "\"entities\":{\"hashtags\":[{\"tag\":\"a\"}],\"mentions\":[{\"username\":\"bob\"},"
         "{\"username\":\"eve\",\"id\":\"8\"}]}}",
         "tweet 1 by 5@x #a to @bob to 8@eve in en at 2021-05-01T09:27:19Z"},
        {"{\"id\":\"1\",\"author_id\":\"5\",\"text\":\"#a @b\"}", "tweet 1 by 5 #a to @b"},
        {"{\"data\":{\"id\":\"1\",\"text\":\"#a\"}}", "tweet 1 #a"},
        {"{\"data\":{\"id\":\"1\",\"author_id\":\"5\"},"
         "\"includes\":{\"users\":[{\"id\":\"4\",\"username\":\"w\"},{\"id\":\"5\","
         "\"username\":\"x\"},{\"id\":\"5\",\"username\":\"y\"},{\"name\":\"z\"}]}}",
         "tweet 1 by 5@x"},
        /* references: merged in, in includes, in data, unknown */
        {"{\"id\":\"1\",\"author_id\":\"5\",\"referenced_tweets\":[{\"type\":\"replied_to\","
         "\"id\":\"9\"},{\"type\":\"retweeted\",\"id\":\"2\",\"author_id\":\"6\","
         "\"author\":{\"username\":\"y\"},\"text\":\"#b\"},{\"type\":\"quoted\",\"id\":\"3\"}]}",
         "tweet 1 by 5 reposts(tweet 2 by 6@y #b) quotes(tweet 3)"},
        {"{\"data\":[{\"id\":\"1\",\"author_id\":\"5\",\"referenced_tweets\":[{\"type\":"
         "\"retweeted\",\"id\":\"2\"}]},{\"id\":\"4\",\"referenced_tweets\":[{\"type\":\"quoted\","
         "\"id\":\"1\"}]},{\"id\":\"5\",\"referenced_tweets\":[{\"type\":\"quoted\","
         "\"id\":\"7\"}]}],\"includes\":{\"users\":[{\"id\":\"6\",\"username\":\"y\"}],"
         "\"tweets\":[{\"id\":\"2\",\"author_id\":\"6\",\"text\":\"#b\"}]}}",
         "tweet 1 by 5 reposts(tweet 2 by 6@y #b); "
         "tweet 4 quotes(tweet 1 by 5 reposts(tweet 2 by 6@y #b)); tweet 5 quotes(tweet 7)"},
        /* a tweet that quotes itself ends at two levels */
        {"{\"data\":[{\"id\":\"1\",\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"1\"}]}]}",
         "tweet 1 quotes(tweet 1 quotes(tweet 1))"},
        {"{\"data\":[]}", "skip empty_page"},
        {"{\"meta\":{\"result_count\":0}}", "skip empty_page"},
        {"{\"meta\":{\"result_count\":0},\"errors\":[{}]}", "skip empty_page"},
        {"{\"errors\":[{\"title\":\"x\"}]}", "skip errors"},
        {"{\"meta\":{\"result_count\":1}}", "unknown_shape 0"},
        /* one bad tweet harms no other */
        {"{\"data\":[{\"id\":\"1\"},{\"id\":true,\"author_id\":\"5\"},7,null,{\"text\":\"\"},"
         "{\"id\":\"2\",\"lang\":4,\"lang\":5},{\"id\":\"3\"}]}",
         "tweet 1; bad_type 26 by 5; bad_type 48; bad_type 50; no_id 55; "
         "duplicate_key 86 post 2; tweet 3"},
        {"{\"data\":[{\"id\":\"1\"},{\"id\":\"2\"}],\"includes\":[]}",
         "bad_type 43 post 1; bad_type 43 post 2"},
        {"{\"data\":[{\"id\":\"1\",\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"2\"}]},"
         "{\"id\":\"3\",\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"2\"}]},{\"id\":"
         "\"4\"}],\"includes\":{\"tweets\":[{\"id\":\"2\",\"text\":1}]}}",
         "bad_type 180 post 1; bad_type 180 post 3; tweet 4"},
        {"{\"data\":7}", "bad_type 8"},
        {"{\"data\":null,\"author_id\":\"5\",\"id\":\"1\"}", "tweet 1 by 5"},
        {"{\"author_id\":\"5\",\"id\":\"1\",\"referenced_tweets\":[{\"type\":\"quoted\"}]}",
         "no_id 47 post 1 by 5"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

#define ACCOUNT "\"account\":{\"id\":\"5\",\"acct\":\"x@example.org\"}"

static void
mastodon(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":\"1\"," ACCOUNT ",\"content\":\"<p>#no</p>\",\"language\":\"de\","
         "\"created_at\":\"2017-04-14T06:11:41.893Z\",\"tags\":[{\"name\":\"a\",\"url\":\"\"}],"
         "\"mentions\":[{\"id\":\"7\",\"acct\":\"bob\"}]}",
         "mastodon 1 by 5@x@example.org #a to 7@bob in de at 2017-04-14T06:11:41.893Z"},
        {"{\"id\":\"1\"," ACCOUNT ",\"content\":\"<p>x <a>#<span>one</span></a> a&#35;no<br/>&num;"
         "two</p>#three\",\"spoiler_text\":\"#four @bob\"}",
         "mastodon 1 by 5@x@example.org #one #two #three #four to @bob"},
        {"{\"id\":\"1\"," ACCOUNT ",\"content\":\"#a @b\",\"tags\":[]}",
         "mastodon 1 by 5@x@example.org to @b"},
        {"{\"id\":\"1\"," ACCOUNT ",\"content\":\"#a @b\",\"mentions\":[]}",
         "mastodon 1 by 5@x@example.org #a"},
        {"{\"id\":\"1\"," ACCOUNT ",\"reblog\":{\"id\":\"2\",\"account\":{\"id\":\"6\"},"
         "\"quote\":{\"state\":\"accepted\",\"quoted_status\":{\"id\":\"3\","
         "\"quote\":{\"quoted_status\":{\"id\":\"4\"}}}}}}",
         "mastodon 1 by 5@x@example.org reposts(mastodon 2 by 6 quotes(mastodon 3))"},
        {"{\"id\":\"1\"," ACCOUNT ",\"quote\":{\"id\":\"2\",\"account\":{\"acct\":\"y\"}}}",
         "mastodon 1 by 5@x@example.org quotes(mastodon 2 by @y)"},
        {"{\"id\":\"1\"," ACCOUNT ",\"quote\":{\"state\":\"pending\",\"quoted_status\":null}}",
         "mastodon 1 by 5@x@example.org"},
        {"{\"id\":\"1\"," ACCOUNT ",\"quote\":null,\"reblog\":null,\"tags\":null}",
         "mastodon 1 by 5@x@example.org"},
        {"{\"id\":1,\"account\":{\"acct\":\"x\"},\"tags\":[{\"name\":\"\"}]}",
         "mastodon 1 by @x #"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

#define EVENT(operation, collection, record)                                                       \
    "{\"did\":\"did:plc:a\",\"time_us\":1700000000123456,\"kind\":\"commit\",\"commit\":{"         \
    "\"operation\":\"" operation "\",\"collection\":\"" collection "\",\"rkey\":\"k\","            \
    "\"record\":" record "}}"
#define CREATED(record) EVENT("create", "app.bsky.feed.post", record)
#define POST_A "bluesky at://did:plc:a/app.bsky.feed.post/k by did:plc:a@alice.example"
#define WHEN " at 2023-11-14T22:13:20.123Z"

static void
bluesky(void **state)
{
    static const struct reading_row rows[] = {
        {CREATED("{}"), POST_A WHEN},
        {EVENT("update", "app.bsky.feed.post", "{\"text\":\"#no @no\"}"), POST_A WHEN},
        {CREATED("{\"langs\":[\"en\",\"de\"],\"tags\":[\"c\",\"#d\"],\"facets\":[{\"features\":["
                 "{\"$type\":\"app.bsky.richtext.facet#tag\",\"tag\":\"a\"},"
                 "{\"$type\":\"app.bsky.richtext.facet#link\",\"uri\":\"x\"}]},{\"features\":["
                 "{\"tag\":\"b\",\"$type\":\"app.bsky.richtext.facet#tag\"},"
                 "{\"$type\":\"app.bsky.richtext.facet#mention\",\"did\":\"did:plc:b\"}]}]}"),
         POST_A " #a #b #c ##d to did:plc:b in en in de" WHEN},
        {CREATED("{\"embed\":{\"record\":{\"uri\":\"at://did:plc:a/app.bsky.feed.post/q\"}}}"),
         POST_A WHEN " quotes(bluesky at://did:plc:a/app.bsky.feed.post/q "
                     "by did:plc:a@alice.example)"},
        {CREATED("{\"embed\":{\"media\":{},\"record\":{\"record\":{\"uri\":\"at://did:web:b\"}}}}"),
         POST_A WHEN " quotes(bluesky at://did:web:b by did:web:b)"},
        {CREATED("{\"embed\":{\"record\":{\"uri\":\"at://b.example/c/d\"}}}"),
         POST_A WHEN " quotes(bluesky at://b.example/c/d)"},
        {EVENT("create", "app.bsky.feed.repost", "{\"subject\":{\"uri\":\"at://did:plc:b/p/q\"}}"),
         "bluesky at://did:plc:a/app.bsky.feed.repost/k by did:plc:a@alice.example" WHEN
         " reposts(bluesky at://did:plc:b/p/q by did:plc:b)"},
        {"{\"did\":\"did:plc:a\",\"kind\":\"commit\",\"commit\":{\"operation\":\"create\","
         "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\",\"record\":"
         "{\"createdAt\":\"2026-07-04T14:38:06.240Z\"}}}",
         POST_A " at 2026-07-04T14:38:06.240Z"},
        {EVENT("create", "app.bsky.feed.like", "{}"), "skip like"},
        {EVENT("create", "app.bsky.graph.follow", "{}"), "skip follow"},
        {EVENT("create", "app.bsky.graph.block", "{}"), "skip block"},
        {EVENT("update", "app.bsky.actor.profile", "{}"), "skip profile"},
        {EVENT("create", "fm.teal.alpha.actor.status", "{}"), "skip other"},
        {EVENT("delete", "app.bsky.feed.post", "null"), "skip delete"},
        {EVENT("delete", "app.bsky.feed.like", "null"), "skip delete"},
        {EVENT("purge", "app.bsky.feed.post", "{}"), "skip other"},
        {"{\"did\":\"did:plc:a\",\"kind\":\"identity\",\"identity\":{}}", "skip identity"},
        {"{\"did\":\"did:plc:a\",\"kind\":\"account\",\"account\":{\"acct\":\"x\"}}",
         "skip account"},
        {"{\"did\":\"did:plc:a\",\"kind\":\"commit\"}", "skip other"},
        {"{\"did\":\"did:plc:a\",\"kind\":\"new\"}", "skip other"},
        {EVENT("create", "app.bsky.feed.post", "7"),
         "bad_type 147 post at://did:plc:a/app.bsky.feed.post/k by did:plc:a@alice.example"},
        {"{\"did\":5,\"kind\":\"identity\"}", "bad_type 7"},
        {"{\"did\":\"\",\"kind\":\"commit\",\"commit\":{\"operation\":\"create\",\"rkey\":\"k\","
         "\"collection\":\"app.bsky.feed.post\"}}",
         "no_id 0"},
    };
    static const char csv[] = "did,handle\ndid:plc:a,alice.example\n";
    weir_diags *diags = weir_diags_new();
    weir_handles *handles;

    (void)state;
    assert_int_equal(weir_handles_parse(span_of(csv), "handles.csv", diags, &handles), WEIR_OK);
    CHECK_ROWS({.handles = handles}, false, rows);
    weir_handles_free(handles);
    weir_diags_free(diags);
}

static void
own(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":\"1\",\"author\":{\"id\":5,\"handle\":\"@x\"},\"hashtags\":[\"a\",\"#b\"],"
         "\"mentions\":[\"@y\",\"id:7\",{\"id\":\"8\",\"handle\":\"z\"},\"did:web:w\"],"
         "\"created_at\":\"2021-02-01T06:00:00Z\",\"lang\":[\"pa\",\"en\"],\"source\":7,"
         "\"keys\":7}",
         "own 1 by 5@x #a ##b to @y to 7 to 8@z to did:web:w in pa in en "
         "at 2021-02-01T06:00:00Z"},
        {"{\"id\":1,\"author\":\"@x\"}", "own 1 by @x"},
        {"{\"id\":1,\"author\":\"x\"}", "own 1 by @x"},
        {"{\"id\":1,\"author\":\"x@example.org\"}", "own 1 by @x@example.org"},
        {"{\"id\":1,\"author\":\"id:5\"}", "own 1 by 5"},
        {"{\"id\":1,\"author\":\"did:plc:a\"}", "own 1 by did:plc:a"},
        {"{\"id\":1,\"author\":\"\"}", "own 1"},
        {"{\"id\":1,\"author\":{}}", "own 1"},
        {"{\"id\":1,\"author\":{\"name\":\"x\"}}", "own 1"}, /* read over: an author not known */
        {"{\"id\":-1.5e3,\"author\":{}}", "own -1.5e3"},
        {"{\"id\":1,\"author\":\"x\",\"text\":\"#a @b\"}", "own 1 by @x #a to @b"},
        {"{\"id\":1,\"author\":\"x\",\"text\":\"#a @b\",\"hashtags\":[]}", "own 1 by @x to @b"},
        {"{\"id\":1,\"author\":\"x\",\"text\":\"#a @b\",\"mentions\":[]}", "own 1 by @x #a"},
        {"{\"id\":1,\"author\":\"x\",\"lang\":\"en\"}", "own 1 by @x in en"},
        {"{\"id\":1,\"author\":\"x\",\"repost_of\":\"2\",\"quotes\":3}",
         "own 1 by @x reposts(own 2) quotes(own 3)"},
        {"{\"id\":1,\"author\":\"x\",\"repost_of\":{\"id\":2,\"quotes\":{\"id\":3,"
         "\"repost_of\":{\"lang\":7}}},\"quotes\":\"\"}",
         "own 1 by @x reposts(own 2 quotes(own 3))"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
queries(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"query\":{\"hashtag\":\"#farmers\"}}", "query hashtag #farmers"},
        {"{\"query\":{\"account\":\"@x\",\"region\":\"UK\",\"at\":\"2021-02-01T06:00:00Z\"},"
         "\"author\":7}",
         "query account @x in GB at 2021-02-01T06:00:00Z"},
        {"{\"query\":{\"hashtag\":\"a\",\"account\":null,\"region\":\"XX\"}}",
         "query hashtag a in XX"},
        {"{\"query\":{}}", "bad_query 9"},
        {"{\"query\":{\"hashtag\":\"a\",\"account\":\"b\"}}", "bad_query 9"},
        {"{\"query\":{\"hashtag\":\"a\",\"region\":\"IND\"}}", "bad_query 33"},
        {"{\"query\":{\"hashtag\":\"a\",\"at\":\"2021-02-01\"}}", "bad_query 29"},
        {"{\"query\":{\"hashtag\":7}}", "bad_type 20"},
        {"{\"query\":\"a\"}", "bad_type 9"},
        {"{\"query\":null,\"id\":1,\"author\":\"x\"}", "own 1 by @x"},
    };
    static const struct reading_row timed[] = {
        {"{\"query\":{\"hashtag\":\"a\"}}", "no_time 9"},
        {"{\"query\":{\"hashtag\":\"a\",\"at\":\"x\"}}", "bad_query 29"},
        {"{\"query\":{\"hashtag\":\"a\",\"at\":\"2021-02-01T06:00:00Z\"}}",
         "query hashtag a at 2021-02-01T06:00:00Z"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
    CHECK_ROWS({.need_time = true}, false, timed);
}

/* A value that no post can have is no question. */
static void
queries_for_nothing(void **state)
{
#define HASHTAG(text) "{\"query\":{\"hashtag\":\"" text "\"}}"
#define ACCOUNT_IS(text) "{\"query\":{\"account\":\"" text "\"}}"
    static const struct reading_row rows[] = {
        {HASHTAG(""), "bad_query 20"},
        {HASHTAG("#"), "bad_query 20"},
        {HASHTAG("＃"), "bad_query 20"},
        {HASHTAG("#\\u200b\\u00ad"), "bad_query 20"},
        {HASHTAG("##"), "query hashtag ##"},
        {HASHTAG("a b"), "query hashtag a b"},
        {HASHTAG("é"), "query hashtag é"},
        {ACCOUNT_IS(""), "bad_query 20"},
        {ACCOUNT_IS("@"), "bad_query 20"},
        {ACCOUNT_IS("id:"), "bad_query 20"},
        {ACCOUNT_IS("did:"), "bad_query 20"},
        {ACCOUNT_IS("did:plc:"), "bad_query 20"},
        {ACCOUNT_IS("did:plc"), "bad_query 20"},
        {ACCOUNT_IS("id:5 @x"), "bad_query 20"},
        {ACCOUNT_IS("foo bar"), "bad_query 20"},
        {ACCOUNT_IS("foo\\n"), "bad_query 20"},
        {ACCOUNT_IS("#foo"), "bad_query 20"},
        {ACCOUNT_IS("＃foo"), "bad_query 20"},
        {ACCOUNT_IS("https://x.com/foo"), "bad_query 20"},
        {ACCOUNT_IS("x.com/foo"), "bad_query 20"},
        {ACCOUNT_IS("domain:x.org"), "bad_query 20"},
        {ACCOUNT_IS("id:https://x.org/users/foo"), "query account id:https://x.org/users/foo"},
        {ACCOUNT_IS("did:web:x.org:y"), "query account did:web:x.org:y"},
        {ACCOUNT_IS("x@y.org"), "query account x@y.org"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

/* What was meant is said, where it can be seen. */
static void
accounts_that_were_meant(void **state)
{
    static const struct {
        const char *line, *detail;
    } rows[] = {
        {ACCOUNT_IS("https://x.com/foo"),
         "\"https://x.com/foo\" is an address, no account: write @foo"},
        {ACCOUNT_IS("https://x.com/foo/status/1?s=2"),
         "\"https://x.com/foo/status/1?s=2\" is an address, no account: write @foo"},
        {ACCOUNT_IS("https://x.com/foo?s=2"),
         "\"https://x.com/foo?s=2\" is an address, no account: write @foo"},
        {ACCOUNT_IS("mastodon.social/@foo"),
         "\"mastodon.social/@foo\" is an address, no account: write @foo"},
        {ACCOUNT_IS("https://bsky.app/profile/foo.bsky.social"),
         "\"https://bsky.app/profile/foo.bsky.social\" is an address, no account: write "
         "@foo.bsky.social"},
        {ACCOUNT_IS("https://x.com/"),
         "\"https://x.com/\" is no account: write @handle, user@domain, id:… or did:…"},
        {ACCOUNT_IS("#foo"), "\"#foo\" is no account: ask for the hashtag foo, or write @handle, "
                             "user@domain, id:… or did:…"},
        {ACCOUNT_IS("foo bar"),
         "\"foo bar\" is no account: write @handle, user@domain, id:… or did:…"},
    };
    weir_reader *reader;

    (void)state;
    assert_int_equal(weir_reader_new(NULL, &reader), WEIR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span line = {rows[i].line, strlen(rows[i].line)};
        const weir_item *items;
        size_t n;

        assert_int_equal(weir_reader_read(reader, line, line.len, &items, &n), WEIR_OK);
        assert_int_equal(n, 1);
        assert_int_equal(items[0].kind, WEIR_ITEM_ERROR);
        assert_int_equal(items[0].detail.len, strlen(rows[i].detail));
        assert_memory_equal(items[0].detail.p, rows[i].detail, items[0].detail.len);
    }
    weir_reader_free(reader);
}

/* Structured values first, then the text's; of Bluesky no mentions. */
static void
tags_of_both(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":1," USER ",\"text\":\"#b #a @c\",\"entities\":{\"hashtags\":[{\"text\":\"a\"}],"
         "\"user_mentions\":[{\"screen_name\":\"d\"}]}}",
         "tweet 1 by 5@x #a #b #a to @d to @c"},
        {"{\"id\":1,\"author_id\":5,\"text\":\"#b\",\"entities\":{}}", "tweet 1 by 5 #b"},
        {"{\"id\":1," ACCOUNT ",\"content\":\"#b @c\",\"tags\":[{\"name\":\"a\"}],"
         "\"mentions\":[]}",
         "mastodon 1 by 5@x@example.org #a #b to @c"},
        {CREATED("{\"text\":\"#b @c\",\"tags\":[\"a\"]}"),
         "bluesky at://did:plc:a/app.bsky.feed.post/k by did:plc:a #a #b" WHEN},
        {"{\"id\":1,\"author\":\"x\",\"text\":\"#b\",\"hashtags\":[\"a\"]}", "own 1 by @x #a #b"},
    };

    (void)state;
    CHECK_ROWS({.tags = WEIR_TAGS_BOTH}, false, rows);
}

/* Of a handle one `@` is dropped, whoever's it is; an account of which nothing is left is none. */
static void
handles_with_an_at(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":1,\"user\":{\"screen_name\":\"@@x\"},\"entities\":{\"user_mentions\":"
         "[{\"screen_name\":\"@@d\"},{\"screen_name\":\"@\",\"id_str\":\"\"}]}}",
         "tweet 1 by @@x to @@d"},
        {"{\"id\":1,\"author_id\":5,\"author\":{\"username\":\"@@x\"},\"entities\":{\"mentions\":"
         "[{\"username\":\"@@d\"},{\"username\":\"@\",\"id\":\"\"}]}}",
         "tweet 1 by 5@@x to @@d"},
        {"{\"id\":1,\"account\":{\"acct\":\"@@x\"},\"mentions\":"
         "[{\"acct\":\"@@d\"},{\"acct\":\"@\",\"id\":\"\"}]}",
         "mastodon 1 by @@x to @@d"},
        {"{\"id\":1,\"author\":{\"handle\":\"@@x\"},\"mentions\":"
         "[{\"handle\":\"@@d\"},{\"handle\":\"@\",\"id\":\"\"},\"@@e\",\"@\",\"id:\"]}",
         "own 1 by @@x to @@d to @@e"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

/* Of several dialects' keys, the first in the contract's order tells. */
static void
order_of_telling(void **state)
{
#define ALL_BUT_QUERY                                                                              \
    "\"author\":\"x\",\"account\":{\"acct\":\"x\"},\"user\":{\"screen_name\":\"x\"},\"id\":1"
    static const struct reading_row rows[] = {
        {"{" ALL_BUT_QUERY ",\"author_id\":1,\"did\":\"d\",\"kind\":\"x\",\"query\":{}}",
         "bad_query 114"},
        {"{" ALL_BUT_QUERY ",\"author_id\":1,\"did\":\"d\",\"kind\":\"x\"}", "skip other"},
        {"{\"author_id\":5,\"account\":{\"acct\":\"x\"},\"user\":{\"screen_name\":\"x\"},"
         "\"id\":1,\"did\":\"d\",\"kind\":null}",
         "tweet 1 by 5"},
        {"{" ALL_BUT_QUERY "}", "tweet 1 by @x"},
        {"{\"author\":\"x\",\"account\":{\"acct\":\"x\"},\"user\":{\"screen_name\":null},"
         "\"id\":1}",
         "mastodon 1 by @x"},
        {"{\"author\":\"x\",\"account\":\"acct\",\"user\":5,\"id\":1}", "own 1 by @x"},
        {"{\"user\":{},\"account\":{},\"did\":\"d\",\"id\":1}", "unknown_shape 0"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

/* Of a tweet's time every byte has its place: with another in it, there is no time. */
static void
every_byte_of_a_time_counts(void **state)
{
    static const char *const times[] = {"Sun Aug 31 00:29:13 +0000 2014",
                                        "2017-11-01 20:44:10 -0530"};
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf out = {0};
    char line[256], time[64];

    (void)state;
    for (size_t t = 0; t < sizeof times / sizeof *times; t++)
        for (size_t i = 0; i <= strlen(times[t]) + 1; i++) {
            size_t len = strlen(times[t]);

            /* each byte is another; then it is whole; then there is one too many */
            snprintf(time, sizeof time, "%s%s", times[t], i > len ? "0" : "");
            if (i < len)
                time[i] = '?';
            snprintf(line, sizeof line, "{\"id\":1," USER ",\"created_at\":\"%s\"}", time);
            show_line(r, span_of(line), false, &out);
            assert_int_equal(strstr(out.p, " at ") != NULL, i == len);
        }
    weir_buf_fini(&out);
    weir_reader_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_a_time_counts),
        cmocka_unit_test(tweets_v1),
        cmocka_unit_test(tweets_v2),
        cmocka_unit_test(mastodon),
        cmocka_unit_test(bluesky),
        cmocka_unit_test(own),
        cmocka_unit_test(queries),
        cmocka_unit_test(queries_for_nothing),
        cmocka_unit_test(accounts_that_were_meant),
        cmocka_unit_test(tags_of_both),
        cmocka_unit_test(order_of_telling),
        cmocka_unit_test(handles_with_an_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
