/*
 * Marks on records: those that name a line, whose number is known only later, and those that go
 * into the journal as well.
 */
#ifndef WEIR_REPLAY_MARKS_H
#define WEIR_REPLAY_MARKS_H

#include <tagweir/common.h>

struct mark {
    size_t at;       /* where the record begins */
    bool names_line; /* of its portion, counted from 1 */
    bool for_journal;
};

struct marks {
    struct mark *v;
    size_t n, cap;
    size_t nlines; /* how many name a line */
};

void marks_fini(struct marks *m);
/* @return false without memory. */
bool marks_add(struct marks *m, size_t at, bool names_line, bool for_journal);

/*
 * Put right what names lines, of which there are so many before the portion, and append what is for
 * the journal to it. The marks are gone then.
 * @param spare  Memory to work with, which may be exchanged with that of the records.
 * @return false without memory: nothing is of any use.
 */
bool marks_settle(struct marks *m, uint64_t before, weir_buf *records, weir_buf *journal,
                  weir_buf *spare);

#endif
