"""What test_hostile and test_endings share: a server that is watched closely, and an ordinary client
beside whatever is done to it.

Their sizes are small, so that tests/run does not last; the whole ones, with a release build:

    WEIR_HOSTILE=full TAGWEIR=build/release/tagweir python3 tests/flow/test_hostile.py
    WEIR_HOSTILE=full TAGWEIR=build/release/tagweir python3 tests/flow/test_endings.py

Each can be given alone, too, by the name that size() is called with: WEIR_IDLE=2000.
"""
import json
import os
import re
import resource
import signal
import socket
import struct
import tempfile
import threading
import time
from pathlib import Path

import weir
from test_control import adds_up

FULL = os.environ.get("WEIR_HOSTILE") == "full"
SANITIZED = weir.SANITIZED

# How long an ordinary client may wait for one answer. Other work runs on the machine, so this finds
# those who starve, and no more.
PROMPT_S = float(os.environ.get("WEIR_PROMPT", 20 if SANITIZED else 5))
MIB = 1 << 20

RULES = """tagweir: 1
rules:
  - id: {id}
    regions: [IN]
    action: withhold
    match:
      hashtags: ["#farmers"]
"""


def size(name, small, full):
    return int(os.environ.get(name, full if FULL else small))


def own(n, tag="farmers"):
    return weir.own(n, tag)


def need_descriptors(n):
    """As many as asked for, or as there are to be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, n), max(hard, n)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Hostile(weir.Server):
    """A server with a control socket, and a summary that programs can read."""

    def __init__(self, *args, rules=None, workers=2, start=True, **more):
        self.start = start
        self.own = tempfile.TemporaryDirectory(prefix="weir")
        self.rules = Path(self.own.name, "rules")
        self.rules.mkdir()
        self.put(RULES.format(id="one"))
        self.control = f"unix:{self.own.name}/control"
        super().__init__(rules=rules or self.rules, clock="now", args=[
            "--json", "--control", self.control, "--workers", str(workers), *args], **more)

    def __enter__(self):
        return super().__enter__() if self.start else self

    def put(self, text):
        new = self.rules / "r.new"
        new.write_text(text)
        os.replace(new, self.rules / "r.yaml")

    def ask(self, request, expected="done"):
        """A request to the control socket; what is said behind `done`."""
        s = self.connect(self.control)
        s.sendall(request.encode() + b"\n")
        answer = weir.read_all(s).decode()
        s.close()
        head, _, text = answer.partition("\n")
        assert head == expected, answer
        return text

    def refused(self, request):
        return self.ask(request, "refused")

    def status(self):
        return json.loads(self.ask("status json"))

    def wait_for(self, what, holds, patience=weir.PATIENCE_S):
        """Until the status is as it should be."""
        end = time.monotonic() + patience
        while True:
            status = self.status()
            if holds(status):
                return status
            assert time.monotonic() < end, f"it never came to {what}: {status}"
            time.sleep(0.02)

    def wait_until_said(self, text):
        end = time.monotonic() + weir.PATIENCE_S
        while text not in self.said():
            assert self.process.poll() is None and time.monotonic() < end, \
                f"it never said {text!r}:\n{self.said()}"
            time.sleep(0.005)

    def wait_for_loads(self, n):
        """Of rules that decide from then on, since the start."""
        end = time.monotonic() + weir.PATIENCE_S
        while self.said().count("reloaded: ") < n:
            assert time.monotonic() < end, f"rules were not loaded {n} times:\n{self.said()}"
            time.sleep(0.02)

    def check(self):
        """As `tagweir ctl` tells it, the numbers add up."""
        done = weir.expect(weir.run("ctl", "--control", self.control, "status", "--json"))
        status = json.loads(done.out)
        adds_up(status)
        return status

    def peak_kib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    def holds(self, sig):
        """Is the signal blocked, until it can be obeyed?"""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"SigBlk:\s+([0-9a-f]+)", status)[1], 16) >> (sig - 1) & 1 == 1

    def cpu_s(self):
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def summary(self):
        """After the end."""
        said = self.said()
        n = json.loads(said[said.index('{"summary"'):].splitlines()[0])
        answered = n["posts"] + n["queries"] + sum(n["skips"].values()) + \
            sum(e["count"] for e in n["errors"].values())
        assert n["items"] == answered + n["abandoned"], n
        assert n["delivered"] + n["discarded"] == answered, n
        assert sum(n["decisions"].values()) == n["posts"] + n["queries"], n
        return n

    def __exit__(self, kind, *rest):
        try:
            if kind is None and self.stop() == 0:  # else the one before tells
                self.summary()
            super().__exit__(kind, *rest)
        finally:
            self.own.cleanup()


class Beside:
    """An ordinary client, and rules that change, for as long as it lasts."""

    def __init__(self, server, reloads=True):
        self.server, self.done = server, threading.Event()
        self.asked = self.answered = 0
        self.worst = 0.0
        self.failure = None
        self.threads = [threading.Thread(target=self.go, args=(self.client,), daemon=True)]
        if reloads:
            self.threads.append(threading.Thread(target=self.go, args=(self.reload,), daemon=True))

    def go(self, what):
        try:
            what()
        except Exception as e:  # is the test's failure, told where it ends
            self.failure = self.failure or e

    def load_rules(self):
        """From now on. Rules that come and go take memory, megabytes for each worker, and more or
        less of it by when they come: what connections hold is measured before."""
        self.threads.append(threading.Thread(target=self.go, args=(self.reload,), daemon=True))
        self.threads[-1].start()

    def client(self):
        s = self.server.connect()
        f = s.makefile("rb")
        while not self.done.is_set():
            began = time.monotonic()
            self.asked += 1
            s.sendall(own(self.asked))
            line = f.readline()
            took = time.monotonic() - began
            assert line and json.loads(line)["post"] == str(self.asked), line
            self.answered += 1
            self.worst = max(self.worst, took)
            assert took < PROMPT_S, f"an ordinary client waited for {took:.1f} s"
            self.done.wait(0.005)
        s.close()

    def reload(self):
        n = 0
        while not self.done.wait(0.1):
            n += 1
            self.server.put(RULES.format(id=("one", "two")[n % 2]))
            self.server.process.send_signal(signal.SIGHUP)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, kind, *_):
        self.done.set()
        for t in self.threads:
            t.join(weir.PATIENCE_S)
        if kind is None:
            if self.failure:
                raise self.failure
            assert self.asked == self.answered > 0, (self.asked, self.answered)
            print(f"# beside it {self.answered} answers, the slowest after {self.worst * 1000:.0f} ms",
                  flush=True)


def said_so_far(s):
    """What the server has said, and whether it has ended the connection."""
    said = b""
    s.setblocking(False)
    try:
        while chunk := s.recv(1 << 16):
            said += chunk
        return said, True
    except BlockingIOError:
        return said, False
    except OSError:
        return said, True


def until_closed(s, patience=weir.PATIENCE_S):
    """What was said, and how long it took until the server ended the connection."""
    began = time.monotonic()
    s.settimeout(patience)
    said = b""
    try:
        while chunk := s.recv(1 << 16):
            said += chunk
    except ConnectionResetError:
        pass
    return said, time.monotonic() - began


def goodbye(said):
    last = json.loads(said.split(b"\n")[-2])
    return last.get("closed"), last


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def flood(s):
    try:
        while True:
            s.sendall(own(1) * 2000)
    except OSError:
        pass
