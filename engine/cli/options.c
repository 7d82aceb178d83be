/*
 * What each option means: its help, and how its value is read. Longer than other files, as all
 * options are in it; it is read by name.
 */
#include "cli/args.h"

#include "cli/run_files.h"
#include "cli/ui.h"

#include "flow/url.h"

#include <tagweir/names.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define X(name, text) " " text
static const char *const helps[OPT_COUNT] = {
    [OPT_RULES] = "a rule file, a folder of them, or a compiled set; may be given several times",
    [OPT_OLD] = "rules that are compared with the new ones; as --rules",
    [OPT_NEW] = "the new rules; as --rules",
    [OPT_LISTEN] = "unix:PATH, HOST:PORT or [IPv6]:PORT; may be given several times",
    [OPT_CLOCK] = "what time it is: now (default), created (each post's own), or a fixed time",
    [OPT_OLD_CLOCK] = "the same for the old rules alone",
    [OPT_NEW_CLOCK] = "the same for the new rules alone",
    [OPT_UNDECIDED] = "what the record of a bad line carries: report (default) or withhold",
    [OPT_TAGS] = "structured (default): the values that the dialect has; both: the text's too",
    [OPT_HANDLES] = "a CSV of did,handle: handles of accounts of Bluesky and ActivityPub",
    [OPT_OWNER] = "whose account archive it is, where no account.js beside it says so",
    [OPT_OWNER_ID] = "the id of that account",
    [OPT_MAX_LINE] = "the longest line that is read; K and M are understood (default 1M)",
    [OPT_EXPLAIN] = "records say what became of every rule; a report, which rules matched nothing",
    [OPT_STRICT] = "exit with 1 when a line was bad; check: when there are warnings",
    [OPT_TAG] = "explain a hashtag",
    [OPT_ACCOUNT] = "explain an account: @handle, user@domain, id:… or did:…",
    [OPT_POST] = "explain the post in this file, of any dialect (-: standard input)",
    [OPT_REGION] = "speak of this region alone, an ISO 3166-1 code such as IN",
    [OPT_AT] = "the time to decide at (default: now)",
    [OPT_OUTPUT] = "where to write the compiled rule set, such as set.tws",
    [OPT_SOCKET_MODE] = "permissions of Unix sockets, in octal (default 0600)",
    [OPT_INSECURE] = "listen beyond loopback although nothing is encrypted",
    [OPT_DRAIN] = "how long answers may take to be read after a signal (default 10)",
    [OPT_THREADS] = "threads that read and decide (default: as many as there are cores)",
    [OPT_OUT] =
        "write what comes out to this file, packed if it ends in .gz or .zst (-: standard output)",
    [OPT_CHANGES] =
        "write a line for each post or query that changes, or quotes what does; packed as by name",
    [OPT_SAMPLES] = "posts that are shown of each change (default 3; 0: none)",
    [OPT_EMIT] = "export in place of records, or changes:" WEIR_EXPORTS(X),
    [OPT_LABEL_SRC] = "the DID that labels come from, such as did:web:{region}.labels.example",
    [OPT_RESUME] = "go on where a run with the same arguments and --out was stopped",
    [OPT_ONLY] = "write only records with these actions, such as withhold,downrank; and errors",
    [OPT_RULE] =
        "only records, or changes, in which this rule has a part; may be given several times",
    [OPT_ORDER] = "only those in which a rule under this order has one; likewise",
    [OPT_SINCE] = "leave out posts made before this time, and those without a time",
    [OPT_UNTIL] = "leave out posts made at this time or later, and those without a time",
    [OPT_WORKERS] = "threads that decide (default: as many as there are cores)",
    [OPT_MAX_CONNECTIONS] = "more clients are refused (default: no limit but that of descriptors)",
    [OPT_MAX_MEMORY] = "what connections may hold together (default 1024M; 0: no limit)",
    [OPT_IDLE_TIMEOUT] = "close connections on which so long nothing comes (default 600; 0: never)",
    [OPT_LINE_TIMEOUT] = "close them where a line takes longer to arrive (default 30; 0: never)",
    [OPT_SEND_TIMEOUT] = "close them where so long no answer is read (default 60; 0: never)",
    [OPT_MAX_SHRINK] =
        "refuse to reload where a list loses more of its entries, and 100 (default 50)",
    [OPT_TLS_CERT] = "speak TLS on TCP: our certificate and those that lead to a root, as PEM",
    [OPT_TLS_KEY] = "its key, where that is not in the same file",
    [OPT_TLS_CLIENT_CA] = "clients need a certificate that one of these has signed",
    [OPT_SOCKET_OWNER] = "whose Unix sockets are: USER, USER:GROUP or :GROUP",
    [OPT_USER] = "become this user, for good, when all is listened on",
    [OPT_LOG_TIMES] = "begin what is said of loads, limits and alarms with the time",
    [OPT_WATCH] = "load rules again when their files have changed and come to rest",
    [OPT_CONTROL] = "unix:PATH of the socket by which `tagweir ctl` controls the server",
    [OPT_CONTROL_MODE] = "permissions of that socket, in octal (default 0600)",
    [OPT_DRY_RUN] = "only tell whether the rules could be loaded, and what would come of it",
    [OPT_FEED] = "with --dry-run: tell which posts of this feed would be decided otherwise",
    [OPT_HTTP] = "answer HTTP, unencrypted, on unix:PATH, HOST:PORT or [IPv6]:PORT",
    [OPT_HTTP_CONNECTIONS] = "more clients of HTTP have to wait (default 100)",
    [OPT_HTTP_TIMEOUT] = "how long a request, and its answer, may take (default 30; 0: for ever)",
    [OPT_BLOCKED_BY] = "who withholds, for the Link that goes with 451 by HTTP (RFC 7725)",
    [OPT_ACCEPT_SHRINK] = "reload also where a list has shrunk by more than --max-shrink",
    [OPT_JOURNAL] = "keep a decision journal in this folder, which `tagweir verify` checks",
    [OPT_JOURNAL_ALL] = "with plain allows in it, too; else it has all other records, and errors",
    [OPT_FSYNC] = "always: answers wait for the disk; interval (default): a second; never",
    [OPT_SIGN_KEY] = "sign the journal's segments by this Ed25519 private key (PEM)",
    [OPT_RETAIN] = "delete the journal's segments that ended so many days ago (default: never)",
    [OPT_HEAD_EVERY] =
        "log the journal's head each so many entries (default 100000; 0: at the end)",
    [OPT_STORE] = "a folder of rule sets, by digest: those used are kept, --rules DIGEST finds one",
    [OPT_COST] = "list globs and regexes by what they cost, and warn of the dear ones",
    [OPT_NO_TESTS] = "do not run the tests that the rules carry",
    [OPT_HEAD] = "a head that was noted elsewhere: entries up to it must be there",
    [OPT_REDO] = "decide again what was recorded, from the feed that it was made of",
    [OPT_PART] = "the feed is a part of what was decided: only count records that it lacks",
    [OPT_PUBLIC_KEY] = "check signatures with these Ed25519 public keys, as PEM",
    [OPT_NO_JIT] = "match regexes without machine code made for them",
    [OPT_MATCH_OFF] =
        "do without parts of the matcher, to compare with; some of:" WEIR_MATCH_PARTS(X),
    [OPT_JSON] = "print JSON where a person would get text",
    [OPT_QUIET] = "no summary and no warnings",
    [OPT_HELP] = "this text",
};
#undef X

