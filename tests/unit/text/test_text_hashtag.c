/*
 * Hashtags and mentions in text: what the conformance file does not ask.
 */
#include "unit/test.h"

#include "base/buf.h"
#include "text/hashtag.h"

#include <stdlib.h>

struct row {
    const char *why;
    const char *text;
    const char *expected; /* joined by `|` */
};

static void
walk(const struct row *row, bool (*next)(struct weir__walk *, weir_span *))
{
    struct weir__walk w = {.text = span_of(row->text)};
    weir_buf got = {0};
    weir_span found;

    while (next(&w, &found)) {
        if (got.len > 0)
            weir_buf_putc(&got, '|');
        weir_buf_put(&got, found);
    }
    if (!span_is(span_of_buf(&got), row->expected))
        fail_msg("%s: took \"%.*s\"", row->why, SPAN_FMT(got));
    assert_false(next(&w, &found)); /* the end stays the end */
    weir_buf_fini(&got);
}

static void
hashtags(void **state)
{
    static const struct row rows[] = {
        {"nothing", "", ""},
        {"a lone sign", "#", ""},
        {"both signs",
         "#a \xEF\xBC\x83"
         "b",
         "a|b"},
        {"two signs: the second begins the tag", "##a", "a"},
        {"a tag run into the next is none, and spoils it", "#a#b #c", "c"},
        {"a tag before the wide sign is none",
         "#a\xEF\xBC\x83"
         "b #c",
         "c"},
        {"behind a letter", "x#a", ""},
        {"behind an ampersand", "&#a", ""},
        {"behind an emoji with its selector", "\xE2\x9C\x8C\xEF\xB8\x8F#a", "a"},
        {"a selector inside a tag belongs to it, and is no boundary", "#a\xEF\xB8\x8F#b", ""},
        {"the emoji keycap is no tag", "#\xEF\xB8\x8F\xE2\x83\xA3 #\xE2\x83\xA3", ""},
        {"the underscore alone is no letter", "#_ #_1 #_a", "_a"},
        {"marks count as letters", "#\xCC\x87", "\xCC\x87"},
        {"cut by a final ellipsis", "RT @x: #one #tw\xE2\x80\xA6", "one"},
        {"an ellipsis inside cuts nothing", "#one\xE2\x80\xA6 #two", "one|two"},
        {"a space before the final ellipsis", "#one \xE2\x80\xA6", "one"},
        {"three full stops are no ellipsis", "#one...", "one"},
        {"a malformed byte ends a tag",
         "#ab\xFF"
         "c #d",
         "ab|d"},
        {"a malformed byte is a boundary", "x\xC3#a", "a"},
        {"a cut sequence at the end", "#a\xE2\x80", "a"},
        /* Tags in URLs. */
        {"fragment behind a path", "http://example.com/#a", ""},
        {"fragment behind a query", "https://example.com?#a", ""},
        {"fragment behind a port", "http://example.com:8080/#a", ""},
        {"fragment behind punctuation of a path", "http://example.com/a,#b", ""},
        {"in parentheses of a path", "http://example.com/a(#b)", ""},
        {"parentheses that do not close end the path", "http://example.com/(#b", "b"},
        {"the URL's case", "HTTP://EXAMPLE.COM/#a", ""},
        {"without a scheme", "example.com/#a", ""},
        {"without a scheme, behind letters of another script", "はexample.com/#a", ""},
        {"a path without a host's dot", "and/#a", "a"},
        {"a host of numbers is no host", "http://127.0.0.1/#a", "a"},
        {"a host without a dot", "http://localhost/#a", "a"},
        {"a mail address is no URL", "me@example.com/#a", "a"},
        {"an internationalised host needs a scheme", "http://пример.рф/#a пример.рф/#b", "b"},
        {"a host in Punycode", "http://example.xn--p1ai/#a", ""},
        {"Punycode is of ASCII", "http://example.xn--p1日/#a", "a"},
        {"a host of wide letters, symbols, and what is not seen", "http://ｆ✪\u200B.com/#a", ""},
        {"a wide sign in a host", "http://＃a.com", ""},
        {"wide dots make no labels", "http://example。com/#a", "a"},
        {"a host has no marks of direction", "http://м\u200Fм.com/#a", "a"},
        {"in front of it they may stand", "\u202Ehttp://example.com/#a", ""},
        {"what is no character may not", "\uFEFFexample.com/#a", "a"},
        {"a host that is encoded is what follows that", "http://%65xample.com/#a", ""},
        {"a user is no part of it", "http://user@example.com/#a", "a"},
        {"a dot at its end", "http://example.com./#a", "a"},
        {"a port that is none", "http://example.com:/#a", "a"},
        {"labels begin and end with letters", "http://a.-b.com/#a http://b-.com/#b", "a|b"},
        {"a low line only in front of the domain", "http://a_b.c.com/#a http://a_b.com/#b", "b"},
        {"letters with accents need no scheme", "é.com/#a b.cé.com/#b", ""},
        {"without a scheme and a path it ends with its host", "example.com?#a", "a"},
        {"a long s is no s", "ſſ.ſx/#a http://ſ.com/#b", "a"},
        {"a scheme behind what could be a host", "x-http://example.com/#a", ""},
        {"behind the URL", "http://example.com/ #a", "a"},
        {"behind the URL's last character", "http://example.com/\xE3\x80\x82#a", "a"},
        {"the tag comes before the URL behind it", "#タグexample.com/#b", "タグexample|b"},
        {"a scheme behind a tag", "#タグhttp://example.com/#b", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        walk(&rows[i], weir__next_hashtag);
}

static void
mentions(void **state)
{
    static const struct row rows[] = {
        {"nothing", "", ""},
        {"a lone sign", "@", ""},
        {"both signs",
         "@a \xEF\xBC\xA0"
         "b",
         "a|b"},
        {"two signs", "@@a", ""},
        {"run into the next", "@a@b @c", "c"},
        {"twenty characters are the longest", "@abcdefghijklmnopqrstuvwxyz",
         "abcdefghijklmnopqrst"},
        {"the name of a list is none", "@a/list @b", "b"},
        {"a path of digits is no list", "@a/1", "a"},
        {"a list's hyphen is used up", "@a/b-@c @d", "d"},
        {"RT as a word", "RT@a xRT@b -rt@c rt:@d", "a|d"},
        {"RT as a name is no sign", "@rt@b", ""},
        {"RT behind another script",
         "の"
         "RT@a",
         "a"},
        {"before an accent", "@\xC3\xA9 @a\xC3\xA9 @a\xCC\x81", ""},
        {"before another script", "@a\xD0\xB0", "a"},
        {"a scheme", "@http://example.com", ""},
        {"cut by a final ellipsis", "@a @kisan_ek\xE2\x80\xA6", "a"},
        {"a malformed byte", "\xFF@a\xFF@b", "a|b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        walk(&rows[i], weir__next_mention);
}

/* Texts made to be looked at again and again: a walk must stay linear, or this does not end. */
static void
hostile_texts(void **state)
{
    static const char *const pieces[] = {
        "#",   "##1",      "a.bc/(",    "a.bc/(,",        "http://", "http://\xE3\x81\x82",
        "a-",  "(a.bc/",   "@a/b-@",    "#a\xEF\xB8\x8F", "a.",      ",a.bc?!",
        "rt@", "\xF0\x9F", "#a://",     "http://a.",      ",a.bc/[", "#1a\xE2\x80\xA6",
        "é",   "é.",       "http://é.", "é-éa_",
    };
    enum { SIZE = 1 << 18 };
    char *text = malloc(SIZE);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t n = strlen(pieces[i]);
        struct weir__walk w = {.text = {text, SIZE}}, m = w;
        weir_span found;

        for (size_t at = 0; at < SIZE; at++)
            text[at] = pieces[i][at % n];
        while (weir__next_hashtag(&w, &found))
            assert_true(found.len > 0);
        while (weir__next_mention(&m, &found))
            assert_true(found.len > 0);
    }
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashtags),
        cmocka_unit_test(mentions),
        cmocka_unit_test(hostile_texts),
    };

    return cmocka_run_group_tests_name("text/hashtag", tests, NULL, NULL);
}
