/*
 * Where hashtags and mentions begin and end in text: the twitter-text rules, whose conformance
 * file (extract.yml) is the judge.
 */
#ifndef WEIR_TEXT_HASHTAG_H
#define WEIR_TEXT_HASHTAG_H

#include "base/span.h"

/*
 * Walks a text. Zero-initialise but for `text`; each call finds the next one.
 * A hashtag's span has no `#`; one that touches a final `…` was cut off, and is not given.
 * A mention's span has no `@`.
 * Malformed UTF-8 ends no walk: a bad byte is a character that no tag can hold.
 */
struct weir__walk {
    weir_span text;
    size_t at;
};

/* May the code point stand in a hashtag, behind its sign? */
bool weir__is_hashtag_char(int32_t c);

bool weir__next_hashtag(struct weir__walk *w, weir_span *tag);
bool weir__next_mention(struct weir__walk *w, weir_span *mention);

#endif
