/*
 * Rule files to rules: YAML by libfyaml, every list and group written out, each entry's key made.
 */
#include "oracle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <libfyaml.h>

const char *const selector_names[NSELECTORS] = {"accounts", "mentions", "hashtags",
                                                "posts",    "langs",    "sources"};
const char *const surface_names[NSURFACES] = {"timeline", "search", "suggest", "trends",
                                              "recommend"};
const char *const action_names[3] = {"allow", "downrank", "withhold"};

struct lines {
    struct str *items;
    size_t n;
};

struct list {
    struct str name;
    struct lines lines[NSELECTORS];
};

struct group {
    struct str name;
    struct regions regions;
};

static struct list *lists;
static size_t nlists;
static struct group *groups;
static size_t ngroups;

/* YAML ---------------------------------------------------------------------------------------- */

static struct str
scalar(struct fy_node *n)
{
    struct str s = NONE;

    if (n && fy_node_is_scalar(n))
        s.p = fy_node_get_scalar(n, &s.n);
    return str_copy(FOREVER, s);
}

static struct fy_node *
child(struct fy_node *map, const char *key)
{
    void *at = NULL;
    struct fy_node_pair *pair;

    if (!map || !fy_node_is_mapping(map))
        return NULL;
    while ((pair = fy_node_mapping_iterate(map, &at)) != NULL)
        if (str_is(scalar(fy_node_pair_key(pair)), key))
            return fy_node_pair_value(pair);
    return NULL;
}

static struct str
text(struct fy_node *map, const char *key)
{
    return scalar(child(map, key));
}

static int64_t
when(struct fy_node *map, const char *key)
{
    struct str s = text(map, key);
    int64_t ms;

    if (!s.p)
        return NO_TIME;
    if (!time_rfc3339(s, &ms))
        die("not a time: %s", s.p);
    return ms;
}

/* A decimal number times 10^places. */
static int
fixed_point(struct str s, int places, int otherwise)
{
    int value = 0, after = -1, sign = 1;

    if (!s.p)
        return otherwise;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-')
            sign = -1;
        else if (s.p[i] == '.')
            after = 0;
        else if (s.p[i] >= '0' && s.p[i] <= '9' && after < places) {
            value = value * 10 + (s.p[i] - '0');
            after += after >= 0;
        }
    }
    for (after = after < 0 ? 0 : after; after < places; after++)
        value *= 10;
    return sign * value;
}

static size_t
word(struct str s, const char *const *words, size_t n, size_t otherwise)
{
    if (!s.p)
        return otherwise;
    for (size_t i = 0; i < n; i++)
        if (str_is(s, words[i]))
            return i;
    die("unknown word: %s", s.p);
}

/* Lists --------------------------------------------------------------------------------------- */

static void
read_plain_list(struct str all, struct lines *out)
{
    while (all.n) {
        size_t end = str_find(all, '\n');
        struct str line = str_trim((struct str){all.p, end});
        all = str_skip(all, end < all.n ? end + 1 : end);
        if (line.n && !str_is(line, "#") && !str_starts(line, "# "))
            PUSH(FOREVER, out->items, out->n, line);
    }
}

/* One field of RFC 4180; *at goes behind the comma or newline that ends it. */
static struct str
csv_field(struct str all, size_t *at, bool *last)
{
    struct buf b = {0};
    bool quoted = all.p[*at] == '"';

    *at += quoted;
    while (*at < all.n && (quoted || (all.p[*at] != ',' && all.p[*at] != '\n'))) {
        if (quoted && all.p[*at] == '"') {
            bool doubled = *at + 1 < all.n && all.p[*at + 1] == '"';
            *at += 1;
            quoted = doubled;
            if (!doubled)
                continue;
        }
        put(&b, (struct str){all.p + (*at)++, 1});
    }
    *last = *at >= all.n || all.p[*at] == '\n';
    *at += 1;
    return str_trim(str_copy(FOREVER, str_of_buf(&b)));
}

