"""The program as a person at a terminal meets it: help, exit codes, what goes where."""
import gzip
import json
import re
import subprocess

import weir
from weir import tap

COMMANDS = ("serve", "ctl", "replay", "check", "compile", "explain", "posts", "verify")
POSTS = weir.INDIA / "posts.ndjson"
GOOD = b'{"id":"1","author":"@x","hashtags":["a"]}\n'


def test_help_is_to_be_had_on_everything():
    general = weir.expect(weir.run("--help"))
    assert not general.err and all(c.encode() in general.out for c in COMMANDS), general.text()
    for command in COMMANDS:
        done = weir.expect(weir.run(command, "--help"))
        assert not done.err and done.out.startswith(b"Usage: tagweir " + command.encode()), done.text()
        options = re.findall(rb"^ +(?:-\w, )?--([a-z-]+)", done.out, re.M)
        assert b"help" in options, done.text()


def test_every_command_is_named_where_none_is_given():
    done = weir.expect(weir.run(), 2)
    assert b"which command? " + ", ".join(COMMANDS[:-1]).encode() + b" or " + COMMANDS[-1].encode() in done.err, done.text()


def test_the_version_is_said():
    assert re.match(rb"tagweir \d+\.\d+\.\d+\n$", weir.expect(weir.run("--version")).out)


def test_bad_usage_is_2_and_says_where_help_is():
    with weir.Folder() as folder:
        rules = str(weir.INDIA)
        for args in ((), ("nonsense",), ("replay",), ("replay", "--rules", rules),
                     ("replay", "--rules", rules, "--clock", "tomorrow", "-"),
                     ("replay", "--rules", rules, "--clock"), ("replay", "--ruls", rules, "-"),
                     ("replay", "-"), ("check",), ("serve", "--rules", rules),
                     ("serve", "--rules", rules, "--listen", "nowhere"),
                     ("explain", "--rules", rules), ("posts",),
                     ("explain", "--rules", rules, "--tag", "a", "--account", "@b"),
                     ("explain", "--rules", rules, "--tag", "a", "--region", "IND"),
                     ("replay", "--rules", rules, "--undecided", "maybe", "-")):
            done = weir.run(*args, cwd=folder.path, timeout=30)
            assert done.code == 2 and not done.out and done.err, (args, done.text())


def test_bad_rules_are_3_and_missing_files_4():
    with weir.Folder() as folder:
        bad = folder.write("bad.yaml", "tagweir: 1\nrulez: []\n")
        for command in (("check", bad), ("replay", "--rules", bad, "-"),
                        ("explain", "--rules", bad, "--tag", "a")):
            assert weir.run(*command).code == 3
        for command in (("check", folder.path / "none.yaml"),
                        ("replay", "--rules", folder.path / "none.yaml", "-"),
                        ("replay", "--rules", weir.INDIA, folder.path / "none.ndjson"),
                        ("posts", folder.path / "none.ndjson")):
            done = weir.run(*command)
            assert done.code == 4 and b"none." in done.err, done.text()


def test_output_that_cannot_be_written_is_4():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([weir.TAGWEIR, "replay", "--rules", str(weir.INDIA), "--clock",
                               weir.CLOCK, str(POSTS)], stdout=full, stderr=subprocess.PIPE,
                              timeout=weir.PATIENCE_S)
    assert done.returncode == 4 and done.stderr, done


def test_feeds_of_foreign_packing_are_named_before_anything_is_decided():
    with weir.Folder() as folder:
        good = folder.write("a.ndjson", GOOD)
        for magic, unpack in ((b"\xfd7zXZ\0", "xzcat"), (b"BZh91AY", "bzcat")):
            packed = folder.write("b.bin", magic)
            done = weir.run("replay", "--rules", weir.INDIA, good, packed)
            said = f"{packed} is compressed; unpack it first: {unpack} {packed} | tagweir replay … -"
            assert done.code == 4 and not done.out and said in done.err.decode(), done.text()
            done = weir.run("posts", "-", stdin=magic)
            assert done.code == 4 and not done.out and f"{unpack} FILE" in done.err.decode(), done.text()


def test_folders_without_a_file_are_no_feed():
    with weir.Folder() as folder:
        (folder.path / "a" / "b").mkdir(parents=True)
        (folder.path / "c").mkdir()
        for args in (("replay", "--rules", weir.INDIA), ("posts",)):
            done = weir.expect(weir.run(*args, folder.path / "a", folder.path / "c"), 4)
            assert not done.out and f"no feed was found: there is no file in {folder.path}/a".encode() in done.err, done.text()
        folder.write("a/b/empty.ndjson", "")
        assert b"1 file" in weir.replay(folder.path / "a", folder.path / "c").err


