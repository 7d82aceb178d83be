/*
 * The files of a journal's folder: names, the list of segments, the writer's lock, and writing that
 * is on the disk when it says so.
 */
#ifndef WEIR_AUDIT_JOURNAL_FILES_H
#define WEIR_AUDIT_JOURNAL_FILES_H

#include "base/span.h"

#include <tagweir/journal.h>

#include <sys/types.h>

#define WEIR__SEGMENT_MAX 99999999u /* eight digits */
#define WEIR__NAME_MAX 40           /* of a file in the folder, with its NUL */

/* A path that messages name. */
struct weir__folder {
    int fd;
    const char *path; /* borrowed */
};

/* `00000017.ndjson`, `00000017.new`, `00000017.torn-2`, `00000017.torn.new` */
void weir__name_segment(uint32_t segment, char out[WEIR__NAME_MAX]);
void weir__name_new(uint32_t segment, char out[WEIR__NAME_MAX]);
void weir__name_torn(uint32_t segment, uint32_t k, char out[WEIR__NAME_MAX]);
void weir__name_torn_new(uint32_t segment, char out[WEIR__NAME_MAX]);
/* false: it is the name of no segment, of no torn tail. */
bool weir__is_segment(const char *name, uint32_t *segment);
bool weir__is_torn(const char *name, uint32_t *segment, uint32_t *k);

/* Sorted numbers of the folder's segments, and its torn tails in order. */
struct weir__listing {
    uint32_t *segments;
    size_t nsegments, cap;
    struct weir__torn {
        uint32_t segment, k;
        uint64_t bytes;
        bool said; /* an event of the last segment names it */
    } * torn;
    size_t ntorn, torn_cap;
};

/* WEIR_E_IO (errno), WEIR_E_NOMEM; holds nothing then. */
weir_status weir__listing_read(int dirfd, struct weir__listing *out);
void weir__listing_fini(struct weir__listing *l);

/*
 * The writer's lock: a write lock on the whole of `lock`, of the open file and not of the process
 * (F_OFD_SETLK), which ends with it however it ends. @return the file, or -1: errno is EAGAIN
 * where another one has it, *owner then its process if the file says so, else 0.
 */
int weir__lock(int dirfd, long *owner);
/* Has somebody locked it? Asks without locking: a writer that starts meanwhile is not disturbed. */
bool weir__is_locked(int dirfd);

/* All of it, through interruptions and partial writes. *done (may be NULL) is how much went out,
   also on failure. false: errno. */
bool weir__write_all(int fd, weir_span bytes, size_t *done);
/* All of it or to the end of the file; -1: errno. */
ssize_t weir__read_at(int fd, char *to, size_t len, uint64_t at);
/* What the folder lists is on the disk. Some file systems cannot do that, and are not asked twice.
 */
bool weir__sync_folder(int dirfd);

#endif
