/*
 * serve/watch: what is heard of, on real folders. What is to be heard is waited for with patience;
 * what is not is only listened for as long as a test may last.
 */
#include "unit/test.h"

#include "serve/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define NOBODY 65534
#define PATIENCE_MS 60000
#define REST_MS 80 /* longer than all times of `quick` */

static const struct watch_times quick = {.settle_ms = 10, .most_ms = 60, .again_ms = 40};

struct listening {
    struct event_base *base;
    struct watch *watch;
    struct event *over;
    unsigned heard, said;
    bool wants; /* to stop when something is heard */
    char problem[1024], end[1024];
    char folder[64], rules[128];
    const char *path;
};

/* In front of the system's: a folder for which there is no room. */
static const char *full;

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);

int
__wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    if (full && strstr(path, full)) {
        errno = ENOSPC;
        return -1;
    }
    return __real_inotify_add_watch(fd, path, mask);
}

static void
on_changed(void *arg)
{
    struct listening *l = arg;

    l->heard++;
    if (l->wants)
        (void)event_base_loopbreak(l->base);
}

static void
on_say(void *arg, bool is_problem, const char *line)
{
    struct listening *l = arg;

    l->said++;
    (void)snprintf(is_problem ? l->problem : l->end, sizeof l->end, "%s", line);
}

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
    struct listening *l = arg;

    (void)fd;
    (void)what;
    (void)event_base_loopbreak(l->base);
}

/* A command of the shell, in the test's folder. */
static void
sh(const struct listening *l, const char *command)
{
    char line[1024];

    (void)snprintf(line, sizeof line, "cd %s && { %s; }", l->folder, command);
    if (system(line) != 0)
        fail_msg("failed: %s", command);
}

static void
listen_for(struct listening *l, unsigned ms)
{
    struct timeval t = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    assert_int_equal(event_add(l->over, &t), 0);
    assert_true(event_base_dispatch(l->base) >= 0);
    (void)event_del(l->over);
}

/* Until nothing is heard any more. */
static void
rest(struct listening *l)
{
    unsigned before;

    l->wants = false;
    do {
        before = l->heard;
        listen_for(l, REST_MS);
    } while (l->heard != before);
    l->heard = 0;
}

static bool
hears(struct listening *l)
{
    l->wants = true;
    if (!l->heard)
        listen_for(l, PATIENCE_MS);
    return l->heard > 0;
}

/* @param rules  Below the test's folder, from where it is named if it is to be absolute. */
static void
start(struct listening *l, const char *make, const char *rules, bool absolute)
{
    *l = (struct listening){.base = event_base_new()};
    strcpy(l->folder, "/tmp/weir-watch-XXXXXX");
    assert_non_null(mkdtemp(l->folder));
    assert_int_equal(chmod(l->folder, 0755), 0);
    assert_int_equal(chdir(l->folder), 0);
    sh(l, make);
    (void)snprintf(l->rules, sizeof l->rules, "%s%s%s", absolute ? l->folder : "",
                   absolute ? "/" : "", rules);
    l->path = l->rules;
    l->over = evtimer_new(l->base, on_over, l);
    assert_non_null(l->over);
}

static void
watch(struct listening *l, const struct watch_times *times)
{
    struct watch_hooks hooks = {.changed = on_changed, .say = on_say, .arg = l};

    l->watch = watch_new(l->base, &l->path, 1, times, &hooks);
    assert_non_null(l->watch);
}

static void
end(struct listening *l)
{
    watch_free(l->watch);
    event_free(l->over);
    event_base_free(l->base);
    assert_int_equal(chdir("/"), 0);
    sh(l, "rm -rf \"$PWD\"");
}

#define LIST "echo 'lists: {l: {hashtags: l.txt}}'"

