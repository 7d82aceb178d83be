/*
 * The tables behind plan.h.
 */
#include "post/plan.h"

#include "base/check.h"

#define WATCH(index, name, shape, list, nested) {name, WEIR__SHAPE_##shape, list, nested},

static const struct weir__watch line[] = {WEIR__POST_KEYS(WATCH, 1, 0) WEIR__LINE_KEYS(WATCH)};
static const struct weir__watch post[] = {WEIR__POST_KEYS(WATCH, 1, 1)};
static const struct weir__watch quote[] = {WEIR__POST_KEYS(WATCH, 0, 1)};
static const struct weir__watch who[] = {WEIR__WHO_KEYS(WATCH)};
static const struct weir__watch entities[] = {WEIR__ENTITIES_KEYS(WATCH)};
static const struct weir__watch tag[] = {WEIR__TAG_KEYS(WATCH)};
static const struct weir__watch extended[] = {WEIR__EXTENDED_KEYS(WATCH)};
static const struct weir__watch includes[] = {WEIR__INCLUDES_KEYS(WATCH)};
static const struct weir__watch meta[] = {WEIR__META_KEYS(WATCH)};
static const struct weir__watch query[] = {WEIR__QUERY_KEYS(WATCH)};
static const struct weir__watch commit[] = {WEIR__COMMIT_KEYS(WATCH)};
static const struct weir__watch record[] = {WEIR__RECORD_KEYS(WATCH)};
static const struct weir__watch facet[] = {WEIR__FACET_KEYS(WATCH)};
static const struct weir__watch feature[] = {WEIR__FEATURE_KEYS(WATCH)};
static const struct weir__watch ref[] = {WEIR__REF_KEYS(WATCH)};
static const struct weir__watch embed[] = {WEIR__EMBED_KEYS(WATCH)};
static const struct weir__watch ref_inner[] = {WEIR__REF_INNER_KEYS(WATCH)};
static const struct weir__watch actor[] = {WEIR__ACTOR_KEYS(WATCH)};
static const struct weir__watch ap_tag[] = {WEIR__AP_TAG_KEYS(WATCH)};

#define SHAPE(id, keys) [WEIR__SHAPE_##id] = {keys, sizeof keys / sizeof *keys}

static const struct weir__shape shapes[WEIR__NSHAPES] = {
    SHAPE(LINE, line),         SHAPE(POST, post),           SHAPE(QUOTE, quote),
    SHAPE(WHO, who),           SHAPE(ENTITIES, entities),   SHAPE(TAG, tag),
    SHAPE(EXTENDED, extended), SHAPE(INCLUDES, includes),   SHAPE(META, meta),
    SHAPE(QUERY, query),       SHAPE(COMMIT, commit),       SHAPE(RECORD, record),
    SHAPE(FACET, facet),       SHAPE(FEATURE, feature),     SHAPE(REF, ref),
    SHAPE(EMBED, embed),       SHAPE(REF_INNER, ref_inner), SHAPE(ACTOR, actor),
    SHAPE(AP_TAG, ap_tag),
};

_Static_assert(sizeof line / sizeof *line <= WEIR__KEYS_MAX, "a bit a key");
_Static_assert(WEIR__NSHAPES <= WEIR__SHAPES_MAX, "room for every shape");

void
weir__plan_lines(struct weir__plan *plan)
{
    weir__plan_init(plan, shapes, WEIR__NSHAPES, WEIR__SHAPE_LINE, WEIR__NESTED_MAX);
}

const char *
weir__key_name(uint8_t shape, unsigned key)
{
    CHECK(shape < WEIR__NSHAPES && key < shapes[shape].n);
    return shapes[shape].keys[key].name;
}
