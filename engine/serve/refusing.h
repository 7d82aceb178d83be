/*
 * Clients beyond --max-connections: told so, and let go.
 */
#ifndef WEIR_SERVE_REFUSING_H
#define WEIR_SERVE_REFUSING_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many at most are waited for, each for a moment, until they have read what they were told. */
#define REFUSING_MOST 32

/* Zero-initialise. */
struct refusing {
    struct refused {
        struct event *input; /* NULL: the place is free */
        evutil_socket_t fd;
        int64_t until_us; /* clock_running_us */
    } last[REFUSING_MOST];
    size_t next;
    int64_t refused_us; /* the last one; 0: none was */
    bool had_room;      /* since it was news */
};

/*
 * Take the socket over. @param is_tls  The client could not read what it is told, and is not told.
 * @return Is it news? The first one is, and one after there was room again, and nobody refused for
 * two seconds: places may be given and taken many times a second.
 */
bool refusing_take(struct refusing *r, struct event_base *base, evutil_socket_t fd, bool is_tls);
/* So many connections are open, of so many: there is room where these are less than nine in ten. */
void refusing_look(struct refusing *r, size_t nopen, size_t most);
void refusing_fini(struct refusing *r);

#endif
