"""tagweir-bench baseline: the server that ours is measured against answers what ours answers."""
import os
import signal
import socket
import subprocess
from pathlib import Path

import weir
from weir import tap

BENCH = Path(os.environ.get("TAGWEIR_BUILD", weir.ROOT / "build" / "debug")) / "tagweir-bench"
SAMPLE = (weir.INDIA / "posts.ndjson").read_bytes()


def own(n):
    return b'{"id":"%d","author":"@reader","hashtags":["a%d"]}\n' % (n, n)


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


if __name__ == "__main__":
    tap.main()
