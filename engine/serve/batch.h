/*
 * Batches: lines that were framed are answered until there are none, or so much was done that
 * others want a turn. Streams and the desk work by them.
 */
#ifndef WEIR_SERVE_BATCH_H
#define WEIR_SERVE_BATCH_H

#include "flow/answer.h"
#include "flow/frame.h"

/* Bytes of answers that a batch makes; the last answer may overshoot it. */
#define BATCH_OUT ((size_t)256 * 1024)
/* How much work (as answer.h counts it) a batch is: well under a millisecond by most rules, and not
   much more than a turn by slow ones. */
#define BATCH_WORK ((size_t)32 * 1024)
/* How long a turn of batches lasts behind its first one, for which a line may have to be read
   again: the longer, the less that weighs. */
#define BATCH_TURN_US 5000

/*
 * @param line  What the last batch left off at; done: nothing.
 * @param eof   No chunk will follow: a last line needs no newline.
 * @return FRAME_LINE: the batch is full, and more may be left; FRAME_MORE: nothing is; FRAME_NOMEM:
 *         whole records only stand in `out`, and none may follow.
 */
enum frame_result batch_work(struct answerer *a, struct frame *f, struct answer_line *line,
                             bool eof, int64_t now_ms, weir_buf *out);

/* Answers that end in these bytes: a newline each, and none before it. */
uint64_t batch_answers_in(const char *p, size_t len);

#endif
