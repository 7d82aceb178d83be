/*
 * serve/listener: sockets are for those they are meant for, only our own files are taken away, and
 * what a service manager passes is taken if it is what it should be.
 */
#include "unit/folder.h"
#include "unit/test.h"

#include "base/span.h"
#include "serve/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* Every test takes away what it made. */
static int
remove_empty_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *
path_of(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *
spec_of(const char *name)
{
    static char spec[160];

    (void)snprintf(spec, sizeof spec, "unix:%s", path_of(name));
    return spec;
}

/* Opens, and compares the beginning of what is said. */
static enum listen_result
open_and_say(const char *spec, const struct listen_options *o, struct listen_socket *out,
             const char *expected)
{
    struct listen_socket all[LISTEN_MAX];
    weir_buf why = {0};
    size_t n;
    enum listen_result r = listen_open(spec, o, all, &n, &why);

    weir_buf_putc(&why, '\0');
    if (strncmp(why.p, expected, expected[0] ? strlen(expected) : 1) != 0)
        fail_msg("%s: it says\n%s\nand not\n%s", spec, why.p, expected);
    assert_int_equal(n, r == LISTEN_OK);
    if (n)
        *out = all[0];
    weir_buf_fini(&why);
    return r;
}

static struct listen_socket
open_one(const char *spec, const struct listen_options *o)
{
    struct listen_socket s = {.fd = -1};

    assert_int_equal(open_and_say(spec, o, &s, ""), LISTEN_OK);
    return s;
}

static void
close_one(const struct listen_socket *s)
{
    listen_unlink(s);
    (void)close(s->fd);
}

static const struct listen_options usual = {.socket_mode = 0600};

static void
modes(void **state)
{
    static const mode_t rows[] = {0600, 0660, 0666, 0777, 0};
    mode_t before = umask(0777);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct listen_options o = {.socket_mode = rows[i]};
        struct listen_socket s = open_one(spec_of("socket"), &o);
        struct stat st;

        assert_int_equal(lstat(s.path, &st), 0);
        assert_int_equal(st.st_mode, S_IFSOCK | rows[i]);
        assert_true(s.is_unix);
        assert_string_equal(s.name, spec_of("socket"));
        close_one(&s);
        assert_int_equal(lstat(s.path, &st), -1);
    }
    assert_int_equal(umask(before), 0777); /* is as it was */
}

static void
owners(void **state)
{
    static const struct {
        const char *owner;
        uid_t uid;
        gid_t gid;
    } rows[] = {{"12345:54321", 12345, 54321}, {":54321", 0, 54321}, {"12345", 12345, 0}};

    (void)state;
    if (geteuid() != 0)
        skip_because("only root gives files away");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct listen_options o = {.socket_mode = 0660, .socket_owner = rows[i].owner};
        struct listen_socket s = open_one(spec_of("socket"), &o);
        struct stat st;

        assert_int_equal(lstat(s.path, &st), 0);
        assert_int_equal(st.st_mode, S_IFSOCK | 0660);
        assert_int_equal(st.st_uid, rows[i].uid);
        assert_int_equal(st.st_gid, rows[i].gid);
        close_one(&s);
    }
}

