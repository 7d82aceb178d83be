/*
 * weir-journal: writes a journal through the public interface alone, for tests of the program and
 * for those who want to know how fast it is.
 *
 *   weir-journal DIR [OPTION]…        records (lines) from standard input; a line `!…` is no
 * record:
 *                                     `!reload DIGEST`, `!trip RULE`, `!reset RULE`, `!at TIME`
 *     --at TIME  --segment-bytes N  --retain DAYS  --sign-key FILE  --digest HEX
 *     --batch N    records a write and sync (1)
 *     --acks       after each sync: its number and hash on standard output
 *     --abandon    end without closing it, as a crash does
 *   weir-journal DIR --speed N        N records of 250 bytes, and how long it took
 *   weir-journal DIR --walk           check it, visit every entry, and how long it took
 *
 * Exit codes: 0 done, 1 a finding, 2 usage, 4 the journal failed.
 */
#include <tagweir/tagweir.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *dir;
static weir_journal_options options = {
    .digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", .clock = "now"};
static int64_t at_ms = INT64_C(1612162800000); /* 2021-02-01T07:00:00Z */
static size_t batch = 1, speed;
static bool acks, abandon, walk;

static weir_span
span(const char *s)
{
    return (weir_span){s, strlen(s)};
}

static void
take_time(const char *text)
{
    if (!weir_time_parse(span(text), &at_ms)) {
        fprintf(stderr, "no time: %s\n", text);
        exit(2);
    }
}

static void
take(const char *option, const char *value)
{
    if (strcmp(option, "--at") == 0)
        take_time(value);
    else if (strcmp(option, "--segment-bytes") == 0)
        options.segment_bytes = strtoull(value, NULL, 10);
    else if (strcmp(option, "--retain") == 0)
        options.retain_days = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(option, "--sign-key") == 0)
        options.sign_key = value;
    else if (strcmp(option, "--digest") == 0)
        options.digest = value;
    else if (strcmp(option, "--batch") == 0)
        batch = strtoul(value, NULL, 10);
    else if (strcmp(option, "--speed") == 0)
        speed = strtoul(value, NULL, 10);
    else {
        fprintf(stderr, "unknown option: %s\n", option);
        exit(2);
    }
}

static void
read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--acks") == 0)
            acks = true;
        else if (strcmp(argv[i], "--abandon") == 0)
            abandon = true;
        else if (strcmp(argv[i], "--walk") == 0)
            walk = true;
        else if (argv[i][0] != '-')
            dir = argv[i];
        else if (i + 1 < argc) {
            take(argv[i], argv[i + 1]);
            i++;
        }
    }
    if (!dir) {
        fprintf(stderr, "usage: weir-journal DIR [OPTION]…\n");
        exit(2);
    }
}

static void
tell(const weir_diags *d)
{
    weir_buf out = {0};

    for (size_t i = 0; i < weir_diags_count(d); i++)
        weir_diag_format(weir_diags_at(d, i), false, &out);
    if (out.len)
        fwrite(out.p, 1, out.len, stderr);
    weir_buf_fini(&out);
}

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a failed step ends with. */
static void
need(weir_status st, weir_journal *j)
{
    if (st == WEIR_OK)
        return;
    const char *why = weir_journal_error(j);
    fprintf(stderr, "%s\n", why ? why : weir_status_text(st));
    exit(4);
}

static void
commit(weir_journal *j)
{
    weir_journal_head head;

    need(weir_journal_write(j, at_ms), j);
    need(weir_journal_sync(j), j);
    const char *warning = weir_journal_take_warning(j);
    if (warning)
        fprintf(stderr, "%s\n", warning);
    if (!acks)
        return;
    weir_journal_get_head(j, &head);
    printf("%" PRIu64 " %s\n", head.synced_seq, head.synced_hash);
    fflush(stdout);
}

