/*
 * Arrays to lines, byte by byte. A byte that is taken gives at most one by itself; more than that,
 * which could have to wait for room, is put into `due`.
 */
#include "feed/array.h"

#include "feed/blank.h"

#include "flow/check.h"

#include <inttypes.h>
#include <string.h>

enum state {
    FIRST,     /* behind `[` */
    ANOTHER,   /* behind `,` */
    MAYBE,     /* in what may become `{"tweet": {` */
    WITHIN,    /* in an element */
    WRAP_ENDS, /* behind the `}` of a tweet that is wrapped */
    NEXT,      /* behind an element */
    AFTER,     /* behind `]` */
};

static const char wrapping[] = "\"tweet\":{";
#define WRAPPING (sizeof wrapping - 1)
static const char user_key[] = "user";
#define USER_KEY (sizeof user_key - 1)

/* No key is looked at, or it is another. */
#define NO_KEY SIZE_MAX

void
array_init(struct array *a, const struct array_options *o)
{
    *a = (struct array){.magic = ARRAY_MAGIC, .o = *o, .state = FIRST};
}

/* ---- giving ---- */

/* The next n bytes, for which there is room. */
static void
pass_on(struct array *a, struct step *s, size_t n)
{
    uint64_t room = a->line < a->o.keep ? a->o.keep - a->line : 0;
    size_t kept = n < room ? n : (size_t)room;

    memcpy(s->out, s->in, kept);
    s->out += kept;
    s->in += n;
    a->line += n;
}

/* Another byte in the place of the next one. */
static void
pass_as(struct array *a, struct step *s, char c)
{
    s->in++;
    if (a->line++ < a->o.keep)
        *s->out++ = c;
}

static void
add_due(struct array *a, weir_span what)
{
    CHECK(a->ndue < sizeof a->due / sizeof *a->due);
    a->due[a->ndue++] = what;
}

/* false: no room was left for all. A line ends however long it is. */
static bool
give_due(struct array *a, struct step *s)
{
    while (a->ndue && s->out < s->out_end) {
        weir_span *first = &a->due[0];
        bool ends = *first->p == '\n';

        if (ends || a->line < a->o.keep)
            *s->out++ = *first->p;
        a->line = ends ? 0 : a->line + 1;
        *first = (weir_span){first->p + 1, first->len - 1};
        if (!first->len)
            memmove(first, first + 1, --a->ndue * sizeof *first);
    }
    return a->ndue == 0;
}

/* ---- within an element ---- */

/* Of what stands between strings and brackets. */
static bool
is_word(char c)
{
    return (c >= '0' && c <= ':') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
}

static void
end_element(struct array *a)
{
    add_due(a, (weir_span){"\n", 1});
    a->state = NEXT;
}

static void
begin_within(struct array *a, bool is_tweet)
{
    a->state = WITHIN;
    a->wrapped = false;
    a->depth = 0;
    a->in_string = a->escaped = a->at_key = a->has_user = a->has_member = false;
    a->wants_user = is_tweet && a->o.user.len;
    a->key = NO_KEY;
}

static void
open_one(struct array *a, struct step *s)
{
    if (a->depth++)
        a->has_member = true;
    else
        a->at_key = *s->in == '{';
    pass_on(a, s, 1);
}

/* Here is where a tweet that has no user gets one: behind all that offsets could speak of. */
static void
close_one(struct array *a, struct step *s)
{
    bool is_last = a->depth == 1;

    a->depth -= a->depth != 0; /* what closes nothing is left to the reader */
    if (!is_last) {
        pass_on(a, s, 1);
        return;
    }
    if (*s->in == '}' && a->wants_user && !a->has_user) {
        if (a->has_member)
            add_due(a, (weir_span){",", 1});
        add_due(a, a->o.user);
    }
    add_due(a, *s->in == '}' ? (weir_span){"}", 1} : (weir_span){"]", 1});
    s->in++;
    if (a->wrapped)
        a->state = WRAP_ENDS;
    else
        end_element(a);
}

static void
take_string(struct array *a, struct step *s)
{
    char c = *s->in;

    if (c == '\n') {
        a->escaped = false;
        pass_as(a, s, '\r'); /* no string has either, and this one leaves the line whole */
        return;
    }
    if (a->key < NO_KEY && c != '"')
        a->key = a->key < USER_KEY && c == user_key[a->key] ? a->key + 1 : NO_KEY;
    if (a->escaped)
        a->escaped = false;
    else if (c == '\\')
        a->escaped = true;
    else if (c == '"') {
        a->has_user = a->has_user || a->key == USER_KEY;
        a->in_string = false;
        a->key = NO_KEY;
    }
    pass_on(a, s, 1);
}

/* Most bytes of feeds are in strings: as many of them as need no look, and the quote behind. */
static void
take_plain_text(struct array *a, struct step *s)
{
    size_t n = step_in(s) < step_out(s) ? step_in(s) : step_out(s), i = 0;

    while (i < n && s->in[i] != '"' && s->in[i] != '\\' && s->in[i] != '\n')
        i++;
    if (i < n && s->in[i] == '"') {
        a->in_string = false;
        i++;
    }
    pass_on(a, s, i);
}

static void
take_outside(struct array *a, struct step *s)
{
    char c = *s->in;

    switch (c) {
    case '{':
    case '[':
        open_one(a, s);
        return;
    case '}':
        close_one(a, s);
        return;
    case ']':
    case ',':
        if (a->depth == 0) /* the element was no array or object */
            end_element(a);
        else if (c == ']')
            close_one(a, s);
        else {
            a->at_key = a->depth == 1;
            pass_on(a, s, 1);
        }
        return;
    case '"':
        a->in_string = true;
        a->key = a->at_key && a->depth == 1 ? 0 : NO_KEY;
        break;
    }
    if (is_blank(c)) {
        pass_as(a, s, ' ');
        return;
    }
    a->at_key = false;
    a->has_member = true;
    pass_on(a, s, 1);
}

