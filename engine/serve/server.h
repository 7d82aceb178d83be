/*
 * The server: gates, workers, the loader and signals. It runs until SIGTERM or SIGINT, then answers
 * what it has read and returns; SIGHUP loads the rules again.
 */
#ifndef WEIR_SERVE_SERVER_H
#define WEIR_SERVE_SERVER_H

#include "flow/ledger.h"
#include "serve/listener.h"
#include "serve/scribe.h"
#include "serve/worker.h"

/* How a decision journal is kept. */
struct server_journal {
    const char *dir; /* NULL: none is */
    enum scribe_sync sync;
    bool all;             /* records of plain allows, too */
    const char *sign_key; /* NULL: it is not signed */
    uint32_t retain_days; /* 0: all of it stays */
    uint64_t head_every;  /* as of scribe_options */
};

struct server_options {
    const char *const *listen; /* as listen_open has them; at least one */
    size_t nlisten;
    struct listen_options listener;
    struct tls_files tls; /* of TCP; without a certificate it is plain */
    struct answer_options answer;
    const char *const *rules; /* to load again; weir_ruleset_load's paths */
    size_t nrules;
    const char
        *store; /* a folder (serve/store.h) that each rule set is kept in before it decides */
    size_t workers;
    size_t max_conns; /* 0: as many as there are descriptors for */
    struct worker_limits limits;
    size_t max_memory; /* that connections may hold, of all workers; 0: no limit */
    unsigned max_shrink;
    bool watch;             /* load rules again when their files change */
    const char *control;    /* address; NULL: none */
    mode_t control_mode;    /* of its socket */
    const char *http;       /* address; NULL: none */
    size_t http_conns;      /* that it may have */
    unsigned http_ms;       /* how long requests and answers may take; 0: no limit */
    const char *blocked_by; /* who withholds: url_is_web; NULL: it is not told with 451 */
    unsigned drain_ms;      /* after a signal: how long answers may take to be read */
    struct server_journal journal;
    /* A line or more for a person, the last without its newline; is_problem: more than a report.
       Any thread, several at once. */
    void (*say)(void *arg, bool is_problem, const char *text);
    void *say_arg;
};

enum server_result {
    SERVER_OK,
    SERVER_BAD,    /* an address is none, or not allowed, or a limit too low; was said */
    SERVER_FAILED, /* the system refused; was said */
};

/* What was done, of all workers. */
struct server_sums {
    struct worker_counts counts;
    struct tally tally; /* without rows */
    struct latency latency;
    struct ledger ledger;
    uint64_t unsent, held; /* answers and bytes that connections have at this moment */
    uint64_t refused;      /* clients beyond max_conns */
    uint64_t reloads, reloads_refused;
    uint64_t trips; /* of breakers */
};

/* How the last reload or rollback ended. */
struct server_load {
    bool any, ok;
    int64_t at_ms;
};

struct server;

/*
 * Listen. The options and what they point at must outlive the server; the rule set is referenced.
 * SIGPIPE and SIGXFSZ are ignored from here on.
 */
enum server_result server_open(const struct server_options *o, weir_ruleset *rs,
                               struct server **out);
size_t server_nlisteners(const struct server *s);
const char *server_listener_name(const struct server *s, size_t i);
size_t server_nhttp(const struct server *s);
const char *server_http_name(const struct server *s, size_t i);
/* As the user who will write there, before server_run: the rule set goes into the store, if there
   is one. false: it was said. */
bool server_keep_rules(const struct server *s);
/* As the user who will write it: before server_run, if a journal is to be kept; else nothing
   happens. What is wrong was said. */
enum server_result server_open_journal(struct server *s);
/* Serve until a signal has been obeyed, or the journal fails. There are no threads before. */
enum server_result server_run(struct server *s);
/* After server_run: what was done, and the rule set served last; valid until server_close. */
const struct server_sums *server_sums(const struct server *s);
const weir_ruleset *server_ruleset(const struct server *s);
/*
 * Nobody can connect any more, and nothing is decided. false: rules are still being compiled, which
 * nothing can interrupt. All that the server was given must then stay, and the process be left by
 * _exit().
 */
bool server_close(struct server *s);

/* For those who control it; on its thread, while server_run runs ------------------------------ */

/* What all workers have counted, each at a moment between two batches; then `fn` is called, once,
   unless the server ends before. */
typedef void server_sums_fn(void *arg, const struct server_sums *sums);
/* false without memory: it will not be called. */
bool server_ask(struct server *s, server_sums_fn *fn, void *arg);
/* Whoever asked with this `arg` is not called any more. */
void server_forget(struct server *s, const void *arg);

/* How it ended, in words for people. Called once, unless the server ends before. */
typedef void server_load_fn(void *arg, bool ok, const char *said);
struct server_asker {
    const char *who;    /* for the log; copied */
    server_load_fn *fn; /* may be NULL */
    void *arg;
};
/* Load the rules again. @param accept_shrink  Lists may have lost what they like. */
void server_reload(struct server *s, bool accept_shrink, struct server_asker by);
/*
 * Load them, and change nothing. Loads that are none go first: a dry run that is under way when one
 * is asked for is refused.
 * @param feed  A path: answer its lines by both; NULL: do not.
 * @param conn  The asker's, by a Unix socket: the run ends when its other end is closed. It may be
 *              closed here before that.
 */
void server_dry_run(struct server *s, const char *feed, int conn, struct server_asker by);
/* Back to the rule set that was served before. */
void server_rollback(struct server *s, struct server_asker by);
const struct server_load *server_last_load(const struct server *s);
/* When the rule set began to be served, and the server itself. */
int64_t server_edition_ms(const struct server *s);
int64_t server_began_ms(const struct server *s);
/* When the rules were last found to be good, by a load or at the start. */
int64_t server_last_good_load_ms(const struct server *s);
/* The caller's. */
weir_ruleset *server_ruleset_ref(const struct server *s);
/* What time it is for those who ask without naming one: that of the machine, unless the clock was
   told to stand still. */
int64_t server_now_ms(const struct server *s);
/* It answers what it has read, and ends. */
bool server_is_draining(const struct server *s);

/* How the journal stands. false: none is kept. */
bool server_tell_journal(const struct server *s, struct scribe_report *out);

/* Breakers that have tripped, by the ids of their rules ("": the set's), as they came. */
size_t server_ntrips(const struct server *s);
const char *server_trip(const struct server *s, size_t i, weir_trip *how, int64_t *at_ms);
/* Reset one, or ("*") all; false: it has not tripped. Who asked is said in the log. */
bool server_reset(struct server *s, const char *rule, const char *who);

#endif
