/*
 * List files: one entry a line, or a column of CSV (RFC 4180). And how to tell one from a rule
 * file, for whoever gives it as one.
 */
#include "compile/load.h"

#include "base/buf.h"

#define MAX_LIST_FILE ((size_t)1 << 30) /* bytes */

struct reading {
    struct arena *work;
    const struct source_file *file;
    weir_diags *diags;
    struct list_line *lines;
    size_t n, cap;
    bool ok;
};

static void
add_line(struct reading *r, weir_span text, uint32_t line, uint32_t column)
{
    uint32_t width = weir__span_width(text);

    *ARENA_PUSH(r->work, r->lines, r->n, r->cap) =
        (struct list_line){arena_copy(r->work, text), line, column, width ? width : 1};
}

static bool
is_comment(weir_span s)
{
    return s.len && s.p[0] == '#' && (s.len == 1 || s.p[1] == ' ' || s.p[1] == '\t');
}

static void
read_plain(struct reading *r)
{
    weir_span rest = r->file->text;

    for (uint32_t line = 1; rest.len; line++) {
        weir_span whole = span_head(rest, span_find(rest, '\n'));
        rest = span_skip(rest, whole.len < rest.len ? whole.len + 1 : whole.len);
        weir_span s = weir__span_trim(whole);
        if (s.len && !is_comment(s))
            add_line(r, s, line, weir__span_width(span_head(whole, (size_t)(s.p - whole.p))) + 1);
    }
}

/* A cursor over CSV. */
struct csv {
    weir_span rest;
    uint32_t line;
    weir_span line_start; /* where the current line begins, for columns */
    bool record_ended;    /* the field just read was its record's last */
};

static void
csv_error(struct reading *r, uint32_t line, const char *what)
{
    struct list_line at = {.line = line, .width = 1};
    struct weir__place place = weir__place_in_list(r->file, &at);

    weir__diag_add(r->diags, WEIR_ERROR, &place, "%s", what);
    r->ok = false;
}

/* Behind a field: a comma, the line's end, or the file's. */
static bool
end_field(struct reading *r, struct csv *c)
{
    c->record_ended = true;
    if (c->rest.len == 0)
        return true;
    if (c->rest.p[0] == ',') {
        c->rest = span_skip(c->rest, 1);
        c->record_ended = false;
        return true;
    }
    if (c->rest.p[0] == '\r' && c->rest.len > 1 && c->rest.p[1] == '\n')
        c->rest = span_skip(c->rest, 1);
    if (c->rest.p[0] != '\n') {
        csv_error(r, c->line, "a comma or the line's end is expected behind a closing quote");
        return false;
    }
    c->rest = span_skip(c->rest, 1);
    c->line++;
    c->line_start = c->rest;
    return true;
}

static bool
read_quoted(struct reading *r, struct csv *c, weir_span *out)
{
    uint32_t began = c->line;
    char *text = arena_alloc(r->work, c->rest.len < 4096 ? c->rest.len : 4096);
    size_t n = 0, cap = c->rest.len < 4096 ? c->rest.len : 4096;

    for (c->rest = span_skip(c->rest, 1); c->rest.len; c->rest = span_skip(c->rest, 1)) {
        char ch = c->rest.p[0];
        if (ch == '"' && (c->rest.len < 2 || c->rest.p[1] != '"')) {
            c->rest = span_skip(c->rest, 1);
            *out = (weir_span){text, n};
            return end_field(r, c);
        }
        if (ch == '"')
            c->rest = span_skip(c->rest, 1);
        c->line += ch == '\n';
        if (n == cap) {
            char *more = arena_alloc(r->work, cap *= 2);
            memcpy(more, text, n);
            text = more;
        }
        text[n++] = ch;
    }
    csv_error(r, began, "a quote is opened in this record and not closed");
    return false;
}

