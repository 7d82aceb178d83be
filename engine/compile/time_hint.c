/*
 * What is wrong with a time that is none: the part that does not fit, and what to write.
 */
#include "compile/compiling.h"

#include "base/time.h"

static bool
skip_char(weir_span *s, const char *any_of)
{
    if (!s->len || !s->p[0] || !strchr(any_of, s->p[0]))
        return false;
    *s = span_skip(*s, 1);
    return true;
}

static bool
read_date(weir_span *s, struct weir__civil *c)
{
    return weir__take_digits(s, 4, &c->year) && skip_char(s, "-") &&
           weir__take_digits(s, 2, &c->month) && skip_char(s, "-") &&
           weir__take_digits(s, 2, &c->day);
}

/* Of the month, which is one; `c` has no time of the day yet. */
static unsigned
days_in_month(struct weir__civil c)
{
    for (c.day = 31; !weir__is_civil(&c);)
        c.day--;
    return c.day;
}

static const char *
date_hint(struct arena *work, const struct weir__civil *c)
{
    if (c->month < 1 || c->month > 12)
        return arena_printf(work, "there is no month %02u: a date is written year-month-day",
                            c->month);
    if (c->day < 1 || c->day > days_in_month(*c))
        return arena_printf(work, "there is no day %02u: %04u-%02u has %u days", c->day, c->year,
                            c->month, days_in_month(*c));
    return NULL;
}

static const char *
clock_hint(const struct weir__civil *c)
{
    if (c->hour > 23)
        return "hours go from 00 to 23: a day ends at 00:00:00 of the next one";
    if (c->minute > 59 || c->second > 60)
        return "minutes and seconds go from 00 to 59";
    return NULL;
}

/* Of what stands behind the seconds. */
static const char *
offset_hint(struct arena *work, weir_span time, weir_span s)
{
    if (skip_char(&s, "."))
        while (s.len && ascii_is_digit(s.p[0]))
            s = span_skip(s, 1);
    if (!s.len)
        return arena_printf(work,
                            "this time has no offset: write %.*sZ for UTC, or the offset of the "
                            "place",
                            SPAN_FMT(time));
    if (s.len == 5 && strchr("+-", s.p[0]) && span_find(s, ':') == s.len)
        return arena_printf(work, "an offset has a colon: write %.*s:%.*s", 3, s.p, 2, s.p + 3);
    return arena_printf(
        work, "\"%.*s\" is no offset: write Z for UTC, or hours and minutes such as +05:30",
        SPAN_FMT(s));
}

const char *
weir__time_hint(struct arena *work, weir_span time)
{
    static const char form[] = "this is no time: write it as 2021-02-01T06:00:00Z (RFC 3339)";
    struct weir__civil c = {0};
    weir_span s = time;
    const char *wrong;

    if (!read_date(&s, &c))
        return form;
    if ((wrong = date_hint(work, &c)) != NULL)
        return wrong;
    if (!s.len)
        return arena_printf(work,
                            "a date alone does not say when the day begins: write "
                            "%.*sT00:00:00Z, or the offset of the place (%.*sT00:00:00+05:30)",
                            SPAN_FMT(time), SPAN_FMT(time));
    if (!skip_char(&s, "Tt ") || !weir__take_digits(&s, 2, &c.hour) || !skip_char(&s, ":") ||
        !weir__take_digits(&s, 2, &c.minute))
        return form;
    if (!s.len || strchr("Zz+-", s.p[0]))
        return arena_printf(work, "the seconds are missing: write %.*s:00%.*s", (int)(s.p - time.p),
                            time.p, s.len ? (int)s.len : 1, s.len ? s.p : "Z");
    if (!skip_char(&s, ":") || !weir__take_digits(&s, 2, &c.second))
        return form;
    wrong = clock_hint(&c);
    return wrong ? wrong : offset_hint(work, time, s);
}
