"""Replay for audits: the same records for any number of threads, packing and interruption; what is
chosen, and what the summary counts, compared with what records say themselves."""
import collections
import gzip
import json
import os
import pty
import random
import re
import resource
import select
import signal
import subprocess
import time

import weir
from weir import tap

RULES = """tagweir: 1
orders:
  o-in: {authority: A, kind: policy}
  o-eu: {authority: B, kind: policy}
rules:
  - {id: in-tags, order: o-in, regions: [IN], action: withhold, match: {hashtags: [t1, 't2*']}}
  - {id: in-who, order: o-in, regions: [IN, TR], action: withhold, match: {accounts: ['id:7', '@h13']}}
  - {id: eu-tags, order: o-eu, regions: [EU], except_regions: [FR], action: downrank, factor: 0.2,
     surfaces: [trends, search], match: {hashtags: [t3, t4]}}
  - {id: all-spam, regions: [XX], action: downrank, match: {hashtags: [t5]}}
  - {id: maybe, regions: [US], mode: observe, action: withhold, match: {hashtags: [t6]}}
  - {id: some, regions: [BR], rollout: 40, action: withhold, match: {hashtags: [t7]}}
  - {id: press, action: allow, against: [o-in], match: {accounts: ['id:1*', '@h4']}}
"""


def make_lines(n, seed=1):
    """Posts of the own dialect, some that are none, and some that are wrong."""
    draw = random.Random(seed)
    for i in range(n):
        kind = draw.random()
        if kind < 0.004:
            yield draw.choice([b'{"id":"x","author":', b"[1]", b'{"id":1,"author":"@x","id":2}', b"\xff"])
        elif kind < 0.01:
            yield draw.choice([b"", b'{"delete":{"status":{"id":1}}}'])
        else:
            who = draw.randrange(40)
            author = {"id": str(who)} if who % 3 else {"handle": f"h{who}"}
            post = {"id": str(i), "author": author,
                    "hashtags": [f"#T{draw.randrange(40)}" for _ in range(draw.randrange(4))],
                    "text": "x" * draw.choice([0, 10, 300])}
            if draw.random() < 0.9:
                post["created_at"] = f"2021-02-{1 + draw.randrange(9):02}T{draw.randrange(24):02}:00:00Z"
            if draw.random() < 0.05:
                post["quotes"] = {"id": f"q{i}", "author": "@h13", "hashtags": ["t1"]}
            if draw.random() < 0.05:
                post["repost_of"] = {"id": f"r{i}", "author": {"id": "7"}, "hashtags": ["t3"]}
            yield json.dumps(post, separators=(",", ":")).encode()


def make_feed(n, seed=1):
    return b"".join(x + b"\n" for x in make_lines(n, seed))


class Given(weir.Folder):
    """A folder with rules and a feed."""

    def __init__(self, n=12000):
        self.n = n

    def __enter__(self):
        super().__enter__()
        self.rules = self.write("rules.yaml", RULES)
        self.lines = make_feed(self.n)
        self.feed = self.write("feed.ndjson", self.lines)
        return self

    def replay(self, *args, feeds=None, code=0, **more):
        return weir.replay(*(feeds or [self.feed]), rules=self.rules, args=args, code=code, **more)


def records(done):
    return [json.loads(x) for x in done.lines]


def summary(done):
    return json.loads(done.err.decode().splitlines()[-1])


# ---- threads and packing ----

def test_records_are_the_same_for_any_number_of_threads():
    with Given(30000) as given:
        want = given.replay("--threads", 1, "-q").out
        assert len(want) > 3000000 and b'"error":"duplicate_key","line":' in want
        for threads in (2, 3, 8):
            assert given.replay("--threads", threads, "-q").out == want, threads
        assert given.replay("-q", feeds=["-"], stdin=given.lines).out == want


def test_lines_of_errors_are_numbered_in_their_feeds():
    with Given(9000) as given:
        other = given.write("other.ndjson", make_feed(5000, seed=2))
        bad = [(f, n) for f in (given.feed, other)
               for n, line in enumerate(f.read_bytes().split(b"\n")[:-1], 1)
               if line[:1] in b"[\xff" and line or line.endswith(b'"author":') or b'"id":2' in line]
        got = records(given.replay("--threads", 3, feeds=[given.feed, other]))
        assert [r["line"] for r in got if "error" in r] == [n for _, n in bad]
        said = given.replay("--threads", 3, "--json", feeds=[given.feed, other])
        for code, told in summary(said)["errors"].items():
            assert told["count"] == sum(1 for r in got if r.get("error") == code)
            for place in told["places"]:
                assert (given.path / place["file"], place["line"]) in bad, (code, place)


