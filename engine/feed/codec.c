/*
 * Unpacking. Promised: the same bytes as zcat and zstdcat give, however the packed ones arrive; but
 * what they pass over with a warning, bytes behind the last member, is an error here: a feed that
 * ends in garbage may have lost more than that.
 */
#include "feed/codec.h"

#include "flow/check.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <stdlib.h>

/* 15 bits of window, which is all there is, and gzip's headers alone. */
#define GZIP_WINDOW_BITS (15 + 16)

/* Where in a stream of members or frames we are. */
enum where {
    WITHIN,
    BETWEEN, /* behind one */
    ZEROES,  /* gzip: in what fills up the last block of a tape */
};

struct codec {
    uint32_t magic;
    enum codec_kind kind;
    enum where where;
    z_stream z;
    ZSTD_DCtx *zstd;
    uint64_t given, proved; /* bytes in all; as codec_proved has it */
    uint64_t frame;         /* zstd: bytes that were taken of the frame */
    bool has_sum, no_sum;   /* zstd: the frame has a checksum; one before had none */
};

struct codec *
codec_new(enum codec_kind kind)
{
    struct codec *c = calloc(1, sizeof *c);
    bool good = false;

    if (!c)
        return NULL;
    c->magic = CODEC_MAGIC;
    c->kind = kind;
    if (kind == CODEC_GZIP)
        good = inflateInit2(&c->z, GZIP_WINDOW_BITS) == Z_OK;
    else if ((c->zstd = ZSTD_createDCtx()))
        good =
            !ZSTD_isError(ZSTD_DCtx_setParameter(c->zstd, ZSTD_d_windowLogMax, CODEC_WINDOW_LOG));
    if (good)
        return c;
    codec_free(c);
    return NULL;
}

void
codec_free(struct codec *c)
{
    if (!c)
        return;
    CHECK_OBJ(c, CODEC_MAGIC);
    c->magic = 0;
    if (c->kind == CODEC_GZIP)
        (void)inflateEnd(&c->z);
    (void)ZSTD_freeDCtx(c->zstd);
    free(c);
}

/* ---- gzip ---- */

/* zlib counts in 32 bits. */
static uInt
at_most_1g(size_t n)
{
    return n < (1u << 30) ? (uInt)n : 1u << 30;
}

/* Members follow one another; zeroes may follow the last, up to the end. */
static enum codec_result
leave_member(struct codec *c, struct step *s, const char **bad)
{
    if (c->where == BETWEEN && *s->in == '\x1F') {
        c->where = WITHIN;
        return inflateReset(&c->z) == Z_OK ? CODEC_FINE : CODEC_NOMEM;
    }
    while (s->in < s->in_end && *s->in == '\0') {
        c->where = ZEROES;
        s->in++;
    }
    if (s->in == s->in_end)
        return CODEC_FINE;
    *bad = "what follows the last member is no gzip";
    return CODEC_BAD;
}

static enum codec_result
inflate_some(struct codec *c, struct step *s, const char **bad)
{
    uInt in = at_most_1g(step_in(s)), out = at_most_1g(step_out(s));

    c->z.next_in = (Bytef *)(uintptr_t)s->in;
    c->z.avail_in = in;
    c->z.next_out = (Bytef *)s->out;
    c->z.avail_out = out;
    int got = inflate(&c->z, Z_NO_FLUSH);
    s->in += in - c->z.avail_in;
    s->out += out - c->z.avail_out;
    c->given += out - c->z.avail_out;
    switch (got) {
    case Z_STREAM_END:
        c->where = BETWEEN;
        c->proved = c->given;
        return CODEC_FINE;
    case Z_OK:
    case Z_BUF_ERROR: /* nothing was left to take, or to give */
        return CODEC_FINE;
    case Z_MEM_ERROR:
        return CODEC_NOMEM;
    default:
        *bad = c->z.msg ? c->z.msg : "this is no gzip";
        return CODEC_BAD;
    }
}

static enum codec_result
step_gzip(struct codec *c, struct step *s, const char **bad)
{
    enum codec_result got = CODEC_FINE;

    /* Once more where all was taken: inflate may hold back what had no room. */
    do {
        if (c->where == WITHIN)
            got = inflate_some(c, s, bad);
        else if (s->in < s->in_end)
            got = leave_member(c, s, bad);
    } while (got == CODEC_FINE && s->in < s->in_end && s->out < s->out_end);
    return got;
}

/* ---- zstd ---- */

static enum codec_result
zstd_failure(size_t code, const char **bad)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return CODEC_WINDOW;
    case ZSTD_error_memory_allocation:
        return CODEC_NOMEM;
    default:
        *bad = ZSTD_getErrorName(code);
        return CODEC_BAD;
    }
}

/* Behind the magic of a frame stands what it has; one that is skipped holds nothing to be proved.
 */
#define ZSTD_DESCRIPTOR_AT 4u
#define ZSTD_HAS_SUM 0x04

static void
note_frame(struct codec *c, const ZSTD_inBuffer *in, size_t given, bool ends)
{
    if (c->frame <= ZSTD_DESCRIPTOR_AT && in->pos > ZSTD_DESCRIPTOR_AT - c->frame)
        c->has_sum = (((const char *)in->src)[ZSTD_DESCRIPTOR_AT - c->frame] & ZSTD_HAS_SUM) != 0;
    c->frame = ends ? 0 : c->frame + in->pos;
    c->given += given;
    c->no_sum = c->no_sum || (given && !c->has_sum);
    if (ends && !c->no_sum)
        c->proved = c->given;
}

static enum codec_result
step_zstd(struct codec *c, struct step *s, const char **bad)
{
    do {
        ZSTD_inBuffer in = {s->in, step_in(s), 0};
        ZSTD_outBuffer out = {s->out, step_out(s), 0};

        if (c->where == BETWEEN && in.size == 0)
            return CODEC_FINE; /* to ask would begin another frame */
        size_t got = ZSTD_decompressStream(c->zstd, &out, &in);
        s->in += in.pos;
        s->out += out.pos;
        note_frame(c, &in, out.pos, got == 0);
        if (ZSTD_isError(got))
            return zstd_failure(got, bad);
        c->where = got == 0 ? BETWEEN : WITHIN;
    } while (s->in < s->in_end && s->out < s->out_end);
    return CODEC_FINE;
}

enum codec_result
codec_step(struct codec *c, struct step *s, const char **bad)
{
    CHECK_OBJ(c, CODEC_MAGIC);
    return c->kind == CODEC_GZIP ? step_gzip(c, s, bad) : step_zstd(c, s, bad);
}

bool
codec_may_end(const struct codec *c)
{
    CHECK_OBJ(c, CODEC_MAGIC);
    return c->where != WITHIN;
}

uint64_t
codec_proved(const struct codec *c)
{
    CHECK_OBJ(c, CODEC_MAGIC);
    return c->proved;
}
