/*
 * The tree that rule files are read into: YAML's nodes with their places, nothing interpreted.
 *
 * What YAML allows and rule files do not (anchors, aliases, merge keys, tags, duplicate keys, keys
 * that are no scalars) has been refused by then.
 */
#ifndef WEIR_COMPILE_TREE_H
#define WEIR_COMPILE_TREE_H

#include "base/arena.h"
#include "base/error.h"

#include <tagweir/ruleset.h>

enum node_kind { NODE_EMPTY, NODE_SCALAR, NODE_SEQ, NODE_MAP };

struct source_file {
    const char *path;    /* as the user named it, or folder and relative path */
    const char *name;    /* the same relative to what was given, wherever that lies */
    weir_span text;      /* the whole file; lives as long as the arena */
    const size_t *lines; /* where each line begins: every node asks for its own */
    size_t nlines;
    uint32_t index;                    /* dense over all files and list files of the load */
    const struct source_file *of;      /* of a list file: the rule file that names it ... */
    const char *as;                    /* ... and how */
    const struct weir_ruleset *within; /* out of a compiled rule set: its sources, ... */
    uint32_t number;                   /* ... and which of them this rule file is */
};

struct node {
    enum node_kind kind;
    bool quoted;    /* SCALAR: in '…', "…", | or >; never a number, boolean or null then */
    weir_span text; /* SCALAR: the value */
    const struct source_file *file;
    uint32_t line, column; /* from 1, column in code points; of a MAP or SEQ: its first token */
    uint32_t width;        /* code points on the first line */
    struct node **items;   /* SEQ: items; MAP: values */
    struct node **keys;    /* MAP: keys, each a SCALAR */
    size_t n;
};

/* One file's top node; NULL when it could not be read as YAML (said in diags). */
struct tree {
    const struct source_file *file;
    struct node *top;
};

/* Whom to tell of files that are about to be read; NULL: nobody. */
struct file_hook {
    void (*call)(void *arg, const char *path, weir_file_kind kind);
    void *arg;
};
static inline void
weir__tell_file(const struct file_hook *h, const char *path, weir_file_kind kind)
{
    if (h->call)
        h->call(h->arg, path, kind);
}

struct forest {
    struct file_hook hook; /* set before it is loaded */
    struct tree *trees;    /* in rule-set order */
    size_t ntrees;
    /* every file opened, list files included, by index */
    const struct source_file **files;
    size_t nfiles, files_cap;
    /* compiled rule sets among what was given: texts lie in them */
    struct weir__bundle *bundles;
    size_t nbundles, bundles_cap;
};

/*
 * Read rule files, folders, and the sources in compiled rule sets. Errors go to diags, all of them;
 * trees that could be read are there all the same, so that their own mistakes are found in the same
 * run. `work` must have on_oom set; everything is allocated there, compiled rule sets aside.
 */
weir_status weir__load(struct arena *work, const char *const *paths, size_t npaths,
                       struct forest *out, weir_diags *diags);
/* Closes what the forest has open; call it also after a jump. */
void weir__forest_fini(struct forest *f);

/* A line of a list file. */
struct list_line {
    weir_span text; /* trimmed; comments and blank lines are gone */
    uint32_t line, column, width;
};

/*
 * Read a list file named in `at` (path relative to the rule file at->file). `column`: of a .csv
 * file, the name of the column to take, NULL for the first of a file without a header.
 * false: could not be read; said in diags at the node.
 */
bool weir__load_list(struct arena *work, struct forest *forest, const struct node *at,
                     const char *path, const char *column, const struct source_file **file,
                     struct list_line **lines, size_t *nlines, weir_diags *diags);

/* The place of a node, or of a part of a scalar (offset and length in bytes of its value; exact
   where the value is written as it is, else the whole node). */
struct weir__place weir__place_of(const struct node *n);
struct weir__place weir__place_within(const struct node *n, size_t offset, size_t len);
/* The place in a list file. */
struct weir__place weir__place_in_list(const struct source_file *f, const struct list_line *l);

/* Of a NODE_EMPTY: why it may be empty, and the fix, as a message of its own. */
const char *weir__empty_hint(struct arena *work, const struct node *n);

/* Of a node that is what YAML made of a regex without quotes (`/a: b/` is a map to it, `/a #b/` has
   a comment): the fix, as a message of its own; else NULL. */
const char *weir__regex_hint(struct arena *work, const struct node *n);

/* oddities.c: messages of their own, or NULL ------------------------------------------------- */

/* A blank that is no ASCII space stands somewhere in it. */
const char *weir__odd_blank(struct arena *work, weir_span s);
/* It begins or ends with a typographic quote, or with such a blank. */
const char *weir__odd_edges(struct arena *work, weir_span s, bool in_list_file);
/* A list file's line (not empty) has more on it than an entry: a comment, quotes, YAML's dash. */
const char *weir__list_line_hint(struct arena *work, weir_span line);

/* The value of a key of a map, or NULL. */
struct node *weir__node_get(const struct node *map, const char *key);

#endif
