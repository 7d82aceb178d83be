"""tagweir diff: what it says of two rule sets is what their records say, however it is asked."""
import atexit
import json
import re
import subprocess
import sys
from collections import defaultdict

import weir
from weir import tap

SURFACES = ["timeline", "search", "suggest", "trends", "recommend"]
STRICTER = ("newly_withheld", "newly_downranked", "downranked_more")


def diff(*feeds, old=None, new=None, clock=weir.CLOCK, args=(), stdin=b"", code=None):
    rules = [*(("--old", old) if old else ()), *(("--new", new) if new else ())]
    clocked = ("--clock", clock) if clock else ()
    done = weir.run("diff", *rules, *clocked, "-q", *args, *feeds, stdin=stdin)
    assert code is None or done.code == code, f"exit {code} was expected\n{done.text()}"
    return done


def told(*feeds, **kw):
    """The result as an object."""
    kw["args"] = ("--json", *kw.get("args", ()))
    return json.loads(diff(*feeds, **kw).out)


# Records, and what differs between two of them --------------------------------------------------


def outcome(record, region):
    regions = record.get("regions", {})
    return regions.get(region, regions.get("XX", {"action": "allow"}))


def exemptions(record, region):
    exempted = record.get("exempted", {})
    return exempted.get(region, exempted.get("XX", []))


def factor(o, surface):
    return o["surfaces"].get(surface, {"factor": 1})["factor"] if o["action"] == "downrank" else 1


def act(o, surface):
    """(rule, order) that acts there."""
    if o["action"] == "withhold":
        return o["rule"], o.get("order")
    at = o.get("surfaces", {}).get(surface)
    return (at["rule"], at.get("order")) if at else None


def kind_of(x, y):
    if x["action"] == y["action"] == "withhold":
        return None if act(x, None) == act(y, None) else "other_rule"
    if y["action"] == "withhold":
        return "newly_withheld"
    if x["action"] == "withhold":
        return "no_longer_withheld"
    if x["action"] == "allow" and y["action"] == "downrank":
        return "newly_downranked"
    if x["action"] == "downrank" and y["action"] == "allow":
        return "no_longer_downranked"
    steps = [factor(y, s) - factor(x, s) for s in SURFACES]
    more, less = any(d < 0 for d in steps), any(d > 0 for d in steps)
    if more or less:
        return "downranked_otherwise" if more and less else "downranked_more" if more else "downranked_less"
    return "other_rule" if any(act(x, s) != act(y, s) for s in SURFACES) else None


def pairs_of(kind, x, y):
    """Rules that acted before and after, where it shows."""
    found = set()
    for s in SURFACES:
        a, b = act(x, s), act(y, s)
        if kind == "other_rule":
            shows = a != b
        elif "withheld" in kind:
            other = x if kind == "newly_withheld" else y
            shows = other["action"] == "allow" or factor(other, s) < 1
        else:
            shows = factor(x, s) != factor(y, s)
        if shows:
            found.add((a and a[0], b and b[0]))
    return found


def has_effect(record, region, rule):
    o = outcome(record, region)
    if o["action"] == "withhold":
        return False
    if rule["action"] == "withhold":
        return True
    return any(factor(o, s) > rule.get("factor", 0) for s in rule.get("surfaces", SURFACES))


def effective(record, region, rules):
    return {(e["rule"], e["by"]) for e in exemptions(record, region)
            if has_effect(record, region, rules[e["rule"]])}


def differences(x, y, old, new, only=None):
    """(region, kind, rule before, rule after, by) of two records of a post."""
    found = set()
    named = [set(r.get("regions", {})) for r in (x, y)]
    exempt = [set(r.get("exempted", {})) for r in (x, y)]
    for region in [only] if only else named[0] | named[1]:
        a, b = outcome(x, region), outcome(y, region)
        kind = a != b and kind_of(a, b)
        if kind:
            found |= {(region, kind, p, q, None) for p, q in pairs_of(kind, a, b)}
    for region in [only] if only else set().union(*named, *exempt):
        a, b = effective(x, region, old), effective(y, region, new)
        found |= {(region, "newly_exempt", None, r, by) for r, by in b - a}
        found |= {(region, "no_longer_exempt", r, None, by) for r, by in a - b}
    for key, word in (("observed", "observed"), ("held_back", "held_back")):
        a, b = set(x.get(key, [])), set(y.get(key, []))
        found |= {(None, "newly_" + word, None, r, None) for r in b - a}
        found |= {(None, "no_longer_" + word, r, None, None) for r in a - b}
    return found


