/*
 * replay/past: what a journal's headers and events say of a record that stands behind them, and
 * what is left open, as threads take up events each in their own time.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "replay/past.h"

#define T INT64_C(1612162800000)
#define SOON PAST_SOON_MS
#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define NOTHING "0000000000000000000000000000000000000000000000000000000000000000"

static weir_span
span(const char *s)
{
    return (weir_span){s, strlen(s)};
}

static void
header(struct past *p, uint32_t segment, int64_t at_ms, const char *ruleset, const char *clock,
       const char *previous)
{
    const weir_journal_header h = {.format = 1,
                                   .segment = segment,
                                   .opened_ms = at_ms,
                                   .ruleset = span(ruleset),
                                   .version = span(segment < 3 ? "0.0.9" : "0.1.0"),
                                   .unicode = span("15.0"),
                                   .icu = span("72.1.0"),
                                   .clock = span(clock),
                                   .previous = span(previous)};

    past_header(p, &h);
}

static void
start(struct past *p, int64_t at_ms, weir_journal_why why)
{
    past_event(p, &(weir_journal_event){.kind = WEIR_JOURNAL_START, .at_ms = at_ms, .why = why});
}

static void
breaker(struct past *p, weir_journal_event_kind kind, int64_t at_ms, const char *rule,
        weir_trip how)
{
    past_event(p, &(weir_journal_event){.kind = kind,
                                        .at_ms = at_ms,
                                        .rule = rule ? span(rule) : (weir_span){NULL, 0},
                                        .how = how});
}

static void
reload(struct past *p, int64_t at_ms, const char *to)
{
    past_event(p,
               &(weir_journal_event){
                   .kind = WEIR_JOURNAL_RELOAD, .at_ms = at_ms, .from = span(ONE), .to = span(to)});
}

static void
record(struct past *p, int64_t at_ms, const char *ruleset)
{
    past_record(p,
                &(struct recorded){
                    .kind = RECORDED_POST, .at_ms = at_ms, .ruleset = {ruleset, RECORDED_DIGEST}},
                span("{,\"breaker\":[\"z\",\"*\"]}"));
}

#define NONE (1u << WEIR_TRIP_NONE)
#define ALERT (1u << WEIR_TRIP_ALERT)
#define OBSERVE (1u << WEIR_TRIP_OBSERVE)

static void
trips_are_open_for_a_while(void **state)
{
    struct past_stance s;
    struct past p = {.nsets = 0};

    (void)state;
    header(&p, 1, T, ONE, "now", NOTHING);
    start(&p, T, WEIR_JOURNAL_WHY_NEW);
    uint32_t before = past_epoch(&p);
    breaker(&p, WEIR_JOURNAL_TRIP, T + 1000, "a", WEIR_TRIP_OBSERVE);
    uint32_t tripped = past_epoch(&p);
    breaker(&p, WEIR_JOURNAL_RESET, T + 1000 + SOON, "a", WEIR_TRIP_NONE);
    breaker(&p, WEIR_JOURNAL_TRIP, T + 1000 + SOON, NULL, WEIR_TRIP_ALERT);
    uint32_t reset = past_epoch(&p);
    assert_int_equal(p.nrules, 2);
    assert_string_equal(p.rules[0], "a");
    assert_string_equal(p.rules[1], "*");
    const struct {
        uint32_t epoch;
        int64_t at_ms;
        unsigned now[2], may[2];
    } rows[] = {
        {before, T + 5, {WEIR_TRIP_NONE, WEIR_TRIP_NONE}, {NONE, NONE}},
        {before, T + 500000, {WEIR_TRIP_NONE, WEIR_TRIP_NONE}, {NONE, NONE}},
        {tripped, T + 5, {WEIR_TRIP_OBSERVE, WEIR_TRIP_NONE}, {NONE | OBSERVE, NONE}},
        {tripped, T + 999 + SOON, {WEIR_TRIP_OBSERVE, WEIR_TRIP_NONE}, {NONE | OBSERVE, NONE}},
        {tripped, T + 1000 + SOON, {WEIR_TRIP_OBSERVE, WEIR_TRIP_NONE}, {OBSERVE, NONE}},
        {reset, T + 1000 + SOON, {WEIR_TRIP_NONE, WEIR_TRIP_ALERT}, {NONE | OBSERVE, NONE | ALERT}},
        {reset, T + 1000 + 2 * SOON, {WEIR_TRIP_NONE, WEIR_TRIP_ALERT}, {NONE, ALERT}},
    };
    assert_true(past_stance_init(&p, &s));
    for (size_t round = 0; round < 2; round++) /* also from what was kept of other rows */
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            size_t k = round ? sizeof rows / sizeof *rows - 1 - i : i;

            past_stance_at(&p, &s, rows[k].epoch, rows[k].at_ms);
            for (size_t rule = 0; rule < 2; rule++)
                if (s.now[rule] != rows[k].now[rule] || s.may[rule] != rows[k].may[rule])
                    fail_msg("row %zu, %s: %u, %u", k, p.rules[rule], s.now[rule], s.may[rule]);
        }
    past_stance_fini(&s);
    past_fini(&p);
}

