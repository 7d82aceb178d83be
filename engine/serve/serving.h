/*
 * The server's insides, for the files that it is made of: all of them run on the main thread, but
 * for what says otherwise.
 */
#ifndef WEIR_SERVE_SERVING_H
#define WEIR_SERVE_SERVING_H

#include "serve/control.h"
#include "serve/desk.h"
#include "serve/gates.h"
#include "serve/http.h"
#include "serve/loader.h"
#include "serve/refusing.h"
#include "serve/scribe.h"
#include "serve/server.h"
#include "serve/watch.h"

#include <event2/event.h>

/* A breaker that has tripped, by the name of its rule: it stays so when rules are loaded again. */
struct server_trip {
    char *rule; /* "" : the set's */
    weir_trip how;
    int64_t at_ms;
};

/* Somebody who waits for what all workers report. */
struct server_question {
    uint64_t number;
    server_sums_fn *answer;
    void *arg;
    struct server_question *next;
};

struct server {
    uint32_t magic;
    struct server_options o;
    struct event_base *base;
    struct event *on_term, *on_int, *on_hup, *news, *too_late, *look, *boundary, *day;
    int news_fd;
    struct gates *gates;
    struct tls *tls;         /* of TCP; NULL: it is plain */
    struct control *control; /* NULL: none */
    struct http *http;       /* NULL: none */
    struct watch *watch;     /* NULL: none */
    struct worker *workers;
    size_t nworkers;   /* that are initialised */
    struct desk *desk; /* NULL: nothing is decided on the main thread */
    uint64_t *given;   /* connections, by worker */
    struct worker_memory memory;
    int64_t began_ms;

    /* journalling.c */
    struct scribe *scribe; /* NULL: no journal is kept */
    bool journal_lost;     /* it has failed, and was obeyed */

    /* publishing.c */
    struct loader *loader;
    struct edition *edition;
    weir_ruleset *rs;       /* the edition's, also when it has been left */
    weir_ruleset *previous; /* what was served before; NULL: nothing */
    int64_t edition_ms;     /* since when */
    struct load_job *loading, *waiting;
    _Atomic bool cede;      /* workers are to leave the loader some time */
    int64_t looked_us;      /* clock_running_us: since when the load is watched */
    int64_t loader_used_us; /* of a processor, by then */
    struct server_load last_load;
    int64_t good_ms; /* of the last one that was */

    /* alarms.c */
    struct server_trip *trips;
    size_t ntrips;
    int64_t looked_ms; /* until when what time changes was told of */
    bool told_overdue; /* of the edition */

    /* counting.c */
    struct server_question *questions; /* oldest first */
    uint64_t question;
    struct server_sums sums; /* refused, ledger, reloads; all else when workers have ended */

    bool draining;
    size_t full_at; /* connections at the shortage of descriptors that was said; 0: none was */
    struct refusing refusing;
    pthread_mutex_t lock; /* of: */
    struct edition *left; /* by everybody */
};

void server_say(const struct server *s, bool is_problem, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Any thread: the main one is to look for news. */
void server_wake(void *server);
/* The service manager: that it serves, by which rules. */
void server_tell_manager(const struct server *s);
/* Connections that are open. */
size_t server_nopen(const struct server *s);

/* Seats that an edition has: the workers', in order, and that of the desk. */
size_t server_nseats(const struct server *s);

/* certificates.c */
enum server_result server_open_tls(struct server *s);
/* Where they cannot be read, those that were go on. */
void server_renew_tls(struct server *s);

/* opening.c */
enum server_result server_open_listeners(struct server *s, const struct gates_hooks *hooks);
/* Says that there is none. */
enum server_result server_no_memory(const struct server *s);

/* server.c: no posts are taken any more, and what was read is answered. @param why  For people. */
void server_begin_end(struct server *s, bool is_problem, const char *why);

/* journalling.c: the decision journal; where none is kept, nothing happens */
enum server_result server_close_journal(struct server *s);
/* Of news: lets answers go, or ends where it has failed. */
void server_hear_scribe(struct server *s);
/* Its breakers are to be heard. Before anybody decides by it. */
void server_hear_breakers(const struct server *s, struct edition *e);
/* Events, `by` for people. Each is told of before it shows. */
void server_record_reload(const struct server *s, const weir_ruleset *to, const char *by);
void server_record_trip(const struct server *s, const char *rule, weir_trip how, const char *by);
void server_record_reset(const struct server *s, const char *rule, const char *by);

/* publishing.c: rule sets */
/* @param by  What it was, and who asked for it; for people. */
void server_publish(struct server *s, struct edition *e, const char *by);
/* Any thread; a worker_hooks.left */
void server_left(void *server, struct edition *e);
/* What was done by editions that all have left is kept, and they go. */
void server_retire(struct server *s);
/* Of a watch: loads the rules again, and says nothing where they are what they were. */
void server_on_changed_files(void *server);
void server_end_loads(struct server *s);
/* Does the load that is under way come on? */
void server_look_at_load(struct server *s);
void server_drop_loads(struct server *s);

/* alarms.c: what somebody should know: breakers, and what time changes */
void server_look_for_trips(struct server *s);
/* An edition is about to be published: its breakers go on where those before are. */
void server_carry_trips(struct server *s, struct edition *e);
/* All have left an edition: so do those of the one that is published now. */
void server_take_breakers(struct server *s, struct edition *left);
void server_free_trips(struct server *s);
/* Tells what time has changed since the last look, and looks again at the next change. */
void server_watch_time(struct server *s);

/* counting.c */
void server_answer_questions(struct server *s);
void server_sum_up(struct server *s);

#endif
