/*
 * Taking records apart. Their keys stand in a fixed order (SPEC section 7), so that a look at the
 * beginning and the end is enough for most; what stands between is only searched.
 */
#include "replay/recorded.h"

#include <string.h>

#define LITERAL(s) ((weir_span){(s), sizeof(s) - 1})

static const weir_span carried = LITERAL(",\"action\":\"withhold\"}");

static weir_span
rest(weir_span s, size_t from)
{
    return (weir_span){s.p + from, s.len - from};
}

static bool
begins(weir_span s, weir_span with)
{
    return s.len >= with.len && memcmp(s.p, with.p, with.len) == 0;
}

static bool
ends(weir_span s, weir_span with)
{
    return s.len >= with.len && memcmp(s.p + s.len - with.len, with.p, with.len) == 0;
}

/* Where it stands first, from a place on; s.len: nowhere. */
static size_t
find(weir_span s, size_t from, weir_span what)
{
    const char *p = from < s.len ? memmem(s.p + from, s.len - from, what.p, what.len) : NULL;

    return p ? (size_t)(p - s.p) : s.len;
}

/* Behind the string whose opening quote is at `at`; 0: it does not end. */
static size_t
string_end(weir_span s, size_t at)
{
    for (at++; at < s.len && s.p[at] != '"'; at++)
        at += s.p[at] == '\\';
    return at < s.len ? at + 1 : 0;
}

/* Behind the object at `at`, in which there are no others; 0: it does not end. */
static size_t
object_end(weir_span s, size_t at)
{
    for (at++; at && at < s.len && s.p[at] != '}';)
        at = s.p[at] == '"' ? string_end(s, at) : at + 1;
    return at && at < s.len ? at + 1 : 0;
}

static weir_span
without_newline(weir_span s)
{
    return (weir_span){s.p, s.len - (s.len && s.p[s.len - 1] == '\n')};
}

/* Reading ------------------------------------------------------------------------------------ */

/* `,"at":"…","ruleset":"…"}` at the end. @return where it begins; 0: it is not there. */
static size_t
read_tail(weir_span s, struct recorded *out)
{
    static const char between[] = "\",\"ruleset\":\"";
    size_t tail = sizeof between - 1 + RECORDED_DIGEST + 2, least = sizeof ",\"at\":\"" - 1;

    if (s.len < tail || !ends(s, LITERAL("\"}")) ||
        !begins(rest(s, s.len - tail), LITERAL("\",\"ruleset\":\"")))
        return 0;
    out->ruleset = (weir_span){s.p + s.len - RECORDED_DIGEST - 2, RECORDED_DIGEST};
    size_t time_ends = s.len - tail, at = time_ends;
    while (at > least && time_ends - at < WEIR_TIME_MAX && s.p[at - 1] != '"')
        at--;
    weir_span time = {s.p + at, time_ends - at};
    if (at < least || !begins(rest(s, at - least), LITERAL(",\"at\":\"")) ||
        !weir_time_parse(time, &out->at_ms))
        return 0;
    return at - least;
}

/* The subject, of which `at` is the value. @return behind it, and its author; 0: it is none. */
static size_t
read_subject(weir_span s, size_t at, struct recorded *out)
{
    size_t end = out->kind == RECORDED_POST ? string_end(s, at) : object_end(s, at);

    if (!end)
        return 0;
    out->key = (weir_span){s.p + at, end - at};
    if (begins(rest(s, end), LITERAL(",\"author\":\"")))
        end = string_end(s, end + sizeof ",\"author\":" - 1);
    return end;
}

static bool
is_limited(weir_span s)
{
    static const weir_span key = LITERAL(",\"limit\":["), tags = LITERAL("\"tags\"]");

    for (size_t at = find(s, 0, key); at < s.len; at = find(s, at + key.len, key))
        if (!begins(rest(s, at + key.len), tags))
            return true;
    return false;
}

