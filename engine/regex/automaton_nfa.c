/*
 * From a pattern's tree to places and what may come after each.
 *
 * First a graph: places joined by forks and anchors, each pointing at what comes next, made from
 * the last to the first; so what comes after a place is most often the one numbered before it.
 * Then, for each place, all places that are reached from it without taking a symbol. Repeats are
 * written out; how often is tried from generous to mean, each time taking what is beyond for any
 * number.
 */
#include "regex/automaton_parts.h"

#define PLACES_MOST 2000u
#define NODES_MOST (PLACES_MOST * 4)
#define AFTER_MOST (PLACES_MOST * 32) /* all lists together */
#define STEPS_MOST (PLACES_MOST * 32) /* a repeat of nothing makes no nodes, and takes time */

enum kind { FORK, PLACE, AT_BEGIN, AT_END, MATCH };

struct node {
    enum kind kind;
    uint32_t next, other; /* FORK has both; UINT32_MAX: nowhere */
    uint32_t place;       /* PLACE: its number */
    uint32_t seen;        /* by which walk */
};

#define NOWHERE UINT32_MAX

#define GROUPS_MOST 10 /* that can be referred to by one digit */

/* One way for a group to match a character, and what a reference to it can be then. */
struct choice {
    struct weir__symbols group, reference;
};

struct builder {
    struct arena *work, *in;
    struct node *nodes;
    size_t nnodes, cap;
    struct weir__symbols *symbols;
    size_t nplaces, symbols_cap;
    uint32_t *place_nodes;
    size_t nplace_nodes, place_nodes_cap; /* as many as places */
    uint32_t copies;                      /* a repeat is written out at most so often */
    uint32_t steps;
    bool is_glob, backwards, too_large;
    bool binds;                              /* choices are written out */
    const struct choice *bound[GROUPS_MOST]; /* of each group: NULL outside of its choices */
    uint32_t walk;
    uint32_t *list; /* what a walk has found */
    size_t nlist, list_cap;
    uint32_t *stack;
    size_t nstack, stack_cap;
};

static uint32_t
add(struct builder *b, enum kind kind, uint32_t next)
{
    if (b->nnodes >= NODES_MOST) {
        b->too_large = true;
        return NOWHERE;
    }
    struct node *n = ARENA_PUSH(b->work, b->nodes, b->nnodes, b->cap);
    *n = (struct node){.kind = kind, .next = next, .other = NOWHERE};
    return (uint32_t)b->nnodes - 1;
}

static uint32_t
fork_to(struct builder *b, uint32_t one, uint32_t other)
{
    if (one == NOWHERE || other == NOWHERE)
        return one == NOWHERE ? other : one;
    uint32_t at = add(b, FORK, one);
    if (at != NOWHERE)
        b->nodes[at].other = other;
    return at;
}

static uint32_t
add_place(struct builder *b, const struct weir__symbols *symbols, uint32_t next)
{
    if (next == NOWHERE)
        return NOWHERE;
    uint32_t at = add(b, PLACE, next);
    if (b->nplaces >= PLACES_MOST || at == NOWHERE) {
        b->too_large = true;
        return NOWHERE;
    }
    b->nodes[at].place = (uint32_t)b->nplaces;
    *ARENA_PUSH(b->in, b->symbols, b->nplaces, b->symbols_cap) = *symbols;
    *ARENA_PUSH(b->work, b->place_nodes, b->nplace_nodes, b->place_nodes_cap) = at;
    return at;
}

/* Symbols of characters -------------------------------------------------------------------- */

static void
put(struct weir__symbols *s, uint32_t symbol)
{
    s->bits[symbol / 64] |= UINT64_C(1) << (symbol % 64);
}

static uint32_t
first_byte(uint32_t c)
{
    switch (weir__utf8_length(c)) {
    case 1:
        return c;
    case 2:
        return 0xC0 | c >> 6;
    case 3:
        return 0xE0 | c >> 12;
    default:
        return 0xF0 | c >> 18;
    }
}

