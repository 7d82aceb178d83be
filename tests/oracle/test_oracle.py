"""Engine against oracle: hand-derived cases, real feeds under rules made of real material, and
synthetic posts. Records must agree in every byte."""
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests" / "tools"
sys.path.insert(0, str(TOOLS))
import tap  # noqa: E402

BUILD = Path(os.environ.get("TAGWEIR_BUILD", ROOT / "build" / "debug"))
ENGINE = os.environ.get("TAGWEIR", str(BUILD / "tagweir"))
ORACLE = str(BUILD / "tests" / "weir-oracle")
DATA = Path(os.environ.get("TAGWEIR_DATA", ROOT.parent / "shared" / "data"))
SEED = int(os.environ.get("TAGWEIR_SEED", "1"))
# Of what is not meant to be the same each time; a failure says it.
DRAWN = os.environ.get("WEIR_SEED", str(random.SystemRandom().randrange(1 << 32)))


def tool(name, *args, expect=0):
    done = subprocess.run([sys.executable, str(TOOLS / name), *map(str, args)], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == expect, f"{name} {args} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def need_data():
    if not DATA.is_dir():
        raise tap.Skip(f"the real feeds are not at {DATA.name}")


def compare(rules, *more):
    out = tool("compare.py", "--tagweir", ENGINE, "--oracle", ORACLE, "--rules", rules, *more)
    print("".join(f"# {line}\n" for line in out.splitlines() if line.startswith("#")), end="")


def test_hand_derived_cases_hold_for_the_engine():
    tool("run_cases.py", "--program", ENGINE, "--replay")


def test_hand_derived_cases_hold_for_the_oracle():
    tool("run_cases.py", "--program", ORACLE)


def test_real_feeds_under_rules_of_their_own_tags_and_handles():
    need_data()
    with tempfile.TemporaryDirectory() as folder:
        tool("make_rules.py", "--seed", SEED, "--kind", "feeds", "--data", DATA, "--out", folder)
        compare(folder, "--data", DATA, "--min-acting", "0.2", "--min-states", "100")


def test_real_feeds_under_rules_that_run_out_of_budget():
    """What runs out is told by both where the engine tries each pattern as the oracle does; with
    literals it knows better of some, and of the others says the same."""
    need_data()
    with tempfile.TemporaryDirectory() as folder:
        tool("make_rules.py", "--seed", SEED + 1, "--kind", "feeds", "--data", DATA, "--out",
             folder, "--limits")
        compare(folder, "--data", DATA, "--min-states", "100", "--limits",
                "--engine-option=--match-off=sieve,words,memo")
        compare(folder, "--data", DATA, "--min-states", "100", "--limits", "--may-prove")


def test_real_feeds_under_the_real_lists():
    need_data()
    with tempfile.TemporaryDirectory() as folder:
        tool("make_rules.py", "--seed", SEED, "--kind", "lists", "--data", DATA, "--out", folder,
             "--skip-bad-pattern")
        compare(folder, "--data", DATA, "--jit")


def records(rules, off):
    """Of all real feeds, without these parts of the matcher."""
    done = subprocess.run([ENGINE, "replay", "-q", "--clock", "2021-02-01T07:00:00Z", "--rules", rules,
                           *(["--match-off", off] if off else []), str(DATA / "feeds")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def test_real_feeds_whatever_is_off():
    """What the engine says by itself is what the oracle says, as above; so it is without each part."""
    need_data()
    parts = ("memo", "batch", "gate", "sieve", "vectors", "automaton", "words", "jit")
    for kind, skip in (("feeds", ()), ("lists", ("--skip-bad-pattern",))):
        with tempfile.TemporaryDirectory() as folder:
            tool("make_rules.py", "--seed", SEED + 3, "--kind", kind, "--data", DATA, "--out", folder, *skip)
            want = records(folder, None)
            assert want.count(b"\n") > 5000 and want.count(b'"regions"') > 50, "hardly anything is decided"
            for off in (*parts, ",".join(parts)):
                assert records(folder, off) == want, f"{kind}: other records without {off} (TAGWEIR_SEED={SEED})"
            print(f"# {kind}: {want.count(bytes([10]))} records are the same without each of {len(parts)} parts")


def test_the_one_pattern_that_pcre2_refuses_is_named():
    need_data()
    with tempfile.TemporaryDirectory() as folder:
        tool("make_rules.py", "--seed", SEED, "--kind", "lists", "--data", DATA, "--out", folder)
        done = subprocess.run([ENGINE, "check", folder], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    errors = [x for x in done.stderr.splitlines() if ": error: " in x]
    assert done.returncode == 3, done.stderr[-2000:]
    assert len(errors) == 1, errors[:5]
    assert "PCRE2" in errors[0] and "<city>" in errors[0] and "regex-watched" in errors[0], errors[0]
    print(f"# {errors[0].split('/')[-1]}")


def test_synthetic_posts_of_every_dialect():
    need_data()
    with tempfile.TemporaryDirectory() as folder:
        feed = Path(folder) / "posts.ndjson"
        feed.write_text(tool("gen_posts.py", "--seed", SEED, "--count", 3000, "--data", DATA))
        rules = Path(folder) / "rules"
        tool("make_rules.py", "--seed", SEED + 2, "--kind", "feeds", "--data", DATA, "--out",
             rules)
        compare(rules, "--feed", feed)


def test_made_up_decisions():
    """As many as there is time for here; tests/README.md says how ten million are compared."""
    print(f"# WEIR_SEED={DRAWN}", flush=True)
    out = tool("many.py", "--tagweir", ENGINE, "--oracle", ORACLE, "--decisions", "50k",
               "--seed", DRAWN, "--min-states", 50)
    print("".join(f"# {line.lstrip('# ')}\n" for line in out.splitlines()), end="")


if __name__ == "__main__":
    tap.main()
