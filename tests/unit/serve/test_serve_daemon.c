/*
 * serve/daemon: what the service manager hears, and who is left where a user was dropped to.
 */
#include "unit/test.h"

#include "base/span.h"
#include "flow/clock.h"
#include "serve/daemon.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

/* The service manager ----------------------------------------------------------------------- */

/* A socket that hears what is told; `name` as NOTIFY_SOCKET has it. */
static int
become_manager(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    else
        len++;
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static void
expect_heard(int fd, const char *expected)
{
    char heard[1000] = "";
    ssize_t n = recv(fd, heard, sizeof heard - 1, 0);

    if (n < 0 || strcmp(heard, expected) != 0)
        fail_msg("heard \"%s\", not \"%s\"", heard, expected);
}

static void
what_is_told(void **state)
{
    char folder[] = "/tmp/tagweir-test-XXXXXX", names[2][64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(names[0], sizeof names[0], "%s/notify", folder);
    (void)snprintf(names[1], sizeof names[1], "@tagweir-test-%d", getpid());
    for (size_t i = 0; i < 2; i++) {
        int fd = become_manager(names[i]);

        assert_int_equal(daemon_ready("serving"), 0);
        expect_heard(fd, "READY=1\nSTATUS=serving");
        assert_int_equal(daemon_stopping("answering\nwhat was read"), 0);
        expect_heard(fd, "STOPPING=1\nSTATUS=answering");
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(unlink(names[0]), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

/* With the time of the system's start, or it is not known from the one before. */
static void
reloading(void **state)
{
    char name[64], heard[200] = "", rest[100];
    int64_t before = clock_running_us(), at;

    (void)state;
    (void)snprintf(name, sizeof name, "@tagweir-test-%d", getpid());
    int fd = become_manager(name);
    assert_int_equal(daemon_reloading("reading rules"), 0);
    assert_true(recv(fd, heard, sizeof heard - 1, 0) > 0);
    assert_int_equal(sscanf(heard, "RELOADING=1\nMONOTONIC_USEC=%" SCNd64 "\n%99[^\n]", &at, rest),
                     2);
    assert_true(at >= before && at <= clock_running_us());
    assert_string_equal(rest, "STATUS=reading rules");
    assert_int_equal(close(fd), 0);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void
long_words_are_cut(void **state)
{
    char name[64], status[2000], heard[1000] = "";

    (void)state;
    (void)snprintf(name, sizeof name, "@tagweir-test-%d", getpid());
    memset(status, 'x', sizeof status - 1);
    status[sizeof status - 1] = '\0';
    int fd = become_manager(name);
    assert_int_equal(daemon_ready(status), 0);
    assert_int_equal(recv(fd, heard, sizeof heard - 1, 0), 511);
    assert_true(strncmp(heard, "READY=1\nSTATUS=xx", 17) == 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void
managers_that_do_not_hear(void **state)
{
    static const struct {
        const char *name; /* NULL: there is none */
        int error;
    } rows[] = {
        {NULL, 0},
        {"/nonexistent/socket", ENOENT},
        {"@tagweir-nobody", ECONNREFUSED},
        {"vsock:2:1", EAFNOSUPPORT},
        {"relative", EAFNOSUPPORT},
        {"/", EAFNOSUPPORT},
        {"", EAFNOSUPPORT},
        {"/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
         "890123456789012345678901234567890123456789",
         EAFNOSUPPORT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)(rows[i].name ? setenv("NOTIFY_SOCKET", rows[i].name, 1) : unsetenv("NOTIFY_SOCKET"));
        if (daemon_ready("a") != rows[i].error)
            fail_msg("%s", rows[i].name);
    }
    (void)unsetenv("NOTIFY_SOCKET");
}

/* Dropping, in a process of its own --------------------------------------------------------- */

/* What it ends with: the first that does not hold. */
enum { GOOD, REFUSED, OTHER_USER, OTHER_GROUP, GROUPS_LEFT, WAY_BACK, NO_START };

/* root, with groups of which none is to be left. */
static bool
start_as_root(void)
{
    static const gid_t groups[] = {0, 4, 12345, 54321};

    return setgroups(4, groups) == 0;
}

static bool
is_one_of(gid_t id, const gid_t *all, int n)
{
    for (int i = 0; i < n; i++)
        if (all[i] == id)
            return true;
    return false;
}

static int
drop(const char *spec, uid_t uid, gid_t gid)
{
    gid_t left[100], own[100] = {gid};
    int nown = 100;
    const struct passwd *pw = getpwuid(uid);
    static weir_buf why; /* the process ends before it could be released */

    if (pw)
        (void)getgrouplist(pw->pw_name, gid, own, &nown);
    else
        nown = 1;
    if (!start_as_root())
        return NO_START;
    if (!daemon_drop_to(spec, &why) || why.len)
        return REFUSED;
    if (getuid() != uid || geteuid() != uid)
        return OTHER_USER;
    if (getgid() != gid || getegid() != gid)
        return OTHER_GROUP;
    int nleft = getgroups(100, left);
    for (int i = 0; i < nleft; i++)
        if (!is_one_of(left[i], own, nown))
            return GROUPS_LEFT;
    if (nleft != nown)
        return GROUPS_LEFT;
    if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0 ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return WAY_BACK;
    return daemon_drop_to(spec, &why) ? GOOD : REFUSED; /* it is that user now */
}

/* A root of a container may be none that can do that. */
static void
skip_unless_root(void)
{
    int status = -1;
    pid_t child = geteuid() == 0 ? fork() : 1;

    if (child == 0)
        _exit(!start_as_root() || setresgid(54321, 54321, 54321) < 0 ||
              setresuid(12345, 12345, 12345) < 0);
    if (child > 1)
        assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        skip_because("only root becomes another user");
}

static void
drop_in_a_child(const char *spec, uid_t uid, gid_t gid)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(drop(spec, uid, gid));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
        fail_msg("%s: ended with %x", spec, status);
}

static void
dropping(void **state)
{
    const struct group *daemons = getgrnam("daemon");

    (void)state;
    skip_unless_root();
    drop_in_a_child("12345:54321", 12345, 54321);
    drop_in_a_child("12345:0054321", 12345, 54321);
    if (daemons)
        drop_in_a_child("12345:daemon", 12345, daemons->gr_gid);
}

/* By name and by number, with the groups that each has. */
static void
dropping_to_everybody(void **state)
{
    const struct passwd *pw;
    size_t n = 0;

    (void)state;
    skip_unless_root();
    setpwent();
    while (n < 50 && (pw = getpwent())) {
        char name[300], number[20], both[320];
        uid_t uid = pw->pw_uid;
        gid_t gid = pw->pw_gid;

        if (uid == 0 || gid == 0)
            continue;
        (void)snprintf(name, sizeof name, "%s", pw->pw_name);
        (void)snprintf(number, sizeof number, "%u", uid);
        (void)snprintf(both, sizeof both, "%s:54321", name);
        drop_in_a_child(name, uid, gid);
        drop_in_a_child(number, uid, gid);
        drop_in_a_child(both, uid, 54321);
        n++;
    }
    endpwent();
    assert_true(n > 0);
}

/* The user itself -------------------------------------------------------------------------- */

static bool
has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = {{0}};
    bool any = syscall(SYS_capget, &header, has) != 0;

    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        any = any || has[i].permitted || has[i].effective || has[i].inheritable;
    return any;
}

/* @param keeps  Root's capabilities, as by a service manager: they are enough to drop groups. */
static int
be_already(bool keeps, const gid_t *groups, size_t n, const char *expected)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3];
    static weir_buf why; /* as above */

    if (setgroups(n, groups) < 0 || (keeps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) ||
        setresgid(54321, 54321, 54321) < 0 || setresuid(12345, 12345, 12345) < 0)
        return NO_START;
    if (keeps && syscall(SYS_capget, &header, has) == 0) {
        for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
            has[i].effective = has[i].permitted;
        (void)syscall(SYS_capset, &header, has);
    }
    if (has_capabilities() != keeps)
        return NO_START;
    if (!daemon_drop_to("12345:54321", &why) || !span_is((weir_span){why.p, why.len}, expected))
        return REFUSED;
    if (keeps && getgroups(0, NULL) != 1)
        return GROUPS_LEFT;
    return has_capabilities() || setuid(0) == 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1
               ? WAY_BACK
               : GOOD;
}

static void
who_is_already_that_user(void **state)
{
    static const gid_t groups[] = {54321, 4, 24};
    static const struct {
        bool keeps;
        size_t ngroups;
        const char *why;
    } rows[] = {
        {false, 0, ""},
        {false, 1, ""},
        {false, 3,
         "--user 12345:54321: it is this user already, and in groups that are not its own, which "
         "only root could drop: 4 24"},
#ifndef __SANITIZE_THREAD__ /* has a thread of its own, which does not keep them */
        {true, 1, ""},
        {true, 3, ""},
#endif
    };

    (void)state;
    skip_unless_root();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0)
            _exit(be_already(rows[i].keeps, groups, rows[i].ngroups, rows[i].why));
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("row %zu: ended with %x", i, status);
    }
}

/* Compares in a process of its own, too, since half of it may have been done. */
static int
be_refused(uid_t as, const char *spec, const char *expected)
{
    static weir_buf why; /* as above */

    if (as && setresuid(as, as, as) < 0)
        return NO_START;
    if (daemon_drop_to(spec, &why))
        return GOOD + 100;
    if (span_is((weir_span){why.p, why.len}, expected))
        return GOOD;
    print_message("# it says \"%.*s\"\n# and not \"%s\"\n", SPAN_FMT(why), expected);
    return REFUSED;
}

static void
users_that_cannot_be(void **state)
{
    static const struct {
        uid_t as; /* 0: who runs this */
        const char *spec, *why;
    } rows[] = {
        {0, "no such user", "--user no such user: there is no user no such user"},
        {0, "nobody:no such group", "--user nobody:no such group: there is no group no such group"},
        {0, "root", "--user root: this is root: name somebody else"},
        {0, "0:daemon", "--user 0:daemon: this is root: name somebody else"},
        {0, ":daemon", "--user :daemon: expected USER or USER:GROUP"},
        {0, "12345", "--user 12345: no such user is known, so it has no group: say USER:GROUP"},
        {54321, "12345:12345",
         "--user 12345:12345: only root can become another user, and this is user 54321: start it "
         "as root, or as that user and without --user"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = -1;

        if (rows[i].as && geteuid() != 0)
            continue;
        pid_t child = fork();
        if (child == 0)
            _exit(be_refused(rows[i].as, rows[i].spec, rows[i].why));
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("%s: ended with %x", rows[i].spec, status);
    }
}

static void
files(void **state)
{
    struct rlimit before, after;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit low = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(daemon_raise_files(), before.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
    assert_int_equal(after.rlim_cur, before.rlim_max);
    assert_int_equal(daemon_raise_files(), before.rlim_max);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told),
        cmocka_unit_test(reloading),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(managers_that_do_not_hear),
        cmocka_unit_test(dropping),
        cmocka_unit_test(dropping_to_everybody),
        cmocka_unit_test(who_is_already_that_user),
        cmocka_unit_test(users_that_cannot_be),
        cmocka_unit_test(files),
    };

    return cmocka_run_group_tests_name("serve/daemon", tests, NULL, NULL);
}
