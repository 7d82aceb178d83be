/*
 * weir-emit: decides a feed and exports what comes of it, by the public interface alone. It is what
 * the exports are tested by: decisions go round between several workers, as they do in threads.
 *
 *     weir-emit KIND RULES CLOCK FEED [--old RULES] [--old-clock CLOCK] [--label-src DID]
 * [--workers N]
 *
 * CLOCK is a time or `created`. With --old or --old-clock it exports changes. Lines go to standard
 * output; to standard error, as JSON, what was counted.
 */
#include <tagweir/tagweir.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORKERS 16

struct clock {
    bool created;
    int64_t ms;
};

static weir_buf in, out, fragments;
static weir_export *export;
static weir_export_worker *worker[MOST_WORKERS];
static weir_ruleset *rules, *old_rules;
static weir_scratch *scratch, *old_scratch;
static struct clock now_at, old_at;
static bool changes;

static weir_span
span(const char *s)
{
    return (weir_span){s, strlen(s)};
}

static void
need(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "weir-emit: %s\n", what);
    exit(2);
}

static struct clock
clock_of(const char *s)
{
    struct clock c = {.created = strcmp(s, "created") == 0};

    need(c.created || weir_time_parse(span(s), &c.ms), "no time");
    return c;
}

static weir_ruleset *
load(const char *path)
{
    weir_diags *diags = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_buf told = {0};
    weir_status st = weir_ruleset_load(&path, 1, NULL, diags, &rs);

    for (size_t i = 0; st != WEIR_OK && i < weir_diags_count(diags); i++)
        weir_diag_format(weir_diags_at(diags, i), false, &told);
    weir_buf_putc(&told, '\0');
    need(st == WEIR_OK, told.p);
    weir_buf_fini(&told);
    weir_diags_free(diags);
    return rs;
}

static weir_decision
decide(const weir_ruleset *rs, weir_scratch *s, const weir_post *p, const struct clock *c)
{
    weir_decision d;
    weir_status st = weir_decide(rs, s, p, c->created ? p->created_ms : c->ms, &d);

    need(st == WEIR_OK || st == WEIR_E_LIMIT, "not decided");
    return d;
}

/* One post, by the worker whose turn it is. */
static void
emit(const weir_post *p, weir_export_worker *w)
{
    weir_decision now = decide(rules, scratch, p, &now_at);
    weir_status st;

    if (changes) {
        weir_decision old = decide(old_rules ? old_rules : rules, old_scratch, p, &old_at);
        st = weir_export_change(w, &old, &now, &fragments);
    } else {
        st = weir_export_decision(w, &now, &fragments);
    }
    need(st == WEIR_OK, "no fragment");
}

static void
read_feed(const char *path, size_t nworkers)
{
    FILE *f = fopen(path, "rb");
    weir_reader_options o = {.need_time = now_at.created};
    weir_reader *reader = NULL;
    size_t turn = 0, n;

    need(f != NULL, "no feed");
    while (weir_buf_reserve(&in, 1 << 16) && (n = fread(in.p + in.len, 1, 1 << 16, f)) > 0)
        in.len += n;
    (void)fclose(f);
    need(weir_reader_new(&o, &reader) == WEIR_OK, "no reader");
    for (size_t at = 0; at < in.len;) {
        const char *end = memchr(in.p + at, '\n', in.len - at);
        size_t len = end ? (size_t)(end - in.p) - at : in.len - at;
        const weir_item *items;
        need(weir_reader_read(reader, (weir_span){in.p + at, len}, in.len - at, &items, &n) ==
                 WEIR_OK,
             "not read");
        for (size_t i = 0; i < n; i++)
            if (items[i].kind == WEIR_ITEM_POST)
                emit(items[i].post, worker[turn++ % nworkers]);
        at += len + 1;
        need(weir_export_collect(export, (weir_span){fragments.p, fragments.len}, &out) == WEIR_OK,
             "not collected");
        fragments.len = 0;
    }
    weir_reader_free(reader);
}

