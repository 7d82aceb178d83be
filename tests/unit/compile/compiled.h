/*
 * What tests of compiled rule sets share: a folder with rules of every kind in it, ways to load and
 * save them, and what they decide.
 */
#ifndef WEIR_TESTS_COMPILED_H
#define WEIR_TESTS_COMPILED_H

#include "unit/test.h"

#include "unit/decide/said.h"

#include "base/buf.h"
#include "compile/bundle.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

static char folder[PATH_MAX];

/* A path in the folder; good for the next 16 calls. */
static inline const char *
in_folder(const char *name)
{
    static char paths[16][PATH_MAX + 256];
    static unsigned next;
    char *path = paths[next++ % 16];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void
write_bytes(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void
write_text(const char *name, const char *text)
{
    write_bytes(in_folder(name), text, strlen(text));
}

static inline void
read_bytes(const char *path, weir_buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t n = 1;

    assert_non_null(f);
    for (out->len = 0; n > 0; out->len += n) {
        char *room = weir_buf_reserve(out, 65536);
        assert_non_null(room);
        n = fread(room, 1, 65536, f);
    }
    assert_int_equal(fclose(f), 0);
}

static inline int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline int
remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Every file that was mapped has been let go: no sanitizer sees that. */
static inline void
assert_nothing_mapped(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[PATH_MAX + 256];

    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strstr(line, folder))
            fail_msg("still mapped: %s", line);
    assert_int_equal(fclose(f), 0);
}

static const char orders_yaml[] =
    "tagweir: 1\n"
    "groups:\n  fr_all: [FR, GP, MQ, GF, RE, YT]\n"
    "orders:\n"
    "  o-1:\n"
    "    kind: emergency\n    authority: Ministry\n    basis: section 69A\n    reference: 12/2021\n"
    "    served: 2021-01-31T18:30:00Z\n    on_lapse: lift\n    confidential: true\n"
    "    confirmed: 2021-02-02T00:00:00Z\n"
    "    in_force:\n      - {from: 2021-02-01T06:00:00Z, until: 2021-02-01T18:00:00Z}\n"
    "      - {from: 2021-02-03T06:00:00Z}\n"
    "    refused: [{target: \"https://x/1\", reason: not illegal}, {target: t, reason: r}]\n"
    "    meta: {ticket: LEGAL-4711, n: 7}\n    dsa: {category: STATEMENT_CATEGORY_VIOLENCE}\n"
    "    notice: Withheld in response to a legal demand.\n"
    "  o-2: {kind: policy}\n"
    "breaker: {per_minute: 1000}\n";

static const char rules_yaml[] =
    "tagweir: 1\n"
    "lists:\n"
    "  press: {accounts: lists/press.txt}\n"
    "  both: {hashtags: lists/words.csv, accounts: lists/words.csv, column: word}\n"
    "  named: {accounts: [\"id:7 @seven\", \"did:plc:z\"], posts: [\"3\"]}\n"
    "rules:\n"
    "- {id: a, order: o-1, regions: [IN, fr_all], action: withhold,"
    "   match: {hashtags: [farmers, 'farmer*', '/^kisan_?ekta\\d{0,4}$/', '/x.y/x']},\n"
    "   tests: {match: ['#farmers', '#kisanekta1', {id: '1', author: '@x', hashtags: [farmers]}],"
    " no_match: ['#frmers']}}\n"
    "- {id: b, regions: [XX], except_regions: [DE], fold: confusable, action: downrank,"
    "   factor: 0.5, surfaces: [trends, search], match: {hashtags: [farmers, 'far?er*', '/armer/',"
    "   '*']}, except: {langs: [pa, in]}, meta: {why: [1, two]}}\n"
    "- {id: c, regions: [TR], fold: turkic, action: withhold, priority: -3, rollout: 12.5,"
    "   match: {hashtags: [istanbul, {list: both}]}, breaker: {per_minute: 5, share: 0.5}}\n"
    "- {id: d, action: allow, against: [o-1], match: {accounts: [{list: press}, {list: both}]}}\n"
    "- {id: e, regions: [XX], mode: observe, action: withhold, order: o-2,"
    "   match: {mentions: ['@m', 'n*', '*@*.org', 'domain:example.org'], sources: [own]}}\n"
    "- {id: f, regions: [US], mode: 'off', action: withhold, on_limit: match,"
    "   from: 2021-01-01T00:00:00Z, until: 2022-01-01T00:00:00Z,"
    "   match: {posts: ['7', {list: named}], accounts: [{list: named}, '/bot\\d/']}}\n";

static inline int
make_folder(void **state)
{
    char made[] = "/tmp/tagweir-test-XXXXXX";

    (void)state;
    if (!mkdtemp(made) || !realpath(made, folder))
        return -1;
    assert_int_equal(mkdir(in_folder("rules"), 0777), 0);
    assert_int_equal(mkdir(in_folder("rules/lists"), 0777), 0);
    write_text("rules/10-orders.yaml", orders_yaml);
    write_text("rules/20-rules.yaml", rules_yaml);
    write_text("rules/lists/press.txt",
               "# press\n@press\nnews@example.org\ndomain:paper.example\n");
    write_text("rules/lists/words.csv", "n,word\n1,alpha\n2,beta\n");
    return 0;
}

static const char *const posts[] = {
    "id=1 by=@a tag=farmers tag=x lang=en-GB",
    "id=2 by=id:4@press tag=FARMERS tag=h to=@m to=@news",
    "id=3 by=@x@m.example.org tag=fаrmers tag=İstanbul tag=ＦＡＲＭ to=@q@a.example.org",
    "id=4 by=did:plc:z@a.paper.example tag=kisanekta21 lang=pa",
    "id=5 by=@alpha tag=beta tag=농민 tag=किसान tag=xzy",
    "id=7 by=id:7@bot4 lang=id tag=istanbul tag=ırmak tag=h tag=farmer2021",
};

/* The records of all posts, with their traces. */
static inline void
decide_posts(weir_ruleset *rs, weir_buf *out)
{
    const weir_decide_options o = {.trace = true};
    struct given_post *g = calloc(1, sizeof *g);
    weir_scratch *s = NULL;
    weir_decision d;

    out->len = 0;
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        assert_int_equal(weir_decide(rs, s, given_post(g, posts[i]), NOON, &d), WEIR_OK);
        weir_record_write(&d, out);
        weir_buf_putc(out, '\n');
    }
    weir_scratch_free(s);
    free(g);
}

