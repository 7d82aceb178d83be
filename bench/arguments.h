/*
 * Values of options. What is none ends the program as bad usage.
 */
#ifndef BENCH_ARGUMENTS_H
#define BENCH_ARGUMENTS_H

#include "util.h"

/* Digits, and k or M behind them. `of` is the option. */
size_t argument_number(const char *text, size_t len, const char *of, size_t least, size_t most);
/* "N,N": appends up to `most` of them. */
void argument_sizes(const char *text, const char *of, size_t *sizes, size_t *n, size_t most);
/* Digits, and perhaps a point and more of them. */
double argument_real(const char *text, const char *of, double least, double most);

typedef const char *name_fn(size_t i);
/* "a,b": marks each; the n names are of `what`. */
void argument_mark(const char *text, const char *what, name_fn *name, size_t n, bool *marks);
/* One of the n names of `what`: its index. */
size_t argument_choose(const char *text, const char *what, name_fn *name, size_t n);
const char *argument_workload(size_t i);
const char *argument_stream(size_t i);

#endif
