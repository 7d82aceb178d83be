/*
 * Account archives: which files hold tweets, whose they are, what else lies beside them; and that
 * the engine's reader gets posts with authors out of them.
 */
#include "unit/feed/packed.h"

#include "feed/archive.h"

#include <tagweir/tagweir.h>

static const struct source_options defaults;

/* ---- telling ---- */

static void
beginnings_tell_what_a_file_is(void **state)
{
    static const struct {
        const char *begin;
        enum archive_kind kind;
    } rows[] = {
        {"{\"id\":1}", ARCHIVE_LINES},
        {" \n{", ARCHIVE_LINES},
        {"[\n", ARCHIVE_ARRAY},
        {"[{\"a\":[1,\"]\\\"]\"]},\n{}]\n{}", ARCHIVE_ARRAY},
        {"[{},{}] ;", ARCHIVE_ARRAY},
        {"[{\"a\":\"]\\\"]\"}] \n{", ARCHIVE_LINES},
        {"[]\n\n[", ARCHIVE_LINES},
        {"[1] x", ARCHIVE_LINES},
        {"\xEF\xBB\xBF \r\n [\n", ARCHIVE_ARRAY},
        {"Grailbird.data.tweets_2013_01 = [", ARCHIVE_GRAILBIRD},
        {"\xEF\xBB\xBFGrailbird.data.tweets_2013_01 =\n [", ARCHIVE_GRAILBIRD},
        {"window.YTD.tweets.part0 = [", ARCHIVE_YTD},
        {"window.YTD.tweet.part12=[", ARCHIVE_YTD},
        {"window.YTD.community_tweet.part0 = [", ARCHIVE_YTD},
        {"window.YTD.deleted_tweets.part0 = [", ARCHIVE_OTHER},
        {"window.YTD.tweet_headers.part0 = [", ARCHIVE_OTHER},
        {"window.YTD.tweets_deleted.part0 = [", ARCHIVE_OTHER},
        {"window.YTD.account.part0 = [", ARCHIVE_OTHER},
        {"window.__THAR_CONFIG = {", ARCHIVE_OTHER},
        {"var tweet_index =  [", ARCHIVE_OTHER},
        {"var user_details = {", ARCHIVE_OTHER},
        {"var else = {", ARCHIVE_LINES},
        {"window.YTD.tweets.part0 = {", ARCHIVE_LINES},
        {"window.YTD.tweets.part0 [", ARCHIVE_LINES},
        {"window.YTD.account.part0 = 1", ARCHIVE_LINES},
        {"window.name = [", ARCHIVE_LINES},
        {"Grailbirds", ARCHIVE_LINES},
        {"\"window.YTD.tweets.part0 = [\"", ARCHIVE_LINES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *begin = rows[i].begin;
        bool is_array = rows[i].kind == ARCHIVE_ARRAY || rows[i].kind == ARCHIVE_GRAILBIRD ||
                        rows[i].kind == ARCHIVE_YTD;
        struct archive_told told = archive_tell((weir_span){begin, strlen(begin)}, false);

        if (told.kind != rows[i].kind)
            fail_msg("%s: %d", begin, (int)told.kind);
        assert_true(!is_array || begin[told.skip - 1] == '[');
        /* a shorter beginning tells the same, or nothing; at the end of a file it tells of lines */
        for (size_t n = 0; n < strlen(begin); n++) {
            enum archive_kind part = archive_tell((weir_span){begin, n}, false).kind;

            assert_true(part == ARCHIVE_MORE || part == rows[i].kind);
            part = archive_tell((weir_span){begin, n}, true).kind;
            assert_true(part == ARCHIVE_LINES || part == ARCHIVE_ARRAY || part == rows[i].kind);
        }
    }
}

/* A header as tar writes it; without a magic, as before POSIX. */
static void
make_header(char header[512], const char *name)
{
    unsigned sum = 8 * ' ';

    memset(header, 0, 512);
    (void)snprintf(header, 100, "%s", name);
    memcpy(header + 100, "0000644\0000001750\0000001750\00000000000013\00014132652371\0", 48);
    header[156] = '0';
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)header[i];
    (void)snprintf(header + 148, 8, "%06o", sum);
    header[155] = ' ';
}

