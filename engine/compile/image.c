/*
 * Walking and copying. What holds pointers goes to one part, all else to two others, which nobody
 * will have to write to once they are mapped; where these begin is known only at the end, so
 * pointers are noted on the way and set then.
 */
#include "compile/image.h"

#include "base/check.h"
#include "compile/layout.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (out_of_memory = true)
#include <uthash.h>

/* From here on an array begins with a cache line, and is looked for when pointed at again. */
#define LARGE 64u

/* A pointer of the image, and where it leads. */
struct pointer {
    size_t at; /* in objects */
    size_t to; /* counts from the beginning of this part: */
    enum weir__bundle_part part;
};

/* Something large that is in the image. */
struct known {
    UT_hash_handle hh;
    struct span_key {
        const void *p;
        size_t size;
        uint64_t part;
    } key;
    size_t at; /* in the part */
};

struct making {
    struct arena *work;
    weir_buf *parts;
    struct pointer *pointers;
    size_t n, cap;
    struct known *known;
};

/* Zeroed bytes at the end of a part. Returns their offset. */
static size_t
make_room(struct making *m, weir_buf *in, size_t size, size_t align)
{
    size_t gap = (align - in->len % align) % align;
    char *p = weir_buf_reserve(in, gap + size);

    if (!p)
        longjmp(*m->work->on_oom, 1);
    memset(p, 0, gap + size);
    in->len += gap + size;
    return in->len - size;
}

static void
note_pointer(struct making *m, size_t at, size_t to, enum weir__bundle_part part)
{
    *ARENA_PUSH(m->work, m->pointers, m->n, m->cap) = (struct pointer){at, to, part};
}

/* Is it in the image already? Filters and sources are pointed at from several places. */
static struct known *
find_known(struct making *m, const void *p, size_t size, enum weir__bundle_part part)
{
    const struct span_key key = {p, size, part};
    struct known *k = NULL;

    HASH_FIND(hh, m->known, &key, sizeof key, k);
    return k;
}

static void
remember(struct making *m, const void *p, size_t size, enum weir__bundle_part part, size_t at)
{
    struct known *k = arena_alloc(m->work, sizeof *k);
    bool out_of_memory = false;

    k->key = (struct span_key){p, size, part};
    k->at = at;
    HASH_ADD(hh, m->known, key, sizeof k->key, k);
    if (out_of_memory)
        longjmp(*m->work->on_oom, 1);
}

static size_t
put_bytes(struct making *m, const void *p, size_t size, size_t align, enum weir__bundle_part part)
{
    const struct known *k = size >= LARGE ? find_known(m, p, size, part) : NULL;
    weir_buf *in = &m->parts[part];

    if (k)
        return k->at;
    size_t at = make_room(m, in, size, size >= LARGE && align > 1 ? LARGE : align);
    if (size)
        memcpy(in->p + at, p, size);
    if (size >= LARGE)
        remember(m, p, size, part, at);
    return at;
}

static void put_fields(struct making *m, const struct weir__layout *l, const char *from,
                       weir_buf *in, size_t at);

/* An array. *part: where it went. */
static size_t
put_items(struct making *m, const struct weir__layout *l, const char *items, size_t n,
          enum weir__bundle_part *part)
{
    if (weir__layout_points(l))
        *part = WEIR__PART_OBJECTS;
    CHECK(n <= SIZE_MAX / l->size);
    if (n == 0) {
        *part = WEIR__PART_FLAT; /* what is empty is not the same as what is absent */
        return 0;
    }
    if (!l->fields)
        return put_bytes(m, items, n * l->size, sizeof(uint64_t), *part);
    weir_buf *in = &m->parts[*part];
    size_t at = make_room(m, in, n * l->size, sizeof(uint64_t));
    for (size_t i = 0; i < n; i++)
        put_fields(m, l, items + i * l->size, in, at + i * l->size);
    return at;
}

static const void *
pointer_at(const char *field)
{
    const void *p;

    memcpy(&p, field, sizeof p);
    return p;
}

static void
put_text(struct making *m, const char *field, enum weir__bundle_part part, weir_buf *in, size_t at)
{
    weir_span s;

    memcpy(&s, field, sizeof s);
    if (!s.p)
        return;
    memcpy(in->p + at + offsetof(weir_span, len), &s.len, sizeof s.len);
    size_t to = put_bytes(m, s.p, s.len + 1, 1, part);
    note_pointer(m, at + offsetof(weir_span, p), to, part);
}

