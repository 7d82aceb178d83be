/*
 * audit/journal: whatever is done to a journal's files, a walk finds it and names the first entry
 * that is not as it was; and a writer goes on where a crash may have cut, and only there.
 */
#include "unit/audit/journals.h"

#define FIRST "00000001.ndjson"
#define SECOND "00000002.ndjson"

/* Valgrind is slow. */
static size_t
step(void)
{
    return getenv("WEIR_TEST_NO_JIT") ? 37 : 1;
}

/* Number of the line that holds the byte. */
static uint64_t
line_of(const weir_buf *text, size_t at)
{
    uint64_t line = 1;

    for (size_t i = 0; i < at; i++)
        line += text->p[i] == '\n';
    return line;
}

static void
flip_every_bit_of(const char *name, uint64_t before)
{
    weir_buf text = read_file(name);

    for (size_t bit = 0; bit < text.len * 8; bit += step()) {
        flip(name, bit / 8, bit % 8);
        weir_journal_proof p = walked();
        uint64_t line = line_of(&text, bit / 8);
        if (p.finding == WEIR_JOURNAL_FOUND_NONE || strcmp(p.bad_file, name) != 0 ||
            p.bad_line != line || (p.bad_seq != before + line && p.bad_seq != 0))
            fail_msg("bit %zu of byte %zu of %s, on line %d: found %s, %s:%d, entry %d: %s",
                     bit % 8, bit / 8, name, (int)line, weir_journal_finding_name(p.finding),
                     p.bad_file, (int)p.bad_line, (int)p.bad_seq, p.why);
        weir_journal_proof_fini(&p);
        flip(name, bit / 8, bit % 8);
    }
    weir_buf_fini(&text);
    assert_holds_up_to(SMALL_LAST);
}

static void
a_changed_bit_anywhere_names_its_entry(void **state)
{
    (void)state;
    make_small(&plain);
    flip_every_bit_of(FIRST, 0);
    flip_every_bit_of(SECOND, 6);
}

/* Each byte gone, and each byte twice. */
static void
a_byte_more_or_less_names_its_entry(void **state)
{
    (void)state;
    make_small(&plain);
    weir_buf text = read_file(SECOND), other = {0};
    for (size_t at = 0; at < text.len; at += step())
        for (int twice = 0; twice < 2; twice++) {
            other.len = 0;
            weir_buf_put(&other, (weir_span){text.p, at + (size_t)twice});
            weir_buf_put(&other, (weir_span){text.p + at + !twice, text.len - at - !twice});
            if (span_eq((weir_span){text.p, text.len}, (weir_span){other.p, other.len}))
                continue;
            write_file(SECOND, (weir_span){other.p, other.len});
            weir_journal_proof p = walked();
            /* of two bytes that are alike, the second one's line is no other */
            uint64_t line = line_of(&text, at) + (twice && text.p[at] == '\n');
            if (p.finding == WEIR_JOURNAL_FOUND_NONE || p.bad_line != line)
                fail_msg("byte %zu %s: %s in line %d, not %d", at, twice ? "twice" : "gone",
                         weir_journal_finding_name(p.finding), (int)p.bad_line, (int)line);
            weir_journal_proof_fini(&p);
        }
    weir_buf_fini(&other);
    weir_buf_fini(&text);
}

/* A line and its newline. */
static weir_span
line_at(const weir_buf *text, unsigned line)
{
    const char *p = text->p;

    while (--line)
        p = strchr(p, '\n') + 1;
    return (weir_span){p, (size_t)(strchr(p, '\n') + 1 - p)};
}

/* The first segment with its lines in this order. */
static void
write_lines(const weir_buf *text, const char *order)
{
    weir_buf out = {0};

    for (; *order; order++)
        weir_buf_put(&out, line_at(text, (unsigned)(*order - '0')));
    write_file(FIRST, (weir_span){out.p, out.len});
    weir_buf_fini(&out);
}

