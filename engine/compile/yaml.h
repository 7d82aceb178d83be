/*
 * One YAML text to one tree of nodes.
 */
#ifndef WEIR_COMPILE_YAML_H
#define WEIR_COMPILE_YAML_H

#include "compile/tree.h"

/*
 * The top node of the file's one document; NULL when it is no YAML that rule files may use (every
 * cause is in diags). Allocates in work, which must have on_oom set; when that jumps, nothing of
 * the YAML library is left behind.
 */
struct node *weir__yaml_read(struct arena *work, const struct source_file *file, weir_diags *diags);

/*
 * The parser's complaint at a place, rewritten for somebody who knows no YAML: reports it, and the
 * other lines of the file that show the same kinds of mistake, since the parser stops at its first.
 */
void weir__yaml_explain(const struct source_file *file, uint32_t line, uint32_t column,
                        const char *parser_says, struct arena *work, weir_diags *diags);

/* Lines of the file: the n-th (from 1), without its end; {NULL, 0} beyond the last. */
weir_span weir__line_of(const struct source_file *file, uint32_t line);

#endif
