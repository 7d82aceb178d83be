/*
 * The summary as one JSON object.
 */
#ifndef WEIR_CLI_SUMMARY_JSON_H
#define WEIR_CLI_SUMMARY_JSON_H

#include "cli/summary.h"

void summary_json(const struct summary *s, weir_buf *out);

#endif
