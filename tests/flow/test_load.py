"""tagweir-bench load: against real servers, against one that is wrong, and its baseline against ours."""
import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import weir
from weir import tap

BENCH = Path(os.environ.get("TAGWEIR_BUILD", weir.ROOT / "build" / "debug")) / "tagweir-bench"
FAKE = Path(__file__).resolve().parent / "fake_tagweir.py"
# small, and nothing of it is timed in earnest: sanitizers run it too, on machines that are busy
SMALL = ["--posts", "300", "--seconds", "0.3", "--warm-up", "0.1", "--patience", "60"]
SAMPLE = (weir.INDIA / "posts.ndjson").read_bytes()


def bench(*args, code=0, env=None):
    if not BENCH.exists():
        raise tap.Skip("tagweir-bench is not built (WEIR_BENCH=OFF)")
    with weir.Folder() as folder:
        done = subprocess.run([str(BENCH), "load", *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=500,
                              env=dict(os.environ, TMPDIR=str(folder.path), TAGWEIR=weir.TAGWEIR, **(env or {})))
        left = os.listdir(folder.path)
    assert code in (None, done.returncode), f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert not left, f"left behind: {left}"
    return done


def measured(*args, code=0, env=None):
    with weir.Folder() as folder:
        path = folder.path / "out.json"
        done = bench(*args, "--json", path, code=code, env=env)
        return json.loads(path.read_text()), done


def own(n):
    return weir.own(n, f"a{n}")


def fake(wrong, *args, posts=2000, code=1, connections=1):
    """A load against the wrong server, as long as it takes to get somewhere."""
    with weir.Folder() as folder:
        feed = folder.write("feed.ndjson", b"".join(own(n) for n in range(posts)))
        return measured("--serve", f"'{FAKE}' serve", "--feed", feed, "--connections", connections, "--seconds",
                        "0.5", "--warm-up", "0", "--patience", "1", *args, code=code, env={"FAKE": wrong})


def check_times(times):
    order = [times[k] for k in ("p50", "p90", "p99", "p99.9", "p99.99", "max")]
    assert order == sorted(order) and order[0] > 0 and times["n"] > 0, times
    assert times["mean"] <= times["max"], times


def check_sound(found):
    assert found["sound"] and "fault" not in found, found
    assert found["sent"] == found["answered"] > 0, found
    assert found["unanswered"] == found["surplus"] == found["lost_connections"] == 0, found


def test_a_closed_loop_counts_every_answer():
    found, done = measured("--rules", "60", *SMALL)
    check_sound(found)
    check_times(found["answer_ns"])
    assert found["loop"] == "closed" and found["posts_per_s"] > 0 and found["feed"]["answers"] == 300
    # what the server says that it delivered is what came
    assert f" {found['answered']} delivered" in found["server_said"], found
    assert "all in order" in done.stdout and "Closed loop: 8 connections" in done.stdout, done.stdout


def test_an_open_loop_counts_from_when_posts_were_due():
    found, done = measured("--rules", "60", *SMALL, "--rate", "2000")
    check_sound(found)
    check_times(found["answer_ns"])
    assert found["loop"] == "open" and "Open loop: 2,000 posts a second" in done.stdout
    # each that was due while it counted is in it, whatever became of it
    assert abs(found["answer_ns"]["n"] - 600) <= 2, found
    # what was sent late has no short answer time
    assert found["answer_ns"]["max"] >= found["late_ns"]["p50"], found


def test_the_rate_that_is_asked_for_is_kept():
    found, _ = measured("--rules", "60", "--posts", "300", "--seconds", "1", "--warm-up", "0.2", "--rate", "500",
                        "--patience", "60")
    check_sound(found)
    # 1.2 seconds, warming up included; what comes late comes, too
    assert abs(found["sent"] + found["unsent"] - 600) <= 2 and found["posts_per_s"] <= 602, found


def test_many_connections_and_threads():
    found, done = measured("--rules", "60", *SMALL, "--connections", "30", "--idle", "200", "--threads", "3",
                           "--window", "5")
    check_sound(found)
    assert (found["connections"], found["idle"], found["threads"]) == (30, 200, 3), found
    assert "200 idle ones; 3 threads" in done.stdout, done.stdout
    found, _ = measured("--rules", "60", *SMALL, "--connections", "30", "--threads", "3", "--rate", "3000")
    check_sound(found)
    assert abs(found["answer_ns"]["n"] - 900) <= 6, found


def test_more_connections_than_descriptors_are_allowed_at_first():
    import resource
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] != resource.RLIM_INFINITY and limits[1] < 1500:
        raise tap.Skip("no more than 1,500 descriptors may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    try:
        found, _ = measured("--rules", "60", *SMALL, "--idle", "1000")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    check_sound(found)


def test_feeds_of_every_kind_are_checked():
    page = b'{"data":[{"id":"7","text":"x","author_id":"1"},{"id":"8","text":"y","author_id":"1"}]}\n'
    with weir.Folder() as folder:
        feed = folder.write("feed.ndjson", SAMPLE + b"\n  \n{\n" + page + b'{"query":{"hashtag":"a"}}\n' + own(1)[:-1])
        found, _ = measured("--serve", f"'{weir.TAGWEIR}' serve --rules '{weir.INDIA}' --json", "--feed", feed,
                            *SMALL, "--connections", "3", "--window", "7")
        check_sound(found)
        assert found["feed"]["answers"] > found["feed"]["lines"], "a page is owed several"
        assert f'"delivered":{found["answered"]},' in found["server_said"], found


def test_a_server_that_runs_is_connected_to():
    with weir.Folder() as folder:
        feed = folder.write("feed.ndjson", SAMPLE)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        both = [f"unix:{folder.path}/weir", f"127.0.0.1:{port}"]
        with weir.Server(listen=both) as server:
            server.connect(both[1]).close()
            for address in both:
                found, _ = measured("--connect", address, "--feed", feed, *SMALL)
                check_sound(found)
                assert found["server"] == address and "server_said" not in found
        done = bench("--connect", both[0], "--feed", feed, *SMALL, code=1)
        assert "connecting to unix:" in done.stderr, done.stderr


def test_lost_and_reordered_answers_are_found_out():
    for wrong, told in (("drop:100", "answer 100 should begin with"), ("swap:100", "answer 100 should begin with"),
                        ("twice:100", "answer 101 should begin with"), ("boast", "that it delivered")):
        found, done = fake(wrong)
        assert told in done.stderr, f"{wrong}: {done.stderr}"
        if wrong == "boast":
            assert found["sound"], found
            continue
        assert not found["sound"] and told in found["fault"] and "NOT ALL AS" in done.stdout, (wrong, found)
        assert found["sent"] == found["answered"] + found["unanswered"], (wrong, found)
        assert (found["unanswered"] > 0) == (wrong == "drop:100"), (wrong, found)
    found, done = fake("swap:100")
    assert "fits what was asked 1 later" in done.stderr, done.stderr
    check_sound(fake("", code=0)[0])


def test_one_of_many_connections_that_is_wrong_is_enough():
    found, done = fake("drop:70", "--rate", "1000", connections=5)
    assert not found["sound"] and re.search(r"connection \d: answer 70 should", done.stderr), done.stderr


def test_a_server_that_hangs_up_is_told():
    found, done = fake("close:50")
    assert found["lost_connections"] == 1 and found["unanswered"] > 0, found
    assert found["sent"] == found["answered"] + found["unanswered"], found
    assert "answers did not come" in done.stderr, done.stderr


def test_a_server_that_is_too_slow_does_not_hide_it():
    # 2 ms a post in each of two connections: 1,000 a second, of 4,000
    found, done = fake("slow:2", "--rate", "4000", "--patience", "60", code=0, connections=2)
    check_sound(found)
    assert found["unsent"] > 0 and "the rate was not reached" in done.stdout, done.stdout
    assert abs(found["answer_ns"]["n"] - 2000) <= 2, found
    # half of all were due in the first half, and most of these have waited since
    assert found["answer_ns"]["p50"] > 100e6, found


class Baseline:
    """The server that ours is measured against, on a socket of its own."""

    def __enter__(self):
        if not BENCH.exists():
            raise tap.Skip("tagweir-bench is not built (WEIR_BENCH=OFF)")
        self.folder = weir.Folder().__enter__()
        self.address = f"unix:{self.folder.path}/socket"
        self.process = subprocess.Popen([str(BENCH), "baseline", "--rules", str(weir.INDIA), "--clock", weir.CLOCK,
                                         "--listen", self.address], stderr=subprocess.PIPE)
        assert b"listening on" in self.process.stderr.readline()
        return self

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(weir.PATIENCE_S)
        s.connect(self.address.removeprefix("unix:"))
        return s

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=weir.PATIENCE_S)[1]
        self.folder.__exit__(None, None, None)
        assert self.process.returncode == 0, said