/* What an option is to some commands alone. */
static const struct {
    enum option_id id;
    const char *command, *help;
} others[] = {
    {OPT_STORE, "explain", "a folder of rule sets, by digest: --rules DIGEST finds one there"},
    {OPT_STORE, "verify", "a folder of rule sets, by digest: those that records name are there"},
};

const char *
option_help(enum option_id id, const char *command)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].id == id && strcmp(others[i].command, command) == 0)
            return others[i].help;
    return helps[id];
}

static weir_span
span(const char *s)
{
    return (weir_span){s, strlen(s)};
}

static bool
take_time(const char *value, int64_t *ms, const char *expected, weir_buf *why)
{
    if (weir_time_parse(span(value), ms))
        return true;
    weir_buf_printf(why, "expected %sa time with its offset, such as 2021-02-01T06:00:00Z",
                    expected);
    return false;
}

static bool
read_clock(const char *value, enum answer_clock *clock, int64_t *at_ms, weir_buf *why)
{
    *clock = strcmp(value, "now") == 0       ? ANSWER_NOW
             : strcmp(value, "created") == 0 ? ANSWER_CREATED
                                             : ANSWER_FIXED;
    return *clock != ANSWER_FIXED || take_time(value, at_ms, "now, created or ", why);
}

static bool
take_clock(struct args *a, enum option_id id, const char *value, weir_buf *why)
{
    struct args_clock *own = id == OPT_OLD_CLOCK ? &a->old_clock : &a->new_clock;

    if (id == OPT_CLOCK)
        return read_clock(value, &a->answer.clock, &a->answer.at_ms, why);
    own->given = true;
    return read_clock(value, &own->clock, &own->at_ms, why);
}

