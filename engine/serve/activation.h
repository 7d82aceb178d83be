/*
 * Sockets that a service manager opened for this process, as sd_listen_fds(3) describes it:
 * LISTEN_FDS of them, for the process LISTEN_PID, by the names LISTEN_FDNAMES.
 */
#ifndef WEIR_SERVE_ACTIVATION_H
#define WEIR_SERVE_ACTIVATION_H

#include <tagweir/tagweir.h>

/* How many; 0 where they are meant for another process. */
size_t activation_count(void);
/* Its name: that of its unit, unless the unit says another one. Empty: it has none. */
weir_span activation_name(size_t i);
/* The socket, for one who will close it; -1: errno tells why, EBUSY that it was taken before. */
int activation_take(size_t i);

#endif