def test_packed_feeds_and_outputs_hold_the_same():
    with Given(20000) as given:
        want = given.replay("-q").out
        half = len(given.lines) // 2
        packed = given.write("feed.gz", gzip.compress(given.lines[:half]) + gzip.compress(given.lines[half:]))
        zst = given.path / "feed.zst"
        subprocess.run(["zstd", "-q", "-o", zst, given.feed], check=True)
        for feed in (packed, zst):
            for threads in (1, 3):
                assert given.replay("-q", "--threads", threads, feeds=[feed]).out == want, feed
        for name, unpack in (("o.gz", ["gzip", "-dc"]), ("o.zst", ["zstd", "-dcq"]), ("o.ndjson", ["cat"])):
            outs = set()
            for threads in (1, 2, 5):
                out = given.path / name
                done = given.replay("-q", "--threads", threads, "--out", out)
                assert done.out == b"" and not (given.path / (name + ".resume")).exists()
                outs.add(out.read_bytes())
                assert subprocess.run([*unpack, out], stdout=subprocess.PIPE, check=True).stdout == want
            assert len(outs) == 1, name


def test_real_feeds_are_the_same_plain_and_packed():
    feeds = weir.data_dir() / "feeds"
    with weir.Folder() as folder:
        want = weir.replay(feeds, args=["--threads", 1, "-q"]).out
        assert weir.replay(feeds, args=["--threads", 2, "-q"]).out == want
        packed = []
        for i, path in enumerate(sorted(p for p in feeds.rglob("*") if p.is_file())):
            to = folder.path / f"{i}.{'gz' if i % 2 else 'zst'}"
            if i % 2:
                to.write_bytes(gzip.compress(path.read_bytes(), 1))
            else:
                subprocess.run(["zstd", "-q", "-1", "-o", to, path], check=True)
            packed.append(to)
        assert weir.replay(*packed, args=["--threads", 2, "-q"]).out == want


def test_an_output_is_never_a_feed():
    with Given(10) as given:
        link = given.path / "link"
        os.link(given.feed, link)
        for out in (given.feed, link):
            done = given.replay("--out", out, code=4)
            assert b"feed" in done.err, done.text()
        assert given.feed.read_bytes() == given.lines


# ---- what is chosen ----

def in_region(record, region):
    regions = record.get("regions", {})
    return regions.get(region, regions.get("XX", {"action": "allow"}))


def rules_in(outcome):
    if outcome["action"] == "withhold":
        return {outcome["rule"]}
    return {s["rule"] for s in outcome.get("surfaces", {}).values()}


def mentions(record, rules, region):
    found = set(record.get("observed", [])) | set(record.get("held_back", []))
    outcomes = [in_region(record, region)] if region else record.get("regions", {}).values()
    for outcome in outcomes:
        found |= rules_in(outcome)
    exempted = record.get("exempted", {})
    lists = [exempted.get(region, exempted.get("XX", []))] if region else exempted.values()
    for entries in lists:
        found |= {x for e in entries for x in (e["rule"], e["by"])}
    return bool(found & rules)


def wanted(record, only=None, region=None, rules=None):
    """What README says of filters, on what a record says."""
    while record:
        action = in_region(record, region)["action"] if region else record["action"]
        exempted = record.get("exempted", {})
        concerns = action != "allow" or exempted.get(region, exempted.get("XX", []))
        if ((not only or action in only) and (not rules or mentions(record, rules, region))
                and (not region or only or rules or concerns)):
            return True
        record = record.get("quoted")
    return False


def test_filters_choose_by_what_records_say():
    of_order = {"in-tags", "in-who"}
    cases = [
        (["--only", "withhold"], {"only": {"withhold"}}),
        (["--only", "withhold,downrank"], {"only": {"withhold", "downrank"}}),
        (["--only", "allow", "--region", "IN"], {"only": {"allow"}, "region": "IN"}),
        (["--region", "IN"], {"region": "IN"}),
        (["--region", "JP"], {"region": "JP"}),
        (["--region", "DE", "--only", "downrank"], {"only": {"downrank"}, "region": "DE"}),
        (["--rule", "press"], {"rules": {"press"}}),
        (["--rule", "maybe", "--rule", "some"], {"rules": {"maybe", "some"}}),
        (["--order", "o-in"], {"rules": of_order}),
        (["--order", "o-in", "--region", "TR"], {"rules": of_order, "region": "TR"}),
        (["--order", "o-eu", "--only", "withhold"], {"rules": {"eu-tags"}, "only": {"withhold"}}),
    ]
    with Given() as given:
        every = given.replay("-q").lines
        for args, by in cases:
            done = given.replay("--json", *args)
            want = [x for x in every if "error" in json.loads(x) or wanted(json.loads(x), **by)]
            assert 30 < len(want) < len(every) and done.lines == want, (args, len(want), len(done.lines))
            assert summary(done)["written"] == len(want)


