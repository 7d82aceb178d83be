/*
 * twitter-text's conformance file for hashtags and mentions: every case must pass.
 */
#include "unit/test.h"

#include "text/hashtag.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define NCASES 91

static weir_span
span_of_json(const json_t *s)
{
    return (weir_span){json_string_value(s), json_string_length(s)};
}

/* What is wrong with the case, or NULL. */
static const char *
wrong_with(const json_t *c)
{
    const char *section = json_string_value(json_object_get(c, "section"));
    const json_t *expected = json_object_get(c, "expected");
    struct weir__walk w = {.text = span_of_json(json_object_get(c, "text"))};
    bool mentions;
    weir_span found;
    size_t n = 0;

    assert_non_null(section);
    mentions = strcmp(section, "mentions") == 0;
    if (!mentions)
        assert_true(strncmp(section, "hashtags", strlen("hashtags")) == 0);
    while (mentions ? weir__next_mention(&w, &found) : weir__next_hashtag(&w, &found)) {
        const json_t *e = json_array_get(expected, n++);
        if (!e)
            return "takes more than expected";
        if (!span_eq(found, span_of_json(e)))
            return "takes something else than expected";
    }
    return n == json_array_size(expected) ? NULL : "takes less than expected";
}

static void
every_case_passes(void **state)
{
    FILE *f = open_data("twitter-text/extract.ndjson");
    char *line = NULL;
    size_t cap = 0, ncases = 0, nfailed = 0;

    (void)state;
    while (getline(&line, &cap, f) > 0) {
        json_error_t err;
        json_t *c = json_loads(line, 0, &err);
        const char *wrong;

        assert_non_null(c);
        ncases++;
        wrong = wrong_with(c);
        if (wrong) {
            nfailed++;
            print_error("case %zu, %s: %s\n", ncases,
                        json_string_value(json_object_get(c, "description")), wrong);
        }
        json_decref(c);
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
