/*
 * Compile, load, compare, time.
 *
 * Tokens to compare on are a mixture: from the stream, tags that rules were made from, and these
 * with one character changed; on a stream alone, patterns would hardly ever be hit. Rounds are
 * interleaved (A B C, B C A, C A B), so that what the machine does meanwhile hits all alike.
 */
#include "contest.h"

#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_CHECKED 400000
#define FEWEST_TOKENS 64
#define MOST_ASKED_S 0.3

/* Compiling ---------------------------------------------------------------------------------- */

/* What it is to match with, from the file where there is one. */
static void
make(const struct contender *c, struct compiled *out)
{
    if (c->engine->load && out->file[0] && !out->why[0])
        c->engine->load(out);
}

static void
forget_file(struct compiled *c)
{
    if (c->file[0])
        (void)unlink(c->file);
    c->file[0] = '\0';
}

/* What is made fast is made again, for a median. */
static void
compile_again(struct contender *c)
{
    double spent = c->compiled.seconds;

    while (c->compile_s.n < 3 && spent + c->compiled.seconds < 3.0) {
        struct compiled again = {0};

        c->engine->compile(c->rules, &again);
        forget_file(&again);
        if (again.why[0])
            return;
        if (again.context)
            c->engine->free(again.context);
        samples_add(&c->compile_s, again.seconds);
        spent += again.seconds;
    }
}

static void
load_again(struct contender *c)
{
    double spent = c->compiled.load_seconds;

    while (c->load_s.n < 5 && spent + c->compiled.load_seconds < 3.0) {
        struct compiled again = c->compiled;

        again.context = NULL;
        c->engine->load(&again);
        if (!again.context)
            return;
        c->engine->free(again.context);
        samples_add(&c->load_s, again.load_seconds);
        spent += again.load_seconds;
    }
}

/* As many tags as a round would be given, so that all that matching touches has been touched. */
static void
ask_first(const struct contender *c, const struct tokens *tokens)
{
    struct tally tally = {0, 0};
    size_t n, done = 0;
    const weir_span *v = tokens_slice(tokens, 0, &n);
    double start = thread_seconds();

    while (done < n && thread_seconds() - start < MOST_ASKED_S) {
        size_t m = n - done < FEWEST_TOKENS ? n - done : FEWEST_TOKENS;

        c->engine->match(c->compiled.context, v + done, m, tally_add, &tally);
        done += m;
    }
}

static void
measure_memory(struct contender *c, size_t heap, size_t resident, const struct tokens *tokens)
{
    size_t heap_after = heap_bytes(), resident_after = resident_bytes();

    c->heap = heap_after > heap ? heap_after - heap : 0;
    if (tokens) {
        ask_first(c, tokens);
        size_t then = resident_bytes();
        resident_after = then > resident_after ? then : resident_after;
    }
    c->resident = resident_after > resident ? resident_after - resident : 0;
}

static void
compile_and_make(struct contender *c)
{
    memset(&c->compiled, 0, sizeof c->compiled);
    c->engine->compile(c->rules, &c->compiled);
    make(c, &c->compiled);
}

bool
contender_make(struct contender *c)
{
    compile_and_make(c);
    forget_file(&c->compiled);
    return c->compiled.context != NULL;
}

bool
contender_compile(struct contender *c, const struct tokens *tokens)
{
    size_t heap = heap_bytes(), resident = resident_bytes();

    compile_and_make(c);
    if (!c->compiled.context) {
        forget_file(&c->compiled);
        return false;
    }
    measure_memory(c, heap, resident, tokens);
    samples_add(&c->compile_s, c->compiled.seconds);
    if (c->engine->load) {
        samples_add(&c->load_s, c->compiled.load_seconds);
        load_again(c);
        forget_file(&c->compiled);
    }
    compile_again(c);
    if (!c->engine->load)
        c->load_s = c->compile_s;
    if (c->engine->classes)
        c->has_classes = c->engine->classes(c->compiled.context, &c->classes);
    return true;
}

void
contender_free(struct contender *c)
{
    if (c->compiled.context)
        c->engine->free(c->compiled.context);
    c->compiled.context = NULL;
}

/* Comparing ---------------------------------------------------------------------------------- */

