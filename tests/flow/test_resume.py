"""Runs that are interrupted, and go on: the same output as without, or a refusal that says why."""
import json
import os
import random
import re
import signal
import subprocess
import time

import weir
from test_replay import RULES, Given
from weir import tap


def start(given, out, *args):
    return subprocess.Popen([weir.TAGWEIR, "replay", "-q", "--rules", given.rules, "--clock", weir.CLOCK,
                             "--out", out, *map(str, args), given.feed], stderr=subprocess.PIPE)


def interrupt_until_done(given, out, how, wait_s):
    """@return how often it was interrupted before it was done."""
    resumed, interrupted = [], 0
    for _ in range(200):
        process = start(given, out, *resumed, "--threads", 1 + interrupted % 3)
        try:
            _, err = process.communicate(timeout=wait_s())
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            _, err = process.communicate(timeout=weir.PATIENCE_S)
        if process.returncode == 0:
            return interrupted
        assert process.returncode == -how, (process.returncode, err)
        interrupted += 1
        resumed = ["--resume"] if out.with_name(out.name + ".resume").exists() else []
        if how == signal.SIGINT and err:  # nothing is said before there is anything to be kept
            assert b"interrupted" in err and (b"records; the same arguments and --resume" in err
                                              or b"before anything" in err), err
    raise AssertionError("it never came to an end")


def test_runs_that_were_interrupted_go_on_to_the_same_output():
    with Given(60000) as given:
        want = given.replay("-q").out
        draw = random.Random(5)
        for how in (signal.SIGINT, signal.SIGKILL):
            for name, unpack in (("o.ndjson", ["cat"]), ("o.zst", ["zstd", "-dcq"])):
                out = given.path / name
                begun = time.monotonic()
                weir.expect(weir.run("replay", "-q", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out,
                                     given.feed))
                whole_s = time.monotonic() - begun
                out.unlink()
                interrupted = interrupt_until_done(given, out, how, lambda: whole_s * draw.uniform(0.3, 1.2))
                got = subprocess.run([*unpack, out], stdout=subprocess.PIPE, check=True).stdout
                assert got == want, (how, name, interrupted, len(got), len(want))
                assert not out.with_name(name + ".resume").exists()


def stopped(given, out):
    """A run that was stopped in the middle: its feed is a pipe that stays open."""
    fifo = given.path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([weir.TAGWEIR, "replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out",
                                out, fifo], stderr=subprocess.PIPE)
    with open(fifo, "wb") as feed:
        feed.write(given.lines)
        feed.flush()
        end = time.monotonic() + weir.PATIENCE_S
        while not out.exists() or out.read_bytes().count(b'"ruleset"') < given.n // 2:
            assert process.poll() is None and time.monotonic() < end, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=weir.PATIENCE_S)
    return process.returncode, err.decode()


def test_an_interrupted_run_says_where_it_stopped():
    with Given(3000) as given:
        out = given.path / "o.ndjson"
        code, err = stopped(given, out)
        told = re.search(r"stopped after (\S+):(\d+), and (\d+) records; the same arguments and --resume", err)
        assert code == -signal.SIGINT and told, (code, err)
        written = out.read_bytes()
        assert written.endswith(b"\n") and written.count(b"\n") == int(told[3]) >= 1500
        assert int(told[2]) <= given.n


def test_going_on_with_something_else_is_refused():
    with Given(3000) as given:
        out = given.path / "o.ndjson"
        weir.replay(given.feed, rules=given.rules, args=["-q", "--out", out])
        done = given.replay("--resume", "--out", out, code=4)
        assert b"nothing to go on with" in done.err and b"o.ndjson.resume" in done.err, done.text()
        assert b"A run that is done removes it" in done.err, done.text()
        done = given.replay("--resume", "--out", given.path / "never", code=4)
        assert b"neither " in done.err and not (given.path / "never").exists(), done.text()
        done = given.replay("--resume", code=2)
        assert b"--out" in done.err, done.text()
        stopped(given, out)
        kept, fifo = out.read_bytes(), given.path / "fifo"
        for args, changed in (
                (["--undecided", "withhold"], "it had no --undecided, and this one has --undecided withhold."),
                (["--only", "withhold,allow"], "it had no --only, and this one has --only withhold,allow."),
                (["--clock", "2021-02-01T07:00:01Z"],
                 "it had --clock 2021-02-01T07:00:00Z, and this one has --clock 2021-02-01T07:00:01Z."),
                (["--region", "IN"], "it had no --region, and this one has --region IN."),
                (["--since", "2021-02-01T00:00:00Z"],
                 "it had no --since, and this one has --since 2021-02-01T00:00:00Z."),
                (["--explain"], "it had no --explain, and this one has --explain."),
                (["--max-line", "1K"], "it had no --max-line, and this one has --max-line 1024."),
                (["--rule", "in-tags"], "this one has --rule in-tags, which it had not."),
                (["--order", "o-in"], "this one has --order o-in, which it had not.")):
            clock = () if "--clock" in args else ("--clock", weir.CLOCK)
            done = weir.run("replay", "--rules", given.rules, *clock, *args, "--out", out, "--resume", fifo)
            assert done.code == 4 and changed in done.err.decode(), done.text()
        given.write("rules.yaml", RULES + "  - {id: more, regions: [IN], action: withhold, match: {hashtags: [z]}}\n")
        done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume", fifo)
        assert done.code == 4 and "it had ruleset " in done.err.decode(), done.text()
        given.write("rules.yaml", RULES)
        out.write_bytes(kept[:-10])
        done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume", fifo)
        assert done.code == 4 and b"shorter" in done.err, done.text()


