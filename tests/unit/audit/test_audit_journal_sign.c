/*
 * audit/journal: signed ends of segments: which keys are taken, what a signature proves, and what
 * someone who writes a journal anew without the key cannot make.
 */
#include "unit/audit/journals.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

static char private_pem[80], public_pem[80], other_pem[80], both_pem[80], ec_pem[80],
    locked_pem[80], ec_public_pem[80];

static FILE *
create(const char *path)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    (void)chmod(path, 0600);
    return f;
}

static void
write_private(const char *path, EVP_PKEY *key, const char *password)
{
    FILE *f = create(path);

    assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, password ? EVP_aes_256_cbc() : NULL,
                                               password, password ? (int)strlen(password) : 0, NULL,
                                               NULL),
                     1);
    (void)fclose(f);
}

static void
write_public(const char *path, EVP_PKEY *first, EVP_PKEY *second)
{
    FILE *f = create(path);

    assert_int_equal(PEM_write_PUBKEY(f, first), 1);
    if (second)
        assert_int_equal(PEM_write_PUBKEY(f, second), 1);
    (void)fclose(f);
}

static int
make_keys(void **state)
{
    if (make_base(state) != 0)
        return -1;
    const struct {
        char *path;
        const char *name;
    } files[] = {{private_pem, "key"},    {public_pem, "pub"}, {other_pem, "other"},
                 {both_pem, "both"},      {ec_pem, "ec"},      {locked_pem, "locked"},
                 {ec_public_pem, "ecpub"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        (void)snprintf(files[i].path, sizeof private_pem, "%s/%s.pem", base, files[i].name);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!key || !other || !ec)
        return -1;
    write_private(private_pem, key, NULL);
    write_private(ec_pem, ec, NULL);
    write_private(locked_pem, key, "secret");
    write_public(public_pem, key, NULL);
    write_public(other_pem, other, NULL);
    write_public(both_pem, other, key);
    write_public(ec_public_pem, ec, NULL);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    EVP_PKEY_free(ec);
    return 0;
}

static weir_journal_options
signing(void)
{
    weir_journal_options o = plain;

    o.sign_key = private_pem;
    return o;
}

static void
signatures_are_proved_by_the_public_key(void **state)
{
    weir_journal_options o = signing();
    weir_journal_expect e = {.public_key = public_pem};

    (void)state;
    make_small(&o);
    weir_journal_proof p = walked();
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.segments[0].signature, WEIR_JOURNAL_SIGNATURE_UNCHECKED);
    assert_int_equal(p.signed_seq, 0);
    weir_journal_proof_fini(&p);
    for (int i = 0; i < 2; i++) {
        p = walked_with(&e, NULL, NULL);
        assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
        assert_int_equal(p.segments[0].signature, WEIR_JOURNAL_SIGNATURE_GOOD);
        assert_int_equal(p.segments[1].signature, WEIR_JOURNAL_SIGNATURE_GOOD);
        assert_int_equal(p.signed_seq, SMALL_LAST);
        weir_journal_proof_fini(&p);
        e.public_key = both_pem;
    }
    e.public_key = other_pem;
    assert_found_with(&e, WEIR_JOURNAL_FOUND_UNPROVED, "00000001.ndjson", 6, 6);
}

/* Also in signed journals each bit counts, the signature's own among them. */
static void
changed_bits_of_a_signed_end_are_found(void **state)
{
    weir_journal_options o = signing();

    (void)state;
    make_small(&o);
    weir_buf text = read_file("00000002.ndjson");
    size_t at = text.len - 2;
    while (text.p[at] != '\n')
        at--;
    for (size_t bit = (at + 1) * 8; bit < text.len * 8; bit++) {
        flip("00000002.ndjson", bit / 8, bit % 8);
        weir_journal_proof p = walked();
        assert_true(p.finding != WEIR_JOURNAL_FOUND_NONE);
        assert_int_equal(p.bad_line, 5);
        weir_journal_proof_fini(&p);
        flip("00000002.ndjson", bit / 8, bit % 8);
    }
    weir_buf_fini(&text);
}

static void
a_journal_without_signatures_is_not_proved_by_a_key(void **state)
{
    weir_journal_expect e = {.public_key = public_pem};

    (void)state;
    make_small(&plain);
    assert_found_with(&e, WEIR_JOURNAL_FOUND_UNPROVED, "", 0, 0);
}

