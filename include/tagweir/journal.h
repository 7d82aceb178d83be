/*
 * Decision journal: records and events in append-only files, each entry chained to the one before
 * by SHA-256, so that nobody can change, drop or move one later without its being seen.
 *
 * engine/audit/README.md describes the files, so that an auditor can check them without Tagweir.
 * Nothing here reads a clock: the time is an argument, in milliseconds since 1970-01-01 UTC.
 *
 *     weir_journal_open
 *     per batch: weir_journal_append…, weir_journal_write (to the file), weir_journal_sync (to the
 *                disk: from here on it may be answered)
 *     weir_journal_close
 *
 * Threads: a journal has one caller at a time; weir_journal_walk may run beside it, in any process.
 */
#ifndef TAGWEIR_JOURNAL_H
#define TAGWEIR_JOURNAL_H

#include <tagweir/common.h>
#include <tagweir/decide.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the format, as headers of segments hold it. */
#define WEIR_JOURNAL_FORMAT 1
/** Hex digits of a hash, without a NUL. */
#define WEIR_JOURNAL_HASH 64
/** What a segment grows to before the next one is begun, unless told otherwise. */
#define WEIR_JOURNAL_SEGMENT_BYTES (UINT64_C(256) << 20)
/** Longest line that is written, or accepted by a reader, its newline included. */
#define WEIR_JOURNAL_LINE_MAX ((size_t)64 << 20)

/* What an entry is: name, key of the line that holds it. */
#define WEIR_JOURNAL_ENTRIES(X)                                                                    \
    X(HEADER, "header") /* first of a segment */                                                   \
    X(RECORD, "record") /* a record, with the bytes that it was answered with */                   \
    X(EVENT, "event")                                                                              \
    X(END, "end") /* last of a finished segment */

typedef enum weir_journal_kind {
#define X(name, text) WEIR_JOURNAL_##name,
    WEIR_JOURNAL_ENTRIES(X)
#undef X
    WEIR_JOURNAL_NKINDS
} weir_journal_kind;

/* Events: name, `kind` in the line. The library itself records start, stop, retired and torn. */
#define WEIR_JOURNAL_EVENTS(X)                                                                     \
    X(START, "start")     /* the journal was opened; `why` */                                      \
    X(STOP, "stop")       /* it was closed in order */                                             \
    X(RELOAD, "reload")   /* other rules from here on: `from`, `to`, `by` */                       \
    X(TRIP, "trip")       /* a breaker tripped: `rule` or the set, `how`, `by` */                  \
    X(RESET, "reset")     /* it was reset: `rule` or the set, `by` */                              \
    X(RETIRED, "retired") /* segments `first` to `last` are deleted: `seq`, `hash` of the last */  \
    X(TORN, "torn")       /* a torn tail was moved aside: `file`, `bytes` */

typedef enum weir_journal_event_kind {
#define X(name, text) WEIR_JOURNAL_##name,
    WEIR_JOURNAL_EVENTS(X)
#undef X
    WEIR_JOURNAL_NEVENTS
} weir_journal_event_kind;

/* Why a journal starts, and why a segment ends. */
#define WEIR_JOURNAL_WHYS(X)                                                                       \
    X(NEW, "new")      /* start: there was no journal */                                           \
    X(STOPPED, "stop") /* start: it was closed before; end: it is closed */                        \
    X(CRASH, "crash")  /* start, end: it was left without being closed */                          \
    X(FULL, "full")    /* end: the segment has reached its size */                                 \
    X(DAY, "day")      /* end: a new day began (UTC) */

typedef enum weir_journal_why {
#define X(name, text) WEIR_JOURNAL_WHY_##name,
    WEIR_JOURNAL_WHYS(X)
#undef X
    WEIR_JOURNAL_NWHYS
} weir_journal_why;

/** "header", "record", "event" or "end"; static storage. */
WEIR_API const char *weir_journal_kind_name(weir_journal_kind k);
/** The `kind` of an event; static storage. */
WEIR_API const char *weir_journal_event_name(weir_journal_event_kind k);
/** The `why` of a start or an end; static storage. */
WEIR_API const char *weir_journal_why_name(weir_journal_why w);

/**
 * An event, to be appended or as read. Only what its kind needs is looked at; the rest is zero.
 * Spans are borrowed; they are UTF-8.
 */
typedef struct weir_journal_event {
    weir_journal_event_kind kind;
    int64_t at_ms;
    weir_journal_why why; /* start */
    weir_span rule;       /* trip, reset: the rule's id; {NULL, 0}: the breaker of the whole set */
    weir_trip how;        /* trip: WEIR_TRIP_ALERT or WEIR_TRIP_OBSERVE */
    weir_span by;         /* reload, trip, reset: who or what, for people ("SIGHUP", "ctl, uid 0",
                             "its cap of 120 a minute"); {NULL, 0}: not said */
    weir_span from, to;   /* reload: digests, 64 hex digits each */
    uint32_t first, last; /* retired: segments */
    uint64_t seq;         /* retired: of the last entry that is gone */
    weir_span hash;       /* retired: of that entry, 64 hex digits */
    weir_span file;       /* torn: its name in the folder */
    uint64_t bytes;       /* torn */
} weir_journal_event;

