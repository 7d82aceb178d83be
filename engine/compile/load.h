/*
 * Reading files whole, shared by rule files and list files; the names that they are kept under.
 */
#ifndef WEIR_COMPILE_LOAD_H
#define WEIR_COMPILE_LOAD_H

#include "base/check.h"
#include "compile/tree.h"
#include "model/ruleset.h"

/* A regular file's bytes; false with the reason, to be put behind its name, in *why. */
bool weir__read_file(struct arena *work, const char *path, size_t max, weir_span *out,
                     const char **why);
/* Enters a file into the forest and gives it its index. path and text must live as long as it. */
struct source_file *weir__add_file(struct arena *work, struct forest *f, const char *path,
                                   weir_span text);
/* The text of a list file among the sources of a compiled rule set, by the rule file that names it
   and how it does. false: it has none. */
bool weir__find_list(const struct weir_ruleset *rs, uint32_t rule_file, const char *as,
                     weir_span *text);
/* UTF-8 without NUL bytes, or an error at the first bad one. */
bool weir__check_text(const struct source_file *file, weir_diags *diags);
/* A list that was given as a rule file: true, and an error that says what to do with it. */
bool weir__refuse_list(const struct source_file *file, weir_diags *diags);

/*
 * Where names begin: the deepest folder that all of what was given lies in, so that they are the
 * same from wherever it is compiled. A single folder or compiled rule set is that folder itself.
 */
struct weir__naming {
    const char **folders; /* of each path given: the real folder that its names begin in */
    size_t n, common;     /* bytes that all of them begin with, without the slash behind */
};
void weir__naming_init(struct arena *work, const char *const *paths, size_t npaths,
                       struct weir__naming *out);
/* The name of a file that stands at `rest` below the i-th folder. */
const char *weir__naming_of(struct arena *work, const struct weir__naming *n, size_t i,
                            const char *rest);

#endif
