/*
 * The tests that rules carry: hashtags and accounts tried on the rule's own selector of that kind,
 * whole posts on the whole rule; free of time, region, mode and rollout.
 *
 * A test is about one rule, so no other rule's patterns are tried, and the budget of a post does
 * not apply.
 */
#include "base/check.h"
#include "base/error.h"
#include "decide/judge.h"
#include "text/fold.h"

struct run {
    const struct weir_ruleset *rs;
    struct weir__match match;
    weir_reader *reader; /* NULL until a post asks for it */
    weir_buf why;        /* what came out, of a test that fails */
    weir_diags *diags;
    size_t nfailed;
};

static const char *
what_is(const struct weir__rule_test *t)
{
    if (t->is_post)
        return "post";
    return weir__test_is_account(t->text) ? "account" : "hashtag";
}

static void
fail(struct run *run, const struct weir__rule_test *t)
{
    struct weir__place at = {run->rs->files[t->file], t->line, t->column, t->width, t->source};
    const struct weir_rule *rule = &run->rs->rules[t->rule];

    run->nfailed++;
    weir__diag_add(run->diags, WEIR_ERROR, &at, "this %s should%s match rule \"%.*s\" and %s: %.*s",
                   what_is(t), t->expect_match ? "" : " not", SPAN_FMT(rule->id),
                   t->expect_match ? "does not" : "does", SPAN_FMT(run->why));
}

/* Is the test as expected, so far as one selector goes? Else `why` begins with what came out. */
static bool
selector_agrees(struct run *run, const struct weir__rule_test *t, weir_selector kind)
{
    const struct weir_rule *rule = &run->rs->rules[t->rule];
    bool hit = weir__value_hit(&run->match, rule, WEIR__MATCH, kind) != WEIR_NONE;
    bool excepted = weir__value_hit(&run->match, rule, WEIR__EXCEPT, kind) != WEIR_NONE;

    if ((hit && !excepted) == t->expect_match)
        return true;
    run->why.len = 0;
    if (hit && excepted)
        weir_buf_printf(&run->why, "`except` has it among its `%s`; ", weir_selector_name(kind));
    if (weir__ran_out(&run->match, rule))
        weir_buf_printf(&run->why, "%s, and `on_limit` made that a %s; ",
                        weir_status_text(WEIR_E_LIMIT), rule->limit_matches ? "match" : "skip");
    return false;
}

/* The key, and what the rule's fold makes of it. */
static void
explain_tag(struct run *run, const struct weir_rule *rule, weir_span tag)
{
    weir_buf key = {0}, folded = {0};

    weir_canonical_key(tag, &key);
    if (key.len == 0)
        weir_buf_puts(&run->why, "its canonical key is empty, and an empty key never matches");
    else
        weir_buf_printf(&run->why, "its canonical key is \"%.*s\"", SPAN_FMT(key));
    if (key.len && rule->fold == WEIR__FOLD_TURKIC)
        weir__fold_turkic(span_of_buf(&key), &folded);
    if (key.len && rule->fold == WEIR__FOLD_CONFUSABLE)
        weir__fold_letters(span_of_buf(&key), &folded);
    if (folded.len && !span_eq(span_of_buf(&folded), span_of_buf(&key)))
        weir_buf_printf(&run->why, ", folded \"%.*s\"", SPAN_FMT(folded));
    weir_buf_fini(&key);
    weir_buf_fini(&folded);
}

static weir_status
try_tag(struct run *run, const struct weir__rule_test *t)
{
    weir_post post = {.source = WEIR_SOURCE_QUERY, .hashtags = &t->text, .nhashtags = 1};
    weir_status st = weir__match_post(&run->match, &post, (struct weir__scope){.only = t->rule});

    if (st != WEIR_OK || selector_agrees(run, t, WEIR_SEL_HASHTAGS))
        return st;
    explain_tag(run, &run->rs->rules[t->rule], t->text);
    fail(run, t);
    return WEIR_OK;
}

/* What an account is written as: `@handle`, `user@domain`, `id:…` or `did:…`. */
static weir_account
account_of(weir_span text)
{
    if (span_starts(text, "id:"))
        return (weir_account){.id = span_skip(text, 3)};
    if (span_starts(text, "did:"))
        return (weir_account){.id = text};
    return (weir_account){.handle = span_skip(text, span_starts(text, "@") ? 1 : 0)};
}

static void
explain_account(struct run *run, const weir_account *a)
{
    if (a->id.len) {
        weir_buf_printf(&run->why, "it is compared as the id \"%.*s\", and it has no handle",
                        SPAN_FMT(a->id));
        return;
    }
    weir_buf_puts(&run->why, "it is compared as \"");
    weir__fold_handle(a->handle, &run->why);
    weir_buf_puts(&run->why, "\", and it has no id (id:42 tests one)");
}