def test_the_baseline_answers_what_serve_answers():
    page = b'{"data":[{"id":"7","text":"x","author_id":"1"},{"id":"8","text":"y","author_id":"1"}]}\n'
    long = b'{"id":"1","author":"@x","text":"' + b"x" * (1 << 20) + b'"}\n'
    feeds = {"the sample": SAMPLE, "bad lines": b"bad\n\n \r\n\xff\n" + own(1) + b"{\n", "a page": page + own(1),
             "a long line": own(1) + long + own(2), "no newline at the end": own(1) + own(2)[:-1],
             "nothing": b"", "many": b"".join(own(n) for n in range(20000)),
             "carriage returns": b"\xef\xbb\xbf" + own(1)[:-1] + b"\r\n" + own(2)}
    with weir.Server() as server, Baseline() as baseline:
        for name, feed in feeds.items():
            ours, theirs = weir.ask(server.connect(), feed), weir.ask(baseline.connect(), feed)
            assert ours == theirs, f"{name}:\n{ours[-500:]}\n{theirs[-500:]}"


def test_the_baseline_waits_for_its_clients():
    feed = b"".join(own(n) for n in range(30000))
    with Baseline() as baseline:
        s = baseline.connect()
        s.settimeout(0.5)
        sent = 0
        try:
            while sent < len(feed):
                sent += s.send(feed[sent:sent + 65536])
        except TimeoutError:
            pass
        assert sent < len(feed), "it read all of it though nobody reads its answers"
        s.settimeout(weir.PATIENCE_S)
        answers = weir.ask(s, feed[sent:])
        assert answers.count(b"\n") == 30000


