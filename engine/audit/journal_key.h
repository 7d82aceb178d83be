/*
 * Ed25519 keys (RFC 8032) that sign and prove the ends of segments.
 */
#ifndef WEIR_AUDIT_JOURNAL_KEY_H
#define WEIR_AUDIT_JOURNAL_KEY_H

#include "audit/journal_line.h"

#define WEIR__SIGNATURE_SIZE 64 /* bytes */
/* Of its base64, with a NUL. */
#define WEIR__SIGNATURE_TEXT 89
/* Public keys that are taken from one file. */
#define WEIR__KEYS_MAX 16

/* A key and its fingerprint: SHA-256 of the 32 bytes of the public one. */
struct weir__key {
    EVP_PKEY *pkey;
    char fingerprint[WEIR_JOURNAL_HASH + 1];
};

struct weir__keys {
    struct weir__key key[WEIR__KEYS_MAX];
    size_t n;
};

/* The private key of a PEM file. Otherwise WEIR_E_IO, and said why. */
weir_status weir__key_load(const char *path, weir_diags *diags, struct weir__key *out);
void weir__key_fini(struct weir__key *k);
/* All public keys of a PEM file, at least one. */
weir_status weir__keys_load(const char *path, weir_diags *diags, struct weir__keys *out);
void weir__keys_fini(struct weir__keys *k);

/*
 * What is signed: a word that nothing else is signed with, the hash of the entry before the end,
 * and the line of the end up to its signature, which holds its number and segment.
 */
void weir__key_message(weir_buf *out, const unsigned char before[WEIR__HASH_SIZE], weir_span line);
/* In base64, with a NUL. false: no memory. */
bool weir__key_sign(const struct weir__key *k, weir_span message, char out[WEIR__SIGNATURE_TEXT]);

/* The key of that fingerprint, or NULL. */
const struct weir__key *weir__keys_find(const struct weir__keys *k, weir_span fingerprint);
bool weir__key_proves(const struct weir__key *k, weir_span message, weir_span signature);

#endif
