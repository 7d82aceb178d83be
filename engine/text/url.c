/*
 * URLs in text, as far as hashtags ask: what stands behind a `#` in one is no tag.
 *
 * By the rules of twitter-text, save one: a domain counts whatever its last label, as long as
 * that is of letters, or Punycode; twitter-text has the list of all top-level domains, which
 * changes from month to month. Each call is linear in what it looks at, and calls do not look at
 * the same bytes again and again: a URL that fails, fails at its host.
 */
#include "text/scan.h"

#include <unicode/uchar.h>

static bool
is_in(const uint16_t (*ranges)[2], size_t n, int32_t c)
{
    for (size_t i = 0; i < n && c >= ranges[i][0]; i++)
        if (c <= ranges[i][1])
            return true;
    return false;
}

bool
weir__is_accented_latin(int32_t c)
{
    static const uint16_t ranges[][2] = {
        {0xC0, 0xD6},   {0xD8, 0xF6},   {0xF8, 0x24F},  {0x253, 0x254},
        {0x256, 0x257}, {0x259, 0x259}, {0x25B, 0x25B}, {0x263, 0x263},
        {0x268, 0x268}, {0x26F, 0x26F}, {0x272, 0x272}, {0x289, 0x289},
        {0x28B, 0x28B}, {0x2BB, 0x2BB}, {0x300, 0x36F}, {0x1E00, 0x1EFF},
    };

    return is_in(ranges, sizeof ranges / sizeof *ranges, c);
}

/* Blanks, marks of direction, and what is no character. All else beyond ASCII may be in a host:
   letters of full width, symbols, what is not seen. */
static bool
ends_host(int32_t c)
{
    static const uint16_t ranges[][2] = {
        {0x85, 0x85},     {0xA0, 0xA0},     {0x61C, 0x61C},   {0x1680, 0x1680}, {0x180E, 0x180E},
        {0x2000, 0x200A}, {0x200E, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x205F}, {0x2066, 0x2069},
        {0x3000, 0x3000}, {0xFEFF, 0xFEFF}, {0xFFFE, 0xFFFF},
    };

    return is_in(ranges, sizeof ranges / sizeof *ranges, c);
}

/* Without a scheme little beyond ASCII, or any sentence of a script without spaces could be part of
   a host. */
static bool
is_of_host(int32_t c, bool has_scheme)
{
    if (c < 0x80)
        return weir__is_ascii_alnum(c);
    return has_scheme ? !ends_host(c) : weir__is_accented_latin(c);
}

static bool
is_letter(int32_t c)
{
    if (c < 0x80)
        return weir__is_ascii_alnum(c) && !(c >= '0' && c <= '9');
    return (U_MASK(u_charType(c)) & (U_GC_L_MASK | U_GC_M_MASK)) != 0;
}

/* May a URL stand behind this character? */
static bool
may_follow(int32_t before, bool has_scheme)
{
    if (weir__is_ascii_alnum(before) || before == '@' || before == '$' || before == '#')
        return false;
    if (before == 0xFF20 || before == 0xFF03 || before == 0xFEFF || before == 0xFFFE ||
        before == 0xFFFF)
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

/* Could it be the last label of a host? */
static bool
is_top(weir_span label, bool has_scheme)
{
    bool is_puny = label.len > 4 && weir__span_eq_nocase(span_head(label, 4), SPAN_LIT("xn--"));
    bool is_of_letters = true;
    size_t n = 0;

    for (size_t at = 0; at < label.len; n++) {
        int32_t c = weir__next_cp(label, &at);
        is_of_letters = is_of_letters && is_letter(c) && (has_scheme || c < 0x80);
        is_puny = is_puny && (weir__is_ascii_alnum(c) || c == '-');
    }
    return is_puny || (is_of_letters && n >= 2);
}

/* Past the host, or `at` where it is none: labels between dots, `-` and `_` only inside them, and
   `_` in neither of the last two. How far it looked goes to *seen. */
static size_t
host_end(weir_span text, size_t at, bool has_scheme, size_t *seen)
{
    size_t start = at, label = at, next = at;
    bool is_named = false, has_low_line = false; /* is there a label in front of the last one? */
    int32_t c, before = '.';

    for (; (c = weir__next_cp(text, &next)) != WEIR__NO_CHAR; at = next, before = c) {
        if (c == '.' && is_of_host(before, has_scheme)) {
            is_named = !has_low_line;
            has_low_line = false;
            label = next;
        } else if ((c == '-' || c == '_') && before != '.') {
            has_low_line |= c == '_';
        } else if (!is_of_host(c, has_scheme)) {
            break;
        }
    }
    *seen = at;
    if (!is_named || c == '@' || !is_top((weir_span){text.p + label, at - label}, has_scheme))
        return start;
    return at;
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
weir__url_end(weir_span text, size_t at, int32_t before, size_t *seen)
{
    size_t scheme = weir__is_ascii_alnum(before) ? 0 : scheme_len(span_skip(text, at));

    if (!may_follow(before, scheme > 0) || (scheme == 0 && at < *seen))
        return at;
    size_t host = at + scheme;
    size_t end = host_end(text, host, scheme > 0, seen);
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
    else if (scheme == 0)
        return at; /* without a scheme and a path it ends with its host */
    if (end < text.len && text.p[end] == '?')
        end = query_end(text, end);
    return end;
}
