/*
 * Reading a compiled rule set: brought into memory, found whole, its pointers set.
 *
 * Nothing in the file is believed before its checksum is seen to agree; what a person is told
 * depends on what can be told with certainty by then.
 *
 * Objects are written to when pointers are set: they are read into memory of the process, in large
 * pages where the system has them. Mapping them and letting the system copy them page by page took
 * twice as long.
 */
#include "base/check.h"
#include "base/error.h"
#include "compile/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define COPY_AGAIN                                                                                 \
    "copy it again from where it was made, or make it again from its rules with `tagweir compile`"
#define MAKE_AGAIN "make it again from its rules with this program's `tagweir compile`"

/* What stands at the same place in every format. */
#define COMMON_SIZE offsetof(struct weir__bundle_header, kind)

/* What is read at once, small enough to be in the cache still when it is summed up. */
#define CHUNK (64u << 10)
/* Pages this large are asked for where what is read fills several of them. */
#define HUGE_PAGE (2u << 20)

struct reading {
    const char *path;
    weir_diags *diags;
    struct weir__bundle *b;
    const struct weir__bundle_header *h;
    int fd;
    size_t file_size;
    XXH3_state_t *summing;
    weir_status st;
};

/* Says what is wrong; false. */
#define REFUSE(r, ...) FAIL(r, WEIR_E_RULES, __VA_ARGS__)
#define FAIL(r, status, ...)                                                                       \
    (weir__diag_add((r)->diags, WEIR_ERROR, &(struct weir__place){.file = (r)->path},              \
                    __VA_ARGS__),                                                                  \
     (r)->st = (status), false)

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

