/*
 * How records write the values that posts are made of, and posts themselves in Tagweir's own
 * dialect.
 */
#include "audit/values.h"

#include "base/buf.h"
#include "base/check.h"
#include "decide/shown.h"
#include "text/fold.h"

#include <tagweir/audit.h>

void
weir__put_author(weir_buf *out, const weir_account *a)
{
#define AUTHOR ",\"author\":\""
    if (a->id.len && !weir__shown_is_bare(a->id))
        weir__buf_put_between(out, SPAN_LIT(AUTHOR WEIR__BEFORE_ID), a->id, SPAN_LIT("\""));
    else if (a->id.len)
        weir__buf_put_between(out, SPAN_LIT(AUTHOR), a->id, SPAN_LIT("\""));
    else if (a->handle.len)
        weir__buf_put_between(out, SPAN_LIT(AUTHOR "@"), a->handle, SPAN_LIT("\""));
#undef AUTHOR
}

void
weir__put_value(weir_buf *out, const weir_act *act)
{
    struct weir__shown shown = weir__shown(act);

    BUF_LIT(out, "\"");
    weir_buf_puts(out, shown.before);
    weir__buf_put_escaped(out, shown.value);
    weir_buf_puts(out, shown.behind);
    BUF_LIT(out, "\"");
}

void
weir__put_factor(weir_buf *out, uint32_t milli)
{
    char digits[8];

    CHECK(milli < 1000);
    if (milli == 0) {
        BUF_LIT(out, "0");
        return;
    }
    digits[0] = (char)('0' + milli / 100);
    digits[1] = (char)('0' + milli / 10 % 10);
    digits[2] = (char)('0' + milli % 10);
    size_t n = digits[2] != '0' ? 3 : digits[1] != '0' ? 2 : 1;
    BUF_LIT(out, "0.");
    weir_buf_put(out, (weir_span){digits, n});
}

void
weir_record_author_text(const weir_account *a, weir_buf *out)
{
    if (!a->id.len && !a->handle.len)
        return;
    weir_buf_puts(out, a->id.len ? weir__shown_before_id(a->id) : "@");
    weir_buf_put(out, a->id.len ? a->id : a->handle);
}

void
weir_record_value_text(const weir_act *act, weir_buf *out)
{
    struct weir__shown shown = weir__shown(act);

    weir_buf_puts(out, shown.before);
    weir_buf_put(out, shown.value);
    weir_buf_puts(out, shown.behind);
}

static void
put_account(weir_buf *out, const weir_account *a)
{
    BUF_LIT(out, "{");
    if (a->id.p)
        weir__put_text(out, "\"id\":", a->id);
    if (a->handle.p)
        weir__put_text(out, a->id.p ? ",\"handle\":" : "\"handle\":", a->handle);
    BUF_LIT(out, "}");
}

static void
put_texts(weir_buf *out, const weir_span *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        weir__put_text(out, i ? "," : "", texts[i]);
}

static void
put_tags(weir_buf *out, const weir_post *p)
{
    weir_buf key = {0};

    BUF_LIT(out, ",\"hashtags\":[");
    put_texts(out, p->hashtags, p->nhashtags);
    BUF_LIT(out, "],\"keys\":[");
    for (size_t i = 0; i < p->nhashtags; i++) {
        key.len = 0;
        weir_canonical_key(p->hashtags[i], &key);
        weir__put_text(out, i ? "," : "", span_of_buf(&key));
    }
    BUF_LIT(out, "],\"mentions\":[");
    for (size_t i = 0; i < p->nmentions; i++) {
        if (i)
            BUF_LIT(out, ",");
        put_account(out, &p->mentions[i]);
    }
    BUF_LIT(out, "]");
    out->failed = out->failed || key.failed;
    weir_buf_fini(&key);
}

static void
put_langs(weir_buf *out, const weir_post *p)
{
    if (!p->nlangs)
        return;
    weir_buf_puts(out, p->nlangs > 1 ? ",\"lang\":[" : ",\"lang\":");
    put_texts(out, p->langs, p->nlangs);
    if (p->nlangs > 1)
        BUF_LIT(out, "]");
}

static void
put_post(weir_buf *out, const weir_post *p)
{
    char at[WEIR_TIME_MAX];

    weir__put_text(out, "{\"id\":", p->id);
    BUF_LIT(out, ",\"author\":");
    put_account(out, &p->author);
    put_tags(out, p);
    if (p->has_created) {
        (void)weir_time_format(p->created_ms, at);
        weir_buf_printf(out, ",\"created_at\":\"%s\"", at);
    }
    put_langs(out, p);
    weir_buf_printf(out, ",\"source\":\"%s\"", weir_source_name(p->source));
    if (p->repost_of) {
        BUF_LIT(out, ",\"repost_of\":");
        put_post(out, p->repost_of);
    }
    if (p->quotes) {
        BUF_LIT(out, ",\"quotes\":");
        put_post(out, p->quotes);
    }
    BUF_LIT(out, "}");
}

void
weir_record_write_post(const weir_post *post, weir_buf *out)
{
    put_post(out, post);
    weir_buf_putc(out, '\n');
}
