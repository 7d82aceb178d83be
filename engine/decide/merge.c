/*
 * Merging: per region the stricter outcome of a repost's parts counts, per surface the smaller
 * factor.
 */
#include "decide/merge.h"

#include "decide/shown.h"

void
weir__outcome_merge(weir_outcome *into, const weir_outcome *from)
{
    if (from->action > into->action) {
        *into = *from;
        return;
    }
    if (from->action < into->action || into->action != WEIR_DOWNRANK)
        return;
    for (int i = 0; i < WEIR_NSURFACES; i++) {
        uint32_t bit = 1u << i;
        if (!(from->surfaces & bit))
            continue;
        if ((into->surfaces & bit) &&
            into->surface[i].factor_milli <= from->surface[i].factor_milli)
            continue;
        into->surfaces |= bit;
        into->surface[i] = from->surface[i];
    }
}

static bool
same_act(const weir_act *a, const weir_act *b)
{
    if (a->rule != b->rule || a->via_repost != b->via_repost)
        return false;
    return a->part == b->part || weir__shown_same(a, b);
}

bool
weir__outcome_same(const weir_outcome *a, const weir_outcome *b)
{
    if (a->action != b->action)
        return false;
    if (a->action == WEIR_WITHHOLD)
        return same_act(&a->act, &b->act);
    if (a->action == WEIR_ALLOW)
        return true;
    if (a->surfaces != b->surfaces)
        return false;
    for (int i = 0; i < WEIR_NSURFACES; i++)
        if ((a->surfaces >> i & 1) && !same_act(&a->surface[i].act, &b->surface[i].act))
            return false;
    return true;
}

static int
compare(const weir_exemption *a, const weir_exemption *b)
{
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return (a->by > b->by) - (a->by < b->by);
}

size_t
weir__exemptions_unite(const weir_exemption *a, size_t na, const weir_exemption *b, size_t nb,
                       weir_exemption *out)
{
    size_t n = 0;

    for (size_t i = 0, k = 0; i < na || k < nb;) {
        int order = i == na ? 1 : k == nb ? -1 : compare(&a[i], &b[k]);
        out[n++] = order <= 0 ? a[i] : b[k];
        i += order <= 0;
        k += order >= 0;
    }
    return n;
}

bool
weir__exemptions_same(const weir_exemption *a, size_t na, const weir_exemption *b, size_t nb)
{
    if (na != nb)
        return false;
    for (size_t i = 0; i < na; i++)
        if (compare(&a[i], &b[i]) != 0)
            return false;
    return true;
}
