/*
 * What the address of an account says of where the account is.
 */
#ifndef WEIR_TEXT_URI_H
#define WEIR_TEXT_URI_H

#include "base/span.h"

struct weir__uri {
    weir_span host;    /* as written, less a port, a final dot, and what stands before an `@` */
    weir_span path;    /* all behind host and port; begins with `/`, `?` or `#`, or is empty */
    bool is_host_bare; /* nothing stands beside the host: whoever runs it gave out the address */
};

/**
 * Take an http or https URI (RFC 3986) apart. In place, in one pass; nothing is decoded.
 * @retval false  It is another, or names no host; *out is then empty.
 */
bool weir__uri_read(weir_span uri, struct weir__uri *out);

#endif
