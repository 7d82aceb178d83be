/*
 * JSON for readers of posts: one line becomes a small tree that holds only what a plan watches.
 *
 * Four files behind this header. json.cc is the only user of simdjson: its stage 1 checks UTF-8
 * and strings, and gives the offset of every token. json_walk.c goes over those tokens once,
 * forward, and makes the tree. json_keys.c and json_keys.h tell watched keys. json_text.c knows the
 * grammar of scalars.
 *
 * simdjson's own walkers (On-Demand) are not used: they do not see duplicate keys, let malformed
 * values pass, and may crash when touched after an error. What the walk checks, and what it does
 * not, stands in README.md.
 */
#ifndef WEIR_POST_JSON_H
#define WEIR_POST_JSON_H

#include <tagweir/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Stage 1 --------------------------------------------------------------------------------- */

/* Where the tokens of a text begin, in ascending order: brackets, colons, commas, the opening
   quotes of strings, the first bytes of other scalars. Behind the last stands the text's length.
   Of several texts in one block, which were scanned together, tokens from one text's first on; then
   those of the texts behind it follow. */
struct weir__tokens {
    const char *block; /* that offsets count from */
    const uint32_t *at;
    uint32_t n;
    size_t escape_at; /* the first backslash of the text, or some place behind the text */
};

enum weir__scan {
    WEIR__SCAN_OK,
    WEIR__SCAN_EMPTY,     /* no token at all */
    WEIR__SCAN_MALFORMED, /* UTF-8, an open string or a control character in one: find out which */
    WEIR__SCAN_NOMEM,
};

struct weir__scanner; /* one a thread; memory grows to the longest text seen */

struct weir__scanner *weir__scanner_new(void);
void weir__scanner_free(struct weir__scanner *s);
/* The longest text that can be scanned: offsets are 32 bits wide. */
size_t weir__scanner_limit(void);
/* Reads p[0..len) and nothing behind it. Tokens are valid until the next call; of backslashes,
   nothing is said. It may be a block of texts, each with a newline behind it: where none of them is
   malformed, the tokens of one that begins with a token are what they are by itself, up to its end
   or to something that is bad. */
enum weir__scan weir__scanner_scan(struct weir__scanner *s, const char *p, size_t len,
                                   struct weir__tokens *out);

#ifdef __cplusplus
}
#else /* the rest is between C files */

#include "base/arena.h"
#include "base/span.h"

/* The tree -------------------------------------------------------------------------------- */

enum weir__json_type {
    WEIR__NONE, /* the key is not there */
    WEIR__NULL,
    WEIR__FALSE,
    WEIR__TRUE,
    WEIR__NUMBER,
    WEIR__STRING,
    WEIR__ARRAY,
    WEIR__OBJECT,
};

struct weir__json {
    uint8_t type;
    bool escaped;      /* STRING: `raw` has backslashes */
    uint8_t shape;     /* OBJECT: which shape `items` follows */
    uint32_t at;       /* offset of the value */
    uint32_t twice_at; /* offset of its key's second occurrence; 0: the key came once */
    uint32_t n;        /* ARRAY, MAP: number of items; 0 when they are not watched */
    union {
        weir_span raw; /* NUMBER as written, STRING between its quotes */
        struct {
            const struct weir__json *items; /* ARRAY, OBJECT: in order. In front of an object's
                                               lie their places, a byte a key, backwards */
            uint64_t has;                   /* OBJECT: bit k is set when key k is there */
        };
    };
};

/* The value of the object's key with index k, or NULL. An empty object `{}` costs its brackets'
   node and no more, whatever its shape: a line may hold very many. Counting the bits of `has` below
   k would do without places, but is a call for most processors that are compiled for. */
static inline const struct weir__json *
weir__json_get(const struct weir__json *object, unsigned k)
{
    if (object->type != WEIR__OBJECT || !(object->has >> k & 1))
        return NULL;
    return &object->items[((const uint8_t *)object->items)[-1 - (int)k]];
}

/* Plans ----------------------------------------------------------------------------------- */

/* One watched key of a shape. */
struct weir__watch {
    const char *name;
    uint8_t shape;  /* of the object that is its value, or of those in its array; 0: none */
    uint8_t list;   /* 1: an array's items are read */
    uint8_t nested; /* 1: its value is one post deeper than the object that it is in */
};

