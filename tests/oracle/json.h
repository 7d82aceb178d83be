/*
 * JSON as this needs it: duplicate keys seen, digits of numbers as written, lone surrogates read as
 * U+FFFD. A library that keeps the last of two equal keys, makes numbers of digits or refuses lone
 * surrogates would hide the differences that are looked for.
 */
#ifndef WEIR_ORACLE_JSON_H
#define WEIR_ORACLE_JSON_H

#include "oracle.h"

enum json_kind {
    JSON_NULL,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    struct str text;    /* NUMBER: as written; STRING: the value */
    struct json *items; /* of an array, or values of an object */
    struct str *keys;
    size_t n;
};

/* The whole text must be one value. *depth: its levels. Memory is the line's. */
bool json_parse(struct str text, struct json *out, size_t *depth);

#endif
