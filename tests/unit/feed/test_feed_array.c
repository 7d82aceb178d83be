/*
 * Arrays as lines: what becomes of elements, and what is said of arrays that are none.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "feed/array.h"

#include "flow/frame.h"

#define USER "\"user\":{\"id_str\":\"7\",\"screen_name\":\"o\"}"

struct row {
    const char *said, *in, *out;
    const char *why; /* NULL: the array is whole */
    bool tweets;     /* of an archive whose owner is known */
    size_t max_line;
};

/* Inputs begin behind the `[`. */
static const struct row rows[] = {
    {"an empty array has no lines", "]", "", NULL, false, 0},
    {"blanks and semicolons end it", " \n ] ;\r\n; ", "", NULL, false, 0},
    {"each element is a line", "{\"a\":1},{\"b\":[2]}]", "{\"a\":1}\n{\"b\":[2]}\n", NULL, false,
     0},
    {"blanks between elements go", " {\"a\":1} \n,\t{\"b\":2}\n]\n", "{\"a\":1}\n{\"b\":2}\n", NULL,
     false, 0},
    {"blanks within stay as many", "{\n\t\"a\" :\r\n1 }]", "{  \"a\" :  1 }\n", NULL, false, 0},
    {"strings stay byte for byte", "{\"a\":\"],}[{\\\"\\\\\\n\t é\"}]",
     "{\"a\":\"],}[{\\\"\\\\\\n\t é\"}\n", NULL, false, 0},
    {"a backslash at the end of a string", "{\"a\":\"\\\\\"},{}]", "{\"a\":\"\\\\\"}\n{}\n", NULL,
     false, 0},
    {"a raw line break in a string becomes a CR", "{\"a\":\"x\ny\"},{}]", "{\"a\":\"x\ry\"}\n{}\n",
     NULL, false, 0},
    {"and so does one behind a backslash", "[\"x\\\n\"y\"]]", "[\"x\\\r\"y\"]]", "cut off", false,
     0},
    {"what is no object is a line too", "1 , \"a,]\" ,null, [2,[3]] ]",
     "1 \n\"a,]\" \nnull\n[2,[3]]\n", NULL, false, 0},
    {"what closes nothing is the reader's", "},{}]", "}\n{}\n", NULL, false, 0},
    {"brackets of two kinds are the reader's", "{\"a\":1],{}]", "{\"a\":1]\n{}\n", NULL, false, 0},

    {"a wrapped tweet is unwrapped", "{\"tweet\":{\"id\":\"1\"}},{ \"tweet\" : {\"id\":\"2\"} \n}]",
     "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", NULL, false, 0},
    {"but not what is no object", "{\"tweet\":1},{\"tweet\":[{}]}]",
     "{\"tweet\":1}\n{\"tweet\":[{}]}\n", NULL, false, 0},
    {"nor another key", "{\"tweets\":{}},{\"twee\":{}},{\"\":{\"tweet\":{}}},{}]",
     "{\"tweets\":{}}\n{\"twee\":{}}\n{\"\":{\"tweet\":{}}}\n{}\n", NULL, false, 0},
    {"nor one that is not the first", "{\"a\":1,\"tweet\":{}}]", "{\"a\":1,\"tweet\":{}}\n", NULL,
     false, 0},
    {"nor one behind very many blanks",
     "{                                                                      \"tweet\":{}}]",
     "{                                                                      \"tweet\":{}}\n", NULL,
     false, 0},
    {"what follows in the wrapping is shown to the reader",
     "{\"tweet\":{\"id\":\"1\"},\"x\":[2]},{}]", "{\"id\":\"1\"},\"x\":[2]}\n{}\n", NULL, false, 0},

    {"a tweet without a user gets one", "{\"id\":\"1\"},{\"tweet\":{\"id\":\"2\"}}]",
     "{\"id\":\"1\"," USER "}\n{\"id\":\"2\"," USER "}\n", NULL, true, 0},
    {"also an empty one", "{},{\"tweet\":{ }}]", "{" USER "}\n{ " USER "}\n", NULL, true, 0},
    {"one with a user keeps it",
     "{\"user\":{}},{\"a\":[{}],\"user\":null},{\"tweet\":{\"user\":1}}]",
     "{\"user\":{}}\n{\"a\":[{}],\"user\":null}\n{\"user\":1}\n", NULL, true, 0},
    {"a user that is another's does not count",
     "{\"a\":{\"user\":1}},{\"a\":\"user\"},{\"a\":[\"user\"]},{\"users\":1},{\"use\":1},{"
     "\"us\\\"er\":1}]",
     "{\"a\":{\"user\":1}," USER "}\n{\"a\":\"user\"," USER "}\n{\"a\":[\"user\"]," USER
     "}\n{\"users\":1," USER "}\n{\"use\":1," USER "}\n{\"us\\\"er\":1," USER "}\n",
     NULL, true, 0},
    {"what is no object gets none", "[{}],1,\"{\",{\"a\":1]]", "[{}]\n1\n\"{\"\n{\"a\":1]\n", NULL,
     true, 0},

    {"of a long element as much is kept as is too long",
     "\"123456789012345\",{\"a\":\"12345678\"}]", "\"12345678\n{\"a\":\"123\n", NULL, false, 4},
    {"and no user is added to it", "{\"a\":\"12345678\"},{}]", "{\"a\":\"123\n{\"user\":{\n", NULL,
     true, 4},

    {"cut off at once", "", "", "at byte 100: the array is cut off behind element 0", false, 0},
    {"cut off behind an element", "{} ", "{}\n",
     "at byte 103: the array is cut off behind element 1", false, 0},
    {"cut off behind a comma", "{},", "{}\n", "at byte 103: the array is cut off behind element 1",
     false, 0},
    {"cut off in an element",
     "{},{\"a\":", "{}\n{\"a\":", "at byte 108: the array is cut off in element 2", false, 0},
    {"cut off where it may be a tweet", "{},{\"twe", "{}\n",
     "at byte 108: the array is cut off in element 2", false, 0},
    {"cut off behind a tweet", "{\"tweet\":{}", "{}",
     "at byte 111: the array is cut off in element 1", false, 0},
    {"two commas", "{},,{}]", "{}\n",
     "at byte 103: expected one more element, found none; the array is good up to element 1", false,
     0},
    {"a comma first", " ,{}]", "",
     "at byte 101: expected one more element, found none; the array is good up to element 0", false,
     0},
    {"a comma last", "{},]", "{}\n",
     "at byte 103: expected one more element, found none; the array is good up to element 1", false,
     0},
    {"no comma", "{} {}]", "{}\n", "at byte 103: expected ',' or ']' behind element 1", false, 0},
    {"something behind the array", "{}]; {}", "{}\n",
     "at byte 105: something follows the array, which has ended behind element 1", false, 0},
};

