/*
 * Plots over time, as SVG. Lengths are whole tenths of a pixel, so that the same report gives the
 * same bytes everywhere. What is withheld is filled, what is downranked is hatched: they differ on
 * black and white paper, too. Each step has a title, which a browser shows and a screen reader
 * says.
 */
#include "audit/report_parts.h"

#include "base/check.h"

/* Tenths of a pixel. */
#define WIDTH 9600
#define LEFT 560
#define RIGHT 9520
#define SPAN (RIGHT - LEFT)
#define PANEL 1200 /* the height of bars */
#define LABELS 5   /* along the axis, at the most: more would touch each other */

struct weir__scale
weir__scale_for(uint64_t max)
{
    static const uint64_t parts[] = {1, 2, 5};
    struct weir__scale s = {.step = 1};
    uint64_t power = 1;

    for (size_t i = 1; max / s.step + (max % s.step != 0) > 4; i++) {
        if (i % 3 == 0) {
            if (power > UINT64_MAX / 50) { /* no count is nearly so high */
                s.step = max;
                break;
            }
            power *= 10;
        }
        s.step = parts[i % 3] * power;
    }
    uint64_t steps = max / s.step + (max % s.step != 0);
    s.top = s.step * (steps ? steps : 1);
    return s;
}

int
weir__place_on_axis(const weir_report *r, int64_t ms, int width)
{
    int64_t from = r->edges[0], until = r->edges[r->nsteps];

    if (ms <= from || until <= from)
        return 0;
    if (ms >= until)
        return width;
    return (int)(((__int128)ms - from) * width / ((__int128)until - from));
}

size_t
weir__label_stride(size_t nsteps, size_t most)
{
    return nsteps ? (nsteps + most - 1) / most : 1;
}

void
weir__put_px(weir_buf *out, int tenths)
{
    unsigned n = tenths < 0 ? (unsigned)-tenths : (unsigned)tenths;

    weir_buf_printf(out, n % 10 ? "%s%u.%u" : "%s%u", tenths < 0 ? "-" : "", n / 10, n % 10);
}

void
weir__put_attribute(weir_buf *out, const char *name, int tenths)
{
    weir_buf_printf(out, " %s=\"", name);
    weir__put_px(out, tenths);
    weir_buf_putc(out, '"');
}

static void
put_rect(weir_buf *out, const char *class, int x, int y, int width, int height)
{
    weir_buf_printf(out, "<rect class=\"%s\"", class);
    weir__put_attribute(out, "x", x);
    weir__put_attribute(out, "y", y);
    weir__put_attribute(out, "width", width);
    weir__put_attribute(out, "height", height);
    BUF_LIT(out, "/>");
}

static void
put_line(weir_buf *out, const char *class, int x1, int y1, int x2, int y2)
{
    weir_buf_printf(out, "<line class=\"%s\"", class);
    weir__put_attribute(out, "x1", x1);
    weir__put_attribute(out, "y1", y1);
    weir__put_attribute(out, "x2", x2);
    weir__put_attribute(out, "y2", y2);
    BUF_LIT(out, "/>");
}

/* Text that is closed by the caller. */
static void
open_text(weir_buf *out, const char *class, int x, int y)
{
    weir_buf_printf(out, "<text class=\"%s\"", class);
    weir__put_attribute(out, "x", x);
    weir__put_attribute(out, "y", y);
    weir_buf_putc(out, '>');
}

static int
x_of(const weir_report *r, int64_t ms)
{
    return LEFT + weir__place_on_axis(r, ms, SPAN);
}

/* Panels -----------------------------------------------------------------------------------------
 */

struct panel {
    const weir_report *r;
    const weir_report_step *steps;
    const char *heading;
    bool all; /* bars are of all posts; else of what is withheld and downranked */
    int head; /* where its heading stands */
    int top;  /* where bars may begin */
};

static uint64_t
height_of(const struct panel *p, size_t i)
{
    const weir_report_step *s = &p->steps[i];

    return p->all ? s->posts : s->withheld + s->downranked;
}

static int
scaled(uint64_t n, uint64_t top)
{
    int h = (int)((unsigned __int128)n * PANEL / top);

    return n && h < 10 ? 10 : h; /* what is there is seen */
}

