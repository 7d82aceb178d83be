"""The server as its clients see it: a real process, real sockets."""
import json
import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time

import weir
from weir import free_port, ids, tap

SAMPLE = (weir.INDIA / "posts.ndjson").read_bytes()
# What cut writes are drawn from; a failure says it, and WEIR_SEED repeats it.
SEED = int(os.environ.get("WEIR_SEED", random.SystemRandom().randrange(1 << 32)))
print(f"# WEIR_SEED={SEED}", flush=True)


def of_replay(data):
    return weir.decide(data)


def without_skips(answers):
    return [x for x in answers.split(b"\n")[:-1] if not x.startswith(b'{"v":1,"skip":')]


def own(n, tag="ModiPlanningFarmerGenocide"):
    return weir.own(n, tag)


def test_a_unix_socket_answers_what_replay_writes():
    with weir.Server() as server:
        answers = weir.ask(server.connect(), SAMPLE)
    assert without_skips(answers) == of_replay(SAMPLE)
    skips = [x for x in answers.split(b"\n") if x.startswith(b'{"v":1,"skip":')]
    assert skips == [b'{"v":1,"skip":"delete"}', b'{"v":1,"skip":"like"}'], skips


def test_tcp_answers_the_same():
    address = f"127.0.0.1:{free_port()}"
    with weir.Server(listen=[address]) as server:
        assert without_skips(weir.ask(server.connect(), SAMPLE)) == of_replay(SAMPLE)


def test_several_addresses_at_once():
    with weir.Folder() as folder:
        both = [f"127.0.0.1:{free_port()}", f"unix:{folder.path}/weir"]
        with weir.Server(listen=both) as server:
            first, second = (weir.ask(server.connect(a), SAMPLE) for a in both)
        assert first == second and len(first) > 1000


def test_netcat_talks_to_it():
    if not shutil.which("nc"):
        raise tap.Skip("nc is not installed (netcat-openbsd)")
    with weir.Folder() as folder:
        port = free_port()
        both = [f"unix:{folder.path}/weir", f"127.0.0.1:{port}"]
        with weir.Server(listen=both) as server:
            server.connect().close()
            for where in (["-U", folder.path / "weir"], ["127.0.0.1", str(port)]):
                done = subprocess.run(["nc", "-N", *where], input=SAMPLE, stdout=subprocess.PIPE,
                                      timeout=weir.PATIENCE_S)
                assert done.returncode == 0 and without_skips(done.stdout) == of_replay(SAMPLE), where


def test_a_port_beyond_loopback_needs_a_word_of_consent():
    done = weir.run("serve", "--rules", weir.INDIA, "--listen", "0.0.0.0:7", timeout=30)
    assert done.code == 2 and b"--insecure" in done.err, done.text()


def test_a_limit_of_memory_that_nobody_can_keep_to_is_refused():
    def start(*limits):
        return weir.run("serve", "--rules", weir.INDIA, "--listen", "127.0.0.1:99999", *limits, timeout=30)

    for limits in (("--max-memory", "3", "--workers", "4"), ("--max-memory", "5M"),
                   ("--max-memory", "20M", "--max-line", "10M")):
        done = start(*limits)
        assert done.code == 2 and b"tagweir: --max-memory: " in done.err, done.text()
        least = re.search(rb"may hold (\d+K)", done.err)[1].decode()
        done = start("--max-memory", least, *limits[2:])  # as it says: now the address is the matter
        assert b"--max-memory" not in done.err and b"99999" in done.err, done.text()
    assert b"--max-memory" not in start("--max-memory", "0").err


def test_writes_cut_anywhere_change_nothing():
    rng = random.Random(SEED)
    expected = None
    with weir.Server() as server:
        expected = weir.ask(server.connect(), SAMPLE)
        for most in (1, 3, 50, 5000):
            data = SAMPLE if most > 1 else SAMPLE[:6000]
            s = server.connect()

            def send():
                at = 0
                while at < len(data):
                    n = rng.randint(1, most)
                    s.sendall(data[at:at + n])
                    at += n
                s.shutdown(socket.SHUT_WR)

            thread = threading.Thread(target=send, daemon=True)
            thread.start()
            answers = weir.read_all(s)
            thread.join()
            s.close()
            wanted = expected if most > 1 else None
            if wanted is None:
                complete = data.count(b"\n")
                wanted = b"".join(x + b"\n" for x in expected.split(b"\n")[:complete])
                answers = b"".join(x + b"\n" for x in answers.split(b"\n")[:complete])
            assert answers == wanted, f"WEIR_SEED={SEED}: pieces of up to {most} bytes"


