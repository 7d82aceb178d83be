"""tagweir-bench replay: figures come out of small runs, and who counts wrong or is not there is told."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import weir
from weir import tap

BUILD = Path(os.environ.get("TAGWEIR_BUILD", weir.ROOT / "build" / "debug"))
BENCH = BUILD / "tagweir-bench"
# small, and nothing of it is timed in earnest: sanitizers run it too, on machines that are busy
SMALL = ["--rules", "20,300", "--literals", "2000", "--regexes", "30", "--posts", "1500", "--megabytes", "1",
         "--rounds", "2"]
TWEETS = "".join(json.dumps({
    "created_at": "Mon Nov 07 14:54:57 +0000 2022", "id": n, "id_str": str(n), "truncated": n % 3 == 0,
    "text": f"#cut\u2026 {'x' * 100}", "lang": "en" if n % 5 else None,
    "entities": {"hashtags": [{"text": f"caf\u00e9{n % 7}", "indices": [0, 5]}], "urls": [],
                 "user_mentions": [{"screen_name": "jos\u00e9", "id": 7, "id_str": "7"}] * (n % 2)},
    "extended_tweet": {"full_text": "#a #b", "entities": {"hashtags": [{"text": "a"}, {"text": "b"}]}},
    "user": {"id_str": "12", "name": "x", "screen_name": "someone", "lang": None},
    **({"retweeted_status": {"id_str": "9", "created_at": "Mon Nov 07 14:54:57 +0000 2022",
                             "entities": {"hashtags": []}, "user": {"screen_name": "z", "id_str": "1"}}} if n % 4 == 0
       else {"quoted_status": None}),
}) + "\n" for n in range(1, 400))


def bench(*args, code=0, env=None):
    if not BENCH.exists():
        raise tap.Skip("tagweir-bench is not built (WEIR_BENCH=OFF)")
    if len(os.sched_getaffinity(0)) < 2:
        raise tap.Skip("replay and who reads its records want a core each")
    with weir.Folder() as folder:
        done = subprocess.run([str(BENCH), "replay", *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=500,
                              env=dict(os.environ, TMPDIR=str(folder.path), **(env or {})))
        left = os.listdir(folder.path)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert not left, f"left behind: {left}"
    return done


def measured(*args, code=0, env=None):
    """What it found, by race and side; its goals by name; what it said."""
    with weir.Folder() as folder:
        tweets, out = folder.write("tweets.ndjson", TWEETS.encode()), folder.path / "out.json"
        done = bench("--tweets", tweets, *SMALL, *args, "--json", out, code=code, env=env)
        found = json.loads(out.read_text())
    sides = {(r["race"], s["side"]): s for r in found["races"] for s in r["sides"]}
    return sides, {g["goal"]: g for g in found["goals"]}, done


def script(folder, text):
    path = folder.path / f"fake{len(os.listdir(folder.path))}"
    path.write_text("#!/usr/bin/env python3\nimport os, subprocess, sys\n"
                    f"TAGWEIR, args = {weir.TAGWEIR!r}, sys.argv[1:]\n" + text)
    path.chmod(0o755)
    return path


# a tagweir that has --threads, or has not, whatever the real one has
def threads(folder, has):
    return script(folder, f"""
if "--help" in args:
    print("--threads" if {has} else "")
    sys.exit()
if "--threads" in args:
    assert {has}
    at = args.index("--threads")
    if args[at + 1] == "2":
        assert len(os.sched_getaffinity(0)) >= 2
    else:
        assert len(os.sched_getaffinity(0)) == 1
    del args[at:at + 2]
if "replay" in args and args[-1].endswith((".gz", ".zst")):
    sys.exit("no JSON is in it")
