/*
 * The server: listeners, signals and workers. It runs until SIGTERM or SIGINT, then answers what
 * it has read and returns.
 */
#ifndef WEIR_SERVE_SERVER_H
#define WEIR_SERVE_SERVER_H

#include "flow/answer.h"
#include "serve/listener.h"
#include "serve/worker.h"

struct server_options {
    const char *const *listen; /* as listen_open has them; at least one */
    size_t nlisten;
    struct listen_options listener;
    struct answer_options answer;
    unsigned drain_ms; /* after a signal: how long answers may take to be read */
    /* One line for a person, without its newline; is_problem: more than a report. */
    void (*say)(void *arg, bool is_problem, const char *line);
    void *say_arg;
};

enum server_result {
    SERVER_OK,
    SERVER_BAD,    /* an address is none, or not allowed; was said */
    SERVER_FAILED, /* the system refused; was said */
};

struct server;

/*
 * Listen. The options must outlive the server; the rule set is referenced.
 * SIGPIPE is ignored from here on.
 */
enum server_result server_open(const struct server_options *o, weir_ruleset *rs,
                               struct server **out);
size_t server_nlisteners(const struct server *s);
const char *server_listener_name(const struct server *s, size_t i);
/* Serve until a signal has been obeyed. */
enum server_result server_run(struct server *s);
/* What was done; valid until server_close. */
const struct worker *server_worker(const struct server *s);
void server_close(struct server *s);

#endif
