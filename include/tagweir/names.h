/*
 * Names from the lists of the interface (WEIR_ACTIONS, WEIR_DIFFERENCES and the like), each of which
 * stands in one place: a list is a macro that calls another for each of its entries, with an
 * identifier, a text, and, in some, a sentence for people. Of use to programs that have such lists
 * of their own; nothing else of the interface needs them, so tagweir.h leaves them out.
 *
 *     static const char *const names[] = {WEIR_ACTIONS(WEIR_TEXT)};
 *     WEIR_NAMES(weir_action_name, weir_action, WEIR_ACTIONS, WEIR_TEXT)
 */
#ifndef TAGWEIR_NAMES_H
#define TAGWEIR_NAMES_H

#include <tagweir/check.h>

/* The text of an entry, and the sentence behind it, as elements of an array. */
#define WEIR_TEXT(name, ...) WEIR__FIRST(__VA_ARGS__, )
#define WEIR_SENTENCE(name, text, ...) WEIR__FIRST(__VA_ARGS__, )
#define WEIR__FIRST(first, ...) first,

/* A function that gives the text or sentence of an entry; static storage. What is no entry aborts. */
#define WEIR_NAMES(function, type, LIST, WHAT)                                                     \
    const char *function(type of)                                                                  \
    {                                                                                              \
        static const char *const names[] = {LIST(WHAT)};                                           \
                                                                                                   \
        WEIR_CHECK((size_t)of < sizeof names / sizeof *names);                                     \
        return names[of];                                                                          \
    }

#endif
