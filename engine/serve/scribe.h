/*
 * The scribe: a thread that writes the decision journal, and the only one that does. Whoever
 * decides has a quill, gathers records with it, and hands them over between two batches; nobody but
 * the scribe ever waits for the disk. What is handed over while it writes is written together next.
 *
 * Promised to auditors: an event stands in the journal before everything that was decided under it,
 * by whichever thread. Batches that others had begun may stand behind it and are decided as before:
 * each record says by which rules, and which breakers had tripped.
 */
#ifndef WEIR_SERVE_SCRIBE_H
#define WEIR_SERVE_SCRIBE_H

#include <tagweir/tagweir.h>

enum scribe_sync {
    SCRIBE_ALWAYS,   /* an answer leaves when its record is on the disk */
    SCRIBE_INTERVAL, /* what was written is on the disk a second later */
    SCRIBE_NEVER,    /* when the system likes */
};

struct scribe_options {
    const char *dir;
    enum scribe_sync sync;
    weir_journal_options journal; /* the digest is to be there while scribe_open runs */
    uint64_t head_every;          /* entries: the head is told of; 0: only when it ends */
    /* As of server_options. */
    void (*say)(void *arg, bool is_problem, const char *line);
    void (*news)(void *arg); /* it has failed; must not block */
    void *arg;
};

/* At one moment. */
struct scribe_report {
    bool failed;
    uint64_t entries, synced; /* in the file; on the disk */
    uint64_t head_seq;        /* what may be told to others: of the same journal it stays true */
    char head[WEIR_JOURNAL_HASH + 1];
    uint64_t told_seq; /* the same, as it was told of last; 0: not yet */
    char told[WEIR_JOURNAL_HASH + 1];
    uint32_t segment;
    uint64_t segment_bytes;
    uint64_t records;            /* written by this process */
    uint64_t commits, commit_us; /* groups that were written, and how long that took */
    size_t waiting;              /* bytes that were handed over and are not written */
};

struct scribe;

/* Opens the journal, and says what is wrong or was found. NULL: it was said. */
struct scribe *scribe_open(const struct scribe_options *o, int64_t now_ms);
/* When all quills are there. false: there is no thread to be had. */
bool scribe_start(struct scribe *s);
/* Writes what was handed over, and closes the journal. Quills hand nothing over from then on.
   false: it is not all there, which was said. Once is enough. */
bool scribe_stop(struct scribe *s);
/* NULL is allowed. */
void scribe_free(struct scribe *s);

/* Any thread --------------------------------------------------------------------------------- */

/* Up to which mark answers may leave. */
uint64_t scribe_settled(const struct scribe *s);
/* For good: nothing is settled any more, and nothing should be decided. */
bool scribe_has_failed(const struct scribe *s);
void scribe_tell(struct scribe *s, struct scribe_report *out);
/* What it points at is copied. Without memory, the scribe fails: no event may be missing. NULL is
   allowed. */
void scribe_event(struct scribe *s, const weir_journal_event *e);

/* Quills: one thread's ----------------------------------------------------------------------- */

/* No mark of a scribe that has failed settles. */
#define SCRIBE_NEVER_SETTLES UINT64_MAX

struct scribe_batch;

struct quill {
    struct scribe *scribe;      /* NULL: no journal is kept */
    struct scribe_batch *batch; /* what was gathered; NULL: nothing */
    bool all;                   /* records that no rule had a part in, too */
    /* On the scribe's thread: a mark that was given out has settled, or it has failed. */
    void (*wake)(void *arg);
    void *arg;
    bool is_due; /* the scribe's: to be woken */
    struct quill *next;
};

/* Before scribe_start; must outlive scribe_stop. */
void quill_init(struct quill *q, struct scribe *s, bool all, void (*wake)(void *arg), void *arg);
/* What was gathered, and not handed over, goes. A zeroed one is allowed. */
void quill_fini(struct quill *q);
/* An answer_record_fn, of a quill: gathers what belongs into the journal. */
bool quill_record(void *quill, const weir_decision *d, weir_span record);
/* Hands over what was gathered. @return the mark that its answers have to wait for; 0: none. */
uint64_t quill_hand_over(struct quill *q);

#endif
