/*
 * tagweir compile: rules to a file that is ready as soon as it is mapped.
 */
#include "cli/checking.h"
#include "cli/commands.h"
#include "cli/ui.h"
#include "flow/said.h"
#include "serve/store.h"

#include <string.h>

static void
put_written(const struct checking *c, const char *path, weir_buf *out)
{
    struct stat st;

    weir_buf_printf(out, "%s: ", path);
    if (stat(path, &st) == 0)
        ui_count(out, (uint64_t)st.st_size, "byte", "bytes");
    weir_buf_printf(out, ", digest %s\n", weir_ruleset_digest(c->rs));
}

static void
put_written_json(const struct checking *c, const char *path, weir_buf *out)
{
    struct stat st;

    weir_buf_puts(out, ",\"file\":");
    ui_json(out, path);
    if (stat(path, &st) == 0)
        weir_buf_printf(out, ",\"bytes\":%llu", (unsigned long long)st.st_size);
    weir_buf_printf(out, ",\"digest\":\"%s\"", weir_ruleset_digest(c->rs));
}

/* Before anything is written. */
static int
check_paths(const struct args *a)
{
    if (a->output)
        touched_write_compiled(a->touched, a->output, "-o");
    touched_write(a->touched, "-", NULL);
    return touched_check(a->touched);
}

/* By its digest, where --store says so; and where -o does. */
static void
save(struct checking *c, const struct args *a, weir_buf *why)
{
    if (a->output)
        c->st = weir_ruleset_save(c->rs, a->output, c->diags);
    if (c->st == WEIR_OK && a->store && !store_keep(a->store, c->rs, why))
        c->st = WEIR_E_IO;
    if (c->st == WEIR_E_NOMEM)
        ui_no_memory();
}

/* Where it is: the file that was named, else that in the store. */
static void
put_path(const struct checking *c, const struct args *a, weir_buf *path)
{
    if (a->output)
        weir_buf_puts(path, a->output);
    else
        weir_buf_printf(path, "%s/%s.tws", a->store, weir_ruleset_digest(c->rs));
    weir_buf_putc(path, '\0');
    if (path->failed)
        ui_no_memory();
}

static int
compile(const struct args *a)
{
    struct checking c;
    weir_buf more = {0}, path = {0}, why = {0};

    if (!a->output && !a->store)
        return args_bad("compile",
                        "say where to write the compiled rule set: -o FILE, or --store DIR");
    if (a->output && strcmp(a->output, "-") == 0)
        return args_bad("compile", "a compiled rule set is a file, and not written to standard "
                                   "output: -o FILE");
    int rc = checking_load(&c, a, "compile", true);
    if (rc == EXIT_DONE)
        rc = check_paths(a);
    if (rc == EXIT_DONE) {
        if (c.st == WEIR_OK)
            save(&c, a, &why);
        if (why.len)
            ui_say("%s", said_text(&why));
        if (c.st == WEIR_OK) {
            put_path(&c, a, &path);
            (a->json ? put_written_json : put_written)(&c, path.p, &more);
        }
        rc = checking_report(&c, a, &more);
    }
    weir_buf_fini(&more);
    weir_buf_fini(&path);
    weir_buf_fini(&why);
    checking_fini(&c);
    return rc;
}

const struct command command_compile = {
    .name = "compile",
    .usage = "[OPTION]… RULES… -o FILE|--store DIR",
    .does = "Compile rules into one file that loads at once.",
    .more =
        "The file holds the tables that deciding reads, and the rules themselves. It can be\n"
        "named wherever rules can, and decides the same. It is written only if there is no\n"
        "error and the tests that the rules carry pass, and takes the place of an older one in\n"
        "one step. The same rules give the same bytes. With --json an object of `messages` is\n"
        "printed, and, if it was written, `file`, `bytes` and the `digest` of the rule set.\n\n"
        "It is for this version of tagweir and this kind of machine. Where ICU is another one\n"
        "than it was compiled with, the rules in it are compiled again at each start, with a\n"
        "warning.",
    .options = OPTIONS_OF(OPT_RULES, OPT_OUTPUT, OPT_STORE, OPT_NO_JIT, OPT_JSON, OPT_QUIET),
    .plain = "RULES",
    .run = compile,
};