def test_a_reader_that_goes_away_ends_a_replay_without_a_crash():
    producer = subprocess.Popen([weir.TAGWEIR, "replay", "--rules", str(weir.INDIA), "-"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
    producer.stdout.close()
    try:
        producer.stdin.write(GOOD * 200_000)
        producer.stdin.close()
    except BrokenPipeError:
        pass
    assert producer.wait(timeout=weir.PATIENCE_S) in (4, -13)


def test_records_on_standard_output_and_messages_on_standard_error():
    done = weir.replay(POSTS)
    assert all(json.loads(x)["v"] == 1 for x in done.lines)
    assert done.err.startswith(b"clock "), "the summary's first line says which time it was"
    assert b'{"v":1' not in done.err
    assert not weir.replay(POSTS, args=("--quiet",)).err


def test_the_summary_as_json():
    summary = json.loads(weir.replay(POSTS, args=("--json",)).err)
    assert summary["posts"] == 42 and summary["queries"] == 6, summary
    assert summary["skips"] == {"delete": 1, "like": 1}, summary
    assert sum(summary["decisions"].values()) == 48, summary
    assert summary["abandoned"] == summary["rows_lost"] == 0, summary


def test_the_summary_counts_quoted_posts_and_reposts_of_ids():
    feed = b"".join((
        b'{"id":"1","author":"@x","quotes":{"id":"2","author":"@y","hashtags":["ModiPlanningFarmerGenocide"]}}\n',
        b'{"id":"3","author":"@x","repost_of":"4"}\n',
        b'{"id":"5","author":"@x","repost_of":{"id":"6","author":"@z"}}\n',
        b'{"data":[{"id":"7","author_id":"8","text":"RT","referenced_tweets":[{"type":"retweeted","id":"9"}]}]}\n',
        b'{"did":"did:plc:x","time_us":1612162800000000,"kind":"commit","commit":{"operation":"create",'
        b'"collection":"app.bsky.feed.repost","rkey":"a","record":{"subject":'
        b'{"uri":"at://did:plc:y/app.bsky.feed.post/k"}}}}\n'))
    said = weir.replay("-", stdin=feed).err.decode()
    for line in ("decisions  withhold 0, downrank 0, allow 5",
                 "           reposts whose original is known by its id only: 3",
                 "quoted     besides, and in no row below: withhold 0, downrank 1, allow 0"):
        assert line in said.splitlines(), said
    summary = json.loads(weir.replay("-", stdin=feed, args=("--json",)).err)
    assert summary["reposts_by_id"] == 3, summary
    assert summary["quoted"] == {"withhold": 0, "downrank": 1, "allow": 0}, summary


def test_the_summary_says_what_its_rows_count():
    said = weir.replay(POSTS).err.decode()
    assert "\nPosts by rule; one counts under each rule that acts on it, in each region:\nregion " in said, said


def test_the_summary_names_the_places_of_errors_in_each_file():
    with weir.Folder() as folder:
        first, second = (folder.write(name, GOOD + b"{\n" + GOOD) for name in ("a.ndjson", "b.ndjson"))
        said = weir.replay(first, second).err.decode()
        assert f"bad_json              2  {first}:2, {second}:2\n" in said, said
        many = folder.write("c.ndjson", b"{\n" * 9)
        said = weir.replay(many, second, first).err.decode()
        assert f"bad_json             11  {many}:1, {many}:2, {many}:3, {second}:2, {first}:2, …\n" in said, said


def test_nothing_is_coloured_where_nobody_looks_or_NO_COLOR_says_so():
    with weir.Folder() as folder:
        bad = folder.write("bad.yaml", "tagweir: 1\nrulez: []\n")
        assert b"\x1b" not in weir.run("check", bad).err
        done = subprocess.run(["script", "-qec", f"{weir.TAGWEIR} check {bad}", "/dev/null"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              env={"NO_COLOR": "1", "PATH": "/usr/bin:/bin", "TERM": "xterm"})
        assert b"error: " in done.stdout and b"\x1b[" not in done.stdout, done.stdout


def test_the_clock_is_an_argument():
    def action(clock):
        return [json.loads(x)["action"] for x in weir.replay(POSTS, clock=clock).lines[:1]]

    assert action("2021-02-01T05:59:59.999Z") == ["allow"]
    assert action("2021-02-01T06:00:00Z") == ["withhold"]
    assert action("2021-02-01T11:30:00+05:30") == ["withhold"]
    assert action("2021-02-01T18:00:00Z") == ["allow"], "`until` is not within"


def test_rule_files_one_by_one_are_the_folder():
    files = sorted(weir.INDIA.glob("*.yaml"))
    one_by_one = weir.run("replay", *(x for f in files for x in ("--rules", f)),
                          "--clock", weir.CLOCK, POSTS)
    assert weir.expect(one_by_one).out == weir.replay(POSTS).out


def test_the_digest_knows_content_and_not_layout():
    def digest(text):
        with weir.Folder() as folder:
            done = weir.expect(weir.run("check", folder.write("rules.yaml", text)))
        return re.search(rb"ruleset ([0-9a-f]{16})", done.out)[1]

    rule = "rules: [{id: a, regions: [FR], action: withhold, match: {hashtags: [x]}}]\n"
    one = digest("tagweir: 1\n" + rule)
    assert digest("# a comment\ntagweir:    1\n\n" + rule.replace("[{", "\n  - {")
                  .replace("}]\n", "}\n")) == one
    assert digest("tagweir: 1\n" + rule.replace("[x]", "[y]")) != one
    assert digest("tagweir: 1\n" + rule.replace("[FR]", "[DE]")) != one


PATTERNS = r"""tagweir: 1
rules:
  - id: one
    regions: [XX]
    action: withhold
    match:
      hashtags:
        - '*weir*'
        - '/\b\d?/'
        - '/^(a+)+(?<!a)$/'
        - '/^w[i1]n$/'
  - {id: two, regions: [XX], action: withhold, match: {hashtags: ['*weir*', '/^farm\d+/']}}
"""


def test_check_tells_what_patterns_cost_the_dearest_first():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", PATTERNS)
        plain = weir.expect(weir.run("check", "--strict", rules))
        assert b"warning:" not in plain.err, plain.text()
        done = weir.run("check", "--strict", "--cost", rules)
        assert done.code == 1, done.text()
        lines = done.out.decode().replace(str(rules), "F").splitlines()
        assert lines[:6] == [
            r"always  F:9:12  /\b\d?/  is tried on everything by itself  (one)",
            r"loose   F:10:12  /^(a+)+(?<!a)$/  has no fixed text to be found by  (one)",
            r"factor  F:8:12  *weir*  is found by …weir…, nothing to confirm  (one, two)",
            r"edge    F:12:78  /^farm\d+/  is found by farm…  (two)",
            r"words   F:11:12  /^w[i1]n$/  is looked up as w1n, win  (one)",
            lines[5]], done.text()
        assert lines[5].startswith("5 globs and regexes: 1 always, 1 loose, 1 factor, 1 edge, 1 words; "
                                   "4 fixed texts are looked for to find them; "), done.text()
        assert "literal" not in done.text() + weir.run("check", "--help").text(), done.text()
        warned = re.findall(rf"{rules}:(\d+:\d+): warning: ", done.err.decode())
        assert warned == ["9:12", "10:12"], done.text()


def test_what_patterns_cost_as_json():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", PATTERNS)
        told = json.loads(weir.expect(weir.run("check", "--cost", "--json", rules)).out)
        broken = weir.run("check", "--cost", "--json", folder.write("bad.yaml", "tagweir: 1\nrulez: []\n"))
    assert [m["line"] for m in told["messages"]] == [9, 10], told
    assert [p["class"] for p in told["patterns"]] == ["always", "loose", "factor", "edge", "words"], told
    weirs, farm = told["patterns"][2:4]
    assert weirs["looked_for"] == [{"text": "weir"}] and weirs["certain"] and "jit" not in weirs, weirs
    assert [r["rule"] for r in weirs["rules"]] == ["one", "two"], weirs
    assert farm["looked_for"] == [{"text": "farm", "at_start": True}] and not farm["certain"], farm
    assert (farm["line"], farm["column"]) == (12, 78) and farm["memory"] > 0, farm
    assert told["cost"]["looked_for"] == 4 and told["cost"]["loose"] == 1 and told["cost"]["regexes"] == 3, told  # words are none of PCRE2's
    assert broken.code == 3 and "patterns" not in json.loads(broken.out), broken.text()


def test_the_summary_names_the_rules_that_ran_out():
    def summary(tags, *args):
        post = json.dumps({"id": "1", "author": "@x", "hashtags": tags})
        return weir.replay("-", rules=rules, stdin=post.encode() + b"\n", args=args)

    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", PATTERNS)
        done = summary(["a" * 60, "a" * 61, "farm1", "weirs"])
        assert json.loads(done.lines[0])["limit"] == ["one"], done.text()
        assert b"\nlimit      rule one ran out of its match budget on 2 values\n" in done.err, done.text()
        assert b" 1 with a pattern out of budget\n" in done.err and b"tags left out" not in done.err, done.text()
        assert b"ran out of its" not in summary(["a", "farm1"]).err
        told = json.loads(summary(["a" * 60, "a" * 61, "farm1", "weirs"], "--json").err)["patterns"]
    assert [r["rule"] for r in told] == ["one", "two"], told
    assert told[0]["over"] == told[0]["hard"] == 2 and told[0]["confirmed"] >= 1, told
    assert told[1] == {"rule": "two", "candidates": 2, "confirmed": 2, "hard": 0, "over": 0}, told


def test_explain_tells_rule_order_and_place():
    done = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--at", weir.CLOCK, "--region",
                                "IN", "--tag", "ModiPlanningFarmerGenocide"))
    for words in ("in-2021-01-31-tag", "10-india.yaml:", "in-meity-2021-01-31", "suggest", "trends",
                  "section 69A"):
        assert words.encode() in done.out, (words, done.text())
    elsewhere = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--at", weir.CLOCK,
                                     "--region", "FR", "--tag", "ModiPlanningFarmerGenocide"))
    assert b"downranked" not in elsewhere.out, elsewhere.text()


