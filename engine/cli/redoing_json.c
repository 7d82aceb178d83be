/*
 * What came of redoing, for programs: one member, `redo`, of the object that tells of the chain.
 */
#include "cli/redoing.h"

#include "cli/ui.h"

#include <inttypes.h>
#include <string.h>

static void
put_versions(const struct redoing *r, weir_buf *out)
{
    weir_journal_versions v;

    weir_journal_get_versions(&v);
    weir_buf_printf(out, "\"version\":\"%s\",\"unicode\":\"%s\",\"icu\":\"%s\",\"writers\":[",
                    v.engine, v.unicode, v.icu);
    for (size_t i = 0; i < r->redo.past.nwriters; i++) {
        const struct past_writer *w = &r->redo.past.writers[i];

        weir_buf_puts(out, i ? ",{\"version\":" : "{\"version\":");
        ui_json(out, w->engine);
        weir_buf_puts(out, ",\"unicode\":");
        ui_json(out, w->unicode);
        weir_buf_puts(out, ",\"icu\":");
        ui_json(out, w->icu);
        weir_buf_printf(out, ",\"first\":%" PRIu32 ",\"last\":%" PRIu32 ",\"same\":%s}", w->first,
                        w->last, past_is_other(w) ? "false" : "true");
    }
    weir_buf_puts(out, "]");
}

static void
put_rule_sets(const struct redoing *r, weir_buf *out)
{
    const struct past *p = &r->redo.past;

    weir_buf_puts(out, ",\"rulesets\":[");
    for (size_t i = 0; i < p->nsets; i++)
        weir_buf_printf(out, "%s\"%s\"", i ? "," : "", p->sets[i].digest);
    weir_buf_puts(out, "]");
    if (r->rs)
        weir_buf_printf(out, ",\"by\":\"%s\"", weir_ruleset_digest(r->rs));
}

static void
put_counts(const struct redoing *r, weir_buf *out)
{
    const struct redo_counts *n = &r->redo.counts;
    const struct {
        const char *key;
        uint64_t n;
    } v[] = {{"posts", n->posts},
             {"queries", n->queries},
             {"errors", n->errors},
             {"same", n->same},
             {"different", n->different},
             {"out_of_force", n->out_of_force},
             {"out_of_time", n->out_of_time},
             {"ran_out_there_only", n->unlimited},
             {"missing", n->missing},
             {"unexplained", n->unexplained},
             {"queries_not_in_feed", n->elsewhere},
             {"malformed", r->redo.entries.malformed},
             {"mixed", r->redo.past.mixed},
             {"cannot_be_told", n->untold},
             {"limited", n->limited},
             {"not_compared", r->redo.entries.aside}};

    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        weir_buf_printf(out, ",\"%s\":%" PRIu64, v[i].key, v[i].n);
    weir_buf_puts(out, ",\"rules\":{");
    for (size_t i = 0; i < r->redo.nrules; i++) {
        weir_buf_puts(out, i ? "," : "");
        ui_json(out, r->redo.rules[i].rule);
        weir_buf_printf(out, ":%" PRIu64, r->redo.rules[i].n);
    }
    weir_buf_puts(out, "}");
}

/* Records are JSON as they are. */
static bool
put_sample(struct entry_reader *reader, const char *kind, const struct redo_sample *s,
           weir_buf *out)
{
    char file[ENTRY_FILE_MAX];
    weir_span record;
    uint64_t seq;

    weir_buf_printf(out, "{\"kind\":\"%s\"", kind);
    if (s->entry) {
        if (!redoing_read(reader, s->entry, &record, &seq))
            return false;
        entry_file(s->entry->segment, file);
        weir_buf_printf(out, ",\"seq\":%" PRIu64 ",\"file\":\"%s\",\"record\":", seq, file);
        weir_buf_put(out, record);
    }
    if (s->made.len) {
        weir_buf_puts(out, ",\"now\":");
        weir_buf_put(out, (weir_span){s->made.p, s->made.len - 1});
    }
    weir_buf_puts(out, "}");
    return true;
}

static bool
put_samples(struct entry_reader *reader, const char *kind, const struct redo_samples *s,
            const char **before, weir_buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        weir_buf_puts(out, *before);
        *before = ",\n";
        if (!put_sample(reader, kind, &s->v[i], out))
            return false;
    }
    return true;
}

bool
redoing_put_json(const struct redoing *r, weir_buf *out)
{
    const struct redo *d = &r->redo;
    struct entry_reader reader = {.dir = d->job.dir};
    const char *before = "\n";

    weir_buf_puts(out, ",\n\"redo\":{");
    put_versions(r, out);
    put_rule_sets(r, out);
    put_counts(r, out);
    weir_buf_puts(out, ",\"differences\":[");
    bool good = put_samples(&reader, "different", &d->different, &before, out) &&
                put_samples(&reader, "missing", &d->missing, &before, out) &&
                put_samples(&reader, "unexplained", &d->unexplained, &before, out);
    weir_buf_puts(out, "]}");
    entry_reader_fini(&reader);
    return good;
}