/* Writing ---------------------------------------------------------------------------------- */

typedef struct weir_journal weir_journal;

/** How a journal is kept. Zero-initialise; strings are copied. */
typedef struct weir_journal_options {
    const char *digest;     /* of the rules in use: weir_ruleset_digest; required */
    const char *clock;      /* as `--clock` has it: "now", "created" or a time; required */
    const char *sign_key;   /* PEM file of an Ed25519 private key, without a password; NULL: none */
    uint64_t segment_bytes; /* a segment of so many is ended; 0: WEIR_JOURNAL_SEGMENT_BYTES */
    uint32_t retain_days;   /* segments whose end is older are deleted; 0: none ever */
} weir_journal_options;

/**
 * Open a journal for writing. Makes the folder (mode 0700, its parent must be there) where it is
 * absent, and locks it: a second writer, in this process or another, is refused. Checks the chain
 * of the last segment; ends that segment if a crash left it unfinished; begins a new one with a
 * header and a `start`. All of that is on the disk when the call returns.
 *
 * A torn tail (a last line without its newline, or blocks of zeroes that a loss of power left) is
 * moved into a file of its own, `NNNNNNNN.torn-K`, never deleted; a warning and an event say so.
 * Where the chain is broken otherwise, nothing is touched. A warning also says where what is there
 * is signed, and no key is given.
 *
 * May be killed at any moment: opening it again goes on where it was.
 *
 * @param dir     Its folder; the path is copied.
 * @param diags   Gets warnings, and errors with the file and line that they are about.
 * @param out     Written on WEIR_OK; release with weir_journal_close or weir_journal_abandon.
 * @retval WEIR_E_IO   Another writer has it, a file or the key cannot be read or written, or the
 *                     chain is broken: diags say which and what to do.
 * @retval WEIR_E_ARG  The digest is not 64 hex digits or the clock is missing: no message.
 * @retval WEIR_E_NOMEM
 */
WEIR_API weir_status weir_journal_open(const char *dir, const weir_journal_options *options,
                                       int64_t now_ms, weir_diags *diags, weir_journal **out);

/**
 * Append records. They are chained and kept in memory until weir_journal_write.
 *
 * @param records  Whole lines, each a JSON object as the functions of audit.h make them, each with
 *                 its newline. Their bytes are not changed.
 * @retval WEIR_E_ARG    A line is no object, has no newline or is longer than
 *                       WEIR_JOURNAL_LINE_MAX allows. Nothing was appended.
 * @retval WEIR_E_NOMEM  Nothing was appended; writing what is there makes room.
 * @retval WEIR_E_IO     The journal has failed before: weir_journal_error.
 */
WEIR_API weir_status weir_journal_append(weir_journal *j, weir_span records);

/**
 * Append an event, as weir_journal_append does records. A reload's `to` is the digest of later
 * headers. Statuses as there; WEIR_E_ARG: a kind that the library records itself (start, stop,
 * retired, torn), a digest that is none, or text that is not UTF-8.
 */
WEIR_API weir_status weir_journal_append_event(weir_journal *j, const weir_journal_event *e);

/** Bytes that are appended and not yet written: for callers that bound their batches. */
WEIR_API size_t weir_journal_pending(const weir_journal *j);

/**
 * Write to the file what was appended. Then, where the segment has reached its size or its day
 * (UTC) is over, ends it, begins the next one, both synced, and retires segments that are older
 * than `retain_days`. To be called once in a while without anything appended, too (days end).
 *
 * @retval WEIR_E_IO  The journal has failed for good (weir_journal_error says why), and so will
 *                    every later call but weir_journal_get_head, _close and _abandon. A line that
 *                    was half written is cut off again if that can be done, and is a torn tail if
 *                    not: what was written before still verifies.
 * @retval WEIR_E_NOMEM  What was appended is written, and the segment goes on for want of memory
 *                    to end it: the next call tries again.
 */
WEIR_API weir_status weir_journal_write(weir_journal *j, int64_t now_ms);

/**
 * Wait until what was written is on the disk (fdatasync). Costs nothing if it is.
 * @retval WEIR_E_IO  As weir_journal_write. What a failed sync has lost cannot be known, so that
 *                    nothing is written any more.
 */
WEIR_API weir_status weir_journal_sync(weir_journal *j);

