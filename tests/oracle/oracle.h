/*
 * The oracle: the whole decision written a second time, as plainly as possible, so that the engine
 * can be compared with it. It shares no code with the engine and is never to be weakened to agree
 * with it: the contract decides, not the majority.
 *
 * In reading order: rules.c and entries.c (rule files to rules), json.c and dialects.c (lines to
 * posts), match.c (does a rule match a post), decide.c (rules to outcomes), record.c (outcomes to
 * lines).
 *
 * Rule files are taken to be valid: anything else aborts with a message.
 */
#ifndef WEIR_ORACLE_H
#define WEIR_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* util.c ------------------------------------------------------------------------------------ */

struct str {
    const char *p; /* NULL: absent */
    size_t n;
};

#define LIT(s) ((struct str){(s), sizeof(s) - 1})
#define NONE ((struct str){NULL, 0})

_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Two owners of all memory: what lives until the end, and what lives until the next line. */
enum pool { FOREVER, LINE };
void *give(enum pool pool, size_t size); /* zeroed */
void pool_clear(enum pool pool);
/* An array with room for one more item; doubles when n is a power of two. */
void *room(enum pool pool, void *items, size_t n, size_t size);
#define PUSH(pool, items, n, item)                                                                 \
    do {                                                                                           \
        (items) = room((pool), (items), (n), sizeof *(items));                                     \
        (items)[(n)++] = (item);                                                                   \
    } while (0)

struct str str_of(const char *cstr);
struct str str_copy(enum pool pool, struct str s); /* with a NUL behind it */
struct str str_skip(struct str s, size_t n);
struct str str_trim(struct str s); /* spaces, tabs, CR, LF */
bool str_eq(struct str a, struct str b);
bool str_is(struct str s, const char *cstr);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, struct str tail);
size_t str_find(struct str s, char c);              /* s.n: not there */
struct str str_lower(enum pool pool, struct str s); /* ASCII letters only */
/* A small dense number for each distinct string; the same one each time. */
size_t intern(struct str s);
struct str read_file(enum pool pool, const char *path);
/* The host in an http or https address, less user, port and final dots. NONE: there is none, or
   it is in doubt. */
struct str uri_host(struct str uri);
/* Does nothing stand beside that host but final dots, or the port that is meant without one? */
bool uri_is_bare(struct str uri);
/* Is it ASCII, and nothing of it encoded? */
bool host_is_plain(struct str host);
/* A host as it would be looked up. */
struct str host_looked_up(struct str host);

/* A growing text, in the line's pool. */
struct buf {
    char *p;
    size_t n;
};
void put(struct buf *b, struct str s);
void puts_buf(struct buf *b, const char *cstr);
void put_int(struct buf *b, int64_t v);
void put_json(struct buf *b, struct str s);
void put_cp(struct buf *b, uint32_t cp);
struct str str_of_buf(const struct buf *b);

/* time.c ------------------------------------------------------------------------------------ */

#define NO_TIME INT64_MIN
bool time_rfc3339(struct str s, int64_t *ms);
bool time_tweet(struct str s, int64_t *ms); /* the two formats of v1.1 */
void put_time(struct buf *b, int64_t ms);

/* text.c, extract.c --------------------------------------------------------------------------- */

enum fold { FOLD_NONE, FOLD_CONFUSABLE, FOLD_TURKIC };

bool is_utf8(struct str s);
uint32_t next_cp(struct str s, size_t *at); /* of well-formed UTF-8 */
struct str tag_body(struct str tag);        /* less one leading # or ＃ */
struct str fold_key(enum pool pool, struct str body);
struct str fold_turkic(enum pool pool, struct str key);
struct str fold_skeleton(enum pool pool, struct str key);
struct str fold_letters(enum pool pool, struct str key);
struct str html_text(struct str html); /* in the line's pool */

typedef void (*found_fn)(void *into, struct str what);
void each_hashtag(struct str text, found_fn found, void *into); /* without # */
void each_mention(struct str text, found_fn found, void *into); /* without @ */

/* region.c ------------------------------------------------------------------------------------ */

/* A region is its two letters read as a number in base 26; XX sorts first by exception. */
#define NREGIONS (26 * 26)
#define REGION_XX (23 * 26 + 23)
#define REGION_NONE (-1)

struct regions {
    bool has[NREGIONS];
};
int region_of_code(struct str code); /* REGION_NONE: no valid code */
void region_code(int region, char out[3]);
void regions_expand(struct str word, struct regions *into); /* code, XX, EU, EEA or M.49 */

