/*
 * What tests of answering share: an answerer that writes posts as they were read, and pages.
 */
#ifndef WEIR_TESTS_FLOW_PAGE_H
#define WEIR_TESTS_FLOW_PAGE_H

#include "unit/test.h"

#include "flow/answer.h"

static inline void
init_answerer(struct answerer *a)
{
    struct answer_options o = {0};

    assert_int_equal(answerer_init(a, NULL, &o), WEIR_OK);
}

/* A line that is so many posts, without tags: writing them takes no memory but the output's. */
static inline void
put_page(weir_buf *text, int posts)
{
    weir_buf_puts(text, "{\"data\":[");
    for (int i = 0; i < posts; i++)
        weir_buf_printf(text, "%s{\"id\":\"%d\",\"text\":\"a\"}", i ? "," : "", i);
    weir_buf_puts(text, "]}");
    assert_false(text->failed);
}

#endif
