/*
 * Entries of selectors: what kind one is, and the key or pieces it is compared by.
 */
#include "oracle.h"

static struct str
fold_run(enum selector selector, enum fold fold, struct str run)
{
    if (selector != HASHTAGS)
        return str_lower(FOREVER, run);
    run = fold_key(FOREVER, run);
    return fold == FOLD_TURKIC       ? fold_turkic(FOREVER, run)
           : fold == FOLD_CONFUSABLE ? fold_letters(FOREVER, run)
                                     : run;
}

static void
end_run(struct entry *e, struct buf *run, enum selector selector, enum fold fold)
{
    if (run->n)
        PUSH(FOREVER, e->pieces, e->npieces,
             ((struct glob_piece){RUN, fold_run(selector, fold, str_of_buf(run))}));
    *run = (struct buf){0};
}

static void
read_glob(struct str s, enum selector selector, enum fold fold, struct entry *e)
{
    struct buf run = {0};

    e->kind = GLOB;
    e->bare = selector != HASHTAGS && str_find(s, '@') == s.n;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '*' || s.p[i] == '?') {
            end_run(e, &run, selector, fold);
            PUSH(FOREVER, e->pieces, e->npieces,
                 ((struct glob_piece){s.p[i] == '*' ? ANY_RUN : ANY_ONE, NONE}));
            continue;
        }
        if (s.p[i] == '\\')
            i++;
        put(&run, (struct str){s.p + i, 1});
    }
    end_run(e, &run, selector, fold);
}

struct str
primary_subtag(enum pool pool, struct str tag)
{
    size_t n = 0;
    struct str s;

    while (n < tag.n && tag.p[n] != '-' && tag.p[n] != '_')
        n++;
    s = str_lower(pool, (struct str){tag.p, n});
    return str_is(s, "in")   ? LIT("id")
           : str_is(s, "iw") ? LIT("he")
           : str_is(s, "ji") ? LIT("yi")
                             : s;
}

static void
read_account(struct str s, enum selector selector, struct entry *e)
{
    size_t space = strcspn(s.p, " \t");

    if (str_starts(s, "id:") || str_starts(s, "did:")) {
        e->kind = ID;
        e->text = (struct str){s.p, space}; /* what follows is a note */
        if (str_starts(s, "id:"))
            e->text = str_skip(e->text, 3);
    } else if (str_starts(s, "domain:")) {
        e->kind = DOMAIN;
        e->text = str_lower(FOREVER, str_skip(s, 7));
        if (str_ends(e->text, LIT(".")))
            e->text.n--;
    } else {
        if (str_starts(s, "@"))
            s = str_skip(s, 1);
        if (strpbrk(s.p, "*?\\"))
            read_glob(s, selector, FOLD_NONE, e);
        else
            e->text = str_lower(FOREVER, s);
    }
}

void
entry_read(struct str s, enum selector selector, enum fold fold, struct entry *e)
{
    *e = (struct entry){.kind = LITERAL};
    s = str_copy(FOREVER, str_trim(s));
    if (selector == POSTS || selector == SOURCES) {
        e->text = s;
    } else if (selector == LANGS) {
        e->text = primary_subtag(FOREVER, s);
    } else if (s.p[0] == '/') {
        bool extended = str_ends(s, LIT("/x"));
        e->kind = REGEX;
        e->regex = regex_compile((struct str){s.p + 1, s.n - (extended ? 3 : 2)}, extended);
    } else if (selector != HASHTAGS) {
        read_account(s, selector, e);
    } else {
        s = tag_body(s);
        if (strpbrk(s.p, "*?\\")) {
            read_glob(s, selector, fold, e);
            return;
        }
        e->text = fold_key(FOREVER, s);
        if (fold == FOLD_TURKIC)
            e->text = fold_turkic(FOREVER, e->text);
        else if (fold == FOLD_CONFUSABLE)
            e->text = fold_skeleton(FOREVER, e->text);
    }
}
