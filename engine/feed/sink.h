/*
 * Sinks: where records go, plain or packed. Packing is apart from writing. Any number of threads
 * pack, each by a packer of its own, each block to a gzip member or zstd frame of its own, and one
 * thread writes the packed blocks in their order. So the bytes of a file depend on those of its
 * blocks alone, never on how many threads there were: headers carry neither time nor name.
 */
#ifndef WEIR_FEED_SINK_H
#define WEIR_FEED_SINK_H

#include <tagweir/common.h>

enum sink_packing { SINK_PLAIN, SINK_GZIP, SINK_ZSTD };

/* By how the name ends, in any case: `.gz`, `.zst`; all else, `-` among it, is plain. */
enum sink_packing sink_packing_of(const char *path);
/* By a word: plain, gzip, zstd. false: it is none of them. */
bool sink_packing_named(const char *word, enum sink_packing *out);

/* ---- packing: one packer a thread ---- */

struct packer;

/* @return NULL without memory. */
struct packer *packer_new(enum sink_packing packing);
void packer_free(struct packer *p);

/*
 * Append a block, packed, to `out`: a whole member or frame; nothing for an empty block. Plain
 * blocks are copied, so whoever knows that they are plain may as well write them as they are.
 * @return false without memory; `out` is as it was, and the packer may be used again.
 */
bool packer_pack(struct packer *p, weir_span block, weir_buf *out);
/* What a packed file is that holds nothing, as one of no bytes is damaged to who unpacks it: a
   member or frame without any. Of plain ones, nothing. @return as of packer_pack. */
bool packer_pack_nothing(struct packer *p, weir_buf *out);

/* ---- writing: one thread at a time ---- */

struct sink;

#define SINK_ANEW UINT64_MAX

/*
 * Open a file to be written, `-` for standard output. What a file held goes, but for its first
 * `from` bytes where that is not SINK_ANEW, and writing goes on behind them (members and frames
 * can be gone on behind as lines can, at the end of a block). `from` needs a regular file.
 * @param feeds  What is read meanwhile, `-` for standard input: it is refused to write onto one of
 *               these (the same regular file by any name), before anything is changed; as it is
 *               onto a file that another sink writes.
 * @param path   Copied.
 * @param why    Where NULL is returned, a whole sentence is appended; why->failed: no memory.
 */
struct sink *sink_open(const char *path, uint64_t from, const char *const *feeds, size_t nfeeds,
                       weir_buf *why);

/*
 * Which of the feeds is the file `path` (`-`: standard output), by any of its names? NULL: none is,
 * or it is no regular file. For asking before there is a sink.
 */
const char *sink_is_feed(const char *path, const char *const *feeds, size_t nfeeds);

/*
 * Write all of it, waiting where the reader is slow. @return false: sink_fault says why, and
 * nothing is to be written any more; what of it was written stands in sink_written.
 */
bool sink_write(struct sink *s, const char *p, size_t len);

/* Is it a pipe, whose reader is woken by what is written? */
bool sink_is_pipe(const struct sink *s);

/* Bytes that the file holds by writing: `from`, and all that was written since. */
uint64_t sink_written(const struct sink *s);

/*
 * Wait until a regular file's bytes are on its disk; nothing to do for others. @return as of
 * sink_write.
 */
bool sink_sync(struct sink *s);

/* The sentence of what failed (`out.gz: No space left on device`), NULL: nothing did. */
const char *sink_fault(const struct sink *s);
/* Its errno, 0: nothing did. A reader that went away (EPIPE) is hardly worth a message. */
int sink_errno(const struct sink *s);

/*
 * Close it, and free the sink. Some systems tell of a full disk only now.
 * @param why  As of sink_open, for a fault of closing; NULL: nobody asks.
 * @return false where closing failed. What failed before was told before.
 */
bool sink_close(struct sink *s, weir_buf *why);

#endif
