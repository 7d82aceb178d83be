/*
 * Signatures of segments' ends: keys from PEM files, and nothing but Ed25519, so that there is
 * nothing to choose and no digest to agree on.
 */
#include "audit/journal_key.h"

#include "base/check.h"
#include "base/error.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <errno.h>
#include <sys/stat.h>

#define KEY_SIZE 32 /* bytes of a public key */
#define DOMAIN_LINE "tagweir journal end 1\n"

static weir_status
refuse(const char *path, weir_diags *diags, const char *what)
{
    weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path}, "%s", what);
    return WEIR_E_IO;
}

/* Never asks on the terminal. *asked: a password would be needed. */
static int
no_password(char *buf, int size, int writing, void *asked)
{
    (void)buf;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return 0;
}

static BIO *
open_pem(const char *path, weir_diags *diags)
{
    errno = 0;
    BIO *in = BIO_new_file(path, "rb");

    if (!in)
        weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path},
                       "the key cannot be read: %s", errno ? strerror(errno) : "no memory");
    ERR_clear_error();
    return in;
}

/* false: it is of another kind, or there is no memory. */
static bool
take_key(EVP_PKEY *pkey, struct weir__key *out)
{
    unsigned char raw[KEY_SIZE], sum[WEIR__HASH_SIZE];
    size_t n = sizeof raw;

    if (!EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1 ||
        EVP_Digest(raw, n, sum, NULL, EVP_sha256(), NULL) != 1)
        return false;
    out->pkey = pkey;
    weir__hex_put(sum, sizeof sum, out->fingerprint);
    out->fingerprint[WEIR_JOURNAL_HASH] = '\0';
    return true;
}

static weir_status
refuse_kind(const char *path, weir_diags *diags, EVP_PKEY *pkey)
{
    const char *kind = EVP_PKEY_get0_type_name(pkey);

    weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path},
                   "is a key of kind %s: a journal is signed with Ed25519 alone; make one by "
                   "`openssl genpkey -algorithm ed25519 -out FILE`",
                   kind ? kind : "unknown");
    EVP_PKEY_free(pkey);
    return WEIR_E_IO;
}

static void
warn_if_open(const char *path, weir_diags *diags)
{
    struct stat st;

    if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
        weir__diag_add(diags, WEIR_WARNING, &(struct weir__place){.file = path},
                       "others than its owner can use this private key: `chmod 600` it");
}

weir_status
weir__key_load(const char *path, weir_diags *diags, struct weir__key *out)
{
    bool asked = false;
    BIO *in = open_pem(path, diags);

    *out = (struct weir__key){0};
    if (!in)
        return WEIR_E_IO;
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(in, NULL, no_password, &asked);
    (void)BIO_free(in);
    ERR_clear_error();
    if (!pkey && asked)
        return refuse(path, diags,
                      "the key is locked by a password: a journal is signed without "
                      "anyone there to type it; give one without (`openssl pkey -in "
                      "OLD -out NEW`)");
    if (!pkey)
        return refuse(path, diags,
                      "holds no private key in PEM: make one by `openssl genpkey "
                      "-algorithm ed25519 -out FILE`");
    if (!take_key(pkey, out))
        return refuse_kind(path, diags, pkey);
    warn_if_open(path, diags);
    return WEIR_OK;
}

void
weir__key_fini(struct weir__key *k)
{
    EVP_PKEY_free(k->pkey);
    k->pkey = NULL;
}

weir_status
weir__keys_load(const char *path, weir_diags *diags, struct weir__keys *out)
{
    bool asked = false;
    weir_status st = WEIR_OK;
    EVP_PKEY *pkey = NULL;
    BIO *in = open_pem(path, diags);

    out->n = 0;
    if (!in)
        return WEIR_E_IO;
    while (st == WEIR_OK && (pkey = PEM_read_bio_PUBKEY(in, NULL, no_password, &asked)) != NULL) {
        if (out->n == WEIR__KEYS_MAX) {
            EVP_PKEY_free(pkey);
            st = refuse(path, diags, "holds more than 16 public keys");
        } else if (take_key(pkey, &out->key[out->n])) {
            out->n++;
        } else {
            st = refuse_kind(path, diags, pkey);
        }
    }
    (void)BIO_free(in);
    ERR_clear_error();
    if (st == WEIR_OK && out->n == 0)
        st = refuse(path, diags,
                    "holds no public key in PEM: take it from the private one by "
                    "`openssl pkey -in PRIVATE -pubout -out FILE`");
    if (st != WEIR_OK)
        weir__keys_fini(out);
    return st;
}

void
weir__keys_fini(struct weir__keys *k)
{
    while (k->n)
        weir__key_fini(&k->key[--k->n]);
}

void
weir__key_message(weir_buf *out, const unsigned char before[WEIR__HASH_SIZE], weir_span line)
{
    char hex[WEIR_JOURNAL_HASH];

    weir__hex_put(before, WEIR__HASH_SIZE, hex);
    weir_buf_puts(out, DOMAIN_LINE);
    weir_buf_put(out, (weir_span){hex, sizeof hex});
    weir_buf_putc(out, '\n');
    weir_buf_put(out, line);
}

bool
weir__key_sign(const struct weir__key *k, weir_span message, char out[WEIR__SIGNATURE_TEXT])
{
    unsigned char raw[WEIR__SIGNATURE_SIZE];
    size_t n = sizeof raw;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
              EVP_DigestSign(ctx, raw, &n, (const unsigned char *)message.p, message.len) == 1;

    EVP_MD_CTX_free(ctx);
    if (!ok)
        return false;
    CHECK(n == sizeof raw);
    (void)EVP_EncodeBlock((unsigned char *)out, raw, (int)n);
    return true;
}

const struct weir__key *
weir__keys_find(const struct weir__keys *k, weir_span fingerprint)
{
    for (size_t i = 0; i < k->n; i++)
        if (span_is(fingerprint, k->key[i].fingerprint))
            return &k->key[i];
    return NULL;
}

/* Base64 as it is written, and no other way to write the same bytes. */
static bool
read_signature(weir_span text, unsigned char raw[WEIR__SIGNATURE_SIZE + 2])
{
    char again[WEIR__SIGNATURE_TEXT];

    if (text.len != WEIR__SIGNATURE_TEXT - 1 ||
        EVP_DecodeBlock(raw, (const unsigned char *)text.p, (int)text.len) < WEIR__SIGNATURE_SIZE)
        return false;
    (void)EVP_EncodeBlock((unsigned char *)again, raw, WEIR__SIGNATURE_SIZE);
    return span_is(text, again);
}

bool
weir__key_proves(const struct weir__key *k, weir_span message, weir_span signature)
{
    unsigned char raw[WEIR__SIGNATURE_SIZE + 2]; /* decoding fills up to whole groups of three */
    bool good = false;

    if (!read_signature(signature, raw))
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1)
        good = EVP_DigestVerify(ctx, raw, WEIR__SIGNATURE_SIZE, (const unsigned char *)message.p,
                                message.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}
