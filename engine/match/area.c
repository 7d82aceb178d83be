/*
 * The memory that matching works in: sized once from the rule set, emptied by counting up an
 * epoch.
 */
#include "base/check.h"
#include "match/match.h"

#include <stdlib.h>

weir_status
weir__match_init(struct weir__match *m, const struct weir_ruleset *rs, const weir_decide_options *o)
{
    size_t nwords = (size_t)rs->nrules / 64 + 1;

    memset(m, 0, sizeof *m);
    m->rs = rs;
    m->tells_excepts = o && o->trace;
    weir__tags_init(&m->tags);
    m->marks = calloc((size_t)rs->nselectors + 1, sizeof *m->marks);
    m->rules = calloc((size_t)rs->nrules + 1, sizeof *m->rules);
    m->touched = calloc(nwords, sizeof *m->touched);
    m->touched_word = calloc(nwords / 64 + 1, sizeof *m->touched_word);
    bool has_all = m->marks && m->rules && m->touched && m->touched_word;
    if (!has_all || weir__finder_init(&m->finder, rs, o) != WEIR_OK) {
        weir__match_fini(m);
        return WEIR_E_NOMEM;
    }
    for (int s = 0; s < WEIR__NSPACES; s++)
        m->asked[s] = weir__keytable_has_space(rs->keys, (enum weir__space)s) ||
                      rs->pattern_first[s] != rs->pattern_first[s + 1];
    /* a handle may be as long as a line and have a dot at every other byte: no end of it that is
       longer than every domain of the rules is worth a look-up */
    m->longest_domain = rs->longest_domain;
    return WEIR_OK;
}

void
weir__match_fini(struct weir__match *m)
{
    weir__finder_fini(&m->finder);
    free(m->marks);
    free(m->rules);
    free(m->touched);
    free(m->touched_word);
    weir_buf_fini(&m->handle);
    weir_buf_fini(&m->host);
    weir_buf_fini(&m->folded);
    weir__tags_fini(&m->tags);
    weir__tags_ahead_fini(&m->ahead);
    memset(m, 0, sizeof *m);
}
