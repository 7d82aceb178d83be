/*
 * The core's assertions by their short names, and the magics of its objects.
 */
#ifndef WEIR_BASE_CHECK_H
#define WEIR_BASE_CHECK_H

#include <tagweir/check.h>

#define CHECK WEIR_CHECK
#define CHECK_OBJ WEIR_CHECK_OBJ

#define WEIR_RULESET_MAGIC 0x57525331u
#define WEIR_SCRATCH_MAGIC 0x57534331u
#define WEIR_READER_MAGIC 0x57524431u
#define WEIR_DIAGS_MAGIC 0x57444731u
#define WEIR_JOURNAL_MAGIC 0x574A4E31u

#endif
