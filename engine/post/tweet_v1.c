/*
 * Tweets v1.1: as the API, the streams and account archives gave them from 2007 to 2023.
 */
#include "post/read.h"

#include "base/time.h"

/* ---- time: "Sun Aug 31 00:29:13 +0000 2014", "2017-11-01 20:44:10 +0000" ---- */

/* Of each format a time has one length, and every digit one place. What is no digit is told in
 *odd, once for all of them. */
static inline unsigned
digit(const char *p, bool *odd)
{
    unsigned d = (unsigned char)p[0] - (unsigned)'0';

    *odd |= d > 9;
    return d;
}

static inline unsigned
two_digits(const char *p, bool *odd)
{
    unsigned tens = digit(p, odd);

    return tens * 10 + digit(p + 1, odd);
}

static inline unsigned
year(const char *p, bool *odd)
{
    unsigned hundreds = two_digits(p, odd);

    return hundreds * 100 + two_digits(p + 2, odd);
}

/* 20:44:10 */
static inline void
read_clock(const char *p, struct weir__civil *c, bool *odd)
{
    c->hour = two_digits(p, odd);
    c->minute = two_digits(p + 3, odd);
    c->second = two_digits(p + 6, odd);
    *odd |= (p[2] != ':') | (p[5] != ':');
}

/* +0000 */
static inline void
read_offset(const char *p, struct weir__civil *c, bool *odd)
{
    unsigned hours = two_digits(p + 1, odd), minutes = two_digits(p + 3, odd);

    *odd |= ((p[0] != '+') & (p[0] != '-')) | (hours > 23) | (minutes > 59);
    c->offset_minutes = (int)(hours * 60 + minutes) * (p[0] == '-' ? -1 : 1);
}

/* The place of a three-letter name in a list of them, from 1; 0: not in it. */
static inline unsigned
name_at(const char *p, const char *names, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (memcmp(p, names + (size_t)i * 3, 3) == 0)
            return i + 1;
    return 0;
}

#define API_TIME "Sun Aug 31 00:29:13 +0000 2014"

static bool
parse_api_time(weir_span s, struct weir__civil *c)
{
    const char *p = s.p;
    bool odd = false;

    if (s.len != sizeof API_TIME - 1 || name_at(p, "MonTueWedThuFriSatSun", 7) == 0)
        return false;
    c->month = name_at(p + 4, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
    c->day = two_digits(p + 8, &odd);
    read_clock(p + 11, c, &odd);
    read_offset(p + 20, c, &odd);
    c->year = year(p + 26, &odd);
    odd |= (p[3] != ' ') | (p[7] != ' ') | (p[10] != ' ') | (p[19] != ' ') | (p[25] != ' ');
    return !odd && c->month != 0;
}

#define ARCHIVE_TIME "2017-11-01 20:44:10 +0000"

static bool
parse_archive_time(weir_span s, struct weir__civil *c)
{
    const char *p = s.p;
    bool odd = false;

    if (s.len != sizeof ARCHIVE_TIME - 1)
        return false;
    c->year = year(p, &odd);
    c->month = two_digits(p + 5, &odd);
    c->day = two_digits(p + 8, &odd);
    read_clock(p + 11, c, &odd);
    read_offset(p + 20, c, &odd);
    return !odd && p[4] == '-' && p[7] == '-' && p[10] == ' ' && p[19] == ' ';
}

static void
read_time(struct weir__draft *d, weir_span s)
{
    struct weir__civil c = {0};

    if ((parse_api_time(s, &c) || parse_archive_time(s, &c)) && weir__is_civil(&c)) {
        d->post->has_created = true;
        d->post->created_ms = weir__civil_to_ms(&c);
    }
}

/* ---- the tweet ---- */

/* `id_str` else `id`: large ids lost digits in `id` where a program took them for floats. */
static weir_span
read_id(struct weir__reading *r, const struct weir__json *o, unsigned k_str, unsigned k)
{
    weir_span id = weir__get_id(r, o, k_str);

    return id.len ? id : weir__get_id(r, o, k);
}

static weir_account
read_account(struct weir__reading *r, const struct weir__json *o)
{
    return weir__account(read_id(r, o, WEIR__W_ID_STR, WEIR__W_ID),
                         weir__get_string(r, o, WEIR__W_SCREEN_NAME));
}

static void
read_entities(struct weir__draft *d, const struct weir__json *entities)
{
    weir__draft_tag_objects(d, entities, WEIR__E_HASHTAGS, WEIR__T_TEXT);
    weir__draft_mention_objects(d, entities, WEIR__E_USER_MENTIONS, read_account);
}

/*
 * A truncated tweet's own text and entities are cut; `extended_tweet` has all of them. Entities
 * that are there are authoritative even when empty: a retweet's text is cut, and a tag in it may
 * be half of one.
 */
static void
read_tags(struct weir__draft *d)
{
    struct weir__reading *r = d->r;
    const struct weir__json *o = d->node;
    bool truncated = weir__get_bool(r, o, WEIR__P_TRUNCATED);
    const struct weir__json *extended = weir__get_object(r, o, WEIR__P_EXTENDED);
    const struct weir__json *entities = weir__get_object(r, o, WEIR__P_ENTITIES), *whole = NULL;
    const struct weir__json *text = NULL;

    if (extended && truncated)
        whole = weir__get_object(r, extended, WEIR__X_ENTITIES);
    if (whole)
        entities = whole;
    if (entities)
        read_entities(d, entities);
    if (extended)
        text = weir__get_unread(r, extended, WEIR__X_FULL_TEXT);
    if (!text)
        text = weir__get_unread(r, o, WEIR__P_FULL_TEXT);
    if (!text)
        text = weir__get_unread(r, o, WEIR__P_TEXT);
    if (!text || !weir__draft_wants_text(d, entities != NULL))
        return;
    weir_span said = weir__text_of(r, text);
    weir__draft_text_tags(d, said);
    weir__draft_text_mentions(d, said);
}

static const weir_post *read_tweet(struct weir__reading *r, const struct weir__json *o, int level);

static const weir_post *
read_nested(struct weir__draft *d, unsigned k)
{
    const struct weir__json *o =
        d->level < WEIR__NESTED_MAX ? weir__get_object(d->r, d->node, k) : NULL;

    return o ? read_tweet(d->r, o, d->level + 1) : NULL;
}

static const weir_post *
read_tweet(struct weir__reading *r, const struct weir__json *o, int level)
{
    struct weir__draft d;

    weir__draft_begin(&d, r, WEIR_SOURCE_TWEET, o, level);
    d.post->id = read_id(r, o, WEIR__P_ID_STR, WEIR__P_ID);
    const struct weir__json *user = weir__get_object(r, o, WEIR__P_USER);
    if (user)
        d.post->author = read_account(r, user);
    read_tags(&d);
    weir__draft_lang(&d, weir__get_string(r, o, WEIR__P_LANG));
    read_time(&d, weir__get_string(r, o, WEIR__P_CREATED_AT));
    d.post->repost_of = read_nested(&d, WEIR__P_RETWEETED);
    d.post->quotes = read_nested(&d, WEIR__P_QUOTED);
    return weir__draft_end(&d, "created_at");
}

void
weir__read_tweet_v1(struct weir__reading *r, const struct weir__json *line)
{
    weir__emit_post(r, read_tweet(r, line, 0));
}
