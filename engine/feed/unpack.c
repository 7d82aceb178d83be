/*
 * Reading and unpacking. All that could be unpacked is given out before a fault is told of.
 */
#include "feed/unpack.h"

#include "flow/check.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Asked of the system in one read, where it is to be unpacked. */
#define IN_CHUNK ((size_t)128 * 1024)

static ssize_t
fail(struct unpacker *u)
{
    u->is_bad = true;
    return UNPACK_FAULT;
}

/* ---- reading ---- */

/* Until there is something to read. false: stop_fd says that nobody wants it. */
static bool
wait_for_input(const struct unpacker *u)
{
    struct pollfd fds[2] = {{.fd = u->fd, .events = POLLIN}, {.fd = u->stop_fd, .events = POLLIN}};
    nfds_t n = u->stop_fd > 0 ? 2 : 1;

    while (poll(fds, n, -1) < 0 && errno == EINTR)
        ;
    return !(n == 2 && fds[1].revents);
}

static ssize_t
read_some(struct unpacker *u, char *p, size_t n)
{
    ssize_t got;

    if (u->ended)
        return UNPACK_END;
    if (u->waits && u->stop_fd > 0 && !wait_for_input(u))
        return UNPACK_STOPPED;
    while ((got = read(u->fd, p, n)) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN) {
            weir_buf_printf(&u->why, "%s: %s, at byte %" PRIu64 " of the file", u->name,
                            strerror(errno), u->taken);
            return fail(u);
        }
        if (!wait_for_input(u))
            return UNPACK_STOPPED;
    }
    u->ended = got == 0;
    u->taken += (uint64_t)got;
    return got;
}

/* More behind what is there. */
static ssize_t
fill(struct unpacker *u)
{
    if (u->at == u->len)
        u->at = u->len = 0;
    CHECK(u->len < IN_CHUNK);
    ssize_t got = read_some(u, u->in + u->len, IN_CHUNK - u->len);
    if (got > 0)
        u->len += (size_t)got;
    return got;
}

/* ---- telling ---- */

static const struct packing {
    const char *magic, *mask; /* no mask: all bits count */
    size_t n;
    const char *unpack; /* what does, where we do not */
    enum codec_kind kind;
} packings[] = {
    {"\x1F\x8B", NULL, 2, NULL, CODEC_GZIP},
    {"\x28\xB5\x2F\xFD", NULL, 4, NULL, CODEC_ZSTD},
    {"\x50\x2A\x4D\x18", "\xF0\xFF\xFF\xFF", 4, NULL, CODEC_ZSTD}, /* a skippable frame */
    {"\xFD"
     "7zXZ",
     NULL, 5, "xzcat", CODEC_GZIP},
    {"BZh", NULL, 3, "bzcat", CODEC_GZIP},
    {"PK\x03\x04", NULL, 4, "unzip", CODEC_GZIP},
};

/* So many of the first bytes are those of the packing. */
static size_t
like(const struct packing *k, weir_span begin)
{
    size_t n = 0;

    while (n < k->n && n < begin.len &&
           (begin.p[n] & (k->mask ? k->mask[n] : '\xFF')) == k->magic[n])
        n++;
    return n;
}

/* NULL: it is plain. *more: that cannot be told yet. */
static const struct packing *
tell(weir_span begin, bool *more)
{
    *more = begin.len == 0;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        size_t n = like(&packings[i], begin);

        if (n == packings[i].n)
            return &packings[i];
        *more = *more || n == begin.len;
    }
    return NULL;
}

static bool
refuse(struct unpacker *u, const char *unpack, const char *command)
{
    bool is_stdin = strcmp(u->name, "standard input") == 0;

    if (strcmp(unpack, "unzip") == 0)
        weir_buf_printf(&u->why, "%s is a zip archive; unpack it first, and name the folder",
                        u->name);
    else
        weir_buf_printf(&u->why, "%s is compressed; unpack it first: %s %s | tagweir %s … -",
                        u->name, unpack, is_stdin ? "FILE" : u->name, command);
    u->is_bad = true;
    return false;
}

