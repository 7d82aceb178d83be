/*
 * Checking a journal: lines, one after the other, each held against the one before, and segments,
 * which are files of lines. What a walk over the whole journal and a writer that opens one share.
 */
#ifndef WEIR_AUDIT_JOURNAL_CHECK_H
#define WEIR_AUDIT_JOURNAL_CHECK_H

#include "audit/journal_files.h"
#include "audit/journal_key.h"
#include "audit/journal_line.h"

struct weir__checker {
    /* what is wanted of it */
    const struct weir__keys *keys; /* NULL: signatures are not checked */
    weir_journal_visit visit;      /* NULL: nobody looks */
    void *arg;
    const unsigned char *head; /* that is looked for; NULL: none */

    /* where it stands: all before this was found right */
    struct weir__chain chain; /* the last entry */
    bool begun;               /* false: the next header says which entry was before it */
    weir_journal_segment segment;
    uint64_t line;        /* in the segment, of the line looked at */
    uint64_t good_bytes;  /* of the segment, up to the end of its last good line */
    weir_journal_why why; /* of the segment's end, if it has ended */
    bool enough;          /* the visitor wants no more */
    bool torn; /* the finding is a tail that a crash explains: no newline, or a loss of power */
    unsigned char first_before[WEIR__HASH_SIZE]; /* hash of what was before the first segment */
    bool retirement;                             /* an event says that this was retired */

    weir_journal_proof *proof;
    weir_buf bytes;   /* of the file */
    weir_buf room;    /* of entries that are taken apart */
    weir_buf message; /* that is signed */
};

weir_status weir__checker_init(struct weir__checker *c, weir_journal_proof *proof);
void weir__checker_fini(struct weir__checker *c);

/*
 * The next line, without its newline. false: it is not right, which the proof tells, or there is no
 * memory (c->room.failed or c->message.failed).
 */
bool weir__check_line(struct weir__checker *c, weir_span line);

/*
 * A segment from its first byte to its last: a finding, if there is one, is in the proof.
 * WEIR_E_IO: errno, ENOENT where it is not there.
 */
weir_status weir__check_segment(struct weir__checker *c, int dirfd, uint32_t number);

/* The first finding; later ones are not taken. `line` 0: of the whole file; `text`: of the line. */
void weir__journal_found(struct weir__checker *c, weir_journal_finding f, const char *file,
                         uint64_t line, uint64_t seq, weir_span text, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));

#endif
