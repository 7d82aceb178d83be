/*
 * What a decision says, as its record: tests compare the part between `"action"` and the last
 * `"at"`, with ' for ".
 */
#ifndef WEIR_TESTS_SAID_H
#define WEIR_TESTS_SAID_H

#include "unit/match/given.h"

#define NOON INT64_C(1612180800000) /* 2021-02-01T12:00:00Z, when tests take place */

static inline void
said_trim(weir_buf *b)
{
    char *from, *to = NULL;

    weir_buf_putc(b, '\0');
    assert_false(b->failed);
    from = strstr(b->p, "\"action\"");
    for (char *at = b->p; (at = strstr(at, ",\"at\":")) != NULL; at++)
        to = at;
    assert_true(from && to && from < to);
    *to = '\0';
    memmove(b->p, from, strlen(from) + 1);
    for (char *c = b->p; *c; c++)
        if (*c == '"')
            *c = '\'';
}

/* Decide, and append what the record says to b, which is emptied first. */
static inline weir_status
said(weir_ruleset *rs, const weir_decide_options *o, const weir_post *post, int64_t now,
     weir_buf *b)
{
    weir_scratch *s = NULL;
    weir_decision d;

    b->len = 0;
    assert_int_equal(weir_scratch_new(rs, o, &s), WEIR_OK);
    weir_status st = weir_decide(rs, s, post, now, &d);
    weir_record_write(&d, b);
    weir_scratch_free(s);
    said_trim(b);
    return st;
}

static inline void
assert_says(const char *promise, weir_ruleset *rs, const weir_post *post, int64_t now,
            const char *expected)
{
    weir_buf b = {0};

    (void)said(rs, NULL, post, now, &b);
    if (strcmp(b.p, expected) != 0)
        fail_msg("%s:\n     said %s\n expected %s", promise, b.p, expected);
    weir_buf_fini(&b);
}

#endif
