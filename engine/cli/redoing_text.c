/*
 * What came of redoing, for people.
 */
#include "cli/redoing.h"

#include "cli/ui.h"
#include "flow/said.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of each kind, so many are printed; --json has more. */
#define SHOWN 10

bool
redoing_read(struct entry_reader *reader, const struct entry *e, weir_span *record, uint64_t *seq)
{
    weir_buf why = {0};
    bool good = entry_read(reader, e, record, seq, &why);

    if (!good)
        ui_say("%s", said_text(&why));
    weir_buf_fini(&why);
    return good;
}

/* Before ------------------------------------------------------------------------------------- */

void
redoing_put_versions(const struct redoing *r, weir_buf *out)
{
    weir_journal_versions v;

    weir_journal_get_versions(&v);
    for (size_t i = 0; i < r->redo.past.nwriters; i++) {
        const struct past_writer *w = &r->redo.past.writers[i];

        if (!past_is_other(w))
            continue;
        if (w->first == w->last)
            weir_buf_printf(out, "  segment %" PRIu32 " was", w->first);
        else
            weir_buf_printf(out, "  segments %" PRIu32 " to %" PRIu32 " were", w->first, w->last);
        weir_buf_printf(out,
                        " written by ANOTHER VERSION: tagweir %s with Unicode %s and ICU %s; this "
                        "is %s with %s and %s.\n  What comes out otherwise may come of that\n",
                        w->engine, w->unicode, w->icu, v.engine, v.unicode, v.icu);
    }
}

void
redoing_put_rules(const struct redoing *r, weir_buf *out)
{
    const struct past *p = &r->redo.past;
    const char *used = r->rs ? weir_ruleset_digest(r->rs) : NULL;
    size_t others = 0;

    for (size_t i = 0; used && i < p->nsets; i++)
        others += strncmp(p->sets[i].digest, used, RECORDED_DIGEST) != 0;
    if (!others)
        return;
    weir_buf_puts(out, "  decided by ");
    for (size_t i = 0; i < p->nsets; i++)
        weir_buf_printf(out, "%s%.16s", i ? ", " : "", p->sets[i].digest);
    weir_buf_printf(out,
                    "; decided again by OTHER RULES: %.16s. `ruleset` is left out of the "
                    "comparison\n",
                    used);
}

/* Numbers ------------------------------------------------------------------------------------ */

static void
put_rules(const struct redoing *r, weir_buf *out)
{
    const struct redo *d = &r->redo;

    for (size_t i = 0; i < d->nrules && i < SHOWN; i++) {
        weir_buf_printf(out, "    rule %s: ", d->rules[i].rule);
        ui_count(out, d->rules[i].n, "record", "records");
        weir_buf_putc(out, '\n');
    }
    if (d->nrules > SHOWN)
        weir_buf_printf(out, "    and %zu more rules\n", d->nrules - SHOWN);
}

/* A line of a count; none where it is 0. */
static void
put_count(weir_buf *out, const char *before, uint64_t n, const char *one, const char *many,
          const char *rest)
{
    if (n == 0)
        return;
    weir_buf_puts(out, before);
    ui_count(out, n, one, many);
    weir_buf_puts(out, rest);
}

static void
put_of_these(weir_buf *out, uint64_t n, const char *one, const char *more, const char *rest)
{
    put_count(out, "    of these, ", n, one, more, rest);
}

static void
put_different(const struct redoing *r, weir_buf *out)
{
    const struct redo_counts *n = &r->redo.counts;

    if (!n->different)
        return;
    weir_buf_puts(out, "  DIFFERENT: ");
    ui_count(out, n->different, "record came", "records came");
    weir_buf_puts(out, " out otherwise\n");
    put_of_these(out, n->out_of_force, "names a rule set that was", "name rule sets that were",
                 " not in force there, by the journal's own events\n");
    put_of_these(out, n->out_of_time, "says a time that cannot be its",
                 "say times that cannot be their", " own, by the journal's events and its clock\n");
    put_of_these(out, n->unlimited, "says", "say",
                 " that a pattern ran out of its budget, and none does here: --no-jit has to be as "
                 "it\n    was for the server\n");
    put_rules(r, out);
}

static void
put_missing(const struct redoing *r, const weir_journal_proof *p, weir_buf *out)
{
    const struct redo_counts *n = &r->redo.counts;

    if (n->missing) {
        weir_buf_puts(out, "  MISSING: ");
        ui_count(out, n->missing, "post, query or error should have a record, and has none",
                 "posts, queries or errors should have records, and have none");
        weir_buf_puts(out, p->writing  ? "; the journal is being written"
                           : p->closed ? ""
                                       : "; the journal was not closed, so that the last ones may "
                                         "be lost");
        weir_buf_putc(out, '\n');
    }
    if (n->untold) {
        weir_buf_puts(out, "  whether ");
        ui_count(out, n->untold, "post or query", "posts or queries");
        weir_buf_puts(out, r->redo.past.cut
                               ? " should have had a record cannot be told: it may have been "
                                 "retired\n"
                               : " should have had a record cannot be told: by the time at which "
                                 "it was\n    decided, which no record says, it may have been a "
                                 "plain allow\n");
    }
}

