/*
 * Reading a compiled rule set: mapped, found whole, its pointers set, its regexes compiled.
 *
 * Nothing in the file is believed before its checksum is seen to agree; what a person is told
 * depends on what can be told with certainty by then.
 */
#include "base/check.h"
#include "base/error.h"
#include "compile/bundle.h"
#include "compile/compiling.h"
#include "compile/layout.h"
#include "text/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_AGAIN                                                                                 \
    "copy it again from where it was made, or make it again from its rules with `tagweir compile`"
#define MAKE_AGAIN "make it again from its rules with this program's `tagweir compile`"

/* What stands at the same place in every format. */
#define COMMON_SIZE offsetof(struct weir__bundle_header, kind)

struct reading {
    const char *path;
    weir_diags *diags;
    struct weir__bundle *b;
    const struct weir__bundle_header *h;
};

/* Says what is wrong; false. */
#define REFUSE(r, ...)                                                                             \
    (weir__diag_add((r)->diags, WEIR_ERROR, &(struct weir__place){.file = (r)->path},              \
                    __VA_ARGS__),                                                                  \
     false)

/* Who wrote the file, by a header that may be damaged: nothing but what a version is made of. */
struct writer {
    char name[sizeof((struct weir__bundle_header *)0)->version + 1];
};

static struct writer
writer_of(const struct weir__bundle_header *h)
{
    static const char allowed[] = "0123456789.+-~abcdefghijklmnopqrstuvwxyz";
    struct writer w = {0};

    for (size_t i = 0; i < sizeof h->version && h->version[i]; i++)
        w.name[i] = strchr(allowed, h->version[i]) ? h->version[i] : '?';
    return w;
}

static bool
is_named_like_one(const char *path)
{
    size_t n = strlen(path);

    return n > 4 && strcmp(path + n - 4, ".tws") == 0;
}

bool
weir__bundle_is(const char *path)
{
    char begin[sizeof WEIR__BUNDLE_MAGIC - 1];
    struct stat st;
    bool is = false;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) /* opening a pipe would wait for its writer */
        return false;
    if (is_named_like_one(path))
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    is = pread(fd, begin, sizeof begin, 0) == (ssize_t)sizeof begin &&
         memcmp(begin, WEIR__BUNDLE_MAGIC, sizeof begin) == 0;
    (void)close(fd);
    return is;
}

