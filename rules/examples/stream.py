#!/usr/bin/env python3
"""Streams a feed through a running `tagweir serve` and tells what it decided, a line a post.

    stream.py unix:PATH|HOST:PORT FEED        (see quickstart, which starts both)

It is a client as a platform would write one: posts go out as fast as the server takes them, answers
come back in the same order. Needs Python 3 and nothing else.
"""
import collections
import json
import socket
import sys
import threading
import time


def connect(address, patience_s=10):
    """A connection to an address as --listen writes it; a server that is starting gets some time."""
    end = time.monotonic() + patience_s
    while True:
        try:
            if address.startswith("unix:"):
                s = socket.socket(socket.AF_UNIX)
                s.connect(address[len("unix:"):])
            else:
                host, _, port = address.rpartition(":")
                s = socket.create_connection((host.strip("[]"), int(port)))
            return s
        except OSError as why:
            if time.monotonic() > end:
                sys.exit(f"stream.py: nobody listens on {address}: {why}")
            time.sleep(0.05)


def account(a):
    """What a person would call an account, whatever the dialect calls it."""
    if isinstance(a, str):
        return a if a.startswith(("id:", "did:", "@")) else "@" + a
    name = next((a[k] for k in ("handle", "screen_name", "username", "acct") if a.get(k)), None)
    return "@" + name if name else str(a.get("id") or "?")


def tags_of(post):
    """The hashtags that a post carries as data; what stands in its text alone is left to the server."""
    record = post.get("commit", {}).get("record", {})
    found = [f.get("tag") for facet in record.get("facets", []) for f in facet.get("features", [])]
    found += record.get("tags", []) + post.get("hashtags", [])
    found += [t.get("text") or t.get("tag") for t in post.get("entities", {}).get("hashtags", [])]
    found += [t.get("name") for t in post.get("tags", [])]
    return " ".join("#" + t.lstrip("#") for t in found if t)


def posts_in(line):
    """(id, who and which tags) of each post of a line, whatever its dialect."""
    if "commit" in line:
        c = line["commit"]
        yield f"at://{line['did']}/{c['collection']}/{c['rkey']}", (line["did"], tags_of(line))
    elif isinstance(line.get("data"), list):
        users = {u["id"]: account(u) for u in line.get("includes", {}).get("users", [])}
        for post in line["data"]:
            yield post["id"], (users.get(post["author_id"], post["author_id"]), tags_of(post))
    elif "user" in line or "account" in line or "author" in line:
        who = account(line.get("user") or line.get("account") or line["author"])
        yield str(line.get("id_str") or line["id"]), (who, tags_of(line))


def describe(outcome):
    """[(what happens, rule, order, on what)] of one region's outcome."""
    if outcome["action"] == "withhold":
        return [("withheld", outcome)]
    if outcome["action"] == "allow":
        return [("allowed", None)]
    acts = collections.OrderedDict()  # surfaces that the same rule touches are said together
    for surface, act in outcome["surfaces"].items():
        key = json.dumps(act)
        acts.setdefault(key, (act, []))[1].append(surface)
    return [((f"downranked to {act['factor']:g} in " if act["factor"] else "kept out of ")
             + ", ".join(surfaces), act) for act, surfaces in acts.values()]


def name_of(region, others=False):
    """XX is everywhere that is not named beside it."""
    return region if region != "XX" else "elsewhere" if others else "everywhere"


def tell(record):
    """What happens where, by which rule and order, as one line."""
    said = collections.OrderedDict()  # regions with the same outcome are said together
    for region, outcome in record.get("regions", {}).items():
        for what, act in describe(outcome):
            words = what
            if act:
                words += f" for {act['value']}" + (" (by the original)" if "via" in act else "")
                words += f" [{act['rule']}" + (f", order {act['order']}]" if "order" in act else "]")
            said.setdefault(words, []).append(name_of(region, len(record["regions"]) > 1))
    parts = [f"{', '.join(regions)}: {words}" for words, regions in said.items()]
    for region, exemptions in record.get("exempted", {}).items():
        parts += [f"{name_of(region)}: exempted from {e['rule']} by {e['by']}" for e in exemptions]
    said = "; ".join(parts) or "everywhere: allowed"
    if "quoted" in record:
        said += f"; the post it quotes: {tell(record['quoted'])}"
    return said


class Summary:
    def __init__(self):
        self.counts = collections.Counter()
        self.regions = collections.defaultdict(collections.Counter)
        self.orders = collections.Counter()

    def count(self, record):
        self.counts["queries" if "query" in record else "posts"] += 1
        self.counts[record["action"]] += 1
        self.counts["exempted"] += "exempted" in record
        orders = set()
        for region, outcome in record.get("regions", {}).items():
            self.regions[region][outcome["action"]] += 1
            orders |= {act.get("order", "(own policy)") for _, act in describe(outcome) if act}
        self.orders.update(orders)

    def show(self, seconds):
        c = self.counts
        print(f"\n{c['posts']} posts and {c['queries']} queries decided in {seconds * 1000:.0f} ms; "
              f"{c['skips']} lines were no posts, {c['errors']} could not be read")
        print(f"  withheld somewhere {c['withhold']}, downranked somewhere {c['downrank']}, "
              f"allowed everywhere {c['allow']}; an exemption acted on {c['exempted']}")
        for region, actions in sorted(self.regions.items(), key=lambda r: (r[0] != "XX", r[0])):
            print(f"  {name_of(region) + ':':<12} " + ", ".join(
                f"{actions[a]} {word}" for a, word in
                (("withhold", "withheld"), ("downrank", "downranked")) if actions[a]))
        for order, n in sorted(self.orders.items()):
            print(f"  by {order}: {n}")


def tell_answer(record, known, summary):
    """One answer as one line."""
    if "skip" in record:
        summary.counts["skips"] += 1
        return
    if "error" in record:
        summary.counts["errors"] += 1
        print(f"{'undecided':<11}line {record['line']}: {record['error']}: {record['detail']}")
        return
    summary.count(record)
    if "query" in record:
        q = record["query"]
        tags = "#" + q["hashtag"].lstrip("#") if "hashtag" in q else q["account"]
        name = "(query)" if "region" not in q else f"(query for {q['region']})"
    else:
        name, tags = known.get(record["post"], (record.get("author", "?"), ""))
    mark = {"withhold": "withheld", "downrank": "downranked"}.get(record["action"])
    mark = mark or ("exempted" if "exempted" in record else "allowed")
    print(f"{mark:<11}{name:<27} {tags or '-':<28}  {tell(record)}")


def tell_end(line):
    """Why the server closed the connection, as its last line says it: what is not answered is not decided."""
    sys.exit(f"stream.py: the server has closed the connection ({line['closed']}): {line.get('detail', '')}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    address, feed = sys.argv[1:]
    with open(feed, "rb") as f:
        lines = f.read()
    known = {}
    for line in lines.splitlines():
        try:
            known.update(posts_in(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # not ours to judge: the server answers it
    s = connect(address)
    start = time.monotonic()

    def send():
        try:
            s.sendall(lines)
            s.shutdown(socket.SHUT_WR)  # that was all; the answers still come
        except OSError:
            pass  # the server has closed the connection: its last line says why

    threading.Thread(target=send, daemon=True).start()
    summary = Summary()
    answers = (json.loads(line) for line in s.makefile("rb"))
    for record in answers:
        if "closed" in record:
            summary.show(time.monotonic() - start)
            tell_end(record)
        tell_answer(record, known, summary)
    summary.show(time.monotonic() - start)


if __name__ == "__main__":
    main()
