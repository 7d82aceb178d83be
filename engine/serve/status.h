/*
 * How the server is doing, for people and (JSON) for programs.
 */
#ifndef WEIR_SERVE_STATUS_H
#define WEIR_SERVE_STATUS_H

#include "serve/server.h"

/* Counts are those of one moment of each worker; items add up. */
void status_text(const struct server *s, const struct server_sums *sums, weir_buf *out);
void status_json(const struct server *s, const struct server_sums *sums, weir_buf *out);

/* How the journal stands, as an object of JSON. */
void status_put_journal(const struct scribe_report *r, weir_buf *out);

/* Orders by how their reviews stand, at server_now_ms. */
uint32_t status_count_reviews(const struct server *s, weir_review review);

/* Items that were read, and are not answered yet. */
static inline uint64_t
status_in_flight(const struct tally *t)
{
    return t->items - t->posts - t->queries - t->skips - t->errors - t->abandoned;
}

#endif