static const struct {
    const char *says, *make, *rules;
    const char *steps[6]; /* each is heard */
} heard[] = {
    {"what is in a folder, and below",
     "mkdir r; echo 1 >r/a.yaml",
     "r",
     {"echo 2 >r/a.yaml", "mkdir r/new", "echo 1 >r/new/b.yaml", "echo 2 >r/new/b.yaml",
      "rm -r r/new", "chmod 600 r/a.yaml"}},
    {"a list in a folder, whatever its name",
     "mkdir r; echo 'lists: {l: {hashtags: .l}, m: {posts: m}}' >r/a.yaml",
     "r",
     {"echo 1 >r/.l", "echo 2 >r/.l", "echo 1 >r/m"}},
    {"a folder that is named with slashes goes, and comes back",
     "mkdir r; echo 1 >r/a.yaml",
     "r//",
     {"rm -r r", "mkdir r", "echo 2 >r/a.yaml", "echo 3 >r/a.yaml"}},
    {"a folder is replaced",
     "mkdir r n; echo 1 >r/a.yaml; echo 2 >n/a.yaml",
     "r/",
     {"mv r old; mv n r", "echo 3 >r/a.yaml"}},
    {"a folder on the way is renamed, and comes back",
     "mkdir -p q/p/r; echo 1 >q/p/r/a.yaml",
     "q/p/r",
     {"mv q/p q/o", "mv q/o q/p", "echo 2 >q/p/r/a.yaml"}},
    {"folders on the way are removed, and come back",
     "mkdir -p q/p/r; echo 1 >q/p/r/a.yaml",
     "q/p/r",
     {"rm -r q", "mkdir q", "mkdir -p q/p/r", "echo 2 >q/p/r/a.yaml", "echo 3 >q/p/r/a.yaml"}},
    {"a folder on the way is replaced",
     "mkdir -p p/r n/r; echo 1 >p/r/a.yaml; echo 2 >n/r/a.yaml",
     "p/r/a.yaml",
     {"mv p old; mv n p", "echo 3 >p/r/a.yaml"}},
    {"a link on the way is swung",
     "mkdir -p v1/r v2/r; echo 1 >v1/r/a.yaml; echo 2 >v2/r/a.yaml; ln -s v1 current",
     "current/r",
     {"ln -s v2 tmp; mv -T tmp current", "echo 3 >v2/r/a.yaml", "mv v2 v3", "mv v3 v2"}},
    {"a link to the folder is swung, by a link with a long way",
     "mkdir -p v1 v2 x/y; echo 1 >v1/a.yaml; echo 2 >v2/a.yaml; ln -s v1 current;"
     "ln -s ../../current x/y/r",
     "x/./y/../y/r/",
     {"ln -s $PWD/v2 tmp; mv -T tmp current", "echo 3 >v2/a.yaml"}},
    {"a link that leads to nothing, and then to something",
     "ln -s v1/a.yaml a.yaml",
     "a.yaml",
     {"mkdir v1", "echo 1 >v1/a.yaml", "echo 2 >v1/a.yaml"}},
    {"a link that leads to itself, and then to something",
     "ln -s a.yaml a.yaml; echo 1 >b.yaml",
     "a.yaml",
     {"ln -sf b.yaml a.yaml", "echo 2 >b.yaml"}},
    {"a file as Kubernetes keeps it",
     "mkdir ..1 ..2; echo 1 >..1/a.yaml; echo 2 >..2/a.yaml; ln -s ..1 ..data;"
     "ln -s ..data/a.yaml a.yaml",
     "a.yaml",
     {"ln -s ..2 ..tmp; mv -T ..tmp ..data; rm -r ..1",
      "mkdir ..3; echo 3 >..3/a.yaml; ln -s ..3 ..tmp; mv -T ..tmp ..data; rm -r ..2"}},
    {"a folder as Kubernetes keeps it",
     "mkdir r; cd r; mkdir ..1 ..2; echo 1 >..1/a.yaml; echo 2 >..2/a.yaml; ln -s ..1 ..data;"
     "ln -s ..data/a.yaml a.yaml",
     "r",
     {"cd r; ln -s ..2 ..tmp; mv -T ..tmp ..data; rm -r ..1",
      "cd r; mkdir ..3; echo 3 >..3/a.yaml; ln -s ..3 ..tmp; mv -T ..tmp ..data; rm -r ..2"}},
    {"a link in a folder, to a file",
     "mkdir r; echo 1 >real.yaml; ln -s ../real.yaml r/a.yaml",
     "r",
     {"echo 2 >real.yaml", "echo 3 >new; mv new real.yaml", "rm real.yaml", "echo 4 >real.yaml"}},
    {"a link in a folder, to a folder",
     "mkdir -p r shared/deep; echo 1 >shared/deep/b.yaml; ln -s ../shared r/shared",
     "r",
     {"echo 2 >shared/deep/b.yaml", "mv shared old", "mkdir shared", "echo 3 >shared/b.yaml"}},
    {"the list beside a file",
     LIST " >a.yaml; echo 1 >l.txt",
     "a.yaml",
     {"echo 2 >l.txt", "echo 3 >new; mv new l.txt", "rm l.txt", "echo 4 >l.txt"}},
    {"lists elsewhere",
     "mkdir p s s/t; printf 'lists:\\n  a:\\n    accounts: \"../s/a b.csv\"\\n    column: x\\n"
     "    posts:\\n      ../s/t/p.txt # all\\n  b: {hashtags: {file: ../l}}\\n' >p/a.yaml",
     "p/a.yaml",
     {"echo 1 >'s/a b.csv'", "echo 1 >s/t/p.txt", "mv s/t s/u", "mv s/u s/t", "ln -s s/t/p.txt l",
      "echo 2 >s/t/p.txt"}},
};