/* There is room for six digits: more are written as `1.5 M`, which is exact, as steps are round. */
static void
put_scale_text(uint64_t at, struct weir__scale s, weir_buf *out)
{
    const uint64_t million = 1000000;
    bool in_millions = at && s.step % (million / 2) == 0;

    weir__page_number(out, in_millions ? at / million : at);
    if (in_millions)
        weir_buf_puts(out, at % million ? ".5\xC2\xA0M" : "\xC2\xA0M");
}

static void
put_scale(const struct panel *p, struct weir__scale s, weir_buf *out)
{
    open_text(out, "head", LEFT, p->head);
    weir_buf_puts(out, p->heading);
    BUF_LIT(out, "</text>");
    for (uint64_t at = 0; at <= s.top; at += s.step) {
        int y = p->top + PANEL - (int)((unsigned __int128)at * PANEL / s.top);

        put_line(out, at ? "grid" : "axis", LEFT, y, RIGHT, y);
        open_text(out, "y", LEFT - 60, y + 40);
        put_scale_text(at, s, out);
        BUF_LIT(out, "</text>");
    }
}

static void
put_title(const struct panel *p, size_t i, weir_buf *out)
{
    const weir_report_step *s = &p->steps[i];

    BUF_LIT(out, "<title>");
    weir__time_text(out, p->r->edges[i], false);
    BUF_LIT(out, " to ");
    weir__time_text(out, p->r->edges[i + 1], true);
    BUF_LIT(out, ": ");
    if (p->all) {
        weir__put_n(out, s->posts, "post", "posts");
    } else {
        weir__page_number(out, s->withheld);
        BUF_LIT(out, " withheld, ");
        weir__page_number(out, s->downranked);
        BUF_LIT(out, " downranked");
    }
    BUF_LIT(out, "</title>");
}

static void
put_bar(const struct panel *p, struct weir__scale s, size_t i, weir_buf *out)
{
    int x = x_of(p->r, p->r->edges[i]), width = x_of(p->r, p->r->edges[i + 1]) - x;
    int floor = p->top + PANEL;
    const weir_report_step *n = &p->steps[i];

    if (!height_of(p, i))
        return;
    width = width > 40 ? width - 15 : width < 5 ? 5 : width;
    BUF_LIT(out, "<g>");
    put_title(p, i, out);
    if (p->all) {
        int h = scaled(n->posts, s.top);

        put_rect(out, "all", x, floor - h, width, h);
    } else {
        int low = scaled(n->withheld, s.top), high = scaled(n->downranked, s.top);

        if (low)
            put_rect(out, "withheld", x, floor - low, width, low);
        if (high)
            put_rect(out, "downranked", x, floor - low - high, width, high);
    }
    BUF_LIT(out, "</g>");
}

static void
put_panel(const struct panel *p, weir_buf *out)
{
    uint64_t max = 0;

    for (size_t i = 0; i < p->r->nsteps; i++)
        if (height_of(p, i) > max)
            max = height_of(p, i);
    struct weir__scale s = weir__scale_for(max);
    put_scale(p, s, out);
    for (size_t i = 0; i < p->r->nsteps; i++)
        put_bar(p, s, i, out);
}

/* Days and longer steps have no time of the day. */
void
weir__step_text(const weir_report *r, size_t i, weir_buf *out)
{
    char text[WEIR_TIME_MAX];
    bool days = true, months = true;

    for (size_t k = 0; k <= r->nsteps; k++) {
        (void)weir_time_format(r->edges[k], text);
        days = days && memcmp(text + 10, "T00:00:00Z", 11) == 0;
        months = months && memcmp(text + 7, "-01T00:00:00Z", 14) == 0;
    }
    (void)weir_time_format(r->edges[i], text);
    text[10] = ' ';
    weir_buf_put(out, (weir_span){text, months ? 7 : days ? 10 : 16});
}

static void
put_times(const weir_report *r, int y, weir_buf *out)
{
    size_t stride = weir__label_stride(r->nsteps, LABELS);

    for (size_t i = 0; i <= r->nsteps; i += stride) {
        int x = x_of(r, r->edges[i]);

        if (i && i + stride > r->nsteps && RIGHT - x < SPAN / LABELS / 2 && i != r->nsteps)
            break;
        put_line(out, "axis", x, y, x, y + 50);
        open_text(out, i == 0 ? "x first" : RIGHT - x < 400 ? "x last" : "x", x, y + 170);
        weir__step_text(r, i, out);
        BUF_LIT(out, "</text>");
    }
}

