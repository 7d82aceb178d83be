/*
 * A server that the bench starts for itself, on a Unix socket in the workplace.
 */
#ifndef BENCH_LOAD_SERVER_H
#define BENCH_LOAD_SERVER_H

#include "load/address.h"
#include "programs/process.h"
#include "programs/workplace.h"

struct server {
    const char *name;
    struct address at;
    char log[WORKPLACE_PATH_MAX]; /* what it says */
    pid_t pid;                    /* 0: it is gone */
    int status;                   /* then */
    struct server *next;          /* of those that run */
};

/*
 * Start it with `--listen unix:…` behind its arguments, and wait until it says that it listens. It
 * is the end if it does not.
 * @param name  For people, and for its files; must outlive the server.
 */
void server_start(struct server *s, const char *name, const char *const *argv, int core);
/* Does it still run? */
bool server_lives(struct server *s);

struct server_summary {
    char end[64];       /* how it ended: "exit code 0" */
    bool is_clean;      /* like that */
    bool has_delivered; /* it said how many answers it delivered */
    uint64_t delivered;
    weir_buf said; /* all of it */
};

/* SIGTERM, and what it says then. */
void server_stop(struct server *s, struct server_summary *out);
void server_summary_fini(struct server_summary *s);

#endif
