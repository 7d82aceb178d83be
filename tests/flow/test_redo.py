"""tagweir verify --redo: journals of real servers, decided again from the feeds that they were made of."""
import gzip
import json
import re
import threading
import time

import journal
import test_journal
import weir
from test_journal import Journalled, entries, wait_for
from weir import expect, own, run, tap

# Something of all that records can have: what acts, is exempted, observed, held back, or has a time.
RULES = """tagweir: 1
orders:
  o: {{authority: A, basis: B, kind: report}}
  soon: {{authority: A, basis: B, kind: policy, in_force: [{{from: "{begins}"}}]}}
rules:
  - {{id: bad, order: o, regions: [IN], action: withhold, match: {{hashtags: [bad]}}, breaker: {{per_minute: {cap}, then: observe}}}}
  - {{id: loud, regions: [FR, DE], action: downrank, factor: {factor}, surfaces: [trends], match: {{hashtags: ["lou*"]}}, breaker: {{per_minute: {cap}}}}}
  - {{id: seen, regions: [FR], action: withhold, mode: observe, match: {{hashtags: [seen]}}}}
  - {{id: some, regions: [FR], action: withhold, rollout: 50, match: {{hashtags: [some]}}}}
  - {{id: later, order: soon, regions: [BR], action: withhold, match: {{hashtags: [later]}}}}
  - {{id: press, action: allow, match: {{accounts: ["@press"]}}}}
{more}
"""
LONG_AGO = "2021-02-01T06:00:00Z"


def ruleset(cap=1000000, factor=0.5, begins=LONG_AGO, more=""):
    return RULES.format(cap=cap, factor=factor, begins=begins, more=more)


def redo(server, feed, *args, code=0, store=True, journal_dir=None):
    stored = ["--store", server.store] if store else []
    return expect(run("verify", journal_dir or server.dir, "--redo", feed, *stored, *args), code)


def told(server, feed, *args, **more):
    return json.loads(redo(server, feed, "--json", *args, **more).out)["redo"]