static struct weir__symbols
symbols_of(const struct weir__charset *set)
{
    struct weir__symbols s = {{set->ascii[0], set->ascii[1], 0, 0}};

    if (set->hazy)
        s.bits[3] = UINT64_MAX;
    for (size_t i = 0; i < set->nbeyond; i++)
        for (uint32_t b = first_byte(set->beyond[i].lo); b <= first_byte(set->beyond[i].hi); b++)
            put(&s, b);
    return s;
}

static struct weir__symbols
any_symbol(void)
{
    return (struct weir__symbols){{UINT64_MAX, UINT64_MAX, 0, UINT64_MAX}};
}

/* The graph -------------------------------------------------------------------------------- */

static uint32_t make(struct builder *b, const struct weir__node *n, uint32_t next);

/* n any number of times, then next. */
static uint32_t
make_loop(struct builder *b, const struct weir__node *n, uint32_t next)
{
    uint32_t at = add(b, FORK, NOWHERE);

    if (at == NOWHERE)
        return NOWHERE;
    uint32_t body = make(b, n, at);
    b->nodes[at].next = body;
    b->nodes[at].other = next;
    return at;
}

static uint32_t
make_repeat(struct builder *b, const struct weir__node *n, uint32_t next)
{
    uint32_t min = n->min < b->copies ? n->min : b->copies;
    bool endless = n->max == WEIR__NO_MAX || min < n->min || n->max - min > b->copies;
    uint32_t at = next;

    if (n->max == 0 || next == NOWHERE)
        return next;
    if (endless)
        at = make_loop(b, n->first, next);
    for (uint32_t i = min; !endless && i < n->max && !b->too_large; i++)
        at = fork_to(b, make(b, n->first, at), next);
    for (uint32_t i = 0; i < min && !b->too_large; i++)
        at = make(b, n->first, at);
    return at;
}

/* Back-references: for a group of one character, what follows it is written out once for each
   choice of it, so that a reference can be told. Signs that are rare in tags are one choice. */

#define CHOICES_MOST 48

static bool
is_common(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || ascii_is_digit((char)c) || strchr("_-.@ ", (int)c) != NULL;
}

/* The choices of a place's symbols. Beyond ASCII, letters that differ in case can differ in their
   first byte; of ASCII, k and s are the same as letters beyond it. */
static size_t
choices_of(const struct weir__symbols *s, struct choice out[CHOICES_MOST])
{
    static const struct weir__symbols beyond = {{0, 0, 0, UINT64_MAX}};
    struct choice rare = {0}, far = {.reference = beyond};
    size_t n = 0;

    for (uint32_t c = 1; c < 128; c++) {
        struct choice one = {0};

        if (!weir__symbols_have(s, c))
            continue;
        put(&one.group, c);
        one.reference = one.group;
        if (c == 'k' || c == 's')
            one.reference.bits[3] = beyond.bits[3];
        if (is_common(c))
            out[n++] = one;
        else
            put(&rare.group, c);
    }
    if (weir__symbols_have(s, 0))
        put(&rare.group, 0);
    rare.reference = rare.group;
    far.group.bits[3] = s->bits[3];
    put(&far.reference, 'k');
    put(&far.reference, 's');
    if (rare.group.bits[0] | rare.group.bits[1])
        out[n++] = rare;
    if (far.group.bits[3])
        out[n++] = far;
    return n;
}

static struct weir__symbols
symbols_of_node(const struct weir__node *n)
{
    struct weir__symbols s = {0};

    if (n->kind == WEIR__NODE_SET)
        return symbols_of(n->set);
    put(&s, first_byte(n->c));
    return s;
}

static bool
refers_to(struct builder *b, const struct weir__node *n, uint32_t group)
{
    b->steps++;
    if (n->kind == WEIR__NODE_BACKREF)
        return n->c == group;
    for (const struct weir__node *child = n->first; child; child = child->next)
        if (refers_to(b, child, group))
            return true;
    return false;
}

/* The first of the children that is to be written out by choices; n: none. */
static size_t
first_choice(struct builder *b, const struct weir__node *const *children, size_t n)
{
    for (size_t i = 0; i < n && b->binds; i++) {
        if (children[i]->kind != WEIR__NODE_CAPTURE || children[i]->c >= GROUPS_MOST ||
            b->bound[children[i]->c])
            continue;
        for (size_t k = i + 1; k < n; k++)
            if (refers_to(b, children[k], children[i]->c))
                return i;
    }
    return n;
}

