/*
 * Answering. Promised to SPEC section 6: bad input never stops a stream and never goes
 * unanswered; every item is counted once, under what became of it.
 */
#include "flow/answer.h"

#include "flow/check.h"

weir_status
answerer_init(struct answerer *a, weir_ruleset *rs, const struct answer_options *o)
{
    weir_reader_options ro = {.max_line = o->max_line,
                              .tags = o->tags,
                              .need_time = o->clock == ANSWER_CREATED || o->need_time,
                              .handles = o->handles};
    weir_status st;

    *a = (struct answerer){.o = *o};
    st = weir_reader_new(&ro, &a->reader);
    if (st != WEIR_OK)
        return st;
    if (rs)
        st = answerer_scratch(rs, o, &a->scratch);
    if (st != WEIR_OK) {
        weir_reader_free(a->reader);
        return st;
    }
    a->magic = ANSWERER_MAGIC;
    a->rs = rs ? weir_ruleset_ref(rs) : NULL;
    tally_init(&a->tally);
    return WEIR_OK;
}

void
answerer_fini(struct answerer *a)
{
    CHECK_OBJ(a, ANSWERER_MAGIC);
    tally_fini(&a->tally);
    weir_scratch_free(a->scratch);
    weir_reader_free(a->reader);
    weir_ruleset_unref(a->rs);
    a->magic = 0;
}

weir_status
answerer_scratch(weir_ruleset *rs, const struct answer_options *o, weir_scratch **out)
{
    weir_decide_options dec = {.trace = o->trace, .match_off = o->match_off};

    return weir_scratch_new(rs, &dec, out);
}

void
answerer_swap(struct answerer *a, weir_ruleset *rs, weir_scratch **scratch)
{
    weir_scratch *before = a->scratch;

    CHECK_OBJ(a, ANSWERER_MAGIC);
    if (rs)
        (void)weir_ruleset_ref(rs);
    weir_ruleset_unref(a->rs); /* not the last one: `before` has one */
    a->rs = rs;
    a->scratch = *scratch;
    *scratch = before;
}

int64_t
answer_time(const struct answer_options *o, const weir_post *post, int64_t now_ms)
{
    switch (o->clock) {
    case ANSWER_CREATED:
        /* The reader was told that it needs one; a query without its own `at` is its error. */
        CHECK(post->has_created || post->query.at.p);
        return post->has_created ? post->created_ms : post->query.at_ms;
    case ANSWER_FIXED:
        return o->at_ms;
    case ANSWER_NOW:
        break;
    }
    return now_ms;
}

/* Where nothing decides. A query is no post: there is nothing to show of it. */
static weir_status
write_post(struct answerer *a, const weir_post *post, weir_buf *out)
{
    if (post->query.kind != WEIR_QUERY_NONE) {
        tally_skip(&a->tally, "query");
        return WEIR_OK;
    }
    weir_record_write_post(post, out);
    if (out->failed)
        return WEIR_E_NOMEM;
    a->tally.posts++;
    return WEIR_OK;
}

static weir_status
decide(struct answerer *a, const weir_post *post, int64_t at_ms, weir_decision *d)
{
    if (a->nahead == 0)
        return weir_decide(a->rs, a->scratch, post, at_ms, d);
    a->nahead--;
    return weir_decide_next(a->rs, a->scratch, at_ms, d);
}

/* What stands in `out` from `mark` on is a whole record. false: no memory. */
static bool
show_record(struct answerer *a, const weir_decision *d, const weir_buf *out, size_t mark)
{
    return !a->on_record ||
           a->on_record(a->on_record_arg, d, (weir_span){out->p + mark, out->len - mark});
}

/* WEIR_E_NOMEM also where `out` could not grow: the caller cuts off what it got. */
static weir_status
answer_post(struct answerer *a, const weir_post *post, int64_t now_ms, weir_buf *out)
{
    size_t mark = out->len;
    weir_decision d;

    if (!a->rs)
        return write_post(a, post, out);
    weir_status st = decide(a, post, answer_time(&a->o, post, now_ms), &d);
    if (st != WEIR_OK && st != WEIR_E_LIMIT)
        return st;
    if (a->leave_out && a->leave_out(a->write_arg, &d)) {
        a->tally.left_out++;
        return WEIR_OK;
    }
    tally_expect(&a->tally, &d);
    if (a->on_decided)
        a->on_decided(a->on_decided_arg, &d);
    if (a->write)
        a->write(a->write_arg, &d, out);
    else
        weir_record_write(&d, out);
    if (out->failed || !show_record(a, &d, out, mark))
        return WEIR_E_NOMEM;
    tally_decision(&a->tally, &d);
    return WEIR_OK;
}