/* The i-th of a field's row, which stands at `field` and goes to `at`. */
static void
put_field(struct making *m, const struct weir__field *f, size_t i, const char *holder, weir_buf *in,
          size_t at)
{
    const char *field = holder + f->at + i * f->size;
    enum weir__bundle_part part = f->cold ? WEIR__PART_COLD : WEIR__PART_FLAT;
    const void *p;

    switch (f->how) {
    case WEIR__PLAIN:
        memcpy(in->p + at, field, f->size);
        break;
    case WEIR__PART:
        put_fields(m, f->of, field, in, at);
        break;
    case WEIR__TEXT:
        put_text(m, field, part, in, at);
        break;
    case WEIR__MANY:
    case WEIR__ONE:
        if ((p = pointer_at(field)) == NULL)
            break;
        size_t n = f->how == WEIR__ONE ? 1 : weir__layout_count(f, holder, i);
        size_t to = put_items(m, f->of, p, n, &part);
        note_pointer(m, at, to, part);
        break;
    case WEIR__OURS:
        break;
    }
}

static void
put_fields(struct making *m, const struct weir__layout *l, const char *from, weir_buf *in,
           size_t at)
{
    for (size_t k = 0; k < l->nfields; k++) {
        const struct weir__field *f = &l->fields[k];
        for (size_t i = 0; i < f->n; i++)
            put_field(m, f, i, from, in, at + f->at + i * f->size);
    }
}

static int
compare_pointers(const void *a, const void *b)
{
    const struct pointer *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

/* Offsets into the pointers' places, and the places in order. */
static void
set_pointers(struct making *m)
{
    weir_buf *objects = &m->parts[WEIR__PART_OBJECTS], *out = &m->parts[WEIR__PART_POINTERS];
    size_t list = make_room(m, out, m->n * sizeof(uint32_t), sizeof(uint32_t));
    size_t begins[WEIR__NPARTS] = {0};

    for (int i = 1; i < WEIR__NPARTS; i++)
        begins[i] = begins[i - 1] + m->parts[i - 1].len;
    if (m->n)
        qsort(m->pointers, m->n, sizeof *m->pointers, compare_pointers);
    CHECK(objects->len / sizeof(void *) <= UINT32_MAX);
    for (size_t i = 0; i < m->n; i++) {
        const struct pointer *p = &m->pointers[i];
        size_t to = begins[p->part] + p->to;
        uint32_t place = (uint32_t)(p->at / sizeof(void *));

        CHECK(p->at % sizeof(void *) == 0 && to != 0);
        memcpy(objects->p + p->at, &to, sizeof to);
        memcpy(out->p + list + i * sizeof place, &place, sizeof place);
    }
}

static void
make(struct making *m, const struct weir_ruleset *rs)
{
    weir_buf *objects = &m->parts[WEIR__PART_OBJECTS];
    size_t root = make_room(m, objects, weir__layout_ruleset.size, sizeof(uint64_t));

    /* what pointers to nothing lead to */
    (void)make_room(m, &m->parts[WEIR__PART_FLAT], LARGE, LARGE);
    put_fields(m, &weir__layout_ruleset, (const char *)rs, objects, root);
    for (int i = 0; i < WEIR__PART_POINTERS; i++)
        (void)make_room(m, &m->parts[i], 0, WEIR__BUNDLE_PAGE);
    set_pointers(m);
}

static bool
make_or_jump(struct making *m, jmp_buf *oom, const struct weir_ruleset *rs)
{
    if (setjmp(*oom) != 0)
        return false;
    make(m, rs);
    return true;
}

weir_status
weir__image_make(const struct weir_ruleset *rs, struct weir__image *out)
{
    jmp_buf oom;
    struct arena work;

    *out = (struct weir__image){0};
    arena_init(&work, &oom);
    struct making m = {.work = &work, .parts = out->part};
    bool made = make_or_jump(&m, &oom, rs);
    HASH_CLEAR(hh, m.known); /* frees uthash's table; the elements are the arena's */
    arena_fini(&work);
    return made ? WEIR_OK : WEIR_E_NOMEM;
}

void
weir__image_fini(struct weir__image *im)
{
    for (int i = 0; i < WEIR__NPARTS; i++)
        weir_buf_fini(&im->part[i]);
}
