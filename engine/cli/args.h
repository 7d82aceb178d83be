/*
 * The command line: one table of all options, of which each command accepts some, so that an
 * option means the same wherever it is accepted.
 */
#ifndef WEIR_CLI_ARGS_H
#define WEIR_CLI_ARGS_H

#include "cli/touched.h"

#include "flow/answer.h"

#include <sys/stat.h>

struct strings {
    const char **v;
    size_t n, cap;
};

void strings_add(struct strings *s, const char *text);

#define OPTIONS(X)                                                                                 \
    X(RULES, "rules", 'r', "PATH")                                                                 \
    X(OLD, "old", 0, "PATH")                                                                       \
    X(NEW, "new", 0, "PATH")                                                                       \
    X(LISTEN, "listen", 'l', "ADDRESS")                                                            \
    X(CLOCK, "clock", 0, "WHEN")                                                                   \
    X(OLD_CLOCK, "old-clock", 0, "WHEN")                                                           \
    X(NEW_CLOCK, "new-clock", 0, "WHEN")                                                           \
    X(UNDECIDED, "undecided", 0, "WHAT")                                                           \
    X(TAGS, "tags", 0, "WHICH")                                                                    \
    X(HANDLES, "handles", 0, "FILE")                                                               \
    X(OWNER, "owner", 0, "HANDLE")                                                                 \
    X(OWNER_ID, "owner-id", 0, "ID")                                                               \
    X(MAX_LINE, "max-line", 0, "BYTES")                                                            \
    X(EXPLAIN, "explain", 0, NULL)                                                                 \
    X(STRICT, "strict", 0, NULL)                                                                   \
    X(TAG, "tag", 't', "TAG")                                                                      \
    X(ACCOUNT, "account", 'a', "ACCOUNT")                                                          \
    X(POST, "post", 'p', "FILE")                                                                   \
    X(REGION, "region", 0, "CODE")                                                                 \
    X(AT, "at", 0, "TIME")                                                                         \
    X(OUTPUT, "output", 'o', "FILE")                                                               \
    X(SOCKET_MODE, "socket-mode", 0, "MODE")                                                       \
    X(INSECURE, "insecure", 0, NULL)                                                               \
    X(DRAIN, "drain", 0, "SECONDS")                                                                \
    X(THREADS, "threads", 0, "NUMBER")                                                             \
    X(OUT, "out", 'o', "FILE")                                                                     \
    X(CHANGES, "changes", 0, "FILE")                                                               \
    X(SAMPLES, "samples", 0, "NUMBER")                                                             \
    X(EMIT, "emit", 0, "KIND")                                                                     \
    X(LABEL_SRC, "label-src", 0, "DID")                                                            \
    X(RESUME, "resume", 0, NULL)                                                                   \
    X(ONLY, "only", 0, "ACTIONS")                                                                  \
    X(RULE, "rule", 0, "ID")                                                                       \
    X(ORDER, "order", 0, "ID")                                                                     \
    X(SINCE, "since", 0, "TIME")                                                                   \
    X(UNTIL, "until", 0, "TIME")                                                                   \
    X(WORKERS, "workers", 'w', "NUMBER")                                                           \
    X(MAX_CONNECTIONS, "max-connections", 0, "NUMBER")                                             \
    X(MAX_MEMORY, "max-memory", 0, "BYTES")                                                        \
    X(IDLE_TIMEOUT, "idle-timeout", 0, "SECONDS")                                                  \
    X(LINE_TIMEOUT, "line-timeout", 0, "SECONDS")                                                  \
    X(SEND_TIMEOUT, "send-timeout", 0, "SECONDS")                                                  \
    X(MAX_SHRINK, "max-shrink", 0, "PERCENT")                                                      \
    X(TLS_CERT, "tls-cert", 0, "FILE")                                                             \
    X(TLS_KEY, "tls-key", 0, "FILE")                                                               \
    X(TLS_CLIENT_CA, "tls-client-ca", 0, "FILE")                                                   \
    X(SOCKET_OWNER, "socket-owner", 0, "USER:GROUP")                                               \
    X(USER, "user", 0, "USER:GROUP")                                                               \
    X(WATCH, "watch", 0, NULL)                                                                     \
    X(LOG_TIMES, "log-times", 0, NULL)                                                             \
    X(CONTROL, "control", 0, "ADDRESS")                                                            \
    X(CONTROL_MODE, "control-mode", 0, "MODE")                                                     \
    X(DRY_RUN, "dry-run", 0, NULL)                                                                 \
    X(FEED, "feed", 0, "FILE")                                                                     \
    X(HTTP, "http", 0, "ADDRESS")                                                                  \
    X(HTTP_CONNECTIONS, "http-connections", 0, "NUMBER")                                           \
    X(HTTP_TIMEOUT, "http-timeout", 0, "SECONDS")                                                  \
    X(BLOCKED_BY, "blocked-by", 0, "URL")                                                          \
    X(ACCEPT_SHRINK, "accept-shrink", 0, NULL)                                                     \
    X(JOURNAL, "journal", 0, "DIR")                                                                \
    X(JOURNAL_ALL, "journal-all", 0, NULL)                                                         \
    X(FSYNC, "fsync", 0, "WHEN")                                                                   \
    X(SIGN_KEY, "sign-key", 0, "FILE")                                                             \
    X(RETAIN, "retain", 0, "DAYS")                                                                 \
    X(HEAD_EVERY, "head-every", 0, "NUMBER")                                                       \
    X(STORE, "store", 0, "DIR")                                                                    \
    X(COST, "cost", 0, NULL)                                                                       \
    X(NO_TESTS, "no-tests", 0, NULL)                                                               \
    X(NO_JIT, "no-jit", 0, NULL)                                                                   \
    X(MATCH_OFF, "match-off", 0, "PARTS")                                                          \
    X(HEAD, "head", 0, "HASH[:COUNT]")                                                             \
    X(PUBLIC_KEY, "public-key", 0, "FILE")                                                         \
    X(REDO, "redo", 0, "FEED")                                                                     \
    X(PART, "part", 0, NULL)                                                                       \
    X(JSON, "json", 0, NULL)                                                                       \
    X(QUIET, "quiet", 'q', NULL)                                                                   \
    X(HELP, "help", 'h', NULL)

