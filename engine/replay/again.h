/*
 * Deciding again what a journal recorded: by the rule set and at the time of each record, with the
 * breakers that had tripped.
 */
#ifndef WEIR_REPLAY_AGAIN_H
#define WEIR_REPLAY_AGAIN_H

#include "replay/entries.h"
#include "replay/pick.h"

/* A time at which a post may have been decided, and the rules by which. Those of equal rules
   between two times at which anything begins or ends are one. */
struct again_point {
    size_t set;
    enum answer_clock clock;
    int64_t at_ms; /* NOW, FIXED */
    int64_t until_ms;
    bool all; /* plain allows were recorded, too */
};

/* What all threads share, and only read. */
struct again_job {
    const struct past *past; /* with all rule sets */
    const char *dir;         /* the journal */
    uint32_t match_off;
    bool any_rules;           /* one rule set for all, that may be another one than records name */
    const struct pick *picks; /* by the past's sets: what was recorded; NULL: all that is due */
    struct again_point *points;
    size_t npoints;
};

/* With --rules, all sets are one. */
static inline size_t
again_set_of(const struct again_job *job, size_t set)
{
    return job->any_rules ? 0 : set;
}

static inline const weir_ruleset *
again_rules(const struct again_job *job, size_t set)
{
    return job->past->sets[set].rs;
}

/* again_points.c. false: no memory. */
bool again_job_init(struct again_job *job);
void again_job_fini(struct again_job *job);

struct again_set;

/* One thread's. */
struct again {
    const struct again_job *job;
    struct past_stance stance;
    struct again_set *sets;
    struct entry_reader reader;
    weir_reader *lines; /* of queries; NULL: none was read yet */
    weir_buf made;      /* the record that came out, with its newline */
    weir_buf first, line;
    weir_buf why; /* why what was recorded cannot be read */
};

enum again_result {
    AGAIN_SAME,
    AGAIN_OTHER,
    AGAIN_OUT_OF_FORCE, /* the record names rules that were not in force by the journal */
    AGAIN_OUT_OF_TIME,  /* it says that it was decided when, by the journal, it cannot have been */
    AGAIN_UNLIMITED,    /* it differs, and says that a pattern ran out, of which none does here */
    AGAIN_LIMITED,      /* it differs, but a pattern ran out: that is no promise */
    AGAIN_UNREAD,       /* `why` says why */
    AGAIN_NOMEM,
};

/* false: no memory; again_fini is due all the same. */
bool again_init(struct again *a, const struct again_job *job);
void again_fini(struct again *a);

/*
 * Decide a post for a record, and compare.
 * @param record  What was recorded, until the next call; not where it is UNREAD.
 */
enum again_result again_record(struct again *a, const weir_post *post, const struct entry *e,
                               weir_span *record);
/* The same of a query: a record has all that was asked. */
enum again_result again_query(struct again *a, const struct entry *e, weir_span *record);

/* Would a post have a record? */
enum again_without {
    WITHOUT_NONE, /* at no point */
    WITHOUT_SOME, /* at some, or it cannot be told */
    WITHOUT_ALL,
    WITHOUT_NOMEM,
};

/* `made` is the first that it would have. */
enum again_without again_without(struct again *a, const weir_post *post);
/* The same of a query, by a record of it. UNREAD: as WITHOUT_SOME. */
enum again_without again_query_without(struct again *a, const struct entry *e);

#endif
