/*
 * compile/: rule sets in files: what is loaded from one is what was saved, whatever it is loaded
 * among, and files of no use here are refused or compiled again.
 */
#include "unit/compile/compiled.h"

#include "compile/layout.h"

/* Layouts ------------------------------------------------------------------------------------- */

/* The largest alignment that a field of this size can need. */
static size_t
most_aligned(const struct weir__field *f)
{
    if (f->how != WEIR__PLAIN || f->size % 8 == 0)
        return 8;
    return f->size % 4 == 0 ? 4 : f->size % 2 == 0 ? 2 : 1;
}

/* Between two fields there is no more than alignment asks for: no field was forgotten there. */
static void
assert_all_fields_stand_in(const struct weir__layout *l)
{
    size_t end = 0;

    for (size_t i = 0; i < l->nfields; i++) {
        const struct weir__field *f = &l->fields[i];
        if (f->at < end || f->at - end >= most_aligned(f))
            fail_msg("%s: a field before `%s` has no line in layout.c", l->name, f->name);
        end = f->at + f->n * f->size;
        if (f->of)
            assert_all_fields_stand_in(f->of);
    }
    if (l->fields && (end > l->size || l->size - end >= 8))
        fail_msg("%s: a field at its end has no line in layout.c", l->name);
}

static void
every_field_has_its_line(void **state)
{
    (void)state;
    assert_all_fields_stand_in(&weir__layout_ruleset);
}

/* Saving and loading -------------------------------------------------------------------------- */

static void
what_is_loaded_is_what_was_saved(void **state)
{
    weir_buf bytes = {0};

    (void)state;
    compile_to("set.tws", &bytes);
    weir_ruleset *from = load_one(in_folder("rules")), *rs = load_one(in_folder("set.tws"));
    assert_non_null(rs->mapped);
    assert_decide_alike(from, rs);
    assert_int_equal(weir_ruleset_nfiles(rs), 2);
    for (uint32_t i = 0; i < rs->nrules; i++) {
        weir_rule_info info;
        weir_ruleset_rule(rs, i, &info);
        assert_string_equal(info.file, "20-rules.yaml");
    }
    weir_order_info order;
    weir_ruleset_order(rs, 0, &order);
    assert_string_equal(order.notice, "Withheld in response to a legal demand.");
    assert_true(order.confidential && order.lapses);
    assert_null(rs->orders[1].reference.p);
    for (uint32_t i = 0; i < rs->npatterns; i++)
        assert_int_equal(rs->patterns[i].re != NULL, from->patterns[i].re != NULL);
    weir_ruleset_unref(from);
    weir_ruleset_unref(rs);
    weir_buf_fini(&bytes);
}

static void
what_is_switched_off_stays_off(void **state)
{
    const char *path = in_folder("set.tws");
    weir_buf bytes = {0};

    (void)state;
    compile_to("set.tws", &bytes);
    weir_ruleset *rs = load_one(path);
    for (uint32_t off = 0; off < 2; off++) {
        weir_load_options o = {.match_off = off ? WEIR_MATCH_WORDS : WEIR_MATCH_JIT};
        weir_diags *d = weir_diags_new();
        weir_ruleset *without = NULL;

        assert_int_equal(weir_ruleset_load(&path, 1, &o, d, &without), WEIR_OK);
        assert_decide_alike(rs, without);
        for (uint32_t i = 0; i < without->npatterns; i++) {
            const struct weir__pattern *p = &without->patterns[i];
            if (off)
                assert_int_not_equal(p->class, WEIR__CLASS_WORDS);
            else
                assert_false(p->re && weir__regex_is_jitted(p->re));
        }
        weir_ruleset_unref(without);
        weir_diags_free(d);
    }
    weir_ruleset_unref(rs);
    weir_buf_fini(&bytes);
}

