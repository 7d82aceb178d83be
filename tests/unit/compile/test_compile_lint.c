/*
 * compile/: what is no mistake and hardly meant is warned of, at its place and once; what may be
 * meant is not. A row says all warnings that there are; expected texts are the beginning of one
 * behind the file's name.
 */
#include "unit/compile/told.h"

#define TOP "tagweir: 1\n"
#define RULE(more) TOP "rules:\n  - id: r\n    action: withhold\n    regions: [IN]\n" more
#define TAGS(entries) RULE("    match: {hashtags: [" entries "]}\n")
#define FOLDED(fold, entries) RULE("    fold: " fold "\n    match: {hashtags: [" entries "]}\n")
#define ACCOUNTS(entries) RULE("    match: {accounts: [" entries "]}\n")
#define POSTS(entries) RULE("    match: {posts: [" entries "]}\n")
/* Uses l.txt as hashtags, under a fold; the second rule adds another. */
#define LISTED(fold)                                                                               \
    TOP "lists: {l: {hashtags: l.txt}}\nrules:\n  - {id: r, action: allow, fold: " fold            \
        ", match: {hashtags: [{list: l}]}}\n"
#define LISTED_TWICE(fold, other)                                                                  \
    LISTED(fold) "  - {id: s, action: allow, fold: " other ", match: {hashtags: [{list: l}]}}\n"
#define ORDER(when, more)                                                                          \
    TOP "orders: {o: {kind: emergency, authority: a, basis: b, " when "}}\nrules:\n  - id: r\n"    \
        "    order: o\n    action: withhold\n    regions: [IN]\n    match: {posts: [1]}\n" more

/* Multi-byte characters that are better seen than guessed. */
#define ACUTE "\xCC\x81" /* combining */
#define DOT "\xCC\x87"   /* combining */
#define CYR_A "\xD0\xB0" /* а, which looks like an a */
#define NBSP "\xC2\xA0"
#define ZWJ "\xE2\x80\x8D"

#define SIGN "a regex is tried on the hashtag without its #, so this cannot match: write "
#define NONE(text) "no hashtag has \"" text "\" in the form that it is compared in"
#define SECOND "this entry stands here a second time; the first is at "

#define NOTICE(value) ORDER("served: 2021-01-01T00:00:00Z, notice: " value, "")
#define NO_URL "this begins as an address, and no address has such a character: HTTP 451 will not"

struct row {
    const char *name, *yaml, *list;
    const char *expected[4];
};

