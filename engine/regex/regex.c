/*
 * Regexes by PCRE2, within a budget.
 *
 * Three things bound a match. PCRE2's match limit counts steps, but afresh at each place of the
 * subject where a match may start, and JIT code counts only entries of groups and repeats, in which
 * a run of single characters is one entry. What is left unbounded is a power of the subject's
 * length; so the limit shrinks with its square beyond FULL_BUDGET bytes, and nothing is
 * tried on a subject longer than WEIR__SUBJECT_MAX, which no platform's hashtag is.
 */
#include "regex/regex.h"

#include "base/check.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#define REGEX_MAGIC 0x57524531u
#define REGEX_SCRATCH_MAGIC 0x57524532u

/* Bytes of a subject up to which a pattern has all of its match limit. */
#define FULL_BUDGET 128u
#define JIT_STACK_FIRST (32u << 10)
#define JIT_STACK_LARGEST (256u << 10)

struct weir__regex {
    uint32_t magic;
    pcre2_code *code;
};

struct weir__regex_scratch {
    uint32_t magic;
    uint32_t match_limit;
    uint64_t hard;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL where PCRE2 has no JIT */
};

/* PCRE2 10.42 takes {NULL, 0} in some of its functions only. */
static PCRE2_SPTR
units_of(weir_span s)
{
    return (PCRE2_SPTR)(s.p ? s.p : "");
}

static weir_status
refused(int code, size_t offset, weir_span pattern, struct weir__regex_error *err)
{
    if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
        return WEIR_E_NOMEM;
    if (err) {
        err->offset = offset < pattern.len ? offset : pattern.len;
        err->message[0] = '\0';
        (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)err->message, sizeof err->message);
    }
    return WEIR_E_ARG;
}

static uint32_t
options_of(bool extended)
{
    return PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
           (extended ? PCRE2_EXTENDED : 0);
}

weir_status
weir__regex_compile(weir_span pattern, bool extended, bool jit, struct weir__regex **out,
                    struct weir__regex_error *err)
{
    struct weir__regex *re = calloc(1, sizeof *re);
    PCRE2_SIZE offset = 0;
    int code = 0;

