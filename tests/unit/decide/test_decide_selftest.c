/*
 * decide/selftest: the tests that rules carry, what passes, and what a failing one says.
 */
#include "unit/test.h"

#include "unit/match/given.h"

static weir_status
test_rules(const char *yaml, size_t *ntests, weir_buf *said)
{
    weir_ruleset *rs = given_rules(yaml);
    weir_diags *diags = weir_diags_new();
    weir_status st = weir_ruleset_test(rs, diags, ntests);

    said->len = 0;
    for (size_t i = 0; i < weir_diags_count(diags); i++) {
        const weir_diag *d = weir_diags_at(diags, i);
        assert_int_equal(d->severity, WEIR_ERROR);
        assert_non_null(d->file);
        assert_non_null(d->source);
        weir_buf_printf(said, "%u:%u:%u: %s\n", d->line, d->column, d->width, d->message);
    }
    weir_buf_putc(said, '\0');
    weir_diags_free(diags);
    weir_ruleset_unref(rs);
    return st;
}

/* Time, region, mode and rollout do not matter; nor do the other selectors. */
static void
tests_that_hold_are_silent(void **state)
{
    static const char yaml[] =
        "rules:\n"
        "- id: r\n"
        "  regions: [IN]\n"
        "  mode: 'off'\n"
        "  rollout: 0\n"
        "  until: 2001-01-01T00:00:00Z\n"
        "  action: withhold\n"
        "  match: {hashtags: ['farmer*'], accounts: ['@x', 'domain:example.org'], langs: [pa]}\n"
        "  except: {hashtags: [farmerette], accounts: ['@bad@example.org'], sources: [tweet]}\n"
        "  tests:\n"
        "    match: ['#Farmers', ＦＡＲＭＥＲ, '@X', '@a@m.Example.org',\n"
        "            {id: '1', author: '@x', hashtags: [farmers], lang: pa}]\n"
        "    no_match: ['#farm', '#Farmerette', '@y', '@bad@example.org',\n"
        "               {id: '1', author: '@x', hashtags: [farmers]},\n"
        "               {id: '1', author: '@x', hashtags: [farmers, farmerette], lang: pa},\n"
        "               {id: '1', author: '@z', hashtags: [], repost_of:\n"
        "                {id: '2', author: '@x', hashtags: [farmers], lang: pa}}]\n"
        "- id: m\n"
        "  regions: [IN]\n"
        "  action: withhold\n"
        "  match: {mentions: ['@m']}\n"
        "  tests: {match: ['@M'], no_match: ['@n']}\n";
    weir_buf said = {0};
    size_t ntests = 0;

    (void)state;
    weir_status st = test_rules(yaml, &ntests, &said);
    assert_string_equal(said.p, "");
    assert_int_equal(st, WEIR_OK);
    assert_int_equal(ntests, 14);
    weir_buf_fini(&said);
}

