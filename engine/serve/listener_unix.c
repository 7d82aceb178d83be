/*
 * Unix sockets: their files, whose these are, and when they are taken away. Promised to operators:
 * a socket made here is open to its owner alone unless told, never for a moment to others than
 * those it is meant for, and never taken from a server that lives or is about to. One that was
 * passed is as whoever passed it has made it.
 */
#include "serve/listener_parts.h"
#include "serve/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Others of us may be between bind() and listen() for so long; who has the lock for longer is none
   of us, and must not keep us from starting: any user may lock a folder that he may read. */
#define LOCK_MS 5000
#define LOCK_STEP_MS 10

/*
 * Locks the folder of a socket against others who would bind one there: from looking whether
 * somebody listens until we listen ourselves. A bound socket that nobody listens on yet looks like
 * one that was left behind. The lock is the folder's, so that no file is left of it.
 * @return to be closed; -1: without.
 */
static int
lock_folder(const char *path)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
    const char *slash = strrchr(path, '/');
    char folder[sizeof((struct sockaddr_un *)0)->sun_path] = ".";

    if (slash) {
        size_t len = slash == path ? 1 : (size_t)(slash - path);

        memcpy(folder, path, len);
        folder[len] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int ms = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; ms += LOCK_STEP_MS) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || ms >= LOCK_MS)
            break;
        (void)nanosleep(&step, NULL);
    }
    return fd;
}

/* Who has called listen() there is ourselves: by another option, or by another path to it. */
static bool
is_own(int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid();
}

/* Who answers at this address, as far as it can be told; NULL: nobody. What is not known counts as
   somebody: a live socket is never taken. */
static const char *
who_listens(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const char *who = "another process is listening there";

    if (fd < 0)
        return who;
    if (connect(fd, (const struct sockaddr *)at, sizeof *at) < 0)
        who = errno == ECONNREFUSED ? NULL : who;
    else if (is_own(fd))
        who = "another option of this server has that address: give each its own";
    (void)close(fd);
    return who;
}

/* The file is born with its mode: a mode set afterwards would leave it open for a moment. */
static int
bind_with_mode(int fd, const struct sockaddr_un *at, mode_t mode)
{
    mode_t before = umask(0777 & ~mode);
    int rc = bind(fd, (const struct sockaddr *)at, sizeof *at);
    int error = rc < 0 ? errno : 0;

    (void)umask(before);
    return error;
}

static enum listen_result
bind_unix(int fd, const char *spec, const struct sockaddr_un *at, mode_t mode, weir_buf *why)
{
    struct stat st;
    int error = bind_with_mode(fd, at, mode);

    if (error == EADDRINUSE) {
        if (lstat(at->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode))
            return listen_fail(why, spec, "a file that is no socket is in its place", 0);
        const char *who = who_listens(at);
        if (who)
            return listen_fail(why, spec, who, 0);
        if (unlink(at->sun_path) < 0 && errno != ENOENT)
            return listen_fail(why, spec, "the socket file left there cannot be removed", errno);
        error = bind_with_mode(fd, at, mode);
    }
    return error ? listen_fail(why, spec, "bind", error) : LISTEN_OK;
}

/* A file that is to be given away has to be one that can only be ours: whoever may write to the
   folder may have put another one there since bind(). */
static bool
is_ours(const struct stat *st)
{
    return S_ISSOCK(st->st_mode) && st->st_uid == geteuid() && st->st_nlink == 1;
}

/* Before listen(): until then nobody can connect, whoever may. What is looked at and what is given
   away are one file, by a descriptor; a path could lead elsewhere the second time. */
static enum listen_result
claim(const char *spec, const char *path, const struct owner *who, struct listen_socket *out,
      weir_buf *why)
{
    bool is_given = who->uid != OWNER_NONE || who->gid != OWNER_NONE;
    int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    enum listen_result r = LISTEN_OK;
    struct stat st;

    if (file < 0 || fstat(file, &st) < 0) {
        r = listen_fail(why, spec, "the socket file is gone", errno);
    } else if (is_given && !is_ours(&st)) {
        r = listen_fail(why, spec, "another file has come in the place of the socket", 0);
    } else {
        out->device = st.st_dev;
        out->inode = st.st_ino;
        memcpy(out->path, path, strlen(path) + 1); /* from here on it is to be unlinked */
        if (is_given && fchownat(file, "", who->uid, who->gid, AT_EMPTY_PATH) < 0)
            r = listen_fail(why, spec, "the socket cannot be given to its owner", errno);
    }
    if (file >= 0)
        (void)close(file);
    return r;
}

static enum listen_result
take_path(const char *spec, const char *path, const struct listen_options *o,
          struct sockaddr_un *at, weir_buf *why)
{
    size_t len = strlen(path);

    if (!len || len >= sizeof at->sun_path) {
        weir_buf_printf(why, "%s %s: the path of a socket has 1 to %zu bytes", listen_option(o),
                        spec, sizeof at->sun_path - 1);
        return LISTEN_BAD;
    }
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(at->sun_path, path, len + 1);
    return LISTEN_OK;
}

static enum listen_result
take_owner(const struct listen_options *o, struct owner *who, weir_buf *why)
{
    size_t start = why->len;

    *who = (struct owner){.uid = OWNER_NONE, .gid = OWNER_NONE};
    if (!o->socket_owner)
        return LISTEN_OK;
    weir_buf_printf(why, "--socket-owner %s: ", o->socket_owner);
    if (!owner_find(o->socket_owner, who, why))
        return LISTEN_BAD;
    why->len = start;
    return LISTEN_OK;
}

void
listen_unlink(const struct listen_socket *s)
{
    struct stat st;

    if (s->path[0] && lstat(s->path, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode)
        (void)unlink(s->path);
}

enum listen_result
listen_open_unix(const char *spec, const char *path, const struct listen_options *o,
                 struct listen_socket *out, weir_buf *why)
{
    struct sockaddr_un at;
    struct owner who;
    enum listen_result r = take_path(spec, path, o, &at, why);

    if (r == LISTEN_OK)
        r = take_owner(o, &who, why);
    if (r != LISTEN_OK)
        return r;
    *out = (struct listen_socket){.is_unix = true};
    (void)snprintf(out->name, sizeof out->name, "unix:%s", path);
    out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out->fd < 0)
        return listen_fail(why, spec, "socket", errno);
    int lock = lock_folder(at.sun_path);
    r = bind_unix(out->fd, spec, &at, o->socket_mode, why);
    if (r == LISTEN_OK)
        r = claim(spec, at.sun_path, &who, out, why);
    if (r == LISTEN_OK && listen(out->fd, LISTEN_BACKLOG) < 0)
        r = listen_fail(why, spec, "listen", errno);
    if (r != LISTEN_OK) {
        listen_unlink(out);
        (void)close(out->fd);
    }
    if (lock >= 0)
        (void)close(lock);
    return r;
}
