/*
 * Lint of hashtags as such: what holds a character that ends every hashtag in a text.
 *
 * Posts may bring hashtags that were never in a text (Mastodon's tags, Tagweir's own dialect), and
 * Bluesky's go on where others end: so this warns and refuses nothing. Emoji, which some networks
 * allow, are left alone.
 */
#include "compile/compiling.h"

#include "base/buf.h"
#include "text/fold.h"
#include "text/hashtag.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

/* Does the character become such as stand in hashtags, or nothing? */
static bool
folds_well(struct compiling *c, weir_span character)
{
    c->buf.len = 0;
    weir__fold_key(character, &c->buf);
    if (c->buf.failed)
        longjmp(*c->work->on_oom, 1);
    for (size_t at = 0; at < c->buf.len;) {
        UChar32 cp;
        U8_NEXT((const uint8_t *)c->buf.p, at, c->buf.len, cp);
        if (!weir__is_hashtag_char(cp))
            return false;
    }
    return true;
}

static bool
ends_hashtag(struct compiling *c, UChar32 cp, weir_span character)
{
    const uint32_t ends = U_GC_Z_MASK | U_GC_CC_MASK | U_GC_PD_MASK | U_GC_PS_MASK | U_GC_PE_MASK |
                          U_GC_PI_MASK | U_GC_PF_MASK | U_GC_PO_MASK | U_GC_SM_MASK | U_GC_SC_MASK;

    if (cp < 0 || weir__is_hashtag_char(cp))
        return false;
    if (cp < 0x80)
        return true;
    return (U_MASK(u_charType(cp)) & ends) && !u_hasBinaryProperty(cp, UCHAR_EMOJI) &&
           !folds_well(c, character);
}

/* The first such character of an entry; {NULL, 0}: there is none. */
static weir_span
find_end(struct compiling *c, const struct weir__entry *e)
{
    weir_span s = e->text;

    for (size_t at = 0; at < s.len;) {
        size_t from = at;
        UChar32 cp;
        U8_NEXT((const uint8_t *)s.p, at, s.len, cp);
        weir_span character = {s.p + from, at - from};
        if (e->kind == WEIR__ENTRY_GLOB && strchr("*?\\", s.p[from]))
            continue;
        if (ends_hashtag(c, cp, character))
            return character;
    }
    return SPAN_NONE;
}

static bool
is_blank(weir_span character)
{
    UChar32 c;
    size_t at = 0;

    U8_NEXT((const uint8_t *)character.p, at, character.len, c);
    return U_MASK(u_charType(c)) & (U_GC_Z_MASK | U_GC_CC_MASK);
}

static const char *
message_for(struct compiling *c, const struct raw_entry *e, weir_span end)
{
    weir_span s = e->entry.text;
    size_t head = (size_t)(end.p - s.p);
    const char *hint = e->node ? NULL : weir__list_line_hint(c->work, s);

    if (hint)
        return hint;
    if (!e->node && (is_blank(end) || span_is(end, ",") || span_is(end, ";")))
        return "no hashtag has a blank, a comma or a semicolon in it: a list file has one entry a "
               "line, and nothing else on it";
    if (is_blank(end) || span_is(end, ",") || span_is(end, ";"))
        return arena_printf(c->work,
                            "no hashtag has a %s in it: leave it out, or did you mean two entries?",
                            span_is(end, ",")   ? "comma"
                            : span_is(end, ";") ? "semicolon"
                                                : "blank");
    if (head == 0)
        return arena_printf(c->work, "no hashtag begins with \"%.*s\": leave it out",
                            SPAN_FMT(end));
    return arena_printf(c->work,
                        "most networks end a hashtag in front of \"%.*s\", and read #%.*s as #%.*s",
                        SPAN_FMT(end), SPAN_FMT(s), (int)head, s.p);
}

bool
weir__lint_hashtag(struct compiling *c, const struct raw_entry *e, bool tell)
{
    enum weir__entry_kind kind = e->entry.kind;

    if (e->refused || (kind != WEIR__ENTRY_LITERAL && kind != WEIR__ENTRY_GLOB))
        return false;
    weir_span end = find_end(c, &e->entry);
    if (end.p && tell && weir__tell_once(c, &e->at, "hashtag"))
        weir__diag_add(c->diags, WEIR_WARNING, &e->at, "%s", message_for(c, e, end));
    return end.p != NULL;
}
