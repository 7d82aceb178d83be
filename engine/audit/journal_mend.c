/*
 * What a crash leaves is a last line without its newline, or (a loss of power) blocks of zeroes,
 * in the last segment. It is moved to a file of its own, as somebody may want to see it; the
 * segment gets its end. Each step can be done twice: the torn file has its name only once it is
 * whole and on the disk, and the segment is cut after that.
 *
 * Anything else that is wrong with the last segment is no crash's doing, and neither is a header
 * that was overwritten, which is on the disk before its segment is there. Then nothing is touched.
 */
#include "audit/journal_mend.h"

#include "audit/journal_check.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE ((size_t)64 << 10)

/* What mending works with. */
struct mending {
    weir_journal *j;
    struct weir__mended *out;
    weir_diags *diags;
    struct weir__checker c; /* of the last segment */
    weir_journal_proof proof;
    bool has_end, is_signed; /* the last segment, as it was found */
};

/* A message about a file of the folder. */
static weir_status say(struct mending *m, weir_severity s, const char *file, uint64_t line,
                       const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static weir_status
say(struct mending *m, weir_severity s, const char *file, uint64_t line, const char *fmt, ...)
{
    char text[1024], *path = NULL;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (asprintf(&path, "%s%s%s", m->j->folder.path, *file ? "/" : "", file) < 0)
        return WEIR_E_NOMEM;
    weir__diag_add(
        m->diags, s,
        &(struct weir__place){.file = path, .line = line < UINT32_MAX ? (uint32_t)line : 0}, "%s",
        text);
    free(path);
    return WEIR_E_IO;
}

static weir_status
cannot(struct mending *m, const char *file, const char *what)
{
    return say(m, WEIR_ERROR, file, 0, "%s: %s", what, weir__file_error(errno));
}

/* Events of the last segment that name torn tails, and whether its end is signed. */
static bool
see(const weir_journal_entry *e, void *arg)
{
    struct mending *m = arg;
    struct weir__listing *l = &m->out->listing;
    char name[WEIR__NAME_MAX];

    m->has_end = e->kind == WEIR_JOURNAL_END;
    m->is_signed = m->has_end && e->end.key.p;
    if (e->kind != WEIR_JOURNAL_EVENT || e->event.kind != WEIR_JOURNAL_TORN)
        return true;
    for (size_t i = 0; i < l->ntorn; i++) {
        weir__name_torn(l->torn[i].segment, l->torn[i].k, name);
        l->torn[i].said |= span_is(e->event.file, name);
    }
    return true;
}

static weir_status
check(struct mending *m, uint32_t segment)
{
    char file[WEIR__NAME_MAX];

    m->proof = (weir_journal_proof){0};
    weir__checker_fini(&m->c);
    weir_status st = weir__checker_init(&m->c, &m->proof);
    if (st != WEIR_OK)
        return st;
    m->c.visit = see;
    m->c.arg = m;
    m->has_end = m->is_signed = false;
    st = weir__check_segment(&m->c, m->j->folder.fd, segment);
    weir__name_segment(segment, file);
    return st == WEIR_E_IO ? cannot(m, file, "cannot be read") : st;
}

static weir_status
refuse(struct mending *m)
{
    const weir_journal_proof *p = &m->proof;
    char which[40] = "its first entry"; /* what came before that is not looked at */

    if (p->bad_seq)
        (void)snprintf(which, sizeof which, "entry %" PRIu64, p->bad_seq);
    return say(m, WEIR_ERROR, p->bad_file, p->bad_line,
               "the chain is broken: %s %s. Nothing was written. `tagweir verify` tells more; to "
               "go on, keep this folder as it is and begin a journal in another one",
               which, p->why);
}

/* Moving aside ----------------------------------------------------------------------------- */

/* Is what is in `fd` from `at` to its end the same as all of the file? */
static bool
is_copy(struct mending *m, int fd, uint64_t at, const char *file, char *room)
{
    int other = weir__open_read(m->j->folder.fd, file);
    bool same = other >= 0;
    uint64_t done = 0;

    for (ssize_t n = 1; same && n > 0; done += (uint64_t)n) {
        n = weir__read_at(fd, room, AT_ONCE / 2, at + done);
        ssize_t k = same ? weir__read_at(other, room + AT_ONCE / 2, AT_ONCE / 2, done) : -1;
        same = n >= 0 && n == k && memcmp(room, room + AT_ONCE / 2, (size_t)n) == 0;
    }
    if (other >= 0)
        (void)close(other);
    return same;
}

static bool
copy(int fd, uint64_t at, int to, char *room, uint64_t *bytes)
{
    ssize_t n;

    *bytes = 0;
    while ((n = weir__read_at(fd, room, AT_ONCE, at + *bytes)) > 0) {
        if (!weir__write_all(to, (weir_span){room, (size_t)n}, NULL))
            return false;
        *bytes += (uint64_t)n;
    }
    return n == 0 && fsync(to) == 0;
}

/* A new torn tail in the listing, behind the others. Its segment has none that is later. */
static struct weir__torn *
add_torn(struct weir__listing *l, uint32_t segment)
{
    uint32_t k = 1;
    size_t at = l->ntorn;
    struct weir__torn *grown = realloc(l->torn, (l->ntorn + 1) * sizeof *grown);

    if (!grown)
        return NULL;
    l->torn = grown;
    if (at && grown[at - 1].segment == segment)
        k = grown[at - 1].k + 1;
    grown[at] = (struct weir__torn){.segment = segment, .k = k};
    l->ntorn++;
    return &grown[at];
}

static weir_status
move_bytes(struct mending *m, uint32_t segment, int fd, uint64_t at, char *room)
{
    struct weir__listing *l = &m->out->listing;
    char made[WEIR__NAME_MAX], name[WEIR__NAME_MAX];

    if (l->ntorn && l->torn[l->ntorn - 1].segment == segment) {
        weir__name_torn(segment, l->torn[l->ntorn - 1].k, name);
        if (is_copy(m, fd, at, name, room))
            return WEIR_OK; /* moved by one that crashed before it could cut */
    }
    struct weir__torn *t = add_torn(l, segment);
    if (!t)
        return WEIR_E_NOMEM;
    weir__name_torn(segment, t->k, name);
    weir__name_torn_new(segment, made);
    int to = weir__open_new(m->j->folder.fd, made, O_WRONLY);
    bool ok = to >= 0 && copy(fd, at, to, room, &t->bytes) &&
              weir__rename_once(m->j->folder.fd, made, name) && weir__sync_folder(m->j->folder.fd);
    weir_status st = ok ? WEIR_OK : cannot(m, name, "a torn tail cannot be moved there");
    if (to >= 0)
        (void)close(to);
    return st;
}

/* From `at` on. */
static weir_status
move_aside(struct mending *m, uint32_t segment, uint64_t at)
{
    char file[WEIR__NAME_MAX];
    char *room = malloc(AT_ONCE);
    weir_status st = room ? WEIR_OK : WEIR_E_NOMEM;

    weir__name_segment(segment, file);
    int fd = weir__open_own(m->j->folder.fd, file, O_RDWR);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    if (st == WEIR_OK && size < 0)
        st = cannot(m, file, "cannot be opened");
    if (st == WEIR_OK && (uint64_t)size > at)
        st = move_bytes(m, segment, fd, at, room);
    if (st == WEIR_OK && (ftruncate(fd, (off_t)at) != 0 || fsync(fd) != 0))
        st = cannot(m, file, "its torn tail cannot be cut off");
    if (st == WEIR_OK && (uint64_t)size > at)
        (void)say(m, WEIR_WARNING, file, 0,
                  "a crash tore its tail: the last %" PRIu64 " bytes, behind entry %" PRIu64
                  ", were moved to %08" PRIu32 ".torn-%" PRIu32,
                  (uint64_t)size - at, m->c.chain.seq, segment,
                  m->out->listing.torn[m->out->listing.ntorn - 1].k);
    if (fd >= 0)
        (void)close(fd);
    free(room);
    return st;
}

/* Signatures ------------------------------------------------------------------------------- */

#define END_MOST 4096 /* longer than any end of a segment */

/* Is the end of a segment signed? false also where nobody can say, which is verify's business. */
static bool
is_end_signed(struct mending *m, uint32_t segment)
{
    char file[WEIR__NAME_MAX], text[END_MOST];
    weir_journal_end end = {.key = {.p = NULL}};
    struct weir__line line;
    struct stat st;

    weir__name_segment(segment, file);
    int fd = weir__open_read(m->j->folder.fd, file);
    uint64_t size = fd >= 0 && fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    ssize_t n =
        size ? weir__read_at(fd, text, sizeof text, size > sizeof text ? size - sizeof text : 0)
             : 0;
    if (fd >= 0)
        (void)close(fd);
    if (n < 1 || text[n - 1] != '\n')
        return false;
    const char *before = memrchr(text, '\n', (size_t)n - 1);
    const char *from = before ? before + 1 : text;
    return !weir__line_split((weir_span){from, (size_t)(text + n - 1 - from)}, &line) &&
           line.kind == WEIR_JOURNAL_END && weir__end_read(line.body, &m->c.room, &end) &&
           end.key.p;
}

/* Who forgets the key once has a journal that no key proves any more from there on. */
static void
look_for_key(struct mending *m)
{
    const struct weir__listing *l = &m->out->listing;
    uint32_t last = m->out->last;

    if (m->j->key.pkey || !l->nsegments)
        return;
    if (m->is_signed || (!m->has_end && last > l->segments[0] && is_end_signed(m, last - 1)))
        (void)say(m, WEIR_WARNING, "", 0,
                  "what was written before is signed, and no key was given: what is written from "
                  "here on is proved by none, and `tagweir verify --public-key` will stop here. "
                  "Start it with the key, unless that is meant");
}

/* Mending ---------------------------------------------------------------------------------- */

/* The journal stands where the checker stands. */
static void
stand(struct mending *m)
{
    weir_journal *j = m->j;

    j->chain.seq = j->written.seq = j->synced.seq = m->c.chain.seq;
    memcpy(j->chain.hash, m->c.chain.hash, WEIR__HASH_SIZE);
    memcpy(j->written.hash, m->c.chain.hash, WEIR__HASH_SIZE);
    memcpy(j->synced.hash, m->c.chain.hash, WEIR__HASH_SIZE);
    j->segment = m->c.segment.number;
    j->entries = m->c.line;
    j->size = m->c.good_bytes;
}

static weir_status
end_segment(struct mending *m, int64_t now_ms)
{
    weir_journal *j = m->j;
    char file[WEIR__NAME_MAX];

    weir__name_segment(j->segment, file);
    j->fd = weir__open_own(j->folder.fd, file, O_WRONLY | O_APPEND);
    if (j->fd < 0)
        return cannot(m, file, "cannot be written");
    weir_status st = weir__segment_end(j, WEIR_JOURNAL_WHY_CRASH, now_ms);
    if (st == WEIR_E_IO)
        weir__diag_add(m->diags, WEIR_ERROR, NULL, "%s", j->error);
    return st;
}

/* The last segment has not even a header: it goes, and the one before is the last. */
static weir_status
drop_last(struct mending *m, uint32_t segment, bool first)
{
    char file[WEIR__NAME_MAX];
    weir_status st = move_aside(m, segment, 0);

    weir__name_segment(segment, file);
    if (st == WEIR_OK &&
        (unlinkat(m->j->folder.fd, file, 0) != 0 || !weir__sync_folder(m->j->folder.fd)))
        st = cannot(m, file, "cannot be deleted, and is empty");
    if (st != WEIR_OK || first)
        return st;
    st = check(m, segment - 1);
    if (st == WEIR_OK && m->proof.finding == WEIR_JOURNAL_FOUND_NONE && !m->c.segment.ended) {
        weir__name_segment(segment - 1, file);
        weir__journal_found(&m->c, WEIR_JOURNAL_FOUND_MISSING, file, m->c.line + 1,
                            m->c.chain.seq + 1, SPAN_NONE,
                            "is not there: the segment stops without its last line");
    }
    if (st == WEIR_OK && m->proof.finding != WEIR_JOURNAL_FOUND_NONE)
        return refuse(m);
    return st;
}

static weir_status
mend_last(struct mending *m, uint32_t segment, bool first, int64_t now_ms)
{
    weir_status st = check(m, segment);
    bool torn = m->c.torn;

    if (st != WEIR_OK)
        return st;
    if (m->proof.finding != WEIR_JOURNAL_FOUND_NONE &&
        (!torn || (!m->c.begun && (!m->c.at_end || (first && segment > 1)))))
        return refuse(m);
    if (torn && !m->c.begun) {
        st = drop_last(m, segment, first);
        if (st != WEIR_OK || first)
            return st;
    } else if (torn) {
        /* the line that is torn was counted if it has a newline */
        m->c.line = m->proof.bad_line - 1;
        st = move_aside(m, segment, m->c.good_bytes);
    }
    if (st == WEIR_OK) {
        stand(m);
        if (!m->c.segment.ended)
            st = end_segment(m, now_ms);
        else
            m->out->why = !torn && m->c.why == WEIR_JOURNAL_WHY_STOPPED ? WEIR_JOURNAL_WHY_STOPPED
                                                                        : WEIR_JOURNAL_WHY_CRASH;
    }
    return st;
}

weir_status
weir__mend(weir_journal *j, int64_t now_ms, weir_diags *diags, struct weir__mended *out)
{
    struct mending m = {.j = j, .out = out, .diags = diags};
    const struct weir__listing *l = &out->listing;
    weir_status st = weir__listing_read(j->folder.fd, &out->listing);

    if (st == WEIR_E_IO)
        return cannot(&m, "", "cannot be read");
    out->why = l->nsegments || l->ntorn ? WEIR_JOURNAL_WHY_CRASH : WEIR_JOURNAL_WHY_NEW;
    if (st != WEIR_OK || !l->nsegments)
        return st;
    out->last = l->segments[l->nsegments - 1];
    if (out->last - l->segments[0] != l->nsegments - 1)
        return say(&m, WEIR_ERROR, "", 0,
                   "segments are missing from this journal: `tagweir verify` tells which. Bring "
                   "them back, or begin a journal in another folder");
    st = mend_last(&m, out->last, l->nsegments == 1, now_ms);
    if (st == WEIR_OK)
        look_for_key(&m);
    weir__checker_fini(&m.c);
    return st;
}

void
weir__mended_fini(struct weir__mended *m)
{
    weir__listing_fini(&m->listing);
}
