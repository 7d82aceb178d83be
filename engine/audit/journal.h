/*
 * A journal that is being written. Its states, from the caller's view: appended (chained, in
 * memory), written (in the file), synced (on the disk); each a place in the chain.
 */
#ifndef WEIR_AUDIT_JOURNAL_H
#define WEIR_AUDIT_JOURNAL_H

#include "audit/journal_files.h"
#include "audit/journal_key.h"
#include "audit/journal_line.h"

/* A place in the chain. */
struct weir__place_in_chain {
    uint64_t seq;
    unsigned char hash[WEIR__HASH_SIZE];
};

struct weir_journal {
    uint32_t magic;
    struct weir__folder folder; /* owns its path */
    int lock;
    char digest[WEIR_JOURNAL_HASH + 1]; /* of the rules in use, for the next header */
    char *clock;
    struct weir__key key; /* none: pkey is NULL */
    uint64_t segment_bytes;
    uint32_t retain_days;

    struct weir__chain chain; /* appended */
    struct weir__place_in_chain written, synced;

    int fd; /* of the current segment; -1: there is none yet */
    uint32_t segment;
    int64_t opened_ms;
    uint64_t entries;    /* of the segment, appended */
    uint64_t given;      /* among them, what the caller appended: without any it is not ended */
    uint64_t size;       /* bytes written */
    int64_t retired_day; /* when old segments were last looked for */

    weir_buf pending;
    weir_buf body, message; /* while an entry is made */
    bool failed;
    bool finished; /* its last segment has its end */
    char error[1024];
    char warning[1024];
    bool warned; /* since it was last asked */
};

/* The journal has failed for good; `what` and errno say why. @return WEIR_E_IO */
weir_status weir__journal_fail(weir_journal *j, const char *file, const char *what);
/* All that is appended to the file; synced, too. */
weir_status weir__journal_push(weir_journal *j);
weir_status weir__journal_sync(weir_journal *j);
/* Append an event of the library's own. */
weir_status weir__journal_tell(weir_journal *j, const weir_journal_event *e);

/* Append the end of the segment, write and sync it. */
weir_status weir__segment_end(weir_journal *j, weir_journal_why why, int64_t now_ms);
/*
 * Make the next segment, which is in the folder only once it is whole and on the disk: with its
 * header and then the events, NULL with n = 0 for none. Nothing is pending.
 */
weir_status weir__segment_begin(weir_journal *j, int64_t now_ms, const weir_journal_event *events,
                                size_t n);

/* Delete what is older than is to be retained, and say so first. */
weir_status weir__journal_retire(weir_journal *j, int64_t now_ms);

/* Days since 1970-01-01 UTC. */
int64_t weir__day_of(int64_t ms);

#endif
