/*
 * Plans made ready for finding keys, and what is seldom needed to find one.
 */
#include "post/json_keys.h"

#include "base/check.h"

/* No token begins with a blank; with a zero, one that is none of JSON's may. */
static void
set_quoted(struct weir__look *look, const char *name, size_t len)
{
    char quoted[2 * sizeof(uint64_t)] = {' '}, mask[sizeof quoted];
    size_t whole = len + strlen("\"\":");

    memset(mask, 0xFF, sizeof mask);
    if (len > 0 && whole <= sizeof quoted) {
        quoted[0] = '"';
        memcpy(quoted + 1, name, len);
        memcpy(quoted + 1 + len, "\":", 2);
        memset(mask + whole, 0, sizeof mask - whole);
    }
    memcpy(look->quoted, quoted, sizeof quoted);
    memcpy(look->mask, mask, sizeof mask);
}

static void
make_ready(struct weir__looks *looks, const struct weir__watch *watch)
{
    char padded[32] = {0};
    weir_span name = {padded, strlen(watch->name)};

    CHECK(looks->n < WEIR__KEYS_MAX && name.len > 0 &&
          name.len + sizeof(uint64_t) <= sizeof padded && name.len <= WEIR__KEY_MAX);
    memcpy(padded, watch->name, name.len);
    uint64_t head = weir__key_head(name);
    uint8_t *slot = &looks->slot[weir__key_slot(head, name.len)];
    looks->keys[looks->n + 1] = (struct weir__look){.head = head,
                                                    .tail = weir__key_tail(name, head),
                                                    .bit = UINT64_C(1) << looks->n,
                                                    .name = watch->name,
                                                    .len = (uint8_t)name.len,
                                                    .index = looks->n,
                                                    .next = *slot,
                                                    .shape = watch->shape,
                                                    .list = watch->list,
                                                    .nested = watch->nested};
    set_quoted(&looks->keys[looks->n + 1], watch->name, watch->nested ? 0 : name.len);
    *slot = ++looks->n;
    looks->lens[weir__key_ends(name.p[0], name.p[name.len - 1])] |= UINT64_C(1) << name.len;
}

void
weir__plan_init(struct weir__plan *plan, const struct weir__shape *shapes, size_t nshapes,
                uint8_t root, uint8_t max_nested)
{
    memset(plan, 0, sizeof *plan);
    plan->root = root;
    plan->max_nested = max_nested;
    for (size_t s = 0; s < nshapes; s++)
        for (uint8_t k = 0; k < shapes[s].n; k++)
            make_ready(&plan->look[s], &shapes[s].keys[k]);
}

const struct weir__look *
weir__find_in_chain(const struct weir__looks *looks, weir_span key, size_t k)
{
    for (; k; k = looks->keys[k].next)
        if (looks->keys[k].len == key.len && memcmp(looks->keys[k].name, key.p, key.len) == 0)
            return &looks->keys[k];
    return NULL;
}