static void
a_start_forgets_what_had_tripped(void **state)
{
    struct past_stance s;
    struct past p = {.nsets = 0};

    (void)state;
    header(&p, 1, T, ONE, "now", NOTHING);
    start(&p, T, WEIR_JOURNAL_WHY_NEW);
    breaker(&p, WEIR_JOURNAL_TRIP, T, "a", WEIR_TRIP_ALERT);
    uint32_t first = past_epoch(&p);
    header(&p, 2, T + 10, TWO, "2021-02-01T07:00:00Z", ONE);
    start(&p, T + 10, WEIR_JOURNAL_WHY_CRASH);
    assert_true(past_stance_init(&p, &s));
    past_stance_at(&p, &s, past_epoch(&p), T);
    assert_int_equal(s.may[0], NONE);
    assert_int_equal(s.clock, ANSWER_FIXED);
    assert_int_equal(s.fixed_ms, T);
    assert_false(s.set_may[0]);
    assert_true(s.set_may[1]);
    past_stance_at(&p, &s, first, T + SOON);
    assert_int_equal(s.may[0], ALERT);
    assert_int_equal(s.clock, ANSWER_NOW);
    assert_true(s.set_may[0]);
    assert_false(s.set_may[1]);
    past_stance_fini(&s);
    past_fini(&p);
}

/* Where records do not say when they were decided, what follows in the journal does. */
static void
other_clocks_know_the_time_by_what_stands_before(void **state)
{
    struct past_stance s;
    struct past p = {.nsets = 0};

    (void)state;
    header(&p, 1, T, ONE, "created", NOTHING);
    start(&p, T, WEIR_JOURNAL_WHY_NEW);
    breaker(&p, WEIR_JOURNAL_TRIP, T, "a", WEIR_TRIP_ALERT);
    uint32_t tripped = past_epoch(&p);
    header(&p, 2, T + SOON, ONE, "created", ONE);
    assert_true(past_stance_init(&p, &s));
    past_stance_at(&p, &s, tripped, T + 1000 * (int64_t)SOON);
    assert_int_equal(s.may[0], NONE | ALERT);
    past_stance_at(&p, &s, past_epoch(&p), T);
    assert_int_equal(s.may[0], ALERT);
    past_stance_fini(&s);
    past_fini(&p);
}

static void
reloads_make_spans(void **state)
{
    struct past_stance s;
    struct past p = {.nsets = 0};

    (void)state;
    header(&p, 1, T, ONE, "now", NOTHING);
    start(&p, T, WEIR_JOURNAL_WHY_NEW);
    record(&p, T + 100, ONE);
    reload(&p, T + 1000, TWO);
    record(&p, T + 1001, ONE);
    uint32_t reloaded = past_epoch(&p);
    record(&p, T + 5000 + SOON, TWO);
    past_event(&p, &(weir_journal_event){.kind = WEIR_JOURNAL_STOP, .at_ms = T + 6000 + SOON});
    header(&p, 2, T + 900 * (int64_t)SOON, TWO, "created", ONE);
    start(&p, T + 900 * (int64_t)SOON, WEIR_JOURNAL_WHY_STOPPED);
    header(&p, 3, T + 990 * (int64_t)SOON, TWO, "created", ONE);
    past_finish(&p);
    assert_false(p.nomem || p.cut);
    assert_true(p.has_created && p.has_other);
    assert_int_equal(p.nsets, 2);
    assert_string_equal(p.sets[0].digest, ONE);
    assert_int_equal(p.nwriters, 2);
    assert_int_equal(p.writers[0].last, 2);
    assert_int_equal(p.writers[1].first, 3);
    assert_int_equal(p.nspans, 3);
    assert_int_equal(p.spans[0].from_ms, T - SOON);
    assert_int_equal(p.spans[0].until_ms, T + 1000 + SOON);
    assert_int_equal(p.spans[1].set, 1);
    assert_int_equal(p.spans[1].from_ms, T + 1000 - SOON);
    assert_int_equal(p.spans[1].until_ms, T + 6000 + 2 * SOON); /* it was stopped then */
    assert_int_equal(p.spans[2].clock, ANSWER_CREATED);
    assert_true(past_stance_init(&p, &s));
    past_stance_at(&p, &s, reloaded, T + 1001);
    assert_true(s.set_may[0] && s.set_may[1]);
    past_stance_at(&p, &s, reloaded, T + 5000 + SOON);
    assert_true(!s.set_may[0] && s.set_may[1]);
    past_stance_fini(&s);
    past_fini(&p);
}