/* On `accounts` where the rule gives it, else on `mentions`. */
static weir_status
try_account(struct run *run, const struct weir__rule_test *t)
{
    const struct weir_rule *rule = &run->rs->rules[t->rule];
    bool as_author = rule->selector[WEIR__MATCH][WEIR_SEL_ACCOUNTS] != WEIR_NONE;
    weir_account account = account_of(t->text);
    weir_post post = {.source = WEIR_SOURCE_QUERY};

    if (as_author) {
        post.author = account;
    } else {
        post.mentions = &account;
        post.nmentions = 1;
    }
    weir_status st = weir__match_post(&run->match, &post, (struct weir__scope){.only = t->rule});
    if (st != WEIR_OK || selector_agrees(run, t, as_author ? WEIR_SEL_ACCOUNTS : WEIR_SEL_MENTIONS))
        return st;
    explain_account(run, &account);
    fail(run, t);
    return WEIR_OK;
}

static void
judge_post(struct run *run, const struct weir__rule_test *t)
{
    const struct weir_rule *rule = &run->rs->rules[t->rule];
    weir_selector missed = weir__missed(&run->match, rule);
    weir_selector excepting = weir__excepting(&run->match, rule);

    if ((missed == WEIR_NSELECTORS && excepting == WEIR_NSELECTORS) == t->expect_match)
        return;
    run->why.len = 0;
    if (missed != WEIR_NSELECTORS)
        weir_buf_printf(&run->why, "it has no value for `%s` of `match`",
                        weir_selector_name(missed));
    else if (excepting != WEIR_NSELECTORS)
        weir_buf_printf(&run->why, "`%s` of `except` hits it", weir_selector_name(excepting));
    else
        weir_buf_puts(&run->why, "every selector of `match` hits it, and none of `except`");
    fail(run, t);
}

static void
refuse_post(struct run *run, const struct weir__rule_test *t, const weir_item *item)
{
    struct weir__place at = {run->rs->files[t->file], t->line, t->column, t->width, t->source};

    run->nfailed++;
    if (item && item->kind == WEIR_ITEM_ERROR)
        weir__diag_add(run->diags, WEIR_ERROR, &at, "this post of a test cannot be read: %s: %.*s",
                       weir_read_error_name(item->error), SPAN_FMT(item->detail));
    else
        weir__diag_add(run->diags, WEIR_ERROR, &at, "this is no post in Tagweir's own dialect");
}

/* Neither what the post reposts nor what it quotes is looked at. */
static weir_status
try_post(struct run *run, const struct weir__rule_test *t)
{
    const weir_item *items;
    size_t n;
    weir_status st = run->reader ? WEIR_OK : weir_reader_new(NULL, &run->reader);

    if (st == WEIR_OK)
        st = weir_reader_read(run->reader, t->text, t->text.len, &items, &n);
    if (st != WEIR_OK)
        return st;
    if (n != 1 || items[0].kind != WEIR_ITEM_POST || items[0].post->query.kind != WEIR_QUERY_NONE) {
        refuse_post(run, t, n == 1 ? &items[0] : NULL);
        return WEIR_OK;
    }
    st = weir__match_post(&run->match, items[0].post, (struct weir__scope){.only = t->rule});
    if (st == WEIR_OK)
        judge_post(run, t);
    return st;
}

static weir_status
run_all(struct run *run)
{
    weir_status st = WEIR_OK;

    for (uint32_t i = 0; i < run->rs->ntests && st == WEIR_OK; i++) {
        const struct weir__rule_test *t = &run->rs->tests[i];
        if (t->is_post)
            st = try_post(run, t);
        else if (weir__test_is_account(t->text))
            st = try_account(run, t);
        else
            st = try_tag(run, t);
        if (run->why.failed)
            st = WEIR_E_NOMEM;
    }
    return st;
}

weir_status
weir_ruleset_test(weir_ruleset *rs, weir_diags *diags, size_t *ntests)
{
    static const weir_decide_options unbounded = {.post_limit = UINT32_MAX,
                                                  .match_off = WEIR_MATCH_MEMO};
    struct run run = {.rs = rs, .diags = diags};

    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    if (ntests)
        *ntests = rs->ntests;
    if (rs->ntests == 0)
        return WEIR_OK;
    weir_status st = weir__match_init(&run.match, rs, &unbounded);
    if (st != WEIR_OK)
        return st;
    st = run_all(&run);
    weir_reader_free(run.reader);
    weir_buf_fini(&run.why);
    weir__match_fini(&run.match);
    if (st != WEIR_OK)
        return st;
    return run.nfailed ? WEIR_E_RULES : WEIR_OK;
}