os.execv(TAGWEIR, [TAGWEIR, *args])
""")


def check_samples(side, n):
    for key in ("posts_per_s", "cpu_ns_a_post"):
        assert len(side[key]["samples"]) == n, side
    rate = side["posts_per_s"]
    assert 0 < rate["min"] <= rate["median"] <= rate["max"], side


def test_figures_come_out():
    with weir.Folder() as folder:
        sides, goals, done = measured("--tagweir", threads(folder, True))
    missing = {k: s.get("not_measured") or s.get("fault") for k, s in sides.items() if "posts_per_s" not in s}
    told = {("tweets", f"{p}-{n}") for p in ("gzip", "zstd") for n in (1, 2)}
    assert set(missing) - {("regexes", "rg"), ("regexes", "rg-seen")} <= told, missing
    for race, names in {"tweets": ("replay", "replay-few", "on-demand", "threads-1", "threads-2"),
                        "small": ("replay", "replay-few", "on-demand", "threads-1", "threads-2"),
                        "literals": ("replay", "grep", "threads-2"), "regexes": ("replay",)}.items():
        for name in names:
            check_samples(sides[race, name], 2)
    assert not goals and "replay over it" in done.stdout, done.stdout


def test_goals_become_exit_codes():
    _, goals, done = measured("--require", "R1>=0.000001,R5.grep>=0.000001", "--require", "R3.small>=0.000001")
    assert all(g["met"] and g["value"] > 0 for g in goals.values()) and len(goals) == 3, goals
    assert "3 of 3 met" in done.stdout, done.stdout
    sides, goals, done = measured("--require", "R2>=1000000", code=1)
    assert not goals["R2"]["met"] and "0 of 1 met, 1 missed" in done.stdout, done.stdout
    assert set(sides) == {("small", "replay"), ("small", "on-demand")}, "only what the goal needs"


def test_lines_that_a_peer_counts_wrongly_are_noticed():
    with weir.Folder() as folder:
        few = script(folder, "print(123456)")
        # right in the short run, short of all in the long one
        stops = script(folder, """
n = int(subprocess.run(["grep", *args], stdout=subprocess.PIPE).stdout)
lines = sum(1 for _ in open(args[-1]))
print(n if lines <= 200 else 0)
""")
        fails = script(folder, "sys.exit(3)")
        for fake, told in ((few, "grep counts 123456 lines, where there are"), (stops, "grep counts 0 lines"),
                           (fails, "exit code 3")):
            sides, goals, done = measured("--require", "R5.grep", "--grep", fake, code=1)
            assert told in sides["literals", "grep"]["fault"] and told in goals["R5.grep"]["not_measured"], goals
            assert told in done.stdout and "not measured" in done.stdout, done.stdout

        sides, _, _ = measured("--require", "R5.rg", "--rg", few, code=1)
        assert "rg counts 123456 lines" in sides["regexes", "rg"]["fault"], sides


def test_reading_less_than_tagweir_does_is_noticed():
    with weir.Folder() as folder:
        fake = script(folder, f"""
cut = os.path.join({str(folder.path)!r}, "cut.ndjson")
with open(args[-1]) as whole, open(cut, "w") as out:
    out.writelines(whole.readlines()[:-1])
os.execv({str(BUILD / "weir-ondemand")!r}, ["weir-ondemand", *args[:-1], cut])
""")
        sides, goals, _ = measured("--require", "R1", "--ondemand", fake, code=1)
        assert "lines: it read " in sides["tweets", "on-demand"]["fault"], sides
        assert "not_measured" in goals["R1"], goals


def test_records_that_are_lost_are_noticed():
    with weir.Folder() as folder:
        fake = script(folder, """
if args[0] != "replay" or "--help" in args:
    os.execv(TAGWEIR, [TAGWEIR, *args])
