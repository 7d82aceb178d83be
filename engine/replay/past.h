/*
 * The past of a journal: which rules were in force when, by which clock, and what had tripped, as
 * its headers and events have it; made while the journal is walked, then read by any thread.
 *
 * A server's threads take up what an event says each in their own time. The journal promises that
 * an event stands before all that was decided under it, by whichever thread; behind it may stand
 * batches that were begun before. So what is behind an event, and within PAST_SOON_MS of it, may
 * have been decided either way, and then the record's own word counts: which rule set it names, and
 * whether it names the rule as tripped.
 */
#ifndef WEIR_REPLAY_PAST_H
#define WEIR_REPLAY_PAST_H

#include "flow/answer.h"
#include "replay/recorded.h"

#include <tagweir/journal.h>

/* A batch takes milliseconds, a thread that is woken likewise; a busy machine, seconds. */
#define PAST_SOON_MS (60 * 1000)

/* A rule set that records may name. */
struct past_set {
    char digest[WEIR_JOURNAL_HASH + 1]; /* whole, or as much as records show */
    bool announced;                     /* a header or an event names it, and not only records */
    weir_ruleset *rs;                   /* owned; whoever loads it puts it here; NULL: not yet */
};

/* Versions that wrote some segments, one after the other. */
struct past_writer {
    char engine[32], unicode[32], icu[32];
    uint32_t first, last; /* segments */
};

/* Time for which one rule set was in force: posts that have no record were decided in one. */
struct past_span {
    size_t set;
    int64_t from_ms, until_ms; /* of the wall clock, with PAST_SOON_MS on either side */
    enum answer_clock clock;
    int64_t at_ms; /* ANSWER_FIXED */
    bool all;      /* also plain allows were recorded */
};

struct past {
    struct past_set *sets;
    size_t nsets;
    struct past_writer *writers;
    size_t nwriters;
    struct past_span *spans; /* past_finish makes them */
    size_t nspans;
    char **rules; /* names of those whose breakers tripped, or were reset; `*`: the whole set's */
    size_t nrules;
    uint64_t mixed;   /* errors that are withheld where others of the same run are not, or less */
    bool all;         /* plain allows are known to be recorded throughout */
    bool cut;         /* its oldest segments are retired */
    bool nomem;       /* not all is here */
    bool has_created; /* a clock was `created` */
    bool has_other;   /* one was not */
    /* private */
    struct past_mark *marks;
    size_t nmarks;
    struct past_run *runs;
    size_t nruns;
    struct past_rest *rests;
    size_t nrests;
    uint32_t segment;
    size_t header_set, last_set;
    enum answer_clock clock;
    int64_t at_ms, first_ms, before_header_ms;
};

/* Zero-initialise. */
void past_fini(struct past *p);

/* In the order of the journal. */
void past_header(struct past *p, const weir_journal_header *h);
void past_event(struct past *p, const weir_journal_event *e);
void past_record(struct past *p, const struct recorded *r, weir_span record);
/* When all was walked. */
void past_finish(struct past *p);

/* How many events there were: what records are placed by. */
uint32_t past_epoch(const struct past *p);

/* The number of the rule set that a record names; p->nsets: there is none. */
size_t past_find_set(const struct past *p, weir_span ruleset);

/* Was the segment written by another version than this one? */
bool past_is_of_other(const struct past *p, uint32_t segment);
bool past_is_other(const struct past_writer *w);

/* How a record came about, by what stands before it. */
struct past_stance {
    const struct past_run *run; /* NULL: it was not made yet */
    uint32_t epoch;
    int64_t from_ms, until_ms; /* of when a record of the epoch was decided: it is the same */
    enum answer_clock clock;
    int64_t fixed_ms;
    uint8_t *now;  /* weir_trip, by p->rules */
    uint8_t *may;  /* bits (1 << weir_trip) that it may have been */
    bool *set_may; /* by p->sets: it may have been in force */
};

/* Zero-initialise. false: no memory. */
bool past_stance_init(const struct past *p, struct past_stance *s);
void past_stance_fini(struct past_stance *s);
/* @param at_ms  That the record says. Costs little where nothing has changed since the last call.
 */
void past_stance_at(const struct past *p, struct past_stance *s, uint32_t epoch, int64_t at_ms);

/* Can a record of the wall clock say so? It was decided after a start, and before the event or
   header that it stands before; give or take PAST_SOON_MS, as clocks are set. */
bool past_may_be_at(const struct past *p, uint32_t epoch, int64_t at_ms);

#endif
