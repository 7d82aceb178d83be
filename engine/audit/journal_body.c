/*
 * What headers, events and ends hold: written in one way, and read by being written again. A body
 * is taken for good only if its parts, written anew, give the same bytes: keys twice, other
 * spellings of a number or an escape, blanks, keys that are not known, all show at once.
 */
#include "audit/journal_line.h"

#include <tagweir/names.h>

WEIR_NAMES(weir_journal_kind_name, weir_journal_kind, WEIR_JOURNAL_ENTRIES, WEIR_TEXT)
WEIR_NAMES(weir_journal_event_name, weir_journal_event_kind, WEIR_JOURNAL_EVENTS, WEIR_TEXT)
WEIR_NAMES(weir_journal_why_name, weir_journal_why, WEIR_JOURNAL_WHYS, WEIR_TEXT)

/* Writing ---------------------------------------------------------------------------------- */

static void
put_text(weir_buf *out, const char *before, weir_span text)
{
    weir_buf_puts(out, before);
    weir_buf_put_json(out, text);
}

static void
put_word(weir_buf *out, const char *before, const char *word)
{
    put_text(out, before, span_of(word));
}

static void
put_number(weir_buf *out, const char *before, uint64_t number)
{
    weir_buf_puts(out, before);
    weir_buf_put_u64(out, number);
}

static void
put_time(weir_buf *out, const char *before, int64_t ms)
{
    char text[WEIR_TIME_MAX];

    put_text(out, before, (weir_span){text, weir_time_format(ms, text)});
}

void
weir__header_put(weir_buf *out, const weir_journal_header *h)
{
    put_number(out, "{\"format\":", h->format);
    put_number(out, ",\"segment\":", h->segment);
    put_time(out, ",\"opened\":", h->opened_ms);
    put_text(out, ",\"ruleset\":", h->ruleset);
    put_text(out, ",\"version\":", h->version);
    put_text(out, ",\"unicode\":", h->unicode);
    put_text(out, ",\"icu\":", h->icu);
    put_text(out, ",\"clock\":", h->clock);
    put_text(out, ",\"previous\":", h->previous);
    weir_buf_putc(out, '}');
}

static void
put_breaker(weir_buf *out, const weir_journal_event *e)
{
    if (e->rule.p)
        put_text(out, ",\"rule\":", e->rule);
    else
        weir_buf_puts(out, ",\"set\":true");
    if (e->kind == WEIR_JOURNAL_TRIP)
        put_word(out, ",\"how\":", weir_trip_name(e->how));
}

static void
put_particulars(weir_buf *out, const weir_journal_event *e)
{
    switch (e->kind) {
    case WEIR_JOURNAL_START:
        put_word(out, ",\"why\":", weir_journal_why_name(e->why));
        break;
    case WEIR_JOURNAL_RELOAD:
        put_text(out, ",\"from\":", e->from);
        put_text(out, ",\"to\":", e->to);
        break;
    case WEIR_JOURNAL_TRIP:
    case WEIR_JOURNAL_RESET:
        put_breaker(out, e);
        break;
    case WEIR_JOURNAL_RETIRED:
        put_number(out, ",\"first\":", e->first);
        put_number(out, ",\"last\":", e->last);
        put_number(out, ",\"seq\":", e->seq);
        put_text(out, ",\"hash\":", e->hash);
        break;
    case WEIR_JOURNAL_TORN:
        put_text(out, ",\"file\":", e->file);
        put_number(out, ",\"bytes\":", e->bytes);
        break;
    default: /* a stop has none */
        break;
    }
}

void
weir__event_put(weir_buf *out, const weir_journal_event *e)
{
    put_word(out, "{\"kind\":", weir_journal_event_name(e->kind));
    put_time(out, ",\"at\":", e->at_ms);
    put_particulars(out, e);
    if (e->by.p)
        put_text(out, ",\"by\":", e->by);
    weir_buf_putc(out, '}');
}