def test_explain_tells_of_exemptions():
    done = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--at", weir.CLOCK,
                                "--account", "id:9000000000000000104"))
    assert b"press-freedom" in done.out and b"in-2021-01-31-accounts" in done.out, done.text()


def test_explain_a_post_of_any_dialect():
    lines = POSTS.read_bytes().splitlines(keepends=True)
    for line in lines:
        if b'"delete"' in line or b"feed.like" in line or b'"query"' in line:
            continue
        done = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--at", weir.CLOCK,
                                    "--post", "-", stdin=line))
        assert done.out, line
    one = weir.expect(weir.run("explain", "--json", "--rules", weir.INDIA, "--at", weir.CLOCK,
                               "--post", "-", stdin=lines[0]))
    assert json.loads(one.out)["trace"], one.text()


def test_a_post_cannot_write_lines_of_its_explanation():
    post = json.dumps({"id": "9\x1b[2J\nIN: allowed\n  by rule press-freedom", "author": "@x\u202e",
                       "hashtags": ["two\nlines", "y" * 5000]})
    done = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--at", weir.CLOCK,
                                "--post", "-", stdin=post.encode()))
    assert b"\x1b" not in done.out and "\u202e" not in done.out.decode(), done.text()
    assert not any(x.startswith(b"IN: allowed") for x in done.out.splitlines()), done.text()
    assert b"9\\u{1b}[2J\\u{a}IN: allowed" in done.out and b"@x\\u{202e}" in done.out, done.text()
    assert len(done.out) < 3000, len(done.out)


