"""Reports: what was decided as a page and as JSON; the figures are those of replay's own summary and records, and what
outsiders wrote, or confidential orders are about, cannot be seen where it must not be."""
import base64
import collections
import hashlib
import json
import re
import subprocess
import sys

import weir
from report_page import Page, expect_same_figures, load, read, strings_of
from test_replay import make_feed
from weir import tap

RULES = """tagweir: 1
orders:
  o-in: {authority: Ministry <of> "Posts" & Telegraphs, basis: "Act 1, section 2", kind: legal_demand, reference: r/1,
         served: 2021-02-01T00:00:00Z, in_force: [{from: 2021-02-02T00:00:00Z, until: 2021-02-06T12:00:00Z}]}
  o-eu: {authority: B, kind: policy}
  o-late: {authority: C, kind: policy, in_force: [{from: 2031-01-01T00:00:00Z}]}
rules:
  - {id: in-tags, order: o-in, regions: [IN], action: withhold, match: {hashtags: [t1, 't2*']}}
  - {id: in-who, order: o-in, regions: [IN, TR], action: withhold, match: {accounts: ['id:7', '@h13', 'id:14']}}
  - {id: eu-tags, order: o-eu, regions: [EU], except_regions: [FR], action: downrank, factor: 0.2,
     surfaces: [trends, search], match: {hashtags: [t3, t4]}}
  - {id: all-spam, regions: [XX], action: downrank, factor: 0.5, match: {hashtags: [t5]}}
  - {id: maybe, regions: [US], mode: observe, action: withhold, match: {hashtags: [t6]}}
  - {id: some, regions: [BR], rollout: 40, action: withhold, match: {hashtags: [t7]}}
  - {id: late, order: o-late, regions: [IN], action: withhold, match: {hashtags: [t1]}}
  - {id: nobody, regions: [IN], action: withhold, match: {hashtags: [neverused]}}
  - {id: covered, regions: [IN], action: downrank, factor: 0.9, match: {hashtags: [t21]},
     except: {accounts: ['id:14', '@h12']}, from: 2021-02-03T00:00:00Z, until: 2021-02-05T00:00:00Z}
  - {id: switched, regions: [IN], mode: 'off', action: withhold, match: {hashtags: [t1]}}
  - {id: press, action: allow, against: [o-in], match: {accounts: ['id:14', '@h12']}}
"""
# What the rules above ask for, for who counts again: action, factor, surfaces.
SURFACES = {"timeline", "search", "suggest", "trends", "recommend"}
ASKS = {"in-tags": ("withhold", 0, None), "in-who": ("withhold", 0, None),
        "eu-tags": ("downrank", 0.2, {"trends", "search"}), "all-spam": ("downrank", 0.5, SURFACES)}
ORDER_OF = {"in-tags": "o-in", "in-who": "o-in", "eu-tags": "o-eu"}


def report(*feeds, rules=weir.INDIA, clock="created", args=(), stdin=b"", code=0):
    clocked = ("--clock", clock) if clock else ()
    done = weir.run("report", "-q", "--rules", rules, *clocked, *args, *feeds, stdin=stdin)
    return weir.expect(done, code).out


def both(*feeds, **kw):
    """The page and JSON, which have the same figures."""
    args = kw.pop("args", ())
    page = read(report(*feeds, args=args, **kw))
    data = load(report(*feeds, args=(*args, "--json"), **kw))
    expect_same_figures(page.figures, data)
    return page, data


def made(folder, n=20000, rules=RULES):
    return folder.write("rules.yaml", rules), folder.write("feed.ndjson", make_feed(n))


def own(**keys):
    return json.dumps({"id": "1", "author": "@a", "created_at": weir.CLOCK, **keys}).encode() + b"\n"


def rows(data, part, key="id"):
    return {row.get(key, "own policy"): row for row in data[part]}


# The page -----------------------------------------------------------------------------------------

def test_a_report_of_each_example_is_a_page_that_loads_nothing():
    for folder in sorted(p for p in weir.EXAMPLES.iterdir() if (p / "posts.ndjson").exists()):
        page, data = both(folder / "posts.ndjson", rules=folder, clock=(folder / "clock").read_text().strip())
        assert page.policy.startswith("default-src 'none'; style-src 'sha256-"), page.policy
        digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in page.policy
        assert not re.search(r"@import|https?:|//", page.style)
        assert data["totals"]["posts"] > 0 and data["ruleset"] in page.text
        assert page.tags["svg"] >= 2 and page.tags["title"] > 2 and page.tags["desc"] == page.tags["svg"] - 3


