/*
 * serve/call: signals interrupt no call, one that gets no answer ends, and what came before a
 * connection broke is there.
 */
#include "unit/test.h"

#include "serve/call.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* More than a socket takes before somebody reads. */
#define LONG_REQUEST ((size_t)4 << 20)

/* A server for one call. */
struct server {
    char folder[32], address[64];
    int fd;
    bool reads;       /* the request, up to its newline */
    unsigned slow_ms; /* before it reads, and before it answers */
    const char *answer;
    bool waits; /* for the client to close */
    pthread_t thread;
};

static void
pause_ms(unsigned ms)
{
    (void)usleep(ms * 1000);
}

static void *
serve(void *arg)
{
    const struct server *s = arg;
    int fd = accept(s->fd, NULL, NULL);
    static char piece[65536];
    ssize_t n = 1;

    pause_ms(s->slow_ms);
    while (s->reads && (n = recv(fd, piece, sizeof piece, 0)) > 0 && piece[n - 1] != '\n')
        ;
    pause_ms(s->slow_ms);
    if (s->answer)
        (void)send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL);
    while (s->waits && recv(fd, piece, 1, MSG_PEEK) > 0 && recv(fd, piece, sizeof piece, 0) > 0)
        ;
    (void)close(fd);
    return NULL;
}

static void
listen_there(struct server *s, int backlog)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    strcpy(s->folder, "/tmp/tagweir-test-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->address, sizeof s->address, "unix:%s/s", s->folder);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/s", s->folder);
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s->fd, backlog), 0);
}

static void
leave(struct server *s)
{
    (void)close(s->fd);
    (void)unlink(s->address + 5);
    (void)rmdir(s->folder);
}

static void
on_alarm(int number)
{
    (void)number;
}

/* The calling thread is interrupted again and again; no thread that is started meanwhile. */
static void
interrupt_every(suseconds_t us)
{
    const struct itimerval timer = {{0, us}, {0, us}};
    const struct sigaction action = {.sa_handler = us ? on_alarm : SIG_IGN}; /* no SA_RESTART */

    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void
start(struct server *s)
{
    sigset_t alarm, before;

    (void)sigemptyset(&alarm);
    (void)sigaddset(&alarm, SIGALRM);
    (void)pthread_sigmask(SIG_BLOCK, &alarm, &before);
    listen_there(s, 5);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A call with a request of so many bytes. Texts end in NUL. */
static bool
call(const struct server *s, size_t len, struct call_patience patience, weir_buf *said,
     weir_buf *why)
{
    char *request = malloc(len);

    assert_non_null(request);
    memset(request, 'x', len);
    request[len - 1] = '\n';
    bool called = call_control(s->address, (weir_span){request, len}, &patience, said, why);
    free(request);
    weir_buf_putc(said, '\0');
    weir_buf_putc(why, '\0');
    return called;
}

#define REFUSED "refused\nthe line is"

/* clang-format off */
static const struct {
    const char *promise;
    struct server server;
    size_t len; /* of the request */
    unsigned take_ms, answer_ms;
    bool interrupted;
    const char *said, *why; /* NULL: it is called */
} rows[] = {
    {"an answer", {.reads = true, .answer = "done\nit is\n"}, 7, 60000, 60000, false, "done\nit is\n", NULL},
    {"signals interrupt neither sending nor waiting",
     {.reads = true, .slow_ms = 200, .answer = "done\n"}, LONG_REQUEST, 60000, 60000, true, "done\n", NULL},
    {"with patience, it is waited for", {.reads = true, .slow_ms = 200, .answer = "done\n"}, 7, 60000, 0, false,
     "done\n", NULL},
    {"no answer", {.reads = true, .waits = true}, 7, 60000, 100, false, "", "takes too long to answer"},
    {"half an answer", {.reads = true, .answer = REFUSED, .waits = true}, 7, 60000, 100, false, REFUSED,
     "takes too long to answer"},
    {"nobody reads", {.slow_ms = 300}, LONG_REQUEST, 100, 0, false, "", "does not take the request"},
    {"what came before the connection broke is there", {.slow_ms = 100, .answer = REFUSED}, 7, 60000, 0, false,
     REFUSED, "the connection broke: Connection reset"},
    {"also where not all of the request was taken", {.slow_ms = 100, .answer = REFUSED}, LONG_REQUEST, 60000, 0,
     false, REFUSED, "the connection broke"},
    {"a socket for posts is told at once", {.reads = true, .answer = "{\"v\":1,\"error\":\"bad_json\"}\n", .waits = true}, 7,
     60000, 0, false, "", "posts are answered there: name the socket that `serve --control` has"},
    {"and one for HTTP", {.reads = true, .answer = "HTTP/1.1 400 Bad Request\r\n", .waits = true}, 7, 60000, 0, false, "",
     "HTTP is spoken there: name the socket"},
    {"and what is neither", {.reads = true, .answer = "dona", .waits = true}, 7, 60000, 0, false, "",
     "what listens there is no control socket"},
};
/* clang-format on */

static void
calls_end_as_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s = rows[i].server;
        struct call_patience patience = {rows[i].take_ms, rows[i].answer_ms};
        weir_buf said = {0}, why = {0};

        start(&s);
        if (rows[i].interrupted)
            interrupt_every(50000);
        bool called = call(&s, rows[i].len, patience, &said, &why);
        interrupt_every(0);
        assert_int_equal(pthread_join(s.thread, NULL), 0);
        if (called != !rows[i].why || strcmp(said.p, rows[i].said) != 0 ||
            !strstr(why.p, rows[i].why ? rows[i].why : ""))
            fail_msg("%s: called %d, said \"%s\", why \"%s\"", rows[i].promise, called, said.p,
                     why.p);
        weir_buf_fini(&said);
        weir_buf_fini(&why);
        leave(&s);
    }
}

/* As many clients as the server has room for, and it looks after none of them. */
static void
a_server_that_accepts_nobody_is_told(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct server s = {.waits = false};
    weir_buf said = {0}, why = {0};
    int fds[8];
    size_t n = 0;

    (void)state;
    listen_there(&s, 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/s", s.folder);
    do
        fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    while (connect(fds[n++], (const struct sockaddr *)&at, sizeof at) == 0 && n < 8);
    assert_false(call(&s, 7, (struct call_patience){100, 0}, &said, &why));
    assert_non_null(strstr(why.p, "no server answers there"));
    while (n > 0)
        (void)close(fds[--n]);
    weir_buf_fini(&said);
    weir_buf_fini(&why);
    leave(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_end_as_they_should),
        cmocka_unit_test(a_server_that_accepts_nobody_is_told),
    };

    return cmocka_run_group_tests_name("serve/call", tests, NULL, NULL);
}
