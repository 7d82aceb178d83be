/*
 * Archives: how the files of an account archive begin, which of them hold tweets, whose tweets they
 * are, and what else lies in its folders.
 *
 * Source of the forms: the archives that Twitter, later X, gave its users. From 2012 to 2019
 * (named for the library that drew them) `data/js/tweets/2013_01.js`, whose tweets have users;
 * since then `data/tweets.js` (`tweet.js` until 2022), whose tweets have none, as `data/account.js`
 * says it once. Of tar: POSIX.1, pax, "ustar Interchange Format", whose headers older ones share.
 */
#ifndef WEIR_FEED_ARCHIVE_H
#define WEIR_FEED_ARCHIVE_H

#include <tagweir/common.h>

/* A beginning of a file that has no end by then is one of lines. */
#define ARCHIVE_TOLD_BY ((size_t)4096)

enum archive_kind {
    ARCHIVE_MORE,      /* that cannot be told by so few bytes */
    ARCHIVE_LINES,     /* no array and no archive */
    ARCHIVE_ARRAY,     /* an array by itself */
    ARCHIVE_GRAILBIRD, /* an array of tweets */
    ARCHIVE_YTD,       /* an array of tweets without users */
    ARCHIVE_OTHER,     /* a part of an archive that holds no tweets */
    ARCHIVE_TAR,       /* a tar archive: files of any kind, with headers between them */
};

struct archive_told {
    enum archive_kind kind;
    size_t skip;    /* bytes up to and with the `[` of an array */
    weir_span name; /* what is assigned to: `window.YTD.tweets.part0`; in `begin` */
};

/* By the first bytes, unpacked. @param whole  No more of them will come. */
struct archive_told archive_tell(weir_span begin, bool whole);

/*
 * Is it something that lies beside feeds and is none? Pictures, films and fonts by their first
 * bytes; code and pages by the name, where the first bytes cannot be a feed's. NULL: it is a feed.
 * Else what it is, in a word or two; static storage.
 */
const char *archive_no_feed(const char *path, weir_span begin);

/*
 * Append `"user":{"id_str":"…","screen_name":"…"}` as the account.js beside `path` has it.
 * @param where  Its path is appended, whether or not it is there.
 * @return false: there is none, or it does not say. user->failed: no memory.
 */
bool archive_owner(const char *path, weir_buf *where, weir_buf *user);
/* The same from what the command line said. The id may be NULL. */
void archive_owner_given(const char *id, const char *handle, weir_buf *user);

#endif
