/*
 * Rules as YAML, each a rule of its own, or as a list file that one rule names.
 */
#include "rule_files.h"

#include <stdio.h>
#include <tagweir/ruleset.h>
#include <unistd.h>

static void
put_quoted(weir_buf *out, weir_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '\'')
            weir_buf_putc(out, '\'');
        weir_buf_putc(out, s.p[i]);
    }
}

static void
put_entry(weir_buf *out, const struct rule *r)
{
    const char *end = r->kind == RULE_PREFIX ? "*" : r->kind == RULE_REGEX ? "/" : "";

    weir_buf_puts(out, r->kind == RULE_REGEX ? "'/" : "'");
    put_quoted(out, r->text);
    weir_buf_puts(out, end);
    weir_buf_putc(out, '\'');
}

static void
put_rules(weir_buf *out, const struct rules *rules)
{
    weir_buf_puts(out, "tagweir: 1\nrules:\n");
    for (size_t i = 0; i < rules->n; i++) {
        /* XX is region 0; with one region, all rules are in AD */
        const char *region = weir_region_code((uint16_t)(1 + rules->v[i].region));

        weir_buf_printf(out, "- {id: r%zu, regions: ['%s'], action: withhold, match: {hashtags: [",
                        i, region);
        put_entry(out, &rules->v[i]);
        weir_buf_puts(out, "]}}\n");
    }
}

static void
put_list(weir_buf *out, const struct rules *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        weir_buf_put(out, rules->v[i].text);
        weir_buf_putc(out, '\n');
    }
}

static const char list_rules[] = "tagweir: 1\n"
                                 "lists: {all: {hashtags: list.txt}}\n"
                                 "rules: [{id: r0, regions: [AD], action: withhold, "
                                 "match: {hashtags: [{list: all}]}}]\n";

static void
write_in(const char *folder, const char *name, weir_span bytes)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    if (!f || fwrite(bytes.p, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
        die(EXIT_FAILED, "%s could not be written", path);
}

void
rule_files_write(const char *folder, const struct rules *rules)
{
    weir_buf out = {0};

    if (rules->is_list) {
        put_list(&out, rules);
        write_in(folder, "list.txt", span_of_out(&out));
        write_in(folder, "rules.yaml", span_of_text(list_rules));
    } else {
        put_rules(&out, rules);
        write_in(folder, "rules.yaml", span_of_out(&out));
    }
    weir_buf_fini(&out);
}

void
rule_files_remove(const char *folder)
{
    static const char *const names[] = {"list.txt", "rules.yaml"};
    char path[512];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}