/* Who may not give it away does not listen, and leaves no file. */
static void
owners_that_cannot_be(void **state)
{
    struct listen_options o = {.socket_mode = 0660, .socket_owner = "no such user"};
    struct listen_socket s;
    struct stat st;
    int status = -1;

    (void)state;
    assert_int_equal(open_and_say(spec_of("socket"), &o, &s,
                                  "--socket-owner no such user: there is no user no such user"),
                     LISTEN_BAD);
    assert_int_equal(lstat(path_of("socket"), &st), -1);
    if (geteuid() == 0) {
        assert_int_equal(chmod(folder, 0777), 0);
        pid_t child = fork();
        if (child == 0) {
            static weir_buf why;
            struct listen_socket all[LISTEN_MAX];
            size_t n;

            o.socket_owner = "root";
            _exit(setuid(65534) < 0 ||
                  listen_open(spec_of("socket"), &o, all, &n, &why) != LISTEN_FAILED || n);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_int_equal(lstat(path_of("socket"), &st), -1);
        assert_int_equal(chmod(folder, 0700), 0);
    }
}

static void
files_in_the_place(void **state)
{
    struct listen_socket first = open_one(spec_of("socket"), &usual), second;
    struct stat st;

    (void)state;
    char live[300], no_socket[300];
    (void)snprintf(live, sizeof live,
                   "cannot listen on %s: another option of this server has that address",
                   first.name);
    assert_int_equal(open_and_say(first.name, &usual, &second, live), LISTEN_FAILED);
    (void)close(first.fd); /* as of one that died: the file stays */
    second = open_one(spec_of("socket"), &usual);

    /* The first one's file is gone: the number of the second's may even be the same. */
    if (first.inode != second.inode) {
        listen_unlink(&first);
        assert_int_equal(lstat(second.path, &st), 0);
    }
    assert_int_equal(unlink(second.path), 0);
    FILE *f = fopen(second.path, "w");
    assert_non_null(f);
    (void)fclose(f);
    listen_unlink(&second);
    assert_int_equal(lstat(second.path, &st), 0);
    (void)snprintf(no_socket, sizeof no_socket,
                   "cannot listen on %s: a file that is no socket is in its place", second.name);
    assert_int_equal(open_and_say(second.name, &usual, &first, no_socket), LISTEN_FAILED);
    assert_int_equal(unlink(second.path), 0);
    (void)close(second.fd);
}

/* Another server on its way: bound, and not yet listening. It tells by the pipe when it is. */
static void
bind_and_listen_later(int told)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int lock = open(folder, O_RDONLY | O_DIRECTORY), fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)alarm(60); /* whatever becomes of the test */
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%.100s", path_of("socket"));
    if (flock(lock, LOCK_EX) < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 ||
        write(told, "", 1) != 1)
        _exit(1);
    (void)usleep(300 * 1000);
    if (listen(fd, 5) < 0 || close(lock) < 0)
        _exit(2);
    _exit(accept(fd, NULL, NULL) < 0); /* whoever looks whether somebody listens */
}

static void
one_that_is_about_to_listen(void **state)
{
    struct listen_socket s;
    int told[2], status = -1;
    char live[300], byte;

    (void)state;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0)
        bind_and_listen_later(told[1]);
    assert_int_equal(close(told[1]), 0);
    assert_int_equal(read(told[0], &byte, 1), 1);
    (void)snprintf(live, sizeof live, "cannot listen on %s: another process is listening there",
                   spec_of("socket"));
    assert_int_equal(open_and_say(spec_of("socket"), &usual, &s, live), LISTEN_FAILED);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(close(told[0]), 0);
    assert_int_equal(unlink(path_of("socket")), 0);
}

/* Opens when all are told to by the end of a pipe, and tells how it went. */
static void
start_together(int go, int result)
{
    struct listen_socket all[LISTEN_MAX];
    static weir_buf why; /* the process ends before it could be released */
    size_t n;
    char byte;

    (void)alarm(60);
    (void)!read(go, &byte, 1);
    byte = listen_open(spec_of("socket"), &usual, all, &n, &why) == LISTEN_OK ? 'y' : 'n';
    (void)!write(result, &byte, 1);
    for (;;)
        (void)pause();
}

/* On a socket file that was left behind: one gets it, and the others hear that it has. */
static void
several_at_once(void **state)
{
    enum { STARTERS = 4 };

    (void)state;
    for (size_t round = 0; round < 50; round++) {
        struct listen_socket dead = open_one(spec_of("socket"), &usual);
        int go[2], result[2], nlisten = 0;
        pid_t child[STARTERS];
        char said[STARTERS];

        (void)close(dead.fd);
        assert_int_equal(pipe(go) || pipe(result), 0);
        for (size_t i = 0; i < STARTERS; i++)
            if ((child[i] = fork()) == 0) {
                (void)close(go[1]);
                start_together(go[0], result[1]);
            }
        (void)close(go[1]);
        for (size_t i = 0; i < STARTERS; i++) {
            assert_int_equal(read(result[0], &said[i], 1), 1);
            nlisten += said[i] == 'y';
        }
        for (size_t i = 0; i < STARTERS; i++) {
            (void)kill(child[i], SIGKILL);
            assert_int_equal(waitpid(child[i], NULL, 0), child[i]);
        }
        (void)(close(go[0]) | close(result[0]) | close(result[1]));
        assert_int_equal(nlisten, 1);
        assert_int_equal(unlink(path_of("socket")), 0);
    }
}

