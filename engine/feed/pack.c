/*
 * Packing blocks. Each is a member or frame of its own, made by a state that begins anew: the same
 * block gives the same bytes whoever packs it, and whatever was packed before.
 */
#include "feed/sink.h"

#include "flow/check.h"

#include <zlib.h>
#include <zstd.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* By measure, on records of real feeds: a tenth larger than by level 6, at less than half the time.
 */
#define GZIP_LEVEL 3
/* Records are alike, so that looking farther finds nothing: higher levels are slower, and larger.
 */
#define ZSTD_LEVEL 1

/* 15 bits of window, and gzip's header. */
#define GZIP_WINDOW_BITS (15 + 16)
#define GZIP_MEMORY 8

struct packer {
    uint32_t magic;
    enum sink_packing packing;
    z_stream z;
    ZSTD_CCtx *zstd;
};

static bool
ends_in(const char *path, const char *suffix)
{
    size_t len = strlen(path), n = strlen(suffix);

    return len > n && strcasecmp(path + len - n, suffix) == 0;
}

enum sink_packing
sink_packing_of(const char *path)
{
    return ends_in(path, ".gz") ? SINK_GZIP : ends_in(path, ".zst") ? SINK_ZSTD : SINK_PLAIN;
}

bool
sink_packing_named(const char *word, enum sink_packing *out)
{
    static const char *const words[] = {"plain", "gzip", "zstd"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum sink_packing)i;
            return true;
        }
    return false;
}

static bool
start(struct packer *p)
{
    switch (p->packing) {
    case SINK_GZIP:
        return deflateInit2(&p->z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY,
                            Z_DEFAULT_STRATEGY) == Z_OK;
    case SINK_ZSTD:
        p->zstd = ZSTD_createCCtx();
        return p->zstd &&
               !ZSTD_isError(
                   ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
               !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1));
    default:
        return true;
    }
}

struct packer *
packer_new(enum sink_packing packing)
{
    struct packer *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->magic = PACKER_MAGIC;
    p->packing = packing;
    if (start(p))
        return p;
    packer_free(p);
    return NULL;
}

void
packer_free(struct packer *p)
{
    if (!p)
        return;
    CHECK_OBJ(p, PACKER_MAGIC);
    p->magic = 0;
    if (p->packing == SINK_GZIP)
        (void)deflateEnd(&p->z);
    (void)ZSTD_freeCCtx(p->zstd);
    free(p);
}

/* The next part of a block: zlib counts in 32 bits. */
static uInt
part_of(size_t n)
{
    return n < (1u << 30) ? (uInt)n : 1u << 30;
}

static bool
pack_gzip(struct packer *p, weir_span block, weir_buf *out)
{
    size_t most = deflateBound(&p->z, block.len), left = block.len;
    char *room = weir_buf_reserve(out, most);
    int got = Z_OK;

    if (!room || deflateReset(&p->z) != Z_OK)
        return false;
    char *at = room;
    p->z.next_in = (Bytef *)(uintptr_t)block.p;
    while (got == Z_OK) {
        uInt in = part_of(left), space = part_of(most - (size_t)(at - room));

        p->z.avail_in = in;
        p->z.next_out = (Bytef *)at;
        p->z.avail_out = space;
        got = deflate(&p->z, in == left ? Z_FINISH : Z_NO_FLUSH);
        left -= in - p->z.avail_in;
        at += space - p->z.avail_out;
    }
    CHECK(got == Z_STREAM_END);
    out->len += (size_t)(at - room);
    return true;
}

static bool
pack_zstd(struct packer *p, weir_span block, weir_buf *out)
{
    size_t most = ZSTD_compressBound(block.len);
    char *room = weir_buf_reserve(out, most);

    if (!room)
        return false;
    size_t n = ZSTD_compress2(p->zstd, room, most, block.p, block.len);
    if (ZSTD_isError(n))
        return false; /* with so much room, it lacks memory */
    out->len += n;
    return true;
}

static bool
pack(struct packer *p, weir_span block, weir_buf *out)
{
    switch (p->packing) {
    case SINK_GZIP:
        return pack_gzip(p, block, out);
    case SINK_ZSTD:
        return pack_zstd(p, block, out);
    default:
        weir_buf_put(out, block);
        return !out->failed;
    }
}

bool
packer_pack(struct packer *p, weir_span block, weir_buf *out)
{
    CHECK_OBJ(p, PACKER_MAGIC);
    return block.len ? pack(p, block, out) : !out->failed;
}

bool
packer_pack_nothing(struct packer *p, weir_buf *out)
{
    CHECK_OBJ(p, PACKER_MAGIC);
    return pack(p, (weir_span){"", 0}, out);
}
