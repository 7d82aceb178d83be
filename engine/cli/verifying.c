/*
 * What a walk over a journal has proved, as a person and as a program read it. What is wrong goes
 * to standard error with its place, as compilers say it; what holds to standard output.
 */
#include "cli/verifying.h"

#include "cli/ui.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long long ull;

static bool
is_fine(const weir_journal_proof *p)
{
    return p->finding == WEIR_JOURNAL_FOUND_NONE;
}

/* For people -------------------------------------------------------------------------------- */

/* `entry 17 (post 1356301) was changed …` behind file and line. */
static void
put_message(const weir_journal_proof *p, weir_buf *out)
{
    if (p->bad_file[0] && p->bad_seq)
        weir_buf_printf(out, "entry %" PRIu64 " ", p->bad_seq);
    else if (p->bad_file[0])
        weir_buf_puts(out, "an entry ");
    if (p->bad_post[0])
        weir_buf_printf(out, "(post %s) ", p->bad_post);
    weir_buf_puts(out, p->why);
}

static void
tell_finding(const struct verifying *v, const weir_journal_proof *p)
{
    weir_buf path = {0}, message = {0}, out = {0};

    weir_buf_printf(&path, "%s%s%s", v->dir, p->bad_file[0] ? "/" : "", p->bad_file);
    weir_buf_putc(&path, '\0');
    put_message(p, &message);
    weir_buf_putc(&message, '\0');
    if (path.failed || message.failed)
        ui_no_memory();
    const weir_diag d = {.severity = WEIR_ERROR,
                         .file = path.p,
                         .line = p->bad_line < UINT32_MAX ? (uint32_t)p->bad_line : 0,
                         .message = message.p};
    weir_diag_format(&d, ui_has_colour(STDERR_FILENO), &out);
    ui_tell(&out);
    weir_buf_fini(&out);
    weir_buf_fini(&message);
    weir_buf_fini(&path);
}

static void
put_extent(const weir_journal_proof *p, weir_buf *out)
{
    weir_buf_printf(out, "%" PRIu64 " to %" PRIu64 ", ", p->first_seq, p->last_seq);
    ui_count(out, p->records, "record", "records");
    weir_buf_puts(out, " and ");
    ui_count(out, p->events, "event", "events");
    weir_buf_puts(out, " in ");
    ui_count(out, p->nsegments, "segment", "segments");
}

/* Of which finding it is depends what may be said: a head or a key that does not fit accuses
   nobody. */
static void
put_finding(const weir_journal_proof *p, weir_buf *out)
{
    bool unproved = p->finding == WEIR_JOURNAL_FOUND_UNPROVED;

    if (is_fine(p))
        weir_buf_puts(out, "the chain holds");
    else if (p->finding == WEIR_JOURNAL_FOUND_HEAD)
        weir_buf_puts(out, "the chain holds, but NOT with the head that was given");
    else if (unproved && !p->bad_file[0])
        weir_buf_puts(out, "the chain holds, but is NOT PROVED by a signature");
    else if (p->bad_seq > p->last_seq)
        weir_buf_printf(out, "NOT %s entry %" PRIu64 " on. Before it all holds",
                        unproved ? "PROVED by the key, from" : "as it was written, from",
                        p->bad_seq);
    else
        weir_buf_puts(out, "NOT as it was written. What is there holds");
}

static void
put_verdict(const struct verifying *v, const weir_journal_proof *p, weir_buf *out)
{
    weir_buf_printf(out, "%s: ", v->dir);
    if (!p->last_seq) {
        weir_buf_puts(out, "NOT as it was written, from its first entry on\n");
        return;
    }
    put_finding(p, out);
    weir_buf_puts(out, ": entries ");
    put_extent(p, out);
    weir_buf_printf(out, "\n  head: %s:%" PRIu64 "\n", p->hash, p->last_seq);
}

/* Of a segment in which something was found, nobody has looked at the end, unless it is that. */
static const char *
say_of_unsigned(const weir_journal_proof *p, const weir_journal_segment *s)
{
    if (s->ended || p->finding == WEIR_JOURNAL_FOUND_UNPROVED)
        return "not signed";
    return is_fine(p) ? "not ended: it is signed when it is, if there is a key" : NULL;
}

