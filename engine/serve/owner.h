/*
 * Who is meant by USER, USER:GROUP or :GROUP, by name or number: whom files are given to, and whom
 * the program becomes.
 */
#ifndef WEIR_SERVE_OWNER_H
#define WEIR_SERVE_OWNER_H

#include <tagweir/tagweir.h>

#include <sys/types.h>

/* As chown(2) has it: stays as it is. */
#define OWNER_NONE ((id_t)-1)

struct owner {
    uid_t uid;       /* OWNER_NONE: none was named */
    gid_t gid;       /* OWNER_NONE: none was named */
    gid_t login_gid; /* the user's own; OWNER_NONE: no user, or a number that is nobody's */
    char login[256]; /* the user's name; empty where login_gid is OWNER_NONE */
};

/* false: `why` says what is wrong with it, without naming an option. One thread at a time. */
bool owner_find(const char *spec, struct owner *out, weir_buf *why);

#endif
