/*
 * Writing a journal: entries are chained as they are appended, go to the file in one write, and
 * are on the disk after one sync, however many they are. After a failure nothing more is written:
 * of a file whose sync failed, nobody knows what it holds.
 */
#include "audit/journal.h"

#include "base/check.h"
#include "base/error.h"
#include "text/fold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

weir_status
weir__journal_fail(weir_journal *j, const char *file, const char *what)
{
    const char *why = strerror(errno);

    j->failed = true;
    (void)snprintf(j->error, sizeof j->error, "%s%s%s: %s: %s", j->folder.path, *file ? "/" : "",
                   file, what, why);
    return WEIR_E_IO;
}

static void
set_place(struct weir__place_in_chain *to, const struct weir__chain *from)
{
    to->seq = from->seq;
    memcpy(to->hash, from->hash, sizeof to->hash);
}

/* Appending -------------------------------------------------------------------------------- */

/* The first line off the front, without its newline. false: it has none, or is nothing to append.
 */
static bool
take_record(weir_span *rest, weir_span *record)
{
    size_t len = span_find(*rest, '\n');

    if (len == rest->len || len > WEIR_JOURNAL_LINE_MAX - WEIR__LINE_AROUND)
        return false;
    *record = span_head(*rest, len);
    *rest = span_skip(*rest, len + 1);
    return true;
}

weir_status
weir_journal_append(weir_journal *j, weir_span records)
{
    weir_span rest = records, record;
    size_t n = 0;

    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    CHECK(!j->finished);
    if (j->failed)
        return WEIR_E_IO;
    for (; rest.len; n++)
        if (!take_record(&rest, &record) || !weir__is_object(record))
            return WEIR_E_ARG;
    /* for all of them, so that nothing fails half-way */
    if (!weir_buf_reserve(&j->pending, records.len + (n + 1) * WEIR__LINE_AROUND)) {
        j->pending.failed = false;
        return WEIR_E_NOMEM;
    }
    for (rest = records; rest.len;) {
        CHECK(take_record(&rest, &record));
        CHECK(weir__line_put(&j->pending, &j->chain, WEIR_JOURNAL_RECORD, record));
    }
    j->entries += n;
    j->given += n;
    return WEIR_OK;
}

weir_status
weir__journal_tell(weir_journal *j, const weir_journal_event *e)
{
    j->body.len = 0;
    weir__event_put(&j->body, e);
    bool ok = !j->body.failed &&
              weir__line_put(&j->pending, &j->chain, WEIR_JOURNAL_EVENT, span_of_buf(&j->body));
    j->body.failed = j->pending.failed = false;
    if (!ok)
        return WEIR_E_NOMEM;
    j->entries++;
    return WEIR_OK;
}

static bool
is_callers(const weir_journal_event *e)
{
    switch (e->kind) {
    case WEIR_JOURNAL_RELOAD:
    case WEIR_JOURNAL_TRIP:
    case WEIR_JOURNAL_RESET:
        return weir__event_holds(e) && weir__is_utf8(e->by, NULL) && weir__is_utf8(e->rule, NULL) &&
               e->by.len + e->rule.len < WEIR__BODY_MAX / 8;
    default:
        return false;
    }
}

weir_status
weir_journal_append_event(weir_journal *j, const weir_journal_event *e)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    CHECK(!j->finished);
    if (j->failed)
        return WEIR_E_IO;
    if (!is_callers(e))
        return WEIR_E_ARG;
    weir_status st = weir__journal_tell(j, e);
    if (st != WEIR_OK)
        return st;
    j->given++;
    if (e->kind == WEIR_JOURNAL_RELOAD)
        memcpy(j->digest, e->to.p, WEIR_JOURNAL_HASH);
    return WEIR_OK;
}

size_t
weir_journal_pending(const weir_journal *j)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    return j->pending.len;
}

/* Writing ---------------------------------------------------------------------------------- */

/* The disk took so many bytes of what is pending: the whole lines among them are written. The rest
   of a line is taken back, and is a torn tail if that cannot be done. */
static void
keep_whole_lines(weir_journal *j, size_t done)
{
    struct weir__line line;
    const char *p = j->pending.p;
    int why = errno;
    size_t kept = 0;

    for (size_t at = 0; at < done; at++) {
        if (p[at] != '\n')
            continue;
        CHECK(!weir__line_split((weir_span){p + kept, at - kept}, &line));
        CHECK(weir__hex_hash(line.hash, j->written.hash));
        j->written.seq = line.seq;
        kept = at + 1;
    }
    j->size += kept;
    if (ftruncate(j->fd, (off_t)j->size) != 0) {
        (void)snprintf(j->warning, sizeof j->warning,
                       "%s: half a line could not be taken back; the next start moves it aside",
                       j->folder.path);
        j->warned = false;
    }
    errno = why;
}

weir_status
weir__journal_push(weir_journal *j)
{
    char file[WEIR__NAME_MAX];
    size_t done;

    if (weir__write_all(j->fd, span_of_buf(&j->pending), &done)) {
        set_place(&j->written, &j->chain);
        j->size += done;
        j->pending.len = 0;
        return WEIR_OK;
    }
    keep_whole_lines(j, done);
    weir__name_segment(j->segment, file);
    return weir__journal_fail(j, file, "cannot be written");
}