static const struct row rows[] = {
    {"a notice that is an address, or words",
     NOTICE("'https://a.example/b?c=%20d#e', reference: 'https://a b'"),
     NULL,
     {0}},
    {"a notice of words with an address in it", NOTICE("'See https://a.example ü'"), NULL, {0}},
    {"a notice that begins with an address and goes on",
     NOTICE("'https://a.example and more'"),
     NULL,
     {":2:111: warning: " NO_URL}},
    {"an address beyond ASCII", NOTICE("'http://ä.example/ü'"), NULL, {":2:101: warning: " NO_URL}},
    {"an authority that is no address, to which nothing links",
     TOP "orders: {o: {kind: policy, authority: 'https://a|b'}}\nrules:\n  - {id: r, order: o, "
         "action: allow, match: {posts: [1]}}\n",
     NULL,
     {0}},
    {"no address of a confidential order, which is never linked to",
     NOTICE("'https://a b', confidential: true"),
     NULL,
     {0}},
    {"a tag twice", TAGS("a, b, a"), NULL, {":6:30: warning: " SECOND}},
    {"a tag three times",
     TAGS("a, a, a"),
     NULL,
     {":6:27: warning: " SECOND, ":6:30: warning: " SECOND}},
    {"a tag in two forms",
     TAGS("a, '#Ａ'"),
     NULL,
     {":6:28: warning: this entry is the same as \"a\" at "}},
    {"two tags", TAGS("a, à, '" CYR_A "'"), NULL, {0}},
    {"look-alikes under the fold that makes them one",
     FOLDED("confusable", "pay, 'p" CYR_A "y'"),
     NULL,
     {":7:30: warning: this entry is the same as \"pay\" at "}},
    {"Turkish letters under their fold",
     FOLDED("turkic", "ılk, İLK, ilk"),
     NULL,
     {":7:29: warning: this entry is the same as \"ılk\" at ",
      ":7:34: warning: this entry is the "}},
    {"a glob twice, in two forms",
     TAGS("'a*', '*a', 'A**'"),
     NULL,
     {":6:37: warning: this entry is the same as \"a*\" at "}},
    {"a regex twice", TAGS("'/a/', '/b/', '/a/', '/a/x'"), NULL, {":6:39: warning: " SECOND}},
    {"an id twice, with another note",
     ACCOUNTS("\"id:1 @a\", 'id:1 @b', '@1x', 'domain:a.b', a.b"),
     NULL,
     {":6:36: warning: " SECOND}},
    {"a handle in two forms",
     ACCOUNTS("'@A', a, 'a@b.c', 'A@B.c'"),
     NULL,
     {":6:30: warning: this entry is the same as \"A\" at ",
      ":6:43: warning: this entry is the same as \"a@b.c\" at "}},
    {"languages and sources twice",
     RULE("    match: {langs: [in, en, id], sources: [own, tweet, own]}\n"),
     NULL,
     {":6:29: warning: this entry is the same as \"in\" at ", ":6:56: warning: " SECOND}},
    {"the same in match and in except",
     RULE("    match: {hashtags: [b, '#Ａ', 'x*'], langs: [in]}\n"
          "    except: {hashtags: [a, 'X**', x], langs: [id]}\n"),
     NULL,
     {":7:25: warning: this stands in `match` too (line 6): ", ":7:29: warning: this stands in ",
      ":7:47: warning: this stands in "}},
    {"the same list in match and in except",
     TOP "lists: {l: {accounts: [a]}}\nrules:\n  - {id: r, action: allow, match: {accounts: "
         "[{list: l}]}, except: {accounts: [{list: l}]}}\n",
     NULL,
     {":4:80: warning: this stands in `match` too (line 4): "}},
    {"the same in two selectors, or in a list of the other side",
     TOP
     "lists: {l: {accounts: [a]}}\nrules:\n  - {id: r, action: allow, match: {hashtags: [a], "
     "accounts: [a], mentions: [a]},\n     except: {accounts: [{list: l}, b], hashtags: [b]}}\n",
     NULL,
     {0}},
    {"a list twice",
     TOP
     "lists: {l: {hashtags: l.txt}}\nrules:\n  - {id: r, action: allow, match: {hashtags: [{list: "
     "l}, {list: l}]}}\n",
     "a\nb\n",
     {":4:58: warning: " SECOND}},
    {"an entry beside a list that has it",
     TOP "lists: {l: {hashtags: l.txt}}\nrules:\n  - {id: r, action: allow, match: {hashtags: [a, "
         "{list: "
         "l}]}}\n",
     "a\nb\n",
     {0}},
    {"twice in a list file",
     LISTED("none"),
     "a\n#b\n\n  A\n",
     {"l:4:3: warning: this entry is the same as \"a\" at "}},
    {"twice in a list of a rule's fold",
     LISTED("confusable"),
     "pay\np" CYR_A "y\n",
     {"l:2:1: warning: this entry is the same as \"pay\" at "}},
    {"once under one of two folds", LISTED_TWICE("confusable", "none"), "pay\np" CYR_A "y\n", {0}},
    {"twice under each of two folds, told once",
     LISTED_TWICE("confusable", "turkic"),
     "pay\nPay\n",
     {"l:2:1: warning: this entry is the same as \"pay\" at "}},
    {"twice in a list that two selectors use, told once",
     TOP
     "lists: {l: {accounts: l.txt, hashtags: l.txt}}\nrules:\n  - {id: r, action: allow, match: "
     "{accounts: [{list: l}], mentions: [{list: l}], hashtags: [{list: l}]}}\n",
     "a\na\n",
     {"l:2:1: warning: " SECOND}},

    {"a regex that begins with #", TAGS("'/^#farm/'"), NULL, {":6:27: warning: " SIGN "'/^farm/'"}},
    {"without an anchor, and as an escape",
     TAGS("'/#a/', '/\\#b/x', '/\\x23c/'"),
     NULL,
     {":6:26: warning: " SIGN "'/a/'", ":6:34: warning: " SIGN "'/b/x'",
      ":6:44: warning: " SIGN "'/c/'"}},
    {"a wide one, in the second alternative",
     TAGS("'/^a|^＃b/'"),
     NULL,
     {":6:30: warning: " SIGN "'/^a|^b/'"}},
    {"a # that may be left out, a class with one, a comment",
     TAGS("'/^#?farm/', '/^[#x]a/', \"/# farm\\n b/x\", '/(#|)c/', '/(?#x)d/'"),
     NULL,
     {0}},
    {"an @ that must be first",
     ACCOUNTS("'/^@desk/'"),
     NULL,
     {":6:27: warning: a regex is tried on the handle without its @, so this cannot match: write "
      "'/^desk/'"}},
    {"an @ that may stand inside", ACCOUNTS("'/@example\\.org$/', '/^@?desk/'"), NULL, {0}},

    {"globs that match everything",
     TAGS("'*', '?**'"),
     NULL,
     {":6:25: warning: this glob matches everything: every hashtag there is",
      ":6:30: warning: this glob matches everything: every hashtag there is"}},
    {"and handles",
     ACCOUNTS("'*'"),
     NULL,
     {":6:25: warning: this glob matches everything: every handle without an @ inside"}},
    {"globs that do not", TAGS("'??*', '?', '*a', '\\*'"), NULL, {0}},
    {"regexes that match everything",
     TAGS("'/.*/', '/^(.+)$/', '/a*/', '/(a|b)?/'"),
     NULL,
     {":6:25: warning: this regex matches everything",
      ":6:33: warning: this regex matches everything",
      ":6:45: warning: this regex matches everything: all of it may be left out",
      ":6:53: warning: this regex matches everything: all of it may be left out"}},
    {"regexes of accounts that do",
     ACCOUNTS("'/./', '/|x/'"),
     NULL,
     {":6:25: warning: this regex matches everything",
      ":6:32: warning: this regex matches everything"}},
    {"regexes that do not",
     TAGS("'/^$/', '/^.$/', '/^a*$/', '/\\Q.\\E/', '/^(?!a)/', '/(?=a)/', '/\\b/', "
          "'/\\w/', '/^.{1,9}$/'"),
     NULL,
     {0}},

    {"a letter that no key has",
     TAGS("'/^far|ﬁn/'"),
     NULL,
     {":6:31: warning: " NONE("ﬁ") ", so this cannot match: write fi"}},
    {"one beyond a quote, doubled", TAGS("'/a''ﬁ/'"), NULL, {":6:25: warning: " NONE("ﬁ")}},
    {"one in a list file", LISTED("none"), "a\n/^(b|ﬂy)$/\n", {"l:2:6: warning: " NONE("ﬂ")}},
    {"a sign that needs its backslash",
     TAGS("'/a＊/'"),
     NULL,
     {":6:27: warning: " NONE("＊") ", so this cannot match: write \\*"}},
    {"by its number, and behind \\Q",
     TAGS("'/\\x{FB01}n/', '/\\Q[ﬂ]\\E/'"),
     NULL,
     {":6:26: warning: " NONE("ﬁ"), ":6:44: warning: " NONE("ﬂ")}},
    {"capitals match caselessly", TAGS("'/FARM/', '/ÉTÉ/', '/ΣΑΣ/', '/\xE2\x84\xAA/'"), NULL, {0}},
    {"a letter that becomes two",
     TAGS("'/straße/', '/İ/'"),
     NULL,
     {":6:30: warning: " NONE("ß") ", so this cannot match: write ss",
      ":6:38: warning: " NONE("İ") ", so this cannot match: write i" DOT}},
    {"a letter and its accent apart",
     TAGS("'/caf/', '/cafe" ACUTE "s/'"),
     NULL,
     {":6:38: warning: " NONE("e" ACUTE) ", so this cannot match: write é"}},
    {"a syllable in parts",
     TAGS("'/\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB/'"),
     NULL,
     {":6:26: warning: " NONE("\xE1\x84\x92\xE1\x85\xA1") ", so this cannot match: write 하"}},
    {"an accent that may be missing, or is by itself",
     TAGS("'/e" ACUTE "?/', '/e(" ACUTE "|x)/'"),
     NULL,
     {0}},
    {"an accent that nothing is made of", TAGS("'/x" ACUTE "/'"), NULL, {0}},
    {"an invisible character",
     TAGS("'/a" ZWJ "b/'"),
     NULL,
     {":6:27: warning: a character that cannot be seen stands here"}},
    {"classes, comments and names are no letters",
     TAGS("'/[ﬁx]a/', '/a(?#ﬁ)/', '/a # ﬁ/x', '/(?x) a # ﬁ/', '/(?<ﬁ>a)/', '/a\\p{L}/'"),
     NULL,
     {0}},
    {"behind a comment's end", TAGS("\"/(?x) a # ﬁ\\n ﬂ/\""), NULL, {":6:25: warning: " NONE("ﬂ")}},
    {"look-alikes are letters under their fold",
     FOLDED("confusable", "'/p" CYR_A "y/', '/е/'"),
     NULL,
     {":7:27: warning: " NONE(CYR_A) " under `fold: confusable`, so this cannot match: write a",
      ":7:35: warning: " NONE("е")}},
    {"and are themselves without", TAGS("'/p" CYR_A "y/', '/ı/', '/i" DOT "/'"), NULL, {0}},
    {"Turkish letters under their fold",
     FOLDED("turkic", "'/kısa/', '/i" DOT "lk/', '/ilk/', '/é/'"),
     NULL,
     {":7:27: warning: " NONE("ı") " under `fold: turkic`, so this cannot match: write i",
      ":7:36: warning: " NONE("i" DOT)}},
    {"a list under two folds",
     LISTED_TWICE("none", "confusable"),
     "/" CYR_A "/\n/ﬁ/\n",
     {"l:1:2: warning: " NONE(CYR_A) " under `fold: confusable`",
      "l:2:2: warning: " NONE("ﬁ") ", so"}},
    {"handles are not folded", ACCOUNTS("'/ﬁn/', '/cafe" ACUTE "/'"), NULL, {0}},

    {"hashtags that end in a text before they do here",
     TAGS("stop-it, 'a.b*', \"'x\", 'ｆ．x'"),
     NULL,
     {":6:24: warning: most networks end a hashtag in front of \"-\", and read #stop-it as #stop",
      ":6:34: warning: most networks end a hashtag in front of \".\", and read #a.b* as #a",
      ":6:42: warning: no hashtag begins with \"'\"", ":6:48: warning: most networks end"}},
    {"hashtags with blanks or commas",
     TAGS("'#two words', '#a, #b', 'a" NBSP "b', 'a;b'"),
     NULL,
     {":6:25: warning: no hashtag has a blank in it: leave it out, or did you mean two entries?",
      ":6:39: warning: no hashtag has a comma in it", ":6:49: warning: no hashtag has a blank",
      ":6:56: warning: no hashtag has a semicolon"}},
    {"hashtags of all scripts",
     TAGS("कखग, 'col·lecció', 2021, _, a" ZWJ "b, 'צה״ל', ～a, ゛あ, ｆ, 五・四, ①, '#🇺🇦', "
          "i❤u, 'a?b*', '\\*'"),
     NULL,
     {0}},
    {"a list file that looks like YAML",
     LISTED("none"),
     "- qux\n\"#baz\"\n'*x',\n\"a\n",
     {"l:1:1: warning: a list file is no YAML, and its entries stand without \"- \": write qux",
      "l:2:1: warning: entries of list files stand without quotes: write #baz",
      "l:3:1: warning: entries of list files stand without quotes: write *x",
      "l:4:1: warning: no hashtag begins with \"\"\""}},
    {"a list file with more than an entry on a line",
     LISTED("none"),
     "#Protest  # main tag\n#foo, #bar\nfoo,\n/a #b/\ntwo words\n",
     {"l:1:1: warning: in a list file a comment stands on a line of its own, \"# \" in front: "
      "write "
      "Protest here",
      "l:2:1: warning: a list file has one entry a line",
      "l:3:1: warning: no hashtag has a blank, a comma or a semicolon in it: a list file has one",
      "l:5:1: warning: no hashtag has a blank, a comma"}},
    {"an apostrophe at the end is no quote",
     LISTED("none"),
     "nul’\n",
     {"l:1:1: warning: most networks end a hashtag in front of \"’\", and read #nul’ as #nul"}},
    {"a note behind an id is no comment",
     TOP "lists: {l: {accounts: l.txt}}\nrules:\n  - {id: r, action: allow, match: {accounts: "
         "[{list: l}]}}\n",
     "id:1 @b # c\n/a #b/\n",
     {0}},
    {"free text in typographic quotes",
     TOP "orders: {o: {kind: court_order, authority: “A”, basis: «b»}}\nrules:\n  - {id: r, order: "
         "o, action: allow, match: {posts: [1]}}\n",
     NULL,
     {0}},

    {"an order of nobody knows whom, and one of nobody knows why",
     TOP "orders:\n  o: {kind: legal_demand, basis: b}\n  p: {kind: court_order, authority: "
         "a}\nrules:\n"
         "  - {id: r, order: o, action: allow, match: {posts: [1]}}\n"
         "  - {id: s, order: p, action: allow, match: {posts: [1]}}\n",
     NULL,
     {":3:3: warning: order `o` does not say its authority: whoever accounts for it later (as "
      "`explain` and reports do) cannot say who made it",
      ":4:3: warning: order `p` does not say its basis: whoever accounts for it later (as "
      "`explain` and reports do) cannot say on what ground it was made"}},
    {"a rollout of nobody",
     RULE("    match: {posts: [1]}\n    rollout: 0\n"),
     NULL,
     {":7:14: warning: a rollout of 0 holds every author back"}},
    {"a rollout of nobody, of a rule that is off",
     RULE("    match: {posts: [1]}\n    rollout: 0\n    mode: off\n"),
     NULL,
     {0}},
    {"a rollout of a quarter, as a part of 1",
     RULE("    match: {posts: [1]}\n    rollout: 0.25\n"),
     NULL,
     {":7:14: warning: a rollout is in percent, and this is less than one: of 10000 authors the "
      "rule acts on 25. If 25 percent are meant, write 25"}},
    {"languages of three letters that have two",
     RULE("    match: {langs: [deu, GER, fil, hi]}\n"),
     NULL,
     {":6:21: warning: posts have this language's code of two letters: write de",
      ":6:26: warning: posts have this language's code of two letters: write de"}},
    {"a rollout of few", RULE("    match: {posts: [1]}\n    rollout: 0.01\n"), NULL, {0}},
    {"a fold of nothing",
     RULE("    match: {accounts: [a]}\n    fold: turkic\n"),
     NULL,
     {":7:11: warning: `fold` is about hashtags, and this rule has none"}},
    {"a fold of nothing that is none",
     RULE("    match: {accounts: [a]}\n    fold: none\n"),
     NULL,
     {0}},
    {"a fold of hashtags in except",
     RULE("    match: {accounts: [a]}\n    except: {hashtags: [b]}\n    fold: turkic\n"),
     NULL,
     {0}},
    {"a downrank without its factor",
     TOP "rules:\n  - {id: r, action: downrank, regions: [IN], match: {posts: [1]}}\n",
     NULL,
     {":3:21: warning: this downrank has no `factor`, and 0 is taken"}},
    {"a factor of 0",
     TOP "rules:\n  - {id: r, action: downrank, factor: 0, regions: [IN], match: {posts: "
         "[1]}}\n",
     NULL,
     {0}},

    {"lists by their names alone",
     TOP "lists: {l: {accounts: [x], posts: [2]}, m: {hashtags: [y]}}\nrules:\n  - {id: r, action: "
         "allow, match: {accounts: [l, m], hashtags: [l, m], posts: [l]}}\n  - {id: s, action: "
         "allow, match: {accounts: ['@l', {list: l}], hashtags: ['#m', {list: m}]}}\n",
     NULL,
     {":4:47: warning: this is read as the handle @l; the list of that name is {list: l}. If the "
      "handle is meant, write \"@l\"",
      ":4:68: warning: this is read as the hashtag #m; the list of that name is {list: m}.",
      ":4:80: warning: this is read as a post's id; the list of that name is {list: l}"}},
    {"a breaker", RULE("    match: {posts: [1]}\n    breaker: {share: 0.5}\n"), NULL, {0}},
    {"a breaker of an exemption",
     TOP "rules:\n  - {id: r, action: allow, match: {posts: [1]}, breaker: {per_minute: 5}}\n",
     NULL,
     {":3:58: warning: breakers count what is withheld or downranked: that of an `allow` never "
      "trips"}},
    {"a breaker of a downrank",
     TOP "rules:\n  - {id: r, action: downrank, factor: 0.5, regions: [IN], match: {posts: [1]}, "
         "breaker: {per_minute: 5}}\n",
     NULL,
     {0}},
    {"the set's breaker over exemptions",
     TOP "breaker: {per_minute: 5}\nrules:\n  - {id: r, action: allow, match: {posts: [1]}}\n",
     NULL,
     {0}},

    {"an interval before the order",
     ORDER("served: 2021-01-01T00:00:00Z, in_force: [{until: 2021-01-01T00:00:00Z}, {from: "
           "2021-01-01T00:00:00Z}]",
           ""),
     NULL,
     {":2:104: warning: this interval ends before the order was served (line 2)"}},
    {"an interval after the lapse",
     ORDER(
         "served: 2021-01-01T00:00:00Z, on_lapse: lift, in_force: [{until: 2021-01-02T00:00:00Z}, "
         "{from: 2021-01-03T00:00:00Z}]",
         ""),
     NULL,
     {":2:143: warning: the order has lapsed before this interval begins (on_lapse: lift): "
      "unless"}},
    {"an interval between lapse and confirmation",
     ORDER(
         "served: 2021-01-01T00:00:00Z, on_lapse: lift, confirmed: 2021-01-05T00:00:00Z, in_force: "
         "[{from: 2021-01-03T00:00:00Z, until: 2021-01-05T00:00:00Z}, {from: "
         "2021-01-06T00:00:00Z}]",
         ""),
     NULL,
     {":2:145: warning: the order has lapsed before this interval begins (on_lapse: lift), and "
      "is"}},
    {"an interval after the revocation",
     ORDER("served: 2021-01-01T00:00:00Z, revoked: 2021-02-01T00:00:00Z, in_force: [{until: "
           "2021-01-05T00:00:00Z}, {from: 2021-02-01T00:00:00Z}]",
           ""),
     NULL,
     {":2:158: warning: the order is revoked (line 2) before this interval begins: it never"}},
    {"a confirmation after the revocation",
     ORDER("served: 2021-01-01T00:00:00Z, revoked: 2021-02-01T00:00:00Z, confirmed: "
           "2021-02-02T00:00:00Z",
           ""),
     NULL,
     {":2:127: warning: the order was revoked (line 2) before it was confirmed"}},
    {"an order that is revoked before it begins, told once",
     ORDER("served: 2021-01-01T00:00:00Z, revoked: 2021-02-01T00:00:00Z, in_force: [{from: "
           "2021-02-01T00:00:00Z}]",
           ""),
     NULL,
     {":2:94: warning: the order was revoked before it began: it never holds"}},
    {"an order that lapses when it begins",
     ORDER("served: 2021-01-01T00:00:00Z, review_by: 2021-01-01T00:00:00Z, on_lapse: lift", ""),
     NULL,
     {":2:128: warning: the order lapses at the very time that it begins: it never holds"}},
    {"an order that is revoked after its lapse",
     ORDER("served: 2021-01-01T00:00:00Z, on_lapse: lift, revoked: 2021-02-01T00:00:00Z", ""),
     NULL,
     {0}},
    {"a rule after its order",
     ORDER("served: 2021-01-01T00:00:00Z, in_force: [{until: 2021-02-01T00:00:00Z}]",
           "    from: 2021-02-01T00:00:00Z\n"),
     NULL,
     {":9:11: warning: order `o` is in force at no moment after the rule's `from`"}},
    {"a rule before its order",
     ORDER("served: 2021-01-01T00:00:00Z", "    until: 2021-01-01T00:00:00Z\n"),
     NULL,
     {":9:12: warning: order `o` is in force at no moment before the rule's `until`"}},
    {"a rule in its order's pause",
     ORDER("served: 2021-01-01T00:00:00Z, in_force: [{until: 2021-02-01T00:00:00Z}, {from: "
           "2021-04-01T00:00:00Z}]",
           "    from: 2021-02-01T00:00:00Z\n    until: 2021-03-01T00:00:00Z\n"),
     NULL,
     {":9:11: warning: order `o` is in force at no moment between the rule's"}},
    {"a rule behind its order's lapse",
     ORDER("served: 2021-01-01T00:00:00Z, on_lapse: lift", "    from: 2021-01-03T00:00:00Z\n"),
     NULL,
     {":9:11: warning: order `o` is in force at no moment after"}},
    {"a rule behind its order's lapse, which was confirmed",
     ORDER("served: 2021-01-01T00:00:00Z, on_lapse: lift, confirmed: 2021-02-01T00:00:00Z",
           "    from: 2021-01-03T00:00:00Z\n"),
     NULL,
     {0}},
    {"a rule that ends before the confirmation",
     ORDER("served: 2021-01-01T00:00:00Z, on_lapse: lift, confirmed: 2021-02-01T00:00:00Z",
           "    from: 2021-01-03T00:00:00Z\n    until: 2021-02-01T00:00:00Z\n"),
     NULL,
     {":9:11: warning: order `o` is in force at no moment between"}},
    {"a rule behind a revocation",
     ORDER("served: 2021-01-01T00:00:00Z, revoked: 2021-01-02T00:00:00Z",
           "    from: 2021-01-02T00:00:00Z\n"),
     NULL,
     {":9:11: warning: order `o` is in force at no moment after"}},
    {"a rule that shares one moment",
     ORDER("served: 2021-01-01T00:00:00Z, in_force: [{until: 2021-02-01T00:00:00.001Z}]",
           "    from: 2021-02-01T00:00:00Z\n"),
     NULL,
     {0}},
    {"a rule of its own policy",
     RULE("    match: {posts: [1]}\n    from: 2021-02-01T00:00:00Z\n"),
     NULL,
     {0}},

    {"a post's address",
     POSTS("'https://x.com/a/status/1356300?s=20'"),
     NULL,
     {":6:22: warning: this is a post's address, and posts are known by their id: write "
      "\"1356300\""}},
    {"one that does not end in a number",
     POSTS("'HTTP://bsky.app/profile/a.b/post/3k/'"),
     NULL,
     {":6:22: warning: this is a post's address, and posts are known by their id: write that"}},
    {"ids of posts", POSTS("1, '2', 'at://did:plc:a/app.bsky.feed.post/3k', 'https-1'"), NULL, {0}},
    {"an address in a list of posts",
     TOP "lists: {l: {posts: l.txt}}\nrules:\n  - {id: r, action: allow, match: {posts: [{list: "
         "l}]}}\n",
     "1\nhttps://x.com/a/status/2/\n",
     {"l:2:1: warning: this is a post's address, and posts are known by their id: write \"2\""}},
};

