"""Rules that change while the server runs: nobody waits, nothing is lost, every answer is right."""
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import weir
from weir import tap

SAMPLE = (weir.INDIA / "posts.ndjson").read_bytes()
RULES = """tagweir: 1
rules:
  - id: {id}
    regions: [IN]
    action: {action}
    match:
      hashtags: ["#farmers", "#ModiPlanningFarmerGenocide"]
"""
WITHHOLD = RULES.format(id="one", action="withhold")
DOWNRANK = RULES.format(id="two", action="downrank") + "    factor: 0.1\n"
LISTED = """tagweir: 1
lists:
  l: {hashtags: tags.txt}
rules:
  - id: three
    regions: [IN]
    action: withhold
    match: {hashtags: [{list: l}]}
"""
# 1,000 take some minutes: WEIR_RELOADS=1000 python3 tests/flow/test_reload.py many
RELOADS = int(os.environ.get("WEIR_RELOADS", 12 if weir.SANITIZED else 40))
ORACLE = Path(weir.TAGWEIR).parent / "tests" / "weir-oracle"


def put(folder, name, text):
    """In one step, as who writes rules for a running server must."""
    folder.write(name + ".new", text)
    os.replace(folder.path / (name + ".new"), folder.path / name)


def wait_for(server, text, after=0):
    end = time.monotonic() + weir.PATIENCE_S
    while text not in server.said()[after:]:
        assert server.process.poll() is None and time.monotonic() < end, \
            f"the server never said {text!r}:\n{server.said()}"
        time.sleep(0.01)
    return server.said()[after:]


def reload(server, expect="reloaded:"):
    before = len(server.said())
    server.process.send_signal(signal.SIGHUP)
    return wait_for(server, expect, before)


def key_of(record):
    """What it is about, and by which rules."""
    return record["ruleset"], record.get("post"), json.dumps(record.get("query"))


def own(n, tag="farmers"):
    return weir.own(n, tag)


def test_answers_change_with_the_rules():
    with weir.Folder() as folder:
        put(folder, "rules.yaml", WITHHOLD)
        with weir.Server(rules=folder.path) as server:
            s = server.connect()
            f = s.makefile("rb")
            s.sendall(own(1))
            first = json.loads(f.readline())
            put(folder, "rules.yaml", DOWNRANK)
            said = reload(server)
            s.sendall(own(2))
            second = json.loads(f.readline())
            s.close()
    assert first["regions"]["IN"]["rule"] == "one", first
    assert second["regions"]["IN"]["action"] == "downrank", second
    assert f"ruleset {second['ruleset']}" in said and first["ruleset"] != second["ruleset"], said


def test_bad_rules_change_nothing_and_say_why():
    with weir.Folder() as folder:
        put(folder, "rules.yaml", WITHHOLD)
        with weir.Server(rules=folder.path) as server:
            s = server.connect()
            f = s.makefile("rb")
            s.sendall(own(1))
            first = json.loads(f.readline())
            put(folder, "rules.yaml", WITHHOLD.replace("withhold", "delete"))
            said = reload(server, "reload refused")
            assert "rules.yaml:5:" in said and "delete" in said, said
            lines = server.said().splitlines()
            assert len(lines) > 4 and all(line.startswith("tagweir: ") for line in lines), lines
            put(folder, "rules.yaml", WITHHOLD + '    tests:\n      match: ["#other"]\n')
            said = reload(server, "reload refused")
            assert "#other" in said and "unknown" not in said, said
            os.unlink(folder.path / "rules.yaml")
            reload(server, "reload refused")
            s.sendall(own(1))
            assert json.loads(f.readline())["ruleset"] == first["ruleset"]
            s.close()


