/*
 * The loader: a thread of its own on which rule sets are compiled, tried and made ready while
 * others decide, and old ones are freed. It runs at idle priority, so that deciding does not wait
 * for it; for the case that there is no idle time it can be told to hurry.
 */
#ifndef WEIR_SERVE_LOADER_H
#define WEIR_SERVE_LOADER_H

#include "serve/edition.h"

#include <stdatomic.h>

struct load_job {
    /* the question; strings and arrays are whoever asks', and stay until it is answered */
    const char *const *paths; /* NULL: make `rs` ready, which was loaded before */
    size_t npaths;
    weir_ruleset *rs;      /* referenced by the job */
    weir_ruleset *current; /* what it is to be compared with; referenced by the job; may be NULL */
    size_t nseats;
    const struct answer_options *answer;
    const char *store;   /* where it is kept before it is made ready; NULL: nowhere */
    unsigned max_shrink; /* percent that a list may lose; 100: all */
    bool dry;            /* no edition is made: it is only told what would come of it */
    char *feed;          /* dry: answer it by both rule sets; the job's; "": none */
    int asker; /* dry: a connection, and the run ends with its other end; the job's; -1: none */
    _Atomic bool stop; /* dry: it is to be given up; set by load_job_give_up */
    void *token;       /* the asker's; malloc'ed, and freed with the job */

    /* the answer */
    struct edition *edition; /* NULL: refused, or there was no memory */
    weir_status status;      /* WEIR_OK: `edition` is there, or `unchanged` */
    bool unchanged;          /* the rules are those of `current`: no edition was made */
    bool given_up;           /* dry: nothing is known */
    bool shrunk;             /* refused for a list that shrank; status is WEIR_E_RULES */
    size_t ngone;            /* orders and rules in force that it takes away; in `report` */
    weir_buf report;         /* messages for people, a line each or more */
    int64_t took_us;

    struct load_job *next;
};

struct loader;

/* @param done  Called on the loader's thread when a job is answered; must not block. */
struct loader *loader_new(void (*done)(void *arg), void *arg);
/* Jobs wait until its thread is there; once. false: there can be none. */
bool loader_start(struct loader *l);
/*
 * Jobs are dropped; the one that is being done is waited for, for a moment: a dry run ends by then.
 * false: it goes on, as compiling cannot be interrupted; the loader, and all that the job was
 * given, must then stay until the process ends. NULL is allowed.
 */
bool loader_free(struct loader *l);

struct load_job *load_job_new(void);
/* Whatever of the job is still in it goes with it; not its edition. */
void load_job_free(struct load_job *j);
/* A dry run that was asked for and not yet answered: answer it soon, whatever is left to do. Of
   compiling nothing can be left. Any thread. */
void load_job_give_up(struct load_job *j);

void loader_ask(struct loader *l, struct load_job *j);
/* The next one that is answered, or NULL: the caller's now. */
struct load_job *loader_answered(struct loader *l);
/* An edition that nobody decides by; freed on the loader's thread. */
void loader_discard(struct loader *l, struct edition *e);
/* The time of a processor that its thread has had so far. */
int64_t loader_used_us(const struct loader *l);
/* To be called when a job lasts: from now on until it ends it is given time of others as well. */
void loader_hurry(struct loader *l);

#endif
