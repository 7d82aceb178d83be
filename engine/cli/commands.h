/*
 * The commands, each in a file of its own.
 */
#ifndef WEIR_CLI_COMMANDS_H
#define WEIR_CLI_COMMANDS_H

#include "cli/args.h"

extern const struct command command_serve;
extern const struct command command_ctl;
extern const struct command command_replay;
extern const struct command command_check;
extern const struct command command_compile;
extern const struct command command_explain;
extern const struct command command_posts;
extern const struct command command_verify;

#endif