/* The shape of objects whose keys nobody knows beforehand: keys and values by turns are its items,
   `n` counts them, and nothing inside the values is read. */
#define WEIR__SHAPE_MAP UINT8_MAX

/* A set of watched keys. Shape 0 is the empty one: nothing inside is read. */
struct weir__shape {
    const struct weir__watch *keys;
    uint8_t n;
};

#define WEIR__SHAPES_MAX 24
#define WEIR__KEYS_MAX 64
#define WEIR__LOOKUP_SLOTS 128 /* a power of two */

/* A watched key made ready for being found. */
struct weir__look {
    uint64_t quoted[2], mask[2]; /* `"name":`, and which bits of it count; of one that is longer
                                    than that, or leads to posts deeper, what nothing is */
    uint64_t head, tail;         /* its first and last eight bytes; zeros fill up a shorter one */
    uint64_t bit;                /* of its index */
    const char *name;
    uint8_t len;
    uint8_t index;               /* in its shape */
    uint8_t next;                /* in its slot: index + 1; 0: none */
    uint8_t shape, list, nested; /* as its watch has them */
};

/* The members of an object while they are read: in order, and where each watched key's is. */
struct weir__members {
    struct weir__taken {
        uint64_t has;
        size_t n;
    } taken;
    uint8_t place[WEIR__KEYS_MAX]; /* backwards; valid where `has` says so, as are `items` */
    struct weir__json items[WEIR__KEYS_MAX];
};

/* Shapes made ready for look-ups: chains of keys by a cheap hash. Walks note in it which keys
   follow one another, as those of the next text mostly do too, and have a part of their tree in it:
   it is one thread's. */
struct weir__plan {
    uint8_t root;       /* shape of the outermost object */
    uint8_t max_nested; /* keys that would lead deeper into posts than this count as unwatched */
    bool expects;       /* keys in the order that is noted; else each is looked up */
    struct weir__members outermost; /* of the text that was walked last */
    struct weir__looks {
        uint64_t lens[256]; /* by a key's ends: bit l is set when such a key is l bytes long */
        uint8_t n;
        uint8_t then[WEIR__KEYS_MAX + 1]; /* behind each, the last time: index + 1; 0: none. That of
                                             the first is the object's beginning */
        uint8_t slot[WEIR__LOOKUP_SLOTS]; /* index + 1; 0: none */
        struct weir__look keys[WEIR__KEYS_MAX + 1]; /* from 1 on */
    } look[WEIR__SHAPES_MAX];
};

void weir__plan_init(struct weir__plan *plan, const struct weir__shape *shapes, size_t nshapes,
                     uint8_t root, uint8_t max_nested);

/* The walk -------------------------------------------------------------------------------- */

/* SPEC: 65 levels are too deep, the outermost value being 1. */
#define WEIR__DEPTH_MAX 64

struct weir__walked {
    const char *bad; /* NULL: well formed; else what is wrong, static */
    size_t bad_at;
    bool deep; /* more levels than WEIR__DEPTH_MAX */
    size_t deep_at;
    uint32_t ntokens; /* of the text, where nothing is bad */
};

/*
 * The text behind the tokens becomes *root, until the plan's next walk. Memory comes from the arena
 * (which must have on_oom set) and, for numbers and strings, from the text. *root is only to be
 * used when nothing is bad. Offsets, in the tree and in what is told, count from the tokens' block.
 * WEIR_LINE_PADDING bytes behind the text must be readable; what they are is all the same.
 */
struct weir__walked weir__json_walk(struct weir__plan *plan, weir_span text,
                                    struct weir__tokens tokens, struct arena *arena,
                                    struct weir__json *root);

/* Scalars --------------------------------------------------------------------------------- */

/* Is it a number of JSON's grammar? */
bool weir__is_json_number(weir_span s);
/* Are all escapes of a string's inside well formed? The offset of the first bad one to *bad. */
bool weir__are_escapes(weir_span raw, size_t *bad);
/* A string's inside without its escapes, which must be well formed; lone surrogates become
   U+FFFD. `out` has room for raw.len bytes. @return bytes written. */
size_t weir__unescape(weir_span raw, char *out);
/* The first place where a text that stage 1 refused is malformed, other than as UTF-8. */
const char *weir__find_malformed(weir_span text, size_t *at);

#endif
#endif
