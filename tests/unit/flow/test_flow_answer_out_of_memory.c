/*
 * flow/answer: when memory runs out, wherever that is, whole records stand in the output, and every
 * item is counted, as answered or as abandoned.
 */
#include "unit/fail_allocations.h"
#include "unit/flow/page.h"

#define POSTS 4000 /* more than the reader keeps memory for from one line to the next */

static size_t failed_reading_again;

/* Two pages in turns, so that each is read again; false: there are not so many allocations. */
static bool
fail_at(size_t k, const weir_buf *text)
{
    weir_buf out = {0};
    struct answerer a;
    weir_status st = WEIR_OK;
    struct answer_line lines[2] = {{.bytes = {text->p, text->len}, .avail = text->len},
                                   {.bytes = {text->p, text->len}, .avail = text->len}};

    init_answerer(&a);
    fail_allocation(k);
    for (int i = 0; st == WEIR_OK && !lines[i].done; i = !i) {
        struct answer_room room = {100000, SIZE_MAX};
        st = answer_go_on(&a, &lines[i], &room, &out);
    }
    bool did = allocation_failed();
    assert_int_equal(st, did ? WEIR_E_NOMEM : WEIR_OK);
    failed_reading_again += did && !out.failed && a.reads > 2;
    for (int i = 0; i < 2; i++)
        if (!lines[i].done)
            answer_give_up(&a, &lines[i]);
    if (!tally_adds_up(&a.tally) || a.tally.abandoned > a.tally.items)
        fail_msg("allocation %zu: %llu items, %llu posts, %llu abandoned", k,
                 (unsigned long long)a.tally.items, (unsigned long long)a.tally.posts,
                 (unsigned long long)a.tally.abandoned);
    assert_true(did ? a.tally.posts < 2 * POSTS : a.tally.posts == 2 * POSTS);
    assert_true(a.tally.made == a.tally.posts && (out.len == 0 || out.p[out.len - 1] == '\n'));
    weir_buf_fini(&out);
    answerer_fini(&a);
    return did;
}

static void
each_allocation_may_fail(void **state)
{
    weir_buf text = {0};
    size_t k = 1;

    (void)state;
    put_page(&text, POSTS);
    assert_false(fail_at(0, &text));
    while (fail_at(k, &text))
        k++;
    assert_true(k > 10 && failed_reading_again > 0);
    weir_buf_fini(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("flow/answer_out_of_memory", tests, NULL, NULL);
}