static void
lines_that_are_missing_or_moved_are_told_apart(void **state)
{
    static const struct {
        const char *what, *order;
        weir_journal_finding finding;
        unsigned line, seq;
    } rows[] = {
        {"a line is gone", "12356", WEIR_JOURNAL_FOUND_MISSING, 4, 4},
        {"two are gone", "1256", WEIR_JOURNAL_FOUND_MISSING, 3, 3},
        {"a line comes twice", "1233456", WEIR_JOURNAL_FOUND_ORDER, 4, 4},
        {"two have changed places", "124356", WEIR_JOURNAL_FOUND_MISSING, 3, 3},
        {"one stands further down", "1245363", WEIR_JOURNAL_FOUND_MISSING, 3, 3},
        {"the header is gone", "23456", WEIR_JOURNAL_FOUND_FORM, 1, 1},
        {"the header comes twice", "1123456", WEIR_JOURNAL_FOUND_ORDER, 2, 2},
        {"the end is gone", "12345", WEIR_JOURNAL_FOUND_MISSING, 6, 6},
        {"a line stands behind the end", "1234563", WEIR_JOURNAL_FOUND_TRAILING, 7, 7},
        {"nothing is left", "", WEIR_JOURNAL_FOUND_CUT, 0, 1},
    };

    (void)state;
    make_small(&plain);
    weir_buf text = read_file(FIRST);
    weir_buf_putc(&text, '\0');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_lines(&text, rows[i].order);
        print_message("# %s\n", rows[i].what);
        assert_found(rows[i].finding, FIRST, rows[i].line, rows[i].seq);
    }
    write_lines(&text, "123456");
    assert_holds_up_to(SMALL_LAST);
    weir_buf_fini(&text);
}

static void
other_spellings_of_the_same_json_are_changes(void **state)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"{\"seq\":3,", "{\"seq\": 3,"},
        {"{\"seq\":3,", "{\"seq\":03,"},
        {"{\"seq\":3,", "{\"seq\":3.0,"},
        {"{\"seq\":3,", "{ \"seq\":3,"},
        {"{\"seq\":3,", "{\"seq\":9,\"seq\":3,"},
        {"{\"seq\":3,", "{\"s\\u0065q\":3,"},
        {"\"post\":\"1356300\"", "\"post\":\"\\u0031356300\""},
        {"\"post\":\"1356300\"", "\"post\":\"2\",\"post\":\"1356300\""},
        {"\"post\":\"1356300\"},", "\"post\":\"1356300\"} ,"},
        {"\"1356300\"},\"hash\"", "\"1356300\"},\"x\":1,\"hash\""},
        {"\"1356300\"},\"hash\":\"", "\"1356300\"},\"hash\": \""},
        {"}\n{\"seq\":4", "}\r\n{\"seq\":4"},
        {"}\n{\"seq\":4", "} \n{\"seq\":4"},
        {"}\n{\"seq\":4", ",\"x\":1}\n{\"seq\":4"},
    };

    (void)state;
    make_small(&plain);
    weir_buf text = read_file(FIRST);
    weir_buf_putc(&text, '\0');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf out = {0};
        const char *at = strstr(text.p, rows[i].from);
        assert_non_null(at);
        weir_buf_put(&out, (weir_span){text.p, (size_t)(at - text.p)});
        weir_buf_puts(&out, rows[i].to);
        weir_buf_puts(&out, at + strlen(rows[i].from));
        write_file(FIRST, (weir_span){out.p, out.len});
        weir_journal_proof p = walked();
        if (p.finding == WEIR_JOURNAL_FOUND_NONE || p.bad_line != 3 || p.bad_seq != 3)
            fail_msg("%s: %s, line %d", rows[i].to, weir_journal_finding_name(p.finding),
                     (int)p.bad_line);
        weir_journal_proof_fini(&p);
        weir_buf_fini(&out);
    }
    weir_buf_fini(&text);
}

