/*
 * compile/: what sound rule files become: regions, intervals, keys, patterns, lists, digest.
 */
#include "unit/test.h"

#include "model/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/tagweir-test-XXXXXX";

static void
write_file(const char *name, const char *text)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

/* Loads the folder; fails the test on any error, with all of them told. */
static weir_ruleset *
load(size_t *nwarnings)
{
    const char *path = folder;
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_load_options no_jit = {.match_off = WEIR_MATCH_JIT};
    weir_buf b = {0};

    weir_status st = weir_ruleset_load(&path, 1, &no_jit, d, &rs);
    for (size_t i = 0; i < weir_diags_count(d); i++)
        weir_diag_format(weir_diags_at(d, i), false, &b);
    weir_buf_putc(&b, '\0');
    if (st != WEIR_OK)
        fail_msg("%s", b.p);
    if (nwarnings)
        *nwarnings = weir_diags_count(d);
    weir_buf_fini(&b);
    weir_diags_free(d);
    return rs;
}

static const char example[] =
    "tagweir: 1\n"
    "groups:\n  fr_all: [FR, GP, MQ, GF, RE, YT]\n"
    "lists:\n"
    "  news_media: {accounts: news-media.txt}\n"
    "  order_1: {accounts: [\"id:1356247 @kisan_ekta\", \"did:plc:z72i7h\"], posts: [\"1356300\"]}\n"
    "orders:\n"
    "  in-meity-2021-01:\n"
    "    authority: Ministry\n    basis: section 69A\n    kind: emergency\n"
    "    served: 2021-01-31T18:30:00Z\n"
    "    in_force:\n      - {from: 2021-02-01T06:00:00Z, until: 2021-02-01T18:00:00Z}\n"
    "    refused: [{target: \"https://x/1\", reason: not illegal}]\n"
    "    meta: {ticket: LEGAL-4711, n: 7, q: \"7\"}\n"
    "rules:\n"
    "  - id: in-2021-01-accounts\n    order: in-meity-2021-01\n    regions: [IN]\n"
    "    action: withhold\n    match: {accounts: [{list: order_1}]}\n"
    "  - id: in-2021-01-tag\n    order: in-meity-2021-01\n    regions: [IN]\n"
    "    action: downrank\n    factor: 0.1\n    surfaces: [trends, suggest]\n"
    "    match:\n      hashtags: [modiplanningfarmergenocide, \"farmer*genocide*\", "
    "'/^modi_?planning.*genocide\\d{0,4}$/']\n"
    "    except: {langs: [pa, in]}\n"
    "    tests:\n      match: [\"#FarmerGenocide\"]\n      no_match: [\"#farmers\"]\n"
    "  - id: press-freedom\n    action: allow\n    against: [in-meity-2021-01]\n"
    "    match: {accounts: [{list: news_media}]}\n"
    "  - id: world\n    action: withhold\n    regions: [XX, DE]\n    except_regions: [fr_all]\n"
    "    rollout: 12.5\n    fold: confusable\n"
    "    match:\n      hashtags: [paypal, '*pay*', \"#FARMER*genocide\"]\n"
    "      accounts: ['@Bank', 'x@Example.org', 'domain:Example.ORG', '*_fan', '*@spam.*', "
    "'/bot\\d+/']\n";

static uint16_t
region(const char *code)
{
    return weir_region_find(span_of(code));
}

static size_t
hits(const weir_ruleset *rs, enum weir__space space, const char *key)
{
    weir_span k = span_of(key);
    uint32_t set =
        weir__keytable_find(rs->keys, space, k, weir__keytable_hash(rs->keys, space, k));

    return set == WEIR_NONE ? 0 : weir__postings_of(&rs->postings, set).n;
}

static void
regions_orders_and_times(void **state)
{
    size_t warnings;

    (void)state;
    weir_ruleset *rs = load(&warnings);
    assert_int_equal(warnings, 0);
    assert_int_equal(rs->nrules, 4);
    assert_int_equal(rs->norders, 1);
    assert_int_equal(rs->ntests, 2);
    const struct weir__order *o = &rs->orders[0];
    assert_int_equal(o->served, 1612117800000);
    assert_int_equal(o->review_by, o->served + 48 * 3600 * 1000);
    assert_int_equal(o->nintervals, 1);
    assert_int_equal(o->intervals[0].from, 1612159200000);
    assert_string_equal(o->meta.p, "{\"ticket\":\"LEGAL-4711\",\"n\":7,\"q\":\"7\"}");
    assert_string_equal(o->refused[0].reason.p, "not illegal");

    const struct weir_rule *r = &rs->rules[1];
    assert_int_equal(r->factor_milli, 100);
    assert_int_equal(r->surfaces, 1u << WEIR_SURFACE_TRENDS | 1u << WEIR_SURFACE_SUGGEST);
    assert_true(weir__region_has(&r->regions, region("IN")));
    assert_false(weir__region_has(&r->regions, WEIR_REGION_XX));
    r = &rs->rules[2];
    assert_true(weir__region_has(&r->regions, WEIR_REGION_XX) && r->has_against);
    assert_true(weir__region_set_is_empty(&r->named));
    r = &rs->rules[3];
    assert_true(weir__region_has(&r->regions, WEIR_REGION_XX));
    assert_false(weir__region_has(&r->regions, region("RE")));
    assert_true(weir__region_has(&r->named, region("RE")));
    assert_true(weir__region_has(&r->named, region("DE")));
    assert_false(weir__region_has(&r->named, region("IT")));
    assert_int_equal(r->rollout_bp, 1250);
    weir_ruleset_unref(rs);
}

