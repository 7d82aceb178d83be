/*
 * flow/answer: a line's items are answered in order and once each, however small the room is for
 * each go, and whatever lines are answered in between.
 */
#include "unit/flow/page.h"
#include "unit/match/given.h"

static struct answer_line
line_of(const weir_buf *text)
{
    return (struct answer_line){
        .bytes = {text->p, text->len}, .avail = text->len, .number = 1, .now_ms = 0};
}

static void
go_on(struct answerer *a, struct answer_line *line, size_t bytes, size_t work, weir_buf *out)
{
    struct answer_room room = {bytes, work};

    assert_int_equal(answer_go_on(a, line, &room, out), WEIR_OK);
}

/* All that a line is owed, in one go. */
static void
answer_whole(struct answerer *a, const weir_buf *text, weir_buf *out)
{
    struct answer_line line = line_of(text);

    go_on(a, &line, SIZE_MAX, SIZE_MAX, out);
    assert_true(line.done);
    assert_int_equal(line.answered, line.nitems);
}

static void
assert_same(const weir_buf *a, const weir_buf *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->p, b->p, a->len);
}

static void
room_changes_nothing(void **state)
{
    static const size_t rooms[][2] = {
        {1, SIZE_MAX}, {SIZE_MAX, 1}, {1000, SIZE_MAX}, {SIZE_MAX, 1000}, {300, 300}};
    weir_buf text = {0}, whole = {0}, out = {0};
    struct answerer a;

    (void)state;
    init_answerer(&a);
    put_page(&text, 100);
    answer_whole(&a, &text, &whole);
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct answer_line line = line_of(&text);
        size_t goes = 0;

        out.len = 0;
        for (; !line.done; goes++)
            go_on(&a, &line, rooms[i][0], rooms[i][1], &out);
        assert_same(&out, &whole);
        assert_true(rooms[i][0] == 1 || rooms[i][1] == 1 ? goes == 100 : goes > 5 && goes < 50);
    }
    assert_int_equal(a.tally.items, 100 * (1 + sizeof rooms / sizeof *rooms));
    assert_int_equal(a.tally.made, a.tally.items);
    assert_true(tally_adds_up(&a.tally));
    weir_buf_fini(&text);
    weir_buf_fini(&whole);
    weir_buf_fini(&out);
    answerer_fini(&a);
}

/* A line is read once, and again only when another one was read in between. */
static void
lines_are_not_read_again_for_nothing(void **state)
{
    weir_buf text = {0}, out = {0};
    struct answerer a;

    (void)state;
    init_answerer(&a);
    put_page(&text, 100);
    struct answer_line line = line_of(&text);
    while (!line.done)
        go_on(&a, &line, 1, 1, &out);
    assert_int_equal(a.reads, 1);
    weir_buf_fini(&text);
    weir_buf_fini(&out);
    answerer_fini(&a);
}

static void
lines_in_between_change_nothing(void **state)
{
    weir_buf text[2] = {{0}}, whole[2] = {{0}}, out[2] = {{0}};
    struct answerer a;

    (void)state;
    init_answerer(&a);
    put_page(&text[0], 100);
    put_page(&text[1], 60);
    for (int i = 0; i < 2; i++)
        answer_whole(&a, &text[i], &whole[i]);
    struct answer_line lines[2] = {line_of(&text[0]), line_of(&text[1])};
    for (uint32_t turn = 0, seed = 1; !lines[0].done || !lines[1].done; turn++) {
        size_t i = (seed = seed * 1664525 + 1013904223) >> 31;
        if (!lines[i].done)
            go_on(&a, &lines[i], 500, SIZE_MAX, &out[i]);
        assert_true(turn < 1000);
    }
    for (int i = 0; i < 2; i++) {
        assert_same(&out[i], &whole[i]);
        weir_buf_fini(&text[i]);
        weir_buf_fini(&whole[i]);
        weir_buf_fini(&out[i]);
    }
    assert_int_equal(a.tally.items, 2 * 160);
    assert_true(tally_adds_up(&a.tally));
    answerer_fini(&a);
}

