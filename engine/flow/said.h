/*
 * Sentences that were put together for a person.
 */
#ifndef WEIR_FLOW_SAID_H
#define WEIR_FLOW_SAID_H

#include <tagweir/common.h>

/* Ends the text with a NUL. @return it, good until the buffer changes; where there was no memory
   for it, a sentence that says so. */
static inline const char *
said_text(weir_buf *b)
{
    weir_buf_putc(b, '\0');
    return b->failed ? weir_status_text(WEIR_E_NOMEM) : b->p;
}

#endif
