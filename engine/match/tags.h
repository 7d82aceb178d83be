/*
 * The distinct canonical keys of a post's hashtags.
 */
#ifndef WEIR_MATCH_TAGS_H
#define WEIR_MATCH_TAGS_H

#include "base/buf.h"

#include <tagweir/decide.h>

/* Twice the keys, so that probes stay short; a power of two. */
#define WEIR__TAG_SLOTS 2048

struct weir__tag {
    size_t at, len; /* of the key, in `bytes` */
    uint64_t hash;  /* of one in the table */
    uint32_t value; /* index of the tag that gave the key first */
};

struct weir__tags {
    struct weir__tag tag[WEIR_MAX_TAGS];
    weir_span key[WEIR_MAX_TAGS]; /* filled in when all are taken */
    size_t n;
    bool too_many; /* there were more, and they are not here */
    weir_buf bytes;
    /* Posts choose the keys: a seed that nobody outside knows keeps them from aiming collisions. */
    uint64_t seed;
    uint32_t epoch;
    struct {
        uint32_t epoch; /* free when it is not that of the set */
        uint32_t tag;
    } slot[WEIR__TAG_SLOTS];
};

void weir__tags_init(struct weir__tags *t);
void weir__tags_fini(struct weir__tags *t);

/* The first WEIR_MAX_TAGS distinct keys, in the post's order. WEIR_E_NOMEM. */
weir_status weir__tags_take(struct weir__tags *t, const weir_post *post);

#endif