TIMES = """tagweir: 1
orders:
  held: {kind: emergency, authority: A, basis: B, served: 2021-01-01T00:00:00Z,
         confirmed: 2021-01-09T00:00:00Z, revoked: 2021-01-20T00:00:00Z}
  lifted: {kind: emergency, authority: A, basis: B, served: 2021-01-01T00:00:00Z, on_lapse: lift,
           confirmed: 2021-01-09T00:00:00Z}
  twice:
    kind: court_order
    authority: A
    basis: B
    in_force:
      - {from: 2021-01-01T00:00:00Z, until: 2021-01-05T00:00:00Z}
      - {from: 2021-01-10T00:00:00Z, until: 2021-01-15T00:00:00Z}
rules:
  - {id: a, order: held, regions: [FR], action: withhold, match: {hashtags: [held]}}
  - {id: b, order: lifted, regions: [FR], action: withhold, match: {hashtags: [lifted]}}
  - {id: c, order: twice, regions: [FR, GP], action: withhold, match: {hashtags: [twice]},
     from: 2021-01-03T00:00:00Z}
  - {id: d, order: twice, regions: [FR], action: withhold, match: {hashtags: [both]},
     from: 2021-01-07T00:00:00Z, until: 2021-01-12T00:00:00Z}
  - {id: e, regions: [FR], action: withhold, match: {hashtags: [own]},
     from: 2021-01-03T00:00:00Z, until: 2021-01-07T00:00:00Z}
  - {id: f, regions: [FR], action: withhold, match: {hashtags: [always]}}
  - {id: g, order: twice, regions: [FR], action: withhold, match: {hashtags: [missed]},
     until: 2021-01-07T00:00:00Z}
"""