static void
tar_is_told_by_the_sum_of_its_header(void **state)
{
    static const char *const names[] = {
        "feeds/a.ndjson", "{", "[1].ndjson", "var log", "window.YTD.tweets.part0", "\xEF\xBB\xBF"};
    char header[512];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_header(header, names[i]);
        assert_int_equal(archive_tell((weir_span){header, 512}, false).kind, ARCHIVE_TAR);
        assert_int_equal(archive_tell((weir_span){header, 512}, true).kind, ARCHIVE_TAR);
        assert_int_not_equal(archive_tell((weir_span){header, 511}, true).kind, ARCHIVE_TAR);
        header[300] ^= 1;
        assert_int_not_equal(archive_tell((weir_span){header, 512}, false).kind, ARCHIVE_TAR);
    }
    make_header(header, "feeds/a.ndjson"); /* of a pipe that gives little at first, more is asked */
    assert_int_equal(archive_tell((weir_span){header, 20}, false).kind, ARCHIVE_MORE);
    assert_int_equal(archive_tell((weir_span){header, 20}, true).kind, ARCHIVE_LINES);
    assert_int_equal(archive_tell((weir_span){"a\0\n", 3}, false).kind, ARCHIVE_LINES);
    memset(header, 0, 512);
    assert_int_equal(archive_tell((weir_span){header, 512}, false).kind, ARCHIVE_LINES);
}

