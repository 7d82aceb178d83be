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
        /* the same server, spelled otherwise */
        {"https://m.example:/", "m.example", "/", true},
        {"https://m.example./", "m.example", "/", true},
        {"https://m.example../", "m.example", "/", true},
        {"https://m.example:443/", "m.example", "/", true},
        {"http://m.example.:80/", "m.example", "/", true},
        {"http://m.example:443/", "m.example", "/", false},
        {"https://m.example:80/", "m.example", "/", false},
        {"https://a@m.example:443/", "m.example", "/", false},
        /* what readers of addresses do not agree on */
        {"https://m.example\\.good.example/", NULL, NULL, false},
        {"https://good.example\\@m.example/", NULL, NULL, false},
        {"https://m.example .good.example/", NULL, NULL, false},
        {"https://m.example\n/", NULL, NULL, false},
        {"https://m.example:1:443/", NULL, NULL, false},
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

static void
other_spellings(void **state)
{
    static const struct {
        const char *host, *plain;
    } rows[] = {
        {"M.Example", "m.example"},
        {"ev%69l.example", "evil.example"},
        {"ev%49l%2Eexample", "evil.example"},
        {"evil.example%2f.good.example", "evil.example%2f.good.example"},
        {"a%00%4", "a%00%4"},
        {"a%", "a%"},
        {"\xEF\xBC\xA5vil\xE3\x80\x82"
         "example",
         "evil.example"}, /* full-width E, U+3002 */
        {"evil\xEF\xBC\x8E"
         "example\xEF\xBD\xA1",
         "evil.example"}, /* U+FF0E, U+FF61 */
        {"B%C3%9CCHER.example", "b\xC3\xBC"
                                "cher.example"},
        {"%FFA.ex%61mple", "%ffa.ex%61mple"}, /* is no UTF-8 */
        {"%C3%84%C3.example", "%c3%84%c3.example"},
        {"m.example%2e", "m.example"},
        {"m.example%2e.\u3002", "m.example"},
    };
    weir_buf spare = {0}, out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir__uri_fold_host(span_of(rows[i].host), &spare, &out);
        assert_false(out.failed);
        if (!span_is(span_of_buf(&out), rows[i].plain))
            fail_msg("%s: %.*s", rows[i].host, SPAN_FMT(span_of_buf(&out)));
    }
    assert_true(weir__uri_host_is_plain(SPAN_LIT("M.example")));
    assert_false(weir__uri_host_is_plain(SPAN_LIT("m%2Eexample")));
    weir_buf_fini(&spare);
    weir_buf_fini(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts), cmocka_unit_test(other_spellings)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
