"""Replay for audits: the same records for any number of threads and any packing; what is chosen, and
what the summary counts, compared with what records say themselves."""
import collections
import gzip
import hashlib
import json
import os
import random
import re
import resource
import signal
import subprocess

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


def test_a_packed_output_without_records_is_whole():
    with Given(100) as given:
        for name, unpack in (("o.gz", ["gzip", "-dc"]), ("o.zst", ["zstd", "-dcq"]), ("o.ndjson", ["cat"])):
            given.replay("-q", "--rule", "press", "--out", given.path / name, feeds=["-"])
            assert subprocess.run([*unpack, given.path / name], stdout=subprocess.PIPE, check=True).stdout == b""
            assert ((given.path / name).stat().st_size > 0) == (name != "o.ndjson")


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


def measured(*args):
    """Run replay: a hash of its records, how many there are, and its peak memory in MiB."""
    process = subprocess.Popen([weir.TAGWEIR, "replay", "-q", *map(str, args)], stdout=subprocess.PIPE)
    digest, lines = hashlib.sha256(), 0
    while chunk := process.stdout.read(1 << 20):
        digest.update(chunk)
        lines += chunk.count(b"\n")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return digest.hexdigest(), lines, usage.ru_maxrss / 1024


def test_memory_is_bounded_whatever_the_size_of_a_feed():
    """WEIR_FEED_MB is the size; 5000 for the whole of it."""
    feeds = sorted(p for p in (weir.data_dir() / "feeds").rglob("*") if p.is_file())
    once = b"".join(p.read_bytes().rstrip(b"\n") + b"\n" for p in feeds)
    times = int(os.environ.get("WEIR_FEED_MB", 60)) * 1000000 // len(once) + 1
    zst = subprocess.run(["zstd", "-q", "-c"], input=once, stdout=subprocess.PIPE, check=True).stdout
    with Given(1) as given:
        rules = ["--rules", given.rules, "--clock", weir.CLOCK]
        little = given.write("little.ndjson", once)
        _, posts, base = measured(*rules, "--threads", 1, little)
        results = set()
        for name, member in (("feed.ndjson", once), ("feed.gz", gzip.compress(once)), ("feed.zst", zst)):
            path = given.path / name
            with open(path, "wb") as out:
                for _ in range(times):
                    out.write(member)
            for threads in (1, 2):
                digest, lines, peak = measured(*rules, "--threads", threads, path)
                print(f"# {name}, {times * len(once) / 1e9:.2f} GB of lines, {threads} threads: {lines} records, "
                      f"{peak:.0f} MiB; of one time the feeds {base:.0f} MiB", flush=True)
                results.add((digest, lines))
                assert peak < base + 200, (name, threads, peak, base)
            path.unlink()
        assert len(results) == 1 and results.pop()[1] == posts * times


def test_into_a_pipe_an_interrupted_run_has_written_what_it_says():
    with Given(60000) as given:
        feeds = [str(given.write(f"feed{i}", given.lines)) for i in range(2)]
        for chosen in ([], ["--rule", "some"]):  # much of each portion, and little, which waits for more
            command = [weir.TAGWEIR, "replay", "-q", "--rules", str(given.rules), "--clock", weir.CLOCK, *chosen]
            whole = subprocess.run([*command, *feeds], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   timeout=weir.PATIENCE_S).stdout
            for threads in ("1", "2"):
                run = subprocess.Popen([*command, "--threads", threads, *feeds], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, bufsize=0)
                got = run.stdout.read(1000)  # then it waits for its reader
                run.send_signal(signal.SIGINT)
                rest, said = run.communicate(timeout=weir.PATIENCE_S)
                got += rest
                told = re.search(rb"stopped after .*:(\d+), and (\d+) records", said)
                assert run.returncode == -signal.SIGINT and told, said
                assert got.endswith(b"\n") and got == whole[:len(got)], (len(got), len(whole))
                assert len(got) < len(whole), (len(got), len(whole), said)
                assert got.count(b"\n") == int(told[2]), said
                left = json.loads(whole[len(got):].split(b"\n", 1)[0])  # of a line that was not done
                assert (left["line"] if "error" in left else int(left["post"]) + 1) > int(told[1]), (left, said)


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