    if (!re)
        return WEIR_E_NOMEM;
    re->magic = REGEX_MAGIC;
    re->code =
        pcre2_compile(units_of(pattern), pattern.len, options_of(extended), &code, &offset, NULL);
    if (!re->code) {
        free(re);
        return refused(code, offset, pattern, err);
    }
    /* Where there is no JIT to be had, or not for this pattern, PCRE2 interprets. */
    if (jit)
        (void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
    *out = re;
    return WEIR_OK;
}

void
weir__regex_free(struct weir__regex *re)
{
    if (!re)
        return;
    CHECK_OBJ(re, REGEX_MAGIC);
    pcre2_code_free(re->code);
    re->magic = 0;
    free(re);
}

bool
weir__regex_is_jitted(const struct weir__regex *re)
{
    size_t size = 0;

    CHECK_OBJ(re, REGEX_MAGIC);
    return pcre2_pattern_info(re->code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

size_t
weir__regex_memory(const struct weir__regex *re)
{
    size_t compiled = 0, jit = 0;

    CHECK_OBJ(re, REGEX_MAGIC);
    (void)pcre2_pattern_info(re->code, PCRE2_INFO_SIZE, &compiled);
    (void)pcre2_pattern_info(re->code, PCRE2_INFO_JITSIZE, &jit);
    return compiled + jit;
}

bool
weir__regex_can_jit(void)
{
    struct weir__regex *re;

    /* Asked by trying: a hardened process may be refused executable memory. */
    if (weir__regex_compile(SPAN_LIT("a+b"), false, true, &re, NULL) != WEIR_OK)
        return false;
    bool can = weir__regex_is_jitted(re);
    weir__regex_free(re);
    return can;
}

/* Pieces ------------------------------------------------------------------------------------ */

/* A group that is repeated is compiled several times: a piece has its place by where it begins. */
static int
put_piece(pcre2_callout_enumerate_block *b, void *pieces)
{
    struct weir__regex_piece *at = (struct weir__regex_piece *)pieces + b->pattern_position;

    if (b->next_item_length > 0) /* 0: the pattern's end, which has no room either */
        *at = (struct weir__regex_piece){b->pattern_position, b->next_item_length};
    return 0;
}

/* PCRE2 tells by itself, where it is asked to call out before each piece. */
weir_status
weir__regex_pieces(weir_span pattern, bool extended, struct weir__regex_piece *pieces,
                   size_t *npieces, bool *may_be_empty)
{
    PCRE2_SIZE offset = 0;
    uint32_t empty = 0;
    size_t n = 0;
    int code = 0;

    memset(pieces, 0, pattern.len * sizeof *pieces);
    pcre2_code *re = pcre2_compile(units_of(pattern), pattern.len,
                                   options_of(extended) | PCRE2_AUTO_CALLOUT, &code, &offset, NULL);
    if (!re)
        return refused(code, offset, pattern, NULL);
    (void)pcre2_callout_enumerate(re, put_piece, pieces);
    (void)pcre2_pattern_info(re, PCRE2_INFO_MATCHEMPTY, &empty);
    pcre2_code_free(re);
    for (size_t i = 0; i < pattern.len; i++)
        if (pieces[i].len)
            pieces[n++] = pieces[i];
    *npieces = n;
    *may_be_empty = empty != 0;
    return WEIR_OK;
}

/* Matching ---------------------------------------------------------------------------------- */

/* KiB that the interpreter may use to remember where it can come back to: what the default match
   limit needs, some 120 bytes a step, with few capturing groups. */
static uint32_t
heap_limit(uint32_t match_limit)
{
    uint32_t kib = match_limit / 8;

    return kib < 64 ? 64 : kib > 16384 ? 16384 : kib;
}

weir_status
weir__regex_scratch_new(uint32_t match_limit, struct weir__regex_scratch **out)
{
    struct weir__regex_scratch *s = calloc(1, sizeof *s);
    uint32_t has_jit = 0;

    if (!s)
        return WEIR_E_NOMEM;
    s->magic = REGEX_SCRATCH_MAGIC;
    s->match_limit = match_limit;
    s->data = pcre2_match_data_create(1, NULL); /* whether, not where */
    s->context = pcre2_match_context_create(NULL);
    (void)pcre2_config(PCRE2_CONFIG_JIT, &has_jit);
    if (has_jit)
        s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_LARGEST, NULL);
    if (!s->data || !s->context || (has_jit && !s->stack)) {
        weir__regex_scratch_free(s);
        return WEIR_E_NOMEM;
    }
    (void)pcre2_set_depth_limit(s->context, match_limit);
    (void)pcre2_set_heap_limit(s->context, heap_limit(match_limit));
    if (s->stack)
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    *out = s;
    return WEIR_OK;
}

void
weir__regex_scratch_free(struct weir__regex_scratch *s)
{
    if (!s)
        return;
    CHECK_OBJ(s, REGEX_SCRATCH_MAGIC);
    pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->context);
    pcre2_match_data_free(s->data);
    s->magic = 0;
    free(s);
}

static uint32_t
budget_for(uint32_t limit, size_t len)
{
    if (len <= FULL_BUDGET)
        return limit > 0 ? limit : 1;
    uint64_t scaled = (uint64_t)limit * FULL_BUDGET * FULL_BUDGET / ((uint64_t)len * len);
    return scaled > 0 ? (uint32_t)scaled : 1;
}

static enum weir__hit
hit_of(int code)
{
    if (code >= 0) /* 0: there are more groups than the match data has room for */
        return WEIR__HIT;
    if (code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21)
        return WEIR__MISS;
    switch (code) {
    case PCRE2_ERROR_NOMATCH:
        return WEIR__MISS;
    case PCRE2_ERROR_NULL:
    case PCRE2_ERROR_BADMAGIC:
    case PCRE2_ERROR_BADMODE:
    case PCRE2_ERROR_BADOFFSET:
    case PCRE2_ERROR_BADOPTION:
    case PCRE2_ERROR_PARTIAL:
        CHECK(false); /* we misuse PCRE2 */
        return WEIR__RAN_OUT;
    default:
        /* MATCHLIMIT, DEPTHLIMIT, HEAPLIMIT and JIT_STACKLIMIT; NOMEMORY; RECURSELOOP, a pattern
           that calls itself without end; INTERNAL, a fault of PCRE2, which a post must not be able
           to bring the engine down with. In all of them nobody knows whether it matches. */
        return WEIR__RAN_OUT;
    }
}

static int
match_within(const struct weir__regex *re, struct weir__regex_scratch *s, weir_span subject,
             uint32_t limit)
{
    (void)pcre2_set_match_limit(s->context, budget_for(limit, subject.len));
    return pcre2_match(re->code, units_of(subject), subject.len, 0, 0, s->data, s->context);
}

enum weir__hit
weir__regex_match(const struct weir__regex *re, struct weir__regex_scratch *s, weir_span subject)
{
    CHECK_OBJ(re, REGEX_MAGIC);
    CHECK_OBJ(s, REGEX_SCRATCH_MAGIC);
    if (subject.len > WEIR__SUBJECT_MAX) {
        s->hard++;
        return WEIR__RAN_OUT;
    }
    /* PCRE2 does not say how many steps it took: one that fits the share is told by trying */
    int code = match_within(re, s, subject, s->match_limit / WEIR__HARD_SHARE);
    if (hit_of(code) != WEIR__RAN_OUT)
        return hit_of(code);
    s->hard++;
    return hit_of(match_within(re, s, subject, s->match_limit));
}

uint64_t
weir__regex_hard(const struct weir__regex_scratch *s)
{
    CHECK_OBJ(s, REGEX_SCRATCH_MAGIC);
    return s->hard;
}