def test_the_head_says_what_it_is_of():
    page, data = both(weir.INDIA / "posts.ndjson")
    version = weir.run("--version").out.decode().split()[1]
    assert data["engine"] == version and f"Tagweir {version}, Unicode {data['unicode']}" in page.text
    assert re.fullmatch(r"[0-9a-f]{64}", data["ruleset"])
    assert data["feeds"] == [{"name": str(weir.INDIA / "posts.ndjson"), "bytes": (weir.INDIA / "posts.ndjson").stat().st_size}]
    assert "each post as of the time when it was made" in page.text and "at" not in data
    page, data = both(weir.INDIA / "posts.ndjson", clock=weir.CLOCK)
    assert data["at"] == weir.CLOCK and "all posts as of 2021-02-01 07:00 UTC" in " ".join(page.text.split())
    assert "all were decided as of one time" in " ".join(page.text.split())


def test_the_head_says_how_feeds_were_read():
    with weir.Folder() as folder:
        rules = folder.write("r.yaml", RULES)
        handles = folder.write("<i>.csv", "did:plc:a,h13\n")
        _, data = both("-", rules=rules, stdin=own(text="#t5", hashtags=[]))
        assert data["read_with"] == {} and data["totals"]["downranked"] == 0
        page, data = both("-", rules=rules, stdin=own(text="#t5", hashtags=[]),
                          args=("--tags", "both", "--handles", handles, "--max-line", 5000, "--owner", "me", "--owner-id", 6))
        assert data["read_with"] == {"tags": "both", "handles": str(handles), "owner": "me", "owner-id": "6", "max-line": "5000"}
        assert data["totals"]["downranked"] == 1
        assert f"--tags both , --handles {handles} , --owner me , --owner-id 6 , --max-line 5000" in " ".join(page.text.split())


def test_a_report_is_the_same_for_any_number_of_threads_and_again():
    with weir.Folder() as folder:
        rules, feed = made(folder, 60000)
        for args in (), ("--json",), ("--json", "--explain"):
            one = report(feed, rules=rules, args=(*args, "--threads", 1))
            assert one == report(feed, rules=rules, args=(*args, "--threads", 2))
            assert one == report(feed, rules=rules, args=(*args, "--threads", 7))


def test_a_file_gets_what_standard_output_would():
    with weir.Folder() as folder:
        out = folder.path / "r.html"
        assert report(weir.INDIA / "posts.ndjson", args=("--out", out)) == b""
        assert out.read_bytes() == report(weir.INDIA / "posts.ndjson")
        assert sorted(p.name for p in folder.path.iterdir()) == ["r.html"]


def test_what_a_report_cannot_be_of_is_said():
    feed = weir.INDIA / "posts.ndjson"
    for args, words in (((), b"no feed"), (("--only", "allow", feed), b"withheld or downranked"),
                        (("--rule", "in-2021-01-31-acounts", feed), b"did you mean in-2021-01-31-accounts"),
                        (("--since", weir.CLOCK, "--until", weir.CLOCK, feed), b"--since must be before")):
        done = weir.expect(weir.run("report", "--rules", weir.INDIA, *args), 2)
        assert words in done.err, done.text()


# Figures ------------------------------------------------------------------------------------------

def test_the_figures_are_those_of_a_replay():
    with weir.Folder() as folder:
        rules, feed = made(folder)
        _, data = both(feed, rules=rules)
        done = weir.replay(feed, rules=rules, clock="created", args=("--json",))
        told = json.loads(done.err)
        assert data["totals"]["posts"] == told["posts"] > 15000
        assert data["totals"]["withheld"] == told["decisions"]["withhold"] > 100
        assert data["totals"]["downranked"] == told["decisions"]["downrank"] > 100
        assert data["totals"]["allowed"] == told["decisions"]["allow"]
        assert data["totals"]["authors"] == told["acted_on"]["authors"]
        for kind in ("observed", "held_back"):
            assert data["totals"][kind] == told[kind] > 0
        for key in ("lines", "items", "queries", "left_out", "reposts_by_id", "limit_tags"):
            assert data["input"][key] == told[key], key
        assert {e["what"]: e["n"] for e in data["errors"]} == {k: v["count"] for k, v in told["errors"].items()}
        assert {s["what"]: s["n"] for s in data["skips"]} == told["skips"]
        assert data["input"]["quoted_withheld"] == told["quoted"]["withhold"]
        regions = {r["region"]: (r["withheld"] + r["downranked"], r["authors"]) for r in data["regions"]}
        assert regions == {k: (v["posts"], v["authors"]) for k, v in told["by_region"].items()} and len(regions) > 20
        orders = {o["id"]: (o["withheld"] + o["downranked"], o["authors"]) for o in data["orders"]
                  if "id" in o and o["withheld"] + o["downranked"]}
        assert orders == {k: (v["posts"], v["authors"]) for k, v in told["by_order"].items()} and len(orders) == 2
        assert [(t["tag"], t["posts"]) for t in data["tags"]] == [(t["tag"], t["posts"]) for t in told["tags"][:50]]


