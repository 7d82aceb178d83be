/*
 * A walk over a whole journal: its segments in order, and what only all of them together can show,
 * that none is missing, that the oldest were retired, that a head is there, what is signed.
 */
#include "audit/journal_check.h"

#include "base/check.h"
#include "base/error.h"

#include <tagweir/names.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

WEIR_NAMES(weir_journal_finding_name, weir_journal_finding, WEIR_JOURNAL_FINDINGS, WEIR_TEXT)
WEIR_NAMES(weir_journal_signature_name, weir_journal_signature, WEIR_JOURNAL_SIGNATURES, WEIR_TEXT)

/* What a walk works with. */
struct walk {
    struct weir__checker c;
    struct weir__folder folder;
    struct weir__listing listing;
    struct weir__keys keys;
    unsigned char head[WEIR__HASH_SIZE];
    weir_diags *diags;
};

static weir_status
cannot_read(struct walk *w, const char *file)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", w->folder.path, file) < 0)
        return WEIR_E_NOMEM;
    weir__diag_add(w->diags, WEIR_ERROR, &(struct weir__place){.file = path}, "cannot be read: %s",
                   weir__file_error(errno));
    free(path);
    return WEIR_E_IO;
}

static weir_status
open_folder(struct walk *w)
{
    const struct weir__place at = {.file = w->folder.path};

    w->folder.fd = open(w->folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->folder.fd < 0) {
        weir__diag_add(w->diags, WEIR_ERROR, &at, "%s: %s",
                       errno == ENOTDIR ? "is no folder, and a journal is one" : "cannot be read",
                       strerror(errno));
        return WEIR_E_IO;
    }
    weir_status st = weir__listing_read(w->folder.fd, &w->listing);
    if (st == WEIR_E_IO)
        weir__diag_add(w->diags, WEIR_ERROR, &at, "cannot be read: %s", strerror(errno));
    if (st != WEIR_OK || w->listing.nsegments)
        return st;
    weir__diag_add(w->diags, WEIR_ERROR, &at,
                   "holds no journal: there is no file such as 00000001.ndjson in it");
    return WEIR_E_IO;
}

/* The number of the first entry of a segment, if its header can be read; else 0. */
static uint64_t
peek(struct walk *w, uint32_t segment)
{
    char file[WEIR__NAME_MAX], text[4096];
    struct weir__line line;

    weir__name_segment(segment, file);
    int fd = weir__open_read(w->folder.fd, file);
    ssize_t n = fd >= 0 ? weir__read_at(fd, text, sizeof text, 0) : -1;
    if (fd >= 0)
        (void)close(fd);
    const char *nl = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
    if (!nl || weir__line_split((weir_span){text, (size_t)(nl - text)}, &line) != NULL)
        return 0;
    return line.seq;
}

/* Segments between this one and the one that is next in the folder. */
static void
look_for_gap(struct walk *w, uint32_t number, uint32_t next)
{
    struct weir__checker *c = &w->c;
    char file[WEIR__NAME_MAX];
    uint64_t seq = peek(w, next);

    if (next == number + 1)
        return;
    weir__name_segment(number + 1, file);
    if (seq > c->chain.seq + 1)
        weir__journal_found(c, WEIR_JOURNAL_FOUND_MISSING, file, 0, c->chain.seq + 1, SPAN_NONE,
                            "is not there: %s, and with %s the entries up to %" PRIu64,
                            next == number + 2 ? "the segment is missing" : "segments are missing",
                            next == number + 2 ? "it" : "them", seq - 1);
    else
        weir__journal_found(c, WEIR_JOURNAL_FOUND_MISSING, file, 0, c->chain.seq + 1, SPAN_NONE,
                            "is not there: the segment is missing");
}

/* A segment that is not the last one has an end. */
static void
look_for_end(struct walk *w, uint32_t number, uint32_t next)
{
    char file[WEIR__NAME_MAX];

    if (w->c.segment.ended)
        return;
    weir__name_segment(number, file);
    weir__journal_found(
        &w->c, WEIR_JOURNAL_FOUND_MISSING, file, w->c.line + 1, w->c.chain.seq + 1, SPAN_NONE,
        "is not there: the segment stops without its last line, and segment %" PRIu32 " follows",
        next);
}

