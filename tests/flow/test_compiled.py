"""Compiled rule sets as their users meet them: `compile`, and every command that rules are named to."""
import json
import os
import subprocess
import sys
from pathlib import Path

import weir
from weir import tap

CASES = weir.ROOT / "tests" / "oracle" / "cases"
TOOLS = weir.ROOT / "tests" / "tools"
DAMAGE = (("one bit", lambda b: b[:9000] + bytes([b[9000] ^ 4]) + b[9001:]),
          ("its first byte", lambda b: b"\0" + b[1:]), ("its end", lambda b: b[:-1]),
          ("all but its beginning", lambda b: b[:5000]), ("all of it", lambda b: b""),
          ("a byte too many", lambda b: b + b"\0"),
          ("its line ends", lambda b: b.replace(b"\r\n", b"\n")))


def compiled(rules, out, *args, cwd=None):
    """The file that `compile` wrote."""
    done = weir.expect(weir.run("compile", rules, "-o", out, *args, cwd=cwd))
    assert not done.err or b"warning: " in done.err or b": note: " in done.err, done.text()
    return Path(cwd or weir.ROOT, out)


def assert_decides_alike(rules, feed, args=()):
    """replay says the same of a feed by rules and by what is compiled from them."""
    with weir.Folder() as folder:
        tws = compiled(rules, folder.path / "set.tws")
        by_rules, by_file = (weir.replay(feed, rules=r, clock=None, args=("-q", *args)).out
                             for r in (rules, tws))
    assert by_rules.count(b"\n") > 0 and by_rules == by_file, "records differ"


def _add_example(folder, clock):
    def check():
        assert_decides_alike(folder, folder / "posts.ndjson",
                             ("--explain", "--clock", clock.read_text().strip()))

    name = f"{folder.name}_{clock.name}".replace("-", "_").replace(".", "_")
    globals()[f"test_{name}_decides_alike"] = check


for example in sorted(p for p in weir.EXAMPLES.iterdir() if p.is_dir()):
    for clock_file in sorted(example.glob("clock*")):
        _add_example(example, clock_file)


def test_the_cases_of_the_oracle_decide_alike():
    for case in sorted(p for p in CASES.iterdir() if p.is_dir()):
        args = (case / "args").read_text().split() if (case / "args").exists() else []
        if "--clock" not in args:
            args += ["--clock", weir.CLOCK]
        assert_decides_alike(case / "rules.yaml", case / "feed.ndjson", args)


def tool(name, *args):
    return subprocess.run([sys.executable, str(TOOLS / name), *map(str, args)], cwd=weir.ROOT,
                          stdout=subprocess.PIPE, check=True, timeout=weir.PATIENCE_S).stdout


def test_rules_of_every_kind_decide_alike():
    data = weir.data_dir()
    with weir.Folder() as folder:
        feed = folder.write("feed.ndjson", tool("gen_posts.py", "--seed", 5, "--count", 600,
                                                "--data", data))
        for kind, more in (("feeds", ("--limits",)), ("lists", ("--skip-bad-pattern",))):
            rules = folder.path / kind
            tool("make_rules.py", "--seed", 5, "--kind", kind, "--data", data, "--out", rules, *more)
            assert_decides_alike(rules, feed, ("--clock", weir.CLOCK, "--explain"))


def test_explain_tells_the_same():
    with weir.Folder() as folder:
        tws = compiled(weir.INDIA, folder.path / "set.tws")
        for args in (("--tag", "ModiPlanningFarmerGenocide"), ("--tag", "nothing"),
                     ("--account", "id:9000000000000000104"), ("--json", "--tag", "x"),
                     ("--region", "IN", "--account", "@kisan_ekta_invented")):
            by_rules, by_file = (weir.expect(weir.run("explain", "--rules", r, "--at", weir.CLOCK,
                                                      *args)).out for r in (weir.INDIA, tws))
            # files are named relative to what was compiled
            assert by_rules.replace(f"{weir.INDIA}/".encode(), b"") == by_file, (by_rules, by_file)


def test_serve_decides_by_a_compiled_set():
    feed = (weir.INDIA / "posts.ndjson").read_bytes()
    with weir.Folder() as folder:
        tws = compiled(weir.INDIA, folder.path / "set.tws")
        with weir.Server() as by_rules, weir.Server(rules=tws) as by_file:
            assert (weir.ask(by_rules.connect(), feed) == weir.ask(by_file.connect(), feed) != b"")