static void
read_csv_list(struct str all, struct str column, struct lines *out)
{
    bool in_header = column.p != NULL, last = false;
    size_t wanted = 0, field = 0;

    for (size_t at = 0; at < all.n; field = last ? 0 : field + 1) {
        struct str value = csv_field(all, &at, &last);
        if (in_header && str_eq(value, column))
            wanted = field;
        if (!in_header && field == wanted && value.n)
            PUSH(FOREVER, out->items, out->n, value);
        in_header = in_header && !last;
    }
}

static void
read_list_file(const char *rule_file, struct str name, struct str column, struct lines *out)
{
    const char *slash = strrchr(rule_file, '/');
    int dir = name.p[0] == '/' || !slash ? 0 : (int)(slash - rule_file) + 1;
    char path[4096];
    struct str all;

    snprintf(path, sizeof path, "%.*s%s", dir, rule_file, name.p);
    all = read_file(FOREVER, path);
    if (str_starts(all, "\xEF\xBB\xBF"))
        all = str_skip(all, 3);
    if (str_ends(name, LIT(".csv")))
        read_csv_list(all, column, out);
    else
        read_plain_list(all, out);
}

static void
read_list(const char *file, struct str name, struct fy_node *n)
{
    struct list l = {.name = name};

    for (int kind = 0; kind < NSELECTORS; kind++) {
        struct fy_node *v = child(n, selector_names[kind]);
        void *at = NULL;
        struct fy_node *item;
        if (!v)
            continue;
        if (fy_node_is_scalar(v))
            read_list_file(file, scalar(v), text(n, "column"), &l.lines[kind]);
        else
            while ((item = fy_node_sequence_iterate(v, &at)) != NULL)
                PUSH(FOREVER, l.lines[kind].items, l.lines[kind].n, scalar(item));
    }
    PUSH(FOREVER, lists, nlists, l);
}

/* Entries ------------------------------------------------------------------------------------- */

static void
add_entry(struct str s, enum selector selector, enum fold fold, struct entries *out)
{
    struct entry e;

    entry_read(s, selector, fold, &e);
    PUSH(FOREVER, out->items, out->n, e);
    pool_clear(LINE);
}

static void
read_selectors(struct fy_node *n, enum fold fold, struct entries out[NSELECTORS])
{
    for (int kind = 0; kind < NSELECTORS; kind++) {
        struct fy_node *v = child(n, selector_names[kind]), *item;
        enum selector list_kind = kind == MENTIONS ? ACCOUNTS : (enum selector)kind;
        void *at = NULL;
        if (!v)
            continue;
        out[kind].given = true;
        while ((item = fy_node_sequence_iterate(v, &at)) != NULL) {
            struct str name = text(item, "list");
            size_t i = 0;
            if (!name.p) {
                add_entry(scalar(item), (enum selector)kind, fold, &out[kind]);
                continue;
            }
            while (i < nlists && !str_eq(lists[i].name, name))
                i++;
            if (i == nlists)
                die("no list: %s", name.p);
            for (size_t k = 0; k < lists[i].lines[list_kind].n; k++)
                add_entry(lists[i].lines[list_kind].items[k], (enum selector)kind, fold,
                          &out[kind]);
        }
    }
}

/* Groups, orders, rules ------------------------------------------------------------------------ */

static void
add_regions(struct fy_node *n, struct regions *into)
{
    void *at = NULL;
    struct fy_node *item;

    while (n && (item = fy_node_sequence_iterate(n, &at)) != NULL) {
        struct str name = scalar(item);
        bool is_group = false;
        for (size_t i = 0; i < ngroups; i++)
            if (str_eq(groups[i].name, name)) {
                is_group = true;
                for (int r = 0; r < NREGIONS; r++)
                    into->has[r] |= groups[i].regions.has[r];
            }
        if (!is_group)
            regions_expand(name, into);
    }
}

