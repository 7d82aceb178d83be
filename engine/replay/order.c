/*
 * Places in a ring, a lock, and one thread at a time that hands on.
 */
#include "replay/order.h"

#include "flow/check.h"

#include <pthread.h>
#include <stdlib.h>

#define ORDER_MAGIC 0x0BDE5Eu

struct place {
    struct result result;
    bool finished;
    bool counted, begins;
    uint64_t lines, before;
};

struct order {
    uint32_t magic;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t nplaces;
    struct place *places;
    uint64_t begun;   /* portions that were admitted */
    uint64_t next;    /* whose turn it is */
    uint64_t counted; /* the lines before it are known, and of none behind it */
    uint64_t lines;   /* those, of its feed unless it begins one */
    bool handing;     /* somebody hands on, outside of the lock */
    bool over;
    order_take_fn *take;
    void *arg;
};

void
result_fini(struct result *r)
{
    weir_buf_fini(&r->out);
    weir_buf_fini(&r->facts);
    weir_buf_fini(&r->journal);
    weir_buf_fini(&r->note);
}

void
result_clear(struct result *r)
{
    weir_buf out = r->out, facts = r->facts, journal = r->journal, note = r->note;

    out.len = facts.len = journal.len = note.len = 0;
    *r = (struct result){.out = out, .facts = facts, .journal = journal, .note = note};
}

struct order *
order_new(size_t places, uint64_t lines, order_take_fn *take, void *arg)
{
    struct order *o = calloc(1, sizeof *o);
    struct place *p = calloc(places, sizeof *p);

    CHECK(places > 0);
    if (!o || !p || pthread_mutex_init(&o->lock, NULL) != 0) {
        free(o);
        free(p);
        return NULL;
    }
    if (pthread_cond_init(&o->changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&o->lock);
        free(o);
        free(p);
        return NULL;
    }
    o->magic = ORDER_MAGIC;
    o->nplaces = places;
    o->places = p;
    o->lines = lines;
    o->take = take;
    o->arg = arg;
    return o;
}

void
order_free(struct order *o)
{
    CHECK_OBJ(o, ORDER_MAGIC);
    for (size_t i = 0; i < o->nplaces; i++)
        result_fini(&o->places[i].result);
    (void)pthread_cond_destroy(&o->changed);
    (void)pthread_mutex_destroy(&o->lock);
    free(o->places);
    o->magic = 0;
    free(o);
}

static struct place *
place_of(struct order *o, uint64_t number)
{
    return &o->places[number % o->nplaces];
}

static void
lock(struct order *o)
{
    CHECK_OBJ(o, ORDER_MAGIC);
    (void)pthread_mutex_lock(&o->lock);
}

static bool
unlock(struct order *o)
{
    bool over = o->over;

    (void)pthread_mutex_unlock(&o->lock);
    return !over;
}

static void
tell(struct order *o)
{
    (void)pthread_cond_broadcast(&o->changed);
}

static void
wait(struct order *o)
{
    (void)pthread_cond_wait(&o->changed, &o->lock);
}

void
order_give_up(struct order *o)
{
    lock(o);
    o->over = true;
    tell(o);
    (void)unlock(o);
}

bool
order_is_over(struct order *o)
{
    lock(o);
    return !unlock(o);
}

bool
order_admit(struct order *o)
{
    lock(o);
    while (!o->over && o->begun - o->next >= o->nplaces)
        wait(o);
    o->begun++;
    return unlock(o);
}

void
order_withdraw(struct order *o)
{
    lock(o);
    o->begun--;
    tell(o);
    (void)unlock(o);
}

void
order_lines(struct order *o, uint64_t number, bool begins, uint64_t lines)
{
    lock(o);
    struct place *p = place_of(o, number);
    p->counted = true;
    p->begins = begins;
    p->lines = lines;
    /* the ring is longer than what is under way: a place that is not counted ends this */
    for (p = place_of(o, o->counted); p->counted; p = place_of(o, o->counted)) {
        p->counted = false;
        p->before = p->begins && o->counted > 0 ? 0 : o->lines;
        o->lines = p->before + p->lines;
        o->counted++;
    }
    tell(o);
    (void)unlock(o);
}

bool
order_lines_before(struct order *o, uint64_t number, uint64_t *lines)
{
    lock(o);
    while (!o->over && o->counted < number)
        wait(o);
    *lines = o->lines;
    return unlock(o);
}

/* Hand on, outside of the lock, what nobody else hands on meanwhile. */
static void
hand_on(struct order *o, struct result *r, bool whole)
{
    o->handing = true;
    (void)pthread_mutex_unlock(&o->lock);
    bool good = o->take(o->arg, r, whole);
    (void)pthread_mutex_lock(&o->lock);
    o->handing = false;
    o->over = o->over || !good || (whole && r->fault);
}

bool
order_early(struct order *o, struct result *part)
{
    lock(o);
    while (!o->over && (o->next != part->number || o->handing))
        wait(o);
    if (!o->over)
        hand_on(o, part, false);
    return unlock(o);
}

static void
swap(struct result *a, struct result *b)
{
    struct result t = *a;

    *a = *b;
    *b = t;
}

/* Hand on what is finished of the portion whose turn it is. */
static void
hand_on_whole(struct order *o, struct result *r)
{
    r->before = place_of(o, o->next)->before;
    hand_on(o, r, true);
    o->next++;
    tell(o);
}

/* What is finished in its turn is handed on from where it is, so that threads keep their memory:
   what another has written to last comes slowly. Else it waits in its place. */
bool
order_finish(struct order *o, struct result *r)
{
    lock(o);
    struct place *p = place_of(o, r->number);
    CHECK(!p->finished);
    if (!o->over && !o->handing && o->next == r->number) {
        hand_on_whole(o, r);
    } else {
        swap(&p->result, r);
        p->finished = true;
    }
    while (!o->over && !o->handing && (p = place_of(o, o->next))->finished) {
        hand_on_whole(o, &p->result);
        p->finished = false;
    }
    bool good = unlock(o);
    result_clear(r);
    return good;
}
