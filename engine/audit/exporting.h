/*
 * What the writers of exports share. A worker makes fragments: a head, and behind it a line, or the
 * statement that is to be part of one. The head says what the line is about and what it says of
 * it, both hashed, so that what was said before can be left out by whoever sees all fragments.
 */
#ifndef WEIR_AUDIT_EXPORTING_H
#define WEIR_AUDIT_EXPORTING_H

#include "base/buf.h"
#include "model/ruleset.h"

#include <tagweir/exports.h>

#define WEIR_EXPORT_MAGIC 0x57455831u

/* Key and value of what has been said; see export_said.c. */
struct weir__said {
    uint64_t about[2]; /* both 0: about nothing that could be said twice */
    uint64_t what;
};

struct weir__said_table {
    struct weir__said *slots; /* about[] both 0: free */
    size_t n, cap;            /* cap: a power of two, or 0 */
};

enum weir__said_result { WEIR__SAID_NEW, WEIR__SAID_BEFORE, WEIR__SAID_NOMEM };
/* Remembers it. `weak`: where anything was said about that, it counts as said before. */
enum weir__said_result weir__say(struct weir__said_table *t, const struct weir__said *s, bool weak);

/* One of the export's rule sets. */
struct weir__export_set {
    weir_ruleset *rs;  /* NULL: there is none */
    uint64_t *bad_dsa; /* by rule: statements that were left out; only for DSA */
    uint32_t *shields; /* exemptions that ask for more of a post than its author */
    size_t nshields;
};
#define WEIR__EXPORT_SETS 2

struct weir_export {
    uint32_t magic;
    weir_export_kind kind;
    bool changes;
    char *src_before, *src_behind; /* what stands around the region in label_src */
    uint64_t seed;
    struct weir__export_set set[WEIR__EXPORT_SETS]; /* the newer one, the older one */
    weir_export_counts counts;
    struct weir__said_table said;
    weir_buf body; /* DSA: the one that is being filled */
    unsigned nbody;
    bool headed; /* CSV: the header row is written */
};

/* What happens to a post by region: by withholding, or on a surface. */
enum { WEIR__BY_WITHHOLD, WEIR__BY_SURFACE, WEIR__NWAYS = WEIR__BY_SURFACE + WEIR_NSURFACES };

/* A decision looked up for every region at once. */
struct weir__spread {
    const weir_outcome *at[WEIR_REGION_LIMIT]; /* NULL: allowed. Of one XX is the index 0 */
};

/* When each label ends. */
struct weir__labels {
    int64_t end[WEIR__NWAYS][WEIR_REGION_LIMIT];
};

struct weir_export_worker {
    weir_export *e;
    weir_scratch *scratch[WEIR__EXPORT_SETS];
    weir_scratch *traced[WEIR__EXPORT_SETS]; /* tells of rules that did not act, too */
    uint64_t *bad_dsa[WEIR__EXPORT_SETS];
    uint64_t left_out[WEIR_NLEFT_OUT];
    bool by_id;     /* of the post that is exported, no more is known */
    weir_buf about; /* for a moment: what a fragment is about */
    struct weir__labels now, old, account, before;
};

/* export_fragment.c -------------------------------------------------------------------------- */

struct weir__fragment_head {
    struct weir__said said;
    uint64_t len;  /* bytes of the line behind it */
    uint64_t weak; /* 1: only where nothing was said about that */
};

/* Begin a fragment whose line is put behind; @return where it begins, for weir__fragment_end. */
size_t weir__fragment_begin(weir_buf *out);
/* `about`: what the line is about, NULL where it may be said again. `what` tells what it says. */
void weir__fragment_end(const weir_export *e, weir_buf *out, size_t begin, const weir_buf *about,
                        uint64_t what);
/* Of a fragment that is ended: make it weak. */
void weir__fragment_weaken(weir_buf *out, size_t begin);
uint64_t weir__hash_text(const weir_export *e, weir_span s);
/* A part of what a fragment is about: with its length, so that parts cannot run together. */
void weir__about_add(weir_buf *about, weir_span part);

/* export_reach.c ----------------------------------------------------------------------------- */

/* Fill in shields. WEIR_E_NOMEM. */
weir_status weir__export_find_shields(struct weir__export_set *set);

const weir_act *weir__act_of(const weir_outcome *o, int way);
/* Does the outcome do that? NULL is an allow. */
bool weir__does(const weir_outcome *o, int way);
/* `d` may be NULL, which restricts nothing. */
void weir__spread_decision(const weir_decision *d, struct weir__spread *out);
/* The regions in which that is done to the post. */
void weir__reach_of(const struct weir__spread *s, int way, struct weir__region_set *out);
/*
 * What acts on the author of a post, whatever they write: the account decided by itself, at that
 * time, in the worker's scratch for `rs`. Outcomes of rules that do not act by account alone are
 * taken out of *out (NULL there), which is good until the worker decides again.
 */
weir_status weir__spread_account(weir_export_worker *w, const weir_ruleset *rs,
                                 const weir_post *post, int64_t at_ms, struct weir__spread *out);
/*
 * Where the author is withheld, whatever they write. Also where a rule that does not act by account
 * alone comes before one that does: it acts on the account, and the other on what it leaves.
 */
weir_status weir__reach_of_account(weir_export_worker *w, const weir_ruleset *rs,
                                   const weir_post *post, int64_t at_ms,
                                   struct weir__region_set *out);
weir_status weir__decide_again(weir_export_worker *w, const weir_ruleset *rs, const weir_post *post,
                               int64_t at_ms, weir_decision *out);
/* The index of one of the export's rule sets. */
int weir__export_set_of(const weir_export *e, const weir_ruleset *rs);

/* The writers: what has changed from `old`, which may be NULL: nothing was restricted. --------- */

weir_status weir__export_twitter(weir_export_worker *w, const weir_decision *old,
                                 const weir_decision *now, weir_buf *out);
weir_status weir__export_dsa(weir_export_worker *w, const weir_decision *old,
                             const weir_decision *now, weir_buf *out);
weir_status weir__export_labels(weir_export_worker *w, const weir_decision *old,
                                const weir_decision *now, weir_buf *out);
weir_status weir__export_rows(weir_export_worker *w, const weir_decision *old,
                              const weir_decision *now, weir_buf *out);
void weir__put_csv_header(bool changes, weir_buf *out);
/* Why rule's statements are left out, for a person; false: they need not be. */
bool weir__dsa_lacks(const weir_ruleset *rs, uint32_t rule, weir_buf *out);

#endif
