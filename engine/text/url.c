/*
 * URLs in text, as far as hashtags ask: what stands behind a `#` in one is no tag.
 *
 * By the rules of twitter-text, save one: a domain without a scheme counts whatever its last label,
 * as long as that is of letters; twitter-text has the list of all top-level domains, which changes
 * from month to month. Each call is linear in what it looks at, and calls do not look at the
 * same bytes again and again: a URL that fails, fails at its host.
 */
#include "text/scan.h"

#include <unicode/uchar.h>

bool
weir__is_accented_latin(int32_t c)
{
    static const uint16_t ranges[][2] = {
        {0xC0, 0xD6},   {0xD8, 0xF6},   {0xF8, 0x24F},  {0x253, 0x254},
        {0x256, 0x257}, {0x259, 0x259}, {0x25B, 0x25B}, {0x263, 0x263},
        {0x268, 0x268}, {0x26F, 0x26F}, {0x272, 0x272}, {0x289, 0x289},
        {0x28B, 0x28B}, {0x2BB, 0x2BB}, {0x300, 0x36F}, {0x1E00, 0x1EFF},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && c >= ranges[i][0]; i++)
        if (c <= ranges[i][1])
            return true;
    return false;
}

bool
weir__is_letter_or_digit(int32_t c)
{
    if (c < 0x80)
        return weir__is_ascii_alnum(c);
    return (U_MASK(u_charType(c)) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK)) != 0;
}

/* May a URL stand behind this character? */
static bool
may_follow(int32_t before, bool has_scheme)
{
    if (weir__is_ascii_alnum(before) || before == '@' || before == '$' || before == '#')
        return false;
    if (before == 0xFF20 || before == 0xFF03 || (before >= 0x202A && before <= 0x202E))
        return false;
    return has_scheme || !(before == '-' || before == '_' || before == '.' || before == '/');
}

static size_t
scheme_len(weir_span s)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        weir_span scheme = span_of(schemes[i]);

        if (s.len > scheme.len && weir__span_eq_nocase(span_head(s, scheme.len), scheme))
            return scheme.len;
    }
    return 0;
}

/* Past the host, or `at` where it is none: labels between dots, the last one of letters. Without a
   scheme it is ASCII, or any sentence of a script without spaces could be part of it. */
static size_t
host_end(weir_span text, size_t at, bool has_scheme)
{
    size_t start = at, label = at, letters = 0;
    bool dotted = false, all_letters = true;

    for (;;) {
        size_t next = at;
        int32_t c = weir__next_cp(text, &next);

        if (c == '.') {
            if (at == label)
                return start;
            dotted = true;
            label = next;
            letters = 0;
            all_letters = true;
        } else if (c == '-' || c == '_' || (c >= '0' && c <= '9')) {
            all_letters = false;
        } else if (weir__is_ascii_alnum(c) || (has_scheme && weir__is_letter_or_digit(c))) {
            letters++;
        } else {
            bool puny = text.len - label > 4 &&
                        weir__span_eq_nocase((weir_span){text.p + label, 4}, SPAN_LIT("xn--"));
            bool top = puny || (all_letters && letters >= 2);
            return dotted && top && c != '@' ? at : start;
        }
        at = next;
    }
}

/* Kinds of ASCII in what follows the host. */
enum { PATH = 1, PATH_END = 2, QUERY = 4, QUERY_END = 8 };

static unsigned
kinds_of(int32_t c)
{
    if (weir__is_ascii_alnum(c))
        return PATH | PATH_END | QUERY | QUERY_END;
    switch (c) {
    case '-':
    case '_':
    case '=':
    case '#':
    case '/':
        return PATH | PATH_END | QUERY | QUERY_END;
    case '+':
        return PATH | PATH_END | QUERY;
    case '&':
        return PATH | QUERY | QUERY_END;
    case '!':
    case '*':
    case '\'':
    case ';':
    case ':':
    case ',':
    case '.':
    case '$':
    case '%':
    case '[':
    case ']':
    case '~':
    case '@':
    case '|':
        return PATH | QUERY;
    case '?':
    case '(':
    case ')':
        return QUERY;
    case 0x2013:
        return PATH;
    default:
        return (c >= 0x400 && c <= 0x4FF) || weir__is_accented_latin(c) ? PATH | PATH_END : 0;
    }
}

/* Past `(…)`, in which one more pair may stand, or `at` where they do not close. */
static size_t
parentheses_end(weir_span text, size_t at)
{
    size_t start = at;
    int depth = 0, inner = 0;

    for (;;) {
        int32_t c = weir__next_cp(text, &at);

        if (c == '(') {
            if (++depth > 2 || (depth == 2 && ++inner > 1))
                return start;
        } else if (c == ')') {
            if (--depth == 0)
                return at;
        } else if (!(kinds_of(c) & PATH)) {
            return start;
        }
    }
}

static size_t
path_end(weir_span text, size_t at)
{
    size_t end = at;

    for (;;) {
        size_t next = at;
        int32_t c = weir__next_cp(text, &next);

        if (c == '(') {
            next = parentheses_end(text, at);
            if (next == at)
                return end;
            end = next;
        } else if (!(kinds_of(c) & PATH)) {
            return end;
        } else if (kinds_of(c) & PATH_END) {
            end = next;
        }
        at = next;
    }
}

static size_t
query_end(weir_span text, size_t at)
{
    size_t end = at;

    (void)weir__next_cp(text, &at); /* the question mark */
    for (;;) {
        unsigned kinds = kinds_of(weir__next_cp(text, &at));

        if (!(kinds & QUERY))
            return end;
        if (kinds & QUERY_END)
            end = at;
    }
}

size_t
weir__url_end(weir_span text, size_t at, int32_t before)
{
    size_t scheme = weir__is_ascii_alnum(before) ? 0 : scheme_len(span_skip(text, at));

    if (!may_follow(before, scheme > 0))
        return at;
    size_t host = at + scheme;
    size_t end = host_end(text, host, scheme > 0);
    if (end == host)
        return at;
    size_t port = end;
    if (port < text.len && text.p[port] == ':') {
        do
            port++;
        while (port < text.len && ascii_is_digit(text.p[port]));
        if (port > end + 1)
            end = port;
    }
    if (end < text.len && text.p[end] == '/')
        end = path_end(text, end);
    else if (end >= text.len || text.p[end] != '?')
        return at;
    if (end < text.len && text.p[end] == '?')
        end = query_end(text, end);
    return end;
}