void
weir__end_put(weir_buf *out, const weir_journal_end *e)
{
    put_number(out, "{\"segment\":", e->segment);
    put_number(out, ",\"entries\":", e->entries);
    put_word(out, ",\"why\":", weir_journal_why_name(e->why));
    put_time(out, ",\"at\":", e->at_ms);
    if (e->key.p)
        put_text(out, ",\"key\":", e->key);
}

void
weir__end_close(weir_buf *out, weir_span signature)
{
    if (signature.p)
        put_text(out, WEIR__SIGNATURE_KEY, signature);
    weir_buf_putc(out, '}');
}

/* Reading ---------------------------------------------------------------------------------- */

/* Members of an object, in the order in which they are asked for. What is not there as asked for
   is passed over, and shows when all is written again. */
struct members {
    weir_span rest;
    weir_buf *room; /* has what the longest text needs */
};

static bool
find(struct members *m, const char *before)
{
    size_t n = strlen(before);

    if (!span_starts(m->rest, before))
        return false;
    m->rest = span_skip(m->rest, n);
    return true;
}

static uint64_t
number(struct members *m, const char *before)
{
    uint64_t v = 0;

    if (!find(m, before))
        return 0;
    while (m->rest.len && ascii_is_digit(*m->rest.p)) {
        v = v * 10 + (uint64_t)(*m->rest.p - '0');
        m->rest = span_skip(m->rest, 1);
    }
    return v;
}

static unsigned
hex_of(char c)
{
    return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a' + 10) & 15;
}

/* The character that an escape stands for, of those that are ever written. */
static char
unescape(weir_span *s)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char c = *s->p;
    const char *at = c ? strchr(from, c) : NULL;

    *s = span_skip(*s, 1);
    if (at)
        return to[at - from];
    if (c != 'u' || s->len < 4)
        return c;
    c = (char)(hex_of(s->p[2]) << 4 | hex_of(s->p[3]));
    *s = span_skip(*s, 4);
    return c;
}

static weir_span
text(struct members *m, const char *before)
{
    if (!find(m, before) || !m->rest.len || *m->rest.p != '"')
        return SPAN_NONE;
    weir_span s = span_skip(m->rest, 1);
    char *start = m->room->p + m->room->len;
    for (; s.len && *s.p != '"'; m->room->len++) {
        char c = *s.p;
        s = span_skip(s, 1);
        m->room->p[m->room->len] = c == '\\' && s.len ? unescape(&s) : c;
    }
    m->rest = span_skip(s, s.len ? 1 : 0);
    return (weir_span){start, (size_t)(m->room->p + m->room->len - start)};
}

static int64_t
time_of(struct members *m, const char *before)
{
    int64_t ms = 0;

    (void)weir_time_parse(text(m, before), &ms);
    return ms;
}

/* 0, which nothing is named after all, for what is not among them: it shows when written again. */
static int
word(struct members *m, const char *before, const char *const *names, int n)
{
    weir_span s = text(m, before);

    for (int i = 0; i < n; i++)
        if (span_is(s, names[i]))
            return i;
    return 0;
}

static const char *const kinds[] = {WEIR_JOURNAL_EVENTS(WEIR_TEXT)};
static const char *const whys[] = {WEIR_JOURNAL_WHYS(WEIR_TEXT)};
static const char *const trips[] = {WEIR_TRIPS(WEIR_TEXT)};
#define WORD(m, before, names) word((m), (before), (names), (int)(sizeof(names) / sizeof *(names)))

/* Room for all texts of the body, and behind them for what they give when written again: up to six
   bytes for one, and the keys. The texts lie in the buffer: it must not move. */
static bool
begin(struct members *m, weir_span body, weir_buf *room)
{
    room->len = 0;
    room->failed = false;
    *m = (struct members){body, room};
    return body.len <= WEIR__BODY_MAX && weir_buf_reserve(room, 7 * body.len + 1024) != NULL;
}

