/*
 * Slow and plain.
 */
#include "race/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static void
put_regex(weir_span regex, weir_buf *out)
{
    for (size_t i = 0; i < regex.len; i++) {
        bool is_end = regex.p[i] == '$' && i + 1 == regex.len;

        if ((regex.p[i] == '^' && i == 0) || is_end)
            weir_buf_putc(out, '"');
        else if (i + 1 < regex.len && memcmp(regex.p + i, ".*", 2) == 0)
            weir_buf_puts(out, "[^\"]");
        else
            weir_buf_putc(out, regex.p[i]);
    }
}

static void
put_pattern(const struct rule *r, weir_buf *out)
{
    if (r->kind == RULE_REGEX) {
        put_regex(r->text, out);
        return;
    }
    weir_buf_putc(out, '"');
    weir_buf_put(out, r->text);
    weir_buf_putc(out, '"');
}

void
plain_patterns(const struct rules *rules, weir_buf *out)
{
    for (size_t i = 0; i < rules->n; i++) {
        put_pattern(&rules->v[i], out);
        weir_buf_putc(out, '\n');
    }
    if (out->failed)
        die(EXIT_FAILED, "out of memory");
}

void
plain_write(const struct rules *rules, const char *path)
{
    weir_buf patterns = {0};
    FILE *f = fopen(path, "w");

    plain_patterns(rules, &patterns);
    if (!f || fwrite(patterns.p, 1, patterns.len, f) != patterns.len || fclose(f) != 0)
        die(EXIT_FAILED, "%s could not be written: %m", path);
    weir_buf_fini(&patterns);
}

static weir_span
line_of(const struct feed *f, size_t i)
{
    return (weir_span){f->bytes.p + f->line_at[i], f->line_at[i + 1] - f->line_at[i] - 1};
}

static void
search_literal(weir_span literal, const struct feed *f, size_t nlines, bool *matched)
{
    for (size_t i = 0; i < nlines; i++) {
        weir_span line = line_of(f, i);

        matched[i] = matched[i] || memmem(line.p, line.len, literal.p, literal.len) != NULL;
    }
}

static void
search_regex(weir_span regex, const struct feed *f, size_t nlines, bool *matched)
{
    PCRE2_SIZE at;
    int error;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex.p, regex.len, PCRE2_UTF, &error, &at, NULL);
    pcre2_match_data *match = code ? pcre2_match_data_create(1, NULL) : NULL;

    if (!match)
        die(EXIT_FAILED, "PCRE2 refuses %.*s", (int)regex.len, regex.p);
    if (!getenv("WEIR_TEST_NO_JIT")) /* Valgrind cannot follow machine code made meanwhile */
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    for (size_t i = 0; i < nlines; i++) {
        weir_span line = line_of(f, i);

        matched[i] = matched[i] || pcre2_match(code, (PCRE2_SPTR)line.p, line.len, 0,
                                               PCRE2_NO_UTF_CHECK, match, NULL) >= 0;
    }
    pcre2_match_data_free(match);
    pcre2_code_free(code);
}

uint64_t
plain_count(const struct rules *rules, const struct feed *f, size_t nlines)
{
    bool *matched = allocate(nlines, sizeof *matched);
    weir_buf pattern = {0};
    uint64_t n = 0;

    for (size_t i = 0; i < rules->n; i++) {
        pattern.len = 0;
        put_pattern(&rules->v[i], &pattern);
        if (pattern.failed)
            die(EXIT_FAILED, "out of memory");
        if (rules->v[i].kind == RULE_REGEX)
            search_regex(span_of_out(&pattern), f, nlines, matched);
        else
            search_literal(span_of_out(&pattern), f, nlines, matched);
    }
    for (size_t i = 0; i < nlines; i++)
        n += matched[i];
    weir_buf_fini(&pattern);
    free(matched);
    return n;
}

void
plain_keep_regexes(struct rules *rules)
{
    size_t n = 0;

    for (size_t i = 0; i < rules->n; i++)
        if (rules->v[i].kind == RULE_REGEX)
            rules->v[n++] = rules->v[i];
    memset(rules->count, 0, sizeof rules->count);
    rules->count[RULE_REGEX] = rules->n = n;
}
