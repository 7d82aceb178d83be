/*
 * tagweir posts: each post as the engine reads it.
 */
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/run.h"
#include "cli/ui.h"

static int
posts(const struct args *a)
{
    struct run r = {.command = "posts", .args = a};

    if (!a->plain.n)
        return args_bad("posts", "no feed: name files or folders, or - for standard input");
    int rc = inputs_handles(a, &r.handles);
    if (rc == EXIT_DONE)
        rc = run_feeds(&r);
    weir_handles_free(r.handles);
    return rc;
}

const struct command command_posts = {
    .name = "posts",
    .usage = "[OPTION]… FEED…",
    .does = "Print each post as the engine reads it, in Tagweir's own dialect.",
    .more = "`keys` are the canonical keys of `hashtags`, which rules are compared with. A line\n"
            "that cannot be read has its error record in its place; queries and lines that are\n"
            "no posts are counted on standard error.",
    .options = OPTIONS_OF(OPT_TAGS, OPT_HANDLES, OPT_OWNER, OPT_OWNER_ID, OPT_MAX_LINE, OPT_STRICT,
                          OPT_THREADS, OPT_OUT, OPT_RESUME, OPT_JSON, OPT_QUIET),
    .plain = "FEED",
    .run = posts,
};
