/*
 * The program: a table of commands.
 */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/ui.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_serve, &command_ctl,     &command_replay,  &command_diff,  &command_report,
    &command_check, &command_compile, &command_explain, &command_posts, &command_verify,
};

#define NCOMMANDS (sizeof commands / sizeof *commands)

static void
put_help(weir_buf *out)
{
    weir_buf_puts(out, "Usage: tagweir COMMAND …\n\n"
                       "Decides for every post and every region whether it is withheld, "
                       "downranked or allowed,\nfrom rules about accounts and hashtags.\n\n"
                       "Commands:\n");
    for (size_t i = 0; i < NCOMMANDS; i++)
        weir_buf_printf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->does);
    weir_buf_puts(out, "\n`tagweir COMMAND --help` tells more. `tagweir --version` tells which "
                       "one this is.\n\nExit codes: 0 done, 1 findings, 2 bad usage, 3 bad rules, "
                       "4 input or output failed.\n");
}

static const struct command *
find(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int
unknown(const char *name)
{
    const char *names[NCOMMANDS + 2] = {"--help", "--version"};
    const char *what = name[0] == '-' ? "option" : "command";

    for (size_t i = 0; i < NCOMMANDS; i++)
        names[i + 2] = commands[i]->name;
    const char *near = help_nearest(name, names, NCOMMANDS + 2);
    if (near)
        return args_bad("", "unknown %s %s: did you mean %s?", what, name, near);
    return args_bad("", "unknown %s %s", what, name);
}

/* All of them, so that none is left out when one is added. */
static int
ask_which(void)
{
    weir_buf names = {0};

    for (size_t i = 0; i < NCOMMANDS; i++)
        weir_buf_printf(&names, "%s%s",
                        i == 0              ? ""
                        : i + 1 < NCOMMANDS ? ", "
                                            : " or ",
                        commands[i]->name);
    weir_buf_putc(&names, '\0');
    if (names.failed)
        ui_no_memory();
    int rc = args_bad("", "which command? %s", names.p);
    weir_buf_fini(&names);
    return rc;
}

static int
help(const struct command *cmd)
{
    weir_buf out = {0};

    if (cmd)
        help_command(cmd, &out);
    else
        put_help(&out);
    int rc = ui_put(&out);
    weir_buf_fini(&out);
    return rc;
}

static int
version(void)
{
    weir_buf out = {0};

    weir_buf_puts(&out, "tagweir " WEIR_VERSION "\n");
    int rc = ui_put(&out);
    weir_buf_fini(&out);
    return rc;
}

static int
run(const struct command *cmd, int argc, char **argv)
{
    struct args args;
    int rc = args_read(cmd, argc, argv, &args);

    if (rc == ARGS_GO)
        rc = cmd->run(&args);
    args_fini(&args);
    return rc;
}

static int
obey(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    const struct command *cmd = find(name);

    if (cmd)
        return run(cmd, argc - 1, argv + 1);
    if (argc < 2)
        return ask_which();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        if (argc > 2 && !find(argv[2]))
            return unknown(argv[2]);
        return help(argc > 2 ? find(argv[2]) : NULL);
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return version();
    return unknown(name);
}

int
main(int argc, char **argv)
{
    /* A reader that goes away is an error of writing: what is kept beside is brought in order. */
    bool ignored = signal(SIGPIPE, SIG_IGN) == SIG_IGN;

    return ui_end(obey(argc, argv), ignored);
}
