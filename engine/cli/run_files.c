/*
 * Rules, handles and what else was read before a run are known when it begins; feeds, keys and all
 * that is written are added here.
 */
#include "cli/run_files.h"

#include "cli/run.h"
#include "cli/ui.h"

#include <string.h>
#include <strings.h>

bool
run_output_named(const char *value, weir_buf *why)
{
    static const char *const others[] = {".xz",  ".bz2", ".lzma", ".lz4",  ".lzo", ".br",
                                         ".zip", ".7z",  ".Z",    ".zstd", ".tgz", ".tar"};
    size_t len = strlen(value);

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t n = strlen(others[i]);

        if (len > n && strcasecmp(value + len - n, others[i]) == 0) {
            weir_buf_printf(why,
                            "%s is not written: end the name in .gz or .zst, and it is packed so, "
                            "or in something that says no packing",
                            others[i]);
            return false;
        }
    }
    return true;
}

const char *
run_output(const struct args *a)
{
    return a->out && strcmp(a->out, "-") != 0 ? a->out : NULL;
}

/* account.js, beside a file of an account archive, may say whose it is. */
static void
read_owner(struct touched *t, const char *feed)
{
    const char *slash = strrchr(feed, '/');
    size_t len = strlen(feed);
    weir_buf path = {0};

    if (len < 3 || strcmp(feed + len - 3, ".js") != 0)
        return;
    weir_buf_put(&path, (weir_span){feed, slash ? (size_t)(slash + 1 - feed) : 0});
    weir_buf_puts(&path, "account.js");
    weir_buf_putc(&path, '\0');
    if (path.failed)
        ui_no_memory();
    touched_read(t, path.p, "account.js");
    weir_buf_fini(&path);
}

static void
put_outputs(const struct args *a, bool resumes)
{
    struct touched *t = a->touched;
    const char *by = a->changes ? "--changes" : "--out";

    touched_write(t, run_output(a) ? run_output(a) : "-", by);
    if (a->changes) /* and what came of it goes there */
        touched_write(t, "-", by);
    if (resumes) {
        touched_write_beside(t, a->out, ".resume", "what --resume needs,");
        touched_write_beside(t, a->out, ".resume.new", "what --resume needs,");
    }
    if (a->journal)
        touched_write_journal(t, a->journal);
}

int
run_files_check(const struct run *r, const struct strings *feeds, bool resumes)
{
    const struct args *a = r->args;

    for (size_t i = 0; i < a->plain.n; i++)
        touched_read_feeds(a->touched, a->plain.v[i]);
    for (size_t i = 0; i < feeds->n; i++) {
        touched_read(a->touched, feeds->v[i], "a feed");
        read_owner(a->touched, feeds->v[i]);
    }
    if (a->sign_key)
        touched_read(a->touched, a->sign_key, "the key that signs");
    put_outputs(a, resumes);
    return touched_check(a->touched);
}