/* A tail that a writer is just writing is none that was cut. */
static void
forgive_writer(struct walk *w)
{
    struct weir__checker *c = &w->c;
    weir_journal_proof *p = c->proof;
    struct stat st;
    char file[WEIR__NAME_MAX];

    if (p->finding != WEIR_JOURNAL_FOUND_CUT || p->bad_line == 0 || !c->at_end ||
        c->segment.number != w->listing.segments[w->listing.nsegments - 1] ||
        !weir__is_locked(w->folder.fd))
        return;
    weir__name_segment(c->segment.number, file);
    p->writing = true;
    p->unfinished_bytes =
        fstatat(w->folder.fd, file, &st, 0) == 0 && (uint64_t)st.st_size > c->good_bytes
            ? (uint64_t)st.st_size - c->good_bytes
            : 0;
    p->finding = WEIR_JOURNAL_FOUND_NONE;
    p->bad_file[0] = p->bad_post[0] = p->why[0] = '\0';
    p->bad_line = p->bad_seq = 0;
}

static weir_status
walk_segments(struct walk *w)
{
    struct weir__checker *c = &w->c;
    weir_journal_proof *p = c->proof;
    const struct weir__listing *l = &w->listing;
    weir_status st = WEIR_OK;

    for (size_t i = 0; i < l->nsegments && p->finding == WEIR_JOURNAL_FOUND_NONE; i++) {
        char file[WEIR__NAME_MAX];
        weir__name_segment(l->segments[i], file);
        st = weir__check_segment(c, w->folder.fd, l->segments[i]);
        if (st == WEIR_E_IO && errno == ENOENT && !c->begun && i + 1 < l->nsegments)
            continue; /* retired since the folder was read */
        if (st != WEIR_OK)
            return st == WEIR_E_IO ? cannot_read(w, file) : st;
        if (c->segment.last_seq)
            p->segments[p->nsegments++] = c->segment;
        if (c->enough)
            return WEIR_OK;
        if (i + 1 < l->nsegments && p->finding == WEIR_JOURNAL_FOUND_NONE) {
            look_for_end(w, l->segments[i], l->segments[i + 1]);
            look_for_gap(w, l->segments[i], l->segments[i + 1]);
        }
    }
    forgive_writer(w);
    return WEIR_OK;
}

/* That the oldest segments are gone is right if an event says so. */
static void
look_for_beginning(struct walk *w)
{
    struct weir__checker *c = &w->c;
    weir_journal_proof *p = c->proof;
    char file[WEIR__NAME_MAX];

    if (!c->begun || p->first_seq <= 1)
        return;
    if (c->retirement) {
        p->retired_seq = p->first_seq - 1;
        return;
    }
    weir__name_segment(1, file);
    weir__journal_found(c, WEIR_JOURNAL_FOUND_MISSING, file, 0, 1, SPAN_NONE,
                        "is not there: the entries up to %" PRIu64
                        " are missing, and no event in the "
                        "journal says that their segments were retired",
                        p->first_seq - 1);
}

