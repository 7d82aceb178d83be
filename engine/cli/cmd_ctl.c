/*
 * tagweir ctl: ask a running server, and tell it what to do.
 */
#include "cli/commands.h"

#include "cli/ui.h"
#include "flow/said.h"
#include "serve/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A dry run is a word of its own; the server opens the feed, wherever we are. */
static int
put_dry_run(const struct args *a, weir_buf *line)
{
    char *path = a->feed ? realpath(a->feed, NULL) : NULL;

    if (a->feed && !path) {
        ui_say("%s: %s", a->feed, strerror(errno));
        return EXIT_IO;
    }
    weir_buf_puts(line, "dry-run");
    if (path)
        weir_buf_printf(line, " %s", path);
    free(path);
    weir_buf_putc(line, '\n');
    return EXIT_DONE;
}

/* A minute is long for what is no work. Loading rules, and answering a feed by them, takes what it
   takes. */
#define PATIENCE_MS 60000

struct verb {
    const char *name;
    size_t words;                  /* itself among them */
    const enum option_id *options; /* that it has a use for */
    unsigned answer_ms;            /* how long an answer may take; 0: for ever */
};

static const struct verb verbs[] = {
    {"status", 1, OPTIONS_OF(OPT_JSON), PATIENCE_MS},
    {"reload", 1, OPTIONS_OF(OPT_DRY_RUN, OPT_FEED, OPT_ACCEPT_SHRINK), 0},
    {"rollback", 1, OPTIONS_OF(), 0}, /* it waits for a load that is under way */
    {"head", 1, OPTIONS_OF(), PATIENCE_MS},
    {"reset", 2, OPTIONS_OF(), PATIENCE_MS},
};

static const struct verb *
find_verb(const struct strings *words)
{
    for (size_t i = 0; words->n && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(words->v[0], verbs[i].name) == 0)
            return words->n == verbs[i].words ? &verbs[i] : NULL;
    return NULL;
}

/* An option that is left out of account would do harm: whoever adds --dry-run to `rollback` wants
   nothing to change. @return EXIT_DONE, or EXIT_USAGE, and it was said. */
static int
refuse_options(const struct args *a, const struct verb *v)
{
    const struct {
        bool given;
        enum option_id option;
        const char *name, *right;
    } all[] = {
        {a->json, OPT_JSON, "json", "status --json"},
        {a->dry_run, OPT_DRY_RUN, "dry-run", "reload --dry-run"},
        {a->feed, OPT_FEED, "feed", "reload --dry-run --feed FILE"},
        {a->accept_shrink, OPT_ACCEPT_SHRINK, "accept-shrink", "reload --accept-shrink"},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given && !options_have(v->options, all[i].option))
            return args_bad("ctl", "`%s` has no --%s: leave it out, or write `%s`", v->name,
                            all[i].name, all[i].right);
    if (a->feed && !a->dry_run)
        return args_bad("ctl",
                        "--feed is for dry runs, and this would be none: write "
                        "`reload --dry-run --feed %s`, or leave it out",
                        a->feed);
    if (a->accept_shrink && a->dry_run)
        return args_bad("ctl", "a dry run accepts no list that has shrunk: leave out "
                               "--accept-shrink, or --dry-run to reload");
    return EXIT_DONE;
}

/* The request as a line. @return EXIT_DONE, or what was wrong, which was said. */
static int
put_request(const struct args *a, weir_buf *line)
{
    const struct verb *v = find_verb(&a->plain);

    if (!v)
        return args_bad("ctl", "expected status, head, reload, rollback or reset RULE");
    if (refuse_options(a, v) != EXIT_DONE)
        return EXIT_USAGE;
    if (v->words > 1 && !*a->plain.v[1])
        return args_bad("ctl", "reset which breaker? Name its rule; `set` is that of the whole "
                               "set, `*` is all of them");
    if (a->dry_run)
        return put_dry_run(a, line);
    for (size_t k = 0; k < a->plain.n; k++) {
        weir_buf_puts(line, k ? " " : "");
        weir_buf_puts(line, a->plain.v[k]);
    }
    if (a->accept_shrink)
        weir_buf_puts(line, " accept-shrink");
    if (a->json)
        weir_buf_puts(line, " json");
    weir_buf_putc(line, '\n');
    return EXIT_DONE;
}

/* `done` or `refused`, and what stands behind it. */
static int
tell(const weir_buf *said)
{
    const char *end = said->len ? memchr(said->p, '\n', said->len) : NULL;
    weir_buf text = {0};

    if (!end) {
        ui_say("the server did not answer");
        return EXIT_IO;
    }
    bool done = said->len >= 5 && memcmp(said->p, "done\n", 5) == 0;
    weir_buf_put(&text, (weir_span){end + 1, said->len - (size_t)(end + 1 - said->p)});
    int rc = EXIT_DONE;
    if (done)
        rc = ui_put(&text);
    else
        ui_tell(&text);
    weir_buf_fini(&text);
    return done ? rc : EXIT_FINDINGS;
}

/* What had come before the connection broke may say why it did. */
static int
tell_failure(const weir_buf *said, weir_buf *why)
{
    weir_buf text = {0};

    weir_buf_put(&text, (weir_span){said->p, said->len});
    if (said->len)
        ui_tell(&text);
    weir_buf_fini(&text);
    ui_say("%s", said_text(why));
    return EXIT_IO;
}

static int
ctl(const struct args *a)
{
    const char *address = a->control ? a->control : getenv("TAGWEIR_CONTROL");
    weir_buf request = {0}, said = {0}, why = {0};
    int rc;

    if (!address)
        return args_bad("ctl", "which server? Say --control unix:PATH, as `serve` was told");
    rc = put_request(a, &request);
    if (request.failed)
        ui_no_memory();
    if (rc == EXIT_DONE) {
        struct call_patience patience = {PATIENCE_MS, find_verb(&a->plain)->answer_ms};
        bool called =
            call_control(address, (weir_span){request.p, request.len}, &patience, &said, &why);

        rc = called ? tell(&said) : tell_failure(&said, &why);
    }
    weir_buf_fini(&request);
    weir_buf_fini(&said);
    weir_buf_fini(&why);
    return rc;
}

const struct command command_ctl = {
    .name = "ctl",
    .usage = "--control ADDRESS status|head|reload|rollback|reset RULE [OPTION]…",
    .does = "Ask a running server how it is, or tell it what to do.",
    .more =
        "  status      how it is, and what it has counted; --json for programs\n"
        "  head        where its decision journal stands: HASH:COUNT, to be kept elsewhere; later\n"
        "              `tagweir verify --head` proves that nothing before it was cut off\n"
        "  reload      load the rules again, as SIGHUP does, and tell how that went\n"
        "              (--dry-run: only what would come of it; with --feed, to a feed)\n"
        "  rollback    go back to the rules that were served before\n"
        "  reset RULE  let a breaker that has tripped count anew (`*`: all of them; `set`:\n"
        "              that of the whole set)\n\n"
        "An option that a word has no use for is refused, and nothing is done. Exit code 1: the\n"
        "server refused, and the text says why. `status`, `head` and `reset` wait a minute for an\n"
        "answer, the others as long as it takes. The address is that of --control\n"
        "of `serve`; TAGWEIR_CONTROL in the environment is the default.",
    .options = OPTIONS_OF(OPT_CONTROL, OPT_ACCEPT_SHRINK, OPT_DRY_RUN, OPT_FEED, OPT_JSON),
    .plain = "WORD",
    .run = ctl,
};
