/*
 * What is told of races.
 */
#ifndef BENCH_REPLAY_RACE_REPORT_H
#define BENCH_REPLAY_RACE_REPORT_H

#include "replay/options.h"
#include "replay/race_goals.h"

void race_report_head(const struct replay_options *o);
void race_report_print(const struct race *r);
/* `v` has a value for each requirement. */
void race_report_json(const struct replay_options *o, const struct outcome *outcome,
                      const struct target_value *v, weir_buf *out);

#endif
