/*
 * Counts of what was read and decided: for summaries, for metrics, and for the promise that
 * nothing is lost on the way.
 */
#ifndef WEIR_FLOW_TALLY_H
#define WEIR_FLOW_TALLY_H

#include <tagweir/tagweir.h>

/* What one rule did in one region. `observed` and `held_back` are over all regions: their region
   is WEIR_REGION_NONE. */
struct tally_row {
    uint32_t rule;
    uint16_t region;
    uint64_t withheld, downranked, exempted, observed, held_back;
    uint64_t first;  /* of downranked: no other rule stands before it in that outcome, so that their
                        sum over rules is the number of outcomes */
    int64_t last_ms; /* the latest of the times for which posts were decided; 0: none was, or before
                        1970 */
};

#define TALLY_SKIPS 32

struct tally_skip {
    const char *kind; /* static */
    uint64_t n;
};

struct tally {
    /* items = posts + queries + skips + errors + left_out + abandoned, whenever no line is being
       answered */
    uint64_t items;
    uint64_t posts;   /* decided (or written, where nothing decides) */
    uint64_t queries; /* decided */
    uint64_t skips;
    uint64_t errors;
    uint64_t left_out;  /* not asked for, whatever was decided: in no other number */
    uint64_t abandoned; /* read, and not answered: their stream was given up */
    uint64_t made;      /* answers appended to outputs */

    uint64_t action[WEIR_WITHHOLD + 1]; /* of posts and queries */
    uint64_t error[WEIR_NREAD_ERRORS];
    struct tally_skip skip[TALLY_SKIPS]; /* by kind, as first seen; the last one takes the rest */
    size_t nskip;
    uint64_t exempted, observed, held_back, limit; /* decisions with at least one */
    uint64_t limit_patterns, limit_tags; /* of `limit`: a pattern ran out; tags were left out */
    uint64_t quoted[WEIR_WITHHOLD + 1];  /* quoted posts by their own action; in no other number */
    uint64_t by_id;                      /* reposts of which an original is known by its id only */

    struct tally_entry *rows; /* private: by rule and region, */
    struct tally_entry
        *last;          /* and the one that was counted in last; NULL: none of this decision */
    uint64_t rows_lost; /* counts that are in no row, as there was no memory for one */
};

void tally_init(struct tally *t);
void tally_fini(struct tally *t);

void tally_decision(struct tally *t, const weir_decision *d);
/* It will be counted soon: what that reads first is asked for. */
void tally_expect(const struct tally *t, const weir_decision *d);
void tally_skip(struct tally *t, const char *kind);
void tally_error(struct tally *t, weir_read_error e);

/* Add the numbers of another, but for its rows. */
void tally_add(struct tally *t, const struct tally *other);
/* Add the rows of another, and leave it without. */
void tally_move_rows(struct tally *t, struct tally *from);
/* Add what a row counts; rule and region are not looked at. */
void tally_row_add(struct tally_row *row, const struct tally_row *other);

/* What was skipped by name of the kind, so that it is the same whoever saw which first. `out` has
   room for t->nskip. */
void tally_skips(const struct tally *t, struct tally_skip *out);

/* Do all items add up? To be asked when no line is being answered. */
bool tally_adds_up(const struct tally *t);

/*
 * The rows, by region (XX first, what has no region last), then in source order.
 * @param n  How many there are, also where there is no memory to return them.
 * @return malloc'ed, for the caller to free; NULL without memory or rows.
 */
struct tally_row *tally_rows(const struct tally *t, size_t *n);

#endif
