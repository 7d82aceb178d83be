/*
 * A server among the system's services: what the service manager is told, which user it runs as,
 * how many files it may have open.
 */
#ifndef WEIR_SERVE_DAEMON_H
#define WEIR_SERVE_DAEMON_H

#include <tagweir/tagweir.h>

/*
 * Tell the service manager, as sd_notify(3) describes it: that we serve (at the start, and when a
 * reload is over), that we are about to read rules again, or that we end, each with a line for
 * `systemctl status`. Where nobody wants to know, nothing happens.
 *
 * @return errno, 0: told, or nobody asked. Of daemon_ready it is worth a message: who waits to hear
 * of us and does not will end us.
 */
int daemon_ready(const char *status);
int daemon_reloading(const char *status);
int daemon_stopping(const char *status);

/*
 * Become USER or USER:GROUP, for good: with that user's groups and no others, without capabilities,
 * and without a program that it could run to get them back. Who is that user already need not be
 * root; groups that it has beyond its own, and may not drop, are then told of.
 *
 * To be called when all is open that only root may open, and before there are threads: what takes
 * capabilities and programs away concerns the thread that calls, and those that it starts later.
 *
 * @param why  What is wrong, or, with true, what is to be known; else it stays empty.
 * @return false: the process may be half of either, and has to end.
 */
bool daemon_drop_to(const char *spec, weir_buf *why);

/* As many open files as the hard limit allows; each connection is one. @return how many. */
uint64_t daemon_raise_files(void);

#endif
