/*
 * What tests of TLS share: certificates made on the spot, and files of them in a folder of their
 * own.
 */
#ifndef WEIR_TESTS_SERVE_CERTS_H
#define WEIR_TESTS_SERVE_CERTS_H

#include "unit/folder.h"
#include "unit/test.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#define DAY INT64_C(86400)

/* A certificate and its key. */
struct identity {
    X509 *cert;
    EVP_PKEY *key;
};

/* How one is to be. */
struct making {
    const char *name;
    const struct identity *signer; /* NULL: it signs itself */
    bool is_ca;                    /* may sign others */
    int64_t from_days, until_days; /* from now on; both 0: valid */
};

static inline void
allow_signing(X509 *cert)
{
    X509_EXTENSION *may_sign =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");

    assert_non_null(may_sign);
    assert_int_equal(X509_add_ext(cert, may_sign, -1), 1);
    X509_EXTENSION_free(may_sign);
}

static inline struct identity
make_identity(struct making m)
{
    static long number;
    struct identity id = {.cert = X509_new(), .key = EVP_EC_gen("P-256")};
    X509_NAME *name = X509_get_subject_name(id.cert);
    bool is_valid = !m.from_days && !m.until_days;
    int64_t from = is_valid ? -DAY : m.from_days * DAY, until = is_valid ? DAY : m.until_days * DAY;

    assert_non_null(id.key);
    assert_int_equal(X509_set_version(id.cert, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(id.cert), ++number), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)m.name, -1, -1, 0),
                     1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(id.cert), (long)from));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(id.cert), (long)until));
    assert_int_equal(X509_set_pubkey(id.cert, id.key), 1);
    assert_int_equal(
        X509_set_issuer_name(id.cert, m.signer ? X509_get_subject_name(m.signer->cert) : name), 1);
    if (m.is_ca)
        allow_signing(id.cert);
    assert_int_not_equal(X509_sign(id.cert, m.signer ? m.signer->key : id.key, EVP_sha256()), 0);
    return id;
}

static inline void
free_identity(struct identity *id)
{
    X509_free(id->cert);
    EVP_PKEY_free(id->key);
}

/* The path of a file in the folder, good until the eighth call from now. */
static inline const char *
path_of(const char *name)
{
    static char paths[8][64];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* Append to a file; either of both may be absent. */
static inline const char *
add_pem(const char *name, const X509 *cert, const EVP_PKEY *key)
{
    const char *path = path_of(name);
    FILE *f = fopen(path, "a");

    assert_non_null(f);
    assert_int_equal(fchmod(fileno(f), 0600), 0);
    if (cert)
        assert_int_equal(PEM_write_X509(f, cert), 1);
    if (key)
        assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* In place of what the file was. */
static inline const char *
write_pem(const char *name, const X509 *cert, const EVP_PKEY *key)
{
    (void)unlink(path_of(name));
    return add_pem(name, cert, key);
}

static inline int64_t
now_ms(void)
{
    return (int64_t)time(NULL) * 1000;
}

#endif
