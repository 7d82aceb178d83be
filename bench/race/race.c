/*
 * What a round is: each side goes over a few lines, then over many; the difference is its time.
 * Starting, loading rules and ending is in both.
 */
#include "race/race.h"

#include "race/peer.h"
#include "race/plain.h"
#include "race/sums.h"

#include <tagweir/names.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of the short run, on which counts of peers are checked by plain search. */
#define SHORT_LINES 200
/* ripgrep makes its automaton while it reads, of so many regexes slowly, and ever less of it the
   more it has read. On first sight: what it takes from 4,000 posts to 12,000, as more take minutes.
   On posts that it has seen: the short run's, so many times. */
#define SLOW_FROM 4000
#define SLOW_LINES 12000
#define SEEN_TIMES 500
#define SLOW_ROUNDS 3
/* A run that should be short may be held up on a machine that is busy: it is timed again. */
#define MOST_TRIES 5

/* 460 bytes on average. As rules have them: rg folds no case. */
static const struct post_kind small_posts = {340, 580, false}, canonical_posts = {340, 580, true};

enum length { LENGTH_SHORT, LENGTH_LONG, LENGTH_SLOW_FROM, LENGTH_SLOW, LENGTH_SEEN, NLENGTHS };
#define NPACKINGS (PACKING_ZSTD + 1)

struct running {
    const struct track *t;
    struct race *out;
    unsigned sides;
    struct world world;
    struct material material;
    struct feed feed;
    struct set many, few;
    const char *one_thread; /* NULL: replay has never more, and no option for it */
    struct portion portions[NLENGTHS][NPACKINGS];
    struct sums sums[NLENGTHS];
    char patterns[WORKPLACE_PATH_MAX];
    uint64_t found[NLENGTHS]; /* lines that hold a pattern; UINT64_MAX: not known yet */
};

WEIR_NAMES(race_name, enum race_kind, RACES, WEIR_TEXT)
WEIR_NAMES(race_about, enum race_kind, RACES, WEIR_SENTENCE)
WEIR_NAMES(side_name, enum side, SIDES, WEIR_TEXT)
WEIR_NAMES(side_about, enum side, SIDES, WEIR_SENTENCE)

static bool
takes_part(const struct running *r, enum side s)
{
    return (r->sides & 1u << s) && !r->out->absent[s][0] && !r->out->fault[s][0];
}

static void
tell(const struct running *r, const char *what)
{
    if (r->t->progress)
        fprintf(stderr, "\r\033[K%s%s%s", what ? race_about(r->out->kind) : "", what ? ": " : "",
                what ? what : "");
}

/* Sides -------------------------------------------------------------------------------------- */

static enum packing
packing_of(enum side s)
{
    return s == SIDE_GZIP_ONE || s == SIDE_GZIP_TWO   ? PACKING_GZIP
           : s == SIDE_ZSTD_ONE || s == SIDE_ZSTD_TWO ? PACKING_ZSTD
                                                      : PACKING_NONE;
}

/* Those that are compared by how many cores they have. */
#define ON_TWO (1u << SIDE_TWO | 1u << SIDE_GZIP_TWO | 1u << SIDE_ZSTD_TWO)
#define THREADED (ON_TWO | 1u << SIDE_ONE | 1u << SIDE_GZIP_ONE | 1u << SIDE_ZSTD_ONE)

#define RIPGREP (1u << SIDE_RG | 1u << SIDE_RG_SEEN)

static bool
is_among(enum side s, unsigned sides)
{
    return (sides & 1u << s) != 0;
}

/* Both cores are taken where threads are counted: nobody could read a pipe without taking of it. */
static bool
run_replay(struct running *r, enum side s, enum length length, struct run_time *time)
{
    const struct portion *p = &r->portions[length][packing_of(s)];
    bool two = is_among(s, ON_TWO);
    const char *const file = p->path;
    struct replay replay = {.tagweir = r->t->tagweir,
                            .rules = s == SIDE_FEW ? r->few.compiled : r->many.compiled,
                            .clock = MATERIAL_CLOCK,
                            .threads = two ? "2" : r->one_thread,
                            .feed = &r->feed,
                            .core = two ? CORE_ANY : r->t->cores.server};

    return replay_run(&replay, is_among(s, THREADED) ? SINK_FILE : SINK_PIPE, &file, 1, p->nlines,
                      time, r->out->fault[s]);
}