struct got {
    char out[4096];
    size_t len;
    bool good;
    weir_buf why;
};

/* By pieces of up to that many bytes, in and out. */
static void
run(const struct row *row, size_t most_in, size_t most_out, struct got *g)
{
    struct array_options o = {.tweets = row->tweets,
                              .user = {USER, row->tweets ? strlen(USER) : 0},
                              .keep = frame_most_kept(row->max_line),
                              .at = 100};
    const char *in = row->in, *end = in + strlen(in);
    struct array a;

    *g = (struct got){.good = true};
    array_init(&a, &o);
    while (g->good) {
        size_t n = 1 + draw(most_in), left = (size_t)(end - in);
        /* a copy without anything behind, for AddressSanitizer to guard */
        char *piece = malloc(n), *room = malloc(most_out);
        struct step s = {piece, piece + (n < left ? n : left), room, room + 1 + draw(most_out)};

        memcpy(piece, in, step_in(&s));
        g->good = array_step(&a, &s, &g->why);
        in += s.in - piece;
        assert_true(g->len + (size_t)(s.out - room) <= sizeof g->out);
        memcpy(g->out + g->len, room, (size_t)(s.out - room));
        g->len += (size_t)(s.out - room);
        bool has_room = s.out < s.out_end;
        free(piece);
        free(room);
        if (in == end && has_room)
            break;
    }
    g->good = g->good && array_end(&a, &g->why);
    weir_buf_putc(&g->why, '\0');
}

static void
check_row(const struct row *row, size_t most_in, size_t most_out)
{
    struct got g;

    run(row, most_in, most_out, &g);
    if (g.len != strlen(row->out) || memcmp(g.out, row->out, g.len) != 0)
        fail_msg("%s: expected\n%s\ngot\n%.*s", row->said, row->out, (int)g.len, g.out);
    if (g.good != !row->why || (row->why && !strstr(g.why.p, row->why)))
        fail_msg("%s: expected \"%s\", got \"%s\"", row->said, row->why ? row->why : "", g.why.p);
    weir_buf_fini(&g.why);
}

static void
elements_become_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i], 4096, 4096);
}

static void
in_pieces_of_any_size(void **state)
{
    (void)state;
    draw_from_seed();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i], 1, 1);
        for (int k = 0; k < 20; k++)
            check_row(&rows[i], 1 + draw(9), 1 + draw(9));
    }
}

/* Every beginning of an array is cut off, and gives a beginning of what the whole gives. */
static void
every_beginning_is_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t end = strlen(rows[i].in);

        if (rows[i].why)
            continue;
        while (end && rows[i].in[end - 1] != ']')
            end--;
        for (size_t n = 0; n < end; n++) {
            char *part = strndup(rows[i].in, n);
            struct row row = rows[i];
            struct got g;

            row.in = part;
            run(&row, 64, 64, &g);
            if (g.good || !strstr(g.why.p, "the array is cut off"))
                fail_msg("%s: %zu bytes of it: \"%s\"", row.said, n, g.why.p);
            if (strncmp(g.out, row.out, g.len) != 0)
                fail_msg("%s: %zu bytes of it gave\n%.*s", row.said, n, (int)g.len, g.out);
            weir_buf_fini(&g.why);
            free(part);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_become_lines),
        cmocka_unit_test(in_pieces_of_any_size),
        cmocka_unit_test(every_beginning_is_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