def want_two_cores():
    if len(os.sched_getaffinity(0)) < 2:
        raise tap.Skip("goals want two cores")


def test_goals_of_speed_become_exit_codes():
    want_two_cores()
    small = ["--rules", "60", *SMALL, "--rounds", "1"]
    found, done = measured(*small, "--require", "S1>=0.000001", "--require", "S2>=0.000001")
    assert all(g["met"] and g["value"] > 0 for g in found["goals"]) and "2 of 2 met" in done.stdout, done.stdout
    sides = {s["side"]: s for s in found["speeds"][0]["sides"]}
    assert set(sides) == {"serve", "baseline", "replay", "replay-null"}, sides
    assert all(s["posts_per_s"]["median"] > 0 for s in sides.values()), sides
    assert found["speeds"][0]["bytes_compared"] > 300 * 100 and "answered the same" in done.stdout, done.stdout
    found, done = measured(*small, "--require", "S2>=1000000", code=1)
    assert not found["goals"][0]["met"] and "0 of 1 met, 1 missed" in done.stdout, done.stdout
    assert {s["side"] for s in found["speeds"][0]["sides"]} == {"serve", "baseline"}, found


def test_goals_are_not_measured_on_one_core():
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        found, done = measured("--rules", "60", *SMALL, "--rounds", "1", "--require", "all", code=1)
    finally:
        os.sched_setaffinity(0, cores)
    assert not found["pinned"] and found["speeds"] == [] and found["reloads"] == [], found
    assert len(found["goals"]) == 4 and "4 not measured" in done.stdout, done.stdout
    for goal in found["goals"]:
        assert not goal["met"] and "a core each" in goal["not_measured"] and "value" not in goal, goal


