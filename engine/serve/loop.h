/*
 * The event loops, of workers and of the main thread. However much clients ask for, what somebody
 * asks by control, or one thread of another, waits for no more than a slice of time and what one
 * event of a client's takes.
 */
#ifndef WEIR_SERVE_LOOP_H
#define WEIR_SERVE_LOOP_H

#include <event2/event.h>

/*
 * An event's priority, LOOP_USUAL unless it is set. Those of clients come when no other is due, in
 * the order in which they became due; so do looks at whether a client is late, which would wrong
 * those whose bytes wait for their turns.
 */
enum loop_priority {
    LOOP_OWN, /* libevent's */
    LOOP_USUAL,
    LOOP_CLIENTS,
    LOOP_NPRIORITIES
};

/* For one thread. NULL without memory. */
struct event_base *loop_new(void);

#endif
