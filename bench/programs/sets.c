/*
 * Making rule sets, and putting them in each other's place.
 */
#include "programs/sets.h"

#include "programs/answers.h"
#include "programs/process.h"
#include "rule_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGEST_KEY "\"digest\":\""

void
sets_find_tagweir(char path[4096])
{
    if (!path[0])
        process_beside(path, "tagweir");
    if (access(path, X_OK) != 0)
        die(EXIT_USAGE, "%s is no program; --tagweir names another", path);
}

/* As the program tells it: it may be another build than this one. */
static uint64_t
read_digest(const char *path)
{
    char said[4096] = "", *at;
    FILE *f = fopen(path, "r");

    if (!f || fread(said, 1, sizeof said - 1, f) == 0)
        die(EXIT_FAILED, "%s: %m", path);
    fclose(f);
    at = strstr(said, DIGEST_KEY);
    if (!at || strlen(at) < strlen(DIGEST_KEY) + 16)
        die(EXIT_FAILED, "tagweir compile told no digest, but %s", said);
    return watch_number(at + strlen(DIGEST_KEY));
}

static uint64_t
compile(const char *tagweir, const struct set *s, const char *told)
{
    const char *const argv[] = {tagweir,    "compile", "--json",    "-q",
                                s->sources, "-o",      s->compiled, NULL};
    int out = open(told, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char end[64];

    if (out < 0)
        die(EXIT_FAILED, "%s: %m", told);
    int status = process_wait(process_start(argv, -1, out, -1), NULL);
    (void)close(out);
    process_tell(status, end);
    if (status != 0)
        die(EXIT_FAILED, "%s compile %s: %s", tagweir, s->sources, end);
    return read_digest(told);
}

void
sets_make(struct set *s, const char *tagweir, const char *name, const struct rules *rules)
{
    char file[80], told[WORKPLACE_PATH_MAX];

    workplace_folder(s->sources, name);
    rule_files_write(s->sources, rules);
    snprintf(file, sizeof file, "%.60s.tws", name);
    workplace_path(s->compiled, file);
    snprintf(file, sizeof file, "%.60s.json", name);
    workplace_path(told, file);
    s->digest = compile(tagweir, s, told);
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
