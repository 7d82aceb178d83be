/*
 * ActivityPub documents: what each is read as, whose it is said to be, and that none of another
 * dialect's keys makes something else of it.
 */
#include "show.h"

#define CTX "\"@context\":\"https://www.w3.org/ns/activitystreams\","
#define AT "https://m.example/users/"
#define NOTE_1 "\"type\":\"Note\",\"id\":\"n1\""
#define BY_A "\"attributedTo\":\"" AT "a\""
#define A_A AT "a@a@m.example"
/* a note of nobody with these tags */
#define TAGGED(tags) "{" CTX NOTE_1 ",\"tag\":" tags "}"
/* a note of this author, without @context */
#define BY(author) "{" NOTE_1 ",\"attributedTo\":" author "}"
#define MENTION(name, href) TAGGED("[{\"type\":\"Mention\",\"name\":" name ",\"href\":" href "}]")

static void
what_mastodon_sends(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"@context\":[\"https://www.w3.org/ns/activitystreams\",{\"ostatus\":\"x\"}],"
         "\"id\":\"" AT "a/statuses/1/activity\",\"type\":\"Create\",\"actor\":\"" AT "a\","
         "\"published\":\"2024-05-01T10:00:00Z\",\"to\":[\"x\"],\"object\":{"
         "\"id\":\"" AT "a/statuses/1\",\"type\":\"Note\",\"summary\":null,\"inReplyTo\":null,"
         "\"published\":\"2024-05-01T10:00:01Z\"," BY_A ",\"content\":\"<p>#not</p>\","
         "\"contentMap\":{\"en\":\"<p>#not</p>\"},\"tag\":["
         "{\"type\":\"Mention\",\"href\":\"https://o.example/users/b\",\"name\":\"@b@o.example\"},"
         "{\"type\":\"Hashtag\",\"href\":\"https://m.example/tags/x\",\"name\":\"#x\"}]}}",
         "activitypub " AT "a/statuses/1 by " A_A
         " ##x to https://o.example/users/b@b@o.example in en at 2024-05-01T10:00:01Z"},
        {"{" CTX "\"id\":\"b1\",\"type\":\"Announce\",\"actor\":\"" AT "a\","
         "\"published\":\"2024-05-01T10:00:00Z\",\"object\":\"https://o.example/1\"}",
         "activitypub b1 by " A_A
         " at 2024-05-01T10:00:00Z reposts(activitypub https://o.example/1)"},
        {"{" CTX "\"id\":\"d1\",\"type\":\"Delete\",\"actor\":\"" AT "a\","
         "\"object\":{\"id\":\"n1\",\"type\":\"Tombstone\"}}",
         "skip delete"},
        {"{" CTX "\"type\":\"Update\",\"actor\":\"" AT "a\",\"object\":{" NOTE_1 "," BY_A "}}",
         "activitypub n1 by " A_A},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
