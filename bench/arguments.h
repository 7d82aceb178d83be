/*
 * What commands have in common of options: how they are gone through, those that each command has,
 * and values. What is none ends the program as bad usage.
 */
#ifndef BENCH_ARGUMENTS_H
#define BENCH_ARGUMENTS_H

#include "util.h"

#include <getopt.h>

/* The last rows of every command's table. */
enum { ARGUMENT_HELP = 'h', ARGUMENT_JSON = 128, ARGUMENT_LIST };
#define ARGUMENTS_OF_ALL                                                                           \
    {"json", required_argument, NULL, ARGUMENT_JSON}, {"list", no_argument, NULL, ARGUMENT_LIST},  \
        {"help", no_argument, NULL, ARGUMENT_HELP},                                                \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/* One option, its value in optarg. */
typedef void argument_fn(void *into, int option);
/*
 * Calls `take` for each option of tagweir-bench `command`; --help prints the text.
 * @return -1, or how the program ends.
 */
int arguments_read(int argc, char **argv, const char *command, const char *help,
                   const struct option *known, argument_fn *take, void *into);

/* optarg as a number. */
size_t argument_count(const char *of, size_t least, size_t most);
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
