"""The decision journal of the server: what stands in it, in which order, who has to wait for it, and
what becomes of it when the server is killed or the disk is full.

WEIR_KILLS=N kills N times (a few unless said; 200 takes some minutes), WEIR_SEED=N repeats a run.
"""
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

import web
import weir
from weir import own, tap

RULES = """tagweir: 1
orders:
  o: {{authority: A, basis: B, kind: report}}
rules:
  - {{id: bad, order: o, regions: [IN], action: withhold, match: {{hashtags: [bad]}}{breaker}}}
  - {{id: seen, regions: [FR], action: withhold, mode: observe, match: {{hashtags: [seen]}}}}
  - {{id: some, regions: [FR], action: withhold, rollout: 0.01, match: {{hashtags: [some]}}}}
  - {{id: press, action: allow, match: {{accounts: ["@press"]}}}}
{more}
"""
KILLS = int(os.environ.get("WEIR_KILLS", "5"))
SEED = int(os.environ.get("WEIR_SEED", random.randrange(1 << 30)))


def rules(breaker="", more=""):
    return RULES.format(breaker=breaker, more=more)


class Journalled(weir.Server):
    """A server with a journal in `folder`, a control socket and HTTP."""

    def __init__(self, folder, text=None, fsync="always", args=(), code=0, prefix=(), workers=2):
        self.dir = folder.path / "journal"
        self.rules = folder.path / "rules.yaml"
        self.rules.write_text(text or rules())
        self.control = f"unix:{folder.path}/control"
        self.http = f"{folder.path}/http"
        self.code = code
        super().__init__(rules=self.rules, prefix=prefix,
                         args=["--journal", str(self.dir), "--fsync", fsync, "--control", self.control,
                               "--http", "unix:" + self.http, "--workers", str(workers), *args])

    def ctl(self, *words, code=0):
        done = weir.expect(weir.run("ctl", "--control", self.control, *words), code)
        return (done.out if code == 0 else done.err).decode()

    def status(self):
        return json.loads(self.ctl("status", "--json"))

    def ask(self, *lines):
        return weir.ask(self.connect(), b"".join(lines)).splitlines()

    def fetch(self, path, body=None):
        c = web.Client(self.http)
        c.request("POST" if body else "GET", path, body)
        answer = web.Answer(c.getresponse())
        c.close()
        return answer

    def forget(self):
        self.log.close()
        self.folder.cleanup()

    def __exit__(self, kind, *rest):
        if not self.code:
            self.stop()
        else:  # it has ended by itself
            assert self.process.wait(timeout=weir.PATIENCE_S) == self.code, self.said()
        self.log_text = self.said()
        if self.code:
            self.forget()
        else:
            super().__exit__(kind, *rest)


# What stands in it -----------------------------------------------------------------------------

def segments(folder, after=0):
    return [p for p in sorted(folder.glob("*.ndjson")) if int(p.stem) > after]


def lines_of(folder, after=0):
    return [line for p in segments(folder, after) for line in p.read_bytes().splitlines()]


RECORD = re.compile(rb'\{"seq":\d+,"record":(.*),"hash":"[0-9a-f]{64}"\}')


def records(folder, after=0):
    """As they were answered."""
    return [m[1] for m in map(RECORD.fullmatch, lines_of(folder, after)) if m]


def entries(folder):
    """All but headers and ends: events, and records, each as an object."""
    both = [json.loads(line) for line in lines_of(folder)]
    return [e.get("event") or e.get("record") for e in both if "event" in e or "record" in e]


def verify(folder, *args, code=0):
    return weir.expect(weir.run("verify", folder, *args), code)


def is_due(answer):
    """By default: anything but a plain allow, and no skip."""
    r = json.loads(answer)
    if "skip" in r:
        return False
    quoted = r.get("quoted")
    return r.get("action") != "allow" or (quoted is not None and is_due(json.dumps(quoted))) or \
        any(k in r for k in ("exempted", "observed", "held_back", "limit", "breaker"))