static bool
run_ondemand(struct running *r, enum length length, struct run_time *time)
{
    const char *argv[PEER_ARGUMENTS];
    char said[PEER_SAID], why[256], *fault = r->out->fault[SIDE_ONDEMAND];

    peer_ondemand(r->t->ondemand, r->out->kind == RACE_TWEETS ? "tweets" : "own",
                  r->portions[length][PACKING_NONE].path, argv);
    if (!peer_run(argv, r->t->cores.server, said, time, fault))
        return false;
    if (sums_agree(&r->sums[length], said, why, sizeof why))
        return true;
    snprintf(fault, FAULT_MAX, "weir-ondemand: %s", why);
    return false;
}

/* What was counted plainly must be found; else the same in all rounds, and no less. */
static bool
is_found(struct running *r, enum side s, enum length length, const char *said)
{
    uint64_t *known = &r->found[length], n = strtoull(said, NULL, 10);
    bool first = *known == UINT64_MAX;

    if (first)
        *known = n;
    if (n == *known && (!first || n >= r->found[LENGTH_SHORT]))
        return true;
    snprintf(r->out->fault[s], FAULT_MAX, "%s counts %.*s lines, where there are %s%zu",
             side_name(s), (int)strcspn(said, "\n"), said, first ? "at least " : "",
             (size_t)(first ? r->found[LENGTH_SHORT] : *known));
    return false;
}

static bool
run_search(struct running *r, enum side s, enum length length, struct run_time *time)
{
    const char *argv[PEER_ARGUMENTS], *file = r->portions[length][PACKING_NONE].path;
    char said[PEER_SAID];

    if (s == SIDE_GREP)
        peer_grep(r->t->grep, r->patterns, file, argv);
    else
        peer_rg(r->t->rg, r->patterns, file, argv);
    return peer_run(argv, r->t->cores.server, said, time, r->out->fault[s]) &&
           is_found(r, s, length, said);
}

static bool
run_side(struct running *r, enum side s, enum length length, struct run_time *time)
{
    switch (s) {
    case SIDE_ONDEMAND:
        return run_ondemand(r, length, time);
    case SIDE_GREP:
    case SIDE_RG:
    case SIDE_RG_SEEN:
        return run_search(r, s, length, time);
    default:
        return run_replay(r, s, length, time);
    }
}

/* Setting up --------------------------------------------------------------------------------- */

static void
be_absent(struct running *r, unsigned sides, const char *why)
{
    for (unsigned s = 0; s < NSIDES; s++)
        if (r->sides & sides & 1u << s)
            snprintf(r->out->absent[s], sizeof r->out->absent[s], "%s", why);
}

static void
find_absent(struct running *r)
{
    const struct track *t = r->t;

    if (!process_exists(t->ondemand))
        be_absent(r, 1u << SIDE_ONDEMAND, "there is no weir-ondemand beside this program");
    if (!process_exists(t->grep))
        be_absent(r, 1u << SIDE_GREP, "grep is not installed");
    if (!process_exists(t->rg))
        be_absent(r, RIPGREP, "ripgrep (rg) is not installed");
    r->one_thread = replay_one_thread(t->tagweir);
    if (!r->one_thread)
        be_absent(r, THREADED, "tagweir replay has no --threads");
}

/* false: there is none. */
static bool
make_feed(struct running *r)
{
    static const struct post_kind *const kinds[NRACES] = {&small_posts, &small_posts,
                                                          &canonical_posts, &canonical_posts};
    struct material *m = &r->material;
    FILE *tweets;

    if (r->out->kind != RACE_TWEETS) {
        m->feed_file = NULL;
    } else if (!(tweets = fopen(m->feed_file, "r"))) {
        snprintf(r->out->missing, sizeof r->out->missing,
                 "no tweets: %.100s: %m (TAGWEIR_DATA, or --tweets)", m->feed_file);
        return false;
    } else {
        fclose(tweets);
        /* some rules are made from the tags of real feeds, where these are there */
        if (world_stream(&r->world, STREAM_REAL))
            m->stream = STREAM_REAL;
    }
    material_feed(m, &r->world, kinds[r->out->kind], &r->feed);
    return true;
}

