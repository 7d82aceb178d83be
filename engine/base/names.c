/*
 * The names of everything that the public header lists, made from those same lists.
 */
#include <tagweir/common.h>

#include "base/check.h"

#define NAMES(function, type, LIST)                                                                \
    const char *function(type v)                                                                   \
    {                                                                                              \
        static const char *const names[] = {LIST(NAME)};                                           \
        CHECK((size_t)v < sizeof names / sizeof *names);                                           \
        return names[v];                                                                           \
    }
#define NAME(name, text) text,

NAMES(weir_status_text, weir_status, WEIR_STATUSES)
NAMES(weir_action_name, weir_action, WEIR_ACTIONS)
NAMES(weir_surface_name, weir_surface, WEIR_SURFACES)
NAMES(weir_selector_name, weir_selector, WEIR_SELECTORS)
NAMES(weir_state_name, weir_state, WEIR_STATES)