def test_orders_that_vanish_with_their_file_are_told_of():
    orders = """tagweir: 1
orders:
  {0}-now: {{kind: court_order, served: 2021-01-01T00:00:00Z}}
  {0}-later: {{kind: court_order, served: 2031-01-01T00:00:00Z}}
rules:
  - {{id: {0}-a, order: {0}-now, regions: [IN], action: withhold, match: {{hashtags: [a]}}}}
  - {{id: {0}-b, regions: [IN], action: withhold, match: {{hashtags: [b]}}}}
  - {{id: {0}-c, regions: [IN], mode: off, action: withhold, match: {{hashtags: [c]}}}}
  - {{id: {0}-d, order: {0}-later, regions: [IN], action: withhold, match: {{hashtags: [d]}}}}
"""
    many = "tagweir: 1\nrules:\n" + "".join(
        f"  - {{id: m-{k:02}, regions: [IN], action: withhold, match: {{hashtags: [m{k}]}}}}\n"
        for k in range(25))
    with weir.Folder() as folder:
        put(folder, "a.yaml", WITHHOLD)
        put(folder, "b.yaml", orders.format("x"))
        put(folder, "c.yaml", many)
        with weir.Server(rules=folder.path, args=["--quiet"]) as server:
            os.unlink(folder.path / "b.yaml")
            said = reload(server)
            assert "warning: in force until now, and gone from the rules: order x-now, rule x-b\n" \
                in said and "x-later" not in said, said
            os.unlink(folder.path / "c.yaml")
            said = reload(server)
            assert "rules: rule m-00, rule m-01," in said and "rule m-19 and 5 more\n" in said, said


def test_rules_that_are_the_same_are_said_to_be():
    with weir.Server() as server:
        reload(server, "the rules are what they were")


def test_a_summary_counts_by_rules_of_all_rule_sets():
    with weir.Folder() as folder:
        put(folder, "rules.yaml", WITHHOLD)
        with weir.Server(rules=folder.path, args=["--json"]) as server:
            weir.ask(server.connect(), own(1) + own(2))
            put(folder, "rules.yaml", DOWNRANK)
            reload(server)
            weir.ask(server.connect(), own(3))
            put(folder, "rules.yaml", WITHHOLD)
            reload(server)
            weir.ask(server.connect(), own(4))
            server.stop()
            summary = json.loads(server.said().splitlines()[-1])
    table = {row["rule"]: row for row in summary["table"]}
    assert table["one"]["withheld"] == 3 and table["two"]["downranked"] == 1, table


def test_files_that_change_are_loaded_when_they_rest():
    with weir.Folder() as folder:
        (folder.path / "rules").mkdir()
        put(folder, "rules/a.yaml", WITHHOLD)
        with weir.Server(rules=folder.path / "rules", args=["--watch"]) as server:
            put(folder, "other", "nothing of it")
            folder.write("rules/notes.txt", "no rules")
            put(folder, "rules/a.yaml", WITHHOLD.replace("regions: [IN]", "regions: [FR]"))
            said = wait_for(server, "reloaded:")
            before = len(said)
            (folder.path / "rules" / "deeper").mkdir()
            folder.write("rules/deeper/b.yaml", DOWNRANK)
            assert "2 rules" in wait_for(server, "reloaded:", before)
            before = len(server.said())
            folder.write("rules/deeper/b.yaml", DOWNRANK + "# a remark\n")
            time.sleep(1.2)
            put(folder, "rules/deeper/b.yaml", DOWNRANK.replace("downrank", "detain"))
            said = wait_for(server, "reload refused", before)
            assert "what they were" not in said and "b.yaml" in said, said


def test_rules_that_links_lead_to_are_heard():
    """As Kubernetes mounts a ConfigMap: the link ..data is swung, and what it led to is removed."""
    with weir.Folder() as folder:
        path = folder.path / "rules"
        folder.write("rules/..1/r.yaml", WITHHOLD)
        folder.write("rules/.git/other.yaml", "no rules")
        os.symlink("..1", path / "..data")
        os.symlink("..data/r.yaml", path / "r.yaml")
        with weir.Server(rules=f"{path}/", args=["--watch"]) as server:
            for n, text in enumerate((DOWNRANK, WITHHOLD, DOWNRANK), 2):
                before = len(server.said())
                folder.write(f"rules/..{n}/r.yaml", text)
                os.symlink(f"..{n}", path / "..new")
                os.replace(path / "..new", path / "..data")
                shutil.rmtree(path / f"..{n - 1}")
                said = wait_for(server, "reloaded:", before)
                assert "refused" not in said, said