/* One of two words; *second says which. */
static bool
take_word(const char *value, const char *first, const char *other, bool *second, weir_buf *why)
{
    *second = strcmp(value, other) == 0;
    if (*second || strcmp(value, first) == 0)
        return true;
    weir_buf_printf(why, "expected %s or %s", first, other);
    return false;
}

static bool
take_size(const char *value, size_t *size, weir_buf *why)
{
    char *end;

    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    unsigned shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : 0;
    end += shift != 0;
    if (value[0] < '0' || value[0] > '9' || *end || errno || n == 0 || n > (1ull << 30) >> shift) {
        weir_buf_puts(why, "expected a number of bytes from 1 to 1024M");
        return false;
    }
    *size = (size_t)(n << shift);
    return true;
}

static bool
take_mode(const char *value, mode_t *mode, weir_buf *why)
{
    char *end;
    unsigned long m = strtoul(value, &end, 8);

    if (value[0] < '0' || value[0] > '7' || *end || m > 0777) {
        weir_buf_puts(why, "expected permissions in octal, such as 0660");
        return false;
    }
    *mode = (mode_t)m;
    return true;
}

static bool
take_seconds(const char *value, unsigned *ms, weir_buf *why)
{
    char *end;
    double s = strtod(value, &end);

    if (end == value || *end || !(s >= 0 && s <= 3600)) {
        weir_buf_puts(why, "expected seconds, from 0 to 3600");
        return false;
    }
    *ms = (unsigned)(s * 1000);
    return true;
}

static bool
take_number(const char *value, size_t least, size_t most, size_t *out, weir_buf *why)
{
    char *end;

    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || n < least || n > most) {
        weir_buf_printf(why, "expected a number from %zu to %zu", least, most);
        return false;
    }
    *out = (size_t)n;
    return true;
}

/* Of memory, which may be without a limit. */
static bool
take_memory(const char *value, size_t *size, weir_buf *why)
{
    if (strcmp(value, "0") != 0)
        return take_size(value, size, why);
    *size = 0;
    return true;
}

static bool
take_region(const char *value, uint16_t *region, weir_buf *why)
{
    *region = weir_region_find(span(value));
    if (*region != WEIR_REGION_NONE)
        return true;
    const char *near = weir_region_nearest(span(value));
    if (near && weir_region_find(span(near)) != WEIR_REGION_NONE)
        weir_buf_printf(why, "%s is not a region; did you mean %s?", value, near);
    else if (near)
        weir_buf_printf(why, "%s is a group of regions: name one of them, such as FR", near);
    else
        weir_buf_puts(why, "expected an ISO 3166-1 alpha-2 code such as IN, or XX for everywhere "
                           "else");
    return false;
}

