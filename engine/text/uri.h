/*
 * What the address of an account says of where the account is.
 */
#ifndef WEIR_TEXT_URI_H
#define WEIR_TEXT_URI_H

#include "base/buf.h"

struct weir__uri {
    weir_span host;    /* as written, less a port, final dots, and what stands before an `@` */
    weir_span path;    /* all behind host and port; begins with `/`, `?` or `#`, or is empty */
    bool is_host_bare; /* nothing stands beside the host but final dots, or the port that is meant
                          without one: whoever runs it gave out the address */
};

/**
 * Take an http or https URI (RFC 3986) apart. In place, in one pass; nothing is decoded.
 * @retval false  It is another, or names no host, or one that readers of addresses take otherwise
 *                (with a backslash, blanks, more than one colon); *out is then empty.
 */
bool weir__uri_read(weir_span uri, struct weir__uri *out);

/* Is it ASCII, and nothing of it percent-encoded? It is then itself, but for capitals. */
bool weir__uri_host_is_plain(weir_span host);
/**
 * Put the host as a client would look it up into *out: decoded, in lower case, letters of full
 * width and what else NFKC_Casefold maps as plain ones, U+3002 as a dot, without dots at the end.
 * What would not be UTF-8 is not decoded. Punycode is left as it is, and none is made. Both buffers
 * are emptied before.
 */
void weir__uri_fold_host(weir_span host, weir_buf *spare, weir_buf *out);

#endif