# hashtag, day of January 2021, words of one line ({n}: the n-th of January 2021)
TOLD = [
    ("held", 2, "in force since {1} (order held), until {20}"),
    ("held", 2, "review due by {3}; confirmed later, {9}; revoked from {20}"),
    ("held", 3, "review was due {3}: OVERDUE; confirmed later, {9}; revoked from {20}"),
    ("held", 9, "confirmed {9}; revoked from {20}"),
    ("held", 20, "would match, but its order held was revoked from {20}"),
    ("lifted", 2, "in force since {1} (order lifted), until {3}; again from {9}"),
    ("lifted", 2, "review due by {3}, or the order lapses; confirmed later, {9}"),
    ("lifted", 4, "would match, but its order lifted lapsed without being confirmed by {3} and begins "
                  "again {9}"),
    ("lifted", 9, "in force since {9} (order lifted), no end set"),
    ("twice", 2, "would match, but its own interval begins {3}"),
    ("twice", 3, "in force since {3} (the rule's own), until {5} (order twice); again from {10}"),
    ("twice", 7, "would match, but its order twice ended {5} and begins again {10}"),
    ("twice", 15, "would match, but its order twice ended {15}"),
    ("both", 6, "would match, but its order twice ended {5} and begins again {10}, and its own interval "
                "begins {7}"),
    ("both", 2, "would match, but its own interval begins {7}; the rule will be in force from {10}"),
    ("both", 11, "in force since {10} (order twice), until {12} (the rule's own)"),
    ("both", 13, "would match, but its own interval ended {12}"),
    ("missed", 8, "would match, but its order twice ended {5} and begins again {10}, and its own "
                  "interval ended {7}; the rule will not be in force any more"),
    ("own", 4, "in force since {3}, until {7}"),
    ("own", 2, "would match, but its own interval begins {3}"),
    ("own", 7, "would match, but its own interval ended {7}"),
    ("always", 4, "in force at all times"),
]


def january(day):
    return f"2021-01-{day:02}T00:00:00Z"


def explain(rules, tag, day, *args):
    return weir.expect(weir.run("explain", "--rules", rules, "--tag", tag, "--at", january(day), *args))


def test_explain_tells_since_and_until_when():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", TIMES)
        for tag, day, words in TOLD:
            wanted = re.sub(r"\{(\d+)\}", lambda m: january(int(m[1])), words)
            done = explain(rules, tag, day)
            lines = done.out.decode().splitlines()
            assert any(x.strip() == wanted or x.endswith(") " + wanted) for x in lines), (
                tag, day, wanted, done.text())


def test_explain_tells_the_same_times_as_json():
    def told(tag, day):
        record = json.loads(explain(rules, tag, day, "--json").out)
        assert list(record)[-2:] == ["ruleset", "in_force"], record
        (rule,) = record["in_force"]
        return rule

    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", TIMES)
        assert told("held", 3) == {
            "rule": "a", "holds": True, "since": january(1), "until": january(20),
            "order": {"id": "held", "holds": True, "since": january(1), "until": january(20),
                      "review": "overdue", "review_by": january(3), "confirmed": january(9),
                      "revoked": january(20)}}
        assert told("both", 2) == {
            "rule": "d", "holds": False, "begins": january(10),
            "own": {"from": january(7), "until": january(12)},
            "order": {"id": "twice", "holds": True, "since": january(1), "until": january(5),
                      "review": "none"}}
        assert told("missed", 8) == {
            "rule": "g", "holds": False, "ended": january(5), "own": {"until": january(7)},
            "order": {"id": "twice", "holds": False, "ended": january(5), "begins": january(10),
                      "review": "none"}}
        assert told("always", 2) == {"rule": "f", "holds": True}


def test_explain_says_what_it_is_told_once_and_nothing_of_nothing():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", TIMES)
        done = explain(rules, "twice", 4)
        assert b"\nFR, GP: withheld\n" in done.out and done.out.count(b"by rule c ") == 1, done.text()
        alone = folder.write("alone.yaml", "tagweir: 1\nrules:\n  - {id: f, regions: [FR], action: withhold, "
                                           "match: {hashtags: [x]}}\n")
        done = explain(alone, "x", 1)
        assert b"not match" not in done.out and done.out.endswith(b"everywhere else: allowed\n"), done.text()


def test_explain_says_how_an_account_was_read():
    for account, said in (("42", "account @42, read as a handle (for an id, write id:42)"),
                          ("id:42", "account id:42"), ("@kisan_ekta", "account @kisan_ekta"),
                          ("kisan_ekta", "account @kisan_ekta"), ("did:plc:x", "account did:plc:x")):
        done = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--at", weir.CLOCK, "--account", account))
        assert done.out.decode().splitlines()[0] == said, done.text()


