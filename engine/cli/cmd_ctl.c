/*
 * tagweir ctl: ask a running server, and tell it what to do.
 */
#include "cli/commands.h"
#include "cli/ui.h"

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

/* The request as a line. @return EXIT_DONE, or what was wrong, which was said. */
static int
put_request(const struct args *a, weir_buf *line)
{
    static const struct {
        const char *verb;
        size_t words;
    } verbs[] = {{"status", 1}, {"reload", 1}, {"rollback", 1}, {"reset", 2}};
    const char *verb = a->plain.n ? a->plain.v[0] : "";
    size_t i = 0;

    while (i < sizeof verbs / sizeof *verbs && strcmp(verb, verbs[i].verb) != 0)
        i++;
    if (i == sizeof verbs / sizeof *verbs || a->plain.n != verbs[i].words)
        return args_bad("ctl", "expected status, reload, rollback or reset RULE");
    if (a->dry_run && strcmp(verb, "reload") == 0)
        return put_dry_run(a, line);
    for (size_t k = 0; k < a->plain.n; k++) {
        weir_buf_puts(line, k ? " " : "");
        weir_buf_puts(line, a->plain.v[k]);
    }
    if (a->accept_shrink && strcmp(verb, "reload") == 0)
        weir_buf_puts(line, " accept-shrink");
    if (a->json && strcmp(verb, "status") == 0)
        weir_buf_puts(line, " json");
    weir_buf_putc(line, '\n');
    if (line->failed)
        ui_no_memory();
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

static int
ctl(const struct args *a)
{
    const char *address = a->control ? a->control : getenv("TAGWEIR_CONTROL");
    weir_buf request = {0}, said = {0}, why = {0};
    int rc;

    if (!address)
        return args_bad("ctl", "which server? Say --control unix:PATH, as `serve` was told");
    rc = put_request(a, &request);
    if (rc == EXIT_DONE) {
        bool called = call_control(address, (weir_span){request.p, request.len}, &said, &why);

        if (called)
            rc = tell(&said);
        else {
            weir_buf_putc(&why, '\0');
            ui_say("%s", why.failed ? "out of memory" : why.p);
            rc = EXIT_IO;
        }
    }
    weir_buf_fini(&request);
    weir_buf_fini(&said);
    weir_buf_fini(&why);
    return rc;
}

const struct command command_ctl = {
    .name = "ctl",
    .usage = "--control ADDRESS status|reload|rollback|reset RULE [OPTION]…",
    .does = "Ask a running server how it is, or tell it what to do.",
    .more = "  status      how it is, and what it has counted; --json for programs\n"
            "  reload      load the rules again, as SIGHUP does, and tell how that went\n"
            "              (--dry-run: only what would come of it; with --feed, to a feed)\n"
            "  rollback    go back to the rules that were served before\n"
            "  reset RULE  let a breaker that has tripped count anew (`*`: all of them; `set`:\n"
            "              that of the whole set)\n\n"
            "Exit code 1: it was refused, and the text says why. The address is that of --control\n"
            "of `serve`; TAGWEIR_CONTROL in the environment is the default.",
    .options = OPT_BIT(CONTROL) | OPT_BIT(ACCEPT_SHRINK) | OPT_BIT(DRY_RUN) | OPT_BIT(FEED) |
               OPT_BIT(JSON) | OPT_BIT(HELP),
    .plain = "WORD",
    .run = ctl,
};
