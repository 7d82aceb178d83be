/*
 * ActivityPub: between activitypub.c (documents), activitypub_note.c (posts) and activitypub_who.c
 * (accounts).
 *
 * Documents are JSON-LD, in which a property may have one value or an array of them, and an object
 * may stand for itself or be named by its id. They are read as JSON, by the names that the common
 * context gives, as most servers read them.
 */
#ifndef WEIR_POST_ACTIVITYPUB_H
#define WEIR_POST_ACTIVITYPUB_H

#include "post/read.h"

/* What a type says that its object is. Of several types the one that is greatest here counts:
   servers show what is a note among other things as a note. */
enum weir__ap_kind {
    WEIR__AP_OTHER,
    WEIR__AP_NO_POST,  /* known, and no post */
    WEIR__AP_ANNOUNCE, /* a repost */
    WEIR__AP_WRITES,   /* Create, Update: its object is what was written */
    WEIR__AP_POST,
};

/* By its `type`. What the counts of skipped lines call it goes to *name. */
enum weir__ap_kind weir__ap_kind_of(struct weir__reading *r, const struct weir__json *o,
                                    const char **name);
/* Is member k of o, or an item of it, this name of the common context, short or in full? */
bool weir__ap_has_type(struct weir__reading *r, const struct weir__json *o, unsigned k,
                       const char *type);

/* A string or object that is member k of o, or the first of an array; `what` it must be. */
const struct weir__json *weir__ap_first(struct weir__reading *r, const struct weir__json *o,
                                        unsigned k, const char *what);
/* A post known by its id alone: as a string, or as an object of an unknown type, whatever else is
   in it. NULL: it has none. */
const weir_post *weir__ap_post_by_id(struct weir__reading *r, const struct weir__json *v);

/* A post; `activity` is the Create or Update that holds it, or NULL. */
const weir_post *weir__ap_read_note(struct weir__reading *r, const struct weir__json *o, int level,
                                    const struct weir__json *activity);

/* Who did an activity; whose an object is, by itself or by the activity around it (or NULL). */
weir_account weir__ap_actor(struct weir__reading *r, const struct weir__json *o);
weir_account weir__ap_author(struct weir__reading *r, const struct weir__json *o,
                             const struct weir__json *activity);
/* Whom a tag of type Mention names. */
weir_account weir__ap_mentioned(struct weir__reading *r, const struct weir__json *tag);

#endif
