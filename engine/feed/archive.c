/*
 * Telling the files of account archives, and what else lies in their folders.
 */
#include "feed/archive.h"

#include "feed/blank.h"

#include <string.h>

static bool
is_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '$' || c == '.';
}

static bool
starts(weir_span s, const char *with)
{
    size_t n = strlen(with);

    return s.len >= n && memcmp(s.p, with, n) == 0;
}

/* The beginning of one of the two is all of the other. */
static bool
may_start(weir_span s, const char *with)
{
    size_t n = strlen(with);

    return memcmp(s.p, with, n < s.len ? n : s.len) == 0;
}

/* ---- what is assigned to ---- */

/* As the older archives have it, these are all that is declared. */
static const char *const declared[] = {"tweet_index", "payload_details", "user_details"};
static const char *const beginnings[] = {"Grailbird.data.", "window.YTD.", "window.__THAR_CONFIG",
                                         "var "};

static bool
may_be_archive(weir_span s)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (may_start(s, beginnings[i]))
            return true;
    return false;
}

static bool
is_declared(weir_span name)
{
    for (size_t i = 0; i < sizeof declared / sizeof *declared; i++)
        if (name.len == strlen(declared[i]) && starts(name, declared[i]))
            return true;
    return false;
}

/* Is it `window.YTD.KIND.part…` of a kind that tweets are in? What was deleted is not among them:
   nobody could see it when the archive was made. */
