/*
 * Cutting feeds. A line belongs to the range that it begins in; of a stream, to what was read with
 * its end.
 */
#include "replay/portions.h"

#include "flow/check.h"
#include "flow/frame.h"
#include "replay/range.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORTIONS_MAGIC 0x50E710u

struct portions_feed {
    struct source *source;
    size_t holders; /* portions that are being read of it, and the one who cuts it */
    size_t number;
    bool ranges;
    int fd;
    uint64_t begin, size; /* of ranges */
};

struct portions {
    uint32_t magic;
    struct portions_options o;
    size_t keep; /* bytes of a line that are of any use */
    pthread_mutex_t lock;
    struct portions_feed *open; /* NULL: the next one is to be opened */
    size_t next_path;
    uint64_t next_number;
    uint64_t at;    /* offset in the open feed's lines of what was not given out */
    uint64_t skip;  /* bytes of the open feed that are not wanted */
    weir_buf carry; /* read, and not given out: the beginning of a line */
    bool dropping;  /* the line that goes on is too long, and was given out */
    bool begun;     /* a portion of the open feed was given out */
    bool over;
    atomic_bool stopped;
    uint64_t read_before; /* bytes of the files before the open one */
    uint64_t known;
};

static uint64_t
size_of(const char *path)
{
    struct stat st;

    if (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) < 0 : stat(path, &st) < 0)
        return 0;
    return S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

struct portions *
portions_new(const struct portions_options *o)
{
    struct portions *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    *p = (struct portions){.magic = PORTIONS_MAGIC,
                           .o = *o,
                           .keep = frame_most_kept(o->max_line),
                           .next_path = o->first,
                           .skip = o->from};
    if (pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        return NULL;
    }
    for (size_t i = 0; i < o->npaths; i++) {
        p->known += size_of(o->paths[i]);
        if (i < o->first)
            p->read_before += size_of(o->paths[i]);
    }
    return p;
}

static void
let_go(struct portions_feed *f)
{
    if (--f->holders > 0)
        return;
    source_close(f->source);
    free(f);
}

void
portions_free(struct portions *p)
{
    CHECK_OBJ(p, PORTIONS_MAGIC);
    if (p->open) {
        CHECK(p->open->holders == 1);
        let_go(p->open);
    }
    weir_buf_fini(&p->carry);
    (void)pthread_mutex_destroy(&p->lock);
    p->magic = 0;
    free(p);
}

void
portions_stop(struct portions *p)
{
    CHECK_OBJ(p, PORTIONS_MAGIC);
    atomic_store(&p->stopped, true);
}

uint64_t
portions_known(const struct portions *p)
{
    return p->known;
}

void
portion_fini(struct portion *portion)
{
    free(portion->memory);
    weir_buf_fini(&portion->note);
    *portion = (struct portion){.number = 0};
}

/* Feeds -------------------------------------------------------------------------------------- */

static void
fail(struct portion *to, const char *text)
{
    weir_buf_puts(&to->note, text);
    to->fault = true;
}

/* What a run goes on with is not what it was. */
static void
is_shorter(const struct portions *p, struct portion *to)
{
    weir_buf_printf(&to->note, "%s: has fewer bytes than were decided before",
                    p->o.paths[to->feed]);
    to->fault = true;
}

/* The next feed. @return false without memory. A feed that cannot be opened is a fault, told of
   in `to`. */
static bool
open_feed(struct portions *p, struct portion *to)
{
    struct portions_feed *f = calloc(1, sizeof *f);
    const char *note;

    if (!f)
        return false;
    f->number = p->next_path++;
    f->holders = 1;
    f->source = source_open(p->o.paths[f->number], &p->o.source, &to->note);
    if (!f->source) {
        free(f);
        to->fault = true;
        if (to->note.len == 0 && !to->note.failed)
            atomic_store(&p->stopped, true);
        return !to->note.failed;
    }
    if ((note = source_note(f->source)) != NULL)
        weir_buf_puts(&to->note, note);
    f->ranges = source_ranges(f->source, &f->fd, &f->begin, &f->size);
    p->open = f;
    p->at = 0;
    p->begun = p->dropping = false;
    return true;
}

static void
close_feed(struct portions *p)
{
    uint64_t done, known;

    source_progress(p->open->source, &done, &known);
    p->read_before += known ? known : done;
    let_go(p->open);
    p->open = NULL;
    p->carry.len = 0;
}

/* Ranges of plain files ------------------------------------------------------------------------ */

static void
take_range(struct portions *p, struct portion *to)
{
    struct portions_feed *f = p->open;

    if (p->skip > f->size - f->begin) {
        is_shorter(p, to);
        return;
    }
    p->at += p->skip;
    p->skip = 0;
    to->of = f;
    to->fd = f->fd;
    to->begin = f->begin;
    to->size = f->size;
    to->from = f->begin + p->at;
    to->to = f->size - to->from > PORTION_SIZE ? to->from + PORTION_SIZE : f->size;
    f->holders++;
    p->at = to->to - f->begin;
    to->upto = p->at;
    to->read = p->read_before + to->to;
    to->ends = to->to == f->size;
    to->goes_on = !to->ends;
    if (to->ends)
        close_feed(p);
}

/* Streams -------------------------------------------------------------------------------------- */

