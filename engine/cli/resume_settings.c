/*
 * Settings are lines, one thing each, in the words of the command line, so that what differs can be
 * told as it stands.
 */
#include "cli/resume_settings.h"

#include "cli/run.h"
#include "cli/ui.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void
put_words(weir_buf *out, const char *key, const struct strings *words)
{
    for (size_t i = 0; i < words->n; i++)
        weir_buf_printf(out, "%s %s\n", key, words->v[i]);
}

/* A file that has changed is another one. Of a pipe only its name is known. */
static void
put_file(weir_buf *out, const char *key, const char *path)
{
    struct stat st;

    if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        st = (struct stat){.st_size = 0};
    weir_buf_printf(out, "%s %" PRId64 " %" PRId64 ".%09ld %s\n", key, (int64_t)st.st_size,
                    (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, path);
}

/* What an option says, as it is written; `-`: it is not given. */
static void
put_option(weir_buf *out, const char *name, const char *value)
{
    weir_buf_printf(out, "--%s %s\n", name, value ? value : "-");
}

static void
put_time(weir_buf *out, const char *name, int64_t ms, int64_t none)
{
    char time[WEIR_TIME_MAX];

    if (ms != none)
        (void)weir_time_format(ms, time);
    put_option(out, name, ms != none ? time : NULL);
}

static void
put_only(weir_buf *out, uint32_t only)
{
    weir_buf_puts(out, only ? "--only " : "--only -");
    for (int a = WEIR_WITHHOLD, n = 0; a >= WEIR_ALLOW; a--)
        if (only >> a & 1)
            weir_buf_printf(out, "%s%s", n++ ? "," : "", weir_action_name((weir_action)a));
    weir_buf_putc(out, '\n');
}

static void
put_options(weir_buf *out, const struct args *a)
{
    const struct answer_options *o = &a->answer;

    weir_buf_puts(out, "--clock ");
    summary_clock(o, out);
    weir_buf_putc(out, '\n');
    put_option(out, "undecided", o->undecided == WEIR_UNDECIDED_WITHHOLD ? "withhold" : NULL);
    put_option(out, "tags", o->tags == WEIR_TAGS_BOTH ? "both" : NULL);
    put_option(out, "owner", a->owner);
    put_option(out, "owner-id", a->owner_id);
    weir_buf_printf(out, o->max_line ? "--max-line %zu\n" : "--max-line -\n", o->max_line);
    put_option(out, "explain", o->trace ? "" : NULL);
    put_only(out, a->only);
    put_option(out, "region", a->region != WEIR_REGION_NONE ? weir_region_code(a->region) : NULL);
    put_time(out, "since", a->since_ms, INT64_MIN);
    put_time(out, "until", a->until_ms, INT64_MAX);
    if (a->handles)
        put_file(out, "handles", a->handles);
    put_words(out, "--rule", &a->by_rule);
    put_words(out, "--order", &a->by_order);
}

void
resume_put_settings(const struct run *r, const struct strings *files, weir_buf *out)
{
    weir_buf_printf(out, "version %s\ncommand %s\nruleset %s\n", WEIR_VERSION, r->command,
                    r->rs ? weir_ruleset_digest(r->rs) : "-");
    put_options(out, r->args);
    for (size_t i = 0; i < files->n; i++)
        put_file(out, "feed", files->v[i]);
}

/* Lines that a run may have any number of stand last, in this order. */
static int
rank_of(weir_span line)
{
    static const char *const many[] = {"handles ", "--rule ", "--order ", "feed "};
    int n = sizeof many / sizeof *many;

    for (int i = 0; i < n; i++)
        if (line.len > strlen(many[i]) && memcmp(line.p, many[i], strlen(many[i])) == 0)
            return i + 1;
    return line.len ? 0 : n + 1;
}

/* `feed SIZE TIME PATH` */
static bool
is_file(weir_span line)
{
    int rank = rank_of(line);

    return rank == 1 || rank == 4;
}

/* A line as a person would say it; without one, nothing. */
static void
put_setting(weir_span line, weir_buf *out)
{
    const char *blank = memchr(line.p, ' ', line.len);
    weir_span key = {line.p, blank ? (size_t)(blank - line.p) : line.len};
    bool is_option = key.len > 2 && memcmp(key.p, "--", 2) == 0;
    long long size;
    int path = 0;

    if (is_option && line.len == key.len + 2 && blank[1] == '-')
        weir_buf_printf(out, "no %.*s", (int)key.len, key.p);
    else if (is_option)
        weir_buf_printf(out, "%.*s", (int)(line.len - (line.p[line.len - 1] == ' ')), line.p);
    else if (is_file(line) && sscanf(line.p, "%*s %lld %*s %n", &size, &path) == 1 && path)
        weir_buf_printf(out, "%.*s %.*s of %lld bytes", (int)key.len, key.p,
                        (int)(line.len - (size_t)path), line.p + path, size);
    else
        weir_buf_put(out, line);
}

static weir_span
line_at(const weir_buf *b, size_t at)
{
    return (weir_span){b->p + at, at < b->len ? strcspn(b->p + at, "\n") : 0};
}

/* The first line in which they differ. Of two files with one name and size it is the time. */
void
resume_put_difference(const weir_buf *was, const weir_buf *is, weir_buf *out)
{
    size_t i = 0, at = 0;

    while (i < was->len && i < is->len && was->p[i] == is->p[i])
        if (was->p[i++] == '\n')
            at = i;
    weir_span old = line_at(was, at), new = line_at(is, at);
    weir_buf a = {0}, b = {0};

    put_setting(old, &a);
    put_setting(new, &b);
    if (rank_of(old) > rank_of(new))
        weir_buf_printf(out, "this one has %.*s, which it had not", (int)b.len, b.p);
    else if (rank_of(old) < rank_of(new))
        weir_buf_printf(out, "it had %.*s, which this one has not", (int)a.len, a.p);
    else if (a.len == b.len && memcmp(a.p, b.p, a.len) == 0)
        weir_buf_printf(out, "%.*s has changed since", (int)a.len, a.p);
    else
        weir_buf_printf(out, "it had %.*s, and this one has %.*s", (int)a.len, a.p, (int)b.len,
                        b.p);
    out->failed = out->failed || a.failed || b.failed;
    weir_buf_fini(&a);
    weir_buf_fini(&b);
}
