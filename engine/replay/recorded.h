/*
 * Records as they stand in a journal, taken apart as far as deciding again needs it. They are told
 * by their bytes alone, which only weir_record_write and weir_record_write_error make: a quote
 * that is no part of a text has no backslash before it, so that `,"at":"` is never within one.
 */
#ifndef WEIR_REPLAY_RECORDED_H
#define WEIR_REPLAY_RECORDED_H

#include <tagweir/tagweir.h>

#define RECORDED_DIGEST 16 /* hex digits of a rule set's digest in a record */

enum recorded_kind { RECORDED_POST, RECORDED_QUERY, RECORDED_ERROR };

/* Spans are of the record. */
struct recorded {
    enum recorded_kind kind;
    weir_span key; /* POST: its id, QUERY: what was asked, as JSON; ERROR: none */
    bool withheld; /* ERROR: what could not be read is to be withheld */
    /* What follows is of no error. */
    int64_t at_ms;
    weir_span ruleset; /* RECORDED_DIGEST digits */
    bool plain;        /* an allow that no rule had a part in, and that quotes nothing */
    bool traced;
    bool limited; /* a pattern ran out: another build may decide otherwise */
};

/* false: it is not written as records are. A newline at its end is none of it. */
bool recorded_read(weir_span record, struct recorded *out);

/*
 * What an error's record says but for the number of its line and what it carries, which are those
 * of the connection and the server: the same bytes for the same line of the same feed.
 */
void recorded_error_key(weir_span record, weir_buf *out);

/* The id of a rule; borrowed for the call. */
typedef void recorded_rule_fn(void *arg, weir_span id);
/* The rules that it, or a post that it quotes, names as tripped. `*`: the whole set. */
void recorded_breakers(weir_span record, recorded_rule_fn *rule, void *arg);
/* Does it, or a post that it quotes, name the rule (`*`: the whole set) as one whose breaker had
   tripped? */
bool recorded_names_breaker(weir_span record, const char *rule);

/*
 * Is `made` the same, byte for byte?
 * @param any_rules  Rule sets may be others by name: digits of digests are not compared.
 */
bool recorded_is(weir_span record, weir_span made, bool any_rules);

/*
 * The rules that two records of one post differ by: those that one of them names, and the other
 * not, or elsewhere. Where they name the same, it is a factor, a value or a region, and that of the
 * rule that is named next. Some may be told twice. false: no memory.
 */
bool recorded_differ(weir_span record, weir_span made, recorded_rule_fn *rule, void *arg);

#endif
