/*
 * The store. Files come into it by weir_ruleset_save alone, whole or not at all.
 */
#include "serve/store.h"

#include "flow/said.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".tws"
static const char digits[] = "0123456789abcdef";

bool
store_is_digest(const char *text)
{
    size_t len = strlen(text);

    return len >= STORE_DIGEST_LEAST && len <= STORE_DIGEST && strspn(text, digits) == len;
}

bool
store_is_short(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len < STORE_DIGEST_LEAST && strspn(text, digits) == len;
}

/* Keeping ------------------------------------------------------------------------------------ */

static bool
refuse(const char *path, const char *what, weir_buf *why)
{
    weir_buf_printf(why, "%s: the rule set cannot be kept there: %s", path, what);
    return false;
}

static void
put_diags(const weir_diags *d, weir_buf *why)
{
    for (size_t i = 0; i < weir_diags_count(d); i++)
        weir_buf_printf(why, "; %s", weir_diags_at(d, i)->message);
}

static bool
save(const weir_ruleset *rs, const char *path, weir_buf *why)
{
    weir_diags *d = weir_diags_new();
    weir_status st = d ? weir_ruleset_save(rs, path, d) : WEIR_E_NOMEM;

    if (st != WEIR_OK)
        (void)refuse(path, weir_status_text(st), why);
    if (d)
        put_diags(d, why);
    weir_diags_free(d);
    return st == WEIR_OK;
}

/* Does the file hold it? One that was cut off, or is another's, would be missed years later. */
static bool
is_kept(const char *file, const char *digest)
{
    const weir_load_options o = {0};
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;
    bool is = d && weir_ruleset_load(&file, 1, &o, d, &rs) == WEIR_OK && store_is_it(rs, digest);

    weir_ruleset_unref(rs);
    weir_diags_free(d);
    return is;
}

/* A file of that name is there: it, or what a link leads to, which is not written to. */
static bool
keep_again(const weir_ruleset *rs, const char *file, weir_buf *why)
{
    struct stat st;

    if (is_kept(file, weir_ruleset_digest(rs)))
        return true;
    if (lstat(file, &st) < 0 || !S_ISREG(st.st_mode))
        return refuse(file, "it is a link, and leads to something else", why);
    return save(rs, file, why);
}

bool
store_keep(const char *dir, const weir_ruleset *rs, weir_buf *why)
{
    weir_buf path = {0};
    struct stat st;
    bool good;

    weir_buf_printf(&path, "%s/%s" SUFFIX, dir, weir_ruleset_digest(rs));
    const char *file = said_text(&path);
    if (path.failed)
        good = refuse(dir, weir_status_text(WEIR_E_NOMEM), why);
    else if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        good = refuse(dir, strerror(errno), why);
    else if (stat(file, &st) == 0)
        good = S_ISREG(st.st_mode) ? keep_again(rs, file, why) : refuse(file, "it is no file", why);
    else if (errno != ENOENT)
        good = refuse(file, strerror(errno), why);
    else
        good = save(rs, file, why);
    weir_buf_fini(&path);
    return good;
}

/* Finding ------------------------------------------------------------------------------------ */

/* A whole digest and the suffix, the digest beginning as asked. */
static bool
is_one(const char *name, const char *digest)
{
    return strlen(name) == STORE_DIGEST + strlen(SUFFIX) && strspn(name, digits) == STORE_DIGEST &&
           strcmp(name + STORE_DIGEST, SUFFIX) == 0 && strncmp(name, digest, strlen(digest)) == 0;
}

/* The last of those that begin so, and how many they are. */
static size_t
count(DIR *d, const char *digest, char found[STORE_DIGEST + sizeof SUFFIX])
{
    const struct dirent *e;
    size_t n = 0;

    while ((e = readdir(d)))
        if (is_one(e->d_name, digest)) {
            memcpy(found, e->d_name, STORE_DIGEST + sizeof SUFFIX);
            n++;
        }
    return n;
}

bool
store_find(const char *dir, const char *digest, weir_buf *path, weir_buf *why)
{
    char found[STORE_DIGEST + sizeof SUFFIX];
    DIR *d = opendir(dir);

    if (!d) {
        weir_buf_printf(why, "%s: the store cannot be read: %s", dir, strerror(errno));
        return false;
    }
    size_t n = count(d, digest, found);
    (void)closedir(d);
    if (n == 1)
        weir_buf_printf(path, "%s/%s", dir, found);
    else if (n == 0)
        weir_buf_printf(why,
                        "%s: no rule set in this store has a digest that begins with %s; `serve` "
                        "and `compile` keep theirs with --store",
                        dir, digest);
    else
        weir_buf_printf(why,
                        "%s: %zu rule sets in this store have digests that begin with %s: give "
                        "more digits",
                        dir, n, digest);
    return n == 1;
}

bool
store_is_it(const weir_ruleset *rs, const char *digest)
{
    return strncmp(weir_ruleset_digest(rs), digest, strlen(digest)) == 0;
}
