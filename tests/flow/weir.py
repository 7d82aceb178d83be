"""What the flow tests share: the binary, a way to run it, the real feeds, a server."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import tap  # noqa: E402

TAGWEIR = os.environ.get("TAGWEIR", str(ROOT / "build" / "debug" / "tagweir"))
# By a sanitizer's build: it keeps what was freed, and takes ten times as long, so that fewer rounds do.
SANITIZED = "san" in os.environ.get("TAGWEIR_BUILD", TAGWEIR)
EXAMPLES = ROOT / "rules" / "examples"
INDIA = EXAMPLES / "india-2021"
CLOCK = "2021-02-01T07:00:00Z"
# Sanitizers and busy machines are slow; nothing here measures time, this only ends what hangs.
PATIENCE_S = 120

RULESET = re.compile(rb'"ruleset":"[0-9a-f]{16}"')


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.lines = out.split(b"\n")[:-1]

    def text(self):
        return (f"exit {self.code}\n{self.out.decode(errors='replace')[-4000:]}\n"
                f"{self.err.decode(errors='replace')[-4000:]}")


def run(*args, stdin=b"", env=None, cwd=None, timeout=PATIENCE_S):
    """Run tagweir; its output, whole."""
    done = subprocess.run([TAGWEIR, *map(str, args)], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, cwd=cwd or ROOT,
                          env=dict(os.environ, NO_COLOR="1", **(env or {})))
    return Result(done.returncode, done.stdout, done.stderr)


def run_unprivileged(*args):
    """Run tagweir so that permissions count, as they do not for root."""
    if os.geteuid() != 0:
        return run(*args)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", TAGWEIR]
    if subprocess.run([*command, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        raise tap.Skip("another user than root cannot run the program where it lies")
    done = subprocess.run([*command, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE_S, env=dict(os.environ, NO_COLOR="1"))
    return Result(done.returncode, done.stdout, done.stderr)


def expect(result, code=0):
    assert result.code == code, f"exit {code} was expected\n{result.text()}"
    return result


def replay(*feeds, rules=INDIA, clock=CLOCK, args=(), stdin=b"", code=0):
    """replay, which must end with `code`."""
    clocked = ("--clock", clock) if clock and "--clock" not in args else ()
    return expect(run("replay", "--rules", rules, *clocked, *args, *feeds, stdin=stdin), code)


def decide(lines, rules=INDIA, clock=CLOCK, args=()):
    """Records of lines (bytes) given on standard input."""
    return replay("-", rules=rules, clock=clock, args=args, stdin=lines).lines


def masked(line):
    """A record without what names the rule set's bytes."""
    return RULESET.sub(b'"ruleset":"*"', line)


def own(n, *tags):
    """A post of Tagweir's own dialect, as a line."""
    post = {"id": str(n), "author": "@reader", "hashtags": list(tags)}
    return json.dumps(post, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def ids(answers):
    return [json.loads(x)["post"] for x in answers.split(b"\n")[:-1]]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def data_dir():
    folder = Path(os.environ.get("TAGWEIR_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        raise tap.Skip("the real feeds are not here (TAGWEIR_DATA, or ../shared/data)")
    return folder


class Folder:
    """A temporary folder that files are written into."""

    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="weir")
        self.path = Path(self.holder.name)
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def write(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


class Server:
    """`tagweir serve` on a Unix socket (or `listen`), ready to be connected to."""

    def __init__(self, rules=INDIA, clock=CLOCK, args=(), listen=None, prefix=()):
        self.folder = tempfile.TemporaryDirectory(prefix="weir")
        self.path = self.folder.name + "/socket"
        self.listen = listen or ["unix:" + self.path]
        self.log = open(self.folder.name + "/log", "w+b")
        command = [*prefix, TAGWEIR, "serve", "--rules", str(rules), *args]
        command += () if "--clock" in args else ("--clock", clock)
        for address in self.listen:
            command += ["--listen", address]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=ROOT,
                                        stdout=self.log, stderr=self.log,
                                        env=dict(os.environ, NO_COLOR="1"))

    def __enter__(self):
        self.connect().close()
        return self

    def said(self):
        # by a descriptor of our own: the server's has its place where it writes
        return Path(self.folder.name, "log").read_text(errors="replace")

    def connect(self, address=None):
        """A socket; waits for the server to listen."""
        address = address or self.listen[0]
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                if address.startswith("unix:"):
                    s = socket.socket(socket.AF_UNIX)
                    s.connect(address[len("unix:"):])
                else:
                    host, _, port = address.rpartition(":")
                    s = socket.create_connection((host.strip("[]"), int(port)))
                s.settimeout(PATIENCE_S)
                return s
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"the server does not listen:\n{self.said()}")
                time.sleep(0.02)

    def memory_kib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def stop(self):
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_S)

    def __exit__(self, kind, *_):
        try:
            code = self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "none: it had to be killed"
        said = self.said()
        self.log.close()
        self.folder.cleanup()
        if kind is None:
            assert code == 0, f"the server ended with {code}:\n{said}"


def read_all(s):
    """Everything until the server ends the connection."""
    chunks = []
    while True:
        chunk = s.recv(1 << 16)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def ask(s, data):
    """Send all, end the sending side, read all answers; both at once, as a client must."""
    import threading

    def send():
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the reader will see what came of it

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    answers = read_all(s)
    thread.join()
    s.close()
    return answers