MIXED = [own(1, "bad"), own(2), own(3, "seen"), own(4, "some"), b"no post\n",
         b'{"delete":{"status":{"id":1,"id_str":"1"}}}\n',
         b'{"id":"5","author":"@press","hashtags":["bad"]}\n',
         b'{"id":"6","author":"@a","quotes":{"id":"7","author":"@b","hashtags":["bad"]}}\n',
         b'{"query":{"hashtag":"bad"}}\n', b'{"query":{"hashtag":"good"}}\n']


def test_all_but_plain_allows_stand_in_it_as_they_were_answered():
    for fsync in ("always", "interval", "never"):
        with weir.Folder() as folder:
            with Journalled(folder, fsync=fsync) as server:
                answers = server.ask(*MIXED)
            due = [a for a in answers if is_due(a)]
            assert len(answers) == 10 and len(due) == 7, answers
            assert records(server.dir) == due, (fsync, records(server.dir), due)
            verify(server.dir)


def test_all_records_stand_in_it_where_that_is_asked_for():
    with weir.Folder() as folder:
        with Journalled(folder, args=["--journal-all"]) as server:
            answers = server.ask(*MIXED)
        assert records(server.dir) == [a for a in answers if b'"skip"' not in a]


def test_what_http_was_answered_stands_in_it():
    with weir.Folder() as folder:
        with Journalled(folder) as server:
            body = server.fetch("/v1/decide", b"".join(MIXED)).body
            one = server.fetch("/v1/hashtags/bad").body
            server.fetch("/v1/hashtags/good")
        due = [a for a in body.splitlines() + one.splitlines() if is_due(a)]
        assert records(server.dir) == due, (records(server.dir), due)


def test_the_head_is_told_and_verified():
    with weir.Folder() as folder:
        with Journalled(folder, args=["--head-every", "10"]) as server:
            server.ask(*[own(n, "bad") for n in range(25)])
            head = server.ctl("head").strip()
            verify(server.dir, "--head", head)
            told = json.loads(server.fetch("/v1/journal").body)
            status = server.status()["journal"]
            text = server.ctl("status")
            metrics = server.fetch("/metrics").body.decode()
        said = re.findall(r"journal \S+: head ([0-9a-f]{64}:\d+)", server.log_text)
        last = re.search(r"journal closed: head ([0-9a-f]{64}:\d+)", server.log_text)[1]
        assert head.endswith(":27"), head  # a header and a start
        assert told["head"] == head and told == status and status["synced"] == 27, (told, status)
        assert f"head         {head}" in text, text
        assert "tagweir_journal_records_total 25\n" in metrics, metrics
        for at in said + [last]:
            verify(server.dir, "--head", at)
        assert any(f'tagweir_journal_head_info{{head="{at}"}} 1' in metrics for at in said), metrics
        assert last.endswith(":29"), last
        off = verify(server.dir, "--head", "0" * 64 + ":27", code=1)
        assert b"head" in off.out + off.err, off.text()


def test_without_a_journal_there_is_no_head():
    with weir.Folder() as folder:
        control = f"unix:{folder.path}/control"
        with web.Http(args=["--control", control]) as server:
            said = weir.expect(weir.run("ctl", "--control", control, "head"), 1).err
            assert b"no journal is kept" in said, said
            assert server.ask("/v1/journal").code == 404
            assert b"tagweir_journal" not in server.ask("/metrics").body


# Events ----------------------------------------------------------------------------------------

def trip_states(all_entries):
    """For each record, the rules that are tripped by then, and the digest of the rules."""
    tripped, ruleset = set(), None
    for e in all_entries:
        if e.get("kind") == "trip":
            tripped.add(e.get("rule"))
        elif e.get("kind") == "reset":
            tripped.discard(e.get("rule"))
        elif e.get("kind") == "reload":
            ruleset = e["to"]
        if "kind" not in e:
            yield e, set(tripped), ruleset


