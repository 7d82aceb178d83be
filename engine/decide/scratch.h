/*
 * The memory that deciding works in, and the steps that share it.
 */
#ifndef WEIR_DECIDE_SCRATCH_H
#define WEIR_DECIDE_SCRATCH_H

#include "decide/merge.h"
#include "match/match.h"

/* Two levels of nesting are followed: a post, its original or quoted post, and one more. */
#define WEIR__LEVELS 3

/* A rule that a part touched, and how far it got on its own: MATCHED for every candidate. */
struct weir__touched {
    uint32_t rule;
    weir_state state;
    bool ran_out;     /* a pattern of it did, on either side */
    bool tripped;     /* its breaker has, and that matters */
    uint32_t hits;    /* for the trace: selectors of `match` that were hit, a bit each, ... */
    uint32_t excepts; /* ... and of `except` */
};

/* A growing array. Made room in before it is filled, so that pointers into it stay good. */
#define WEIR__VEC(type)                                                                            \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t n, cap;                                                                             \
    }
/* Room for `size` items in all; those that are there stay. False without memory. There is room for
   nearly every post, which is not worth a call. */
#define VEC_ROOM(v, size)                                                                          \
    (((v).items && (size) <= (v).cap) ||                                                           \
     weir__vec_room((void **)&(v).items, &(v).cap, (size), sizeof *(v).items))
/* Only where there is not: of VEC_ROOM. */
bool weir__vec_room(void **items, size_t *cap, size_t n, size_t size);

/* One post of those that are decided together: the post itself, its original, that one's. */
struct weir__part {
    const weir_post *post;
    size_t touched, ntouched; /* in the decision's arrays */
    size_t candidates, ncandidates;
};

struct weir__exemptions {
    weir_exemption *items;
    size_t n, cap;
};

/* Everything that one decision points at; a nested one has its own. */
struct weir__slot {
    weir_decision d;
    struct weir__part part[WEIR__LEVELS];
    size_t nparts;
    WEIR__VEC(struct weir__touched) touched;     /* by part, then in source order */
    WEIR__VEC(struct weir__candidate) candidate; /* likewise */
    WEIR__VEC(weir_region_outcome) outcome;
    WEIR__VEC(weir_region_exemptions) exempted;
    struct weir__exemptions exemption; /* those of all regions, one list behind the other */
    WEIR__VEC(uint32_t) observed;
    WEIR__VEC(uint32_t) held_back;
    WEIR__VEC(uint32_t) limit;
    WEIR__VEC(uint32_t) breaker;
    WEIR__VEC(weir_trace_entry) trace;
    WEIR__VEC(uint16_t) trace_region; /* those of all entries, one list behind the other */
};

/* The states of one candidate that differ by region: exempted, outranked, matched. */
#define WEIR__REGIONAL_STATES 3
struct weir__by_state {
    struct weir__region_set in[WEIR__REGIONAL_STATES];
};

struct weir_scratch {
    uint32_t magic;
    weir_ruleset *rs;
    weir_decide_options options;
    uint8_t *trips;    /* by rule: weir_trip */
    uint32_t ntripped; /* rules that have */
    bool set_tripped;
    struct weir__match match;
    const weir_post *ahead[WEIR_AHEAD_MAX]; /* what weir_decide_ahead was given */
    size_t nahead, next;                    /* how many; the one that weir_decide_next decides */
    size_t looked_from, nlooked;            /* of them, those that matching has looked at */
    struct weir__slot slot[WEIR__LEVELS];
    struct weir__region_set named;          /* regions that any rule of the set names, and XX */
    struct weir__exemptions one, sum, both; /* of one part; of all so far; while uniting */
    const struct weir__candidate **against; /* by order: the resolver's working memory */
    WEIR__VEC(struct weir__by_state) by_state;
};

/* Of a rule on one part, with the state that it has come to by itself: does it matter that its
   breaker has tripped? Then the state is what follows. Asked only while any has. */
bool weir__trip_applies(const weir_scratch *s, uint32_t rule, weir_state *state);

/*
 * The steps. `region` is that of a query, for which rules that do not hold there are as if they
 * were not; else WEIR_REGION_NONE. Each may say WEIR_E_NOMEM.
 */

/* Match one part and judge each rule it touched: fills in the next part of the slot. */
weir_status weir__judge(weir_scratch *s, struct weir__slot *slot, const weir_post *post,
                        uint16_t region);
/* Resolve all parts in every region that may differ: the decision's regions and exemptions. */
weir_status weir__decide_regions(weir_scratch *s, struct weir__slot *slot, uint16_t region);
/* Fill in the decision's trace. */
weir_status weir__explain(weir_scratch *s, struct weir__slot *slot, uint16_t region);

#endif
