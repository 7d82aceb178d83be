/*
 * Pieces of JSON, and its file.
 */
#include "json_put.h"

#include <math.h>
#include <stdio.h>

void
json_put_string(weir_buf *out, const char *key, const char *value)
{
    weir_buf_printf(out, "\"%s\":", key);
    weir_buf_put_json(out, span_of_text(value));
}

void
json_put_samples(weir_buf *out, const char *key, const struct samples *s)
{
    struct spread spread = samples_spread(s);

    weir_buf_printf(out, ",\"%s\":{\"median\":%.6g,\"min\":%.6g,\"max\":%.6g,\"samples\":[", key,
                    spread.median, spread.min, spread.max);
    for (size_t i = 0; i < s->n; i++) {
        weir_buf_puts(out, i ? "," : "");
        if (isnan(s->v[i]))
            weir_buf_puts(out, "null");
        else
            weir_buf_printf(out, "%.6g", s->v[i]);
    }
    weir_buf_puts(out, "]}");
}

void
json_check_writable(const char *path)
{
    FILE *f = path ? fopen(path, "a") : NULL;

    if (path && !f)
        die(EXIT_FAILED, "%s cannot be written", path);
    if (f)
        fclose(f);
}

bool
json_write(const weir_buf *out, const char *path)
{
    FILE *f = fopen(path, "w");

    if (!f)
        return false;
    bool written = !out->failed && fwrite(out->p, 1, out->len, f) == out->len;
    return fclose(f) == 0 && written;
}