/** Where the chain stands. */
typedef struct weir_journal_head {
    uint64_t seq;                     /* of the last entry appended: their number since the first */
    char hash[WEIR_JOURNAL_HASH + 1]; /* of that entry; `HASH:SEQ` is what verify's --head takes */
    uint64_t written_seq;             /* up to here it is in the file */
    uint64_t synced_seq;              /* up to here it is on the disk */
    char synced_hash[WEIR_JOURNAL_HASH + 1]; /* of that entry: safe to be exported */
    uint32_t segment;                 /* the current one's number */
    uint64_t segment_bytes;           /* written to it so far */
} weir_journal_head;

/** The head as it is now; also of a journal that has failed. */
WEIR_API void weir_journal_get_head(const weir_journal *j, weir_journal_head *out);
/** Why the journal has failed, as a sentence with the file's path; NULL: it has not. */
WEIR_API const char *weir_journal_error(const weir_journal *j);
/**
 * What went wrong without harm to the chain since the last call (an old segment that could not be
 * deleted), as a sentence; NULL: nothing. Valid until the next call with this journal.
 */
WEIR_API const char *weir_journal_take_warning(weir_journal *j);

/**
 * Append a `stop`, write, end and sign the segment, and sync: for those who want the last head of
 * all (weir_journal_get_head) before they close it. Nothing may be appended or written afterwards.
 * @retval WEIR_E_IO     As weir_journal_write.
 * @retval WEIR_E_NOMEM  The journal is as it was.
 */
WEIR_API weir_status weir_journal_finish(weir_journal *j, int64_t now_ms);
/**
 * Finish, unless that was done; unlock and free. NULL is nothing to do.
 * @param diags  Gets the error; may be NULL.
 * @retval WEIR_E_IO, WEIR_E_NOMEM  It could not be closed in order; freed all the same.
 */
WEIR_API weir_status weir_journal_close(weir_journal *j, int64_t now_ms, weir_diags *diags);
/** Unlock and free, and write nothing: who opens it next finds a crash. NULL is nothing to do. */
WEIR_API void weir_journal_abandon(weir_journal *j);

/* Reading ---------------------------------------------------------------------------------- */

/** The header of a segment. Spans are borrowed from its line. */
typedef struct weir_journal_header {
    uint32_t format, segment;
    int64_t opened_ms;
    weir_span ruleset;      /* digest, 64 hex digits */
    weir_span version;      /* of the engine */
    weir_span unicode, icu; /* versions of the data */
    weir_span clock;        /* as `--clock` had it */
    weir_span previous;     /* hash of the entry before, 64 hex digits; zeroes: there is none */
} weir_journal_header;

/** The versions that headers name; static storage. */
typedef struct weir_journal_versions {
    const char *engine, *unicode, *icu;
} weir_journal_versions;

/** Those of this library, as it writes them. Other ones may decide otherwise. Any thread. */
WEIR_API void weir_journal_get_versions(weir_journal_versions *out);

/** The end of a segment. */
typedef struct weir_journal_end {
    uint32_t segment;
    uint64_t entries; /* of the segment, its header and this one included */
    weir_journal_why why;
    int64_t at_ms;
    weir_span key;       /* SHA-256 of the public key's 32 bytes, 64 hex digits */
    weir_span signature; /* base64; both {NULL, 0}: unsigned */
} weir_journal_end;

/** An entry whose place in the chain was checked. Valid during the call that gives it. */
typedef struct weir_journal_entry {
    weir_journal_kind kind;
    uint64_t seq;
    uint32_t segment; /* its number, as in the file's name */
    uint64_t line;    /* in the segment, from 1 */
    weir_span text;   /* the whole line without its newline */
    weir_span body;   /* the object: a record as it was answered, without a newline */
    weir_span hash;   /* 64 hex digits */
    weir_journal_header header; /* HEADER */
    weir_journal_event event;   /* EVENT */
    weir_journal_end end;       /* END */
} weir_journal_entry;

/** Called for every entry in order. false: enough, stop here. */
typedef bool (*weir_journal_visit)(const weir_journal_entry *entry, void *arg);

/** What the chain is to be held against besides itself. Zero: nothing. */
typedef struct weir_journal_expect {
    const char *head_hash;  /* 64 hex digits of an entry that must be there; NULL: none */
    uint64_t head_seq;      /* and its number; 0: any */
    const char *public_key; /* PEM file of one or more Ed25519 public keys; NULL: signatures are
                               not checked */
} weir_journal_expect;