def run_piped(given, out, *args, more=()):
    """A run whose first feed is a pipe, and the pipe's path."""
    fifo = given.path / "fifo"
    if not fifo.exists():
        os.mkfifo(fifo)
    process = subprocess.Popen([weir.TAGWEIR, "replay", "-q", "--rules", given.rules, "--clock", weir.CLOCK, *args,
                                "--out", out, fifo, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return process, fifo


def stop(process, out, n):
    """Interrupt it when it has written n records."""
    end = time.monotonic() + weir.PATIENCE_S
    while not out.exists() or out.read_bytes().count(b"\n") < n:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=weir.PATIENCE_S)[1].decode()


def test_a_run_that_stopped_within_a_line_that_is_too_long_goes_on_behind_it():
    with Given(50) as given:
        out = given.path / "o.ndjson"
        data = given.lines + b'{"id":"1","x":"' + b"x" * 3000000 + b'"}\n' + given.lines
        want = given.replay("-q", feeds=["-"], stdin=data).out
        process, fifo = run_piped(given, out)
        with open(fifo, "wb") as feed:
            feed.write(data[:len(given.lines) + 1500000])
            feed.flush()
            stop(process, out, 1 + given.replay("-q").out.count(b"\n"))
        process, fifo = run_piped(given, out, "--resume")
        fifo.write_bytes(data)
        assert process.communicate(timeout=weir.PATIENCE_S)[1] == b"" and out.read_bytes() == want


def test_a_pipe_that_has_less_than_was_decided_is_a_fault_and_takes_nothing_of_the_next_feed():
    with Given(300) as given:
        out = given.path / "o.ndjson"
        other = given.write("other.ndjson", given.lines)
        process, fifo = run_piped(given, out, more=[other])
        with open(fifo, "wb") as feed:
            feed.write(given.lines)
            feed.flush()
            stop(process, out, given.replay("-q").out.count(b"\n"))
        kept = out.read_bytes()
        process, fifo = run_piped(given, out, "--resume", more=[other])
        fifo.write_bytes(given.lines[:1000])
        err = process.communicate(timeout=weir.PATIENCE_S)[1]
        assert process.returncode == 4 and b"fewer bytes than were decided before" in err, err
        assert out.read_bytes() == kept
        process, fifo = run_piped(given, out, "--resume", more=[other])  # and with all of it, it goes on
        fifo.write_bytes(given.lines)
        assert process.wait(timeout=weir.PATIENCE_S) == 0
        assert out.read_bytes() == given.replay("-q", feeds=[given.feed, other]).out


def test_files_are_counted_once():
    with Given(30) as given:
        out, fifo = given.path / "o.ndjson", given.path / "fifo"
        os.mkfifo(fifo)
        command = [weir.TAGWEIR, "replay", "--json", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out,
                   given.feed, fifo]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        with open(fifo, "wb"):
            stop(process, out, given.replay("-q").out.count(b"\n"))
        process = subprocess.Popen([*command, "--resume"], stderr=subprocess.PIPE)
        fifo.write_bytes(b"\n")
        err = process.communicate(timeout=weir.PATIENCE_S)[1]
        assert json.loads(err.splitlines()[-1])["files"] == 2, err


def test_a_run_that_begins_anew_forgets_the_one_before():
    with Given(3000) as given:
        out, kept = given.path / "o.ndjson", given.path / "o.ndjson.resume"
        stopped(given, out)
        assert kept.exists()
        process, fifo = run_piped(given, out)
        with open(fifo, "wb"):
            end = time.monotonic() + weir.PATIENCE_S
            while kept.exists():
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.02)
            process.kill()
            process.wait()
        assert not kept.exists()


def test_runs_that_cannot_be_gone_on_with_do_not_say_so():
    with Given(3000) as given:
        out, kept = given.path / "o.ndjson", given.path / "o.ndjson.resume"
        for args in (["--journal", given.path / "journal"], ["--emit", "csv"]):
            stopped(given, out)
            assert kept.exists()
            process, fifo = run_piped(given, out, *args)
            with open(fifo, "wb") as feed:
                feed.write(given.lines)
                feed.flush()
                err = stop(process, out, 100)
            assert "interrupted: stopped after" in err and "--resume" not in err and not kept.exists(), err
            fifo.unlink()