def test_rules_that_go_and_come_back_are_heard():
    with weir.Folder() as folder:
        path = folder.path / "etc" / "rules"
        folder.write("etc/rules/r.yaml", LISTED)
        folder.write("etc/rules/tags.txt", "#one\n")
        with weir.Server(rules=path / "r.yaml", args=["--watch"]) as server:
            before = len(server.said())
            folder.write("etc/rules/tags.txt", "#two\n")
            wait_for(server, "reloaded:", before)
            before = len(server.said())
            shutil.rmtree(folder.path / "etc")
            wait_for(server, "reload refused", before)
            before = len(server.said())
            folder.write("etc/rules/tags.txt", "#three\n")
            folder.write("etc/rules/r.yaml", LISTED)
            wait_for(server, "reloaded:", before)
            before = len(server.said())
            folder.write("etc/rules/tags.txt", "#four\n")
            wait_for(server, "reloaded:", before)


def expected_by(rules):
    """Records of the sample by what they are about: the oracle's, which shares no code with the server."""
    lines = weir.decide(SAMPLE, rules=rules)
    if ORACLE.exists():
        digest = json.loads(lines[0])["ruleset"]
        out = subprocess.run([ORACLE, "--rules", rules, "--clock", weir.CLOCK, "--ruleset", digest, "-"],
                             input=SAMPLE, capture_output=True, check=True).stdout
        lines = out.split(b"\n")[:-1]
    records = ((json.loads(line), line) for line in lines)
    return {key_of(record): line for record, line in records if "ruleset" in record}


class Client(threading.Thread):
    """Streams the sample again and again, and keeps what differs from what is expected."""

    def __init__(self, server, expected, stop):
        super().__init__(daemon=True)
        self.s, self.expected, self.stop = server.connect(), expected, stop
        self.wrong, self.seen, self.sent, self.answers = [], {}, 0, 0

    def run(self):
        f = self.s.makefile("rb")
        writer = threading.Thread(target=self.write, daemon=True)
        writer.start()
        for line in f:
            self.answers += 1
            got = json.loads(line)
            if "ruleset" not in got:
                continue
            of = got["ruleset"]
            self.seen[of] = self.seen.get(of, 0) + 1
            if self.expected.get(key_of(got)) != line.rstrip(b"\n"):
                self.wrong.append(line)
        writer.join()

    def write(self):
        while not self.stop.is_set():
            self.s.sendall(SAMPLE)
            self.sent += 1
        self.s.shutdown(1)


def test_many_reloads_under_load_lose_nothing():
    with weir.Folder() as folder:
        expected = {}
        for text in (WITHHOLD, DOWNRANK):
            put(folder, "rules.yaml", text)
            expected.update(expected_by(folder.path))
        stop = threading.Event()
        with weir.Server(rules=folder.path, args=["--workers", "2"]) as server:
            each = weir.ask(server.connect(), SAMPLE).count(b"\n")
            clients = [Client(server, expected, stop) for _ in range(4)]
            for c in clients:
                c.start()
            for i in range(RELOADS):
                put(folder, "rules.yaml", WITHHOLD if i % 2 == 0 else DOWNRANK)
                reload(server)
            stop.set()
            for c in clients:
                c.join(weir.PATIENCE_S)
    seen = {}
    for c in clients:
        assert not c.wrong, f"{len(c.wrong)} wrong answers, the first: {c.wrong[0]}"
        assert c.answers == c.sent * each, f"{c.sent} times {each} were due, not {c.answers}"
        for of, n in c.seen.items():
            seen[of] = seen.get(of, 0) + n
    judge = "the oracle" if ORACLE.exists() else "replay"
    print(f"# {RELOADS} reloads, answers by rule set, all as {judge} gives them: {seen}")
    assert len(seen) == 2, seen


if __name__ == "__main__":
    tap.main()