activities(void **state)
{
#define ANNOUNCE(object) "{" CTX "\"id\":\"b1\",\"type\":\"Announce\",\"object\":" object "}"
#define CREATE(object) "{\"type\":\"Create\",\"actor\":\"" AT "a\",\"object\":" object "}"
    static const struct reading_row rows[] = {
        /* the object is named only: who wrote it is known, and when */
        {"{" CTX "\"type\":\"Create\",\"actor\":\"" AT "a\",\"published\":\"2024-05-01T10:00:00Z\","
         "\"object\":\"n1\"}",
         "activitypub n1 by " A_A " at 2024-05-01T10:00:00Z"},
        {CREATE("{\"id\":\"n1\"}"), "activitypub n1 by " A_A},
        {CREATE("[{" NOTE_1 "}]"), "activitypub n1 by " A_A},
        {CREATE("[\"n1\",\"n2\"]"), "bad_type 62"},
        {CREATE("5"), "bad_type 62"},
        {CREATE("\"\""), "skip other"},
        {CREATE("[]"), "skip other"},
        {CREATE("null"), "skip other"},
        {CREATE("{\"type\":\"Person\"}"), "skip profile"},
        {CREATE("{\"type\":\"Strange\",\"id\":\"n1\"}"), "skip other"},
        {CREATE("{\"type\":\"Create\",\"object\":\"n1\"}"), "skip other"},
        {CREATE("{\"type\":\"Announce\",\"id\":\"b1\"}"), "skip other"},
        {CREATE("{\"type\":\"Note\"}"), "no_id 62 by " A_A},
        /* the object's own time, else the activity's */
        {"{" CTX "\"type\":\"Create\",\"published\":\"2024-05-01T10:00:00Z\",\"object\":{" NOTE_1
         "}}",
         "activitypub n1 at 2024-05-01T10:00:00Z"},
        {ANNOUNCE("{" NOTE_1 "}"), "activitypub b1 reposts(activitypub n1)"},
        {ANNOUNCE("{\"id\":\"n1\"}"), "activitypub b1 reposts(activitypub n1)"},
        {ANNOUNCE("{\"id\":\"n1\",\"type\":\"Strange\"}"),
         "activitypub b1 reposts(activitypub n1)"},
        {ANNOUNCE("{\"type\":\"Strange\"}"), "activitypub b1"},
        {ANNOUNCE("null"), "activitypub b1"},
        {ANNOUNCE("{\"type\":\"Note\"}"), "no_id 89 post b1"},
        /* groups announce activities */
        {ANNOUNCE(CREATE("{" NOTE_1 "}")), "activitypub b1 reposts(activitypub n1 by " A_A ")"},
        {ANNOUNCE(CREATE("\"n1\"")), "activitypub b1 reposts(activitypub n1 by " A_A ")"},
        {ANNOUNCE("{\"type\":\"Like\",\"object\":\"n1\"}"), "skip like"},
        {ANNOUNCE(CREATE("{\"type\":\"Group\"}")), "skip profile"},
        /* two levels are followed, activities around posts are none */
        {ANNOUNCE("{\"id\":\"b2\",\"type\":\"Announce\",\"object\":{\"id\":\"b3\","
                  "\"type\":\"Announce\",\"object\":{\"type\":5}}}"),
         "activitypub b1 reposts(activitypub b2 reposts(activitypub b3))"},
        {ANNOUNCE("{\"id\":\"b2\",\"type\":\"Announce\",\"object\":" CREATE("{" NOTE_1 "}") "}"),
         "activitypub b1 reposts(activitypub b2 reposts(activitypub n1 by " A_A "))"},
        {ANNOUNCE(CREATE("{" NOTE_1 ",\"quote\":{" NOTE_1 ",\"quote\":{\"type\":5}}}")),
         "activitypub b1 reposts(activitypub n1 by " A_A " quotes(activitypub n1))"},
        {CREATE("{" NOTE_1 ",\"quote\":{" NOTE_1 ",\"quote\":{" NOTE_1 ",\"quote\":5}}}"),
         "activitypub n1 by " A_A " quotes(activitypub n1 quotes(activitypub n1))"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
#undef ANNOUNCE
#undef CREATE
}

static void
told_by(void **state)
{
    static const struct reading_row rows[] = {
        {"{" CTX "\"type\":\"Article\",\"id\":\"1\"}", "activitypub 1"},
        {"{" CTX "\"type\":\"Strange\",\"id\":\"1\"}", "skip other"},
        {"{" CTX "\"id\":\"1\"}", "unknown_shape 0"},
        {"{" CTX "\"type\":null,\"id\":\"1\"}", "unknown_shape 0"},
        {"{" CTX "\"type\":5,\"id\":\"1\"}", "bad_type 59"},
        {"{" NOTE_1 "}", "unknown_shape 0"},
        {"{" NOTE_1 ",\"actor\":{}}", "activitypub n1"},
        {"{" NOTE_1 "," BY_A "}", "activitypub n1 by " A_A},
        {"{\"type\":\"Person\",\"actor\":\"x\"}", "skip profile"},
        {"{\"type\":[\"x\",5,\"Group\"],\"actor\":\"x\"}", "bad_type 13"},
        {"{\"type\":\"post\",\"actor\":\"x\",\"id\":\"1\",\"author\":\"@x\"}", "own 1 by @x"},
        {"{\"type\":7,\"actor\":\"x\",\"id\":\"1\",\"author\":\"@x\"}", "own 1 by @x"},
        {"{\"@context\":null,\"type\":\"Note\",\"id\":\"1\",\"author\":\"@x\"}", "own 1 by @x"},
        /* what is a note among other things is one */
        {"{" CTX "\"type\":[\"Like\",\"Note\"],\"id\":\"1\"}", "activitypub 1"},
        {"{" CTX "\"type\":[\"Note\",\"Create\"],\"id\":\"1\",\"object\":5}", "activitypub 1"},
        {"{" CTX "\"type\":[\"Like\",\"Undo\"]}", "skip like"},
        {"{" CTX "\"type\":\"as:Note\",\"id\":\"1\"}", "activitypub 1"},
        {"{" CTX "\"type\":\"https://www.w3.org/ns/activitystreams#Note\",\"id\":\"1\"}",
         "activitypub 1"},
        {"{" CTX "\"type\":\"No\\u0074e\",\"id\":\"1\"}", "activitypub 1"},
        {"{" CTX "\"type\":\"note\",\"id\":\"1\"}", "skip other"},
        /* whoever sends a document may put any key into it */
        {"{\"author\":\"@b\"," CTX NOTE_1 "}", "activitypub n1"},
        {"{\"author\":\"@b\"," NOTE_1 "," BY_A "}", "activitypub n1 by " A_A},
        {"{\"query\":{\"hashtag\":\"b\"}," CTX NOTE_1 "}", "activitypub n1"},
        {"{\"data\":[],\"author_id\":\"5\"," CTX NOTE_1 "}", "activitypub n1"},
        {"{\"did\":\"did:x\",\"kind\":\"account\"," CTX NOTE_1 "}", "activitypub n1"},
        {"{\"user\":{\"screen_name\":\"b\"}," CTX NOTE_1 "}", "activitypub n1"},
        {"{\"account\":{\"acct\":\"b\"}," CTX NOTE_1 "}", "activitypub n1"},
        {"{\"delete\":{}," CTX NOTE_1 "}", "activitypub n1"},
        /* what was read to tell it must not stand twice */
        {"{" CTX CTX NOTE_1 "}", "duplicate_key 52 post n1"},
        {"{" CTX NOTE_1 ",\"type\":\"Like\"}", "duplicate_key 76 post n1"},
        {"{\"actor\":1,\"actor\":2,\"id\":\"1\",\"author\":\"@x\"}",
         "duplicate_key 11 post 1 by @x"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
skips(void **state)
{
    static const char *const kinds[][2] = {
        {"Undo", "undo"},
        {"Like", "like"},
        {"Dislike", "dislike"},
        {"EmojiReact", "emoji_react"},
        {"Follow", "follow"},
        {"Block", "block"},
        {"Accept", "accept"},
        {"TentativeAccept", "accept"},
        {"Reject", "reject"},
        {"TentativeReject", "reject"},
        {"Add", "add"},
        {"Remove", "remove"},
        {"Flag", "flag"},
        {"Move", "move"},
        {"Invite", "invite"},
        {"Join", "join"},
        {"Leave", "leave"},
        {"View", "view"},
        {"Tombstone", "delete"},
        {"Person", "profile"},
        {"Group", "profile"},
        {"Organization", "profile"},
        {"Service", "profile"},
        {"Application", "profile"},
        {"Collection", "collection"},
        {"OrderedCollection", "collection"},
        {"CollectionPage", "collection"},
        {"OrderedCollectionPage", "collection"},
        {"Read", "other"},
    };
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char line[200], want[64];
        int n = snprintf(line, sizeof line, "{" CTX "\"type\":\"%s\",\"object\":{" NOTE_1 "}}",
                         kinds[i][0]);
        (void)snprintf(want, sizeof want, "skip %s", kinds[i][1]);
        show_line(r, (weir_span){line, (size_t)n}, false, &out);
        assert_string_equal(out.p, want);
    }
    weir_buf_fini(&out);
    weir_reader_free(r);
}

static void
authors(void **state)
{
    static const struct reading_row rows[] = {
        {BY("\"https://m.example/@a\""), "activitypub n1 by https://m.example/@a@a@m.example"},
        {BY("\"HTTP://M.example/users/A.b_c-9\""),
         "activitypub n1 by HTTP://M.example/users/A.b_c-9@A.b_c-9@M.example"},
        /* no name in it that could be known */
        {BY("\"https://m.example/ap/users/1\""), "activitypub n1 by https://m.example/ap/users/1"},
        {BY("\"https://m.example/users/\""), "activitypub n1 by https://m.example/users/"},
        {BY("\"https://m.example/users/a/b\""), "activitypub n1 by https://m.example/users/a/b"},
        {BY("\"https://m.example/users/a?b\""), "activitypub n1 by https://m.example/users/a?b"},
        {BY("\"https://m.example/users/\xC3\xA4\""),
         "activitypub n1 by https://m.example/users/\xC3\xA4"},
        {BY("\"https://m.example\""), "activitypub n1 by https://m.example"},
        {BY("\"https:///users/a\""), "activitypub n1 by https:///users/a"},
        {BY("\"h\""), "activitypub n1 by h"},
        {BY("\"tag:m.example,2011:a\""), "activitypub n1 by tag:m.example,2011:a"},
        /* a port is another server, and what stands before an @ is no host */
        {BY("\"https://m.example:8443/users/a\""),
         "activitypub n1 by https://m.example:8443/users/a"},
        {BY("\"https://good.example@m.example/users/a\""),
         "activitypub n1 by https://good.example@m.example/users/a"},
        {BY("\"https://m.example./users/a\""), "activitypub n1 by https://m.example./users/a"},
        /* objects and arrays */
        {BY("{\"type\":\"Person\",\"id\":\"https://m.example/1\",\"preferredUsername\":\"a\"}"),
         "activitypub n1 by https://m.example/1@a@m.example"},
        {BY("{\"id\":\"tag:1\",\"preferredUsername\":\"a\"}"), "activitypub n1 by tag:1"},
        {BY("{\"id\":\"" AT "a\",\"preferredUsername\":\"\"}"), "activitypub n1 by " A_A},
        {BY("{\"preferredUsername\":\"a\"}"), "activitypub n1"},
        {BY("[\"" AT "a\",5]"), "activitypub n1 by " A_A},
        {BY("[{\"id\":\"" AT "a\"}]"), "activitypub n1 by " A_A},
        {BY("[]"), "activitypub n1"},
        {BY("[null]"), "bad_type 41 post n1"},
        {BY("true"), "bad_type 40 post n1"},
        {BY("{\"id\":\"x\",\"preferredUsername\":5}"), "bad_type 70 post n1 by x"},
        {BY("{\"id\":[]}"), "bad_type 46 post n1"},
        /* what names nobody leaves it to what does */
        {"{" NOTE_1 ",\"attributedTo\":{\"type\":\"Person\"},\"actor\":\"" AT "a\"}",
         "activitypub n1 by " A_A},
        {"{\"type\":\"Create\",\"actor\":{\"type\":\"Person\"},\"attributedTo\":\"" AT "a\","
         "\"object\":{" NOTE_1 ",\"attributedTo\":\"\"}}",
         "activitypub n1 by " A_A},
        /* a note's author, not who passed it on */
        {"{\"type\":\"Create\",\"actor\":\"x\",\"object\":{" NOTE_1 "," BY_A "}}",
         "activitypub n1 by " A_A},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
mentions(void **state)
{
    static const struct reading_row rows[] = {
        {MENTION("\"@b@o.example\"", "\"https://www.o.example/b\""),
         "activitypub n1 to https://www.o.example/b@b@o.example"},
        {MENTION("\"@b\"", "\"https://o.example/profile/b\""),
         "activitypub n1 to https://o.example/profile/b@b@o.example"},
        /* names for people are no handles */
        {MENTION("\"Bob\"", "\"" AT "a\""), "activitypub n1 to " A_A},
        {MENTION("\"@Bob @ home\"", "\"" AT "a\""), "activitypub n1 to " A_A},
        {MENTION("\"@\"", "\"" AT "a\""), "activitypub n1 to " A_A},
        {MENTION("\"Bob\"", "\"https://o.example/b\""), "activitypub n1 to https://o.example/b"},
        {MENTION("\"@b@o.example\"", "null"), "activitypub n1 to @b@o.example"},
        {MENTION("\"@b\"", "\"\""), "activitypub n1"},
        {MENTION("null", "null"), "activitypub n1"},
        {MENTION("5", "null"), "bad_type 108 post n1"},
        {MENTION("null", "{}"), "bad_type 120 post n1"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
tags(void **state)
{
    static const struct reading_row rows[] = {
        {TAGGED("[{\"type\":\"Hashtag\",\"name\":\"#a\"},{\"type\":[\"x\",\"as:Hashtag\"],"
                "\"name\":\"b\"},{\"type\":\"Emoji\",\"name\":\":c:\"},{\"type\":\"Hashtag\"}]"),
         "activitypub n1 ##a #b"},
        {TAGGED("{\"type\":\"Hashtag\",\"name\":\"#a\"}"), "activitypub n1 ##a"},
        {TAGGED("[\"https://m.example/tags/a\"]"), "activitypub n1"},
        {TAGGED("\"https://m.example/tags/a\""), "activitypub n1"},
        /* as the vocabulary's own example */
        {TAGGED("[{\"id\":\"x\",\"name\":\"#a\"},{\"name\":\"b\"}]"), "activitypub n1 ##a"},
        {TAGGED("[null]"), "bad_type 83 post n1"},
        {TAGGED("5"), "bad_type 82 post n1"},
        {TAGGED("[{\"type\":\"Hashtag\",\"name\":5}]"), "bad_type 108 post n1"},
        {TAGGED("[{\"type\":5}]"), "bad_type 91 post n1"},
        {TAGGED("[{\"type\":[null]}]"), "bad_type 92 post n1"},
        {TAGGED("[{\"type\":\"Emoji\",\"name\":5,\"href\":5}]"), "activitypub n1"},
        {TAGGED("[{\"type\":\"Hashtag\",\"name\":\"a\",\"name\":\"b\"}]"),
         "duplicate_key 112 post n1"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
texts(void **state)
{
#define TEXT(keys) "{" CTX NOTE_1 "," keys "}"
    static const struct reading_row rows[] = {
        {TEXT("\"content\":\"<p>#a&amp; <b>#</b>b</p>\",\"summary\":\"#c @x\",\"name\":\"#d&lt;\""),
         "activitypub n1 #a #b #c #d to @x"},
        {TEXT("\"tag\":[],\"content\":\"#a\""), "activitypub n1"},
        {TEXT("\"tag\":[],\"content\":5"), "activitypub n1"},
        {TEXT("\"tag\":null,\"content\":\"#a\""), "activitypub n1 #a"},
        {TEXT("\"contentMap\":{\"en\":\"#a\",\"fr\":\"<i>#b</i>\"}"),
         "activitypub n1 #a #b in en in fr"},
        {TEXT("\"content\":\"\",\"contentMap\":{\"en\":\"#a\"}"), "activitypub n1 #a in en"},
        {TEXT("\"content\":\"#a\",\"contentMap\":{\"en\":\"#b\"}"), "activitypub n1 #a in en"},
        {TEXT("\"nameMap\":{\"en\":\"<i>#a\"},\"summaryMap\":{\"de\":\"#b\"}"),
         "activitypub n1 #b #a in en"},
        {TEXT("\"contentMap\":{},\"nameMap\":null,\"summaryMap\":{\"de\":\"b\"}"),
         "activitypub n1 in de"},
        {TEXT("\"contentMap\":{\"\\u0065n\":\"x\",\"\":\"\\u0023a\"}"),
         "activitypub n1 #a in en in "},
        {TEXT("\"content\":5"), "bad_type 86 post n1"},
        {TEXT("\"contentMap\":[]"), "bad_type 89 post n1"},
        {TEXT("\"contentMap\":{\"en\":null}"), "bad_type 95 post n1"},
        {TEXT("\"tag\":[],\"contentMap\":{\"en\":null}"), "activitypub n1 in en"},
        {TEXT("\"tag\":[],\"contentMap\":{\"en\":1,\"de\":2,\"\\u0065n\":3}"),
         "duplicate_key 113 post n1"},
        {TEXT("\"tag\":[],\"nameMap\":{\"en\":1,\"de\":2,\"en\":3}"), "duplicate_key 110 post n1"},
        {TEXT("\"tag\":[],\"contentMap\":{\"fr\":\"\"},\"nameMap\":{\"en\":1,\"en\":3}"),
         "activitypub n1 in fr"},
        /* the grammar of maps is checked like that of all that is read */
        {TEXT("\"contentMap\":{\"en\":\"a\",}"), "bad_json 99"},
        {TEXT("\"contentMap\":{\"en\" \"a\"}"), "bad_json 95"},
        {TEXT("\"contentMap\":{\"en\":\"a\" \"b\"}"), "bad_json 99"},
        {TEXT("\"contentMap\":{\"e\\xn\":\"a\"}"), "bad_json 92"},
        {TEXT("\"contentMap\":{5:\"a\"}"), "bad_json 90"},
        {"{" CTX NOTE_1 ",\"contentMap\":{\"en\":\"a\"", "bad_json 98"},
        {"{" CTX NOTE_1 ",\"contentMap\":{", "bad_json 90"},
        {"{" CTX NOTE_1 ",\"contentMap\":{\"en\":", "bad_json 95"},
    };
    static const struct reading_row both[] = {
        {TEXT("\"tag\":[{\"type\":\"Hashtag\",\"name\":\"#a\"}],\"content\":\"#b @c\""),
         "activitypub n1 ##a #b to @c"},
    };
#undef TEXT

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
    CHECK_ROWS({.tags = WEIR_TAGS_BOTH}, false, both);
}

static void
quotes(void **state)
{
#define QUOTE(keys) "{" CTX NOTE_1 "," keys "}"
#define LINK(rel, href) "{\"type\":\"Link\",\"rel\":" rel ",\"href\":" href "}"
    static const struct reading_row rows[] = {
        {QUOTE("\"quote\":\"q\",\"quoteUrl\":5"), "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quote\":[\"q\",\"p\"]"), "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quote\":{" NOTE_1 "," BY_A "}"),
         "activitypub n1 quotes(activitypub n1 by " A_A ")"},
        {QUOTE("\"quote\":{\"id\":\"q\"}"), "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quote\":{\"id\":\"q\",\"type\":\"Tombstone\"}"),
         "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quote\":{\"type\":\"Tombstone\"}"), "activitypub n1"},
        {QUOTE("\"quote\":{\"type\":\"Note\"}"), "no_id 84 post n1"},
        {QUOTE("\"quote\":5"), "bad_type 84 post n1"},
        {QUOTE("\"_misskey_quote\":\"q\",\"quoteUrl\":\"p\""),
         "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quote\":\"\",\"quoteUrl\":\"q\",\"quoteUri\":\"p\""),
         "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quoteUri\":\"q\""), "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"quoteUri\":{}"), "bad_type 87 post n1"},
        {QUOTE("\"tag\":[" LINK("\"https://misskey-hub.net/ns#_misskey_quote\"", "\"q\"") "]"),
         "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"tag\":[" LINK("[\"x\",\"https://w3id.org/fep/044f#quote\"]", "\"q\"") "," LINK(
             "\"https://www.w3.org/ns/activitystreams#quoteUrl\"", "\"p\"") "]"),
         "activitypub n1 quotes(activitypub q)"},
        {QUOTE("\"tag\":[" LINK("\"http://fedibird.com/ns#quoteUri\"", "\"q\"") "],\"quoteUri\":"
                                                                                "\"p\""),
         "activitypub n1 quotes(activitypub p)"},
        {QUOTE("\"tag\":[" LINK("\"nofollow\"", "\"q\"") "," LINK("null", "\"q\"") "]"),
         "activitypub n1"},
        {QUOTE("\"tag\":[" LINK("5", "\"q\"") "]"), "bad_type 104 post n1"},
    };
#undef LINK
#undef QUOTE

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
handles_of_the_file_come_first(void **state)
{
    static const char csv[] = "did,handle\n" AT "a,@alice@example.org\n"
                              "https://m.example/ap/users/1,one@m.example\n";
    static const struct reading_row rows[] = {
        {BY("\"" AT "a\""), "activitypub n1 by " AT "a@alice@example.org"},
        {BY("{\"id\":\"" AT "a\",\"preferredUsername\":\"x\"}"),
         "activitypub n1 by " AT "a@alice@example.org"},
        {BY("\"https://m.example/ap/users/1\""),
         "activitypub n1 by https://m.example/ap/users/1@one@m.example"},
        {BY("\"" AT "b\""), "activitypub n1 by " AT "b@b@m.example"},
        {MENTION("\"@x\"", "\"" AT "a\""), "activitypub n1 to " AT "a@alice@example.org"},
    };
    weir_diags *diags = weir_diags_new();
    weir_handles *h;

    (void)state;
    assert_int_equal(weir_handles_parse(span_of(csv), "h.csv", diags, &h), WEIR_OK);
    CHECK_ROWS({.handles = h}, false, rows);
    weir_handles_free(h);
    weir_diags_free(diags);
}

static void
need_time(void **state)
{
    static const struct reading_row rows[] = {
        {"{" CTX NOTE_1 ",\"published\":\"2024-05-01T10:00:00+02:00\"}",
         "activitypub n1 at 2024-05-01T08:00:00Z"},
        {"{" CTX NOTE_1 ",\"published\":\"2024-05-01T10:00:00\"}",
         "no_time 0 \"the post has no time that can be read (\"published\")\" post n1"},
        {"{" CTX NOTE_1 "}",
         "no_time 0 \"the post has no time that can be read (\"published\")\" post n1"},
    };

    (void)state;
    CHECK_ROWS({.need_time = true}, true, rows);
}

/* Many languages in one map cost no more than many items of any array do. */
static void
very_many_languages(void **state)
{
    enum { MANY = 60000 };
    weir_reader *r = new_reader((weir_reader_options){.max_line = 16 << 20});
    weir_buf line = {0}, out = {0};

    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        line.len = 0;
        weir_buf_puts(&line, "{" CTX NOTE_1 ",\"tag\":[],\"contentMap\":{");
        for (int i = 0; i < MANY; i++)
            weir_buf_printf(&line, "%s\"%d\":\"\"", i ? "," : "", (i * 7919) % MANY);
        size_t at = line.len + 1;
        weir_buf_puts(&line, twice ? ",\"31\":\"\"}}" : "}}");
        show_line(r, (weir_span){line.p, line.len}, false, &out);
        if (twice) {
            char want[64];
            (void)snprintf(want, sizeof want, "duplicate_key %zu post n1", at);
            assert_string_equal(out.p, want);
        } else {
            assert_int_equal(strncmp(out.p, "activitypub n1 in 0 in 7919 in ", 31), 0);
        }
    }
    weir_buf_fini(&line);
    weir_buf_fini(&out);
    weir_reader_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_mastodon_sends),
        cmocka_unit_test(activities),
        cmocka_unit_test(told_by),
        cmocka_unit_test(skips),
        cmocka_unit_test(authors),
        cmocka_unit_test(mentions),
        cmocka_unit_test(tags),
        cmocka_unit_test(texts),
        cmocka_unit_test(quotes),
        cmocka_unit_test(handles_of_the_file_come_first),
        cmocka_unit_test(need_time),
        cmocka_unit_test(very_many_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
