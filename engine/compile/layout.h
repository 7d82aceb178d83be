/*
 * Layout: what of a rule set is kept in a compiled file, field by field, and how it lies in memory.
 *
 * A table for each struct of the model that is kept. By them the file is written (image.h), and by
 * their checksum a program knows a file that was written by one with other structs. Every field is
 * in its table, also those that are not kept: a test counts the bytes.
 */
#ifndef WEIR_COMPILE_LAYOUT_H
#define WEIR_COMPILE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum weir__how {
    WEIR__PLAIN, /* bytes: no pointers, no gaps */
    WEIR__PART,  /* structs within the struct */
    WEIR__TEXT,  /* a weir_span: absent, or with a NUL behind it */
    WEIR__MANY,  /* a pointer to an array, or NULL */
    WEIR__ONE,   /* a pointer to one struct, or NULL */
    WEIR__OURS   /* of this process alone: not kept, and zero in a file */
};

struct weir__field {
    const char *name;
    size_t at, size; /* `n` of them in a row, each of this size */
    size_t n;
    enum weir__how how;
    bool cold;                     /* TEXT, MANY: what is pointed at is never read by deciding */
    const struct weir__layout *of; /* PART, MANY, ONE: what is there, or pointed at */
    /* MANY: how many, by a number in the struct (the i-th of a row, like the pointer) ... */
    size_t count_at, count_size;
    /* ... or, where that is 0, by asking */
    size_t (*count)(const void *holder, size_t i);
};

struct weir__layout {
    const char *name;
    size_t size;
    const struct weir__field *fields; /* NULL: bytes without gaps */
    size_t nfields;
};

extern const struct weir__layout weir__layout_ruleset;

/* How many items the i-th pointer of a field of kind MANY points at. */
size_t weir__layout_count(const struct weir__field *f, const void *holder, size_t i);
/* Is there a pointer in it? */
bool weir__layout_points(const struct weir__layout *l);
/* What differs where two programs would read a file differently. */
void weir__layout_sum(unsigned char sum[16]);

#endif