def test_times_leave_posts_out():
    with Given() as given:
        posts = [json.loads(x) for x in given.lines.split(b"\n") if x.startswith(b'{"id":"') and x.endswith(b"}")]
        since, until = "2021-02-03T00:00:00Z", "2021-02-04T12:00:00Z"
        want = [p["id"] for p in posts if since <= p.get("created_at", "") < until]
        done = given.replay("--since", since, "--until", until, "--json")
        got = records(done)
        assert [r["post"] for r in got if "error" not in r] == want and len(want) > 1000
        told = summary(done)
        assert told["posts"] == len(want) and told["left_out"] == len(posts) - len(want)
        assert told["items"] == told["posts"] + told["left_out"] + sum(told["skips"].values()) + sum(
            e["count"] for e in told["errors"].values())
        # what is asked about by a query is the time it names
        query = b'{"query":{"hashtag":"t1","at":"2021-02-03T05:00:00Z"}}\n{"query":{"hashtag":"t1"}}\n'
        done = given.replay("--since", since, "--until", until, feeds=["-"], stdin=query)
        assert len(done.lines) == 1


def test_unknown_names_are_refused():
    with Given(10) as given:
        for args, said in ((["--rule", "in-tag"], "did you mean in-tags?"), (["--order", "o-inn"], "o-in?"),
                           (["--only", "withold"], "withhold, downrank, allow"), (["--region", "UKX"], "region"),
                           (["--since", "2021-02-01"], "offset"), (["--threads", "0"], "from 1"),
                           (["--since", "2021-02-02T00:00:00Z", "--until", "2021-02-01T00:00:00Z"], "before")):
            done = given.replay(*args, code=2)
            assert said in done.err.decode() and not done.out, done.text()


# ---- the summary ----

def test_the_summary_counts_what_records_say():
    with Given() as given:
        done = given.replay("--json", "--threads", 3)
        told = summary(done)
        posts, authors, tags = collections.Counter(), collections.defaultdict(set), collections.Counter()
        order_of = {"in-tags": "o-in", "in-who": "o-in", "eu-tags": "o-eu"}
        for r in records(done):
            if "error" in r:
                continue
            keys, seen_tags = set(), set()
            for region, outcome in r.get("regions", {}).items():
                if outcome["action"] == "allow":
                    continue
                keys |= {"all", ("region", region)}
                for rule in rules_in(outcome):
                    keys |= {("rule", region, rule)} | ({("order", order_of[rule])} if rule in order_of else set())
                for act in [outcome] if outcome["action"] == "withhold" else outcome["surfaces"].values():
                    if act["by"] == "hashtags":
                        seen_tags.add(act["value"].lower())
            for region, entries in r.get("exempted", {}).items():
                keys |= {("rule", region, e["rule"]) for e in entries}
            keys |= {("rule", None, x) for x in r.get("observed", []) + r.get("held_back", [])}
            for key in keys:
                posts[key] += 1
                authors[key].add(r["author"])
            tags.update(seen_tags)
        assert told["acted_on"] == {"posts": posts["all"], "authors": len(authors["all"])}
        for kind, name in (("region", "by_region"), ("order", "by_order")):
            want = {k[1]: {"posts": posts[k], "authors": len(authors[k])} for k in posts if k[0] == kind}
            assert told[name] == want and want, (name, told[name], want)
        rows = {("rule", row.get("region"), row["rule"]): row["authors"] for row in told["table"]}
        assert rows == {k: len(authors[k]) for k in posts if k[0] == "rule"}
        assert {t["tag"]: t["posts"] for t in told["tags"]} == {t[1:]: n for t, n in tags.items()}
        assert told["authors_estimated"] is False and told["tags_others"] == 0
        other = summary(given.replay("--json", "--threads", 1))
        assert {k: v for k, v in told.items() if k != "patterns"} == {
            k: v for k, v in other.items() if k != "patterns"}


