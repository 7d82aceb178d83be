/*
 * Bars and lines. Where records go to the same terminal, they are progress enough.
 */
#include "cli/progress.h"

#include "cli/ui.h"

#include "flow/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_EVERY_MS 200
#define LINE_EVERY_MS (60 * 1000)
#define BAR_CELLS 24

void
progress_init(struct progress *p, bool shown, uint64_t known)
{
    *p = (struct progress){.shown = shown && !(isatty(STDERR_FILENO) && isatty(STDOUT_FILENO)),
                           .bar = isatty(STDERR_FILENO) == 1,
                           .known = known};
    p->last_ms = clock_running_us() / 1000;
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
    double rate = seconds > 0 && done > p->before ? (double)(done - p->before) / seconds : 0;

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
put_cells(const struct progress *p, uint64_t done, weir_buf *out)
{
    size_t full = (size_t)(BAR_CELLS * (double)done / (double)p->known);
    char cells[BAR_CELLS + 1];

    memset(cells, ' ', BAR_CELLS);
    memset(cells, '=', full < BAR_CELLS ? full : BAR_CELLS);
    cells[BAR_CELLS] = '\0';
    weir_buf_printf(out, "[%s] ", cells);
}

/* A line that is broken cannot be gone back over. The last column is left free, where some
   terminals break it already. */
static size_t
room_in_line(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
        return SIZE_MAX;
    return size.ws_col - 1u;
}

static void
show_bar(struct progress *p, uint64_t done, int64_t now_ms)
{
    size_t room = room_in_line();
    weir_buf out = {0}, text = {0};

    put_text(p, done, now_ms, &text);
    weir_buf_putc(&out, '\r');
    if (p->known && text.len + BAR_CELLS + 3 <= room)
        put_cells(p, done, &out);
    weir_buf_put(&out, (weir_span){text.p, text.len < room ? text.len : room});
    weir_buf_fini(&text);
    unsigned columns = (unsigned)out.len - 1;
    if (p->columns > room) /* it has become narrower */
        p->columns = (unsigned)room;
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
    if (!p->begun) {
        p->begun = true;
        p->before = done;
        p->began_ms = now_ms;
    }
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
