/*
 * HTML to text, as Mastodon's readers see it.
 */
#include "unit/test.h"

#include "post/read.h"

static void
html_becomes_text(void **state)
{
    static const struct {
        const char *html, *text;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"<p>a</p><p>b</p>", "\na\n\nb\n"},
        {"a<br>b<br/>c<BR />d", "a\nb\nc\nd"},
        {"<a href=\"x>y\" class='z'>#<span>tag</span></a>", "#tag"},
        {"<span class=\"invisible\">https://</span>x", "https://x"},
        {"a<!-- <p>#no</p> -->b<!--", "ab"},
        {"a<!DOCTYPE x>b<?x y?>c", "abc"},
        {"1 < 2 <3 </ 4 <", "1 < 2 <3 </ 4 <"},
        {"a<b", "a"},
        {"a<b c=\"d>", "a"},
        {"&amp;&lt;&gt;&quot;&apos;&nbsp;&eacute;&hellip;", "&<>\"'\xC2\xA0\xC3\xA9\xE2\x80\xA6"},
        {"&num;a&#35;b&#x23;c&#X23;d&#35e", "#a#b#c#d#e"},
        {"&#128512;&#x1F600;", "\xF0\x9F\x98\x80\xF0\x9F\x98\x80"},
        {"&#0;&#xD800;&#x110000;&#99999999999999999999;",
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"&#0", "\xEF\xBF\xBD"},
        {"& &; &# &#x; &#; &nosuch; &AMP; &amp &toolongname;",
         "& &; &# &#x; &#; &nosuch; &AMP; &amp &toolongname;"},
        {"&amp;lt;", "&lt;"},
        {"<li>a<li>b<blockquote>c<pre>d<h1>e<b>f", "\na\nb\nc\nd\nef"},
        {"<x:y>a</x:y>", "a"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span text = weir__html_text(&arena, span_of(rows[i].html));
        if (!span_is(text, rows[i].text))
            fail_msg("%s is read as %.*s", rows[i].html, SPAN_FMT(text));
    }
    arena_fini(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(html_becomes_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
