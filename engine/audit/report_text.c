/*
 * Texts of a report. Tags, handles and names of files are whatever somebody wrote: nothing of them
 * may become markup, turn the direction of what stands beside it, or hide.
 */
#include "audit/report_parts.h"

#include "base/check.h"
#include "text/fold.h"

#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

/* The code point at `*at`, which moves past it; negative: none begins there. */
static UChar32
next_cp(weir_span s, size_t *at)
{
    const uint8_t *p = (const uint8_t *)s.p;
    UChar32 c;

    U8_NEXT(p, *at, s.len, c);
    return c;
}

/* What a reader would not see, or would see the rest of the line otherwise by. The joiners of
   emoji and of Persian and Indian words are kept, and what makes emoji of signs: a text is isolated
   anyway. */
static bool
is_shown_by_number(UChar32 c)
{
    if (c == 0x200C || c == 0x200D || c == 0xFE0E || c == 0xFE0F)
        return false;
    if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || c == 0x2800) /* a blank */
        return true;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c & 0xFFFE) == 0xFFFE)
        return true;
    if (c >= 0xFDD0 && c <= 0xFDEF)
        return true;
    switch (u_charType(c)) {
    case U_FORMAT_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
    case U_PRIVATE_USE_CHAR:
    case U_UNASSIGNED:
        return true;
    default:
        return false;
    }
}

static void
put_code_point(weir_buf *out, UChar32 c)
{
    switch (c) {
    case '&':
        BUF_LIT(out, "&amp;");
        break;
    case '<':
        BUF_LIT(out, "&lt;");
        break;
    case '>':
        BUF_LIT(out, "&gt;");
        break;
    case '"':
        BUF_LIT(out, "&quot;");
        break;
    case '\'':
        BUF_LIT(out, "&#39;");
        break;
    default:
        if (is_shown_by_number(c))
            weir_buf_printf(out, "[U+%04X]", (unsigned)c);
        else
            weir__buf_put_cp(out, (uint32_t)c);
    }
}

void
weir__page_text(weir_buf *out, weir_span s, size_t most)
{
    size_t i = 0, shown = 0;

    for (; i < s.len && shown < most; shown++) {
        UChar32 c = next_cp(s, &i);

        put_code_point(out, c < 0 ? 0xFFFD : c);
    }
    if (i < s.len)
        weir_buf_printf(out, "… (%zu bytes)", s.len);
}

static void
put_isolated(weir_buf *out, weir_span s, size_t most)
{
    BUF_LIT(out, "<bdi>");
    weir__page_text(out, s, most);
    BUF_LIT(out, "</bdi>");
}

void
weir__page_isolated(weir_buf *out, weir_span s)
{
    put_isolated(out, s, WEIR__SHOWN_MOST);
}

void
weir__page_term(weir_buf *out, const char *text)
{
    put_isolated(out, span_of(text), WEIR__TERM_MOST);
}

void
weir__page_number(weir_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            BUF_LIT(out, "\xE2\x80\xAF");
        weir_buf_putc(out, digits[i]);
    }
}

void
weir__time_text(weir_buf *out, int64_t ms, bool with_zone)
{
    char text[WEIR_TIME_MAX];
    size_t len = weir_time_format(ms, text);

    CHECK(len >= 20 && text[10] == 'T' && text[len - 1] == 'Z');
    text[10] = ' ';
    if (len == 20 && text[17] == '0' && text[18] == '0')
        len = 17;
    weir_buf_put(out, (weir_span){text, len - 1});
    if (with_zone)
        BUF_LIT(out, " UTC");
}

void
weir__page_time(weir_buf *out, int64_t ms)
{
    char text[WEIR_TIME_MAX];

    (void)weir_time_format(ms, text);
    weir_buf_printf(out, "<time datetime=\"%s\">", text);
    weir__time_text(out, ms, true);
    BUF_LIT(out, "</time>");
}

void
weir__put_n(weir_buf *out, uint64_t n, const char *one, const char *many)
{
    weir__page_number(out, n);
    weir_buf_printf(out, " %s", n == 1 ? one : many);
}

void
weir__json_any(weir_buf *out, weir_span s)
{
    size_t i = 0, from = 0;

    if (weir__is_utf8(s, &i)) {
        weir_buf_put_json(out, s);
        return;
    }
    weir_buf_putc(out, '"');
    for (i = 0; i < s.len; from = i) {
        if (next_cp(s, &i) < 0)
            weir__buf_put_cp(out, 0xFFFD);
        else
            weir__buf_put_escaped(out, (weir_span){s.p + from, i - from});
    }
    weir_buf_putc(out, '"');
}

void
weir__region_text(weir_buf *out, uint16_t region)
{
    char locale[8], name[128];
    UChar wide[64];
    UErrorCode e = U_ZERO_ERROR;
    int32_t len = 0;

    weir_buf_puts(out, weir_region_code(region));
    if (region == WEIR_REGION_XX) {
        BUF_LIT(out, " everywhere else");
        return;
    }
    (void)snprintf(locale, sizeof locale, "und_%s", weir_region_code(region));
    int32_t nwide = uloc_getDisplayCountry(locale, "en", wide, 64, &e);
    if (U_FAILURE(e) || nwide >= 64)
        return;
    (void)u_strToUTF8(name, sizeof name, &len, wide, nwide, &e);
    if (U_FAILURE(e) || len >= (int32_t)sizeof name)
        return;
    weir_buf_putc(out, ' ');
    weir__page_text(out, (weir_span){name, (size_t)len}, sizeof name);
}
