/*
 * One row of a table of folds: what a text becomes, behind what the buffer held before.
 */
#ifndef WEIR_TESTS_TEXT_FOLDS_H
#define WEIR_TESTS_TEXT_FOLDS_H

#include "unit/test.h"

#include "text/fold.h"

struct fold_row {
    const char *why, *from, *to;
};

static inline void
assert_folds(const struct fold_row *row, void (*fold)(weir_span, weir_buf *))
{
    weir_buf b = {0};

    weir_buf_puts(&b, "<");
    fold(span_of(row->from), &b);
    if (b.failed || !span_is(span_skip(span_of_buf(&b), 1), row->to))
        fail_msg("%s: \"%s\" became \"%.*s\"", row->why, row->from, (int)b.len - 1, b.p + 1);
    weir_buf_fini(&b);
}

#define ASSERT_FOLDS(rows, fold)                                                                   \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < sizeof(rows) / sizeof *(rows); i_++)                              \
            assert_folds(&(rows)[i_], fold);                                                       \
    } while (0)

#endif