def test_a_new_file_does_not_touch_a_server_that_has_the_old_one():
    feed = (weir.INDIA / "posts.ndjson").read_bytes()
    with weir.Folder() as folder:
        tws = compiled(weir.INDIA, folder.path / "set.tws")
        with weir.Server(rules=tws) as server:
            before = weir.ask(server.connect(), feed)
            compiled(weir.EXAMPLES / "eu-group", tws)
            assert weir.ask(server.connect(), feed) == before != b""
        with weir.Server(rules=tws) as server:
            assert weir.ask(server.connect(), feed) != before


def test_check_says_what_a_compiled_set_holds():
    with weir.Folder() as folder:
        tws = compiled(weir.INDIA, folder.path / "set.tws")
        by_rules, by_file = weir.run("check", weir.INDIA), weir.run("check", tws)
    assert weir.expect(by_file).out == by_rules.out and not by_file.err, by_file.text()


def test_check_warns_of_what_patterns_of_a_compiled_set_cost():
    loose = "tagweir: 1\nrules:\n  - {id: a, regions: [IN], action: withhold, match: {hashtags: [%s]}}\n"
    few, many = loose % r"'/\b\d?/', '/x\d+y/', farm", loose % ", ".join(rf"'/x\d{{{i},}}y/'" for i in range(101))
    with weir.Folder() as folder:
        for text, args, told in ((few, ("--cost",), 2), (few, (), 0), (many, (), 1)):
            rules = folder.write("rules.yaml", text)
            tws = compiled(rules, folder.path / "set.tws")
            outs = []
            for path in (rules, tws):
                done = weir.expect(weir.run("check", "--strict", *args, path), 1 if told else 0)
                warnings = [x for x in done.err.decode().splitlines() if "warning: " in x]
                outs.append((done.out.decode().replace(f"{folder.path}/", ""),
                             [x.replace(f"{folder.path}/", "") for x in warnings]))
            assert outs[0] == outs[1] and len(outs[0][1]) == told, outs
        said = json.loads(weir.expect(weir.run("check", "--json", tws)).out)
        assert [m["severity"] for m in said] == ["warning"], said


def test_equal_rules_are_equal_bytes_wherever_they_are_compiled():
    with weir.Folder() as folder:
        here = folder.path / "here" / "india"
        here.parent.mkdir()
        subprocess.run(["cp", "-r", weir.INDIA, here], check=True)
        wanted = compiled(weir.INDIA, folder.path / "a.tws").read_bytes()
        for cwd, rules in ((here, "."), (here.parent, "india/"), (here / "lists", ".."),
                           ("/", str(here)), (folder.path, "here/../here/india")):
            got = compiled(rules, folder.path / "b.tws", cwd=cwd).read_bytes()
            assert got == wanted, f"{rules} from {cwd}"
        one_by_one = compiled(here / "10-india.yaml", folder.path / "b.tws",
                              here / "20-elsewhere.yaml").read_bytes()
        assert one_by_one == wanted
        os.utime(here / "10-india.yaml", (1, 1))
        assert compiled(folder.path / "b.tws", folder.path / "c.tws").read_bytes() == wanted
        with open(here / "10-india.yaml", "a") as f:
            f.write("# another comment\n")
        assert compiled(here, folder.path / "b.tws").read_bytes() != wanted, "sources are kept"


def test_damaged_files_are_refused_by_every_command():
    with weir.Folder() as folder:
        sound = compiled(weir.INDIA, folder.path / "set.tws").read_bytes()
        for what, damage in DAMAGE:
            bad = folder.write("bad.tws", damage(sound))
            for args in (("check", bad), ("replay", "--rules", bad, "-"),
                         ("explain", "--rules", bad, "--tag", "a"),
                         ("compile", bad, "-o", folder.path / "new.tws"),
                         ("serve", "--rules", bad, "--listen", f"unix:{folder.path}/socket")):
                done = weir.run(*args)
                assert done.code == 3, f"{what}: {args[0]}\n{done.text()}"
                assert b"bad.tws: error: " in done.err and b"`tagweir compile`" in done.err, done.text()
            assert not (folder.path / "new.tws").exists()


