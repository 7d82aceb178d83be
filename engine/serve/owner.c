/*
 * Owners, from the system's user database.
 */
#include "serve/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* A number that can be an id. What begins with a digit and is none is a name. */
static bool
take_number(const char *text, id_t *id)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    *id = (id_t)n;
    return !*end && !errno && n < OWNER_NONE;
}

/* errno is what a look-up left: ENOENT and the like say that there is none, too. */
static bool
is_unknown(const char *kind, const char *name, weir_buf *why)
{
    bool is_plain = errno == 0 || errno == ENOENT || errno == ESRCH || errno == EBADF;

    weir_buf_printf(why, "there is no %s %s%s%s", kind, name, is_plain ? "" : ": ",
                    is_plain ? "" : strerror(errno));
    return false;
}

static bool
find_user(const char *name, struct owner *out, weir_buf *why)
{
    bool is_number = take_number(name, &out->uid);

    errno = 0;
    const struct passwd *pw = is_number ? getpwuid(out->uid) : getpwnam(name);
    if (!pw)
        return is_number || is_unknown("user", name, why);
    if (strlen(pw->pw_name) >= sizeof out->login) {
        weir_buf_printf(why, "the name of user %s is too long", name);
        return false;
    }
    out->uid = pw->pw_uid;
    out->login_gid = pw->pw_gid;
    memcpy(out->login, pw->pw_name, strlen(pw->pw_name) + 1);
    return true;
}

static bool
find_group(const char *name, struct owner *out, weir_buf *why)
{
    if (take_number(name, &out->gid))
        return true;
    errno = 0;
    const struct group *gr = getgrnam(name);
    if (!gr)
        return is_unknown("group", name, why);
    out->gid = gr->gr_gid;
    return true;
}

bool
owner_find(const char *spec, struct owner *out, weir_buf *why)
{
    const char *colon = strchr(spec, ':');
    size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
    char user[256];

    *out = (struct owner){.uid = OWNER_NONE, .gid = OWNER_NONE, .login_gid = OWNER_NONE};
    if (len >= sizeof user || (!len && !colon) || (colon && !colon[1])) {
        weir_buf_puts(why, "expected USER, USER:GROUP or :GROUP, by name or number");
        return false;
    }
    memcpy(user, spec, len);
    user[len] = '\0';
    return (!len || find_user(user, out, why)) && (!colon || find_group(colon + 1, out, why));
}