/* Its first signature is yet to come. Where no writer is at it, none will. */
static void
a_first_segment_that_is_being_written_is_no_finding(void **state)
{
    weir_journal_options o = signing();
    weir_journal_expect e = {.public_key = public_pem};

    (void)state;
    weir_journal *j = opened(&o, T0);
    append(j, "{\"v\":1}\n");
    commit(j, T0);
    weir_journal_proof p = walked_with(&e, NULL, NULL);
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_true(p.writing);
    assert_int_equal(p.signed_seq, 0);
    weir_journal_proof_fini(&p);
    weir_journal_abandon(j);
    assert_found_with(&e, WEIR_JOURNAL_FOUND_UNPROVED, "", 0, 0);
    close_journal(opened(&plain, T0), T0);
    /* an unsigned segment has ended: what is being written does not excuse it */
    j = opened(&o, T0);
    assert_found_with(&e, WEIR_JOURNAL_FOUND_UNPROVED, "", 0, 0);
    weir_journal_abandon(j);
}

/* Does opening it say that the key is missing? Leaves a crash, or closes it. */
static void
assert_misses_key(const weir_journal_options *o, bool misses, bool close)
{
    weir_diags *d = weir_diags_new();
    weir_journal *j;

    assert_int_equal(open_with(o, T0 + DAY_MS, d, &j), WEIR_OK);
    assert_int_equal(strstr(all_said(d), "no key was given") != NULL, misses);
    weir_diags_free(d);
    if (close)
        close_journal(j, T0 + DAY_MS);
    else
        weir_journal_abandon(j);
}

/* Once it has been said, and a segment ended without one, it is too late for warnings. */
static void
a_start_without_the_key_of_before_is_warned_of(void **state)
{
    weir_journal_options o = signing();

    (void)state;
    assert_misses_key(&plain, false, true);
    assert_misses_key(&plain, false, true);
    assert_misses_key(&o, false, true);
    assert_misses_key(&plain, true, true);
    assert_misses_key(&plain, false, true);
    assert_misses_key(&o, false, true);
    assert_misses_key(&o, false, false); /* a crash: the segment before is signed */
    assert_misses_key(&plain, true, false);
    assert_misses_key(&plain, false, true);
}

/* Signing begins with a later start: what came before is proved by the chain. It may not end. */
static void
signing_may_begin_and_may_not_end(void **state)
{
    weir_journal_options o = signing();
    weir_journal_expect e = {.public_key = public_pem};

    (void)state;
    make_small(&plain);
    close_journal(opened(&o, T0 + DAY_MS), T0 + DAY_MS);
    weir_journal_proof p = walked_with(&e, NULL, NULL);
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.signed_seq, SMALL_LAST + 4);
    weir_journal_proof_fini(&p);
    close_journal(opened(&plain, T0 + DAY_MS), T0 + DAY_MS);
    assert_found_with(&e, WEIR_JOURNAL_FOUND_UNPROVED, "00000004.ndjson", 4, SMALL_LAST + 8);
}

/* What the last start found unfinished is signed by it. */
static void
what_a_crash_left_is_signed_by_the_next_start(void **state)
{
    weir_journal_options o = signing();
    weir_journal_expect e = {.public_key = public_pem};

    (void)state;
    weir_journal *j = opened(&o, T0);
    append(j, "{\"v\":1}\n");
    commit(j, T0);
    weir_journal_abandon(j);
    close_journal(opened(&o, T0), T0);
    weir_journal_proof p = walked_with(&e, NULL, NULL);
    assert_int_equal(p.finding, WEIR_JOURNAL_FOUND_NONE);
    assert_int_equal(p.segments[0].signature, WEIR_JOURNAL_SIGNATURE_GOOD);
    weir_journal_proof_fini(&p);
}

/* The segment written anew by one who knows the format and not the key: he can only keep the old
   signature, which is of another chain. */
