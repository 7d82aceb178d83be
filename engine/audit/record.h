/*
 * Parts of records that others than records are made of, too.
 */
#ifndef WEIR_AUDIT_RECORD_H
#define WEIR_AUDIT_RECORD_H

#include <tagweir/decide.h>

/* Characters of a rule set's digest that a line shows. */
#define WEIR__DIGEST_SHOWN 16

/* `,"post":…,"author":…`, or `,"query":{…}`. */
void weir__put_subject(weir_buf *out, const weir_post *post);
/* `{"action":…}` */
void weir__put_outcome(weir_buf *out, const weir_ruleset *rs, const weir_outcome *o);
/* `[{"rule":…,"by":…}]`; NULL: `[]` */
void weir__put_exemptions(weir_buf *out, const weir_ruleset *rs, const weir_region_exemptions *e);
/* `["a","b"]`, or `[]` */
void weir__put_rule_ids(weir_buf *out, const weir_ruleset *rs, const uint32_t *rules, size_t n);

#endif