static void
the_same_rules_are_the_same_bytes(void **state)
{
    weir_buf first = {0}, again = {0};
    char here[PATH_MAX];
    const char *files[2];
    weir_diags *d = weir_diags_new();

    (void)state;
    compile_to("set.tws", &first);
    assert_non_null(getcwd(here, sizeof here));
    for (int way = 0; way < 5; way++) {
        size_t n = 1;
        files[0] = way == 0   ? in_folder("set.tws")
                   : way == 1 ? "rules"
                   : way == 2 ? "."
                              : "../rules/";
        if (way == 4) {
            files[0] = "10-orders.yaml";
            files[1] = in_folder("rules/20-rules.yaml");
            n = 2;
        }
        assert_int_equal(chdir(way < 2 ? folder : in_folder("rules")), 0);
        weir_ruleset *rs = load_several(files, n, NULL);
        assert_int_equal(weir_ruleset_save(rs, in_folder("again.tws"), d), WEIR_OK);
        weir_ruleset_unref(rs);
        read_bytes(in_folder("again.tws"), &again);
        assert_int_equal(again.len, first.len);
        assert_memory_equal(again.p, first.p, first.len);
        assert_int_equal(chdir(here), 0);
    }
    weir_diags_free(d);
    weir_buf_fini(&first);
    weir_buf_fini(&again);
}

static void
an_empty_rule_set_can_be_saved(void **state)
{
    weir_diags *d = weir_diags_new();

    (void)state;
    write_text("empty.yaml", "tagweir: 1\nrules: []\n");
    weir_ruleset *rs = load_one(in_folder("empty.yaml"));
    assert_int_equal(weir_ruleset_save(rs, in_folder("empty.tws"), d), WEIR_OK);
    weir_ruleset *loaded = load_one(in_folder("empty.tws"));
    assert_int_equal(weir_ruleset_nrules(loaded), 0);
    assert_string_equal(weir_ruleset_digest(rs), weir_ruleset_digest(loaded));
    weir_ruleset_unref(rs);
    weir_ruleset_unref(loaded);
    weir_diags_free(d);
}

/* Where files may be written ------------------------------------------------------------------ */

static weir_status
save(const weir_ruleset *rs, const char *path, weir_buf *told)
{
    weir_diags *d = weir_diags_new();
    weir_status st = weir_ruleset_save(rs, path, d);

    format_diags(d, told);
    weir_diags_free(d);
    return st;
}

