/*
 * Handles of Bluesky accounts from CSV.
 */
#include "unit/test.h"

#include <stdio.h>

#include "post/read.h"

static void
files_that_are_read(void **state)
{
    static const struct {
        const char *csv, *did, *handle;
    } rows[] = {
        {"did,handle\ndid:plc:a,alice.example\n", "did:plc:a", "alice.example"},
        {"did:plc:a,alice.example", "did:plc:a", "alice.example"},
        {"did:plc:a,@alice.example\r\n", "did:plc:a", "alice.example"},
        {"\xEF\xBB\xBF"
         "did,handle\r\n\r\ndid:plc:a,alice.example\r\n",
         "did:plc:a", "alice.example"},
        {"\"did:plc:a\",\"alice.example\"\r\n\"did:plc:b\",\"b\"", "did:plc:a", "alice.example"},
        {"did:plc:a,\"al\"\"ice\"\n", "did:plc:a", "al\"ice"},
        {"did:plc:a,\"a,b\"", "did:plc:a", "a,b"},
        {" did:plc:a , alice.example \n", "did:plc:a", "alice.example"},
        {"did:plc:a,A\ndid:plc:a,a\n", "did:plc:a", "A"},
        {"did:plc:a,A\n", "did:plc:A", NULL},
        {"", "did:plc:a", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_diags *diags = weir_diags_new();
        weir_handles *h;
        if (weir_handles_parse(span_of(rows[i].csv), "h.csv", diags, &h) != WEIR_OK)
            fail_msg("%s is refused: %s", rows[i].csv, weir_diags_at(diags, 0)->message);
        weir_span handle = weir__handles_find(h, span_of(rows[i].did));
        if (!span_eq(handle, span_of(rows[i].handle)))
            fail_msg("%s: %s has the handle %.*s", rows[i].csv, rows[i].did, SPAN_FMT(handle));
        weir_handles_free(h);
        weir_diags_free(diags);
    }
}

static void
files_that_are_refused(void **state)
{
    static const struct {
        const char *csv;
        unsigned line;
        const char *message;
    } rows[] = {
        {"did:plc:a\n", 1, "two fields"},
        {"did:plc:a,b,c\n", 1, "two fields"},
        {"did,handle\nalice,did:plc:a\n", 2, "must be a DID"},
        {"acct:a@b.example,a@b.example\n", 1, "or an actor's address (https://"},
        {"did:plc:z,z\ndid:plc:a,\n", 2, "account's handle"},
        {"did:plc:a,@\n", 1, "account's handle"},
        {"did:plc:z,z\ndid:plc:a,\"b\n", 2, "never closed"},
        {"did:plc:a,\"b\"c\n", 1, "must follow"},
        {"did:plc:a,\"x\ny\"\ndid:plc:b\n", 3, "two fields"},
        {"did:plc:a,b\ndid:plc:a,c\n", 2, "another handle in line 1"},
        {"did:plc:z,z\ndid:plc:a,\xFF\n", 2, "not UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_diags *diags = weir_diags_new();
        weir_handles *h;
        assert_int_equal(weir_handles_parse(span_of(rows[i].csv), "h.csv", diags, &h),
                         WEIR_E_RULES);
        assert_null(h);
        const weir_diag *d = weir_diags_at(diags, 0);
        if (weir_diags_count(diags) != 1 || d->line != rows[i].line ||
            !strstr(d->message, rows[i].message))
            fail_msg("%s: %zu messages, the first of line %u: %s", rows[i].csv,
                     weir_diags_count(diags), d->line, d->message);
        assert_string_equal(d->file, "h.csv");
        weir_diags_free(diags);
    }
}

/* Every line with a mistake is told, not the first alone. */
static void
all_mistakes(void **state)
{
    weir_diags *diags = weir_diags_new();
    weir_handles *h;

    (void)state;
    assert_int_equal(weir_handles_parse(span_of("a,b\ndid:plc:a,x\nc,d\n"), "h.csv", diags, &h),
                     WEIR_E_RULES);
    assert_int_equal(weir_diags_count(diags), 2);
    assert_int_equal(weir_diags_at(diags, 1)->line, 3);
    weir_diags_free(diags);
}

static void
many_accounts(void **state)
{
    weir_diags *diags = weir_diags_new();
    weir_buf csv = {0};
    weir_handles *h;
    char did[32], handle[32];

    (void)state;
    for (int i = 0; i < 20000; i++)
        weir_buf_printf(&csv, "did:plc:%d,user%d.example\n", i, i);
    assert_int_equal(weir_handles_parse((weir_span){csv.p, csv.len}, "h.csv", diags, &h), WEIR_OK);
    weir_buf_fini(&csv);
    for (int i = 0; i < 20000; i++) {
        snprintf(did, sizeof did, "did:plc:%d", i);
        snprintf(handle, sizeof handle, "user%d.example", i);
        assert_true(span_is(weir__handles_find(h, span_of(did)), handle));
    }
    assert_null(weir__handles_find(h, span_of("did:plc:20000")).p);
    assert_null(weir__handles_find(NULL, span_of("did:plc:1")).p);
    weir_handles_free(h);
    weir_diags_free(diags);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_read),
        cmocka_unit_test(files_that_are_refused),
        cmocka_unit_test(all_mistakes),
        cmocka_unit_test(many_accounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