enum option_id {
#define X(id, name, letter, value) OPT_##id,
    OPTIONS(X)
#undef X
        OPT_COUNT
};

/* A list of options, which ends in HELP: that is always among them. */
#define OPTIONS_OF(...) ((const enum option_id[]){__VA_ARGS__ __VA_OPT__(, ) OPT_HELP})
bool options_have(const enum option_id *options, enum option_id id);

/* A clock of its own, for one of two rule sets. */
struct args_clock {
    bool given;
    enum answer_clock clock;
    int64_t at_ms;
};

/* What the command line said; what it did not say has its default. */
struct args {
    bool given[OPT_COUNT]; /* was said, whatever it was */
    struct strings rules, old_rules, new_rules, listen, plain;
    struct strings by_rule, by_order; /* --rule and --order */
    struct strings redo;              /* verify: feeds, to which its further arguments are added */
    struct answer_options answer;     /* all but the handles, which are to be loaded */
    struct args_clock old_clock, new_clock; /* instead of answer's */
    const char *control, *http, *blocked_by, *tls_cert, *tls_key, *tls_client_ca, *socket_owner,
        *user;
    const char *journal, *sign_key, *store;
    const char *head, *public_key; /* verify */
    const char *owner;             /* without `@` */
    const char *feed, *handles, *owner_id, *tag, *account, *post, *output;
    uint16_t region; /* WEIR_REGION_NONE: not said */
    bool has_at;
    int64_t at_ms;
    const char *at;
    mode_t socket_mode, control_mode;
    unsigned drain_ms, idle_ms, line_ms, send_ms, http_ms;
    const char *out;     /* NULL: standard output */
    const char *changes; /* NULL: nowhere */
    size_t samples;
    bool emits;            /* --emit was said, */
    weir_export_kind emit; /* and what */
    const char *label_src;
    size_t threads, workers;            /* 0: as many as there are cores */
    uint32_t only;                      /* bit (1 << weir_action); 0: all */
    int64_t since_ms, until_ms;         /* INT64_MIN, INT64_MAX: not said */
    size_t max_connections, max_memory; /* 0: no limit */
    size_t max_shrink;                  /* percent */
    size_t http_connections;
    int fsync;                      /* of always, interval, never, in this order; -1: not said */
    size_t retain_days, head_every; /* 0: for ever; only at the end */
    bool strict, insecure, watch, accept_shrink, dry_run, cost, no_tests, json, quiet;
    bool log_times, journal_all, resume, part;
    struct touched *touched; /* owned: the files of the run that they are of */
};

struct command {
    const char *name;
    const char *usage;             /* behind `tagweir NAME ` */
    const char *does;              /* one line */
    const char *more;              /* paragraphs of its --help; may be NULL */
    const enum option_id *options; /* OPTIONS_OF(…) */
    const char *plain;             /* what an argument without an option is; NULL: there are none */
    int (*run)(const struct args *a);
};

/* Nothing is left to do after help (EXIT_DONE) or bad usage (EXIT_USAGE); ARGS_GO: run. */
#define ARGS_GO (-1)
int args_read(const struct command *cmd, int argc, char **argv, struct args *out);
void args_fini(struct args *a);

/* Says what is wrong with the usage, and where help is. @return EXIT_USAGE. */
int args_bad(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* options.c: the meaning of one option. false: `why` says what was expected. */
bool option_take(struct args *a, enum option_id id, const char *value, weir_buf *why);
/* options.c: a line of help. */
const char *option_help(enum option_id id, const char *command);

/* The whole help of a command. */
void help_command(const struct command *cmd, weir_buf *out);
/* The nearest of the names, or NULL where none is near. */
const char *help_nearest(const char *name, const char *const *names, size_t n);

#endif
