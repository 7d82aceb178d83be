/*
 * Services. Promised to operators: once the user is dropped to, there is no way back, not even by
 * running a program that would have one.
 *
 * The service manager is talked to by a datagram, as its documentation has it; libsystemd does
 * that, too, and brings libgcrypt and three compressors into a process that faces a network.
 */
#include "serve/daemon.h"

#include "flow/clock.h"
#include "serve/owner.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* The service manager's socket: a path, or with `@` an abstract name. @return errno. */
static int
find_manager(const char *name, struct sockaddr_un *at, socklen_t *len)
{
    size_t n = strlen(name);

    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n < 2 || n >= sizeof at->sun_path || (name[0] != '/' && name[0] != '@'))
        return EAFNOSUPPORT;
    memcpy(at->sun_path, name, n);
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (name[0] == '@')
        at->sun_path[0] = '\0';
    else
        (*len)++; /* its NUL */
    return 0;
}

static int
send_to_manager(const char *text, size_t text_len)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at;
    socklen_t len;
    int error = name ? find_manager(name, &at, &len) : 0;

    if (!name || error)
        return error;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (sendto(fd, text, text_len, MSG_NOSIGNAL, (const struct sockaddr *)&at, len) < 0)
        error = errno;
    (void)close(fd);
    return error;
}

/* A state, and the status, of which a line is told. */
static int
tell(const char *state, const char *status)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%sSTATUS=%.*s", state, (int)strcspn(status, "\n"), status);

    return send_to_manager(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

int
daemon_ready(const char *status)
{
    return tell("READY=1\n", status);
}

int
daemon_reloading(const char *status)
{
    char state[64];

    /* By when it was told, it knows this reload from the one before. */
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
                   clock_running_us());
    return tell(state, status);
}

int
daemon_stopping(const char *status)
{
    return tell("STOPPING=1\n", status);
}

/* Dropping ---------------------------------------------------------------------------------- */

static bool
refuse(weir_buf *why, const char *spec, const char *what, int error)
{
    weir_buf_printf(why, "--user %s: %s%s%s", spec, what, error ? ": " : "",
                    error ? strerror(error) : "");
    return false;
}

/* Whom to become; the group is the user's own where none is said. */
static bool
find_whom(const char *spec, struct owner *who, weir_buf *why)
{
    size_t start = why->len;

    weir_buf_printf(why, "--user %s: ", spec);
    if (!owner_find(spec, who, why))
        return false;
    why->len = start;
    if (who->uid == OWNER_NONE)
        return refuse(why, spec, "expected USER or USER:GROUP", 0);
    if (who->uid == 0)
        return refuse(why, spec, "this is root: name somebody else", 0);
    if (who->gid == OWNER_NONE)
        who->gid = who->login_gid;
    if (who->gid == OWNER_NONE)
        return refuse(why, spec, "no such user is known, so it has no group: say USER:GROUP", 0);
    return true;
}

static bool
is_already(const struct owner *who)
{
    uid_t u[3];
    gid_t g[3];

    if (getresuid(&u[0], &u[1], &u[2]) < 0 || getresgid(&g[0], &g[1], &g[2]) < 0)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (u[i] != who->uid || g[i] != who->gid)
            return false;
    return true;
}

/* Where it succeeds after all, the process ends. */
static bool
can_go_back(const struct owner *who)
{
    return setuid(0) == 0 || seteuid(0) == 0 || (who->gid != 0 && setgid(0) == 0);
}

/* The user's, as the user database has them; for free(). NULL without memory. */
static gid_t *
find_groups(const struct owner *who, int *n)
{
    *n = 0;
    if (who->login[0])
        (void)getgrouplist(who->login, who->gid, NULL, n);
    gid_t *all = calloc((size_t)*n + 1, sizeof *all);
    if (all && who->login[0] && getgrouplist(who->login, who->gid, all, n) >= 0)
        return all;
    if (all) {
        all[0] = who->gid;
        *n = 1;
    }
    return all;
}

/* In place of all that there were. */
static bool
take_groups(const gid_t *own, int n)
{
    return setgroups((size_t)n, own) == 0 && getgroups(0, NULL) == n;
}

static bool
is_one_of(gid_t gid, const gid_t *all, int n)
{
    for (int i = 0; i < n; i++)
        if (all[i] == gid)
            return true;
    return false;
}

/* Those that it has and the user has not. */
static bool
tell_of_groups(const char *spec, const gid_t *own, int nown, weir_buf *why)
{
    int n = getgroups(0, NULL), found = 0;
    gid_t *has = calloc((size_t)(n > 0 ? n : 0) + 1, sizeof *has);

    n = has ? getgroups(n, has) : -1;
    for (int i = 0; i < n; i++) {
        if (is_one_of(has[i], own, nown))
            continue;
        if (!found++)
            weir_buf_printf(why,
                            "--user %s: it is this user already, and in groups that are not "
                            "its own, which only root could drop:",
                            spec);
        weir_buf_printf(why, " %u", (unsigned)has[i]);
    }
    free(has);
    return n >= 0;
}

/* Whatever a service manager or setpriv gave along. Giving up needs no privilege; a sandbox may
   refuse it all the same, and then there should be none to give up. */
static bool
drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capset, &header, none) == 0)
        return true;
    int error = errno;
    bool had_none = syscall(SYS_capget, &header, has) == 0 && memcmp(has, none, sizeof none) == 0;
    errno = error;
    return had_none;
}

/* By root: all of it. By the user itself: what it may. */
static bool
change(const char *spec, const struct owner *who, weir_buf *why)
{
    bool is_root = geteuid() == 0;
    int n;
    gid_t *own = find_groups(who, &n);
    bool good = own != NULL;

    if (!own)
        return refuse(why, spec, "out of memory", 0);
    if (!take_groups(own, n))
        good = is_root ? refuse(why, spec, "its groups cannot be taken", errno)
                       : tell_of_groups(spec, own, n, why);
    free(own);
    if (good && is_root &&
        (setresgid(who->gid, who->gid, who->gid) < 0 ||
         setresuid(who->uid, who->uid, who->uid) < 0))
        return refuse(why, spec, "the user cannot be changed", errno);
    return good;
}

bool
daemon_drop_to(const char *spec, weir_buf *why)
{
    struct owner who;

    if (!find_whom(spec, &who, why))
        return false;
    if (geteuid() != 0 && !is_already(&who)) {
        weir_buf_printf(why,
                        "--user %s: only root can become another user, and this is user %u: start "
                        "it as root, or as that user and without --user",
                        spec, (unsigned)geteuid());
        return false;
    }
    if (!change(spec, &who, why))
        return false;
    if (!drop_capabilities())
        return refuse(why, spec, "capabilities cannot be dropped", errno);
    if (!is_already(&who) || can_go_back(&who))
        return refuse(why, spec, "there is still a way back to root", 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return refuse(why, spec, "programs that become root can still be run", errno);
    return true;
}

uint64_t
daemon_raise_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (before != limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return before;
    return limit.rlim_cur;
}