def test_each_line_is_answered_before_the_next_is_sent():
    with weir.Server() as server:
        s = server.connect()
        f = s.makefile("rb")
        for n in range(50):
            s.sendall(own(n))
            assert json.loads(f.readline())["post"] == str(n)
        f.close()
        s.close()


def test_a_half_closed_connection_is_answered_in_full():
    data = b"".join(own(n) for n in range(5000))
    with weir.Server() as server:
        assert ids(weir.ask(server.connect(), data)) == [str(n) for n in range(5000)]


def test_a_last_line_without_its_end_is_answered():
    with weir.Server() as server:
        assert ids(weir.ask(server.connect(), own(1) + own(2)[:-1])) == ["1", "2"]


def test_several_clients_each_get_their_own():
    failures = []
    with weir.Server() as server:
        def client(base):
            data = b"".join(own(base + n) for n in range(2000))
            if ids(weir.ask(server.connect(), data)) != [str(base + n) for n in range(2000)]:
                failures.append(base)

        threads = [threading.Thread(target=client, args=(k * 100_000,)) for k in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert not failures, failures


def test_errors_carry_the_line_of_their_own_connection():
    with weir.Server() as server:
        for _ in range(2):
            answers = weir.ask(server.connect(), own(1) + b"bad\n" + own(2)).split(b"\n")
            error = json.loads(answers[1])
            assert (error["error"], error["line"]) == ("bad_json", 2), error


def test_a_line_of_10_MB_is_refused_and_the_next_is_decided():
    long = b'{"id":"1","author":"@x","hashtags":[],"pad":"' + b"x" * 10_000_000 + b'"}\n'
    with weir.Server() as server:
        before = server.memory_kib()
        answers = weir.ask(server.connect(), own(1) + long + own(2)).split(b"\n")[:-1]
        grown = server.memory_kib() - before
    assert len(answers) == 3, len(answers)
    assert json.loads(answers[1])["error"] == "too_long" and json.loads(answers[1])["line"] == 2
    assert json.loads(answers[2])["post"] == "2"
    assert grown < 64 * 1024 * slack(), f"memory grew by {grown} KiB over one long line"


def slack():
    """Sanitizers keep freed memory for a while."""
    return 8 if weir.SANITIZED else 1


def test_a_client_that_never_reads_does_not_grow_the_server():
    """It is not read from any more: bytes stop flowing long before what it wants to send is sent."""
    chunk = b"".join(own(n) for n in range(2000))
    with weir.Server() as server:
        weir.ask(server.connect(), chunk)  # what a busy connection costs once
        before = server.memory_kib()
        s = server.connect()
        s.settimeout(2)
        sent, limit = 0, 200 << 20
        try:
            while sent < limit:
                sent += s.send(chunk)
        except (TimeoutError, socket.timeout):
            pass
        grown = server.memory_kib() - before
        assert sent < limit, "the server read 200 MB from a client that reads nothing"
        assert grown < 64 * 1024 * slack(), f"memory grew by {grown} KiB for {sent} bytes"
        other = server.connect()  # the others do not notice
        assert ids(weir.ask(other, own(1))) == ["1"]
        s.close()


def test_a_client_that_reads_late_gets_everything():
    data = b"".join(own(n) for n in range(30_000))
    with weir.Server() as server:
        s = server.connect()
        started = threading.Event()

        def send():
            started.set()
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        started.wait()
        other = ids(weir.ask(server.connect(), own(7)))
        answers = weir.read_all(s)
        thread.join()
        s.close()
        assert other == ["7"]
        assert ids(answers) == [str(n) for n in range(30_000)]


def page_owed_much(posts):
    """A line of some KB that is owed tens of MB: many posts quote one, which a rule of every
    region and surface names."""
    tag = "x" * 3000
    quoted = {"id": "9", "author_id": "1", "text": "", "entities": {"hashtags": [{"tag": tag}]}}
    data = [{"id": str(n), "author_id": "2", "text": "",
             "referenced_tweets": [{"type": "quoted", "id": "9"}]} for n in range(posts)]
    return json.dumps({"data": data, "includes": {"tweets": [quoted]}}).encode() + b"\n"


MUCH = """tagweir: 1
rules:
  - {id: all, regions: [EU, "002", "019", "142"], action: downrank, factor: 0.1,
     match: {hashtags: ["xxxx*"]}}
"""


def test_a_page_that_is_owed_much_does_not_grow_the_server():
    page = page_owed_much(80)
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", MUCH)
        expected = weir.replay("-", rules=rules, stdin=page + own(1)).out
        assert len(expected) > 40 << 20, len(expected)
        with weir.Server(rules=rules) as server:
            weir.ask(server.connect(), own(1))
            before = server.memory_kib()
            s = server.connect()
            s.sendall(page + own(1))
            s.shutdown(socket.SHUT_WR)
            other = ids(weir.ask(server.connect(), own(7)))
            grown = server.memory_kib() - before
            answers = weir.read_all(s)
            s.close()
    assert other == ["7"], "a client that reads nothing kept another one waiting"
    assert grown < 32 * 1024 * slack(), f"memory grew by {grown} KiB over one line"
    assert answers == expected


def test_a_client_that_leaves_in_the_middle_of_a_page_is_accounted_for():
    with weir.Folder() as folder:
        with weir.Server(rules=folder.write("rules.yaml", MUCH)) as server:
            s = server.connect()
            s.sendall(page_owed_much(80) + own(1))
            assert s.recv(1 << 16)
            s.close()
            assert ids(weir.ask(server.connect(), own(7))) == ["7"]


SLOW = "tagweir: 1\nrules:\n" + "".join(
    f"  - {{id: r{n}, regions: [IN], action: withhold, match: {{hashtags: ['/^qq.*(?<={n}z)y$/']}}}}\n"
    for n in range(150))


def page_of_much_work(posts):
    """30 tags each, and each tag is tried on every pattern of SLOW: only what stands before its
    end, in a look-behind, rules it out."""
    return json.dumps({"data": [
        {"id": str(n), "text": " ".join(f"#qq{n}t{k}y" for k in range(30))} for n in range(posts)
    ]}).encode() + b"\n"


def ask_beside_a_page(server, posts):
    """A client that is owed much, once another that came after it has its answer."""
    s = server.connect()
    s.sendall(page_of_much_work(posts))
    answers = s.recv(1 << 16)  # it is being worked on
    other = server.connect()
    other.sendall(own(7))
    assert ids(other.recv(1 << 16)) == ["7"]
    other.close()
    return s, answers


def test_a_page_of_much_work_keeps_neither_clients_nor_signals_waiting():
    posts = 2000
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", SLOW)
        with weir.Server(rules=rules) as server:
            s, answers = ask_beside_a_page(server, posts)
            server.process.terminate()
            assert ids(answers + weir.read_all(s)) == [str(n) for n in range(posts)]
            s.close()
        with weir.Server(rules=rules, args=("--json",)) as server:
            s, answers = ask_beside_a_page(server, posts)
            server.process.terminate()
            while "SIGTERM" not in server.said():
                time.sleep(0.001)
            server.process.terminate()  # the second one does not wait for answers
            assert server.stop() == 0, server.said()
            n = json.loads(server.said()[server.said().index('{"summary"'):])
            s.close()
        assert 0 < n["abandoned"] < posts, "nobody was heard before the page was decided"
        assert n["items"] == posts + 1 == n["posts"] + n["abandoned"], n
        with weir.Server(rules=rules) as server:
            s, _ = ask_beside_a_page(server, posts)
            server.process.terminate()
            while "SIGTERM" not in server.said():
                time.sleep(0.001)
            assert server.stop() == 0, server.said()
            s.close()
            assert re.search(r"\nabandoned  [0-9]+ items? of lines that were begun", server.said())


def test_clients_that_leave_in_the_middle_harm_nobody():
    rng = random.Random(SEED + 1)
    with weir.Server() as server:
        for n in range(30):
            s = server.connect()
            sent = SAMPLE[:rng.randint(1, len(SAMPLE))]
            s.sendall(sent)
            if n % 3 == 0:  # with a reset instead of a goodbye
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            elif n % 3 == 1 and b"\n" in sent:  # less than a line is owed no answer
                s.recv(100)
            s.close()
        assert without_skips(weir.ask(server.connect(), SAMPLE)) == of_replay(SAMPLE)


def test_sigterm_answers_what_was_read():
    """Whole lines that the server took before the signal are answered; then it ends, with 0."""
    with weir.Server() as server:
        s = server.connect()
        f = s.makefile("rb")
        for n in range(100):
            s.sendall(own(n))
        got = [json.loads(f.readline())["post"] for _ in range(100)]
        assert got == [str(n) for n in range(100)]
        assert server.stop() == 0, server.said()
        assert f.read() == b"", "nothing is left to be answered, and the connection is ended"
        s.close()
        assert not os.path.exists(server.path), "the socket file is removed"


def test_sigterm_in_the_middle_of_a_line_is_said():
    """Each client has a whole line and part of one on its way; the parts are counted, not answered."""
    for args, expected in (((), "\nunfinished 2 lines: their ends had not arrived"),
                           (("--json",), '"unfinished":2,')):
        with weir.Server(args=args) as server:
            clients = [server.connect() for _ in range(3)]
            for n, s in enumerate(clients):
                s.sendall(own(n) + (own(9)[:20 * n] if n else b""))
                assert json.loads(s.makefile("rb").readline())["post"] == str(n)
            assert server.stop() == 0, server.said()
            assert [weir.read_all(s) for s in clients] == [b""] * 3
            assert expected in server.said(), server.said()
            for s in clients:
                s.close()


def test_the_summary_tells_what_patterns_took():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", "tagweir: 1\nrules:\n  - {id: slow, regions: [XX], action: withhold,"
                                           " match: {hashtags: ['/^(a+)+(?<!a)$/', '*weir*']}}\n")
        post = json.dumps({"id": "1", "author": "@x", "hashtags": ["a" * 60, "weirs"]}).encode() + b"\n"
        with weir.Server(rules=rules, args=("--json",)) as server:
            assert json.loads(weir.ask(server.connect(), post))["limit"] == ["slow"]
            assert server.stop() == 0, server.said()
            assert ('"patterns":[{"rule":"slow","candidates":2,"confirmed":1,"hard":1,"over":1}]'
                    in server.said()), server.said()


def test_lines_that_are_cut_off_when_draining_takes_too_long_are_counted():
    """Nothing is read by the client, and so most of its lines are still waiting."""
    sent = 500
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", MUCH)
        for args in ((), ("--json",)):
            with weir.Server(rules=rules, args=(*args, "--drain", "1")) as server:
                s = server.connect()
                s.sendall(b"".join(own(n, "x" * 4) for n in range(sent)))
                assert s.recv(1)
                assert server.stop() == 0
                said = server.said()
                s.close()
            assert "the answers of 1 connection were not taken in time" in said, said
            if not args:
                unanswered = re.search(r"\nunanswered ([0-9]+) lines: ", said)[1]
                assert 0 < int(unanswered) < sent, said
                continue
            n = json.loads(said[said.index('{"summary"'):])
            assert n["lines"] + n["unanswered"] == sent and n["unanswered"] > 0, n
            assert n["items"] == n["lines"] == n["posts"] == n["delivered"] + n["discarded"], n
            assert n["broken"] == 1 and n["abandoned"] == n["unfinished"] == 0, n


def test_the_end_of_the_input_finishes_a_last_line():
    with weir.Server() as server:
        assert ids(weir.ask(server.connect(), own(1)[:-1])) == ["1"]
        assert server.stop() == 0 and "unfinished" not in server.said(), server.said()


def test_sigterm_during_a_stream_loses_no_answer():
    """Answers form a gapless run from the first post on, whole lines only."""
    data = b"".join(own(n) for n in range(200_000))
    with weir.Server() as server:
        s = server.connect()

        def send():
            try:
                s.sendall(data)
            except OSError:
                pass  # it stopped taking posts: that is what draining is

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        head = s.recv(1 << 16)
        server.process.terminate()
        rest = b""
        try:
            rest = weir.read_all(s)
        except ConnectionResetError:
            pass  # posts that it had not taken were still on their way
        s.close()
        thread.join()
        answers = head + rest
        assert server.stop() == 0, server.said()
    assert answers.endswith(b"\n")
    got = ids(answers)
    assert got == [str(n) for n in range(len(got))] and got


def test_no_thread_has_a_way_back_to_privileges():
    """What takes them away concerns one thread, and those that it starts later."""
    if os.geteuid() != 0:
        raise tap.Skip("only root gives up privileges")
    if "tsan" in weir.TAGWEIR:
        raise tap.Skip("this sanitizer has a thread of its own from the start on")
    env = os.environ.get("ASAN_OPTIONS", "")
    os.environ["ASAN_OPTIONS"] = env + ":detect_leaks=0"  # the search for them needs the right to trace
    try:
        server = weir.Server(args=["--user", "12345:54321", "--workers", "2"])
    finally:
        os.environ["ASAN_OPTIONS"] = env
    with server:
        end = time.monotonic() + weir.PATIENCE_S
        while len(os.listdir(f"/proc/{server.process.pid}/task")) < 4:
            assert time.monotonic() < end, "two workers, a loader and the main thread never came to be"
            time.sleep(0.01)
        for task in os.listdir(f"/proc/{server.process.pid}/task"):
            with open(f"/proc/{server.process.pid}/task/{task}/status") as f:
                has = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
            assert has["NoNewPrivs"] == "1", (task, has)
            assert has["Uid"].split() == ["12345"] * 4 and has["Groups"].split() == ["54321"], has
            assert int(has["CapPrm"], 16) == int(has["CapInh"], 16) == 0, has


def test_bad_rules_do_not_serve():
    with weir.Folder() as folder:
        rules = folder.write("rules.yaml", "tagweir: 1\nrule: []\n")
        done = weir.run("serve", "--rules", rules, "--listen", f"unix:{folder.path}/s", timeout=60)
        assert done.code == 3 and b"rules.yaml:2:1: error: " in done.err, done.text()


def test_an_address_in_use_is_said():
    with weir.Server() as server:
        done = weir.run("serve", "--rules", weir.INDIA, "--listen", "unix:" + server.path, timeout=60)
        assert done.code == 4 and server.path.encode() in done.err, done.text()
        assert ids(weir.ask(server.connect(), own(1))) == ["1"], "the first one still serves"
        assert server.stop() == 0
        # one that waited for the server to listen, the probe of the second server, the client
        assert "served     3 connections (2 without a byte from the client), " in server.said(), server.said()


def test_one_address_twice_is_said_to_be_so():
    with weir.Folder() as folder:
        start = ("serve", "--rules", weir.INDIA, "--listen", f"unix:{folder.path}/s")
        for more, said in ((("--http", f"unix:{folder.path}/s"), f"--listen and --http have the same address, unix:{folder.path}/s:"),
                           (("--control", f"unix:{folder.path}/s"), "--listen and --control have the same address"),
                           (("--http", f"unix:{folder.path}/t", "--control", f"unix:{folder.path}/t"), "--http and --control have"),
                           (("--listen", "127.0.0.1:1", "--http", "127.0.0.1:1"), "--listen and --http have"),
                           (("--listen", f"unix:{folder.path}/s"), "--listen and --listen have")):
            done = weir.run(*start, *more, timeout=60)
            assert done.code == 2 and said.encode() in done.err, done.text()
        # one that is written in two ways is found by who listens there
        done = weir.run(*start, "--http", f"unix:{folder.path}/./s", timeout=60)
        assert done.code == 4 and b"another option of this server has that address" in done.err, done.text()
        assert not (folder.path / "s").exists()
    with weir.Server(args=("--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--listen", "127.0.0.1:0")) as server:
        assert server.stop() == 0 and server.said().count("listening on 127.0.0.1:") == 3, server.said()


def test_ports_that_are_none_are_told_from_addresses_that_are_none():
    with weir.Folder() as folder:
        start = ("serve", "--rules", weir.INDIA, "--listen", f"unix:{folder.path}/s")
        for option in "--listen", "--http":
            done = weir.run(*start, option, "127.0.0.1:80000", timeout=60)
            assert done.code == 2 and f"{option} 127.0.0.1:80000: a port is a number from 0 to 65535".encode() in done.err, done.text()


def test_a_start_that_failed_has_no_summary():
    with weir.Folder() as folder:
        listen = ("--listen", f"unix:{folder.path}/s")
        journal = folder.write("journal", b"no folder")
        for args in ((*listen, "--listen", "unix:/nowhere/s"), (*listen, "--journal", journal)):
            done = weir.run("serve", "--rules", weir.INDIA, *args, timeout=60)
            assert done.code == 4 and b"served " not in done.err and b"decisions " not in done.err, done.text()


if __name__ == "__main__":
    tap.main()
