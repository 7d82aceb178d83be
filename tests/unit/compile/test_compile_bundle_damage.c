/*
 * compile/: damaged copies of a compiled rule set, more than ten thousand of them, are refused with
 * a message, each one; none is decided by.
 *
 * What is damaged by chance is drawn from WEIR_SEED, which a failure prints.
 */
#include "unit/compile/compiled.h"

struct damaging {
    weir_buf whole, copy;
    const char *path;
    int fd; /* of the path: writing in place costs the disk nothing */
    uint64_t seed, state;
    size_t ncopies;
    const char *says; /* what each refusal must say, too */
};

static uint64_t
draw(struct damaging *g, uint64_t below)
{
    g->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t x = (g->state ^ g->state >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (x ^ x >> 31) % below;
}

static const struct weir__bundle_header *
header(const struct damaging *g)
{
    return (const struct weir__bundle_header *)(const void *)g->whole.p;
}

/* A sound copy, to be damaged. */
static char *
copy(struct damaging *g)
{
    g->copy.len = 0;
    weir_buf_put(&g->copy, span_of_buf(&g->whole));
    assert_false(g->copy.failed);
    return g->copy.p;
}

static void
put_in_place(struct damaging *g, const weir_buf *bytes)
{
    assert_int_equal(pwrite(g->fd, bytes->p, bytes->len, 0), bytes->len);
    assert_int_equal(ftruncate(g->fd, (off_t)bytes->len), 0);
}

/* Puts the copy where the last one was, and tries to load it. */
static void
must_be_refused(struct damaging *g, const char *what, size_t at)
{
    const weir_load_options o = load_options();
    weir_ruleset *rs = NULL;
    weir_buf told = {0};

    if (span_eq(span_of_buf(&g->copy), span_of_buf(&g->whole)))
        return;
    g->ncopies++;
    put_in_place(g, &g->copy);
    weir_diags *d = weir_diags_new();
    weir_status st = weir_ruleset_load(&g->path, 1, &o, d, &rs);
    format_diags(d, &told);
    if (st != WEIR_E_RULES || rs || weir_diags_errors(d) != 1 ||
        !strstr(told.p, "`tagweir compile`") || !strstr(told.p, g->says))
        fail_msg("WEIR_SEED=%llu: %s, byte %zu of %zu: status %d, %s", (unsigned long long)g->seed,
                 what, at, g->whole.len, (int)st, told.p);
    weir_buf_fini(&told);
    weir_diags_free(d);
}

/* Where parts begin, in order, with the file's end behind the last. */
#define NBOUNDS (WEIR__NPARTS + 2)
static void
find_bounds(const struct damaging *g, size_t bounds[NBOUNDS])
{
    bounds[0] = 0;
    for (int i = 0; i < WEIR__NPARTS; i++)
        bounds[i + 1] = header(g)->sections[i].at;
    bounds[NBOUNDS - 1] = g->whole.len;
}

static void
flip(struct damaging *g, size_t at, unsigned bits, const char *what)
{
    copy(g)[at] ^= (char)bits;
    must_be_refused(g, what, at);
}

static void
every_bit_of_the_header_counts(void **state)
{
    struct damaging *g = *state;
    size_t used = offsetof(struct weir__bundle_header, unused);

    g->says = "damaged"; /* whatever the header would seem to say */
    for (size_t bit = 0; bit < used * 8; bit++)
        flip(g, bit / 8, 1u << bit % 8, "a bit of the header");
    for (size_t at = used; at < sizeof *header(g); at += 13)
        flip(g, at, 0xff, "a byte of the header that is not used");
    for (size_t at = sizeof *header(g) - WEIR__SUM_SIZE; at < sizeof *header(g); at++)
        flip(g, at, 0x10, "the header's checksum");
    g->says = "";
}

static void
every_part_is_guarded(void **state)
{
    struct damaging *g = *state;
    size_t bounds[NBOUNDS];

    find_bounds(g, bounds);
    for (int part = 1; part + 1 < NBOUNDS; part++) {
        size_t from = bounds[part], size = bounds[part + 1] - from;
        flip(g, from, 1, "the first bit of a part");
        flip(g, from + size - 1, 0x80, "the last bit of a part");
        for (unsigned i = 0; i < 3000; i += step_by(10))
            flip(g, from + draw(g, size), 1u << draw(g, 8), "a bit of a part");
        for (int i = 0; i < 200; i++) {
            size_t at = from + draw(g, size), n = 1 + draw(g, 5000);
            char *p = copy(g);
            memset(p + at, (int)draw(g, 3) * 0x7f, n < g->whole.len - at ? n : g->whole.len - at);
            must_be_refused(g, "a run of bytes that are all the same", at);
        }
    }
}

static void
cut_to(struct damaging *g, size_t len)
{
    (void)copy(g);
    g->copy.len = len;
    must_be_refused(g, "cut", len);
}

static void
no_part_of_the_file_is_enough(void **state)
{
    struct damaging *g = *state;
    size_t bounds[NBOUNDS];

    find_bounds(g, bounds);
    for (int i = 0; i < NBOUNDS; i++)
        for (size_t by = 0; by < 20; by++) {
            if (bounds[i] >= by)
                cut_to(g, bounds[i] - by);
            if (bounds[i] + by < g->whole.len)
                cut_to(g, bounds[i] + by);
        }
    for (size_t len = 0; len < 400; len++)
        cut_to(g, len);
    for (size_t len = 0; len < g->whole.len; len += WEIR__BUNDLE_PAGE)
        cut_to(g, len);
    for (int i = 0; i < 1000; i++)
        cut_to(g, draw(g, g->whole.len));
}

static void
nothing_may_stand_behind_it(void **state)
{
    struct damaging *g = *state;

    for (size_t n = 1; n < 300; n++) {
        (void)copy(g);
        for (size_t i = 0; i < n; i++)
            weir_buf_putc(&g->copy, (char)draw(g, n % 2 ? 1 : 256));
        must_be_refused(g, "bytes behind the end", n);
    }
    (void)copy(g);
    weir_buf_put(&g->copy, span_of_buf(&g->whole));
    must_be_refused(g, "the file twice", 0);
}

/* Writes the parts (0: the header) of the sound file in this order. */
static void
put_parts(struct damaging *g, const int order[WEIR__NPARTS + 1])
{
    size_t bounds[NBOUNDS];

    find_bounds(g, bounds);
    g->copy.len = 0;
    for (int i = 0; i <= WEIR__NPARTS; i++)
        weir_buf_put(&g->copy, (weir_span){g->whole.p + bounds[order[i]],
                                           bounds[order[i] + 1] - bounds[order[i]]});
}

static void
what_changes_places_is_found(void **state)
{
    static const int orders[][WEIR__NPARTS + 1] = {
        {0, 2, 1, 3, 4}, {0, 1, 3, 2, 4}, {0, 3, 2, 1, 4}, {0, 1, 2, 4, 3},
        {1, 0, 2, 3, 4}, {0, 1, 1, 3, 4}, {0, 2, 2, 3, 4}, {0, 1, 2, 2, 4}};
    struct damaging *g = *state;
    size_t npages = g->whole.len / WEIR__BUNDLE_PAGE;

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        put_parts(g, orders[i]);
        must_be_refused(g, "parts in another order", i);
    }
    for (int i = 0; i < 300; i++) {
        size_t to = draw(g, npages), from = draw(g, npages);
        char *p = copy(g);
        memcpy(p + to * WEIR__BUNDLE_PAGE, g->whole.p + from * WEIR__BUNDLE_PAGE,
               WEIR__BUNDLE_PAGE);
        must_be_refused(g, "a page that stands where another was", to);
    }
    for (int i = 0; i < 500; i++) {
        size_t a = draw(g, g->whole.len), b = draw(g, g->whole.len);
        char *p = copy(g);
        p[a] = g->whole.p[b];
        p[b] = g->whole.p[a];
        must_be_refused(g, "two bytes that changed places", a);
    }
}

