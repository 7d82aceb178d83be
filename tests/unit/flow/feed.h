/*
 * Feeds of lines of all kinds, drawn at random, and streams of them: what comes in chunks, is
 * framed and is answered by batches.
 */
#ifndef WEIR_TESTS_FLOW_FEED_H
#define WEIR_TESTS_FLOW_FEED_H

#include "unit/draw.h"
#include "unit/match/given.h"

#include "flow/batch.h"

#define FEED_NOW INT64_C(1612180800000)
#define FEED_MAX_LINE ((size_t)3000)

static const char feed_rules[] =
    "rules:\n"
    "- {id: a, regions: [IN, TR], action: withhold, match: {hashtags: [farmers, 'farmer*', t7]}}\n"
    "- {id: b, regions: [XX], action: downrank, factor: 0.5, match: {hashtags: ['/^t.*\\d$/']},"
    "   except: {langs: [pa]}}\n"
    "- {id: c, action: allow, match: {accounts: ['@press']}}\n"
    "- {id: d, regions: [DE], mode: observe, action: withhold, match: {hashtags: ['*1*']}}\n"
    "- {id: e, regions: [FR], rollout: 50, action: withhold, match: {hashtags: ['t*']}}\n";

static const char *const feed_tags[] = {"farmers", "Farmer2", "t",       "win",
                                        "t7",      "kisan",   "DİRENİŞ", "ekta1"};

static inline void
put_tags(weir_buf *b)
{
    weir_buf_puts(b, "\"hashtags\":[");
    for (unsigned n = draw(4), i = 0; i < n; i++)
        weir_buf_printf(b, "%s\"%s%.0u\"", i ? "," : "", DRAW_ONE(feed_tags), draw(30));
    weir_buf_putc(b, ']');
}

static inline void
put_own(weir_buf *b)
{
    weir_buf_printf(b, "{\"id\":%u,\"author\":\"%s\",", draw(1000), draw(6) ? "x" : "press");
    if (draw(6) == 0)
        weir_buf_printf(b, "\"%s\":{\"id\":7,\"hashtags\":[\"%s\"]},",
                        draw(2) ? "quotes" : "repost_of", DRAW_ONE(feed_tags));
    if (draw(20) == 0) /* a text that makes the reader ask for memory */
        weir_buf_printf(b, "\"text\":\"%0*d\",", (int)draw(2000), 0);
    put_tags(b);
    weir_buf_puts(b, draw(4) ? "}" : ",\"lang\":\"pa\"}");
}

/* Some of its items are errors. */
static inline void
put_items(weir_buf *b, unsigned n)
{
    weir_buf_puts(b, "{\"data\":[");
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(b, "%s{\"%s\":\"%u\",\"text\":\"#%s\"}", i ? "," : "",
                        draw(9) ? "id" : "no", draw(1000), DRAW_ONE(feed_tags));
    weir_buf_puts(b, "]}");
}

static inline void
put_long(weir_buf *b)
{
    put_own(b);
    for (size_t n = FEED_MAX_LINE + draw(3000); n; n--)
        weir_buf_putc(b, ' ');
    weir_buf_putc(b, '.');
}

/* Without what ends it; of forty, so many are pages. */
static inline void
put_line(weir_buf *b, unsigned pages)
{
    static const char *const others[] = {
        "",
        "",
        " ",
        "\t",
        "{",
        "nothing",
        "[1]",
        "{}",
        "{\"id\":\"\xFF\"}",
        "{\"delete\":{}}",
        "{\"did\":\"did:plc:a\",\"kind\":\"identity\",\"identity\":{}}",
        "{\"query\":{\"hashtag\":\"farmers\",\"region\":\"IN\"}}",
        "{\"query\":{\"hashtag\":\"t1\",\"at\":\"2021-01-31T18:30:00Z\"}}",
        "{\"query\":{\"hashtag\":\"t1\",\"region\":\"IND\"}}"};
    unsigned kind = draw(40);

    if (draw(15) == 0)
        weir_buf_puts(b, "\xEF\xBB\xBF");
    if (kind == 0)
        put_long(b);
    else if (kind < 1 + pages)
        put_items(b, draw(2) ? draw(4) : draw(45));
    else if (kind < 13 + pages)
        weir_buf_puts(b, DRAW_ONE(others));
    else
        put_own(b);
    if (draw(4) == 0)
        weir_buf_putc(b, '\r');
}

/* A newline ends the last line, or none. */
static inline void
draw_feed(weir_buf *b, size_t nlines, unsigned pages)
{
    b->len = 0;
    for (size_t i = 0; i < nlines; i++) {
        put_line(b, pages);
        if (i + 1 < nlines || draw(2))
            weir_buf_putc(b, '\n');
    }
    assert_false(b->failed);
}

/* Streams ------------------------------------------------------------------------------------- */

/* The test's own, where the engine's are made to fail. */
#ifdef WEIR_TESTS_FAIL_ALLOCATIONS_H
#define feed_calloc __real_calloc
#else
#define feed_calloc calloc
#endif

struct stream {
    weir_span rest; /* of the feed: what has not come yet */
    struct frame frame;
    struct answer_line line;
    char *chunk; /* of its own block, so that sanitizers see a look behind it or back to it */
    size_t most; /* bytes of a chunk; 0: all of it is one */
    bool eof, ended;
    weir_buf out;
};

static inline void
stream_init(struct stream *s, const weir_buf *feed, size_t most)
{
    *s = (struct stream){.rest = {feed->p, feed->len}, .most = most, .line = {.done = true}};
    frame_init(&s->frame, FEED_MAX_LINE);
}

static inline void
stream_fini(struct stream *s)
{
    frame_fini(&s->frame);
    weir_buf_fini(&s->out);
    free(s->chunk);
}

/* Behind the last one, or with it, comes the end of the input. */
static inline void
stream_feed(struct stream *s)
{
    size_t len = s->most ? 1 + draw(s->most) : s->rest.len;

    free(s->chunk);
    s->chunk = NULL;
    if (s->rest.len == 0) {
        s->eof = true;
        return;
    }
    len = len < s->rest.len ? len : s->rest.len;
    s->chunk = feed_calloc(1, len + WEIR_LINE_PADDING);
    assert_non_null(s->chunk);
    memcpy(s->chunk, s->rest.p, len);
    frame_feed(&s->frame, s->chunk, len);
    s->rest = span_skip(s->rest, len);
    s->eof = s->rest.len == 0 && draw(2);
}

/* What is to be done before others have their turn. */
static inline enum frame_result
stream_work(struct stream *s, struct answerer *a, struct answer_room room)
{
    if (!s->eof && s->line.done && !frame_has_more(&s->frame))
        stream_feed(s);
    enum frame_result r = batch_work(a, &s->frame, &s->line, s->eof, FEED_NOW, &room, &s->out);
    s->ended = r == FRAME_MORE && s->eof;
    assert_int_equal(r == FRAME_LINE, !room.bytes || !room.work);
    return r;
}

#endif
