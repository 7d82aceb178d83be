/*
 * serve/tls: what is wrong with a file is told with its option and its name; a renewal that fails
 * changes nothing.
 */
#include "unit/test.h"

#include "unit/serve/certs.h"

#include "serve/tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static struct identity root, ours, other, old, early;

static int
make_files(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    root = make_identity((struct making){.name = "root", .is_ca = true});
    ours = make_identity((struct making){.name = "ours", .signer = &root});
    other = make_identity((struct making){.name = "other"});
    old = make_identity((struct making){.name = "old", .from_days = -20, .until_days = -10});
    early = make_identity((struct making){.name = "early", .from_days = 10, .until_days = 20});
    (void)write_pem("ours.pem", ours.cert, NULL);
    (void)write_pem("ours.key", NULL, ours.key);
    (void)write_pem("other.key", NULL, other.key);
    (void)write_pem("both.pem", ours.cert, ours.key);
    (void)write_pem("old.pem", old.cert, old.key);
    (void)write_pem("early.pem", early.cert, early.key);
    (void)write_pem("root.pem", root.cert, NULL);
    (void)write_pem("chain.pem", ours.cert, NULL);
    (void)add_pem("chain.pem", old.cert, ours.key);
    (void)write_pem("roots.pem", root.cert, NULL);
    (void)add_pem("roots.pem", old.cert, NULL);
    (void)write_pem("empty.pem", NULL, NULL);
    assert_int_equal(mkdir(path_of("sub"), 0700), 0);
    return 0;
}

static int
remove_files(void **state)
{
    struct identity *all[] = {&root, &ours, &other, &old, &early};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free_identity(all[i]);
    (void)rmdir(path_of("sub"));
    return remove_folder(state);
}

