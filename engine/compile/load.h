/*
 * Reading files whole, shared by rule files and list files.
 */
#ifndef WEIR_COMPILE_LOAD_H
#define WEIR_COMPILE_LOAD_H

#include "base/check.h"
#include "compile/tree.h"

/* A regular file's bytes; false with the reason, to be put behind its name, in *why. */
bool weir__read_file(struct arena *work, const char *path, size_t max, weir_span *out,
                     const char **why);
/* Enters a file into the forest and gives it its index. path and text must live in `work`. */
struct source_file *weir__add_file(struct arena *work, struct forest *f, const char *path,
                                   weir_span text);
/* UTF-8 without NUL bytes, or an error at the first bad one. */
bool weir__check_text(const struct source_file *file, weir_diags *diags);
/* A list that was given as a rule file: true, and an error that says what to do with it. */
bool weir__refuse_list(const struct source_file *file, weir_diags *diags);

#endif