def test_events_stand_before_what_was_decided_under_them():
    text = rules(breaker=", breaker: {per_minute: 5, then: observe}")
    with weir.Folder() as folder:
        with Journalled(folder, text, fsync="interval") as server:
            clients = [server.connect() for _ in range(4)]
            stop = threading.Event()

            def stream(s, base):
                n = base
                while not stop.is_set():
                    s.sendall(b"".join(own(n + k, "bad") for k in range(20)))
                    n += 20
                    got = b""
                    while got.count(b"\n") < 20:
                        got += s.recv(1 << 16)

            threads = [threading.Thread(target=stream, args=(s, i * 10 ** 6)) for i, s in enumerate(clients)]
            for t in threads:
                t.start()
            wait_for(lambda: server.status()["tripped"])
            server.ctl("reset", "bad")
            wait_for(lambda: server.status()["tripped"])
            server.rules.write_text(rules(breaker=", breaker: {per_minute: 5, then: observe}", more="# new\n"
                                          "  - {id: more, regions: [FR], action: withhold, match: {hashtags: [more]}}"))
            server.ctl("reload")
            server.ctl("rollback")
            time.sleep(0.1)
            stop.set()
            for t in threads:
                t.join()
            for s in clients:
                s.close()
        all_entries = entries(server.dir)
        kinds = [e["kind"] for e in all_entries if "kind" in e]
        assert kinds[:3] == ["start", "trip", "reset"] and kinds[-1] == "stop", kinds
        assert kinds.count("reload") == 2 and kinds.count("trip") >= 2, kinds
        first = json.loads(lines_of(server.dir)[0])["header"]["ruleset"]
        seen = set()
        for record, tripped, ruleset in trip_states(all_entries):
            # a record may stand behind a reset and be decided before it, so it is the trips that count
            if record.get("breaker"):
                assert "bad" in seen | tripped, record
            seen |= tripped
            if ruleset is None:
                assert record["ruleset"] == first[:16], record
        reloads = [e for e in all_entries if e.get("kind") == "reload"]
        assert reloads[0]["from"] == first and reloads[1]["to"] == first, reloads
        assert reloads[0]["to"] == reloads[1]["from"] != first, reloads
        assert reloads[0]["by"].startswith("reload by user") and reloads[1]["by"].startswith("rollback by"), reloads
        trip = next(e for e in all_entries if e.get("kind") == "trip")
        assert trip["rule"] == "bad" and trip["how"] == "observe" and "posts of" in trip["by"], trip
        assert any(r.get("breaker") == ["bad"] for r in all_entries), "nothing was decided under the trip"
        verify(server.dir)


def wait_for(is_so):
    end = time.monotonic() + weir.PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.02)


# Order and back-pressure -----------------------------------------------------------------------

