/*
 * Looking at feeds. A mistake in what is named must not pass for a result: a folder of pictures has
 * no posts to withhold, and a file that is read twice has each of them twice in every count.
 */
#include "cli/feeds.h"

#include "cli/inputs.h"
#include "cli/ui.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- twice ---- */

struct identity {
    dev_t dev;
    ino_t ino;
    size_t i; /* of the file */
};

/* By what they are, then as they were given. */
static int
by_identity(const void *a, const void *b)
{
    const struct identity *x = a, *y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

/* A pipe that is named twice may be filled twice; standard input has but one end. */
static bool
identify(const char *path, struct identity *id)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat st;

    if ((is_stdin ? fstat(STDIN_FILENO, &st) : stat(path, &st)) < 0)
        return false; /* opening it says why */
    id->dev = st.st_dev;
    id->ino = st.st_ino;
    return is_stdin || S_ISREG(st.st_mode);
}

static const char *
name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int
refuse_twice(const struct strings *files)
{
    struct identity *ids = ui_grow(NULL, files->n, sizeof *ids);
    const struct identity *twice = NULL;
    size_t n = 0;

    for (size_t i = 0; i < files->n; i++)
        if (identify(files->v[i], &ids[n]))
            ids[n++].i = i;
    qsort(ids, n, sizeof *ids, by_identity);
    for (size_t i = 1; i < n; i++)
        if (ids[i].dev == ids[i - 1].dev && ids[i].ino == ids[i - 1].ino &&
            (!twice || ids[i].i < twice->i))
            twice = &ids[i];
    if (twice) {
        const char *a = name_of(files->v[twice[-1].i]), *b = name_of(files->v[twice->i]);
        bool other = strcmp(a, b) != 0;

        ui_say("%s: given twice: %s%s%severy post in it would count twice", b,
               other ? "it is the same file as " : "", other ? a : "", other ? ", and " : "");
    }
    free(ids);
    return twice ? EXIT_USAGE : EXIT_DONE;
}

/* ---- what they are ---- */

struct found {
    bool any;   /* may hold posts */
    bool owned; /* may be whose --owner says */
};

static bool
look(const char *path, const struct source_options *so, struct found *found)
{
    struct source_told told;
    weir_buf why = {0};

    if (!source_check(path, so, &told, &why)) {
        if (why.failed)
            ui_no_memory();
        ui_say("%.*s", (int)why.len, why.p);
        weir_buf_fini(&why);
        return false;
    }
    found->any = found->any || !told.looked || told.kind != SOURCE_NO_POSTS;
    found->owned = found->owned || !told.looked || told.owned;
    return true;
}

int
feeds_none(uint64_t nfiles)
{
    if (nfiles == 1)
        ui_say("no feed was found: the only file that was named holds no posts");
    else
        ui_say("no feed was found: none of %" PRIu64 " files holds posts", nfiles);
    return EXIT_IO;
}

/* Of files that hold none, what they are is told as they are skipped; here nothing will be. */
static int
tell_none(const struct strings *files, const struct source_options *so)
{
    weir_buf why = {0};
    struct source *s = source_open(files->v[0], so, &why);
    const char *note = s ? source_note(s) : NULL;

    if (note)
        ui_say("%s", note);
    source_close(s);
    weir_buf_fini(&why);
    return feeds_none(files->n);
}

int
feeds_find(const struct args *a, const struct source_options *so, struct strings *out)
{
    struct found found = {.any = false};
    int rc = inputs_files(&a->plain, NULL, !a->quiet, out);

    if (rc == EXIT_DONE && out->n == 0) {
        ui_say("no feed was found: there is no file in %s", a->plain.v[0]);
        return EXIT_IO;
    }
    if (rc == EXIT_DONE)
        rc = refuse_twice(out);
    for (size_t i = 0; i < out->n && rc == EXIT_DONE; i++)
        if (!look(out->v[i], so, &found))
            rc = EXIT_IO;
    if (rc == EXIT_DONE && !found.any)
        rc = tell_none(out, so);
    if (rc == EXIT_DONE && a->owner && !found.owned && !a->quiet)
        ui_say("--owner @%s has no effect: no feed is an account archive that does not say itself "
               "whose it is",
               a->owner);
    return rc;
}