static weir_status
answer_error(struct answerer *a, const weir_item *item, uint64_t number, weir_buf *out)
{
    size_t mark = out->len;

    if (a->on_error)
        a->on_error(a->on_error_arg, number, item);
    if (!a->o.mute_errors)
        weir_record_write_error(item, number, a->o.undecided, out);
    if (out->failed || !show_record(a, NULL, out, mark))
        return WEIR_E_NOMEM;
    tally_error(&a->tally, item->error);
    return WEIR_OK;
}

/* Somebody else's to answer, and counted as if it had been here. */
static weir_status
give_away(struct answerer *a, const weir_item *item, uint64_t number)
{
    bool is_error = item->kind == WEIR_ITEM_ERROR;

    if (is_error && a->on_error)
        a->on_error(a->on_error_arg, number, item);
    if (!a->take(a->take_arg, item))
        return WEIR_E_NOMEM;
    if (is_error)
        tally_error(&a->tally, item->error);
    else if (item->post->query.kind != WEIR_QUERY_NONE)
        a->tally.queries++;
    else
        a->tally.posts++;
    return WEIR_OK;
}

static weir_status
answer_item(struct answerer *a, const weir_item *item, uint64_t number, int64_t now_ms,
            weir_buf *out)
{
    if (a->take && item->kind != WEIR_ITEM_SKIP)
        return give_away(a, item, number);
    switch (item->kind) {
    case WEIR_ITEM_POST:
        return answer_post(a, item->post, now_ms, out);
    case WEIR_ITEM_SKIP:
        if (a->o.answer_skips)
            weir_record_write_skip(item, out);
        if (!out->failed)
            tally_skip(&a->tally, item->skip);
        break;
    case WEIR_ITEM_ERROR:
        return answer_error(a, item, number, out);
    }
    return out->failed ? WEIR_E_NOMEM : WEIR_OK;
}

/* Posts that will be decided one after the other --------------------------------------------- */

struct posts {
    const weir_post *post[WEIR_AHEAD_MAX];
    size_t n;
    size_t work; /* that their answers are */
};

/* Those among the items that there will be room for. */
static void
list_posts(struct posts *p, const weir_item *items, size_t n, const struct answer_room *room)
{
    for (size_t i = 0; i < n && p->n < WEIR_AHEAD_MAX && p->work < room->work; i++) {
        p->work += items[i].size + ANSWER_WORK;
        if (items[i].kind == WEIR_ITEM_POST)
            p->post[p->n++] = items[i].post;
    }
}

static void
look_ahead(struct answerer *a, const struct posts *p)
{
    if (!a->rs || p->n < 2)
        return;
    weir_decide_ahead(a->rs, a->scratch, p->post, p->n);
    a->nahead = p->n;
}

/* From a post on: of others nothing would be ahead, and each would be looked behind again. */
static void
look_ahead_of_page(struct answerer *a, const struct answer_line *line,
                   const struct answer_room *room)
{
    struct posts posts = {.n = 0};

    list_posts(&posts, a->items + line->answered, line->nitems - line->answered, room);
    look_ahead(a, &posts);
}

/* Lines ---------------------------------------------------------------------------------------- */

/* The first time that its items are there, which are counted then; how many they would have been
   where they could not be read, nobody knows. */
static void
begin(struct answerer *a, struct answer_line *line, weir_status st, size_t nitems)
{
    line->nitems = st == WEIR_OK ? nitems : 1;
    a->tally.items += line->nitems;
}

/*
 * The line's items to a->items, where they may still be from the last time: else it is read again,
 * which gives the same ones.
 */
static weir_status
read_line(struct answerer *a, struct answer_line *line)
{
    bool first = line->read_as == 0;
    size_t n;

    if (!first && line->read_as == a->reads)
        return WEIR_OK;
    line->read_as = ++a->reads;
    weir_status st = weir_reader_read(a->reader, line->bytes, line->avail, &a->items, &n);
    if (first)
        begin(a, line, st, n);
    CHECK(st != WEIR_OK || line->nitems == n);
    return st;
}