class Again:
    """The same counts, from the records of a replay and the posts themselves."""

    def __init__(self, rules, feed, args=(), effects=lambda region, rule, action: True):
        records = [json.loads(x) for x in weir.replay(feed, rules=rules, clock="created", args=("-q", *args)).lines]
        posts = [json.loads(x) for x in weir.expect(weir.run("posts", "-q", feed)).lines]
        made_at = {p["id"]: p.get("created_at") for p in posts if "error" not in p}
        self.wanted = effects
        self.days = collections.Counter()
        self.order_days = collections.Counter()
        self.orders, self.regions = collections.Counter(), collections.Counter()
        self.exempted, self.accounts = collections.Counter(), collections.Counter()
        self.n = self.with_exemption = 0
        for r in records:
            if "error" not in r:
                self.n += 1
                self.take(r, made_at[r["post"]])

    def take(self, r, made_at):
        by_order, acted = {}, set()
        for region, o in r.get("regions", {}).items():
            acts = [o] if o["action"] == "withhold" else o.get("surfaces", {}).values()
            done = [a for a in acts if self.wanted(region, a["rule"], o["action"])]
            if done:
                self.regions[region, o["action"]] += 1
                acted.add(o["action"])
            for a in done:
                order = a.get("order", "own policy")
                by_order[order] = max(by_order.get(order, ""), o["action"])
        for order, action in by_order.items():
            self.orders[order, action] += 1
            self.order_days[order, made_at and made_at[:10], action] += 1
        if acted:
            self.accounts[r["author"]] += 1
        self.days[made_at and made_at[:10], max(acted, default="allow")] += 1
        self.take_exempted(r)

    def take_exempted(self, r):
        outcomes, found = r.get("regions", {}), r.get("exempted", {})
        done = set()
        for region in {*outcomes, *found}:
            o = outcomes.get(region, outcomes.get("XX", {"action": "allow"}))
            for e in found.get(region, found.get("XX", [])):
                action, factor, surfaces = ASKS[e["rule"]]
                reached = {s: o["surfaces"][s]["factor"] if s in o.get("surfaces", {}) else 1 for s in SURFACES}
                if o["action"] != "withhold" and (action == "withhold" or any(reached[s] > factor for s in surfaces)):
                    self.exempted[e["rule"], e["by"], region] += 1
                    done.add(region)
        self.with_exemption += bool(done)


def expect_again(data, again, days=True):
    assert data["totals"]["posts"] == again.n
    for action, key in ("withhold", "withheld"), ("downrank", "downranked"):
        assert {r["region"]: r[key] for r in data["regions"] if r[key]} == \
            {region: n for (region, a), n in again.regions.items() if a == action}
        assert {o.get("id", "own policy"): o[key] for o in data["orders"] if o[key]} == \
            {order: n for (order, a), n in again.orders.items() if a == action}
    assert {(e["rule"], e["by"], w["region"]): w["posts"] for e in data["exemptions"] for w in e["where"]} == again.exempted
    assert data["totals"]["exempted"] == again.with_exemption
    first = sorted(again.accounts.items(), key=lambda x: (-x[1], x[0]))[:50]
    assert [(a["account"], a["posts"]) for a in data["accounts"]] == first
    assert data["accounts_distinct"] == len(again.accounts)
    if days:
        expect_days(data, again)


def in_days(steps, key):
    found = collections.Counter()
    for step in steps:
        found[step["from"][:10]] += step[key]
    return +found


def expect_days(data, again):
    for action, key in ("withhold", "withheld"), ("downrank", "downranked"):
        assert in_days(data["steps"], key) == {d: n for (d, a), n in again.days.items() if a == action and d}
        assert data["outside"]["untimed"][key] == again.days[None, action]
        for o in data["orders"]:
            line = [dict(step, **{"from": at["from"]}) for at, step in zip(data["steps"], o.get("line", []))]
            assert in_days(line, key) == {d: n for (order, d, a), n in again.order_days.items()
                                          if order == o.get("id", "own policy") and a == action and d}
    assert data["outside"]["untimed"]["posts"] == sum(n for (d, _), n in again.days.items() if not d)


def test_the_figures_are_those_of_the_records():
    with weir.Folder() as folder:
        rules, feed = made(folder, 8000)
        data = load(report(feed, rules=rules, clock=weir.CLOCK, args=("--json",)))
        assert data["outside"]["untimed"]["posts"] > 100 and data["step"] == "3 hours"
        data = load(report(feed, rules=rules, args=("--json",)))
        again = Again(rules, feed)
        assert again.exempted and len(again.regions) > 20
        expect_again(data, again)