static void
look_for_head(struct walk *w, const weir_journal_expect *e)
{
    struct weir__checker *c = &w->c;
    weir_journal_proof *p = c->proof;

    if (!p->has_head && p->first_seq > 1 && memcmp(w->head, c->first_before, sizeof w->head) == 0) {
        p->has_head = true;
        p->head_seq = p->first_seq - 1; /* the last that is retired: all after it is there */
    }
    if (p->has_head && (!e->head_seq || e->head_seq == p->head_seq))
        return;
    if (p->has_head)
        weir__journal_found(c, WEIR_JOURNAL_FOUND_HEAD, "", 0, e->head_seq, SPAN_NONE,
                            "the head that was given is the hash of entry %" PRIu64
                            ", not of %" PRIu64,
                            p->head_seq, e->head_seq);
    else if (e->head_seq > p->last_seq)
        weir__journal_found(
            c, WEIR_JOURNAL_FOUND_HEAD, "", 0, e->head_seq, SPAN_NONE,
            "entries were cut off: the head that was given is that of entry %" PRIu64
            ", and the journal ends with %" PRIu64,
            e->head_seq, p->last_seq);
    else if (e->head_seq && e->head_seq < p->first_seq)
        weir__journal_found(c, WEIR_JOURNAL_FOUND_HEAD, "", 0, e->head_seq, SPAN_NONE,
                            "the head that was given is that of entry %" PRIu64
                            ", which is retired: give "
                            "one of entry %" PRIu64 " or later",
                            e->head_seq, p->first_seq - 1);
    else
        weir__journal_found(
            c, WEIR_JOURNAL_FOUND_HEAD, "", 0, e->head_seq, SPAN_NONE,
            "no entry has the hash that was given as head: entries were cut off or written "
            "anew, or it is the head of another journal");
}

static void
look_for_signature(struct walk *w)
{
    if (w->c.keys && !w->c.proof->signed_seq)
        weir__journal_found(&w->c, WEIR_JOURNAL_FOUND_SIGNATURE, "", 0, 0, SPAN_NONE,
                            "no segment is signed, so that the key proves nothing");
}

static void
list_torn(struct walk *w)
{
    weir_journal_proof *p = w->c.proof;

    for (size_t i = 0; i < w->listing.ntorn; i++) {
        const struct weir__torn *t = &w->listing.torn[i];
        weir__name_torn(t->segment, t->k, p->torn[i].file);
        p->torn[i].bytes = t->bytes;
    }
    p->ntorn = w->listing.ntorn;
}

static weir_status
walk(struct walk *w, const weir_journal_expect *e)
{
    weir_journal_proof *p = w->c.proof;
    weir_status st = open_folder(w);

    if (st == WEIR_OK && e->public_key)
        st = weir__keys_load(e->public_key, w->diags, &w->keys);
    if (st != WEIR_OK)
        return st;
    p->segments = calloc(w->listing.nsegments, sizeof *p->segments);
    p->torn = calloc(w->listing.ntorn + 1, sizeof *p->torn);
    if (!p->segments || !p->torn)
        return WEIR_E_NOMEM;
    list_torn(w);
    p->writing = weir__is_locked(w->folder.fd);
    st = walk_segments(w);
    weir__hex_put(w->c.chain.hash, WEIR__HASH_SIZE, p->hash);
    p->closed = w->c.segment.ended && w->c.why == WEIR_JOURNAL_WHY_STOPPED;
    if (st != WEIR_OK || w->c.enough)
        return st;
    look_for_beginning(w);
    if (e->head_hash)
        look_for_head(w, e);
    look_for_signature(w);
    return st;
}

weir_status
weir_journal_walk(const char *dir, const weir_journal_expect *expect, weir_journal_visit visit,
                  void *arg, weir_diags *diags, weir_journal_proof *out)
{
    static const weir_journal_expect nothing;
    const weir_journal_expect *e = expect ? expect : &nothing;
    struct walk w = {.folder = {.fd = -1, .path = dir}, .diags = diags};

    *out = (weir_journal_proof){0};
    if (e->head_hash && !weir__hex_hash((weir_span){e->head_hash, strlen(e->head_hash)}, w.head))
        return WEIR_E_ARG;
    weir_status st = weir__checker_init(&w.c, out);
    if (st == WEIR_OK) {
        w.c.visit = visit;
        w.c.arg = arg;
        w.c.head = e->head_hash ? w.head : NULL;
        w.c.keys = e->public_key ? &w.keys : NULL;
        st = walk(&w, e);
    }
    weir__checker_fini(&w.c);
    weir__keys_fini(&w.keys);
    weir__listing_fini(&w.listing);
    if (w.folder.fd >= 0)
        (void)close(w.folder.fd);
    return st;
}

void
weir_journal_proof_fini(weir_journal_proof *p)
{
    free(p->segments);
    free(p->torn);
    p->segments = NULL;
    p->torn = NULL;
    p->nsegments = p->ntorn = 0;
}
