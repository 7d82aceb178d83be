/*
 * What tests of matching and deciding are given: a rule set compiled from text, and posts written
 * in one line.
 */
#ifndef WEIR_TESTS_GIVEN_H
#define WEIR_TESTS_GIVEN_H

#include "base/span.h"

#include <tagweir/tagweir.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Parts of the matcher that given_rules does without. */
static uint32_t given_match_off __attribute__((unused));

/* Compile rules (the text behind `tagweir: 1`). Fails the test with their errors. */
static inline weir_ruleset *
given_rules(const char *yaml)
{
    char path[] = "/tmp/tagweir-test-XXXXXX";
    const char *paths[] = {path};
    /* Valgrind does not understand code made while running */
    const weir_load_options options = {.match_off = given_match_off |
                                                    (getenv("WEIR_TEST_NO_JIT") ? WEIR_MATCH_JIT : 0)};
    int fd = mkstemp(path);
    weir_diags *diags = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_buf said = {0};

    assert_true(fd >= 0);
    assert_true(dprintf(fd, "tagweir: 1\n%s", yaml) > 0);
    close(fd);
    weir_status st = weir_ruleset_load(paths, 1, &options, diags, &rs);
    (void)unlink(path);
    for (size_t i = 0; i < weir_diags_count(diags); i++)
        if (weir_diags_at(diags, i)->severity == WEIR_ERROR)
            weir_diag_format(weir_diags_at(diags, i), false, &said);
    if (st != WEIR_OK)
        fail_msg("the rules do not compile:\n%.*s", (int)said.len, said.p);
    weir_buf_fini(&said);
    weir_diags_free(diags);
    return rs;
}

#define GIVEN_MOST 1100

/* Holds what its post points at; the text it was read from must live on. */
struct given_post {
    weir_post post;
    weir_span tags[GIVEN_MOST], langs[GIVEN_MOST];
    weir_account mentions[GIVEN_MOST];
};

/* "id:1", a DID, "@handle", or an id and a handle: "id:1@handle". */
static inline weir_account
given_account(weir_span s)
{
    size_t at = span_find(s, '@');
    weir_account a = {0};

    if (span_starts(s, "id:"))
        a.id = (weir_span){s.p + 3, at - 3};
    else if (at > 0)
        a.id = span_head(s, at);
    if (at < s.len)
        a.handle = span_skip(s, at + 1);
    return a;
}

static inline void
given_value(struct given_post *g, const char *key, weir_span value)
{
    if (strcmp(key, "id") == 0)
        g->post.id = value;
    else if (strcmp(key, "by") == 0)
        g->post.author = given_account(value);
    else if (strcmp(key, "tag") == 0)
        g->tags[g->post.nhashtags++] = value;
    else if (strcmp(key, "lang") == 0)
        g->langs[g->post.nlangs++] = value;
    else if (strcmp(key, "to") == 0)
        g->mentions[g->post.nmentions++] = given_account(value);
    else
        fail_msg("no part of a post: %s", key);
}

/* A post of the own dialect from words of the form key=value: id, by, tag, to, lang, the last
   three as often as wanted. */
static inline const weir_post *
given_post(struct given_post *g, const char *text)
{
    weir_span rest = span_of(text);

    g->post = (weir_post){
        .source = WEIR_SOURCE_OWN, .hashtags = g->tags, .langs = g->langs, .mentions = g->mentions};
    while (rest.len) {
        weir_span word = span_head(rest, span_find(rest, ' '));
        size_t eq = span_find(word, '=');
        char key[8] = "";

        rest = span_skip(rest, word.len + (word.len < rest.len));
        assert_true(eq < sizeof key && eq < word.len);
        memcpy(key, word.p, eq);
        given_value(g, key, span_skip(word, eq + 1));
    }
    return &g->post;
}

#endif
