/*
 * Of rules whose statements could not be made, a person is shown the first; --json has them all.
 */
#include "cli/exported.h"

#include "cli/ui.h"

#include <inttypes.h>
#include <string.h>

#define LACKS_SHOWN 10

struct lacks {
    weir_buf *out;
    size_t n;
};

static void
put_lack(void *arg, const weir_export_lack *lack)
{
    struct lacks *l = arg;

    if (++l->n > LACKS_SHOWN)
        return;
    weir_buf_printf(l->out, "           %s: %s (", lack->rule, lack->message);
    ui_count(l->out, lack->statements, "statement)\n", "statements)\n");
}

void
exported_text(weir_export_kind kind, const weir_export *e, weir_buf *out)
{
    struct lacks l = {.out = out};
    weir_export_counts c;

    weir_export_count(e, &c);
    weir_buf_printf(out, "exported   %s: ", weir_export_name(kind));
    ui_count(out, c.items, "item", "items");
    if (c.repeated)
        weir_buf_printf(out, "; %" PRIu64 " more had been said before", c.repeated);
    weir_buf_putc(out, '\n');
    for (int i = 0; i < WEIR_NLEFT_OUT; i++)
        if (c.left_out[i])
            weir_buf_printf(out, "           not in it, %" PRIu64 " times: what %s\n",
                            c.left_out[i], weir_left_out_text((weir_left_out)i));
    weir_export_lacks(e, put_lack, &l);
    if (l.n > LACKS_SHOWN)
        weir_buf_printf(out, "           and %zu rules more (--json has them all)\n",
                        l.n - LACKS_SHOWN);
}

static void
put_lack_json(void *arg, const weir_export_lack *lack)
{
    struct lacks *l = arg;

    weir_buf_puts(l->out, l->n++ ? ",{\"rule\":" : "{\"rule\":");
    ui_json(l->out, lack->rule);
    weir_buf_puts(l->out, ",\"message\":");
    ui_json(l->out, lack->message);
    weir_buf_printf(l->out, ",\"statements\":%" PRIu64 "}", lack->statements);
}

void
exported_json(weir_export_kind kind, const weir_export *e, weir_buf *out)
{
    struct lacks l = {.out = out};
    weir_export_counts c;
    const char *before = "";

    weir_export_count(e, &c);
    weir_buf_printf(out,
                    ",\"export\":{\"kind\":\"%s\",\"items\":%" PRIu64 ",\"repeated\":%" PRIu64
                    ",\"left_out\":{",
                    weir_export_name(kind), c.items, c.repeated);
    for (int i = 0; i < WEIR_NLEFT_OUT; i++) {
        if (!c.left_out[i])
            continue;
        weir_buf_printf(out, "%s\"%s\":%" PRIu64, before, weir_left_out_name((weir_left_out)i),
                        c.left_out[i]);
        before = ",";
    }
    weir_buf_puts(out, "},\"lacks\":[");
    weir_export_lacks(e, put_lack_json, &l);
    weir_buf_puts(out, "]}");
}
