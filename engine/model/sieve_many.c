/*
 * Many literals of one gram. Sorted, the last one that is not behind the key begins with each that
 * the key begins with: so these are found by going back from it, link by link.
 */
#include "model/sieve_many.h"

static unsigned char
byte_of(struct weir__reading r, size_t i)
{
    return (unsigned char)(r.backward ? *(r.first - i) : r.first[i]);
}

/* Bytes that both begin with. */
static size_t
common(struct weir__reading a, struct weir__reading b)
{
    size_t i = 0;

    while (i < a.n && i < b.n && byte_of(a, i) == byte_of(b, i))
        i++;
    return i;
}

int
weir__reading_compare(struct weir__reading a, struct weir__reading b)
{
    size_t i = common(a, b);

    if (i < a.n && i < b.n)
        return byte_of(a, i) < byte_of(b, i) ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

/* Literals of one gram go the same way. */
static bool
is_backward(const struct weir__sieve_literal *l)
{
    return l->at_end && !l->at_start;
}

static struct weir__reading
reading_of(const struct weir__sieve *s, const struct weir__sieve_literal *l)
{
    return weir__reading_of((weir_span){s->bytes + l->text, l->len}, l->gram_at, is_backward(l));
}

/* Linking ------------------------------------------------------------------------------------ */

/* Of n literals from the first on. What an earlier one is not the beginning of, nothing that it is
   the beginning of is either. */
static void
link_back(const struct weir__sieve *s, uint32_t first, uint32_t n, uint32_t *back)
{
    back[first] = n;
    for (uint32_t i = first + 1; i < first + n; i++) {
        struct weir__reading here = reading_of(s, &s->literals[i]);
        uint32_t at = i - 1;

        for (;;) {
            struct weir__reading there = reading_of(s, &s->literals[at]);

            if (common(there, here) == there.n) {
                back[i] = i - at;
                break;
            }
            if (at == first || back[at] == 0)
                break;
            at -= back[at];
        }
    }
}

void
weir__sieve_link(struct weir__sieve *s, struct weir__sieve_literal *literals, struct arena *into)
{
    uint32_t *back = NULL;

    for (uint32_t i = 0, n; i < s->nliterals; i += n) {
        n = 1;
        while (!literals[i + n - 1].last)
            n++;
        if (n <= WEIR__SIEVE_FEW)
            continue;
        if (!back)
            back = arena_array(into, s->nliterals, sizeof *back);
        literals[i].many = true;
        link_back(s, i, n, back);
    }
    s->back = back;
    s->nback = back ? s->nliterals : 0;
}

/* Searching ---------------------------------------------------------------------------------- */

/* How many of the literals do not come behind the key. */
static uint32_t
not_behind(const struct weir__sieve *s, const struct weir__sieve_literal *first, uint32_t n,
           struct weir__reading key)
{
    uint32_t low = 0;

    while (low < n) {
        uint32_t middle = low + (n - low) / 2;

        if (weir__reading_compare(reading_of(s, &first[middle]), key) <= 0)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

void
weir__sieve_many(const struct weir__sieve *s, const struct weir__sieve_literal *first,
                 weir_span key, size_t at, weir__sieve_fn *stays, void *arg)
{
    const uint32_t *back = s->back + (first - s->literals);
    struct weir__reading reading = weir__reading_of(key, at, is_backward(first));
    uint32_t i = not_behind(s, first, back[0], reading);

    if (i == 0)
        return;
    for (i--;; i -= back[i]) {
        if (weir__sieve_stands(s, &first[i], key, at))
            stays(arg, &first[i]);
        if (i == 0 || back[i] == 0)
            return;
    }
}
