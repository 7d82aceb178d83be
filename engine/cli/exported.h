/*
 * What a summary tells of an export: how much there is of it, and what could not be in it.
 */
#ifndef WEIR_CLI_EXPORTED_H
#define WEIR_CLI_EXPORTED_H

#include <tagweir/tagweir.h>

/* Lines of the summary. */
void exported_text(weir_export_kind kind, const weir_export *e, weir_buf *out);
/* `"export":{…}`, with the comma in front. */
void exported_json(weir_export_kind kind, const weir_export *e, weir_buf *out);

#endif
