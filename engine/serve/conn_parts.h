/*
 * A connection's insides: conn.c is what its events lead to while it goes on, conn_ends.c how it
 * ends. Either may close it: it is freed where the callback, or the call from outside, ends.
 */
#ifndef WEIR_SERVE_CONN_PARTS_H
#define WEIR_SERVE_CONN_PARTS_H

#include "serve/conn.h"

/* ---- conn.c ---- */

/* The one place where the state changes. */
void conn_set_state(struct conn *c, enum conn_state to);
/* What it holds of the memory that all share; to be told before others are asked to go for it. */
void conn_weigh(struct conn *c);
/* Bring one event's pending state in line with what is wanted. false: it cannot be. */
bool conn_want(struct event *ev, bool *have, bool wanted);
/* The events that the state asks for. */
void conn_arm(struct conn *c);
/* Write what the socket takes. false: the client is gone, and the connection closed. */
bool conn_flush(struct conn *c);
/* Be called again, or not, when the others have had their turns. */
void conn_take_turn(struct conn *c, bool wanted);

/* ---- conn_ends.c ---- */

void conn_free_events(struct conn *c);
/* Take the socket and all memory away; the object itself stays for conn_free_if_closed. */
void conn_close(struct conn *c);
/* The same where the wire broke: what TLS has to say of that may be worth a line. */
void conn_close_broken(struct conn *c);
void conn_free_if_closed(struct conn *c);
/* All was sent: what is left is to tell the client, and to wait for the end of its input. */
void conn_linger(struct conn *c);
/* Tell the client of the end, now or, where the socket takes nothing more, when it does again. If
   its input has ended, that was all. */
void conn_tell_end(struct conn *c);
/* Throw away what a client sends after it was told of the end, or while it cannot be told. */
void conn_read_away(struct conn *c, bool timed_out);
/* Without memory: what would be answered next would stand in the place of what was not. All before
   that is the client's. Lines that are left stay where they are until they are counted. */
void conn_end_short(struct conn *c);

#endif
