/*
 * Addresses: which host each names, and that nothing beside the host can seem to be it.
 */
#include "unit/test.h"

#include "text/uri.h"

static void
hosts(void **state)
{
    static const struct {
        const char *uri, *host, *path; /* NULL: none */
        bool is_bare;
    } rows[] = {
        {"https://m.example/users/a", "m.example", "/users/a", true},
        {"http://m.example", "m.example", "", true},
        {"HtTpS://M.Example?q", "M.Example", "?q", true},
        {"https://m.example#a/b", "m.example", "#a/b", true},
        {"https://m.example:8443/", "m.example", "/", false},
        {"https://m.example:/", "m.example", "/", false},
        {"https://m.example./", "m.example", "/", false},
        {"https://good.example@m.example/", "m.example", "/", false},
        {"https://good.example:443@m.example:1/", "m.example", "/", false},
        {"https://a@b@m.example", "m.example", "", false},
        {"https://m.example/@good.example", "m.example", "/@good.example", true},
        {"https://m.example?@good.example", "m.example", "?@good.example", true},
        {"https://[::1]:80/a", "[::1]", "/a", false},
        {"https://[::1]", "[::1]", "", true},
        {"https://1.2.3.4/", "1.2.3.4", "/", true},
        {"https:///a", NULL, NULL, false},
        {"https://", NULL, NULL, false},
        {"https://:80/", NULL, NULL, false},
        {"https://a@/", NULL, NULL, false},
        {"https://./", NULL, NULL, false},
        {"https:/m.example", NULL, NULL, false},
        {"ftp://m.example", NULL, NULL, false},
        {"m.example", NULL, NULL, false},
        {"http", NULL, NULL, false},
        {"", NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__uri uri;
        bool is = weir__uri_read(span_of(rows[i].uri), &uri);
        if (is != (rows[i].host != NULL) || uri.is_host_bare != rows[i].is_bare ||
            (is && (!span_is(uri.host, rows[i].host) || !span_is(uri.path, rows[i].path))))
            fail_msg("%s: host %.*s, path %.*s, bare %d", rows[i].uri, SPAN_FMT(uri.host),
                     SPAN_FMT(uri.path), uri.is_host_bare);
        if (!is)
            assert_null(uri.host.p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
