/*
 * URLs, as far as they are only told of: they go into headers between < and >.
 */
#ifndef WEIR_FLOW_URL_H
#define WEIR_FLOW_URL_H

#include <stdbool.h>
#include <string.h>

/* Of the web, and without what would end it early in a header. NULL is none. */
static inline bool
url_is_web(const char *text)
{
    size_t scheme = !text                               ? 0
                    : strncmp(text, "https://", 8) == 0 ? 8
                    : strncmp(text, "http://", 7) == 0  ? 7
                                                        : 0;

    if (!scheme || !text[scheme])
        return false;
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("<>\"\\^`{|}", *p))
            return false;
    return true;
}

#endif
