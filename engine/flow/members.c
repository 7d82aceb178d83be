/*
 * Members of JSON objects.
 */
#include "flow/members.h"

#include <string.h>

void
member_key(weir_buf *out, const char *key)
{
    weir_buf_puts(out, ",\"");
    weir_buf_puts(out, key);
    weir_buf_puts(out, "\":");
}

void
member_number(weir_buf *out, const char *key, uint64_t n)
{
    member_key(out, key);
    weir_buf_put_u64(out, n);
}

void
member_text(weir_buf *out, const char *key, const char *text)
{
    if (!text)
        return;
    member_key(out, key);
    weir_buf_put_json(out, (weir_span){text, strlen(text)});
}

void
member_time(weir_buf *out, const char *key, int64_t ms)
{
    char time[WEIR_TIME_MAX];

    if (ms == INT64_MIN)
        return;
    (void)weir_time_format(ms, time);
    member_text(out, key, time);
}