static bool
is_ytd_tweets(weir_span name)
{
    static const char *const kinds[] = {"window.YTD.tweets.part", "window.YTD.tweet.part",
                                        "window.YTD.community_tweet.part",
                                        "window.YTD.community_tweets.part"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (starts(name, kinds[i]))
            return true;
    return false;
}

/* By the name that stands before the `=`, and the byte that comes behind. */
static enum archive_kind
kind_of(weir_span name, bool is_var, char value)
{
    bool is_array = value == '[';

    if (is_var)
        return is_declared(name) ? ARCHIVE_OTHER : ARCHIVE_LINES;
    if (!is_array && value != '{')
        return ARCHIVE_LINES;
    if (starts(name, "Grailbird.data.tweets_"))
        return is_array ? ARCHIVE_GRAILBIRD : ARCHIVE_LINES;
    if (is_ytd_tweets(name))
        return is_array ? ARCHIVE_YTD : ARCHIVE_LINES;
    return ARCHIVE_OTHER;
}

/* `var NAME = ` or `NAME = `, and the byte behind. */
static struct archive_told
tell_assignment(weir_span s, size_t at, bool whole)
{
    struct archive_told told = {.kind = whole ? ARCHIVE_LINES : ARCHIVE_MORE};
    bool is_var = starts((weir_span){s.p + at, s.len - at}, "var ");

    if (is_var)
        at += strlen("var ");
    size_t from = at;
    while (at < s.len && is_name(s.p[at]))
        at++;
    told.name = (weir_span){s.p + from, at - from};
    at = skip_blanks(s, at);
    if (at < s.len && s.p[at] != '=')
        return (struct archive_told){.kind = ARCHIVE_LINES};
    at = skip_blanks(s, at + (at < s.len));
    if (at < s.len) {
        told.kind = kind_of(told.name, is_var, s.p[at]);
        told.skip = at + 1;
    }
    return told;
}

/* Where the array that begins behind `at` ends, if it does before its line; else s.len, *line_ends
   saying whether that has been seen. */
static size_t
end_in_line(weir_span s, size_t at, bool *line_ends)
{
    bool in_string = false;
    size_t depth = 1;

    *line_ends = false;
    for (; at < s.len; at++) {
        char c = s.p[at];

        if (c == '\n') {
            *line_ends = true;
            return s.len;
        }
        if (in_string && c == '\\')
            at++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            depth++;
        else if (!in_string && (c == ']' || c == '}') && --depth == 0)
            return at;
    }
    return s.len;
}

/*
 * A `[` begins an array, or lines of which the first is one by mistake: such a line is answered by
 * an error, and ends nothing. It is told by its being a whole line, and not the last.
 */
static struct archive_told
tell_array(weir_span s, size_t at, bool whole)
{
    struct archive_told told = {.kind = ARCHIVE_ARRAY, .skip = at + 1};
    bool line_ends;
    size_t end = end_in_line(s, at + 1, &line_ends);

    if (end < s.len) {
        end = skip_blanks(s, end + 1);
        if (end < s.len && s.p[end] != ';')
            told.kind = ARCHIVE_LINES;
    }
    if (end >= s.len && !line_ends && !whole)
        told.kind = ARCHIVE_MORE;
    return told;
}

/* ---- tar ---- */

#define TAR_HEADER ((size_t)512)
#define TAR_SUM ((size_t)148) /* where a header has its checksum, */
#define TAR_SUM_LEN ((size_t)8)

/* Every tar, also those from before there was a magic, begins with a header that holds the sum of
   its own bytes, those of the sum taken as blanks: no text does so by chance. */
static bool
is_tar(weir_span s)
{
    size_t at = TAR_SUM, end = TAR_SUM + TAR_SUM_LEN;
    uint32_t sum = 0, said = 0;

    if (s.len < TAR_HEADER || s.p[0] == '\0')
        return false;
    while (at < end && s.p[at] == ' ')
        at++;
    size_t digits = at;
    for (; at < end && s.p[at] >= '0' && s.p[at] <= '7'; at++)
        said = said * 8 + (uint32_t)(s.p[at] - '0');
    for (size_t i = 0; i < TAR_HEADER; i++)
        sum += i >= TAR_SUM && i < end ? ' ' : (unsigned char)s.p[i];
    return at > digits && sum == said;
}

/* A name that is filled up with zeroes begins a header. Lines have none, so that of a pipe no more
   is waited for than tells a line. */
static bool
may_be_tar(weir_span s)
{
    return s.len < TAR_HEADER && s.p[0] != '\0' && memchr(s.p, '\0', s.len) &&
           !memchr(s.p, '\n', s.len);
}

/* ---- all ---- */

static struct archive_told
tell_text(weir_span begin, bool whole)
{
    static const char bom[] = "\xEF\xBB\xBF";
    size_t at = starts(begin, bom) ? strlen(bom) : 0;

    at = skip_blanks(begin, at);
    if (at == begin.len || (at == 0 && begin.len < strlen(bom) && may_start(begin, bom)))
        return (struct archive_told){.kind = whole ? ARCHIVE_LINES : ARCHIVE_MORE};
    if (begin.p[at] == '[')
        return tell_array(begin, at, whole);
    if (!may_be_archive((weir_span){begin.p + at, begin.len - at}))
        return (struct archive_told){.kind = ARCHIVE_LINES};
    return tell_assignment(begin, at, whole);
}

struct archive_told
archive_tell(weir_span begin, bool whole)
{
    whole = whole || begin.len >= ARCHIVE_TOLD_BY;
    if (is_tar(begin))
        return (struct archive_told){.kind = ARCHIVE_TAR};
    struct archive_told told = tell_text(begin, whole);
    if (told.kind == ARCHIVE_LINES && !whole && may_be_tar(begin))
        told.kind = ARCHIVE_MORE;
    return told;
}

/* ---- what is no feed ---- */

static bool
ends_in(const char *path, const char *suffix)
{
    size_t len = strlen(path), n = strlen(suffix);

    return len > n && strcmp(path + len - n, suffix) == 0;
}

static const char *
told_by_name(const char *path)
{
    static const struct {
        const char *suffix, *what;
    } kinds[] = {{".js", "a script"},      {".css", "a style sheet"}, {".html", "a web page"},
                 {".htm", "a web page"},   {".svg", "a picture"},     {".csv", "a table"},
                 {"README.txt", "a text"}, {".map", "a script"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ends_in(path, kinds[i].suffix))
            return kinds[i].what;
    return NULL;
}

const char *
archive_no_feed(const char *path, weir_span begin)
{
    static const struct {
        const char *magic;
        size_t n;
        const char *what;
    } kinds[] = {{"\xFF\xD8\xFF", 3, "a picture"},
                 {"\x89PNG\r\n", 6, "a picture"},
                 {"GIF8", 4, "a picture"},
                 {"RIFF", 4, "a picture"},
                 {"\0\0", 2, "a film"},
                 {"OggS", 4, "a film"},
                 {"wOFF", 4, "a font"},
                 {"wOF2", 4, "a font"},
                 {"%PDF-", 5, "a document"}};
    size_t at = skip_blanks(begin, 0);

    if (at == begin.len || begin.p[at] == '{' || begin.p[at] == '[')
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (begin.len >= kinds[i].n && memcmp(begin.p, kinds[i].magic, kinds[i].n) == 0)
            return kinds[i].what;
    return told_by_name(path);
}
