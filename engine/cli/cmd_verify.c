/*
 * tagweir verify: proves a decision journal, or names the first entry that is not as it was.
 */
#include "cli/commands.h"
#include "cli/redoing.h"
#include "cli/ui.h"
#include "cli/verifying.h"

#include <stdlib.h>
#include <string.h>

/* HASH or HASH:COUNT. */
static bool
take_head(const char *text, char hash[WEIR_JOURNAL_HASH + 1], weir_journal_expect *e)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    char *end = NULL;

    if (n != WEIR_JOURNAL_HASH || (text[n] && text[n] != ':'))
        return false;
    for (size_t i = 0; i < n; i++)
        hash[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] | 0x20) : text[i];
    hash[n] = '\0';
    e->head_hash = hash;
    if (!text[n])
        return true;
    if (text[n + 1] < '1' || text[n + 1] > '9')
        return false;
    e->head_seq = strtoull(text + n + 1, &end, 10);
    return !*end;
}

/* The feeds of --redo, and the files in the rules' folders, are told apart when they are found. */
static int
check_files(const struct args *a)
{
    touched_read_in(a->touched, a->plain.v[0], "the journal");
    if (a->public_key)
        touched_read(a->touched, a->public_key, "public keys");
    for (size_t i = 0; i < a->rules.n; i++)
        touched_read(a->touched, a->rules.v[i], "rules");
    for (size_t i = 0; i < a->redo.n; i++)
        touched_read(a->touched, a->redo.v[i], "a feed");
    touched_write(a->touched, "-", NULL);
    return touched_check(a->touched);
}

static int
verify(const struct args *a)
{
    struct verifying v = {.json = a->json};
    struct redoing redoing = {.args = NULL};
    char hash[WEIR_JOURNAL_HASH + 1];

    if (!a->plain.n || (a->plain.n > 1 && !a->redo.n))
        return args_bad("verify", a->plain.n ? "one journal at a time" : "name a journal's folder");
    if (a->head && !take_head(a->head, hash, &v.expect))
        return args_bad("verify", "--head: expected the 64 hex digits of a hash, or those, a colon "
                                  "and the number of entries, as `tagweir ctl head` prints them");
    v.expect.public_key = a->public_key;
    v.dir = a->plain.v[0];
    v.quiet = a->quiet;
    int rc = redoing_begin(&redoing, a, &v);
    if (rc == EXIT_DONE)
        rc = check_files(a);
    if (rc == EXIT_DONE)
        rc = verifying_run(&v);
    redoing_end(&redoing);
    return rc;
}

const struct command command_verify = {
    .name = "verify",
    .usage = "[OPTION]… JOURNAL [--redo FEED…]",
    .does = "Prove that a decision journal is as it was written, or was decided as it says.",
    .more =
        "JOURNAL is the folder that was given to --journal. Each entry holds the hash of the one\n"
        "before: if a bit of any is changed, if one is missing or in another place, the first\n"
        "such entry is named, with file and line, and the exit code is 1.\n\n"
        "The chain alone cannot show that its newest entries were cut off. Two things can: a head\n"
        "(a hash and a count) that was noted elsewhere, with --head; and, up to the last signed\n"
        "segment, a signature, with --public-key.\n\n"
        "A journal may be verified while it is written.\n\n"
        "With --redo, what was recorded is decided again, from the feed (files or folders) that "
        "it\n"
        "was made of, by the rule set that each record names (--store), or by other rules "
        "(--rules),"
        "\nat the time of each record, with breakers that had tripped; and compared, byte for byte."
        "\nGive --tags, --handles, --max-line and --no-jit as they were given to the server.",
    .options = OPTIONS_OF(OPT_RULES, OPT_STORE, OPT_TAGS, OPT_HANDLES, OPT_OWNER, OPT_OWNER_ID,
                          OPT_MAX_LINE, OPT_THREADS, OPT_JOURNAL_ALL, OPT_NO_JIT, OPT_MATCH_OFF,
                          OPT_HEAD, OPT_PUBLIC_KEY, OPT_REDO, OPT_PART, OPT_JSON, OPT_QUIET),
    .plain = "JOURNAL",
    .run = verify,
};
