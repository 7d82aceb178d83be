/*
 * A contest: engines that were made from the same rules, first compared, then timed.
 *
 * No time is taken before all contenders of a group agree on which rules match which tokens.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "engine.h"
#include "hits.h"
#include "measure.h"
#include "tokens.h"

/* One engine with one rule set. */
struct contender {
    const struct engine *engine;
    const struct rules *rules;
    int group;       /* those of one group must match the same */
    bool check_only; /* there to agree, not to be timed */
    struct compiled compiled;
    struct samples compile_s;
    struct samples load_s; /* the same as compile_s, where there is nothing to load */
    /* Bytes that came with the context: as malloc counts them; and as the kernel does, right after
       it was made or after it was asked for tags, whichever is more */
    size_t heap, resident;
    bool has_classes;
    struct classes classes;
};

/* What one contender did on one stream. */
struct timing {
    struct samples ns;    /* a token; by round */
    struct samples first; /* the same of engines that learn, on tokens never seen before */
    size_t ntokens;       /* in a round */
    size_t nchecked;      /* tokens on which it was compared with the others */
    struct tally tally;   /* of the last round */
};

struct contest {
    struct contender *v;
    size_t n;
    const struct tokens *tokens;
    unsigned nrounds;
    double round_s; /* what one contender may take in a round ... */
    double check_s; /* ... and to be compared; then it gets fewer tokens */
    uint64_t seed;
    struct timing *timings; /* out: n of them */
    uint64_t npairs;        /* out: pairs of token and rule that were compared */
};

/* Compiles, loads, and asks for the first tags, for what that adds to memory (NULL: for none).
   false: it refused the rules, why is in c->compiled. */
bool contender_compile(struct contender *c, const struct tokens *tokens);
/* To match with, and nothing measured. false: as above. */
bool contender_make(struct contender *c);
void contender_free(struct contender *c);

/* false: contenders disagree, and it is said on standard error with token and rule. */
bool contest_run(struct contest *c);

/*
 * Do these two match the same rules on these tokens? If not, says which token and rule. Part of
 * contest_run, apart for its test.
 */
bool contenders_agree(const struct contender *a, const struct contender *b, const weir_span *tokens,
                      size_t n);

#endif