/* What is not wanted of the beginning: of a run that goes on, or of a line that is too long. A run
   that was stopped within such a line has answered it. */
static size_t
drop(struct portions *p, char *bytes, size_t n)
{
    size_t gone = 0;

    if (p->skip) {
        gone = p->skip < n ? (size_t)p->skip : n;
        p->skip -= gone;
        p->dropping = bytes[gone - 1] != '\n';
    }
    if (p->dropping && n > gone) {
        const char *nl = memchr(bytes + gone, '\n', n - gone);

        p->dropping = nl == NULL;
        gone = nl ? (size_t)(nl - bytes) + 1 : n;
    }
    memmove(bytes, bytes + gone, n - gone);
    p->at += gone;
    return n - gone;
}

/* Read until there is enough for a portion. @return bytes in the memory, of which the last line
   may have no end; *end is what the source said last. -1: no memory. */
static ssize_t
read_stream(struct portions *p, struct portion *to, ssize_t *end)
{
    size_t n = p->carry.len;

    *end = 1;
    if (!portion_make_room(to, n + PORTION_SIZE))
        return -1;
    memcpy(to->memory, p->carry.p ? p->carry.p : "", n);
    for (p->carry.len = 0; *end > 0 && !atomic_load(&p->stopped);) {
        if (!portion_make_room(to, n + PORTION_SIZE))
            return -1;
        *end = source_read(p->open->source, to->memory + n, PORTION_SIZE);
        if (*end <= 0)
            break;
        size_t kept = drop(p, to->memory + n, (size_t)*end);
        bool has_line = memrchr(to->memory + n, '\n', kept) != NULL;
        n += kept;
        if (n >= p->keep ||
            (has_line && (n >= PORTION_SIZE || (!p->o.fill && source_waits(p->open->source)))))
            break;
    }
    return (ssize_t)n;
}

/* Give out the whole lines of so many bytes, and keep the rest. */
static bool
cut(struct portions *p, struct portion *to, size_t n, bool at_end)
{
    const char *nl = n ? memrchr(to->memory, '\n', n) : NULL;
    size_t upto = nl ? (size_t)(nl - to->memory) + 1 : 0, behind = upto;

    if (at_end)
        upto = behind = n;
    else if (upto == 0 && n >= p->keep) {
        upto = p->keep;
        behind = n;
        p->dropping = true;
    }
    weir_buf_put(&p->carry, (weir_span){to->memory + behind, n - behind});
    p->at += behind;
    to->upto = p->at;
    portion_give(to, 0, upto);
    return !p->carry.failed;
}

static bool
take_stream(struct portions *p, struct portion *to)
{
    uint64_t done, known;
    ssize_t end, n = read_stream(p, to, &end);

    if (n < 0 || !cut(p, to, (size_t)n, end == SOURCE_END))
        return false;
    if (end == SOURCE_STOPPED)
        atomic_store(&p->stopped, true);
    if (end == SOURCE_FAULT)
        fail(to, source_fault(p->open->source));
    source_progress(p->open->source, &done, &known);
    to->read = p->read_before + done;
    if (end == SOURCE_END && p->skip)
        is_shorter(p, to);
    to->ends = end == SOURCE_END;
    if (to->ends)
        close_feed(p);
    return !to->note.failed;
}

/* ---------------------------------------------------------------------------------------------- */

/* Under the lock. @return false without memory. */
static bool
take(struct portions *p, struct portion *to)
{
    if (!p->open && !open_feed(p, to))
        return false;
    if (!p->open) {
        to->feed = p->next_path - 1;
        to->begins = true;
        return true;
    }
    to->feed = p->open->number;
    to->begins = !p->begun;
    p->begun = true;
    if (p->open->ranges) {
        take_range(p, to);
        return true;
    }
    return take_stream(p, to);
}

enum portions_result
portions_next(struct portions *p, struct portion *to)
{
    enum portions_result r = PORTIONS_GOT;

    CHECK_OBJ(p, PORTIONS_MAGIC);
    to->of = NULL;
    to->bytes = (weir_span){NULL, 0};
    to->note.len = 0;
    to->begins = to->ends = to->goes_on = to->fault = false;
    (void)pthread_mutex_lock(&p->lock);
    if (p->over || (!p->open && p->next_path == p->o.npaths))
        r = PORTIONS_END;
    else if (atomic_load(&p->stopped))
        r = PORTIONS_STOPPED;
    else if (!take(p, to))
        r = PORTIONS_NOMEM;
    else if (atomic_load(&p->stopped) && !to->bytes.len && !to->of && !to->ends)
        r = PORTIONS_STOPPED;
    else
        to->number = p->next_number++;
    p->over = p->over || r == PORTIONS_NOMEM || (r == PORTIONS_GOT && to->fault);
    (void)pthread_mutex_unlock(&p->lock);
    if (r == PORTIONS_GOT && to->of && !range_read(to, p->keep, p->o.paths[to->feed])) {
        portions_done(p, to);
        r = PORTIONS_NOMEM;
    }
    return r;
}

void
portions_done(struct portions *p, struct portion *portion)
{
    if (!portion->of)
        return;
    (void)pthread_mutex_lock(&p->lock);
    let_go(portion->of);
    (void)pthread_mutex_unlock(&p->lock);
    portion->of = NULL;
}