def quoted(x, y):
    while "quoted" in x and "quoted" in y:
        x, y = x["quoted"], y["quoted"]
        yield x, y


class Expected:
    """Computed from the records of two replays."""

    def __init__(self, before, after, old, new, region=None, wanted=lambda d: True):
        self.rows, self.kinds = defaultdict(list), defaultdict(set)
        self.posts = self.quoted = 0
        self.changed, self.authors, self.lines = set(), set(), []
        for n, (x, y) in enumerate(zip(before, after)):
            assert x["post"] == y["post"]
            self.posts += 1
            found = {d for d in differences(x, y, old, new, region) if wanted(d)}
            inner = any(any(wanted(d) for d in differences(a, b, old, new, region)) for a, b in quoted(x, y))
            self.quoted += inner
            if found or inner:
                self.lines.append(x["post"])
            for d in found:
                self.rows[d].append((x["post"], x.get("author")))
                self.kinds[d[1]].add(n)
                self.changed.add(n)
                self.authors.add(x.get("author"))

    def check(self, got):
        assert got["posts"] == self.posts, (got["posts"], self.posts)
        assert got["quoted_changed"] == self.quoted, (got["quoted_changed"], self.quoted)
        assert got["changed"] == {"posts": len(self.changed), "authors": len(self.authors - {None})}, got["changed"]
        assert {k: v["posts"] for k, v in got["kinds"].items() if v["posts"]} == {
            k: len(v) for k, v in self.kinds.items()}
        rows = {}
        for r in got["changes"]:
            key = (r.get("region"), r["change"], r.get("before", {}).get("rule"),
                   r.get("after", {}).get("rule"), r.get("by"))
            assert key not in rows, key
            rows[key] = r
        assert set(rows) == set(self.rows), sorted(map(str, set(rows) ^ set(self.rows)))[:5]
        for key, posts in self.rows.items():
            r = rows[key]
            assert (r["posts"], r["authors"]) == (len(posts), len({a for _, a in posts if a})), (key, r, len(posts))
            shown = [(s["post"], s.get("author")) for s in r["samples"]]
            assert shown == posts[:3], (key, shown, posts[:3])


def read_rules(folder):
    """By id, from files whose rules are a line of JSON each."""
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        for line in path.read_text().split("\nrules:\n")[1].splitlines():
            rule = json.loads(line.removeprefix("  - "))
            found[rule["id"]] = rule
    return found


class RealFeeds:
    """Two rule sets made of the feeds' own tags, of which the second is the first with changes."""

    made = None

    def __init__(self):
        self.data = weir.data_dir()
        self.feeds = self.data / "feeds"
        self.folder = weir.Folder().__enter__()
        atexit.register(self.folder.__exit__)
        self.old, self.new = self.folder.path / "old", self.folder.path / "new"
        self.known = {}
        for seed, out in ((1, self.old), (1, self.new)):
            subprocess.run([sys.executable, weir.ROOT / "tests/tools/make_rules.py", "--seed", str(seed),
                            "--kind", "feeds", "--data", self.data, "--out", out],
                           check=True, stdout=subprocess.DEVNULL)
        self.edit()
        self.rules = [read_rules(self.old), read_rules(self.new)]

    @classmethod
    def get(cls):
        """The same for all tests: deciding the feeds takes a while where all is checked."""
        cls.made = cls.made or cls()
        return cls.made

    def edit(self):
        """Of every few rules one goes, is on trial, loses its order, is as strict as another."""
        for path in sorted(self.new.glob("*.yaml")):
            head, rules = path.read_text().split("\nrules:\n")
            lines = []
            for n, line in enumerate(rules.splitlines()):
                rule = json.loads(line.removeprefix("  - "))
                if n % 6 == 1:
                    continue
                if n % 7 == 2 and rule["action"] == "downrank":
                    rule["factor"] = 0.333
                elif n % 7 == 3 and rule["action"] != "allow" and "breaker" not in rule:
                    rule["mode"] = "observe"
                elif n % 7 == 4 and rule["action"] != "allow":
                    rule.pop("order", None)
                elif n % 7 == 5:
                    rule["priority"] = 7
                lines.append("  - " + json.dumps(rule, ensure_ascii=False))
            path.write_text(head + "\nrules:\n" + "\n".join(lines) + "\n")

    def records(self, side, clock=weir.CLOCK, feed=None):
        if (side, clock, feed) not in self.known:
            done = weir.replay(feed or self.feeds, rules=[self.old, self.new][side], clock=clock, args=("-q",))
            records = [json.loads(x) for x in done.lines]
            self.known[side, clock, feed] = [r for r in records if "post" in r and "error" not in r]
        return self.known[side, clock, feed]

    def expected(self):
        if "expected" not in self.known:
            self.known["expected"] = Expected(self.records(0), self.records(1), *self.rules)
        return self.known["expected"]


