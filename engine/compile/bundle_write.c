/*
 * Writing a compiled rule set: a header over the parts of its image, into a file beside the one
 * that is asked for, which takes its name once it is whole and on the disk.
 */
#include "base/check.h"
#include "base/error.h"
#include "compile/image.h"
#include "compile/layout.h"
#include "text/fold.h"

#include <tagweir/tagweir.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

void
weir__sum(const void *p, size_t n, unsigned char sum[WEIR__SUM_SIZE])
{
    XXH128_canonical_t out;

    XXH128_canonicalFromHash(&out, XXH3_128bits(p, n));
    memcpy(sum, out.digest, WEIR__SUM_SIZE);
}

void
weir__bundle_kind(struct weir__bundle_kind *out)
{
    char codes[WEIR_REGION_LIMIT][2];
    uint16_t n = weir_region_count();

    *out = (struct weir__bundle_kind){.language = WEIR_LANGUAGE_VERSION};
    for (uint16_t r = 0; r < n; r++)
        memcpy(codes[r], weir_region_code(r), sizeof codes[r]);
    weir__sum(codes, n * sizeof codes[0], out->regions);
    (void)snprintf(out->unicode, sizeof out->unicode, "%s", weir__unicode_version());
    (void)snprintf(out->icu, sizeof out->icu, "%s", weir__icu_version());
    weir__layout_sum(out->layout);
}

static void
make_header(const struct weir_ruleset *rs, const struct weir__image *im,
            struct weir__bundle_header *h)
{
    uint64_t at = sizeof *h;

    *h = (struct weir__bundle_header){.format = WEIR__BUNDLE_FORMAT,
                                      .order = WEIR__BUNDLE_ORDER,
                                      .pointer_size = sizeof(void *),
                                      .header_size = sizeof *h,
                                      .nsections = WEIR__NPARTS};
    memcpy(h->magic, WEIR__BUNDLE_MAGIC, sizeof h->magic);
    (void)snprintf(h->version, sizeof h->version, "%s", WEIR_VERSION);
    memcpy(h->digest, rs->digest, sizeof h->digest);
    for (int i = 0; i < WEIR__NPARTS; i++) {
        h->sections[i] = (struct weir__bundle_section){.at = at, .size = im->part[i].len};
        weir__sum(im->part[i].p, im->part[i].len, h->sections[i].sum);
        at += im->part[i].len;
    }
    h->size = at;
    weir__bundle_kind(&h->kind);
    weir__sum(h, offsetof(struct weir__bundle_header, sum), h->sum);
}

/* errno as the reason of a failure. */
static weir_status
cannot(const char *path, weir_diags *diags)
{
    weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path}, "cannot be written: %s",
                   strerror(errno));
    return WEIR_E_IO;
}

/* The file that the path stands for: where it is a link, what it leads to. false: said why not. */
static bool
find_target(const char *path, char real[PATH_MAX], weir_diags *diags)
{
    const char *wrong = NULL;
    struct stat st;

    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode))
        wrong = S_ISDIR(st.st_mode) ? "is a folder: name the file that is to be written in it"
                                    : "is no ordinary file, and would be replaced by one";
    else if (there && st.st_size > 0 && !weir__bundle_is(path))
        wrong = "is there, and is no compiled rule set: name another file, such as set.tws, or "
                "remove it first";
    if (wrong) {
        weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path}, "%s", wrong);
        return false;
    }
    if (realpath(path, real))
        return true;
    if (errno == ENOENT && strlen(path) < PATH_MAX) {
        memcpy(real, path, strlen(path) + 1);
        return true;
    }
    (void)cannot(path, diags);
    return false;
}

/* A new file beside the target, named after it. Those that a crash left behind are passed over. */
static int
open_beside(const char *target, char beside[PATH_MAX + 16])
{
    int fd = -1;

    errno = EEXIST;
    for (int i = 0; fd < 0 && errno == EEXIST && i < 100; i++) {
        (void)snprintf(beside, PATH_MAX + 16, "%s.new%d", target, i);
        fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

static bool
write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool
write_parts(int fd, const struct weir__bundle_header *h, const struct weir__image *im)
{
    bool ok = write_all(fd, (const char *)h, sizeof *h);

    for (int i = 0; ok && i < WEIR__NPARTS; i++)
        ok = write_all(fd, im->part[i].p, im->part[i].len);
    return ok && fsync(fd) == 0;
}

/* That a file has a new name is on the disk only once its folder is. */
static bool
sync_folder(const char *path)
{
    char folder[PATH_MAX + 2];
    const char *slash = strrchr(path, '/');

    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
                   slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* some file systems cannot sync folders, and are asked no more than they can do */
    bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static weir_status
write_file(const char *path, const struct weir__bundle_header *h, const struct weir__image *im,
           weir_diags *diags)
{
    char target[PATH_MAX], beside[PATH_MAX + 16];

    if (!find_target(path, target, diags))
        return WEIR_E_IO;
    int fd = open_beside(target, beside);
    if (fd < 0)
        return cannot(path, diags);
    bool ok = write_parts(fd, h, im);
    ok = close(fd) == 0 && ok;
    if (ok && rename(beside, target) == 0)
        return sync_folder(target) ? WEIR_OK : cannot(path, diags);
    weir_status st = cannot(path, diags);
    (void)unlink(beside);
    return st;
}

weir_status
weir_ruleset_save(const weir_ruleset *rs, const char *path, weir_diags *diags)
{
    struct weir__bundle_header h;
    struct weir__image im;

    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    if (!rs->sources)
        return WEIR_E_ARG;
    weir_status st = weir__image_make(rs, &im);
    if (st == WEIR_OK) {
        make_header(rs, &im, &h);
        st = write_file(path, &h, &im, diags);
    }
    weir__image_fini(&im);
    return st;
}
