/*
 * The engines there are, in the order of the tables.
 */
#include "engine.h"

#include <string.h>

extern const struct engine engine_tagweir, engine_tagweir_memo, engine_uthash, engine_hs_hash_call,
    engine_hs_hash_joined, engine_hs_joined, engine_hs_hash_call_framed, engine_hs_hash_framed,
    engine_hs_framed, engine_re2;

const struct engine *const engines[] = {
    &engine_tagweir,
    &engine_tagweir_memo,
    &engine_uthash,
    &engine_hs_hash_call,
    &engine_hs_hash_joined,
    &engine_hs_joined,
    &engine_hs_hash_call_framed,
    &engine_hs_hash_framed,
    &engine_hs_framed,
    &engine_re2,
};
const size_t nengines = sizeof engines / sizeof *engines;

const struct engine *
engine_find(weir_span name)
{
    for (size_t i = 0; i < nengines; i++)
        if (strlen(engines[i]->name) == name.len && memcmp(engines[i]->name, name.p, name.len) == 0)
            return engines[i];
    return NULL;
}
