/*
 * The reader: every code of bad input with its offset, which one wins, and the line's own edges.
 */
#include "show.h"

#include "post/plan.h"

#define OWN(rest) "{\"id\":1,\"author\":\"x\"" rest "}"

static void
bad_json(void **state)
{
    static const struct reading_row rows[] = {
        {"{", "bad_json 1"},
        {"}", "bad_json 0"},
        {"nothing", "bad_json 0"},
        {"tru", "bad_json 0"},
        {"\"open", "bad_json 0"},
        {"{\"id\":\"open}", "bad_json 6"},
        {"{\"id\"}", "bad_json 5"},
        {"{\"id\":}", "bad_json 6"},
        {"{\"id\":1,}", "bad_json 8"},
        {"{\"id\":1 \"author\":2}", "bad_json 8"},
        {"{\"id\":1;}", "bad_json 6"},
        {"{,}", "bad_json 1"},
        {"{id:1}", "bad_json 1"},
        {"{1:1}", "bad_json 1"},
        {"{\"a\":}", "bad_json 5"},
        {"{\"a\" 1}", "bad_json 5"},
        {"{\"a\":1", "bad_json 6"},
        {"{\"a\":[1,2", "bad_json 9"},
        {"{\"a\":[1,2}", "bad_json 9"},
        {"{\"a\":{]}", "bad_json 6"},
        {"{\"a\":x}", "bad_json 5"},
        {"{\"id\":1}}", "bad_json 8"},
        {"{\"id\":1} {}", "bad_json 9"},
        {"{\"id\":1},", "bad_json 8"},
        {"[1", "bad_json 2"},
        {"{\"a\":\"x\ty\"}", "bad_json 7"},
        /* scalars that are read */
        {"{\"id\":01}", "bad_json 6"},
        {"{\"id\":1.}", "bad_json 6"},
        {"{\"id\":.1}", "bad_json 6"},
        {"{\"id\":-}", "bad_json 6"},
        {"{\"id\":+1}", "bad_json 6"},
        {"{\"id\":1e}", "bad_json 6"},
        {"{\"id\":1e+}", "bad_json 6"},
        {"{\"id\":0x1}", "bad_json 6"},
        {"{\"id\":1 2}", "bad_json 8"},
        {"{\"id\":1\"\"}", "bad_json 6"},
        {"{\"id\":tru}", "bad_json 6"},
        {"{\"id\":nul}", "bad_json 6"},
        {"{\"id\":True}", "bad_json 6"},
        {"{\"id\":NaN}", "bad_json 6"},
        {"{\"id\":truer}", "bad_json 6"},
        {"{\"hashtags\":[1,]}", "bad_json 15"},
        {"{\"hashtags\":[,1]}", "bad_json 13"},
        {"{\"hashtags\":[1 2]}", "bad_json 15"},
        {"{\"hashtags\":[\"a\"}", "bad_json 16"},
        /* escapes of strings that are read, and of keys */
        {"{\"id\":\"\\x\"}", "bad_json 7"},
        {"{\"id\":\"ab\\u12\"}", "bad_json 9"},
        {"{\"id\":\"\\u12g4\"}", "bad_json 7"},
        {"{\"id\":\"\\U0041\"}", "bad_json 7"},
        {"{\"\\q\":1}", "bad_json 2"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

/* Lines that a C string cannot hold. */
static void
bytes(void **state)
{
#define LINE(text, as)                                                                             \
    {                                                                                              \
        {text, sizeof text - 1}, as                                                                \
    }
    static const struct {
        weir_span line;
        const char *as;
    } rows[] = {
        LINE("\0", "bad_json 0"),
        LINE("{\"id\":1}\0", "bad_json 8"),
        LINE("{\"id\":\0}", "bad_json 6"),
        LINE("{\0\"id\":1}", "bad_json 1"),
        LINE("{\"id\":\"a\0b\"}", "bad_json 8"),
        LINE("{\"id\":1\0}", "bad_json 6"),
        LINE("{\"id\":\"\xFF\"}", "bad_utf8 7"),
        LINE("{\"id\":\"\xED\xA0\x80\"}", "bad_utf8 7"),
        LINE("{\"id\":\"\xC0\x80\"}", "bad_utf8 7"),
        LINE("{\"unread\":\"ab\xE2\x80\"}", "bad_utf8 13"),
        LINE("{\"id\":\"\xF0\x9F\x98", "bad_utf8 7"),
        LINE("\xFF\xFE{\"id\":1}", "bad_utf8 0"),
        /* a bad byte wins over bad JSON before it */
        LINE("{\"id\":tru,\"a\":\"\xFF", "bad_utf8 15"),
        LINE("\xEF\xBB\xBF{\"id\":1,\"author\":\"x\"}", "own 1 by @x"),
        LINE("\xEF\xBB\xBF{\"id\":1,\"author\":5}", "bad_type 20 post 1"),
        LINE("\xEF\xBB\xBF{\"id\":tru}", "bad_json 9"),
        LINE("\xEF\xBB\xBF{\"id\":\"\xFF\"}", "bad_utf8 10"),
        LINE("\xEF\xBB\xBF\xEF\xBB\xBF{}", "bad_json 3"),
        LINE("\xEF\xBB\xBF", ""),
        LINE("\xEF\xBB\xBF \r", ""),
        LINE("", ""),
        LINE("\r", ""),
        LINE(" \t ", ""),
        LINE(" {\"id\" : 1 ,\t\"author\" : \"x\" } \r", "own 1 by @x"),
    };
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        show_line(r, rows[i].line, false, &out);
        if (strcmp(out.p, rows[i].as) != 0)
            fail_msg("row %zu is read as %s, not as %s", i, out.p, rows[i].as);
    }
    weir_buf_fini(&out);
    weir_reader_free(r);
}

static void
wrong_shapes(void **state)
{
    static const struct reading_row rows[] = {
        {"[]", "not_an_object 0"},
        {" [{\"id\":1}]", "not_an_object 1"},
        {"5", "not_an_object 0"},
        {"\"x\"", "not_an_object 0"},
        {"null", "not_an_object 0"},
        {"{}", "unknown_shape 0"},
        {"{\"id\":1}", "unknown_shape 0"},
        {"{\"author\":null}", "unknown_shape 0"},
        {"{\"error\":\"The access token is invalid\"}", "unknown_shape 0"},
        {"{\"author\":\"x\"}", "no_id 0 by @x"},
        {"{\"id\":\"\",\"author\":\"x\"}", "no_id 0 by @x"},
        {"{\"id\":null,\"author\":\"x\"}", "no_id 0 by @x"},
        {OWN(",\"quotes\":{}"), "no_id 30 post 1 by @x"},
        /* types */
        {"{\"id\":true,\"author\":\"x\"}", "bad_type 6 by @x"},
        {"{\"id\":[1],\"author\":\"x\"}", "bad_type 6 by @x"},
        {"{\"id\":1,\"author\":5}", "bad_type 17 post 1"},
        {"{\"id\":1,\"author\":[]}", "bad_type 17 post 1"},
        {"{\"id\":1,\"author\":{\"id\":{},\"handle\":\"x\"}}", "bad_type 23 post 1 by @x"},
        {OWN(",\"hashtags\":\"a\""), "bad_type 32 post 1 by @x"},
        {OWN(",\"hashtags\":[null]"), "bad_type 33 post 1 by @x"},
        {OWN(",\"hashtags\":[\"a\",5,[]]"), "bad_type 37 post 1 by @x"},
        {OWN(",\"mentions\":[null]"), "bad_type 33 post 1 by @x"},
        {OWN(",\"mentions\":[[\"a\"]]"), "bad_type 33 post 1 by @x"},
        {OWN(",\"lang\":5"), "bad_type 28 post 1 by @x"},
        {OWN(",\"lang\":[null]"), "bad_type 29 post 1 by @x"},
        {OWN(",\"text\":5"), "bad_type 28 post 1 by @x"},
        {OWN(",\"created_at\":5"), "bad_type 34 post 1 by @x"},
        {OWN(",\"repost_of\":[]"), "bad_type 33 post 1 by @x"},
        {OWN(",\"repost_of\":{\"id\":2,\"lang\":false}"), "bad_type 48 post 1 by @x"},
        {OWN(",\"created_at\":\"yesterday\""), "own 1 by @x"},
        /* what this dialect does not read may be of any type, or twice */
        {OWN(",\"entities\":5,\"entities\":[],\"user\":[]"), "own 1 by @x"},
        {OWN(",\"unread\":5,\"unread\":6"), "own 1 by @x"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

static void
duplicates(void **state)
{
    static const struct reading_row rows[] = {
        {OWN(",\"id\":1"), "duplicate_key 21 post 1 by @x"},
        {OWN(",\"\\u0069d\":2"), "duplicate_key 21 post 1 by @x"},
        {OWN(",\"i\\u0064\" :2"), "duplicate_key 21 post 1 by @x"},
        {OWN(",\"hashtags\":null,\"hashtags\":null"), "duplicate_key 37 post 1 by @x"},
        {OWN(",\"hashtags\":[\"a\"],\"hashtags\":[],\"hashtags\":[]"),
         "duplicate_key 38 post 1 by @x"},
        {OWN(",\"author\":\"y\""), "duplicate_key 21 post 1 by @x"},
        {"{\"id\":1,\"author\":null,\"author\":\"y\"}", "duplicate_key 22 post 1 by @y"},
        {"{\"id\":1,\"author\":{\"id\":1,\"id\":2}}", "duplicate_key 25 post 1 by 1"},
        {OWN(",\"quotes\":{\"id\":2,\"id\":3}"), "duplicate_key 38 post 1 by @x"},
        {OWN(",\"data\":null,\"data\":null"), "duplicate_key 33 post 1 by @x"},
        {"{\"data\":null,\"data\":[{\"id\":1},{\"id\":2}]}",
         "duplicate_key 13 post 1; duplicate_key 13 post 2"},
        {"{\"query\":{\"hashtag\":\"a\",\"hashtag\":\"b\"}}", "duplicate_key 24"},
        {"{\"did\":\"d\",\"kind\":\"identity\",\"kind\":\"x\"}", "duplicate_key 29"},
        {"{\"user\":{},\"user\":{}}", "duplicate_key 11"},
        {"{\"delete\":1,\"delete\":2}", "duplicate_key 12"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

/* The first code of the list wins wherever it stands; among equal ones, the first offset. */
static void
precedence(void **state)
{
    static const struct reading_row rows[] = {
        {"{\"id\":1,\"id\":2,\"author\":tru}", "bad_json 24"},
        {OWN(",\"lang\":5,\"id\":1"), "duplicate_key 30 post 1 by @x"},
        {OWN(",\"lang\":5,\"text\":5"), "bad_type 28 post 1 by @x"},
        {OWN(",\"text\":5,\"lang\":5"), "bad_type 28 post 1 by @x"},
        {OWN(",\"text\":5,\"text\":6,\"lang\":1,\"lang\":2"), "duplicate_key 30 post 1 by @x"},
        {"{\"author\":\"x\",\"lang\":5}", "bad_type 21 by @x"},
        {"{\"author\":\"x\"}", "no_id 0 by @x"},
        {"{\"query\":{\"hashtag\":5,\"region\":\"IND\"}}", "bad_type 20"},
    };
    static const struct reading_row timed[] = {
        {OWN(""), "no_time 0 post 1 by @x"},
        {OWN(",\"created_at\":\"x\""), "no_time 0 post 1 by @x"},
        {OWN(",\"created_at\":5"), "bad_type 34 post 1 by @x"},
        {OWN(",\"created_at\":\"2021-02-01T06:00:00Z\",\"quotes\":{\"id\":2}"),
         "own 1 by @x at 2021-02-01T06:00:00Z quotes(own 2)"},
        {"{\"author\":\"x\"}", "no_id 0 by @x"},
        {"{\"data\":[{\"id\":1},{\"id\":2,\"created_at\":\"2021-02-01T06:00:00Z\"}]}",
         "no_time 9 post 1; tweet 2 at 2021-02-01T06:00:00Z"},
        {"{\"delete\":{}}", "skip delete"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
    CHECK_ROWS({.need_time = true}, false, timed);
}

static void
details(void **state)
{
    static const struct reading_row rows[] = {
        {OWN(",\"hashtags\":5"),
         "bad_type 32 \"\"hashtags\" must be an array, found a number\" post 1 by @x"},
        {OWN(",\"hashtags\":[null]"),
         "bad_type 33 \"\"hashtags\" must hold strings, found null\" post 1 by @x"},
        {OWN(",\"id\":1"), "duplicate_key 21 \"\"id\" stands twice in one object: which one holds "
                           "cannot be told\" post 1 by @x"},
        {"7", "not_an_object 0 \"a line must be an object, found a number\""},
        {"{\"a\":[1}", "bad_json 7 \"this bracket does not close the one that is open\""},
        {"{\"a\":\"", "bad_json 5 \"a string is opened here and never closed\""},
        {"{}", "unknown_shape 0 \"no known kind of post: looked for \"type\" and \"@context\"; "
               "\"query\"; \"did\" and \"kind\"; \"data\" or \"author_id\"; \"user.screen_name\"; "
               "\"account.acct\"; \"author\"\""},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, true, rows);
}

static void
escapes(void **state)
{
    static const struct reading_row rows[] = {
        {OWN(",\"hashtags\":[\"\\u00e9\\/\\\\\\\"\",\"\\ud83d\\ude00\"]"),
         "own 1 by @x #\xC3\xA9/\\\" #\xF0\x9F\x98\x80"},
        {OWN(",\"hashtags\":[\"a\\ud83d\",\"\\ude00b\",\"\\ud83d\\ud83d\\ude00\","
             "\"\\ud83d\\u0041\",\"\\ud83d\\n\"]"),
         "own 1 by @x #a\xEF\xBF\xBD #\xEF\xBF\xBD"
         "b #\xEF\xBF\xBD\xF0\x9F\x98\x80 #\xEF\xBF\xBD"
         "A #\xEF\xBF\xBD\n"},
        {OWN(",\"text\":\"\\u0023a \\uff03b\""), "own 1 by @x #a #b"},
        {"{\"\\u0069\\u0064\":\"\\u0031\",\"\\u0061uthor\":{\"h\\u0061ndle\":\"x\"}}",
         "own 1 by @x"},
        {OWN(",\"hashtags\":[\"\\b\\f\\n\\r\\t\"]"), "own 1 by @x #\b\f\n\r\t"},
        /* a bad escape in what is not read is not looked at */
        {OWN(",\"unread\":\"\\x\""), "own 1 by @x"},
    };

    (void)state;
    CHECK_ROWS(NO_OPTIONS, false, rows);
}

/* `{"unread":[[…]]}` of so many levels, the object included. */
static void
nested(weir_buf *b, size_t levels, const char *tail)
{
    b->len = 0;
    weir_buf_puts(b, "{\"id\":1,\"author\":\"x\",\"a\":");
    for (size_t i = 1; i < levels; i++)
        weir_buf_puts(b, i % 2 ? "[" : "{\"k\":");
    weir_buf_putc(b, '1');
    for (size_t i = levels - 1; i > 0; i--)
        weir_buf_putc(b, i % 2 ? ']' : '}');
    weir_buf_puts(b, tail);
}

static void
depth(void **state)
{
    static const struct {
        size_t levels;
        const char *tail, *as;
    } rows[] = {
        {1, "}", "own 1 by @x"},
        {64, "}", "own 1 by @x"},
        {65, "}", "too_deep 212"},
        {66, "}", "too_deep 212"},
        {5000, "}", "too_deep 212"},
        {400000, "}", "too_deep 212"},
        {65, ",\"id\":2}", "too_deep 212"},
        {65, ",\"id\":tru}", "bad_json 288"},
        {5000, "", "bad_json 20020"},
        {64, "]", "bad_json 276"},
    };
    weir_reader *r = new_reader((weir_reader_options){.max_line = 10 << 20});
    weir_buf line = {0}, out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nested(&line, rows[i].levels, rows[i].tail);
        show_line(r, (weir_span){line.p, line.len}, false, &out);
        if (strcmp(out.p, rows[i].as) != 0)
            fail_msg("%zu levels%s are read as %s", rows[i].levels, rows[i].tail, out.p);
    }
    weir_buf_fini(&line);
    weir_buf_fini(&out);
    weir_reader_free(r);
}

/* Neither a BOM nor the CR of the line's end counts; where it stops being read is told as a byte
   of the line, as everywhere. */
static void
lines_at_the_limit(void **state)
{
#define EXACT "{\"id\":10,\"author\":\"abc\"}"
#define BOM "\xEF\xBB\xBF"
    static const struct reading_row rows[] = {
        {EXACT, "own 10 by @abc"},
        {EXACT "\r", "own 10 by @abc"},
        {BOM EXACT, "own 10 by @abc"},
        {BOM EXACT "\r", "own 10 by @abc"},
        {EXACT " ", "too_long 24"},
        {EXACT "\r ", "too_long 24"},
        {EXACT " \r", "too_long 24"},
        {BOM EXACT " ", "too_long 27"},
        {BOM EXACT "\r ", "too_long 27"},
        {BOM BOM EXACT, "too_long 27"},
        {BOM "                        \r", ""},
    };

    (void)state;
    assert_int_equal(strlen(EXACT), 24);
    CHECK_ROWS({.max_line = 24}, false, rows);
#undef EXACT
#undef BOM
}

/* Length is told first, by the length alone: no more of the line needs to be there. */
static void
long_lines(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){.max_line = 24});
    const weir_item *items;
    size_t n;

    (void)state;
    for (size_t avail = 1; avail <= 3; avail++) {
        char *there = malloc(avail); /* sanitizers see a look behind it */

        assert_non_null(there);
        memcpy(there, "\xEF\xBB\xBF", avail);
        assert_int_equal(weir_reader_read(r, (weir_span){there, 28}, avail, &items, &n), WEIR_OK);
        assert_int_equal(n, 1);
        assert_int_equal(items[0].error, WEIR_READ_TOO_LONG);
        assert_int_equal(items[0].offset, avail == 3 ? 27 : 24);
        free(there);
    }
    weir_reader_free(r);

    /* The default is 1 MiB. */
    weir_buf line = {0}, out = {0};
    r = new_reader((weir_reader_options){0});
    weir_buf_puts(&line, OWN(""));
    while (line.len < 1 << 20)
        weir_buf_putc(&line, ' ');
    show_line(r, (weir_span){line.p, line.len}, false, &out);
    assert_string_equal(out.p, "own 1 by @x");
    weir_buf_putc(&line, ' ');
    show_line(r, (weir_span){line.p, line.len}, false, &out);
    assert_string_equal(out.p, "too_long 1048576");
    weir_reader_free(r);

    /* Ten megabytes: a text with a tag in front and one behind. */
    r = new_reader((weir_reader_options){.max_line = 16 << 20});
    line.len = 0;
    weir_buf_puts(&line, "{\"id\":1,\"author\":\"x\",\"text\":\"#front");
    while (line.len < 10 << 20)
        weir_buf_puts(&line, " \\u0061bcdefgh ");
    weir_buf_puts(&line, "#end\"}");
    show_line(r, (weir_span){line.p, line.len}, false, &out);
    assert_string_equal(out.p, "own 1 by @x #front #end");
    weir_buf_fini(&line);
    weir_buf_fini(&out);
    weir_reader_free(r);
}

/* Nothing that is read points into the caller's line when it had to be copied; where the line
   has room behind it, values point into it. */
static void
borrowing(void **state)
{
    static const char text[] = OWN(",\"hashtags\":[\"abc\"]");
    char line[sizeof text + WEIR_LINE_PADDING];
    weir_reader *r = new_reader((weir_reader_options){0});
    const weir_item *items;
    size_t n;

    (void)state;
    memset(line, '"', sizeof line); /* what stands behind the line is never looked at */
    memcpy(line, text, sizeof text - 1);
    weir_span span = {line, sizeof text - 1};
    assert_int_equal(weir_reader_read(r, span, sizeof line, &items, &n), WEIR_OK);
    assert_int_equal(n, 1);
    assert_ptr_equal(items[0].post->hashtags[0].p, strstr(line, "abc"));
    assert_int_equal(weir_reader_read(r, span, span.len, &items, &n), WEIR_OK);
    memset(line, 'z', sizeof line);
    assert_memory_equal(items[0].post->hashtags[0].p, "abc", 3);
    weir_reader_free(r);
}

/* Many references to one long tweet cost it once a level, not once each. */
static void
shared_originals(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){.max_line = SIZE_MAX});
    weir_buf line = {0};
    const weir_item *items;
    size_t n;

    (void)state;
    weir_buf_puts(&line, "{\"data\":[");
    for (int i = 0; i < 5000; i++)
        weir_buf_printf(&line,
                        "%s{\"id\":%d,\"referenced_tweets\":[{\"type\":\"quoted\","
                        "\"id\":\"x\"}]}",
                        i ? "," : "", i);
    weir_buf_puts(&line, "],\"includes\":{\"tweets\":[{\"id\":\"x\",\"text\":\"");
    while (line.len < 1000 << 10)
        weir_buf_puts(&line, " #a");
    weir_buf_puts(&line, "\"}]}}");
    assert_int_equal(weir_reader_read(r, (weir_span){line.p, line.len}, line.len, &items, &n),
                     WEIR_OK);
    assert_int_equal(n, 5000);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(items[i].kind, WEIR_ITEM_POST);
        assert_ptr_equal(items[i].post->quotes, items[0].post->quotes);
    }
    weir_buf_fini(&line);
    weir_reader_free(r);
}

#define PAGE(data)                                                                                 \
    "{\"data\":[" data "],\"includes\":{\"users\":[{\"id\":\"u\",\"username\":\"" A64 "\"}],"      \
    "\"tweets\":[{\"id\":\"x\",\"text\":\"" A64 " #" A64 "\"}]}}"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define RETWEET(id, of)                                                                            \
    "{\"id\":\"" id "\",\"referenced_tweets\":[{\"type\":\"retweeted\",\"id\":\"" of "\"}]}"

/* What posts are made of, those inside included, whether they stand there or are referred to. */
static void
sizes(void **state)
{
    static const struct {
        const char *line;
        size_t size;
    } rows[] = {
        {OWN(""), 2 * 16 + 2},
        {OWN(",\"hashtags\":[\"ab\",\"ab\"],\"lang\":\"en\""), 5 * 16 + 8},
        {OWN(",\"mentions\":[{\"id\":\"5\",\"handle\":\"yy\"}],\"text\":\"#abc no\""), 5 * 16 + 8},
        {OWN(",\"repost_of\":{\"id\":\"22\",\"quotes\":\"333\"},\"quotes\":\"4\""), 5 * 16 + 8},
        {"{\"query\":{\"hashtag\":\"abc\"}}", 16 + 3},
        {PAGE(RETWEET("1", "y")), 2 * 16 + 2},
        {PAGE(RETWEET("1", "x")), 3 * 16 + 2 + 64},
        {PAGE("{\"id\":\"1\",\"author_id\":\"u\"}"), 3 * 16 + 2 + 64},
    };
    weir_reader *r = new_reader((weir_reader_options){0});
    const weir_item *items;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span line = span_of(rows[i].line);
        assert_int_equal(weir_reader_read(r, line, line.len, &items, &n), WEIR_OK);
        assert_int_equal(n, 1);
        if (items[0].kind != WEIR_ITEM_POST || items[0].size != rows[i].size)
            fail_msg("%s is of size %zu and not %zu", rows[i].line, items[0].size, rows[i].size);
    }
    weir_reader_free(r);
}

/* A hundred retweets of one long tweet, then a post of its own; as long as the reader takes. */
static void
put_sharing_page(weir_buf *line, size_t tag_len)
{
    line->len = 0;
    weir_buf_puts(line, "{\"data\":[");
    for (int i = 0; i < 100; i++)
        weir_buf_printf(line,
                        "{\"id\":\"%03d\",\"referenced_tweets\":[{\"type\":\"retweeted\","
                        "\"id\":\"x\"}]},",
                        i);
    weir_buf_puts(line, "{\"id\":\"own\"}],\"includes\":{\"tweets\":[{\"id\":\"x\",\"entities\":"
                        "{\"hashtags\":[{\"tag\":\"");
    for (size_t i = 0; i < tag_len; i++)
        weir_buf_putc(line, 'a');
    weir_buf_puts(line, "\"}]}}]}}");
}

/* What a page's posts share costs again for each of them: when it is too much, those that there is
   no room for are errors, and a smaller one still has its room. */
static void
what_a_page_may_come_to(void **state)
{
    weir_buf line = {0};
    size_t fitting[2];

    (void)state;
    for (size_t tag_len = 4000, k = 0; k < 2; tag_len += 2000, k++) {
        const weir_item *items;
        size_t n, of_each = 3 * 16 + 3 + 1 + tag_len;

        put_sharing_page(&line, tag_len);
        fitting[k] = WEIR_PAGE_SHARE * line.len / of_each;
        weir_reader *r = new_reader((weir_reader_options){.max_line = line.len});
        assert_int_equal(weir_reader_read(r, (weir_span){line.p, line.len}, line.len, &items, &n),
                         WEIR_OK);
        assert_int_equal(n, 101);
        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(items[i].kind, i < fitting[k] ? WEIR_ITEM_POST : WEIR_ITEM_ERROR);
            if (i < fitting[k])
                continue;
            assert_int_equal(items[i].error, WEIR_READ_TOO_LONG);
            assert_int_equal(items[i].post_id.len, 3);
        }
        assert_int_equal(items[100].kind, WEIR_ITEM_POST);
        weir_reader_free(r);
    }
    assert_true(fitting[1] > WEIR_PAGE_SHARE && fitting[1] < fitting[0] && fitting[0] < 100);
    weir_buf_fini(&line);
}

static void
posts_of_a_page(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf line = {0};
    const weir_item *items;
    size_t n;

    (void)state;
    for (int more = 0; more <= 1; more++) {
        line.len = 0;
        weir_buf_puts(&line, "{\"data\":[{}");
        for (int i = 1; i < WEIR_PAGE_MAX + more; i++)
            weir_buf_puts(&line, ",{}");
        weir_buf_puts(&line, "]}");
        assert_int_equal(weir_reader_read(r, (weir_span){line.p, line.len}, line.len, &items, &n),
                         WEIR_OK);
        assert_int_equal(n, more ? 1 : WEIR_PAGE_MAX);
        assert_int_equal(items[0].error, more ? WEIR_READ_TOO_LONG : WEIR_READ_NO_ID);
        assert_int_equal(items[0].offset, more ? 8 : 9);
    }
    weir_buf_fini(&line);
    weir_reader_free(r);
}

/* Lines with bytes changed, taken out and doubled: each is answered, and no answer points outside
   of the line. What they are answered with is for sanitizers and the other tests. */
static void
mutated_lines(void **state)
{
    static const char *const lines[] = {
        "{\"id\":1,\"author\":{\"id\":5,\"handle\":\"x\"},\"hashtags\":[\"\\u0061\",\"b\"],"
        "\"quotes\":{\"id\":\"2\",\"text\":\"#c \\ud83d\\ude00\"}}",
        "{\"data\":[{\"id\":\"1\",\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"2\"}]},"
        "{\"id\":\"2\"}],\"includes\":{\"users\":[],\"tweets\":[{\"id\":\"2\"}]}}",
        "{\"id\":1,\"user\":{\"id_str\":\"5\",\"screen_name\":\"x\"},\"entities\":{\"hashtags\":"
        "[{\"text\":\"a\",\"indices\":[1,{\"a\":[]}]}]},\"unread\":[[{}],\"\\\"\"]}",
        "{\"did\":\"d\",\"time_us\":17,\"kind\":\"commit\",\"commit\":{\"operation\":\"create\","
        "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\",\"record\":{\"tags\":[\"a\"]}}}",
        "{\"id\":\"1\",\"account\":{\"acct\":\"x\"},\"content\":\"<p>&amp;#a<br>\\u003cb\"}",
    };
    static const char bytes[] = "\"\\{}[]:,0-.etfn\x01\xFF\xE2 ";
    weir_reader *r = new_reader((weir_reader_options){.tags = WEIR_TAGS_BOTH});
    weir_buf out = {0}, line = {0};
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        weir_span from = span_of(lines[round % 5]);
        line.len = 0;
        weir_buf_put(&line, from);
        for (int changes = 0; changes <= round % 3; changes++) {
            seed = seed * 1664525 + 1013904223;
            size_t at = (seed >> 8) % line.len;
            if (seed >> 28 < 10)
                line.p[at] = bytes[(seed >> 4) % (sizeof bytes - 1)];
            else if (line.len > 1)
                memmove(line.p + at, line.p + at + 1, --line.len - at);
        }
        show_line(r, (weir_span){line.p, line.len}, true, &out);
        assert_true(out.len > 1);
    }
    weir_buf_fini(&out);
    weir_buf_fini(&line);
    weir_reader_free(r);
}

/* Two keys in one slot would cost each look-up of either a call; see slot_of in json_walk.c. */
static void
each_key_of_a_shape_has_its_slot(void **state)
{
    struct weir__plan *plan = malloc(sizeof *plan);

    (void)state;
    assert_non_null(plan);
    weir__plan_lines(plan);
    assert_int_equal(plan->look[WEIR__SHAPE_LINE].n, WEIR__P_COUNT);
    for (size_t s = 0; s < WEIR__NSHAPES; s++) {
        const struct weir__looks *looks = &plan->look[s];

        for (size_t k = 1; k <= looks->n; k++)
            if (looks->keys[k].next)
                fail_msg("%s and %s have one slot", looks->keys[k].name,
                         looks->keys[looks->keys[k].next].name);
    }
    free(plan);
}

static void
names(void **state)
{
    (void)state;
    assert_string_equal(weir_source_name(WEIR_SOURCE_TWEET), "tweet");
    assert_string_equal(weir_source_name(WEIR_SOURCE_OWN), "own");
    assert_string_equal(weir_source_name(WEIR_SOURCE_QUERY), "query");
    assert_string_equal(weir_read_error_name(WEIR_READ_TOO_LONG), "too_long");
    assert_string_equal(weir_read_error_name(WEIR_READ_BAD_QUERY), "bad_query");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_json),
        cmocka_unit_test(bytes),
        cmocka_unit_test(wrong_shapes),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(precedence),
        cmocka_unit_test(details),
        cmocka_unit_test(escapes),
        cmocka_unit_test(depth),
        cmocka_unit_test(lines_at_the_limit),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(borrowing),
        cmocka_unit_test(shared_originals),
        cmocka_unit_test(sizes),
        cmocka_unit_test(what_a_page_may_come_to),
        cmocka_unit_test(posts_of_a_page),
        cmocka_unit_test(mutated_lines),
        cmocka_unit_test(each_key_of_a_shape_has_its_slot),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
