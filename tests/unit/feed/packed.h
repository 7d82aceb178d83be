/*
 * What the tests of feeds share: files of their folder, packing, and reading a source to its end.
 */
#ifndef WEIR_TESTS_FEED_PACKED_H
#define WEIR_TESTS_FEED_PACKED_H

#include "unit/test.h"

#include "unit/draw.h"
#include "unit/folder.h"

#include "feed/sink.h"
#include "feed/source.h"

#include <tagweir/common.h>

/* The path of a file of the folder; one at a time. */
static inline const char *
path_of(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline const char *
write_file(const char *name, const char *p, size_t len)
{
    const char *path = path_of(name);

    (void)unlink(path); /* some file systems wait for the disk where a file is written anew */
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    return path;
}

static inline const char *
write_text(const char *name, const char *text)
{
    return write_file(name, text, strlen(text));
}

/* A member or frame more. */
static inline void
pack_more(enum sink_packing packing, const char *p, size_t len, weir_buf *out)
{
    struct packer *packer = packer_new(packing);

    assert_non_null(packer);
    assert_true(packer_pack(packer, (weir_span){p, len}, out));
    packer_free(packer);
}

static const enum sink_packing packings[] = {SINK_PLAIN, SINK_GZIP, SINK_ZSTD};
#define NPACKINGS (sizeof packings / sizeof *packings)

/* Lines that pack, but not to nothing. */
static inline void
make_feed(size_t nlines, weir_buf *out)
{
    for (size_t i = 0; i < nlines; i++)
        weir_buf_printf(out, "{\"id\":\"%u\",\"author\":\"@a%u\",\"hashtags\":[\"t%u\"]}\n",
                        draw(1u << 30), draw(100), draw(10));
}

/* In members or frames of up to so many bytes. */
static inline void
pack_in_parts(enum sink_packing packing, const weir_buf *feed, size_t most, weir_buf *out)
{
    for (size_t at = 0; at < feed->len;) {
        size_t n = 1 + draw(most);

        n = n < feed->len - at ? n : feed->len - at;
        pack_more(packing, feed->p + at, n, out);
        at += n;
    }
}

/* A source read to its end, in pieces of up to so many bytes. */
struct got {
    weir_buf out, why; /* why: what open or reading said, as a string */
    bool opened, good;
};

static inline void
got_fini(struct got *g)
{
    weir_buf_fini(&g->out);
    weir_buf_fini(&g->why);
}

static inline void
read_whole(struct source *s, size_t most, struct got *g)
{
    ssize_t n = 1;

    while (n > 0) {
        size_t want = 1 + draw(most);
        char *room = malloc(want); /* for AddressSanitizer to guard */

        n = source_read(s, room, want);
        assert_true(n <= (ssize_t)want);
        if (n > 0)
            weir_buf_put(&g->out, (weir_span){room, (size_t)n});
        free(room);
    }
    assert_int_equal(source_made(s), g->out.len);
    char byte;
    assert_int_equal(source_read(s, &byte, 1), n); /* for good */
    g->good = n == SOURCE_END;
    assert_int_equal(source_fault(s) == NULL, g->good);
    if (!g->good)
        weir_buf_puts(&g->why, source_fault(s));
}

static inline void
read_source(const char *path, const struct source_options *o, size_t most, struct got *g)
{
    *g = (struct got){.good = false};
    struct source *s = source_open(path, o, &g->why);

    g->opened = s != NULL;
    if (s)
        read_whole(s, most, g);
    source_close(s);
    weir_buf_putc(&g->why, '\0');
    assert_false(g->why.failed);
}

static inline void
assert_text(const weir_buf *got, const char *p, size_t len)
{
    if (got->len != len || (len && memcmp(got->p, p, len) != 0))
        fail_msg("expected %zu bytes\n%.*s\ngot %zu\n%.*s", len, (int)(len < 2000 ? len : 2000), p,
                 got->len, (int)(got->len < 2000 ? got->len : 2000), got->p);
}

#endif
