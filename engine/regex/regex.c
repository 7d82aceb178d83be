/*
 * Regexes by PCRE2: compiled once, matched by any number of threads, within limits.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "regex/regex.h"

#include <pcre2.h>
#include <stdlib.h>

#define DEPTH_LIMIT 1000u          /* nested backtracking points; tags are some hundred bytes */
#define HEAP_LIMIT_KIB 1024u       /* of the interpreter, a match */
#define JIT_STACK_START (32u << 10) /* bytes */
#define JIT_STACK_MAX (512u << 10)

struct weir__regex {
    pcre2_code *code;
    bool jitted;
};

struct weir__regex_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data; /* one pair: only whether there is a match matters */
    pcre2_jit_stack *stack;
};

bool
weir__regex_can_jit(void)
{
    uint32_t built_in = 0;
    int error;
    PCRE2_SIZE offset;

    if (pcre2_config(PCRE2_CONFIG_JIT, &built_in) < 0 || !built_in)
        return false;
    /* built in is not enough: a sandbox may forbid executable memory */
    pcre2_code *probe = pcre2_compile((PCRE2_SPTR) "a", 1, 0, &error, &offset, NULL);
    bool can = probe && pcre2_jit_compile(probe, PCRE2_JIT_COMPLETE) == 0;
    pcre2_code_free(probe);
    return can;
}

weir_status
weir__regex_compile(weir_span pattern, bool extended, bool jit, struct weir__regex **out,
                    struct weir__regex_error *err)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_NEVER_BACKSLASH_C | (extended ? PCRE2_EXTENDED : 0);
    struct weir__regex *re = calloc(1, sizeof *re);
    int error = 0;
    PCRE2_SIZE offset = 0;

    if (!re)
        return WEIR_E_NOMEM;
    re->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.len, options, &error, &offset, NULL);
    if (!re->code) {
        free(re);
        if (error == PCRE2_ERROR_HEAP_FAILED)
            return WEIR_E_NOMEM;
        err->offset = offset < pattern.len ? offset : pattern.len;
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)err->message, sizeof err->message);
        return WEIR_E_ARG;
    }
    /* a pattern that JIT cannot take, or has no memory for, is matched by the interpreter */
    re->jitted = jit && pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE) == 0;
    *out = re;
    return WEIR_OK;
}

void
weir__regex_free(struct weir__regex *re)
{
    if (!re)
        return;
    pcre2_code_free(re->code);
    free(re);
}

bool
weir__regex_is_jitted(const struct weir__regex *re)
{
    return re->jitted;
}

weir_status
weir__regex_scratch_new(uint32_t match_limit, struct weir__regex_scratch **out)
{
    struct weir__regex_scratch *s = calloc(1, sizeof *s);

    if (!s)
        return WEIR_E_NOMEM;
    s->context = pcre2_match_context_create(NULL);
    s->data = pcre2_match_data_create(1, NULL);
    if (!s->context || !s->data) {
        weir__regex_scratch_free(s);
        return WEIR_E_NOMEM;
    }
    (void)pcre2_set_match_limit(s->context, match_limit);
    (void)pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
    s->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    if (s->stack) /* without one, JIT code runs on 32 KiB of the machine's stack */
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    *out = s;
    return WEIR_OK;
}

void
weir__regex_scratch_free(struct weir__regex_scratch *s)
{
    if (!s)
        return;
    pcre2_jit_stack_free(s->stack);
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    free(s);
}

/* What a match's return value says. Nothing that is not understood counts as a miss: a pattern
   that could not be tried to its end has run out. */
static enum weir__hit
hit_of(int rc)
{
    if (rc >= 0)
        return WEIR__HIT;
    if (rc == PCRE2_ERROR_NOMATCH)
        return WEIR__MISS;
    if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
        return WEIR__MISS; /* malformed subjects never match */
    return WEIR__RAN_OUT;
}

enum weir__hit
weir__regex_match(const struct weir__regex *re, struct weir__regex_scratch *s, weir_span subject)
{
    PCRE2_SPTR p = (PCRE2_SPTR)(subject.len ? subject.p : "");

    return hit_of(pcre2_match(re->code, p, subject.len, 0, 0, s->data, s->context));
}