static void
a_changed_number_is_told_as_one(void **state)
{
    (void)state;
    make_small(&plain);
    weir_buf text = read_file(FIRST);
    weir_buf_putc(&text, '\0');
    *strstr(text.p, "\"seq\":4,") = '"';
    strstr(text.p, "\"seq\":4,")[6] = '8';
    write_file(FIRST, (weir_span){text.p, text.len - 1});
    weir_journal_proof p = walked();
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_CHANGED);
    assert_int_equal(p.bad_seq, 4);
    assert_string_equal(p.bad_post, "J*@");
    assert_non_null(strstr(p.why, "its number now reads 8"));
    weir_journal_proof_fini(&p);
    weir_buf_fini(&text);
}

static void
make_three(void)
{
    weir_journal_options o = plain;

    o.segment_bytes = 1;
    weir_journal *j = opened(&o, T0);
    for (int i = 0; i < 3; i++) {
        append(j, "{\"v\":1}\n");
        commit(j, T0);
    }
    close_journal(j, T0); /* 1-4, 5-7, 8-10, 11-13 */
}

static void
segments_that_are_missing_or_swapped_are_found(void **state)
{
    (void)state;
    make_three();
    assert_holds_up_to(13);
    assert_int_equal(rename(path_of(SECOND), path_of("x")), 0);
    assert_found(WEIR_JOURNAL_FOUND_MISSING, SECOND, 0, 5);
    weir_journal_proof p = walked();
    assert_non_null(strstr(p.why, "the entries up to 7"));
    weir_journal_proof_fini(&p);
    assert_int_equal(rename(path_of("00000003.ndjson"), path_of(SECOND)), 0);
    assert_found(WEIR_JOURNAL_FOUND_ORDER, SECOND, 1, 5);
    assert_int_equal(rename(path_of("x"), path_of("00000003.ndjson")), 0);
    assert_found(WEIR_JOURNAL_FOUND_ORDER, SECOND, 1, 5);
    assert_int_equal(rename(path_of(SECOND), path_of("x")), 0);
    assert_int_equal(rename(path_of("00000003.ndjson"), path_of(SECOND)), 0);
    assert_int_equal(rename(path_of("x"), path_of("00000003.ndjson")), 0);
    assert_holds_up_to(13);
    /* a later one that begins the chain has to be said to */
    assert_int_equal(unlink(path_of(FIRST)), 0);
    assert_found(WEIR_JOURNAL_FOUND_MISSING, FIRST, 0, 1);
}

/* The newest segment gone: the chain holds, and says that its end is not one. */
static void
a_missing_last_segment_is_what_heads_are_for(void **state)
{
    weir_journal_proof p;
    char head[65];
    weir_journal_expect e = {.head_hash = head, .head_seq = 13};

    (void)state;
    make_three();
    p = walked();
    memcpy(head, p.hash, sizeof head);
    weir_journal_proof_fini(&p);
    assert_int_equal(unlink(path_of("00000004.ndjson")), 0);
    p = walked();
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.last_seq, 10);
    assert_false(p.closed);
    weir_journal_proof_fini(&p);
    assert_found_with(&e, WEIR_JOURNAL_FOUND_HEAD, "", 0, 13);
}

static void
a_segment_of_another_journal_does_not_fit(void **state)
{
    (void)state;
    make_three();
    weir_buf second = read_file(SECOND);
    empty(dir);
    make_three(); /* at the same time, and the same rules: only then are the chains alike */
    write_file(SECOND, (weir_span){second.p, second.len});
    assert_holds_up_to(13);
    empty(dir);
    weir_journal_options o = plain;
    o.segment_bytes = 1;
    weir_journal *j = opened(&o, T0 + 1);
    append(j, "{\"v\":1}\n");
    commit(j, T0);
    weir_journal_abandon(j);
    write_file(SECOND, (weir_span){second.p, second.len});
    assert_found(WEIR_JOURNAL_FOUND_ORDER, SECOND, 1, 5);
    weir_buf_fini(&second);
}

