/*
 * Loading what the command line names.
 */
#include "cli/inputs.h"

#include "cli/ui.h"
#include "flow/said.h"
#include "serve/store.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
status_exit(weir_status st)
{
    switch (st) {
    case WEIR_OK:
        return EXIT_DONE;
    case WEIR_E_RULES:
        return EXIT_RULES;
    case WEIR_E_NOMEM:
        ui_no_memory();
    default:
        return EXIT_IO;
    }
}

static void
add_copy(struct strings *out, const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        ui_no_memory();
    strings_add(out, copy);
}

/* What --rules names is a digest, and its file is in the store. */
static bool
names_stored(const struct args *a, const char *rules)
{
    return a->store && store_is_digest(rules);
}

static bool
add_stored(const struct args *a, const char *digest, struct strings *out)
{
    weir_buf path = {0}, why = {0};
    bool found = store_find(a->store, digest, &path, &why);

    if (found)
        weir_buf_putc(&path, '\0');
    if (path.failed)
        ui_no_memory();
    if (found)
        strings_add(out, path.p); /* inputs_files_free frees it */
    else
        ui_say("%s", said_text(&why));
    weir_buf_fini(&why);
    return found;
}

/* It might be taken for a file that is absent, or, worse, for one that is there. */
static bool
is_too_short(const struct args *a, const char *rules)
{
    struct stat st;

    if (!a->store || !store_is_short(rules) || stat(rules, &st) == 0)
        return false;
    ui_say("--rules %s: there is no such file, and as a rule set's digest it is too short: give at "
           "least the %u digits that records show",
           rules, STORE_DIGEST_LEAST);
    return true;
}

int
inputs_rule_paths(const struct args *a, const char *command, struct strings *out)
{
    bool good = true;

    if (!a->rules.n)
        return args_bad(command, "no rules: say --rules PATH");
    for (size_t i = 0; i < a->rules.n; i++)
        if (names_stored(a, a->rules.v[i]))
            good = add_stored(a, a->rules.v[i], out) && good;
        else if (is_too_short(a, a->rules.v[i]))
            good = false;
        else
            add_copy(out, a->rules.v[i]);
    return good ? EXIT_DONE : EXIT_IO;
}

/* A stored set that was compiled again has the digest of today's Unicode, and may decide otherwise:
   nobody is to take that for what was asked. */
static bool
is_as_asked(const struct args *a, const char *path, const weir_ruleset *rs)
{
    if (a->rules.n != 1 || !names_stored(a, a->rules.v[0]) || store_is_it(rs, a->rules.v[0]))
        return true;
    ui_say(
        "%s: this is not rule set %.16s, but %.16s: it lies under another's name, or Unicode is "
        "another one than it was compiled with (a warning above says so), which is a part of what "
        "a digest is of, and the same rules may decide otherwise. Use a tagweir built with that "
        "Unicode; or, to see what today's makes of these rules, name the file: --rules %s",
        path, a->rules.v[0], weir_ruleset_digest(rs), path);
    return false;
}

/* Whose rule sets are kept in the store as soon as they are loaded: `serve` and `compile` keep
   theirs themselves. One that was found there is there. */
static bool
keeps(const struct args *a, const char *command)
{
    static const char *const keepers[] = {"replay", "report", "diff"};
    bool found = a->rules.n == 1 && names_stored(a, a->rules.v[0]);

    for (size_t i = 0; a->store && !found && i < sizeof keepers / sizeof *keepers; i++)
        if (strcmp(command, keepers[i]) == 0)
            return true;
    return false;
}

static weir_status
keep(const struct args *a, const weir_ruleset *rs)
{
    weir_buf why = {0};
    bool good = store_keep(a->store, rs, &why);

    if (!good)
        ui_say("%s", said_text(&why));
    weir_buf_fini(&why);
    return good ? WEIR_OK : WEIR_E_IO;
}

void
inputs_on_rule_file(void *touched, const char *path, weir_file_kind kind)
{
    static const char *const as[] = {[WEIR_FILE_RULES] = "rules",
                                     [WEIR_FILE_LIST] = "a list of the rules",
                                     [WEIR_FILE_COMPILED] = touched_compiled};

    touched_read(touched, path, as[kind]);
}

/* Who keeps rule sets in the store needs their sources; who finds one there does not. */
static weir_status
load(const struct args *a, const char *command, const struct strings *paths, weir_ruleset **out)
{
    weir_load_options o = {.match_off = a->answer.match_off,
                           .keep_sources =
                               keeps(a, command) || (a->store && strcmp(command, "serve") == 0),
                           .on_file = inputs_on_rule_file,
                           .on_file_arg = a->touched};
    weir_diags *diags = weir_diags_new();

    if (!diags)
        ui_no_memory();
    weir_status st = weir_ruleset_load(paths->v, paths->n, &o, diags, out);
    if (st == WEIR_OK)
        st = weir_ruleset_test(*out, diags, NULL);
    ui_diags(diags, a->quiet ? WEIR_ERROR : WEIR_WARNING);
    weir_diags_free(diags);
    if (st == WEIR_OK && !is_as_asked(a, paths->v[0], *out))
        st = WEIR_E_IO;
    if (st == WEIR_OK && keeps(a, command))
        st = keep(a, *out);
    return st;
}

