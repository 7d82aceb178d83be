/*
 * Calling a server's control socket: a line there, a text back.
 */
#ifndef WEIR_SERVE_CALL_H
#define WEIR_SERVE_CALL_H

#include <tagweir/tagweir.h>

/*
 * @param address  unix:PATH. @param said  Gets all that was answered. false: `why` says why not, in
 * a line for people. Waits for as long as the server takes.
 */
bool call_control(const char *address, weir_span request, weir_buf *said, weir_buf *why);

#endif