/* Of the blanks that stand for layout, and of numbers and words, as many as need no look. */
static void
take_plain(struct array *a, struct step *s)
{
    size_t n = step_in(s) < step_out(s) ? step_in(s) : step_out(s), i = 0, k;

    while (i < n && s->in[i] == ' ')
        i++;
    for (k = i; k < n && is_word(s->in[k]);)
        k++;
    if (k > i) {
        a->at_key = false;
        a->has_member = true;
    }
    pass_on(a, s, k);
}

/* Until the element ends, or there is nothing to take, or no room. */
static void
take_within(struct array *a, struct step *s)
{
    while (a->state == WITHIN && a->ndue == 0 && s->in < s->in_end && s->out < s->out_end) {
        if (!a->in_string) {
            if (*s->in == ' ' || is_word(*s->in))
                take_plain(a, s);
            else
                take_outside(a, s);
            continue;
        }
        if (a->key == NO_KEY && !a->escaped)
            take_plain_text(a, s);
        if (a->in_string && s->in < s->in_end && s->out < s->out_end)
            take_string(a, s);
    }
}

/* ---- `{"tweet": {` ---- */

/* It was not to be: what was held begins the element. */
static void
give_up_wrapping(struct array *a)
{
    begin_within(a, a->o.tweets);
    a->held_at = 0;
}

static void
take_maybe(struct array *a, struct step *s)
{
    bool may_be_blank = a->matched == 0 || a->matched + 2 >= WRAPPING;

    if (a->nheld == sizeof a->held) {
        give_up_wrapping(a);
    } else if (*s->in == wrapping[a->matched]) {
        a->held[a->nheld++] = *s->in++;
        if (++a->matched < WRAPPING)
            return;
        s->in--; /* the tweet begins with this brace */
        a->held_at = a->nheld;
        begin_within(a, true);
        a->wrapped = true;
    } else if (may_be_blank && is_blank(*s->in)) {
        a->held[a->nheld++] = ' ';
        s->in++;
    } else
        give_up_wrapping(a);
}

static void
replay_held(struct array *a, struct step *s)
{
    struct step again = {a->held + a->held_at, a->held + a->nheld, s->out, s->out_end};

    take_within(a, &again);
    s->out = again.out;
    a->held_at = (size_t)(again.in - a->held);
}

/* Behind the tweet its wrapping ends; where it does not, the reader gets to see what is there. */
static void
end_wrapping(struct array *a, struct step *s)
{
    if (is_blank(*s->in))
        s->in++;
    else if (*s->in == '}') {
        s->in++;
        end_element(a);
    } else {
        begin_within(a, false);
        a->depth = 1;
    }
}

/* ---- between elements ---- */

static bool
fail(const struct array *a, const struct step *s, weir_buf *why, const char *what)
{
    uint64_t at = a->o.at + a->taken + (uint64_t)(s->in - a->begin);

    weir_buf_printf(why, "at byte %" PRIu64 ": %s %" PRIu64, at, what, a->elements);
    return false;
}

static bool
begin_element(struct array *a, struct step *s, weir_buf *why)
{
    char c = *s->in;

    if (c == ']' && a->state == FIRST) {
        a->state = AFTER;
        s->in++;
        return true;
    }
    if (c == ']' || c == ',')
        return fail(a, s, why,
                    "expected one more element, found none; the array is good up to element");
    a->elements++;
    if (c != '{') {
        begin_within(a, false);
        return true;
    }
    a->state = MAYBE;
    a->held[0] = c;
    a->nheld = a->held_at = 1;
    a->matched = 0;
    s->in++;
    return true;
}

static bool
take_between(struct array *a, struct step *s, weir_buf *why)
{
    char c = *s->in;

    if (is_blank(c) || (a->state == AFTER && c == ';')) {
        s->in++;
        return true;
    }
    if (a->state == FIRST || a->state == ANOTHER)
        return begin_element(a, s, why);
    if (a->state == AFTER)
        return fail(a, s, why, "something follows the array, which has ended behind element");
    if (c != ',' && c != ']')
        return fail(a, s, why, "expected ',' or ']' behind element");
    a->state = c == ',' ? ANOTHER : AFTER;
    s->in++;
    return true;
}

/* ---- the whole ---- */

static bool
take(struct array *a, struct step *s, weir_buf *why)
{
    switch (a->state) {
    case MAYBE:
        take_maybe(a, s);
        return true;
    case WITHIN:
        take_within(a, s);
        return true;
    case WRAP_ENDS:
        end_wrapping(a, s);
        return true;
    default:
        return take_between(a, s, why);
    }
}

bool
array_step(struct array *a, struct step *s, weir_buf *why)
{
    bool good = true;

    CHECK_OBJ(a, ARRAY_MAGIC);
    a->begin = s->in;
    while (good && give_due(a, s) && s->out < s->out_end) {
        if (a->state == WITHIN && a->held_at < a->nheld)
            replay_held(a, s);
        else if (s->in < s->in_end)
            good = take(a, s, why);
        else
            break;
    }
    a->taken += (uint64_t)(s->in - a->begin);
    return good;
}

bool
array_end(const struct array *a, weir_buf *why)
{
    bool within = a->state == MAYBE || a->state == WITHIN || a->state == WRAP_ENDS;

    CHECK_OBJ(a, ARRAY_MAGIC);
    if (a->state == AFTER)
        return true;
    weir_buf_printf(why, "at byte %" PRIu64 ": the array is cut off %s element %" PRIu64,
                    a->o.at + a->taken, within ? "in" : "behind", a->elements);
    return false;
}
