/*
 * Going on where a run was stopped, by a file beside the output that says how far it is and what
 * it was run with. It is written every few seconds, so that a run that was killed can be gone on
 * with as well: what the output has more than it says is written again.
 */
#ifndef WEIR_CLI_RESUME_H
#define WEIR_CLI_RESUME_H

#include "cli/args.h"

#include "feed/sink.h"

struct run;

/* How far a run is, with all that was handed on. */
struct resume_at {
    size_t feed;    /* that was worked on */
    uint64_t upto;  /* offset in its lines of what follows */
    uint64_t lines; /* of it, so far */
    uint64_t files; /* that are done */
    uint64_t records;
};

struct resume {
    char *path; /* NULL: the output is none to be gone on with */
    weir_buf settings;
    int64_t now_ms;
    bool is_kept; /* it could be gone on with */
    bool again;   /* it goes on; then `at` and `out` say where */
    struct resume_at at;
    uint64_t out;    /* bytes of the output */
    uint64_t before; /* records of the runs before this one */
    int64_t told_ms;
    bool is_down; /* the file is of this run, or of the one that it goes on with */
};

/*
 * Is there a run to go on with? With --resume there must be, of the same arguments, rules and
 * feeds; the run's `now_ms` becomes what it was. @return an exit code; it was said what is wrong.
 */
int resume_begin(struct resume *s, struct run *r, const struct strings *files);
void resume_fini(struct resume *s);
/* Where the output is to be gone on behind, for sink_open. */
uint64_t resume_from(const struct resume *s);
/* The output is empty: what was kept of a run before is of no use. @return false: it was said why
   it cannot be removed. */
bool resume_anew(struct resume *s);

/* The run is so far, and so is the output. @return false: it cannot be kept, errno says why; then
   resume_give_up is due. */
bool resume_note(struct resume *s, const struct sink *sink, const struct resume_at *at);
/*
 * The output has failed: write down how far it was when that was noted last. @return can it be gone
 * on with? Where nothing more can be written, perhaps by what was written down before.
 */
bool resume_keep_place(struct resume *s);
/* Say so, and keep no more: a run is not to fail for that. */
void resume_give_up(struct resume *s);
/* It ends before its time: write down how far it is. @return can it be gone on with? It was said
   why not. */
bool resume_keep(struct resume *s, struct sink *sink);
/* It is done: the file goes. */
void resume_done(struct resume *s);

#endif