int
inputs_rules(const struct args *a, const char *command, weir_ruleset **out)
{
    struct strings paths = {0};

    *out = NULL;
    int rc = inputs_rule_paths(a, command, &paths);
    weir_status st = rc == EXIT_DONE ? load(a, command, &paths, out) : WEIR_OK;
    inputs_files_free(&paths);
    if (st == WEIR_OK)
        return rc;
    weir_ruleset_unref(*out);
    *out = NULL;
    if (st == WEIR_E_RULES)
        ui_say("rules with errors are not used");
    return status_exit(st);
}

int
inputs_handles(const struct args *a, weir_handles **out)
{
    weir_buf text = {0};
    weir_diags *diags;

    *out = NULL;
    if (!a->handles)
        return EXIT_DONE;
    touched_read(a->touched, a->handles, "handles");
    if (!inputs_read(a->handles, &text))
        return EXIT_IO;
    diags = weir_diags_new();
    if (!diags)
        ui_no_memory();
    weir_status st = weir_handles_parse((weir_span){text.p, text.len}, a->handles, diags, out);
    ui_diags(diags, WEIR_WARNING);
    weir_diags_free(diags);
    weir_buf_fini(&text);
    if (st == WEIR_E_NOMEM)
        ui_no_memory();
    return st == WEIR_OK ? EXIT_DONE : EXIT_IO; /* no rules: a file that cannot be read as one */
}

static bool
complain(const char *path, int error)
{
    ui_say("%s: %s", path, strerror(error));
    return false;
}

static bool
ends_in(const char *path, const char *suffix)
{
    size_t len = strlen(path), tail = suffix ? strlen(suffix) : 0;

    return len >= tail && strcmp(path + len - tail, suffix ? suffix : "") == 0;
}

static bool
add_openable(struct strings *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return complain(path, errno);
    (void)close(fd);
    add_copy(out, path);
    return true;
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What a folder holds that is passed over; NULL: it is not, or is as good as nothing. */
static const char *
passed_over(const FTSENT *e)
{
    switch (e->fts_info) {
    case FTS_SLNONE:
        return "the link leads to nothing";
    case FTS_DC:
        return "it leads back to a folder that it is in";
    case FTS_DEFAULT:
        return "it is no file, but a pipe, a socket or a device";
    default:
        return NULL;
    }
}

static bool
add_folder(struct strings *out, const char *path, const char *suffix, bool tell)
{
    char *roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    size_t from = out->n;
    bool good = true;
    FTSENT *e;

    if (!fts)
        return complain(path, errno);
    while ((e = fts_read(fts))) {
        if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS)
            good = complain(e->fts_path, e->fts_errno);
        else if (e->fts_info == FTS_F && ends_in(e->fts_path, suffix))
            good = add_openable(out, e->fts_path) && good;
        else if (tell && passed_over(e))
            ui_say("%s was skipped: %s", e->fts_path, passed_over(e));
    }
    (void)fts_close(fts);
    if (out->n > from)
        qsort(out->v + from, out->n - from, sizeof *out->v, by_bytes);
    return good;
}

int
inputs_files(const struct strings *paths, const char *suffix, bool tell, struct strings *out)
{
    bool good = true;
    struct stat st;

    for (size_t i = 0; i < paths->n; i++) {
        const char *path = paths->v[i];

        if (strcmp(path, "-") == 0)
            add_copy(out, path);
        else if (stat(path, &st) < 0)
            good = complain(path, errno);
        else if (S_ISDIR(st.st_mode))
            good = add_folder(out, path, suffix, tell) && good;
        else if (S_ISREG(st.st_mode))
            good = add_openable(out, path) && good;
        else
            add_copy(out, path); /* opening a pipe would wait for its writer */
    }
    return good ? EXIT_DONE : EXIT_IO;
}

void
inputs_files_free(struct strings *files)
{
    for (size_t i = 0; i < files->n; i++)
        free((void *)(uintptr_t)files->v[i]);
    free(files->v);
    *files = (struct strings){0};
}

int
inputs_sources(const struct args *a, const char *command, struct source_options *out)
{
    *out = (struct source_options){
        .owner_id = a->owner_id,
        .owner_handle = a->owner,
        .max_line = a->answer.max_line,
        .command = command,
    };
    if (a->owner_id && !a->owner)
        return args_bad(command, "--owner-id needs --owner, the handle");
    return EXIT_DONE;
}

size_t
inputs_cores(void)
{
    cpu_set_t may;
    int n = sched_getaffinity(0, sizeof may, &may) == 0 ? CPU_COUNT(&may) : 1;

    return n > 0 ? (size_t)n : 1;
}

bool
inputs_read(const char *path, weir_buf *out)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0 || (n < 0 && fd >= 0 && errno == EINTR)) {
        char *room = weir_buf_reserve(out, (size_t)64 * 1024);

        if (!room)
            ui_no_memory();
        n = read(fd, room, (size_t)64 * 1024);
        if (n > 0)
            out->len += (size_t)n;
    }
    bool good = n == 0 || complain(path, errno);
    if (fd > STDIN_FILENO)
        (void)close(fd);
    return good;
}
