/*
 * What the last writer of a journal left: checked, and where a crash tore it, mended.
 */
#ifndef WEIR_AUDIT_JOURNAL_MEND_H
#define WEIR_AUDIT_JOURNAL_MEND_H

#include "audit/journal.h"

struct weir__mended {
    struct weir__listing listing; /* torn tails moved by this one included */
    uint32_t last;                /* segment that was the last one; 0: there was none */
    weir_journal_why why;         /* of the start */
};

/*
 * Afterwards the journal stands behind the last entry there is, and the segment that holds it has
 * its end. WEIR_E_IO, WEIR_E_NOMEM: told why; nothing is lost, and it can be tried again.
 */
weir_status weir__mend(weir_journal *j, int64_t now_ms, weir_diags *diags,
                       struct weir__mended *out);
void weir__mended_fini(struct weir__mended *m);

#endif