/* A line that is no record. */
static void
act(weir_journal *j, char *line)
{
    weir_journal_event e = {.at_ms = at_ms, .by = span("a test \"of\" it\n")};
    char *word = line + 1, *value = strchr(word, ' ');

    line[strcspn(line, "\n")] = '\0';
    if (!value)
        exit(2);
    *value++ = '\0';
    if (strcmp(word, "at") == 0) {
        take_time(value);
        return;
    }
    e.kind = strcmp(word, "reload") == 0 ? WEIR_JOURNAL_RELOAD
             : strcmp(word, "trip") == 0 ? WEIR_JOURNAL_TRIP
                                         : WEIR_JOURNAL_RESET;
    if (e.kind == WEIR_JOURNAL_RELOAD) {
        e.from = span(options.digest);
        e.to = span(value);
    } else {
        e.rule = strcmp(value, "*") == 0 ? (weir_span){0} : span(value);
        e.how = WEIR_TRIP_ALERT;
    }
    need(weir_journal_append_event(j, &e), j);
}

static void
append_input(weir_journal *j)
{
    char *line = NULL;
    size_t room = 0, n = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        if (line[0] == '!')
            act(j, line);
        else
            need(weir_journal_append(j, (weir_span){line, (size_t)len}), j);
        if (++n % batch == 0)
            commit(j);
    }
    commit(j);
    free(line);
}

static void
append_many(weir_journal *j)
{
    weir_buf b = {0};
    size_t each = batch > 1 ? batch : 1000;

    for (size_t i = 0; i < each; i++) {
        size_t from = b.len;
        weir_buf_printf(&b,
                        "{\"v\":1,\"post\":\"%zu\",\"author\":\"id:1356247\",\"action\":"
                        "\"withhold\",\"regions\":{\"IN\":{\"action\":\"withhold\",\"rule\":"
                        "\"in-2021-01-accounts\",\"order\":\"in-meity-2021-01\",\"by\":"
                        "\"accounts\",\"value\":\"@",
                        1356300 + i);
        while (b.len - from < 249 - 66)
            weir_buf_putc(&b, 'x');
        weir_buf_puts(&b, "\"}},\"at\":\"2021-02-01T07:00:00Z\",\"ruleset\":\"9f2c61d0a4b7e85c\"}");
        weir_buf_putc(&b, '\n');
    }
    double from = seconds(), syncing = 0;
    for (size_t n = 0; n < speed; n += each) {
        need(weir_journal_append(j, (weir_span){b.p, b.len}), j);
        double then = seconds();
        need(weir_journal_write(j, at_ms), j);
        syncing += seconds() - then;
    }
    double took = seconds() - from;
    fprintf(stderr,
            "%zu records of %zu bytes in %.2f s (%.2f s of it writing): %.0f a second; without "
            "writing %.0f\n",
            speed, b.len / each, took, syncing, (double)speed / took,
            (double)speed / (took - syncing));
    weir_buf_fini(&b);
}

static bool
count(const weir_journal_entry *e, void *n)
{
    *(uint64_t *)n += e->body.len > 0;
    return true;
}

static int
walk_it(weir_diags *d)
{
    weir_journal_proof p;
    uint64_t n = 0;
    double from = seconds();
    weir_status st = weir_journal_walk(dir, NULL, count, &n, d, &p);
    double took = seconds() - from;

    tell(d);
    fprintf(stderr, "%" PRIu64 " entries, %" PRIu64 " bytes in %.2f s: %.0f MB a second\n", n,
            p.bytes, took, (double)p.bytes / 1e6 / took);
    if (p.finding)
        fprintf(stderr, "%s:%" PRIu64 ": %s\n", p.bad_file, p.bad_line, p.why);
    int rc = st != WEIR_OK ? 4 : p.finding != WEIR_JOURNAL_FOUND_NONE;
    weir_journal_proof_fini(&p);
    return rc;
}

static int
write_it(weir_diags *d)
{
    weir_journal *j;
    weir_status st = weir_journal_open(dir, &options, at_ms, d, &j);

    tell(d);
    if (st != WEIR_OK) {
        fprintf(stderr, "%s\n", weir_status_text(st));
        return 4;
    }
    if (speed)
        append_many(j);
    else
        append_input(j);
    if (abandon)
        weir_journal_abandon(j);
    else
        st = weir_journal_close(j, at_ms, NULL);
    return st == WEIR_OK ? 0 : 4;
}

int
main(int argc, char **argv)
{
    weir_diags *d = weir_diags_new();

    read_options(argc, argv);
    if (!d)
        return 4;
    int rc = walk ? walk_it(d) : write_it(d);
    weir_diags_free(d);
    return rc;
}
