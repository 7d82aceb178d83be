/*
 * Control: a socket of its own, with permissions of its own, by which the server is asked after its
 * status, told to load rules again or to go back, and breakers are reset.
 *
 * A request is one line of words: `status`, `status json`, `reload`, `reload accept-shrink`,
 * `dry-run`, `dry-run FEED`, `rollback`, `reset RULE` (`set`: the whole set's; `*`: all). The
 * answer is a line, `done` or `refused`, and a text behind it; then the connection is closed.
 */
#ifndef WEIR_SERVE_CONTROL_H
#define WEIR_SERVE_CONTROL_H

#include "serve/gates.h"
#include "serve/server.h"

struct control;

/* The server must outlive it. */
enum listen_result control_open(struct server *s, struct event_base *base, const char *address,
                                const struct listen_options *o, weir_buf *why,
                                struct control **out);
/* NULL is allowed. */
void control_close(struct control *c);

#endif
