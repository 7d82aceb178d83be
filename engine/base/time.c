/*
 * RFC 3339 times to milliseconds and back, without the C library's calendar: it knows time zones
 * and locales, and a record must not.
 *
 * Days from and to civil dates follow the era arithmetic of the proleptic Gregorian calendar:
 * years begin in March, so that the leap day is the last of its year.
 */
#include "base/time.h"

#include <stdio.h>

#define MS_A_DAY INT64_C(86400000)

int64_t
weir__days_from_civil(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m > 2 ? (int64_t)m - 3 : (int64_t)m + 9) + 2) / 5 + (int64_t)d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void
civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
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

bool
weir__is_civil(const struct weir__civil *c)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;

    if (c->month < 1 || c->month > 12 || c->day < 1)
        return false;
    if (c->day > days[c->month - 1] + (c->month == 2 && leap ? 1u : 0u))
        return false;
    /* second 60 is a leap second: legal, and read as the first of the next minute */
    return c->hour < 24 && c->minute < 60 && c->second <= 60;
}

int64_t
weir__civil_to_ms(const struct weir__civil *c)
{
    int64_t seconds = (int64_t)c->hour * 3600 + c->minute * 60 + c->second;

    return weir__days_from_civil(c->year, c->month, c->day) * MS_A_DAY +
           (seconds - (int64_t)c->offset_minutes * 60) * 1000 + c->ms;
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

bool
weir_time_parse(weir_span s, int64_t *out)
{
    struct weir__civil c;

    if (!take_date(&s, &c) || !(take(&s, 'T', 't') || take(&s, ' ', ' ')) || !take_clock(&s, &c))
        return false;
    if (!take_fraction(&s, &c.ms) || !take_offset(&s, &c.offset_minutes) || s.len != 0)
        return false;
    if (!weir__is_civil(&c))
        return false;
    *out = weir__civil_to_ms(&c);
    return true;
}

/* So many digits, and what stands behind them. @return where to go on */
static char *
put_digits(char *at, int v, int n, char behind)
{
    for (int i = n; i-- > 0; v /= 10)
        at[i] = (char)('0' + v % 10);
    at[n] = behind;
    return at + n + 1;
}

size_t
weir_time_format(int64_t ms, char out[WEIR_TIME_MAX])
{
    static const int64_t lowest = -719528 * MS_A_DAY, highest = 2932897 * MS_A_DAY - 1;
    char *at = out;
    int64_t y;
    int m, d;

    ms = ms < lowest ? lowest : ms > highest ? highest : ms;
    int64_t day = ms >= 0 ? ms / MS_A_DAY : -((MS_A_DAY - 1 - ms) / MS_A_DAY);
    int64_t rest = ms - day * MS_A_DAY;
    civil_from_days(day, &y, &m, &d);
    int milli = (int)(rest % 1000);
    at = put_digits(at, (int)y, 4, '-');
    at = put_digits(at, m, 2, '-');
    at = put_digits(at, d, 2, 'T');
    at = put_digits(at, (int)(rest / 3600000), 2, ':');
    at = put_digits(at, (int)(rest / 60000 % 60), 2, ':');
    at = put_digits(at, (int)(rest / 1000 % 60), 2, milli ? '.' : 'Z');
    if (milli)
        at = put_digits(at, milli, 3, 'Z');
    *at = '\0';
    return (size_t)(at - out);
}
