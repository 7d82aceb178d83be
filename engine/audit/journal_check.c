/*
 * One line of a journal held against the one before. The hash comes before everything else that
 * could be said of a line: what its hash does not vouch for may be anything, and is told as
 * changed.
 */
#include "audit/journal_check.h"

#include "base/check.h"
#include "text/fold.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

weir_status
weir__checker_init(struct weir__checker *c, weir_journal_proof *proof)
{
    *c = (struct weir__checker){.proof = proof};
    return weir__chain_init(&c->chain) ? WEIR_OK : WEIR_E_NOMEM;
}

void
weir__checker_fini(struct weir__checker *c)
{
    weir__chain_fini(&c->chain);
    weir_buf_fini(&c->bytes);
    weir_buf_fini(&c->room);
    weir_buf_fini(&c->message);
}

static void
copy_shown(char *to, size_t size, weir_span from)
{
    size_t n = from.len < size - 1 ? from.len : size - 1;
    bool good = weir__is_utf8(from, NULL);

    while (good && n < from.len && n > 0 && ((unsigned char)from.p[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a code point */
    for (size_t i = 0; i < n; i++)
        to[i] = good || (unsigned char)from.p[i] < 0x80 ? from.p[i] : '?';
    to[n] = '\0';
}

void
weir__journal_found(struct weir__checker *c, weir_journal_finding f, const char *file,
                    uint64_t line, uint64_t seq, weir_span text, const char *fmt, ...)
{
    weir_journal_proof *p = c->proof;
    va_list ap;

    if (p->finding != WEIR_JOURNAL_FOUND_NONE)
        return;
    p->finding = f;
    p->bad_line = line;
    p->bad_seq = seq;
    (void)snprintf(p->bad_file, sizeof p->bad_file, "%s", file);
    copy_shown(p->bad_post, sizeof p->bad_post, text.p ? weir__line_post(text) : SPAN_NONE);
    va_start(ap, fmt);
    (void)vsnprintf(p->why, sizeof p->why, fmt, ap);
    va_end(ap);
}

/* A line that is being looked at. */
struct looked {
    weir_span text;
    struct weir__line parts;
    weir_journal_entry entry;
    unsigned char hash[WEIR__HASH_SIZE]; /* that its bytes give */
};

#define FOUND(c, kind, seq, text, ...)                                                             \
    found((c), WEIR_JOURNAL_FOUND_##kind, (seq), (text), __VA_ARGS__)

static bool found(struct weir__checker *c, weir_journal_finding f, uint64_t seq, weir_span text,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* About this line, unless it could not be looked at for want of memory. @return false, for those
   who end with it. */
static bool
found(struct weir__checker *c, weir_journal_finding f, uint64_t seq, weir_span text,
      const char *fmt, ...)
{
    char file[WEIR__NAME_MAX], why[sizeof c->proof->why];
    va_list ap;

    if (c->room.failed || c->message.failed)
        return false;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    weir__name_segment(c->segment.number, file);
    weir__journal_found(c, f, file, c->line, seq, text, "%s", why);
    return false;
}

/* The number that comes next; 0: nobody knows, as what was before is retired. */
static uint64_t
due(const struct weir__checker *c)
{
    return c->begun || c->chain.seq || c->segment.number == 1 ? c->chain.seq + 1 : 0;
}

/* Is that the hash that it ends with? */
static bool
is_written(const struct looked *l, const unsigned char hash[WEIR__HASH_SIZE])
{
    char hex[WEIR_JOURNAL_HASH];

    weir__hex_put(hash, WEIR__HASH_SIZE, hex);
    return memcmp(hex, l->parts.hash.p, sizeof hex) == 0;
}

/* Do its bytes, behind the entry of this hash, give the hash that it ends with? */
static bool
gives_hash(struct weir__checker *c, struct looked *l, const unsigned char *before)
{
    weir__chain_hash(&c->chain, before, l->parts.hashed, l->hash);
    return is_written(l, l->hash);
}

/* Would it be right if it had the number that is due? Then that alone was changed. */
static bool
only_number_changed(struct weir__checker *c, const struct looked *l)
{
    unsigned char hash[WEIR__HASH_SIZE];
    const char *behind = memchr(l->parts.hashed.p, ',', l->parts.hashed.len);
    const char *end = l->parts.hashed.p + l->parts.hashed.len;

    c->room.len = 0;
    weir_buf_puts(&c->room, "{\"seq\":");
    weir_buf_put_u64(&c->room, due(c));
    weir_buf_put(&c->room, (weir_span){behind, (size_t)(end - behind)});
    if (c->room.failed)
        return false;
    weir__chain_hash(&c->chain, c->chain.hash, span_of_buf(&c->room), hash);
    return is_written(l, hash);
}

/* Its bytes do not follow from the entry before. */
static bool
tell_mismatch(struct weir__checker *c, const struct looked *l)
{
    uint64_t seq = l->parts.seq, expected = due(c);

    if (seq == expected)
        return FOUND(c, CHANGED, seq, l->text,
                     "was changed after it was written: its bytes, behind those before it, do not "
                     "give the hash that it ends with");
    if (only_number_changed(c, l))
        return FOUND(c, CHANGED, expected, l->text,
                     "was changed after it was written: its number now reads %" PRIu64, seq);
    if (seq == expected + 1)
        return FOUND(c, MISSING, expected, SPAN_NONE,
                     "is not there: the one after it, entry %" PRIu64
                     ", stands in its place (or that one's number was changed)",
                     seq);
    if (seq > expected)
        return FOUND(c, MISSING, expected, SPAN_NONE,
                     "is not there, nor are those after it up to %" PRIu64 ": entry %" PRIu64
                     " stands in its place (or that one's number was changed)",
                     seq - 1, seq);
    return FOUND(c, ORDER, expected, l->text,
                 "is not there: entry %" PRIu64 " stands in its place, which belongs before it",
                 seq);
}

/* The first line of a segment, whose header says what was before it. */
static bool
check_header_place(struct weir__checker *c, struct looked *l, const unsigned char *previous)
{
    const weir_journal_header *h = &l->entry.header;
    uint64_t seq = l->parts.seq, expected = due(c);

    /* whole in itself, whatever place it is in */
    if (!gives_hash(c, l, previous))
        return tell_mismatch(c, l);
    if (h->format != WEIR_JOURNAL_FORMAT)
        return FOUND(c, FORM, seq, l->text,
                     "is in format %" PRIu32 ", and this version of tagweir reads format %d",
                     h->format, WEIR_JOURNAL_FORMAT);
    if (h->segment != c->segment.number)
        return FOUND(c, ORDER, expected, l->text,
                     "is not there: the file is segment %" PRIu32 " by its header, renamed",
                     h->segment);
    if (seq > expected)
        return FOUND(c, MISSING, expected, SPAN_NONE,
                     "is not there: the entries up to %" PRIu64 " are missing", seq - 1);
    if (seq < expected || memcmp(previous, c->chain.hash, WEIR__HASH_SIZE) != 0)
        return FOUND(c, ORDER, expected, l->text,
                     "does not follow on the segment before: its header belongs to another "
                     "journal, or the segment before was written anew");
    return true;
}

static bool
check_header(struct weir__checker *c, struct looked *l)
{
    static const unsigned char zeroes[WEIR__HASH_SIZE];
    unsigned char previous[WEIR__HASH_SIZE];

    if (l->parts.kind != WEIR_JOURNAL_HEADER ||
        !weir__header_read(l->parts.body, &c->room, &l->entry.header) ||
        !weir__hex_hash(l->entry.header.previous, previous))
        return FOUND(c, FORM, due(c), l->text, "is no header, and a segment begins with one");
    if (!c->begun && c->segment.number > 1 && l->parts.seq == 1)
        return FOUND(c, FORM, 1, l->text,
                     "calls itself the journal's first, and its segment is not the first");
    if (!c->begun && c->segment.number > 1) {
        /* what came before is retired, or the writer's business */
        memcpy(c->chain.hash, previous, sizeof previous);
        c->chain.seq = l->parts.seq - 1;
    } else if (!c->begun) {
        memcpy(c->chain.hash, zeroes, sizeof zeroes);
        c->chain.seq = 0;
    }
    if (!c->begun)
        memcpy(c->first_before, c->chain.hash, sizeof c->first_before);
    if (!check_header_place(c, l, previous))
        return false;
    c->begun = true;
    c->segment.first_seq = l->parts.seq;
    c->segment.opened_ms = l->entry.header.opened_ms;
    return true;
}

static bool
check_signature(struct weir__checker *c, struct looked *l)
{
    const weir_journal_end *e = &l->entry.end;
    weir_span line = l->parts.hashed;

    if (!e->key.p)
        return true;
    c->segment.signature = WEIR_JOURNAL_SIGNATURE_UNCHECKED;
    if (!c->keys)
        return true;
    c->segment.signature = WEIR_JOURNAL_SIGNATURE_BAD;
    const struct weir__key *key = weir__keys_find(c->keys, e->key);
    if (!key)
        return FOUND(c, UNPROVED, l->parts.seq, SPAN_NONE,
                     "is signed by another key than the given one, by that with the fingerprint "
                     "%.*s",
                     SPAN_FMT(e->key));
    /* the line up to `,"signature":"…"}`; its length says where that begins */
    line.len -= sizeof WEIR__SIGNATURE_KEY - 1 + e->signature.len + sizeof "\"\"}" - 1;
    c->message.len = 0;
    weir__key_message(&c->message, c->chain.hash, line);
    if (c->message.failed)
        return false;
    if (!weir__key_proves(key, span_of_buf(&c->message), e->signature))
        return FOUND(c, SIGNATURE, l->parts.seq, SPAN_NONE,
                     "is signed, and not by the key that it names: the segment was written anew by "
                     "someone without that key");
    c->segment.signature = WEIR_JOURNAL_SIGNATURE_GOOD;
    c->proof->signed_seq = l->parts.seq;
    return true;
}

static bool
check_end(struct weir__checker *c, struct looked *l)
{
    const weir_journal_end *e = &l->entry.end;

    if (!weir__end_read(l->parts.body, &c->room, &l->entry.end))
        return FOUND(c, FORM, l->parts.seq, l->text, "is not written as ends of segments are");
    if (e->segment != c->segment.number || e->entries != c->line)
        return FOUND(c, FORM, l->parts.seq, l->text,
                     "ends segment %" PRIu32 " of %" PRIu64 " entries, and stands in segment "
                     "%" PRIu32 " behind %" PRIu64,
                     e->segment, e->entries, c->segment.number, c->line - 1);
    if (!check_signature(c, l))
        return false;
    /* someone who has no key could end it without */
    if (c->keys && !e->key.p && c->proof->signed_seq)
        return FOUND(c, UNPROVED, l->parts.seq, SPAN_NONE,
                     "ends a segment without a signature, and the ones before are signed (the "
                     "entries from %" PRIu64 " on are proved by none)",
                     c->proof->signed_seq + 1);
    c->segment.ended = true;
    c->segment.ended_ms = e->at_ms;
    c->why = e->why;
    return true;
}

static bool
check_event(struct weir__checker *c, struct looked *l)
{
    unsigned char hash[WEIR__HASH_SIZE];
    const weir_journal_event *e = &l->entry.event;

    if (!weir__event_read(l->parts.body, &c->room, &l->entry.event))
        return FOUND(c, FORM, l->parts.seq, l->text, "is not written as events are");
    c->proof->events++;
    /* of those that it names, some may still be there, oldest last */
    if (e->kind == WEIR_JOURNAL_RETIRED && e->seq < l->parts.seq &&
        (e->seq >= c->proof->first_seq ||
         (e->seq + 1 == c->proof->first_seq && weir__hex_hash(e->hash, hash) &&
          memcmp(hash, c->first_before, sizeof hash) == 0)))
        c->retirement = true;
    return true;
}

/* What it holds. */
static bool
check_body(struct weir__checker *c, struct looked *l)
{
    switch (l->parts.kind) {
    case WEIR_JOURNAL_HEADER: /* read when it was the first line */
        return c->line == 1 || FOUND(c, FORM, l->parts.seq, l->text,
                                     "is the header of a segment, in the middle of one");
    case WEIR_JOURNAL_END:
        return check_end(c, l);
    case WEIR_JOURNAL_EVENT:
        return check_event(c, l);
    default:
        if (!weir__is_object(l->parts.body))
            return FOUND(c, FORM, l->parts.seq, l->text, "holds a record that is no JSON object");
        c->proof->records++;
        return true;
    }
}

static void
go_on(struct weir__checker *c, const struct looked *l)
{
    weir_journal_proof *p = c->proof;

    c->chain.seq = l->parts.seq;
    memcpy(c->chain.hash, l->hash, sizeof l->hash);
    c->segment.last_seq = p->last_seq = l->parts.seq;
    if (c->head && memcmp(c->head, l->hash, sizeof l->hash) == 0) {
        p->has_head = true;
        p->head_seq = l->parts.seq;
    }
}

static void
show(struct weir__checker *c, struct looked *l)
{
    weir_journal_entry *e = &l->entry;

    if (!c->visit)
        return;
    e->kind = l->parts.kind;
    e->seq = l->parts.seq;
    e->segment = c->segment.number;
    e->line = c->line;
    e->text = l->text;
    e->body = l->parts.body;
    e->hash = l->parts.hash;
    c->enough = !c->visit(e, c->arg);
}

bool
weir__check_line(struct weir__checker *c, weir_span line)
{
    struct looked l = {.text = line};
    const char *wrong = weir__line_split(line, &l.parts);

    c->line++;
    if (c->segment.ended)
        return FOUND(c, TRAILING, due(c), line, "stands behind the end of its segment");
    if (wrong)
        return FOUND(c, FORM, due(c), line, "was changed after it was written: %s", wrong);
    if (c->line == 1 ? !check_header(c, &l) : !gives_hash(c, &l, c->chain.hash))
        return c->line == 1 ? false : tell_mismatch(c, &l);
    if (l.parts.seq != due(c))
        return FOUND(c, ORDER, due(c), line, "has the number %" PRIu64, l.parts.seq);
    if (!c->proof->first_seq)
        c->proof->first_seq = l.parts.seq;
    if (!check_body(c, &l))
        return false;
    go_on(c, &l);
    show(c, &l);
    return true;
}
