/*
 * The records of a journal, found by what they are about: 32 bytes for each in memory, the records
 * themselves stay in their files.
 */
#ifndef WEIR_REPLAY_ENTRIES_H
#define WEIR_REPLAY_ENTRIES_H

#include "replay/past.h"

#include <stdatomic.h>

struct entry {
    uint64_t key; /* a hash of what it is about; the lowest two bits are its recorded_kind */
    uint64_t offset;
    uint32_t segment;
    uint32_t length;
    uint32_t epoch;  /* see past_epoch */
    uint32_t claims; /* of the first of a key: what the feed has of it; see claims.h */
};

struct entries {
    struct entry *v; /* by key, then as they stand in the journal */
    size_t n, cap;
    uint64_t aside;     /* records that are not compared: see entries_finish */
    uint64_t malformed; /* records that are none as the engine writes them; the first stands at: */
    uint32_t bad_segment;
    uint64_t bad_line;
    bool nomem;
    uint64_t seed; /* keys come from outside: nobody may aim at equal ones */
    /* while the journal is walked */
    uint64_t at; /* in the segment */
    weir_buf key;
};

void entries_init(struct entries *e);
void entries_fini(struct entries *e);

/* The next entry of the journal, records' as well as those that make its past. */
void entries_visit(struct entries *e, struct past *p, const weir_journal_entry *entry);
/* When all was walked. Errors of posts without a time are put aside where the clock was `created`
   at times only: the feed is read with times being needed, or not. */
void entries_finish(struct entries *e, const struct past *p);

/* Hashes of what records are about. */
uint64_t entries_key(const struct entries *e, enum recorded_kind kind, weir_span key);
static inline enum recorded_kind
entry_kind(const struct entry *e)
{
    return (enum recorded_kind)(e->key & 3);
}

/* Entries of a key: from the first one returned on, *n. NULL: there are none. */
struct entry *entries_find(const struct entries *e, uint64_t key, size_t *n);
/* How many have the same key as the first of them. */
size_t entries_alike(const struct entries *e, size_t first);

/* Reading records back. One thread's. Zero-initialise but for `dir`. */
struct entry_reader {
    const char *dir;
    bool is_open;
    int fd;
    uint32_t segment; /* that is open */
    weir_buf text;
};

void entry_reader_fini(struct entry_reader *r);
/*
 * @param out  The record, until the next call, without its newline.
 * @param seq  Its number in the journal; NULL: not asked for.
 * @return false: `why` says why it cannot be read.
 */
bool entry_read(struct entry_reader *r, const struct entry *e, weir_span *out, uint64_t *seq,
                weir_buf *why);

/* The name of a segment's file. */
#define ENTRY_FILE_MAX 24
void entry_file(uint32_t segment, char out[ENTRY_FILE_MAX]);

#endif
