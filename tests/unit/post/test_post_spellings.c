/*
 * The reader: what is written otherwise is read alike. The walk has a short way for members like
 * most, with nothing between their tokens and no backslash in their keys; lines are read as they
 * are, and so written that none of their members, or some, can go that way.
 */
#include "show.h"

#include "base/buf.h"

/* A line, and the one that is made of it. */
struct spelling {
    weir_buf text;
    size_t *place; /* of each byte of the line, and of its end, in the text */
};

/* One byte of the line; in_string: it is of a string, or the quote behind one. */
typedef void spell_fn(weir_buf *out, weir_span line, size_t at, bool in_string);

static bool
is_key(weir_span line, size_t open)
{
    size_t i = open + 1;

    while (i < line.len && line.p[i] != '"')
        i += line.p[i] == '\\' ? 2 : 1;
    for (i++; i < line.len && ascii_is_blank(line.p[i]);)
        i++;
    return i < line.len && line.p[i] == ':';
}

static void
as_it_is(weir_buf *out, weir_span line, size_t at, bool in_string)
{
    (void)in_string;
    weir_buf_putc(out, line.p[at]);
}

static void
blank_before_colons(weir_buf *out, weir_span line, size_t at, bool in_string)
{
    if (!in_string && line.p[at] == ':')
        weir_buf_putc(out, ' ');
    weir_buf_putc(out, line.p[at]);
}

/* Strings and numbers then have no token at once behind them. */
static void
blanks_behind_values(weir_buf *out, weir_span line, size_t at, bool in_string)
{
    if (!in_string && line.p[at] && strchr(",}]", line.p[at]))
        weir_buf_putc(out, ' ');
    weir_buf_putc(out, line.p[at]);
}

static void
blanks_around_all(weir_buf *out, weir_span line, size_t at, bool in_string)
{
    bool between = !in_string && strchr(":,{}[]", line.p[at]) && line.p[at];

    if (between)
        weir_buf_puts(out, "\t ");
    weir_buf_putc(out, line.p[at]);
    if (between)
        weir_buf_puts(out, " \r");
}

static void
keys_with_escapes(weir_buf *out, weir_span line, size_t at, bool in_string)
{
    bool begins = in_string && at > 1 && line.p[at - 1] == '"' && line.p[at] != '"' &&
                  line.p[at] != '\\' && line.p[at - 2] != '\\' && is_key(line, at - 1);

    if (begins)
        weir_buf_printf(out, "\\u%04x", (unsigned)(unsigned char)line.p[at]);
    else
        weir_buf_putc(out, line.p[at]);
}

/* So that a backslash is in front of every other key. */
static void
members_with_backslashes(weir_buf *out, weir_span line, size_t at, bool in_string)
{
    if (!in_string && line.p[at] == '"' && is_key(line, at) && at % 2)
        weir_buf_puts(out, "\"zz\":\"\\\\\",");
    weir_buf_putc(out, line.p[at]);
}

static const struct {
    const char *name;
    spell_fn *spell;
} ways[] = {
    {"as it is", as_it_is},
    {"with blanks in front of colons", blank_before_colons},
    {"with blanks behind values", blanks_behind_values},
    {"with blanks around everything", blanks_around_all},
    {"with escapes in its keys", keys_with_escapes},
    {"with backslashes between", members_with_backslashes},
};
#define NWAYS (sizeof ways / sizeof *ways)

static struct spelling
spell(weir_span line, spell_fn *way)
{
    struct spelling s = {.place = malloc((line.len + 1) * sizeof *s.place)};
    bool in_string = false;

    assert_non_null(s.place);
    for (size_t i = 0; i < line.len; i++) {
        bool pair = line.p[i] == '\\' && i + 1 < line.len;
        size_t before = s.text.len;

        way(&s.text, line, i, in_string);
        /* where the byte itself has come to: at the end of what stands in front of it */
        s.place[i] = before;
        while (s.place[i] < s.text.len && s.text.p[s.place[i]] != line.p[i])
            s.place[i]++;
        if (pair) {
            s.place[i + 1] = s.text.len;
            weir_buf_putc(&s.text, line.p[++i]);
        } else if (line.p[i] == '"')
            in_string = !in_string;
    }
    s.place[line.len] = s.text.len;
    return s;
}

static void
spelling_fini(struct spelling *s)
{
    free(s->place);
    weir_buf_fini(&s->text);
}

/* With the offsets of errors as they are in the text that was made. */
static void
show_items(const weir_item *items, size_t n, const size_t *place, weir_buf *out)
{
    out->len = 0;
    for (size_t i = 0; i < n; i++) {
        weir_item item = items[i];

        if (item.kind == WEIR_ITEM_ERROR && place)
            item.offset = place[item.offset];
        show_item(out, &item, true);
        weir_buf_puts(out, "; ");
    }
    weir_buf_putc(out, '\0');
}

static void
check_line(weir_reader *r, weir_span line)
{
    weir_buf plain = {0}, got = {0};
    const weir_item *items;
    size_t n;

    for (size_t w = 0; w < NWAYS; w++) {
        struct spelling s = spell(line, ways[w].spell);

        assert_int_equal(weir_reader_read(r, line, line.len, &items, &n), WEIR_OK);
        show_items(items, n, s.place, &plain);
        assert_int_equal(weir_reader_read(r, span_of_buf(&s.text), s.text.len, &items, &n),
                         WEIR_OK);
        show_items(items, n, NULL, &got);
        if (strcmp(plain.p, got.p) != 0)
            fail_msg("%.*s\n%s is read as  %.300s\n   and not as  %.300s",
                     (int)(line.len < 200 ? line.len : 200), line.p, ways[w].name, got.p, plain.p);
        spelling_fini(&s);
    }
    weir_buf_fini(&plain);
    weir_buf_fini(&got);
}