def test_filters_choose_what_is_counted():
    with weir.Folder() as folder:
        rules, feed = made(folder, 6000)
        for args, effects in (
                (("--order", "o-in"), lambda region, rule, action: ORDER_OF.get(rule) == "o-in"),
                (("--rule", "all-spam", "--rule", "in-who"), lambda region, rule, action: rule in ("all-spam", "in-who")),
                (("--only", "downrank"), lambda region, rule, action: action == "downrank")):
            page, data = both(feed, rules=rules, args=args)
            again = Again(rules, feed, effects=effects)
            # all that is exempted here is a withhold under o-in
            again.exempted = {k: n for k, n in again.exempted.items()
                              if "--only" not in args and ("--rule" not in args or k[0] == "in-who")}
            again.with_exemption = data["totals"]["exempted"]
            expect_again(data, again)
            assert "allowed" not in data["totals"] and "neither" not in page.text  # others may have acted
            assert data["asked"]["part"] and "Only what is named above was counted" in page.text
            assert "silent" not in data and "this cannot be told" in page.text
        data = load(report(feed, rules=rules, args=("--json", "--since", "2021-02-03T00:00:00Z", "--until", "2021-02-05T00:00:00Z")))
        assert {s["from"][:10] for s in data["steps"]} == {"2021-02-03", "2021-02-04"}
        assert data["input"]["left_out"] > 3000 and data["totals"]["posts"] < 2000


def test_filters_choose_what_is_counted_of_rules_on_trial():
    rules = """tagweir: 1
rules:
  - {id: in-try, regions: [IN], mode: observe, action: withhold, match: {hashtags: [p]}}
  - {id: us-try, regions: [US], mode: observe, action: downrank, match: {hashtags: [p]}}
  - {id: all-try, regions: [XX], except_regions: [IN], mode: observe, action: downrank, match: {hashtags: [p]}}
"""
    with weir.Folder() as folder:
        file = folder.write("r.yaml", rules)
        for args, tried in (
                ((), {"in-try", "us-try", "all-try"}),
                (("--region", "IN"), {"in-try"}),
                (("--region", "US"), {"us-try", "all-try"}),
                (("--only", "downrank"), {"us-try", "all-try"}),
                (("--region", "IN", "--only", "downrank"), set())):
            _, data = both("-", rules=file, stdin=own(hashtags=["p"]), args=(*args, "--explain"))
            assert {r["id"] for r in data["rules"] if r["observed"]} == tried, (args, data["rules"])
            assert data["totals"]["observed"] == bool(tried), args


def test_a_region_is_looked_up_as_a_reader_would():
    with weir.Folder() as folder:
        rules, feed = made(folder, 6000)
        data = load(report(feed, rules=rules, args=("--json", "--region", "IN")))
        records = [json.loads(x) for x in weir.replay(feed, rules=rules, clock="created", args=("-q",)).lines]
        counts = collections.Counter()
        for r in records:
            found = r.get("regions", {})
            counts[found.get("IN", found.get("XX", {"action": "allow"}))["action"]] += "error" not in r
        assert [r["region"] for r in data["regions"]] == ["IN"]
        assert (data["regions"][0]["withheld"], data["regions"][0]["downranked"]) == (counts["withhold"], counts["downrank"])
        assert (data["totals"]["withheld"], data["totals"]["downranked"]) == (counts["withhold"], counts["downrank"])
        assert data["totals"]["allowed"] == counts["allow"]
        assert counts["downrank"] > 100 < counts["withhold"]


def test_rules_without_a_part_are_told_with_what_became_of_them():
    with weir.Folder() as folder:
        rules, feed = made(folder, 6000)
        page, data = both(feed, rules=rules)
        why = {s["id"]: s["why"] for s in data["silent"]}
        assert why == {"late": "not in force at any of these times", "nobody": "acted on nothing", "switched": "switched off",
                       "covered": "acted on nothing"}, why
        page, data = both(feed, rules=rules, args=("--explain",))
        assert {s["id"]: s["why"] for s in data["silent"]}["nobody"] == "never matched"
        traced = [json.loads(x) for x in weir.replay(feed, rules=rules, clock="created", args=("-q", "--explain")).lines]
        assert any(t["rule"] == "covered" and t["state"] == "outranked" for r in traced for t in r.get("trace", []))
        assert {s["id"]: s["why"] for s in data["silent"]}["covered"] == "matched, but others acted"
        pressed = sum(any(t["rule"] == "press" and t["state"] == "matched" for t in r.get("trace", [])) for r in traced)
        assert rows(data, "rules")["press"]["matched"] == pressed > 0


