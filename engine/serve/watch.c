/*
 * Watching by inotify. Which folders there are is looked up anew after each change, before rules
 * are loaded: what changes from then on is heard, what changed before is loaded.
 *
 * One inotify descriptor lasts as long as the watch: a folder that is watched already needs neither
 * room in the system's tables nor, after privileges were given up, permissions to stay so.
 */
#include "serve/watch.h"

#include "flow/clock.h"
#include "serve/watch_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Rules that were loaded before the watch began were read no longer ago than this. */
#define LOADING_MS (10 * 60 * 1000)

struct watch {
    struct event_base *base;
    const char *const *paths;
    size_t n;
    struct watch_times times;
    struct watch_hooks hooks;
    struct places places;
    struct event *event, *settled, *again;
    int fd;
    int64_t since_us; /* of the first change that was not acted on; 0: there is none */
    bool said;        /* that not all can be watched */
};

static struct timeval
span_of_us(int64_t us)
{
    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

/* Called again by each change: changes that follow each other closely are loaded once. */
static void
note_change(struct watch *w)
{
    int64_t now = clock_running_us(), wait = (int64_t)w->times.settle_ms * 1000;

    if (!w->since_us)
        w->since_us = now;
    int64_t left = w->since_us + (int64_t)w->times.most_ms * 1000 - now;
    if (wait > left)
        wait = left > 0 ? left : 0;
    struct timeval t = span_of_us(wait);
    (void)event_add(w->settled, &t);
}

/* Looking ------------------------------------------------------------------------------------- */

static const char *
remedy(int error)
{
    if (error == ENOSPC)
        return ": the system watches as much as fs.inotify.max_user_watches allows; raise it";
    if (error == EACCES)
        return ": the server's user may not read it; let it";
    return "";
}

/* Once, until all is well again. */
static void
tell(struct watch *w, int error, const char *where)
{
    char line[1024];

    if (w->said == (error != 0))
        return;
    w->said = error != 0;
    if (!error)
        (void)snprintf(line, sizeof line, "--watch: all rules are watched again");
    else
        (void)snprintf(line, sizeof line,
                       "--watch: %.600s cannot be watched: %s%s. Until then the rules are looked "
                       "at every %.3g s; SIGHUP loads them at once",
                       where ? where : "the rules", strerror(error), remedy(error),
                       w->times.again_ms / 1e3);
    w->hooks.say(w->hooks.arg, error != 0, line);
}

/* Those that are not among the new ones. */
static void
leave_places(int fd, const struct places *old, const struct places *now)
{
    for (size_t i = 0; i < old->n; i++)
        if (old->items[i].number >= 0 && !places_find(now, old->items[i].number))
            (void)inotify_rm_watch(fd, old->items[i].number);
}

/* Where there is no memory all stays as it was. */
static void
look_up(struct watch *w)
{
    struct places now;
    struct timeval again = span_of_us((int64_t)w->times.again_ms * 1000);
    bool good = places_look(w->fd, w->paths, w->n, &w->places, &now);

    tell(w, good ? now.error : ENOMEM, now.where);
    if (!good || now.error)
        (void)event_add(w->again, &again);
    else
        (void)event_del(w->again);
    if (good)
        leave_places(w->fd, &w->places, &now);
    struct places gone = good ? w->places : now;
    if (good)
        w->places = now;
    places_free(&gone);
}

static void
on_settled(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;

    (void)fd;
    (void)what;
    w->since_us = 0;
    look_up(w);
    w->hooks.changed(w->hooks.arg);
}

/* Something is not watched: what changed there was not heard. */
static void
on_again(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    uint64_t before = w->places.print;

    (void)fd;
    (void)what;
    look_up(w);
    if (w->places.print != before)
        note_change(w);
}

/* Hearing ------------------------------------------------------------------------------------- */

static bool
matters(const struct watch *w, const struct inotify_event *e)
{
    struct place *p = places_find(&w->places, e->wd);

    if (e->mask & IN_Q_OVERFLOW)
        return true;
    if (!p)
        return false; /* of a folder that was left */
    if (e->mask & IN_IGNORED)
        p->number = -1;
    if (!e->len || place_names(p, e->name))
        return true; /* the folder itself; or on a way */
    if (!p->is_whole || e->name[0] == '.')
        return false;
    /* a log that lies among the rules would be loaded for, and written of that, for ever */
    return watch_is_rule_file(e->name) || !(e->mask & IN_MODIFY);
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    _Alignas(struct inotify_event) char events[16 * 1024];
    bool changed = false;
    ssize_t n;

    (void)what;
    n = read(fd, events, sizeof events); /* more are read by the next call */
    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *e = (const void *)(events + at);

        changed |= matters(w, e);
        at += (ssize_t)(sizeof *e + e->len);
    }
    if (changed)
        note_change(w);
}

static bool
begin(struct watch *w)
{
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0)
        return false;
    errno = ENOMEM;
    w->settled = evtimer_new(w->base, on_settled, w);
    w->again = evtimer_new(w->base, on_again, w);
    w->event = event_new(w->base, w->fd, EV_READ | EV_PERSIST, on_event, w);
    if (!w->settled || !w->again || !w->event || event_add(w->event, NULL) < 0)
        return false;
    look_up(w);
    if (w->places.newest_ms > clock_now_ms() - LOADING_MS)
        note_change(w); /* it may have changed between */
    return true;
}

struct watch *
watch_new(struct event_base *base, const char *const *paths, size_t n,
          const struct watch_times *times, const struct watch_hooks *hooks)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    *w = (struct watch){
        .base = base, .paths = paths, .n = n, .times = *times, .hooks = *hooks, .fd = -1};
    if (begin(w))
        return w;
    int error = errno;
    watch_free(w);
    errno = error;
    return NULL;
}

void
watch_free(struct watch *w)
{
    if (!w)
        return;
    struct event *events[] = {w->event, w->settled, w->again};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (events[i])
            event_free(events[i]);
    if (w->fd >= 0)
        (void)close(w->fd);
    places_free(&w->places);
    free(w);
}