/* Bytes of the file. It is not expected to shrink meanwhile, and refused if it does. */
static bool
read_at(struct reading *r, void *to, size_t n, uint64_t at)
{
    for (char *p = to; n > 0;) {
        ssize_t got = pread(r->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return FAIL(r, WEIR_E_IO, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return REFUSE(r, "this compiled rule set ends while it is read: " COPY_AGAIN);
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}

static bool
open_file(struct reading *r)
{
    struct stat st = {0};
    struct weir__bundle_header *h = &r->b->header;

    r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 || fstat(r->fd, &st) != 0)
        return FAIL(r, WEIR_E_IO, "cannot be read: %s", strerror(errno));
    r->file_size = (size_t)st.st_size;
    r->h = h;
    return read_at(r, h, r->file_size < sizeof *h ? r->file_size : sizeof *h, 0);
}

/* Is it such a file? */
static bool
check_beginning(struct reading *r)
{
    const struct weir__bundle_header *h = r->h;

    if (r->file_size == 0)
        return REFUSE(r, "this file is empty, and no compiled rule set: " COPY_AGAIN);
    size_t known = r->file_size < sizeof h->magic ? r->file_size : sizeof h->magic;
    if (memcmp(h->magic, WEIR__BUNDLE_MAGIC, known) != 0)
        return REFUSE(r, "this is no compiled rule set, or its beginning is damaged: " COPY_AGAIN);
    if (r->file_size < COMMON_SIZE)
        return REFUSE(r, "this compiled rule set ends after %zu bytes: " COPY_AGAIN, r->file_size);
    return true;
}

/* Does the header agree with its checksum, or would it, if this were its format? The checksum is
   one of bytes: what order numbers have, and what size addresses, is nothing to it. */
static bool
is_whole(const struct reading *r, uint32_t format)
{
    struct weir__bundle_header h = *r->h;
    unsigned char found[WEIR__SUM_SIZE];

    h.format = format;
    weir__sum(&h, offsetof(struct weir__bundle_header, sum), found);
    return r->file_size >= sizeof h && memcmp(found, h.sum, sizeof found) == 0;
}

/* Can it be nothing else? A header that says that it is of our format has its checksum where we
   look for it, and so has one that would be whole if it said so; of another format's we know only
   what all have in common. */
static bool
is_damaged(const struct reading *r)
{
    uint32_t ours = WEIR__BUNDLE_FORMAT, swapped = __builtin_bswap32(ours);
    const struct weir__bundle_header *h = r->h;

    if (h->order != WEIR__BUNDLE_ORDER && h->order != __builtin_bswap32(WEIR__BUNDLE_ORDER))
        return true;
    if (r->file_size < sizeof *h || is_whole(r, h->format))
        return false;
    return h->format == ours || h->format == swapped || is_whole(r, ours) || is_whole(r, swapped);
}

/* Is its header whole, of this format, of this kind of machine? What it says is told only once it
   is not damaged, or not known to be. */
static bool
check_kind(struct reading *r)
{
    const struct weir__bundle_header *h = r->h;

    if (is_damaged(r))
        return REFUSE(r, "the header of this compiled rule set is damaged: " COPY_AGAIN);
    if (h->order != WEIR__BUNDLE_ORDER || h->pointer_size != sizeof(void *))
        return REFUSE(
            r, "this compiled rule set was made on another kind of machine, whose %s: " MAKE_AGAIN,
            h->order != WEIR__BUNDLE_ORDER ? "numbers have another order of bytes"
                                           : "addresses have another size");
    if (h->format != WEIR__BUNDLE_FORMAT)
        return REFUSE(r,
                      "this compiled rule set was made by Tagweir %s in format %u%s, and only "
                      "format %u is read here: " MAKE_AGAIN,
                      writer_of(h).name, h->format,
                      is_whole(r, h->format) ? "" : " (unless its header is damaged)",
                      WEIR__BUNDLE_FORMAT);
    if (r->file_size < sizeof *h)
        return REFUSE(r, "this compiled rule set ends after %zu bytes: " COPY_AGAIN, r->file_size);
    return true;
}

/* Sections follow one another to the file's end; what holds pointers is whole pages. */
static bool
has_sound_sections(const struct reading *r)
{
    uint64_t at = sizeof *r->h;

    for (int i = 0; i < WEIR__NPARTS; i++) {
        const struct weir__bundle_section *s = &r->h->sections[i];
        if (s->at != at || s->size > r->file_size - at)
            return false;
        if (i != WEIR__PART_POINTERS && s->size % WEIR__BUNDLE_PAGE != 0)
            return false;
        at += s->size;
    }
    return at == r->file_size && r->h->sections[WEIR__PART_OBJECTS].size >= sizeof *r->b->rules;
}

/* Does the header, which is whole, make sense? */
static bool
check_header(struct reading *r)
{
    const struct weir__bundle_header *h = r->h;
    struct weir__bundle_kind *ours = &r->b->ours;

    if (h->size != r->file_size)
        return REFUSE(r, "this compiled rule set has %zu bytes, and should have %llu: " COPY_AGAIN,
                      r->file_size, (unsigned long long)h->size);
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

/* Memory for all sections, one behind the other as in the file; what is not needed later stands at
   the end. */
static bool
reserve(struct reading *r)
{
    struct weir__bundle *b = r->b;
    const struct weir__bundle_section *objects = &r->h->sections[WEIR__PART_OBJECTS];

    b->size = r->file_size - sizeof *r->h;
    b->mapped = mmap(NULL, b->size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b->mapped == MAP_FAILED) {
        b->mapped = NULL;
        return FAIL(r, WEIR_E_NOMEM, "cannot be mapped into memory: %s", strerror(errno));
    }
    if (objects->size >= 2 * HUGE_PAGE)
        (void)madvise(b->mapped, objects->size, MADV_HUGEPAGE); /* a wish */
    return true;
}

static char *
place_of(const struct reading *r, enum weir__bundle_part part)
{
    return (char *)r->b->mapped + (r->h->sections[part].at - sizeof *r->h);
}

/* Over what is reserved. Not where pages of the system are larger than the file's and do not begin
   where the section does: false then. */
static bool
map_part(const struct reading *r, enum weir__bundle_part part, int flags)
{
    const struct weir__bundle_section *s = &r->h->sections[part];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *to = place_of(r, part);

    return s->size && s->at % page == 0 && (uintptr_t)to % page == 0 && s->size % page == 0 &&
           mmap(to, s->size, PROT_READ, MAP_PRIVATE | MAP_FIXED | flags, r->fd, (off_t)s->at) == to;
}

/* Reads the section, to where it belongs or only to sum it up (to == NULL). */
static bool
read_part(struct reading *r, enum weir__bundle_part part, char *to,
          unsigned char sum[WEIR__SUM_SIZE])
{
    const struct weir__bundle_section *s = &r->h->sections[part];
    char chunk[CHUNK];
    XXH128_canonical_t out;

    (void)XXH3_128bits_reset(r->summing);
    for (uint64_t done = 0; done < s->size;) {
        size_t n = s->size - done < CHUNK ? (size_t)(s->size - done) : CHUNK;
        char *p = to ? to + done : chunk;
        if (!read_at(r, p, n, s->at + done))
            return false;
        (void)XXH3_128bits_update(r->summing, p, n);
        done += n;
    }
    XXH128_canonicalFromHash(&out, XXH3_128bits_digest(r->summing));
    memcpy(sum, out.digest, WEIR__SUM_SIZE);
    return true;
}

/* Brings a section to its place, and sees that it is whole. */
static bool
bring_part(struct reading *r, enum weir__bundle_part part)
{
    const struct weir__bundle_section *s = &r->h->sections[part];
    unsigned char sum[WEIR__SUM_SIZE];
    char *to = place_of(r, part);
    bool read = true;

    if (part == WEIR__PART_FLAT && map_part(r, part, MAP_POPULATE))
        weir__sum(to, s->size, sum);
    else if (part == WEIR__PART_COLD && map_part(r, part, 0))
        read = read_part(r, part, NULL, sum);
    else
        read = read_part(r, part, to, sum);
    if (read && memcmp(sum, s->sum, sizeof sum) != 0)
        return REFUSE(
            r, "this compiled rule set is damaged between byte %llu and byte %llu: " COPY_AGAIN,
            (unsigned long long)s->at, (unsigned long long)(s->at + s->size));
    return read;
}

static bool
bring_parts(struct reading *r)
{
    for (int i = 0; i < WEIR__NPARTS; i++)
        if (!bring_part(r, (enum weir__bundle_part)i))
            return false;
    return true;
}

/* Adds the image's address to each pointer, which is an offset until then. */
static bool
relocate(const struct reading *r)
{
    const struct weir__bundle_section *parts = r->h->sections;
    const char *list = place_of(r, WEIR__PART_POINTERS);
    char *image = r->b->mapped;
    size_t n = parts[WEIR__PART_POINTERS].size / sizeof(uint32_t);
    size_t objects = parts[WEIR__PART_OBJECTS].size, least = 0;
    size_t whole = (size_t)(list - image);

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

/* The list of pointers has done its work. */
static void
let_go_of_pointers(const struct reading *r)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = r->b->size;
    size_t keep = (size_t)(place_of(r, WEIR__PART_POINTERS) - (char *)r->b->mapped);

    keep = (keep + page - 1) / page * page;
    if (keep < size && munmap((char *)r->b->mapped + keep, size - keep) == 0)
        r->b->size = keep;
}

static bool
set_pointers(struct reading *r)
{
    if (!relocate(r))
        return REFUSE(r, "the pointers of this compiled rule set make no sense: " COPY_AGAIN);
    let_go_of_pointers(r);
    r->b->rules = r->b->mapped;
    return true;
}

weir_status
weir__bundle_open(const char *path, struct weir__bundle *out, weir_diags *diags)
{
    struct reading r = {.path = path, .diags = diags, .b = out, .fd = -1};

    memset(out, 0, sizeof *out);
    r.summing = XXH3_createState();
    if (!r.summing)
        return WEIR_E_NOMEM;
    bool good = open_file(&r) && check_beginning(&r) && check_kind(&r) && check_header(&r) &&
                reserve(&r) && bring_parts(&r) && set_pointers(&r);
    if (r.fd >= 0)
        (void)close(r.fd);
    (void)XXH3_freeState(r.summing);
    if (!good)
        weir__bundle_close(out);
    return good ? WEIR_OK : r.st;
}

void
weir__bundle_close(struct weir__bundle *b)
{
    if (b->mapped)
        (void)munmap(b->mapped, b->size);
    b->mapped = NULL;
    b->rules = NULL;
}
