/*
 * The engine under test: the one file of the bench that knows the engine's private headers.
 *
 * Rules are written as rule files, compiled into a file and loaded from it by the public interface,
 * as a user's are. Keys are given to what stands behind folding and in front of deciding.
 */
#include "engine.h"

#include "match/finder.h"
#include "rule_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tagweir/tagweir.h>
#include <unistd.h>

struct tagweir {
    weir_ruleset *rs;
    struct weir__finder finder;
};

/* Compiling ---------------------------------------------------------------------------------- */

static void
tell_why(weir_status st, const weir_diags *diags, struct compiled *out)
{
    snprintf(out->why, sizeof out->why, "%s", weir_status_text(st));
    for (size_t i = 0; i < weir_diags_count(diags); i++) {
        const weir_diag *d = weir_diags_at(diags, i);
        if (d->severity == WEIR_ERROR) {
            snprintf(out->why, sizeof out->why, "%s:%u: %s", d->file, d->line, d->message);
            return;
        }
    }
}

static void
compile_folder(const char *folder, struct compiled *out)
{
    const weir_load_options o = {.keep_sources = true};
    weir_diags *diags = weir_diags_new();
    weir_ruleset *rs = NULL;
    double start = thread_seconds();
    weir_status st = weir_ruleset_load(&folder, 1, &o, diags, &rs);

    if (st == WEIR_OK)
        st = weir_ruleset_save(rs, out->file, diags);
    out->seconds = thread_seconds() - start;
    if (st != WEIR_OK)
        tell_why(st, diags, out);
    weir_ruleset_unref(rs);
    weir_diags_free(diags);
}

/* In a process of its own, as `tagweir compile` is one: what compiling leaves in the heap, or what
   of it loading would find there to use, must not be in what loading is measured to need. */
static void
compile_apart(const char *folder, struct compiled *out)
{
    int ends[2], status = 0;

    fflush(NULL);
    if (pipe(ends) != 0)
        die(EXIT_FAILED, "no pipe could be made");
    pid_t child = fork();
    if (child == 0) {
        compile_folder(folder, out);
        /* smaller than what a pipe takes at once */
        _exit(write(ends[1], out, sizeof *out) == (ssize_t)sizeof *out ? 0 : 1);
    }
    (void)close(ends[1]);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0 ||
        read(ends[0], out, sizeof *out) != (ssize_t)sizeof *out)
        die(EXIT_FAILED, "rules could not be compiled in a process of its own");
    (void)close(ends[0]);
}

static void
compile(const struct rules *rules, struct compiled *out)
{
    char folder[TEMPORARY_MAX];

    temporary_name(folder);
    temporary_name(out->file);
    int fd = mkstemp(out->file);
    if (!mkdtemp(folder) || fd < 0 || close(fd) != 0)
        die(EXIT_FAILED, "no folder %s could be made for rule files", folder);
    rule_files_write(folder, rules);
    compile_apart(folder, out);
    rule_files_remove(folder);
}

/* Loading ------------------------------------------------------------------------------------ */

/* Until the first tag can be asked for. */
static void
load_without(uint32_t off, struct compiled *c)
{
    weir_decide_options o = {.post_limit = UINT32_MAX, .match_off = off};
    const char *path = c->file;
    struct tagweir *t = allocate(1, sizeof *t);
    weir_diags *diags = weir_diags_new();
    double start = thread_seconds();
    weir_status st = weir_ruleset_load(&path, 1, NULL, diags, &t->rs);

    if (st == WEIR_OK)
        st = weir__finder_init(&t->finder, t->rs, &o);
    c->load_seconds = thread_seconds() - start;
    /* else it was not the file that was measured, but its sources */
    if (st == WEIR_OK && !t->rs->mapped)
        die(EXIT_FAILED, "%s was compiled again instead of being loaded", path);
    if (st == WEIR_OK) {
        c->context = t;
    } else {
        tell_why(st, diags, c);
        weir_ruleset_unref(t->rs);
        free(t);
    }
    weir_diags_free(diags);
}

static void
load_plain(struct compiled *c)
{
    load_without(WEIR_MATCH_MEMO, c);
}

static void
load_memo(struct compiled *c)
{
    load_without(0, c);
}

static void
tagweir_free(void *context)
{
    struct tagweir *t = context;

    weir__finder_fini(&t->finder);
    weir_ruleset_unref(t->rs);
    free(t);
}

/* Matching ----------------------------------------------------------------------------------- */

struct reporting {
    const struct weir_ruleset *rs;
    hit_fn hit;
    void *arg;
};

static void
report(void *arg, size_t key, uint32_t set, enum weir__hit hit)
{
    const struct reporting *r = arg;
    struct weir__postings found = weir__postings_of(&r->rs->postings, set);

    for (size_t i = 0; hit == WEIR__HIT && i < found.n; i++)
        r->hit(r->arg, (uint32_t)key, r->rs->selectors[weir__postings_at(&found, i)].rule);
}

static void
tagweir_match(void *context, const weir_span *tokens, size_t n, hit_fn hit, void *arg)
{
    static const struct weir__scope every_rule = {.only = WEIR_NONE, .region = WEIR_REGION_NONE};
    struct tagweir *t = context;
    struct reporting r = {t->rs, hit, arg};

    weir__finder_begin(&t->finder, every_rule);
    weir__find(&t->finder, WEIR__SPACE_TAG, tokens, n, report, &r);
}

static bool
tagweir_classes(const void *context, struct classes *out)
{
    const struct tagweir *t = context;
    const struct weir_ruleset *rs = t->rs;

    *out = (struct classes){.literal = rs->keys->nkeys};
    for (uint32_t i = 0; i < rs->npatterns; i++)
        switch (rs->patterns[i].class) {
        case WEIR__CLASS_WORDS: /* counted as its keys are */
            break;
        case WEIR__CLASS_EDGE:
            out->prefix++;
            break;
        case WEIR__CLASS_FACTOR:
            out->factor++;
            break;
        case WEIR__CLASS_LOOSE:
            out->factorless++;
            break;
        }
    return true;
}

static const char *
tagweir_version(void)
{
    return "this build";
}

const struct engine engine_tagweir = {
    .name = "tagweir",
    .title = "Tagweir, no memo",
    .about = "the engine, every token looked up as if it came for the first time",
    .version = tagweir_version,
    .compile = compile,
    .load = load_plain,
    .classes = tagweir_classes,
    .match = tagweir_match,
    .free = tagweir_free,
};

const struct engine engine_tagweir_memo = {
    .name = "tagweir-memo",
    .title = "Tagweir, memo",
    .about = "the engine as it is used, which remembers tokens",
    .version = tagweir_version,
    .learns = true,
    .compile = compile,
    .load = load_memo,
    .match = tagweir_match,
    .classes = tagweir_classes,
    .free = tagweir_free,
};
