/*
 * Taking facts: records that are in doubt, and posts that lack one, as the feed has them one after
 * the other.
 */
#include "replay/redo_parts.h"

#include <stdlib.h>
#include <string.h>

static struct redo_doubt *
next_doubt(struct redo *r)
{
    if (r->ndoubts == r->doubts_cap) {
        size_t cap = r->doubts_cap ? r->doubts_cap * 2 : 64;
        struct redo_doubt *v = reallocarray(r->doubts, cap, sizeof *v);

        if (!v)
            return NULL;
        r->doubts = v;
        r->doubts_cap = cap;
    }
    return &r->doubts[r->ndoubts++];
}

static bool
take_doubt(struct redo *r, struct entry_reader *reader, const struct fact *f, weir_span made)
{
    weir_buf why = {0};
    weir_span record;
    bool read = entry_read(reader, &r->entries.v[f->entry], &record, NULL, &why);

    if (!read)
        redo_say_why(r, &why);
    weir_buf_fini(&why);
    if (!read)
        return true;
    struct redo_list *rules = redo_list(r, record, made);
    struct redo_doubt *d = rules ? next_doubt(r) : NULL;
    if (!d)
        return false;
    *d = (struct redo_doubt){
        .entry = f->entry, .content = f->content, .rules = rules, .result = f->result};
    if (r->ndoubts > REDO_MADE)
        return true;
    weir_buf_put(&r->made[r->ndoubts - 1], made);
    return !r->made[r->ndoubts - 1].failed;
}

static bool
take_missing(struct redo *r, weir_span made)
{
    if (r->missing.n == REDO_SHOWN)
        return true;
    struct redo_sample *s = &r->missing.v[r->missing.n++];
    weir_buf_put(&s->made, made);
    return !s->made.failed;
}

bool
redo_take(void *redo, const weir_buf *facts)
{
    struct redo *r = redo;
    struct entry_reader reader = {.dir = r->job.dir};
    bool good = true;
    struct fact f;

    for (size_t at = 0; good && at < facts->len; at += sizeof f + f.len) {
        memcpy(&f, facts->p + at, sizeof f);
        weir_span made = {facts->p + at + sizeof f, f.len};

        good = f.kind == FACT_DOUBT ? take_doubt(r, &reader, &f, made) : take_missing(r, made);
    }
    entry_reader_fini(&reader);
    r->nomem |= !good;
    return good;
}
