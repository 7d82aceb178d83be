/*
 * What was said before: a flat table of hashes. 128 bits of what a line is about tell two things
 * apart, hashed with a seed that nobody knows: who chooses ids cannot make two of them one.
 */
#include "audit/exporting.h"

#include <stdlib.h>

#define FIRST_SLOTS 1024u

static bool
is_free(const struct weir__said *s)
{
    return !s->about[0] && !s->about[1];
}

static struct weir__said *
find(struct weir__said *slots, size_t cap, const uint64_t about[2])
{
    size_t i = about[0] & (cap - 1);

    while (!is_free(&slots[i]) && (slots[i].about[0] != about[0] || slots[i].about[1] != about[1]))
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

/* At most three quarters are taken. */
static bool
make_room(struct weir__said_table *t)
{
    size_t cap = t->cap ? t->cap * 2 : FIRST_SLOTS;

    if (t->cap && t->n < t->cap / 4 * 3)
        return true;
    struct weir__said *slots = calloc(cap, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (!is_free(&t->slots[i]))
            *find(slots, cap, t->slots[i].about) = t->slots[i];
    free(t->slots);
    t->slots = slots;
    t->cap = cap;
    return true;
}

enum weir__said_result
weir__say(struct weir__said_table *t, const struct weir__said *s, bool weak)
{
    if (!make_room(t))
        return WEIR__SAID_NOMEM;
    struct weir__said *slot = find(t->slots, t->cap, s->about);
    if (!is_free(slot) && (weak || slot->what == s->what))
        return WEIR__SAID_BEFORE;
    t->n += is_free(slot);
    *slot = *s;
    return WEIR__SAID_NEW;
}