lines = subprocess.run([TAGWEIR, *args], stdout=subprocess.PIPE).stdout.splitlines(keepends=True)
sys.stdout.buffer.write(b"".join(lines[:-1]))
""")
        sides, _, done = measured("--require", "R2", "--tagweir", fake, code=1)
        assert "records are missing" in sides["small", "replay"]["fault"], sides
        assert "records are missing" in done.stdout, done.stdout


def test_two_cores_want_threads():
    with weir.Folder() as folder:
        _, goals, done = measured("--require", "R4", "--tagweir", threads(folder, False), code=1)
        for goal in ("R4.tweets", "R4.small"):
            assert goals[goal]["not_measured"] == "tagweir replay has no --threads", goals
        sides, goals, done = measured("--require", "R4>=0.000001", "--tagweir", threads(folder, True))
        assert goals["R4.tweets"]["met"] and goals["R4.small"]["met"], goals
        # packed feeds are told, and in no goal
        assert all("not_measured" in sides["tweets", f"{p}-2"] for p in ("gzip", "zstd")), sides


def test_packed_feeds_are_timed_where_replay_reads_them():
    known = subprocess.run([weir.TAGWEIR, "replay", "--help"], stdout=subprocess.PIPE, text=True).stdout
    if "--threads" not in known or "gzip" not in known or not (shutil.which("gzip") and shutil.which("zstd")):
        raise tap.Skip("replay reads no packed feeds, or gzip or zstd is not installed")
    sides, _, done = measured("--require", "R4.tweets>=0.000001")
    for name in ("threads-1", "threads-2", "gzip-1", "gzip-2", "zstd-1", "zstd-2"):
        check_samples(sides["tweets", name], 2)
    assert "of one core" in done.stdout, done.stdout


def test_what_is_not_here_is_told():
    _, goals, _ = measured("--require", "R5.rg", "--rg", "/nowhere/rg", code=1)
    assert goals["R5.rg"]["not_measured"] == "ripgrep (rg) is not installed", goals
    _, goals, _ = measured("--require", "R1", "--ondemand", "/nowhere/x", code=1)
    assert "no weir-ondemand" in goals["R1"]["not_measured"], goals
    _, goals, done = measured("--require", "R1", "--tweets", "/nowhere/tweets.ndjson", code=1)
    assert "/nowhere/tweets.ndjson" in goals["R1"]["not_measured"], goals
    assert "1 not measured" in done.stdout, done.stdout


def test_ondemand_reads_alike_whichever_way():
    with weir.Folder() as folder:
        if not (BUILD / "weir-ondemand").exists():
            raise tap.Skip("weir-ondemand is not built (WEIR_BENCH=OFF)")
        feed = folder.write("tweets.ndjson", TWEETS.encode())
        seen = set()
        for args in ([], ["--input", "read", "--block", "8K"], ["--input", "whole"], ["--stage1", "block"],
                     ["--keys", "find"]):
            said = json.loads(subprocess.check_output([BUILD / "weir-ondemand", *args, feed]))
            seen.add(json.dumps({k: v for k, v in said.items()
                                 if k not in ("hash", "seconds", "lines_per_s", "kernel")}))
        assert len(seen) == 1, seen
        assert json.loads(seen.pop())["lines"] == 399
        bad = folder.write("bad.ndjson", b'{"id_str":"1"}\n[1,\n')
        done = subprocess.run([BUILD / "weir-ondemand", bad], stderr=subprocess.PIPE, text=True)
        assert done.returncode == 4 and "line 2" in done.stderr, done.stderr


def test_bad_usage_is_told():
    for args, told in ([["--rules", "100"], "few and many"], [["--rules", "100,10"], "few and many"],
                       [["--require", "R1,R9"], "R9"], [["--require", "R1<=3"], ">="], [["--rounds", "0"], "--rounds"],
                       [["--megabytes", "x"], "--megabytes"], [["--workload", "literals"], "literals"],
                       [["farmers"], "farmers"], [["--nothing"], "--help"]):
        done = bench(*args, code=2)
        assert told in done.stderr and not done.stdout, done.stderr
    assert "R5.rg" in bench("--list").stdout and "on-demand" in bench("--list").stdout
    assert "--require" in bench("--help").stdout


if __name__ == "__main__":
    tap.main()
