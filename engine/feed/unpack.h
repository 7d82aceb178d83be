/*
 * Unpackers: the bytes of a descriptor, unpacked. What they are packed in is told by the first.
 */
#ifndef WEIR_FEED_UNPACK_H
#define WEIR_FEED_UNPACK_H

#include "feed/codec.h"

#include <tagweir/common.h>

#include <sys/types.h>

struct unpacker {
    uint32_t magic;
    int fd, stop_fd;     /* borrowed */
    bool waits;          /* is no regular file */
    const char *name;    /* for messages; borrowed */
    struct codec *codec; /* NULL: plain */
    enum codec_kind kind;
    char *in; /* what was read and not yet unpacked: [at, len) of it */
    size_t at, len;
    bool ended;      /* the descriptor was read to its end */
    uint64_t taken;  /* bytes read of it */
    uint64_t made;   /* bytes given out */
    bool is_bad;     /* for good */
    bool is_damaged; /* the same, as it cannot be unpacked: what was given out before, and is not
                        proved, may be anything */
    weir_buf why;    /* of that, a whole sentence */
};

/* As ssize_t: bytes, or one of these. */
#define UNPACK_END 0
#define UNPACK_FAULT (-1)
#define UNPACK_STOPPED (-2)

/*
 * Read as much as tells the packing. false: `why` is a sentence (xz, bzip2, zip; no memory), or
 * empty where stop_fd ended it. unpack_fini is due in any case.
 * @param command  What the user ran, for what is refused.
 */
bool unpack_init(struct unpacker *u, int fd, int stop_fd, const char *name, const char *command);
void unpack_fini(struct unpacker *u);

/* Up to n > 0 bytes. After UNPACK_FAULT `why` is a sentence. */
ssize_t unpack_read(struct unpacker *u, char *p, size_t n);

/* The first bytes as they were packed, before anything was unpacked. */
weir_span unpack_begin(const struct unpacker *u);
/* Bytes from the first on that were unpacked and, by a checksum, are what was packed. */
uint64_t unpack_proved(const struct unpacker *u);
/* Bytes of the descriptor that were unpacked. */
uint64_t unpack_used(const struct unpacker *u);

#endif
