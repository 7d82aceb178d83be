/*
 * Going through options; reading numbers and names.
 */
#include "arguments.h"

#include "rules.h"
#include "tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
arguments_read(int argc, char **argv, const char *command, const char *help,
               const struct option *known, argument_fn *take, void *into)
{
    int option;

    while ((option = getopt_long(argc, argv, "h", known, NULL)) >= 0) {
        if (option == ARGUMENT_HELP) {
            fputs(help, stdout);
            return EXIT_DONE;
        }
        if (option == '?') {
            fprintf(stderr, "tagweir-bench %s --help tells what there is\n", command);
            return EXIT_USAGE;
        }
        take(into, option);
    }
    if (optind < argc)
        die(EXIT_USAGE, "\"%s\" is no option; tagweir-bench %s --help tells what there is",
            argv[optind], command);
    return -1;
}

size_t
argument_number(const char *text, size_t len, const char *of, size_t least, size_t most)
{
    char copy[32] = "", *end;
    unsigned long long n = 0;

    if (len > 0 && len < sizeof copy && text[0] >= '0' && text[0] <= '9') {
        memcpy(copy, text, len);
        errno = 0;
        n = strtoull(copy, &end, 10);
        n *= *end == 'k' ? 1000 : *end == 'M' ? 1000000 : 1;
        end += *end == 'k' || *end == 'M';
        if (errno == 0 && *end == '\0' && n >= least && n <= most)
            return (size_t)n;
    }
    die(EXIT_USAGE, "%s: \"%.*s\" is not a number from %zu to %zu", of, (int)len, text, least,
        most);
}

size_t
argument_count(const char *of, size_t least, size_t most)
{
    return argument_number(optarg, strlen(optarg), of, least, most);
}

void
argument_sizes(const char *text, const char *of, size_t *sizes, size_t *n, size_t most)
{
    while (*text) {
        size_t len = strcspn(text, ",");

        if (*n == most)
            die(EXIT_USAGE, "%s takes up to %zu numbers", of, most);
        sizes[(*n)++] = argument_number(text, len, of, 1, 3000000);
        text += len + (text[len] == ',');
    }
}

double
argument_real(const char *text, const char *of, double least, double most)
{
    char *end;
    double n = strtod(text, &end);

    if (text[0] < '0' || text[0] > '9' || *end || !(n >= least && n <= most))
        die(EXIT_USAGE, "%s: \"%s\" is not a number from %g to %g", of, text, least, most);
    return n;
}

static size_t
find(const char *text, size_t len, const char *what, name_fn *name, size_t n)
{
    size_t i = 0;

    while (i < n && (strlen(name(i)) != len || memcmp(name(i), text, len) != 0))
        i++;
    if (i == n)
        die(EXIT_USAGE, "there is no %s \"%.*s\"; --list names them", what, (int)len, text);
    return i;
}

void
argument_mark(const char *text, const char *what, name_fn *name, size_t n, bool *marks)
{
    while (*text) {
        size_t len = strcspn(text, ",");

        marks[find(text, len, what, name, n)] = true;
        text += len + (text[len] == ',');
    }
}

size_t
argument_choose(const char *text, const char *what, name_fn *name, size_t n)
{
    return find(text, strlen(text), what, name, n);
}

const char *
argument_workload(size_t i)
{
    return workload_name((enum workload)i);
}

const char *
argument_stream(size_t i)
{
    return stream_name((enum stream)i);
}
