/*
 * What all reports as JSON are put together from.
 */
#ifndef BENCH_JSON_PUT_H
#define BENCH_JSON_PUT_H

#include "measure.h"

/* `"key":"value"` */
void json_put_string(weir_buf *out, const char *key, const char *value);
/* `,"key":{"median":…,"min":…,"max":…,"samples":[…]}` */
void json_put_samples(weir_buf *out, const char *key, const struct samples *s);

/* Before anything is measured, which may take minutes: the end if it cannot. NULL is allowed. */
void json_check_writable(const char *path);
/* false: the file could not be written. */
bool json_write(const weir_buf *out, const char *path);

#endif
