/*
 * compile/: every kind of mistake gives a message at its place that says what to do, and nothing
 * is loaded. Expected texts are the beginning of a diagnostic behind the file's name.
 */
#include "unit/compile/told.h"

#define TOP "tagweir: 1\n"
#define RULE(more) TOP "rules:\n  - id: r\n    action: withhold\n    regions: [IN]\n" more
#define MATCH "    match: {hashtags: [a]}\n"
#define NBSP "\xC2\xA0"
#define QUOTE                                                                                      \
    "a regex must stand in single quotes, since YAML gives meaning to some of its characters: "    \
    "write "
#define LIST "this is not a rule file: it looks like a list. Name it under `lists:` in one, as in "
#define ORDER(more) TOP "orders:\n  o:\n    kind: policy\n" more "rules: []\n"

struct row {
    const char *name, *yaml;
    const char *expected[4];
};

static const struct row rows[] = {
    {"unknown key",
     RULE(MATCH "    prority: 1\n"),
     {":7:5: error: unknown key `prority` in a rule: did you mean `priority`?"}},
    {"unknown top-level key",
     TOP "rulez: []\n",
     {":2:1: error: unknown key `rulez` in a rule file: did you mean `rules`?"}},
    {"an unknown key that is short, and like no other",
     RULE(MATCH "    desc: why\n"),
     {":7:5: error: unknown key `desc` in a rule: it may have "}},
    {"region IND",
     RULE("    match: {hashtags: [a]}\n    except_regions: [IND]\n"),
     {":7:22: error: unknown region \"IND\": did you mean IN?"}},
    {"region ZZ, SU and 356",
     TOP "rules:\n  - {id: r, action: withhold, regions: [ZZ, SU, '356'], match: {posts: [1]}}\n",
     {":3:41: error: unknown region \"ZZ\" (regions are two-letter",
      ":3:45: error: unknown region \"SU\": did you mean RU?",
      ":3:50: error: unknown region \"356\": did you mean IN?"}},
    {"an order that does not exist",
     TOP "orders: {in-1: {kind: policy}}\nrules:\n  - {id: r, order: in-2, action: withhold, "
         "regions: [IN], match: {posts: [1]}}\n",
     {":4:20: error: there is no order `in-2`: did you mean in-1?"}},
    {"a rule twice",
     RULE(MATCH "  - id: r\n    action: allow\n    match: {hashtags: [a]}\n"),
     {":7:9: error: rule `r` stands here a second time; the first is at "}},
    {"factor 2",
     TOP "rules:\n  - {id: r, action: downrank, factor: 2, regions: [IN], match: {posts: [1]}}\n",
     {":3:39: error: a factor is from 0 to below 1"}},
    {"factor with four decimals",
     TOP "rules:\n  - {id: r, action: downrank, factor: 0.1234, regions: [IN], match: {posts: "
         "[1]}}\n",
     {":3:39: error: at most 3 digits may stand behind the point"}},
    {"factor on a withhold",
     RULE(MATCH "    factor: 0.1\n"),
     {":7:13: error: `factor` is for rules that downrank, and this one is to withhold"}},
    {"empty match", RULE("    match: {}\n"), {":6:12: error: `match` is empty"}},
    {"empty selector",
     RULE("    match: {hashtags: []}\n"),
     {":6:23: error: `hashtags` is an empty list"}},
    {"no match", RULE(""), {":3:5: error: rule `r` needs a `match`"}},
    {"until before from",
     RULE(MATCH "    from: 2021-02-02T00:00:00Z\n    until: 2021-02-01T00:00:00Z\n"),
     {":8:12: error: `until` is not after `from` (line 7)"}},
    {"a bare date",
     RULE(MATCH "    from: 2021-02-02\n"),
     {":7:11: error: a date alone does not say when the day begins: write 2021-02-02T00:00:00Z"}},
    {"a time without offset",
     RULE(MATCH "    from: 2021-02-02T00:00:00\n"),
     {":7:11: error: this time has no offset: write 2021-02-02T00:00:00Z"}},
    {"a list file that is missing",
     TOP "lists: {l: {hashtags: nowhere.txt}}\nrules: []\n",
     {":2:23: error: the list file "}},
    {"a pattern that PCRE2 refuses",
     RULE("    match:\n      hashtags:\n        - '/a(b/'\n"),
     {":8:16: error: PCRE2 refuses the regex /a(b/: missing closing parenthesis (at byte 3)"}},
    {"a regex without its second slash",
     RULE("    match: {hashtags: [/ab]}\n"),
     {":6:24: error: a regex stands between two slashes, and the second is missing: write '/ab/'"}},
    {"flags of a regex",
     RULE("    match: {hashtags: ['/ab/i']}\n"),
     {":6:25: error: only the flag x may stand behind a regex"}},
    {"a backslash in a glob",
     RULE("    match: {hashtags: ['a\\d*']}\n"),
     {":6:25: error: in a glob a backslash stands only before"}},
    {"tabs",
     TOP "rules:\n\t- id: r\n",
     {":3:1: error: a tab stands here for indentation, which YAML does not allow: use spaces"}},
    {"an anchor and an alias",
     TOP "lists: {l: &a {hashtags: [x]}, m: *a}\n",
     {":2:13: error: anchors (&name) are not allowed", ":2:35: error: aliases (*name) are not"}},
    {"an unquoted hashtag",
     RULE("    match:\n      hashtags:\n        - #farmers\n        - x\n"),
     {":8:9: error: this entry is empty, because without quotes # begins a comment: write "
      "\"#farmers\""}},
    {"an unquoted handle",
     RULE("    match:\n      accounts:\n        - @x\n"),
     {":8:11: error: a value cannot begin with @ unless it stands in quotes: write \"@x\""}},
    {"an unquoted glob",
     RULE("    match:\n      hashtags:\n        - *farm*\n"),
     {":8:11: error: aliases (*name) are not allowed, and YAML takes this for one: a value that "
      "begins "
      "with * (a glob) needs quotes: write \"*farm*\""}},
    {"an unquoted regex with a colon is a map to YAML",
     RULE("    match:\n      hashtags:\n        - /a: b/\n"),
     {":8:11: error: " QUOTE "'/a: b/'"}},
    {"two such in brackets",
     RULE("    match: {hashtags: [c, /a: b/, /c'd: e/x]}\n"),
     {":6:27: error: " QUOTE "'/a: b/'", ":6:35: error: " QUOTE "'/c''d: e/x'"}},
    {"one such behind a key",
     RULE("    match: {hashtags: /a: b/}\n"),
     {":6:23: error: " QUOTE "'/a: b/'"}},
    {"one such in a list",
     TOP "lists:\n  l:\n    hashtags:\n      - /a: b/\nrules: []\n",
     {":5:9: error: " QUOTE "'/a: b/'"}},
    {"an unquoted regex cut by a comment",
     RULE("    match:\n      hashtags:\n        - /a #b/\n        - /c/d #e/x\n"),
     {":8:11: error: " QUOTE "'/a #b/'", ":9:11: error: " QUOTE "'/c/d #e/x'"}},
    {"one such in brackets",
     RULE("    match: {hashtags: [c, /^a #b/]}\n"),
     {":6:27: error: " QUOTE "'/^a #b/'"}},
    {"one such in a list",
     TOP "lists:\n  l:\n    hashtags:\n      - /a #b/\nrules: []\n",
     {":5:9: error: " QUOTE "'/a #b/'"}},
    {"a comment behind a regex without its end",
     RULE("    match:\n      hashtags:\n        - /a # see b\n"),
     {":8:11: error: a regex stands between two slashes, and the second is missing: write '/a/'"}},
    {"hashtags in brackets without quotes",
     RULE("    match: {hashtags: [a, #b, c]}\n"),
     {":6:27: error: without quotes # begins a comment: write \"#b\""}},
    {"a hashtag behind a key",
     RULE("    match:\n      hashtags: #b\n"),
     {":7:7: error: `hashtags` must be a list: this entry is empty, because without quotes # "
      "begins a "
      "comment: write \"#b\""}},
    {"a handle in brackets without quotes",
     RULE("    match: {accounts: [a, @b, c]}\n"),
     {":6:27: error: a value cannot begin with @ unless it stands in quotes: write \"@b\""}},
    {"a double-quoted backslash",
     RULE("    match:\n      hashtags:\n        - \"/a\\d/\"\n"),
     {":8:14: error: in double quotes a backslash begins an escape, and this is none that YAML "
      "knows: use single quotes, '/a\\d/'"}},
    {"three mistakes in one file, all told",
     RULE("    match:\n      accounts:\n        - @x\n        - !y\n\t\t- z\n"),
     {":8:11: error: a value cannot begin with @",
      ":9:11: error: YAML takes a value that begins "
      "with ! for a tag",
      ":10:"}},
    {"duplicate key",
     RULE(MATCH "    action: allow\n"),
     {":7:5: error: key `action` stands here a second time; the first is on line 4"}},
    {"an action misspelt",
     TOP "rules:\n  - {id: r, action: withold, match: {posts: [1]}}\n",
     {":3:21: error: unknown action \"withold\": did you mean withhold?"}},
    {"an unknown action, and numbers that are none",
     TOP "rules:\n  - {id: r, action: block, rollout: 250, regions: [IN], match: {posts: [1]}}\n",
     {":3:21: error: unknown action \"block\": it is one of allow, downrank or withhold",
      ":3:37: error: a rollout is a percentage of authors, from 0 to 100"}},
    {"except_regions that takes nothing",
     RULE(MATCH "    except_regions: [FR]\n"),
     {":7:22: error: this takes no region away"}},
    {"no region left",
     RULE(MATCH "    except_regions: [IN]\n"),
     {":7:21: error: no region is left in which rule `r` holds"}},
    {"rollout on allow",
     TOP "rules:\n  - {id: r, action: allow, rollout: 50, match: {posts: [1]}}\n",
     {":3:37: error: `rollout` is not for rules that allow"}},
    {"against on a withhold",
     RULE(MATCH "    against: [x]\n"),
     {":7:14: error: `against` is for rules that allow"}},
    {"a breaker that would switch off a court's order",
     TOP "orders: {o: {kind: court_order, authority: a, basis: b}}\nrules:\n  - {id: r, order: o, "
         "action: withhold, regions: [IN], match: {posts: [1]}, breaker: {per_minute: 1, then: "
         "observe}}\n",
     {":4:108: error: `then: observe` is refused under an order of kind court_order"}},
    {"a rule that a record could take for the whole set",
     TOP "rules:\n  - {id: '*', action: allow, match: {posts: [1]}}\n",
     {":3:11: error: the name of a rule begins with a small letter or digit"}},
    {"a list without the kind",
     TOP "lists: {l: {posts: [1]}}\nrules:\n  - {id: r, action: allow, match: {hashtags: [{list: "
         "l}]}}\n",
     {":4:54: error: list `l` has no hashtags, which this selector needs"}},
    {"a group that is defined later",
     TOP "groups: {a: [b], b: [FR]}\nrules: []\n",
     {":2:14: error: unknown region \"b\""}},
    {"a group named like a region, and XX in one",
     TOP "groups: {fr: [FR], x: [XX]}\nrules: []\n",
     {":2:10: error: a group may not be named like the region or group \"fr\"",
      ":2:23: error: XX is everywhere and can be in no group"}},
    {"a group of itself, used by an exemption",
     TOP
     "groups: {a: [a]}\nrules:\n  - {id: r, action: allow, regions: [a], match: {posts: [1]}}\n",
     {":2:14: error: unknown region \"a\""}},
    {"a region taken away twice",
     RULE(MATCH "    except_regions: [IN, IN]\n"),
     {":7:26: error: this takes no region away"}},
    {"an order twice in against",
     TOP "orders: {o: {kind: policy}}\nrules:\n  - {id: r, action: allow, against: [o, o], match: "
         "{posts: [1]}}\n",
     {":4:41: error: order `o` stands here twice"}},
    {"an interval without bounds",
     ORDER("    in_force: [{}]\n"),
     {":5:16: error: an interval needs `from`, `until` or both"}},
    {"emergency without a time",
     TOP "orders:\n  o: {kind: emergency, authority: a, basis: b}\n",
     {":3:6: error: an emergency order needs `served`"}},
    {"lift without a review",
     ORDER("    on_lapse: lift\n"),
     {":5:15: error: `on_lapse: lift` needs `review_by`"}},
    {"intervals that overlap",
     ORDER("    in_force:\n      - {from: 2021-02-01T00:00:00Z}\n      - {from: "
           "2021-03-01T00:00:00Z}\n"),
     {":7:9: error: this interval overlaps the one on line 6"}},
    {"another version",
     "tagweir: 2\nrules: []\n",
     {":1:10: error: this is version 2 of the rule language, and only version 1 is known here"}},
    {"no version", "rules: []\n", {":1:1: error: a rule file says which version"}},
    {"a number in quotes",
     RULE(MATCH "    priority: \"5\"\n"),
     {":7:16: error: a number is expected here: drop the quotes"}},
    {"a test of something that the rule has not",
     RULE(MATCH "    tests: {match: ['@x']}\n"),
     {":7:22: error: this tests an account, and the rule matches neither accounts nor mentions"}},
    {"a test of a hashtag where accounts are matched",
     RULE("    match: {accounts: [a]}\n    tests: {match: [a, '#x@y']}\n"),
     {":7:21: error: this tests a hashtag, and the rule matches none; an account is written "
      "@handle, user@domain, id:42 or did:plc:z72i7h",
      ":7:25: error: this tests a hashtag, and the rule matches none"}},
    {"a test of an id behind an @",
     RULE("    match: {accounts: [a]}\n    tests: {match: ['@id:42', '@did:plc:a']}\n"),
     {":7:22: error: an id stands without an @: write id:42",
      ":7:32: error: an id stands without an @: write did:plc:a"}},
    {"a test of an account that is none",
     RULE("    match: {accounts: [a]}\n    tests: {match: ['@', 'id:', 'id:1 @a']}\n"),
     {":7:22: error: a handle is missing behind the @: this tests nothing",
      ":7:27: error: an id is missing behind the id:: this tests nothing",
      ":7:34: error: this tests no account: write @handle"}},
    {"a language with its region",
     RULE("    match: {langs: [en-GB]}\n"),
     {":6:21: error: only the language itself is compared: write en"}},
    {"a language by its name",
     RULE("    match: {langs: [english]}\n"),
     {":6:21: error: this is no language: write its code"}},
    {"an address for an account",
     RULE("    match: {accounts: ['https://x.com/a']}\n"),
     {":6:25: error: this is no account"}},
    {"a number for an account, beside an error",
     RULE("    match: {accounts: ['123', '']}\n"),
     {":6:25: warning: this is read as the handle @123: if it is an id, write id:123"}},
    {"a wrong action hides nothing else",
     TOP "rules:\n  - {id: r, action: withold, regions: [IND], match: {hashtag: [a]}}\n",
     {":3:21: error: unknown action", ":3:40: error: unknown region \"IND\"",
      ":3:54: error: unknown key `hashtag` in `match`: did you mean `hashtags`?"}},
    {"groups that read as codes",
     TOP "groups: {uk: [FR], \"356\": [FR]}\nrules: []\n",
     {":2:10: error: a group may not be named", ":2:21: error: a group may not be named"}},
    {"ids that are none",
     RULE("    match: {accounts: [\"id:1\\tx\", 'id:']}\n"),
     {":6:25: error: an id has no spaces in it", ":6:36: error: an id is missing behind `id:`"}},
    {"a domain with a star",
     RULE("    match: {accounts: ['domain:*.org']}\n"),
     {":6:25: error: `domain:` takes a bare domain"}},
    {"domains that are none",
     RULE("    match: {accounts: ['domain:', 'domain:a..b', 'domain:.a.b', 'domain:a.b.']}\n"),
     {":6:25: error: `domain:` takes a bare domain",
      ":6:36: error: a domain has no dot at its ends and no two in a row: write domain:a.b",
      ":6:51: error: a domain has no dot at its ends",
      ":6:66: error: a domain has no dot at its ends"}},
    {"a domain of dots, and an address for one",
     RULE("    match: {accounts: ['domain:..', 'domain:https://a.b', 'domain:a b']}\n"),
     {":6:25: error: `domain:` takes a bare domain", ":6:38: error: `domain:` takes a bare domain",
      ":6:60: error: `domain:` takes a bare domain"}},
    {"DIDs that are cut short",
     RULE("    match: {accounts: ['did:plc:', 'did:plc', 'did::x', 'did:web:a:']}\n"),
     {":6:25: error: this DID is cut short", ":6:37: error: this DID is cut short",
      ":6:48: error: this DID is cut short", ":6:58: error: this DID is cut short"}},
    {"tests of nothing",
     RULE("    match: {hashtags: [a], accounts: [b]}\n    tests: {match: ['@', '#'], no_match: "
          "['＃']}\n"),
     {":7:22: error: a handle is missing behind the @: this tests nothing",
      ":7:27: error: a hashtag is missing behind the #: this tests nothing",
      ":7:44: error: a hashtag is missing behind the ＃: this tests nothing"}},
    {"a group misspelt",
     TOP "groups: {nordics: [DK]}\nrules:\n  - {id: r, action: allow, regions: "
         "[nordcs, Nordics], match: {posts: [1]}}\n",
     {":4:38: error: unknown region \"nordcs\": did you mean nordics?",
      ":4:46: error: unknown region \"Nordics\": did you mean nordics?"}},
    {"a group misspelt in a group",
     TOP "groups: {nordics: [DK], more: [nordic]}\nrules: []\n",
     {":2:32: error: unknown region \"nordic\": did you mean nordics?"}},
    {"a group that differs from a code by its case",
     TOP "groups: {ind: [IN]}\nrules:\n  - {id: r, "
         "action: allow, regions: [IND], match: {posts: [1]}}\n",
     {":4:38: error: unknown region \"IND\": did you mean ind?"}},
    {"a list misspelt",
     TOP "lists: {press: {accounts: [x]}}\nrules:\n  - {id: r, action: allow, match: {accounts: "
         "[{list: "
         "pres}]}}\n",
     {":4:54: error: there is no list `pres`: did you mean press?"}},
    {"a list of handles",
     "# press\n@a\nid:1 @b\nc@d.org\n",
     {":2:1: error: " LIST "`lists: {some_name: {accounts: r.yaml}}`"}},
    {"a list of hashtags",
     "#a\n/^b: c/\nd*\n",
     {":1:1: error: " LIST "`lists: {some_name: {hashtags: r.yaml}}`"}},
    {"a list of a rule's keys is none", "tagweir: 1\nfarmers\n", {":2:1: error: "}},
    {"typographic quotes",
     RULE("    match: {hashtags: [“a”, «b», c”], accounts: [‘@d’]}\n"),
     {":6:24: error: these are typographic quotes, as word processors make them, and to YAML they "
      "are part of the value: write straight quotes, 'a'",
      ":6:29: error: these are", ":6:34: error: these are", ":6:50: error: these are"}},
    {"typographic quotes around words and keys",
     RULE("    match: {“hashtags”: [a]}\n    mode: “off”\n"),
     {":6:13: error: these are typographic quotes", ":7:11: error: these are typographic quotes"}},
    {"a no-break space in brackets",
     RULE("    match: {hashtags: [a," NBSP "b]}\n"),
     {":6:26: error: a no-break space (U+00A0) stands here, which is read as a letter: type"}},
    {"no-break spaces as indentation",
     TOP "rules:\n" NBSP " - id: r\n" NBSP "   action: allow\n",
     {":3:1: error: a no-break space (U+00A0)"}},
    {"a no-break space behind a dash",
     TOP "rules:\n  -" NBSP "id: r\n    action: allow\n",
     {":3:1: error: a no-break space (U+00A0)"}},
    {"a no-break space behind a colon",
     TOP "rules:\n  - id: r\n    action:" NBSP "allow\n    match: {posts: [1]}\n",
     {":4:1: error: a no-break space (U+00A0)"}},
    {"a key behind a no-break space",
     RULE("    match:\n     " NBSP "hashtags: [a]\n"),
     {":7:6: error: a no-break space (U+00A0)"}},
    {"nothing for a hashtag",
     RULE("    match: {hashtags: [null, ~]}\n"),
     {":6:24: error: without quotes YAML reads null as nothing: write \"null\" if it is meant",
      ":6:30: error: without quotes YAML reads ~ as nothing"}},
    {"rules where orders are wanted",
     TOP "orders: {o: {kind: policy}}\nrules:\n  - {id: a, action: allow, against: [r, s], match: "
         "{posts: [1]}}\n  - {id: r, order: o, action: allow, match: {posts: [1]}}\n  - {id: s, "
         "order: r, action: allow, match: {posts: [1]}}\n  - {id: t, action: allow, against: [a], "
         "match: {posts: [1]}}\n",
     {":4:38: error: `r` is a rule, and an order is wanted: that rule's is o",
      ":4:41: error: `s` is a rule, and an order is wanted: that rule's is r",
      ":6:20: error: `r` is a rule, and an order is wanted: that rule's is o",
      ":7:38: error: `a` is a rule, and an order is wanted: that rule has none"}},
    {"maps where lists are wanted",
     TOP "orders: {o: {kind: policy, in_force: {from: 2021-02-01T00:00:00Z, until: "
         "2021-03-01T00:00:00Z}}}\nrules:\n  - {id: r, order: o, action: allow, match: {accounts: "
         "{list: l}}}\n",
     {":2:38: error: `in_force` must be a list, and is a map (key: value): write [{from: "
      "2021-02-01T00:00:00Z, until: 2021-03-01T00:00:00Z}]",
      ":4:56: error: `accounts` must be a list, and is a map (key: value): write [{list: l}]"}},
    {"a rule that is not in a list",
     TOP "rules:\n  id: r\n  action: allow\n  match: {posts: [1]}\n",
     {":3:3: error: `rules` must be a list, and is a map (key: value): write \"- \" in front"}},
    {"numbers of other places",
     TOP "rules:\n  - {id: r, action: downrank, factor: 50%, regions: [IN], match: {posts: [1]}}\n"
         "  - id: s\n    action: downrank\n    factor: 0,5\n    rollout: 50%\n    regions: [IN]\n"
         "    match: {posts: [1]}\n  - {id: t, action: downrank, factor: 0,5}\n",
     {":3:39: error: a number is written without %, as a part of 1: a half is 0.5, a tenth 0.1",
      ":6:13: error: a number is written with a point: write 0.5",
      ":7:14: error: a number is written without %: write 50",
      ":10:41: error: a number is written with a point: write 0.5"}},
    {"times that lack something",
     RULE(MATCH "    from: 2021-02-02T06:00Z\n    until: 2021-03-02 06:00\n"),
     {":7:11: error: the seconds are missing: write 2021-02-02T06:00:00Z"}},
    {"a time that lacks seconds and offset",
     RULE(MATCH "    until: 2021-03-02 06:00\n"),
     {":7:12: error: the seconds are missing: write 2021-03-02 06:00:00Z"}},
    {"days that are not there",
     ORDER("    served: 2021-02-29T00:00:00Z\n    review_by: 2021-04-31\n    confirmed: "
           "2021-13-01T00:00:00Z\n    revoked: 2024-02-30T00:00:00Z\n"),
     {":5:13: error: there is no day 29: 2021-02 has 28 days",
      ":6:16: error: there is no day 31: 2021-04 has 30 days",
      ":7:16: error: there is no month 13: a date is written year-month-day",
      ":8:14: error: there is no day 30: 2024-02 has 29 days"}},
    {"hours and minutes that are not there",
     ORDER("    served: 2021-02-01T24:00:00Z\n    review_by: 2021-02-01T00:60:00Z\n"),
     {":5:13: error: hours go from 00 to 23: a day ends at 00:00:00 of the next one",
      ":6:16: error: minutes and seconds go from 00 to 59"}},
    {"offsets that are none",
     ORDER("    served: 2021-02-01T06:00:00+0530\n    review_by: 2021-02-01T06:00:00 IST\n    "
           "confirmed: 2021-02-01T06:00:00.5\n    revoked: 01.02.2021\n"),
     {":5:13: error: an offset has a colon: write +05:30",
      ":6:16: error: \" IST\" is no offset: write Z for UTC, or hours and minutes such as +05:30",
      ":7:16: error: this time has no offset: write 2021-02-01T06:00:00.5Z for UTC",
      ":8:14: error: this is no time: write it as"}},
    {"an empty file", "", {": error: the file is empty"}},
};

static void
mistakes_are_told_at_their_place(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = write_file("r.yaml", rows[i].yaml);
        weir_diags *d = weir_diags_new();
        weir_ruleset *rs = NULL;
        bool ok = weir_ruleset_load(&path, 1, NULL, d, &rs) == WEIR_E_RULES && !rs;
        for (size_t k = 0; k < 4 && rows[i].expected[k]; k++)
            ok = ok && is_told(d, "r.yaml", rows[i].expected[k]);
        if (!ok) {
            (void)fprintf(stderr, "---- %s\n%s", rows[i].name, rows[i].yaml);
            tell_all(d);
            wrong++;
        }
        weir_ruleset_unref(rs);
        weir_diags_free(d);
    }
    assert_int_equal(wrong, 0);
}

static void
a_path_that_is_not_there(void **state)
{
    const char *path = "/nowhere/rules";
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;

    (void)state;
    assert_int_equal(weir_ruleset_load(&path, 1, NULL, d, &rs), WEIR_E_IO);
    assert_null(rs);
    assert_int_equal(weir_diags_errors(d), 1);
    weir_diags_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(a_path_that_is_not_there),
    };

    return cmocka_run_group_tests_name("compile/mistakes", tests, make_folder, remove_folder);
}
