/*
 * Times: read to milliseconds since 1970-01-01 UTC, and written as UTC.
 */
#include "oracle.h"

#include <stdio.h>

static bool
is_leap(int64_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
days_in_month(int64_t y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[m - 1] + (m == 2 && is_leap(y));
}

/* Counted year by year and month by month: slow and plain. */
static int64_t
days_since_1970(int64_t y, int m, int d)
{
    int64_t days = 0;

    for (int64_t i = 1970; i < y; i++)
        days += is_leap(i) ? 366 : 365;
    for (int64_t i = y; i < 1970; i++)
        days -= is_leap(i) ? 366 : 365;
    for (int i = 1; i < m; i++)
        days += days_in_month(y, i);
    return days + d - 1;
}

struct civil {
    int year, month, day, hour, minute, second, ms, offset;
};

static bool
civil_to_ms(const struct civil *c, int64_t *ms)
{
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month) ||
        c->hour > 23 || c->minute > 59 || c->second > 60)
        return false;
    *ms =
        ((days_since_1970(c->year, c->month, c->day) * 24 + c->hour) * 60 + c->minute - c->offset) *
            60000 +
        c->second * 1000 + c->ms;
    return true;
}

/* Exactly n digits. */
static bool
digits(struct str *s, size_t n, int *out)
{
    *out = 0;
    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        *out = *out * 10 + (s->p[i] - '0');
    }
    *s = str_skip(*s, n);
    return true;
}

static bool
one_of(struct str *s, const char *allowed, char *which)
{
    if (!s->n || !s->p[0] || !strchr(allowed, s->p[0]))
        return false;
    if (which)
        *which = s->p[0];
    *s = str_skip(*s, 1);
    return true;
}

static bool
date(struct str *s, struct civil *c)
{
    return digits(s, 4, &c->year) && one_of(s, "-", NULL) && digits(s, 2, &c->month) &&
           one_of(s, "-", NULL) && digits(s, 2, &c->day);
}

static bool
clock_time(struct str *s, struct civil *c)
{
    return digits(s, 2, &c->hour) && one_of(s, ":", NULL) && digits(s, 2, &c->minute) &&
           one_of(s, ":", NULL) && digits(s, 2, &c->second);
}

static bool
offset(struct str *s, const char *colon, struct civil *c)
{
    int h, m;
    char sign;

    if (!one_of(s, "+-", &sign) || !digits(s, 2, &h) || (*colon && !one_of(s, colon, NULL)) ||
        !digits(s, 2, &m) || h > 23 || m > 59)
        return false;
    c->offset = (sign == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

bool
time_rfc3339(struct str s, int64_t *ms)
{
    struct civil c = {0};

    if (!date(&s, &c) || !one_of(&s, "Tt", NULL) || !clock_time(&s, &c))
        return false;
    if (one_of(&s, ".", NULL)) {
        int digit, scale = 100;
        if (!digits(&s, 1, &digit))
            return false;
        do {
            c.ms += digit * scale;
            scale /= 10;
        } while (digits(&s, 1, &digit));
    }
    if (!one_of(&s, "Zz", NULL) && !offset(&s, ":", &c))
        return false;
    return s.n == 0 && civil_to_ms(&c, ms);
}

bool
time_tweet(struct str s, int64_t *ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char days[] = "MonTueWedThuFriSatSun";
    struct civil c = {0};
    struct str t = s;

    if (date(&t, &c)) /* 2017-11-01 20:44:10 +0000 */
        return one_of(&t, " ", NULL) && clock_time(&t, &c) && one_of(&t, " ", NULL) &&
               offset(&t, "", &c) && t.n == 0 && civil_to_ms(&c, ms);
    c = (struct civil){0};
    t = s; /* Sun Aug 31 00:29:13 +0000 2014 */
    if (t.n != 30)
        return false;
    for (int d = 0; d < 7; d++)
        if (memcmp(t.p, days + 3 * d, 3) == 0)
            c.ms = -1;
    if (c.ms != -1)
        return false;
    c.ms = 0;
    for (int m = 1; m <= 12; m++)
        if (memcmp(t.p + 4, months + (m - 1) * 3, 3) == 0)
            c.month = m;
    if (t.p[3] != ' ' || t.p[7] != ' ')
        return false;
    t = str_skip(t, 8);
    return digits(&t, 2, &c.day) && one_of(&t, " ", NULL) && clock_time(&t, &c) &&
           one_of(&t, " ", NULL) && offset(&t, "", &c) && one_of(&t, " ", NULL) &&
           digits(&t, 4, &c.year) && t.n == 0 && civil_to_ms(&c, ms);
}

void
put_time(struct buf *b, int64_t ms)
{
    int64_t days = ms / 86400000, rest = ms % 86400000;
    int64_t y = 1970;
    int m = 1;
    char text[64];

    /* 0000-01-01 to 9999-12-31: an offset may lead a moment beyond what can be written. */
    if (ms < INT64_C(-62167219200000) || ms > INT64_C(253402300799999)) {
        put_time(b, ms < 0 ? INT64_C(-62167219200000) : INT64_C(253402300799999));
        return;
    }
    if (rest < 0) {
        rest += 86400000;
        days--;
    }
    while (days < 0)
        days += is_leap(--y) ? 366 : 365;
    while (days >= (is_leap(y) ? 366 : 365))
        days -= is_leap(y++) ? 366 : 365;
    while (days >= days_in_month(y, m))
        days -= days_in_month(y, m++);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", (int)y, m, (int)days + 1,
             (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60));
    puts_buf(b, text);
    snprintf(text, sizeof text, ".%03d", (int)(rest % 1000));
    if (rest % 1000)
        puts_buf(b, text);
    puts_buf(b, "Z");
}