class Kept(Journalled):
    """With a store; what was sent is its feed."""

    def __init__(self, folder, text=None, args=(), clock="now", **more):
        self.store = folder.path / "store"
        self.feed = folder.path / "feed.ndjson"
        self.sent = []
        super().__init__(folder, text or ruleset(), fsync=more.pop("fsync", "never"),
                         args=["--store", str(self.store), "--clock", clock, *args], **more)

    def give(self, *lines, clients=1):
        """By several clients at a time, disjoint parts to each."""
        self.sent += lines
        threads = [threading.Thread(target=self.ask, args=lines[i::clients]) for i in range(clients)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.feed.write_bytes(b"".join(self.sent))


def nothing_differs(seen):
    return not any(seen[k] for k in ("different", "missing", "unexplained", "malformed", "mixed", "cannot_be_told",
                                     "limited", "not_compared")) and not seen["differences"]


TAGS = ("bad", "loud", "louder", "seen", "some", "later", "good", "fine")


def posts(n, first=0):
    """Posts of all fates, reposts and quotes of each other among them, and what can be asked and got wrong."""
    lines = []
    for k in range(first, first + n):
        post = {"id": f"p{k}", "author": "@press" if k % 11 == 0 else {"id": str(k % 50), "handle": f"h{k % 50}"},
                "hashtags": [TAGS[k % len(TAGS)]], "created_at": "2021-02-01T07:00:00Z"}
        if k % 7 == 0:
            post["repost_of"] = {"id": f"r{k}", "author": "@o", "hashtags": [TAGS[(k // 7) % len(TAGS)]]}
        if k % 5 == 0:
            post["quotes"] = {"id": f"q{k}", "author": "@o", "hashtags": [TAGS[(k // 5) % len(TAGS)]]}
        lines.append(json.dumps(post).encode() + b"\n")
        if k % 13 == 0:
            lines.append(b'{"query":{"hashtag":"%s"%s}}\n' % (TAGS[k % 3].encode(), b',"region":"IN"' if k % 2 else b""))
        if k % 29 == 0:
            lines.append(b'{"id":"e%d","author":7}\n' % k)
            lines.append(b'{"id":"e%d"\n' % (k % 3))
        if k % 31 == 0:
            lines.append(b'{"delete":{"status":{"id":1}}}\n')
    return lines


# No difference ---------------------------------------------------------------------------------

def test_the_same_feed_gives_the_same_records():
    for args in ((), ("--journal-all",), ("--explain",), ("--undecided", "withhold", "--journal-all", "--explain")):
        with weir.Folder() as folder:
            with Kept(folder, args=args, workers=3) as server:
                server.give(*posts(1500), clients=5)
            seen = told(server, server.feed)
            assert nothing_differs(seen), (args, seen)
            assert seen["posts"] == 1500 and seen["queries"] and seen["errors"], seen
            assert seen["same"] == len(test_journal.records(server.dir)) > 500, seen
            said = redo(server, server.feed).out
            assert b"decided again from 1500 posts, " in said and b": no difference\n" in said, said
            assert told(server, server.feed, "--threads", 1) == told(server, server.feed, "--threads", 2)

def test_by_any_clock():
    for clock in ("created", "2021-02-01T07:00:00Z"):
        with weir.Folder() as folder:
            with Kept(folder, ruleset(begins="2021-02-01T07:00:00Z"), clock=clock) as server:
                server.give(b'{"id":"timeless","author":"@x","hashtags":["bad"]}\n', *posts(300), clients=2)
                server.fetch("/v1/hashtags/bad?at=2021-02-01T06:59:00Z")
            seen = told(server, server.feed)
            assert nothing_differs(seen) and seen["same"], (clock, seen)
            assert seen["queries_not_in_feed"] == 1, (clock, seen)
            assert b"  1 query is not in the feed, and decided again" in redo(server, server.feed).out


def test_journals_of_replays():
    with weir.Folder() as folder:
        feed, text = folder.write("feed.ndjson", b"".join(posts(400))), folder.write("rules.yaml", ruleset())
        for clock in ("now", "created", "2021-02-01T07:00:00Z"):
            kept = folder.path / f"journal-{clock[:4]}"
            weir.replay(feed, rules=text, clock=clock, args=["-q", "--journal", kept])
            result = expect(run("verify", kept, "--redo", feed, "--rules", text, "--json"), 0)
            seen = json.loads(result.out)["redo"]
            assert nothing_differs(seen) and seen["same"] > 200, (clock, seen)


def test_journals_of_replays_that_choose():
    """What was not chosen has no record, and none is missing; what was chosen has."""
    with weir.Folder() as folder:
        feed, text = folder.write("feed.ndjson", b"".join(posts(300))), folder.write("rules.yaml", ruleset())
        for n, args in enumerate((["--only", "withhold"], ["--rule", "bad", "--region", "IN"], ["--order", "soon"],
                                  ["--until", "2021-02-01T07:00:00Z"], ["--since", "2021-02-01T07:00:00Z"])):
            kept = folder.path / f"journal-{n}"
            weir.replay(feed, rules=text, clock="created", args=["-q", "--journal", kept, *args])
            redone = lambda *more, code: json.loads(expect(  # noqa: E731
                run("verify", kept, "--redo", feed, "--rules", text, "--json", *more), code).out)["redo"]  # noqa: B023
            seen, all_of_it = redone(*args, code=0), redone(code=0 if "--since" in args else 1)
            assert nothing_differs(seen) and seen["same"] == all_of_it["same"] > 40, (args, seen)
            assert ("--since" in args) == (not all_of_it["missing"]), (args, all_of_it)
            if not all_of_it["missing"]:
                continue
            without = folder.path / f"without-{n}"
            journal.rewrite(kept, without, lambda kind, body: None if b'"v":1,"post"' in body else body)
            kept, chosen = without, seen["same"] - seen["errors"]
            assert redone(*args, code=1 if chosen else 0)["missing"] == chosen, args


def test_lives_one_after_the_other():
    """Also by clocks of all kinds, and a record of a post that had no time by one of them only."""
    with weir.Folder() as folder:
        sent = []
        for n, clock in enumerate(("now", "2021-02-01T07:00:00Z", "now")):
            with Kept(folder, clock=clock) as server:
                server.give(*posts(100, first=1000 * n))
            sent += server.sent
        server.feed.write_bytes(b"".join(sent))
        assert nothing_differs(told(server, server.feed))
        with Kept(folder, clock="created") as server:
            server.give(b'{"id":"timeless","author":"@x","hashtags":["bad"]}\n')
        server.feed.write_bytes(b"".join(sent + server.sent))
        seen = told(server, server.feed)
        assert (seen["not_compared"], seen["missing"], seen["different"]) == (1, 0, 0), seen
        # that post, and queries without a time: they may have been errors
        assert seen["cannot_be_told"] > 1, seen
        assert b"1 error for want of a time not compared" in redo(server, server.feed).out


def test_a_crash_between():
    with weir.Folder() as folder:
        with Kept(folder, fsync="always") as server:
            server.give(*posts(200))
            sent = server.sent
            server.process.kill()
            server.process.wait()
            server.stop = lambda: 0
        with Kept(folder) as server:
            server.give(*posts(50, first=5000))
        server.feed.write_bytes(b"".join(sent + server.sent))
        assert nothing_differs(told(server, server.feed))


def test_real_feeds():
    feeds = weir.data_dir() / "feeds"
    text = ruleset(more="  - {id: words, regions: [US], action: withhold, match: {hashtags: ['/^[a-m]/']}}\n"
                        "  - {id: talk, regions: [JP], action: downrank, match: {langs: [en, ja, de]}}\n")
    for name in ("tweets_v1.ndjson", "mastodon_statuses.ndjson", "bluesky_jetstream.ndjson", "tweets_v2_pages",
                 "activitypub_notes.ndjson"):
        path = feeds / name
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        lines = [line for f in files for line in f.read_bytes().splitlines(keepends=True)][:3000]
        lines = [line if line.endswith(b"\n") else line + b"\n" for line in lines]
        with weir.Folder() as folder:
            with Kept(folder, text, workers=2) as server:
                server.give(*lines, clients=3)
            seen = told(server, server.feed)
            assert nothing_differs(seen) and seen["same"] > 5, (name, seen)
            # the same, packed, by other threads
            packed = folder.path / "feed.ndjson.gz"
            packed.write_bytes(gzip.compress(server.feed.read_bytes(), 1))
            assert told(server, packed, "--threads", 3) == seen, name


# What changes while a server runs --------------------------------------------------------------

def keep_asking(server, stop, base, sent, tags=("bad", "loud", "good")):
    """A client that sends without pause, and lists what was answered."""
    s, n = server.connect(), base
    while not stop.is_set():
        lines = [own(n + k, tags[k % len(tags)]) for k in range(20)]
        s.sendall(b"".join(lines))
        got = b""
        while got.count(b"\n") < 20:
            got += s.recv(1 << 16)
        sent += lines
        n += 20
    s.close()


class Asking:
    """Several of them, while something is done to the server."""

    def __init__(self, server, clients=4):
        self.server, self.stop, self.sent = server, threading.Event(), [[] for _ in range(clients)]
        self.threads = [threading.Thread(target=keep_asking, args=(server, self.stop, (i + 1) * 10 ** 7, self.sent[i]))
                        for i in range(clients)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join()
        self.server.feed.write_bytes(b"".join(line for part in self.sent for line in part))


def test_trips_resets_and_reloads():
    """Threads take up each in their own time; nobody is accused for that."""
    text = ruleset(cap=50)
    other = text.replace("then: observe", "then: alert").replace("factor: 0.5", "factor: 0.25")
    for args in ((), ("--journal-all",)):
        with weir.Folder() as folder:
            with Kept(folder, text, args=args, workers=3) as server:
                with Asking(server):
                    wait_for(lambda: len(server.status()["tripped"]) == 2)
                    for _ in range(2):
                        server.ctl("reset", "*")
                        wait_for(lambda: len(server.status()["tripped"]) == 2)
                        server.rules.write_text(other)
                        server.ctl("reload")
                        wait_for(lambda: len(server.status()["tripped"]) == 2)
                        server.ctl("rollback")
                        server.ctl("reset", "loud")
                        wait_for(lambda: len(server.status()["tripped"]) == 2)
            kinds = [e["kind"] for e in entries(server.dir) if "kind" in e]
            assert kinds.count("reload") == 4 and kinds.count("trip") > 4 and kinds.count("reset") > 4, kinds
            seen = told(server, server.feed)
            assert nothing_differs(seen) and seen["same"] > 100 and len(seen["rulesets"]) == 2, (args, seen)
            observed = [e for e in entries(server.dir) if e.get("breaker") == ["bad"] and e.get("observed") == ["bad"]]
            assert observed, "nothing was decided under a trip"


def test_a_trip_that_was_none():
    """What records say of breakers counts within a minute of an event; later it is a difference."""
    def old(kind, body):
        return body.replace(b'"at":"20', b'"at":"19') if kind == "event" and b'"trip"' in body else body

    def none(kind, body):
        return None if kind == "event" and b'"trip"' in body else body

    with weir.Folder() as folder:
        with Kept(folder, ruleset(cap=50)) as server:
            server.give(*[own(n, "bad") for n in range(400)])
            server.give(*[own(n, "bad") for n in range(1000, 1400)])
        assert nothing_differs(told(server, server.feed))
        under = sum(b'"breaker"' in r for r in test_journal.records(server.dir))
        assert 0 < under < 800
        # no trip is there: all that names it is wrong
        journal.rewrite(server.dir, folder.path / "none", none)
        seen = told(server, server.feed, journal_dir=folder.path / "none", code=1)
        assert (seen["different"], seen["same"]) == (under, 800 - under), seen
        assert seen["rules"] == {"bad": under}, seen
        # it stood there for long: the rest of the batch that is behind it, and does not name it, is wrong
        all_entries = entries(server.dir)
        trip = next(i for i, e in enumerate(all_entries) if e.get("kind") == "trip")
        behind = [e for e in all_entries[trip:] if "kind" not in e]
        journal.rewrite(server.dir, folder.path / "old", old)
        seen = told(server, server.feed, journal_dir=folder.path / "old", code=1)
        assert seen["different"] == sum("breaker" not in e for e in behind) == len(behind) - under > 0, seen

        def untold(kind, body):
            if kind == "record" and b'"breaker"' in body:
                body = body.replace(b',"breaker":["bad"]', b"").replace(
                    b'"action":"allow","observed":["bad"]',
                    b'"action":"withhold","regions":{"IN":{"action":"withhold","rule":"bad","order":"o",'
                    b'"by":"hashtags","value":"#bad"}}')
            return old(kind, body)

        journal.rewrite(server.dir, folder.path / "untold", untold)
        seen = told(server, server.feed, journal_dir=folder.path / "untold", code=1)
        assert seen["different"] == len(behind), seen


# Differences -----------------------------------------------------------------------------------

def test_one_rule_was_changed():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(*posts(400), clients=3)
        changed = folder.write("changed.yaml", ruleset(factor=0.25))
        seen = told(server, server.feed, "--rules", changed, store=False, code=1)
        records = test_journal.records(server.dir)
        loud = sum(b'"factor"' in r for r in records)
        assert (seen["different"], seen["same"]) == (loud, len(records) - loud), seen
        assert seen["missing"] == seen["unexplained"] == 0 and seen["rules"] == {"loud": loud}, seen
        for d in seen["differences"]:
            assert d["kind"] == "different" and d["record"] != d["now"], d
            assert d["record"]["at"] == d["now"]["at"], d
            was, now = (weir.masked(json.dumps(d[k], separators=(",", ":")).encode()) for k in ("record", "now"))
            assert was.replace(b'"factor":0.5', b'"factor":0.25') == now, d
        assert told(server, server.feed, "--rules", changed, "--threads", 1, store=False, code=1) == \
            told(server, server.feed, "--rules", changed, "--threads", 2, store=False, code=1)
        said = redo(server, server.feed, "--rules", changed, store=False, code=1).out.decode()
        before, after = re.split("decided again from 400 posts, .*: NOT the same\n", said)
        assert "decided again by OTHER RULES: " in before and f"DIFFERENT: {loud} records came out otherwise" in after
        assert f"rule loud: {loud} records" in after and "journal: {" in after and "now:     {" in after, after
        # the rules as they were, by name or by file, and in the text only
        assert nothing_differs(told(server, server.feed, "--rules", server.rules, store=False))
        (digest,) = seen["rulesets"]
        assert nothing_differs(told(server, server.feed, "--rules", digest))
        # another rule set, that does the same
        same = folder.write("same.yaml", ruleset(more="  - {id: new, regions: [IN], action: withhold, match: {hashtags: [none]}}"))
        seen = told(server, server.feed, "--rules", same, store=False)
        assert nothing_differs(seen) and seen["by"] not in seen["rulesets"], seen
        # a rule that is gone, and one that is new and acts where nothing did
        gone = folder.write("gone.yaml", "tagweir: 1\nrules:\n"
                            "  - {id: new, regions: [IN], action: withhold, match: {hashtags: [good]}}\n")
        seen = told(server, server.feed, "--rules", gone, store=False, code=1)
        assert seen["missing"] and seen["rules"]["bad"] and seen["different"], seen


def test_a_pattern_that_ran_out_is_no_accusation():
    def text(extra):
        return ("tagweir: 1\nrules:\n  - {id: slow, regions: [IN], action: withhold, on_limit: match, match: "
                "{hashtags: ['/^(?=\\w{12})(?:\\w|\\w|\\w|\\w)+(?<!\\w)$/']}}\n" + extra)

    tag = "a" * 20
    with weir.Folder() as folder:
        with Kept(folder, text("")) as server:
            server.give(own(1, tag))
        assert b'"limit":["slow"]' in test_journal.records(server.dir)[0], test_journal.records(server.dir)
        assert nothing_differs(told(server, server.feed))
        other = folder.write("other.yaml", text("  - {id: more, regions: [FR], action: withhold, match: {hashtags: [aa*]}}\n"))
        seen = told(server, server.feed, "--rules", other, store=False)
        assert (seen["limited"], seen["same"], seen["different"]) == (1, 0, 0), seen
        assert b"1 record came out otherwise as a pattern ran out of its budget" in \
            redo(server, server.feed, "--rules", other, store=False).out


def test_a_record_is_missing():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"), own(2, "bad"), own(3, "good"), b'{"query":{"hashtag":"bad"}}\n' * 2, b"{]\n")
        for without, n in ((b'"post":"2"', 1), (b'"query"', 2), (b'"error"', 1)):
            to = folder.path / f"without-{n}-{without[1:5].decode()}"
            journal.rewrite(server.dir, to, lambda kind, body: None if without in body and kind == "record" else body)
            seen = told(server, server.feed, journal_dir=to, code=1)
            assert (seen["missing"], seen["different"], seen["unexplained"]) == (n, 0, 0), (without, seen)
            assert [d["kind"] for d in seen["differences"]] == ["missing"] * n, seen
            assert without in json.dumps(seen["differences"][0]["now"], separators=(",", ":")).encode(), seen
            said = redo(server, server.feed, journal_dir=to, code=1).out.decode()
            assert f"MISSING: {n} " in said and "missing:\n    now:     {" in said, said
        # one query of two
        to, left = folder.path / "one", [1]
        journal.rewrite(server.dir, to, lambda kind, body: None if b'"query"' in body and left and left.pop() else body)
        seen = told(server, server.feed, journal_dir=to, code=1)
        assert (seen["missing"], seen["different"]) == (1, 0), seen


def test_plain_allows_are_missed_where_they_were_recorded():
    with weir.Folder() as folder:
        with Kept(folder, args=["--journal-all"]) as server:
            server.give(own(1, "good"), own(2, "good"), own(3, "bad"))
        to = folder.path / "without"
        journal.rewrite(server.dir, to, lambda kind, body: None if b'"post":"1"' in body else body)
        seen = told(server, server.feed, journal_dir=to, code=1)
        assert (seen["missing"], seen["same"]) == (1, 2) and seen["differences"][0]["now"]["post"] == "1", seen
        # where there is none, it has to be said
        journal.rewrite(to, folder.path / "bare", lambda kind, body: None if b'"allow"' in body else body)
        assert nothing_differs(told(server, server.feed, journal_dir=folder.path / "bare"))
        assert told(server, server.feed, "--journal-all", journal_dir=folder.path / "bare", code=1)["missing"] == 2


def test_a_record_that_the_feed_does_not_explain():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"), own(2, "bad"), b"{]\n", b"[\n", own(2, "bad"))
        feed = folder.write("part", own(2, "bad") + b"{]\n")
        seen = told(server, feed, code=1)
        assert (seen["unexplained"], seen["same"], seen["different"], seen["missing"]) == (3, 2, 0, 0), seen
        assert {d["kind"] for d in seen["differences"]} == {"unexplained"} and len(seen["differences"]) == 3, seen
        assert b"UNEXPLAINED: 3 records are in the journal, but not in the feed" in redo(server, feed, code=1).out
        seen = told(server, feed, "--part")
        assert (seen["unexplained"], seen["same"]) == (3, 2), seen
        assert b"3 records are of posts that are not in this part of the feed" in redo(server, feed, "--part").out


def test_errors_of_one_start_carry_the_same():
    with weir.Folder() as folder:
        sent = []
        for args in (["--undecided", "withhold"], []):
            with Kept(folder, args=args) as server:
                server.give(b"{]\n", b"[\n", b"7\n")
            sent += server.sent
        server.feed.write_bytes(b"".join(sent))
        assert nothing_differs(told(server, server.feed))
        left = [1]

        def stripped(kind, body):
            return body.replace(b',"action":"withhold"', b"") if b'"withhold"' in body and left and left.pop() else body

        journal.rewrite(server.dir, folder.path / "stripped", stripped)
        seen = told(server, server.feed, journal_dir=folder.path / "stripped", code=1)
        assert (seen["mixed"], seen["same"]) == (1, 6), seen
        assert b"MIXED: 1 error does not say" in redo(server, server.feed, journal_dir=folder.path / "stripped", code=1).out


def test_the_same_post_again_and_again():
    """Posts of one id: the same, and edited, many times; each takes a record that it gives."""
    one, two, three = own(7, "bad"), own(7, "loud"), own(7, "good")
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(*[one, two, three, one, two] * 50, clients=4)
            server.give(*[b'{"query":{"hashtag":"bad"}}\n', b'{"query":{"hashtag":"loud"}}\n'] * 150)
        seen = told(server, server.feed)
        assert nothing_differs(seen) and seen["same"] == 200 + 300, seen
        # one more of the one, less of the other
        feed = folder.write("feed", b"".join([one] * 101 + [two] * 99))
        seen = told(server, feed, code=1)
        assert (seen["same"], seen["different"]) == (199 + 300, 1), seen
        feed = folder.write("feed", b"".join([one] * 102 + [two] * 100 + [three] * 5))
        seen = told(server, feed, code=1)
        assert (seen["same"], seen["different"], seen["missing"]) == (200 + 300, 0, 2), seen
        feed = folder.write("feed", b"".join([one] * 100 + [two] * 90))
        seen = told(server, feed, code=1)
        assert (seen["same"], seen["different"], seen["unexplained"]) == (190 + 300, 0, 10), seen


def test_edits_of_which_one_has_no_record():
    """Whichever of them the feed has first, what should be there is known."""
    good, bad, loud, also = own(7, "good"), own(7, "bad"), own(7, "loud"), own(7, "bad", "fine")
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(good, bad)
        for lines in ((good, bad), (bad, good), (good, bad, good)):
            assert nothing_differs(told(server, folder.write("feed", b"".join(lines)))), lines
        for lines in ((loud, bad), (bad, loud), (loud, good, bad), (also, bad), (bad, also)):
            seen = told(server, folder.write("feed", b"".join(lines)), code=1)
            assert (seen["missing"], seen["same"], seen["cannot_be_told"]) == (1, 1, 0), (lines, seen)


def test_a_difference_behind_many_edits_is_shown():
    edits = [own(n, tag) for n in range(300) for tag in ("bad", "loud")]
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(*edits, own(1000, "bad"))
        feed = folder.write("feed", b"".join([*edits, own(1000, "loud")]))
        seen = told(server, feed, code=1)
        assert (seen["same"], seen["different"]) == (600, 1), seen
        assert [d["record"]["post"] for d in seen["differences"]] == ["1000"] and "now" not in seen["differences"][0], seen
        said = redo(server, feed, code=1).out
        assert b"different: entry " in said and b"now:     not kept: too many posts before it were edited" in said, said


def test_what_time_alone_changes_cannot_be_told():
    soon = time.time() + 1.5
    begins = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(soon)) + f".{int(soon % 1 * 1000):03}Z"
    with weir.Folder() as folder:
        with Kept(folder, ruleset(begins=begins)) as server:
            server.give(own(1, "later"), own(2, "bad"))
            time.sleep(max(0.0, soon - time.time()) + 0.1)
            server.give(own(3, "later"))
        assert len(test_journal.records(server.dir)) == 2
        seen = told(server, server.feed)
        assert (seen["cannot_be_told"], seen["same"], seen["missing"]) == (1, 2, 0), seen
        assert b"whether 1 post or query should have had a record cannot be told" in redo(server, server.feed).out


def test_rules_that_were_not_in_force():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"))
            server.rules.write_text(ruleset(factor=0.125))
            server.ctl("reload")
            server.give(own(2, "bad"), own(3, "loud"))
        first, second = [e[k] for e in entries(server.dir) if e.get("kind") == "reload" for k in ("from", "to")]
        assert nothing_differs(told(server, server.feed))

        def swap(kind, body):  # what was decided by the second, before it was there
            if kind == "record" and b'"post":"1"' in body:
                return body.replace(first[:16].encode(), second[:16].encode())
            return body

        journal.rewrite(server.dir, folder.path / "swapped", swap)
        seen = told(server, server.feed, journal_dir=folder.path / "swapped", code=1)
        assert (seen["different"], seen["out_of_force"], seen["same"]) == (1, 1, 2), seen
        said = redo(server, server.feed, journal_dir=folder.path / "swapped", code=1).out
        assert b"of these, 1 names a rule set that was not in force there" in said, said


def test_what_trips_is_up_to_the_rules():
    """An event that no server can have written: of a rule that has no breaker."""
    text = ruleset(cap=1, more="  - {id: gone, regions: [IN], action: withhold, match: {hashtags: [gone]}}\n")
    with weir.Folder() as folder:
        with Kept(folder, text) as server:
            server.give(own(1, "bad"), own(2, "bad"))
            wait_for(lambda: server.status()["tripped"])
            server.give(own(3, "gone"))
        assert nothing_differs(told(server, server.feed))

        def of_another(kind, body):
            body = body.replace(b'"rule":"bad"', b'"rule":"gone"') if kind == "event" else body
            return re.sub(rb'"withhold",.*(,"at":)', rb'"allow","observed":["gone"],"breaker":["gone"]\1', body) \
                if b'"post":"3"' in body else body

        journal.rewrite(server.dir, folder.path / "another", of_another)
        seen = told(server, server.feed, journal_dir=folder.path / "another", code=1)
        assert (seen["same"], seen["different"], seen["rules"]) == (2, 1, {"gone": 1}), seen


def test_a_time_that_cannot_be():
    """By the wall clock a record's time is nobody's word but its own, within that of the journal."""
    def at(time):
        return lambda kind, body: re.sub(rb'"at":"[^"]*"(,"ruleset")', rb'"at":"%s"\1' % time, body)

    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"), b'{"query":{"hashtag":"bad"}}\n',
                        b'{"query":{"hashtag":"bad","at":"2022-01-01T00:00:00Z"}}\n')
        assert nothing_differs(told(server, server.feed))
        for time_then in (b"2021-03-01T07:00:00Z", b"2121-03-01T07:00:00Z"):
            to = folder.path / time_then.decode()[:4]
            journal.rewrite(server.dir, to, at(time_then))
            seen = told(server, server.feed, journal_dir=to, code=1)
            assert (seen["out_of_time"], seen["different"], seen["same"]) == (2, 3, 0), seen
        assert b"of these, 2 say times that cannot be their own" in redo(server, server.feed, journal_dir=to, code=1).out


def test_a_record_of_a_post_that_had_no_time():
    with weir.Folder() as folder:
        line, sent = b'{"id":"timeless","author":"@x","hashtags":["bad"]}\n', []
        for clock in ("created", "now"):
            with Kept(folder, clock=clock) as server:
                server.give(line)
            sent += server.sent
        server.feed.write_bytes(b"".join(sent))
        (record,) = [r for r in test_journal.records(server.dir) if b'"post"' in r and b'"error"' not in r]

        def decided(kind, body):
            return record if b'"error"' in body else body

        journal.rewrite(server.dir, folder.path / "decided", decided)
        seen = told(server, server.feed, journal_dir=folder.path / "decided", code=1)
        assert (seen["out_of_time"], seen["different"], seen["same"]) == (1, 1, 1), seen


def test_a_limit_that_none_ran_into():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"))

        def limited(kind, body):
            return body.replace(b',"at":', b',"limit":["loud"],"at":') if kind == "record" else body

        def older(kind, body):
            return body.replace(b'"version":"0.1.0"', b'"version":"0.0.9"') if kind == "header" else limited(kind, body)

        journal.rewrite(server.dir, folder.path / "limited", limited)
        seen = told(server, server.feed, journal_dir=folder.path / "limited", code=1)
        assert (seen["different"], seen["ran_out_there_only"], seen["limited"]) == (1, 1, 0), seen
        assert b"of these, 1 says that a pattern ran out of its budget, and none does here" in \
            redo(server, server.feed, journal_dir=folder.path / "limited", code=1).out
        journal.rewrite(server.dir, folder.path / "older", older)  # nobody can know
        seen = told(server, server.feed, journal_dir=folder.path / "older")
        assert (seen["different"], seen["limited"]) == (0, 1), seen


# Chains, versions, usage -----------------------------------------------------------------------

def test_another_version_is_named_first():
    def older(kind, body):
        return body.replace(b'"version":"0.1.0"', b'"version":"0.0.9"') if kind == "header" else body

    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"))
        journal.rewrite(server.dir, folder.path / "older", older)
        said = redo(server, server.feed, journal_dir=folder.path / "older").out.decode()
        before, after = said.split("decided again from 1 post, 0 queries and 0 errors: no difference\n")
        assert "segment 1 was written by ANOTHER VERSION: tagweir 0.0.9 with Unicode" in before, said
        seen = told(server, server.feed, journal_dir=folder.path / "older")
        assert [w["same"] for w in seen["writers"]] == [False] and seen["writers"][0]["version"] == "0.0.9", seen
        assert [w["same"] for w in told(server, server.feed)["writers"]] == [True]


def test_what_cannot_be_trusted_is_not_decided_again():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"))
        path = server.dir / "00000001.ndjson"
        path.write_bytes(path.read_bytes().replace(b"withhold", b"withhole", 1))
        result = redo(server, server.feed, code=1)
        assert b"was changed after it was written" in result.err and b"decided again" not in result.out, result.text()
        assert "redo" not in json.loads(redo(server, server.feed, "--json", code=1).out)


def test_a_journal_that_begins_in_the_middle():
    """Its oldest segments are retired: what is not there may have been in them."""
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"))
        with Kept(folder) as server:
            server.give(own(2, "bad"), own(3, "loud"))
        feed = folder.write("feed", own(1, "bad") + own(2, "bad") + own(3, "loud"))
        to, seen_first = folder.path / "cut", []
        first = server.dir / "00000001.ndjson"
        last = json.loads(first.read_bytes().splitlines()[-1])
        j = journal.Journal(to)
        j.segment, j.seq, j.before = 1, last["seq"], bytes.fromhex(last["hash"])
        bodies = [journal.LINE.fullmatch(x).groups() for x in (server.dir / "00000002.ndjson").read_bytes().splitlines()]
        header = json.loads(bodies[0][1])
        j.begin(**{k: header[k] for k in ("opened", "ruleset", "version", "unicode", "icu", "clock")})
        for kind, body in bodies[2:-2]:  # without its start, as if it were a later segment of the same life
            j.add(kind.decode(), body.decode())
        j.event(kind="retired", at=header["opened"], first=1, last=1, seq=last["seq"], hash=last["hash"])
        j.end("full")
        seen = told(server, feed, journal_dir=to)
        assert (seen["same"], seen["cannot_be_told"], seen["missing"]) == (2, 1, 0), seen
        assert b"it may have been retired" in redo(server, feed, journal_dir=to).out
        # the same where what is left begins with a start
        j = journal.Journal(folder.path / "started")
        j.segment, j.seq, j.before = 1, last["seq"], bytes.fromhex(last["hash"])
        j.begin(**{k: header[k] for k in ("opened", "ruleset", "version", "unicode", "icu", "clock")})
        for kind, body in bodies[1:-2]:
            j.add(kind.decode(), body.decode())
        j.event(kind="retired", at=header["opened"], first=1, last=1, seq=last["seq"], hash=last["hash"])
        j.end("full")
        seen = told(server, feed, journal_dir=j.folder)
        assert (seen["same"], seen["cannot_be_told"], seen["missing"]) == (2, 1, 0), seen


def test_what_tripped_before_the_journal_begins():
    """The trip is retired; only records tell of it."""
    with weir.Folder() as folder:
        with Kept(folder, ruleset(cap=1)) as server:
            server.give(own(1, "bad"), own(2, "bad"))
            wait_for(lambda: server.status()["tripped"])
            server.give(own(3, "bad"), own(4, "loud"))
        lines = (server.dir / "00000001.ndjson").read_bytes().splitlines()
        bodies = [journal.LINE.fullmatch(x).groups() for x in lines]
        header, last = json.loads(bodies[0][1]), json.loads(lines[1])
        j = journal.Journal(folder.path / "cut")
        j.segment, j.seq, j.before = 1, last["seq"], bytes.fromhex(last["hash"])
        j.begin(**{k: header[k] for k in ("opened", "ruleset", "version", "unicode", "icu", "clock")})
        for kind, body in bodies:
            if b'"post":"3"' in body or b'"post":"4"' in body:
                j.add(kind.decode(), body.decode())
        j.event(kind="retired", at=header["opened"], first=1, last=1, seq=last["seq"], hash=last["hash"])
        j.end("full")
        assert b'"breaker":["bad"]' in test_journal.records(j.folder)[0]
        seen = told(server, folder.write("feed", own(3, "bad") + own(4, "loud")), journal_dir=j.folder)
        assert (seen["same"], seen["different"]) == (2, 0), seen


def test_records_that_are_none():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"))

        def odd(kind, body):
            return b'{"v":1,"post":"1"}' if kind == "record" else body

        journal.rewrite(server.dir, folder.path / "odd", odd)
        seen = told(server, server.feed, journal_dir=folder.path / "odd", code=1)
        assert (seen["malformed"], seen["missing"]) == (1, 1), seen
        assert b"MALFORMED: 1 record is not written as records are; the first is 00000001.ndjson:3" in \
            redo(server, server.feed, journal_dir=folder.path / "odd", code=1).out


def test_usage():
    with weir.Folder() as folder:
        with Kept(folder) as server:
            server.give(own(1, "bad"), own(2, "good"))
        verify = lambda *args, code=2: expect(run("verify", server.dir, *args), code)  # noqa: E731
        assert b"--redo needs the rules" in verify("--redo", server.feed).err
        assert b"need --redo FEED" in verify("--rules", server.rules).err
        assert b"need --redo FEED" in verify("--part").err
        assert b"need --redo FEED" in verify("--only", "withhold").err
        assert b"--rule bed: the rules have none; did you mean bad?" in \
            verify("--redo", server.feed, "--store", server.store, "--rule", "bed").err
        assert b"none: No such file" in verify("--redo", folder.path / "none", "--store", server.store, code=4).err
        assert b"no rule set in this store" in verify("--redo", server.feed, "--store", folder.path, code=4).err
        bad = folder.write("bad.yaml", "tagweir: 1\nrules: 7\n")
        assert b"rules with errors are not used" in verify("--redo", server.feed, "--rules", bad, code=3).err
        # feeds behind one another, and nothing to be said
        one, two = folder.write("1.ndjson", own(1, "bad")), folder.write("2.ndjson", own(2, "good"))
        result = expect(run("verify", server.dir, "--redo", one, two, "--store", server.store), 0)
        assert b"decided again from 2 posts, 0 queries and 0 errors: no difference\n  1 record is the same" in result.out, result.text()
        quiet = redo(server, server.feed, "-q")
        assert quiet.out == quiet.err == b"", quiet.text()


if __name__ == "__main__":
    tap.main()
