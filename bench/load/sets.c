/*
 * Making rule sets, and putting them in each other's place.
 */
#include "load/sets.h"

#include "load/answers.h"
#include "load/process.h"
#include "rule_files.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tagweir/ruleset.h>
#include <unistd.h>

void
sets_find_tagweir(char path[4096])
{
    char self[4000] = "";

    if (!path[0]) {
        if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
            die(EXIT_FAILED, "/proc/self/exe: %m");
        snprintf(path, 4096, "%s/tagweir", dirname(self));
    }
    if (access(path, X_OK) != 0)
        die(EXIT_USAGE, "%s is no program; --tagweir names another", path);
}

static void
compile(const char *tagweir, const struct set *s)
{
    const char *const argv[] = {tagweir, "compile", "-q", s->sources, "-o", s->compiled, NULL};
    char end[64];
    int status = process_wait(process_start(argv, -1, -1, -1), NULL);

    process_tell(status, end);
    if (status != 0)
        die(EXIT_FAILED, "%s compile %s: %s", tagweir, s->sources, end);
}

static uint64_t
digest_of(const char *compiled)
{
    weir_diags *diags = weir_diags_new();
    weir_ruleset *rs = NULL;

    if (weir_ruleset_load(&compiled, 1, NULL, diags, &rs) != WEIR_OK)
        die(EXIT_FAILED, "%s cannot be loaded", compiled);
    uint64_t digest = watch_number(weir_ruleset_digest(rs));
    weir_ruleset_unref(rs);
    weir_diags_free(diags);
    return digest;
}

void
sets_make(struct set *s, const char *tagweir, const char *name, const struct rules *rules)
{
    char file[80];

    workplace_folder(s->sources, name);
    rule_files_write(s->sources, rules);
    snprintf(file, sizeof file, "%.60s.tws", name);
    workplace_path(s->compiled, file);
    compile(tagweir, s);
    s->digest = digest_of(s->compiled);
}

/* A new name for the file or folder, moved over the old name. A folder is named by a symbolic link:
   it could not be moved over one that is not empty. */
void
place_put(const struct place *p, const struct set *s)
{
    char beside[WORKPLACE_PATH_MAX + 8];

    snprintf(beside, sizeof beside, "%s.new", p->path);
    (void)unlink(beside);
    int failed = p->is_compiled ? link(s->compiled, beside) : symlink(s->sources, beside);
    if (failed || rename(beside, p->path) != 0)
        die(EXIT_FAILED, "%s could not be put in place: %m", p->path);
}
