/*
 * Printing numbers.
 */
#include "figures.h"

#include <stdio.h>

const char *
grouped(size_t n, char out[FIGURE_MAX])
{
    char digits[FIGURE_MAX];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%zu", n), at = 0;

    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *
figure(double v, char out[FIGURE_MAX])
{
    char whole[FIGURE_MAX];

    if (v <= 0)
        snprintf(out, FIGURE_MAX, "-");
    else if (v < 100)
        snprintf(out, FIGURE_MAX, v < 10 ? "%.2f" : "%.1f", v);
    else
        snprintf(out, FIGURE_MAX, "%s", grouped((size_t)(v + 0.5), whole));
    return out;
}

const char *
megabytes(size_t bytes, char out[FIGURE_MAX])
{
    snprintf(out, FIGURE_MAX, "%.1f MB", (double)bytes / 1e6);
    return out;
}
