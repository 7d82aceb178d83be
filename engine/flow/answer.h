/*
 * The pipeline that serving and replaying share: a line in, the records it is owed appended to a
 * buffer, counters kept. Knows neither files nor sockets, and reads no clock.
 */
#ifndef WEIR_FLOW_ANSWER_H
#define WEIR_FLOW_ANSWER_H

#include "flow/tally.h"

#include <tagweir/tagweir.h>

enum answer_clock {
    ANSWER_NOW,     /* the time that the caller gives with each line */
    ANSWER_CREATED, /* each post's own */
    ANSWER_FIXED,   /* answer_options.at_ms */
};

/* Zeroes are the defaults. */
struct answer_options {
    enum answer_clock clock;
    int64_t at_ms; /* ANSWER_FIXED */
    weir_undecided undecided;
    weir_tags_from tags;
    const weir_handles *handles; /* NULL: none; must outlive the answerer */
    size_t max_line;             /* 0: the reader's default */
    uint32_t match_off;          /* WEIR_MATCH_*: not to be used */
    bool trace;                  /* records say what became of every rule */
    bool mute_errors;            /* they are only counted: what is written are no records */
    bool answer_skips;           /* a socket's answers stay aligned; a replay only counts them */
    bool need_time; /* a post without a time of its own is an error, whatever the clock */
};

/* Where an item that could not be read stands; called before its record is written. */
typedef void answer_error_fn(void *arg, uint64_t line, const weir_item *item);

/* A decision, whatever it is; called before its record is written. */
typedef void answer_decided_fn(void *arg, const weir_decision *d);

/*
 * A record of a decision or, where `d` is NULL, of an error, as it was written to `out`, with its
 * newline; valid during the call. false: there is no memory to keep it, and it is taken back.
 */
typedef bool answer_record_fn(void *arg, const weir_decision *d, weir_span record);

/* Is this decision none of the answerer's business? It is counted as left out then, and no more. */
typedef bool answer_leave_out_fn(void *arg, const weir_decision *d);

/* Write a decision, in place of its record: whole lines, or nothing. */
typedef void answer_write_fn(void *arg, const weir_decision *d, weir_buf *out);

/* Take a post, a query or an error, and do with it what is to be done: nothing is decided of it, or
   written. false: no memory. */
typedef bool answer_take_fn(void *arg, const weir_item *item);

/* One thread's; another thread has another one. */
struct answerer {
    uint32_t magic;
    weir_ruleset *rs; /* NULL: nothing is decided, posts are written as they were read */
    weir_scratch *scratch;
    weir_reader *reader;
    const weir_item *items; /* of the line that was read last, or is answered now */
    uint64_t reads;         /* lines read, and read again */
    bool paged;             /* a page ended those that were read together last: what was looked at
                               behind it was so in vain */
    size_t nahead;          /* posts that weir_decide_next is to decide, in this call */
    struct answer_options o;
    struct tally tally;
    answer_error_fn *on_error; /* may be NULL */
    void *on_error_arg;
    answer_decided_fn *on_decided; /* may be NULL */
    void *on_decided_arg;
    answer_record_fn *on_record; /* may be NULL */
    void *on_record_arg;
    answer_leave_out_fn *leave_out; /* NULL: none is; asked before all else */
    answer_write_fn *write;         /* NULL: records */
    void *write_arg;                /* of both */
    answer_take_fn *take;           /* NULL: nobody does; else none of the others is called, but
                                       on_error */
    void *take_arg;
};

/* @param rs  Referenced; NULL: see above. @retval WEIR_E_NOMEM  *a needs no answerer_fini. */
weir_status answerer_init(struct answerer *a, weir_ruleset *rs, const struct answer_options *o);
void answerer_fini(struct answerer *a);

/* The time that a post is decided at; there must be one, which the reader sees to that was told
   by the clock, or need_time, that it is needed. */
int64_t answer_time(const struct answer_options *o, const weir_post *post, int64_t now_ms);

/* Working memory as the options ask for it, for answerer_swap. Any thread. */
weir_status answerer_scratch(weir_ruleset *rs, const struct answer_options *o, weir_scratch **out);
/*
 * Decide by another rule set from the next item on, also where a line is half answered. The scratch
 * of answerer_scratch becomes the answerer's, and *scratch the one before (NULL: there was none),
 * which is the caller's now and has a reference on its rule set. Without a rule set and a scratch,
 * nothing is decided any more.
 */
void answerer_swap(struct answerer *a, weir_ruleset *rs, weir_scratch **scratch);

/* A line on its way to its answers. The first four are the caller's to fill in. */
struct answer_line {
    weir_span bytes; /* as weir_reader_read has them; to be there until all is answered */
    size_t avail;
    uint64_t number;
    int64_t now_ms;
    /* answer_go_on's own, zero at first */
    uint64_t read_as; /* answerer.reads when it was read last; 0: not yet */
    size_t nitems, answered;
    bool done; /* every item has its answer */
};

/* How much to do before somebody else has a turn: counted down, to zero where it is used up. */
struct answer_room {
    size_t bytes; /* of answers */
    size_t work;  /* the sizes of posts (weir_item.size), ANSWER_WORK an item, ANSWER_BLANK a line
                     without any */
};

#define ANSWER_WORK 64
#define ANSWER_BLANK 8

/*
 * Answer a line, or go on with one: what it is owed is appended to `out`, one record an item.
 * A page may be owed many thousand times its own size, and its posts may be much work, so this
 * stops when the room is used up and items are left (`done` is false then); call it again to go on.
 * It answers at least one item. Other lines may be answered in between.
 * @retval WEIR_E_NOMEM  Items of the line were abandoned; whole records only stand in `out`. The
 *                       stream cannot go on, as its answers would no longer be aligned.
 */
weir_status answer_go_on(struct answerer *a, struct answer_line *line, struct answer_room *room,
                         weir_buf *out);

/* Lines that are read before the first of them is answered, at most. */
#define ANSWER_TOGETHER ((size_t)WEIR_AHEAD_MAX)

/*
 * Answer up to ANSWER_TOGETHER lines that were not begun, as answer_go_on would one after the
 * other; what their posts may match is looked for together. It stops where the room is used up, or
 * a line has more than one item.
 * @param begun  So many were begun, one at least: all of them are done but for the last, which may
 *               have to be gone on with. The others are as if they had not been given.
 * @retval WEIR_E_NOMEM  As of answer_go_on: items of the last one that was begun were abandoned.
 */
weir_status answer_together(struct answerer *a, struct answer_line *lines, size_t n,
                            struct answer_room *room, weir_buf *out, size_t *begun);

/* A line that will not be gone on with: what is left of it counts as abandoned. */
void answer_give_up(struct answerer *a, struct answer_line *line);

#endif