static uint32_t make_children(struct builder *b, const struct weir__node *const *children, size_t n,
                              uint32_t next);

/* The children, the first of which is a group, for each choice of it. */
static uint32_t
make_choices(struct builder *b, const struct weir__node *const *children, size_t n, uint32_t next)
{
    struct weir__symbols s = symbols_of_node(children[0]->first);
    struct choice choices[CHOICES_MOST];
    size_t nchoices = choices_of(&s, choices);
    uint32_t at = NOWHERE, group = children[0]->c;

    for (size_t i = 0; i < nchoices && !b->too_large; i++) {
        b->bound[group] = &choices[i];
        at = fork_to(b, make_children(b, children, n, next), at);
    }
    b->bound[group] = NULL;
    return at;
}

/* What is read last is made first. */
static uint32_t
make_children(struct builder *b, const struct weir__node *const *children, size_t n, uint32_t next)
{
    size_t choice = first_choice(b, children, n);

    for (size_t i = 0; i < choice && b->backwards && next != NOWHERE; i++)
        next = make(b, children[i], next);
    if (choice < n && next != NOWHERE)
        next = make_choices(b, children + choice, n - choice, next);
    for (size_t i = choice; i > 0 && !b->backwards && next != NOWHERE; i--)
        next = make(b, children[i - 1], next);
    return next;
}

static uint32_t
make_cat(struct builder *b, const struct weir__node *n, uint32_t next)
{
    size_t nchildren = 0, i = 0;

    for (const struct weir__node *child = n->first; child; child = child->next)
        nchildren++;
    const struct weir__node **children = arena_array(b->work, nchildren, sizeof(void *));
    for (const struct weir__node *child = n->first; child; child = child->next)
        children[i++] = child;
    return make_children(b, children, nchildren, next);
}

/* Any number of any symbols. */
static uint32_t
make_anything(struct builder *b, uint32_t next)
{
    struct weir__symbols s = any_symbol();
    uint32_t at = add(b, FORK, NOWHERE);

    if (at == NOWHERE)
        return NOWHERE;
    uint32_t body = add_place(b, &s, at);
    b->nodes[at].next = body;
    b->nodes[at].other = next;
    return at;
}

static uint32_t
make_capture(struct builder *b, const struct weir__node *n, uint32_t next)
{
    const struct choice *choice = n->c < GROUPS_MOST ? b->bound[n->c] : NULL;

    return choice ? add_place(b, &choice->group, next) : make(b, n->first, next);
}

static uint32_t
make_backref(struct builder *b, const struct weir__node *n, uint32_t next)
{
    const struct choice *choice = n->c < GROUPS_MOST ? b->bound[n->c] : NULL;

    return choice ? add_place(b, &choice->reference, next) : make_anything(b, next);
}

static uint32_t
make_alt(struct builder *b, const struct weir__node *n, uint32_t next)
{
    uint32_t at = NOWHERE;

    for (const struct weir__node *child = n->first; child && !b->too_large; child = child->next)
        at = fork_to(b, make(b, child, next), at);
    return at;
}

static uint32_t
make_set(struct builder *b, const struct weir__charset *set, uint32_t next)
{
    struct weir__symbols s = symbols_of(set);
    uint32_t at = add_place(b, &s, next);

    /* malformed bytes are characters to a glob, which may be no symbols */
    return b->is_glob ? fork_to(b, at, next) : at;
}

/* The node that n begins with, given the one that comes after it. */
static uint32_t
make(struct builder *b, const struct weir__node *n, uint32_t next)
{
    struct weir__symbols s = {0};

    b->too_large |= ++b->steps > STEPS_MOST;
    if (b->too_large)
        return NOWHERE;
    switch (n->kind) {
    case WEIR__NODE_EMPTY:
    case WEIR__NODE_LOOK:
        return next;
    case WEIR__NODE_NEVER:
        return NOWHERE;
    case WEIR__NODE_ANYTHING:
        return make_anything(b, next);
    case WEIR__NODE_CAPTURE:
        return make_capture(b, n, next);
    case WEIR__NODE_BACKREF:
        return make_backref(b, n, next);
    case WEIR__NODE_BEGIN:
        return next == NOWHERE ? NOWHERE : add(b, b->backwards ? AT_END : AT_BEGIN, next);
    case WEIR__NODE_END:
        return next == NOWHERE ? NOWHERE : add(b, b->backwards ? AT_BEGIN : AT_END, next);
    case WEIR__NODE_CHAR:
        put(&s, first_byte(n->c));
        return add_place(b, &s, next);
    case WEIR__NODE_SET:
        return make_set(b, n->set, next);
    case WEIR__NODE_CAT:
        return make_cat(b, n, next);
    case WEIR__NODE_ALT:
        return make_alt(b, n, next);
    case WEIR__NODE_REPEAT:
        return make_repeat(b, n, next);
    }
    return NOWHERE;
}

