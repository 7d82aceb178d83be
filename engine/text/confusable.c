/*
 * Confusables: the UTS 39 skeleton of a key, and the letter-mapped key for patterns.
 *
 * ICU's uspoof_getSkeleton opens, decomposes and allocates at each call. A skeleton is
 * NFD(map(NFD(s))), and map looks at one code point at a time; so what ICU says of each single code
 * point is read into a table once a process, and deciding needs the table and NFD alone. Code
 * points that decompose never reach map, and have a cell only for the letter that they look like.
 */
#include "text/fold.h"

#include "base/check.h"
#include "text/utf16.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#define PAGE_BITS 8
#define PAGE (1u << PAGE_BITS)
#define NPAGES (0x110000u >> PAGE_BITS)
#define LONGEST 64 /* units of a prototype; the longest there is has 18 */

/* What map makes of a code point. All zero: itself. */
struct cell {
    uint32_t at; /* its prototype in the pool */
    uint8_t len; /* units of it, which may be none */
    bool mapped; /* it has a prototype */
    char letter; /* the one of [a-z0-9_] that it looks like, or 0 */
};

static struct {
    uint16_t page[NPAGES]; /* 0: the blank page */
    struct cell *cells;    /* PAGE for each page */
    uint32_t npages;
    UChar *pool;
    uint32_t npool, pool_cap;
} table;

static pthread_once_t prepare_once = PTHREAD_ONCE_INIT;
static weir_status prepared;

static inline const struct cell *
cell_of(uint32_t c)
{
    return &table.cells[(size_t)table.page[c >> PAGE_BITS] * PAGE + (c & (PAGE - 1))];
}

/* Making the table -------------------------------------------------------------------------- */

/* In this order: of those that look alike, the first is meant. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
#define NLETTERS (sizeof letters - 1)

struct skeleton {
    UChar units[LONGEST];
    int32_t len;
};

/* What the table is made with. */
struct maker {
    USpoofChecker *spoof;
    const UNormalizer2 *nfd;
    struct skeleton of_letter[NLETTERS];
};

static void
ask_icu(const struct maker *m, UChar32 c, struct skeleton *out, UErrorCode *err)
{
    UChar id[2];
    int32_t n = 0;

    U16_APPEND_UNSAFE(id, n, c);
    out->len = uspoof_getSkeleton(m->spoof, 0, id, n, out->units, LONGEST, err);
}

static bool
same(const struct skeleton *a, const struct skeleton *b)
{
    return a->len == b->len && u_memcmp(a->units, b->units, a->len) == 0;
}

static char
letter_of(const struct maker *m, UChar32 c, const struct skeleton *s)
{
    if (c < 0x80 && c != 0 && strchr(letters, (char)c))
        return (char)c;
    for (size_t i = 0; i < NLETTERS; i++)
        if (same(s, &m->of_letter[i]))
            return letters[i];
    return 0;
}

static struct cell *
new_cell(UChar32 c)
{
    uint16_t *page = &table.page[c >> PAGE_BITS];

    if (*page == 0) {
        struct cell *p = realloc(table.cells, (table.npages + 1) * PAGE * sizeof *p);

        if (!p)
            return NULL;
        memset(p + (size_t)table.npages * PAGE, 0, PAGE * sizeof *p);
        table.cells = p;
        *page = (uint16_t)table.npages++;
    }
    return &table.cells[(size_t)*page * PAGE + ((uint32_t)c & (PAGE - 1))];
}

static bool
put_prototype(struct cell *cell, const struct skeleton *s)
{
    if (table.pool_cap - table.npool < LONGEST) {
        uint32_t cap = table.pool_cap ? table.pool_cap * 2 : 16384;
        UChar *p = realloc(table.pool, cap * sizeof *p);

        if (!p)
            return false;
        table.pool = p;
        table.pool_cap = cap;
    }
    cell->mapped = true;
    cell->at = table.npool;
    cell->len = (uint8_t)s->len;
    u_memcpy(table.pool + table.npool, s->units, s->len);
    table.npool += (uint32_t)s->len;
    return true;
}

/* Nothing that is not a character has a prototype, and syllables of Hangul decompose to several
   jamo. Skipped for speed: this leaves some 150,000 questions of the million. */
static bool
is_worth_asking(UChar32 c)
{
    switch (u_charType(c)) {
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
        return false;
    case U_UNASSIGNED:
        return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
    default:
        return c < 0xAC00 || c > 0xD7A3;
    }
}