/* Marks ------------------------------------------------------------------------------------------
 * Times with a line through the plot. What they are is written above the bars, in a row each, as
 * bars, and other marks, may be anywhere below.
 */

#define MARK_ROW 110

struct mark {
    int64_t ms; /* INT64_MIN: none */
    const char *what, *class;
};

#define MARKS_MOST 5

/* Of an order, and the one time that all was decided for. */
static void
find_marks(const weir_report *r, const weir_order_info *o, struct mark marks[MARKS_MOST])
{
    int64_t at = r->at_ms == WEIR_REPORT_NO_TIME ? INT64_MIN : r->at_ms;

    marks[0] = (struct mark){at, "decided as of here", "at"};
    marks[1] = (struct mark){o ? o->served_ms : INT64_MIN, "served", "mark-line"};
    marks[2] = (struct mark){o ? o->review_by_ms : INT64_MIN, "review due", "mark-line"};
    marks[3] = (struct mark){o ? o->confirmed_ms : INT64_MIN, "confirmed", "mark-line"};
    marks[4] = (struct mark){o ? o->revoked_ms : INT64_MIN, "revoked", "mark-line"};
    for (int i = 0; i < MARKS_MOST; i++)
        if (marks[i].ms < r->edges[0] || marks[i].ms >= r->edges[r->nsteps])
            marks[i].ms = INT64_MIN;
}

static int
height_of_marks(const struct mark marks[MARKS_MOST])
{
    int rows = 0;

    for (int i = 0; i < MARKS_MOST; i++)
        rows += marks[i].ms != INT64_MIN;
    return rows * MARK_ROW;
}

static void
put_marks(const weir_report *r, const struct mark marks[MARKS_MOST], int top, int bottom,
          weir_buf *out)
{
    for (int i = 0; i < MARKS_MOST; i++) {
        if (marks[i].ms == INT64_MIN)
            continue;
        int x = x_of(r, marks[i].ms);
        bool last = x > RIGHT - 2000;

        put_line(out, marks[i].class, x, top, x, bottom);
        open_text(out, last ? "mark last" : "mark", last ? x - 30 : x + 30, top + 80);
        weir_buf_printf(out, "%s</text>", marks[i].what);
        top += MARK_ROW;
    }
}

/* Plots ------------------------------------------------------------------------------------------
 */

static void
open_plot(weir_buf *out, const char *id, size_t i, int height)
{
    weir_buf_printf(out,
                    "<svg class=\"plot\" role=\"img\" aria-labelledby=\"%s%zu-t %s%zu-d\" "
                    "viewBox=\"0 0 %d ",
                    id, i, id, i, WIDTH / 10);
    weir__put_px(out, height);
    weir_buf_printf(out, "\"><title id=\"%s%zu-t\">", id, i);
}

static void
put_span(const weir_report *r, weir_buf *out)
{
    weir__time_text(out, r->edges[0], false);
    BUF_LIT(out, " to ");
    weir__time_text(out, r->edges[r->nsteps], true);
}

/* The whole text of a plot, for who does not see it. */
static void
put_description(const weir_report *r, const char *id, size_t i, const weir_report_step *steps,
                weir_buf *out)
{
    weir_report_step sum = {.posts = 0};

    for (size_t k = 0; k < r->nsteps; k++) {
        sum.withheld += steps[k].withheld;
        sum.downranked += steps[k].downranked;
    }
    weir_buf_printf(out, "</title><desc id=\"%s%zu-d\">Bars from ", id, i);
    put_span(r, out);
    weir_buf_printf(out, ", one for each %s: ", r->step);
    weir__page_number(out, sum.withheld);
    BUF_LIT(out, " withheld, ");
    weir__page_number(out, sum.downranked);
    BUF_LIT(out, " downranked. The figures stand in the table below.</desc>");
}

/* A heading, and the marks below it. */
#define HEAD 160
#define MARKS (HEAD + 40)

void
weir__plot_all(const weir_report *r, weir_buf *out)
{
    struct panel all = {.r = r, .steps = r->line.steps, .heading = "All posts", .all = true};
    struct panel done = {.r = r, .steps = r->line.steps, .heading = "Withheld and downranked"};
    struct mark marks[MARKS_MOST];

    if (!r->nsteps)
        return;
    find_marks(r, NULL, marks);
    all.head = HEAD;
    all.top = HEAD + 100 + height_of_marks(marks);
    done.top = all.top + PANEL + 420;
    done.head = done.top - 100;
    int bottom = done.top + PANEL;
    open_plot(out, "time", 0, bottom + 260);
    BUF_LIT(out, "Posts over time");
    put_description(r, "time", 0, r->line.steps, out);
    put_panel(&all, out);
    put_panel(&done, out);
    put_times(r, bottom, out);
    put_marks(r, marks, MARKS, bottom, out);
    BUF_LIT(out, "</svg>\n");
}