MORE = """tagweir: 1
orders:
  y: {kind: court_order, authority: A, basis: B, served: 2021-01-01T00:00:00Z}
  hidden: {kind: court_order, authority: A, basis: B, served: 2021-01-01T00:00:00Z, confidential: true}
  over: {kind: court_order, authority: A, basis: B,
         in_force: [{from: 2021-01-01T00:00:00Z, until: 2021-01-02T00:00:00Z}]}
lists:
  press: {accounts: ["@p"]}
rules:
  - {id: pl, regions: [PL], action: withhold, match: {hashtags: [news], langs: [pl]}}
  - {id: fr, regions: [FR], action: withhold, priority: 1, match: {hashtags: [news]},
     except: {langs: [fr, br], accounts: [{list: press}]}}
  - {id: de, order: y, regions: [DE], action: downrank, factor: 0, priority: 5, match: {hashtags: [news]}}
  - {id: free, regions: [DE, FR, GB], action: allow, match: {hashtags: [news]}}
  - {id: free-y, action: allow, against: [y], match: {hashtags: [news]}}
  - {id: other, regions: [PL], action: withhold, match: {hashtags: [zzz], langs: [pl]}}
  - {id: lang, regions: [PL], action: withhold, match: {langs: [pl]}}
  - {id: gb, regions: [GB], action: withhold, match: {hashtags: [news], mentions: ["@m", "id:5"]}}
  - {id: secret, order: hidden, regions: [XX], except_regions: [US], action: withhold,
     match: {hashtags: [news], accounts: ["@victim"]}, except: {langs: [de]}}
  - {id: gone, order: over, regions: [IT], action: withhold, match: {hashtags: [news], langs: [it]}}
"""


def test_explain_tells_what_else_a_rule_asks_for():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", MORE)

        def told(*args):
            text = explain(rules, "news", 5, *args).out.decode()
            return [re.sub(r" \(\S+rules.yaml:\d+\)", "", x).strip() for x in text.splitlines()]

        lines = told()
        for line in ("PL: withheld for posts in pl: rule pl",
                     "not for posts by list press or in fr, br",
                     "GB: withheld for posts that mention @m, id:5: rule gb",
                     "but exempted where this holds too: free",
                     "everywhere but in US: withheld for posts by certain accounts, but not for posts in de: "
                     "rule secret",
                     "gone would match for posts in it, but its order over ended 2021-01-02T00:00:00Z",
                     "free matches, but cannot defeat fr: its priority is lower: 0, that rule has 1",
                     "free-y matches, but cannot defeat fr: it is against rules under y only, and its priority "
                     "is lower: 0, that rule has 1",
                     "free-y matches, but cannot defeat de: its priority is lower: 0, that rule has 5",
                     "1 rule does not match.", "1 rule looks at other things than hashtags."):
            assert line in lines, (line, lines)
        assert "victim" not in " ".join(lines)
        assert lines.index("FR: withheld") < lines.index("not for posts by list press or in fr, br")
        named = {x["rule"] for x in json.loads(explain(rules, "news", 5, "--json").out)["in_force"]}
        assert named == {"pl", "fr", "de", "free", "free-y", "gb", "secret", "gone"}, named


SHARE = """tagweir: 1
rules:
  - {id: some, regions: [PL], action: withhold, rollout: 25, match: {hashtags: [news]}, except: {langs: [de]}}
  - {id: few, regions: [FR], action: withhold, rollout: 0.05, match: {hashtags: [news], langs: [fr]}}
"""


def test_explain_says_that_a_rollout_depends_on_the_author():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", SHARE)
        text = explain(rules, "news", 5).out.decode()
        assert "What depends on the rest of a post:\n" in text, text
        assert "PL: withheld for posts by 25 % of authors (its rollout), not for posts in de: rule some" in text, text
        assert "FR: withheld for posts by 0.05 % of authors (its rollout), for posts in fr: rule few" in text, text
        assert "this author" not in text and "came near" not in text, text
        for post, said in ((b'{"id":"1","author":{},"hashtags":["news"]}',
                            "acts only on posts by 25 % of authors (its rollout), and this post has no author to go by"),
                           (b'{"id":"1","author":"@b","hashtags":["news"]}', "its rollout has not reached this author")):
            done = weir.expect(weir.run("explain", "--rules", rules, "--post", "-", stdin=post))
            assert "matches, but " + said in done.out.decode(), done.text()


NAMED = """tagweir: 1
orders:
  o: {kind: court_order, authority: A, basis: B, served: 2021-01-01T00:00:00Z}
  hidden: {kind: court_order, authority: A, basis: B, served: 2021-01-01T00:00:00Z, confidential: true}
lists: {press: {accounts: ["@zeitung", "id:5"]}}
rules:
  - {id: gag, order: o, regions: [DE], action: withhold, match: {hashtags: [news]},
     except: {accounts: [{list: press}], hashtags: [ok]}}
  - {id: all, order: o, regions: [GB], action: withhold, match: {accounts: ["id:5"]}}
  - {id: free, action: allow, against: [o], match: {accounts: [{list: press}]}}
  - {id: here, regions: [DE, FR], action: allow, match: {accounts: ["@zeitung"]}}
  - {id: secret, order: hidden, regions: [DE], action: withhold, match: {hashtags: [x]}, except: {accounts: ["@zeitung"]}}
"""