def test_answers_keep_their_order_whoever_waits():
    lines = [own(n, "bad") if n % 3 == 0 else own(n) for n in range(6000)]
    with weir.Folder() as folder:
        with Journalled(folder) as server:
            want = weir.decide(b"".join(lines), rules=server.rules)
            wrong = []

            def go():
                got = server.ask(*lines)
                if got != want:
                    wrong.append(len(got))

            threads = [threading.Thread(target=go) for _ in range(12)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            assert not wrong, wrong
        got = sorted(records(server.dir))
        assert got == sorted([a for a in want if is_due(a)] * 12), len(got)
        verify(server.dir)


def test_a_client_that_reads_nothing_holds_little():
    with weir.Folder() as folder, Journalled(folder) as server:
        before = server.memory_kib()
        s = server.connect()
        s.setblocking(False)
        lines, sent = b"".join(own(n, "bad") for n in range(1000)), 0
        end = time.monotonic() + 5
        while time.monotonic() < end and sent < 64 << 20:
            try:
                sent += s.send(lines)
            except BlockingIOError:
                time.sleep(0.05)
        grown = server.memory_kib() - before
        assert sent < 16 << 20, f"{sent} bytes were taken"
        assert grown < 64 * 1024, f"{grown} KiB more"
        s.close()


# What is refused -------------------------------------------------------------------------------

def test_what_cannot_be_is_refused():
    def serve(*args):
        return weir.run("serve", "--rules", weir.INDIA, "--listen", f"unix:{folder.path}/s", *args)

    with weir.Folder() as folder:
        assert b"say --journal DIR" in weir.expect(serve("--fsync", "always"), 2).err
        assert b"always, interval or never" in weir.expect(serve("--journal", "j", "--fsync", "x"), 2).err
        file = folder.write("file", "")
        weir.expect(serve("--journal", file), 4)
        weir.expect(serve("--journal", folder.path / "no" / "parent"), 4)
        weir.expect(serve("--journal", folder.path / "j", "--sign-key", file), 4)
        with Journalled(folder) as server:
            said = weir.expect(serve("--journal", server.dir), 4).err
            assert str(server.process.pid).encode() in said, said


def test_segments_are_signed():
    with weir.Folder() as folder:
        key, public = folder.path / "key.pem", folder.path / "public.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
        with Journalled(folder, args=["--sign-key", str(key)]) as server:
            server.ask(own(1, "bad"))
        proof = json.loads(verify(server.dir, "--public-key", public, "--json").out)
        assert proof["signed_up_to"] == proof["last"] == 5, proof


def test_another_user_owns_it():
    if os.geteuid() != 0:
        raise tap.Skip("only root can become another user")
    with weir.Folder() as folder:
        os.chmod(folder.path, 0o777)
        with Journalled(folder, args=["--user", "nobody:nogroup"]) as server:
            server.ask(own(1, "bad"))
            assert {p.stat().st_uid for p in server.dir.iterdir()} == {65534}
        verify(server.dir)


# Full disks ------------------------------------------------------------------------------------

class Reader(threading.Thread):
    """Streams posts that are withheld, until the server ends it, and keeps what it was answered."""

    def __init__(self, server, name, batch=50, pause=0.0):
        super().__init__(daemon=True)
        self.s, self.name_, self.batch, self.pause = server.connect(), name, batch, pause
        self.answers, self.over = b"", False
        self.start()

    def run(self):
        writer = threading.Thread(target=self.write, daemon=True)
        writer.start()
        try:
            while chunk := self.s.recv(1 << 16):
                self.answers += chunk
        except OSError:
            pass
        self.over = True
        try:
            self.s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        writer.join()
        self.s.close()

    def write(self):
        n = 0
        try:
            while not self.over:
                self.s.sendall(b"".join(own(f"{self.name_}-{n + k}", "bad" if (n + k) % 4 else "good")
                                        for k in range(self.batch)))
                n += self.batch
                time.sleep(self.pause)
        except OSError:
            pass

    def whole(self):
        """Answers that came whole."""
        return self.answers.split(b"\n")[:-1]


def readers(server, prefix):
    return [Reader(server, f"{prefix}-{i}", batch, pause)
            for i, (batch, pause) in enumerate([(1, 0.0005), (7, 0.001), (300, 0), (50, 0.002)])]


def run_until_full(server):
    """Clients stream until the server ends, with exit code 4; what it has answered."""
    streams = readers(server, "full")
    for r in streams:
        r.join(timeout=weir.PATIENCE_S)
        assert not r.is_alive(), server.said()
    assert server.process.wait(timeout=weir.PATIENCE_S) == 4, server.said()
    said = server.said()
    assert "the decision journal has failed" in said, said
    return [a for r in streams for a in r.whole()], said


def check_full(server, answers, fsync):
    goodbyes = [a for a in answers if b'"closed"' in a]
    assert goodbyes and all(a.startswith(b'{"v":1,"closed":"journal","detail":') for a in goodbyes), goodbyes
    proof = json.loads(verify(server.dir, "--json").out)
    assert proof["holds"] and not proof["closed"], proof
    there = set(records(server.dir))
    due = [a for a in answers if b'"closed"' not in a and is_due(a)]
    assert due, "nothing was answered"
    if fsync == "always":
        lost = [a for a in due if a not in there]
        assert not lost, f"{len(lost)} of {len(due)} were answered and are not there: {lost[0]}"


def test_a_limit_of_size_ends_the_server():
    """A stand-in for a full disk that needs no privilege."""
    for fsync in ("always", "interval"):
        with weir.Folder() as folder:
            prefix = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', "1000"]
            with Journalled(folder, fsync=fsync, code=4, prefix=prefix) as server:
                answers, said = run_until_full(server)
            check_full(server, answers, fsync)
            # what was moved aside, or cut off, is none of the chain: it goes on behind it
            with Journalled(folder, fsync=fsync) as server:
                server.ask(own(1, "bad"))
            verify(server.dir)


class Tmpfs:
    """A file system of one MiB."""

    def __init__(self, folder):
        self.path = folder.path / "journal"

    def __enter__(self):
        self.path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "weir", self.path],
                              stderr=subprocess.PIPE)
        if done.returncode:
            raise tap.Skip(f"a tmpfs cannot be mounted here: {done.stderr.decode().strip()}")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)