static bool
read_field(struct reading *r, struct csv *c, weir_span *out, uint32_t *line, uint32_t *column)
{
    *line = c->line;
    *column = weir__span_width(span_head(c->line_start, (size_t)(c->rest.p - c->line_start.p))) + 1;
    if (c->rest.len && c->rest.p[0] == '"') {
        (*column)++;
        return read_quoted(r, c, out);
    }
    size_t n = 0;
    while (n < c->rest.len && c->rest.p[n] != ',' && c->rest.p[n] != '\n')
        n++;
    *out = span_head(c->rest, n);
    c->rest = span_skip(c->rest, n);
    if (out->len && out->p[out->len - 1] == '\r')
        out->len--;
    return end_field(r, c);
}

/* The number of the wanted column, from the header; false (and said) when it is not there. */
static bool
read_header(struct reading *r, struct csv *c, const char *wanted, size_t *index)
{
    weir_span field, near = SPAN_NONE;
    uint32_t line, column;
    size_t best = 3;
    bool found = false;

    for (size_t i = 0; !i || !c->record_ended; i++) {
        if (!read_field(r, c, &field, &line, &column))
            return false;
        if (!found && span_is(field, wanted)) {
            *index = i;
            found = true;
        }
        size_t d = weir__span_distance(field, span_of(wanted), 2);
        if (d < best) {
            best = d;
            near = field;
        }
    }
    if (found)
        return true;
    csv_error(r, 1, near.p ? arena_printf(r->work, "no column \"%s\" in the header: is \"%.*s\" "
                                          "meant?", wanted, SPAN_FMT(near))
                           : arena_printf(r->work, "no column \"%s\" in the header", wanted));
    return false;
}

static bool
read_record(struct reading *r, struct csv *c, size_t index, size_t *widest)
{
    weir_span field, wanted = SPAN_NONE;
    uint32_t line, column, at_line = 0, at_column = 0, began = c->line;
    size_t i = 0;

    for (c->record_ended = false; !c->record_ended; i++) {
        if (!read_field(r, c, &field, &line, &column))
            return false;
        if (i == index) {
            wanted = weir__span_trim(field);
            at_line = line;
            at_column = column;
        }
    }
    *widest = i > *widest ? i : *widest;
    bool blank = i == 1 && span_is_blank(field);
    if (i <= index && !blank)
        csv_error(r, began, arena_printf(r->work, "this record has %zu columns, and column %zu is "
                                         "wanted", i, index + 1));
    if (wanted.len)
        add_line(r, wanted, at_line, at_column);
    return true;
}

/*
 * Excel parts columns by semicolons where a comma is the decimal sign, and some programs by tabs.
 * The first line tells: a header of one column, or one that no entry can be.
 */
static bool
refuse_semicolons(struct reading *r, const char *column)
{
    weir_span line = span_head(r->file->text, span_find(r->file->text, '\n'));
    bool semicolon = span_find(line, ';') < line.len;
    const char *at = semicolon ? memchr(line.p, ';', line.len) : NULL;

    if (!at && line.len)
        at = memchr(line.p, '\t', line.len);
    if (!at || span_find(line, ',') < line.len)
        return false;
    if (!column && (line.p[0] == '/' || memmem(line.p, line.len, " @", 2)))
        return false; /* a regex may hold one, and a note behind an id */
    csv_error(r, 1,
              arena_printf(r->work,
                           "the columns are parted by %s here, and a .csv file has commas: save it "
                           "as CSV with commas, or replace them",
                           semicolon ? "semicolons" : "tabs"));
    return true;
}

static void
read_csv(struct reading *r, const char *column)
{
    struct csv c = {.rest = r->file->text, .line = 1, .line_start = r->file->text};
    size_t index = 0;

    if (refuse_semicolons(r, column))
        return;
    if (column && !read_header(r, &c, column, &index))
        return;
    size_t widest = 1;
    while (c.rest.len && read_record(r, &c, index, &widest))
        continue;
    if (!column && widest > 1) {
        struct list_line first = {.line = 1, .column = 1, .width = 1};
        struct weir__place at = weir__place_in_list(r->file, &first);
        weir__diag_add(r->diags, WEIR_WARNING, &at,
                       "this list has %zu columns and no `column` is named: the first one counts, "
                       "and its first line too",
                       widest);
    }
}

