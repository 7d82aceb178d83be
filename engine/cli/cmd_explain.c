/*
 * tagweir explain: why a hashtag, an account or a post is shown as it is.
 */
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/telling.h"
#include "cli/ui.h"

#include "flow/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct explaining {
    const struct args *args;
    weir_ruleset *rs;
    weir_scratch *scratch;
    int64_t now_ms;
    weir_buf out;
};

/* The question as a line for the reader, as a trends service would send it. */
static void
make_query(const struct args *a, weir_buf *line)
{
    weir_buf_puts(line, a->tag ? "{\"query\":{\"hashtag\":" : "{\"query\":{\"account\":");
    ui_json(line, a->tag ? a->tag : a->account);
    if (a->region != WEIR_REGION_NONE)
        weir_buf_printf(line, ",\"region\":\"%s\"", weir_region_code(a->region));
    if (a->has_at) {
        weir_buf_puts(line, ",\"at\":");
        ui_json(line, a->at);
    }
    weir_buf_puts(line, "}}");
}

static void
put_keys(const weir_post *p, weir_buf *out)
{
    weir_buf key = {0};

    for (size_t i = 0; i < p->nhashtags; i++) {
        weir_buf_puts(out, i ? ", " : "hashtags, as they are compared: ");
        key.len = 0;
        weir_canonical_key(p->hashtags[i], &key);
        tell_text((weir_span){key.p, key.len}, out);
        if (key.len == 0)
            weir_buf_puts(out, "(nothing: it never matches)");
    }
    if (p->nhashtags)
        weir_buf_putc(out, '\n');
    out->failed = out->failed || key.failed;
    weir_buf_fini(&key);
}

static bool
is_number(weir_span s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n == s.len && n > 0;
}

static bool
has_blank(weir_span s)
{
    size_t n = 0;

    while (n < s.len && !strchr(" \t\r\n", s.p[n]))
        n++;
    return n < s.len;
}

/* What was asked about, as it was read. */
static void
put_question(const weir_post *p, weir_buf *out)
{
    const weir_span handle = p->author.handle;

    if (p->query.kind == WEIR_QUERY_HASHTAG) {
        weir_buf_puts(out, "hashtag ");
        tell_text(p->query.value, out);
    } else {
        weir_buf_puts(out, "account ");
        tell_account(&p->author, out);
    }
    if (is_number(handle))
        weir_buf_printf(out, ", read as a handle (for an id, write id:%.*s)", (int)handle.len,
                        handle.p);
    if (p->query.kind == WEIR_QUERY_HASHTAG && has_blank(p->query.value))
        weir_buf_puts(out, ", with a blank in it, as no hashtag in a text has");
    weir_buf_putc(out, '\n');
}

static void
put_subject(const weir_post *p, weir_buf *out)
{
    if (p->query.kind == WEIR_QUERY_NONE) {
        weir_buf_puts(out, "post ");
        tell_text(p->id, out);
        if (p->author.id.len || p->author.handle.len) {
            weir_buf_puts(out, " by ");
            tell_account(&p->author, out);
        }
        weir_buf_printf(out, " (%s)%s%s\n", weir_source_name(p->source),
                        p->repost_of ? ", a repost" : "", p->quotes ? ", with a quote" : "");
    } else {
        put_question(p, out);
    }
    put_keys(p, out);
    if (p->repost_of) {
        weir_buf_puts(out, "reposts ");
        put_subject(p->repost_of, out);
    }
}

static void
put_when(const weir_decision *d, weir_buf *out)
{
    char time[WEIR_TIME_MAX];

    (void)weir_time_format(d->at_ms, time);
    weir_buf_printf(out, "at %s, by ruleset %.16s (%" PRIu32 " %s)\n\n", time,
                    weir_ruleset_digest(d->rs), weir_ruleset_nrules(d->rs),
                    weir_ruleset_nrules(d->rs) == 1 ? "rule" : "rules");
}

static void
explain_decision(struct explaining *x, const weir_decision *d)
{
    enum nearness *near = telling_nearness(x->rs, d, x->args->region);
    struct telling t = {.d = d, .region = x->args->region, .near = near, .out = &x->out};

    put_subject(d->post, &x->out);
    put_when(d, &x->out);
    tell(&t);
    free(near);
    if (d->quoted) {
        weir_buf_puts(&x->out, "\nIt quotes ");
        explain_decision(x, d->quoted);
    }
}

/* The record, and behind its last key the times that records do not carry. */
static void
explain_json(struct explaining *x, const weir_decision *d)
{
    bool *told = ui_alloc(weir_ruleset_nrules(x->rs), sizeof *told);
    bool any = false;

    weir_record_write(d, &x->out);
    if (x->out.failed)
        ui_no_memory();
    x->out.len -= strlen("}\n");
    weir_buf_puts(&x->out, ",\"in_force\":[");
    for (const weir_decision *q = d; q; q = q->quoted) {
        enum nearness *near = telling_nearness(x->rs, q, x->args->region);
        struct telling t = {.d = q, .region = x->args->region, .near = near, .out = &x->out};

        tell_json(&t, told, &any);
        free(near);
    }
    weir_buf_puts(&x->out, "]}\n");
    free(told);
}