# ---- interruptions ----

def start(given, out, *args):
    return subprocess.Popen([weir.TAGWEIR, "replay", "-q", "--rules", given.rules, "--clock", weir.CLOCK,
                             "--out", out, *map(str, args), given.feed], stderr=subprocess.PIPE)


def interrupt_until_done(given, out, how, wait_s):
    """@return how often it was interrupted before it was done."""
    resumed, interrupted = [], 0
    for _ in range(200):
        process = start(given, out, *resumed, "--threads", 1 + interrupted % 3)
        try:
            _, err = process.communicate(timeout=wait_s())
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            _, err = process.communicate(timeout=weir.PATIENCE_S)
        if process.returncode == 0:
            return interrupted
        assert process.returncode == -how, (process.returncode, err)
        interrupted += 1
        resumed = ["--resume"] if out.with_name(out.name + ".resume").exists() else []
        if how == signal.SIGINT and resumed:
            # the handler may not be there yet when the signal comes; then nothing is written at all
            assert b"interrupted" in err and (b"records; the same arguments and --resume" in err
                                              or b"before anything" in err), err
    raise AssertionError("it never came to an end")


def test_runs_that_were_interrupted_go_on_to_the_same_output():
    with Given(60000) as given:
        want = given.replay("-q").out
        draw = random.Random(5)
        for how in (signal.SIGINT, signal.SIGKILL):
            for name, unpack in (("o.ndjson", ["cat"]), ("o.zst", ["zstd", "-dcq"])):
                out = given.path / name
                begun = time.monotonic()
                weir.expect(weir.run("replay", "-q", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out,
                                     given.feed))
                whole_s = time.monotonic() - begun
                out.unlink()
                interrupted = interrupt_until_done(given, out, how, lambda: whole_s * draw.uniform(0.3, 1.2))
                got = subprocess.run([*unpack, out], stdout=subprocess.PIPE, check=True).stdout
                assert got == want, (how, name, interrupted, len(got), len(want))
                assert not out.with_name(name + ".resume").exists()


def stopped(given, out):
    """A run that was stopped in the middle: its feed is a pipe that stays open."""
    fifo = given.path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([weir.TAGWEIR, "replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out",
                                out, fifo], stderr=subprocess.PIPE)
    with open(fifo, "wb") as feed:
        feed.write(given.lines)
        feed.flush()
        end = time.monotonic() + weir.PATIENCE_S
        while not out.exists() or out.read_bytes().count(b'"ruleset"') < given.n // 2:
            assert process.poll() is None and time.monotonic() < end, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=weir.PATIENCE_S)
    return process.returncode, err.decode()


def test_an_interrupted_run_says_where_it_stopped():
    with Given(3000) as given:
        out = given.path / "o.ndjson"
        code, err = stopped(given, out)
        told = re.search(r"stopped after (\S+):(\d+), and (\d+) records; the same arguments and --resume", err)
        assert code == -signal.SIGINT and told, (code, err)
        written = out.read_bytes()
        assert written.endswith(b"\n") and written.count(b"\n") == int(told[3]) >= 1500
        assert int(told[2]) <= given.n


def test_going_on_with_something_else_is_refused():
    with Given(3000) as given:
        out = given.path / "o.ndjson"
        weir.replay(given.feed, rules=given.rules, args=["-q", "--out", out])
        done = given.replay("--resume", "--out", out, code=4)
        assert b"o.ndjson.resume" in done.err, done.text()
        done = given.replay("--resume", code=2)
        assert b"--out" in done.err, done.text()
        stopped(given, out)
        kept, fifo = out.read_bytes(), given.path / "fifo"
        for args, changed in ((["--undecided", "withhold"], "undecided 0"), (["--only", "withhold"], "only 0"),
                              (["--clock", "2021-02-01T07:00:01Z"], "clock 2021-02-01T07:00:00Z")):
            done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, *args, "--out", out,
                            "--resume", fifo)
            assert done.code == 4 and f"`{changed}`" in done.err.decode(), done.text()
        given.write("rules.yaml", RULES + "  - {id: more, regions: [IN], action: withhold, match: {hashtags: [z]}}\n")
        done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume", fifo)
        assert done.code == 4 and "`ruleset " in done.err.decode(), done.text()
        given.write("rules.yaml", RULES)
        out.write_bytes(kept[:-10])
        done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume", fifo)
        assert done.code == 4 and b"shorter" in done.err, done.text()