def test_counts_and_samples_are_those_of_the_records_of_two_replays():
    f = RealFeeds.get()
    expected = f.expected()
    got = told(f.feeds, old=f.old, new=f.new, code=1)
    assert len(expected.changed) > 500 and len(expected.kinds) >= 10, dict(expected.kinds).keys()
    print(f"# {len(expected.changed)} posts change, in {len(expected.rows)} rows of "
          f"{len(expected.kinds)} kinds")
    expected.check(got)


def test_two_clocks():
    clocks = "2021-02-01T07:00:00Z", "created"
    f = RealFeeds.get()
    feed = f.feeds / "tweets_v2.ndjson"
    before, after = f.records(0, clocks[0], feed), f.records(0, clocks[1], feed)
    if len(before) != len(after):  # a post without a time is decided by neither then
        known = {r["post"] for r in after}
        before = [r for r in before if r["post"] in known]
    expected = Expected(before, after, f.rules[0], f.rules[0])
    got = told(feed, clock=None, code=1,
               args=("--rules", f.old, "--old-clock", clocks[0], "--new-clock", clocks[1]))
    assert expected.changed
    expected.check(got)
    assert got["old"]["clock"] == clocks[0] and got["new"]["clock"] == "created"
    same = told(feed, clock=clocks[0], code=1, args=("--rules", f.old, "--new-clock", clocks[1]))
    assert same == got


def test_filters_choose_changes():
    f = RealFeeds.get()
    feed = f.feeds / "tweets_v2.ndjson"
    before, after = f.records(0, feed=feed), f.records(1, feed=feed)
    whole = Expected(before, after, *f.rules)
    region = max((r for r, *_ in whole.rows if r), key=lambda r: sum(k[0] == r for k in whole.rows))
    expected = Expected(before, after, *f.rules, region=region)
    assert 0 < len(expected.rows) < len(whole.rows)
    expected.check(told(feed, old=f.old, new=f.new, args=("--region", region)))
    rules = sorted({r for k in whole.rows for r in k[2:] if r})[::5]
    orders = sorted({r["order"] for r in f.rules[0].values() if "order" in r})[::4]
    under = [{r for r, rule in side.items() if r in rules or rule.get("order") in orders} for side in f.rules]

    def wanted(d):
        _, _, a, b, by = d
        return a in under[0] or b in under[1] or by in under[1 if b else 0]

    expected = Expected(before, after, *f.rules, wanted=wanted)
    assert 0 < len(expected.rows) < len(whole.rows)
    got = told(feed, old=f.old, new=f.new,
               args=[x for r in rules for x in ("--rule", r)] + [x for o in orders for x in ("--order", o)])
    expected.check(got)
    assert {r["order"] for r in got["orders"]} <= set(orders)
    assert {r["rule"] for r in got["rules"]} <= under[0] | under[1]


