/*
 * Compiled rule sets in files (*.tws): the tables that deciding reads, to be mapped and used as
 * they lie, what is told of rules, and the sources that they were made of.
 *
 *   offset  bytes  what
 *   0       4096   header, below; unused bytes are 0
 *   4096    …      objects: the structs of the model that hold pointers, a whole number of pages
 *                  of 4096 bytes. First `struct weir_ruleset`. A pointer is the offset of what it
 *                  points at, counted from here; 0 is NULL.
 *   then    …      flat: arrays and texts without pointers that deciding reads, a whole number of
 *                  pages. Its offsets go on from those of objects.
 *   then    …      cold: those that deciding never reads, which are most: the sources, entries as
 *                  they were written, what is told of orders. A whole number of pages, whose
 *                  offsets go on.
 *   then    …      pointers: where in objects each pointer is that is not NULL, as 32-bit numbers
 *                  of 8 bytes, ascending. Adding the address of objects to each of these pointers
 *                  makes the rule set usable. Then the file ends.
 *
 *   header  bytes
 *   0       8      89 54 57 53 0D 0A 1A 0A: no text, and changed by whatever changes line ends
 *   8       4      format: WEIR__BUNDLE_FORMAT
 *   12      4      01020304 as this machine writes it
 *   16      4      bytes of a pointer
 *   20      4      bytes of the header
 *   24      16     the version of Tagweir that wrote it
 *                  What stands so far stands there in every format.
 *   40      16     Unicode version of ICU's data
 *   56      16     ICU's own version
 *   72      16     checksum of ICU's region codes, which sets of regions are made over
 *   88      16     checksum of the model's structs (layout.h)
 *   104     4      version of the rule language
 *   108     4      sections: 4
 *   112     64     the rule set's digest, in hexadecimal
 *   176     8      bytes of the whole file
 *   184     4×32   sections, in the order above: offset, bytes, checksum
 *   4080    16     checksum of the header's bytes before this one
 *
 * Numbers are the machine's own: a file is read where it was written, or on a machine of its kind.
 * Texts shorter than their field are filled up with 0. Checksums are XXH3-128, and cover every byte
 * of the file. They guard against damage, not against forgery: once they agree, what the tables say
 * is believed, and the digest is not computed again. Who may write the file may decide what the
 * engine decides, as who may write the rules.
 *
 * Objects are read, for they are changed. Flat is mapped. Cold is mapped as well, and its checksum
 * is taken by reading beside that: until somebody asks for what is told, none of it is in the
 * memory of the process. Pointers are read, and let go.
 *
 * What changes a canonical key, a skeleton or a region makes the tables wrong: under another ICU
 * they are not used, and the sources are compiled again. A change of the engine that would find
 * something else in the same tables raises WEIR__BUNDLE_FORMAT.
 */
#ifndef WEIR_COMPILE_BUNDLE_H
#define WEIR_COMPILE_BUNDLE_H

#include "base/arena.h"
#include "model/ruleset.h"

#define WEIR__BUNDLE_MAGIC "\x89TWS\r\n\x1a\n"
#define WEIR__BUNDLE_FORMAT 5u
#define WEIR__BUNDLE_ORDER 0x01020304u
#define WEIR__BUNDLE_PAGE 4096u
#define WEIR__SUM_SIZE 16

enum weir__bundle_part {
    WEIR__PART_OBJECTS,
    WEIR__PART_FLAT,
    WEIR__PART_COLD,
    WEIR__PART_POINTERS,
    WEIR__NPARTS
};

struct weir__bundle_section {
    uint64_t at, size;
    unsigned char sum[WEIR__SUM_SIZE];
};

struct weir__bundle_header {
    char magic[8];
    uint32_t format, order, pointer_size, header_size;
    char version[16];
    /* what the tables depend on */
    struct weir__bundle_kind {
        char unicode[16], icu[16];
        unsigned char regions[WEIR__SUM_SIZE], layout[WEIR__SUM_SIZE];
        uint32_t language;
    } kind;
    uint32_t nsections;
    char digest[64];
    uint64_t size;
    struct weir__bundle_section sections[WEIR__NPARTS];
    unsigned char unused[WEIR__BUNDLE_PAGE - 184 - 32 * WEIR__NPARTS - WEIR__SUM_SIZE];
    unsigned char sum[WEIR__SUM_SIZE];
};
_Static_assert(sizeof(struct weir__bundle_header) == WEIR__BUNDLE_PAGE, "no gaps");

/* The checksum of sections, of the header and of what `kind` holds. */
void weir__sum(const void *p, size_t n, unsigned char sum[WEIR__SUM_SIZE]);
/* What files of this process depend on. */
void weir__bundle_kind(struct weir__bundle_kind *out);

/* A compiled file, in memory and found whole; its pointers are good. Its regexes are not compiled.
 */
struct weir__bundle {
    struct weir__bundle_header header;
    void *mapped; /* objects, flat and cold */
    size_t size;
    struct weir_ruleset *rules;    /* only what layout.h says is kept */
    struct weir__bundle_kind ours; /* what a file would depend on that were written now */
};

/* Is the path a regular file that begins as compiled rule sets do, or is named like one? */
bool weir__bundle_is(const char *path);
/*
 * WEIR_E_IO: it cannot be read. WEIR_E_RULES: it is damaged, or of no use to this program. Both
 * said in diags. WEIR_E_NOMEM. Nothing is to be closed then.
 */
weir_status weir__bundle_open(const char *path, struct weir__bundle *out, weir_diags *diags);
void weir__bundle_close(struct weir__bundle *b);

/*
 * The file as a rule set to decide by. WEIR_OK with *out == NULL: its tables are of no use here,
 * and its sources are to be compiled; diags says why.
 */
weir_status weir__bundle_load(const char *path, const weir_load_options *o, weir_diags *diags,
                              weir_ruleset **out);

#endif