def test_explain_tells_of_rules_that_name_what_decides_nothing():
    free = "everywhere: free exempts posts by list press from rules under o"
    as_well, in_except = "Exemptions that match as well:", "Rules that have it in their `except`:"
    gag = "DE: gag is not for posts by list press"
    cases = [  # what is asked, lines that must stand together, what must not stand
        (("--account", "@zeitung"), (as_well, free, "DE, FR: here exempts posts by @zeitung", "", in_except, gag,
                                     "DE: secret is not for posts by certain accounts", "", "1 rule does not match."),
         "looks at"),
        (("--account", "id:5"), ("GB: free defeated all", "", in_except, gag), as_well),
        (("--account", "id:5", "--region", "FR"), (as_well, free.replace("everywhere", "FR")), "gag"),
        (("--tag", "ok"), (in_except, "DE: gag is not for posts with #ok"), "secret"),
        (("--account", "@nobody"), ("everywhere: allowed", ""), "except"),
    ]
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", NAMED)
        for args, lines, absent in cases:
            text = weir.expect(weir.run("explain", "--rules", rules, *args)).out.decode()
            text = re.sub(r" \(\S+rules.yaml:\d+\)", "", text)
            assert "\n".join(lines) in text.replace("\n  ", "\n") and absent not in text, (args, text)


def test_explain_of_one_region_tells_of_no_other():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", MORE)
        pl = explain(rules, "news", 5, "--region", "PL").out.decode()
        assert "\nPL: allowed\n" in pl and "withheld for posts in pl" in pl, pl
        assert "5 rules hold in other regions only.\n" in pl, pl
        xx = explain(rules, "news", 5, "--region", "XX").out.decode()
        assert "\nXX (viewers of unknown region, and countries that no rule names): allowed\n" in xx, xx

        def post(*args):
            return weir.expect(weir.run("explain", "--rules", rules, "--at", january(5), "--post", "-", *args,
                                        stdin=b'{"id":"1","author":"@x","hashtags":["news"],"quotes":'
                                              b'{"id":"2","author":"@x","hashtags":["news"]}}')).out

        fr = json.loads(post("--json", "--region", "FR"))
        while fr:
            assert list(fr["regions"]) == ["FR"] and fr["action"] == "withhold", fr
            assert {x["rule"] for x in fr["trace"]} == {"fr", "free", "free-y", "secret"}, fr
            fr = fr.get("quoted")
        us = json.loads(post("--json", "--region", "US"))
        assert us["action"] == "allow" and "regions" not in us, us
        assert b"DE" not in post("--region", "FR") and b"DE: " in post()


def test_explain_takes_no_question_that_nothing_can_answer():
    for option, given, said in (
            ("--account", "https://x.com/foo", "--account: \"https://x.com/foo\" is an address, no account: write @foo"),
            ("--account", "#foo", "ask for the hashtag foo"),
            ("--account", "foo bar", "write @handle, user@domain, id:… or did:…"),
            ("--account", "id:", "write @handle"), ("--account", "@", "write @handle"),
            ("--tag", "#", "--tag: nothing is left of this hashtag")):
        done = weir.run("explain", "--rules", weir.INDIA, option, given)
        assert done.code == 2 and not done.out and said in done.err.decode(), (given, done.text())
    done = weir.expect(weir.run("explain", "--rules", weir.INDIA, "--tag", "farmers protest"))
    assert done.out.startswith(b"hashtag farmers protest, with a blank in it, as no hashtag in a text has\n"), done.text()


def test_a_region_that_is_none_names_the_one_meant():
    for given, said in (("fr", "fr is not a region; did you mean FR?"),
                        ("IND", "IND is not a region; did you mean IN?"),
                        ("France", "France is not a region; did you mean FR?"),
                        ("eu", "EU is a group of regions"), ("Q", "ISO 3166-1 alpha-2 code"),
                        ("ZZ", "expected an ISO 3166-1 alpha-2 code")):
        done = weir.run("explain", "--rules", weir.INDIA, "--tag", "a", "--region", given)
        assert done.code == 2 and said.encode() in done.err, done.text()


def test_explain_keeps_what_is_confidential():
    france = weir.EXAMPLES / "france-court-2024"
    done = weir.expect(weir.run("explain", "--rules", france, "--at", "2024-07-15T00:00:00Z",
                                "--account", "@cercle_invente", "--region", "FR"))
    assert b"fr-court-2024-07" in done.out, done.text()
    assert b"Tribunal" not in done.out and b"24/00000" not in done.out, done.text()