def test_any_number_of_threads_says_the_same():
    f = RealFeeds.get()
    seen = set()
    for threads in (1, 2):
        out = f.folder.path / f"changes.{threads}"
        text = diff(f.feeds, old=f.old, new=f.new, args=("--threads", threads)).out
        done = diff(f.feeds, old=f.old, new=f.new, code=1,
                    args=("--threads", threads, "--json", "--changes", out))
        seen.add((text, done.out, out.read_bytes()))
    assert len(seen) == 1
    lines = [json.loads(x) for x in out.read_text().split("\n")[:-1]]
    expected = f.expected()
    assert [x["post"] for x in lines] == expected.lines
    for x in lines[:200]:
        assert list(x)[:2] == ["v", "post"] and x["at"]["before"] == weir.CLOCK, x


def reach_of(records, rules):
    """By rule, posts and authors of each effect, from the records."""
    posts = defaultdict(lambda: defaultdict(dict))
    for n, r in enumerate(records):
        who = r.get("author")
        for o in r.get("regions", {}).values():
            if o["action"] == "withhold":
                posts[o["rule"]]["withheld"][n] = who
            for s in o.get("surfaces", {}).values():
                posts[s["rule"]]["downranked" if s["factor"] else "kept_out"][n] = who
        for region in {*r.get("exempted", {}), *r.get("regions", {})}:
            for defeated, by in effective(r, region, rules):
                posts[defeated]["exempt"][n] = posts[by]["exempts"][n] = who
        for key in ("observed", "held_back"):
            for rule in r.get(key, []):
                posts[rule][key][n] = who
    return {rule: {e: (len(p), len(set(p.values()) - {None})) for e, p in effects.items()}
            for rule, effects in posts.items()}


def test_what_rules_reach_is_what_their_records_say():
    f = RealFeeds.get()
    records = f.records(0), f.records(1)
    got = told(f.feeds, old=f.old, new=f.new)["rules"]
    assert {r["standing"] for r in got} == {"same", "changed", "gone"}, "none is new"
    reach = [reach_of(records[side], f.rules[side]) for side in (0, 1)]
    effects = set()
    for r in got:
        for side, key in enumerate(("before", "after")):
            assert (key in r) == (r["rule"] in f.rules[side]), r
            if key in r:
                shown = {e: (n["posts"], n["authors"]) for e, n in r[key].items()}
                expected = reach[side].get(r["rule"], {})
                assert shown == expected, (r["rule"], key, shown, expected)
                effects |= set(shown)
    assert effects == {"withheld", "kept_out", "downranked", "exempt", "exempts", "observed", "held_back"}
    for r in got:
        if r["standing"] != "gone" and r["rule"] in f.rules[0]:
            a, b = f.rules[0][r["rule"]], f.rules[1][r["rule"]]
            assert (r["standing"] == "same") == (a == b), r


# Small rule sets, and what is said of them ------------------------------------------------------


def india(folder, **edits):
    """The example, with its files changed by functions."""
    out = folder.path / "new"
    for path in weir.INDIA.rglob("*"):
        if path.is_file():
            text = path.read_text()
            for edit in edits.get("edits", ()):
                text = edit(text) if path.name == "10-india.yaml" else text
            folder.write(f"new/{path.relative_to(weir.INDIA)}", text)
    return out


def row_of(got, change, **parts):
    found = [r for r in got["changes"] if r["change"] == change and all(
        r.get(k, {}).get("rule") == v if k in ("before", "after") else r.get(k) == v
        for k, v in parts.items())]
    assert len(found) == 1, (change, parts, got["changes"])
    return found[0]


def test_nothing_changes():
    done = diff(weir.INDIA / "posts.ndjson", old=weir.INDIA, new=weir.INDIA, code=0)
    assert b"\nchanges    nothing\n" in done.out and b"region" not in done.out, done.text()
    got = told(weir.INDIA / "posts.ndjson", old=weir.INDIA, new=weir.INDIA, code=0)
    assert got["changes"] == got["orders"] == got["rules"] == [] and got["posts"] == 42, got
    assert all(n["posts"] == 0 for n in got["kinds"].values())