static void
specs_that_are_none(void **state)
{
    static const char *const rows[] = {"",     "host",  ":7",   "127.0.0.1:", "::1:7",   "[::1]7",
                                       "h:7x", "unix:", "[]:7", "127.0.0.1",  "systemdx"};
    struct listen_socket s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(open_and_say(rows[i], &usual, &s, "--listen "), LISTEN_BAD);
    assert_int_equal(
        open_and_say("h:65536", &usual, &s, "--listen h:65536: a port is a number from 0 to 65535"),
        LISTEN_BAD);
    assert_int_equal(open_and_say("[::1]:00000000000000000080", &usual, &s,
                                  "--listen [::1]:00000000000000000080: a port is a number"),
                     LISTEN_BAD);
}

/* As for control: TCP has no permissions. */
static void
unix_sockets_only(void **state)
{
    static const char *const rows[] = {"127.0.0.1:7", "[::1]:7", "localhost:0", "/run/weir", ""};
    struct listen_options o = {.socket_mode = 0600, .option = "--control", .unix_only = true};
    struct listen_socket s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[200];

        (void)snprintf(expected, sizeof expected, "--control %s: only a Unix socket will do",
                       rows[i]);
        assert_int_equal(open_and_say(rows[i], &o, &s, expected), LISTEN_BAD);
    }
    assert_int_equal(open_and_say("unix:", &o, &s, "--control unix:: the path"), LISTEN_BAD);
    s = open_one(spec_of("socket"), &o);
    close_one(&s);
}

#define NOT_ENCRYPTED                                                                              \
    "is not a loopback address, and posts and answers are not encrypted: give a certificate "      \
    "(--tls-cert), or say --insecure if that is meant"

static void
beyond_loopback(void **state)
{
    struct listen_options encrypted = {.encrypted = true}, insecure = {.insecure = true};
    struct listen_socket s;

    (void)state;
    s = open_one("127.0.0.1:0", &usual);
    assert_true(strncmp(s.name, "127.0.0.1:", 10) == 0 && atoi(s.name + 10) > 0);
    assert_false(s.is_unix);
    close_one(&s);
    assert_int_equal(open_and_say("0.0.0.0:0", &usual, &s, "--listen 0.0.0.0:0 " NOT_ENCRYPTED),
                     LISTEN_BAD);
    assert_int_equal(open_and_say("[::]:0", &usual, &s, "--listen [::]:0 " NOT_ENCRYPTED),
                     LISTEN_BAD);
    s = open_one("0.0.0.0:0", &encrypted);
    close_one(&s);
    s = open_one("0.0.0.0:0", &insecure);
    close_one(&s);
}

/* Sockets that are passed ------------------------------------------------------------------- */

enum kind { STREAM, ABSTRACT, DATAGRAM, SILENT, TCP, TCP_OPEN, NO_SOCKET, NOTHING };

static int
bind_unix_one(int type, const char *path, size_t len)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    memcpy(at.sun_path, path, len);
    return bind(fd, (const struct sockaddr *)&at,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0
               ? -1
               : fd;
}

static int
make_passed(enum kind kind, size_t i)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(kind == TCP ? INADDR_LOOPBACK : INADDR_ANY)};
    char name[40];
    int fd = -1;

    (void)snprintf(name, sizeof name, "passed%zu", i);
    switch (kind) {
    case STREAM:
    case SILENT:
    case DATAGRAM:
        fd = bind_unix_one(kind == DATAGRAM ? SOCK_DGRAM : SOCK_STREAM, path_of(name),
                           strlen(path_of(name)) + 1);
        break;
    case ABSTRACT:
        (void)snprintf(name, sizeof name, "%cweir%d", 0, getpid());
        fd = bind_unix_one(SOCK_STREAM, name, 5 + strlen(name + 5));
        break;
    case TCP:
    case TCP_OPEN:
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(fd, (const struct sockaddr *)&at, sizeof at) < 0)
            return -1;
        break;
    case NO_SOCKET:
        return dup(STDIN_FILENO);
    case NOTHING:
        return -1;
    }
    if (kind != SILENT && kind != DATAGRAM && listen(fd, 5) < 0)
        return -1;
    return fd;
}

