/*
 * Writing feeds.
 */
#include "replay/portion.h"

#include "programs/process.h"

#include <stdio.h>

static const struct packer {
    const char *program, *ending;
} packers[] = {
    [PACKING_GZIP] = {"gzip", ".gz"},
    [PACKING_ZSTD] = {"zstd", ".zst"},
};

void
portion_write(struct portion *p, const struct feed *f, const char *name, uint64_t nlines)
{
    workplace_path(p->path, name);
    p->nlines = nlines;
    p->nbytes = feed_write(f, nlines, p->path);
}

bool
portion_pack(struct portion *out, const struct portion *p, enum packing packing, char *why,
             size_t cap)
{
    const struct packer *packer = &packers[packing];
    const char *const argv[] = {packer->program, "-q", "-k", "-f", p->path, NULL};
    char told[64];

    if (!process_exists(packer->program)) {
        snprintf(why, cap, "%s is not installed", packer->program);
        return false;
    }
    *out = *p;
    snprintf(out->path, sizeof out->path, "%.*s%s", (int)(sizeof out->path - 8), p->path,
             packer->ending);
    int status = process_wait(process_start(argv, -1, -1, -1), NULL);
    process_tell(status, told);
    if (status != 0)
        die(EXIT_FAILED, "%s %s: %s", packer->program, p->path, told);
    return true;
}