/* The whole file, read ahead: every byte of it is looked at. An empty one is mapped nowhere. */
static bool
map_file(const struct reading *r)
{
    struct stat st = {0};
    void *p = NULL;
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;

    if (ok && st.st_size > 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    ok = ok && p != MAP_FAILED;
    if (!ok)
        (void)REFUSE(r, "cannot be read: %s", strerror(errno));
    else
        *r->b = (struct weir__bundle){.mapped = p, .size = (size_t)st.st_size};
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* Is it such a file, of this format, of this kind of machine? */
static bool
check_beginning(const struct reading *r)
{
    const struct weir__bundle_header *h = r->h;

    if (r->b->size == 0)
        return REFUSE(r, "this file is empty, and no compiled rule set: " COPY_AGAIN);
    size_t known = r->b->size < sizeof h->magic ? r->b->size : sizeof h->magic;
    if (memcmp(h->magic, WEIR__BUNDLE_MAGIC, known) != 0)
        return REFUSE(r, "this is no compiled rule set, or its beginning is damaged: " COPY_AGAIN);
    if (r->b->size < COMMON_SIZE)
        return REFUSE(r, "this compiled rule set ends after %zu bytes: " COPY_AGAIN, r->b->size);
    if (h->order != WEIR__BUNDLE_ORDER || h->pointer_size != sizeof(void *))
        return REFUSE(
            r, "this compiled rule set was made on another kind of machine, whose %s: " MAKE_AGAIN,
            h->order != WEIR__BUNDLE_ORDER ? "numbers have another order of bytes"
                                           : "addresses have another size");
    if (h->format != WEIR__BUNDLE_FORMAT)
        return REFUSE(r,
                      "this compiled rule set was made by Tagweir %s in format %u, and only "
                      "format %u is read here: " MAKE_AGAIN,
                      writer_of(h).name, h->format, WEIR__BUNDLE_FORMAT);
    return true;
}

static bool
agrees(const void *p, size_t n, const unsigned char sum[WEIR__SUM_SIZE])
{
    unsigned char found[WEIR__SUM_SIZE];

    weir__sum(p, n, found);
    return memcmp(found, sum, sizeof found) == 0;
}

/* Sections follow one another to the file's end; what holds pointers is whole pages. */
static bool
has_sound_sections(const struct reading *r)
{
    uint64_t at = sizeof *r->h;

    for (int i = 0; i < WEIR__NPARTS; i++) {
        const struct weir__bundle_section *s = &r->h->sections[i];
        if (s->at != at || s->size > r->b->size - at)
            return false;
        if (i != WEIR__PART_POINTERS && s->size % WEIR__BUNDLE_PAGE != 0)
            return false;
        at += s->size;
    }
    return at == r->b->size && r->h->sections[WEIR__PART_OBJECTS].size >= sizeof *r->b->rules;
}

static bool
check_header(const struct reading *r)
{
    const struct weir__bundle_header *h = r->h;
    struct weir__bundle_kind *ours = &r->b->ours;

    if (r->b->size < sizeof *h)
        return REFUSE(r, "this compiled rule set ends after %zu bytes: " COPY_AGAIN, r->b->size);
    if (!agrees(h, offsetof(struct weir__bundle_header, sum), h->sum))
        return REFUSE(r, "the header of this compiled rule set is damaged: " COPY_AGAIN);
    if (h->size != r->b->size)
        return REFUSE(r, "this compiled rule set has %zu bytes, and should have %llu: " COPY_AGAIN,
                      r->b->size, (unsigned long long)h->size);
    if (h->header_size != sizeof *h || h->nsections != WEIR__NPARTS || !has_sound_sections(r))
        return REFUSE(r, "the header of this compiled rule set makes no sense: " COPY_AGAIN);
    weir__bundle_kind(ours);
    if (memcmp(h->kind.layout, ours->layout, sizeof ours->layout) != 0 ||
        h->kind.language != ours->language)
        return REFUSE(
            r, "this compiled rule set was made by another build of Tagweir (%s): " MAKE_AGAIN,
            writer_of(h).name);
    return true;
}

static bool
check_sections(const struct reading *r)
{
    const char *from = r->b->mapped;

    for (int i = 0; i < WEIR__NPARTS; i++) {
        const struct weir__bundle_section *s = &r->h->sections[i];
        if (!agrees(from + s->at, s->size, s->sum))
            return REFUSE(
                r, "this compiled rule set is damaged between byte %llu and byte %llu: " COPY_AGAIN,
                (unsigned long long)s->at, (unsigned long long)(s->at + s->size));
    }
    return true;
}

/* Adds the image's address to each pointer, which is an offset until then. */
static bool
relocate(const struct reading *r, char *image, const struct weir__bundle_section *parts)
{
    const char *list = (const char *)r->b->mapped + parts[WEIR__PART_POINTERS].at;
    size_t n = parts[WEIR__PART_POINTERS].size / sizeof(uint32_t);
    size_t objects = parts[WEIR__PART_OBJECTS].size;
    size_t whole = objects + parts[WEIR__PART_FLAT].size, least = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t place;
        memcpy(&place, list + i * sizeof place, sizeof place);
        if (place < least || place >= objects / sizeof(void *))
            return false;
        uintptr_t *p = (uintptr_t *)(void *)(image + place * sizeof(void *));
        if (*p >= whole)
            return false;
        *p += (uintptr_t)image;
        least = (size_t)place + 1;
    }
    return true;
}

/* Makes objects writable, or not. Pages of the system may be larger than the file's. */
static bool
protect(const struct weir__bundle *b, const struct weir__bundle_section *objects, int protection)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t from = objects->at / page * page;

    return mprotect((char *)b->mapped + from, objects->at + objects->size - from, protection) == 0;
}

static bool
set_pointers(const struct reading *r)
{
    const struct weir__bundle_section *parts = r->h->sections;
    char *image = (char *)r->b->mapped + parts[WEIR__PART_OBJECTS].at;

    if (!protect(r->b, &parts[WEIR__PART_OBJECTS], PROT_READ | PROT_WRITE))
        return REFUSE(r, "cannot be mapped into memory: %s", strerror(errno));
    if (!relocate(r, image, parts))
        return REFUSE(r, "the pointers of this compiled rule set make no sense: " COPY_AGAIN);
    r->b->rules = (struct weir_ruleset *)(void *)image;
    return true;
}

weir_status
weir__bundle_open(const char *path, struct weir__bundle *out, weir_diags *diags)
{
    struct reading r = {.path = path, .diags = diags, .b = out};

    *out = (struct weir__bundle){0};
    if (!map_file(&r))
        return WEIR_E_IO;
    r.h = out->mapped;
    if (check_beginning(&r) && check_header(&r) && check_sections(&r) && set_pointers(&r))
        return WEIR_OK;
    weir__bundle_close(out);
    return WEIR_E_RULES;
}

void
weir__bundle_close(struct weir__bundle *b)
{
    if (b->mapped)
        (void)munmap(b->mapped, b->size);
    *b = (struct weir__bundle){0};
}

/* A rule set to decide by --------------------------------------------------------------------- */

