"""The program as a person at a terminal meets it: help, exit codes, what goes where."""
import json
import re
import subprocess

import weir
from weir import tap

COMMANDS = ("serve", "replay", "check", "explain", "posts")
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
            "rule": "a", "holds": True, "from": january(1), "until": january(20),
            "order": {"id": "held", "holds": True, "from": january(1), "until": january(20),
                      "review": "overdue", "review_by": january(3), "confirmed": january(9),
                      "revoked": january(20)}}
        assert told("both", 2) == {
            "rule": "d", "holds": False, "until": january(10),
            "own": {"from": january(7), "until": january(12)},
            "order": {"id": "twice", "holds": True, "from": january(1), "until": january(5),
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


def test_a_region_that_is_none_names_the_one_meant():
    for given, said in (("fr", "fr is not a region; did you mean FR?"),
                        ("IND", "IND is not a region; did you mean IN?"),
                        ("France", "France is not a region; did you mean FR?"),
                        ("eu", "EU is a group of regions"), ("Q", "ISO 3166-1 alpha-2 code")):
        done = weir.run("explain", "--rules", weir.INDIA, "--tag", "a", "--region", given)
        assert done.code == 2 and said.encode() in done.err, done.text()


def test_explain_keeps_what_is_confidential():
    france = weir.EXAMPLES / "france-court-2024"
    done = weir.expect(weir.run("explain", "--rules", france, "--at", "2024-07-15T00:00:00Z",
                                "--account", "@cercle_invente", "--region", "FR"))
    assert b"fr-court-2024-07" in done.out, done.text()
    assert b"Tribunal" not in done.out and b"24/00000" not in done.out, done.text()


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
