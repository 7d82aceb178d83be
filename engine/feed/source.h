/*
 * Sources: a feed as one stream of lines, whatever it was packed in. What a feed is, is told by its
 * first bytes, not by its name (but see archive_no_feed):
 *
 *   packed    plain; gzip of any number of members, zeroes behind them dropped; zstd of any number
 *             of frames, skippable ones dropped, windows up to 128 MiB. xz, bzip2, zip and tar,
 *             also packed tar, are refused. What is packed twice is not looked into.
 *   arrays    a feed whose first byte that is no blank is `[`, or that begins as the files of an
 *             account archive do: `Grailbird.data.tweets_2013_01 = [`, or
 *             `window.YTD.tweets.part0 = [`. Each element becomes a line. (But where the first line
 *             is an array as a whole, and more than a `;` follows, these are lines, and one of them
 *             is a mistake.)
 *   lines     all else, byte for byte.
 *
 * Of an array, blanks between elements are dropped; within one, each line break or tab between
 * values becomes one blank, and all else stays byte for byte, so that an offset in a line is one in
 * the element. (A raw line break in a string, which JSON does not allow, becomes a CR, which it
 * does not allow either: the reader says so of this element.) `{"tweet": {…}}` is handed on as the
 * inner object alone, with offsets in that. A tweet of an account archive has no user:
 * `"user":{…}`, the owner, is added behind its last member, so that no offset before it moves; its
 * bytes count for the limit of a line. Elements may be of any length: of one that is longer than a
 * line may be, as much is handed on as makes the reader say so.
 *
 * What is damaged in a packed feed is handed on as long as it can be unpacked: that it is damaged
 * shows at the end of the member or frame, by its checksum, and what was handed on by then would
 * have to be kept for that. source_fault says which lines are proved, so that the others can be
 * taken back.
 *
 * A source belongs to one thread at a time.
 */
#ifndef WEIR_FEED_SOURCE_H
#define WEIR_FEED_SOURCE_H

#include <tagweir/common.h>

#include <sys/types.h>

/* Zeroes are the defaults. Strings are borrowed until source_open returns. */
struct source_options {
    /* Whose account archive it is, where no account.js lies beside it to say so: NULL: not said.
       The handle without `@`; the id may be missing. */
    const char *owner_id, *owner_handle;
    size_t max_line;     /* 0: the reader's default */
    const char *command; /* what the user ran, for messages: "replay" */
    /* A descriptor that becomes readable when reading is to stop. Looked at before each wait for
       what is no regular file. 0: there is none. */
    int stop_fd;
};

enum source_kind {
    SOURCE_LINES,    /* handed on as it is */
    SOURCE_ARRAY,    /* elements of an array as lines */
    SOURCE_NO_POSTS, /* recognised as no feed, and empty; source_note says what it is */
};

struct source;

/*
 * Open a feed, `-` for standard input, and read as much of it as tells what it is; waits for that
 * much of a pipe. What is damaged in it is left to source_read.
 * @param path  Copied.
 * @param why   Where NULL is returned, a whole sentence for a person is appended: no such file, xz
 *              or bzip2, tweets without an owner. Nothing is appended where stop_fd ended it;
 *              why->failed: no memory.
 * @return NULL, or a source to be given to source_close.
 */
struct source *source_open(const char *path, const struct source_options *o, weir_buf *why);
void source_close(struct source *s);

struct source_told {
    bool looked; /* it is a regular file; else nothing below is known */
    enum source_kind kind;
    bool owned; /* whose its tweets are is known by source_options alone */
};

/*
 * Could source_open open it, and what is it? For regular files alone; true for all others, `-`
 * among them, which are not touched. @param why  As of source_open.
 */
bool source_check(const char *path, const struct source_options *o, struct source_told *told,
                  weir_buf *why);

#define SOURCE_END 0
#define SOURCE_FAULT (-1)   /* source_fault says what; all that could be read was handed on */
#define SOURCE_STOPPED (-2) /* by stop_fd; to be called again if it was a mistake */

/*
 * Up to n > 0 bytes, as soon as there are any; they end anywhere in a line. @return their number,
 * or one of the above; the end and a fault are for good. At a fault, what came behind the last
 * newline is no line.
 */
ssize_t source_read(struct source *s, char *p, size_t n);

/*
 * After SOURCE_FAULT: what is wrong, where, how many bytes came before, and of damage which lines
 * a checksum proves, as a whole sentence (`x.gz: damaged at byte 1234 of the compressed file:
 * incorrect data check; …`). Else NULL. The source's; so is the note.
 */
const char *source_fault(const struct source *s);
/* A sentence about a feed that was skipped as a whole, as it holds no posts; NULL: nothing to say.
 */
const char *source_note(const struct source *s);

enum source_kind source_kind(const struct source *s);
/* "plain", "gzip" or "zstd"; static storage. */
const char *source_packing(const struct source *s);
/* Bytes may come as they happen: it is a pipe, a socket or a terminal. */
bool source_waits(const struct source *s);

/*
 * May the caller read ranges by pread, from any thread? So with plain regular files that are no
 * array: what source_read would hand on is [*from, *to) of *fd, where *to was the file's size when
 * it was opened. *fd is the source's. A caller does either: source_progress tells of source_read
 * alone.
 */
bool source_ranges(const struct source *s, int *fd, uint64_t *from, uint64_t *to);

/*
 * Bytes of the file (packed, where it is) that were read of *known, which is 0 where nobody knows.
 */
void source_progress(const struct source *s, uint64_t *done, uint64_t *known);
/* Bytes that source_read has handed on so far. */
uint64_t source_made(const struct source *s);

#endif