def test_rules_with_a_part_in_quoted_posts_or_queries_are_told_so():
    aside = "had a part in quoted posts or queries alone"
    rules = """tagweir: 1
rules:
  - {id: in-quote, regions: [IN], action: withhold, match: {hashtags: [q]}}
  - {id: in-query, regions: [IN], action: downrank, match: {hashtags: [s]}}
  - {id: watched, regions: [IN], mode: observe, action: withhold, match: {hashtags: [q]}}
  - {id: spared, regions: [TR], action: withhold, match: {hashtags: [q]}}
  - {id: spares, regions: [TR], action: allow, match: {accounts: ['@b']}}
  - {id: both, regions: [US], action: withhold, match: {hashtags: [q, p]}}
  - {id: idle-allow, regions: [FR], action: allow, match: {accounts: ['@b']}}
  - {id: nobody, regions: [IN], action: withhold, match: {hashtags: [neverused]}}
"""
    query = json.dumps({"query": {"hashtag": "s", "at": weir.CLOCK}}).encode() + b"\n"
    stdin = own(hashtags=["p"], quotes={"id": "2", "author": "@b", "hashtags": ["q"]}) + query
    with weir.Folder() as folder:
        file = folder.write("r.yaml", rules)
        for args in (), ("--explain",):
            _, data = both("-", rules=file, stdin=stdin, args=args)
            why = {s["id"]: s["why"] for s in data["silent"]}
            alone = ["in-quote", "in-query", "watched", "spared", "spares"] + ["idle-allow"] * bool(args)
            assert {k for k, v in why.items() if v == aside} == set(alone), why
            assert [r["id"] for r in data["rules"]] == ["both"] and data["totals"]["withheld"] == 1
            assert why["nobody"] == ("never matched" if args else "acted on nothing")
        # without a post, too
        _, data = both("-", rules=file, stdin=query)
        why = {s["id"]: s["why"] for s in data["silent"]}
        assert why["in-query"] == aside and why["nobody"] == "nothing was decided"


def test_accounts_that_are_too_many_to_be_told_apart_are_said_to_be():
    # what is kept of their names has a bound
    posts = b"".join(own(author={"id": f"{i}" + "x" * 900000}, hashtags=["t5"]) for i in range(40))
    with weir.Folder() as folder:
        page, data = both("-", rules=folder.write("r.yaml", RULES), stdin=posts)
    assert data["totals"]["authors"] == 40 and data["accounts_distinct"] + data["accounts_others"] == 40
    assert 0 < data["accounts_others"] < 10 and page.figures["accounts_others"] == data["accounts_others"]
    assert "There were more" in page.text and data["tags_others"] == 0 and "tags_others" not in page.figures


def test_from_the_first_year_to_the_last():
    times = "0000-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"
    posts = b"".join(own(hashtags=["t5"], created_at=at) for at in times)
    with weir.Folder() as folder:
        rules = folder.write("r.yaml", RULES)
        for clock in "created", weir.CLOCK:
            page, data = both("-", rules=rules, stdin=posts, clock=clock)
            assert data["step"] == "century" and len(data["steps"]) == 100
            assert [i for i, s in enumerate(data["steps"]) if s["downranked"]] == [0, 19, 99]


def test_orders_are_told_with_their_terms():
    with weir.Folder() as folder:
        rules, feed = made(folder, 6000)
        page, data = both(feed, rules=rules)
        order = rows(data, "orders")["o-in"]
        assert order["authority"] == 'Ministry <of> "Posts" & Telegraphs' and order["basis"] == "Act 1, section 2"
        assert [(i["from"], i["until"]) for i in order["in_force"]] == [("2021-02-02T00:00:00Z", "2021-02-06T12:00:00Z")]
        assert "… (" not in page.text
        basis = "Act 1, read with " + "section 2 of the rules under it, and " * 40 + "what follows"
        long, _ = both(feed, rules=folder.write("long.yaml", RULES.replace("Act 1, section 2", basis)))
        assert basis in long.text and "… (" not in long.text
        for word in ('Ministry <of> "Posts" & Telegraphs', "Act 1, section 2", "r/1", "Nothing was done under it."):
            assert word in page.text, word
        assert "line" not in rows(data, "orders")["o-late"]


def test_feeds_with_next_to_nothing_in_them():
    for posts, n in ((b"", 0), (weir.own(1), 1), (b'{"delete":{"status":{"id":1}}}\n', 0), (b"{]\n", 0)):
        page, data = both("-", clock=weir.CLOCK, stdin=posts)
        assert data["totals"]["posts"] == n and data["steps"] == [] and data["regions"] == []
        assert ("No post has a time" if n else "No post was decided") in page.text and data["feeds"] == [{"name": "standard input"}]
    one = b'{"id":"1","author":"@a","hashtags":["t1"],"created_at":"2021-02-03T00:00:59.999Z"}\n'
    with weir.Folder() as folder:
        page, data = both("-", rules=folder.write("r.yaml", RULES), stdin=one)
        assert [s["from"] for s in data["steps"]] == ["2021-02-03T00:00:00Z"] and data["steps"][0]["withheld"] == 1
        none = folder.write("none.yaml", "tagweir: 1\nrules:\n  - {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n")
        page, data = both("-", rules=none, stdin=one)
        assert [o.get("own_policy") for o in data["orders"]] == [True] and data["silent"][0]["id"] == "a"


