/*
 * What the files that write reports share: texts made safe for HTML, columns of figures that HTML
 * and JSON have alike, and plots.
 */
#ifndef WEIR_AUDIT_REPORT_PARTS_H
#define WEIR_AUDIT_REPORT_PARTS_H

#include "base/buf.h"

#include <tagweir/report.h>

/* Texts: report_text.c ----------------------------------------------------------------------- */

/* Code points that a page shows of a text from outside, and of what orders say of themselves. */
#define WEIR__SHOWN_MOST 160
#define WEIR__TERM_MOST 4000

/*
 * Any bytes as text of an element or a quoted attribute: markup is escaped; what is no UTF-8 is
 * U+FFFD; controls, marks that turn the direction of text, and characters that take no room are
 * shown as [U+202E]. Longer texts than `most` code points are cut, with an ellipsis.
 */
void weir__page_text(weir_buf *out, weir_span s, size_t most);
/* The same in an element of its own, so that its direction is nobody else's. */
void weir__page_isolated(weir_buf *out, weir_span s);
void weir__page_term(weir_buf *out, const char *text);
/* 12 345: groups are held together by narrow spaces that do not break. */
void weir__page_number(weir_buf *out, uint64_t n);
/* `2021-02-01 07:00 UTC` */
void weir__page_time(weir_buf *out, int64_t ms);
void weir__time_text(weir_buf *out, int64_t ms, bool with_zone);
void weir__put_n(weir_buf *out, uint64_t n, const char *one, const char *many);
/* A string of JSON, of any bytes. */
void weir__json_any(weir_buf *out, weir_span s);
/* What a region is called in English, with its code; `XX`: everywhere else. */
void weir__region_text(weir_buf *out, uint16_t region);

/* Columns: report_columns.c -------------------------------------------------------------------- */

/* A figure of a row: a uint64_t somewhere in a struct. */
struct weir__column {
    const char *key;     /* in JSON */
    const char *heading; /* in HTML */
    size_t offset;
};

struct weir__columns {
    const struct weir__column *v;
    size_t n;
};

extern const struct weir__columns weir__totals_columns, weir__input_columns, weir__step_columns,
    weir__act_columns, weir__region_columns, weir__order_columns, weir__rule_columns,
    weir__trace_columns, weir__exemption_columns, weir__account_columns, weir__count_columns;

uint64_t weir__figure(const void *row, const struct weir__column *c);
/* `"withheld":3,"downranked":0`; with a comma in front of the first one where `more`. */
void weir__figures_json(weir_buf *out, const struct weir__columns *c, const void *row, bool more);
/* Cells, with the paths that the figures have in JSON: `path`.key, or path.i.key. */
#define WEIR__NO_ROW SIZE_MAX
void weir__figures_html(weir_buf *out, const struct weir__columns *c, const void *row,
                        const char *path, size_t i);
void weir__headings_html(weir_buf *out, const struct weir__columns *c);
/* A figure by itself. */
void weir__figure_html(weir_buf *out, const char *tag, uint64_t n, const char *path, size_t i,
                       const char *key);

/* What is looked at by both: report_view.c ----------------------------------------------------- */

/* The order of the rule is confidential. */
bool weir__is_hidden_rule(const weir_report *r, uint32_t rule);
/* A rule that was asked for by its name, and is not hidden. */
bool weir__is_open_name(const weir_report *r, weir_span name);
/* It has to do with no confidential order. */
bool weir__is_open_exemption(const weir_report *r, const weir_report_exemption *e);
/* There are such orders. */
bool weir__has_hidden(const weir_report *r);
/* Of an order: the first interval in which it holds that ends after a time. false: none does. */
bool weir__next_interval(const weir_report *r, uint32_t order, int64_t after_ms,
                         weir_interval *out);
#define WEIR__FIRST_MS (-INT64_C(62167219200000)) /* the year 0: before all times there are */
bool weir__order_did(const weir_report_order *o);
/* Only some effects are counted: then rules without any tell nothing. */
bool weir__is_part(const weir_report *r);
/* Why a rule that is not hidden has no part in anything; NULL: it has. `has_hidden` is of
   weir__has_hidden: what rules have to do with confidential orders is not counted. */
const char *weir__silence(const weir_report *r, uint32_t rule, bool has_hidden);
/* Posts with nothing done to them. false: as only some effects are counted, that is not known. */
bool weir__allowed(const weir_report *r, uint64_t *n);
/* The number of an order's row; own policy is behind the last order. */
size_t weir__norders(const weir_report *r);

/* Plots: report_plot.c ------------------------------------------------------------------------ */

/* A scale from 0 to `top` in equal steps: whole numbers that are 1, 2 or 5 times a power of ten, in
   no more than four or five of them. `max` 0 is as 1. */
struct weir__scale {
    uint64_t step, top;
};
struct weir__scale weir__scale_for(uint64_t max);
/* Where a time is on an axis of so many tenths of a pixel; times outside are at its ends. */
int weir__place_on_axis(const weir_report *r, int64_t ms, int width);
/* Every how many steps one has a label, so that there are no more than `most`. */
size_t weir__label_stride(size_t nsteps, size_t most);

/* When a step begins, as briefly as can be. */
void weir__step_text(const weir_report *r, size_t i, weir_buf *out);
/* The plot of all posts, and that of an order (with its intervals). Nothing without an axis. */
void weir__plot_all(const weir_report *r, weir_buf *out);
void weir__plot_order(const weir_report *r, uint32_t order, weir_buf *out);
/* report_bars.c: the plot of regions. */
#define WEIR__REGIONS_DRAWN 25
void weir__plot_regions(const weir_report *r, weir_buf *out);

/* A number of tenths of a pixel. */
void weir__put_px(weir_buf *out, int tenths);
/* ` name="1.5"` */
void weir__put_attribute(weir_buf *out, const char *name, int tenths);

/* Sections: report_orders.c, report_tables.c ----------------------------------------------------
 */

void weir__section_time(const weir_report *r, weir_buf *out);
void weir__section_regions(const weir_report *r, weir_buf *out);
void weir__section_orders(const weir_report *r, weir_buf *out);
void weir__section_rules(const weir_report *r, weir_buf *out);
void weir__section_exemptions(const weir_report *r, weir_buf *out);
void weir__section_tops(const weir_report *r, weir_buf *out);
void weir__section_silent(const weir_report *r, weir_buf *out);
/* A plot's figures: folded on a screen, open on paper. Closed by weir__figures_end. */
void weir__figures_begin(weir_buf *out, const char *what);
void weir__figures_end(weir_buf *out);
/* `<table>` with a caption, which begins the row of headings. */
void weir__table_begin(weir_buf *out, const char *caption);
void weir__table_body(weir_buf *out);
void weir__table_end(weir_buf *out);
/* A sentence where rows were left out. */
void weir__rows_left(weir_buf *out, size_t n);

/* The style sheet; report_style.c. */
extern const char weir__report_style[];

#endif