/* The header of one set before the parts of another. */
static void
two_files_do_not_make_one(void **state)
{
    struct damaging *g = *state;
    weir_buf other = {0};

    write_text("rules/30-more.yaml", "tagweir: 1\nrules: [{id: z, regions: [FR], action: withhold, "
                                     "match: {hashtags: [z]}}]\n");
    compile_to("other.tws", &other);
    assert_int_equal(unlink(in_folder("rules/30-more.yaml")), 0);
    for (size_t at = 8; at < other.len && at < g->whole.len; at += 509) {
        g->copy.len = 0;
        weir_buf_put(&g->copy, (weir_span){g->whole.p, at});
        weir_buf_put(&g->copy, (weir_span){other.p + at, other.len - at});
        if (!span_eq(span_of_buf(&g->copy), span_of_buf(&other)))
            must_be_refused(g, "the beginning of one and the end of another", at);
    }
    weir_buf_fini(&other);
}

static void
there_were_more_than_ten_thousand(void **state)
{
    struct damaging *g = *state;

    assert_true(g->ncopies > 10000 / step_by(10));
    assert_nothing_mapped();
    put_in_place(g, &g->whole);
    weir_ruleset_unref(load_one(g->path));
}

static int
begin(void **state)
{
    static struct damaging g;
    const char *seed = getenv("WEIR_SEED");

    if (make_folder(state) != 0)
        return -1;
    g.seed = seed ? (uint64_t)strtoull(seed, NULL, 10) : (uint64_t)getpid();
    g.state = g.seed;
    g.says = "";
    compile_to("set.tws", &g.whole);
    g.path = strdup(in_folder("set.tws"));
    g.fd = g.path ? open(g.path, O_RDWR | O_CLOEXEC) : -1;
    *state = &g;
    return g.fd < 0 ? -1 : 0;
}

static int
end(void **state)
{
    struct damaging *g = *state;

    weir_buf_fini(&g->whole);
    weir_buf_fini(&g->copy);
    (void)close(g->fd);
    free((void *)(uintptr_t)g->path);
    return remove_folder(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_of_the_header_counts),
        cmocka_unit_test(every_part_is_guarded),
        cmocka_unit_test(no_part_of_the_file_is_enough),
        cmocka_unit_test(nothing_may_stand_behind_it),
        cmocka_unit_test(what_changes_places_is_found),
        cmocka_unit_test(two_files_do_not_make_one),
        cmocka_unit_test(there_were_more_than_ten_thousand),
    };

    return cmocka_run_group_tests_name("compile: damaged files", tests, begin, end);
}