def test_far_times_do_not_make_the_axis_useless():
    posts = b"".join(b'{"id":"%d","author":"@a","hashtags":["t1"],"created_at":"2021-02-03T%02d:00:00Z"}\n' % (i, i % 24)
                     for i in range(400))
    posts += b'{"id":"x","author":"@a","created_at":"0000-01-01T00:00:00Z"}\n'
    posts += b'{"id":"y","author":"@a","hashtags":["t5"],"created_at":"9999-12-31T23:59:59.999Z"}\n'
    with weir.Folder() as folder:
        rules = folder.write("r.yaml", RULES)
        page, data = both("-", rules=rules, stdin=posts)
        assert data["step"] == "15 minutes" and len(data["steps"]) == 93
        assert data["outside"]["before"]["posts"] == 1 and data["outside"]["after"]["downranked"] == 1
        assert "2 posts made long before or after" in " ".join(page.text.split())


# What outsiders write -----------------------------------------------------------------------------

HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'--></style><svg/onload=1>", "&lt;b&gt;&amp;",
           "\u202egnp.exe\u202c", "\u2066a\u2069", "a\u200bb\ufeffc", "line\nbreak\rtab\tnul", "]]>", "\u0007bell", "x" * 3000,
           "\U0001f468\u200d\U0001f469", "\u0627\u0644\u0639", "\ufffe\uffff", "{{7*7}}", "javascript:alert(1)", "\u2028\u2029",
           "data-figure=\"totals.posts\">9"]


def hostile_feed():
    for i, text in enumerate(HOSTILE):
        yield json.dumps({"id": f"{i}{text}", "author": {"id": text, "handle": text}, "hashtags": [text, "t5"],
                          "created_at": "2021-02-03T00:00:00Z"}).encode() + b"\n"
        yield json.dumps({"id": str(i), "author": {"handle": text}, "hashtags": [text], "created_at": "2021-02-03T00:00:00Z"}).encode() + b"\n"


def test_what_posts_hold_is_text_and_no_more():
    everything = RULES.replace("[t5]", "['*', t5]") + """
  - {id: all-who, regions: [TR], action: withhold, match: {accounts: ['*', '/./']}}
"""
    with weir.Folder() as folder:
        rules = folder.write("r.yaml", everything)
        feed = folder.write("<b onmouseover=1>\u202e&amp;'.ndjson", b"".join(hostile_feed()))
        page, data = both(feed, rules=rules)
        html = report(feed, rules=rules).decode()
    assert data["tags_distinct"] > 10 and data["accounts_distinct"] > 20
    assert {a["account"] for a in data["accounts"]} >= {"id:" + HOSTILE[0], "@" + HOSTILE[0]}
    assert "<script" not in html and "onerror=alert(1)>" not in html.replace("&gt;", "")
    for shown in ("<script>alert(1)</script>", "'--></style><svg/onload=1>", "[U+202E]gnp.exe[U+202C]", "[U+0007]bell",
                  "line[U+000A]break", "a[U+200B]b", "[U+2028]", "javascript:alert(1)"):
        assert shown in page.text, shown
    for hidden in "\u202e\u2066\u200b\ufeff\u0007\u2028\ufffe\x00":
        assert hidden not in html, repr(hidden)
    assert "… (3003 bytes)" in page.text and "x" * 200 not in html
    assert html.count("<bdi>") == html.count("</bdi>") > 60


def test_texts_that_are_no_utf8_are_shown_all_the_same():
    # only names of files can be that: what is read is checked
    with weir.Folder() as folder:
        feed = str(folder.path / "a").encode() + b"\xff\xfe.ndjson"
        with open(feed, "wb") as f:
            f.write(weir.own(1))
        done = subprocess.run([weir.TAGWEIR, "report", "-q", "--rules", str(weir.INDIA), "--clock", weir.CLOCK, feed],
                              capture_output=True, timeout=weir.PATIENCE_S)
        assert done.returncode == 0 and "a\ufffd\ufffd.ndjson" in Page(done.stdout.decode("utf-8")).text


