/*
 * Bars and lines. Where records go to the same terminal, they are progress enough.
 */
#include "cli/progress.h"

#include "cli/ui.h"

#include "flow/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_EVERY_MS 200
#define LINE_EVERY_MS (60 * 1000)
#define BAR_CELLS 24

void
progress_init(struct progress *p, bool shown, uint64_t known, uint64_t before)
{
    *p = (struct progress){.shown = shown && !(isatty(STDERR_FILENO) && isatty(STDOUT_FILENO)),
                           .bar = isatty(STDERR_FILENO) == 1,
                           .known = known,
                           .before = before};
    p->began_ms = p->last_ms = clock_running_us() / 1000;
}

static void
put_bytes(weir_buf *out, double n)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t u = 0;

    for (; n >= 999.5 && u + 1 < sizeof units / sizeof *units; u++)
        n /= 1000;
    weir_buf_printf(out, n < 9.95 && u ? "%.1f %s" : "%.0f %s", n, units[u]);
}

static void
put_duration(weir_buf *out, double seconds)
{
    uint64_t s = (uint64_t)(seconds + 0.5);

    if (s >= 3600)
        weir_buf_printf(out, "%llu:%02llu:%02llu", (unsigned long long)(s / 3600),
                        (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
    else
        weir_buf_printf(out, "%llu:%02llu", (unsigned long long)(s / 60),
                        (unsigned long long)(s % 60));
}

static void
put_text(const struct progress *p, uint64_t done, int64_t now_ms, weir_buf *out)
{
    double seconds = (double)(now_ms - p->began_ms) / 1000;
    double rate = seconds > 0 ? (double)(done - p->before) / seconds : 0;

    if (p->known)
        weir_buf_printf(out, "%3.0f %%  ", 100 * (double)done / (double)p->known);
    put_bytes(out, (double)done);
    if (p->known) {
        weir_buf_puts(out, " of ");
        put_bytes(out, (double)p->known);
    }
    weir_buf_puts(out, ", ");
    put_bytes(out, rate);
    weir_buf_puts(out, "/s");
    if (p->known && rate > 0) {
        weir_buf_puts(out, ", ");
        put_duration(out, (double)(p->known - done) / rate);
        weir_buf_puts(out, " left");
    }
}

static void
show_bar(struct progress *p, uint64_t done, int64_t now_ms)
{
    weir_buf out = {0};
    char cells[BAR_CELLS + 1];

    weir_buf_putc(&out, '\r');
    if (p->known) {
        size_t full = (size_t)(BAR_CELLS * (double)done / (double)p->known);

        memset(cells, ' ', BAR_CELLS);
        memset(cells, '=', full < BAR_CELLS ? full : BAR_CELLS);
        cells[BAR_CELLS] = '\0';
        weir_buf_printf(&out, "[%s] ", cells);
    }
    put_text(p, done, now_ms, &out);
    unsigned columns = (unsigned)out.len - 1;
    for (unsigned i = columns; i < p->columns; i++)
        weir_buf_putc(&out, ' ');
    p->columns = columns;
    ui_tell(&out);
    weir_buf_fini(&out);
}

void
progress_tell(struct progress *p, uint64_t done)
{
    if (!p->shown)
        return;
    int64_t now_ms = clock_running_us() / 1000;
    if (now_ms - p->last_ms < (p->bar ? BAR_EVERY_MS : LINE_EVERY_MS))
        return;
    p->last_ms = now_ms;
    if (p->known && done > p->known)
        done = p->known; /* a feed has grown */
    if (p->bar) {
        show_bar(p, done, now_ms);
        return;
    }
    weir_buf out = {0};
    weir_buf_puts(&out, "tagweir: ");
    put_text(p, done, now_ms, &out);
    weir_buf_putc(&out, '\n');
    ui_tell(&out);
    weir_buf_fini(&out);
}

void
progress_hide(struct progress *p)
{
    weir_buf out = {0};

    if (!p->columns)
        return;
    weir_buf_printf(&out, "\r%*s\r", (int)p->columns, "");
    ui_tell(&out);
    weir_buf_fini(&out);
    p->columns = 0;
}
