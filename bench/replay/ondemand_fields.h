// The fields of posts, read by On-Demand: those that Tagweir reads, each into a sum.
#ifndef BENCH_REPLAY_ONDEMAND_FIELDS_H
#define BENCH_REPLAY_ONDEMAND_FIELDS_H

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include <simdjson.h>

namespace ondemand
{

namespace od = simdjson::ondemand;

// Posts around a post that are followed, as Tagweir follows them.
constexpr int nested_most = 2;

enum Kind {
    ids,
    author_ids,
    author_handles,
    hashtags,
    mention_ids,
    mention_handles,
    langs,
    times,
    nkinds
};

constexpr const char *kind_names[nkinds] = {"ids",      "author_ids",  "author_handles",
                                            "hashtags", "mention_ids", "mention_handles",
                                            "langs",    "times"};

// What was read. Handles count without their @.
struct Sum {
    uint64_t posts, hash;
    uint64_t n[nkinds], bytes[nkinds];
    bool bad;
};

// What was read of a tweet's lists, so that it can be taken back: which of two counts is known at
// the tweet's end only, as keys come in any order.
struct Lists {
    uint64_t n[3] = {}, bytes[3] = {};

    static_assert(hashtags + 2 == mention_handles);

    Lists() = default;
    explicit Lists(const Sum &s)
    {
        for (int k = 0; k < 3; k++) {
            n[k] = s.n[hashtags + k];
            bytes[k] = s.bytes[hashtags + k];
        }
    }
    // From then until now.
    Lists(const Sum &s, const Lists &then) : Lists(s)
    {
        for (int k = 0; k < 3; k++) {
            n[k] -= then.n[k];
            bytes[k] -= then.bytes[k];
        }
    }
    void take_back(Sum &s) const
    {
        for (int k = 0; k < 3; k++) {
            s.n[hashtags + k] -= n[k];
            s.bytes[hashtags + k] -= bytes[k];
        }
    }
};

constexpr uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);

// Behind a value there is room to read: simdjson's buffer goes on.
inline void
consume(Sum &s, Kind kind, std::string_view v)
{
    uint64_t head;

    std::memcpy(&head, v.data(), sizeof head);
    if (v.size() < sizeof head)
        head &= (UINT64_C(1) << 8 * v.size()) - 1;
    s.hash = (s.hash ^ head ^ v.size()) * multiplier;
    s.n[kind]++;
    s.bytes[kind] += v.size();
}

// What is no string, null mostly, is passed over.
inline void
take(Sum &s, Kind kind, od::value v)
{
    std::string_view text;

    if (v.get_string().get(text) != simdjson::SUCCESS || text.empty())
        return;
    if ((kind == author_handles || kind == mention_handles) && text[0] == '@')
        text.remove_prefix(1);
    consume(s, kind, text);
}

inline bool
is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// A text that tags and mentions are looked for in, where a post has no lists of them. Few are; it
// is looked through where it lies, for words of ASCII: if there were others, the bench would tell.
inline void
take_text(Sum &s, const char *text)
{
    while (*text != '"') {
        Kind kind = *text == '#' ? hashtags : mention_handles;
        const char *from = text + 1;

        text += *text == '\\' ? 2 : 1;
        if (*(from - 1) != '#' && *(from - 1) != '@')
            continue;
        while (is_word(*text))
            text++;
        if (text > from)
            consume(s, kind, std::string_view(from, static_cast<size_t>(text - from)));
    }
}

// Keys lie in the document, with their quote behind them and padding behind that.
template <size_t N>
inline bool
is(const char *key, const char (&name)[N])
{
    return std::memcmp(key, name, N - 1) == 0;
}

// f(key, value) for each field, as long as it returns true.
template <class F>
inline void
each_field(Sum &s, od::object o, F f)
{
    for (auto or_error : o) {
        od::field field;

        if (std::move(or_error).get(field) != simdjson::SUCCESS) {
            s.bad = true;
            return;
        }
        if (!f(field.key().raw(), field.value()))
            return;
    }
}

template <class F>
inline void
each_item(Sum &s, od::value v, F f)
{
    od::array list;

    if (v.get_array().get(list) != simdjson::SUCCESS)
        return;
    for (auto or_error : list) {
        od::value item;

        if (std::move(or_error).get(item) != simdjson::SUCCESS) {
            s.bad = true;
            return;
        }
        f(item);
    }
}

// ---- in one pass over the fields, in the order of the document ----

