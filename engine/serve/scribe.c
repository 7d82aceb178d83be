/*
 * Writing the decision journal aside: all that was handed over since the last time together, one
 * wait for the disk for as many connections as there are.
 */
#include "serve/scribe_parts.h"

#include "flow/check.h"
#include "flow/clock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The journal copies what it is given until it is written. */
#define PENDING_MOST ((size_t)1 << 20)

#define SYNC_US 1000000
/* Days end, and segments grow old, also where nothing is decided. */
#define LOOK_US (10 * 1000000)

/* Writing ------------------------------------------------------------------------------------ */

static weir_status
append(struct scribe *s, const struct scribe_batch *b)
{
    return b->nrecords ? weir_journal_append(s->journal, (weir_span){b->text.p, b->text.len})
                       : weir_journal_append_event(s->journal, &b->event);
}

static weir_status
write_batch(struct scribe *s, const struct scribe_batch *b)
{
    weir_status st = append(s, b);

    if (st == WEIR_E_NOMEM && weir_journal_pending(s->journal)) {
        st = weir_journal_write(s->journal, clock_now_ms());
        if (st == WEIR_OK)
            st = append(s, b);
    }
    if (st == WEIR_OK && weir_journal_pending(s->journal) >= PENDING_MOST)
        st = weir_journal_write(s->journal, clock_now_ms());
    return st;
}

static weir_status
write_group(struct scribe *s, const struct scribe_batch *group)
{
    weir_status st = WEIR_OK;

    for (const struct scribe_batch *b = group; b && st == WEIR_OK; b = b->next)
        st = write_batch(s, b);
    if (st == WEIR_OK)
        st = weir_journal_write(s->journal, clock_now_ms());
    if (st == WEIR_OK && s->o.sync == SCRIBE_ALWAYS)
        st = weir_journal_sync(s->journal);
    return st;
}

static weir_status
sync_if_due(struct scribe *s)
{
    int64_t now_us = clock_running_us();

    if (s->o.sync != SCRIBE_INTERVAL || !s->unsynced_us || now_us - s->unsynced_us < SYNC_US)
        return WEIR_OK;
    return weir_journal_sync(s->journal);
}

/* Where the chain stands, as far as it may be told to others: they keep it to compare. */
static void
take_head(const struct scribe *s, struct scribe_report *r)
{
    weir_journal_head head;

    weir_journal_get_head(s->journal, &head);
    bool all = s->o.sync == SCRIBE_NEVER && head.written_seq == head.seq;
    r->entries = head.written_seq;
    r->synced = head.synced_seq;
    r->segment = head.segment;
    r->segment_bytes = head.segment_bytes;
    r->head_seq = all ? head.seq : head.synced_seq;
    memcpy(r->head, all ? head.hash : head.synced_hash, sizeof r->head);
}

static void
tell_head(const struct scribe *s, const char *when, const struct scribe_report *r)
{
    weir_buf line = {0};

    weir_buf_printf(&line, "journal %s: head %s:%" PRIu64, when, r->head, r->head_seq);
    scribe_say(s, false, &line);
}

/* With the lock, or where there is nobody else. */
static void
note_told(struct scribe_report *r)
{
    r->told_seq = r->head_seq;
    memcpy(r->told, r->head, sizeof r->told);
}

static void
tell_warnings(struct scribe *s)
{
    const char *warning = weir_journal_take_warning(s->journal);
    weir_buf line = {0};

    if (!warning)
        return;
    weir_buf_printf(&line, "journal: %s", warning);
    scribe_say(s, true, &line);
}

static uint64_t
records_of(const struct scribe_batch *b)
{
    uint64_t n = 0;

    for (; b; b = b->next)
        n += b->nrecords;
    return n;
}

/* @param group  NULL: nothing but time has passed. */
static void
note(struct scribe *s, const struct scribe_batch *group, int64_t took_us)
{
    struct scribe_report r;

    (void)pthread_mutex_lock(&s->lock);
    take_head(s, &s->report);
    for (const struct scribe_batch *b = group; b; b = b->next)
        s->waiting -= b->text.len;
    s->report.records += records_of(group);
    s->report.commits += group != NULL;
    s->report.commit_us += (uint64_t)(group ? took_us : 0);
    bool tells = s->o.head_every &&
                 s->report.head_seq / s->o.head_every > s->report.told_seq / s->o.head_every;
    if (tells)
        note_told(&s->report);
    r = s->report;
    (void)pthread_mutex_unlock(&s->lock);
    if (r.synced >= r.entries)
        s->unsynced_us = 0;
    else if (!s->unsynced_us)
        s->unsynced_us = clock_running_us();
    if (tells)
        tell_head(s, s->o.dir, &r);
    tell_warnings(s);
}

static void
settle(struct scribe *s, const struct scribe_batch *group)
{
    uint64_t number = 0;

    for (const struct scribe_batch *b = group; b; b = b->next) {
        number = b->number;
        if (b->quill)
            b->quill->is_due = true;
    }
    if (number)
        atomic_store_explicit(&s->settled, number, memory_order_release);
    for (struct quill *q = s->quills; q; q = q->next)
        if (q->is_due) {
            q->is_due = false;
            q->wake(q->arg);
        }
}

/* A trace of very many rules can be longer than a journal's lines. */
static const char *
reason_of(const struct scribe *s, weir_status st)
{
    const char *why = weir_journal_error(s->journal);

    return why                ? why
           : st == WEIR_E_ARG ? "a record is longer than its lines may be (64 MiB); without "
                                "--explain, records are shorter"
                              : weir_status_text(st);
}

