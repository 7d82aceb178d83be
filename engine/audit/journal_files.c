/*
 * Files of a journal's folder. Nothing here knows what is in them.
 */
#include "audit/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "lock"

void
weir__name_segment(uint32_t segment, char out[WEIR__NAME_MAX])
{
    (void)snprintf(out, WEIR__NAME_MAX, "%08" PRIu32 ".ndjson", segment);
}

void
weir__name_new(uint32_t segment, char out[WEIR__NAME_MAX])
{
    (void)snprintf(out, WEIR__NAME_MAX, "%08" PRIu32 ".new", segment);
}

void
weir__name_torn(uint32_t segment, uint32_t k, char out[WEIR__NAME_MAX])
{
    (void)snprintf(out, WEIR__NAME_MAX, "%08" PRIu32 ".torn-%" PRIu32, segment, k);
}

void
weir__name_torn_new(uint32_t segment, char out[WEIR__NAME_MAX])
{
    (void)snprintf(out, WEIR__NAME_MAX, "%08" PRIu32 ".torn.new", segment);
}

bool
weir__is_segment(const char *name, uint32_t *segment)
{
    char again[WEIR__NAME_MAX];

    *segment = (uint32_t)strtoul(name, NULL, 10);
    if (*segment == 0 || *segment > WEIR__SEGMENT_MAX)
        return false;
    weir__name_segment(*segment, again);
    return strcmp(name, again) == 0;
}

bool
weir__is_torn(const char *name, uint32_t *segment, uint32_t *k)
{
    char again[WEIR__NAME_MAX];
    const char *dash = strchr(name, '-');

    *segment = (uint32_t)strtoul(name, NULL, 10);
    *k = dash ? (uint32_t)strtoul(dash + 1, NULL, 10) : 0;
    if (*segment == 0 || *segment > WEIR__SEGMENT_MAX || *k == 0)
        return false;
    weir__name_torn(*segment, *k, again);
    return strcmp(name, again) == 0;
}

/* Room for one more of `size` bytes. */
static bool
grow(void *items, size_t n, size_t *cap, size_t size)
{
    void **p = items;

    if (n < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 16;
    void *grown = realloc(*p, more * size);
    if (!grown)
        return false;
    *p = grown;
    *cap = more;
    return true;
}

static bool
add(struct weir__listing *l, int dirfd, const char *name)
{
    uint32_t segment, k;
    struct stat st;

    if (weir__is_segment(name, &segment)) {
        if (!grow(&l->segments, l->nsegments, &l->cap, sizeof *l->segments))
            return false;
        l->segments[l->nsegments++] = segment;
    } else if (weir__is_torn(name, &segment, &k)) {
        if (!grow(&l->torn, l->ntorn, &l->torn_cap, sizeof *l->torn))
            return false;
        uint64_t bytes = fstatat(dirfd, name, &st, 0) == 0 ? (uint64_t)st.st_size : 0;
        l->torn[l->ntorn++] = (struct weir__torn){segment, k, bytes, false};
    }
    return true;
}

static int
by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int
by_place(const void *a, const void *b)
{
    const struct weir__torn *x = a, *y = b;

    if (x->segment != y->segment)
        return (x->segment > y->segment) - (x->segment < y->segment);
    return (x->k > y->k) - (x->k < y->k);
}

weir_status
weir__listing_read(int dirfd, struct weir__listing *out)
{
    weir_status st = WEIR_OK;
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    *out = (struct weir__listing){0};
    if (!dir) {
        if (fd >= 0)
            (void)close(fd);
        return WEIR_E_IO;
    }
    errno = 0;
    for (struct dirent *e; st == WEIR_OK && (e = readdir(dir)) != NULL; errno = 0)
        if (!add(out, dirfd, e->d_name))
            st = WEIR_E_NOMEM;
    if (st == WEIR_OK && errno)
        st = WEIR_E_IO;
    int why = errno;
    (void)closedir(dir);
    errno = why;
    if (st != WEIR_OK) {
        weir__listing_fini(out);
        return st;
    }
    if (out->nsegments)
        qsort(out->segments, out->nsegments, sizeof *out->segments, by_number);
    if (out->ntorn)
        qsort(out->torn, out->ntorn, sizeof *out->torn, by_place);
    return st;
}

void
weir__listing_fini(struct weir__listing *l)
{
    free(l->segments);
    free(l->torn);
    *l = (struct weir__listing){0};
}

static long
read_owner(int fd)
{
    char text[24] = {0};

    return weir__read_at(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

int
weir__lock(int dirfd, long *owner)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[24];
    int fd = openat(dirfd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    *owner = 0;
    if (fd < 0)
        return -1;
    if (fcntl(fd, F_OFD_SETLK, &all) != 0) {
        int why = errno == EACCES ? EAGAIN : errno;
        *owner = read_owner(fd);
        (void)close(fd);
        errno = why;
        return -1;
    }
    /* for the message that another one gets; nothing hangs on it */
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0)
        (void)weir__write_all(fd, (weir_span){text, (size_t)n}, NULL);
    return fd;
}

bool
weir__is_locked(int dirfd)
{
    struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = openat(dirfd, LOCK, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool locked = fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
    (void)close(fd);
    return locked;
}

bool
weir__write_all(int fd, weir_span bytes, size_t *done)
{
    size_t at = 0;
    bool ok = true;

    while (ok && at < bytes.len) {
        ssize_t n = write(fd, bytes.p + at, bytes.len - at);
        if (n > 0)
            at += (size_t)n;
        else
            ok = n < 0 && errno == EINTR;
        if (n == 0)
            errno = EIO; /* said by no file that was ever written to */
    }
    if (done)
        *done = at;
    return ok;
}

ssize_t
weir__read_at(int fd, char *to, size_t len, uint64_t at)
{
    size_t have = 0;

    while (have < len) {
        ssize_t n = pread(fd, to + have, len - have, (off_t)(at + have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

bool
weir__sync_folder(int dirfd)
{
    return fsync(dirfd) == 0 || errno == EINVAL;
}
