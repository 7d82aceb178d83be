/*
 * A step of what turns one stream of bytes into another: it takes from the one and gives to the
 * other until the first is used up or the second is full. Both pointers move on.
 */
#ifndef WEIR_FEED_STEP_H
#define WEIR_FEED_STEP_H

#include <stddef.h>

struct step {
    const char *in, *in_end;
    char *out, *out_end;
};

static inline size_t
step_in(const struct step *s)
{
    return (size_t)(s->in_end - s->in);
}

static inline size_t
step_out(const struct step *s)
{
    return (size_t)(s->out_end - s->out);
}

#endif
