/*
 * Ranges of plain files, as portions: the lines that begin within one, read by offset. Private to
 * portions.
 */
#ifndef WEIR_REPLAY_RANGE_H
#define WEIR_REPLAY_RANGE_H

#include "replay/portions.h"

/* Room for so many bytes and the padding; what is there stays. @return false without memory. */
bool portion_make_room(struct portion *to, size_t n);
/* Its bytes are those of its memory. */
void portion_give(struct portion *to, size_t from, size_t upto);

/*
 * Read the lines that begin in [from, to) of the file. What is wrong with it is a fault, and noted.
 * @param keep  Of a line that is longer, so many bytes are enough.
 * @param path  For what is noted.
 * @return false without memory.
 */
bool range_read(struct portion *to, size_t keep, const char *path);

#endif