static const char *
say_of_signature(const struct verifying *v, const weir_journal_proof *p,
                 const weir_journal_segment *s)
{
    switch (s->signature) {
    case WEIR_JOURNAL_SIGNATURE_GOOD:
        return "signed, and the key proves it";
    case WEIR_JOURNAL_SIGNATURE_BAD:
        return "signed, and the key does not prove it";
    case WEIR_JOURNAL_SIGNATURE_UNCHECKED:
        return "signed; not checked: give the key with --public-key";
    default:
        return v->expect.public_key ? say_of_unsigned(p, s) : NULL;
    }
}

/* A line for each run of segments of which the same is to be said. */
static void
put_signatures(const struct verifying *v, const weir_journal_proof *p, weir_buf *out)
{
    for (size_t i = 0, next; i < p->nsegments; i = next) {
        const weir_journal_segment *s = &p->segments[i];
        const char *say = say_of_signature(v, p, s);
        for (next = i + 1;
             next < p->nsegments && say == say_of_signature(v, p, &p->segments[next]);)
            next++;
        if (!say)
            continue;
        if (next == i + 1)
            weir_buf_printf(out, "  segment %" PRIu32 ": %s\n", s->number, say);
        else
            weir_buf_printf(out, "  segments %" PRIu32 " to %" PRIu32 ": %s\n", s->number,
                            p->segments[next - 1].number, say);
    }
    if (p->signed_seq)
        weir_buf_printf(out, "  proved by signature: entries up to %" PRIu64 " of %" PRIu64 "\n",
                        p->signed_seq, p->last_seq);
    else if (v->expect.public_key && is_fine(p))
        weir_buf_puts(out, "  proved by signature: NOTHING YET, as no segment has ended\n");
}

/* That nothing was cut off: proved, or by what it could be. */
static void
put_ending(const struct verifying *v, const weir_journal_proof *p, weir_buf *out)
{
    uint64_t after = p->last_seq - p->head_seq;

    if (p->has_head) {
        weir_buf_printf(out, "  the given head is there: entry %" PRIu64 ", and ", p->head_seq);
        if (after)
            ui_count(out, after, "entry came after it", "entries came after it");
        else
            weir_buf_puts(out, "nothing came after it");
        weir_buf_putc(out, '\n');
    } else if (!v->expect.head_hash) {
        weir_buf_puts(out, "  whether entries behind the last one were cut off, the chain cannot "
                           "show: compare a head\n  that was noted elsewhere, with --head\n");
    }
    if (p->writing)
        weir_buf_puts(out, "  it is being written\n");
    else if (!p->closed)
        weir_buf_puts(out, "  it was not closed: its writer crashed, or its end was cut off\n");
    if (p->unfinished_bytes)
        weir_buf_printf(out, "  the last %" PRIu64 " bytes are an entry not yet whole\n",
                        p->unfinished_bytes);
}

static void
put_what_is_gone(const weir_journal_proof *p, weir_buf *out)
{
    if (p->retired_seq)
        weir_buf_printf(out,
                        "  begins with segment %" PRIu32 ": entries up to %" PRIu64
                        " were retired, and the journal says so\n",
                        p->segments[0].number, p->retired_seq);
    for (size_t i = 0; i < p->ntorn; i++)
        weir_buf_printf(out, "  %s: %" PRIu64 " bytes of a line that a crash tore, moved aside\n",
                        p->torn[i].file, p->torn[i].bytes);
}

static void
put_text(const struct verifying *v, const weir_journal_proof *p, weir_buf *out)
{
    put_verdict(v, p, out);
    put_signatures(v, p, out);
    put_what_is_gone(p, out);
    if (is_fine(p))
        put_ending(v, p, out);
}

/* For programs ------------------------------------------------------------------------------ */

static void
put_number(weir_buf *out, const char *key, uint64_t n)
{
    weir_buf_printf(out, ",\"%s\":%" PRIu64, key, n);
}

static void
put_member(weir_buf *out, const char *key, const char *text)
{
    weir_buf_printf(out, ",\"%s\":", key);
    ui_json(out, text);
}

static void
put_finding_json(const weir_journal_proof *p, weir_buf *out)
{
    weir_buf message = {0};

    put_message(p, &message);
    weir_buf_putc(&message, '\0');
    weir_buf_printf(out, ",\"finding\":{\"kind\":\"%s\"", weir_journal_finding_name(p->finding));
    if (p->bad_file[0])
        put_member(out, "file", p->bad_file);
    if (p->bad_line)
        put_number(out, "line", p->bad_line);
    if (p->bad_seq)
        put_number(out, "seq", p->bad_seq);
    if (p->bad_post[0])
        put_member(out, "post", p->bad_post);
    if (!message.failed)
        put_member(out, "message", message.p);
    weir_buf_putc(out, '}');
    out->failed = out->failed || message.failed;
    weir_buf_fini(&message);
}

