/*
 * A decision as a person would tell it.
 */
#ifndef WEIR_CLI_TELLING_H
#define WEIR_CLI_TELLING_H

#include <tagweir/tagweir.h>

/* Does a rule that is not in force match the post? Asked by deciding at a time when it is. */
enum nearness { NEAR_UNKNOWN, NEAR_MATCHES, NEAR_DIFFERS };

struct telling {
    const weir_decision *d;
    uint16_t region; /* speak of this one alone; WEIR_REGION_NONE: of all */
    /* By entry of d->trace; NULL: unknown. Of rules that are not in force only. */
    const enum nearness *near;
    weir_buf *out;
};

/* What happens where, and by which rule; which rules came near, and why they did not act. */
void tell(const struct telling *t);

/* telling_text.c: a value of a post, shortened, with what could harm the reader's terminal or pass
   for our own words escaped. */
void tell_text(weir_span s, weir_buf *out);

/* An account as `@handle`, `id:…` or a bare DID. */
void tell_account(const weir_account *a, weir_buf *out);

/* `id (file:line)` */
void tell_rule(const weir_ruleset *rs, uint32_t rule, weir_buf *out);

/* A time with what goes before it. */
void tell_time(const char *before, int64_t ms, weir_buf *out);

/* telling_when.c: `in force since …` of a rule that is, and how its order's review stands; a line
   each. */
void tell_when(const struct telling *t, uint32_t rule, const char *indent);
/* Is there more to tell than that it is in force at all times? */
bool telling_has_when(const struct telling *t, uint32_t rule);
/* Why a rule is not in force: what of it ended, or is still to begin, and when. */
void tell_absence(const struct telling *t, uint32_t rule);

/* telling_exempting.c: exemptions that acted, and those that matched and were no help. */
void tell_exemptions(const struct telling *t);
/* An exemption that matches the part, and defeats the rule in a region where both hold: WEIR_NONE
   where there is none. */
uint32_t telling_exemption_of(const struct telling *t, uint32_t rule, uint8_t part);

/* Is the entry of the trace an exemption that matches, defeated nothing, and is not told of as no
   help either? */
bool telling_is_idle_exemption(const struct telling *t, size_t entry);
/* The orders that an exemption is against, with commas. */
void tell_against(const weir_ruleset *rs, const weir_rule_info *allow, weir_buf *out);

/* telling_named.c: rules that name what was asked about and decide nothing by it, one a line. */
void tell_named(const struct telling *t);
/* Does the rule's `except` have what was asked about, and nothing of its `match`? */
bool telling_is_passed_over(const weir_decision *d, const weir_trace_entry *e);

/* telling_more.c: a query has one value, and rules may ask for more of a post. Does this rule match
   what was asked about, and ask for something else as well, if only by a rollout for an author? */
bool telling_is_partial(const weir_decision *d, const weir_trace_entry *e);
/* Has the rule a selector for what was asked about? Of a post: yes. */
bool telling_asks_for_it(const weir_decision *d, uint32_t rule);
/* `posts in pl that mention @x, but not posts in fr`: what a rule asks for besides; nothing is
   written (false) where that is nothing, or no query was asked. */
bool tell_terms(const weir_decision *d, uint32_t rule, const char *before, weir_buf *out);
/* ` by list press or in pl`: the selectors of a set of bits, of `match` or `except`. */
void tell_selectors(const weir_ruleset *rs, uint32_t rule, bool in_except, uint32_t set,
                    const char *between, weir_buf *out);
/* Where the rule holds; of one that holds everywhere, where it does not. */
void tell_where(const struct telling *t, uint32_t rule);
/* `25 % of authors (its rollout)` */
void tell_rollout(const weir_rule_info *r, weir_buf *out);
/* Rules that depend on the rest of the post, one a line. */
void tell_partial(const struct telling *t);

/* telling_near.c: rules that came near, one a line; the rest of them in a few. */
void tell_near(const struct telling *t);
void tell_rest(const struct telling *t);
/* ` on the post that it reposts`: which part it is about; nothing of the post itself. */
const char *telling_part(const weir_trace_entry *e);
/* Is the entry one that a person who asks about this region wants to hear of? */
bool telling_concerns(const struct telling *t, const weir_trace_entry *e);
/* Is this entry of the trace one that acted or came near, where the region asked about concerns? */
bool telling_is_named(const struct telling *t, size_t entry);

/* telling_json.c: what tell() says of times, one JSON object for each rule that acted or came near
   and is not in `told` yet (by rule; marked here); a comma before each but the first of all. */
void tell_json(const struct telling *t, bool *told, bool *any);

/* near.c: how what is to be told is decided; WEIR_REGION_NONE: of all regions. */
weir_decide_options telling_options(uint16_t region);
/* near.c: fill in what `near` holds for a decision, made with these options for the region;
   malloc'ed, NULL where nothing is to be asked. */
enum nearness *telling_nearness(weir_ruleset *rs, const weir_decision *d, uint16_t region);

#endif
