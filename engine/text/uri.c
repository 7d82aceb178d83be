/*
 * Addresses of accounts. Only so much of RFC 3986 as tells the host: whoever may choose the rest of
 * an address must not be able to seem to be somewhere else by it.
 */
#include "text/uri.h"

/* What stands behind the scheme; empty: it is another one. */
static weir_span
without_scheme(weir_span uri)
{
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        weir_span scheme = span_of(schemes[i]);
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

bool
weir__uri_read(weir_span uri, struct weir__uri *out)
{
    weir_span rest = without_scheme(uri);
    size_t n = 0;

    *out = (struct weir__uri){SPAN_NONE, SPAN_NONE, false};
    while (n < rest.len && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
        n++;
    weir_span host = without_port(without_user(span_head(rest, n)));
    if (host.len && host.p[host.len - 1] == '.')
        host.len--;
    if (host.len == 0)
        return false;
    *out = (struct weir__uri){host, span_skip(rest, n), host.len == n};
    return true;
}
