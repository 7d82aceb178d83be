/*
 * The head of a request, as it comes and before evhttp sees it. evhttp (of libevent 2.1) is
 * lenient: `Content-Length : 5` is a header that it does not know, so that the body behind it is
 * the next request; `+5` is 5; a chunk of `0x3` has three bytes, and needs no line's end behind
 * them. A proxy in front of us may see other requests than we do then.
 * What can be read in two ways is refused here, and so is what would be refused anyway once its
 * body has come: to be told later is to send it for nothing.
 */
#include "serve/http_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What there is of a name or method, as far as it is kept. */
#define KEPT sizeof((struct http_head *)0)->word

static void
begin(struct http_head *h, enum http_head_part part)
{
    h->part = part;
    h->len = 0;
}

static void
refuse(struct http_head *h, enum http_refusal why)
{
    h->refused = why;
    h->part = HTTP_HEAD_DONE;
}

static void
keep(struct http_head *h, char c)
{
    if (h->len < KEPT)
        h->word[h->len] = c;
    h->len++;
}

static bool
is_kept(const struct http_head *h, const char *word)
{
    size_t len = strlen(word);

    return h->len == len && strncasecmp(h->word, word, len) == 0;
}

/* RFC 9110, section 5.6.2. */
static bool
is_token(char c)
{
    return isascii(c) && (isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c)));
}

/* Parts -------------------------------------------------------------------------------------- */

static void
take_method(struct http_head *h, char c)
{
    if (c == '\n') {
        begin(h, HTTP_HEAD_LINE);
    } else if (c != ' ') {
        keep(h, c);
    } else if (is_kept(h, "CONNECT")) {
        refuse(h, HTTP_REFUSED_TUNNEL);
    } else {
        begin(h, HTTP_HEAD_TARGET);
    }
}

/* All of a head has come, and of its lengths there is one at most. */
static void
end(struct http_head *h)
{
    if (h->nlengths + h->ncodings > 1)
        refuse(h, HTTP_REFUSED_LENGTH);
    else if (h->ncodings)
        refuse(h, HTTP_REFUSED_CODING);
    else if (h->body > HTTP_BODY_MAX)
        refuse(h, HTTP_REFUSED_LARGE);
    else
        h->part = HTTP_HEAD_DONE;
}

/* The first of a line: a blank would go on with the header before it. */
static void
take_line(struct http_head *h, char c)
{
    if (c == '\n') {
        end(h);
    } else if (c == '\r') {
        h->part = HTTP_HEAD_LAST;
    } else if (is_token(c)) {
        begin(h, HTTP_HEAD_NAME);
        keep(h, c);
    } else {
        refuse(h, HTTP_REFUSED_HEADER);
    }
}

static void
take_name(struct http_head *h, char c)
{
    if (is_token(c)) {
        keep(h, c);
        return;
    }
    if (c != ':') {
        refuse(h, HTTP_REFUSED_HEADER);
        return;
    }
    h->is_length = is_kept(h, "Content-Length");
    h->nlengths += h->is_length;
    h->ncodings += is_kept(h, "Transfer-Encoding");
    begin(h, HTTP_HEAD_VALUE);
}

/* Digits, with blanks around them. */
static void
take_digit(struct http_head *h, char c)
{
    bool blank = c == ' ' || c == '\t';

    if (blank) {
        h->ended = h->len > 0;
    } else if (c >= '0' && c <= '9' && !h->ended) {
        h->len++;
        if (h->body <= HTTP_BODY_MAX)
            h->body = h->body * 10 + (uint64_t)(c - '0');
    } else {
        refuse(h, HTTP_REFUSED_LENGTH);
    }
}

static void
end_value(struct http_head *h)
{
    if (h->is_length && !h->len)
        refuse(h, HTTP_REFUSED_LENGTH);
    else
        begin(h, HTTP_HEAD_LINE);
    h->ended = false;
}

static void
take_value(struct http_head *h, char c)
{
    if (c == '\n')
        end_value(h);
    else if (c == '\r')
        h->part = HTTP_HEAD_CR;
    else if ((c >= 0 && c < ' ' && c != '\t') || c == '\177')
        refuse(h, HTTP_REFUSED_HEADER);
    else if (h->is_length)
        take_digit(h, c);
}

static void
take(struct http_head *h, char c)
{
    switch (h->part) {
    case HTTP_HEAD_METHOD:
        take_method(h, c);
        break;
    case HTTP_HEAD_TARGET:
        if (c == '\n')
            begin(h, HTTP_HEAD_LINE);
        break;
    case HTTP_HEAD_LINE:
        take_line(h, c);
        break;
    case HTTP_HEAD_NAME:
        take_name(h, c);
        break;
    case HTTP_HEAD_VALUE:
        take_value(h, c);
        break;
    case HTTP_HEAD_CR:
    case HTTP_HEAD_LAST:
        if (c != '\n')
            refuse(h, HTTP_REFUSED_HEADER);
        else if (h->part == HTTP_HEAD_CR)
            end_value(h);
        else
            end(h);
        break;
    case HTTP_HEAD_DONE:
        break;
    }
}

void
http_head_take(struct http_head *h, const char *p, size_t n)
{
    for (size_t i = 0; i < n && h->part != HTTP_HEAD_DONE; i++)
        take(h, p[i]);
}
