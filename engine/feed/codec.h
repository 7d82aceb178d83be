/*
 * Codecs: unpacking gzip and zstd. The only users of zlib and zstd besides pack.c.
 */
#ifndef WEIR_FEED_CODEC_H
#define WEIR_FEED_CODEC_H

#include "feed/step.h"

#include <stdbool.h>
#include <stdint.h>

enum codec_kind { CODEC_GZIP, CODEC_ZSTD };

/* Frames of zstd may ask for so much memory for what they look back on: zstd's own limit. */
#define CODEC_WINDOW_LOG 27

enum codec_result {
    CODEC_FINE,
    CODEC_BAD,    /* damaged, where step->in points to; what was given before that is good */
    CODEC_WINDOW, /* zstd: looks back further than CODEC_WINDOW_LOG */
    CODEC_NOMEM,
};

struct codec;

/* @return NULL without memory. */
struct codec *codec_new(enum codec_kind kind);
void codec_free(struct codec *c);

/* @param bad  With CODEC_BAD: what is wrong, a fragment of a sentence; static storage. */
enum codec_result codec_step(struct codec *c, struct step *s, const char **bad);

/* May the packed stream end here? Asked when all of it was taken and given. */
bool codec_may_end(const struct codec *c);

/*
 * Bytes from the first on that checksums have shown to be what was packed. A checksum stands behind
 * a member or frame: until then nobody can know, as most of what is damaged can be unpacked to
 * something. Frames of zstd may have none; what they and all behind them hold is never proved.
 */
uint64_t codec_proved(const struct codec *c);

#endif
