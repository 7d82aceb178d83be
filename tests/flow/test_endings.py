"""How the server ends, under load and while rules are loaded, and how it begins again. The sizes: see
hostile.py.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import weir
from hostile import (MIB, PROMPT_S, RULES, SANITIZED, Beside, Hostile, own, reset, size, until_closed)
from test_control import adds_up
from weir import ids, tap


class Stream(threading.Thread):
    """Sends posts until it is told to stop or the server ends it, and reads all answers."""

    def __init__(self, server, first):
        super().__init__(daemon=True)
        self.s, self.first, self.answers, self.broken = server.connect(), first, b"", None
        self.over = threading.Event()

    def run(self):
        writer = threading.Thread(target=self.write, daemon=True)
        writer.start()
        try:
            while chunk := self.s.recv(1 << 16):
                self.answers += chunk
        except OSError as e:
            self.broken = e
        self.over.set()
        try:
            self.s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        writer.join()
        self.s.close()

    def leave(self):
        """Without a word. False: all was over already."""
        try:
            reset(self.s)
        except OSError:
            return False
        return True

    def write(self):
        n = self.first
        while not self.over.is_set():
            try:
                self.s.sendall(b"".join(own(n + k) for k in range(200)))
            except OSError:
                return
            n += 200


def test_sigterm_under_load_answers_every_line_that_was_read():
    n = size("WEIR_STREAMS", 20, 100)
    for hangup, leave in ((False, False), (True, False), (True, True)):
        with Hostile() as server:
            streams = [Stream(server, k * 10_000_000) for k in range(n)]
            for s in streams:
                s.start()
            while not all(s.answers for s in streams):
                time.sleep(0.01)
            time.sleep(0.2)
            if hangup:
                server.put(RULES.format(id="two"))
                server.process.send_signal(signal.SIGHUP)
            server.process.terminate()
            if hangup:
                server.process.send_signal(signal.SIGHUP)
            gone = [s for s in streams[::4] if leave and s.leave()]
            for s in streams:
                s.join(weir.PATIENCE_S)
            assert server.stop() == 0, server.said()
            sums = server.summary()
        streams = [s for s in streams if s not in gone]
        assert not any(s.broken for s in streams), [s.broken for s in streams]
        total = 0
        for s in streams:
            got = ids(s.answers)
            assert got == [str(s.first + k) for k in range(len(got))], "answers have gaps"
            assert s.answers.endswith(b"\n")
            total += len(got)
        if not leave:
            assert sums["discarded"] == sums["abandoned"] == sums["unanswered"] == 0, sums
            assert sums["items"] == sums["delivered"] == total, (sums, total)
        print(f"# {total} answers for {len(streams)} clients, all that was read of them; of others "
              f"{sums['discarded']} were discarded and {sums['unanswered']} lines unanswered")


def test_a_second_sigterm_cuts_off():
    n = size("WEIR_STREAMS", 20, 100)
    data = own(1) * 20_000
    with Hostile("--drain", "100") as server:
        clients = [server.connect() for _ in range(n)]
        for s in clients:
            s.setblocking(False)
        for _ in range(50):
            for s in clients:
                try:
                    s.send(data)
                except BlockingIOError:
                    pass
            time.sleep(0.01)
        server.process.terminate()
        server.wait_until_said("SIGTERM")
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert server.process.poll() is None, "it did not wait for answers to be read"
        adds_up(server.wait_for("answers that nobody reads", lambda s: s["unsent"] > 0))
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(weir.PATIENCE_S) == 0, server.said()
        took = time.monotonic() - began
        sums = server.summary()
        assert took < PROMPT_S, f"the second signal took {took} s"
        assert sums["discarded"] > 0 and sums["broken"] == n, sums
        for s in clients:
            s.close()


def test_a_line_that_a_signal_cut_off_is_unfinished():
    """Whatever its client does when it hears of the end."""
    with Hostile(workers=1) as server:
        clients = [server.connect() for _ in range(3)]
        for s in clients:
            s.sendall(own(1) + own(2)[:20])
            assert ids(s.recv(4096)) == ["1"]
        server.process.terminate()
        clients[0].close()
        assert until_closed(clients[1])[0] == b""
        clients[1].close()
        clients[2].sendall(own(2)[20:] + own(3))  # nobody reads that any more
        assert until_closed(clients[2])[0] == b""
        clients[2].close()
        assert server.stop() == 0, server.said()
        sums = server.summary()
    assert sums["unanswered"] == 0 and sums["unfinished"] >= 2, sums


def many_literals(folder, n):
    """A rule set with a list of n hashtags."""
    folder.mkdir(exist_ok=True)
    (folder / "many.txt").write_text("".join(f"#tag{k:07d}\n" for k in range(n)))
    (folder / "r.yaml").write_text(
        "tagweir: 1\nlists:\n  many: {hashtags: many.txt}\nrules:\n"
        "  - {id: one, regions: [IN], action: withhold, match: {hashtags: [{list: many}]}}\n")


def begin_a_long_load(server, rules, n):
    """A list that takes a while; the connection that will be told how it went."""
    many_literals(rules, n)
    before = len(server.said())
    asking = server.connect(server.control)
    asking.sendall(b"reload\n")
    server.status()
    time.sleep(0.05)
    if "reloaded" in server.said()[before:]:
        raise tap.Skip("the rules were loaded too fast: say more WEIR_LITERALS")
    return asking


def test_sigterm_while_rules_are_loaded():
    n = size("WEIR_LITERALS", 100_000, 300_000)
    with weir.Folder() as folder:
        rules = folder.path / "rules"
        many_literals(rules, 10)
        with Hostile("--max-shrink", "100", rules=rules) as server:
            weir.ask(server.connect(), own(1))
            many_literals(rules, n)
            server.process.send_signal(signal.SIGHUP)
            server.wait_until_said("SIGHUP")
            s = server.connect()
            s.sendall(own(1))
            assert ids(s.recv(4096)) == ["1"]
            time.sleep(0.05)
            if "reloaded" in server.said():
                raise tap.Skip("the rules were loaded before the signal: say more WEIR_LITERALS")
            began = time.monotonic()
            server.process.terminate()
            assert until_closed(s)[0] == b""
            answered = time.monotonic() - began
            s.close()
            assert server.process.wait(weir.PATIENCE_S) == 0, server.said()
            took = time.monotonic() - began
            print(f"# a load of {n} literals under way: clients ended after {answered:.2f} s, the "
                  f"process after {took:.2f} s")


def test_the_end_does_not_wait_for_rules_that_nobody_will_decide_by():
    n = size("WEIR_LITERALS", 100_000, 300_000) * (2 if SANITIZED else 8)
    with weir.Folder() as folder:
        rules, socket_file = folder.path / "rules", f"{folder.path}/socket"
        many_literals(rules, 10)
        with Hostile("--max-shrink", "100", rules=rules, listen=[f"unix:{socket_file}"]) as server:
            many_literals(rules, n)
            began = time.monotonic()
            server.ask("reload")
            whole = time.monotonic() - began
            begin_a_long_load(server, rules, n + 1)
            began = time.monotonic()
            server.process.terminate()
            assert server.process.wait(weir.PATIENCE_S) == 0, server.said()
            took = time.monotonic() - began
            server.summary()
            assert not os.path.exists(socket_file) and not os.path.exists(server.control[5:])
        print(f"# a load takes {whole:.2f} s, and ending during one {took:.2f} s")
        assert took < max(whole / 2, 0.5), (took, whole)


def test_what_is_asked_for_at_the_end_is_refused():
    """So that it waits for no rules but those that are being loaded."""
    with Hostile("--drain", "100") as server:
        s = server.connect()
        s.setblocking(False)
        for _ in range(20):
            try:
                s.send(own(1) * 20_000)
            except BlockingIOError:
                time.sleep(0.02)
        server.process.terminate()
        server.wait_until_said("SIGTERM")
        for what in ("reload", "rollback", "dry-run"):
            done = server.refused(what)
            assert "the server is ending" in done or "no other rules" in done, (what, done)
        server.check()
        server.process.terminate()
        assert server.process.wait(weir.PATIENCE_S) == 0
        s.close()


def test_a_feed_that_is_tried_keeps_nobody_waiting():
    """Neither the end, nor the loader for ever; and what cannot be tried is refused."""
    with weir.Folder() as folder, Hostile() as server:
        feed = folder.write("feed", own(1) * 2_000_000)
        os.mkfifo(folder.path / "fifo")
        for what in ("fifo", "none", ""):
            assert f"{folder.path}/{what}: " in server.refused(f"dry-run {folder.path}/{what}")
        assert "1 lines" in server.ask(f"dry-run {folder.write('one', own(1))}")
        asking = server.connect(server.control)
        asking.sendall(f"dry-run {feed}\n".encode())
        server.status()
        time.sleep(0.2)
        began = time.monotonic()
        assert server.stop() == 0, server.said()
        took = time.monotonic() - began
        assert took < PROMPT_S, f"it took {took} s to end while a feed was tried"
        asking.close()


def answer(asking):
    """What is said to somebody who asked on the control socket, and how long that took."""
    began = time.monotonic()
    said = weir.read_all(asking).decode()
    asking.close()
    return said, time.monotonic() - began


def test_no_load_waits_for_a_dry_run():
    """An order that has to be in force now comes behind a feed that takes an hour."""
    with weir.Folder() as folder:
        feed = folder.write("feed", own(1) * 2_000_000)
        for what in "reload", "rollback", "hangup":
            with Hostile() as server:
                load_before_a_dry_run(server, feed, what)


def load_before_a_dry_run(server, feed, what):
    server.put(RULES.format(id="before"))
    assert "from now on" in server.ask("reload")  # there is something to go back to
    trying, waiting = server.connect(server.control), server.connect(server.control)
    for s in trying, waiting:
        s.sendall(f"dry-run {feed}\n".encode())
        server.status()
    time.sleep(0.2)
    before = len(server.said())
    server.put(RULES.format(id="after"))
    began = time.monotonic()
    if what == "hangup":
        server.process.send_signal(signal.SIGHUP)
        while "reloaded: " not in server.said()[before:]:
            assert time.monotonic() < began + weir.PATIENCE_S, server.said()
            time.sleep(0.01)
    else:
        assert "from now on" in server.ask(what)
    took = time.monotonic() - began
    assert took < PROMPT_S, f"{what} took {took} s behind a dry run"
    said, _ = answer(trying)
    assert said.startswith("refused\n") and "rules are to be loaded" in said, said
    waiting.close()


def test_a_rollback_goes_back_from_the_rules_that_were_loaded_meanwhile():
    n = size("WEIR_LITERALS", 100_000, 300_000)
    with weir.Folder() as folder:
        many_literals(folder.path / "rules", 10)
        with Hostile("--max-shrink", "100", rules=folder.path / "rules") as server:
            first = server.status()["ruleset"]
            reloading = begin_a_long_load(server, folder.path / "rules", n)
            assert "rolled back" in server.ask("rollback")  # although there is nothing to go back to yet
            assert answer(reloading)[0].startswith("done\n")
            assert server.status()["ruleset"] == first
        with Hostile("--max-shrink", "100", rules=folder.path / "rules") as server:
            assert "no other rules" in server.refused("rollback")


def test_who_sends_a_signal_hears_how_it_went():
    """Also where a load that a change of files asks for waits already, which need not tell."""
    n = size("WEIR_LITERALS", 100_000, 300_000)
    with weir.Folder() as folder:
        rules = folder.path / "rules"
        many_literals(rules, 10)
        with Hostile("--max-shrink", "100", "--watch", rules=rules) as server:
            reloading = begin_a_long_load(server, rules, n * (2 if SANITIZED else 8))
            time.sleep(0.8)  # until files that have changed count as resting, and are to be loaded
            server.process.send_signal(signal.SIGHUP)
            server.wait_until_said("SIGHUP")
            if "reloaded" in server.said():
                raise tap.Skip("the rules were loaded too fast: say more WEIR_LITERALS")
            assert answer(reloading)[0].startswith("done\n")
            server.wait_until_said("the rules are what they were")


def test_a_dry_run_ends_with_its_asker():
    """Who has only said all that there was to say waits on."""
    with weir.Folder() as folder, Hostile() as server:
        feed = folder.write("feed", own(1) * 2_000_000)
        gone = [server.connect(server.control) for _ in range(3)]
        for s in gone:
            s.sendall(f"dry-run {feed}\n".encode())
            server.status()
        last = server.connect(server.control)
        last.sendall(f"dry-run {folder.write('one', own(1))}\n".encode())
        last.shutdown(socket.SHUT_WR)
        server.status()
        time.sleep(0.2)
        for s in gone:
            s.close()
        said, took = answer(last)
        assert said.startswith("done\n") and "1 lines, 1 posts" in said, said
        assert took < PROMPT_S, f"it waited {took} s for what nobody waits for"


def test_a_page_that_is_tried_takes_no_more_than_its_size():
    """Its answers together are hundreds of times as long."""
    if SANITIZED:
        raise tap.Skip("sanitizers keep what was freed")
    regions = ("AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA "
               "CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI").split()
    rules = "tagweir: 1\nrules:\n" + "".join(
        f"  - {{id: r-{r.lower()}, regions: [{r}], action: withhold, match: {{hashtags: [a]}}}}\n"
        for r in regions)
    tweets = [{"id": str(k), "author_id": "1", "entities": {"hashtags": [{"tag": "a"}]}}
              for k in range(10_000)]
    with weir.Folder() as folder, Hostile() as server:
        server.put(rules)
        server.ask("reload")
        feed = folder.write("feed", json.dumps({"data": tweets}, separators=(",", ":")) + "\n")
        server.put(rules.replace("withhold", "downrank"))
        before = server.peak_kib()
        said = server.ask(f"dry-run {feed}")
        more = (server.peak_kib() - before) / 1024
        answers = 2 * 10_000 * len(regions) * 100 / MIB
        print(f"# {feed.stat().st_size / MIB:.1f} MiB with answers of some {answers:.0f} MiB: "
              f"{more:.1f} MiB more")
        assert "1 lines, 10000 posts, 0 queries, 0 skips, 0 errors: 10000 would be answered otherwise" in said, said
        assert more < answers / 2, f"{more} MiB"


def test_the_service_manager_hears_of_loads_alone():
    """Not of dry runs, which change nothing, and for which nobody there should have to wait."""
    with weir.Folder() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{folder.path}/notify")
        os.environ["NOTIFY_SOCKET"] = f"{folder.path}/notify"
        try:
            server = Hostile()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        with server:
            manager.settimeout(weir.PATIENCE_S)
            assert manager.recv(1000).startswith(b"READY=1"), "it began"
            server.ask("dry-run")
            server.put(RULES.format(id="two"))
            server.ask("reload")
            heard = []
            while not heard or not heard[-1].startswith(b"RELOADING=1"):
                heard.append(manager.recv(1000))
            assert manager.recv(1000).startswith(b"READY=1"), "it was loaded"
        assert all(h.startswith(b"READY=1") for h in heard[:-1]), heard
        rest = manager.recv(1000)
        assert rest.startswith(b"STOPPING=1"), rest


def test_a_hangup_before_it_serves_is_no_death():
    n = size("WEIR_LITERALS", 100_000, 300_000)
    with weir.Folder() as folder:
        many_literals(folder.path / "rules", n)
        with Hostile(rules=folder.path / "rules", start=False) as server:
            while not server.holds(signal.SIGHUP):
                assert not os.path.exists(server.path), "it serves, and has never held SIGHUP"
                time.sleep(0.001)
            server.process.send_signal(signal.SIGHUP)
            weir.ask(server.connect(), own(1))
            server.wait_until_said("SIGHUP: loading the rules again")
            server.check()


def test_a_load_is_idle_only_where_it_can_hurry():
    """Threads at idle priority starve where others have much to do, and without privileges they
    cannot come back."""
    come_back = [sys.executable, "-c", "import os; p = os.sched_param(0);"
                 "os.setpriority(os.PRIO_PROCESS, 0, 10);"
                 "os.sched_setscheduler(0, os.SCHED_IDLE, p);"
                 "os.sched_setscheduler(0, os.SCHED_OTHER, p)"]
    without = ["setpriv", "--bounding-set", "-sys_nice"]
    for prefix in ([], without):
        if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode:
            continue  # only root can, and it is root that has something to lose
        may = subprocess.run([*prefix, *come_back], stderr=subprocess.DEVNULL).returncode == 0
        with Hostile(prefix=prefix) as server, Beside(server, reloads=False):
            server.put(RULES.format(id="two"))
            assert "reloaded" in server.ask("reload")
            tasks = os.listdir(f"/proc/{server.process.pid}/task")
            idle = [t for t in tasks if os.sched_getscheduler(int(t)) == os.SCHED_IDLE]
            assert len(idle) == (1 if may else 0), (prefix, may, idle)
            server.check()


def test_killed_and_started_again_on_the_same_socket():
    n = size("WEIR_RESTART_LITERALS", 20_000, 1_000_000)
    with weir.Folder() as folder:
        rules = folder.path / "rules"
        many_literals(rules, n)
        compiled = folder.path / "set.tws"
        weir.expect(weir.run("compile", "-q", rules, "-o", compiled))
        address = [f"unix:{folder.path}/s"]
        times = []
        for k in range(3):
            began = time.monotonic()
            server = weir.Server(rules=compiled, clock="now", listen=address)
            s = None
            while not s:
                try:
                    s = socket.socket(socket.AF_UNIX)
                    s.connect(address[0][5:])
                except OSError:
                    s = None
                    assert server.process.poll() is None, server.said()
                    time.sleep(0.001)
            s.settimeout(weir.PATIENCE_S)
            s.sendall(own(1, f"tag{n - 1:07d}"))
            answer = json.loads(s.makefile("rb").readline())
            times.append(time.monotonic() - began)
            assert answer["action"] == "withhold", answer
            if k == 2:
                assert server.stop() == 0
            server.process.kill()
            server.process.wait()
            s.close()
            server.log.close()
            server.folder.cleanup()
        print(f"# {n} literals: serving after {', '.join(f'{t:.3f}' for t in times)} s")
        assert SANITIZED or max(times) < 1 + n / 100_000 * ("debug" in weir.TAGWEIR), times


if __name__ == "__main__":
    tap.main()
