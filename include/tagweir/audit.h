/*
 * Records: decisions, errors and skips as one line of JSON each, the same bytes everywhere.
 * All functions append to a buffer, with the newline; none reads a clock or does I/O.
 */
#ifndef TAGWEIR_AUDIT_H
#define TAGWEIR_AUDIT_H

#include <tagweir/common.h>
#include <tagweir/decide.h>
#include <tagweir/post.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Bytes of a post's value that `value` shows, `#` and `@` aside; of a longer one the beginning and
 * an ellipsis. Every region and surface repeats the value, and posts choose its length. No platform
 * has hashtags, handles or ids that are nearly so long.
 */
#define WEIR_RECORD_VALUE_MAX 1024

/** Append the record of a decision, its trace included where it has one. */
WEIR_API void weir_record_write(const weir_decision *d, weir_buf *out);

typedef enum weir_undecided { WEIR_UNDECIDED_REPORT, WEIR_UNDECIDED_WITHHOLD } weir_undecided;

/**
 * Append the record of an item that is an error.
 * @param line  Number of the line in its stream, from 1.
 * @param u     WITHHOLD adds `"action":"withhold"`: undecided is then never shown.
 */
WEIR_API void weir_record_write_error(const weir_item *item, uint64_t line, weir_undecided u,
                                      weir_buf *out);
/** Append `{"v":1,"skip":"…"}`. */
WEIR_API void weir_record_write_skip(const weir_item *item, weir_buf *out);
/**
 * Append, as plain text, the author as a record writes it (`id:…`, a DID, `@handle`; nothing where
 * it is not known), and the value that a rule acted on. Both are what somebody posted: whoever shows
 * them to a person has to escape what could harm a terminal or a page.
 */
WEIR_API void weir_record_author_text(const weir_account *a, weir_buf *out);
WEIR_API void weir_record_value_text(const weir_act *act, weir_buf *out);
/** Append a post in Tagweir's own dialect with the canonical keys of its tags. */
WEIR_API void weir_record_write_post(const weir_post *post, weir_buf *out);

#ifdef __cplusplus
}
#endif
#endif