static void
put_segments_json(const weir_journal_proof *p, weir_buf *out)
{
    weir_buf_puts(out, ",\"segments\":[");
    for (size_t i = 0; i < p->nsegments; i++) {
        const weir_journal_segment *s = &p->segments[i];
        char time[WEIR_TIME_MAX];
        (void)weir_time_format(s->opened_ms, time);
        weir_buf_printf(out,
                        "%s\n{\"segment\":%" PRIu32 ",\"first\":%" PRIu64 ",\"last\":%" PRIu64
                        ",\"opened\":\"%s\"",
                        i ? "," : "", s->number, s->first_seq, s->last_seq, time);
        if (s->ended) {
            (void)weir_time_format(s->ended_ms, time);
            put_member(out, "ended", time);
        }
        put_member(out, "signature", weir_journal_signature_name(s->signature));
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

static void
put_torn_json(const weir_journal_proof *p, weir_buf *out)
{
    weir_buf_puts(out, ",\"torn\":[");
    for (size_t i = 0; i < p->ntorn; i++) {
        weir_buf_puts(out, i ? ",{\"file\":" : "{\"file\":");
        ui_json(out, p->torn[i].file);
        put_number(out, "bytes", p->torn[i].bytes);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

static void
put_json(const struct verifying *v, const weir_journal_proof *p, weir_buf *out)
{
    weir_buf_puts(out, "{\"journal\":");
    ui_json(out, v->dir);
    weir_buf_printf(out, ",\"holds\":%s", is_fine(p) ? "true" : "false");
    if (!is_fine(p))
        put_finding_json(p, out);
    put_number(out, "first", p->first_seq);
    put_number(out, "last", p->last_seq);
    put_number(out, "records", p->records);
    put_number(out, "events", p->events);
    put_number(out, "bytes", p->bytes);
    put_member(out, "head", p->hash);
    if (p->has_head) {
        put_number(out, "given_head", p->head_seq);
        put_number(out, "after_given_head", p->last_seq - p->head_seq);
    }
    put_number(out, "signed_up_to", p->signed_seq);
    put_number(out, "retired_up_to", p->retired_seq);
    weir_buf_printf(out, ",\"closed\":%s,\"writing\":%s", p->closed ? "true" : "false",
                    p->writing ? "true" : "false");
    put_number(out, "unfinished_bytes", p->unfinished_bytes);
    put_segments_json(p, out);
    put_torn_json(p, out);
}

/* Both -------------------------------------------------------------------------------------- */

static int
put(weir_buf *out, int rc)
{
    int put = out->len ? ui_put(out) : EXIT_DONE;

    return put == EXIT_DONE ? rc : put;
}

static int
tell(const struct verifying *v, const weir_journal_proof *p, int rc)
{
    weir_buf out = {0};

    if (!is_fine(p) && !v->json)
        tell_finding(v, p);
    if (v->json)
        put_json(v, p, &out);
    else if (!v->quiet)
        put_text(v, p, &out);
    if (!v->json)
        rc = put(&out, rc);
    if (rc == EXIT_DONE && v->then)
        rc = v->then(v->arg, p, &out);
    if (v->json && rc < EXIT_USAGE) {
        weir_buf_puts(&out, "}\n");
        rc = put(&out, rc);
    }
    weir_buf_fini(&out);
    return rc;
}

int
verifying_run(const struct verifying *v)
{
    weir_diags *diags = weir_diags_new();
    weir_journal_proof p;

    if (!diags)
        ui_no_memory();
    weir_status st = weir_journal_walk(v->dir, &v->expect, v->visit, v->arg, diags, &p);
    if (st == WEIR_E_NOMEM)
        ui_no_memory();
    ui_diags(diags, WEIR_NOTE);
    int rc = st != WEIR_OK ? EXIT_IO : is_fine(&p) ? EXIT_DONE : EXIT_FINDINGS;
    if (rc != EXIT_IO)
        rc = tell(v, &p, rc);
    weir_journal_proof_fini(&p);
    weir_diags_free(diags);
    return rc;
}