static void
tell_difference(const struct contender *a, const struct contender *b, const weir_span *tokens,
                const struct difference *d)
{
    static const char *const kinds[] = {"literal", "prefix", "glob", "regex"};
    const struct contender *has = d->in_first ? a : b, *lacks = d->in_first ? b : a;
    weir_span token = tokens[d->token];

    fprintf(stderr, "tagweir-bench: engines disagree about the tag %.*s: %s says that rule %u",
            (int)token.len, token.p, has->engine->name, d->rule);
    if (!has->rules->is_list && d->rule < has->rules->n) {
        const struct rule *r = &has->rules->v[d->rule];
        fprintf(stderr, " (%s %.*s)", kinds[r->kind], (int)r->text.len, r->text.p);
    }
    fprintf(stderr, " matches it, %s does not (or not as often)\n", lacks->engine->name);
}

static struct hits
hits_of(const struct contender *c, const weir_span *tokens, size_t n)
{
    struct hits h = {0};

    c->engine->match(c->compiled.context, tokens, n, hits_add, &h);
    hits_sort(&h);
    return h;
}

bool
contenders_agree(const struct contender *a, const struct contender *b, const weir_span *tokens,
                 size_t n)
{
    struct hits of_a = hits_of(a, tokens, n), of_b = hits_of(b, tokens, n);
    struct difference d;
    bool differ = hits_differ(&of_a, &of_b, n, &d);

    if (differ)
        tell_difference(a, b, tokens, &d);
    hits_fini(&of_a);
    hits_fini(&of_b);
    return !differ;
}

/* One character that is ASCII becomes another, or a digit is added. */
static weir_span
near_miss(struct random *r, struct text *text, weir_span tag)
{
    char copy[1024];
    size_t at = tag.len ? random_below(r, tag.len) : 0;

    if (tag.len == 0 || tag.len >= sizeof copy - 1)
        return tag;
    memcpy(copy, tag.p, tag.len);
    copy[tag.len] = (char)('0' + random_below(r, 10));
    if ((unsigned char)copy[at] >= 0x80)
        return text_keep(text, (weir_span){copy, tag.len + 1});
    copy[at] = (char)('a' + random_below(r, 26));
    return text_keep(text, (weir_span){copy, tag.len});
}

static void
make_check(struct tokens *check, const struct contest *c)
{
    struct random r = random_named(c->seed, "check");
    weir_span *v = allocate(MOST_CHECKED, sizeof *v);
    struct text text = {0};
    size_t n = 0, nstream;
    const weir_span *stream = tokens_slice(c->tokens, 0, &nstream);

    for (size_t i = 0; i < nstream && n + 4 <= MOST_CHECKED; i += 2) {
        const struct rules *rules = c->v[i / 2 % c->n].rules;
        weir_span witness = rules->v[random_below(&r, rules->n)].witness;

        v[n++] = stream[i];
        v[n++] = witness;
        v[n++] = i + 1 < nstream ? stream[i + 1] : stream[i];
        v[n++] = near_miss(&r, &text, witness);
    }
    tokens_copy(check, v, n);
    text_fini(&text);
    free(v);
}

/* As many tokens as there is time for. The time that a token took at last goes to *s. */
static struct hits
check_one(const struct contender *c, const struct tokens *check, double budget, size_t *n,
          double *s)
{
    struct hits h = {0};
    double start = thread_seconds(), spent = 0;
    size_t step = FEWEST_TOKENS, done = 0;

    while (done < check->n && spent < budget) {
        size_t m = check->n - done < step ? check->n - done : step;

        h.base = (uint32_t)done;
        c->engine->match(c->compiled.context, check->v + done, m, hits_add, &h);
        done += m;
        *s = (thread_seconds() - start - spent) / (double)m;
        spent = thread_seconds() - start;
        /* the next step ends in time, or nearly */
        while (step < 65536 && *s * (double)step * 4 < budget - spent)
            step *= 2;
    }
    hits_sort(&h);
    *n = done;
    return h;
}