static void
what_changes_is_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof heard / sizeof *heard); i++) {
        struct listening l;

        start(&l, heard[i / 2].make, heard[i / 2].rules, i % 2);
        watch(&l, &quick);
        for (size_t k = 0; k < 6 && heard[i / 2].steps[k]; k++) {
            rest(&l);
            sh(&l, heard[i / 2].steps[k]);
            if (!hears(&l))
                fail_msg("%s: nothing was heard of %s", heard[i / 2].says, heard[i / 2].steps[k]);
        }
        if (l.said)
            fail_msg("%s: %s", heard[i / 2].says, l.problem);
        end(&l);
    }
}

static const struct {
    const char *says, *make, *rules, *step;
} unheard[] = {
    {"what is beside a folder", "mkdir -p p/r", "p/r", "echo 1 >x; echo 1 >p/x; mkdir p/s; rm p/x"},
    {"what is beside a file", LIST " >a.yaml", "a.yaml",
     "echo 1 >b.yaml; echo 1 >al.txt; rm b.yaml"},
    {"what tools keep", "mkdir -p r/.git; echo 1 >r/a.yaml", "r",
     "echo 1 >r/.git/a.yaml; echo 1 >r/.a.yaml.swp; rm r/.a.yaml.swp"},
    {"reading", "mkdir r; echo 1 >r/a.yaml", "r", "cat r/a.yaml >/dev/null; ls r >/dev/null"},
};

static void
what_is_not_read_is_not_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unheard / sizeof *unheard; i++) {
        struct listening l;

        start(&l, unheard[i].make, unheard[i].rules, false);
        watch(&l, &quick);
        rest(&l);
        sh(&l, unheard[i].step);
        listen_for(&l, REST_MS);
        if (l.heard)
            fail_msg("%s was heard", unheard[i].says);
        end(&l);
    }
}

static void
a_log_among_the_rules_is_not_heard(void **state)
{
    struct listening l;

    (void)state;
    start(&l, "mkdir r; echo 1 >r/a.yaml", "r", false);
    int log = open("r/log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int rules = open("r/a.yaml", O_WRONLY | O_CLOEXEC);
    watch(&l, &quick);
    rest(&l);
    assert_int_equal(write(log, "x\n", 2), 2);
    listen_for(&l, REST_MS);
    assert_int_equal(l.heard, 0);
    assert_int_equal(write(rules, "x\n", 2), 2);
    assert_true(hears(&l));
    assert_int_equal(close(log) | close(rules), 0);
    end(&l);
}

static void
what_changed_while_rules_were_loaded_is_heard(void **state)
{
    struct listening l;

    (void)state;
    start(&l, "mkdir r; echo 1 >r/a.yaml", "r", false);
    watch(&l, &quick);
    assert_true(hears(&l));
    end(&l);
}

static void
write_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    sh(arg, "echo x >>r/x");
}

/* Each time before what has changed could come to rest. */
static void
changes_that_do_not_end_are_loaded(void **state)
{
    static const struct watch_times slow = {.settle_ms = 30000, .most_ms = 200, .again_ms = 60};
    const struct timeval soon = {.tv_usec = 20000};
    struct listening l;

    (void)state;
    start(&l, "mkdir r; echo 1 >r/a.yaml", "r", false);
    watch(&l, &slow);
    struct event *busy = event_new(l.base, -1, EV_PERSIST, write_again, &l);
    assert_int_equal(event_add(busy, &soon), 0);
    assert_true(hears(&l));
    l.heard = 0;
    assert_true(hears(&l));
    event_free(busy);
    end(&l);
}

