/*
 * Hashtags and mentions in text, by regular expressions built after the grammar that twitter-text
 * publishes; and text out of Mastodon's HTML.
 *
 * Of URLs only what a tag can stand in is known here: a host with a dot and a path or query. A
 * top-level domain is any two letters or more; twitter-text has a list.
 */
#include "oracle.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define SPECIAL                                                                                    \
    "_\\x{200c}\\x{200d}\\x{a67e}\\x{05be}\\x{05f3}\\x{05f4}\\x{ff5e}\\x{301c}\\x{309b}\\x{309c}"  \
    "\\x{30a0}\\x{30fb}\\x{3003}\\x{0f0b}\\x{0f0c}\\x{b7}"
#define ALNUM "[\\p{L}\\p{M}\\p{Nd}" SPECIAL "]"
#define BOUNDARY "(?:^|\\x{FE0E}|\\x{FE0F}|\\z|(?!" ALNUM "|&)(?s:.))"
#define LATIN                                                                                      \
    "\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{FF}\\x{100}-\\x{24F}\\x{253}\\x{254}\\x{256}"       \
    "\\x{257}\\x{259}\\x{25B}\\x{263}\\x{268}\\x{26F}\\x{272}\\x{289}\\x{28B}\\x{2BB}"             \
    "\\x{300}-\\x{36F}\\x{1E00}-\\x{1EFF}"

/* Group 1 is what is wanted; a match is void when what follows it matches `after`. */
#define HASHTAG BOUNDARY "[#＃](?!\\x{FE0F}|\\x{20E3})(" ALNUM "*[\\p{L}\\p{M}]" ALNUM "*)"
#define HASHTAG_AFTER "\\A(?:[#＃]|://)"
#define MENTION                                                                                    \
    "(?:^|[^a-zA-Z0-9_!#$%&*@＠]|(?:^|[^a-zA-Z0-9_+~.-])(?:rt|RT|rT|Rt):?)"                       \
    "[@＠]([a-zA-Z0-9_]{1,20})(/[a-zA-Z][a-zA-Z0-9_\\-]{0,24})?"
#define MENTION_AFTER "\\A(?:[@＠]|[" LATIN "]|://)"

#define PATH_CHARS "a-zA-Z\\x{400}-\\x{4ff}0-9!*';:=+,.$/%#\\[\\]\\-\\x{2013}_~@|&" LATIN
#define PARENS                                                                                     \
    "\\((?:[" PATH_CHARS "]+|[" PATH_CHARS "]*\\([" PATH_CHARS "]+\\)[" PATH_CHARS "]*)\\)"
#define PATH_END "(?:[+\\-a-zA-Z\\x{400}-\\x{4ff}0-9=_#/" LATIN "]|" PARENS ")"
#define PATH "/(?:[" PATH_CHARS "]*(?:" PARENS "[" PATH_CHARS "]*)*" PATH_END ")?"
#define QUERY "(?:\\?[a-zA-Z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*[a-zA-Z0-9\\-_&=#/])?"
#define PORT "(?::[0-9]+)?"
#define VOID "\\x{FEFF}\\x{FFFE}\\x{FFFF}"
/* Behind a scheme a host may be of all but blanks, signs of ASCII, marks of direction, and what is
   no character. */
#define ANY                                                                                        \
    "[^\\x00-/:-@\\[-`{-\\x{7F}\\x{85}\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200A}\\x{2028}"       \
    "\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{61C}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}"            \
    "\\x{2066}-\\x{2069}" VOID "]"
#define LETTER "[a-zA-Z0-9" LATIN "]"
#define PUNY "[Xx][Nn]--[-0-9a-zA-Z]++"
/* Labels made of this; a `_` only in front of the last two. */
#define NAMES(one) "(?:" one "(?:[-_]*" one ")*+\\.)*" one "(?:-*" one ")*+\\."
#define ANY_NAMES NAMES(ANY)
#define LETTER_NAMES NAMES(LETTER)
#define FULL_URL                                                                                   \
    "[Hh][Tt][Tt][Pp][Ss]?://" ANY_NAMES "(?:" PUNY "|[\\p{L}\\p{M}]{2,}+)(?!" ANY "|[-_@])"       \
    "" PORT "(?:" PATH ")?" QUERY
/* Without a path it ends with its host. */
#define BARE_URL                                                                                   \
    "(?<![-_./])" LETTER_NAMES "(?:" PUNY "|[a-zA-Z]{2,}+)(?!" LETTER "|[-_@])"                    \
    "(?:" PORT PATH QUERY ")?"
#define URL "(?<![A-Za-z0-9@＠$#＃" VOID "])(?:" FULL_URL "|" BARE_URL ")"

static pcre2_code *
compile(const char *pattern, uint32_t more)
{
    int error;
    size_t at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_UCP | more, &error, &at, NULL);

    if (!code)
        die("own pattern does not compile (error %d at %zu): %s", error, at, pattern);
    return code;
}

struct grammar {
    pcre2_code *what, *after, *url;
    pcre2_match_data *m;
};

/* Does the code match at or behind `at`? The span of group g goes to from, to. */
static bool
search(const struct grammar *g, pcre2_code *code, struct str text, size_t at, unsigned group,
       size_t *from, size_t *to)
{
    int rc = pcre2_match(code, (PCRE2_SPTR)text.p, text.n, at, 0, g->m, NULL);
    size_t *v = pcre2_get_ovector_pointer(g->m);

    if (rc < 0)
        return false;
    *from = *to = 0;
    if (group < (unsigned)rc) {
        *from = v[2 * group];
        *to = v[2 * group + 1];
    }
    return true;
}

