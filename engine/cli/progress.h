/*
 * Progress of a run, on standard error: a bar on a terminal, else one line a minute.
 */
#ifndef WEIR_CLI_PROGRESS_H
#define WEIR_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown, bar;
    uint64_t known;  /* bytes of all input, as it lies on disk; 0: nobody knows */
    uint64_t before; /* of these, what was done when the first of them were told of */
    bool begun;      /* that was at began_ms */
    int64_t began_ms, last_ms;
    unsigned columns; /* that the bar took last */
};

/* @param shown  false: nothing is ever said. */
void progress_init(struct progress *p, bool shown, uint64_t known);
/* So many bytes of the input are done, an earlier run's among them. Often called, seldom heard of:
   rates are those since the first call. */
void progress_tell(struct progress *p, uint64_t done);
/* The bar goes, so that something else can be said. */
void progress_hide(struct progress *p);

#endif
