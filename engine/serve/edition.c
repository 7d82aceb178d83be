/*
 * Editions: seats.
 */
#include "serve/edition.h"

#include "flow/check.h"

#include <stdlib.h>

static bool
make_scratches(struct edition *e, const struct answer_options *o)
{
    e->scratches = calloc(e->nseats, sizeof *e->scratches);
    for (size_t i = 0; e->scratches && i < e->nseats; i++)
        if (answerer_scratch(e->rs, o, &e->scratches[i]) != WEIR_OK)
            return false;
    return e->scratches != NULL;
}

struct edition *
edition_new(weir_ruleset *rs, size_t nseats, const struct answer_options *o)
{
    struct edition *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    *e = (struct edition){.magic = EDITION_MAGIC, .nseats = nseats};
    e->rs = weir_ruleset_ref(rs);
    atomic_init(&e->taken, 0);
    (void)pthread_mutex_init(&e->rows_lock, NULL);
    tally_init(&e->rows);
    e->breakers = breakers_new(rs, nseats);
    if (!e->breakers || !make_scratches(e, o)) {
        edition_free(e);
        return NULL;
    }
    atomic_store(&e->taken, nseats);
    return e;
}

void
edition_free(struct edition *e)
{
    if (!e)
        return;
    CHECK_OBJ(e, EDITION_MAGIC);
    CHECK(atomic_load(&e->taken) == 0);
    for (size_t i = 0; e->scratches && i < e->nseats; i++)
        weir_scratch_free(e->scratches[i]);
    free(e->scratches);
    breakers_free(e->breakers);
    tally_fini(&e->rows);
    (void)pthread_mutex_destroy(&e->rows_lock);
    weir_ruleset_unref(e->rs);
    e->magic = 0;
    free(e);
}

static bool
is_last(struct edition *e)
{
    return atomic_fetch_sub(&e->taken, 1) == 1;
}

void
edition_take(struct edition *e, size_t seat, struct answerer *a)
{
    CHECK_OBJ(e, EDITION_MAGIC);
    CHECK(seat < e->nseats && !a->scratch);
    answerer_swap(a, e->rs, &e->scratches[seat]);
}

bool
edition_move(struct edition *from, struct edition *to, size_t seat, struct answerer *a)
{
    CHECK_OBJ(from, EDITION_MAGIC);
    CHECK_OBJ(to, EDITION_MAGIC);
    CHECK(seat < to->nseats && !from->scratches[seat] && to->scratches[seat]);
    edition_leave_rows(from, a);
    answerer_swap(a, to->rs, &to->scratches[seat]);
    from->scratches[seat] = to->scratches[seat];
    to->scratches[seat] = NULL;
    return is_last(from);
}

bool
edition_leave(struct edition *e, size_t seat, struct answerer *a)
{
    CHECK_OBJ(e, EDITION_MAGIC);
    CHECK(!e->scratches[seat]);
    edition_leave_rows(e, a);
    answerer_swap(a, NULL, &e->scratches[seat]);
    return is_last(e);
}

bool
edition_forgo(struct edition *e)
{
    CHECK_OBJ(e, EDITION_MAGIC);
    return is_last(e);
}

void
edition_leave_rows(struct edition *e, struct answerer *a)
{
    (void)pthread_mutex_lock(&e->rows_lock);
    tally_move_rows(&e->rows, &a->tally);
    (void)pthread_mutex_unlock(&e->rows_lock);
}

void
edition_take_rows(struct edition *e, struct ledger *l)
{
    struct tally rows;

    tally_init(&rows);
    (void)pthread_mutex_lock(&e->rows_lock);
    tally_move_rows(&rows, &e->rows);
    (void)pthread_mutex_unlock(&e->rows_lock);
    ledger_add(l, e->rs, &rows);
    tally_fini(&rows);
}

void
edition_take_costs(const struct edition *e, struct ledger *l)
{
    for (size_t i = 0; i < e->nseats; i++)
        if (e->scratches[i])
            ledger_add_costs(l, e->rs, e->scratches[i]);
}