def test_marks_are_written_above_the_bars():
    emergency = """tagweir: 1
orders:
  o: {kind: emergency, authority: A, basis: B, served: 2021-02-01T12:00:00Z, review_by: 2021-02-03T00:00:00Z,
      confirmed: 2021-02-02T20:00:00Z, revoked: 2021-02-03T12:00:00Z}
rules:
  - {id: a, order: o, regions: [IN], action: withhold, match: {hashtags: [t1]}}
"""
    posts = b"".join(own(hashtags=["t1"], created_at=f"2021-02-0{1 + i // 24}T{i % 24:02}:00:00Z") for i in range(96))
    with weir.Folder() as folder:
        rules, feed = folder.write("r.yaml", emergency), folder.write("f.ndjson", posts)
        html = report(feed, rules=rules, clock="2021-02-03T06:00:00Z").decode()
    plots = {svg.split('"', 1)[0]: svg for svg in re.split('<svg class="plot" role="img" aria-labelledby="', html)[1:]}
    for plot, marks in ("time0-t time0-d", ["decided as of here"]), ("order0-t order0-d", ["decided as of here", "served", "review due", "confirmed", "revoked"]):
        svg = plots[plot].split("</svg>")[0]
        texts = re.findall(r'<text class="mark(?: last)?" x="[^"]*" y="([^"]*)">([^<]*)<', svg)
        assert [what for _, what in texts] == marks, texts
        heights = [float(y) for y, _ in texts]
        assert len(set(heights)) == len(heights), "each has a row of its own"
        bars = [float(y) for y in re.findall(r'<rect class="(?:all|withheld|downranked)" x="[^"]*" y="([^"]*)"', svg)]
        assert bars and max(heights) < min(bars), (heights, min(bars))


# Confidential orders ------------------------------------------------------------------------------

SECRET = """tagweir: 1
lists:
  whom: {accounts: ["id:666", "@secretwho"], posts: ["secretpost"]}
orders:
  veiled: {authority: SECRETauthority, basis: SECRETbasis, kind: court_order, reference: SECRETreference, notice: SECRETnotice,
           served: 2021-02-01T01:23:45Z, in_force: [{from: 2021-02-02T03:04:05Z}], confidential: true, meta: {a: SECRETmeta}}
  plain: {authority: B, basis: known, kind: policy}
rules:
  - {id: secretrule-who, order: veiled, regions: [IN], action: withhold, match: {accounts: [{list: whom}]}}
  - {id: secretrule-tag, order: veiled, regions: [IN, NP], action: downrank, factor: 0.1, match: {hashtags: ["secrettag*"]}}
  - {id: secretrule-post, order: veiled, regions: [IN], action: withhold, match: {posts: [{list: whom}]}}
  - {id: secretrule-idle, order: veiled, regions: [IN], action: withhold, match: {hashtags: [nothing]}}
  - {id: secretrule-watch, order: veiled, mode: observe, regions: [LK], action: withhold, match: {hashtags: [known]}}
  - {id: open-tag, order: plain, regions: [XX], action: downrank, factor: 0.5, match: {hashtags: [known]}}
  - {id: open-jane, order: plain, regions: [IN], action: downrank, factor: 0.5, match: {accounts: ["@jane"]}}
  - {id: allow-jane, against: [veiled], action: allow, match: {accounts: ["@jane"]}}
"""
SECRET_POSTS = [("1", {"id": "666", "handle": "targethandle"}, ["known"]), ("2", {"handle": "secretwho"}, []),
                ("secretpost", {"id": "1", "handle": "quiet"}, []), ("3", {"id": "2", "handle": "tagger"}, ["SecretTag1"]),
                ("4", {"handle": "jane"}, ["secrettag2"]), ("5", {"id": "3", "handle": "seen"}, ["known"]),
                ("6", {"handle": "jane"}, ["known"]), ("7", {"id": "666"}, ["SecretTag3"])]
NEVER = ["SECRETauthority", "SECRETbasis", "SECRETreference", "SECRETnotice", "SECRETmeta", "secretrule", "secrettag", "SecretTag",
         "secretwho", "secretpost", "quiet", "tagger", "court_order", "01:23", "03:04", "whom"]


def secret_lines():
    for i, (id_, author, tags) in enumerate(SECRET_POSTS):
        yield json.dumps({"id": id_, "author": author, "hashtags": tags, "created_at": f"2021-02-03T00:{i:02}:00Z"}).encode() + b"\n"