def test_records_and_explain_show_of_a_confidential_order_what_is_documented():
    rules = """tagweir: 1
orders: {o: {kind: court_order, authority: AUTHORITY, basis: BASIS, reference: REFERENCE, notice: NOTICE,
             served: 2021-01-01T00:00:00Z, confidential: true}}
rules:
  - {id: r, order: o, regions: [DE], action: withhold, match: {accounts: ["@victim", "@other"]}}
  - {id: s, order: o, regions: [DE], action: withhold, match: {accounts: ["@victim"], hashtags: [other]}}
"""
    post = b'{"id":"1","author":"@victim","hashtags":[]}'
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rules)
        records = weir.replay("-", rules=path, stdin=post + b"\n", args=("--explain",)).out
        texts = [weir.expect(weir.run("explain", "--rules", path, "--at", weir.CLOCK, *args, stdin=post)).out
                 for args in (("--account", "@victim"), ("--account", "@victim", "--json"), ("--post", "-"))]
    assert b'"rule":"r","order":"o","by":"accounts","value":"@victim"' in records, records
    assert b"certain hashtags" in texts[0] and b"a court order, served 2021-01-01" in texts[0], texts[0]
    for text in (records, *texts):
        assert b"victim" in text and b"other" not in text, text
        assert not re.search(b"AUTHORITY|BASIS|REFERENCE|NOTICE", text), text


def test_posts_shows_keys_and_can_be_read_again():
    done = weir.expect(weir.run("posts", POSTS))
    first = json.loads(done.lines[0])
    assert first["hashtags"] == ["FarmersProtest"] and first["keys"] == ["farmersprotest"], first
    again = weir.expect(weir.run("posts", "-", stdin=done.out)).lines
    source = re.compile(rb',"source":"\w+"')  # the dialect read from: own, the second time
    assert [source.sub(b"", x) for x in again] == [source.sub(b"", x) for x in done.lines]
    direct = [x for x in weir.replay(POSTS).lines if b'"query"' not in x]
    assert weir.decide(done.out) == direct, "what was read decides as the feed itself does"


def test_every_example_decides_the_same_by_its_posts():
    for folder in sorted(p for p in weir.EXAMPLES.iterdir() if p.is_dir()):
        clock = (folder / "clock").read_text().strip()
        feed = folder / "posts.ndjson"
        own = weir.expect(weir.run("posts", feed)).out
        direct = [x for x in weir.replay(feed, rules=folder, clock=clock).lines if b'"query"' not in x]
        got = weir.decide(own, rules=folder, clock=clock)
        if b"sources:" not in b"".join(p.read_bytes() for p in folder.glob("*.yaml")):
            assert got == direct, folder.name


def test_options_that_only_cost_time_change_nothing():
    plain = weir.replay(POSTS).out
    assert weir.replay(POSTS, args=("--no-jit",)).out == plain


def test_a_trace_names_every_rule():
    record = json.loads(weir.replay(POSTS, args=("--explain",)).lines[0])
    assert len(record["trace"]) == 11 and record["trace"][0] == {
        "rule": "in-2021-01-31-accounts", "state": "matched"}, record


def test_lines_longer_than_asked_for_are_refused():
    done = weir.replay("-", stdin=GOOD + b" " * 100 + GOOD, args=("--max-line", "64"))
    assert json.loads(done.lines[1])["error"] == "too_long", done.text()


def test_tags_of_the_text_join_when_asked_for():
    post = (b'{"id_str":"1","full_text":"#ModiPlanningFarmerGenocide","entities":{"hashtags":[]},'
            b'"user":{"id_str":"2","screen_name":"y"}}\n')
    assert json.loads(weir.decide(post)[0])["action"] == "allow"
    assert json.loads(weir.decide(post, args=("--tags", "both"))[0])["action"] == "downrank"


def test_handles_give_bluesky_accounts_their_names():
    with weir.Folder() as folder:
        handles = folder.write("handles.csv", "did,handle\ndid:plc:x,border_camp_invented\n")
        event = (b'{"did":"did:plc:x","time_us":1612162800000000,"kind":"commit","commit":'
                 b'{"operation":"create","collection":"app.bsky.feed.post","rkey":"a",'
                 b'"record":{"text":"x","createdAt":"2021-02-01T07:00:00Z"}}}\n')
        assert json.loads(weir.decide(event)[0])["action"] == "allow"
        record = json.loads(weir.decide(event, args=("--handles", str(handles)))[0])
        assert record["regions"]["IN"]["value"] == "@border_camp_invented", record


if __name__ == "__main__":
    tap.main()
