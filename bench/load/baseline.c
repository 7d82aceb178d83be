/*
 * The baseline server. It is written as a careful user would write it, without what makes the real
 * one fast; it lets lines grow as long as they like, and has no more than one time to decide for.
 */
#include "load/baseline.h"

#include "load/address.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tagweir/tagweir.h>

/* Unsent answers of a client that does not read them: from here on it is not read from. */
#define OUT_HIGH ((size_t)1024 * 1024)

struct baseline {
    struct event_base *base;
    weir_ruleset *rs;
    weir_scratch *scratch;
    weir_reader *reader;
    int64_t at_ms;
    weir_buf out;
    uint64_t answers;
};

struct client {
    struct baseline *server;
    uint64_t lines;
    bool is_held;   /* not read from, until it has read its answers */
    bool has_ended; /* to be closed when its answers are sent */
};

/* Deciding ----------------------------------------------------------------------------------- */

static void
put_answer(struct baseline *b, const weir_item *item, uint64_t line)
{
    weir_decision d;
    weir_status st = WEIR_OK;

    switch (item->kind) {
    case WEIR_ITEM_POST:
        st = weir_decide(b->rs, b->scratch, item->post, b->at_ms, &d);
        if (st == WEIR_OK || st == WEIR_E_LIMIT)
            weir_record_write(&d, &b->out);
        break;
    case WEIR_ITEM_SKIP:
        weir_record_write_skip(item, &b->out);
        break;
    case WEIR_ITEM_ERROR:
        weir_record_write_error(item, line, WEIR_UNDECIDED_REPORT, &b->out);
        break;
    }
    if (st == WEIR_E_NOMEM || b->out.failed)
        die(EXIT_FAILED, "out of memory");
    b->answers++;
}

static void
answer_line(struct client *c, weir_span line, struct evbuffer *to)
{
    struct baseline *b = c->server;
    const weir_item *items;
    size_t n;

    if (weir_reader_read(b->reader, line, line.len, &items, &n) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    b->out.len = 0;
    for (size_t i = 0; i < n; i++)
        put_answer(b, &items[i], c->lines);
    if (evbuffer_add(to, b->out.p, b->out.len) != 0)
        die(EXIT_FAILED, "out of memory");
}

/* Connections -------------------------------------------------------------------------------- */

static void
close_client(struct bufferevent *be, struct client *c)
{
    bufferevent_free(be);
    free(c);
}

/* A last line that no newline ends. */
static void
answer_rest(struct client *c, struct evbuffer *in, struct evbuffer *out)
{
    size_t len = evbuffer_get_length(in);
    char *line = allocate(len, 1);

    if (len > 0 && evbuffer_remove(in, line, len) == (int)len) {
        c->lines++;
        answer_line(c, (weir_span){line, len}, out);
    }
    free(line);
}

static void
on_read(struct bufferevent *be, void *arg)
{
    struct client *c = arg;
    struct evbuffer *in = bufferevent_get_input(be), *out = bufferevent_get_output(be);
    char *line;
    size_t len;

    while (evbuffer_get_length(out) < OUT_HIGH &&
           (line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF)) != NULL) {
        c->lines++;
        answer_line(c, (weir_span){line, len}, out);
        free(line);
    }
    if (c->has_ended && evbuffer_get_length(out) < OUT_HIGH)
        answer_rest(c, in, out);
    c->is_held = evbuffer_get_length(out) >= OUT_HIGH;
    if (c->is_held)
        (void)bufferevent_disable(be, EV_READ);
}

/* All answers were sent. */
static void
on_written(struct bufferevent *be, void *arg)
{
    struct client *c = arg;

    bool was_held = c->is_held;

    if (was_held || c->has_ended)
        on_read(be, c);
    if (was_held && !c->is_held && !c->has_ended)
        (void)bufferevent_enable(be, EV_READ);
    if (c->has_ended && evbuffer_get_length(bufferevent_get_output(be)) == 0)
        close_client(be, c);
}

static void
on_event(struct bufferevent *be, short what, void *arg)
{
    struct client *c = arg;

    if (what & BEV_EVENT_EOF) {
        c->has_ended = true;
        on_written(be, c);
    } else {
        close_client(be, c);
    }
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
    struct baseline *b = arg;
    struct client *c = allocate(1, sizeof *c);
    struct bufferevent *be = bufferevent_socket_new(b->base, fd, BEV_OPT_CLOSE_ON_FREE);

    (void)l;
    (void)sa;
    (void)len;
    if (!be)
        die(EXIT_FAILED, "out of memory");
    c->server = b;
    bufferevent_setcb(be, on_read, on_written, on_event, c);
    (void)bufferevent_enable(be, EV_READ | EV_WRITE);
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
    struct baseline *b = arg;

    (void)sig;
    (void)what;
    (void)event_base_loopbreak(b->base);
}

/* Running ------------------------------------------------------------------------------------ */

struct baseline_options {
    const char *rules, *clock, *listen;
};

static void
read_options(struct baseline_options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"rules", required_argument, NULL, 'r'},
        {"clock", required_argument, NULL, 'c'},
        {"listen", required_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *o = (struct baseline_options){NULL, NULL, NULL};
    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
        if (option == '?')
            exit(EXIT_USAGE);
        *(option == 'r' ? &o->rules : option == 'c' ? &o->clock : &o->listen) = optarg;
    }
    if (!o->rules || !o->clock || !o->listen || optind < argc)
        die(EXIT_USAGE, "usage: tagweir-bench baseline --rules PATH --clock TIME --listen ADDRESS");
}

static void
load_rules(struct baseline *b, const struct baseline_options *o)
{
    weir_diags *diags = weir_diags_new();

    if (!weir_time_parse(span_of_text(o->clock), &b->at_ms))
        die(EXIT_USAGE, "--clock %s is no time", o->clock);
    if (weir_ruleset_load(&o->rules, 1, NULL, diags, &b->rs) != WEIR_OK)
        die(EXIT_FAILED, "%s cannot be loaded; tagweir check tells why", o->rules);
    if (weir_scratch_new(b->rs, NULL, &b->scratch) != WEIR_OK ||
        weir_reader_new(NULL, &b->reader) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    weir_diags_free(diags);
}

static struct evconnlistener *
listen_on(struct baseline *b, const char *text)
{
    struct address at;

    address_read(&at, text);
    struct evconnlistener *l = evconnlistener_new_bind(
        b->base, on_accept, b, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, SOMAXCONN,
        (struct sockaddr *)&at.at, (int)at.len);
    if (!l)
        die(EXIT_FAILED, "%s: %m", text);
    fprintf(stderr, "listening on %s\n", text);
    return l;
}

/* Clients that are still there are the system's to close. */
int
baseline_main(int argc, char **argv)
{
    struct baseline b = {.base = event_base_new()};
    struct baseline_options o;

    read_options(&o, argc, argv);
    load_rules(&b, &o);
    (void)signal(SIGPIPE, SIG_IGN);
    struct event *on_term = evsignal_new(b.base, SIGTERM, on_signal, &b);
    if (!on_term || event_add(on_term, NULL) != 0)
        die(EXIT_FAILED, "out of memory");
    struct evconnlistener *l = listen_on(&b, o.listen);
    (void)event_base_dispatch(b.base);
    fprintf(stderr, "answers    %" PRIu64 " delivered\n", b.answers);
    evconnlistener_free(l);
    event_free(on_term);
    event_base_free(b.base);
    weir_buf_fini(&b.out);
    weir_scratch_free(b.scratch);
    weir_reader_free(b.reader);
    weir_ruleset_unref(b.rs);
    return EXIT_DONE;
}