def test_an_order_that_is_lifted():
    feed = weir.INDIA / "posts.ndjson"
    with weir.Folder() as folder:
        new = india(folder, edits=[lambda t: t.replace(
            "    reference: invented/2021/31\n", "    reference: invented/2021/31\n    revoked: 2021-02-01T06:30:00Z\n")])
        got = told(feed, old=weir.INDIA, new=new, code=1)
        assert {r["change"] for r in got["changes"]} <= {
            "no_longer_withheld", "no_longer_downranked", "downranked_less", "no_longer_exempt"}
        row = row_of(got, "no_longer_withheld", region="IN", before="in-2021-01-31-accounts")
        assert (row["posts"], row["authors"], "after" in row) == (12, 10, False), row
        order = next(o for o in got["orders"] if o["order"] == "in-meity-2021-01-31")
        assert order["standing"] == "changed" and order["after"] == {}, order
        assert order["before"]["exempt"]["by"] == {
            "press-freedom": 3, "journalists": 2, "activists": 1, "politicians": 1}, order
        text = diff(feed, old=weir.INDIA, new=new).out.decode()
        assert ("order in-meity-2021-01-31 (changed): withheld 12 posts of 10 authors in IN, and none now; "
                "kept 7 posts of 5 authors out of suggest, trends in IN, and none now") in text, text


NEW_ORDER = """
  - {id: in-x-tag, order: in-x, regions: [IN], action: withhold, match: {hashtags: [farmersprotest, delhitraffic]}}
  - {id: in-x-trend, order: in-x, regions: [IN, TR], action: downrank, factor: 0, surfaces: [trends, suggest],
     match: {hashtags: [delhitraffic]}}
  - {id: commuters, action: allow, against: [in-x], match: {accounts: ["@delhi_commuter_invented"]}}
"""


def new_order(mode=""):
    return [lambda t: t.replace("orders:\n", "orders:\n  in-x: {kind: legal_demand, authority: A, basis: B, "
                                "served: 2021-01-01T00:00:00Z}\n", 1),
            lambda t: t.replace("rules:\n", "rules:\n" + NEW_ORDER.replace("order: in-x,", f"order: in-x,{mode}"), 1)]


def test_the_reach_of_a_new_order():
    feed = weir.INDIA / "posts.ndjson"
    with weir.Folder() as folder:
        new = india(folder, edits=new_order())
        got = told(feed, old=weir.INDIA, new=new, code=1)
        order = next(o for o in got["orders"] if o["order"] == "in-x")
        assert order["standing"] == "new" and "before" not in order, order
        records = [json.loads(x) for x in weir.replay(feed, rules=new, args=("-q",)).lines]
        posts = [r for r in records if "post" in r]
        withheld = [r for r in posts if outcome(r, "IN").get("rule") == "in-x-tag"]
        assert order["after"]["withheld"] == {
            "posts": len(withheld), "authors": len({r["author"] for r in withheld}),
            "regions": {"IN": len(withheld)}}, order
        exempt = order["after"]["exempt"]
        assert exempt["posts"] > 0 and exempt["by"] == {"commuters": exempt["posts"]}, order
        text = diff(feed, old=weir.INDIA, new=new).out.decode()
        said = re.search(r"^order in-x \(new\): .*", text, re.M)[0]
        n = order["after"]["withheld"]
        assert f"would withhold {n['posts']} posts of {n['authors']} authors in IN" in said, said
        assert "(commuters " in said and " exempt in IN, TR" in said, said
        assert "\nrule in-x-tag (new): " in text, "two rules, so each is told of"


def test_what_is_exempt_only_where_no_other_rule_acts():
    """Exemptions of a region may be those of XX, and have an effect in the region alone."""
    with weir.Folder() as folder:
        old = folder.write("old.yaml", "tagweir: 1\nrules:\n- {id: no, regions: [US], action: withhold, match: {hashtags: [no]}}\n")
        new = folder.write("new.yaml", "tagweir: 1\norders: {o: {authority: a, basis: b, kind: report}}\nrules:\n"
                           "- {id: a, order: o, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
                           "- {id: b, regions: [XX], except_regions: [FR], action: withhold, match: {hashtags: [x]}}\n"
                           "- {id: press, action: allow, against: [o], match: {accounts: ['@reader']}}\n")
        got = told("-", old=old, new=new, stdin=posts("x"), code=1)
        assert row_of(got, "newly_exempt", after="a", by="press")["region"] == "FR"
        order = next(o for o in got["orders"] if o["order"] == "o")
        assert order["after"] == {"exempt": {"posts": 1, "authors": 1, "regions": {"FR": 1}, "by": {"press": 1}}}, order
        text = diff("-", old=old, new=new, stdin=posts("x")).out.decode()
        assert "order o (new): 1 post of 1 author is exempt in FR (press 1)\n" in text, text
        assert "rule press (new): would exempt 1 post of 1 author in FR\n" in text, text


