/*
 * The tests that rules carry: read and kept here, run by deciding.
 */
#include "compile/compiling.h"

#include "text/fold.h"

static bool
is_there(struct compiling *c, const struct node *n, weir_span value, const char *what)
{
    if (value.len)
        return true;
    ERR(c, n, "a%s %s is missing behind the %.*s: this tests nothing", what[0] == 'i' ? "n" : "",
        what, SPAN_FMT(n->text));
    return false;
}

static bool
is_account(struct compiling *c, const struct node *n)
{
    bool at = span_starts(n->text, "@"), id = span_starts(n->text, "id:");
    weir_span bare = span_skip(n->text, at ? 1 : id ? 3 : 0);

    if (!is_there(c, n, bare, id ? "id" : "handle"))
        return false;
    if (at && (span_starts(bare, "id:") || span_starts(bare, "did:"))) {
        ERR(c, n, "an id stands without an @: write %.*s", SPAN_FMT(bare));
        return false;
    }
    if (span_has_blank(bare)) {
        ERR(c, n, "this tests no account: write @handle, user@domain, id:42 or did:plc:z72i7h");
        return false;
    }
    return true;
}

/* A test is tried on a selector of its kind, which the rule must have. */
static bool
can_be_tried(struct compiling *c, const struct node *n, const struct weir_rule *r)
{
    bool account = weir__test_is_account(n->text);
    const uint32_t *match = r->selector[WEIR__MATCH];

    if (!(account ? is_account(c, n) : is_there(c, n, weir__tag_body(n->text), "hashtag")))
        return false;
    if (account && match[WEIR_SEL_ACCOUNTS] == WEIR_NONE && match[WEIR_SEL_MENTIONS] == WEIR_NONE) {
        ERR(c, n, "this tests an account, and the rule matches neither accounts nor mentions");
        return false;
    }
    if (!account && match[WEIR_SEL_HASHTAGS] == WEIR_NONE) {
        ERR(c, n,
            "this tests a hashtag, and the rule matches none; an account is written @handle, "
            "user@domain, id:42 or did:plc:z72i7h");
        return false;
    }
    return true;
}

static void
take_test(struct compiling *c, const struct node *n, bool expect, uint32_t rule,
          const struct weir_rule *r)
{
    struct weir__place at = weir__place_of(n);
    struct weir__rule_test t = {.rule = rule, .expect_match = expect, .line = at.line};
    weir_span text;

    t.file = n->file->index;
    t.column = at.column;
    t.width = at.width;
    if (n->kind == NODE_MAP) {
        t.is_post = true;
        t.text = weir__node_json(c, n);
    } else {
        if (!weir__want_text(c, n, &text) || !can_be_tried(c, n, r))
            return;
        t.text = arena_copy(c->into, text);
    }
    t.source = arena_copy(c->into, at.source);
    *ARENA_PUSH(c->work, c->tests, c->ntests, c->tests_cap) = t;
}

void
weir__compile_tests(struct compiling *c, const struct node *map, uint32_t rule,
                    const struct weir_rule *r)
{
    static const char *const keys[] = {"match", "no_match"};

    if (!weir__want_map(c, map, "`tests`"))
        return;
    weir__check_keys(c, map, "`tests`", keys, 2);
    for (size_t k = 0; k < 2; k++) {
        const struct node *seq = weir__node_get(map, keys[k]);
        if (!seq || !weir__want_seq(c, seq, "a list of tests"))
            continue;
        for (size_t i = 0; i < seq->n; i++)
            take_test(c, seq->items[i], k == 0, rule, r);
    }
}