def test_a_query_of_one_region_says_nothing_of_another():
    query = b'{"query":{"hashtag":"t1","region":"%s"}}\n'
    with Given(10) as given:
        for args, regions in ((["--region", "TR", "--only", "allow"], ["TR"]), (["--region", "IN"], ["IN"]),
                              (["--region", "IN", "--only", "allow"], []), (["--region", "IN", "--rule", "in-tags"], ["IN"])):
            got = records(given.replay("-q", *args, feeds=["-"], stdin=query % b"IN" + query % b"TR"))
            assert [r["query"]["region"] for r in got] == regions, (args, got)


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


def test_the_summary_names_no_hashtag_of_a_confidential_order():
    veiled = """tagweir: 1
orders:
  veiled: {authority: A, basis: B, kind: court_order, confidential: true}
rules:
  - {id: v-withhold, order: veiled, regions: [IN], action: withhold, match: {hashtags: [hidden1, both]}}
  - {id: v-down, order: veiled, regions: [TR], action: downrank, factor: 0.5, match: {hashtags: ['hidden2*']}}
  - {id: open, regions: [FR], action: withhold, match: {hashtags: [known, both]}}
"""
    lines = b"".join(weir.own(i, *tags) for i, tags in enumerate((["hidden1"], ["Hidden2x"], ["known", "hidden1"], ["both"])))
    with weir.Folder() as folder:
        rules = folder.write("r.yaml", veiled)
        for args in ("--json",), (), ("--only", "withhold"), ("--explain",):
            done = weir.replay("-", rules=rules, args=args, stdin=lines)
            assert b"idden" in done.out and b"idden" not in done.err, done.text()
            if args == ("--json",):
                told = summary(done)
                assert told["tags"] == [{"tag": "both", "posts": 1}, {"tag": "known", "posts": 1}], told["tags"]
                assert told["tags_distinct"] == 2 and told["by_order"]["veiled"]["posts"] == 4
            else:
                assert b"tags       #both 1, #known 1\n" in done.err, done.text()


def test_the_summary_says_how_many_records_were_written():
    with Given(300) as given:
        every = given.replay("--only", "withhold,downrank,allow")
        assert b"written" not in every.err, every.text()
        done = given.replay("--only", "withhold")
        quoting = sum(r.get("action", "withhold") != "withhold" for r in map(json.loads, done.lines))
        assert quoting, "posts that only quote one that is withheld"
        assert (f"\nwritten    {len(done.lines)} of {len(every.lines)} records, {quoting} of them only for a post that "
                "they quote\n") in done.err.decode(), done.text()


def test_tags_do_not_steer_the_terminal():
    with Given(10) as given:
        line = b'{"id":"1","author":"@x","hashtags":["t2\\u001b[31m\\n\\u202e"]}\n'
        done = given.replay(feeds=["-"], stdin=line)
        assert b"\x1b" not in done.err and rb"#t2\u{1b}[31m" in done.err, done.text()


# ---- outputs that fail ----

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
                              (["--explain", "--fsync", "never"], is_due)):
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


def test_a_record_that_a_journal_cannot_take_is_told():
    with Given(10) as given:
        post = json.dumps({"id": "1" * (65 << 20), "author": "@a", "hashtags": ["a"]}).encode() + b"\n"
        feed = given.write("long.ndjson", given.lines + post)
        done = given.replay("--max-line", "100M", "--journal", given.path / "journal", "--journal-all",
                            feeds=[feed], code=4)
        assert b"the journal cannot take a record: it is longer than" in done.err, done.err
        weir.expect(weir.run("verify", given.path / "journal"))


def test_options_of_a_journal_that_would_do_harm_are_refused():
    with Given(10) as given:
        for args in (["--journal-all"], ["--fsync", "always"], ["--journal", "j", "--emit", "csv"],
                     ["--journal", "j", "--resume", "--out", given.path / "o"]):
            assert b"journal" in given.replay(*args, code=2).err
        # a journal without some of what was decided cannot be told from one that was robbed
        for args in (["--only", "withhold"], ["--region", "IN"], ["--rule", "r"], ["--order", "o"],
                     ["--since", weir.CLOCK], ["--until", weir.CLOCK]):
            done = given.replay("--journal", given.path / "j", *args, code=2)
            assert b"--journal does not go with --only, --region" in done.err, done.err
            assert not (given.path / "j").exists()


if __name__ == "__main__":
    tap.main()