/* What can be wrong. */
#define WEIR_JOURNAL_FINDINGS(X)                                                                   \
    X(NONE, "none")                                                                                \
    X(CHANGED, "changed")   /* its bytes do not give its hash */                                   \
    X(FORM, "form")         /* it is not written as the journal writes */                          \
    X(MISSING, "missing")   /* entries, or whole segments, before it are not there */              \
    X(ORDER, "order")       /* it is not in its place */                                           \
    X(CUT, "cut")           /* the journal breaks off in the middle of it */                       \
    X(TRAILING, "trailing") /* something follows the end of a segment */                           \
    X(SIGNATURE, "signature") /* by a key that was given, and the entries are not what it signed */ \
    X(UNPROVED, "unproved")   /* by another key, or by none: nobody has to have changed anything */ \
    X(HEAD, "head")           /* the head that was asked for is not there */

typedef enum weir_journal_finding {
#define X(name, text) WEIR_JOURNAL_FOUND_##name,
    WEIR_JOURNAL_FINDINGS(X)
#undef X
    WEIR_JOURNAL_NFINDINGS
} weir_journal_finding;

/** The finding in one word; static storage. */
WEIR_API const char *weir_journal_finding_name(weir_journal_finding f);

/* What is known of a segment's signature. */
#define WEIR_JOURNAL_SIGNATURES(X)                                                                 \
    X(NONE, "none")           /* the segment is not signed, or not ended */                        \
    X(UNCHECKED, "unchecked") /* signed, and no public key was given */                            \
    X(GOOD, "good")                                                                                \
    X(BAD, "bad")

typedef enum weir_journal_signature {
#define X(name, text) WEIR_JOURNAL_SIGNATURE_##name,
    WEIR_JOURNAL_SIGNATURES(X)
#undef X
    WEIR_JOURNAL_NSIGNATURES
} weir_journal_signature;

/** The same in a word; static storage. */
WEIR_API const char *weir_journal_signature_name(weir_journal_signature s);

/** A segment that was walked. */
typedef struct weir_journal_segment {
    uint32_t number;
    uint64_t first_seq, last_seq;
    int64_t opened_ms;
    bool ended;
    int64_t ended_ms;
    weir_journal_signature signature;
} weir_journal_segment;

/** A file that a torn tail was moved to. */
typedef struct weir_journal_torn {
    char file[40]; /* its name in the folder */
    uint64_t bytes;
} weir_journal_torn;

/** What a walk has proved. */
typedef struct weir_journal_proof {
    weir_journal_finding finding; /* the first one; NONE: the chain holds */
    char bad_file[40];            /* the segment's file name; "": about none */
    uint64_t bad_line;            /* in it, from 1; 0: about the file as a whole */
    uint64_t bad_seq;             /* the number that the bad entry has or should have; 0: none */
    char bad_post[256];           /* id of its post, where it can still be read, else "" */
    char why[768];                /* the finding for a person: what it is, and what it means */

    uint64_t first_seq, last_seq; /* of entries that were checked; 0: none */
    uint64_t records, events;     /* among them */
    uint64_t bytes;               /* that were checked */
    char hash[WEIR_JOURNAL_HASH + 1]; /* of the last one: the head */
    uint64_t retired_seq;         /* entries up to here are retired, as an event says; 0: none */
    bool writing;                 /* a writer has the journal open */
    uint64_t unfinished_bytes;    /* of a last line that it is still writing */
    bool closed;                  /* the last entry ends the journal in order */

    bool has_head;                /* the head that was expected is in the chain */
    uint64_t head_seq;            /* its number */

    uint64_t signed_seq; /* entries up to here are proved by a good signature; 0: none */

    weir_journal_segment *segments; /* in order, oldest first */
    size_t nsegments;
    weir_journal_torn *torn; /* in order of their names */
    size_t ntorn;
} weir_journal_proof;

/**
 * Check a journal from its oldest segment to its end, and visit its entries: each after its own
 * hash, number and form were found right, so that what a visitor sees is what was written. Stops at
 * the first finding. Needs no more memory than the longest line and a few bytes a segment.
 *
 * The chain by itself cannot show that its newest entries were cut off (or that all of it was
 * written anew): a head noted elsewhere shows it, or a signature.
 *
 * @param expect  What else must hold; NULL: nothing.
 * @param visit   NULL: only check.
 * @param diags   Gets an error where a file cannot be read; findings are in @p out.
 * @param out     Written always; release with weir_journal_proof_fini.
 * @retval WEIR_OK      Walked to the end, to the first finding, or until @p visit had enough (then
 *                      what @p expect asks for was not looked at).
 * @retval WEIR_E_IO    The folder holds no journal, or a file or the key cannot be read.
 * @retval WEIR_E_ARG   The head's hash is not 64 hex digits.
 * @retval WEIR_E_NOMEM
 */
WEIR_API weir_status weir_journal_walk(const char *dir, const weir_journal_expect *expect,
                                       weir_journal_visit visit, void *arg, weir_diags *diags,
                                       weir_journal_proof *out);
WEIR_API void weir_journal_proof_fini(weir_journal_proof *p);

#ifdef __cplusplus
}
#endif
#endif
