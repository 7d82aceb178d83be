/*
 * Claims: what a feed has to say of the records of one journal that are about the same thing. The
 * same post may stand in a feed, and in a journal, many times, with other content or the same;
 * posts of the same content are decided once for each record, and counted.
 */
#ifndef WEIR_REPLAY_CLAIMS_H
#define WEIR_REPLAY_CLAIMS_H

#include "replay/again.h"

#include <pthread.h>

/* Posts of the same content. */
struct claim {
    uint64_t content; /* a hash of it; posts of other ids are never compared by it */
    uint64_t equal;   /* records that it gives, by bits, where there are up to 64 of them */
    uint64_t *more;   /* where there are more */
    uint32_t next;    /* of the same records, and one; 0: none */
    uint32_t posts;
    uint8_t without; /* enum again_without of one more of them than there are records */
    bool has_without;
};

struct claims {
    struct claim *v;
    size_t n, cap;
    pthread_mutex_t lock;
};

void claims_init(struct claims *c);
void claims_fini(struct claims *c);

#define CLAIMS_NONE UINT32_MAX

/*
 * One more post of a content lays claim to the records from `first` on. Any thread.
 * @param posts   How many did, of this content.
 * @param others  Of other contents.
 * @return the claim's number; CLAIMS_NONE: no memory.
 */
uint32_t claims_lay(struct claims *c, struct entry *first, uint64_t content, uint32_t *posts,
                    bool *others);
/* Which of `n` records come out equal; bits that claim_bits made, and that are the claim's now. */
void claims_set_equal(struct claims *c, uint32_t number, size_t n, uint64_t *bits);
void claims_set_without(struct claims *c, uint32_t number, enum again_without without);

/* Room for a bit for each record, all zero: `inside` where that is enough, which is the caller's;
   NULL: no memory. */
uint64_t *claim_bits(size_t n, uint64_t *inside);
bool claim_is_equal(const struct claim *c, size_t i);

/*
 * Who takes which record. Every claim's posts take records that they give, as many as can be, and
 * earlier ones first where there is a choice; then posts that are left take what records are left,
 * which are differences. When no thread lays claims any more.
 */
struct claim_share {
    size_t nclaims;
    struct claim **claims; /* those without has_without first; by content */
    uint32_t *left;        /* posts of each that have taken none */
    uint32_t *taker;       /* by record: which of the claims; CLAIMS_NONE: none */
    bool *is_equal;        /* by record that was taken: it gives it */
};

/* false: no memory. claims_unshare is due all the same. */
bool claims_share(const struct claims *c, const struct entry *first, size_t n,
                  struct claim_share *out);
void claims_unshare(struct claim_share *s);

#endif
