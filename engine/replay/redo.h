/*
 * Redoing: a journal's records are decided again from the feed that they were made of, and
 * compared. In three steps: the journal is walked (redo_visit), the feed is read by a crew, which
 * decides (redo_notes), and what is left over on either side is told (redo_settle).
 *
 * What comes of it depends on the journal and the feed alone, never on the number of threads.
 */
#ifndef WEIR_REPLAY_REDO_H
#define WEIR_REPLAY_REDO_H

#include "replay/claims.h"
#include "replay/crew.h"

/* Of each kind, so many are kept to be shown. */
#define REDO_SHOWN 100
/* What came out is kept of so many records that are in doubt: nearly all are differences, unless
   posts were edited. */
#define REDO_MADE ((size_t)4 * REDO_SHOWN)

struct redo_counts {
    uint64_t posts, queries, errors; /* of the feed */
    uint64_t same;                   /* records that came out as they are */
    uint64_t different;              /* that came out otherwise */
    uint64_t out_of_force;           /* of these: they name rules that were not in force */
    uint64_t out_of_time;            /* of these: at a time that cannot be theirs */
    uint64_t unlimited;              /* of these: they say that a pattern ran out, and none does */
    uint64_t missing;                /* posts, queries and errors that should have had a record */
    uint64_t untold;                 /* that should have had one, if decided at some times only */
    uint64_t unexplained;            /* records that nothing in the feed explains */
    uint64_t elsewhere;              /* queries that the feed has not, or less often */
    uint64_t limited;                /* that came out otherwise, but a pattern had run out */
};

/* One to be shown. */
struct redo_sample {
    const struct entry *entry; /* MISSING: a record of the same post; NULL: it has none */
    weir_buf made;             /* what came out; empty: nothing did, */
    bool is_lost;              /* or it was not kept */
};

struct redo_samples {
    struct redo_sample v[REDO_SHOWN];
    size_t n;
};

/* Differences that a rule has a part in. */
struct redo_rule {
    const char *rule;
    uint64_t n;
};

struct redo {
    struct past past;
    struct entries entries;
    struct again_job job;
    struct redo_counts counts; /* after redo_settle */
    /* In the order of the feed, then of the journal. */
    struct redo_samples different, unexplained, missing;
    struct redo_rule *rules; /* by their number of differences, then by name */
    size_t nrules;
    bool nomem;
    weir_buf why; /* what could not be read; empty: nothing */
    /* private */
    struct claims claims;
    pthread_mutex_t lock; /* of `why`, while threads work */
    struct redo_doubt *doubts;
    size_t ndoubts, doubts_cap;
    size_t nfed, nposts_shown; /* samples that are in the order of the feed */
    weir_buf *made;            /* what came out of the first doubts, REDO_MADE at the most */
    struct redo_list *lists, *single;
};

void redo_init(struct redo *r, const char *dir);
void redo_fini(struct redo *r);

/* A weir_journal_visit. */
bool redo_visit(const weir_journal_entry *entry, void *redo);
/* When the journal was walked, and all rule sets of `past` are there. false: no memory. */
bool redo_prepare(struct redo *r);

/* For the crew, that reads the feed. */
struct crew_notes redo_notes(struct redo *r);
/* Facts of the crew, in the order of the feed. */
bool redo_take(void *redo, const weir_buf *facts);

/* When the feed was read. false: no memory, or `why` says what could not be read. */
bool redo_settle(struct redo *r);

#endif