static void
use_up(size_t *room, size_t by)
{
    *room -= by < *room ? by : *room;
}

/* Go on with a line whose items are a->items. */
static weir_status
answer_items(struct answerer *a, struct answer_line *line, struct answer_room *room, weir_buf *out)
{
    weir_status st = WEIR_OK;

    if (line->nitems == 0)
        use_up(&room->work, ANSWER_BLANK);
    while (st == WEIR_OK && line->answered < line->nitems && room->bytes && room->work) {
        const weir_item *item = &a->items[line->answered];
        size_t mark = out->len;

        if (a->nahead == 0 && item->kind == WEIR_ITEM_POST)
            look_ahead_of_page(a, line, room);
        st = answer_item(a, item, line->number, line->now_ms, out);
        if (st != WEIR_OK) {
            out->len = mark;
            break;
        }
        line->answered++;
        a->tally.made += out->len > mark;
        use_up(&room->bytes, out->len - mark);
        use_up(&room->work, item->size + ANSWER_WORK);
    }
    line->done = line->answered == line->nitems;
    return st;
}

weir_status
answer_go_on(struct answerer *a, struct answer_line *line, struct answer_room *room, weir_buf *out)
{
    CHECK_OBJ(a, ANSWERER_MAGIC);
    CHECK(!line->done && room->bytes && room->work);
    a->nahead = 0;
    weir_status st = read_line(a, line);
    if (st == WEIR_OK)
        st = answer_items(a, line, room, out);
    if (st != WEIR_OK)
        answer_give_up(a, line);
    return st;
}

/* Lines that were read together. */
struct read {
    const weir_item *items;
    size_t nitems;
    weir_status st;
};

/* Lines that lie one behind the other, as all do that are answered together. */
static weir_span
from_to(const struct answer_line *first, const struct answer_line *last)
{
    const char *end = last->bytes.p + last->bytes.len;

    return (weir_span){first->bytes.p, (size_t)(end - first->bytes.p)};
}

/* The posts of several pages would be too many to be there together. @return lines that were read:
   only the last of them may have more than one item, only the first may have failed. */
static size_t
read_lines(struct answerer *a, struct answer_line *lines, size_t n, struct read *got)
{
    size_t i = 0;

    if (n > 1 && !a->paged && !(a->o.match_off & WEIR_MATCH_BATCH))
        weir_reader_ahead(a->reader, from_to(&lines[0], &lines[n - 1]));
    do {
        struct read *r = &got[i];

        r->st = (i ? weir_reader_read_also : weir_reader_read)(
            a->reader, lines[i].bytes, lines[i].avail, &r->items, &r->nitems);
        if (r->st != WEIR_OK && i)
            break;
        lines[i++].read_as = ++a->reads;
    } while (i < n && got[i - 1].st == WEIR_OK && got[i - 1].nitems <= 1);
    a->paged = got[i - 1].nitems > 1;
    weir_reader_ahead(a->reader, (weir_span){NULL, 0});
    return i;
}

weir_status
answer_together(struct answerer *a, struct answer_line *lines, size_t n, struct answer_room *room,
                weir_buf *out, size_t *begun)
{
    struct read got[ANSWER_TOGETHER];
    struct posts posts = {.n = 0};
    weir_status st = WEIR_OK;
    size_t i = 0;

    CHECK_OBJ(a, ANSWERER_MAGIC);
    CHECK(n > 0 && n <= ANSWER_TOGETHER && room->bytes && room->work);
    a->nahead = 0;
    n = read_lines(a, lines, n, got);
    for (size_t k = 0; k < n && got[k].st == WEIR_OK; k++)
        list_posts(&posts, got[k].items, got[k].nitems, room);
    look_ahead(a, &posts);
    for (; i < n && st == WEIR_OK && room->bytes && room->work; i++) {
        st = got[i].st;
        begin(a, &lines[i], st, got[i].nitems);
        a->items = got[i].items;
        if (st == WEIR_OK)
            st = answer_items(a, &lines[i], room, out);
        if (st != WEIR_OK)
            answer_give_up(a, &lines[i]);
    }
    a->nahead = 0;
    *begun = i;
    return st;
}

void
answer_give_up(struct answerer *a, struct answer_line *line)
{
    a->tally.abandoned += line->nitems - line->answered;
    line->answered = line->nitems;
    line->done = true;
}
