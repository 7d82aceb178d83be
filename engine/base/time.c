/*
 * RFC 3339 times to milliseconds and back, without the C library's calendar: it knows time zones
 * and locales, and a record must not.
 *
 * Days from and to civil dates follow the era arithmetic of the proleptic Gregorian calendar:
 * years begin in March, so that the leap day is the last of its year.
 */
#include "base/time.h"

#include <limits.h>
#include <stdio.h>

#define MS_A_DAY INT64_C(86400000)
#define DAYS_AN_ERA 146097

/* From the year 0 on. Counted from an era before it, so that nothing is below zero, and 32 bits are
   enough: they are divided with less. */
static void
civil_from_days(int64_t days, unsigned *y, unsigned *m, unsigned *d)
{
    uint32_t n = (uint32_t)(days + 719468 + DAYS_AN_ERA);
    uint32_t era = n / DAYS_AN_ERA, doe = n % DAYS_AN_ERA;
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint32_t mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + (era - 1) * 400 + (*m <= 2);
}

/* Inline, so that where n is known its loop is none: times are read once a post. */
static inline bool
take_digits(weir_span *s, size_t n, unsigned *out)
{
    unsigned v = 0;

    if (s->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!ascii_is_digit(s->p[i]))
            return false;
        v = v * 10 + (unsigned)(s->p[i] - '0');
    }
    *s = span_skip(*s, n);
    *out = v;
    return true;
}

bool
weir__take_digits(weir_span *s, size_t n, unsigned *out)
{
    return take_digits(s, n, out);
}

/* One of two bytes, or twice the same. */
static inline bool
take(weir_span *s, char a, char b)
{
    if (s->len == 0 || (s->p[0] != a && s->p[0] != b))
        return false;
    *s = span_skip(*s, 1);
    return true;
}

/* Second 60 is a leap second: legal, and read as the first of the next minute. */
static inline bool
is_clock(const struct weir__civil *c)
{
    return c->hour < 24 && c->minute < 60 && c->second <= 60;
}

bool
weir__is_civil(const struct weir__civil *c)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;

    if (c->month < 1 || c->month > 12 || c->day < 1)
        return false;
    if (c->day > days[c->month - 1] + (c->month == 2 && leap ? 1u : 0u))
        return false;
    return is_clock(c);
}

/* Of the years that four digits can say. Counted from an era before them, so that nothing is below
   zero, and 32 bits are enough: they are divided with less. */
static int32_t
days_of(const struct weir__civil *c)
{
    uint32_t y = c->year + 400 - (c->month <= 2), era = y / 400, yoe = y % 400;
    uint32_t doy = (153 * (c->month > 2 ? c->month - 3 : c->month + 9) + 2) / 5 + c->day - 1;

    return (int32_t)(era * DAYS_AN_ERA + yoe * 365 + yoe / 4 - yoe / 100 + doy) - DAYS_AN_ERA -
           719468;
}

/* Since the day began that it names; its offset may make that more than a day, or less than none.
 */
static inline int64_t
ms_of_day(const struct weir__civil *c)
{
    int64_t seconds = (int64_t)c->hour * 3600 + c->minute * 60 + c->second;

    return (seconds - (int64_t)c->offset_minutes * 60) * 1000 + c->ms;
}

int64_t
weir__civil_to_ms(const struct weir__civil *c)
{
    return days_of(c) * MS_A_DAY + ms_of_day(c);
}

/* Digits beyond the third count nothing. */
static inline bool
take_fraction(weir_span *s, unsigned *ms)
{
    static const unsigned scale[] = {100, 10, 1};
    size_t digits = 0;

    *ms = 0;
    if (!take(s, '.', '.'))
        return true;
    for (; digits < s->len && ascii_is_digit(s->p[digits]); digits++)
        if (digits < sizeof scale / sizeof *scale)
            *ms += (unsigned)(s->p[digits] - '0') * scale[digits];
    *s = span_skip(*s, digits);
    return digits > 0;
}

static inline bool
take_offset(weir_span *s, int *minutes)
{
    unsigned h, m;

    *minutes = 0;
    if (take(s, 'Z', 'z'))
        return true;
    int sign = s->len && s->p[0] == '-' ? -1 : 1;
    if (!take(s, '+', '-') || !take_digits(s, 2, &h) || !take(s, ':', ':') ||
        !take_digits(s, 2, &m))
        return false;
    *minutes = sign * (int)(h * 60 + m);
    return h < 24 && m < 60;
}

static inline bool
take_date(weir_span *s, struct weir__civil *c)
{
    return take_digits(s, 4, &c->year) && take(s, '-', '-') && take_digits(s, 2, &c->month) &&
           take(s, '-', '-') && take_digits(s, 2, &c->day);
}

static inline bool
take_clock(weir_span *s, struct weir__civil *c)
{
    return take_digits(s, 2, &c->hour) && take(s, ':', ':') && take_digits(s, 2, &c->minute) &&
           take(s, ':', ':') && take_digits(s, 2, &c->second);
}

/* Eight bytes of which some are digits, and the others are given. *beyond: what each is beyond '0',
   or the given one. `room` has what may be added to that before its high bit is set: a byte that
   has it already keeps it. */
#define DIGIT "\x76"
#define GIVEN "\x7f"

