/*
 * Segments of a journal that is being written: their ends, the next one's beginning, and the
 * retirement of old ones.
 *
 * A segment is made under another name, and gets its own once its header is on the disk: a crash
 * at any moment leaves a segment with a header, or none.
 */
#include "audit/journal.h"

#include "text/fold.h"

#include <tagweir/tagweir.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* The end's body with its signature. false: no memory. */
static bool
put_end(weir_journal *j, const weir_journal_end *e)
{
    char signature[WEIR__SIGNATURE_TEXT];
    weir_buf *line = &j->pending; /* the line as it will be, behind what is pending, for a moment */
    size_t before = line->len;
    bool ok = true;

    j->body.len = 0;
    weir__end_put(&j->body, e);
    if (e->key.p) {
        weir_buf_printf(line, "{\"seq\":%" PRIu64 ",\"end\":", j->chain.seq + 1);
        weir_buf_put(line, span_of_buf(&j->body));
        j->message.len = 0;
        if (!line->failed)
            weir__key_message(&j->message, j->chain.hash,
                              (weir_span){line->p + before, line->len - before});
        ok = !line->failed && !j->message.failed &&
             weir__key_sign(&j->key, span_of_buf(&j->message), signature);
        line->len = before;
    }
    if (ok)
        weir__end_close(&j->body, e->key.p ? span_of(signature) : SPAN_NONE);
    ok = ok && !j->body.failed &&
         weir__line_put(line, &j->chain, WEIR_JOURNAL_END, span_of_buf(&j->body));
    line->failed = j->body.failed = j->message.failed = false;
    return ok;
}

weir_status
weir__segment_end(weir_journal *j, weir_journal_why why, int64_t now_ms)
{
    const weir_journal_end e = {.segment = j->segment,
                                .entries = j->entries + 1,
                                .why = why,
                                .at_ms = now_ms,
                                .key = j->key.pkey ? span_of(j->key.fingerprint) : SPAN_NONE};

    if (!put_end(j, &e))
        return WEIR_E_NOMEM;
    j->entries++;
    weir_status st = weir__journal_push(j);
    return st == WEIR_OK ? weir__journal_sync(j) : st;
}

/* The header and the events, behind a chain that is not yet the journal's. false: no memory. */
static bool
put_beginning(weir_journal *j, struct weir__chain *c, int64_t now_ms,
              const weir_journal_event *events, size_t n)
{
    char previous[WEIR_JOURNAL_HASH];
    const weir_journal_header h = {.format = WEIR_JOURNAL_FORMAT,
                                   .segment = j->segment + 1,
                                   .opened_ms = now_ms,
                                   .ruleset = {j->digest, WEIR_JOURNAL_HASH},
                                   .version = SPAN_LIT(WEIR_VERSION),
                                   .unicode = span_of(weir__unicode_version()),
                                   .icu = span_of(weir__icu_version()),
                                   .clock = span_of(j->clock),
                                   .previous = {previous, sizeof previous}};

    weir__hex_put(c->hash, WEIR__HASH_SIZE, previous);
    j->body.len = 0;
    weir__header_put(&j->body, &h);
    bool ok = !j->body.failed &&
              weir__line_put(&j->pending, c, WEIR_JOURNAL_HEADER, span_of_buf(&j->body));
    for (size_t i = 0; ok && i < n; i++) {
        j->body.len = 0;
        weir__event_put(&j->body, &events[i]);
        ok = !j->body.failed &&
             weir__line_put(&j->pending, c, WEIR_JOURNAL_EVENT, span_of_buf(&j->body));
    }
    j->body.failed = j->pending.failed = false;
    return ok;
}

/* Not over another file, where the file system can tell. */
static bool
rename_once(int dirfd, const char *from, const char *to)
{
    if (renameat2(dirfd, from, dirfd, to, RENAME_NOREPLACE) == 0)
        return true;
    return (errno == EINVAL || errno == ENOSYS) && renameat(dirfd, from, dirfd, to) == 0;
}

/* @return the new segment's file, or -1: the journal has failed. */
static int
make_file(weir_journal *j, weir_span bytes)
{
    char made[WEIR__NAME_MAX], name[WEIR__NAME_MAX];

    weir__name_new(j->segment + 1, made);
    weir__name_segment(j->segment + 1, name);
    int fd = openat(j->folder.fd, made, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0 && weir__write_all(fd, bytes, NULL) && fsync(fd) == 0 &&
        rename_once(j->folder.fd, made, name) && weir__sync_folder(j->folder.fd))
        return fd;
    (void)weir__journal_fail(j, name, "the next segment cannot be made");
    if (fd >= 0) {
        (void)close(fd);
        (void)unlinkat(j->folder.fd, made, 0);
    }
    return -1;
}

weir_status
weir__segment_begin(weir_journal *j, int64_t now_ms, const weir_journal_event *events, size_t n)
{
    struct weir__chain c = j->chain;

    if (j->segment == WEIR__SEGMENT_MAX) {
        errno = EOVERFLOW;
        return weir__journal_fail(j, "99999999.ndjson", "no segment can follow");
    }
    if (!put_beginning(j, &c, now_ms, events, n)) {
        j->pending.len = 0;
        return WEIR_E_NOMEM;
    }
    int fd = make_file(j, span_of_buf(&j->pending));
    if (fd >= 0) {
        if (j->fd >= 0)
            (void)close(j->fd);
        j->fd = fd;
        j->segment++;
        j->chain = c;
        j->written.seq = c.seq;
        memcpy(j->written.hash, c.hash, sizeof c.hash);
        j->synced = j->written;
        j->opened_ms = now_ms;
        j->entries = n + 1;
        j->given = 0;
        j->size = j->pending.len;
    }
    j->pending.len = 0;
    return fd >= 0 ? WEIR_OK : WEIR_E_IO;
}
