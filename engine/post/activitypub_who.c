/*
 * Who: ActivityPub's authors and mentions.
 *
 * An account is known for certain by its actor's URI. A handle, user@domain, is what people and
 * orders know it by; where it comes from, and how far it is to be trusted, README.md says.
 */
#include "post/activitypub.h"

#include "text/uri.h"

/* user@host, of an address that has nothing but a host in front of its path; else nothing. */
static weir_span
handle_at(struct weir__reading *r, weir_span user, weir_span uri)
{
    struct weir__uri at;

    if (user.len == 0 || !weir__uri_read(uri, &at) || !at.is_host_bare)
        return SPAN_NONE;
    char *handle = arena_take(r->arena, user.len + 1 + at.host.len);
    memcpy(handle, user.p, user.len);
    handle[user.len] = '@';
    memcpy(handle + user.len + 1, at.host.p, at.host.len);
    return (weir_span){handle, user.len + 1 + at.host.len};
}

static bool
is_user_name(weir_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = ascii_lower(s.p[i]);
        if (!((c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '_' || c == '-' || c == '.'))
            return false;
    }
    return s.len > 0;
}

/* The name in https://host/users/NAME and https://host/@NAME, which most servers use; in every
   other address nothing says that there is one. */
static weir_span
user_in(weir_span uri)
{
    static const char *const before[] = {"/users/", "/@"};
    struct weir__uri at;

    if (!weir__uri_read(uri, &at))
        return SPAN_NONE;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (span_starts(at.path, before[i])) {
            weir_span name = span_skip(at.path, strlen(before[i]));
            return is_user_name(name) ? name : SPAN_NONE;
        }
    return SPAN_NONE;
}

/* By its URI, and the handle that the document gives it, if any. */
static weir_account
account_of(struct weir__reading *r, weir_span uri, weir_span stated)
{
    weir_span handle = uri.len ? weir__handles_find(r->options->handles, uri) : SPAN_NONE;

    if (handle.len == 0)
        handle = stated;
    if (handle.len == 0)
        handle = handle_at(r, user_in(uri), uri);
    return weir__account(uri, handle);
}

/* An actor: its URI, or an object with its id and maybe its name. Of several, the first. */
static weir_account
read_actor(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    const struct weir__json *v = weir__ap_first(r, o, k, "an actor or its URI");

    if (!v)
        return weir__account(SPAN_NONE, SPAN_NONE);
    if (v->type == WEIR__STRING)
        return account_of(r, weir__text_of(r, v), SPAN_NONE);
    weir_span id = weir__get_id(r, v, WEIR__A_ID);
    return account_of(r, id, handle_at(r, weir__get_string(r, v, WEIR__A_NAME), id));
}

static weir_account
read_either(struct weir__reading *r, const struct weir__json *o, unsigned k, unsigned other)
{
    weir_account who = read_actor(r, o, k);

    return who.id.len ? who : read_actor(r, o, other);
}

weir_account
weir__ap_actor(struct weir__reading *r, const struct weir__json *o)
{
    return read_either(r, o, WEIR__P_ACTOR, WEIR__P_ATTRIBUTED);
}

weir_account
weir__ap_author(struct weir__reading *r, const struct weir__json *o,
                const struct weir__json *activity)
{
    weir_account who = read_either(r, o, WEIR__P_ATTRIBUTED, WEIR__P_ACTOR);

    return who.id.len || !activity ? who : weir__ap_actor(r, activity);
}

/* `@user@domain`, or `@user` of the server that the URI is on; other names are for people. */
static weir_span
handle_of_name(struct weir__reading *r, weir_span name, weir_span uri)
{
    if (!span_starts(name, "@") || span_has_blank(name))
        return SPAN_NONE;
    name = span_skip(name, 1);
    return span_find(name, '@') < name.len ? name : handle_at(r, name, uri);
}

weir_account
weir__ap_mentioned(struct weir__reading *r, const struct weir__json *tag)
{
    weir_span uri = weir__get_string(r, tag, WEIR__AT_HREF);
    weir_span name = weir__get_string(r, tag, WEIR__AT_NAME);

    return account_of(r, uri, handle_of_name(r, name, uri));
}