def test_a_full_disk_is_4_and_leaves_what_was_written():
    with Given(20000) as given:
        out = given.path / "o.ndjson"
        most = 1000000

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        done = subprocess.run([weir.TAGWEIR, "replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out",
                               out, given.feed], stderr=subprocess.PIPE, preexec_fn=limit, timeout=weir.PATIENCE_S)
        told = re.search(rb"stopped at \S+:\d+, after (\d+) records that were surely written", done.stderr)
        assert done.returncode == 4 and told, done.stderr
        whole = out.read_bytes().split(b"\n")[:-1]
        assert out.stat().st_size <= most and 0 < int(told[1]) <= len(whole), (told[0], len(whole))
        want = given.replay("-q").lines
        assert whole == want[:len(whole)]


# ---- the journal ----

def journalled(folder):
    """Records of a journal, in its order."""
    found = []
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            entry = re.fullmatch(rb'{"seq":\d+,"record":(.*),"hash":"[0-9a-f]{64}"}', line)
            found += [entry[1]] if entry else []
    return found


def is_due(record):
    while record:
        if record.get("action") != "allow" or any(k in record for k in ("exempted", "observed", "held_back", "limit")):
            return True
        record = record.get("quoted")
    return False


def test_a_journal_gets_what_rules_had_a_part_in():
    with Given() as given:
        for threads in (1, 3):
            for args, due in (([], is_due), (["--journal-all"], lambda r: True),
                              (["--only", "withhold", "--fsync", "never"], is_due)):
                folder = given.path / f"journal-{threads}-{len(args)}"
                done = given.replay("--threads", threads, "--journal", folder, *args)
                want = [x for x in done.lines if due(json.loads(x))]
                assert journalled(folder) == want and 500 < len(want), (threads, args)
                assert len(want) == len(done.lines) or "--journal-all" not in args
                head = re.search(rb"head is ([0-9a-f]{64}:\d+)", done.err)[1].decode()
                weir.expect(weir.run("verify", folder, "--head", head))


def test_a_journal_that_cannot_be_written_ends_the_run_with_4():
    with Given(20000) as given:
        folder = given.path / "journal"

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
        done = subprocess.run([weir.TAGWEIR, "replay", "--rules", given.rules, "--clock", weir.CLOCK, "--journal",
                               folder, "--fsync", "always", "-q", given.feed], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, preexec_fn=limit, timeout=weir.PATIENCE_S)
        assert done.returncode == 4 and b"cannot be written" in done.stderr, done.stderr
        due = [x for x in done.stdout.split(b"\n")[:-1] if is_due(json.loads(x))]
        kept = journalled(folder)
        assert kept[:len(due)] == due and 0 < len(kept) < 20000, (len(due), len(kept))
        weir.expect(weir.run("verify", folder))


def test_options_of_a_journal_that_would_do_harm_are_refused():
    with Given(10) as given:
        for args in (["--journal-all"], ["--fsync", "always"], ["--journal", "j", "--emit", "csv"],
                     ["--journal", "j", "--resume", "--out", given.path / "o"]):
            assert b"journal" in given.replay(*args, code=2).err


# ---- progress ----

def test_a_terminal_sees_a_bar_and_a_log_does_not():
    with Given(60000) as given:
        feeds = [str(given.feed)] * 12
        command = [weir.TAGWEIR, "replay", "--rules", str(given.rules), "--clock", weir.CLOCK, *feeds]
        main, side = pty.openpty()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=side)
        os.close(side)
        said = b""
        end = time.monotonic() + weir.PATIENCE_S
        while process.poll() is None or select.select([main], [], [], 0)[0]:
            assert time.monotonic() < end, said
            if select.select([main], [], [], 0.1)[0]:
                try:
                    said += os.read(main, 65536)
                except OSError:
                    break
        os.close(main)
        assert process.wait() == 0
        if b"] " in said:  # it may have been too quick to be told of
            assert re.search(rb"\r\[=* *\] +\d+ %  [\d.]+ \w?B of [\d.]+ \wB, [\d.]+ \w?B/s(, \d+:\d\d left)? *", said), said
            assert said.index(b"clock") > said.rindex(b"] "), said
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=weir.PATIENCE_S)
        assert b"\r" not in done.stderr and b"%" not in done.stderr


if __name__ == "__main__":
    tap.main()