def test_what_lies_in_the_way_is_never_written_over():
    with Given(300) as given:
        feed = given.write("o.ndjson.resume", given.lines)
        done = given.replay("-q", "--out", given.path / "o.ndjson", feeds=[feed], code=4)
        assert b"o.ndjson.resume is in the way" in done.err, done.text()
        assert feed.read_bytes() == given.lines and not (given.path / "o.ndjson").exists()


def test_a_run_goes_on_where_how_far_it_is_cannot_be_kept():
    with Given(3000) as given:
        out = given.path / "o.ndjson"
        (given.path / "o.ndjson.resume.new").mkdir()
        process, fifo = run_piped(given, out)
        with open(fifo, "wb") as feed:
            for _ in range(4):
                feed.write(given.lines)
                feed.flush()
                time.sleep(1)
        _, err = process.communicate(timeout=weir.PATIENCE_S)
        assert process.returncode == 0 and err.count(b"how far the run is cannot be kept") == 1, err
        assert out.read_bytes() == given.replay("-q", feeds=["-"], stdin=given.lines * 4).out


def test_what_a_run_kept_is_looked_at_before_it_is_trusted():
    with Given(3000) as given:
        out, kept = given.path / "o.ndjson", given.path / "o.ndjson.resume"
        stopped(given, out)
        text, whole = kept.read_text(), out.read_bytes()
        place = text.splitlines()[-1]
        for other in (place.replace("at 0 ", "at 7 ", 1), "at 0 1", "at", "", "at -1 0 0 0 0 0 0"):
            kept.write_text(text[:-len(place) - 1] + other + "\n")
            done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume",
                            given.path / "fifo")
            assert done.code == 4 and b"leave out --resume to begin anew" in done.err, (other, done.text())
        kept.write_bytes(b"")
        done = weir.run("replay", "--rules", given.rules, "--out", out, "--resume", given.path / "fifo")
        assert done.code == 4 and b"no file of a run" in done.err, done.text()
        # one feed more
        kept.write_text(text)
        done = weir.run("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume",
                        given.path / "fifo", given.feed)
        assert done.code == 4 and re.search(rb"this one has feed \S+/feed.ndjson of \d+ bytes, which it had not\.",
                                            done.err), done.text()
        assert out.read_bytes() == whole


def test_handles_that_have_changed_are_others():
    with Given(300) as given:
        out, handles = given.path / "o.ndjson", given.write("handles.csv", "did:plc:a,x.example\n")
        process, fifo = run_piped(given, out, "--handles", handles)
        with open(fifo, "wb") as feed:
            feed.write(given.lines)
            feed.flush()
            stop(process, out, 100)
        command = ("replay", "--rules", given.rules, "--clock", weir.CLOCK, "--out", out, "--resume", fifo)
        for content, said in (("did:plc:a,other.example\n", "handles.csv of 20 bytes, and this one has handles "),
                              ("did:plc:a,y.example\n", "handles.csv of 20 bytes has changed since.")):
            given.write("handles.csv", content)
            done = weir.run(*command, "--handles", handles)
            assert done.code == 4 and said in done.err.decode(), done.text()
        done = weir.run(*command)
        assert done.code == 4 and re.search(rb"it had handles \S+ of 20 bytes, which this one has not", done.err)


def test_two_runs_do_not_write_the_same_file():
    with Given(300) as given:
        out = given.path / "o.ndjson"
        process, fifo = run_piped(given, out)
        with open(fifo, "wb") as feed:
            feed.write(given.lines)
            feed.flush()
            end = time.monotonic() + weir.PATIENCE_S
            while not out.exists() or not out.stat().st_size:
                assert time.monotonic() < end
                time.sleep(0.02)
            done = given.replay("-q", "--out", out, code=4)
            assert b"another run is writing it" in done.err, done.text()
        assert process.wait(timeout=weir.PATIENCE_S) == 0 and out.read_bytes() == given.replay("-q").out


def test_ctrl_c_ends_the_waiting_for_the_other_end_of_a_pipe():
    with Given(30) as given:
        fifo = given.path / "fifo"
        os.mkfifo(fifo)
        for args in (["--out", given.path / "o.ndjson", fifo], ["--out", fifo, given.feed]):
            process = subprocess.Popen([weir.TAGWEIR, "replay", "-q", "--rules", given.rules, *args],
                                       stderr=subprocess.PIPE)
            time.sleep(1)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=weir.PATIENCE_S)
            assert process.returncode == -signal.SIGINT, args


if __name__ == "__main__":
    tap.main()
