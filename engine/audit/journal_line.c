/*
 * Lines of a journal: numbered, chained, and taken apart again byte by byte. Nothing but what
 * weir__line_put writes is a line: there is one way to write each entry, so that a reader who
 * takes JSON for what it means and one who takes it for its bytes see the same.
 */
#include "audit/journal_line.h"

#include "base/check.h"

#define SEQ "{\"seq\":"
#define HASH ",\"hash\":\""
#define CLOSE "\"}"
#define TAIL (sizeof HASH - 1 + WEIR_JOURNAL_HASH + sizeof CLOSE - 1) /* bytes behind the body */
#define U64_DIGITS 20

static weir_span
text_of_kind(weir_journal_kind k)
{
#define X(name, text) SPAN_LIT(",\"" text "\":"),
    static const weir_span texts[] = {WEIR_JOURNAL_ENTRIES(X)};
#undef X

    CHECK((size_t)k < sizeof texts / sizeof *texts);
    return texts[k];
}

bool
weir__chain_init(struct weir__chain *c)
{
    *c = (struct weir__chain){.ctx = EVP_MD_CTX_new()};
    if (c->ctx && EVP_DigestInit_ex(c->ctx, EVP_sha256(), NULL) == 1)
        return true;
    weir__chain_fini(c);
    return false;
}

void
weir__chain_fini(struct weir__chain *c)
{
    EVP_MD_CTX_free(c->ctx);
    c->ctx = NULL;
}

void
weir__chain_hash(const struct weir__chain *c, const unsigned char before[WEIR__HASH_SIZE],
                 weir_span line, unsigned char out[WEIR__HASH_SIZE])
{
    /* the context was set up once: without a digest named, it is reset and nothing is looked up */
    CHECK(EVP_DigestInit_ex(c->ctx, NULL, NULL) == 1);
    CHECK(EVP_DigestUpdate(c->ctx, before, WEIR__HASH_SIZE) == 1);
    CHECK(EVP_DigestUpdate(c->ctx, line.p, line.len) == 1);
    CHECK(EVP_DigestFinal_ex(c->ctx, out, NULL) == 1);
}

void
weir__hex_put(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static int
hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
weir__hex_hash(weir_span hex, unsigned char out[WEIR__HASH_SIZE])
{
    if (hex.len != WEIR_JOURNAL_HASH)
        return false;
    for (size_t i = 0; i < WEIR__HASH_SIZE; i++) {
        int high = hex_value(hex.p[2 * i]), low = hex_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

bool
weir__is_hash(weir_span hex)
{
    unsigned char bytes[WEIR__HASH_SIZE];

    return weir__hex_hash(hex, bytes);
}

static char *
put_span(char *to, weir_span s)
{
    memcpy(to, s.p, s.len);
    return to + s.len;
}

static char *
put_u64(char *to, uint64_t v)
{
    char digits[U64_DIGITS], *p = digits + sizeof digits;

    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    return put_span(to, (weir_span){p, (size_t)(digits + sizeof digits - p)});
}

bool
weir__line_put(weir_buf *out, struct weir__chain *c, weir_journal_kind kind, weir_span body)
{
    char *line = weir_buf_reserve(out, body.len + WEIR__LINE_AROUND), *to = line;

    if (!line)
        return false;
    to = put_span(to, SPAN_LIT(SEQ));
    to = put_u64(to, c->seq + 1);
    to = put_span(to, text_of_kind(kind));
    to = put_span(to, body);
    weir__chain_hash(c, c->hash, (weir_span){line, (size_t)(to - line)}, c->hash);
    c->seq++;
    to = put_span(to, SPAN_LIT(HASH));
    weir__hex_put(c->hash, WEIR__HASH_SIZE, to);
    to = put_span(to + WEIR_JOURNAL_HASH, SPAN_LIT(CLOSE "\n"));
    out->len += (size_t)(to - line);
    return true;
}

/* A number as it is written: no sign, no zero in front. Off the front of *s. */
static bool
take_u64(weir_span *s, uint64_t *out)
{
    uint64_t v = 0;
    size_t n = 0;

    for (; n < s->len && ascii_is_digit(s->p[n]); n++) {
        uint64_t digit = (uint64_t)(s->p[n] - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (n == 0 || s->p[0] == '0')
        return false;
    *s = span_skip(*s, n);
    *out = v;
    return true;
}

static bool
take_kind(weir_span *s, weir_journal_kind *out)
{
    for (int k = 0; k < WEIR_JOURNAL_NKINDS; k++) {
        weir_span text = text_of_kind((weir_journal_kind)k);
        if (s->len >= text.len && memcmp(s->p, text.p, text.len) == 0) {
            *s = span_skip(*s, text.len);
            *out = (weir_journal_kind)k;
            return true;
        }
    }
    return false;
}

const char *
weir__line_split(weir_span line, struct weir__line *out)
{
    if (line.len < TAIL || memcmp(line.p + line.len - TAIL, HASH, sizeof HASH - 1) != 0 ||
        memcmp(line.p + line.len - (sizeof CLOSE - 1), CLOSE, sizeof CLOSE - 1) != 0)
        return "it does not end in its hash";
    out->hashed = span_head(line, line.len - TAIL);
    out->hash =
        (weir_span){line.p + line.len - (sizeof CLOSE - 1) - WEIR_JOURNAL_HASH, WEIR_JOURNAL_HASH};
    weir_span rest = out->hashed;
    if (!span_starts(rest, SEQ))
        return "it does not begin with its number";
    rest = span_skip(rest, sizeof SEQ - 1);
    if (!take_u64(&rest, &out->seq))
        return "its number is not written as one";
    if (!take_kind(&rest, &out->kind))
        return "it is neither header, record, event nor end";
    if (rest.len < 2 || rest.p[0] != '{' || rest.p[rest.len - 1] != '}')
        return "what it holds is no object";
    out->body = rest;
    return NULL;
}

weir_span
weir__line_post(weir_span line)
{
    static const char key[] = "\"post\":\"";
    const char *at = memmem(line.p, line.len, key, sizeof key - 1);

    if (!at)
        return SPAN_NONE;
    const char *p = at + sizeof key - 1, *end = line.p + line.len, *q = p;
    while (q < end && *q != '"' && (unsigned char)*q >= ' ')
        q += *q == '\\' && q + 1 < end ? 2 : 1;
    return (weir_span){p, (size_t)((q < end ? q : end) - p)};
}