def test_many_regions_are_no_more_than_everywhere_and_eight_exemptions_are_all():
    nine = "FR, DE, IT, ES, PT, NL, BE, AT, PL"
    with weir.Folder() as folder:
        old = folder.write("old.yaml", "tagweir: 1\nrules:\n- {id: no, regions: [US], action: withhold, match: {hashtags: [no]}}\n")
        new = folder.write("new.yaml", "tagweir: 1\nrules:\n- {id: all, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
                           f"- {{id: most, regions: [XX], except_regions: [{nine}], priority: 1, action: withhold, match: {{hashtags: [y]}}}}\n"
                           f"- {{id: nine, regions: [{nine}], action: withhold, match: {{hashtags: [z]}}}}\n"
                           "- {id: q, regions: [US], action: withhold, match: {hashtags: ['q*']}}\n" +
                           "".join(f"- {{id: but-{n}, regions: [US], action: allow, match: {{hashtags: [q{n}]}}}}\n" for n in range(8)))
        feed = b"".join(json.dumps({"id": str(n), "author": "@u", "hashtags": tags}).encode() + b"\n" for n, tags in
                        enumerate([["x"], ["x", "y"], ["z"], *(["q%d" % n] for n in range(8))]))
        text = diff("-", old=old, new=new, stdin=feed).out.decode()
        assert "rule all (new): would withhold 2 posts of 1 author in XX and 9 regions\n" in text, text
        assert "rule nine (new): would withhold 1 post of 1 author in 9 regions\n" in text, text
        said = re.search(r"^rule q \(new\): .*", text, re.M)[0]
        assert said.endswith("but-7 1)"), said


def test_an_order_on_trial():
    feed = weir.INDIA / "posts.ndjson"
    with weir.Folder() as folder:
        new = india(folder, edits=new_order(" mode: observe,"))
        got = told(feed, old=weir.INDIA, new=new, code=1)
        assert {r["change"] for r in got["changes"]} == {"newly_observed"}, got["changes"]
        order = next(o for o in got["orders"] if o["order"] == "in-x")
        assert set(order["after"]) == {"observed"} and order["after"]["observed"]["posts"] > 3, order
        text = diff(feed, old=weir.INDIA, new=new).out.decode()
        assert "order in-x (new): on trial (mode: observe), would act on up to " in text, text
        assert "rule in-x-tag (new): on trial (mode: observe), would withhold up to " in text, text


def test_an_exemption_that_is_removed():
    cut = re.compile(r"  - id: press-freedom\n.*?\n\n", re.S)
    with weir.Folder() as folder:
        new = india(folder, edits=[lambda t: cut.sub("", t)])
        got = told(weir.INDIA / "posts.ndjson", old=weir.INDIA, new=new, code=1)
        row = row_of(got, "no_longer_exempt", before="in-2021-01-31-accounts", by="press-freedom")
        assert row["region"] == "IN" and row["posts"] == 1, row
        row = row_of(got, "newly_withheld", after="in-2021-01-31-accounts")
        assert row["posts"] == 1 and row["samples"][0]["by"] == "accounts", row
        gone = next(r for r in got["rules"] if r["rule"] == "press-freedom")
        assert gone["standing"] == "gone" and gone["before"]["exempts"]["posts"] == 3, gone


RULES = """tagweir: 1
rules:
- {id: a, regions: [XX], action: withhold, priority: %d, match: {hashtags: [x]}}
- {id: b, regions: [XX], action: withhold, match: {hashtags: [x]}}
- {id: c, regions: [IN], action: downrank, factor: %s, surfaces: %s, match: {hashtags: [y]}}
- {id: d, action: allow, priority: %d, match: {accounts: [press]}}
"""


def small(folder, name, a=1, factor="0.5", surfaces="[trends]", d=1):
    return folder.write(name + ".yaml", RULES % (a, factor, surfaces, d))