// Each object is left as soon as all that is wanted of it is there.
struct Pass {
    template <size_t N, size_t M>
    static void account(Sum &s, od::value v, const char (&id)[N], Kind kind_id,
                        const char (&handle)[M], Kind kind_handle)
    {
        od::object o;
        int left = 2;

        if (v.get_object().get(o) != simdjson::SUCCESS)
            return;
        each_field(s, o, [&](const char *key, od::value value) {
            if (is(key, id))
                take(s, kind_id, value);
            else if (is(key, handle))
                take(s, kind_handle, value);
            else
                return true;
            return --left > 0;
        });
    }

    static void tag(Sum &s, od::value v)
    {
        od::object o;

        if (v.get_object().get(o) != simdjson::SUCCESS)
            return;
        each_field(s, o, [&](const char *key, od::value value) {
            if (!is(key, "text\""))
                return true;
            take(s, hashtags, value);
            return false;
        });
    }

    // false: there are none.
    static bool entities(Sum &s, od::value v)
    {
        od::object o;
        int left = 2;

        if (v.get_object().get(o) != simdjson::SUCCESS)
            return false;
        each_field(s, o, [&](const char *key, od::value value) {
            if (is(key, "hashtags\""))
                each_item(s, value, [&](od::value item) { tag(s, item); });
            else if (is(key, "user_mentions\""))
                each_item(s, value, [&](od::value item) {
                    account(s, item, "id_str\"", mention_ids, "screen_name\"", mention_handles);
                });
            else
                return true;
            return --left > 0;
        });
        return true;
    }

    // Takes the place of a truncated tweet's own entities, which are cut. false: it has none.
    static bool extended(Sum &s, od::value v)
    {
        od::object o;
        bool found = false;

        if (v.get_object().get(o) != simdjson::SUCCESS)
            return false;
        each_field(s, o, [&](const char *key, od::value value) {
            if (!is(key, "entities\""))
                return true;
            found = entities(s, value);
            return false;
        });
        return found;
    }

    static void nested(Sum &s, od::value v, int level)
    {
        od::object o;

        if (level < nested_most && v.get_object().get(o) == simdjson::SUCCESS)
            tweet(s, o, level + 1);
    }

    static void tweet(Sum &s, od::object o, int level)
    {
        bool truncated = false, has_entities = false, has_all = false;
        const char *text = nullptr;
        Lists own, all;

        each_field(s, o, [&](const char *key, od::value value) {
            od::raw_json_string raw;

            switch (key[0]) {
            case 'c':
                if (is(key, "created_at\""))
                    take(s, times, value);
                break;
            case 'i':
                if (is(key, "id_str\""))
                    take(s, ids, value);
                break;
            case 'f':
                if (is(key, "full_text\"") &&
                    value.get_raw_json_string().get(raw) == simdjson::SUCCESS)
                    text = raw.raw();
                break;
            case 't':
                if (is(key, "truncated\"")) {
                    if (value.get_bool().get(truncated) != simdjson::SUCCESS)
                        truncated = false;
                } else if (!text && is(key, "text\"") &&
                           value.get_raw_json_string().get(raw) == simdjson::SUCCESS) {
                    text = raw.raw();
                }
                break;
            case 'e':
                if (is(key, "entities\"")) {
                    Lists before(s);
                    has_entities = entities(s, value);
                    own = Lists(s, before);
                } else if (is(key, "extended_tweet\"")) {
                    Lists before(s);
                    has_all = extended(s, value);
                    all = Lists(s, before);
                }
                break;
            case 'u':
                if (is(key, "user\""))
                    account(s, value, "id_str\"", author_ids, "screen_name\"", author_handles);
                break;
            case 'l':
                if (is(key, "lang\""))
                    take(s, langs, value);
                break;
            case 'r':
                if (is(key, "retweeted_status\""))
                    nested(s, value, level);
                break;
            case 'q':
                if (is(key, "quoted_status\""))
                    nested(s, value, level);
                break;
            }
            return true;
        });
        has_all = has_all && truncated;
        (has_all ? own : all).take_back(s);
        if (!has_entities && !has_all && text)
            take_text(s, text);
        s.posts++;
    }

    // As the bench makes them: mentions are handles, and `lang` is one.
    static void own(Sum &s, od::object o, int level)
    {
        od::object inner;

        each_field(s, o, [&](const char *key, od::value value) {
            switch (key[0]) {
            case 'a':
                if (is(key, "author\""))
                    account(s, value, "id\"", author_ids, "handle\"", author_handles);
                break;
            case 'c':
                if (is(key, "created_at\""))
                    take(s, times, value);
                break;
            case 'h':
                if (is(key, "hashtags\""))
                    each_item(s, value, [&](od::value item) { take(s, hashtags, item); });
                break;
            case 'i':
                if (is(key, "id\""))
                    take(s, ids, value);
                break;
            case 'l':
                if (is(key, "lang\""))
                    take(s, langs, value);
                break;
            case 'm':
                if (is(key, "mentions\""))
                    each_item(s, value, [&](od::value item) { take(s, mention_handles, item); });
                break;
            case 'q':
            case 'r':
                if ((is(key, "quotes\"") || is(key, "repost_of\"")) && level < nested_most &&
                    value.get_object().get(inner) == simdjson::SUCCESS)
                    own(s, inner, level + 1);
                break;
            }
            return true;
        });
        s.posts++;
    }
};