static void
what_is_retired_may_have_been_anything(void **state)
{
    struct past_stance s;
    struct past p = {.nsets = 0};

    (void)state;
    header(&p, 5, T, ONE, "now", TWO);
    record(&p, T + 1, TWO); /* which names what had tripped before */
    assert_int_equal(p.nrules, 2);
    assert_string_equal(p.rules[0], "z");
    assert_string_equal(p.rules[1], "*");
    uint32_t before = past_epoch(&p);
    breaker(&p, WEIR_JOURNAL_RESET, T + 10, "a", WEIR_TRIP_NONE);
    assert_true(p.cut);
    assert_true(past_stance_init(&p, &s));
    past_stance_at(&p, &s, before, T + 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(s.may[i], NONE | ALERT | OBSERVE);
    assert_true(s.set_may[0] && s.set_may[1]);
    past_stance_at(&p, &s, before, T + SOON);
    assert_true(s.set_may[0] && !s.set_may[1]);
    assert_int_equal(s.may[2], NONE | ALERT | OBSERVE);
    past_stance_at(&p, &s, past_epoch(&p), T + 10 + SOON);
    assert_int_equal(s.may[0], NONE | ALERT | OBSERVE);
    assert_int_equal(s.may[2], NONE);
    past_stance_fini(&s);
    past_fini(&p);
}

/* What stances are made of is kept for every so many marks, and gone on with from one record to the
   next: they are what all marks, one after the other, say. */
static void
marks_need_not_be_gone_through(void **state)
{
    enum { RULES = 3, MARKS = 3000 };
    static const char *const names[RULES] = {"a", "b", NULL};
    struct past_stance s, fresh;
    struct past p = {.nsets = 0};
    int64_t at_ms = T;

    (void)state;
    header(&p, 1, T, ONE, "now", draw(2) ? NOTHING : ONE); /* from its beginning, or not */
    for (int i = 0; i < MARKS; i++) {
        unsigned what = draw(40);

        at_ms += (int64_t)draw(what == 0 ? (size_t)3 * SOON : 2000);
        if (what == 1 || (i == 0 && !p.cut)) {
            header(&p, p.segment + 1, at_ms, draw(2) ? ONE : TWO, "now", ONE);
            start(&p, at_ms, WEIR_JOURNAL_WHY_STOPPED);
        } else if (what < 5) {
            reload(&p, at_ms, draw(2) ? ONE : TWO);
        } else {
            breaker(&p, draw(2) ? WEIR_JOURNAL_TRIP : WEIR_JOURNAL_RESET, at_ms, names[draw(RULES)],
                    (weir_trip)draw(3));
        }
    }
    past_finish(&p);
    assert_true(!p.nomem && p.nrests > 5);
    struct past bare = p; /* with marks alone */
    bare.nrests = 0;
    assert_true(past_stance_init(&p, &s));
    for (int i = 0; i < 2000; i++) {
        uint32_t epoch = i % 2 ? s.epoch + (uint32_t)draw(3) : (uint32_t)draw(p.nmarks + 1);
        epoch = epoch <= p.nmarks ? epoch : (uint32_t)p.nmarks;
        int64_t of_ms = T + (int64_t)draw((size_t)(at_ms - T));
        past_stance_at(&p, &s, epoch, of_ms);
        assert_true(past_stance_init(&bare, &fresh));
        past_stance_at(&bare, &fresh, epoch, of_ms);
        assert_memory_equal(s.now, fresh.now, p.nrules);
        assert_memory_equal(s.may, fresh.may, p.nrules);
        assert_memory_equal(s.set_may, fresh.set_may, p.nsets * sizeof *s.set_may);
        past_stance_fini(&fresh);
    }
    past_stance_fini(&s);
    past_fini(&p);
}

static void
no_record_is_of_another_time(void **state)
{
    struct past p = {.nsets = 0};

    (void)state;
    header(&p, 1, T, ONE, "now", NOTHING);
    start(&p, T, WEIR_JOURNAL_WHY_NEW);
    uint32_t first = past_epoch(&p);
    reload(&p, T + 1000, TWO);
    uint32_t last = past_epoch(&p);
    const struct {
        uint32_t epoch;
        int64_t at_ms;
        bool may;
    } rows[] = {
        {first, T - SOON - 1, false},         {first, T - SOON, true},
        {first, T + 1000 + SOON, true},       {first, T + 1000 + SOON + 1, false},
        {last, T - SOON - 1, false},          {last, T, true}, /* a page that nobody read */
        {last, T + 99 * (int64_t)SOON, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (past_may_be_at(&p, rows[i].epoch, rows[i].at_ms) != rows[i].may)
            fail_msg("row %zu", i);
    past_fini(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trips_are_open_for_a_while),
        cmocka_unit_test(a_start_forgets_what_had_tripped),
        cmocka_unit_test(other_clocks_know_the_time_by_what_stands_before),
        cmocka_unit_test(reloads_make_spans),
        cmocka_unit_test(what_is_retired_may_have_been_anything),
        cmocka_unit_test(marks_need_not_be_gone_through),
        cmocka_unit_test(no_record_is_of_another_time),
    };

    draw_from_seed();
    return cmocka_run_group_tests_name("replay/past", tests, NULL, NULL);
}
