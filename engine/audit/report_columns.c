/*
 * Columns of figures, each said once for both forms of a report: so that they cannot differ.
 */
#include "audit/report_parts.h"

#include <stddef.h>

#define COLUMNS(name, ...)                                                                         \
    static const struct weir__column name##_v[] = {__VA_ARGS__};                                   \
    const struct weir__columns weir__##name##_columns = {name##_v,                                 \
                                                         sizeof name##_v / sizeof *name##_v}

#define IN_REPORT(key, member, heading)                                                            \
    {                                                                                              \
        key, heading, offsetof(weir_report, member)                                                \
    }
COLUMNS(totals, IN_REPORT("posts", posts, "posts decided"),
        IN_REPORT("withheld", done.withheld, "withheld somewhere"),
        IN_REPORT("downranked", done.downranked, "downranked somewhere, withheld nowhere"),
        IN_REPORT("authors", done.authors, "authors of posts withheld or downranked"),
        IN_REPORT("exempted", exempted, "with an exemption that took effect"),
        IN_REPORT("observed", observed, "matched by a rule on trial"),
        IN_REPORT("held_back", held_back, "kept from a rule by its rollout"));

COLUMNS(input, IN_REPORT("lines", lines, "lines read"), IN_REPORT("items", items, "items in them"),
        IN_REPORT("posts", posts, "posts decided"),
        IN_REPORT("queries", queries, "queries, which are in no other number"),
        IN_REPORT("left_out", left_out, "posts left out: made at other times, or without a time"),
        IN_REPORT("skipped", skipped, "lines skipped: no posts"),
        IN_REPORT("errors", failed, "errors: undecided"),
        IN_REPORT("reposts_by_id", reposts_by_id, "reposts whose original is known by its id only"),
        IN_REPORT("limit_tags", limit_tags, "posts of which tags were left undecided"),
        IN_REPORT("limit_patterns", limit_patterns, "posts with a pattern out of its budget"),
        IN_REPORT("quoted_withheld", quoted_withheld, "quoted posts withheld, in no other number"),
        IN_REPORT("quoted_downranked", quoted_downranked,
                  "quoted posts downranked, in no other number"),
        IN_REPORT("lost", lost, "counts lost for want of memory"));

#define IN_STEP(key, member, heading)                                                              \
    {                                                                                              \
        key, heading, offsetof(weir_report_step, member)                                           \
    }
COLUMNS(step, IN_STEP("posts", posts, "posts"), IN_STEP("withheld", withheld, "withheld"),
        IN_STEP("downranked", downranked, "downranked"), IN_STEP("exempted", exempted, "exempted"));
COLUMNS(act, IN_STEP("withheld", withheld, "withheld"),
        IN_STEP("downranked", downranked, "downranked"), IN_STEP("exempted", exempted, "exempted"));

#define IN_REGION(key, member, heading)                                                            \
    {                                                                                              \
        key, heading, offsetof(weir_report_region, member)                                         \
    }
COLUMNS(region, IN_REGION("withheld", done.withheld, "withheld"),
        IN_REGION("downranked", done.downranked, "downranked"),
        IN_REGION("authors", done.authors, "authors"));

#define IN_ORDER(key, member, heading)                                                             \
    {                                                                                              \
        key, heading, offsetof(weir_report_order, member)                                          \
    }
COLUMNS(order, IN_ORDER("withheld", done.withheld, "withheld"),
        IN_ORDER("downranked", done.downranked, "downranked"),
        IN_ORDER("exempted", exempted, "exempted"), IN_ORDER("authors", done.authors, "authors"));

#define IN_RULE(key, member, heading)                                                              \
    {                                                                                              \
        key, heading, offsetof(weir_report_rule, member)                                           \
    }
COLUMNS(rule, IN_RULE("withheld", done.withheld, "withheld"),
        IN_RULE("downranked", done.downranked, "downranked"),
        IN_RULE("authors", done.authors, "authors"), IN_RULE("exempted", exempted, "defeated"),
        IN_RULE("exempts", exempts, "defeats"), IN_RULE("idle", idle, "idly"),
        IN_RULE("observed", observed, "on trial"), IN_RULE("held_back", held_back, "held back"),
        IN_RULE("limit", limit, "out of budget"));
COLUMNS(trace, IN_RULE("outranked", outranked, "outranked"),
        IN_RULE("excepted", excepted, "excepted"), IN_RULE("matched", matched, "matched"));

#define IN_EXEMPTION(key, member, heading)                                                         \
    {                                                                                              \
        key, heading, offsetof(weir_report_exemption, member)                                      \
    }
COLUMNS(exemption, IN_EXEMPTION("posts", posts, "posts"),
        IN_EXEMPTION("authors", authors, "authors"));

COLUMNS(account, {"posts", "posts", offsetof(weir_report_account, posts)});
COLUMNS(count, {"posts", "posts", offsetof(weir_report_count, n)});

uint64_t
weir__figure(const void *row, const struct weir__column *c)
{
    uint64_t n;

    memcpy(&n, (const char *)row + c->offset, sizeof n);
    return n;
}

void
weir__figures_json(weir_buf *out, const struct weir__columns *c, const void *row, bool more)
{
    for (size_t i = 0; i < c->n; i++) {
        weir_buf_printf(out, "%s\"%s\":", i || more ? "," : "", c->v[i].key);
        weir_buf_put_u64(out, weir__figure(row, &c->v[i]));
    }
}

void
weir__figure_html(weir_buf *out, const char *tag, uint64_t n, const char *path, size_t i,
                  const char *key)
{
    weir_buf_printf(out, "<%s class=\"n\" data-figure=\"%s", tag, path);
    if (i != WEIR__NO_ROW)
        weir_buf_printf(out, ".%zu", i);
    weir_buf_printf(out, ".%s\">", key);
    weir__page_number(out, n);
    weir_buf_printf(out, "</%s>", tag);
}

void
weir__figures_html(weir_buf *out, const struct weir__columns *c, const void *row, const char *path,
                   size_t i)
{
    for (size_t k = 0; k < c->n; k++)
        weir__figure_html(out, "td", weir__figure(row, &c->v[k]), path, i, c->v[k].key);
}

void
weir__headings_html(weir_buf *out, const struct weir__columns *c)
{
    for (size_t k = 0; k < c->n; k++)
        weir_buf_printf(out, "<th scope=\"col\" class=\"n\">%s</th>", c->v[k].heading);
}
