/*
 * Batches: lines that were framed are answered, many together, until there are none, or so much was
 * done that others want a turn. Streams, the desk and replays work by them.
 */
#ifndef WEIR_FLOW_BATCH_H
#define WEIR_FLOW_BATCH_H

#include "flow/answer.h"
#include "flow/frame.h"

/*
 * @param line  What the last batch left off at; done: nothing.
 * @param eof   No chunk will follow: a last line needs no newline.
 * @param room  Some of each kind; counted down. The last answer may overshoot it.
 * @return FRAME_LINE: the room is used up, and more may be left; FRAME_MORE: nothing is;
 *         FRAME_NOMEM: whole records only stand in `out`, and none may follow.
 */
enum frame_result batch_work(struct answerer *a, struct frame *f, struct answer_line *line,
                             bool eof, int64_t now_ms, struct answer_room *room, weir_buf *out);

/* Answers that end in these bytes: a newline each, and none before it. */
uint64_t batch_answers_in(const char *p, size_t len);

#endif