static void
what_is_given_up_is_abandoned(void **state)
{
    weir_buf text = {0}, out = {0};
    struct answerer a;

    (void)state;
    init_answerer(&a);
    put_page(&text, 100);
    struct answer_line line = line_of(&text);
    for (int i = 0; i < 7; i++)
        go_on(&a, &line, 1, 1, &out);
    answer_give_up(&a, &line);
    assert_true(line.done);
    assert_int_equal(a.tally.abandoned, 93);
    assert_int_equal(a.tally.posts, 7);
    assert_true(tally_adds_up(&a.tally));
    weir_buf_fini(&text);
    weir_buf_fini(&out);
    answerer_fini(&a);
}

/* Nothing is owed for them, and yet whoever sends nothing else must let others have their turns. */
static void
blank_lines_use_up_room(void **state)
{
    weir_buf text = {0}, out = {0};
    struct answerer a;
    struct answer_room room = {.bytes = 1, .work = 1000 * ANSWER_BLANK};
    size_t lines = 0;

    (void)state;
    init_answerer(&a);
    weir_buf_puts(&text, " \r");
    for (; room.work && lines < 2000; lines++) {
        struct answer_line line = line_of(&text);

        assert_int_equal(answer_go_on(&a, &line, &room, &out), WEIR_OK);
        assert_true(line.done);
    }
    assert_int_equal(lines, 1000);
    assert_int_equal(room.bytes, 1);
    assert_int_equal(a.tally.items + out.len, 0);
    weir_buf_fini(&text);
    weir_buf_fini(&out);
    answerer_fini(&a);
}

/* What is shown of records, and how many there is room for. */
struct shown {
    weir_buf records;
    int room, ndecisions;
};

static bool
on_record(void *arg, const weir_decision *d, weir_span record)
{
    struct shown *s = arg;

    assert_true(record.len && record.p[record.len - 1] == '\n');
    if (s->room-- == 0)
        return false;
    s->ndecisions += d != NULL;
    weir_buf_put(&s->records, record);
    return true;
}

static void
show(struct answerer *a, struct shown *s, const char *line, weir_status expected, weir_buf *out)
{
    struct answer_line l = {
        .bytes = {line, strlen(line)}, .avail = strlen(line), .number = 1, .now_ms = 0};
    struct answer_room room = {SIZE_MAX, SIZE_MAX};

    a->on_record = on_record;
    a->on_record_arg = s;
    assert_int_equal(answer_go_on(a, &l, &room, out), expected);
}

/* Records of decisions and errors, as they stand in the answers; of skips there are none. Where one
   cannot be kept it is no answer either. */
static void
records_are_shown_and_may_be_refused(void **state)
{
    struct answer_options o = {.answer_skips = true};
    weir_ruleset *rs = given_rules("rules:\n"
                                   "- {id: a, regions: [XX], action: withhold, match: {hashtags: "
                                   "[x]}}\n");
    struct shown s = {.room = 3};
    struct answerer a;
    weir_buf out = {0};

    (void)state;
    assert_int_equal(answerer_init(&a, rs, &o), WEIR_OK);
    show(&a, &s, "{\"delete\":{\"status\":{\"id\":1}}}", WEIR_OK, &out);
    assert_int_equal(a.tally.made, 1);
    assert_int_equal(s.records.len, 0);
    out.len = 0;
    show(&a, &s, "{\"id\":\"1\",\"author\":\"@a\",\"hashtags\":[\"x\"]}", WEIR_OK, &out);
    show(&a, &s, "no post", WEIR_OK, &out);
    show(&a, &s, "{\"id\":\"2\",\"author\":\"@a\"}", WEIR_OK, &out);
    assert_same(&out, &s.records);
    assert_int_equal(s.ndecisions, 2);
    show(&a, &s, "{\"id\":\"3\",\"author\":\"@a\"}", WEIR_E_NOMEM, &out);
    s.room = 0;
    show(&a, &s, "no post", WEIR_E_NOMEM, &out);
    assert_same(&out, &s.records);
    assert_int_equal(a.tally.made, 4);
    assert_int_equal(a.tally.abandoned, 2);
    assert_true(tally_adds_up(&a.tally));
    weir_buf_fini(&s.records);
    weir_buf_fini(&out);
    answerer_fini(&a);
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_changes_nothing),
        cmocka_unit_test(lines_are_not_read_again_for_nothing),
        cmocka_unit_test(lines_in_between_change_nothing),
        cmocka_unit_test(what_is_given_up_is_abandoned),
        cmocka_unit_test(blank_lines_use_up_room),
        cmocka_unit_test(records_are_shown_and_may_be_refused),
    };

    return cmocka_run_group_tests_name("flow/answer", tests, NULL, NULL);
}
