/*
 * Indexing records, and reading them back.
 */
#include "replay/entries.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void
entries_init(struct entries *e)
{
    *e = (struct entries){.n = 0};
    if (getrandom(&e->seed, sizeof e->seed, GRND_NONBLOCK) < 0)
        e->seed = (uintptr_t)e;
}

void
entries_fini(struct entries *e)
{
    free(e->v);
    weir_buf_fini(&e->key);
    *e = (struct entries){.n = 0};
}

uint64_t
entries_key(const struct entries *e, enum recorded_kind kind, weir_span key)
{
    return (XXH3_64bits_withSeed(key.p, key.len, e->seed) & ~UINT64_C(3)) | kind;
}

/* Indexing ----------------------------------------------------------------------------------- */

static struct entry *
next_place(struct entries *e)
{
    if (e->n == e->cap) {
        size_t cap = e->cap ? e->cap + e->cap / 2 : 1024;
        struct entry *v = reallocarray(e->v, cap, sizeof *v);

        e->nomem |= !v;
        if (!v)
            return NULL;
        e->v = v;
        e->cap = cap;
    }
    return &e->v[e->n++];
}

static weir_span
key_of(struct entries *e, const struct recorded *r, weir_span record)
{
    if (r->kind != RECORDED_ERROR)
        return r->key;
    e->key.len = 0;
    recorded_error_key(record, &e->key);
    e->nomem |= e->key.failed;
    return (weir_span){e->key.p, e->key.len};
}

/* In place of claims, until all was walked. */
#define HAS_NO_TIME UINT32_MAX

static bool
has_no_time(weir_span record)
{
    static const char begin[] = "{\"v\":1,\"error\":\"no_time\"";

    return record.len >= sizeof begin - 1 && memcmp(record.p, begin, sizeof begin - 1) == 0;
}

static void
add_record(struct entries *e, struct past *p, const weir_journal_entry *entry)
{
    struct recorded r;

    if (!recorded_read(entry->body, &r)) {
        if (!e->malformed++) {
            e->bad_segment = entry->segment;
            e->bad_line = entry->line;
        }
        return;
    }
    past_record(p, &r, entry->body);
    weir_span key = key_of(e, &r, entry->body);
    struct entry *to = e->nomem ? NULL : next_place(e);
    if (to)
        *to = (struct entry){.key = entries_key(e, r.kind, key),
                             .offset = e->at + (uint64_t)(entry->body.p - entry->text.p),
                             .segment = entry->segment,
                             .length = (uint32_t)entry->body.len,
                             .epoch = past_epoch(p),
                             .claims = has_no_time(entry->body) ? HAS_NO_TIME : 0};
}

void
entries_visit(struct entries *e, struct past *p, const weir_journal_entry *entry)
{
    if (entry->kind == WEIR_JOURNAL_HEADER) {
        e->at = 0;
        past_header(p, &entry->header);
    } else if (entry->kind == WEIR_JOURNAL_EVENT) {
        past_event(p, &entry->event);
    } else if (entry->kind == WEIR_JOURNAL_RECORD) {
        add_record(e, p, entry);
    }
    e->at += entry->text.len + 1;
}

static int
by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void
put_aside(struct entries *e)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++)
        if (e->v[i].claims != HAS_NO_TIME)
            e->v[n++] = e->v[i];
    e->aside = e->n - n;
    e->n = n;
}

void
entries_finish(struct entries *e, const struct past *p)
{
    if (p->has_created && p->has_other)
        put_aside(e);
    for (size_t i = 0; i < e->n; i++)
        e->v[i].claims = 0;
    if (e->n)
        qsort(e->v, e->n, sizeof *e->v, by_key);
}

/* Finding ------------------------------------------------------------------------------------ */

size_t
entries_alike(const struct entries *e, size_t first)
{
    size_t i = first;

    while (i < e->n && e->v[i].key == e->v[first].key)
        i++;
    return i - first;
}

