/*
 * The plot of regions: a bar each, of those with the most posts, as long as there is room.
 */
#include "audit/report_parts.h"

/* Tenths of a pixel. */
#define WIDTH 9600
#define LEFT 2600
#define RIGHT 8800
#define ROW 220
#define BAR 150

static uint64_t
posts_of(const weir_report_region *g)
{
    return g->done.withheld + g->done.downranked;
}

/* Numbers of rows, those with the most posts first; @return how many. */
static size_t
choose(const weir_report *r, size_t chosen[WEIR__REGIONS_DRAWN])
{
    size_t n = 0;

    for (size_t i = 0; i < r->nregions; i++) {
        size_t at = n;

        while (at > 0 && posts_of(&r->regions[chosen[at - 1]]) < posts_of(&r->regions[i]))
            at--;
        if (at == WEIR__REGIONS_DRAWN)
            continue;
        if (n < WEIR__REGIONS_DRAWN)
            n++;
        memmove(&chosen[at + 1], &chosen[at], (n - 1 - at) * sizeof *chosen);
        chosen[at] = i;
    }
    return n;
}

static void
put_text(weir_buf *out, const char *class, int x, int y)
{
    weir_buf_printf(out, "<text class=\"%s\"", class);
    weir__put_attribute(out, "x", x);
    weir__put_attribute(out, "y", y);
    weir_buf_putc(out, '>');
}

static int
put_bar(weir_buf *out, const char *class, int x, int y, uint64_t n, uint64_t most)
{
    int width = (int)((unsigned __int128)n * (RIGHT - LEFT) / most);

    if (!n)
        return x;
    width = width < 10 ? 10 : width;
    weir_buf_printf(out, "<rect class=\"%s\"", class);
    weir__put_attribute(out, "x", x);
    weir__put_attribute(out, "y", y);
    weir__put_attribute(out, "width", width);
    weir__put_attribute(out, "height", BAR);
    BUF_LIT(out, "/>");
    return x + width;
}

static void
put_row(const weir_report_region *g, int y, uint64_t most, weir_buf *out)
{
    BUF_LIT(out, "<g><title>");
    weir__region_text(out, g->region);
    BUF_LIT(out, ": ");
    weir__page_number(out, g->done.withheld);
    BUF_LIT(out, " withheld, ");
    weir__page_number(out, g->done.downranked);
    BUF_LIT(out, " downranked</title>");
    put_text(out, "y", LEFT - 80, y + 115);
    weir__region_text(out, g->region);
    BUF_LIT(out, "</text>");
    int x = put_bar(out, "withheld", LEFT, y, g->done.withheld, most);
    x = put_bar(out, "downranked", x, y, g->done.downranked, most);
    put_text(out, "mark", x + 60, y + 115);
    weir__page_number(out, posts_of(g));
    BUF_LIT(out, "</text></g>");
}

void
weir__plot_regions(const weir_report *r, weir_buf *out)
{
    size_t chosen[WEIR__REGIONS_DRAWN], n = choose(r, chosen);

    if (!n)
        return;
    weir_buf_printf(out,
                    "<svg class=\"plot\" role=\"img\" aria-labelledby=\"region-t region-d\" "
                    "viewBox=\"0 0 %d %zu\"><title id=\"region-t\">Posts by region</title>"
                    "<desc id=\"region-d\">A bar for each of ",
                    WIDTH / 10, n * ROW / 10 + 10);
    weir__put_n(out, n, "region", "regions");
    BUF_LIT(out, ", the longest first. The figures stand in the table below.</desc>");
    uint64_t most = posts_of(&r->regions[chosen[0]]);
    for (size_t i = 0; i < n; i++)
        put_row(&r->regions[chosen[i]], (int)i * ROW + 50, most ? most : 1, out);
    BUF_LIT(out, "</svg>\n");
}
