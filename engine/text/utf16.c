/*
 * Folding by way of UTF-16. Usual tags are folded on the stack. Longer ones use the room behind the
 * end of the caller's own buffer, which keeps its size from tag to tag, so that in the long run
 * nothing is allocated, however long tags are.
 */
#include "text/utf16.h"

#include <stdalign.h>
#include <unicode/ustring.h>

/* Units of a room on the stack. Measured in bytes of UTF-8, a tag of 170 letters of any script. */
#define SMALL 512
/* No tag can be so long: a line would be longer than ICU's offsets reach. */
#define LARGEST (INT32_MAX / 16)

static void
fold_in(weir__fold16 fold, weir_span s, struct weir__rooms *r, int32_t *n, UErrorCode *err)
{
    u_strFromUTF8(r->a, r->cap, &r->n, s.p, (int32_t)s.len, err);
    if (U_SUCCESS(*err))
        fold(r, n, err);
}

/* The room's units behind out's end, where there is space for three bytes of UTF-8 for each. */
static void
append(const UChar *units, int32_t n, weir_buf *out, UErrorCode *err)
{
    int32_t cap = n * 3, len = 0;
    char *p = weir_buf_reserve(out, (size_t)cap);

    if (!p)
        return;
    u_strToUTF8(p, cap, &len, units, n, err);
    if (U_SUCCESS(*err))
        out->len += (size_t)len;
}

/* Lay both rooms behind the UTF-8 that they will become. */
static bool
rooms_behind(weir_buf *out, int32_t cap, struct weir__rooms *r)
{
    size_t utf8 = (size_t)cap * 3, room = (size_t)cap * sizeof *r->a;
    char *p = weir_buf_reserve(out, utf8 + 2 * room + alignof(UChar));

    if (!p)
        return false;
    p += utf8;
    p += (uintptr_t)p % alignof(UChar);
    r->a = (UChar *)(void *)p;
    r->b = r->a + cap;
    r->cap = cap;
    return true;
}

void
weir__fold_by(weir__fold16 fold, weir_span s, weir_buf *out)
{
    UChar a[SMALL], b[SMALL];
    struct weir__rooms r = {a, b, SMALL, 0};
    UErrorCode err = U_ZERO_ERROR;
    int32_t n = 0;

    if (s.len == 0 || out->failed)
        return;
    if (s.len > LARGEST) {
        out->failed = true;
        return;
    }
    if (s.len <= SMALL)
        fold_in(fold, s, &r, &n, &err);
    else
        err = U_BUFFER_OVERFLOW_ERROR;
    for (int32_t cap = SMALL + (int32_t)s.len; err == U_BUFFER_OVERFLOW_ERROR; cap *= 2) {
        if (cap > LARGEST * 2 || !rooms_behind(out, cap, &r)) {
            out->failed = true;
            return;
        }
        err = U_ZERO_ERROR;
        fold_in(fold, s, &r, &n, &err);
    }
    if (U_SUCCESS(err))
        append(r.b, n, out, &err);
    if (U_FAILURE(err) && err != U_INVALID_CHAR_FOUND)
        out->failed = true; /* ICU itself had no memory */
}