static void
write_portion(struct running *r, enum length length, const char *name, uint64_t nlines)
{
    portion_write(&r->portions[length][PACKING_NONE], &r->feed, name, nlines);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void
write_feed(struct running *r)
{
    uint64_t mean = r->feed.bytes.len / r->feed.nlines + 1, nlines = r->t->nbytes / mean + 1;
    uint64_t nshort = least(r->feed.nlines, SHORT_LINES);

    if (nlines < 2 * nshort)
        nlines = 2 * nshort;
    write_portion(r, LENGTH_SHORT, "short.ndjson", nshort);
    write_portion(r, LENGTH_LONG, "long.ndjson", nlines);
    write_portion(r, LENGTH_SLOW_FROM, "from.ndjson", least(nlines / 2, SLOW_FROM));
    write_portion(r, LENGTH_SLOW, "slow.ndjson", least(nlines, SLOW_LINES));
    r->out->nlines = nlines - nshort;
    r->out->nbytes = r->portions[LENGTH_LONG][PACKING_NONE].nbytes -
                     r->portions[LENGTH_SHORT][PACKING_NONE].nbytes;
}

/* The short run's lines again and again: each holds what was counted there. */
static void
write_seen(struct running *r)
{
    struct portion *p = &r->portions[LENGTH_SEEN][PACKING_NONE];
    const struct portion *once = &r->portions[LENGTH_SHORT][PACKING_NONE];
    struct feed part = r->feed;

    part.nlines = (size_t)once->nlines;
    portion_write(p, &part, "seen.ndjson", SEEN_TIMES * once->nlines);
    r->found[LENGTH_SEEN] = SEEN_TIMES * r->found[LENGTH_SHORT];
}

/* Packs the feed, and tries whether replay reads it so. */
static void
pack_feed(struct running *r, enum packing packing, enum side one, enum side two)
{
    char why[256];
    struct run_time time;

    if (!takes_part(r, one))
        return;
    tell(r, "packing");
    for (enum length l = LENGTH_SHORT; l <= LENGTH_LONG; l++)
        if (!portion_pack(&r->portions[l][packing], &r->portions[l][PACKING_NONE], packing, why,
                          sizeof why)) {
            be_absent(r, 1u << one | 1u << two, why);
            return;
        }
    if (run_side(r, one, LENGTH_SHORT, &time))
        return;
    snprintf(why, sizeof why, "%.250s", r->out->fault[one]);
    r->out->fault[one][0] = '\0';
    be_absent(r, 1u << one | 1u << two, why);
}

static void
make_set(struct running *r, struct set *set, const char *name, size_t n)
{
    bool regexes = r->out->kind == RACE_REGEXES;
    enum workload workload =
        r->out->kind == RACE_LITERALS ? WORKLOAD_LITERALS : r->material.workload;
    enum side searching = regexes ? SIDE_RG : SIDE_GREP;
    struct rules rules;

    /* every twentieth is one */
    material_rules(&r->material, &r->world, workload, regexes ? 20 * n : n, &rules);
    if (regexes)
        plain_keep_regexes(&rules);
    sets_make(set, r->t->tagweir, name, &rules);
    if (takes_part(r, searching)) {
        tell(r, "counting plainly");
        workplace_path(r->patterns, "patterns");
        plain_write(&rules, r->patterns);
        r->found[LENGTH_SHORT] =
            plain_count(&rules, &r->feed, (size_t)r->portions[LENGTH_SHORT][PACKING_NONE].nlines);
    }
    rules_fini(&rules);
}

/* A search is over with a line's first match: where all have one, it measures little. */
static void
check_found(struct running *r)
{
    if (r->found[LENGTH_SHORT] == r->portions[LENGTH_SHORT][PACKING_NONE].nlines)
        be_absent(r, RIPGREP | 1u << SIDE_GREP,
                  "every post matches, and a search ends with its line's first match");
}

static size_t
rules_of(const struct track *t, enum race_kind kind)
{
    return kind == RACE_LITERALS ? t->nliterals : kind == RACE_REGEXES ? t->nregexes : t->nmany;
}

/* false: there is nothing to go over. */
static bool
set_up(struct running *r)
{
    const struct track *t = r->t;
    enum race_kind kind = r->out->kind;
    size_t most = kind == RACE_REGEXES ? 20 * t->nregexes : rules_of(t, kind);

    tell(r, "drawing and compiling rules");
    memset(r->found, 0xff, sizeof r->found);
    material_world(&r->material, &r->world, r->material.workload, most);
    find_absent(r);
    if (!make_feed(r))
        return false;
    write_feed(r);
    make_set(r, &r->many, "many", rules_of(t, kind));
    check_found(r);
    if (takes_part(r, SIDE_RG_SEEN))
        write_seen(r);
    if (takes_part(r, SIDE_FEW))
        make_set(r, &r->few, "few", t->nfew);
    r->out->nmany = rules_of(t, kind);
    r->out->nfew = t->nfew;
    if (takes_part(r, SIDE_ONDEMAND))
        for (enum length l = LENGTH_SHORT; l <= LENGTH_LONG; l++)
            sums_read(&r->sums[l], &r->feed, r->portions[l][PACKING_NONE].nlines);
    pack_feed(r, PACKING_GZIP, SIDE_GZIP_ONE, SIDE_GZIP_TWO);
    pack_feed(r, PACKING_ZSTD, SIDE_ZSTD_ONE, SIDE_ZSTD_TWO);
    return true;
}

/* Rounds ------------------------------------------------------------------------------------- */

/* From which run to which its time is taken. */
static void
lengths_of(enum side s, enum length *from, enum length *to)
{
    *from = s == SIDE_RG ? LENGTH_SLOW_FROM : LENGTH_SHORT;
    *to = s == SIDE_RG ? LENGTH_SLOW : s == SIDE_RG_SEEN ? LENGTH_SEEN : LENGTH_LONG;
}

static void
time_side(struct running *r, enum side s)
{
    enum length from, to;
    struct run_time few, more;
    int tries = 0;

    tell(r, side_name(s));
    lengths_of(s, &from, &to);
    do
        if (!run_side(r, s, from, &few) || !run_side(r, s, to, &more))
            return;
    while (more.seconds <= few.seconds && ++tries < MOST_TRIES);
    double posts =
        (double)(r->portions[to][PACKING_NONE].nlines - r->portions[from][PACKING_NONE].nlines);
    bool held_up = more.seconds <= few.seconds;
    samples_add(&r->out->rate[s], held_up ? NAN : posts / (more.seconds - few.seconds));
    samples_add(&r->out->cpu_ns[s],
                held_up || more.cpu <= few.cpu ? NAN : 1e9 * (more.cpu - few.cpu) / posts);
}

/* ripgrep's short run, too, must find what was counted plainly. */
static void
try_search(struct running *r)
{
    struct run_time time;

    if (takes_part(r, SIDE_RG))
        (void)run_side(r, SIDE_RG, LENGTH_SHORT, &time);
}

/* A B C, B C A, … */
static void
run_rounds(struct running *r)
{
    for (unsigned round = 0; round < r->t->rounds; round++)
        for (unsigned i = 0; i < NSIDES; i++) {
            enum side s = (enum side)((round + i) % NSIDES);

            if (takes_part(r, s) && (round < SLOW_ROUNDS || !is_among(s, RIPGREP)))
                time_side(r, s);
        }
}

void
race_measure(const struct track *t, enum race_kind kind, unsigned sides, struct race *out)
{
    struct running *r = allocate(1, sizeof *r);

    memset(out, 0, sizeof *out);
    out->kind = kind;
    *r = (struct running){.t = t, .out = out, .sides = sides, .material = t->material};
    if (set_up(r)) {
        try_search(r);
        run_rounds(r);
        feed_fini(&r->feed);
    }
    world_fini(&r->world);
    tell(r, NULL);
    free(r);
}
