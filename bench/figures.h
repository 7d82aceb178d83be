/*
 * Numbers as people read them. `out` is where they are written, and what is returned.
 */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stddef.h>

#define FIGURE_MAX 32

/* 1,234,567 */
const char *grouped(size_t n, char out[FIGURE_MAX]);
/* Three digits that matter, or all before the point; "-" of nothing. */
const char *figure(double v, char out[FIGURE_MAX]);
/* "12.3 MB" */
const char *megabytes(size_t bytes, char out[FIGURE_MAX]);

#endif
