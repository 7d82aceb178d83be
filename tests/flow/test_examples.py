"""The examples of rules/examples: their rules are sound, and decide as was derived by hand."""
import socket
import subprocess
import threading

import weir
from weir import tap


def cases():
    """(folder, clock, expected) for `clock` + `expected.ndjson`, and for each `clock.NAME`."""
    for folder in sorted(p for p in weir.EXAMPLES.iterdir() if p.is_dir()):
        for clock in sorted(folder.glob("clock*")):
            name = clock.name[len("clock"):]
            yield folder, clock.read_text().strip(), folder / f"expected{name}.ndjson"


def test_there_are_examples_of_each_kind():
    assert {f.name for f, _, _ in cases()} >= {"india-2021", "france-court-2024", "eu-group",
                                              "policy-confusables"}


def check_of(folder):
    done = weir.expect(weir.run("check", folder))
    assert b" warning: " not in done.err + done.out, done.text()


def compare(folder, clock, expected):
    got = [weir.masked(x) for x in weir.replay(folder / "posts.ndjson", rules=folder,
                                               clock=clock).lines]
    wanted = expected.read_bytes().split(b"\n")[:-1]
    wrong = [f"record {n + 1}\n  expected {w.decode()}\n  got      {g.decode(errors='replace')}"
             for n, (w, g) in enumerate(zip(wanted, got)) if w != g]
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong)
    assert len(got) == len(wanted), f"{len(wanted)} records expected, {len(got)} came"


def _add(folder, clock, expected):
    name = f"{folder.name}_{expected.stem}".replace("-", "_").replace(".", "_")

    def check():
        check_of(folder)

    def decides():
        compare(folder, clock, expected)

    globals()[f"test_{name}_check"] = check
    globals()[f"test_{name}_replay"] = decides


for case in cases():
    _add(*case)


def streamed(*pieces):
    """What stream.py says of a server that answers with these, whatever it is sent: (exit code, its output)."""
    with weir.Folder() as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder.path}/s")
        listening.listen()

        def serve():
            s, _ = listening.accept()
            s.recv(100)
            for piece in pieces:
                s.sendall(piece)
            s.close()

        threading.Thread(target=serve).start()
        feed = folder.write("feed.ndjson", weir.own(1, "a") * 100000)
        done = subprocess.run(["python3", weir.EXAMPLES / "stream.py", f"unix:{folder.path}/s", feed],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=weir.PATIENCE_S)
        return done.returncode, done.stdout


def test_stream_py_tells_that_the_server_has_closed():
    answer = b'{"v":1,"post":"1","author":"@x","action":"allow","at":"2021-02-01T07:00:00Z","ruleset":"e60be3231bb764e0"}\n'
    code, said = streamed(answer, b'{"v":1,"closed":"journal","detail":"No space left on device"}\n')
    assert code == 1 and "Traceback" not in said, said
    assert "the server closed the connection (journal: No space left on device); posts without an answer" in said, said
    assert "1 posts and 0 queries decided" in said, said
    code, said = streamed(answer, answer[:20])
    assert code == 1 and "Traceback" not in said and "the server closed the connection (" in said, said

if __name__ == "__main__":
    tap.main()