/* The first of each group is what the others of it are compared with, as far as both came. */
static bool
check_all(struct contest *c, const struct tokens *check, double *cost)
{
    struct hits *hits = allocate(c->n, sizeof *hits);
    bool agree = true;

    c->npairs = 0;
    for (size_t i = 0; i < c->n && agree; i++) {
        struct difference d;
        size_t first = 0, *n = &c->timings[i].nchecked;

        hits[i] = check_one(&c->v[i], check, c->check_s, n, &cost[i]);
        if (hits[i].n > c->npairs)
            c->npairs = hits[i].n;
        while (c->v[first].group != c->v[i].group)
            first++;
        size_t both = c->timings[first].nchecked < *n ? c->timings[first].nchecked : *n;
        agree = !hits_differ(&hits[first], &hits[i], both, &d);
        if (!agree)
            tell_difference(&c->v[first], &c->v[i], check->v, &d);
    }
    for (size_t i = 0; i < c->n; i++)
        hits_fini(&hits[i]);
    free(hits);
    return agree;
}

/* Timing ------------------------------------------------------------------------------------- */

static double
time_once(const struct contender *c, const weir_span *tokens, size_t n, struct tally *tally)
{
    double start = thread_seconds();

    *tally = (struct tally){0, 0};
    c->engine->match(c->compiled.context, tokens, n, tally_add, tally);
    return (thread_seconds() - start) * 1e9 / (double)n;
}

static void
time_round(const struct contest *c, size_t i, unsigned round)
{
    const struct contender *v = &c->v[i];
    struct timing *t = &c->timings[i];
    size_t n;
    const weir_span *tokens = tokens_slice(c->tokens, round + 1, &n);
    bool fresh = c->tokens->nslices > 1;

    if (v->engine->learns && (fresh || round == 0)) {
        double first = time_once(v, tokens, t->ntokens, &t->tally);
        if (fresh)
            samples_add(&t->first, first);
    }
    samples_add(&t->ns, time_once(v, tokens, t->ntokens, &t->tally));
}

/* Whoever had the same tokens must have had the same hits. */
static bool
tallies_agree(const struct contest *c, unsigned round)
{
    for (size_t i = 1; i < c->n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct timing *a = &c->timings[k], *b = &c->timings[i];
            size_t n;
            const weir_span *tokens = tokens_slice(c->tokens, round + 1, &n);

            if (c->v[k].group != c->v[i].group || a->ntokens != b->ntokens || a->ns.n == 0 ||
                b->ns.n == 0 || (a->tally.n == b->tally.n && a->tally.sum == b->tally.sum))
                continue;
            if (!contenders_agree(&c->v[k], &c->v[i], tokens, a->ntokens))
                return false;
            fprintf(stderr, "tagweir-bench: %s or %s matched otherwise when asked again\n",
                    c->v[k].engine->name, c->v[i].engine->name);
            return false;
        }
    return true;
}

static void
choose_tokens(struct contest *c, const double *cost)
{
    size_t n;

    (void)tokens_slice(c->tokens, 0, &n);
    for (size_t i = 0; i < c->n; i++) {
        /* what is slow on first sight, and fast ever after, is given time to see enough */
        double affordable = (c->v[i].engine->learns ? 4 : 1) * c->round_s / cost[i];

        c->timings[i].ntokens = affordable < (double)n ? (size_t)affordable : n;
        if (c->timings[i].ntokens < FEWEST_TOKENS)
            c->timings[i].ntokens = FEWEST_TOKENS < n ? FEWEST_TOKENS : n;
    }
}

static bool
time_all(struct contest *c)
{
    for (unsigned round = 0; round < c->nrounds; round++) {
        for (size_t k = 0; k < c->n; k++) {
            size_t i = (round + k) % c->n;

            if (!c->v[i].check_only)
                time_round(c, i, round);
        }
        if (!tallies_agree(c, round))
            return false;
    }
    return true;
}

bool
contest_run(struct contest *c)
{
    struct tokens check;
    double *cost = allocate(c->n, sizeof *cost);

    c->timings = allocate(c->n, sizeof *c->timings);
    make_check(&check, c);
    bool agree = check_all(c, &check, cost);
    tokens_fini(&check);
    if (agree) {
        choose_tokens(c, cost);
        agree = time_all(c);
    }
    free(cost);
    return agree;
}