def posts(*tags, author="@reader"):
    return b"".join(weir.own(n, tag).replace(b"@reader", author.encode()) for n, tag in enumerate(tags, 1))


def test_priorities_factors_and_surfaces():
    feed = posts("x", "y", "y") + posts("x", author="@press")
    with weir.Folder() as folder:
        old = small(folder, "old")
        for name, change, before, after, n, edit in (
                ("rule", "other_rule", "a", "b", 1, {"a": -1}),
                ("more", "downranked_more", "c", "c", 2, {"factor": "0.1"}),
                ("less", "downranked_less", "c", "c", 2, {"factor": "0.9"}),
                ("wide", "downranked_more", None, "c", 2, {"surfaces": "[trends, search]"}),
                ("none", "newly_withheld", None, "a", 1, {"d": 0})):
            got = told("-", old=old, new=small(folder, name, **edit), stdin=feed, code=1)
            row = row_of(got, change, before=before, after=after)
            assert row["posts"] == n and got["kinds"][change]["posts"] == n, (name, row)
        got = told("-", old=old, new=small(folder, "other", surfaces="[search]"), stdin=feed, code=1)
        assert got["kinds"]["downranked_otherwise"]["posts"] == 2, got
        text = diff("-", old=old, new=small(folder, "more", factor="0.1"), stdin=feed).out.decode()
        assert re.search(r"^IN +downranked more +c \(x0\.5\) +c \(x0\.1\) +2 +1$", text, re.M), text


def test_samples_as_many_as_are_asked_for():
    with weir.Folder() as folder:
        old, new = small(folder, "old"), small(folder, "new", factor="0.1")
        for n in (0, 1, 5, 1000):
            got = told("-", old=old, new=new, stdin=posts(*["y"] * 9), args=("--samples", n))
            assert [s["post"] for s in got["changes"][0]["samples"]] == [str(k + 1) for k in range(min(n, 9))]
        text = diff("-", old=old, new=new, stdin=posts("y"), args=("--samples", 1)).out.decode()
        assert "\n          1 of @reader, by hashtags #y\n" in text, text


def test_changes_are_packed_as_their_file_is_named():
    feed = posts(*["y"] * 9)
    with weir.Folder() as folder:
        old, new = small(folder, "old"), small(folder, "new", factor="0.1")
        plain, packed = folder.path / "changes", folder.path / "changes.gz"
        for path in (plain, packed):
            diff("-", old=old, new=new, stdin=feed, args=("--changes", path), code=1)
        unpacked = subprocess.run(["gzip", "-dc", packed], stdout=subprocess.PIPE, check=True).stdout
        assert unpacked == plain.read_bytes() and unpacked.count(b"\n") == 9
        assert sorted(p.name for p in folder.path.iterdir()) == ["changes", "changes.gz", "new.yaml", "old.yaml"]


def test_queries_quotes_and_bad_lines():
    feed = (b'{"query":{"hashtag":"y"}}\n{"query":{"hashtag":"z"}}\n{"id":"1","author":"@q","hashtags":[],'
            b'"quotes":{"id":"2","author":"@r","hashtags":["y"]}}\nbad\n{"delete":{}}\n')
    with weir.Folder() as folder:
        old, new = small(folder, "old"), small(folder, "new", factor="0.1")
        out = folder.path / "changes"
        got = told("-", old=old, new=new, stdin=feed, args=("--changes", out), code=1)
        assert (got["posts"], got["queries"], got["skips"], got["errors"]) == (1, 2, 1, 1), got
        assert got["changed"]["posts"] == 0 and got["quoted_changed"] == got["queries_changed"] == 1, got
        query, quoting = [json.loads(x) for x in out.read_text().splitlines()]
        assert query["query"] == {"hashtag": "y"} and query["regions"]["IN"]["change"] == "downranked_more"
        assert "regions" not in quoting and quoting["quoted"]["post"] == "2", quoting
        assert quoting["quoted"]["regions"]["IN"]["after"]["surfaces"]["trends"]["factor"] == 0.1
        done = diff("-", old=old, new=new, stdin=feed)
        assert b"could not be read: 1 line\n" in done.out and b"quotes     1 post quotes" in done.out, done.text()
        diff("-", old=old, new=old, stdin=feed, code=0)
        diff("-", old=old, new=old, stdin=feed, args=("--strict",), code=1)