static void
tell_lack(void *arg, const weir_export_lack *lack)
{
    weir_buf *b = arg;

    weir_buf_puts(b, b->p[b->len - 1] == '[' ? "{\"rule\":" : ",{\"rule\":");
    weir_buf_put_json(b, span(lack->rule));
    weir_buf_puts(b, ",\"message\":");
    weir_buf_put_json(b, span(lack->message));
    weir_buf_printf(b, ",\"statements\":%llu}", (unsigned long long)lack->statements);
}

static void
tell_counts(void)
{
    weir_export_counts c;
    weir_buf b = {0};

    weir_export_count(export, &c);
    weir_buf_printf(&b, "{\"items\":%llu,\"repeated\":%llu", (unsigned long long)c.items,
                    (unsigned long long)c.repeated);
    for (int i = 0; i < WEIR_NLEFT_OUT; i++)
        weir_buf_printf(&b, ",\"%s\":%llu", weir_left_out_name((weir_left_out)i),
                        (unsigned long long)c.left_out[i]);
    weir_buf_puts(&b, ",\"lacks\":[");
    weir_export_lacks(export, tell_lack, &b);
    weir_buf_puts(&b, "]}\n");
    (void)fwrite(b.p, 1, b.len, stderr);
    weir_buf_fini(&b);
}

static size_t
take_options(char **argv, weir_export_options *o)
{
    size_t nworkers = 1;

    for (char **a = argv; *a; a += 2) {
        need(a[1] != NULL, "an option without its value");
        if (strcmp(*a, "--old") == 0)
            old_rules = load(a[1]);
        else if (strcmp(*a, "--old-clock") == 0)
            old_at = clock_of(a[1]);
        else if (strcmp(*a, "--label-src") == 0)
            o->label_src = a[1];
        else if (strcmp(*a, "--workers") == 0)
            nworkers = (size_t)atoi(a[1]);
        else
            need(false, *a);
        changes = changes || strncmp(*a, "--old", 5) == 0;
    }
    need(nworkers >= 1 && nworkers <= MOST_WORKERS, "workers: 1 to 16");
    o->changes = changes;
    return nworkers;
}

int
main(int argc, char **argv)
{
    weir_export_options o = {0};
    weir_buf why = {0};

    need(argc >= 5 && weir_export_find(span(argv[1]), &o.kind), "KIND RULES CLOCK FEED [options]");
    rules = load(argv[2]);
    now_at = old_at = clock_of(argv[3]);
    size_t nworkers = take_options(argv + 5, &o);
    weir_status st = weir_export_new(&o, rules, old_rules, &why, &export);
    weir_buf_putc(&why, '\0');
    need(st == WEIR_OK, why.p);
    for (size_t i = 0; i < nworkers; i++)
        need(weir_export_worker_new(export, &worker[i]) == WEIR_OK, "no worker");
    need(weir_scratch_new(rules, NULL, &scratch) == WEIR_OK, "no scratch");
    need(weir_scratch_new(old_rules ? old_rules : rules, NULL, &old_scratch) == WEIR_OK,
         "no scratch");
    read_feed(argv[4], nworkers);
    need(weir_export_finish(export, &out) == WEIR_OK, "not finished");
    for (size_t i = 0; i < nworkers; i++)
        weir_export_worker_free(worker[i]);
    if (out.len)
        (void)fwrite(out.p, 1, out.len, stdout);
    tell_counts();
    weir_export_free(export);
    weir_scratch_free(scratch);
    weir_scratch_free(old_scratch);
    weir_ruleset_unref(rules);
    weir_ruleset_unref(old_rules);
    weir_buf_fini(&in);
    weir_buf_fini(&out);
    weir_buf_fini(&fragments);
    weir_buf_fini(&why);
    return 0;
}