static void
only_files_are_replaced(void **state)
{
    static const struct {
        const char *path, *says;
    } wrong[] = {{"rules", "is a folder"},
                 {"/dev/null", "is no ordinary file"},
                 {"nowhere/set.tws", "cannot be written: No such file"},
                 {"rules/10-orders.yaml/set.tws", "cannot be written: Not a directory"}};
    weir_ruleset *rs = load_one(in_folder("rules"));
    weir_buf told = {0};
    struct stat st;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *path = wrong[i].path[0] == '/' ? wrong[i].path : in_folder(wrong[i].path);
        assert_int_equal(save(rs, path, &told), WEIR_E_IO);
        if (!strstr(told.p, wrong[i].says))
            fail_msg("%s: %s", wrong[i].path, told.p);
    }
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(symlink("target.tws", in_folder("link.tws")), 0);
    write_text("target.tws", "old");
    write_text("target.tws.new0", "left behind by a crash");
    mode_t before = umask(027);
    assert_int_equal(save(rs, in_folder("link.tws"), &told), WEIR_OK);
    (void)umask(before);
    assert_int_equal(lstat(in_folder("link.tws"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(in_folder("target.tws"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    weir_ruleset_unref(load_one(in_folder("target.tws")));
    assert_int_equal(access(in_folder("target.tws.new1"), F_OK), -1);
    assert_int_equal(unlink(in_folder("link.tws")) + unlink(in_folder("target.tws.new0")), 0);
    weir_ruleset_unref(rs);
    weir_buf_fini(&told);
}

static void
without_its_sources_no_set_is_saved(void **state)
{
    const char *path = in_folder("rules");
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;

    (void)state;
    assert_int_equal(weir_ruleset_load(&path, 1, NULL, d, &rs), WEIR_OK);
    assert_int_equal(weir_ruleset_save(rs, in_folder("none.tws"), d), WEIR_E_ARG);
    assert_int_equal(access(in_folder("none.tws"), F_OK), -1);
    weir_ruleset_unref(rs);
    weir_diags_free(d);
}

/* Compiled again ------------------------------------------------------------------------------ */

static struct weir__bundle_header *
header_of(weir_buf *bytes)
{
    return (struct weir__bundle_header *)(void *)bytes->p;
}

/* After a change of the header or of a part: as if it had been written so. */
static void
sum_up(weir_buf *bytes)
{
    struct weir__bundle_header *h = header_of(bytes);

    for (int i = 0; i < WEIR__NPARTS; i++)
        weir__sum(bytes->p + h->sections[i].at, h->sections[i].size, h->sections[i].sum);
    weir__sum(h, offsetof(struct weir__bundle_header, sum), h->sum);
}

static void
under_another_icu_the_sources_are_compiled(void **state)
{
    const char *path = in_folder("other.tws");
    weir_ruleset *from = load_one(in_folder("rules"));
    weir_buf bytes = {0}, whole = {0}, told = {0};
    weir_diags *d = weir_diags_new();

    (void)state;
    compile_to("set.tws", &whole);
    /* the files themselves are out of reach */
    assert_int_equal(rename(in_folder("rules"), in_folder("moved")), 0);
    for (int what = 0; what < 3; what++) {
        bytes.len = 0;
        weir_buf_put(&bytes, span_of_buf(&whole));
        struct weir__bundle_header *h = header_of(&bytes);
        if (what == 0)
            (void)snprintf(h->kind.unicode, sizeof h->kind.unicode, "1.5");
        else if (what == 1)
            (void)snprintf(h->kind.icu, sizeof h->kind.icu, "9.8.7");
        else
            h->kind.regions[3] ^= 1;
        sum_up(&bytes);
        write_bytes(path, bytes.p, bytes.len);
        weir_ruleset *rs = load_several(&path, 1, &told);
        assert_null(rs->mapped);
        assert_decide_alike(from, rs);
        assert_non_null(strstr(told.p, "other.tws: warning: compiled with Unicode"));
        assert_true(what != 0 || strstr(told.p, "Unicode 1.5 "));
        assert_true(what != 1 || strstr(told.p, "(ICU 9.8.7)"));
        assert_string_equal(rs->files[1], "20-rules.yaml");
        /* saved again it is as if it had been compiled here */
        assert_int_equal(weir_ruleset_save(rs, path, d), WEIR_OK);
        read_bytes(path, &bytes);
        assert_int_equal(bytes.len, whole.len);
        assert_memory_equal(bytes.p, whole.p, whole.len);
        weir_ruleset_unref(rs);
    }
    assert_int_equal(rename(in_folder("moved"), in_folder("rules")), 0);
    weir_ruleset_unref(from);
    weir_diags_free(d);
    weir_buf_fini(&bytes);
    weir_buf_fini(&whole);
    weir_buf_fini(&told);
}

/* Rules in two places, with lists of the same name and of a name from the root on. */
static void
make_two_places(void)
{
    char rules[PATH_MAX + 512];

    (void)mkdir(in_folder("two"), 0777);
    (void)mkdir(in_folder("two/x"), 0777);
    (void)mkdir(in_folder("two/y"), 0777);
    write_text("two/x/list.txt", "@in_x\n");
    write_text("two/y/list.txt", "@in_y\n@in_y_too\n");
    write_text("two/far.txt", "# a list that is long enough to be looked for when it comes again\n"
                              "far_tag\n");
    for (int i = 0; i < 2; i++) {
        (void)snprintf(
            rules, sizeof rules,
            "tagweir: 1\nlists: {l-%c: {accounts: list.txt}, f-%c: {hashtags: %s},"
            " u-%c: {hashtags: ../far.txt}}\n"
            "rules: [{id: r-%c, regions: [IN], action: withhold, match: {accounts: [{list: "
            "l-%c}], hashtags: [{list: f-%c}, {list: u-%c}, farmers]}}]\n",
            'x' + i, 'x' + i, in_folder("two/far.txt"), 'x' + i, 'x' + i, 'x' + i, 'x' + i,
            'x' + i);
        write_text(i ? "two/y/rules.yaml" : "two/x/rules.yaml", rules);
    }
}

static void
save_as(const char *const *paths, size_t n, const char *name)
{
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = load_several(paths, n, NULL);

    assert_int_equal(weir_ruleset_save(rs, in_folder(name), d), WEIR_OK);
    weir_ruleset_unref(rs);
    weir_diags_free(d);
}

static void
compiled_sets_among_others(void **state)
{
    weir_buf told = {0};

    (void)state;
    make_two_places();
    const char *x = in_folder("two/x"), *y = in_folder("two/y");
    const char *x_tws = in_folder("two/x.tws"), *y_tws = in_folder("two/y.tws");
    const char *const folders[] = {x, y}, *const sets[] = {x_tws, y_tws},
                      *const mixed[] = {x_tws, y};
    save_as(&x, 1, "two/x.tws");
    save_as(&y, 1, "two/y.tws");
    save_as(folders, 2, "two/all.tws");
    weir_ruleset *plain = load_several(folders, 2, NULL), *all = load_one(in_folder("two/all.tws"));
    assert_decide_alike(plain, all);
    assert_string_equal(all->files[0], "x/rules.yaml");
    assert_string_equal(all->files[1], "y/rules.yaml");
    save_as(sets, 2, "two/again.tws");
    assert_int_equal(rename(in_folder("two/x"), in_folder("two/moved")), 0);
    weir_ruleset *both = load_several(sets, 2, &told), *one = load_several(mixed, 2, NULL);
    assert_decide_alike(plain, both);
    assert_decide_alike(plain, one);
    assert_non_null(strstr(told.p, "x.tws: warning: a compiled rule set loads at once only where"));
    assert_non_null(strstr(told.p, "y.tws: warning: "));
    assert_string_equal(both->files[0], in_folder("two/x.tws/rules.yaml"));
    weir_ruleset *again = load_one(in_folder("two/again.tws"));
    assert_decide_alike(plain, again);
    assert_string_equal(again->files[0], "x.tws/rules.yaml");
    weir_ruleset *const done[] = {plain, all, both, one, again};
    for (size_t i = 0; i < sizeof done / sizeof *done; i++)
        weir_ruleset_unref(done[i]);
    weir_buf_fini(&told);
}

static void
a_list_in_several_rule_files_is_kept_once(void **state)
{
    weir_buf bytes = {0};
    size_t found = 0;

    (void)state;
    make_two_places();
    const char *const folders[] = {in_folder("two/x"), in_folder("two/y")};
    save_as(folders, 2, "all.tws");
    read_bytes(in_folder("all.tws"), &bytes);
    for (size_t i = 0; i + 8 <= bytes.len; i++)
        found += memcmp(bytes.p + i, "far_tag\n", 8) == 0;
    assert_int_equal(found, 1);
    weir_buf_fini(&bytes);
}

/* Refused ------------------------------------------------------------------------------------- */

/* Tries to load, and gives what was said. */
static weir_status
try_load(const char *path, weir_buf *told)
{
    const weir_load_options o = load_options();
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_status st = weir_ruleset_load(&path, 1, &o, d, &rs);

    assert_int_equal(rs != NULL, st == WEIR_OK);
    assert_int_equal(weir_diags_errors(d) > 0, st != WEIR_OK);
    weir_ruleset_unref(rs);
    format_diags(d, told);
    weir_diags_free(d);
    return st;
}

static void
change_format(weir_buf *b)
{
    header_of(b)->format = 9;
    (void)snprintf(header_of(b)->version, sizeof header_of(b)->version, "7.1.0");
}

static void
change_order(weir_buf *b)
{
    header_of(b)->order = 0x04030201;
}

/* As a machine would write it whose numbers are the other way round, in the same format. */
static void
turn_numbers_round(weir_buf *b)
{
    change_order(b);
    header_of(b)->format = __builtin_bswap32(header_of(b)->format);
}

static void
change_bit_of_format(weir_buf *b)
{
    header_of(b)->format ^= 1u << 8;
}

static void
change_version(weir_buf *b)
{
    header_of(b)->version[0] ^= 8;
}

static void
change_pointer_size(weir_buf *b)
{
    header_of(b)->pointer_size = 4;
}

static void
change_layout(weir_buf *b)
{
    header_of(b)->kind.layout[0] ^= 1;
}

static void
change_language(weir_buf *b)
{
    header_of(b)->kind.language++;
}

static void
change_size(weir_buf *b)
{
    header_of(b)->size++;
}

static void
change_section(weir_buf *b)
{
    header_of(b)->sections[WEIR__PART_COLD].size -= WEIR__BUNDLE_PAGE;
    header_of(b)->sections[WEIR__PART_POINTERS].at -= WEIR__BUNDLE_PAGE;
}

static void
change_place_of_pointer(weir_buf *b)
{
    const struct weir__bundle_section *s = header_of(b)->sections;
    uint32_t last = (uint32_t)(s[WEIR__PART_OBJECTS].size / sizeof(void *));

    memcpy(b->p + b->len - sizeof last, &last, sizeof last);
}

static void
change_pointer(weir_buf *b)
{
    const struct weir__bundle_section *s = header_of(b)->sections;
    uint64_t beyond = s[WEIR__PART_POINTERS].at - s[WEIR__PART_OBJECTS].at;
    uint32_t first;

    memcpy(&first, b->p + s[WEIR__PART_POINTERS].at, sizeof first);
    memcpy(b->p + s[WEIR__PART_OBJECTS].at + first * sizeof(void *), &beyond, sizeof beyond);
}

static void
change_regex(weir_buf *b)
{
    static const char text[] = "^kisan_?ekta\\d{0,4}$"; /* with a NUL only as a string of its own */
    bool found = false;

    for (size_t i = 0; i + sizeof text <= b->len; i++)
        if (memcmp(b->p + i, text, sizeof text) == 0) {
            b->p[i] = '(';
            found = true;
        }
    assert_true(found);
}

static void
cut_after_magic(weir_buf *b)
{
    b->len = 12;
}

static void
cut_header(weir_buf *b)
{
    b->len = 100;
}

static void
empty(weir_buf *b)
{
    b->len = 0;
}

static void
make_foreign(weir_buf *b)
{
    b->len = 0;
    weir_buf_puts(b, "tagweir: 1\nrules: []\n");
}

#define HEADER_IS_DAMAGED "header of this compiled rule set is damaged: copy it"

static const struct {
    const char *promise;
    void (*change)(weir_buf *bytes);
    bool sum_up;
    const char *says;
} changes[] = {
    {"another format names who wrote it", change_format, true,
     "made by Tagweir 7.1.0 in format 9, and only format 5 is read here: make it again"},
    {"also where the rest of the header has another place", change_format, false,
     "in format 9 (unless its header is damaged), and only format 5 is read here: make it again"},
    {"another order of bytes", change_order, true, "numbers have another order of bytes"},
    {"the same of a file that was made so", turn_numbers_round, true,
     "numbers have another order of bytes"},
    {"another size of addresses", change_pointer_size, true, "addresses have another size"},
    {"a format that was damaged", change_bit_of_format, false, HEADER_IS_DAMAGED},
    {"a version that was damaged", change_version, false, HEADER_IS_DAMAGED},
    {"an order of bytes that was damaged", change_order, false, HEADER_IS_DAMAGED},
    {"a damaged file of numbers in another order", turn_numbers_round, false, HEADER_IS_DAMAGED},
    {"a size of addresses that was damaged", change_pointer_size, false, HEADER_IS_DAMAGED},
    {"other structs", change_layout, true, "another build of Tagweir"},
    {"another language", change_language, true, "another build of Tagweir"},
    {"a header that was damaged", change_layout, false, HEADER_IS_DAMAGED},
    {"a file that is not as long as it says", change_size, true, "bytes, and should have"},
    {"sections that do not follow one another", change_section, true, "header"},
    {"a part that was damaged", change_regex, false, "is damaged between byte "},
    {"a pointer that stands nowhere", change_place_of_pointer, true, "pointers of this"},
    {"a pointer to nowhere", change_pointer, true, "pointers of this"},
    {"a regex that PCRE2 refuses", change_regex, true, "PCRE2 refuses the regex /(kisan"},
    {"a file cut behind its first bytes", cut_after_magic, false, "ends after 12 bytes: copy it"},
    {"a file cut in its header", cut_header, false, "ends after 100 bytes: copy it"},
    {"an empty file", empty, false, "this file is empty"},
    {"rules under the name of a compiled set", make_foreign, false, "is no compiled rule set"},
};

static void
files_of_no_use_are_refused(void **state)
{
    weir_buf whole = {0}, bytes = {0}, told = {0};

    (void)state;
    compile_to("set.tws", &whole);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bytes.len = 0;
        weir_buf_put(&bytes, span_of_buf(&whole));
        changes[i].change(&bytes);
        if (changes[i].sum_up)
            sum_up(&bytes);
        write_bytes(in_folder("bad.tws"), bytes.p, bytes.len);
        weir_status st = try_load(in_folder("bad.tws"), &told);
        if (st != WEIR_E_RULES || !strstr(told.p, changes[i].says))
            fail_msg("%s: %s", changes[i].promise, told.p);
    }
    assert_int_equal(try_load(in_folder("missing.tws"), &told), WEIR_E_IO);
    weir_buf_fini(&whole);
    weir_buf_fini(&bytes);
    weir_buf_fini(&told);
}

/* A set is known by its first bytes, whatever it is called; a folder is none whatever its name. */
static void
names_do_not_matter(void **state)
{
    weir_buf bytes = {0};

    (void)state;
    compile_to("set.rules", &bytes);
    weir_ruleset *rs = load_one(in_folder("set.rules"));
    assert_non_null(rs->mapped);
    assert_int_equal(rename(in_folder("rules"), in_folder("folder.tws")), 0);
    weir_ruleset *from = load_one(in_folder("folder.tws"));
    assert_null(from->mapped);
    assert_int_equal(rename(in_folder("folder.tws"), in_folder("rules")), 0);
    assert_decide_alike(from, rs);
    weir_ruleset_unref(rs);
    weir_ruleset_unref(from);
    weir_buf_fini(&bytes);
}

static void
a_set_given_twice_is_refused(void **state)
{
    const char *const twice[] = {in_folder("set.tws"), in_folder("rules/../set.tws")};
    weir_buf bytes = {0}, told = {0};
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;

    (void)state;
    compile_to("set.tws", &bytes);
    assert_int_equal(weir_ruleset_load(twice, 2, NULL, d, &rs), WEIR_E_RULES);
    format_diags(d, &told);
    assert_non_null(strstr(told.p, "given twice: it is the same file as"));
    assert_nothing_mapped();
    weir_diags_free(d);
    weir_buf_fini(&bytes);
    weir_buf_fini(&told);
}

/* Names that a set shares with what is given beside it are one mistake, in whatever order. */
static void
a_set_beside_its_rules_is_refused_once(void **state)
{
    static const struct {
        const char *paths[3];
        size_t nerrors;
        const char *says[2];
    } given[] = {
        {{"set.tws", "rules"},
         1,
         {"rules/10-orders.yaml:3:3: error: group `fr_all` stands here and in"}},
        {{"rules", "set.tws"},
         1,
         {"/set.tws (10-orders.yaml:3), as do 12 other names: a set holds"}},
        {{"set.tws", "again.tws"},
         1,
         {"again.tws/10-orders.yaml:3:3: error: group `fr_all` stands"}},
        {{"set.tws", "again.tws", "rules"},
         2,
         {"again.tws/10-orders.yaml", "rules/10-orders.yaml"}},
        {{"set.tws", "one.yaml"}, 1, {"/set.tws (20-rules.yaml:7): a set holds"}},
        {{"one.yaml", "two.yaml"}, 1, {"rule `a` stands here a second time; the first is at "}},
    };
    weir_buf bytes = {0}, told = {0};

    (void)state;
    compile_to("set.tws", &bytes);
    compile_to("again.tws", &bytes);
    for (int i = 0; i < 2; i++)
        write_text(i ? "two.yaml" : "one.yaml",
                   "tagweir: 1\nrules: [{id: a, regions: [FR], action: "
                   "withhold, match: {hashtags: [z]}}]\n");
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        const char *paths[3];
        size_t n = 0;
        weir_diags *d = weir_diags_new();
        weir_ruleset *rs = NULL;

        for (; n < 3 && given[i].paths[n]; n++)
            paths[n] = in_folder(given[i].paths[n]);
        assert_int_equal(weir_ruleset_load(paths, n, NULL, d, &rs), WEIR_E_RULES);
        format_diags(d, &told);
        for (int k = 0; k < 2 && given[i].says[k]; k++)
            if (!strstr(told.p, given[i].says[k]) || weir_diags_errors(d) != given[i].nerrors)
                fail_msg("%s, %s: %s", paths[0], paths[1], told.p);
        weir_diags_free(d);
    }
    weir_buf_fini(&bytes);
    weir_buf_fini(&told);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_its_line),
        cmocka_unit_test(what_is_loaded_is_what_was_saved),
        cmocka_unit_test(what_is_switched_off_stays_off),
        cmocka_unit_test(the_same_rules_are_the_same_bytes),
        cmocka_unit_test(an_empty_rule_set_can_be_saved),
        cmocka_unit_test(only_files_are_replaced),
        cmocka_unit_test(without_its_sources_no_set_is_saved),
        cmocka_unit_test(under_another_icu_the_sources_are_compiled),
        cmocka_unit_test(compiled_sets_among_others),
        cmocka_unit_test(a_list_in_several_rule_files_is_kept_once),
        cmocka_unit_test(files_of_no_use_are_refused),
        cmocka_unit_test(names_do_not_matter),
        cmocka_unit_test(a_set_given_twice_is_refused),
        cmocka_unit_test(a_set_beside_its_rules_is_refused_once),
    };

    return cmocka_run_group_tests_name("compile: compiled rule sets", tests, make_folder,
                                       remove_folder);
}
