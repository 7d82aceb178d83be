/*
 * What auditors will need: the decision journal, as far as it concerns the main thread, and the
 * first rule set's place in the store. Records come from those who decide, by their quills; events
 * from here.
 */
#include "serve/serving.h"

#include "flow/clock.h"
#include "flow/said.h"
#include "serve/store.h"

#include <string.h>

static weir_span
span(const char *text)
{
    return (weir_span){text, strlen(text)};
}

static void
on_say(void *server, bool is_problem, const char *line)
{
    server_say(server, is_problem, "%s", line);
}

/* As `--clock` has it. */
static const char *
clock_text(const struct answer_options *o, char time[WEIR_TIME_MAX])
{
    switch (o->clock) {
    case ANSWER_NOW:
        return "now";
    case ANSWER_CREATED:
        return "created";
    case ANSWER_FIXED:
        break;
    }
    (void)weir_time_format(o->at_ms, time);
    return time;
}

static void
give_quills(struct server *s)
{
    bool all = s->o.journal.all;

    for (size_t i = 0; i < s->nworkers; i++)
        worker_keep_journal(&s->workers[i], s->scribe, all);
    if (s->desk)
        desk_keep_journal(s->desk, s->scribe, all);
    server_hear_breakers(s, s->edition);
}

enum server_result
server_open_journal(struct server *s)
{
    const struct server_journal *o = &s->o.journal;
    char time[WEIR_TIME_MAX];
    struct scribe_options so = {.dir = o->dir,
                                .sync = o->sync,
                                .journal = {.digest = weir_ruleset_digest(s->rs),
                                            .clock = clock_text(&s->o.answer, time),
                                            .sign_key = o->sign_key,
                                            .retain_days = o->retain_days},
                                .head_every = o->head_every,
                                .say = on_say,
                                .news = server_wake,
                                .arg = s};

    if (!o->dir)
        return SERVER_OK;
    s->scribe = scribe_open(&so, clock_now_ms());
    if (!s->scribe)
        return SERVER_FAILED;
    give_quills(s);
    return SERVER_OK;
}

bool
server_keep_rules(const struct server *s)
{
    weir_buf why = {0};
    bool kept = !s->o.store || store_keep(s->o.store, s->rs, &why);

    if (!kept)
        server_say(s, true, "%s", said_text(&why));
    weir_buf_fini(&why);
    return kept;
}

/* When nobody decides any more. */
enum server_result
server_close_journal(struct server *s)
{
    return !s->scribe || scribe_stop(s->scribe) ? SERVER_OK : SERVER_FAILED;
}

bool
server_tell_journal(const struct server *s, struct scribe_report *out)
{
    if (s->scribe)
        scribe_tell(s->scribe, out);
    return s->scribe != NULL;
}

/* Workers hear of it themselves, and close their connections. */
void
server_hear_scribe(struct server *s)
{
    if (!s->scribe)
        return;
    if (s->http)
        http_hear_scribe(s->http);
    if (s->journal_lost || !scribe_has_failed(s->scribe))
        return;
    s->journal_lost = true;
    if (!s->draining)
        server_begin_end(s, true, "without its journal the server ends");
}

/* Events ------------------------------------------------------------------------------------- */

void
server_record_reload(const struct server *s, const weir_ruleset *to, const char *by)
{
    const weir_journal_event e = {.kind = WEIR_JOURNAL_RELOAD,
                                  .at_ms = clock_now_ms(),
                                  .from = span(weir_ruleset_digest(s->rs)),
                                  .to = span(weir_ruleset_digest(to)),
                                  .by = span(by)};

    scribe_event(s->scribe, &e);
}

static void
record_breaker(const struct server *s, weir_journal_event_kind kind, const char *rule,
               weir_trip how, const char *by)
{
    const weir_journal_event e = {.kind = kind,
                                  .at_ms = clock_now_ms(),
                                  .rule = *rule ? span(rule) : (weir_span){NULL, 0},
                                  .how = how,
                                  .by = span(by)};

    scribe_event(s->scribe, &e);
}

void
server_record_trip(const struct server *s, const char *rule, weir_trip how, const char *by)
{
    record_breaker(s, WEIR_JOURNAL_TRIP, rule, how, by);
}

void
server_record_reset(const struct server *s, const char *rule, const char *by)
{
    record_breaker(s, WEIR_JOURNAL_RESET, rule, WEIR_TRIP_NONE, by);
}

/* On the thread that trips it. */
static void
on_tripped(void *server, const weir_ruleset *rs, const struct breaker_trip *t)
{
    weir_rule_info rule = {.id = ""};
    weir_buf by = {0};

    if (t->rule != WEIR_NONE)
        weir_ruleset_rule(rs, t->rule, &rule);
    weir_buf_printf(&by, "%u posts of %u in this minute", t->acted, t->posts);
    server_record_trip(server, rule.id, t->how, said_text(&by));
    weir_buf_fini(&by);
}

void
server_hear_breakers(const struct server *s, struct edition *e)
{
    if (s->scribe)
        breakers_hear(e->breakers, on_tripped, (void *)(uintptr_t)s);
}