static bool
work(struct scribe *s, struct scribe_batch *group)
{
    int64_t began_us = clock_running_us();
    weir_status st = write_group(s, group);

    if (st == WEIR_OK)
        st = sync_if_due(s);
    note(s, st == WEIR_OK ? group : NULL, clock_running_us() - began_us);
    if (st == WEIR_OK) {
        settle(s, group);
    } else {
        scribe_fail(s, reason_of(s, st), records_of(group));
    }
    scribe_batches_free(group);
    return st == WEIR_OK;
}

/* The thread --------------------------------------------------------------------------------- */

/* With the lock: until something has come, or time alone asks for something. */
static void
sleep_until_due(struct scribe *s)
{
    int64_t until_us = clock_running_us() + LOOK_US;
    struct timespec until;

    if (s->o.sync == SCRIBE_INTERVAL && s->unsynced_us && s->unsynced_us + SYNC_US < until_us)
        until_us = s->unsynced_us + SYNC_US;
    until = (struct timespec){.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    s->sleeps = true;
    (void)pthread_cond_timedwait(&s->come, &s->lock, &until);
    s->sleeps = false;
}

static void *
run(void *arg)
{
    struct scribe *s = arg;
    bool goes_on = true;

    (void)pthread_mutex_lock(&s->lock);
    while (goes_on && !scribe_has_failed(s) && (s->first || !s->stop)) {
        if (!s->first)
            sleep_until_due(s);
        struct scribe_batch *group = s->first;
        s->first = NULL;
        s->last = &s->first;
        (void)pthread_mutex_unlock(&s->lock);
        goes_on = work(s, group);
        (void)pthread_mutex_lock(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

bool
scribe_start(struct scribe *s)
{
    sigset_t all, before;

    CHECK_OBJ(s, SCRIBE_MAGIC);
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    s->started = pthread_create(&s->thread, NULL, run, s) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->started;
}

/* Opening and closing ------------------------------------------------------------------------ */

/* What was found to be wrong, or moved aside. */
static void
say_diags(const struct scribe_options *o, const weir_diags *d)
{
    for (size_t i = 0; i < weir_diags_count(d); i++) {
        weir_buf text = {0};

        weir_diag_format(weir_diags_at(d, i), false, &text);
        if (text.len && text.p[text.len - 1] == '\n')
            text.len--;
        scribe_say(&(struct scribe){.o = *o}, weir_diags_at(d, i)->severity >= WEIR_WARNING, &text);
    }
}

static weir_journal *
open_journal(const struct scribe_options *o, int64_t now_ms)
{
    weir_diags *d = weir_diags_new();
    weir_journal *j = NULL;
    weir_status st = d ? weir_journal_open(o->dir, &o->journal, now_ms, d, &j) : WEIR_E_NOMEM;

    CHECK(st != WEIR_E_ARG);
    if (d)
        say_diags(o, d);
    if (st != WEIR_OK && (!d || !weir_diags_errors(d))) {
        weir_buf line = {0};

        weir_buf_printf(&line, "%s: %s", o->dir, weir_status_text(st));
        scribe_say(&(struct scribe){.o = *o}, true, &line);
    }
    weir_diags_free(d);
    return st == WEIR_OK ? j : NULL;
}

static void
init_lock(struct scribe *s)
{
    pthread_condattr_t attr;

    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->come, &attr);
    (void)pthread_condattr_destroy(&attr);
}

struct scribe *
scribe_open(const struct scribe_options *o, int64_t now_ms)
{
    struct scribe *s = calloc(1, sizeof *s);

    if (s)
        *s = (struct scribe){.magic = SCRIBE_MAGIC, .o = *o, .last = &s->first};
    if (s)
        s->journal = open_journal(o, now_ms);
    if (!s || !s->journal) {
        free(s);
        return NULL;
    }
    init_lock(s);
    take_head(s, &s->report);
    note_told(&s->report);
    tell_head(s, o->dir, &s->report);
    return s;
}

void
scribe_tell(struct scribe *s, struct scribe_report *out)
{
    (void)pthread_mutex_lock(&s->lock);
    *out = s->report;
    out->waiting = s->waiting;
    (void)pthread_mutex_unlock(&s->lock);
}

/* Nothing is handed over any more, and the thread goes when all is written. */
static void
end_thread(struct scribe *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->stop = true;
    (void)pthread_cond_signal(&s->come);
    (void)pthread_mutex_unlock(&s->lock);
    if (s->started)
        (void)pthread_join(s->thread, NULL);
    (void)pthread_mutex_lock(&s->lock);
    s->stopped = true;
    (void)pthread_mutex_unlock(&s->lock);
}

static bool
close_journal(struct scribe *s)
{
    int64_t now_ms = clock_now_ms();
    weir_diags *d = weir_diags_new();
    bool finished = weir_journal_finish(s->journal, now_ms) == WEIR_OK;

    take_head(s, &s->report);
    note_told(&s->report);
    bool closed = weir_journal_close(s->journal, now_ms, d) == WEIR_OK;
    s->journal = NULL;
    if (d)
        say_diags(&s->o, d);
    weir_diags_free(d);
    tell_head(s, closed ? "closed" : "not closed in order", &s->report);
    return finished && closed;
}

bool
scribe_stop(struct scribe *s)
{
    CHECK_OBJ(s, SCRIBE_MAGIC);
    end_thread(s);
    if (!scribe_has_failed(s))
        return close_journal(s);
    weir_journal_abandon(s->journal);
    s->journal = NULL;
    return false;
}

void
scribe_free(struct scribe *s)
{
    if (!s)
        return;
    CHECK_OBJ(s, SCRIBE_MAGIC);
    if (s->journal)
        (void)scribe_stop(s);
    scribe_batches_free(s->first);
    (void)pthread_cond_destroy(&s->come);
    (void)pthread_mutex_destroy(&s->lock);
    s->magic = 0;
    free(s);
}