static bool
add(const struct maker *m, UChar32 c, UErrorCode *err)
{
    UChar itself[2], decomposed[LONGEST];
    struct skeleton s;
    int32_t n = 0;

    ask_icu(m, c, &s, err);
    if (U_FAILURE(*err))
        return false;
    U16_APPEND_UNSAFE(itself, n, c);
    bool reaches_map = unorm2_getDecomposition(m->nfd, c, decomposed, LONGEST, err) < 0;
    bool mapped = reaches_map && !(s.len == n && u_memcmp(s.units, itself, n) == 0);
    char letter = letter_of(m, c, &s);
    if (!mapped && !letter)
        return true;
    struct cell *cell = new_cell(c);
    if (!cell)
        return false;
    cell->letter = letter;
    return !mapped || put_prototype(cell, &s);
}

static bool
fill(struct maker *m)
{
    UErrorCode err = U_ZERO_ERROR;

    for (size_t i = 0; i < NLETTERS; i++)
        ask_icu(m, letters[i], &m->of_letter[i], &err);
    if (U_FAILURE(err))
        return false;
    for (UChar32 c = 0; c <= 0x10FFFF; c++)
        if (is_worth_asking(c) && !add(m, c, &err))
            return false;
    return true;
}

static void
prepare(void)
{
    struct maker m = {0};
    UErrorCode err = U_ZERO_ERROR;

    prepared = WEIR_E_NOMEM;
    table.cells = calloc(PAGE, sizeof *table.cells);
    table.npages = 1;
    m.spoof = uspoof_open(&err);
    m.nfd = unorm2_getNFDInstance(&err);
    if (table.cells && U_SUCCESS(err) && fill(&m))
        prepared = WEIR_OK;
    uspoof_close(m.spoof);
}

weir_status
weir__fold_prepare(void)
{
    CHECK(pthread_once(&prepare_once, prepare) == 0);
    return prepared;
}

/* Using it ---------------------------------------------------------------------------------- */

/* The code point at *i, and past it. The units came of UTF-8, and so are well-formed; ICU's own
   macro mixes signs. */
static uint32_t
next_of(const UChar *units, int32_t *i)
{
    uint32_t lead = units[(*i)++];

    if (!U16_IS_SURROGATE(lead))
        return lead;
    return 0x10000 + ((lead - 0xD800) << 10) + (units[(*i)++] - 0xDC00u);
}

/* map: from n units of `from` into `to`. */
static int32_t
map(const UChar *from, int32_t n, UChar *to, int32_t cap, UErrorCode *err)
{
    int32_t len = 0;

    for (int32_t i = 0; i < n;) {
        int32_t start = i;
        const struct cell *cell = cell_of(next_of(from, &i));
        const UChar *units = cell->mapped ? table.pool + cell->at : from + start;
        int32_t nunits = cell->mapped ? cell->len : i - start;
        if (cap - len < nunits) {
            *err = U_BUFFER_OVERFLOW_ERROR;
            return 0;
        }
        u_memcpy(to + len, units, nunits);
        len += nunits;
    }
    return len;
}

static void
skeleton(const struct weir__rooms *r, int32_t *nresult, UErrorCode *err)
{
    const UNormalizer2 *nfd = unorm2_getNFDInstance(err);
    int32_t n = unorm2_normalize(nfd, r->a, r->n, r->b, r->cap, err);

    if (U_FAILURE(*err))
        return;
    n = map(r->b, n, r->a, r->cap, err);
    if (U_SUCCESS(*err))
        *nresult = unorm2_normalize(nfd, r->a, n, r->b, r->cap, err);
}

/* ASCII is its own NFD, and its prototypes begin with starters: nothing is left to reorder. */
static void
skeleton_of_ascii(weir_span key, weir_buf *out)
{
    for (size_t i = 0; i < key.len; i++) {
        const struct cell *cell = cell_of((unsigned char)key.p[i]);

        if (!cell->mapped) {
            weir_buf_putc(out, key.p[i]);
            continue;
        }
        for (int32_t at = 0; at < cell->len;)
            weir__buf_put_cp(out, next_of(table.pool + cell->at, &at));
    }
}

void
weir__fold_skeleton(weir_span key, weir_buf *out)
{
    if (weir__fold_prepare() != WEIR_OK)
        out->failed = true;
    else if (weir__is_ascii(key))
        skeleton_of_ascii(key, out);
    else
        weir__fold_by(skeleton, key, out);
}

void
weir__fold_letters(weir_span key, weir_buf *out)
{
    if (weir__fold_prepare() != WEIR_OK)
        out->failed = true; /* and nothing can be reserved */
    const uint8_t *from = (const uint8_t *)key.p;
    char *p = weir_buf_reserve(out, key.len); /* a letter is never longer than what it replaces */
    size_t n = 0;

    if (!p)
        return;
    for (size_t i = 0; i < key.len;) {
        size_t start = i;
        UChar32 c;

        U8_NEXT(from, i, key.len, c);
        if (c < 0)
            return;
        char letter = cell_of((uint32_t)c)->letter;
        if (letter) {
            p[n++] = letter;
        } else {
            memcpy(p + n, from + start, i - start);
            n += i - start;
        }
    }
    out->len += n;
}
