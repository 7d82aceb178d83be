/*
 * Memo: its memory, and when it rests.
 */
#include "match/memo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Keys asked for in a round awake and in one at rest, and how many of the former must be known for
   it to stay awake: a probe costs about a third of what it spares. */
#define ROUND 4096u
#define REST 65536u
#define WORTH (ROUND / 3)

weir_status
weir__memo_init(struct weir__memo *m, unsigned bits)
{
    size_t size = sizeof *m->cells << bits;

    *m = (struct weir__memo){.shift = 64 - bits};
    m->cells = aligned_alloc(sizeof *m->cells, size);
    if (!m->cells)
        return WEIR_E_NOMEM;
    memset(m->cells, 0, size);
    if (getrandom(&m->seed, sizeof m->seed, GRND_NONBLOCK) != sizeof m->seed)
        m->seed = (uint64_t)(uintptr_t)m; /* early at boot: the address is better than nothing */
    return WEIR_OK;
}

void
weir__memo_fini(struct weir__memo *m)
{
    free(m->cells);
    m->cells = NULL;
}

void
weir__memo_count(struct weir__memo *m, size_t n, size_t known)
{
    m->asked += (uint32_t)n;
    m->known += (uint32_t)known;
    if (m->asked < (m->rests ? REST : ROUND))
        return;
    m->rests = !m->rests && m->known < WORTH;
    m->asked = m->known = 0;
}
