/*
 * What a load takes away: orders and rules that are in force, and that new rules do not have any
 * more. That may be meant; a file that has vanished from a folder looks the same.
 */
#ifndef WEIR_SERVE_GONE_H
#define WEIR_SERVE_GONE_H

#include <tagweir/tagweir.h>

/*
 * Tell of them by their ids, in one line; nothing where there are none.
 * @param now_ms  When they are in force, or not.
 * @return how many there are.
 */
size_t gone_tell(const weir_ruleset *before, const weir_ruleset *after, int64_t now_ms,
                 weir_buf *out);

#endif