static bool
take_text(const char **slot, const char *value, weir_buf *why)
{
    *slot = value;
    if (*value)
        return true;
    weir_buf_puts(why, "expected something that is not empty");
    return false;
}

/* Of these bytes alone. */
static bool
take_made_of(const char *value, const char *bytes, const char **slot)
{
    *slot = value;
    return *value && !value[strspn(value, bytes)];
}

#define DIGITS "0123456789"

/* Of Twitter's accounts: no other archive leaves it open whose it is. */
static bool
take_owner(const char *value, const char **slot, weir_buf *why)
{
    if (take_made_of(value + (*value == '@'),
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_" DIGITS, slot))
        return true;
    weir_buf_puts(why, "expected a handle of letters, digits and _, such as @finn");
    return false;
}

static bool
take_owner_id(const char *value, const char **slot, weir_buf *why)
{
    if (take_made_of(value, DIGITS, slot))
        return true;
    weir_buf_puts(why, "expected the number of an account, such as 4242");
    return false;
}

static bool
take_url(const char *value, const char **slot, weir_buf *why)
{
    *slot = value;
    if (url_is_web(value))
        return true;
    weir_buf_puts(why, "expected a URL that begins with http:// or https://, what is not ASCII in "
                       "it percent-encoded");
    return false;
}

static bool
take_part(weir_span name, uint32_t *off)
{
    static const char *const names[] = {WEIR_MATCH_PARTS(WEIR_TEXT)};

    for (size_t i = 0; i < WEIR_NMATCH_PARTS; i++)
        if (name.len == strlen(names[i]) && memcmp(name.p, names[i], name.len) == 0) {
            *off |= 1u << i;
            return true;
        }
    return false;
}

static bool
take_parts(const char *value, uint32_t *off, weir_buf *why)
{
    for (;; value++) {
        size_t len = strcspn(value, ",");

        if (!take_part((weir_span){value, len}, off)) {
#define X(name, text) " " text
            weir_buf_puts(why, "expected some of these, with commas between:" WEIR_MATCH_PARTS(X));
#undef X
            return false;
        }
        value += len;
        if (!*value)
            return true;
    }
}

/* Actions, with commas between; those of another --only are added. */
static bool
take_only(const char *value, uint32_t *only, weir_buf *why)
{
    for (;; value++) {
        size_t len = strcspn(value, ",");
        int action = WEIR_ALLOW;

        while (action <= WEIR_WITHHOLD &&
               (strlen(weir_action_name((weir_action)action)) != len ||
                strncmp(weir_action_name((weir_action)action), value, len) != 0))
            action++;
        if (action > WEIR_WITHHOLD) {
            weir_buf_puts(why, "expected some of withhold, downrank, allow, with commas between");
            return false;
        }
        *only |= 1u << action;
        value += len;
        if (!*value)
            return true;
    }
}

static bool
take_emit(struct args *a, const char *value, weir_buf *why)
{
    a->emits = weir_export_find(span(value), &a->emit);
#define X(name, text) " " text
    if (!a->emits)
        weir_buf_puts(why, "expected one of:" WEIR_EXPORTS(X));
#undef X
    return a->emits;
}

/* What records are chosen by. */
static bool
take_choice_of(struct args *a, enum option_id id, const char *value, weir_buf *why)
{
    switch (id) {
    case OPT_ONLY:
        return take_only(value, &a->only, why);
    case OPT_RULE:
        strings_add(&a->by_rule, value);
        return true;
    case OPT_ORDER:
        strings_add(&a->by_order, value);
        return true;
    case OPT_SINCE:
        return take_time(value, &a->since_ms, "", why);
    default:
        return take_time(value, &a->until_ms, "", why);
    }
}

static bool
take_flag(struct args *a, enum option_id id)
{
    switch (id) {
    case OPT_EXPLAIN:
        return a->answer.trace = true;
    case OPT_STRICT:
        return a->strict = true;
    case OPT_INSECURE:
        return a->insecure = true;
    case OPT_LOG_TIMES:
        return a->log_times = true;
    case OPT_RESUME:
        return a->resume = true;
    case OPT_WATCH:
        return a->watch = true;
    case OPT_JOURNAL_ALL:
        return a->journal_all = true;
    case OPT_DRY_RUN:
        return a->dry_run = true;
    case OPT_ACCEPT_SHRINK:
        return a->accept_shrink = true;
    case OPT_COST:
        return a->cost = true;
    case OPT_PART:
        return a->part = true;
    case OPT_NO_TESTS:
        return a->no_tests = true;
    case OPT_NO_JIT:
        return (a->answer.match_off |= WEIR_MATCH_JIT) != 0;
    case OPT_JSON:
        return a->json = true;
    default:
        return a->quiet = true;
    }
}

static bool
take_fsync(const char *value, int *which, weir_buf *why)
{
    static const char *const words[] = {"always", "interval", "never"};

    for (int i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0) {
            *which = i;
            return true;
        }
    weir_buf_puts(why, "expected always, interval or never");
    return false;
}

/* Options whose value is a choice of words. */
static bool
take_choice(struct args *a, enum option_id id, const char *value, weir_buf *why)
{
    bool second = false, good;

    if (id == OPT_UNDECIDED) {
        good = take_word(value, "report", "withhold", &second, why);
        a->answer.undecided = second ? WEIR_UNDECIDED_WITHHOLD : WEIR_UNDECIDED_REPORT;
    } else {
        good = take_word(value, "structured", "both", &second, why);
        a->answer.tags = second ? WEIR_TAGS_BOTH : WEIR_TAGS_STRUCTURED;
    }
    return good;
}

/* What a server is limited to. */
static bool
take_limit(struct args *a, enum option_id id, const char *value, weir_buf *why)
{
    switch (id) {
    case OPT_WORKERS:
        return take_number(value, 1, 256, &a->workers, why);
    case OPT_SAMPLES:
        return take_number(value, 0, 1000, &a->samples, why);
    case OPT_THREADS:
        return take_number(value, 1, 256, &a->threads, why);
    case OPT_MAX_CONNECTIONS:
        return take_number(value, 0, 10 * 1000 * 1000, &a->max_connections, why);
    case OPT_RETAIN:
        return take_number(value, 1, 36500, &a->retain_days, why);
    case OPT_HEAD_EVERY:
        return take_number(value, 0, 1000 * 1000 * 1000, &a->head_every, why);
    case OPT_MAX_SHRINK:
        return take_number(value, 0, 100, &a->max_shrink, why);
    case OPT_MAX_MEMORY:
        return take_memory(value, &a->max_memory, why);
    case OPT_IDLE_TIMEOUT:
        return take_seconds(value, &a->idle_ms, why);
    case OPT_LINE_TIMEOUT:
        return take_seconds(value, &a->line_ms, why);
    case OPT_SEND_TIMEOUT:
        return take_seconds(value, &a->send_ms, why);
    case OPT_HTTP_TIMEOUT:
        return take_seconds(value, &a->http_ms, why);
    case OPT_HTTP_CONNECTIONS:
        return take_number(value, 1, 10 * 1000, &a->http_connections, why);
    default:
        return take_seconds(value, &a->drain_ms, why);
    }
}

/* Values that are taken as they are; NULL: it is none. */
static const char **
text_of(struct args *a, enum option_id id)
{
    switch (id) {
    case OPT_HANDLES:
        return &a->handles;
    case OPT_TAG:
        return &a->tag;
    case OPT_ACCOUNT:
        return &a->account;
    case OPT_POST:
        return &a->post;
    case OPT_OUTPUT:
        return &a->output;
    case OPT_CONTROL:
        return &a->control;
    case OPT_HTTP:
        return &a->http;
    case OPT_TLS_CERT:
        return &a->tls_cert;
    case OPT_TLS_KEY:
        return &a->tls_key;
    case OPT_TLS_CLIENT_CA:
        return &a->tls_client_ca;
    case OPT_SOCKET_OWNER:
        return &a->socket_owner;
    case OPT_USER:
        return &a->user;
    case OPT_JOURNAL:
        return &a->journal;
    case OPT_SIGN_KEY:
        return &a->sign_key;
    case OPT_STORE:
        return &a->store;
    case OPT_FEED:
        return &a->feed;
    case OPT_HEAD:
        return &a->head;
    case OPT_PUBLIC_KEY:
        return &a->public_key;
    case OPT_LABEL_SRC:
        return &a->label_src;
    default:
        return NULL;
    }
}

bool
option_take(struct args *a, enum option_id id, const char *value, weir_buf *why)
{
    const char **text = text_of(a, id);

    if (text)
        return take_text(text, value, why);
    switch (id) {
    case OPT_RULES:
        strings_add(&a->rules, value);
        return true;
    case OPT_REDO:
        strings_add(&a->redo, value);
        return true;
    case OPT_OLD:
        strings_add(&a->old_rules, value);
        return true;
    case OPT_NEW:
        strings_add(&a->new_rules, value);
        return true;
    case OPT_LISTEN:
        strings_add(&a->listen, value);
        return true;
    case OPT_CLOCK:
    case OPT_OLD_CLOCK:
    case OPT_NEW_CLOCK:
        return take_clock(a, id, value, why);
    case OPT_UNDECIDED:
    case OPT_TAGS:
        return take_choice(a, id, value, why);
    case OPT_OWNER:
        return take_owner(value, &a->owner, why);
    case OPT_OWNER_ID:
        return take_owner_id(value, &a->owner_id, why);
    case OPT_OUT:
        return run_output_named(value, why) && take_text(&a->out, value, why);
    case OPT_CHANGES:
        return run_output_named(value, why) && take_text(&a->changes, value, why);
    case OPT_FSYNC:
        return take_fsync(value, &a->fsync, why);
    case OPT_MAX_LINE:
        return take_size(value, &a->answer.max_line, why);
    case OPT_REGION:
        return take_region(value, &a->region, why);
    case OPT_AT:
        a->has_at = true;
        a->at = value;
        return take_time(value, &a->at_ms, "", why);
    case OPT_SOCKET_MODE:
        return take_mode(value, &a->socket_mode, why);
    case OPT_CONTROL_MODE:
        return take_mode(value, &a->control_mode, why);
    case OPT_BLOCKED_BY:
        return take_url(value, &a->blocked_by, why);
    case OPT_MATCH_OFF:
        return take_parts(value, &a->answer.match_off, why);
    case OPT_EMIT:
        return take_emit(a, value, why);
    case OPT_ONLY:
    case OPT_RULE:
    case OPT_ORDER:
    case OPT_SINCE:
    case OPT_UNTIL:
        return take_choice_of(a, id, value, why);
    case OPT_WORKERS:
    case OPT_SAMPLES:
    case OPT_THREADS:
    case OPT_MAX_CONNECTIONS:
    case OPT_MAX_MEMORY:
    case OPT_MAX_SHRINK:
    case OPT_RETAIN:
    case OPT_HEAD_EVERY:
    case OPT_IDLE_TIMEOUT:
    case OPT_LINE_TIMEOUT:
    case OPT_SEND_TIMEOUT:
    case OPT_HTTP_CONNECTIONS:
    case OPT_HTTP_TIMEOUT:
    case OPT_DRAIN:
        return take_limit(a, id, value, why);
    default:
        return take_flag(a, id);
    }
}