#define FEW "\"x\":1,\"zip\":[{\"a\":[]}],\"yes\":\"\\\"\",\"no\":null,"

static void
members_are_read_alike_wherever_they_stand(void **state)
{
    static const char *const members[] = {
        "\"id\":\"1\"",
        "\"id\":2",
        "\"id\":null",
        "\"id\":12345678901234567890",
        "\"id\":true",
        "\"id\":\"\"",
        "\"id\":\"a\\u0062\"",
        "\"id\":[]",
        "\"id\":{\"id\":1}",
        "\"hashtags\":[\"a\",\"b\"]",
        "\"hashtags\":[1]",
        "\"contentMap\":{\"en\":\"x\",\"fr\":1}",
        "\"contentMap\":{\"en\":tru}",
        "\"hashtags\":{}",
        "\"lang\":\"en\"",
        "\"user\":{\"id\":1,\"screen_name\":\"x\",\"url\":null}",
        "\"quotes\":{\"id\":1,\"quotes\":{\"id\":2,\"quotes\":{\"id\":3,\"quotes\":4}}}",
        "\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"3\"}]",
        "\"\":\"\"",
        "\"\":{}",
        "\"of more than sixty-three bytes, which is a word of bits and no more\":1",
        /* malformed, where it is seen and where it is not */
        "\"id\":01",
        "\"id\":12345678.",
        "\"id\":12345678a",
        "\"id\":tru",
        "\"id\":",
        "\"id\"",
        "\"id\" 1",
        "\"id\":1 2",
        "\"id\":,",
        "id:1",
        "\"id\":\"\\x\"",
        "\"other\":tru",
        "\"other\":x",
        "\"other\":",
        "\"other\"",
        "\"other\" 1",
        "\"other\":1 2",
        "\"other\":,",
        "other:1",
        "other\":1",
        "\"other:1",
        "\"other\":\"\\x\"",
        "\"other\":[1 2,,\"a\":x]",
        "\"other\":[}",
        "\"other\":{]",
        "\"other\":[[]",
        "\"other\":[]]",
        "\"other\":{\"a\":[}]",
        "\"other\":Y",
        "\"other\":[Y,_,y,\x7F]",
        ":1",
        "::",
        "{}",
        "[]",
        "}",
        "]",
        "\"",
        "\\",
        "x\"id\":1",
        "1\"id\":2",
        "\"id\"\"id\":2",
        "\"other\\\":1",
        "\"ot\\her\":1",
        "\"ot\\u00g0er\":1",
    };
    weir_reader *r = new_reader((weir_reader_options){0});
    char line[1024];

    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        for (int where = 0; where < 8; where++) {
            snprintf(line, sizeof line, "{%s%s%s%s\"author\":\"z\"%s%s}", where & 1 ? FEW : "",
                     where & 2 ? members[i] : "\"a\":1", ",", where & 4 ? FEW : "",
                     where & 2 ? "" : ",", where & 2 ? "" : members[i]);
            check_line(r, span_of(line));
        }
    weir_reader_free(r);
}

static void
what_is_deep_is_passed_over_alike(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf line = {0};

    (void)state;
    for (size_t depth = 60; depth < 70; depth++)
        for (int kind = 0; kind < 4; kind++) {
            line.len = 0;
            weir_buf_puts(&line, kind & 1 ? "{\"id\":1,\"author\":\"z\",\"a\":" : "");
            for (size_t i = 0; i < depth; i++)
                weir_buf_puts(&line, kind & 2 ? "[" : "{\"a\":");
            weir_buf_puts(&line, "1");
            for (size_t i = 0; i < depth; i++)
                weir_buf_putc(&line, kind & 2 ? ']' : '}');
            weir_buf_puts(&line, kind & 1 ? ",\"lang\":\"en\"}" : "");
            check_line(r, span_of_buf(&line));
            line.p[line.len / 2 + 3] = '}';
            check_line(r, span_of_buf(&line));
        }
    weir_buf_fini(&line);
    weir_reader_free(r);
}

static void
real_posts_are_read_alike(void **state)
{
    static const char *const feeds[] = {
        "feeds/tweets_v1.ndjson", "feeds/tweets_v2.ndjson", "feeds/mastodon_statuses.ndjson",
        "feeds/bluesky_jetstream.ndjson", "feeds/activitypub_notes.ndjson"};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    (void)state;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        FILE *f = open_data(feeds[i]);
        weir_reader *r = new_reader((weir_reader_options){.tags = WEIR_TAGS_BOTH});

        for (size_t n = 0; (len = getline(&line, &cap, f)) > 0; n++)
            if (n % 8 == i)
                check_line(r, (weir_span){line, (size_t)len - 1});
        weir_reader_free(r);
        fclose(f);
    }
    free(line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_read_alike_wherever_they_stand),
        cmocka_unit_test(what_is_deep_is_passed_over_alike),
        cmocka_unit_test(real_posts_are_read_alike),
    };

    return cmocka_run_group_tests_name("post: spellings of lines", tests, NULL, NULL);
}