static bool
ends_in_csv(const char *path)
{
    size_t n = strlen(path);

    return n > 4 && weir__span_eq_nocase(span_of(path + n - 4), SPAN_LIT(".csv"));
}

/* Could the line stand in a rule file, other than as part of a value? */
static bool
is_yaml(weir_span s)
{
    static const char *const begin[] = {"- ", "{", "[", "---", "%YAML"};

    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (span_starts(s, begin[i]))
            return true;
    if (s.p[0] == '/')
        return false; /* a regex may hold a colon */
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] == ':' && (i + 1 == s.len || s.p[i + 1] == ' '))
            return true;
    return false;
}

bool
weir__refuse_list(const struct source_file *file, weir_diags *diags)
{
    const char *name = strrchr(file->path, '/') ? strrchr(file->path, '/') + 1 : file->path;
    weir_span rest = file->text;
    struct list_line first = {.line = 0};

    for (uint32_t line = 1; rest.len; line++) {
        weir_span whole = span_head(rest, span_find(rest, '\n'));
        rest = span_skip(rest, whole.len < rest.len ? whole.len + 1 : whole.len);
        weir_span s = weir__span_trim(whole);
        if (!s.len || is_comment(s))
            continue;
        if (is_yaml(s))
            return false;
        if (!first.line)
            first = (struct list_line){s, line, 1, weir__span_width(s)};
    }
    if (!first.line)
        return false;
    struct weir__place at = weir__place_in_list(file, &first);
    weir__diag_add(
        diags, WEIR_ERROR, &at,
        "this is not a rule file: it looks like a list. Name it under `lists:` in one, as "
        "in `lists: {some_name: {%s: %s}}`",
        first.text.p[0] == '#' ? "hashtags" : "accounts", name);
    return true;
}

static const char *
beside(struct arena *work, const char *rule_file, const char *path)
{
    const char *slash = strrchr(rule_file, '/');

    if (path[0] == '/' || !slash)
        return arena_cstr(work, span_of(path));
    return arena_printf(work, "%.*s/%s", (int)(slash - rule_file), rule_file, path);
}

/* From the disk, or from the compiled rule set that the rule file is in. */
static bool
read_list(struct arena *work, const struct source_file *rules, const char *path, const char *full,
          weir_span *text, const char **why)
{
    if (!rules->within)
        return weir__read_file(work, full, MAX_LIST_FILE, text, why);
    *why = "is not in the compiled rule set";
    return weir__find_list(rules->within, rules->number, path, text);
}

bool
weir__load_list(struct arena *work, struct forest *forest, const struct node *at, const char *path,
                const char *column, const struct source_file **file, struct list_line **lines,
                size_t *nlines, weir_diags *diags)
{
    const char *full = beside(work, at->file->path, path), *why;
    struct weir__place place = weir__place_of(at);
    weir_span text;

    if (column && !ends_in_csv(path)) {
        weir__diag_add(diags, WEIR_ERROR, &place, "`column` is for .csv files, and %s is none",
                       path);
        return false;
    }
    if (!at->file->within)
        weir__tell_file(&forest->hook, full, WEIR_FILE_LIST);
    if (!read_list(work, at->file, path, full, &text, &why)) {
        weir__diag_add(diags, WEIR_ERROR, &place, "the list file %s %s", full, why);
        return false;
    }
    struct source_file *list = weir__add_file(work, forest, full, span_without_bom(text));
    list->name = beside(work, at->file->name, path);
    list->of = at->file;
    list->as = path;
    *file = list;
    struct reading r = {.work = work, .file = list, .diags = diags, .ok = true};
    if (!weir__check_text(*file, diags))
        return false;
    if (ends_in_csv(path))
        read_csv(&r, column);
    else
        read_plain(&r);
    *lines = r.lines;
    *nlines = r.n;
    return r.ok;
}
