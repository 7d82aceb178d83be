/*
 * Where a server listens.
 */
#ifndef BENCH_LOAD_ADDRESS_H
#define BENCH_LOAD_ADDRESS_H

#include "util.h"

#include <sys/socket.h>

struct address {
    struct sockaddr_storage at;
    socklen_t len;
    char name[160]; /* as it was given */
};

/* `unix:PATH`, `HOST:PORT` or `[V6]:PORT`. What is none ends the program as bad usage. */
void address_read(struct address *a, const char *text);
/* A connected socket that does not block; waits until the server accepts. -1: errno tells. */
int address_connect(const struct address *a);

#endif