static void
what_lies_beside_feeds_is_skipped_with_a_note(void **state)
{
    static const struct {
        const char *name, *text;
        size_t len;       /* 0: to its NUL */
        const char *note; /* NULL: it is a feed */
    } rows[] = {
        {"a.jpg", "\xFF\xD8\xFF\xE0", 0, "/a.jpg was skipped: it is a picture"},
        {"b", "\x89PNG\r\n\x1A\n", 0, "/b was skipped: it is a picture"},
        {"c.mp4",
         "\0\0\0\x18"
         "ftypmp42",
         12, "/c.mp4 was skipped: it is a film"},
        {"d.js", "!function(){}", 0, "/d.js was skipped: it is a script"},
        {"Your archive.html", "<!doctype html>", 0,
         "/Your archive.html was skipped: it is a web page"},
        {"account.js", "window.YTD.account.part0 = [ {", 0,
         "/account.js was skipped: window.YTD.account.part0 of an account archive holds no tweets"},
        {"manifest.js", "window.__THAR_CONFIG = {", 0,
         "/manifest.js was skipped: window.__THAR_CONFIG of an account archive holds no tweets"},
        {"e.js", "{\"id\":1}\n", 0, NULL},
        {"f.js", "\n", 0, NULL},
        {"h.js", " {\"ftyp\":\"WEBP\"}", 0, NULL},
        {"i.webp", "RIFF\1\0\0\0WEBP", 12, "/i.webp was skipped: it is a picture"},
        {"README.md", "# none", 0, NULL},
        {"g.ndjson", "<!doctype html>", 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        weir_buf why = {0};
        uint64_t done, known;
        char bytes[64];
        struct source *s =
            source_open(write_file(rows[i].name, rows[i].text, len), &defaults, &why);

        assert_non_null(s);
        assert_int_equal(source_kind(s), rows[i].note ? SOURCE_NO_POSTS : SOURCE_LINES);
        assert_int_equal(source_note(s) != NULL, rows[i].note != NULL);
        if (rows[i].note && !strstr(source_note(s), rows[i].note))
            fail_msg("%s", source_note(s));
        assert_int_equal(source_read(s, bytes, sizeof bytes), rows[i].note ? 0 : (ssize_t)len);
        source_progress(s, &done, &known);
        assert_true(done == len && known == len);
        source_close(s);
        assert_int_equal(why.len, 0);
        (void)unlink(path_of(rows[i].name));
    }
}

/* ---- owners ---- */

static const char tweets[] =
    "window.YTD.tweets.part0 = [\n  {\n    \"tweet\" : {\n      \"id_str\" : \"1\"\n"
    "    }\n  }\n]";
#define TWEET(user) "{       \"id_str\" : \"1\"     ," user "}\n"

static void
owners_come_from_the_account_beside_or_the_options(void **state)
{
    static const struct {
        const char *said, *account; /* NULL: there is no account.js */
        struct source_options o;
        const char *user; /* NULL: it is refused */
    } rows[] = {
        {"the account beside",
         "window.YTD.account.part0 = [\n  {\n    \"account\" : {\n      \"email\" : \"username\",\n"
         "      \"username\" : \"orla\",\n      \"accountId\" : \"77\",\n"
         "      \"accountDisplayName\" : \"\\\"accountId\\\":\\\"8\\\"\"\n    }\n  }\n]",
         {.owner_id = "5", .owner_handle = "else"},
         "\"user\":{\"id_str\":\"77\",\"screen_name\":\"orla\"}"},
        {"else the options",
         NULL,
         {.owner_id = "5", .owner_handle = "or\"la"},
         "\"user\":{\"id_str\":\"5\",\"screen_name\":\"or\\\"la\"}"},
        {"of which the handle is enough",
         NULL,
         {.owner_handle = "orla"},
         "\"user\":{\"screen_name\":\"orla\"}"},
        {"also where the account does not say",
         "window.YTD.account.part0 = [ {\"account\":{\"accountId\":\"77\",\"username\":null} ]",
         {.owner_handle = "orla"},
         "\"user\":{\"screen_name\":\"orla\"}"},
        {"or is cut off",
         "{\"username\":\"or",
         {.owner_handle = "orla"},
         "\"user\":{\"screen_name\":\"orla\"}"},
        {"neither", NULL, {.owner_id = "5"}, NULL},
        {"nor", "window.YTD.account.part0 = [ ]", {.command = NULL}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct got g;

        (void)unlink(path_of("account.js"));
        if (rows[i].account)
            (void)write_text("account.js", rows[i].account);
        read_source(write_text("tweets.js", tweets), &rows[i].o, 50, &g);
        if (rows[i].user) {
            char expected[300];

            (void)snprintf(expected, sizeof expected, TWEET("%s"), rows[i].user);
            assert_true(g.good);
            assert_text(&g.out, expected, strlen(expected));
        } else {
            assert_false(g.opened);
            assert_non_null(strstr(g.why.p,
                                   "/tweets.js: the tweets of an account archive do not say "
                                   "whose they are, and there is no "));
            assert_non_null(strstr(g.why.p,
                                   "/account.js that does; put the archive's there, or say "
                                   "--owner"));
        }
        got_fini(&g);
    }
    (void)unlink(path_of("account.js"));
}

/* Wrapped tweets are an archive's, also where somebody took its first words away. */
static void
arrays_by_themselves_get_users_for_wrapped_tweets_alone(void **state)
{
    static const char array[] = "[{\"id\":\"1\"},{\"tweet\":{\"id\":\"2\"}}]";
    static const char expected[] =
        "{\"id\":\"1\"}\n{\"id\":\"2\",\"user\":{\"screen_name\":\"o\"}}\n";
    struct source_options o = {.owner_handle = "o"};
    struct got g;

    (void)state;
    read_source(write_text("array.json", array), &o, 50, &g);
    assert_true(g.good);
    assert_text(&g.out, expected, strlen(expected));
    got_fini(&g);
    read_source(write_text("array.json", array), &defaults, 50, &g);
    assert_true(g.good);
    assert_text(&g.out, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", 22);
    got_fini(&g);
}

/* ---- through the engine's reader ---- */

/* What the reader has of each line: its post's id and author, or its error. */
static void
read_posts(const weir_buf *lines, size_t max_line, weir_buf *out)
{
    weir_reader_options o = {.max_line = max_line};
    weir_reader *reader;

    assert_int_equal(weir_reader_new(&o, &reader), WEIR_OK);
    for (size_t at = 0; at < lines->len;) {
        const char *nl = memchr(lines->p + at, '\n', lines->len - at);
        weir_span line = {lines->p + at, (size_t)(nl - lines->p) - at};
        const weir_item *items;
        size_t n;

        assert_int_equal(weir_reader_read(reader, line, line.len, &items, &n), WEIR_OK);
        assert_int_equal(n, 1);
        if (items[0].kind == WEIR_ITEM_ERROR)
            weir_buf_printf(out, "%s at %zu|", weir_read_error_name(items[0].error),
                            items[0].offset);
        else
            weir_buf_printf(out, "%.*s by id:%.*s @%.*s, %zu tags%s|", (int)items[0].post->id.len,
                            items[0].post->id.p, (int)items[0].post->author.id.len,
                            items[0].post->author.id.p, (int)items[0].post->author.handle.len,
                            items[0].post->author.handle.p, items[0].post->nhashtags,
                            items[0].post->has_created ? ", timed" : "");
        at += line.len + 1;
    }
    weir_reader_free(reader);
}

static void
check_posts(const char *archive, size_t max_line, const char *expected)
{
    struct source_options o = {.owner_id = "77", .owner_handle = "orla", .max_line = max_line};
    weir_buf posts = {0};
    struct got g;

    read_source(write_text("posts.js", archive), &o, 1 + draw(60), &g);
    assert_true(g.good);
    read_posts(&g.out, max_line, &posts);
    assert_text(&posts, expected, strlen(expected));
    weir_buf_fini(&posts);
    got_fini(&g);
}

static void
the_reader_gets_posts_with_authors(void **state)
{
    (void)state;
    check_posts("Grailbird.data.tweets_2017_11 = \n"
                " [ {\n  \"id_str\" : \"1\",\n  \"text\" : \"#a #b\",\n"
                "  \"created_at\" : \"2017-11-01 20:44:10 +0000\",\n"
                "  \"entities\" : {\"hashtags\" : [ {\"text\" : \"a\"}, {\"text\" : \"b\"} ]},\n"
                "  \"user\" : {\"id_str\" : \"5\", \"screen_name\" : \"wren\"}\n}, {\n"
                "  \"id_str\" : \"2\",\n  \"text\" : \"\",\n"
                "  \"user\" : {\"id_str\" : \"5\", \"screen_name\" : \"wren\"}\n} ]",
                0, "1 by id:5 @wren, 2 tags, timed|2 by id:5 @wren, 0 tags|");
    check_posts(
        "window.YTD.tweets.part0 = [\n  {\n    \"tweet\" : {\n      \"id_str\" : \"1\",\n"
        "      \"entities\" : {\"hashtags\" : [ {\"text\" : \"a\"} ], \"user_mentions\" : [ ]},\n"
        "      \"full_text\" : \"#a\",\n"
        "      \"created_at\" : \"Wed Oct 10 20:19:24 +0000 2018\"\n    }\n  }\n];\n",
        0, "1 by id:77 @orla, 1 tags, timed|");
}

static void
what_is_wrong_is_said_of_its_element(void **state)
{
    (void)state;
    /* offsets are those within the tweet; what follows one, follows its user too */
    check_posts(
        "window.YTD.tweets.part0 = [ {\"tweet\":{\"id_str\":\"1\"}},\n"
        "{\"tweet\":{\"id_str\":\"2\",\"full_text\":\"x\ny\"}}, {\"tweet\":{\"id_str\":{}}},\n"
        "{\"tweet\":{\"id_str\":\"4\",\"id_str\":\"5\"}}, {\"tweet\":{\"id_str\":\"6\"},\"x\":1},"
        "{\"tweet\":1}, [], {\"tweet\":{\"id_str\":\"7\"}} ]",
        0,
        "1 by id:77 @orla, 0 tags|bad_json at 28|bad_type at 10|duplicate_key at 14|bad_json at "
        "58|no_id at 0|not_an_object at 0|7 by id:77 @orla, 0 tags|");
}

static void
elements_are_as_long_as_lines_may_be(void **state)
{
    char archive[400];

    (void)state;
    (void)snprintf(archive, sizeof archive,
                   "window.YTD.tweets.part0 = [ {\"tweet\":{\"id_str\":\"1\",\"x\":\"%0150d\"}}, "
                   "{\"tweet\":{\"id_str\":\"2\"}} ]",
                   0);
    check_posts(archive, 100, "too_long at 100|2 by id:77 @orla, 0 tags|");
    check_posts(archive, 300, "1 by id:77 @orla, 0 tags|2 by id:77 @orla, 0 tags|");
}

/* Longer than any buffer, and one that is dropped for the most part. */
static void
long_arrays_stream_by(void **state)
{
    weir_buf array = {0}, expected = {0}, packed = {0};
    struct source_options o = {.max_line = 100000};
    struct got g;

    (void)state;
    weir_buf_puts(&array, "[");
    for (unsigned i = 0; i < 3000; i++) {
        weir_buf_printf(&array, "%s{\"id\":\"%u\",\n\"x\":\"%0*d\"}", i ? "," : "", i,
                        (int)draw(300), 0);
        if (i % 1000 == 500) {
            weir_buf_printf(&array, ",\"%0*d\"", 400000, 0);
        }
    }
    weir_buf_puts(&array, "]");
    /* the same by hand: commas between elements are the only ones before `{` and `"` outside */
    for (size_t i = 1, line = 0; i < array.len; i++) {
        char c = array.p[i];
        bool ends =
            i + 1 == array.len || (c == ',' && (array.p[i + 1] == '{' || array.p[i + 1] == '"') &&
                                   (array.p[i - 1] == '}' || line > 1000));

        if (ends || line < 100005)
            weir_buf_putc(&expected, ends ? '\n' : c == '\n' ? ' ' : c);
        line = ends ? 0 : line + 1;
    }
    pack_more(SINK_ZSTD, array.p, array.len, &packed);
    read_source(write_file("long.json.zst", packed.p, packed.len), &o, 70000, &g);
    assert_true(g.good);
    assert_text(&g.out, expected.p, expected.len);
    got_fini(&g);
    weir_buf_fini(&array);
    weir_buf_fini(&expected);
    weir_buf_fini(&packed);
}

static void
what_is_wrong_with_the_array_is_said_of_the_feed(void **state)
{
    weir_buf packed = {0};
    struct got g;

    (void)state;
    read_source(write_text("cut.json", " [{},{\"a\":"), &defaults, 50, &g);
    assert_false(g.good);
    assert_non_null(strstr(g.why.p, "/cut.json: at byte 10: the array is cut off in element 2"));
    assert_text(&g.out, "{}\n{\"a\":", 8);
    got_fini(&g);
    pack_more(SINK_GZIP, "[{}", 3, &packed);
    read_source(write_file("cut.json.gz", packed.p, packed.len), &defaults, 50, &g);
    assert_false(g.good);
    assert_non_null(
        strstr(g.why.p, "/cut.json.gz, unpacked: at byte 3: the array is cut off behind "));
    got_fini(&g);
    weir_buf_fini(&packed);
}

static int
begin(void **state)
{
    draw_from_seed();
    return make_folder(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings_tell_what_a_file_is),
        cmocka_unit_test(tar_is_told_by_the_sum_of_its_header),
        cmocka_unit_test(what_lies_beside_feeds_is_skipped_with_a_note),
        cmocka_unit_test(owners_come_from_the_account_beside_or_the_options),
        cmocka_unit_test(arrays_by_themselves_get_users_for_wrapped_tweets_alone),
        cmocka_unit_test(the_reader_gets_posts_with_authors),
        cmocka_unit_test(what_is_wrong_is_said_of_its_element),
        cmocka_unit_test(elements_are_as_long_as_lines_may_be),
        cmocka_unit_test(long_arrays_stream_by),
        cmocka_unit_test(what_is_wrong_with_the_array_is_said_of_the_feed),
    };

    return cmocka_run_group_tests(tests, begin, remove_folder);
}
