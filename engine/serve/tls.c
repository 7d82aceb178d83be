/*
 * TLS from files. Promised to operators: a message names the option, the file and what is wrong
 * with it; nothing is asked of a terminal; a renewal that fails leaves what was.
 */
#include "serve/tls.h"

#include "flow/check.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct tls {
    uint32_t magic;
    struct tls_files files;
    pthread_mutex_t lock; /* of what follows */
    SSL_CTX *ctx;
    int64_t expires_ms;
};

/* Files on their way to a context. */
struct loading {
    const struct tls_files *files;
    int64_t now_ms;
    SSL_CTX *ctx;
    int64_t expires_ms;
    weir_buf *error;   /* one line, where something cannot be used */
    weir_buf warnings; /* each on a line of its own */
};

/* A message about one file: what is wrong with it, and OpenSSL's own word on that, if it has one.
 */
static bool
refuse(const struct loading *l, const char *option, const char *path, const char *what)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    weir_buf_printf(l->error, "%s %s: %s", option, path, what);
    if (reason)
        weir_buf_printf(l->error, " (%s)", reason);
    return false;
}

/* The end of a PEM file, where nothing of the kind that is looked for begins any more. */
static bool
is_end_of_pem(void)
{
    unsigned long code = ERR_peek_error();

    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/* Can it be read at all? The system's words for why not are better than OpenSSL's. */
static bool
look_at(const struct loading *l, const char *option, const char *path, struct stat *st)
{
    FILE *f = fopen(path, "re");
    int error = f ? 0 : errno;

    if (f) {
        error = fstat(fileno(f), st) < 0 ? errno : S_ISDIR(st->st_mode) ? EISDIR : 0;
        (void)fclose(f);
    }
    if (error)
        weir_buf_printf(l->error, "%s %s: %s", option, path, strerror(error));
    return !error;
}

static bool
load_certificate(const struct loading *l)
{
    const char *path = l->files->cert;
    struct stat st;

    if (!look_at(l, "--tls-cert", path, &st))
        return false;
    if (SSL_CTX_use_certificate_chain_file(l->ctx, path) == 1)
        return true;
    return refuse(l, "--tls-cert", path,
                  is_end_of_pem() ? "there is no certificate in PEM in it"
                                  : "the certificate cannot be used");
}

/* Instead of OpenSSL's, which would ask the terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
    bool *asked = arg;

    (void)buf;
    (void)size;
    (void)writing;
    *asked = true;
    return -1;
}

static EVP_PKEY *
read_key(const struct loading *l, const char *option, const char *path)
{
    bool asked = false;
    BIO *in = BIO_new_file(path, "r");
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &asked) : NULL;

    (void)BIO_free(in);
    if (!key && asked)
        weir_buf_printf(l->error,
                        "%s %s: a passphrase protects the key, and nobody is there to be asked for "
                        "it: store the key without one, readable by the server alone",
                        option, path);
    else if (!key)
        (void)refuse(l, option, path, "there is no private key in PEM in it");
    return key;
}

/* The key is read and compared before OpenSSL has it: of one that does not fit, it would take the
   kind for another certificate's, and only miss that later. */
static bool
load_key(struct loading *l)
{
    const char *option = l->files->key ? "--tls-key" : "--tls-cert";
    const char *path = l->files->key ? l->files->key : l->files->cert;
    struct stat st;
    EVP_PKEY *key = look_at(l, option, path, &st) ? read_key(l, option, path) : NULL;

    if (!key)
        return false;
    bool fits = X509_check_private_key(SSL_CTX_get0_certificate(l->ctx), key) == 1;
    bool used = fits && SSL_CTX_use_PrivateKey(l->ctx, key) == 1;
    EVP_PKEY_free(key);
    if (!fits)
        weir_buf_printf(l->error,
                        "%s %s: the key does not belong to the certificate, the first one in %s",
                        option, path, l->files->cert);
    else if (!used)
        (void)refuse(l, option, path, "the key cannot be used");
    else if (st.st_mode & S_IROTH)
        weir_buf_printf(&l->warnings, "%s %s: everybody on this machine can read the key\n", option,
                        path);
    return used;
}

static int64_t
ms_of(const ASN1_TIME *t, int64_t unreadable)
{
    struct tm tm;

    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : unreadable;
}

/* A warning where it is not valid now. @return when it no longer is. */
static int64_t
check_dates(struct loading *l, const char *option, const char *path, const X509 *x)
{
    int64_t from = ms_of(X509_get0_notBefore(x), INT64_MIN);
    int64_t until = ms_of(X509_get0_notAfter(x), INT64_MAX);
    bool is_over = l->now_ms > until;
    char whose[200], when[WEIR_TIME_MAX];

    if (!is_over && l->now_ms >= from)
        return until;
    (void)weir_time_format(is_over ? until : from, when);
    (void)X509_NAME_oneline(X509_get_subject_name(x), whose, sizeof whose);
    weir_buf_printf(&l->warnings, "%s %s: the certificate of %s %s %s\n", option, path, whose,
                    is_over ? "has expired; it was valid until" : "is not valid before", when);
    return until;
}

static void
check_our_dates(struct loading *l)
{
    const char *path = l->files->cert;
    STACK_OF(X509) *chain = NULL;

    l->expires_ms = check_dates(l, "--tls-cert", path, SSL_CTX_get0_certificate(l->ctx));
    (void)SSL_CTX_get0_chain_certs(l->ctx, &chain);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        int64_t until = check_dates(l, "--tls-cert", path, sk_X509_value(chain, i));

        l->expires_ms = until < l->expires_ms ? until : l->expires_ms;
    }
}

