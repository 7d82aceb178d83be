/*
 * Members of a JSON object: `,"key":value`, for those behind its first.
 */
#ifndef WEIR_FLOW_MEMBERS_H
#define WEIR_FLOW_MEMBERS_H

#include <tagweir/tagweir.h>

/* Keys are words of our own, which need no escapes. */
void member_key(weir_buf *out, const char *key);
void member_number(weir_buf *out, const char *key, uint64_t n);
/* Nothing for NULL. */
void member_text(weir_buf *out, const char *key, const char *text);
/* Nothing for a time that is none: INT64_MIN. */
void member_time(weir_buf *out, const char *key, int64_t ms);

#endif