def test_nothing_is_written_of_rules_that_are_wrong():
    with weir.Folder() as folder:
        out = folder.path / "set.tws"
        bad = folder.write("bad.yaml", "tagweir: 1\nrulez: []\n")
        failing = folder.write("failing.yaml", "tagweir: 1\nrules: [{id: a, regions: [IN], action: "
                               "withhold, match: {hashtags: [a]}, tests: {match: ['#b']}}]\n")
        for rules in (bad, failing):
            done = weir.run("compile", rules, "-o", out)
            assert done.code == 3 and b": error: " in done.err, done.text()
            assert b"digest" not in done.out and not out.exists(), done.text()
        out.write_bytes(b"an older one")
        assert weir.run("compile", failing, "-o", out).code == 3
        assert out.read_bytes() == b"an older one"
        assert sorted(os.listdir(folder.path)) == ["bad.yaml", "failing.yaml", "set.tws"]


def test_what_cannot_be_written_is_4_and_bad_usage_2():
    with weir.Folder() as folder:
        for out in (folder.path, "/dev/null", folder.path / "none" / "set.tws"):
            done = weir.run("compile", weir.INDIA, "-o", out)
            assert done.code == 4 and str(out).encode() in done.err, done.text()
        assert weir.run("compile", folder.path / "none.yaml", "-o", folder.path / "x").code == 4
    for args in ((weir.INDIA,), ("-o", "set.tws"), (weir.INDIA, "-o"), (weir.INDIA, "-o", "")):
        done = weir.run("compile", *args)
        assert done.code == 2 and done.err and not done.out, done.text()


def test_no_rules_are_written_over():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", (weir.ROOT / "rules/examples/eu-group/b-rules.yaml").read_text())
        lists = folder.write("list.txt", "a\n")
        orders = weir.ROOT / "rules/examples/eu-group/a-orders.yaml"
        for out in (rules, lists):
            before = Path(out).read_bytes()
            done = weir.expect(weir.run("compile", weir.ROOT / "rules/examples/eu-group", "-o", out), 4)
            assert b"is no compiled rule set" in done.err and Path(out).read_bytes() == before, done.text()
        weir.expect(weir.run("compile", orders, "-o", "-"), 2)
        assert not Path(weir.ROOT, "-").exists()


def test_what_is_written_is_told():
    with weir.Folder() as folder:
        out = folder.path / "set.tws"
        lines = weir.expect(weir.run("compile", weir.INDIA, "-o", out)).out.decode().splitlines()
        size = out.stat().st_size
        assert lines[0] == weir.run("check", weir.INDIA).out.decode().rstrip(), lines
        assert lines[1].startswith(f"{out}: {size} bytes, digest ") and len(lines) == 2, lines
        assert lines[0].split("ruleset ")[1][:16] == lines[1].split("digest ")[1][:16]
        assert not weir.expect(weir.run("compile", "-q", weir.INDIA, "-o", out)).out
        said = json.loads(weir.expect(weir.run("compile", "--json", weir.INDIA, "-o", out)).out)
        assert said == {"messages": [], "file": str(out), "bytes": size,
                        "digest": lines[1].split("digest ")[1]}, said
        # what was not written is not told of, and the messages stand where they always do
        for rules, to, code in ((folder.write("bad.yaml", "tagweir: 1\nrulez: []\n"), out, 3),
                                (weir.INDIA, folder.path, 4)):
            done = weir.expect(weir.run("compile", "--json", rules, "-o", to), code)
            said = json.loads(done.out)
            assert list(said) == ["messages"], said
            assert [m["severity"] for m in said["messages"]] == ["error"] and not done.err, said


def test_compiled_sets_among_others_are_compiled_again():
    clock = ("--clock", weir.CLOCK)
    with weir.Folder() as folder:
        examples = [weir.INDIA, weir.EXAMPLES / "eu-group"]
        sets = [compiled(r, folder.path / f"{n}.tws") for n, r in enumerate(examples)]
        feed = weir.INDIA / "posts.ndjson"
        outs = []
        for rules in (examples, sets, [sets[0], examples[1]], [examples[0], sets[1]]):
            done = weir.expect(weir.run("replay", "-q", *clock, *(x for r in rules for x in
                                                                   ("--rules", r)), feed))
            outs.append(done.out)
        assert outs[0] and all(o == outs[0] for o in outs)
        said = weir.expect(weir.run("check", *sets)).err
        assert said.count(b".tws: warning: a compiled rule set loads at once only") == 2, said
        both = compiled(sets[0], folder.path / "both.tws", sets[1])
        done = weir.expect(weir.run("check", both))
        assert not done.err and weir.run("check", *examples).out == done.out, done.text()


if __name__ == "__main__":
    tap.main()
