/*
 * The names of everything that the public header lists, made from those same lists.
 */
#include <tagweir/names.h>

WEIR_NAMES(weir_status_text, weir_status, WEIR_STATUSES, WEIR_TEXT)
WEIR_NAMES(weir_action_name, weir_action, WEIR_ACTIONS, WEIR_TEXT)
WEIR_NAMES(weir_surface_name, weir_surface, WEIR_SURFACES, WEIR_TEXT)
WEIR_NAMES(weir_selector_name, weir_selector, WEIR_SELECTORS, WEIR_TEXT)
WEIR_NAMES(weir_state_name, weir_state, WEIR_STATES, WEIR_TEXT)