/* What was read, written again behind `from`: is it the body? */
static bool
same(weir_buf *room, size_t from, weir_span body)
{
    bool same = !room->failed && span_eq((weir_span){room->p + from, room->len - from}, body);

    room->len = from;
    return same;
}

bool
weir__header_read(weir_span body, weir_buf *room, weir_journal_header *out)
{
    struct members m;

    if (!begin(&m, body, room))
        return false;
    *out = (weir_journal_header){0};
    out->format = (uint32_t)number(&m, "{\"format\":");
    out->segment = (uint32_t)number(&m, ",\"segment\":");
    out->opened_ms = time_of(&m, ",\"opened\":");
    out->ruleset = text(&m, ",\"ruleset\":");
    out->version = text(&m, ",\"version\":");
    out->unicode = text(&m, ",\"unicode\":");
    out->icu = text(&m, ",\"icu\":");
    out->clock = text(&m, ",\"clock\":");
    out->previous = text(&m, ",\"previous\":");
    size_t from = room->len;
    weir__header_put(room, out);
    return same(room, from, body) && weir__is_hash(out->ruleset) && weir__is_hash(out->previous);
}

static void
read_particulars(struct members *m, weir_journal_event *e)
{
    e->why = (weir_journal_why)WORD(m, ",\"why\":", whys);
    e->from = text(m, ",\"from\":");
    e->to = text(m, ",\"to\":");
    e->rule = text(m, ",\"rule\":");
    (void)find(m, ",\"set\":true");
    e->how = (weir_trip)WORD(m, ",\"how\":", trips);
    e->first = (uint32_t)number(m, ",\"first\":");
    e->last = (uint32_t)number(m, ",\"last\":");
    e->seq = number(m, ",\"seq\":");
    e->hash = text(m, ",\"hash\":");
    e->file = text(m, ",\"file\":");
    e->bytes = number(m, ",\"bytes\":");
    e->by = text(m, ",\"by\":");
}

/* What writing it again cannot show: values of the right form. */
bool
weir__event_holds(const weir_journal_event *e)
{
    switch (e->kind) {
    case WEIR_JOURNAL_START:
        return e->why <= WEIR_JOURNAL_WHY_CRASH;
    case WEIR_JOURNAL_TRIP:
        return e->how != WEIR_TRIP_NONE;
    case WEIR_JOURNAL_RELOAD:
        return weir__is_hash(e->from) && weir__is_hash(e->to);
    case WEIR_JOURNAL_RETIRED:
        return weir__is_hash(e->hash) && e->first <= e->last;
    default:
        return true;
    }
}

bool
weir__event_read(weir_span body, weir_buf *room, weir_journal_event *out)
{
    struct members m;

    if (!begin(&m, body, room))
        return false;
    *out = (weir_journal_event){0};
    out->kind = (weir_journal_event_kind)WORD(&m, "{\"kind\":", kinds);
    out->at_ms = time_of(&m, ",\"at\":");
    read_particulars(&m, out);
    size_t from = room->len;
    weir__event_put(room, out);
    return same(room, from, body) && weir__event_holds(out);
}

bool
weir__end_read(weir_span body, weir_buf *room, weir_journal_end *out)
{
    struct members m;

    if (!begin(&m, body, room))
        return false;
    *out = (weir_journal_end){0};
    out->segment = (uint32_t)number(&m, "{\"segment\":");
    out->entries = number(&m, ",\"entries\":");
    out->why = (weir_journal_why)WORD(&m, ",\"why\":", whys);
    out->at_ms = time_of(&m, ",\"at\":");
    out->key = text(&m, ",\"key\":");
    out->signature = text(&m, WEIR__SIGNATURE_KEY);
    size_t from = room->len;
    weir__end_put(room, out);
    weir__end_close(room, out->signature);
    return same(room, from, body) && out->why != WEIR_JOURNAL_WHY_NEW &&
           !out->key.p == !out->signature.p && (!out->key.p || weir__is_hash(out->key));
}
