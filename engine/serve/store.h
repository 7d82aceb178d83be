/*
 * The store: a folder of rule sets as they were used, each compiled, under its digest's name, so
 * that what was decided by one can be decided by it again years later.
 */
#ifndef WEIR_SERVE_STORE_H
#define WEIR_SERVE_STORE_H

#include <tagweir/tagweir.h>

/* What a name has at least: as much of a digest as records show. */
#define STORE_DIGEST_LEAST 16u
#define STORE_DIGEST 64u

/* Lower-case hexadecimal digits, from STORE_DIGEST_LEAST to STORE_DIGEST of them? */
bool store_is_digest(const char *text);
/* At least one of these digits, and nothing else, but fewer than STORE_DIGEST_LEAST? */
bool store_is_short(const char *text);

/*
 * Keep a rule set, in a folder that is made (mode 0700) where it is absent. One that is there
 * already and holds it is left as it is; what does not is
 * written anew. Any thread, and several processes at once.
 * @param rs  Loaded with keep_sources.
 * @param why  Gets the reason, where it cannot.
 */
bool store_keep(const char *dir, const weir_ruleset *rs, weir_buf *why);

/*
 * The file of the one rule set whose digest begins with `digest`, without a NUL. false: there is
 * none, or several, and `why` says so.
 */
bool store_find(const char *dir, const char *digest, weir_buf *path, weir_buf *why);

/*
 * Does a rule set that was loaded from the store have the digest that was asked for? It has not
 * where its file was put under another's name, or was compiled again because Unicode has changed
 * since.
 */
bool store_is_it(const weir_ruleset *rs, const char *digest);

#endif
