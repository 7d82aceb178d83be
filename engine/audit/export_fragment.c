/*
 * Fragments: how a line travels from the worker that made it to the one that has seen all others.
 * They are copied in and out, as they lie at any address.
 */
#include "audit/exporting.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

size_t
weir__fragment_begin(weir_buf *out)
{
    size_t begin = out->len;

    if (weir_buf_reserve(out, sizeof(struct weir__fragment_head)))
        out->len += sizeof(struct weir__fragment_head);
    return begin;
}

void
weir__fragment_end(const weir_export *e, weir_buf *out, size_t begin, const weir_buf *about,
                   uint64_t what)
{
    struct weir__fragment_head head = {.said.what = what};

    if (out->failed)
        return;
    head.len = out->len - begin - sizeof head;
    if (about) {
        XXH128_hash_t h = XXH3_128bits_withSeed(about->p, about->len, e->seed);
        head.said.about[0] = h.low64;
        head.said.about[1] = h.high64 ? h.high64 : 1; /* never nothing */
        out->failed = about->failed;
    }
    memcpy(out->p + begin, &head, sizeof head);
}

void
weir__fragment_weaken(weir_buf *out, size_t begin)
{
    struct weir__fragment_head head;

    if (out->failed)
        return;
    memcpy(&head, out->p + begin, sizeof head);
    head.weak = 1;
    memcpy(out->p + begin, &head, sizeof head);
}

uint64_t
weir__hash_text(const weir_export *e, weir_span s)
{
    return XXH3_64bits_withSeed(s.p, s.len, e->seed);
}

void
weir__about_add(weir_buf *about, weir_span part)
{
    weir_buf_put_u64(about, part.len);
    weir_buf_putc(about, ':');
    weir_buf_put(about, part);
}
