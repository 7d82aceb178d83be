/*
 * Calling a server's control socket: a line there, a text back.
 */
#ifndef WEIR_SERVE_CALL_H
#define WEIR_SERVE_CALL_H

#include <tagweir/tagweir.h>

/* How long is waited. */
struct call_patience {
    unsigned take_ms;   /* for the server to be reached, and to take the request or more of it */
    unsigned answer_ms; /* for its answer, or more of it; 0: as long as it takes */
};

/*
 * @param address  unix:PATH.
 * @param said     Gets all that was answered; where the call fails, what had come until then.
 * @return false: `why` says why not, in a line for people.
 */
bool call_control(const char *address, weir_span request, const struct call_patience *patience,
                  weir_buf *said, weir_buf *why);

#endif