/* Rows write "l:" for the list file, and nothing for the rule file. */
static bool
has_warning(const weir_diags *d, const char *expected)
{
    return expected[0] == ':' ? is_told(d, "r.yaml", expected) : is_told(d, "l.txt", expected + 1);
}

static bool
holds(const struct row *row)
{
    const char *path;
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_load_options no_jit = {.match_off = WEIR_MATCH_JIT};
    size_t n = 0;

    (void)write_file("l.txt", row->list ? row->list : "");
    path = write_file("r.yaml", row->yaml);
    bool ok = weir_ruleset_load(&path, 1, &no_jit, d, &rs) == WEIR_OK;
    for (; n < 4 && row->expected[n]; n++)
        ok = ok && has_warning(d, row->expected[n]);
    ok = ok && weir_diags_count(d) == n;
    if (!ok) {
        (void)fprintf(stderr, "---- %s\n%s", row->name, row->yaml);
        tell_all(d);
    }
    weir_ruleset_unref(rs);
    weir_diags_free(d);
    return ok;
}

static void
what_is_hardly_meant_is_warned_of(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += !holds(&rows[i]);
    assert_int_equal(wrong, 0);
}

/* The few letters that are told of are found by halving. */
static void
one_place_in_a_long_regex(void **state)
{
    static const struct row row = {"", LISTED("none"), NULL, {0}};
    char *list = calloc(1, 9010);

    (void)state;
    assert_non_null(list);
    list[0] = '/';
    for (size_t i = 0; i < 3000; i++)
        memcpy(list + 1 + i * 3, "e" ACUTE, 3);
    strcat(list, "/\n");
    struct row told = row;
    told.list = list;
    told.expected[0] = "l:1:2: warning: " NONE("e" ACUTE);
    assert_true(holds(&told));
    free(list);
}

/* The first ten of a list, and how many there are. */
static void
many_odd_hashtags_of_a_list(void **state)
{
    const char *path;
    char list[400] = "";
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;

    (void)state;
    for (int i = 0; i < 30; i++)
        (void)snprintf(list + strlen(list), sizeof list - strlen(list), "a%d-b\n", i);
    (void)write_file("l.txt", list);
    path = write_file("r.yaml", LISTED("none"));
    assert_int_equal(weir_ruleset_load(&path, 1, NULL, d, &rs), WEIR_OK);
    assert_int_equal(weir_diags_count(d), 11);
    assert_true(is_told(d, "l.txt", ":10:1: warning: most networks end"));
    assert_true(is_told(
        d, "l.txt",
        ": warning: more entries of this list are such as no hashtag in a text can be: 30"));
    weir_ruleset_unref(rs);
    weir_diags_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hardly_meant_is_warned_of),
        cmocka_unit_test(one_place_in_a_long_regex),
        cmocka_unit_test(many_odd_hashtags_of_a_list),
    };

    return cmocka_run_group_tests_name("compile/lint", tests, make_folder, remove_folder);
}