static int
explain_item(struct explaining *x, const weir_item *item)
{
    weir_decision d;

    if (item->kind == WEIR_ITEM_ERROR && !x->args->post)
        return args_bad("explain", "--%s: %.*s", x->args->tag ? "tag" : "account",
                        (int)item->detail.len, item->detail.p);
    if (item->kind == WEIR_ITEM_ERROR) {
        ui_say("it cannot be read: %s at byte %zu: %.*s", weir_read_error_name(item->error),
               item->offset, (int)item->detail.len, item->detail.p);
        if (item->error == WEIR_READ_BAD_JSON && x->args->post)
            ui_say("--post takes a file that holds one post; `head -1 FEED | … --post -` helps");
        return EXIT_IO;
    }
    if (item->kind == WEIR_ITEM_SKIP) {
        ui_say("it is no post: %s", item->skip);
        return EXIT_IO;
    }
    weir_status st = weir_decide(x->rs, x->scratch, item->post, x->now_ms, &d);
    if (st != WEIR_OK && st != WEIR_E_LIMIT)
        ui_no_memory();
    if (x->args->json)
        explain_json(x, &d);
    else
        explain_decision(x, &d);
    return EXIT_DONE;
}

static int
explain_line(struct explaining *x, weir_span line, weir_handles *handles)
{
    weir_reader_options o = {
        .max_line = line.len + 1, .tags = x->args->answer.tags, .handles = handles};
    const weir_item *items;
    weir_reader *reader;
    size_t n;
    int rc = EXIT_DONE;

    if (weir_reader_new(&o, &reader) != WEIR_OK ||
        weir_reader_read(reader, line, line.len, &items, &n) != WEIR_OK)
        ui_no_memory();
    if (n == 0) {
        ui_say("there is no post in it");
        rc = EXIT_IO;
    }
    for (size_t i = 0; i < n && rc == EXIT_DONE; i++) {
        if (i && !x->args->json)
            weir_buf_putc(&x->out, '\n');
        rc = explain_item(x, &items[i]);
    }
    weir_reader_free(reader);
    return rc;
}

/* The line to explain: the query made of the options, or the file that holds one post. */
static int
get_line(const struct args *a, weir_buf *line)
{
    if (!a->post) {
        make_query(a, line);
    } else if (!inputs_read(a->post, line)) {
        return EXIT_IO;
    }
    while (line->len && strchr("\r\n \t", line->p[line->len - 1]))
        line->len--;
    if (line->failed)
        ui_no_memory();
    return EXIT_DONE;
}

static int
explain_with(struct explaining *x, weir_handles *handles)
{
    weir_decide_options o = telling_options(x->args->region);
    weir_buf line = {0};

    touched_write(x->args->touched, "-", NULL);
    if (x->args->post)
        touched_read(x->args->touched, x->args->post, "the post");
    int rc = touched_check(x->args->touched);
    if (rc == EXIT_DONE)
        rc = get_line(x->args, &line);

    if (rc == EXIT_DONE) {
        if (weir_scratch_new(x->rs, &o, &x->scratch) != WEIR_OK)
            ui_no_memory();
        rc = explain_line(x, (weir_span){line.p, line.len}, handles);
        int put = ui_put(&x->out);
        rc = rc == EXIT_DONE ? put : rc;
        weir_scratch_free(x->scratch);
    }
    weir_buf_fini(&line);
    weir_buf_fini(&x->out);
    return rc;
}

static int
explain(const struct args *a)
{
    struct explaining x = {.args = a, .now_ms = a->has_at ? a->at_ms : clock_now_ms()};
    weir_handles *handles = NULL;

    if ((a->tag != NULL) + (a->account != NULL) + (a->post != NULL) != 1)
        return args_bad("explain", "say one of --tag, --account and --post");
    int rc = inputs_handles(a, &handles);
    if (rc == EXIT_DONE)
        rc = inputs_rules(a, "explain", &x.rs);
    if (rc == EXIT_DONE)
        rc = explain_with(&x, handles);
    weir_ruleset_unref(x.rs);
    weir_handles_free(handles);
    return rc;
}

const struct command command_explain = {
    .name = "explain",
    .usage = "--rules PATH… (--tag TAG | --account ACCOUNT | --post FILE) [OPTION]…",
    .does = "Tell why a hashtag, an account or a post is shown as it is, and where.",
    .more = "Tells what happens in each region, by which rule and under which order, since and\n"
            "until when, which exemptions acted, and which rules came near without acting. With\n"
            "--json: the record with its trace, and when the rules named hold (`in_force`).\n"
            "Particulars of confidential orders are left out.",
    .options = OPTIONS_OF(OPT_RULES, OPT_STORE, OPT_TAG, OPT_ACCOUNT, OPT_POST, OPT_REGION, OPT_AT,
                          OPT_TAGS, OPT_HANDLES, OPT_NO_JIT, OPT_MATCH_OFF, OPT_JSON, OPT_QUIET),
    .run = explain,
};