/* Truncated at any byte: opened, and whole again, with what was torn in a file of its own. */
static void
a_tail_that_is_torn_anywhere_is_moved_aside(void **state)
{
    weir_buf first, second;

    (void)state;
    make_small(&plain);
    first = read_file(FIRST);
    second = read_file(SECOND);
    for (size_t len = 0; len < second.len; len += step()) {
        empty(dir);
        assert_int_equal(mkdir(dir, 0700), 0);
        write_file(FIRST, (weir_span){first.p, first.len});
        write_file(SECOND, (weir_span){second.p, len});
        size_t whole = len;
        while (whole && second.p[whole - 1] != '\n')
            whole--;
        weir_diags *d = weir_diags_new();
        weir_journal *j;
        if (open_with(&plain, T0 + DAY_MS, d, &j) != WEIR_OK)
            fail_msg("cut at %zu: %s", len, all_said(d));
        assert_int_equal(weir_diags_count(d), len > whole);
        assert_int_equal(weir_diags_errors(d), 0);
        weir_diags_free(d);
        append(j, "{\"v\":1,\"post\":\"after\"}\n");
        commit(j, T0 + DAY_MS);
        close_journal(j, T0 + DAY_MS);

        weir_buf out = {0};
        weir_journal_proof p = walked_with(NULL, see_entry, &out);
        if (p.finding != WEIR_JOURNAL_FOUND_NONE)
            fail_msg("cut at %zu: %s:%d %s", len, p.bad_file, (int)p.bad_line, p.why);
        assert_true(p.closed);
        weir_buf_putc(&out, '\0');
        assert_non_null(strstr(out.p, "\"why\":\"crash\"}\n"));
        assert_int_equal(p.ntorn, len > whole);
        if (len > whole) {
            char said[96];
            (void)snprintf(said, sizeof said, "\"file\":\"00000002.torn-1\",\"bytes\":%zu}",
                           len - whole);
            assert_non_null(strstr(out.p, said));
            weir_buf torn = read_file("00000002.torn-1");
            assert_true(
                span_eq((weir_span){torn.p, torn.len}, (weir_span){second.p + whole, len - whole}));
            weir_buf_fini(&torn);
        } else {
            assert_null(strstr(out.p, "torn"));
        }
        weir_journal_proof_fini(&p);
        weir_buf_fini(&out);
    }
    weir_buf_fini(&first);
    weir_buf_fini(&second);
}

/* As a disk leaves it that lost its power: whole lines, then blocks that were never written. */
static void
zeroes_that_a_loss_of_power_leaves_are_moved_aside(void **state)
{
    static const char zeroes[3 * 4096];
    weir_buf text = {0};

    (void)state;
    weir_journal *j = opened(&plain, T0);
    append(j, "{\"v\":1,\"post\":\"1\"}\n");
    commit(j, T0);
    weir_journal_abandon(j);
    weir_buf was = read_file(FIRST);
    for (int more = 0; more < 2; more++) {
        text.len = 0;
        weir_buf_put(&text, (weir_span){was.p, was.len});
        weir_buf_put(&text, (weir_span){zeroes, sizeof zeroes});
        if (more) /* a later block did arrive */
            weir_buf_puts(&text, "\"x\"},\"hash\":\"00\"}\n");
        empty(dir);
        assert_int_equal(mkdir(dir, 0700), 0);
        write_file(FIRST, (weir_span){text.p, text.len});
        assert_found(WEIR_JOURNAL_FOUND_CUT, FIRST, 4, 4);
        close_journal(opened(&plain, T0), T0);
        assert_holds_up_to(4 + 5);
        weir_buf torn = read_file("00000001.torn-1");
        assert_int_equal(torn.len, text.len - was.len);
        weir_buf_fini(&torn);
    }
    weir_buf_fini(&text);
    weir_buf_fini(&was);
}