/* Do two rule sets say the same of every post, byte for byte, the rule set's digest included? */
static inline void
assert_decide_alike(weir_ruleset *a, weir_ruleset *b)
{
    weir_buf one = {0}, other = {0}, form = {0}, other_form = {0};

    decide_posts(a, &one);
    decide_posts(b, &other);
    weir__ruleset_canonical(a, &form);
    weir__ruleset_canonical(b, &other_form);
    assert_true(one.len > 1000 && one.len == other.len && form.len == other_form.len);
    assert_memory_equal(one.p, other.p, one.len);
    assert_memory_equal(form.p, other_form.p, form.len);
    assert_string_equal(weir_ruleset_digest(a), weir_ruleset_digest(b));
    weir_buf_fini(&one);
    weir_buf_fini(&other);
    weir_buf_fini(&form);
    weir_buf_fini(&other_form);
}

/* Everything said, as a person sees it; NUL-terminated. */
static inline void
format_diags(const weir_diags *d, weir_buf *out)
{
    out->len = 0;
    for (size_t i = 0; i < weir_diags_count(d); i++)
        weir_diag_format(weir_diags_at(d, i), false, out);
    weir_buf_putc(out, '\0');
}

/* Valgrind does not understand code made while running. */
static inline weir_load_options
load_options(void)
{
    return (weir_load_options){.match_off = getenv("WEIR_TEST_NO_JIT") ? WEIR_MATCH_JIT : 0,
                               .keep_sources = true};
}

/* Loads what must load; `said` (may be NULL) gets what was said. */
static inline weir_ruleset *
load_several(const char *const *paths, size_t n, weir_buf *said_out)
{
    const weir_load_options o = load_options();
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_buf told = {0};
    size_t ntests;

    weir_status st = weir_ruleset_load(paths, n, &o, d, &rs);
    if (st == WEIR_OK)
        st = weir_ruleset_test(rs, d, &ntests);
    format_diags(d, &told);
    if (st != WEIR_OK)
        fail_msg("%s", told.p);
    if (said_out) {
        weir_buf_fini(said_out);
        *said_out = told;
    } else {
        weir_buf_fini(&told);
    }
    weir_diags_free(d);
    return rs;
}

static inline weir_ruleset *
load_one(const char *path)
{
    return load_several(&path, 1, NULL);
}

/* Compiles the folder's rules into a file of it, and gives its bytes. */
static inline void
compile_to(const char *name, weir_buf *bytes)
{
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = load_one(in_folder("rules"));

    assert_int_equal(weir_ruleset_save(rs, in_folder(name), d), WEIR_OK);
    assert_int_equal(weir_diags_count(d), 0);
    read_bytes(in_folder(name), bytes);
    weir_ruleset_unref(rs);
    weir_diags_free(d);
}

#endif