static void
put_malformed(const struct entries *e, weir_buf *out)
{
    char file[ENTRY_FILE_MAX];

    if (!e->malformed)
        return;
    entry_file(e->bad_segment, file);
    put_count(out, "  MALFORMED: ", e->malformed, "record is", "records are",
              " not written as records are; the first is ");
    weir_buf_printf(out, "%s:%" PRIu64 "\n", file, e->bad_line);
}

static void
put_others(const struct redoing *r, weir_buf *out)
{
    const struct redo_counts *n = &r->redo.counts;
    bool part = r->args->part;

    put_count(out, part ? "  " : "  UNEXPLAINED: ", n->unexplained, "record is", "records are",
              part ? " of posts that are not in this part of the feed\n"
                   : " in the journal, but not in the feed (--part: the feed is only a part)\n");
    put_count(
        out, "  ", n->stray, "error is of a line that is", "errors are of lines that are",
        " not in the feed, and name no post: nothing was decided. A question by HTTP\n    that "
        "asks nothing is one, or what is sent by mistake\n");
    put_count(out, "  ", n->elsewhere, "query is", "queries are",
              " not in the feed, and decided again as recorded: over HTTP they are asked one by "
              "one\n");
    put_malformed(&r->redo.entries, out);
    put_count(out, "  MIXED: ", r->redo.past.mixed, "error does", "errors do",
              " not say what becomes of such posts as the others of the same start do; --undecided "
              "is\n    one for all\n");
    put_count(out, "  ", n->limited, "record", "records",
              " came out otherwise as a pattern ran out of its budget, of which no equality is "
              "promised\n");
    put_count(out, "  ", r->redo.entries.aside, "error", "errors",
              " for want of a time not compared: --clock was `created` at times only\n");
}

/* Samples ------------------------------------------------------------------------------------ */

static void
put_line(weir_buf *out, const char *whose, weir_span record)
{
    weir_buf_printf(out, "    %s", whose);
    weir_buf_put(out, record);
    if (!record.len || record.p[record.len - 1] != '\n')
        weir_buf_putc(out, '\n');
}

static bool
put_sample(struct entry_reader *reader, const char *what, const struct redo_sample *s,
           const char *nothing, weir_buf *out)
{
    char file[ENTRY_FILE_MAX];
    weir_span record;
    uint64_t seq;

    if (!s->entry) {
        weir_buf_printf(out, "%s:\n", what);
    } else {
        if (!redoing_read(reader, s->entry, &record, &seq))
            return false;
        entry_file(s->entry->segment, file);
        weir_buf_printf(out, "%s: entry %" PRIu64 " (%s)\n", what, seq, file);
        put_line(out, "journal: ", record);
    }
    if (s->made.len)
        put_line(out, "now:     ", (weir_span){s->made.p, s->made.len});
    else if (s->is_lost)
        weir_buf_puts(out, "    now:     not kept: too many posts before it were edited\n");
    else if (nothing)
        weir_buf_printf(out, "    %s\n", nothing);
    return true;
}

static bool
put_samples(struct entry_reader *reader, const char *what, const struct redo_samples *s,
            const char *nothing, weir_buf *out)
{
    bool good = true;

    for (size_t i = 0; good && i < s->n && i < SHOWN; i++)
        good = put_sample(reader, what, &s->v[i], nothing, out);
    return good;
}

static void
put_verdict(const struct redoing *r, weir_buf *out)
{
    const struct redo_counts *n = &r->redo.counts;

    weir_buf_puts(out, "decided again from ");
    ui_count(out, n->posts, "post", "posts");
    weir_buf_puts(out, ", ");
    ui_count(out, n->queries, "query", "queries");
    weir_buf_puts(out, " and ");
    ui_count(out, n->errors, "error", "errors");
    weir_buf_puts(out, redoing_differs(r) ? ": NOT the same\n  " : ": no difference\n  ");
    ui_count(out, n->same, "record is", "records are");
    weir_buf_puts(out, " the same\n");
}

bool
redoing_put(const struct redoing *r, const weir_journal_proof *p, weir_buf *out)
{
    const struct redo *d = &r->redo;
    struct entry_reader reader = {.dir = d->job.dir};

    put_verdict(r, out);
    put_different(r, out);
    put_missing(r, p, out);
    put_others(r, out);
    bool good =
        put_samples(
            &reader, "different", &d->different,
            "now:     nothing: its rule set was not in force there, or is not known, or its "
            "time cannot be its own",
            out) &&
        put_samples(&reader, "missing", &d->missing,
                    "now:     one more of the same post than the journal has", out) &&
        (r->args->part || (put_samples(&reader, "not in the feed", &d->unexplained, NULL, out) &&
                           put_samples(&reader, "an error not in the feed", &d->stray, NULL, out)));
    entry_reader_fini(&reader);
    return good;
}