static inline bool
take_eight(const char *p, const char *zeroes, const char *room, uint64_t *beyond)
{
    *beyond = eight_at(p) ^ eight_at(zeroes);
    return (((*beyond + eight_at(room)) | *beyond) & UINT64_C(0x8080808080808080)) == 0;
}

/* The number that two of them are, the first being the i-th. */
static inline unsigned
two_of(uint64_t beyond, unsigned i)
{
    return (unsigned)(beyond >> 8 * i & 0xFF) * 10 + (unsigned)(beyond >> 8 * (i + 1) & 0xFF);
}

/* Times as nearly all posts have them, 2021-02-01T06:00:00Z or 2021-02-01T06:00:00.000Z, without a
   look at each byte. false: it is another, or none. */
static inline bool
take_usual(weir_span s, struct weir__civil *c)
{
    uint64_t date, clock, rest;

    if ((s.len != 20 && s.len != 24) ||
        !take_eight(s.p, "0000-00-", DIGIT DIGIT DIGIT DIGIT GIVEN DIGIT DIGIT GIVEN, &date) ||
        !take_eight(s.p + 8, "00T00:00", DIGIT DIGIT GIVEN DIGIT DIGIT GIVEN DIGIT DIGIT, &clock))
        return false;
    *c = (struct weir__civil){.year = two_of(date, 0) * 100 + two_of(date, 2),
                              .month = two_of(date, 5),
                              .day = two_of(clock, 0),
                              .hour = two_of(clock, 3),
                              .minute = two_of(clock, 6)};
    bool is_whole = s.len == 20; /* of seconds */
    if (is_whole ? !take_eight(s.p + 12, "0:00:00Z",
                               DIGIT GIVEN DIGIT DIGIT GIVEN DIGIT DIGIT GIVEN, &rest)
                 : !take_eight(s.p + 16, ":00.000Z",
                               GIVEN DIGIT DIGIT GIVEN DIGIT DIGIT DIGIT GIVEN, &rest))
        return false;
    c->second = two_of(rest, is_whole ? 5 : 1);
    c->ms = is_whole ? 0 : two_of(rest, 4) * 10 + (unsigned)(rest >> 48 & 0xFF);
    return true;
}

/* Any time. */
static __attribute__((noinline)) bool
take_time(weir_span s, struct weir__civil *c)
{
    return take_date(&s, c) && (take(&s, 'T', 't') || take(&s, ' ', ' ')) && take_clock(&s, c) &&
           take_fraction(&s, &c->ms) && take_offset(&s, &c->offset_minutes) && s.len == 0;
}

/* Is there such a day, and when did it begin? Kept for the next time, as posts that follow one
   another are mostly of one day. */
static inline bool
begin_of_day(const struct weir__civil *c, int64_t *ms)
{
    static _Thread_local struct {
        unsigned year, month, day;
        int64_t ms;
    } last = {.day = UINT_MAX}; /* none is known: 0000-00-00 may be written */

    if (c->day != last.day || c->month != last.month || c->year != last.year) {
        struct weir__civil day = {.year = c->year, .month = c->month, .day = c->day};

        if (!weir__is_civil(&day))
            return false;
        last.year = c->year;
        last.month = c->month;
        last.day = c->day;
        last.ms = weir__civil_to_ms(&day);
    }
    *ms = last.ms;
    return true;
}

bool
weir_time_parse(weir_span s, int64_t *out)
{
    struct weir__civil c;
    int64_t day;

    if ((!take_usual(s, &c) && !take_time(s, &c)) || !is_clock(&c) || !begin_of_day(&c, &day))
        return false;
    *out = day + ms_of_day(&c);
    return true;
}

static const char pairs[] = "0001020304050607080910111213141516171819"
                            "2021222324252627282930313233343536373839"
                            "4041424344454647484950515253545556575859"
                            "6061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

/* Two digits, and what stands behind them. @return where to go on */
static char *
put_two(char *at, unsigned v, char behind)
{
    memcpy(at, pairs + (size_t)2 * v, 2);
    at[2] = behind;
    return at + 3;
}

static char *
put_date(char *at, int64_t day)
{
    unsigned y, m, d;

    civil_from_days(day, &y, &m, &d);
    at = put_two(at, y / 100, ' ') - 1; /* written over */
    at = put_two(at, y % 100, '-');
    at = put_two(at, m, '-');
    return put_two(at, d, 'T');
}

size_t
weir_time_format(int64_t ms, char out[WEIR_TIME_MAX])
{
    static const int64_t lowest = -719528 * MS_A_DAY, highest = 2932897 * MS_A_DAY - 1;

    ms = ms < lowest ? lowest : ms > highest ? highest : ms;
    int64_t day = ms >= 0 ? ms / MS_A_DAY : -((MS_A_DAY - 1 - ms) / MS_A_DAY);
    unsigned rest = (unsigned)(ms - day * MS_A_DAY), milli = rest % 1000;
    char *at = put_date(out, day);
    at = put_two(at, rest / 3600000, ':');
    at = put_two(at, rest / 60000 % 60, ':');
    at = put_two(at, rest / 1000 % 60, milli ? '.' : 'Z');
    if (milli) {
        *at++ = (char)('0' + milli / 100);
        at = put_two(at, milli % 100, 'Z');
    }
    *at = '\0';
    return (size_t)(at - out);
}
