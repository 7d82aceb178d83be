/*
 * Making event loops.
 */
#include "serve/loop.h"

/*
 * libevent calls all events of a priority that are due before it looks for others: with many busy
 * clients and a turn of milliseconds each, that takes minutes. It looks again after so long, which
 * costs a call that tells of up to 4,096 sockets: the more often, the more.
 */
static const struct timeval slice = {.tv_sec = 0, .tv_usec = 50 * 1000};

struct event_base *
loop_new(void)
{
    struct event_config *cfg = event_config_new();
    struct event_base *base = NULL;

    if (!cfg)
        return NULL;
    if (event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) == 0 &&
        event_config_set_max_dispatch_interval(cfg, &slice, -1, LOOP_CLIENTS) == 0)
        base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    if (base && event_base_priority_init(base, LOOP_NPRIORITIES) < 0) {
        event_base_free(base);
        base = NULL;
    }
    return base;
}
