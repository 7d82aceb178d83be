/*
 * Rules as they are decided by: what the compiler made of the files, in one immutable block.
 */
#ifndef WEIR_MODEL_RULE_H
#define WEIR_MODEL_RULE_H

#include "model/order.h"
#include "model/region.h"
#include "regex/regex.h"

#include <tagweir/post.h>

/*
 * Key spaces. A key is looked up, and a pattern tried, in the space that fits the value and the
 * fold of the rule. Tags: TAG is the canonical key, the others are made from it. In ID spaces the
 * key is the id byte for byte (a DID with its `did:`), in HANDLE spaces the folded handle, in
 * DOMAIN spaces a lower-cased domain without a final dot. LANG: primary subtag in lower case, old
 * codes replaced. SOURCE: the dialect's name.
 */
#define WEIR__SPACES(X)                                                                            \
    X(TAG, HASHTAGS)                                                                               \
    X(TAG_TURKIC, HASHTAGS)                                                                        \
    X(TAG_SKELETON, HASHTAGS) /* literals of fold: confusable */                                   \
    X(TAG_LETTERS, HASHTAGS)  /* patterns of fold: confusable */                                   \
    X(AUTHOR_ID, ACCOUNTS)                                                                         \
    X(AUTHOR_HANDLE, ACCOUNTS)                                                                     \
    X(AUTHOR_DOMAIN, ACCOUNTS)                                                                     \
    X(MENTION_ID, MENTIONS)                                                                        \
    X(MENTION_HANDLE, MENTIONS)                                                                    \
    X(MENTION_DOMAIN, MENTIONS)                                                                    \
    X(POST, POSTS)                                                                                 \
    X(LANG, LANGS)                                                                                 \
    X(SOURCE, SOURCES)

enum weir__space {
#define X(name, selector) WEIR__SPACE_##name,
    WEIR__SPACES(X)
#undef X
        WEIR__NSPACES
};

enum weir__fold { WEIR__FOLD_NONE, WEIR__FOLD_CONFUSABLE, WEIR__FOLD_TURKIC };

enum weir__entry_kind {
    WEIR__ENTRY_LITERAL, /* tag, handle, user@domain, post id, language, source */
    WEIR__ENTRY_ID,      /* id:… (text without `id:`) or did:… (text with it) */
    WEIR__ENTRY_DOMAIN,  /* domain:… (text without it) */
    WEIR__ENTRY_GLOB,
    WEIR__ENTRY_REGEX, /* text between the slashes */
    WEIR__ENTRY_LIST
};

/*
 * An entry of a selector or a list as its author wrote it, for explaining and for the digest: a
 * leading `#` or `@`, and the note behind an id, are gone; nothing is folded.
 */
struct weir__entry {
    enum weir__entry_kind kind;
    bool extended; /* REGEX: flag x */
    uint32_t list; /* LIST: index into the rule set's lists */
    weir_span text;
    uint32_t file; /* index into the rule set's files */
    uint32_t line;
};

/* How a rule set keeps it: without pointers and without gaps, so that a list of a million entries
   lies in a compiled file as it lies in memory. */
struct weir__kept_entry {
    uint32_t text, len; /* bytes behind the last item */
    uint32_t list, file, line;
    uint8_t kind, extended;
    uint16_t none; /* 0 */
};

struct weir__entries {
    const struct weir__kept_entry *items; /* their texts behind them; NULL: not given */
    size_t n;
};

static inline struct weir__entry
weir__entry_at(const struct weir__entries *e, size_t i)
{
    const struct weir__kept_entry *k = &e->items[i];

    return (struct weir__entry){.kind = (enum weir__entry_kind)k->kind,
                                .extended = k->extended,
                                .list = k->list,
                                .text = {(const char *)(e->items + e->n) + k->text, k->len},
                                .file = k->file,
                                .line = k->line};
}

/* Bytes of the items and their texts. */
static inline size_t
weir__entries_size(const struct weir__entries *e)
{
    const struct weir__kept_entry *last = e->n ? &e->items[e->n - 1] : NULL;

    return last ? e->n * sizeof *last + last->text + last->len : 0;
}

/* The entries of one kind, and the file that they stand in: index into the rule set's files. */
struct weir__list_part {
    struct weir__entries entries;
    uint32_t file;
};