static void
keys_and_patterns(void **state)
{
    (void)state;
    weir_ruleset *rs = load(NULL);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_ID, "1356247"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_ID, "did:plc:z72i7h"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_HANDLE, "kisan_ekta"), 0);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_HANDLE, "theherald"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_HANDLE, "#quirky"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_HANDLE, "bank"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_HANDLE, "x@example.org"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_AUTHOR_DOMAIN, "example.org"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_TAG, "modiplanningfarmergenocide"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_TAG, "paypal"), 0);
    assert_true(weir__keytable_has_space(rs->keys, WEIR__SPACE_TAG_SKELETON));
    assert_int_equal(hits(rs, WEIR__SPACE_LANG, "pa"), 1);
    assert_int_equal(hits(rs, WEIR__SPACE_LANG, "id"), 1);
    assert_int_equal(rs->npatterns, 7);
    for (uint32_t i = 0; i < rs->npatterns; i++) {
        const struct weir__pattern *p = &rs->patterns[i];
        assert_int_equal(weir__postings_of(&rs->postings, p->set).n, 1);
        assert_int_equal(p->is_regex, p->re != NULL);
        assert_true(i >= rs->pattern_first[p->space] && i < rs->pattern_first[p->space + 1]);
        assert_int_equal(p->bare_handles, span_is(p->text, "*_fan"));
    }
    weir_ruleset_unref(rs);
}

static void
the_digest_is_of_content_not_layout(void **state)
{
    char first[65];

    (void)state;
    weir_ruleset *rs = load(NULL);
    memcpy(first, weir_ruleset_digest(rs), sizeof first);
    assert_int_equal(strlen(first), 64);
    weir_ruleset_unref(rs);

    write_file("news-media.txt", "\xEF\xBB\xBF" "@TheHerald\r\n\r\n#quirky\r\n# comments differ\r\n");
    rs = load(NULL);
    assert_string_equal(weir_ruleset_digest(rs), first);
    weir_ruleset_unref(rs);

    write_file("news-media.txt", "@TheHerald\n#quirky\n@another\n");
    rs = load(NULL);
    assert_string_not_equal(weir_ruleset_digest(rs), first);
    weir_ruleset_unref(rs);
    write_file("news-media.txt", "# a comment\n@TheHerald\n#quirky\n#\n");
}

static void
equal_patterns_are_one(void **state)
{
    (void)state;
    write_file("b.yaml", "tagweir: 1\nrules:\n"
                         "  - {id: b1, action: withhold, regions: [TR], match: {hashtags: "
                         "['farmer*genocide*', 'farmer**genocide*']}}\n"
                         "  - {id: b2, action: withhold, regions: [TR], match: {hashtags: "
                         "['FARMER*genocide*']}, except: {hashtags: ['/^modi_?planning.*"
                         "genocide\\d{0,4}$/']}}\n");
    weir_ruleset *rs = load(NULL);
    assert_int_equal(rs->npatterns, 7);
    size_t shared = 0;
    for (uint32_t i = 0; i < rs->npatterns; i++)
        shared += weir__postings_of(&rs->postings, rs->patterns[i].set).n;
    assert_int_equal(shared, 7 + 3);
    weir_ruleset_unref(rs);
}

static int
make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    write_file("a.yaml", example);
    write_file("news-media.txt", "# a comment\n@TheHerald\n#quirky\n#\n");
    return 0;
}

static int
remove_folder(void **state)
{
    static const char *const names[] = {"a.yaml", "b.yaml", "news-media.txt"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_orders_and_times),
        cmocka_unit_test(keys_and_patterns),
        cmocka_unit_test(the_digest_is_of_content_not_layout),
        cmocka_unit_test(equal_patterns_are_one),
    };

    return cmocka_run_group_tests_name("compile/rules", tests, make_folder, remove_folder);
}
