/*
 * Tagweir: decides for every post and every region whether it is withheld, downranked or allowed.
 *
 * In reading order: common.h (words shared by all), ruleset.h (rule files to a rule set), post.h
 * (lines to posts), decide.h (a rule set and a post to a decision), audit.h (a decision to a
 * record), diff.h (two decisions to what differs), report.h (counts to a page), exports.h (decisions
 * to what other systems take), journal.h (records to a chain that proves itself); check.h
 * (assertions) and names.h (names out of lists) stand by themselves. A program that decides looks
 * like this:
 *
 *     weir_ruleset_load -> weir_ruleset_test -> weir_scratch_new -> weir_reader_new
 *     per line: weir_reader_read, per item: weir_decide, weir_record_write
 */
#ifndef TAGWEIR_TAGWEIR_H
#define TAGWEIR_TAGWEIR_H

#include <tagweir/audit.h>
#include <tagweir/common.h>
#include <tagweir/decide.h>
#include <tagweir/diff.h>
#include <tagweir/exports.h>
#include <tagweir/journal.h>
#include <tagweir/post.h>
#include <tagweir/report.h>
#include <tagweir/ruleset.h>

#define WEIR_VERSION "0.1.0"

#endif
