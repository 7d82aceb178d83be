/*
 * A server among the system's services: what the service manager is told, which user it runs as,
 * how many files it may have open.
 */
#ifndef WEIR_FLOW_DAEMON_H
#define WEIR_FLOW_DAEMON_H

#include <tagweir/tagweir.h>

/*
 * Tell the service manager, as sd_notify(3) describes it: that we serve (at the start, and when a
 * reload is over), that we are about to read rules again, that we end, or what we do, in a line for
 * `systemctl status`. Where nobody wants to know, nothing happens.
 *
 * @return errno, 0: told, or nobody asked. Of daemon_ready it is worth a message: who waits to hear
 * of us and does not will end us.
 */
int daemon_ready(const char *status);
int daemon_reloading(const char *status);
int daemon_stopping(const char *status);
int daemon_status(const char *status);

/*
 * Become USER or USER:GROUP, for good, with that user's groups and no others. Where it is somebody
 * already, who need not be root, that is fine. To be called before there are threads, and when all
 * is open that only root may open. false: `why` says what is wrong; the process may be half of
 * either, and has to end.
 */
bool daemon_drop_to(const char *spec, weir_buf *why);

/* As many open files as the hard limit allows; each connection is one. @return how many. */
uint64_t daemon_raise_files(void);

#endif
