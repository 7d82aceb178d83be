/*
 * The table of what `dsa:` may hold, and the values that rule sets keep of it.
 */
#include "model/dsa.h"

#include "base/check.h"

#define COUNT(words) (sizeof(words) / sizeof *(words))

#define X1(text) text,
#define X2(index, text) text,
static const char *const grounds[] = {WEIR__DSA_GROUNDS(X2)};
static const char *const categories[] = {WEIR__DSA_CATEGORIES(X1)};
static const char *const content_types[] = {WEIR__DSA_CONTENT_TYPES(X1)};
static const char *const sources[] = {WEIR__DSA_SOURCES(X1)};
static const char *const automations[] = {WEIR__DSA_AUTOMATIONS(X1)};
static const char *const yes_no[] = {"Yes", "No"};
#undef X1
#undef X2

#define GROUND_WORDS "DECISION_GROUND_", grounds, COUNT(grounds)
#define CATEGORY_WORDS "STATEMENT_CATEGORY_", categories, COUNT(categories)
#define CONTENT_TYPE_WORDS "CONTENT_TYPE_", content_types, COUNT(content_types)
#define SOURCE_WORDS "SOURCE_", sources, COUNT(sources)
#define AUTOMATION_WORDS "AUTOMATED_DECISION_", automations, COUNT(automations)
#define YES_NO_WORDS "", yes_no, COUNT(yes_no)
#define NONE_WORDS "", NULL, 0

static const struct weir__dsa_about table[] = {
#define X(index, key, is, words, most) {key, WEIR__DSA_##is, words##_WORDS, most},
    WEIR__DSA_KEYS(X)
#undef X
};

const struct weir__dsa_about *
weir__dsa_about(enum weir__dsa_key k)
{
    CHECK((size_t)k < COUNT(table));
    return &table[k];
}

/* Behind the string that begins at `i`, whose quotes count. */
static size_t
skip_string(weir_span s, size_t i)
{
    for (i++; i < s.len && s.p[i] != '"'; i++)
        if (s.p[i] == '\\')
            i++;
    return i < s.len ? i + 1 : s.len;
}

/* Behind the value that begins at `i`: a string, an array of them, or something else, to be
   refused by whoever looks at it. */
static size_t
skip_value(weir_span s, size_t i)
{
    while (i < s.len && s.p[i] != ',' && s.p[i] != '}') {
        if (s.p[i] == '[') {
            while (i < s.len && s.p[i] != ']')
                i = s.p[i] == '"' ? skip_string(s, i) : i + 1;
        }
        i = i < s.len && s.p[i] == '"' ? skip_string(s, i) : i + 1;
    }
    return i < s.len ? i : s.len;
}

weir_span
weir__dsa_get(weir_span dsa, enum weir__dsa_key k)
{
    weir_span key = span_of(weir__dsa_about(k)->key);
    size_t i = 1;

    while (i < dsa.len && dsa.p[i] == '"') {
        size_t end = skip_string(dsa, i), value = end + 1;
        if (value >= dsa.len)
            break;
        size_t next = skip_value(dsa, value);
        if (end - i == key.len + 2 && memcmp(dsa.p + i + 1, key.p, key.len) == 0)
            return (weir_span){dsa.p + value, next - value};
        i = next + 1;
    }
    return SPAN_NONE;
}

static bool
is_string(weir_span json)
{
    return json.len >= 2 && json.p[0] == '"' && skip_string(json, 0) == json.len;
}

static bool
is_word_of(const struct weir__dsa_about *about, weir_span json)
{
    if (!is_string(json))
        return false;
    for (size_t i = 0; i < about->nwords; i++)
        if (span_is((weir_span){json.p + 1, json.len - 2}, about->words[i]))
            return true;
    return false;
}

static bool
are_words_of(const struct weir__dsa_about *about, weir_span json)
{
    size_t i = 1;

    if (json.len < 2 || json.p[0] != '[')
        return false;
    while (i < json.len && json.p[i] == '"') {
        size_t end = skip_string(json, i);
        if (!is_word_of(about, (weir_span){json.p + i, end - i}))
            return false;
        if (end + 1 == json.len && json.p[end] == ']')
            return true;
        i = end + 1;
    }
    return false;
}

