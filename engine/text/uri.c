/*
 * Addresses of accounts. Only so much of RFC 3986 as tells the host: whoever may choose the rest of
 * an address must not be able to seem to be somewhere else by it.
 */
#include "text/uri.h"

#include "text/fold.h"

/* What stands behind the scheme, and the port that it has unless another is named; empty: it is
   another one. */
static weir_span
without_scheme(weir_span uri, const char **port)
{
    static const char *const schemes[][2] = {{"https://", ":443"}, {"http://", ":80"}};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        weir_span scheme = span_of(schemes[i][0]);
        *port = schemes[i][1];
        if (uri.len >= scheme.len && weir__span_eq_nocase(span_head(uri, scheme.len), scheme))
            return span_skip(uri, scheme.len);
    }
    return SPAN_NONE;
}

/* `user@` may itself hold an `@`, written wrongly: the host is behind the last one. */
static weir_span
without_user(weir_span authority)
{
    size_t from = authority.len;

    while (from > 0 && authority.p[from - 1] != '@')
        from--;
    return span_skip(authority, from);
}

/* A colon and digits at the end; an address of IPv6 ends with a bracket. */
static weir_span
without_port(weir_span host)
{
    size_t n = host.len;

    while (n > 0 && ascii_is_digit(host.p[n - 1]))
        n--;
    return n > 0 && host.p[n - 1] == ':' ? span_head(host, n - 1) : host;
}

/* What stands in no authority, and readers of addresses end it at, or not: one of them may go
   somewhere else. */
static bool
is_doubtful(weir_span authority)
{
    for (size_t i = 0; i < authority.len; i++) {
        unsigned char c = (unsigned char)authority.p[i];
        if (c <= ' ' || c == 0x7F || strchr("\"<>\\^`{|}", c))
            return true;
    }
    return false;
}

/* Two ports? Only addresses of IPv6 have colons of their own. */
static bool
has_colon(weir_span host)
{
    return host.p[0] != '[' && span_find(host, ':') < host.len;
}

bool
weir__uri_read(weir_span uri, struct weir__uri *out)
{
    const char *own_port;
    weir_span rest = without_scheme(uri, &own_port);
    size_t n = 0;

    *out = (struct weir__uri){SPAN_NONE, SPAN_NONE, false};
    while (n < rest.len && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
        n++;
    weir_span named = without_user(span_head(rest, n));
    weir_span host = without_port(named);
    weir_span port = span_skip(named, host.len);
    while (host.len && host.p[host.len - 1] == '.') /* more than one are nobody else's, either */
        host.len--;
    if (host.len == 0 || has_colon(host) || is_doubtful(span_head(rest, n)))
        return false;
    bool is_bare = named.len == n && (port.len <= 1 || span_is(port, own_port));
    *out = (struct weir__uri){host, span_skip(rest, n), is_bare};
    return true;
}

/* ---- hosts that are spelled otherwise ---- */

bool
weir__uri_host_is_plain(weir_span host)
{
    return weir__is_ascii(host) && span_find(host, '%') == host.len;
}

static int
hex_of(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of what is encoded, letters, digits, dots and the like. All else could not be in a host. */
static void
decode(weir_span host, weir_buf *out)
{
    for (size_t i = 0; i < host.len; i++) {
        int high = host.p[i] == '%' && host.len - i > 2 ? hex_of(host.p[i + 1]) : -1;
        int low = high >= 0 ? hex_of(host.p[i + 2]) : -1;
        char c = host.p[i];
        if (low >= 0)
            c = (char)(high << 4 | low);
        bool is_of_host = (unsigned char)c >= 0x80 || ascii_is_digit(c) || strchr("-._~", c) ||
                          (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
        if (low >= 0 && c && is_of_host)
            i += 2;
        else
            c = host.p[i];
        weir_buf_putc(out, ascii_lower(c));
    }
}

void
weir__uri_fold_host(weir_span host, weir_buf *spare, weir_buf *out)
{
    static const char full_stop[] = "\xE3\x80\x82"; /* U+3002, which stands for a dot */
    size_t n = 0;

    spare->len = out->len = 0;
    decode(host, spare);
    if (!weir__is_utf8(span_of_buf(spare), NULL)) { /* nobody could look that up */
        spare->len = 0;
        weir__fold_handle(host, spare);
    }
    if (!weir__is_ascii(span_of_buf(spare)))
        weir__fold_key(span_of_buf(spare), out);
    if (!out->len)
        weir_buf_put(out, span_of_buf(spare));
    for (size_t i = 0; i < out->len; n++) {
        bool stops = span_starts(span_skip(span_of_buf(out), i), full_stop);
        out->p[n] = stops ? '.' : out->p[i];
        i += stops ? 3 : 1;
    }
    while (n > 1 && out->p[n - 1] == '.')
        n--;
    out->len = n;
    out->failed = out->failed || spare->failed;
}
