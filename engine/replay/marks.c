/*
 * Going over records by their marks. A record that names a line begins with
 * `{"v":1,"error":"…","line":`: no name of an error has a quote in it.
 */
#include "replay/marks.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

void
marks_fini(struct marks *m)
{
    free(m->v);
    *m = (struct marks){.n = 0};
}

bool
marks_add(struct marks *m, size_t at, bool names_line, bool for_journal)
{
    if (m->n == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 64;
        struct mark *v = reallocarray(m->v, cap, sizeof *v);

        if (!v)
            return false;
        m->v = v;
        m->cap = cap;
    }
    m->v[m->n++] = (struct mark){.at = at, .names_line = names_line, .for_journal = for_journal};
    m->nlines += names_line;
    return true;
}

static size_t
end_of(const weir_buf *records, size_t at)
{
    const char *nl = memchr(records->p + at, '\n', records->len - at);

    CHECK(nl != NULL);
    return (size_t)(nl - records->p) + 1;
}

/* The record's number of a line, and what follows it. @return behind the number. */
static size_t
put_number(weir_buf *out, const weir_buf *records, size_t at, size_t end, uint64_t before)
{
    static const char key[] = "\"line\":";
    const char *p = memmem(records->p + at, end - at, key, sizeof key - 1);
    uint64_t line = 0;

    CHECK(p != NULL);
    size_t digits = (size_t)(p - records->p) + sizeof key - 1;
    weir_buf_put(out, (weir_span){records->p + at, digits - at});
    for (; records->p[digits] >= '0' && records->p[digits] <= '9'; digits++)
        line = line * 10 + (uint64_t)(records->p[digits] - '0');
    weir_buf_put_u64(out, before + line);
    return digits;
}

/* All that stands between two marks stays as it is. */
static void
put_right(const struct marks *m, uint64_t before, weir_buf *records, weir_buf *spare)
{
    size_t done = 0;

    spare->len = 0;
    for (size_t i = 0; i < m->n; i++) {
        struct mark *mark = &m->v[i];
        size_t at = mark->at;

        weir_buf_put(spare, (weir_span){records->p + done, at - done});
        done = at;
        mark->at = spare->len;
        if (mark->names_line)
            done = put_number(spare, records, at, end_of(records, at), before);
    }
    weir_buf_put(spare, (weir_span){records->p + done, records->len - done});
    weir_buf t = *records;
    *records = *spare;
    *spare = t;
}

bool
marks_settle(struct marks *m, uint64_t before, weir_buf *records, weir_buf *journal,
             weir_buf *spare)
{
    if (m->nlines && before)
        put_right(m, before, records, spare);
    for (size_t i = 0; i < m->n && !records->failed; i++) {
        size_t at = m->v[i].at;

        if (m->v[i].for_journal)
            weir_buf_put(journal, (weir_span){records->p + at, end_of(records, at) - at});
    }
    m->n = m->nlines = 0;
    return !records->failed && !journal->failed;
}
