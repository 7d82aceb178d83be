/*
 * Ctrl-C: the first one asks for an end, the second one is one.
 */
#ifndef WEIR_CLI_STOPPING_H
#define WEIR_CLI_STOPPING_H

#include "replay/portions.h"

/* A descriptor that becomes readable when an end is asked for, by SIGINT or SIGTERM; -1: errno says
   why there is none. Once a process. */
int stopping_begin(void);
/* What is to be stopped then; NULL: nothing any more. */
void stopping_stops(struct portions *p);
/* The signal that asked; 0: none did. */
int stopping_signal(void);
/* End as that signal would have ended the process: so shells know that it was interrupted. */
void stopping_end(void);

#endif
