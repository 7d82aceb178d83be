/*
 * What TLS connections share: our certificate, its key, and whose certificates clients must have;
 * from files, which may be renewed while connections live.
 *
 * TLS 1.2 and 1.3, and of 1.2 only ciphers with forward secrecy. No session is resumed: connections
 * live long, and each one is checked by what holds when it begins. No revocation lists are read.
 */
#ifndef WEIR_SERVE_TLS_H
#define WEIR_SERVE_TLS_H

#include <tagweir/tagweir.h>

/* Paths of PEM files. */
struct tls_files {
    const char *cert; /* ours first, then those that lead from it to a root */
    const char *key;  /* of ours; NULL: it stands in `cert`, too */
    const char
        *client_ca; /* clients need a certificate signed by one of these; NULL: they need none */
};

struct tls; /* any thread; to be renewed by one at a time */

/*
 * Read the files. The paths must outlive it.
 * @param now_ms  To be compared with what certificates say of their time.
 * @param said    On NULL why not; else warnings, or nothing. A line each, no newline behind the
 * last.
 */
struct tls *tls_new(const struct tls_files *files, int64_t now_ms, weir_buf *said);
/*
 * Read the files again, for connections that come from now on; others go on as they began.
 * false: nothing has changed. `said` as above.
 */
bool tls_renew(struct tls *t, int64_t now_ms, weir_buf *said);
/* When the first of our certificates is no longer valid. */
int64_t tls_expires_ms(struct tls *t);
/* After the last connection. */
void tls_free(struct tls *t);

/* Of one connection, for wire_tls.c; NULL without memory. */
struct ssl_st *tls_begin(struct tls *t);

#endif