static bool
read_decision(weir_span s, size_t at, struct recorded *out)
{
    size_t tail = read_tail(s, out);

    at = tail ? read_subject(s, at, out) : 0;
    if (!at || at > tail || !begins(rest(s, at), LITERAL(",\"action\":\"")))
        return false;
    weir_span allow = LITERAL(",\"action\":\"allow\"");
    size_t behind = at + allow.len;
    out->plain = begins(rest(s, at), allow) &&
                 (behind == tail || begins(rest(s, behind), LITERAL(",\"trace\":[")));
    out->traced = find(s, at, LITERAL(",\"trace\":[")) < s.len;
    if (out->plain && out->traced) /* what it quotes stands behind the trace */
        out->plain = find(s, behind, LITERAL(",\"quoted\":{")) == s.len;
    out->limited = is_limited(s);
    return true;
}

bool
recorded_read(weir_span record, struct recorded *out)
{
    static const weir_span post = LITERAL("{\"v\":1,\"post\":"),
                           query = LITERAL("{\"v\":1,\"query\":");
    weir_span s = without_newline(record);

    *out = (struct recorded){.kind = RECORDED_ERROR, .withheld = ends(s, carried)};
    if (begins(s, LITERAL("{\"v\":1,\"error\":\"")))
        return find(s, 0, LITERAL(",\"line\":")) < s.len && ends(s, LITERAL("}"));
    out->kind = begins(s, post) ? RECORDED_POST : RECORDED_QUERY;
    if (out->kind == RECORDED_POST && begins(rest(s, post.len), LITERAL("\"")))
        return read_decision(s, post.len, out);
    return begins(s, query) && begins(rest(s, query.len), LITERAL("{")) &&
           read_decision(s, query.len, out);
}

void
recorded_error_key(weir_span record, weir_buf *out)
{
    static const weir_span line = LITERAL(",\"line\":");
    weir_span s = without_newline(record);
    size_t at = find(s, 0, line), upto = at;

    for (upto += upto < s.len ? line.len : 0; upto < s.len && s.p[upto] >= '0' && s.p[upto] <= '9';)
        upto++;
    weir_buf_put(out, (weir_span){s.p, at});
    if (ends(s, carried))
        s.len -= carried.len;
    else
        s.len -= s.len > upto;
    weir_buf_put(out, rest(s, upto < s.len ? upto : s.len));
}

/* Lists -------------------------------------------------------------------------------------- */

/* The strings of the list whose `[` is at `at`, without their quotes. */
static size_t
next_in_list(weir_span s, size_t at, weir_span *out)
{
    if (at + 1 >= s.len || s.p[at + 1] != '"')
        return 0;
    size_t end = string_end(s, at + 1);
    *out = end ? (weir_span){s.p + at + 2, end - at - 3} : (weir_span){NULL, 0};
    return end; /* of a comma, or of the list's end */
}

void
recorded_breakers(weir_span record, recorded_rule_fn *rule, void *arg)
{
    static const weir_span key = LITERAL(",\"breaker\":[");

    for (size_t at = find(record, 0, key); at < record.len; at = find(record, at + 1, key)) {
        weir_span name;
        size_t in = at + key.len - 1;

        while ((in = next_in_list(record, in, &name)))
            rule(arg, name);
    }
}

struct wanted {
    const char *rule;
    size_t len;
    bool found;
};

static void
is_wanted(void *arg, weir_span id)
{
    struct wanted *w = arg;

    w->found |= id.len == w->len && memcmp(id.p, w->rule, w->len) == 0;
}

bool
recorded_names_breaker(weir_span record, const char *rule)
{
    struct wanted w = {.rule = rule, .len = strlen(rule)};

    recorded_breakers(record, is_wanted, &w);
    return w.found;
}

/* Comparing ---------------------------------------------------------------------------------- */

/* The digits that a digest has at `at`; 0: none begin there. */
static size_t
digest_at(weir_span s, size_t at)
{
    static const weir_span key = LITERAL(",\"ruleset\":\"");

    return begins(rest(s, at), key) && s.len - at >= key.len + RECORDED_DIGEST ? at + key.len : 0;
}

bool
recorded_is(weir_span record, weir_span made, bool any_rules)
{
    size_t digits;

    record = without_newline(record);
    made = without_newline(made);
    if (record.len != made.len)
        return false;
    if (!any_rules)
        return memcmp(record.p, made.p, made.len) == 0;
    for (size_t at = 0; at < made.len; at++) {
        if (record.p[at] != made.p[at])
            return false;
        if (made.p[at] == ',' && (digits = digest_at(made, at)) && digest_at(record, at))
            at = digits + RECORDED_DIGEST - 1;
    }
    return true;
}