static void
read_order(struct str name, struct fy_node *n, struct ruleset *rs)
{
    struct order o = {.name = name};
    int64_t served = when(n, "served");
    struct fy_node *in_force = child(n, "in_force"), *item;
    void *at = NULL;

    o.lift = str_is(text(n, "on_lapse"), "lift");
    o.review_by = when(n, "review_by");
    if (o.review_by == NO_TIME && str_is(text(n, "kind"), "emergency") && served != NO_TIME)
        o.review_by = served + 48 * 3600 * INT64_C(1000);
    o.confirmed = when(n, "confirmed");
    o.revoked = when(n, "revoked");
    while (in_force && (item = fy_node_sequence_iterate(in_force, &at)) != NULL)
        PUSH(FOREVER, o.in_force, o.nin_force,
             ((struct interval){when(item, "from"), when(item, "until")}));
    if (!in_force) /* from `served` on; without it always */
        PUSH(FOREVER, o.in_force, o.nin_force, ((struct interval){served, NO_TIME}));
    PUSH(FOREVER, rs->orders, rs->norders, o);
}

static const struct order *
find_order(const struct ruleset *rs, struct str name)
{
    for (size_t i = 0; i < rs->norders; i++)
        if (str_eq(rs->orders[i].name, name))
            return &rs->orders[i];
    die("no order: %s", name.p);
}

static void
read_where(struct fy_node *n, struct rule *r, struct regions *named)
{
    struct regions except = {0};

    add_regions(child(n, "except_regions"), &except);
    if (child(n, "regions"))
        add_regions(child(n, "regions"), &r->regions);
    else
        r->regions.has[REGION_XX] = true;
    /* Taken from XX a region counts as named; taken from a group it does not. */
    for (int region = 0; region < NREGIONS; region++)
        if (region != REGION_XX &&
            (except.has[region] ? r->regions.has[REGION_XX] : r->regions.has[region]))
            named->has[region] = true;
    if (r->regions.has[REGION_XX])
        memset(r->regions.has, true, sizeof r->regions.has);
    for (int region = 0; region < NREGIONS; region++)
        if (except.has[region])
            r->regions.has[region] = false;
}

static void
read_rule(struct fy_node *n, struct ruleset *rs, struct regions *named)
{
    static const char *const modes[] = {"enforce", "observe", "off"};
    static const char *const folds[] = {"none", "confusable", "turkic"};
    struct rule r = {.id = text(n, "id")};
    struct fy_node *surfaces = child(n, "surfaces"), *against = child(n, "against"), *item;
    void *at = NULL;

    if (child(n, "order"))
        r.order = find_order(rs, text(n, "order"));
    r.action = (enum action)word(text(n, "action"), action_names, 3, 0);
    r.mode = (enum mode)word(text(n, "mode"), modes, 3, ENFORCE);
    r.fold = (enum fold)word(text(n, "fold"), folds, 3, FOLD_NONE);
    r.priority = fixed_point(text(n, "priority"), 0, 0);
    r.factor = fixed_point(text(n, "factor"), 3, 0);
    r.rollout = fixed_point(text(n, "rollout"), 2, 10000);
    r.limit_matches = str_is(text(n, "on_limit"), "match");
    r.own = (struct interval){when(n, "from"), when(n, "until")};
    memset(r.surfaces, !surfaces, sizeof r.surfaces);
    while (surfaces && (item = fy_node_sequence_iterate(surfaces, &at)) != NULL)
        r.surfaces[word(scalar(item), surface_names, NSURFACES, 0)] = true;
    r.has_against = against != NULL;
    at = NULL;
    while (against && (item = fy_node_sequence_iterate(against, &at)) != NULL)
        PUSH(FOREVER, r.against, r.nagainst, find_order(rs, scalar(item)));
    read_where(n, &r, named);
    read_selectors(child(n, "match"), r.fold, r.match);
    read_selectors(child(n, "except"), r.fold, r.except);
    PUSH(FOREVER, rs->rules, rs->nrules, r);
}