static const struct {
    const char *rule, *tests, *said;
} rows[] = {
    {"match: {hashtags: [farmers]}", "{match: ['#ＦARMER']}",
     "6:19:7: this hashtag should match rule \"r\" and does not: its canonical key is "
     "\"farmer\"\n"},
    {"match: {hashtags: [farmers]}", "{no_match: [Farmers]}",
     "6:21:7: this hashtag should not match rule \"r\" and does: its canonical key is "
     "\"farmers\"\n"},
    {"match: {hashtags: [farmers]}", "{match: ['#\xE2\x80\x8D']}",
     "6:19:2: this hashtag should match rule \"r\" and does not: its canonical key is empty, "
     "and an empty key never matches\n"},
    {"fold: confusable, match: {hashtags: [farmers]}", "{match: [fаrmer]}",
     "6:18:6: this hashtag should match rule \"r\" and does not: its canonical key is "
     "\"fаrmer\", folded \"farmer\"\n"},
    {"fold: turkic, match: {hashtags: [farmers]}", "{match: [fırmer]}",
     "6:18:6: this hashtag should match rule \"r\" and does not: its canonical key is "
     "\"fırmer\", folded \"firmer\"\n"},
    {"match: {hashtags: [farmers]}, except: {hashtags: ['f*']}", "{match: [farmers]}",
     "6:18:7: this hashtag should match rule \"r\" and does not: `except` has it among its "
     "`hashtags`; its canonical key is \"farmers\"\n"},
    {"match: {hashtags: ['/^(?:a|a)*(?=x)b$/']}", "{match: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaab]}",
     "6:18:30: this hashtag should match rule \"r\" and does not: a pattern ran out of its "
     "match budget, and `on_limit` made that a skip; its canonical key is "
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"\n"},
    {"match: {accounts: ['@x']}", "{match: ['@Y']}",
     "6:19:2: this account should match rule \"r\" and does not: it is compared as \"y\", and "
     "it has no id (id:42 tests one)\n"},
    {"match: {accounts: ['id:1']}", "{match: ['id:2']}",
     "6:19:4: this account should match rule \"r\" and does not: it is compared as the id \"2\", "
     "and it has no handle\n"},
    {"match: {accounts: ['id:1', 'did:plc:a', 'u@d.example', '@x']}",
     "{match: ['id:1', 'did:plc:a', 'u@D.example', '@u@d.example', '@x'], no_match: ['id:2', "
     "'id:did:plc:b', 'did:plc:b', 'u@e.example', '@u']}",
     ""},
    {"match: {accounts: ['spam*']}", "{match: ['@spammer'], no_match: ['@spam@evil.example']}", ""},
    {"match: {accounts: ['spam*@*', '*@evil.example', '/^ham/']}",
     "{match: ['@spam@a.example', '@x@evil.example', '@ham', '@ham@a.example'], no_match: "
     "['@spam']}",
     ""},
    {"match: {mentions: ['id:1', 'did:plc:a']}", "{match: ['id:1', 'did:plc:a'], no_match: ['@1']}",
     ""},
    {"match: {accounts: ['id:1']}, except: {accounts: ['@y']}", "{no_match: ['@Y']}", ""},
    {"match: {hashtags: [x], langs: [pa]}", "{match: [{id: '1', author: '@x', hashtags: [x]}]}",
     "6:18:1: this post should match rule \"r\" and does not: it has no value for `langs` of "
     "`match`\n"},
    {"match: {hashtags: [x]}, except: {accounts: ['@x']}",
     "{match: [{id: '1', author: '@x', hashtags: [x]}]}",
     "6:18:1: this post should match rule \"r\" and does not: `accounts` of `except` hits "
     "it\n"},
    {"match: {hashtags: [x]}", "{no_match: [{id: '1', author: '@x', hashtags: [x]}]}",
     "6:21:1: this post should not match rule \"r\" and does: every selector of `match` hits "
     "it, and none of `except`\n"},
};

static void
tests_that_fail_say_why(void **state)
{
    weir_buf said = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char yaml[512];

        (void)snprintf(yaml, sizeof yaml,
                       "rules:\n- {id: r, action: withhold, regions: [IN],\n   %s,\n   tests:\n"
                       "        %s}\n",
                       rows[i].rule, rows[i].tests);
        weir_status st = test_rules(yaml, NULL, &said);
        if (strcmp(said.p, rows[i].said) != 0)
            fail_msg("%s %s:\n     said %s expected %s", rows[i].rule, rows[i].tests, said.p,
                     rows[i].said);
        assert_int_equal(st, *rows[i].said ? WEIR_E_RULES : WEIR_OK);
    }
    weir_buf_fini(&said);
}

static void
a_post_that_cannot_be_read_is_an_error(void **state)
{
    static const char *const posts[] = {
        "{author: '@x', hashtags: 7}",
        "{author: '@x', hashtags: [x]}",
        "{query: {hashtag: x}}",
    };
    weir_buf said = {0};

    (void)state;
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        char yaml[512];
        size_t ntests;

        (void)snprintf(yaml, sizeof yaml,
                       "rules:\n- {id: r, action: withhold, regions: [IN],"
                       " match: {hashtags: [x]},\n   tests: {match: [%s]}}\n",
                       posts[i]);
        assert_int_equal(test_rules(yaml, &ntests, &said), WEIR_E_RULES);
        assert_int_equal(ntests, 1);
        if (strncmp(said.p, "4:20:", 5) != 0 || !strstr(said.p, ": this "))
            fail_msg("%s: said %s", posts[i], said.p);
    }
    weir_buf_fini(&said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_that_hold_are_silent),
        cmocka_unit_test(tests_that_fail_say_why),
        cmocka_unit_test(a_post_that_cannot_be_read_is_an_error),
    };

    return cmocka_run_group_tests_name("decide: selftest", tests, NULL, NULL);
}
