"""tagweir-bench: all engines agree on small rule sets; what it prints and returns."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import tap  # noqa: E402

BENCH = Path(os.environ.get("TAGWEIR_BUILD", ROOT / "build" / "debug")) / "tagweir-bench"
# small, and nothing of it is timed in earnest: sanitizers run it too
SMALL = ["--stream", "2000", "--rounds", "1", "--quick"]


def bench(*args, code=0, env=None):
    if not BENCH.exists():
        raise tap.Skip("tagweir-bench is not built (WEIR_BENCH=OFF)")
    done = subprocess.run([str(BENCH), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=500, env=env)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def measured(*args, code=0):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.json")
        done = bench("match", *SMALL, *args, "--json", str(path), code=code)
        return json.loads(path.read_text()), done.stdout


def test_all_engines_agree_on_every_workload():
    found, said = measured("--workload", "cold,dense", "--rules", "40,300",
                           "--tokens", "zipf,unique")
    built = {e["name"] for e in found["engines"] if "absent" not in e}
    timed = [r for r in found["results"] if "ns" in r]
    assert {"tagweir", "uthash-pcre2"} <= built
    versions = [e["version"] for e in found["engines"] if "absent" not in e]
    assert not any(v.endswith(" 0.0.0") for v in versions), "nobody released that"
    assert {(r["workload"], r["rules"], r["tokens"], r["engine"]) for r in timed} == {
        (w, n, t, e) for w in ("cold", "dense") for n in (40, 300)
        for t in ("zipf", "unique") for e in built}, said
    for row in timed:
        # the tags that rules were made from are among those compared
        assert row["tags_compared"] > 0 and row["pairs_compared"] > 0, row
        assert row["ns"]["min"] <= row["ns"]["median"] <= row["ns"]["max"], row
        # peers start from their patterns each time; we load what was compiled
        ours = row["engine"].startswith("tagweir")
        assert row["load_s"] > 0 and (row["load_s"] != row["compile_s"]) == ours, row
    for engine in found["engines"]:
        assert engine["title"] in said, f"{engine['name']} is not in the table"


def test_pairs_of_rule_sets_and_lists_agree():
    found, _ = measured("--workload", "literals,regions,factorless,growth", "--rules", "400",
                        "--engines", "tagweir,uthash-pcre2", "--tokens", "zipf")
    ours = {(r["workload"], r["variant"]) for r in found["results"]
            if r["engine"] == "tagweir" and "ns" in r}
    assert ours == {("literals", ""), ("regions", "1 region"), ("regions", "200 regions"),
                    ("factorless", "all have a literal"), ("factorless", "500 have none"),
                    ("growth", "100 rules"), ("growth", "all rules")}, ours


def test_goals_become_exit_codes():
    small = ["--workload", "cold,dense", "--rules", "100,1k", "--tokens", "zipf,unique",
             "--engines", "tagweir,hs-framed"]
    if "built without Vectorscan" in bench("match", "--list").stdout:
        raise tap.Skip("built without Vectorscan")
    found, said = measured(*small, "--require", "M6>=0.000001")
    assert found["goals"][0]["met"] and "1 of 1 met" in said, said
    found, said = measured(*small, "--require", "M6>=1000000", code=1)
    assert not found["goals"][0]["met"] and "0 of 1 met" in said, said
    assert "0 of 1 met, 1 missed" in said, said
    # what was not measured is not met, and not missed either
    found, said = measured(*small, "--require", "M8a", code=1)
    assert "value" not in found["goals"][0] and not found["goals"][0]["met"], found["goals"]
    assert found["goals"][0]["not_measured"] == "tagweir: not asked for", found["goals"]
    assert "(not measured: tagweir: not asked for; literals, 1000000 rules, zipf)" in said, said
    assert "0 of 1 met, 1 not measured" in said and "missed" not in said and " NO " not in said, said


def test_compiled_files_do_not_stay_behind():
    with tempfile.TemporaryDirectory() as folder:
        bench("match", *SMALL, "--workload", "cold", "--rules", "50", "--tokens", "zipf",
              "--engines", "tagweir,tagweir-memo", env={**os.environ, "TMPDIR": folder})
        assert not os.listdir(folder)


def test_plots_are_drawn():
    with tempfile.TemporaryDirectory() as folder:
        bench("match", *SMALL, "--workload", "cold", "--rules", "60,120", "--tokens", "zipf",
              "--engines", "tagweir,uthash-pcre2", "--svg", folder)
        plots = list(Path(folder).glob("*.svg"))
        assert [p.name for p in plots] == ["cold-zipf.svg"]
        svg = ElementTree.parse(plots[0]).getroot()
        curves = svg.findall("{http://www.w3.org/2000/svg}polyline")
        assert len(curves) == 2 and all(len(c.get("points").split()) == 2 for c in curves)


def test_real_tags_are_left_out_or_refused_where_there_are_none():
    with tempfile.TemporaryDirectory() as folder:
        nowhere = {**os.environ, "TAGWEIR_DATA": folder}
        few = ["--stream", "2000", "--rounds", "1", "--rules", "40", "--engines", "tagweir"]
        assert "Real feeds are skipped" in bench("match", *few, "--workload", "cold", env=nowhere).stdout
        for streams in ("real", "zipf,real"):
            done = bench("match", *few, "--tokens", streams, "--json", f"{folder}/out.json",
                         "--require", "M1", code=2, env=nowhere)
            assert "there are no real feeds in " + folder in done.stderr and not done.stdout, done.stderr
        assert not os.listdir(folder)


def test_real_tags_are_timed():
    data = os.environ.get("TAGWEIR_DATA", ROOT.parent / "shared" / "data")
    if not Path(data, "feeds").is_dir():
        raise tap.Skip("the real feeds are not here (TAGWEIR_DATA, or ../shared/data)")
    found, _ = measured("--workload", "dense", "--rules", "300", "--tokens", "real",
                        "--engines", "tagweir,uthash-pcre2")
    timed = [r for r in found["results"] if "ns" in r]
    assert {r["tokens"] for r in timed} == {"real"} and len(timed) == 2
    assert timed[0]["rules_a_tag"] > 0, "rules are made from the feeds' own tags"


def test_instructions_are_counted():
    if not shutil.which("valgrind"):
        raise tap.Skip("valgrind is not installed")
    bench("--help")  # is it there?
    if b"__asan_init" in BENCH.read_bytes() or b"__tsan_init" in BENCH.read_bytes():
        raise tap.Skip("a sanitizer's build does not run under Valgrind")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "counted.json")
        done = subprocess.run(
            [sys.executable, str(ROOT / "bench" / "instructions.py"), "--bench", str(BENCH),
             "--stream", "2000", "--count", "500", "--workload", "cold", "--rules", "40,300",
             "--json", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr
        rows = json.loads(path.read_text())["instructions"]
    assert {(r["workload"], r["rules"], r["tokens"], r["engine"], r["tags"]) for r in rows} == {
        ("cold", n, t, e, 500) for n in (40, 300) for t in ("zipf", "unique")
        for e in ("tagweir", "tagweir-memo")}, done.stdout
    for row in rows:
        # neither nothing, nor what made the tags and rules
        assert 20 < row["instructions"] < 100000, row
        assert f"{row['instructions']:,.0f}" in done.stdout, done.stdout


def test_bad_usage_is_told():
    for args, told in ([["match", "--rules", "0"], "--rules"],
                       [["match", "--rules", "many"], "many"],
                       [["match", "--workload", "warm"], "warm"],
                       [["match", "--engines", "grep"], "grep"],
                       [["match", "--require", "M99"], "M99"],
                       [["match", "--require", "M1<=3"], ">="],
                       [["match", "--workload", "dense", "--stream", "1000", "--rules", "1M"],
                        "--stream"],
                       [["match", "--count", "none"], "--count"],
                       [["match", "--count", "10", "--rules", "40"], "Valgrind"],
                       [["match", "farmers"], "farmers"]):
        done = bench(*args, code=2)
        assert told in done.stderr and not done.stdout.count("ns a tag"), done.stderr
    assert "usage:" in bench("--help").stdout
    assert "--require" in bench("match", "--help").stdout
    bench(code=2)


if __name__ == "__main__":
    tap.main()
