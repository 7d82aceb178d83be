/*
 * Rollout: an author has a fixed place among 10,000 under each rule, and is in while the rule's
 * share is above it. So a growing share only adds authors, and two rules draw different ones.
 */
#include "decide/rollout.h"

#include <xxhash.h>

#define EVERYONE 10000u

bool
weir__rollout_includes(const struct weir_rule *rule, weir_span author)
{
    if (rule->rollout_bp >= EVERYONE)
        return true;
    if (author.len == 0)
        return false;
    XXH64_hash_t seed = XXH3_64bits(rule->id.p, rule->id.len);
    return XXH3_64bits_withSeed(author.p, author.len, seed) % EVERYONE < rule->rollout_bp;
}