def test_a_full_disk_ends_the_server():
    for fsync in ("always", "interval", "never"):
        with weir.Folder() as folder, Tmpfs(folder):
            with Journalled(folder, fsync=fsync, code=4) as server:
                answers, said = run_until_full(server)
            assert "No space left on device" in said, said
            check_full(server, answers, fsync)


# Kills -----------------------------------------------------------------------------------------

def due_of(streams):
    return [a for r in streams for a in r.whole() if is_due(a)]


class Lives:
    """A server that is killed at random moments, and begun again on what it left."""

    def __init__(self, folder):
        self.folder, self.rng = folder, random.Random(SEED)
        self.answered, self.before = [], 0  # by the last life; segments before it
        self.acknowledged = 0

    def check(self, server):
        """The journal is mended; what the last life answered is in it."""
        verify(server.dir)
        there = set(records(server.dir, self.before))
        lost = [a for a in self.answered if a not in there]
        assert not lost, f"{len(lost)} of {len(self.answered)} lost, the first is {lost[0]}"
        self.acknowledged += len(self.answered)
        self.answered = []
        self.before = max(int(p.stem) for p in segments(server.dir)) - 1

    def live(self, number):
        server = Journalled(self.folder, workers=self.rng.choice([1, 2, 3]))
        streams = []
        if self.rng.random() < 0.2:  # while it begins, and mends what the last one left
            time.sleep(self.rng.uniform(0, 0.08))
        else:
            server.connect().close()
            self.check(server)
            streams = readers(server, number)
            time.sleep(self.rng.uniform(0, 0.5))
        server.process.kill()
        server.process.wait()
        for r in streams:
            r.join(timeout=weir.PATIENCE_S)
            assert not r.is_alive()
        self.answered += due_of(streams)
        server.forget()


def test_nothing_that_was_answered_is_lost_by_a_kill():
    print(f"# WEIR_SEED={SEED} WEIR_KILLS={KILLS}")
    with weir.Folder() as folder:
        lives = Lives(folder)
        for number in range(KILLS):
            lives.live(number)
        with Journalled(folder) as server:  # the last one is mended by a start, too
            lives.check(server)
            server.ask(own("last", "bad"))
        proof = json.loads(verify(server.dir, "--json").out)
    assert lives.acknowledged, "no answer came before a kill"
    print(f"# {KILLS} kills, {lives.acknowledged} acknowledged records, none lost; {len(proof['torn'])} torn "
          f"tails; {proof['records']} records in {len(proof['segments'])} segments")


if __name__ == "__main__":
    tap.main()
