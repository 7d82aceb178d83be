/*
 * Reading the command line with getopt_long: names and arity from the table of options, meaning
 * from options.c. Arguments are taken in order, so that `--rules *.yaml FEED` does what it says.
 */
#include "cli/args.h"

#include "cli/ui.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    char letter;
    const char *value;
} defs[OPT_COUNT] = {
#define X(id, name, letter, value) [OPT_##id] = {name, letter, value},
    OPTIONS(X)
#undef X
};

void
strings_add(struct strings *s, const char *text)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 8;
        s->v = ui_grow(s->v, s->cap, sizeof *s->v);
    }
    s->v[s->n++] = text;
}

void
args_fini(struct args *a)
{
    free(a->rules.v);
    free(a->old_rules.v);
    free(a->new_rules.v);
    free(a->listen.v);
    free(a->plain.v);
    free(a->by_rule.v);
    free(a->by_order.v);
    free(a->redo.v);
    touched_free(a->touched);
    *a = (struct args){0};
}

int
args_bad(const char *command, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)fputs("tagweir: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fprintf(stderr, "\nTry `tagweir %s%s--help`.\n", command, *command ? " " : "");
    va_end(ap);
    return EXIT_USAGE;
}

bool
options_have(const enum option_id *options, enum option_id id)
{
    while (*options != id && *options != OPT_HELP)
        options++;
    return *options == id;
}

/* What getopt_long is told: the command's own options. A long one's value is its id + 256. */
struct spec {
    char letters[3 + 2 * OPT_COUNT];
    struct option longs[OPT_COUNT + 1];
};

static void
make_spec(const struct command *cmd, struct spec *s)
{
    size_t l = 0, n = 0;

    *s = (struct spec){0};
    s->letters[l++] = '-'; /* arguments in order */
    s->letters[l++] = ':'; /* a missing value is told from an unknown option */
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!options_have(cmd->options, (enum option_id)i))
            continue;
        s->longs[n++] =
            (struct option){.name = defs[i].name, .has_arg = defs[i].value != NULL, .val = 256 + i};
        if (defs[i].letter)
            s->letters[l++] = defs[i].letter;
        if (defs[i].letter && defs[i].value)
            s->letters[l++] = ':';
    }
}

/* Letters are a command's own: -o is --out, and --output of what has that. */
static int
id_of(const struct command *cmd, int got)
{
    if (got >= 256)
        return got - 256;
    for (int i = 0; i < OPT_COUNT; i++) {
        if (defs[i].letter && defs[i].letter == got &&
            options_have(cmd->options, (enum option_id)i))
            return i;
    }
    return OPT_COUNT;
}

static int
bad_option(const struct command *cmd, const char *given)
{
    const char *names[OPT_COUNT];
    char name[64];
    size_t n = 0;

    if (optopt >= 256)
        return args_bad(cmd->name, "--%s takes no value", defs[optopt - 256].name);
    if (strncmp(given, "--", 2) != 0)
        return args_bad(cmd->name, "unknown option -%c", optopt);
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (int i = 0; i < OPT_COUNT; i++) {
        if (options_have(cmd->options, (enum option_id)i))
            names[n++] = defs[i].name;
    }
    const char *near = help_nearest(name, names, n);
    if (near)
        return args_bad(cmd->name, "unknown option --%s: did you mean --%s?", name, near);
    return args_bad(cmd->name, "unknown option --%s", name);
}