static bool
in_url(const struct grammar *g, struct str text, size_t at)
{
    size_t from, to;

    for (size_t start = 0; search(g, g->url, text, start, 0, &from, &to) && from < at; start = to)
        if (at < to)
            return true;
    return false;
}

/* What ends at the text's final … was cut off. */
static bool
is_cut(struct str text, size_t end)
{
    return str_is(str_skip(text, end), "…");
}

void
each_hashtag(struct str text, found_fn found, void *into)
{
    static struct grammar g;
    size_t from, to, a, b;

    if (!g.what) {
        g.what = compile(HASHTAG, PCRE2_CASELESS);
        g.after = compile(HASHTAG_AFTER, 0);
        g.url = compile(URL, 0);
        g.m = pcre2_match_data_create(4, NULL);
    }
    for (size_t at = 0; text.n && search(&g, g.what, text, at, 1, &from, &to); at = to) {
        if (search(&g, g.after, str_skip(text, to), 0, 0, &a, &b) || is_cut(text, to) ||
            in_url(&g, text, from - 1))
            continue;
        found(into, (struct str){text.p + from, to - from});
    }
}

void
each_mention(struct str text, found_fn found, void *into)
{
    static struct grammar g;
    size_t from = 0, to = 0, whole, end, a, b;

    if (!g.what) {
        g.what = compile(MENTION, 0);
        g.after = compile(MENTION_AFTER, 0);
        g.m = pcre2_match_data_create(4, NULL);
    }
    for (size_t at = 0; text.n && search(&g, g.what, text, at, 0, &whole, &end); at = end) {
        search(&g, g.what, text, at, 1, &from, &to);
        if (to != end) /* @user/list names a list */
            continue;
        if (search(&g, g.after, str_skip(text, end), 0, 0, &a, &b) || is_cut(text, end))
            continue;
        found(into, (struct str){text.p + from, to - from});
    }
}

/* Of HTML's two thousand names those that Mastodon writes. */
static void
put_entity(struct buf *b, struct str name)
{
    static const struct {
        const char *name;
        uint32_t cp;
    } known[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                 {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xA0}};

    if (str_starts(name, "#")) {
        bool hex = name.n > 1 && (name.p[1] == 'x' || name.p[1] == 'X');
        char digits[16] = "";
        char *end;
        snprintf(digits, sizeof digits, "%.*s", (int)name.n - (hex ? 2 : 1),
                 name.p + (hex ? 2 : 1));
        unsigned long cp = strtoul(digits, &end, hex ? 16 : 10);
        if (*digits && !*end) {
            put_cp(b, cp ? (uint32_t)cp : 0xFFFD);
            return;
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_is(name, known[i].name)) {
            put_cp(b, known[i].cp);
            return;
        }
    puts_buf(b, "&");
    put(b, name);
    puts_buf(b, ";");
}

/* The offset behind the tag that starts at `at`. */
static size_t
skip_tag(struct str html, size_t at)
{
    char quote = 0;

    if (str_starts(str_skip(html, at), "<!--")) {
        for (at += 4; at < html.n; at++)
            if (str_starts(str_skip(html, at), "-->"))
                return at + 3;
        return html.n;
    }
    for (; at < html.n; at++) {
        char c = html.p[at];
        if (quote ? c == quote : c == '>') {
            if (!quote)
                return at + 1;
            quote = 0;
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
        }
    }
    return html.n;
}

static bool
breaks_text(struct str tag)
{
    static const char *const blocks[] = {
        "address", "article", "aside",  "blockquote", "br",    "dd", "details", "div",
        "dl",      "dt",      "figure", "footer",     "form",  "h1", "h2",      "h3",
        "h4",      "h5",      "h6",     "header",     "hr",    "li", "main",    "nav",
        "ol",      "p",       "pre",    "section",    "table", "ul", "tr",      "figcaption"};
    size_t n = 0;
    struct str name;

    tag = str_skip(tag, str_starts(tag, "</") ? 2 : 1);
    while (n < tag.n && (((tag.p[n] | 0x20) >= 'a' && (tag.p[n] | 0x20) <= 'z') ||
                         (tag.p[n] >= '0' && tag.p[n] <= '9')))
        n++;
    name = str_lower(LINE, (struct str){tag.p, n});
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (str_is(name, blocks[i]))
            return true;
    return false;
}

struct str
html_text(struct str html)
{
    struct buf b = {0};

    for (size_t at = 0; at < html.n;) {
        struct str rest = str_skip(html, at);
        size_t semicolon = str_find(rest, ';');
        if (rest.p[0] == '<' && rest.n > 1 && rest.p[1] &&
            strchr("/!?abcdefghijklmnopqrstuvwxyz", rest.p[1] | 0x20)) {
            size_t end = skip_tag(html, at);
            if (breaks_text(rest))
                puts_buf(&b, "\n");
            at = end;
        } else if (rest.p[0] == '&' && semicolon > 1 && semicolon < rest.n && semicolon < 12) {
            put_entity(&b, (struct str){rest.p + 1, semicolon - 1});
            at += semicolon + 1;
        } else {
            put(&b, (struct str){rest.p, 1});
            at++;
        }
    }
    return str_of_buf(&b);
}
