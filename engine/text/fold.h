/*
 * Identity of hashtags and handles: the keys under which rules and posts meet.
 *
 * All functions append to `out` and leave it as it was when the result is an empty key (input
 * malformed, or nothing but ignorable characters). ASCII never reaches ICU. Thread-safe. The input
 * must not lie in `out`, whose spare room long tags are folded in.
 */
#ifndef WEIR_TEXT_FOLD_H
#define WEIR_TEXT_FOLD_H

#include "base/buf.h"

/* The span less one leading `#` or `＃`. */
weir_span weir__tag_body(weir_span tag);

/* NFKC_Casefold of s as it is (no `#` is dropped): what weir_canonical_key does to a body. */
void weir__fold_key(weir_span s, weir_buf *out);

/* The next three take a canonical key. What they give is compared with what they gave elsewhere, and
   nothing else: a letter that replaces another is not composed again with the mark behind it. */

/* `i̇` (i and U+0307), `ı` and `i` become `i`. */
void weir__fold_turkic(weir_span key, weir_buf *out);
/* UTS 39 skeleton: for literals, compared with skeletons only. */
void weir__fold_skeleton(weir_span key, weir_buf *out);
/* Letter-mapped key: each code point whose skeleton equals that of one of [a-z0-9_] becomes that
   character, letters before digits, these themselves kept. For globs and regexes. */
void weir__fold_letters(weir_span key, weir_buf *out);

/*
 * Makes the tables of the last two, once a process; called while compiling a rule set that folds
 * confusables, so that deciding allocates nothing. WEIR_E_NOMEM when ICU's data is not to be had.
 */
weir_status weir__fold_prepare(void);

/* ASCII letters of a handle in lower case; all else as it is. */
void weir__fold_handle(weir_span handle, weir_buf *out);

/* The primary subtag of a language (`pt_BR` is `pt`), in lower case, with ISO 639's withdrawn codes
   as what replaced them: in, iw and ji are id, he and yi. */
void weir__fold_lang(weir_span lang, weir_buf *out);

/* The Unicode version of the data in use, e.g. "15.0"; static storage. */
const char *weir__unicode_version(void);
/* ICU's own version, e.g. "72.1.0": its regions and skeletons may change with it alone. */
const char *weir__icu_version(void);

/* Is all of it ASCII? */
bool weir__is_ascii(weir_span s);
/* ASCII letters in lower case, all else as it is. `out` has room for s.len bytes, and is not where
   s is. @return is all of it ASCII? */
bool weir__lower_ascii(weir_span s, char *out);
/* Is it known that NFKC_Casefold would leave s, which has no capitals of ASCII, as it is? It is
   well-formed then. */
bool weir__is_settled(weir_span s);
/* Is it well-formed UTF-8? The offset of the first bad byte goes to *bad (may be NULL). */
bool weir__is_utf8(weir_span s, size_t *bad);

#endif
