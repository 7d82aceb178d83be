/*
 * The distinct canonical keys of a post's hashtags.
 */
#ifndef WEIR_MATCH_TAGS_H
#define WEIR_MATCH_TAGS_H

#include "base/buf.h"
#include "match/sift.h"

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

/* Tags of a post that stand ahead, at most: as many are told apart without a table. */
#define WEIR__AHEAD_TAGS 8
#define WEIR__AHEAD_KEYS WEIR__SIFT_KEYS

/* The keys of one of several posts. */
struct weir__tags_of {
    uint16_t first, n;
    bool is_left_out; /* it has too many tags to stand here */
};

/* The distinct canonical keys of several posts that follow one another. */
struct weir__tags_ahead {
    struct weir__tags_of of[WEIR_AHEAD_MAX];
    size_t nposts;
    weir_span key[WEIR__AHEAD_KEYS];
    uint32_t value[WEIR__AHEAD_KEYS];
    size_t at[WEIR__AHEAD_KEYS + 1]; /* of the keys in `bytes` */
    size_t n;
    weir_buf bytes;
};

void weir__tags_init(struct weir__tags *t);
void weir__tags_fini(struct weir__tags *t);

/* The first WEIR_MAX_TAGS distinct keys, in the post's order. WEIR_E_NOMEM. */
weir_status weir__tags_take(struct weir__tags *t, const weir_post *post);

/* Those of as many of the posts as there is room for: the first one at least. Where there is no
   memory, of none: posts that are not there are taken one by one. */
void weir__tags_take_ahead(struct weir__tags_ahead *t, const weir_post *const *posts, size_t n);
void weir__tags_ahead_fini(struct weir__tags_ahead *t);
/* The set is that of a post that was taken ahead, as weir__tags_take would have made it; the keys
   stay where they are. */
void weir__tags_copy(struct weir__tags *t, const struct weir__tags_ahead *from,
                     const struct weir__tags_of *of);

#endif