/* Where a record names rules: what is before, and behind, tells what for. */
struct naming {
    weir_buf names; /* a byte for where, the id, and a NUL, each */
};

static void
add_name(struct naming *n, char where, weir_span id)
{
    weir_buf_putc(&n->names, where);
    weir_buf_put(&n->names, id);
    weir_buf_putc(&n->names, '\0');
}

/* Acting (after a comma), or exempted, then with what did it. In a trace all rules stand. */
static void
name_rules(struct naming *n, weir_span s)
{
    static const weir_span key = LITERAL("\"rule\":\""), by = LITERAL(",\"by\":\"");
    size_t end;

    for (size_t at = find(s, 0, key); at < s.len; at = find(s, at + 1, key)) {
        if (!(end = string_end(s, at + key.len - 1)))
            return;
        if (begins(rest(s, end), LITERAL(",\"state\":")))
            continue;
        bool acts = at > 0 && s.p[at - 1] == ',';
        add_name(n, acts ? 'a' : 'e', (weir_span){s.p + at + key.len, end - at - key.len - 1});
        size_t from = end + by.len;
        if (!acts && begins(rest(s, end), by) && (end = string_end(s, from - 1)))
            add_name(n, 'b', (weir_span){s.p + from, end - from - 1});
    }
}

static void
name_lists(struct naming *n, weir_span s)
{
    static const weir_span keys[] = {LITERAL(",\"observed\":["), LITERAL(",\"held_back\":["),
                                     LITERAL(",\"limit\":["), LITERAL(",\"breaker\":[")};
    weir_span name;

    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t at = find(s, 0, keys[k]); at < s.len; at = find(s, at + 1, keys[k])) {
            size_t in = at + keys[k].len - 1;

            while ((in = next_in_list(s, in, &name)))
                add_name(n, (char)('0' + k), name);
        }
}

static bool
has_name(const struct naming *n, const char *name)
{
    for (size_t at = 0; at < n->names.len; at += strlen(n->names.p + at) + 1)
        if (strcmp(n->names.p + at, name) == 0)
            return true;
    return false;
}

/* What one has, and the other not. @return how many. */
static size_t
tell_names(const struct naming *one, const struct naming *other, recorded_rule_fn *rule, void *arg)
{
    size_t n = 0;

    for (size_t at = 0; at < one->names.len; at += strlen(one->names.p + at) + 1) {
        const char *name = one->names.p + at;

        if (has_name(other, name))
            continue;
        rule(arg, (weir_span){name + 1, strlen(name + 1)});
        n++;
    }
    return n;
}

/* The first that is named behind a place; behind that place in a trace, none is. */
static void
tell_next(weir_span s, size_t from, recorded_rule_fn *rule, void *arg)
{
    static const weir_span key = LITERAL("\"rule\":\"");
    size_t at = find(s, from, key), end = at < s.len ? string_end(s, at + key.len - 1) : 0;

    if (end && !begins(rest(s, end), LITERAL(",\"state\":")))
        rule(arg, (weir_span){s.p + at + key.len, end - at - key.len - 1});
}

static size_t
first_difference(weir_span a, weir_span b)
{
    size_t at = 0;

    while (at < a.len && at < b.len && a.p[at] == b.p[at])
        at++;
    return at;
}

bool
recorded_differ(weir_span record, weir_span made, recorded_rule_fn *rule, void *arg)
{
    struct naming was = {0}, is = {0};

    name_rules(&was, record);
    name_lists(&was, record);
    name_rules(&is, made);
    name_lists(&is, made);
    bool good = !was.names.failed && !is.names.failed;
    size_t told = good ? tell_names(&was, &is, rule, arg) : 0;
    told += good ? tell_names(&is, &was, rule, arg) : 0;
    if (good && !told) {
        size_t at = first_difference(record, made);

        tell_next(record, at, rule, arg);
        tell_next(made, at, rule, arg);
    }
    weir_buf_fini(&was.names);
    weir_buf_fini(&is.names);
    return good;
}
