/*
 * Whose archive it is: what account.js says, without reading more of JSON than its strings.
 */
#include "feed/archive.h"

#include "feed/blank.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Real ones have a few hundred bytes. */
#define ACCOUNT_MOST ((size_t)64 * 1024)

/* The string that begins at `*at`, which is its quote, without quotes; *at then stands behind it.
 */
static bool
take_string(weir_span s, size_t *at, weir_span *out)
{
    size_t i = *at + 1;

    while (i < s.len && s.p[i] != '"' && (unsigned char)s.p[i] >= ' ')
        i += s.p[i] == '\\' ? 2 : 1;
    if (i >= s.len || s.p[i] != '"')
        return false;
    *out = (weir_span){s.p + *at + 1, i - *at - 1};
    *at = i + 1;
    return true;
}

/* The string that is the first value of the key: as it is written, escapes and all. */
static weir_span
value_of(weir_span s, const char *key)
{
    weir_span text, value;

    for (size_t at = 0; at < s.len;) {
        if (s.p[at] != '"') {
            at++;
            continue;
        }
        if (!take_string(s, &at, &text))
            break;
        at = skip_blanks(s, at);
        if (at == s.len || s.p[at] != ':' || text.len != strlen(key) ||
            memcmp(text.p, key, text.len) != 0)
            continue;
        at = skip_blanks(s, at + 1);
        if (at < s.len && s.p[at] == '"' && take_string(s, &at, &value))
            return value;
    }
    return (weir_span){NULL, 0};
}

static bool
read_account(const char *path, weir_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *room = fd < 0 ? NULL : weir_buf_reserve(out, ACCOUNT_MOST);
    ssize_t n = room ? 1 : -1;

    while (n > 0 || (n < 0 && room && errno == EINTR)) {
        n = out->len < ACCOUNT_MOST ? read(fd, out->p + out->len, ACCOUNT_MOST - out->len) : 0;
        if (n > 0)
            out->len += (size_t)n;
    }
    if (fd >= 0)
        (void)close(fd);
    return n == 0;
}

/* Both as they stand in JSON, without quotes. */
static void
put_user(weir_buf *user, weir_span id, weir_span handle)
{
    weir_buf_puts(user, "\"user\":{");
    if (id.len) {
        weir_buf_puts(user, "\"id_str\":\"");
        weir_buf_put(user, id);
        weir_buf_puts(user, "\",");
    }
    weir_buf_puts(user, "\"screen_name\":\"");
    weir_buf_put(user, handle);
    weir_buf_puts(user, "\"}");
}

bool
archive_owner(const char *path, weir_buf *where, weir_buf *user)
{
    const char *slash = strrchr(path, '/');
    weir_buf text = {0};
    bool found = false;

    weir_buf_put(where, (weir_span){path, slash ? (size_t)(slash + 1 - path) : 0});
    weir_buf_puts(where, "account.js");
    weir_buf_putc(where, '\0');
    if (where->failed) {
        user->failed = true;
        return false;
    }
    where->len--;
    if (read_account(where->p, &text)) {
        weir_span all = {text.p, text.len};
        weir_span id = value_of(all, "accountId"), handle = value_of(all, "username");

        found = handle.len > 0;
        if (found)
            put_user(user, id, handle);
    }
    user->failed = user->failed || text.failed;
    weir_buf_fini(&text);
    return found && !user->failed;
}

static weir_span
without_quotes(weir_span s)
{
    return (weir_span){s.p + 1, s.len - 2};
}

void
archive_owner_given(const char *id, const char *handle, weir_buf *user)
{
    weir_buf both = {0};

    weir_buf_put_json(&both, (weir_span){id ? id : "", id ? strlen(id) : 0});
    size_t n = both.len;
    weir_buf_put_json(&both, (weir_span){handle, strlen(handle)});
    if (both.failed)
        user->failed = true;
    else
        put_user(user, without_quotes((weir_span){both.p, n}),
                 without_quotes((weir_span){both.p + n, both.len - n}));
    weir_buf_fini(&both);
}
