/*
 * `dsa:` of orders and rules, checked by the table of what statements of reasons need, and kept as
 * JSON in the order of that table. What an order says may be completed by its rules, so that only
 * what stands there is looked at, and not what is missing.
 */
#include "compile/compiling.h"

#include "base/buf.h"
#include "model/dsa.h"

/* People know the words by what they say, not by the database's prefix. */
static bool
lacks_prefix(const struct weir__dsa_about *about, weir_span s)
{
    size_t n = strlen(about->prefix);

    for (size_t i = 0; n && i < about->nwords; i++)
        if (span_starts(span_of(about->words[i]), about->prefix) &&
            weir__span_eq_nocase(span_of(about->words[i] + n), s))
            return true;
    return false;
}

static bool
want_word(struct compiling *c, const struct node *n, const struct weir__dsa_about *about,
          const char **word)
{
    weir_span s;
    unsigned v;

    if (!weir__want_text(c, n, &s))
        return false;
    if (lacks_prefix(about, s)) {
        char upper[128] = "";
        for (size_t i = 0; i < s.len && i < sizeof upper - 1; i++)
            upper[i] = ascii_upper(s.p[i]);
        ERR(c, n, "the whole word is needed: write %s%s", about->prefix, upper);
        return false;
    }
    if (!weir__want_word(c, n, about->key, about->words, about->nwords, &v))
        return false;
    *word = about->words[v];
    return true;
}

/* The same word twice in a list is of no use, and the database may refuse it. */
static void
take_words(struct compiling *c, const struct node *n, const struct weir__dsa_about *about)
{
    uint64_t seen = 0;
    const char *word;

    if (!weir__want_seq(c, n, about->key))
        return;
    weir_buf_putc(&c->buf, '[');
    for (size_t i = 0; i < n->n; i++) {
        if (!want_word(c, n->items[i], about, &word))
            continue;
        uint64_t bit = 0;
        for (size_t w = 0; w < about->nwords; w++)
            if (word == about->words[w])
                bit = UINT64_C(1) << w;
        if (seen & bit)
            ERR(c, n->items[i], "%s stands here twice", word);
        seen |= bit;
        weir_buf_puts(&c->buf, i ? "," : "");
        weir_buf_put_json(&c->buf, span_of(word));
    }
    weir_buf_putc(&c->buf, ']');
}

static void
take_text(struct compiling *c, const struct node *n, const struct weir__dsa_about *about)
{
    weir_span s;
    size_t at, named;

    if (!weir__want_text(c, n, &s))
        return;
    if (weir__span_width(s) > about->most)
        ERR(c, n, "`%s` has %u characters: the Transparency Database takes %zu", about->key,
            weir__span_width(s), about->most);
    if (!weir__span_trim(s).len)
        ERR(c, n, "`%s` is blank: write what it is to say, or leave the key out", about->key);
    named = weir__names_somebody(s, &at);
    if (named) {
        struct weir__place place = weir__place_within(n, at, named);
        weir__diag_add(c->diags, WEIR_WARNING, &place,
                       "statements of reasons are public and may hold no personal data: with "
                       "\"%.*s\" in `%s` none will be exported. Say it without an account, hashtag "
                       "or id",
                       (int)named, s.p + at, about->key);
    }
    weir_buf_put_json(&c->buf, s);
}

static void
take_value(struct compiling *c, const struct node *n, const struct weir__dsa_about *about)
{
    const char *word;

    weir_buf_puts(&c->buf, c->buf.len > 1 ? ",\"" : "\"");
    weir_buf_puts(&c->buf, about->key);
    weir_buf_puts(&c->buf, "\":");
    if (about->is == WEIR__DSA_TEXT)
        take_text(c, n, about);
    else if (about->is == WEIR__DSA_WORDS)
        take_words(c, n, about);
    else if (want_word(c, n, about, &word))
        weir_buf_put_json(&c->buf, span_of(word));
}

/* What only goes with another value than the one that is given beside it. */
static void
refuse_idle(struct compiling *c, const struct node *map)
{
    static const struct {
        enum weir__dsa_key key;
        const char *unless;
    } idle[] = {
        {WEIR__DSA_LEGAL_GROUND, "DECISION_GROUND_ILLEGAL_CONTENT"},
        {WEIR__DSA_LEGAL_EXPLANATION, "DECISION_GROUND_ILLEGAL_CONTENT"},
        {WEIR__DSA_TERMS_GROUND, "DECISION_GROUND_INCOMPATIBLE_CONTENT"},
        {WEIR__DSA_TERMS_EXPLANATION, "DECISION_GROUND_INCOMPATIBLE_CONTENT"},
        {WEIR__DSA_TERMS_ILLEGAL, "DECISION_GROUND_INCOMPATIBLE_CONTENT"},
    };
    const struct node *ground = weir__node_get(map, "decision_ground");

    for (size_t i = 0; ground && i < sizeof idle / sizeof *idle; i++) {
        const struct node *n = weir__node_get(map, weir__dsa_about(idle[i].key)->key);
        if (n && ground->kind == NODE_SCALAR && !span_is(ground->text, idle[i].unless))
            ERR(c, n, "`%s` only goes with `decision_ground: %s`",
                weir__dsa_about(idle[i].key)->key, idle[i].unless);
    }
}

weir_span
weir__compile_dsa(struct compiling *c, const struct node *map)
{
    const char *keys[WEIR__NDSA_KEYS];
    const struct node *n;

    for (int k = 0; k < WEIR__NDSA_KEYS; k++)
        keys[k] = weir__dsa_about((enum weir__dsa_key)k)->key;
    if (!weir__want_map(c, map, "`dsa`"))
        return SPAN_NONE;
    weir__check_keys(c, map, "`dsa`", keys, WEIR__NDSA_KEYS);
    refuse_idle(c, map);
    c->buf.len = 0;
    weir_buf_putc(&c->buf, '{');
    for (int k = 0; k < WEIR__NDSA_KEYS; k++)
        if ((n = weir__node_get(map, keys[k])) != NULL)
            take_value(c, n, weir__dsa_about((enum weir__dsa_key)k));
    weir_buf_putc(&c->buf, '}');
    if (c->buf.failed)
        longjmp(*c->work->on_oom, 1);
    return arena_copy(c->into, span_of_buf(&c->buf));
}