/* rules.c, entries.c
 * ------------------------------------------------------------------------------------- */

enum selector { ACCOUNTS, MENTIONS, HASHTAGS, POSTS, LANGS, SOURCES, NSELECTORS };
extern const char *const selector_names[NSELECTORS];
enum surface { TIMELINE, SEARCH, SUGGEST, TRENDS, RECOMMEND, NSURFACES };
extern const char *const surface_names[NSURFACES];
enum action { ALLOW, DOWNRANK, WITHHOLD };
extern const char *const action_names[3];
enum mode { ENFORCE, OBSERVE, OFF };

struct glob_piece {
    enum { RUN, ANY_RUN, ANY_ONE } kind;
    struct str text; /* of a RUN, folded */
};

struct entry {
    enum { LITERAL, ID, DOMAIN, GLOB, REGEX } kind;
    struct str text; /* LITERAL: the key; ID; DOMAIN */
    struct glob_piece *pieces;
    size_t npieces;
    bool bare; /* GLOB of accounts without @: only handles without one */
    struct regex *regex;
};

struct entries {
    bool given;
    struct entry *items;
    size_t n;
};

struct interval {
    int64_t from, until; /* NO_TIME: open */
};

struct order {
    struct str name;
    struct interval *in_force;
    size_t nin_force;
    bool lift;
    int64_t review_by, confirmed, revoked;
};

struct rule {
    struct str id;
    const struct order *order; /* NULL: own policy */
    enum action action;
    enum mode mode;
    int priority;
    int factor; /* thousandths */
    bool surfaces[NSURFACES];
    int rollout; /* hundredths of a percent */
    struct interval own;
    struct regions regions;
    enum fold fold;
    bool limit_matches;
    bool has_against;
    const struct order **against;
    size_t nagainst;
    struct entries match[NSELECTORS], except[NSELECTORS];
};

struct ruleset {
    struct rule *rules;
    size_t nrules;
    struct order *orders;
    size_t norders;
    int *compared; /* XX, then every named region, bytewise */
    size_t ncompared;
};
void rules_load(char **paths, size_t npaths, struct ruleset *out);
/* The language less all behind it, in lower case, old codes replaced. */
struct str primary_subtag(enum pool pool, struct str lang);
void entry_read(struct str text, enum selector selector, enum fold fold, struct entry *out);

/* match.c ------------------------------------------------------------------------------------- */

enum hit { MISS, HIT, RAN_OUT };
extern bool use_jit;
struct regex *regex_compile(struct str text, bool extended);

/* dialects.c ---------------------------------------------------------------------------------- */

enum source { TWEET, MASTODON, BLUESKY, ACTIVITYPUB, OWN, QUERY };
extern const char *const source_names[6];

struct account {
    struct str id, handle; /* the handle less one leading @ */
};

struct tag {
    struct str raw; /* as the dialect gave it */
    struct str key, turkic, skeleton, letters;
};

struct query {
    struct str hashtag, account; /* as written; one of them is there */
    int region;                  /* REGION_NONE: all */
    struct str at;
    int64_t at_ms;
};

struct post {
    enum source source;
    struct str id;
    struct account author;
    struct str *raw_tags;
    size_t nraw_tags;
    struct tag *tags; /* distinct by key, the first 1,000 */
    size_t ntags;
    bool too_many_tags;
    struct account *mentions;
    size_t nmentions;
    struct str *langs;
    size_t nlangs;
    int64_t created; /* NO_TIME: none readable */
    struct post *repost_of, *quotes;
    struct query query;
};

struct item {
    const char *error; /* a code, or NULL: a post */
    struct post *post;
};

struct read_options {
    bool need_time;
    bool tags_both;
    size_t max_line; /* 0: 1 MiB */
};
void handles_load(const char *path);
/* Items of one line, in the line's pool; none for skips and blank lines. */
void read_line(struct str line, const struct read_options *o, struct item **items, size_t *n);

/* decide.c, record.c -------------------------------------------------------------------------- */

struct match {
    bool matches, would; /* would: if every entry that ran out were a hit */
    bool excepted;
    bool ran_out;
    enum selector by; /* the first selector given, and the value it matched */
    size_t value;
};
/* ran_outs counts over all patterns of a post. */
struct match match_rule(const struct rule *r, const struct post *p, size_t *ran_outs);

void decide(const struct ruleset *rs, const struct post *post, int64_t now, bool explain,
            const char *digest, struct buf *out);

#endif
