/*
 * The elements of a JSON array as lines, one each, as they stream by: what is kept of them is a
 * hundred bytes. Only as much of JSON is looked at as tells where elements end (strings, and
 * brackets by their number): what is wrong within one is for the reader of lines to tell.
 */
#ifndef WEIR_FEED_ARRAY_H
#define WEIR_FEED_ARRAY_H

#include "feed/step.h"

#include <tagweir/common.h>

/* What may have to be looked at again, as it was no `{"tweet": {` after all. */
#define ARRAY_HELD 64

struct array_options {
    bool tweets;    /* elements are tweets of an archive, wrapped or not */
    weir_span user; /* `"user":{…}` for tweets that have none; empty: for none. Borrowed */
    size_t keep;    /* of a longer line so many bytes are kept */
    uint64_t at;    /* where the array's first byte behind `[` is, for messages */
};

struct array {
    uint32_t magic;
    struct array_options o;
    int state;         /* private, as all below */
    const char *begin; /* of the step */
    uint64_t taken;    /* bytes, before the step */
    uint64_t elements; /* begun */
    uint64_t line;     /* bytes of the line that were given, or would have been */
    uint64_t depth;    /* brackets that are open within the element */
    bool in_string, escaped;
    bool wrapped;                          /* the `}` of `{"tweet": {…}` is still to come */
    bool wants_user, has_user, has_member; /* of the tweet */
    bool at_key;                           /* a string would be a key of the tweet */
    size_t key;                            /* its bytes, as far as they are those of `user` */
    char held[ARRAY_HELD];                 /* what began as `{"tweet":{` does */
    size_t nheld, held_at, matched;
    weir_span due[4]; /* to be given before more is taken */
    size_t ndue;
};

/* Behind the `[`. */
void array_init(struct array *a, const struct array_options *o);

/*
 * A step; it also ends where the array is not as it should be. @return false then: `why` is a
 * sentence without a subject (`at byte 17: …`), and what was given before is good.
 */
bool array_step(struct array *a, struct step *s, weir_buf *why);

/*
 * The stream has ended, and all was taken. @return false: the array had not. Then what was given
 * of its last line is no line.
 */
bool array_end(const struct array *a, weir_buf *why);

#endif