static bool
add_client_ca(struct loading *l, X509 *x)
{
    (void)check_dates(l, "--tls-client-ca", l->files->client_ca, x);
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(l->ctx), x) == 1 &&
           SSL_CTX_add_client_CA(l->ctx, x) == 1;
}

static bool
load_client_ca(struct loading *l)
{
    const char *path = l->files->client_ca;
    struct stat st;
    size_t n = 0;
    bool good = true;

    if (!look_at(l, "--tls-client-ca", path, &st))
        return false;
    BIO *in = BIO_new_file(path, "r");
    for (X509 *x; in && good && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)); n++) {
        good = add_client_ca(l, x);
        X509_free(x);
    }
    (void)BIO_free(in);
    if (!n && is_end_of_pem())
        return refuse(l, "--tls-client-ca", path, "there is no certificate in PEM in it");
    if (!good || !is_end_of_pem())
        return refuse(l, "--tls-client-ca", path, "a certificate in it cannot be used");
    /* Whoever stands in the file is believed, also where the root above it does not. */
    (void)X509_STORE_set_flags(SSL_CTX_get_cert_store(l->ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(l->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
}

/* Buffers are given back while a connection is idle; answers that wait may move and grow, and go
   record by record. Records are read several at once, into OpenSSL's own buffer, of one record's
   greatest size: a larger one was slower. */
static bool
configure(SSL_CTX *ctx)
{
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(ctx, 1);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

/* l->ctx is there if this succeeds. */
static bool
load(struct loading *l)
{
    ERR_clear_error();
    l->ctx = SSL_CTX_new(TLS_server_method());
    bool is_made = l->ctx && configure(l->ctx);
    bool good = is_made && load_certificate(l) && load_key(l) &&
                (!l->files->client_ca || load_client_ca(l));

    if (!is_made)
        weir_buf_puts(l->error, "TLS cannot be set up: OpenSSL refused");
    if (good)
        check_our_dates(l);
    else
        SSL_CTX_free(l->ctx);
    ERR_clear_error();
    return good;
}

bool
tls_renew(struct tls *t, int64_t now_ms, weir_buf *said)
{
    CHECK_OBJ(t, TLS_MAGIC);
    struct loading l = {.files = &t->files, .now_ms = now_ms, .error = said};
    bool good = load(&l);
    if (good) {
        SSL_CTX *old = t->ctx;

        (void)pthread_mutex_lock(&t->lock);
        t->ctx = l.ctx;
        t->expires_ms = l.expires_ms;
        (void)pthread_mutex_unlock(&t->lock);
        SSL_CTX_free(old); /* connections that began with it keep it */
        if (l.warnings.len)
            weir_buf_put(said, (weir_span){l.warnings.p, l.warnings.len - 1});
    }
    weir_buf_fini(&l.warnings);
    return good;
}

struct tls *
tls_new(const struct tls_files *files, int64_t now_ms, weir_buf *said)
{
    struct tls *t = calloc(1, sizeof *t);

    CHECK(files->cert != NULL);
    if (!t) {
        weir_buf_puts(said, weir_status_text(WEIR_E_NOMEM));
        return NULL;
    }
    *t = (struct tls){.magic = TLS_MAGIC, .files = *files};
    (void)pthread_mutex_init(&t->lock, NULL);
    if (tls_renew(t, now_ms, said))
        return t;
    tls_free(t);
    return NULL;
}

int64_t
tls_expires_ms(struct tls *t)
{
    CHECK_OBJ(t, TLS_MAGIC);
    (void)pthread_mutex_lock(&t->lock);
    int64_t ms = t->expires_ms;
    (void)pthread_mutex_unlock(&t->lock);
    return ms;
}

SSL *
tls_begin(struct tls *t)
{
    CHECK_OBJ(t, TLS_MAGIC);
    (void)pthread_mutex_lock(&t->lock);
    SSL *ssl = SSL_new(t->ctx);
    (void)pthread_mutex_unlock(&t->lock);
    return ssl;
}

void
tls_free(struct tls *t)
{
    if (!t)
        return;
    CHECK_OBJ(t, TLS_MAGIC);
    (void)pthread_mutex_destroy(&t->lock);
    SSL_CTX_free(t->ctx);
    t->magic = 0;
    free(t);
}