/* Files --------------------------------------------------------------------------------------- */

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
find_files(const char *path, char ***files, size_t *nfiles)
{
    struct stat st;
    DIR *dir;
    struct dirent *d;
    char *name;

    if (stat(path, &st))
        die("%s: not there", path);
    if (!S_ISDIR(st.st_mode)) {
        PUSH(FOREVER, *files, *nfiles, (char *)(uintptr_t)str_copy(FOREVER, str_of(path)).p);
        return;
    }
    dir = opendir(path);
    while (dir && (d = readdir(dir)) != NULL) {
        size_t n = strlen(path) + strlen(d->d_name) + 2;
        if (d->d_name[0] == '.')
            continue;
        name = give(FOREVER, n);
        snprintf(name, n, "%s/%s", path, d->d_name);
        if (stat(name, &st) == 0 && (S_ISDIR(st.st_mode) || str_ends(str_of(name), LIT(".yaml"))))
            find_files(name, files, nfiles);
    }
    closedir(dir);
}

typedef void (*named_fn)(const char *file, struct str name, struct fy_node *value,
                         struct ruleset *rs);

static void
each_named(const char *file, struct fy_node *map, named_fn fn, struct ruleset *rs)
{
    void *at = NULL;
    struct fy_node_pair *pair;

    while (map && fy_node_is_mapping(map) && (pair = fy_node_mapping_iterate(map, &at)) != NULL)
        fn(file, scalar(fy_node_pair_key(pair)), fy_node_pair_value(pair), rs);
}

static void
add_group(const char *file, struct str name, struct fy_node *n, struct ruleset *rs)
{
    struct group g = {.name = name};

    (void)file, (void)rs;
    add_regions(n, &g.regions);
    PUSH(FOREVER, groups, ngroups, g);
}

static void
add_list(const char *file, struct str name, struct fy_node *n, struct ruleset *rs)
{
    (void)rs;
    read_list(file, name, n);
}

static void
add_order(const char *file, struct str name, struct fy_node *n, struct ruleset *rs)
{
    (void)file;
    read_order(name, n, rs);
}

void
rules_load(char **paths, size_t npaths, struct ruleset *rs)
{
    char **files = NULL;
    size_t nfiles = 0;
    struct fy_document **docs;
    struct regions *named = give(FOREVER, sizeof *named);

    for (size_t i = 0; i < npaths; i++) {
        size_t before = nfiles;
        char **found = NULL;
        size_t nfound = 0;
        find_files(paths[i], &found, &nfound);
        qsort(found, nfound, sizeof *found, by_bytes);
        for (size_t k = 0; k < nfound; k++)
            PUSH(FOREVER, files, nfiles, found[k]);
        if (nfiles == before)
            die("%s: no rule files", paths[i]);
    }
    docs = give(FOREVER, (nfiles + 1) * sizeof *docs);
    for (size_t i = 0; i < nfiles; i++) {
        docs[i] = fy_document_build_from_file(NULL, files[i]);
        if (!docs[i])
            die("%s: not YAML", files[i]);
        each_named(files[i], child(fy_document_root(docs[i]), "groups"), add_group, rs);
        each_named(files[i], child(fy_document_root(docs[i]), "lists"), add_list, rs);
        each_named(files[i], child(fy_document_root(docs[i]), "orders"), add_order, rs);
    }
    for (size_t i = 0; i < nfiles; i++) { /* all names are known now, and no order moves any more */
        struct fy_node *rules = child(fy_document_root(docs[i]), "rules"), *item;
        void *at = NULL;
        while (rules && (item = fy_node_sequence_iterate(rules, &at)) != NULL)
            read_rule(item, rs, named);
        fy_document_destroy(docs[i]);
    }
    PUSH(FOREVER, rs->compared, rs->ncompared, REGION_XX);
    for (int r = 0; r < NREGIONS; r++)
        if (named->has[r])
            PUSH(FOREVER, rs->compared, rs->ncompared, r);
}
