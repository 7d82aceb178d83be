/*
 * Opening a journal for writing: the lock, what the last writer left, the next segment.
 */
#include "audit/journal.h"

#include "audit/journal_mend.h"
#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static weir_status
refuse(const weir_journal *j, weir_diags *diags, const char *what)
{
    const char *why = strerror(errno);

    weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = j->folder.path}, "%s: %s", what,
                   why);
    return WEIR_E_IO;
}

static weir_status
make_folder(weir_journal *j, weir_diags *diags)
{
    bool made = mkdir(j->folder.path, 0700) == 0;

    if (!made && errno != EEXIST)
        return refuse(j, diags, "the journal's folder cannot be made");
    j->folder.fd = open(j->folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->folder.fd < 0)
        return refuse(j, diags, "cannot be opened as the folder of a journal");
    if (!made)
        return WEIR_OK;
    int parent = openat(j->folder.fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = parent >= 0 && weir__sync_folder(parent);
    if (!synced)
        (void)refuse(j, diags, "the folder that it is in cannot be synced");
    if (parent >= 0)
        (void)close(parent);
    return synced ? WEIR_OK : WEIR_E_IO;
}

static weir_status
lock(weir_journal *j, weir_diags *diags)
{
    char whose[48] = "";
    long owner;

    j->lock = weir__lock(j->folder.fd, &owner);
    if (j->lock >= 0)
        return WEIR_OK;
    if (errno != EAGAIN)
        return refuse(j, diags, "cannot be locked");
    if (owner > 0)
        (void)snprintf(whose, sizeof whose, " (process %ld)", owner);
    weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = j->folder.path},
                   "another writer%s has this journal open, and a chain has one writer: give each "
                   "a folder of its own, or end the other one",
                   whose);
    return WEIR_E_IO;
}

/* The journal with what its options say, and nothing opened; NULL without memory. */
static weir_journal *
make(const char *dir, const weir_journal_options *o)
{
    weir_journal *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    *j = (weir_journal){.magic = WEIR_JOURNAL_MAGIC, .lock = -1, .fd = -1, .folder.fd = -1};
    memcpy(j->digest, o->digest, WEIR_JOURNAL_HASH);
    j->segment_bytes = o->segment_bytes ? o->segment_bytes : WEIR_JOURNAL_SEGMENT_BYTES;
    j->retain_days = o->retain_days;
    j->folder.path = strdup(dir);
    j->clock = strdup(o->clock);
    if (j->folder.path && j->clock && weir__chain_init(&j->chain))
        return j;
    weir_journal_abandon(j);
    return NULL;
}

/* The next segment, with a start and the torn tails that no event names yet. */
static weir_status
begin(weir_journal *j, const struct weir__mended *m, int64_t now_ms, weir_diags *diags)
{
    weir_journal_event *events = calloc(m->listing.ntorn + 1, sizeof *events);
    char(*names)[WEIR__NAME_MAX] = calloc(m->listing.ntorn + 1, sizeof *names);
    weir_status st = WEIR_E_NOMEM;
    size_t n = 1;

    if (events && names) {
        events[0] =
            (weir_journal_event){.kind = WEIR_JOURNAL_START, .at_ms = now_ms, .why = m->why};
        for (size_t i = 0; i < m->listing.ntorn; i++) {
            const struct weir__torn *t = &m->listing.torn[i];
            if (t->said || t->segment < m->last)
                continue;
            weir__name_torn(t->segment, t->k, names[i]);
            events[n++] = (weir_journal_event){.kind = WEIR_JOURNAL_TORN,
                                               .at_ms = now_ms,
                                               .file = span_of(names[i]),
                                               .bytes = t->bytes};
        }
        st = weir__segment_begin(j, now_ms, events, n);
    }
    if (st == WEIR_E_IO)
        weir__diag_add(diags, WEIR_ERROR, NULL, "%s", j->error);
    free(names);
    free(events);
    return st;
}

static weir_status
start(weir_journal *j, const weir_journal_options *o, int64_t now_ms, weir_diags *diags)
{
    struct weir__mended m = {0};
    weir_status st = o->sign_key ? weir__key_load(o->sign_key, diags, &j->key) : WEIR_OK;

    if (st == WEIR_OK)
        st = make_folder(j, diags);
    if (st == WEIR_OK)
        st = lock(j, diags);
    if (st == WEIR_OK)
        st = weir__mend(j, now_ms, diags, &m);
    if (st == WEIR_OK)
        st = begin(j, &m, now_ms, diags);
    if (st == WEIR_OK) {
        st = weir__journal_retire(j, now_ms);
        if (st == WEIR_E_IO)
            weir__diag_add(diags, WEIR_ERROR, NULL, "%s", j->error);
    }
    weir__mended_fini(&m);
    return st;
}

weir_status
weir_journal_open(const char *dir, const weir_journal_options *options, int64_t now_ms,
                  weir_diags *diags, weir_journal **out)
{
    if (!options->digest || !weir__is_hash(span_of(options->digest)) || !options->clock)
        return WEIR_E_ARG;
    weir_journal *j = make(dir, options);
    if (!j)
        return WEIR_E_NOMEM;
    weir_status st = start(j, options, now_ms, diags);
    if (st == WEIR_OK)
        *out = j;
    else
        weir_journal_abandon(j);
    return st;
}