/* Code points of a JSON string. */
static size_t
count_characters(weir_span json)
{
    size_t n = 0;

    for (size_t i = 1; i + 1 < json.len; i++) {
        if (((unsigned char)json.p[i] & 0xC0) == 0x80)
            continue;
        n++;
        if (json.p[i] == '\\')
            i += json.p[i + 1] == 'u' ? 5 : 1;
    }
    return n;
}

bool
weir__dsa_is_good(enum weir__dsa_key k, weir_span json)
{
    const struct weir__dsa_about *about = weir__dsa_about(k);
    size_t at, n;

    switch (about->is) {
    case WEIR__DSA_WORD:
        return is_word_of(about, json);
    case WEIR__DSA_WORDS:
        return are_words_of(about, json);
    case WEIR__DSA_TEXT:
        break;
    }
    if (!is_string(json))
        return false;
    n = count_characters(json);
    return n > 0 && n <= about->most && weir__names_somebody(json, &at) == 0;
}

/* What handles and tags are made of; of other scripts every byte. */
static bool
is_letter(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_digit(c) || c == '_' ||
           (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* Does it begin with a quote, dash, space or sign of other scripts than ASCII? By their first
   bytes; of what is in doubt too many, as a name that is overlooked is published. */
static bool
is_punctuation(weir_span text)
{
    static const char *const blocks[] = {
        "\xC2",                             /* U+0080: no-break space, « » and the like */
        "\xE2\x80",                         /* U+2000: “ ” – … */
        "\xE2\x81", "\xE2\x86", "\xE2\x9C", /* arrows, dingbats */
        "\xE3\x80",                         /* U+3000: 、 。 「 」 */
        "\xEF\xBC",                         /* U+FF00: （ ， ： of full width */
        "\xF0\x9F",                         /* emoji */
    };

    for (size_t i = 0; i < COUNT(blocks); i++)
        if (span_starts(text, blocks[i]))
            return true;
    return false;
}

static bool
ends_with_punctuation(weir_span text)
{
    size_t n = text.len;

    while (n > 0 && ((unsigned char)text.p[n - 1] & 0xC0) == 0x80)
        n--;
    return n > 0 && is_punctuation(span_skip(text, n - 1));
}

static size_t
letters_from(weir_span text, size_t i)
{
    size_t from = i;

    while (i < text.len && is_letter(text.p[i]))
        i++;
    return i - from;
}

/* Does a letter stand before `i`? That of an escape of JSON, \n, is none. */
static bool
is_within_word(weir_span text, size_t i)
{
    return i > 0 && is_letter(text.p[i - 1]) && (i < 2 || text.p[i - 2] != '\\') &&
           !ends_with_punctuation(span_head(text, i));
}

/* `mark` at `i`, at the beginning of a word, with something behind it. */
static size_t
marked_at(weir_span text, size_t i, const char *mark)
{
    size_t n = strlen(mark);

    if (text.len - i <= n || memcmp(text.p + i, mark, n) != 0 || is_within_word(text, i))
        return 0;
    size_t more = letters_from(text, i + n);
    return more ? n + more : 0;
}

size_t
weir__names_somebody(weir_span text, size_t *at)
{
    static const char *const marks[] = {"#", "\xEF\xBC\x83", "id:", "did:"};
    static const char full_at[] = "\xEF\xBC\xA0"; /* U+FF20: twitter-text knows it, too */
    size_t n;

    for (size_t i = 0; i < text.len; i++) {
        *at = i;
        size_t sign = text.p[i] == '@' ? 1 : span_starts(span_skip(text, i), full_at) ? 3 : 0;
        if (sign && (n = letters_from(text, i + sign)))
            return sign + n;
        for (size_t m = 0; m < COUNT(marks); m++)
            if ((n = marked_at(text, i, marks[m])))
                return n;
    }
    return 0;
}