def test_of_a_confidential_order_the_id_and_counts_are_all_there_is():
    with weir.Folder() as folder:
        rules, feed = folder.write("r.yaml", SECRET), folder.write("f.ndjson", b"".join(secret_lines()))
        for args in (), ("--explain",), ("--clock", weir.CLOCK), ("--region", "IN"), ("--only", "withhold"), ("--order", "veiled"):
            page, data = both(feed, rules=rules, args=args)
            html = report(feed, rules=rules, args=args).decode()
            for word in NEVER:
                assert word not in html, (args, word)
                assert all(word not in s for s in strings_of(data)), (args, word)
            veiled = rows(data, "orders")["veiled"]
            assert set(veiled) == {"id", "confidential", "withheld", "downranked", "exempted", "authors"}, veiled
            assert "(confidential)" in page.text
        _, data = both(feed, rules=rules)
        veiled = rows(data, "orders")["veiled"]
        assert (veiled["withheld"], veiled["downranked"], veiled["authors"], veiled["exempted"]) == (4, 1, 4, 1), veiled
        # 666 is there for what the open rule did, and not for what the veiled one did
        assert {(a["account"], a["posts"]) for a in data["accounts"]} == {("id:666", 1), ("id:3", 1), ("@jane", 2)}
        assert data["tags"] == [{"tag": "known", "posts": 3}]
        assert [r["id"] for r in data["rules"]] == ["open-tag", "open-jane"]
        # that jane's exemption did something would tell whom the veiled order is about
        assert data["exemptions"] == [] and data["totals"]["exempted"] == 1
        assert [s["id"] for s in data["silent"]] == ["allow-jane"]


def test_a_confidential_rule_that_is_asked_for_is_not_named():
    with weir.Folder() as folder:
        rules, feed = folder.write("r.yaml", SECRET), folder.write("f.ndjson", b"".join(secret_lines()))
        args = ("--rule", "secretrule-who", "--rule", "open-tag")
        page, data = both(feed, rules=rules, args=args)
        html = report(feed, rules=rules, args=args).decode()
        assert "secretrule" not in html and all("secretrule" not in s for s in strings_of(data))
        assert data["asked"]["rules"] == [None, "open-tag"] and "one under a confidential order" in page.text
        assert rows(data, "orders")["veiled"]["withheld"] == 3


def test_rules_that_have_to_do_with_confidential_orders_are_not_said_to_be_idle():
    with weir.Folder() as folder:
        feed = folder.write("f.ndjson", b"".join(secret_lines()))
        rules = folder.write("r.yaml", SECRET.replace("match: {hashtags: [known]}}\n  - {id: open-jane", "match: {hashtags: [none]}}\n  - {id: open-jane"))
        for args, why, other in (((), "defeated nothing", "acted on nothing"),
                                 (("--explain",), "matched, but there was nothing to defeat", "never matched, confidential orders aside")):
            page, data = both(feed, rules=rules, args=args)
            silent = {s["id"]: s["why"] for s in data["silent"]}
            assert silent == {"allow-jane": why + ", confidential orders aside", "open-tag": other}, silent


def test_what_a_rule_did_beside_a_confidential_one_is_in_all_its_columns():
    with weir.Folder() as folder:
        feed = folder.write("f.ndjson", b"".join(secret_lines()))
        page, data = both(feed, rules=folder.write("r.yaml", SECRET), args=("--explain",))
        for rule in data["rules"]:
            assert rule["matched"] == rule["withheld"] + rule["downranked"] > 0, rule
        # and which columns say what
        for word in "Outranked", "excepted", "matched":
            assert word in page.text, word
        assert "Outranked" not in both(feed, rules=folder.path / "r.yaml")[0].text


def test_rules_that_a_confidential_one_outranks_do_not_tell_of_it():
    rules = SECRET.replace("accounts: [{list: whom}]", "accounts: ['@jane']").replace("against: [veiled], action: allow", "regions: [JP], action: allow")
    with weir.Folder() as folder:
        feed = folder.write("f.ndjson", b"".join(secret_lines()))
        _, data = both(feed, rules=folder.write("r.yaml", rules), args=("--explain",))
        assert "open-jane" in {s["id"]: s["why"] for s in data["silent"]}
        assert all(r.get("outranked", 0) == 0 for r in data["rules"])


# Real feeds ---------------------------------------------------------------------------------------

def test_reports_of_real_feeds():
    data_dir = weir.data_dir()
    with weir.Folder() as folder:
        subprocess.run([sys.executable, weir.ROOT / "tests/tools/make_rules.py", "--seed", "1", "--kind", "feeds", "--data", data_dir,
                        "--out", folder.path], check=True, stdout=subprocess.DEVNULL)
        args = ("--handles", folder.path / "handles.csv")
        page, data = both(data_dir / "feeds", rules=folder.path, args=args)
        told = json.loads(weir.replay(data_dir / "feeds", rules=folder.path, clock="created", args=("--json", *args)).err.split(b"\n")[-2])
        assert data["totals"]["withheld"] == told["decisions"]["withhold"] and data["totals"]["posts"] == told["posts"] > 5000
        assert {r["region"]: r["authors"] for r in data["regions"]} == {k: v["authors"] for k, v in told["by_region"].items()}
        assert report(data_dir / "feeds", rules=folder.path, args=(*args, "--threads", 1)) == \
            report(data_dir / "feeds", rules=folder.path, args=(*args, "--threads", 2))
        assert len(data["exemptions"]) > 10 and len(data["silent"]) > 5


if __name__ == "__main__":
    tap.main()
