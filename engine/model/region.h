/*
 * Regions: the codes that ICU knows as territories, `XX` in front, and sets of them.
 */
#ifndef WEIR_MODEL_REGION_H
#define WEIR_MODEL_REGION_H

#include "base/span.h"

#define WEIR_REGION_WORDS 5 /* 320 bits: XX, ICU's 256 territories, and room */
#define WEIR_REGION_LIMIT (WEIR_REGION_WORDS * 64)

struct weir__region_set {
    uint64_t w[WEIR_REGION_WORDS];
};

static inline void
weir__region_add(struct weir__region_set *s, uint16_t r)
{
    s->w[r / 64] |= UINT64_C(1) << (r % 64);
}

static inline void
weir__region_remove(struct weir__region_set *s, uint16_t r)
{
    s->w[r / 64] &= ~(UINT64_C(1) << (r % 64));
}

static inline bool
weir__region_has(const struct weir__region_set *s, uint16_t r)
{
    return s->w[r / 64] >> (r % 64) & 1;
}

static inline void
weir__region_unite(struct weir__region_set *s, const struct weir__region_set *t)
{
    for (int i = 0; i < WEIR_REGION_WORDS; i++)
        s->w[i] |= t->w[i];
}

bool weir__region_set_is_empty(const struct weir__region_set *s);
/* The first member at or after `from`, or WEIR_REGION_NONE. To walk a set. */
uint16_t weir__region_next(const struct weir__region_set *s, uint16_t from);
/* XX and every territory. */
void weir__region_set_all(struct weir__region_set *s);

/*
 * What a word of a rule file stands for: a code (UK included), `XX`, `EU`, `EEA` or a UN M.49
 * group's number. False when it is none; then *nearest is the code or group it may have been
 * meant as, NULL when nothing is near ("IND" and "356" give "IN", "SU" gives "RU").
 */
bool weir__region_expand(weir_span word, struct weir__region_set *out, const char **nearest);
#endif