def test_goals_of_speed_work_with_a_feed():
    want_two_cores()
    with weir.Folder() as folder:
        feed = folder.write("feed.ndjson", SAMPLE)
        found, _ = measured("--rules", "60", "--feed", feed, *SMALL, "--rounds", "1", "--require", "S1>=0.000001")
        assert found["goals"][0]["met"], found


# little enough for a server in Python, whose every reload starts a program
FEW = ["--posts", "300", "--literals", "40", "--seconds", "1", "--warm-up", "0.1", "--rounds", "1", "--rate", "200",
       "--connections", "2", "--window", "2"]


def test_reloads_are_timed():
    want_two_cores()
    found, done = measured(*FEW, "--tagweir", FAKE, "--require", "S3<=1000000", env={"FAKE": ""})
    assert [(r["kind"], r["literals"]) for r in found["reloads"]] == [("compiled", 40), ("sources", 40)], found
    for r in found["reloads"]:
        assert r["reloads"] > 0 and r["reload_s"]["median"] > 0 and r["rate"] == 200, r
        assert r["p99.9_ns"]["median"] > 0 and r["p99.9_ns_with_reloads"]["median"] > 0, r
    assert "2 of 2 met" in done.stdout and "a list file, compiled meanwhile" in done.stdout, done.stdout


def test_a_server_that_does_not_reload_is_told_as_that():
    want_two_cores()
    found, done = measured(*FEW, "--tagweir", FAKE, "--require", "S3.compiled", code=1, env={"FAKE": "deaf"})
    assert "value" not in found["goals"][0] and "it does not reload" in found["goals"][0]["not_measured"], found
    assert "0 of 1 met, 1 not measured" in done.stdout, done.stdout


def test_reloads_of_the_server_itself():
    want_two_cores()
    found, done = measured(*FEW, "--seconds", "6", "--require", "S3.sources<=1000000", code=None)
    goal = found["goals"][0]
    assert goal["met"] or "something else runs here" in goal["not_measured"], done.stdout


def test_bad_usage_is_told():
    with weir.Folder() as folder:
        empty = folder.write("empty.ndjson", b"\n")
        for args, told in ((["--connect", "nowhere"], "unix:PATH or HOST:PORT"),
                           (["--connect", "unix:" + "x" * 200], "a path has"),
                           (["--connect", "unix:/x", "--serve", "y"], "one server at a time"),
                           (["--connect", "unix:/x", "--rules", "10"], "rules and workers are its own"),
                           (["--require", "S9"], "S9"), (["--require", "S1<=1"], ">="),
                           (["--require", "S1", "--baseline"], "--require"),
                           (["--rules", "10,20"], "several numbers"), (["--rules", "0"], "--rules"),
                           (["--window", "0"], "--window"), (["--rate", "fast"], "fast"),
                           (["--seconds", "-1"], "--seconds"), (["--seconds", "soon"], "soon"),
                           (["--workload", "growth"], "growth"), (["--tokens", "real"], "real"),
                           (["--feed", f"{folder.path}/none"], "none"), (["--feed", empty], "no lines"),
                           (["--tagweir", f"{folder.path}/none"], "is no program"),
                           (["--posts", "10", "--workload", "dense", "--rules", "3M"], "more than"), (["farmers"], "farmers")):
            done = bench(*args, code=2)
            assert told in done.stderr and not done.stdout, f"{args}: {done.stderr}"
    done = bench("--serve", "false", "--posts", "10", code=4)
    assert "exit code 1" in done.stderr, done.stderr
    assert "--window" in bench("--help").stdout
    listed = bench("--list").stdout
    assert all(word in listed for word in ("S1", "S2", "S3.compiled", "S3.sources", "zipf", "literals")), listed
    assert "factorless" not in listed


if __name__ == "__main__":
    tap.main()