struct weir__list {
    weir_span name;
    struct weir__list_part accounts, hashtags, posts;
    uint32_t file; /* where it is defined */
    uint32_t line;
};

/* One selector of one rule: what a hit is recorded under. Dense ids over the rule set. */
struct weir__selector {
    uint32_t rule;
    weir_selector kind;
    bool in_except;
};

enum weir__side { WEIR__MATCH, WEIR__EXCEPT };

struct weir_rule {
    weir_span id;
    uint32_t order; /* WEIR_NONE: own policy */
    weir_action action;
    weir_mode mode;
    int32_t priority;
    uint32_t factor_milli;
    uint32_t surfaces;   /* of a downrank: bit (1 << weir_surface), all when none were given */
    uint32_t rollout_bp; /* 10000: everyone */
    struct weir__interval in_force;
    /* Where it holds. On `XX`: bit XX and every territory not excepted. */
    struct weir__region_set regions;
    /* Regions in which the outcome may differ from XX's because of this rule: those it names,
       and those taken from its XX. Never XX itself. */
    struct weir__region_set named;
    enum weir__fold fold;
    bool limit_matches; /* on_limit: match */
    bool has_against;
    const uint32_t *against; /* orders; only with has_against */
    size_t nagainst;
    /* selector[side][kind]: its id, or WEIR_NONE when it is not given */
    uint32_t selector[2][WEIR_NSELECTORS];
    weir_breaker breaker; /* its own alone */
    weir_span meta, dsa;  /* as JSON (dsa: model/dsa.h); {NULL, 0}: absent */
    uint32_t file;
    uint32_t line;
};

/* How a pattern's keys are found. */
enum weir__pattern_class {
    WEIR__CLASS_WORDS,  /* it matches a few keys and no others: they stand in the key table */
    WEIR__CLASS_EDGE,   /* what it matches begins or ends with one of its literals */
    WEIR__CLASS_FACTOR, /* what it matches contains one of its literals */
    WEIR__CLASS_LOOSE   /* nothing that its matches must contain is known */
};

/*
 * A glob or regex with the selectors it was written in. Equal patterns of one space are one.
 * A regex of a space is tried on the same subject as a glob of it; a glob of a HANDLE space
 * without `@` is tried only on handles without one.
 */
struct weir__pattern {
    enum weir__space space;
    bool is_regex;
    bool extended;
    bool bare_handles;         /* glob of a HANDLE space without `@` */
    weir_span text;            /* regex: between the slashes; glob: folded */
    struct weir__regex *re;    /* regex that is tried; else NULL. Freed with the rule set */
    uint32_t set;              /* its selectors, by their number among the rule set's postings */
    uint32_t min_len, max_len; /* bytes of a key that can match */
    enum weir__pattern_class class;
    bool needs_digit;      /* of a key that can match: regex/factor.h */
    bool certain;          /* a key that has one of its literals where it must be matches */
    weir_span written;     /* the text as its first author wrote it: globs are not folded */
    uint32_t file;         /* where that stands: index into the rule set's files */
    uint32_t line, column; /* column in code points */
};

/* What is looked up as words is never tried: PCRE2 has no more to do than to find it sound. */
static inline bool
weir__pattern_needs_regex(const struct weir__pattern *p)
{
    return p->is_regex && p->class != WEIR__CLASS_WORDS;
}

/* A test that a rule carries. */
struct weir__rule_test {
    uint32_t rule;
    bool expect_match;
    bool is_post;   /* text is a post in Tagweir's own dialect, as JSON */
    weir_span text; /* else a hashtag or an account, as written */
    uint32_t file, line, column, width;
    weir_span source; /* the line, for messages */
};

/* Of a test that is no post: no hashtag in a text has a colon or an @ in it, so that ids, DIDs and
   user@domain are accounts without more. What begins with # (or ＃) is a hashtag whatever it has.
 */
static inline bool
weir__test_is_account(weir_span text)
{
    if (span_starts(text, "#") || span_starts(text, "\xEF\xBC\x83"))
        return false;
    return span_starts(text, "id:") || span_starts(text, "did:") || span_find(text, '@') < text.len;
}

#endif
