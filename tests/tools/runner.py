"""Builds the presets and runs every test program in them; the programs speak TAP.

A program is a failure of its own when it crashes, runs out of time, says fewer results than it
planned, or says none. What fails is shown with all that it printed.
"""
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT_S = 600
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect,possible",
            "--suppressions=tests/valgrind.supp"]
# TSan waits for a second where a process ends, for threads that are left: ours leave none.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1",
              "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
              "TSAN_OPTIONS": "halt_on_error=1:atexit_sleep_ms=50"}
RESULT = re.compile(r"^\s*(not ok|ok)\b\s*\d*\s*-?\s*(.*)$")
PLAN = re.compile(r"^\s*1\.\.(\d+)")
# cmocka has the test's name where the reason belongs; tests/unit/test.h says it in front of that.
REASON = re.compile(r"^# SKIP (.*)$")


class Totals:
    passed = failed = skipped = 0


def sh(command):
    """Run a build command; its output is shown only when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout)
    return done.returncode == 0


def build(preset, targets):
    jobs = str(os.cpu_count() or 2)
    start = time.monotonic()
    ok = sh(["cmake", "--preset", preset]) and \
        sh(["cmake", "--build", "--preset", preset, "-j", jobs, *(["--target", *targets] if targets else [])])
    print(f"{'ok' if ok else 'not ok'} - build {preset} ({time.monotonic() - start:.0f} s)", flush=True)
    return ok


def read_tap(output):
    """(passed, failed names, skipped [(name, why)], planned or None)"""
    passed, failed, skipped, planned, reason = 0, [], [], None, None
    for line in output.splitlines():
        plan = PLAN.match(line)
        if plan:
            planned = (planned or 0) + int(plan[1])
            continue
        said = REASON.match(line)
        if said:
            reason = said[1]
        result = RESULT.match(line)
        if not result:
            continue
        name, _, directive = result[2].partition("# ")
        if directive.strip().upper().startswith("SKIP"):
            behind = directive.strip()[4:].strip(" :")
            name, why = (name, behind) if name else (behind, reason)
            skipped.append((name.strip(), why or "no reason given"))
        elif result[1] == "ok":
            passed += 1
        else:
            failed.append(name.strip())
        reason = None
    return passed, failed, skipped, planned


def run_one(stage, name, command, env):
    full = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", **SANITIZERS, **env)
    start = time.monotonic()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_S, env=full)
        output, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode(errors="replace"), f"none in {TIMEOUT_S} s"
    passed, failed, skipped, planned = read_tap(output)
    said = passed + len(failed) + len(skipped)
    if code != 0 and not failed:
        failed.append(f"{name} ended with {code}")
    elif said == 0 or (planned is not None and said < planned):
        failed.append(f"{name} said {said} results of {planned}")
    return stage, name, passed, failed, skipped, output, time.monotonic() - start


def tell(result, totals):
    stage, name, passed, failed, skipped, output, seconds = result
    totals.passed += passed
    totals.failed += len(failed)
    totals.skipped += len(skipped)
    mark = "not ok" if failed else "ok"
    print(f"{mark} - {stage}: {name}: {passed} passed"
          + (f", {len(failed)} failed" if failed else "")
          + (f", {len(skipped)} skipped" if skipped else "")
          + (f" ({seconds:.0f} s)" if seconds > 4.5 else ""), flush=True)
    for test, why in skipped:
        print(f"    skipped {test}: {why}")
    if failed:
        print("".join(f"    {line}\n" for line in output.splitlines()[-200:]), flush=True)


def unit_programs(preset):
    folder = Path("build") / preset / "tests"
    return sorted(p for p in folder.glob("test_*") if p.is_file() and os.access(p, os.X_OK))


def has_threads(name):
    return any(room in name for room in ("_serve_", "_replay_")) and name not in LONG


def wanted(preset):
    """What is to be built of a preset; nothing: all of it."""
    if any(kinds != ("threads",) for p, kinds in STAGES if p == preset):
        return []
    programs = [p.stem for p in Path("tests/unit").glob("*/test_*.c") if has_threads(p.stem)]
    return ["tagweir", "weir-journal", "weir-oracle", *sorted(programs)]


def scripts(*folders):
    return sorted(p for f in folders for p in Path("tests", f).glob("test_*.py"))


def plan(preset, kinds, filters):
    """(name, command, env) of what a preset runs."""
    jobs = []
    env = {"TAGWEIR": str(Path("build", preset, "tagweir").resolve()),
           "TAGWEIR_BUILD": str(Path("build", preset).resolve())}
    if "oracle" in kinds:  # first, as it takes longest: others go on beside it
        jobs += [(f"oracle/{p.stem}", [sys.executable, str(p)], env) for p in scripts("oracle")]
    if "unit" in kinds:
        jobs += [(p.name, [str(p)], env) for p in unit_programs(preset)]
    if "valgrind" in kinds:
        jobs += [("valgrind " + p.name, VALGRIND + [str(p)], dict(env, WEIR_TEST_NO_JIT="1"))
                 for p in unit_programs(preset) if p.name not in LONG]
    for folder in ("layering", "flow"):
        if folder in kinds:
            jobs += [(f"{folder}/{p.stem}", [sys.executable, str(p)], env) for p in scripts(folder)
                     if preset == "debug" or p.stem not in ONCE]
    if "threads" in kinds:
        jobs += [(p.name, [str(p)], env) for p in unit_programs(preset) if has_threads(p.name)]
        jobs += [(f"flow/{p.stem}", [sys.executable, str(p), *THREADED[p.stem]], env)
                 for p in scripts("flow") if p.stem in THREADED]
    return [j for j in jobs if not filters or any(f in j[0] for f in filters)]


# What a browser makes of a page is the same whoever wrote it, and browsers are slow; the bench
# measures, and its programs are run by the first build alone.
ONCE = ("test_report_browser", "test_load", "test_bench", "test_bench_replay")

# Megabytes of input, or millions of decisions, which take minutes where all is slow.
LONG = ("test_replay_census", "test_replay_course", "test_replay_portions")

# What has threads: flow tests of the server and of replays, or those of their tests that have.
THREADED = {"test_serve": (), "test_reload": ("answers", "summary", "rest", "many"), "test_control": (),
            "test_tls": (), "test_http": (), "test_http_limits": (), "test_hostile": ("busy", "left", "many"),
            "test_endings": (), "test_journal": (),
            "test_replay": ("threads", "numbered", "journal"), "test_report": ("threads",)}

# The oracle compares millions of pairs of pattern and tag: it runs where the build is optimised.
STAGES = [("debug", ("unit", "layering", "flow")), ("clang", ("unit", "oracle")),
          ("asan", ("unit", "flow")), ("tsan", ("threads",)), ("debug", ("valgrind",))]


def main():
    quick = "--quick" in sys.argv
    filters = [a for a in sys.argv[1:] if not a.startswith("--")]
    os.chdir(Path(__file__).resolve().parents[2])
    totals = Totals()
    built = {}
    for preset, kinds in STAGES[:1] if quick else STAGES:
        if preset not in built:
            built[preset] = build(preset, wanted(preset))
            totals.passed += built[preset]
            totals.failed += not built[preset]
        if not built[preset]:
            continue
        if "valgrind" in kinds and not shutil.which("valgrind"):
            totals.skipped += 1
            print("    skipped valgrind: not installed")
            continue
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            waiting = [pool.submit(run_one, preset, *job) for job in plan(preset, kinds, filters)]
            for done in waiting:
                tell(done.result(), totals)
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