static void
another_tear_has_another_file(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        weir_journal *j = opened(&plain, T0);
        append(j, "{\"v\":1,\"post\":\"1\"}\n");
        commit(j, T0);
        weir_journal_abandon(j);
        char name[32];
        (void)snprintf(name, sizeof name, "0000000%d.ndjson", i + 1);
        weir_buf text = read_file(name);
        write_file(name, (weir_span){text.p, text.len - 1 - (size_t)i});
        weir_buf_fini(&text);
    }
    close_journal(opened(&plain, T0), T0);
    weir_journal_proof p = walked();
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.ntorn, 3);
    assert_string_equal(p.torn[2].file, "00000003.torn-1");
    weir_journal_proof_fini(&p);
}

/* Any bit of the last segment: its writer refuses it and touches nothing, or takes it for torn
   where the last newline is the one that is gone. */
static void
a_broken_chain_is_not_written_to(void **state)
{
    weir_diags *d = weir_diags_new();
    weir_journal *j;

    (void)state;
    make_small(&plain);
    weir_buf text = read_file(SECOND);
    for (size_t at = 0; at + 1 < text.len; at += 1 + step() / 2) {
        flip(SECOND, at, at % 8);
        if (open_with(&plain, T0, d, &j) != WEIR_E_IO)
            fail_msg("opened with a changed byte %zu", at);
        weir_buf now = read_file(SECOND);
        assert_int_equal(now.len, text.len);
        weir_buf_fini(&now);
        assert_false(is_there("00000002.torn-1"));
        flip(SECOND, at, at % 8);
    }
    assert_non_null(
        strstr(all_said(d), "00000002.ndjson:5: error: the chain is broken: entry 11 "));
    assert_non_null(strstr(all_said(d), "Nothing was written."));
    weir_diags_free(d);
    weir_buf_fini(&text);
    close_journal(opened(&plain, T0), T0);
    assert_holds_up_to(SMALL_LAST + 4);
}

static void
a_journal_with_a_gap_is_not_written_to(void **state)
{
    weir_diags *d = weir_diags_new();
    weir_journal *j;

    (void)state;
    make_three();
    assert_int_equal(unlink(path_of(SECOND)), 0);
    assert_int_equal(open_with(&plain, T0, d, &j), WEIR_E_IO);
    assert_non_null(strstr(all_said(d), "segments are missing from this journal"));
    weir_diags_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_changed_bit_anywhere_names_its_entry, clear),
        cmocka_unit_test_setup(a_byte_more_or_less_names_its_entry, clear),
        cmocka_unit_test_setup(lines_that_are_missing_or_moved_are_told_apart, clear),
        cmocka_unit_test_setup(other_spellings_of_the_same_json_are_changes, clear),
        cmocka_unit_test_setup(a_changed_number_is_told_as_one, clear),
        cmocka_unit_test_setup(segments_that_are_missing_or_swapped_are_found, clear),
        cmocka_unit_test_setup(a_missing_last_segment_is_what_heads_are_for, clear),
        cmocka_unit_test_setup(a_segment_of_another_journal_does_not_fit, clear),
        cmocka_unit_test_setup(a_tail_that_is_torn_anywhere_is_moved_aside, clear),
        cmocka_unit_test_setup(zeroes_that_a_loss_of_power_leaves_are_moved_aside, clear),
        cmocka_unit_test_setup(another_tear_has_another_file, clear),
        cmocka_unit_test_setup(a_broken_chain_is_not_written_to, clear),
        cmocka_unit_test_setup(a_journal_with_a_gap_is_not_written_to, clear),
    };

    return cmocka_run_group_tests_name("audit: damaged journals", tests, make_base, remove_base);
}