/* Orders -----------------------------------------------------------------------------------------
 */

#define LANE 200

/* An arrow at an end where the interval goes on beyond the axis. */
static void
put_arrow(weir_buf *out, int x, int y, int way)
{
    BUF_LIT(out, "<path class=\"arrow\" d=\"M");
    weir__put_px(out, x);
    weir_buf_putc(out, ' ');
    weir__put_px(out, y);
    BUF_LIT(out, "l");
    weir__put_px(out, -way * 90);
    BUF_LIT(out, " -6v12z\"/>");
}

static void
put_interval(const weir_report *r, const weir_interval *i, int y, weir_buf *out)
{
    int64_t from = r->edges[0], until = r->edges[r->nsteps];
    bool before = i->from_ms == INT64_MIN || i->from_ms < from;
    bool beyond = i->until_ms == INT64_MIN || i->until_ms > until;
    int x = before ? LEFT : x_of(r, i->from_ms), end = beyond ? RIGHT : x_of(r, i->until_ms);

    BUF_LIT(out, "<g><title>in force");
    if (i->from_ms != INT64_MIN) {
        BUF_LIT(out, " from ");
        weir__time_text(out, i->from_ms, true);
    }
    if (i->until_ms != INT64_MIN) {
        BUF_LIT(out, " until ");
        weir__time_text(out, i->until_ms, true);
    } else {
        BUF_LIT(out, " without an end");
    }
    BUF_LIT(out, "</title>");
    put_rect(out, "force", x, y, end - x < 10 ? 10 : end - x, LANE);
    if (before)
        put_arrow(out, LEFT - 60, y + LANE / 2, -1);
    if (beyond)
        put_arrow(out, RIGHT + 60, y + LANE / 2, 1);
    if (end - x > 700) {
        open_text(out, "force-text", x + 60, y + 140);
        BUF_LIT(out, "in force</text>");
    }
    BUF_LIT(out, "</g>");
}

static void
put_intervals(const weir_report *r, uint32_t order, int y, weir_buf *out)
{
    weir_interval i;
    bool any = false;
    int64_t at = r->edges[0];

    while (weir__next_interval(r, order, at, &i) && i.from_ms < r->edges[r->nsteps]) {
        put_interval(r, &i, y, out);
        any = true;
        if (i.until_ms == INT64_MIN || i.until_ms >= r->edges[r->nsteps])
            break;
        at = i.until_ms;
    }
    if (any)
        return;
    open_text(out, "force-text", LEFT, y + 140);
    BUF_LIT(out, "at no time of this axis in force</text>");
}

/* Where an order did nothing, its interval is all there is to be drawn. */
void
weir__plot_order(const weir_report *r, uint32_t order, weir_buf *out)
{
    const weir_report_order *o = &r->orders[order];
    struct panel p = {.r = r, .steps = o->line.steps, .heading = "Withheld and downranked"};
    bool own = order == weir__norders(r), did = weir__order_did(o);
    weir_order_info info = {.id = NULL};
    struct mark marks[MARKS_MOST];

    if (!r->nsteps || !o->line.steps || (own && !did))
        return;
    if (!own)
        weir_ruleset_order(r->rs, order, &info);
    find_marks(r, own ? NULL : &info, marks);
    p.head = HEAD;
    p.top = (did ? HEAD + 100 : 0) + height_of_marks(marks);
    int bottom = did ? p.top + PANEL : p.top, lane = bottom + 60;
    int height = own ? bottom : lane + LANE;
    open_plot(out, "order", order, height + 260);
    BUF_LIT(out, "Posts over time under ");
    weir__page_text(out, span_of(own ? "own policy" : info.id), WEIR__SHOWN_MOST);
    put_description(r, "order", order, o->line.steps, out);
    if (did)
        put_panel(&p, out);
    if (!own)
        put_intervals(r, order, lane, out);
    put_times(r, height, out);
    put_marks(r, marks, did ? MARKS : 0, height, out);
    BUF_LIT(out, "</svg>\n");
}
