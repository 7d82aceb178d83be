/*
 * Diffing: what a run notes of posts that are decided twice, by old rules and by new ones.
 */
#ifndef WEIR_CLI_DIFFING_H
#define WEIR_CLI_DIFFING_H

#include "cli/run.h"

#include "replay/contrast.h"
#include "replay/pick.h"

struct diffing {
    const struct args *args;
    weir_ruleset *before, *after;       /* borrowed; may be the same */
    struct answer_options old_o, new_o; /* which differ in their clocks at most */
    int64_t now_ms;                     /* one for both */
    struct pick pick;                   /* times of posts */
    struct contrast_options contrast;
    bool *rules[REACH_NSIDES]; /* owned: what contrast.rules are */
    struct contrast *sum;
    struct samples *samples;
    weir_export *export; /* of what changes, in place of our own lines; NULL: these */
    const struct run *run;
};

/*
 * Give the run, which decides by the old rules, its notes. `before`, `after`, `old_o` and `new_o`
 * are the caller's to fill in. @return an exit code; it was said what is wrong.
 */
int diffing_begin(struct diffing *d, struct run *r);
void diffing_end(struct diffing *d);
/* Did anything change that was asked for? When the run is done. */
bool diffing_changed(const struct diffing *d);

#endif