static void
a_signature_is_of_its_own_chain(void **state)
{
    weir_journal_options o = signing();
    weir_journal_expect e = {.public_key = public_pem};

    (void)state;
    make_small(&o);
    weir_buf signed_one = read_file("00000001.ndjson");
    empty(dir);
    o.sign_key = NULL;
    weir_journal *j = opened(&o, T0);
    append(j, "{\"v\":1,\"post\":\"forged\"}\n{\"v\":1,\"post\":\"J*@\"}\n{\"v\":1}\n");
    commit(j, T0);
    weir_journal_abandon(j);

    /* his chain, and behind it the end of the true one, chained anew */
    weir_buf text = read_file("00000001.ndjson"), hashed = {0};
    weir_buf_putc(&signed_one, '\0');
    const char *end = strstr(signed_one.p, "{\"seq\":6,\"end\":");
    size_t n = (size_t)(strstr(end, ",\"hash\":") - end);
    unsigned char before[32], sum[32];
    for (int i = 0; i < 32; i++) {
        unsigned byte;
        assert_int_equal(sscanf(text.p + text.len - 3 - 64 + 2 * i, "%2x", &byte), 1);
        before[i] = (unsigned char)byte;
    }
    weir_buf_put(&hashed, (weir_span){(const char *)before, 32});
    weir_buf_put(&hashed, (weir_span){end, n});
    assert_int_equal(EVP_Digest(hashed.p, hashed.len, sum, NULL, EVP_sha256(), NULL), 1);
    weir_buf_put(&text, (weir_span){end, n});
    weir_buf_puts(&text, ",\"hash\":\"");
    for (int i = 0; i < 32; i++)
        weir_buf_printf(&text, "%02x", sum[i]);
    weir_buf_puts(&text, "\"}\n");
    write_file("00000001.ndjson", (weir_span){text.p, text.len});
    assert_holds_up_to(6); /* the chain alone cannot tell */
    assert_found_with(&e, WEIR_JOURNAL_FOUND_SIGNATURE, "00000001.ndjson", 6, 6);
    weir_buf_fini(&hashed);
    weir_buf_fini(&text);
    weir_buf_fini(&signed_one);
}

static void
keys_that_cannot_sign_are_refused(void **state)
{
    static const struct {
        const char *path, *says;
    } rows[] = {
        {ec_pem, "is a key of kind EC: a journal is signed with Ed25519 alone"},
        {locked_pem, "is locked by a password"},
        {public_pem, "holds no private key in PEM"},
        {"/nonexistent.pem", "the key cannot be read: No such file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_journal_options o = plain;
        weir_journal *j;
        weir_diags *d = weir_diags_new();
        o.sign_key = rows[i].path;
        assert_int_equal(open_with(&o, T0, d, &j), WEIR_E_IO);
        if (!strstr(all_said(d), rows[i].says))
            fail_msg("expected `%s`: %s", rows[i].says, all_said(d));
        weir_diags_free(d);
        assert_int_equal(access(dir, F_OK), -1); /* nothing was begun */
    }
}

static void
public_keys_of_other_kinds_are_refused(void **state)
{
    static const struct {
        const char *path, *says;
    } rows[] = {
        {ec_public_pem, "is a key of kind EC"},
        {private_pem, "holds no public key in PEM"},
        {"/nonexistent.pem", "the key cannot be read: No such file or directory"},
    };

    (void)state;
    make_small(&plain);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_journal_expect e = {.public_key = rows[i].path};
        weir_journal_proof p;
        weir_diags *d = weir_diags_new();
        assert_int_equal(weir_journal_walk(dir, &e, NULL, NULL, d, &p), WEIR_E_IO);
        if (!strstr(all_said(d), rows[i].says))
            fail_msg("expected `%s`: %s", rows[i].says, all_said(d));
        weir_journal_proof_fini(&p);
        weir_diags_free(d);
    }
}

static void
a_private_key_that_others_can_read_is_warned_of(void **state)
{
    weir_journal_options o = signing();
    weir_diags *d = weir_diags_new();
    weir_journal *j;

    (void)state;
    assert_int_equal(chmod(private_pem, 0644), 0);
    assert_int_equal(open_with(&o, T0, d, &j), WEIR_OK);
    assert_int_equal(chmod(private_pem, 0600), 0);
    assert_non_null(strstr(all_said(d), "key.pem: warning: others than its owner can use this"));
    weir_journal_abandon(j);
    weir_diags_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(signatures_are_proved_by_the_public_key, clear),
        cmocka_unit_test_setup(changed_bits_of_a_signed_end_are_found, clear),
        cmocka_unit_test_setup(a_journal_without_signatures_is_not_proved_by_a_key, clear),
        cmocka_unit_test_setup(a_first_segment_that_is_being_written_is_no_finding, clear),
        cmocka_unit_test_setup(a_start_without_the_key_of_before_is_warned_of, clear),
        cmocka_unit_test_setup(signing_may_begin_and_may_not_end, clear),
        cmocka_unit_test_setup(what_a_crash_left_is_signed_by_the_next_start, clear),
        cmocka_unit_test_setup(a_signature_is_of_its_own_chain, clear),
        cmocka_unit_test_setup(keys_that_cannot_sign_are_refused, clear),
        cmocka_unit_test_setup(public_keys_of_other_kinds_are_refused, clear),
        cmocka_unit_test_setup(a_private_key_that_others_can_read_is_warned_of, clear),
    };

    return cmocka_run_group_tests_name("audit: signed journals", tests, make_keys, remove_base);
}