/* Listening as nobody, who may not read p. */
static bool
nobody_hears(struct listening *l, const char *step)
{
    assert_int_equal(seteuid(NOBODY), 0);
    rest(l);
    assert_int_equal(seteuid(0), 0);
    sh(l, step);
    assert_int_equal(seteuid(NOBODY), 0);
    bool is_heard = hears(l);
    assert_int_equal(seteuid(0), 0);
    return is_heard;
}

static void
what_was_watched_before_privileges_were_given_up_stays_so(void **state)
{
    struct listening l;

    (void)state;
    if (geteuid() != 0)
        skip_because("only root can become somebody else");
    start(&l, "umask 022; mkdir -p p/r; chmod 711 p; echo 1 >p/r/a.yaml", "p/r", true);
    watch(&l, &quick);
    assert_true(nobody_hears(&l, "umask 022; mkdir p/r/new; echo 1 >p/r/new/b.yaml"));
    assert_true(nobody_hears(&l, "echo 2 >p/r/new/b.yaml"));
    assert_true(nobody_hears(&l, "umask 022; mv p/r p/old; mkdir p/r; echo 1 >p/r/a.yaml"));
    assert_true(nobody_hears(&l, "echo 2 >p/r/a.yaml"));
    assert_int_equal(l.said, 0);
    end(&l);
}

static void
what_may_not_be_watched_is_looked_at(void **state)
{
    struct listening l;

    (void)state;
    if (geteuid() != 0)
        skip_because("only root can become somebody else");
    start(&l, "umask 022; mkdir -p p/r; chmod 711 p; echo 1 >p/r/a.yaml", "p/r", true);
    assert_int_equal(seteuid(NOBODY), 0);
    watch(&l, &quick);
    assert_int_equal(seteuid(0), 0);
    assert_non_null(strstr(l.problem, "/p cannot be watched: Permission denied: the server's "));
    assert_true(nobody_hears(&l, "echo 2 >p/r/a.yaml"));
    assert_true(nobody_hears(&l, "umask 022; mv p/r p/old; mkdir p/r; echo 1 >p/r/a.yaml"));
    assert_true(nobody_hears(&l, "echo 2 >p/r/a.yaml"));
    assert_int_equal(l.said, 1);
    assert_true(nobody_hears(&l, "mkdir p/x; chmod 755 p; echo 3 >p/r/a.yaml"));
    end(&l);
}

static void
what_there_is_no_room_for_is_told_of_and_looked_at(void **state)
{
    struct listening l;

    (void)state;
    start(&l, "mkdir -p r/new; echo 1 >r/a.yaml", "r", false);
    full = "r/new";
    watch(&l, &quick);
    assert_non_null(strstr(l.problem, "r/new cannot be watched: No space left on device: "));
    assert_non_null(strstr(l.problem, "max_user_watches"));
    rest(&l);
    sh(&l, "echo 1 >r/new/b.yaml");
    assert_true(hears(&l));
    rest(&l);
    sh(&l, "echo 2 >r/new/b.yaml; echo 3 >r/a.yaml");
    assert_true(hears(&l));
    assert_int_equal(l.said, 1);
    full = NULL;
    for (unsigned ms = 0; l.said == 1 && ms < PATIENCE_MS; ms += REST_MS)
        listen_for(&l, REST_MS);
    assert_string_equal(l.end, "--watch: all rules are watched again");
    rest(&l);
    sh(&l, "echo 4 >r/new/b.yaml");
    assert_true(hears(&l));
    assert_int_equal(l.said, 2);
    end(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_is_heard),
        cmocka_unit_test(what_is_not_read_is_not_heard),
        cmocka_unit_test(a_log_among_the_rules_is_not_heard),
        cmocka_unit_test(what_changed_while_rules_were_loaded_is_heard),
        cmocka_unit_test(changes_that_do_not_end_are_loaded),
        cmocka_unit_test(what_was_watched_before_privileges_were_given_up_stays_so),
        cmocka_unit_test(what_may_not_be_watched_is_looked_at),
        cmocka_unit_test(what_there_is_no_room_for_is_told_of_and_looked_at),
    };

    return cmocka_run_group_tests_name("serve/watch", tests, NULL, NULL);
}