#define PASSED_MAX 10

/* What one process is passed, what it asks for, and what comes of that. */
struct passing {
    enum kind kinds[PASSED_MAX];
    size_t n;
    const char *names; /* NULL: LISTEN_FDNAMES is not set */
    const char *specs[3];
    struct listen_options o;
    enum listen_result result; /* of the last one */
    const char *said;          /* names of the sockets, each with a `|` behind it; or why not */
};

/* Descriptors from 3 on, and the environment. */
static bool
pass(const struct passing *p)
{
    char number[20];

    for (size_t i = 0; i < p->n; i++) {
        int fd = make_passed(p->kinds[i], i), to = 3 + (int)i;

        if (fd < 0 && p->kinds[i] != NOTHING)
            return false;
        (void)(p->kinds[i] == NOTHING ? close(to) : fd == to ? 0 : dup2(fd, to));
        if (fd > 3 + (int)p->n)
            (void)close(fd);
    }
    (void)snprintf(number, sizeof number, "%zu", p->n);
    (void)setenv("LISTEN_FDS", number, 1);
    (void)snprintf(number, sizeof number, "%d", getpid());
    (void)setenv("LISTEN_PID", number, 1);
    if (p->names)
        (void)setenv("LISTEN_FDNAMES", p->names, 1);
    return true;
}

/* A socket as it is needed: not blocking, and nobody else's after an exec. */
static bool
is_ready(const struct listen_socket *s)
{
    int on = 0;
    socklen_t len = sizeof on;

    if (!(fcntl(s->fd, F_GETFL) & O_NONBLOCK) || !(fcntl(s->fd, F_GETFD) & FD_CLOEXEC) ||
        s->path[0])
        return false;
    return s->is_unix || (getsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on);
}

/* In a process of its own: descriptors are given by number. @return its exit status. */
static int
take(const struct passing *p)
{
    struct listen_socket all[LISTEN_MAX];
    enum listen_result r = LISTEN_OK;
    static weir_buf said; /* the process ends before it could be released */

    if (!pass(p))
        return 1;
    for (size_t i = 0; i < 3 && p->specs[i] && r == LISTEN_OK; i++) {
        size_t n;

        said.len = 0;
        r = listen_open(p->specs[i], &p->o, all, &n, &said);
        for (size_t j = 0; j < n; j++) {
            const char *name = strrchr(all[j].name, '/');

            weir_buf_printf(&said, "%s|", name ? name + 1 : all[j].name);
            if (!is_ready(&all[j]))
                return 2;
        }
    }
    weir_buf_putc(&said, '\0');
    if (r == p->result && strncmp(said.p, p->said, strlen(p->said)) == 0)
        return 0;
    print_message("# it says \"%s\"\n# and not \"%s\"\n", said.p, p->said);
    return 3;
}