/* The start of a PEM file, with what stands in place of its content. */
static void
write_text(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Keys by another algorithm, and one under a passphrase. */
static void
write_odd_keys(void)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    FILE *f = fopen(path_of("secret.key"), "w");

    assert_true(rsa && f);
    (void)write_pem("rsa.key", NULL, rsa);
    assert_int_equal(PEM_write_PrivateKey(f, ours.key, EVP_aes_256_cbc(),
                                          (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    assert_int_equal(fclose(f), 0);
    EVP_PKEY_free(rsa);
}

static const char *
optional(const char *name)
{
    return name ? path_of(name) : NULL;
}

/* `said` with a NUL behind it, and without the folder's name. */
static void
without_folder(weir_buf *said)
{
    size_t len = strlen(folder) + 1;
    char *at;

    weir_buf_putc(said, '\0');
    while ((at = strstr(said->p, folder)))
        memmove(at, at + len, strlen(at + len) + 1);
}

static void
messages(void **state)
{
    static const struct {
        const char *cert, *key, *client_ca;
        bool good;
        const char *said; /* its beginning; the whole where it is empty */
    } rows[] = {
        {"ours.pem", "ours.key", NULL, true, ""},
        {"both.pem", NULL, NULL, true, ""},
        {"ours.pem", "ours.key", "root.pem", true, ""},
        {"none.pem", "ours.key", NULL, false, "--tls-cert none.pem: No such file or directory"},
        {"sub", "ours.key", NULL, false, "--tls-cert sub: Is a directory"},
        {"ours.key", "ours.key", NULL, false,
         "--tls-cert ours.key: there is no certificate in PEM in it (no start line)"},
        {"damaged.pem", "ours.key", NULL, false,
         "--tls-cert damaged.pem: the certificate cannot be used ("},
        {"ours.pem", "none.key", NULL, false, "--tls-key none.key: No such file or directory"},
        {"ours.pem", "ours.pem", NULL, false,
         "--tls-key ours.pem: there is no private key in PEM in it ("},
        {"ours.pem", NULL, NULL, false,
         "--tls-cert ours.pem: there is no private key in PEM in it ("},
        {"ours.pem", "damaged.key", NULL, false,
         "--tls-key damaged.key: there is no private key in PEM in it ("},
        {"ours.pem", "other.key", NULL, false,
         "--tls-key other.key: the key does not belong to the certificate, the first one in "
         "ours.pem"},
        {"ours.pem", "rsa.key", NULL, false,
         "--tls-key rsa.key: the key does not belong to the certificate, the first one in "
         "ours.pem"},
        {"ours.pem", "secret.key", NULL, false,
         "--tls-key secret.key: a passphrase protects the key, and nobody is there to be asked"},
        {"ours.pem", "ours.key", "none.pem", false,
         "--tls-client-ca none.pem: No such file or directory"},
        {"ours.pem", "ours.key", "empty.pem", false,
         "--tls-client-ca empty.pem: there is no certificate in PEM in it (no start line)"},
        {"ours.pem", "ours.key", "damaged.pem", false,
         "--tls-client-ca damaged.pem: a certificate in it cannot be used ("},
        {"old.pem", NULL, NULL, true,
         "--tls-cert old.pem: the certificate of /CN=old has expired; it was valid until 2"},
        {"early.pem", NULL, NULL, true,
         "--tls-cert early.pem: the certificate of /CN=early is not valid before 2"},
        {"chain.pem", NULL, NULL, true,
         "--tls-cert chain.pem: the certificate of /CN=old has expired; it was valid until 2"},
        {"ours.pem", "ours.key", "roots.pem", true,
         "--tls-client-ca roots.pem: the certificate of /CN=old has expired; it was valid until 2"},
    };

    (void)state;
    write_text("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    write_text("damaged.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    write_odd_keys();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_files files = {optional(rows[i].cert), optional(rows[i].key),
                                  optional(rows[i].client_ca)};
        weir_buf said = {0};
        struct tls *t = tls_new(&files, now_ms(), &said);

        without_folder(&said);
        if (!t == rows[i].good)
            fail_msg("%s: taken or refused against expectation: %s", rows[i].said, said.p);
        if (strncmp(said.p, rows[i].said, rows[i].said[0] ? strlen(rows[i].said) : 1) != 0 ||
            strchr(said.p, '\n'))
            fail_msg("it says:\n%s\nand not:\n%s", said.p, rows[i].said);
        tls_free(t);
        weir_buf_fini(&said);
    }
}

static void
a_key_that_everybody_can_read(void **state)
{
    struct tls_files files = {write_pem("open.pem", old.cert, NULL),
                              write_pem("open.key", NULL, old.key), NULL};
    weir_buf said = {0};

    (void)state;
    assert_int_equal(chmod(files.key, 0644), 0);
    struct tls *t = tls_new(&files, now_ms(), &said);
    assert_non_null(t);
    without_folder(&said);
    assert_true(strncmp(said.p,
                        "--tls-key open.key: everybody on this machine can read the key\n"
                        "--tls-cert open.pem: the certificate of /CN=old has expired; it was",
                        130) == 0);
    tls_free(t);
    weir_buf_fini(&said);
}

/* What a connection that begins now would show. */
static bool
shows(struct tls *t, const struct identity *id)
{
    SSL *ssl = tls_begin(t);

    assert_non_null(ssl);
    bool is_same = X509_cmp(SSL_get_certificate(ssl), id->cert) == 0;
    SSL_free(ssl);
    return is_same;
}

static void
renewing(void **state)
{
    struct tls_files files = {write_pem("now.pem", ours.cert, ours.key), NULL, NULL};
    weir_buf said = {0};
    struct tls *t = tls_new(&files, now_ms(), &said);

    (void)state;
    assert_true(t && !said.len && shows(t, &ours));
    SSL *before = tls_begin(t);
    int64_t expires_ms = tls_expires_ms(t);
    assert_true(expires_ms > now_ms() && expires_ms <= now_ms() + DAY * 1000);

    (void)write_pem("now.pem", other.cert, ours.key);
    assert_false(tls_renew(t, now_ms(), &said));
    assert_true(said.len > 0 && shows(t, &ours) && tls_expires_ms(t) == expires_ms);
    said.len = 0;
    (void)write_pem("now.pem", early.cert, early.key);
    assert_true(tls_renew(t, now_ms(), &said));
    assert_true(said.len > 0 && shows(t, &early) && tls_expires_ms(t) > expires_ms);

    assert_int_equal(X509_cmp(SSL_get_certificate(before), ours.cert), 0);
    SSL_free(before);
    tls_free(t);
    weir_buf_fini(&said);
}

struct shared {
    struct tls *tls;
    atomic_bool done;
};

static void *
begin_often(void *arg)
{
    struct shared *s = arg;

    while (!atomic_load(&s->done)) {
        SSL *ssl = tls_begin(s->tls);
        bool good = ssl && SSL_get_certificate(ssl);

        SSL_free(ssl);
        if (!good)
            return NULL;
    }
    return s;
}

static void
renewing_while_others_begin(void **state)
{
    struct tls_files files = {write_pem("now.pem", ours.cert, ours.key), NULL, NULL};
    weir_buf said = {0};
    struct shared s = {.tls = tls_new(&files, now_ms(), &said)};
    pthread_t threads[2];
    void *good;

    (void)state;
    assert_non_null(s.tls);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, begin_often, &s), 0);
    for (int i = 0; i < 20; i++)
        assert_true(tls_renew(s.tls, now_ms(), &said));
    atomic_store(&s.done, true);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_ptr_equal(good, &s);
    }
    tls_free(s.tls);
    weir_buf_fini(&said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(a_key_that_everybody_can_read),
        cmocka_unit_test(renewing),
        cmocka_unit_test(renewing_while_others_begin),
    };

    return cmocka_run_group_tests_name("serve/tls", tests, make_files, remove_files);
}
