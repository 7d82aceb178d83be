/*
 * Lines of a journal: how they are chained, written, and taken apart again. README.md is the
 * description for those who read them without Tagweir.
 */
#ifndef WEIR_AUDIT_JOURNAL_LINE_H
#define WEIR_AUDIT_JOURNAL_LINE_H

#include "base/buf.h"

#include <tagweir/journal.h>

#include <openssl/evp.h>

#define WEIR__HASH_SIZE 32 /* bytes of SHA-256 */
/* What stands around a body at most: `{"seq":` and the number, the key, and the hash to the
 * newline. */
#define WEIR__LINE_AROUND 128

/* The chain's last entry, and the means to hash the next one. */
struct weir__chain {
    EVP_MD_CTX *ctx;
    uint64_t seq;                        /* 0: there is none yet */
    unsigned char hash[WEIR__HASH_SIZE]; /* zeroes: there is none yet */
};

/* false: no memory. Holds nothing then. */
bool weir__chain_init(struct weir__chain *c);
void weir__chain_fini(struct weir__chain *c);
/* SHA-256 of a hash and what follows it. */
void weir__chain_hash(const struct weir__chain *c, const unsigned char before[WEIR__HASH_SIZE],
                      weir_span line, unsigned char out[WEIR__HASH_SIZE]);

void weir__hex_put(const unsigned char *bytes, size_t n, char *out);
/* Exactly 64 digits in lower case. */
bool weir__hex_hash(weir_span hex, unsigned char out[WEIR__HASH_SIZE]);
bool weir__is_hash(weir_span hex);

/*
 * Append an entry: the line, with the next number and hash. Reserved first, so that without memory
 * (false) neither buffer nor chain has changed.
 */
bool weir__line_put(weir_buf *out, struct weir__chain *c, weir_journal_kind kind, weir_span body);

/* The parts of a line. */
struct weir__line {
    weir_journal_kind kind;
    uint64_t seq;
    weir_span body;
    weir_span hashed; /* what the hash is of, besides the hash before */
    weir_span hash;   /* 64 bytes, hex digits if it is right */
};

/* Take a line (without its newline) apart. NULL, or what is wrong with it. The body is looked at by
   its first and last byte only. */
const char *weir__line_split(weir_span line, struct weir__line *out);
/* Is it one JSON object, written without blanks, and nested no deeper than records are? */
bool weir__is_object(weir_span body);
/* The id of the post that a record, whole or damaged, is about, as it is written; else none. */
weir_span weir__line_post(weir_span line);

/* What stands before a signature: up to here the line is signed. */
#define WEIR__SIGNATURE_KEY ",\"signature\":"

/* Bodies. Appended to the buffer; whether it has failed is the caller's to ask. */
void weir__header_put(weir_buf *out, const weir_journal_header *h);
void weir__event_put(weir_buf *out, const weir_journal_event *e);
/* Without `signature` (the key may be there): up to where a signature goes, the closing brace left
   out. */
void weir__end_put(weir_buf *out, const weir_journal_end *e);
void weir__end_close(weir_buf *out, weir_span signature);

/* Are its digests digests, and the like? Its text is not looked at. */
bool weir__event_holds(const weir_journal_event *e);

/* Longest body that is no record. */
#define WEIR__BODY_MAX ((size_t)64 << 10)

/*
 * Read a body that weir__…_put made; false: it did not. Spans are of the body, or of `room` where
 * text had escapes, which is emptied first.
 */
bool weir__header_read(weir_span body, weir_buf *room, weir_journal_header *out);
bool weir__event_read(weir_span body, weir_buf *room, weir_journal_event *out);
bool weir__end_read(weir_span body, weir_buf *room, weir_journal_end *out);

#endif
