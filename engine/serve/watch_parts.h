/*
 * What the parts of watching share: watch.c hears and waits, watch_places.c finds the folders that
 * there are to be watched, watch_lists.c the list files that a rule file names.
 */
#ifndef WEIR_SERVE_WATCH_PARTS_H
#define WEIR_SERVE_WATCH_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A folder that is watched. */
struct place {
    int number; /* inotify's; -1: it has ended */
    dev_t dev;
    ino_t ino;
    bool is_whole; /* what is in it is read; else only these names matter: */
    char **names;
    size_t nnames, cap;
};

struct places {
    struct place *items;
    size_t n, cap;
    uint64_t print;    /* differs when something has changed, for what cannot be watched */
    int64_t newest_ms; /* when the last change was of what is read; 0: nothing is */
    int error;         /* of the first one that could not be watched; 0: there is none */
    char *where;       /* that is; NULL: unknown */
};

/*
 * Find all folders that matter now, and watch them; what was watched before stays so.
 * @param before  Of the same fd. Folders that could only be watched as another user stay watched.
 * @return false: out of memory; `out` is as good as empty. It is to be freed in any case.
 */
bool places_look(int fd, const char *const *paths, size_t n, const struct places *before,
                 struct places *out);
void places_free(struct places *p);
/* NULL: there is none. */
struct place *places_find(const struct places *p, int number);
bool place_names(const struct place *p, const char *name);

/* Files that are read in folders. */
bool watch_is_rule_file(const char *name);

/*
 * List files that a rule file names, as they are written there. The text is not understood, but
 * searched for what may be one: it may be one that the compiler refuses.
 * @return false: out of memory.
 */
bool watch_lists_of(const char *rule_file, void (*found)(void *arg, const char *list), void *arg);

#endif