weir_status
weir__journal_sync(weir_journal *j)
{
    char file[WEIR__NAME_MAX];
    int rc;

    if (j->synced.seq == j->written.seq)
        return WEIR_OK;
    do
        rc = fdatasync(j->fd);
    while (rc != 0 && errno == EINTR);
    if (rc == 0) {
        j->synced = j->written;
        return WEIR_OK;
    }
    weir__name_segment(j->segment, file);
    return weir__journal_fail(j, file, "cannot be brought to the disk");
}

int64_t
weir__day_of(int64_t ms)
{
    const int64_t day = 24 * 60 * 60 * 1000;

    return ms / day - (ms % day < 0);
}

static weir_status
begin_another(weir_journal *j, weir_journal_why why, int64_t now_ms)
{
    weir_status st = weir__segment_end(j, why, now_ms);

    if (st != WEIR_OK)
        return st;
    st = weir__segment_begin(j, now_ms, NULL, 0);
    if (st == WEIR_E_NOMEM) { /* nothing may stand behind an end, and nothing else can follow */
        errno = ENOMEM;
        st = weir__journal_fail(j, "", "the next segment cannot be made");
    }
    return st;
}

weir_status
weir_journal_write(weir_journal *j, int64_t now_ms)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    CHECK(!j->finished);
    if (j->failed)
        return WEIR_E_IO;
    bool day_over = weir__day_of(now_ms) > weir__day_of(j->opened_ms);
    weir_status st = weir__journal_push(j);
    if (st == WEIR_OK && j->given && (day_over || j->size >= j->segment_bytes))
        st = begin_another(j, day_over ? WEIR_JOURNAL_WHY_DAY : WEIR_JOURNAL_WHY_FULL, now_ms);
    if (st == WEIR_OK && weir__day_of(now_ms) > j->retired_day)
        st = weir__journal_retire(j, now_ms);
    return st;
}

weir_status
weir_journal_sync(weir_journal *j)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    return j->failed ? WEIR_E_IO : weir__journal_sync(j);
}

/* Asking ----------------------------------------------------------------------------------- */

static void
put_hash(const unsigned char *hash, char out[WEIR_JOURNAL_HASH + 1])
{
    weir__hex_put(hash, WEIR__HASH_SIZE, out);
    out[WEIR_JOURNAL_HASH] = '\0';
}

void
weir_journal_get_head(const weir_journal *j, weir_journal_head *out)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    *out = (weir_journal_head){.seq = j->chain.seq,
                               .written_seq = j->written.seq,
                               .synced_seq = j->synced.seq,
                               .segment = j->segment,
                               .segment_bytes = j->size};
    put_hash(j->chain.hash, out->hash);
    put_hash(j->synced.hash, out->synced_hash);
}

const char *
weir_journal_error(const weir_journal *j)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    return j->failed ? j->error : NULL;
}

const char *
weir_journal_take_warning(weir_journal *j)
{
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    bool warned = j->warning[0] && !j->warned;
    if (!warned)
        j->warning[0] = '\0';
    j->warned = warned;
    return warned ? j->warning : NULL;
}

/* Closing ---------------------------------------------------------------------------------- */

void
weir_journal_abandon(weir_journal *j)
{
    if (!j)
        return;
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    if (j->fd >= 0)
        (void)close(j->fd);
    if (j->folder.fd >= 0)
        (void)close(j->folder.fd);
    if (j->lock >= 0)
        (void)close(j->lock); /* and others may have it */
    weir__chain_fini(&j->chain);
    weir__key_fini(&j->key);
    weir_buf_fini(&j->pending);
    weir_buf_fini(&j->body);
    weir_buf_fini(&j->message);
    free((void *)(uintptr_t)j->folder.path);
    free(j->clock);
    free(j);
}

weir_status
weir_journal_finish(weir_journal *j, int64_t now_ms)
{
    const weir_journal_event stop = {.kind = WEIR_JOURNAL_STOP, .at_ms = now_ms};

    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    CHECK(!j->finished);
    weir_status st = j->failed ? WEIR_E_IO : weir__journal_tell(j, &stop);
    if (st == WEIR_OK)
        st = weir__segment_end(j, WEIR_JOURNAL_WHY_STOPPED, now_ms);
    j->finished = st == WEIR_OK;
    return st;
}

weir_status
weir_journal_close(weir_journal *j, int64_t now_ms, weir_diags *diags)
{
    if (!j)
        return WEIR_OK;
    CHECK_OBJ(j, WEIR_JOURNAL_MAGIC);
    weir_status st = j->finished ? WEIR_OK : weir_journal_finish(j, now_ms);
    if (st != WEIR_OK && diags)
        weir__diag_add(diags, WEIR_ERROR, NULL, "%s", j->failed ? j->error : weir_status_text(st));
    weir_journal_abandon(j);
    return st;
}