static bool
ends_in_yaml(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* Where the paths of an option belong; NULL: it has none. */
static struct strings *
rules_of(struct args *a, int id)
{
    return id == OPT_RULES ? &a->rules
           : id == OPT_OLD ? &a->old_rules
           : id == OPT_NEW ? &a->new_rules
                           : NULL;
}

/* Rule files behind `--rules FIRST` belong to it, as the shell gives them for a pattern. */
static int
take_plain(const struct command *cmd, struct args *a, const char *text, struct strings *rules)
{
    if (rules && (!cmd->plain || ends_in_yaml(text)))
        strings_add(rules, text);
    else if (cmd->plain)
        strings_add(&a->plain, text);
    else
        return args_bad(cmd->name, "what is `%s`? This command takes options only", text);
    return ARGS_GO;
}

/* What may be given again adds up, in options.c. Of all else the last would win, and a filter, an
   output or a time that was meant would be lost without a word. Flags say the same again. */
static bool
may_repeat(int id)
{
    static const enum option_id lists[] = {OPT_RULES, OPT_OLD,   OPT_NEW,  OPT_LISTEN,   OPT_ONLY,
                                           OPT_RULE,  OPT_ORDER, OPT_REDO, OPT_MATCH_OFF};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (id == (int)lists[i])
            return true;
    return !defs[id].value;
}

static int
take_option(const struct command *cmd, struct args *a, int got)
{
    int id = id_of(cmd, got);
    weir_buf why = {0};
    int rc = ARGS_GO;

    if (a->given[id] && !may_repeat(id))
        return args_bad(cmd->name,
                        "--%s is given twice, the second time as %s: which one is meant?",
                        defs[id].name, optarg);
    a->given[id] = true;
    if (id == OPT_HELP) {
        help_command(cmd, &why);
        rc = ui_put(&why);
    } else if (!option_take(a, (enum option_id)id, optarg, &why)) {
        weir_buf_putc(&why, '\0');
        if (why.failed)
            ui_no_memory();
        rc = args_bad(cmd->name, "--%s %s: %s", defs[id].name, optarg, why.p);
    }
    weir_buf_fini(&why);
    return rc;
}

static int
missing_value(const struct command *cmd)
{
    int id = id_of(cmd, optopt);

    return args_bad(cmd->name, "--%s needs a value: --%s %s", defs[id].name, defs[id].name,
                    defs[id].value);
}

static const struct args defaults = {.region = WEIR_REGION_NONE,
                                     .since_ms = INT64_MIN,
                                     .until_ms = INT64_MAX,
                                     .socket_mode = 0600,
                                     .control_mode = 0600,
                                     .drain_ms = 10000,
                                     .idle_ms = 600 * 1000,
                                     .line_ms = 30 * 1000,
                                     .send_ms = 60 * 1000,
                                     .http_ms = 30 * 1000,
                                     .http_connections = 100,
                                     .max_memory = (size_t)1 << 30,
                                     .max_shrink = 50,
                                     .samples = 3,
                                     .fsync = -1,
                                     .head_every = 100 * 1000};

int
args_read(const struct command *cmd, int argc, char **argv, struct args *out)
{
    struct spec spec;
    struct strings *rules = NULL; /* of the option before */
    int got, rc = ARGS_GO;

    make_spec(cmd, &spec);
    *out = defaults;
    out->touched = touched_new();
    opterr = 0;
    optind = 1;
    while (rc == ARGS_GO && (got = getopt_long(argc, argv, spec.letters, spec.longs, NULL)) != -1) {
        if (got == 1) {
            rules = !cmd->plain || ends_in_yaml(optarg) ? rules : NULL;
            rc = take_plain(cmd, out, optarg, rules);
            continue;
        }
        if (got == ':')
            rc = missing_value(cmd);
        else if (got == '?')
            rc = bad_option(cmd, argv[optind - 1]);
        else
            rc = take_option(cmd, out, got);
        rules = got != '?' && got != ':' ? rules_of(out, id_of(cmd, got)) : NULL;
    }
    for (; rc == ARGS_GO && optind < argc; optind++)
        rc = take_plain(cmd, out, argv[optind], NULL);
    return rc;
}

static void
help_option(int id, const char *command, weir_buf *out)
{
    char left[40], letter[5] = "    ";

    if (defs[id].letter)
        (void)snprintf(letter, sizeof letter, "-%c, ", defs[id].letter);
    (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, defs[id].name,
                   defs[id].value ? " " : "", defs[id].value ? defs[id].value : "");
    weir_buf_printf(out, "  %-24s  %s\n", left, option_help((enum option_id)id, command));
}

void
help_command(const struct command *cmd, weir_buf *out)
{
    weir_buf_printf(out, "Usage: tagweir %s %s\n\n%s\n", cmd->name, cmd->usage, cmd->does);
    if (cmd->more)
        weir_buf_printf(out, "\n%s\n", cmd->more);
    weir_buf_puts(out, "\nOptions:\n");
    for (int i = 0; i < OPT_COUNT; i++) {
        if (options_have(cmd->options, (enum option_id)i))
            help_option(i, cmd->name, out);
    }
}

/* Edits between two short words: insertions, deletions, replacements. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[64], la = strlen(a), lb = strlen(b);

    if (la >= 64 || lb >= 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);

            corner = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb];
}

const char *
help_nearest(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least = strlen(name) / 3 + 2; /* as far as this is not near */

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(name, names[i]);

        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}
