/*
 * twitter-text's conformance file for hashtags and mentions: every case must pass.
 */
#include "unit/test.h"

#include "text/hashtag.h"

#include <libfyaml.h>

#define NCASES 91

static weir_span
text_of(struct fy_node *scalar)
{
    size_t len = 0;
    const char *p = fy_node_get_scalar(scalar, &len);

    assert_non_null(p);
    return (weir_span){p, len};
}

static struct fy_node *
member(struct fy_node *c, const char *key)
{
    return fy_node_mapping_lookup_by_string(c, key, FY_NT);
}

/* What is wrong with the case, or NULL. */
static const char *
wrong_with(struct fy_node *c)
{
    weir_span section = text_of(member(c, "section"));
    struct fy_node *expected = member(c, "expected");
    struct weir__walk w = {.text = text_of(member(c, "text"))};
    bool mentions = span_is(section, "mentions");
    weir_span found;
    int n = 0;

    assert_true(mentions || span_starts(section, "hashtags"));
    assert_true(fy_node_is_sequence(expected));
    while (mentions ? weir__next_mention(&w, &found) : weir__next_hashtag(&w, &found)) {
        struct fy_node *e = fy_node_sequence_get_by_index(expected, n++);
        if (!e)
            return "takes more than expected";
        if (!span_eq(found, text_of(e)))
            return "takes something else than expected";
    }
    return n == fy_node_sequence_item_count(expected) ? NULL : "takes less than expected";
}

static void
every_case_passes(void **state)
{
    static const struct fy_parse_cfg json = {.flags = FYPCF_JSON_FORCE};
    FILE *f = open_data("twitter-text/extract.ndjson");
    char *line = NULL;
    size_t cap = 0, ncases = 0, nfailed = 0;

    (void)state;
    while (getline(&line, &cap, f) > 0) {
        struct fy_document *doc = fy_document_build_from_string(&json, line, FY_NT);

        assert_non_null(doc);
        struct fy_node *c = fy_document_root(doc);
        const char *wrong = wrong_with(c);
        ncases++;
        if (wrong) {
            nfailed++;
            print_error("case %zu, %.*s: %s\n", ncases, SPAN_FMT(text_of(member(c, "description"))),
                        wrong);
        }
        fy_document_destroy(doc);
    }
    free(line);
    (void)fclose(f);
    print_message("# %zu of %zu cases pass\n", ncases - nfailed, ncases);
    assert_int_equal(nfailed, 0);
    assert_int_equal(ncases, NCASES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_passes)};

    return cmocka_run_group_tests_name("twitter-text", tests, NULL, NULL);
}
