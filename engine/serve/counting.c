/*
 * What all workers have counted: while they run, by asking each; in the end, from themselves.
 */
#include "serve/serving.h"

#include <stdlib.h>

static void
add_counts(struct worker_counts *to, const struct worker_counts *from)
{
    to->opened += from->opened;
    to->closed += from->closed;
    to->unopened += from->unopened;
    to->silent += from->silent;
    to->broken += from->broken;
    for (int e = 0; e < WORKER_NENDS; e++)
        to->ended[e] += from->ended[e];
    to->tls_failed += from->tls_failed;
    to->delivered += from->delivered;
    to->discarded += from->discarded;
    to->lines += from->lines;
    to->unanswered += from->unanswered;
    to->unfinished += from->unfinished;
    to->bytes_in += from->bytes_in;
    to->bytes_out += from->bytes_out;
}

static void
add_report(struct server_sums *to, const struct worker_report *r)
{
    add_counts(&to->counts, &r->counts);
    tally_add(&to->tally, &r->tally);
    latency_add(&to->latency, &r->latency);
    to->unsent += r->unsent;
    to->held += r->held;
}

/* false: a worker has not reported yet. */
static bool
add_reports(struct server *s, uint64_t question, struct server_sums *to)
{
    struct worker_report r;

    for (size_t i = 0; i < s->nworkers; i++) {
        if (!worker_reported(&s->workers[i], question, &r))
            return false;
        add_report(to, &r);
    }
    if (s->desk) {
        r = desk_report(s->desk);
        add_report(to, &r);
    }
    return true;
}

/* The ledger goes on: what the edition's rules did is put into a copy of it. */
static void
answer_question(struct server *s, const struct server_question *q, struct server_sums *sums)
{
    if (s->desk)
        edition_leave_rows(s->edition, &s->desk->answerer);
    edition_take_rows(s->edition, &s->sums.ledger);
    sums->ledger = s->sums.ledger;
    sums->refused = s->sums.refused;
    sums->reloads = s->sums.reloads;
    sums->reloads_refused = s->sums.reloads_refused;
    sums->trips = s->sums.trips;
    q->answer(q->arg, sums);
}

void
server_answer_questions(struct server *s)
{
    struct server_question *q;

    while ((q = s->questions) && s->edition) {
        struct server_sums sums = {.unsent = 0};

        tally_init(&sums.tally);
        if (!add_reports(s, q->number, &sums))
            return;
        s->questions = q->next;
        answer_question(s, q, &sums);
        free(q);
    }
}

bool
server_ask(struct server *s, server_sums_fn *fn, void *arg)
{
    struct server_question *q = calloc(1, sizeof *q), **at = &s->questions;

    if (!q)
        return false;
    *q = (struct server_question){.number = ++s->question, .answer = fn, .arg = arg};
    while (*at)
        at = &(*at)->next;
    *at = q;
    for (size_t i = 0; i < s->nworkers; i++)
        worker_ask(&s->workers[i], q->number);
    return true;
}

void
server_forget(struct server *s, const void *arg)
{
    struct server_question **at = &s->questions, *q;

    while ((q = *at)) {
        if (q->arg != arg) {
            at = &q->next;
            continue;
        }
        *at = q->next;
        free(q);
    }
}

/* The desk's jobs end with HTTP. */
static void
sum_up_desk(struct server *s)
{
    http_close(s->http);
    s->http = NULL;
    if (!s->desk)
        return;
    struct worker_report r = desk_report(s->desk);
    add_counts(&s->sums.counts, &r.counts);
    tally_add(&s->sums.tally, &r.tally);
    latency_add(&s->sums.latency, &r.latency);
    desk_leave(s->desk);
}

/* No worker runs any more when this is done. */
void
server_sum_up(struct server *s)
{
    struct server_question *next;

    for (size_t i = 0; i < s->nworkers; i++) {
        const struct worker *w = &s->workers[i];

        worker_stop(&s->workers[i]);
        add_counts(&s->sums.counts, &w->counts);
        tally_add(&s->sums.tally, &w->answerer.tally);
        latency_add(&s->sums.latency, &w->latency);
    }
    sum_up_desk(s);
    server_look_for_trips(s);
    server_retire(s);
    for (struct server_question *q = s->questions; q; q = next) {
        next = q->next;
        free(q);
    }
    s->questions = NULL;
}