static void
passed_sockets(void **state)
{
#define NONE "cannot listen on systemd: no socket was passed; is it started by its .socket unit?"
#define NO_STREAM                                                                                  \
    "cannot listen on systemd: what was passed is no stream socket that listens (ListenStream=, "  \
    "and Accept=no)"
    static const struct passing rows[] = {
        {{STREAM}, 1, NULL, {"systemd"}, {0}, LISTEN_OK, "passed0|"},
        {{STREAM, STREAM}, 2, NULL, {"systemd"}, {0}, LISTEN_OK, "passed0|passed1|"},
        {{STREAM, STREAM, STREAM}, 3, "a:b:a", {"systemd:a"}, {0}, LISTEN_OK, "passed0|passed2|"},
        {{STREAM, STREAM}, 2, "a:b", {"systemd:a", "systemd:b"}, {0}, LISTEN_OK, "passed1|"},
        {{STREAM, STREAM}, 2, "a:b", {"systemd"}, {0}, LISTEN_OK, "passed0|passed1|"},
        {{ABSTRACT}, 1, NULL, {"systemd"}, {0}, LISTEN_OK, "unix:@weir"},
        {{TCP}, 1, NULL, {"systemd"}, {0}, LISTEN_OK, "127.0.0.1:"},
        {{TCP_OPEN}, 1, NULL, {"systemd"}, {.insecure = true}, LISTEN_OK, "0.0.0.0:"},
        {{TCP_OPEN}, 1, NULL, {"systemd"}, {.encrypted = true}, LISTEN_OK, "0.0.0.0:"},
        {{STREAM, TCP_OPEN}, 2, NULL, {"systemd"}, {0}, LISTEN_BAD, "--listen systemd: 0.0.0.0:"},
        {{STREAM, TCP},
         2,
         "a:b",
         {"systemd:a", "systemd:b"},
         {.option = "--control", .unix_only = true},
         LISTEN_BAD,
         "--control systemd:b: only a Unix socket will do"},
        {{STREAM},
         1,
         "ab",
         {"systemd:a"},
         {0},
         LISTEN_FAILED,
         "cannot listen on systemd:a: no socket of this name was passed"},
        {{STREAM},
         1,
         NULL,
         {"systemd:a"},
         {0},
         LISTEN_FAILED,
         "cannot listen on systemd:a: no socket of this name was passed"},
        {{STREAM},
         1,
         "a",
         {"systemd:a", "systemd"},
         {0},
         LISTEN_FAILED,
         "cannot listen on systemd: another --listen has this socket already"},
        {{NOTHING}, 0, NULL, {"systemd"}, {0}, LISTEN_FAILED, NONE},
        {{NOTHING},
         1,
         NULL,
         {"systemd"},
         {0},
         LISTEN_FAILED,
         "cannot listen on systemd: what was said to be passed cannot be had: Bad file"},
        {{NO_SOCKET},
         1,
         NULL,
         {"systemd"},
         {0},
         LISTEN_FAILED,
         "cannot listen on systemd: what was passed is no socket: "},
        {{DATAGRAM}, 1, NULL, {"systemd"}, {0}, LISTEN_FAILED, NO_STREAM},
        {{SILENT}, 1, NULL, {"systemd"}, {0}, LISTEN_FAILED, NO_STREAM},
        {{STREAM, STREAM, STREAM, STREAM, STREAM, STREAM, STREAM, STREAM, STREAM},
         9,
         NULL,
         {"systemd"},
         {0},
         LISTEN_FAILED,
         "cannot listen on systemd: more sockets were passed than one --listen can have"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0)
            _exit(take(&rows[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("row %zu (%s) ended with %x", i, rows[i].said, status);
        for (size_t j = 0; j < PASSED_MAX; j++) {
            char name[40];

            (void)snprintf(name, sizeof name, "passed%zu", j);
            (void)unlink(path_of(name));
        }
    }
}

/* Variables that were left over from another process, or that are no numbers. */
static void
sockets_for_others(void **state)
{
    static const struct {
        const char *pid, *fds;
    } rows[] = {{"1", "1"},     {NULL, "1"},  {"", "1"},    {"me", ""},
                {"me", "x"},    {"me", "1x"}, {"me", "-1"}, {"me", "99999999999999999999"},
                {"me", "2000"}, {"me", NULL}};
    struct listen_socket s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char me[20];
        bool is_me = rows[i].pid && strcmp(rows[i].pid, "me") == 0;

        (void)snprintf(me, sizeof me, "%d", getpid());
        (void)(rows[i].pid ? setenv("LISTEN_PID", is_me ? me : rows[i].pid, 1)
                           : unsetenv("LISTEN_PID"));
        (void)(rows[i].fds ? setenv("LISTEN_FDS", rows[i].fds, 1) : unsetenv("LISTEN_FDS"));
        assert_int_equal(open_and_say("systemd", &usual, &s, NONE), LISTEN_FAILED);
    }
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes),
        cmocka_unit_test(owners),
        cmocka_unit_test(owners_that_cannot_be),
        cmocka_unit_test(files_in_the_place),
        cmocka_unit_test(one_that_is_about_to_listen),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(specs_that_are_none),
        cmocka_unit_test(unix_sockets_only),
        cmocka_unit_test(beyond_loopback),
        cmocka_unit_test(passed_sockets),
        cmocka_unit_test(sockets_for_others),
    };

    return cmocka_run_group_tests_name("serve/listener", tests, make_folder, remove_empty_folder);
}