struct entry *
entries_find(const struct entries *e, uint64_t key, size_t *n)
{
    size_t from = 0, upto = e->n;

    while (from < upto) {
        size_t middle = from + (upto - from) / 2;

        if (e->v[middle].key < key)
            from = middle + 1;
        else
            upto = middle;
    }
    *n = from < e->n && e->v[from].key == key ? entries_alike(e, from) : 0;
    return *n ? &e->v[from] : NULL;
}

/* Reading back ------------------------------------------------------------------------------- */

void
entry_file(uint32_t segment, char out[ENTRY_FILE_MAX])
{
    (void)snprintf(out, ENTRY_FILE_MAX, "%08" PRIu32 ".ndjson", segment);
}

static void
close_segment(struct entry_reader *r)
{
    if (r->is_open)
        (void)close(r->fd);
    r->is_open = false;
}

void
entry_reader_fini(struct entry_reader *r)
{
    close_segment(r);
    weir_buf_fini(&r->text);
}

static bool
cannot_read(const struct entry_reader *r, const struct entry *e, const char *what, weir_buf *why)
{
    char file[ENTRY_FILE_MAX];

    entry_file(e->segment, file);
    weir_buf_printf(why, "%s/%s: cannot be read again: %s", r->dir, file, what);
    return false;
}

/* Feeds come much as they were served: the same segment is asked for again and again. */
static bool
open_segment(struct entry_reader *r, const struct entry *e, weir_buf *why)
{
    char file[ENTRY_FILE_MAX];
    weir_buf path = {0};

    if (r->is_open && r->segment == e->segment)
        return true;
    close_segment(r);
    entry_file(e->segment, file);
    weir_buf_printf(&path, "%s/%s", r->dir, file);
    weir_buf_putc(&path, '\0');
    errno = ENOMEM;
    r->fd = path.failed ? -1 : open(path.p, O_RDONLY | O_CLOEXEC);
    int error = errno;
    weir_buf_fini(&path);
    r->is_open = r->fd >= 0;
    r->segment = e->segment;
    return r->is_open || cannot_read(r, e, strerror(error), why);
}

static bool
read_at(struct entry_reader *r, const struct entry *e, uint64_t from, size_t len, weir_buf *why)
{
    r->text.len = 0;
    if (!weir_buf_reserve(&r->text, len))
        return cannot_read(r, e, weir_status_text(WEIR_E_NOMEM), why);
    while (r->text.len < len) {
        ssize_t n =
            pread(r->fd, r->text.p + r->text.len, len - r->text.len, (off_t)(from + r->text.len));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cannot_read(r, e, n < 0 ? strerror(errno) : "it has become shorter", why);
        r->text.len += (size_t)n;
    }
    return true;
}

/* `{"seq":17,"record":` stands before it. */
#define BEFORE_MOST 40

/* 0: it does not stand there any more. */
static uint64_t
seq_before(weir_span line)
{
    static const char key[] = "{\"seq\":";
    const char *p = memmem(line.p, line.len, key, sizeof key - 1);
    uint64_t seq = 0;

    for (p += p ? sizeof key - 1 : 0; p && p < line.p + line.len && *p >= '0' && *p <= '9'; p++)
        seq = seq * 10 + (uint64_t)(*p - '0');
    return seq;
}

bool
entry_read(struct entry_reader *r, const struct entry *e, weir_span *out, uint64_t *seq,
           weir_buf *why)
{
    size_t before = seq ? e->offset < BEFORE_MOST ? (size_t)e->offset : BEFORE_MOST : 0;

    if (!open_segment(r, e, why) || !read_at(r, e, e->offset - before, before + e->length, why))
        return false;
    if (seq && !(*seq = seq_before((weir_span){r->text.p, before})))
        return cannot_read(r, e, "it was changed meanwhile", why);
    *out = (weir_span){r->text.p + before, e->length};
    return true;
}