/* Walks ------------------------------------------------------------------------------------ */

static void
push(struct builder *b, uint32_t node)
{
    if (node != NOWHERE)
        *ARENA_PUSH(b->work, b->stack, b->nstack, b->stack_cap) = node;
}

static void
found(struct builder *b, uint32_t what)
{
    *ARENA_PUSH(b->work, b->list, b->nlist, b->list_cap) = what;
}

/* What can be reached from the stack without taking a symbol. Past an end of the subject there is
   nothing but the end of the pattern. */
static void
walk(struct builder *b, bool at_begin, bool at_end)
{
    uint32_t mark = ++b->walk;

    while (b->nstack > 0) {
        struct node *n = &b->nodes[b->stack[--b->nstack]];
        if (n->seen == mark)
            continue;
        n->seen = mark;
        switch (n->kind) {
        case FORK:
            push(b, n->next);
            push(b, n->other);
            break;
        case PLACE:
            if (!at_end)
                found(b, n->place);
            break;
        case AT_BEGIN:
            if (at_begin)
                push(b, n->next);
            break;
        case AT_END:
            if (at_end)
                push(b, n->next);
            break;
        case MATCH:
            found(b, at_end ? WEIR__MATCHED_AT_END : WEIR__MATCHED);
            break;
        }
    }
}

static bool
has(const uint32_t *list, size_t n, uint32_t what)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == what)
            return true;
    return false;
}

/* Everything from one node on, the subject's end included. */
static struct weir__numbers
reached(struct builder *b, uint32_t node, bool at_begin)
{
    b->nlist = 0;
    push(b, node);
    walk(b, at_begin, false);
    if (has(b->list, b->nlist, WEIR__MATCHED)) {
        b->nlist = 0; /* a match is a match: the rest does not matter */
        found(b, WEIR__MATCHED);
    } else {
        push(b, node);
        walk(b, at_begin, true);
    }
    uint32_t *items = arena_array(b->in, b->nlist, sizeof *items);
    if (b->nlist)
        memcpy(items, b->list, b->nlist * sizeof *items);
    return (struct weir__numbers){items, b->nlist};
}

static bool
lists(struct builder *b, uint32_t start, struct weir__nfa *out)
{
    struct weir__numbers *after = arena_array(b->in, b->nplaces, sizeof *after);
    size_t total = 0;

    for (size_t i = 0; i < b->nplaces && total <= AFTER_MOST; i++) {
        after[i] = reached(b, b->nodes[b->place_nodes[i]].next, false);
        total += after[i].n;
    }
    *out = (struct weir__nfa){.symbols = b->symbols, .after = after, .nplaces = b->nplaces};
    out->at_start = reached(b, start, true);
    out->anywhere = reached(b, start, false);
    return total <= AFTER_MOST;
}

bool
weir__nfa_build(const struct weir__node *root, bool is_glob, bool backwards, struct arena *work,
                struct arena *in, struct weir__nfa *out)
{
    static const struct {
        uint32_t copies;
        bool binds;
    } tries[] = {{40, true}, {40, false}, {10, false}, {3, false}, {1, false}};

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct builder b = {.work = work,
                            .in = in,
                            .copies = tries[i].copies,
                            .binds = tries[i].binds,
                            .is_glob = is_glob,
                            .backwards = backwards};
        uint32_t start = make(&b, root, add(&b, MATCH, NOWHERE));

        if (!b.too_large && lists(&b, start, out))
            return true;
    }
    return false;
}