bool
unpack_init(struct unpacker *u, int fd, int stop_fd, const char *name, const char *command)
{
    const struct packing *kind;
    ssize_t got = 1;
    struct stat st;
    bool more;

    *u = (struct unpacker){.magic = UNPACKER_MAGIC, .fd = fd, .stop_fd = stop_fd, .name = name};
    u->waits = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode);
    u->in = malloc(IN_CHUNK);
    if (!u->in) {
        u->why.failed = true;
        return false;
    }
    /* Of a pipe only as much is waited for as tells it: one byte, mostly. */
    while (kind = tell(unpack_begin(u), &more), !kind && more && got > 0)
        got = fill(u);
    if (got == UNPACK_STOPPED)
        return false;
    if (kind && kind->unpack)
        return refuse(u, kind->unpack, command);
    if (kind && !(u->codec = codec_new(kind->kind))) {
        u->why.failed = true;
        return false;
    }
    u->kind = kind ? kind->kind : CODEC_GZIP;
    return true;
}

void
unpack_fini(struct unpacker *u)
{
    CHECK_OBJ(u, UNPACKER_MAGIC);
    u->magic = 0;
    codec_free(u->codec);
    free(u->in);
    weir_buf_fini(&u->why);
}

weir_span
unpack_begin(const struct unpacker *u)
{
    return (weir_span){u->in, u->len};
}

uint64_t
unpack_proved(const struct unpacker *u)
{
    return u->codec ? codec_proved(u->codec) : 0;
}

uint64_t
unpack_used(const struct unpacker *u)
{
    return u->taken - (u->len - u->at);
}

/* ---- unpacking ---- */

static ssize_t
read_plain(struct unpacker *u, char *p, size_t n)
{
    size_t there = u->len - u->at;

    if (!there)
        return read_some(u, p, n);
    there = there < n ? there : n;
    memcpy(p, u->in + u->at, there);
    u->at += there;
    return (ssize_t)there;
}

/* Of what the codec told after it had given `made` bytes in all. */
static void
tell_damage(struct unpacker *u, enum codec_result got, const char *bad, uint64_t made)
{
    uint64_t at = unpack_used(u);

    if (got == CODEC_WINDOW)
        weir_buf_printf(&u->why,
                        "%s: at byte %" PRIu64
                        " of the compressed file begins what needs more than "
                        "%d MiB of memory to unpack; pack it again without --long or --ultra, or "
                        "unpack it first: zstd -dc --long=31 FILE | tagweir … -",
                        u->name, at, 1 << (CODEC_WINDOW_LOG - 20));
    else if (got == CODEC_NOMEM)
        weir_buf_printf(&u->why, "%s: %s", u->name, weir_status_text(WEIR_E_NOMEM));
    else
        weir_buf_printf(&u->why,
                        "%s: %s at byte %" PRIu64 " of the compressed file%s%s; %" PRIu64
                        " bytes were unpacked before",
                        u->name, bad ? "damaged" : "cut off", at, bad ? ": " : "", bad ? bad : "",
                        made);
    u->is_bad = true;
    u->is_damaged = got == CODEC_BAD && bad;
}

static ssize_t
read_packed(struct unpacker *u, char *p, size_t n)
{
    const char *bad = NULL;
    ssize_t got;

    do {
        struct step s = {u->in + u->at, u->in + u->len, p, p + n};
        enum codec_result said = codec_step(u->codec, &s, &bad);
        size_t made = (size_t)(s.out - p);

        u->at = (size_t)(s.in - u->in);
        if (said != CODEC_FINE)
            tell_damage(u, said, bad, u->made + made);
        if (made)
            return (ssize_t)made;
        if (u->is_bad)
            return UNPACK_FAULT;
        got = fill(u);
    } while (got > 0);
    if (got == UNPACK_END && !codec_may_end(u->codec)) {
        tell_damage(u, CODEC_BAD, NULL, u->made);
        return UNPACK_FAULT;
    }
    return got;
}

ssize_t
unpack_read(struct unpacker *u, char *p, size_t n)
{
    CHECK_OBJ(u, UNPACKER_MAGIC);
    CHECK(n > 0);
    if (u->is_bad)
        return UNPACK_FAULT;
    ssize_t got = u->codec ? read_packed(u, p, n) : read_plain(u, p, n);
    if (got > 0)
        u->made += (uint64_t)got;
    return got;
}
