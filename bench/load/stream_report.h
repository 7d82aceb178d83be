/*
 * What was measured of servers, for people and for machines.
 */
#ifndef BENCH_LOAD_STREAM_REPORT_H
#define BENCH_LOAD_STREAM_REPORT_H

#include "load/options.h"
#include "load/stream_goals.h"

/* One load. */
struct load_report {
    const struct load_options *options;
    const struct load *load;
    const struct load_result *result;
    char server[200];   /* which one */
    double server_busy; /* share of the time in which it ran, of one core; 0: not known */
    const char *said;   /* by the server at its end; "": nothing */
};

void load_report_print(const struct load_report *r);
void load_report_json(const struct load_report *r, weir_buf *out);

/* What is under way when goals are measured, then each part when it is there. */
void goals_report_head(const struct load_options *o);
void speed_report_print(const struct speed *s);
void reload_report_print(const struct reload *r);

/* All of it, with the goals' values. */
void goals_report_json(const struct load_options *o, const struct figures *f,
                       const struct target_value *v, weir_buf *out);

#endif