def test_times_of_posts():
    feed = b"".join(json.dumps({"id": str(n), "author": "@x", "hashtags": ["y"], "created_at": at}).encode() + b"\n"
                    for n, at in enumerate(("2021-01-01T00:00:00Z", "2021-02-01T00:00:00Z", "2021-03-01T00:00:00Z")))
    with weir.Folder() as folder:
        old, new = small(folder, "old"), small(folder, "new", factor="0.1")
        got = told("-", old=old, new=new, stdin=feed + weir.own(9, "y"), code=1,
                   args=("--since", "2021-01-15T00:00:00Z", "--until", "2021-02-15T00:00:00Z"))
        assert (got["posts"], got["left_out"]) == (1, 3), got
        assert [s["post"] for s in got["changes"][0]["samples"]] == ["1"]
        got = told("-", clock=None, stdin=feed + weir.own(9, "y"), code=0,
                   args=("--rules", old, "--old-clock", weir.CLOCK, "--new-clock", "created"))
        assert got["posts"] == 3 and got["errors"] == 1, "a post without a time is decided by neither"


def test_what_is_said_on_standard_error():
    with weir.Folder() as folder:
        old, new = small(folder, "old"), small(folder, "new", factor="0.1")
        args = "diff", "--old", old, "--new", new, "--clock", weir.CLOCK, "-"
        done = weir.run(*args, stdin=posts("y") + b"bad\n")
        assert done.code == 1 and b"\nerrors     1\n" in done.err and b"decided" not in done.err, done.text()
        done = weir.run(*args, "--json", stdin=posts("y"))
        said = json.loads(done.err)
        assert said["summary"] == "diff" and said["posts"] == 1 and "decisions" not in said, said


def test_bad_usage_and_bad_rules():
    with weir.Folder() as folder:
        old, feed = small(folder, "old"), folder.write("feed", posts("y"))
        bad = folder.write("bad.yaml", "tagweir: 1\nrules: [{id: a}]\n")
        for args, code, said in (
                (["--old", old, feed], 2, "what with what?"),
                ([feed], 2, "--old PATH and --new PATH"),
                (["--rules", old, feed], 2, "--old-clock"),
                (["--rules", old, "--old", old, feed], 2, "leave it out"),
                (["--old", old, "--new", old], 2, "no feed"),
                (["--old", old, "--new", old, "--changes", "-", feed], 2, "needs a file"),
                (["--old", old, "--new", old, "--samples", "x", feed], 2, "--samples x"),
                (["--old", old, "--new", old, "--rule", "aa", feed], 2, "did you mean a?"),
                (["--old", old, "--new", old, "--old-clock", "2021", feed], 2, "--old-clock 2021"),
                (["--old", old, "--new", old, "--since", weir.CLOCK, "--until", weir.CLOCK, feed], 2, "before"),
                (["--old", old, "--new", bad, feed], 3, "bad.yaml:2"),
                (["--old", bad, "--new", old, feed], 3, "bad.yaml:2"),
                (["--old", old, "--new", old, folder.path / "nowhere"], 4, "nowhere"),
                (["--old", old, "--new", old, "--changes", feed, feed], 4, "feed")):
            done = weir.run("diff", *args)
            assert done.code == code and said in done.err.decode(), (args, done.text())
        assert feed.read_bytes() == posts("y"), "no feed is written onto"
        several = weir.run("diff", "-q", "--old", old, "--new", old, small(folder, "more").rename(
            folder.path / "more.yml"), feed)
        assert several.code == 3 and b"more.yml" in several.err, "files behind --new belong to it"


def test_what_posts_say_cannot_steer_a_terminal():
    feed = json.dumps({"id": "1\u001b[2J", "author": "@x\u202e", "hashtags": ["y"]}).encode() + b"\n"
    with weir.Folder() as folder:
        done = diff("-", old=small(folder, "old"), new=small(folder, "new", factor="0.1"), stdin=feed)
        assert b"\x1b" not in done.out and "\u202e".encode() not in done.out and b"1\\u{1b}[2J" in done.out


if __name__ == "__main__":
    tap.main()
