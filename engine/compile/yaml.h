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
/* The line from the node's column on. */
weir_span weir__rest_of_line(const struct node *n);

/* yaml_bare.c: values without quotes ----------------------------------------------------------- */

/* A line's value: what stands behind its `- ` and `key: `. */
struct weir__value {
    weir_span text;  /* without a comment behind it, trimmed */
    uint32_t column; /* in code points, from 1 */
};

struct weir__value weir__value_of(weir_span line);
/* Why a value that begins like this needs quotes; NULL when it does not. */
const char *weir__needs_quotes(char first);
/* The line from the first entry inside brackets or braces on that begins with the character, no
   quote in front of it; {NULL, 0}: there is none. */
weir_span weir__flow_entry(weir_span line, char first);
/* A regex that stands in the line without quotes, as its value or inside brackets; {NULL, 0}: there
   is none. */
weir_span weir__bare_regex(weir_span line, weir_span value);
/* Does YAML take a part of it for a key or a comment? */
bool weir__is_cut_regex(weir_span regex);
/* The message that shows it in quotes. */
const char *weir__quote_regex(struct arena *work, weir_span regex);

#endif