// ---- by asking for each, from where the last one was found ----

struct Find {
    static void field(Sum &s, od::object &o, std::string_view key, Kind kind)
    {
        od::value v;

        if (o.find_field_unordered(key).get(v) == simdjson::SUCCESS)
            take(s, kind, v);
    }

    static void account(Sum &s, od::value v, std::string_view id, Kind kind_id,
                        std::string_view handle, Kind kind_handle)
    {
        od::object o;

        if (v.get_object().get(o) != simdjson::SUCCESS)
            return;
        field(s, o, id, kind_id);
        field(s, o, handle, kind_handle);
    }

    static bool entities(Sum &s, od::value v)
    {
        od::object o;
        od::value list;

        if (v.get_object().get(o) != simdjson::SUCCESS)
            return false;
        if (o.find_field_unordered("hashtags").get(list) == simdjson::SUCCESS)
            each_item(s, list, [&](od::value item) {
                od::object tagged;
                if (item.get_object().get(tagged) == simdjson::SUCCESS)
                    field(s, tagged, "text", hashtags);
            });
        if (o.find_field_unordered("user_mentions").get(list) == simdjson::SUCCESS)
            each_item(s, list, [&](od::value item) {
                account(s, item, "id_str", mention_ids, "screen_name", mention_handles);
            });
        return true;
    }

    static void tweet(Sum &s, od::object o, int level)
    {
        od::value v;
        od::object inner;
        od::raw_json_string text;
        bool truncated = false, has_entities = false;

        field(s, o, "created_at", times);
        field(s, o, "id_str", ids);
        if (o.find_field_unordered("truncated").get(v) != simdjson::SUCCESS ||
            v.get_bool().get(truncated) != simdjson::SUCCESS)
            truncated = false;
        if (o.find_field_unordered("user").get(v) == simdjson::SUCCESS)
            account(s, v, "id_str", author_ids, "screen_name", author_handles);
        if (truncated && o.find_field_unordered("extended_tweet").get(v) == simdjson::SUCCESS &&
            v.get_object().get(inner) == simdjson::SUCCESS &&
            inner.find_field_unordered("entities").get(v) == simdjson::SUCCESS)
            has_entities = entities(s, v);
        if (!has_entities && o.find_field_unordered("entities").get(v) == simdjson::SUCCESS)
            has_entities = entities(s, v);
        for (const char *key : {"retweeted_status", "quoted_status"})
            if (level < nested_most && o.find_field_unordered(key).get(v) == simdjson::SUCCESS &&
                v.get_object().get(inner) == simdjson::SUCCESS)
                tweet(s, inner, level + 1);
        field(s, o, "lang", langs);
        if (!has_entities &&
            (o.find_field_unordered("full_text").get(v) == simdjson::SUCCESS ||
             o.find_field_unordered("text").get(v) == simdjson::SUCCESS) &&
            v.get_raw_json_string().get(text) == simdjson::SUCCESS)
            take_text(s, text.raw());
        s.posts++;
    }

    static void own(Sum &s, od::object o, int level)
    {
        od::value v;
        od::object inner;

        field(s, o, "id", ids);
        if (o.find_field_unordered("author").get(v) == simdjson::SUCCESS)
            account(s, v, "id", author_ids, "handle", author_handles);
        field(s, o, "created_at", times);
        field(s, o, "lang", langs);
        if (o.find_field_unordered("mentions").get(v) == simdjson::SUCCESS)
            each_item(s, v, [&](od::value item) { take(s, mention_handles, item); });
        if (o.find_field_unordered("hashtags").get(v) == simdjson::SUCCESS)
            each_item(s, v, [&](od::value item) { take(s, hashtags, item); });
        for (const char *key : {"repost_of", "quotes"})
            if (level < nested_most && o.find_field_unordered(key).get(v) == simdjson::SUCCESS &&
                v.get_object().get(inner) == simdjson::SUCCESS)
                own(s, inner, level + 1);
        s.posts++;
    }
};

} // namespace ondemand
#endif
