/*
 * Peer: literals in uthash, then a loop over all patterns, each compiled by PCRE2 to machine code.
 * What one writes first. Its agreement is the reference: nothing clever is in it.
 */
#include "engine.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

struct literal {
    weir_span key;
    uint32_t id;
    UT_hash_handle hh;
};

struct loop {
    struct literal *literals, *by_key;
    pcre2_code **codes;
    uint32_t *ids;
    size_t ncodes;
    pcre2_match_data *data;
};

static void
loop_free(void *context)
{
    struct loop *p = context;

    HASH_CLEAR(hh, p->by_key);
    free(p->literals);
    for (size_t i = 0; i < p->ncodes; i++)
        pcre2_code_free(p->codes[i]);
    free(p->codes);
    free(p->ids);
    pcre2_match_data_free(p->data);
    free(p);
}

static void
add_literals(struct loop *p, const struct rules *rules)
{
    size_t n = 0;

    p->literals = allocate(rules->count[RULE_LITERAL], sizeof *p->literals);
    for (size_t i = 0; i < rules->n; i++) {
        if (rules->v[i].kind != RULE_LITERAL)
            continue;
        struct literal *l = &p->literals[n++];
        l->key = rules->v[i].text;
        l->id = rules->v[i].id;
        HASH_ADD_KEYPTR(hh, p->by_key, l->key.p, l->key.len, l);
    }
}

/* Text is UTF-8 and its own canonical key, on both sides: nothing is left to fold. */
static bool
add_pattern(struct loop *p, weir_span regex, uint32_t id, struct compiled *out)
{
    int code;
    PCRE2_SIZE offset;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)regex.p, regex.len, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY,
                                   &code, &offset, NULL);

    if (!re || pcre2_jit_compile(re, PCRE2_JIT_COMPLETE) != 0) {
        snprintf(out->why, sizeof out->why, "PCRE2 refuses /%.*s/ at %zu", (int)regex.len, regex.p,
                 offset);
        pcre2_code_free(re);
        return false;
    }
    p->codes[p->ncodes] = re;
    p->ids[p->ncodes++] = id;
    return true;
}

static bool
add_patterns(struct loop *p, const struct rules *rules, struct compiled *out)
{
    size_t n = rules->n - rules->count[RULE_LITERAL];
    weir_buf regex = {0};
    bool good = true;

    p->codes = allocate(n, sizeof *p->codes);
    p->ids = allocate(n, sizeof *p->ids);
    p->data = pcre2_match_data_create(1, NULL);
    for (size_t i = 0; i < rules->n && good; i++) {
        if (rules->v[i].kind == RULE_LITERAL)
            continue;
        regex.len = 0;
        rule_regex(&rules->v[i], &regex);
        good = add_pattern(p, span_of_out(&regex), rules->v[i].id, out);
    }
    weir_buf_fini(&regex);
    return good;
}

static void
loop_compile(const struct rules *rules, struct compiled *out)
{
    struct loop *p = allocate(1, sizeof *p);
    double start = thread_seconds();

    add_literals(p, rules);
    if (!add_patterns(p, rules, out)) {
        loop_free(p);
        return;
    }
    out->seconds = thread_seconds() - start;
    out->context = p;
}

static void
loop_match(void *context, const weir_span *tokens, size_t n, hit_fn hit, void *arg)
{
    struct loop *p = context;

    for (size_t t = 0; t < n; t++) {
        struct literal *found;

        HASH_FIND(hh, p->by_key, tokens[t].p, tokens[t].len, found);
        if (found)
            hit(arg, (uint32_t)t, found->id);
        for (size_t i = 0; i < p->ncodes; i++)
            if (pcre2_jit_match(p->codes[i], (PCRE2_SPTR)tokens[t].p, tokens[t].len, 0, 0, p->data,
                                NULL) >= 0)
                hit(arg, (uint32_t)t, p->ids[i]);
    }
}

static const char *
loop_version(void)
{
    static char version[64];
    char pcre[32];

    pcre2_config(PCRE2_CONFIG_VERSION, pcre);
    snprintf(version, sizeof version, "uthash " TEXT(UTHASH_VERSION) ", PCRE2 %s", pcre);
    return version;
}

const struct engine engine_uthash = {
    .name = "uthash-pcre2",
    .title = "uthash, then a loop over PCRE2 JIT",
    .about = "literals in uthash, every pattern tried on every token",
    .version = loop_version,
    .compile = loop_compile,
    .match = loop_match,
    .free = loop_free,
};