/* Would the same sources give the same tables here? Else the reason is told. */
static bool
fits(const struct reading *r)
{
    const struct weir__bundle_kind *theirs = &r->h->kind, *ours = &r->b->ours;

    if (memcmp(theirs, ours, sizeof *ours) == 0)
        return true;
    weir__diag_add(
        r->diags, WEIR_WARNING, &(struct weir__place){.file = r->path},
        "compiled with Unicode %.16s (ICU %.16s), and this is Unicode %s (ICU %s), where "
        "keys or regions may differ: the sources in it are compiled again, at each "
        "start. `tagweir compile %s -o %s` ends that",
        theirs->unicode, theirs->icu, ours->unicode, ours->icu, r->path, r->path);
    return false;
}

static void
unmap(void *mapped, size_t nmapped)
{
    (void)munmap(mapped, nmapped);
}

/* What the file has of the struct itself; what it points at stays where it is. The bundle is the
   rule set's from then on. */
static weir_status
take_over(struct weir__bundle *b, struct weir_ruleset *rs)
{
    const struct weir__bundle_header *h = b->mapped;

    for (size_t i = 0; i < weir__layout_ruleset.nfields; i++) {
        const struct weir__field *f = &weir__layout_ruleset.fields[i];
        if (f->how != WEIR__OURS)
            memcpy((char *)rs + f->at, (const char *)b->rules + f->at, f->n * f->size);
    }
    memcpy(rs->digest, h->digest, sizeof h->digest);
    rs->mapped = b->mapped;
    rs->nmapped = b->size;
    rs->unmap = unmap;
    const char **files = arena_array(&rs->arena, rs->nfiles, sizeof *files);
    for (uint32_t i = 0; files && i < rs->nfiles; i++)
        files[i] = rs->sources[i].name.p;
    rs->files = files;
    return files ? WEIR_OK : WEIR_E_NOMEM;
}

static weir_status
compile_regexes(const struct reading *r, bool jit)
{
    /* they lie in what is mapped for this process alone, and are nobody else's yet */
    struct weir__pattern *patterns =
        (struct weir__pattern *)(uintptr_t)r->b->rules->patterns; /* const for all others */

    for (uint32_t i = 0; i < r->b->rules->npatterns; i++) {
        struct weir__pattern *p = &patterns[i];
        struct weir__regex_error why;
        weir_status st = WEIR_OK;
        if (p->is_regex)
            st = weir__regex_compile(p->text, p->extended, jit, &p->re, &why);
        if (st == WEIR_E_ARG)
            (void)REFUSE(r, "PCRE2 refuses the regex /%.*s/ in it (%s): " MAKE_AGAIN,
                         SPAN_FMT(p->text), why.message);
        if (st != WEIR_OK)
            return st == WEIR_E_NOMEM ? st : WEIR_E_RULES;
    }
    return WEIR_OK;
}

static weir_status
make_ready(const struct reading *r, uint32_t match_off, struct weir_ruleset *rs)
{
    weir_status st = take_over(r->b, rs);

    if (st == WEIR_OK)
        st = compile_regexes(r, !(match_off & WEIR_MATCH_JIT));
    if (st == WEIR_OK)
        st = weir__ruleset_build_automata(rs);
    if (st == WEIR_OK && !protect(r->b, &r->h->sections[WEIR__PART_OBJECTS], PROT_READ))
        st = WEIR_E_NOMEM;
    if (st == WEIR_OK && weir__folds_confusables(rs->rules, rs->nrules))
        st = weir__fold_prepare();
    if (st == WEIR_OK && rs->npatterns)
        weir__lint_jit(match_off, r->diags);
    return st;
}

weir_status
weir__bundle_load(const char *path, const weir_load_options *o, weir_diags *diags,
                  weir_ruleset **out)
{
    uint32_t match_off = o ? o->match_off : 0;
    struct weir__bundle b;
    weir_status st = weir__bundle_open(path, &b, diags);

    *out = NULL;
    if (st != WEIR_OK)
        return st;
    struct reading r = {.path = path, .diags = diags, .b = &b, .h = b.mapped};
    if (!fits(&r) || (match_off & WEIR_MATCH_WORDS)) { /* words stand in the tables already */
        weir__bundle_close(&b);
        return WEIR_OK;
    }
    struct weir_ruleset *rs = calloc(1, sizeof *rs);
    if (!rs) {
        weir__bundle_close(&b);
        return WEIR_E_NOMEM;
    }
    arena_init(&rs->arena, NULL);
    st = make_ready(&r, match_off, rs);
    if (st != WEIR_OK) {
        weir__ruleset_free(rs);
        return st;
    }
    rs->magic = WEIR_RULESET_MAGIC;
    atomic_init(&rs->refs, 1);
    *out = rs;
    return WEIR_OK;
}
