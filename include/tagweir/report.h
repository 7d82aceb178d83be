/*
 * Reports: what was decided, where, by which order, over time, as one HTML file that needs nothing
 * else, or as JSON with the same figures. Whoever decides counts; what is here writes. All functions
 * are pure: none reads a clock or does I/O, and the same report gives the same bytes.
 */
#ifndef TAGWEIR_REPORT_H
#define TAGWEIR_REPORT_H

#include <tagweir/common.h>
#include <tagweir/ruleset.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A time that is none. */
#define WEIR_REPORT_NO_TIME INT64_MIN

/** A feed that was read: its name as a person knows it, and its size where it has one. */
typedef struct weir_report_feed {
    weir_span name;
    bool has_bytes;
    uint64_t bytes; /* as it lies on disk */
} weir_report_feed;

/** What else decisions hang on: how feeds were read, as an option says it. */
typedef struct weir_report_option {
    const char *name; /* `tags`: a key in JSON, with two dashes on the page */
    weir_span value;
} weir_report_option;

/** How often something was met: a kind of what was skipped, an error, a tag. */
typedef struct weir_report_count {
    weir_span what;
    uint64_t n;
} weir_report_count;

/** An error that was met, and where its first ones stand. */
typedef struct weir_report_place {
    weir_span error; /* its code */
    uint32_t feed;   /* number of the feed */
    uint64_t line;
} weir_report_place;

/** An account, as records write it; its handle where it has one besides. */
typedef struct weir_report_account {
    weir_span account, handle;
    uint64_t posts;
} weir_report_account;

/** Posts, each by the strictest of what is done to it, so that the two add up. */
typedef struct weir_report_done {
    uint64_t withheld, downranked;
    uint64_t authors; /* of either */
} weir_report_done;

/** Posts that were made in a step of the time axis. */
typedef struct weir_report_step {
    uint64_t posts; /* all of them; of an order, what it is done to */
    uint64_t withheld, downranked;
    uint64_t exempted; /* of the others: an exemption took effect */
} weir_report_step;

/** Steps along the axis, and what is in none: made before it, behind it, without a time. */
typedef struct weir_report_line {
    const weir_report_step *steps; /* weir_report.nsteps */
    weir_report_step before, after, untimed;
} weir_report_line;

typedef struct weir_report_region {
    uint16_t region; /* an index of weir_region_find; XX: all that posts do not name */
    weir_report_done done;
} weir_report_region;

typedef struct weir_report_order {
    weir_report_done done;
    uint64_t exempted; /* posts that an exemption kept rules under it from */
    weir_report_line line; /* of a confidential order it is not looked at */
} weir_report_order;

typedef struct weir_report_rule {
    weir_report_done done;
    uint64_t exempted;  /* posts that it was kept from by an exemption */
    uint64_t exempts;   /* posts that it kept others from */
    uint64_t idle;      /* posts where it was defeated or defeated another, and nothing hung on it */
    uint64_t observed;  /* posts that it matched on trial */
    uint64_t held_back; /* posts whose authors its rollout leaves out */
    uint64_t limit;     /* posts on which a pattern of it ran out of its budget */
    uint64_t aside; /* posts quoting one it had a part in, and such queries: in no other number */
    /* Only where weir_report.traced: posts that it matched where others acted, those by confidential
       orders aside; that its exceptions matched, too; on which it acted, or, of an exemption, that
       it matched, whatever there was to defeat. */
    uint64_t outranked, excepted, matched;
} weir_report_rule;

/** Posts in one region. */
typedef struct weir_report_where {
    uint16_t region;
    uint64_t posts;
} weir_report_where;

/** A restriction that an exemption defeated where it would have acted. */
typedef struct weir_report_exemption {
    uint32_t rule, by;
    uint64_t posts, authors;
    const weir_report_where *where; /* bytewise, `XX` first */
    size_t nwhere;
} weir_report_exemption;

/**
 * What a report is made of. All is borrowed; texts may be anything at all, also no UTF-8: they are
 * escaped and isolated, what is not to be seen is shown by its number, and long ones are cut.
 *
 * Of rules under confidential orders nothing is shown, nor of exemptions that have to do with them;
 * of these orders the id, and how many posts and authors. Whoever counts has to leave out of `tags`
 * and `accounts` what was met by such rules, and out of the rows of other rules and orders what has
 * to do with them, as nobody can tell afterwards.
 */
typedef struct weir_report {
    const weir_ruleset *rs;
    const char *clock; /* `now`, `created` or a time */
    int64_t at_ms;     /* the one time of all decisions; WEIR_REPORT_NO_TIME: each post's own */
    int64_t decided_from_ms, decided_until_ms; /* the first and last time that was decided for, both
                                                  included; NO_TIME: nothing was decided */

    /* What was asked for; absent: all. */
    uint16_t region;  /* WEIR_REGION_NONE */
    uint32_t actions; /* bit (1 << weir_action); 0 */
    const weir_span *only_rules, *only_orders; /* of the rules, hidden ones are not named */
    size_t nonly_rules, nonly_orders;
    int64_t since_ms, until_ms; /* WEIR_REPORT_NO_TIME */

    const weir_report_option *options; /* that have not their defaults */
    size_t noptions;
    const weir_report_feed *feeds;
    size_t nfeeds;
    uint64_t lines, items, queries, left_out, skipped, failed;
    uint64_t reposts_by_id, limit_tags, limit_patterns;
    uint64_t quoted_withheld, quoted_downranked; /* quoted posts, which are in no other number */
    const weir_report_count *skips, *errors;
    size_t nskips, nerrors;
    const weir_report_place *places; /* of errors */
    size_t nplaces;

    uint64_t posts;
    weir_report_done done;
    uint64_t exempted, observed, held_back; /* posts with any */
    bool authors_estimated;                 /* there were too many to be told apart */
    uint64_t lost;                          /* counts that are missing, for want of memory */

    const char *step;     /* what a step is called, such as "hour"; NULL: there are none */
    const int64_t *edges; /* nsteps + 1: where each begins, and the last one ends */
    size_t nsteps;
    weir_report_line line;
    const weir_report_region *regions; /* bytewise, `XX` first */
    size_t nregions;
    const weir_report_order *orders; /* as the rule set has them, and own policy behind */
    const weir_report_rule *rules;   /* as the rule set has them */
    bool traced;                     /* what became of rules without a part is known */
    const weir_report_exemption *exemptions;
    size_t nexemptions;
    const weir_report_count *tags; /* canonical keys; that came most often first */
    size_t ntags;
    uint64_t tags_distinct, tags_others; /* that are told apart; posts of all others */
    const weir_report_account *accounts; /* likewise */
    size_t naccounts;
    uint64_t accounts_distinct, accounts_others;
} weir_report;

/** Rows of one table that are shown; a sentence tells how many there are besides. JSON has all. */
#define WEIR_REPORT_ROWS 500
/** Orders that are drawn, those that did something first. */
#define WEIR_REPORT_DRAWN 50

/**
 * Append the report as HTML. It has no script, and loads nothing: a Content-Security-Policy in it
 * forbids both, whatever was fed to it. Elements with `data-figure` hold a figure each, under the
 * path that it has in JSON (`totals.withheld`, `orders.0.authors`; rows by their number).
 *
 * Any number of threads at once. Without memory the buffer has failed.
 */
WEIR_API void weir_report_html(const weir_report *r, weir_buf *out);

/** Append it as one JSON object, on one line, with all figures that the HTML shows. */
WEIR_API void weir_report_json(const weir_report *r, weir_buf *out);

#ifdef __cplusplus
}
#endif
#endif
