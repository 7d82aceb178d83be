/*
 * The list files that a rule file names. Asking the compiler would tell nothing of rules that it
 * refuses, for instance because a list is missing: it is to be heard when that one comes.
 */
#include "serve/watch_parts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RULE_FILE ((off_t)64 << 20) /* bytes: the compiler reads no more either */

struct text {
    char *p;
    size_t len;
};

/* Nothing of what is no text, such as a compiled rule set. false: out of memory. */
static bool
read_text(int fd, size_t size, struct text *out)
{
    ssize_t n;

    out->p = malloc(size + 1);
    while (out->p && out->len < size && (n = read(fd, out->p + out->len, size - out->len)) > 0) {
        if (memchr(out->p + out->len, '\0', (size_t)n)) {
            out->len = 0;
            break;
        }
        out->len += (size_t)n;
    }
    if (out->p)
        out->p[out->len] = '\0';
    return out->p != NULL;
}

static bool
read_file(const char *path, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait */
    struct stat st;
    bool good = true;

    *out = (struct text){NULL, 0};
    if (fd < 0)
        return true;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MAX_RULE_FILE)
        good = read_text(fd, (size_t)st.st_size, out);
    (void)close(fd);
    return good;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does a key end here that has list files for values? */
static bool
is_list_key(const char *text, const char *end)
{
    static const char *const keys[] = {"accounts", "hashtags", "posts", "file"};

    while (end > text && (is_blank(end[-1]) || end[-1] == '"' || end[-1] == '\''))
        end--;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t n = strlen(keys[i]);
        if ((size_t)(end - text) >= n && memcmp(end - n, keys[i], n) == 0)
            return true;
    }
    return false;
}

/* The value that begins here, or behind blanks; what is no plain text has no length. */
static struct text
value_at(char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    char quote = p < end && (*p == '"' || *p == '\'') ? *p++ : '\0';
    char *to = p;

    if (quote) {
        while (to < end && to - p < PATH_MAX && *to != quote)
            to++;
        return (struct text){p, (size_t)(to - p)};
    }
    if (p == end || strchr("[{|>&*!#", *p) || (*p == '-' && (p + 1 == end || is_blank(p[1]))))
        return (struct text){p, 0};
    while (to < end && *to != '\n' && !strchr(",}]", *to) && !(is_blank(*to) && to[1] == '#'))
        to++;
    while (to > p && is_blank(to[-1]))
        to--;
    return (struct text){p, (size_t)(to - p)};
}

bool
watch_lists_of(const char *rule_file, void (*found)(void *arg, const char *list), void *arg)
{
    struct text text;
    char list[PATH_MAX];

    if (!read_file(rule_file, &text))
        return false;
    char *end = text.p ? text.p + text.len : NULL, *p = text.p;
    while (p < end && (p = memchr(p, ':', (size_t)(end - p)))) {
        struct text value = {NULL, 0};

        if (is_list_key(text.p, p))
            value = value_at(p + 1, end);
        p++;
        if (!value.len || value.len >= sizeof list)
            continue;
        memcpy(list, value.p, value.len);
        list[value.len] = '\0';
        found(arg, list);
    }
    free(text.p);
    return true;
}
