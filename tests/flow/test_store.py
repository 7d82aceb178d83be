"""The store: rule sets by their digests, kept when they are used, found again years later."""
import json
import os
import shutil
import signal
import time

import weir
from weir import own, tap

RULES = """tagweir: 1
rules:
  - id: one
    regions: [IN]
    action: withhold
    match:
      hashtags: ["#{tag}"]
"""


class Stored(weir.Server):
    def __init__(self, folder, store=None):
        self.store = store or folder.path / "store"
        self.rules = folder.path / "rules.yaml"
        self.rules.write_text(RULES.format(tag="farmers"))
        self.control = f"unix:{folder.path}/control"
        super().__init__(rules=self.rules, args=["--store", str(self.store), "--control", self.control])

    def reload(self, text, code=0):
        self.rules.write_text(text)
        done = weir.expect(weir.run("ctl", "--control", self.control, "reload"), code)
        return (done.out + done.err).decode()

    def decide(self, line):
        return weir.ask(self.connect(), line).rstrip(b"\n")


def digest(record):
    return json.loads(record)["ruleset"]


def names(store):
    return sorted(p.name for p in store.iterdir())


def test_a_kept_set_that_is_broken_is_written_anew():
    with weir.Folder() as folder:
        rules, store = folder.write("rules.yaml", RULES.format(tag="farmers")), folder.path / "store"
        other = folder.write("other.yaml", RULES.format(tag="protest"))

        def compile_(path):
            weir.expect(weir.run("compile", path, "--store", store), 0)

        compile_(other)
        (another,) = store.iterdir()
        compile_(rules)
        (file,) = set(store.iterdir()) - {another}
        whole = file.read_bytes()
        flipped = bytes([whole[-1] ^ 1])
        for text in (whole[:500], b"", whole[:-1] + flipped, another.read_bytes()):
            file.write_bytes(text)
            compile_(rules)
            assert weir.decide(own(1, "farmers"), rules=file.stem, args=["--store", store])
        before = file.stat().st_ino
        compile_(rules)
        assert file.stat().st_ino == before
        file.unlink()
        file.symlink_to(rules)
        assert b"it is a link" in weir.expect(weir.run("compile", rules, "--store", store), 4).err
        assert rules.read_text() == RULES.format(tag="farmers")
        file.unlink()
        file.mkdir()
        assert b"it is no file" in weir.expect(weir.run("compile", rules, "--store", store), 4).err


def test_what_was_decided_is_decided_again_by_the_digest_in_its_record():
    post = own(1, "farmers")
    with weir.Folder() as folder:
        with Stored(folder) as server:
            first = server.decide(post)
            assert len(names(server.store)) == 1, names(server.store)
            server.reload(RULES.format(tag="protest"))
            second = server.decide(post)
        server.rules.unlink()
        assert b'"withhold"' in first and b'"allow"' in second, (first, second)
        assert [n[:16] for n in names(server.store)] == sorted([digest(first), digest(second)])
        assert all(len(n) == 64 + 4 and n.endswith(".tws") for n in names(server.store))
        for record in (first, second):
            again = weir.decide(post, rules=digest(record), args=["--store", server.store])
            assert again == [record], again
        told = weir.expect(weir.run("explain", "--rules", digest(first), "--store", server.store, "--tag", "farmers",
                                    "--at", weir.CLOCK))
        assert b"one" in told.out, told.text()


def test_one_that_is_there_is_left():
    with weir.Folder() as folder:
        store, rules = folder.path / "store", folder.write("r.yaml", RULES.format(tag="farmers"))
        done = weir.expect(weir.run("compile", rules, "--store", store))
        path = store / names(store)[0]
        assert str(path).encode() in done.out, done.text()
        before = path.stat()
        weir.expect(weir.run("compile", rules, "--store", store, "-o", folder.path / "o.tws"))
        after = path.stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
        assert (folder.path / "o.tws").read_bytes() == path.read_bytes()
        with weir.Server(rules=path.stem, args=["--store", str(store)]) as server:
            assert b'"withhold"' in weir.ask(server.connect(), own(1, "farmers"))
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "the rules are what they were" in server.said(), server)


def wait_for(is_so, server):
    end = time.monotonic() + weir.PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, server.said()
        time.sleep(0.02)


def test_what_is_not_there_is_said():
    def said(which):
        return weir.expect(weir.run("replay", "--rules", which, "--store", store, "-", stdin=own(1)), 4).err

    with weir.Folder() as folder:
        store, rules = folder.path / "store", folder.write("r.yaml", RULES.format(tag="farmers"))
        assert b"No such file" in said("a" * 16)
        weir.expect(weir.run("compile", rules, "--store", store))
        whole = names(store)[0][:64]
        assert b"no rule set in this store" in said("a" * 16)
        shutil.copy(store / f"{whole}.tws", store / f"{'a' * 64}.tws")
        wrong = said("a" * 20)
        assert f"this is not rule set {'a' * 16}, but {whole[:16]}".encode() in wrong and b"Unicode" in wrong, wrong
        shutil.copy(store / f"{whole}.tws", store / f"{'a' * 63}b.tws")
        assert b"2 rule sets in this store" in said("a" * 63)
        # fewer digits than records show are no digest, and without a store none is looked for
        assert b"15" not in said("a" * 15)
        weir.expect(weir.run("replay", "--rules", whole, "-", stdin=own(1)), 4)


def test_what_feeds_are_decided_by_is_kept():
    """By whoever decides feeds; not where a rule set is only looked at."""
    with weir.Folder() as folder:
        rules = folder.write("farmers.yaml", RULES.format(tag="farmers"))
        other = folder.write("protest.yaml", RULES.format(tag="protest").replace("one", "two"))
        feed, kept = folder.write("feed.ndjson", own(1, "farmers")), folder.path / "journal"
        store, more, page = folder.path / "store", folder.path / "more", folder.path / "page.html"
        clock = ["--clock", weir.CLOCK]
        first = weir.replay(feed, rules=rules, args=["--store", store, "--journal", kept]).lines[0]
        (file,) = names(store)
        assert file.startswith(digest(first)), (file, first)
        # what the journal names is found
        weir.expect(weir.run("verify", kept, "--redo", feed, "--store", store))
        # and it decides the same, when rules have changed; it is left as it is
        before = (store / file).stat().st_mtime_ns
        assert weir.replay(feed, rules=digest(first), args=["--store", store]).lines[0] == first
        weir.expect(weir.run("replay", "--rules", digest(first), "--rules", other, "--store", store, feed))
        assert len(names(store)) == 2 and (store / file).stat().st_mtime_ns == before
        weir.expect(weir.run("diff", "--old", digest(first), "--new", other, "--store", store, *clock, feed), 1)
        assert len(names(store)) == 3
        weir.expect(weir.run("diff", "--old", rules, "--new", other, "--store", more, *clock, feed), 1)
        assert len(names(more)) == 2
        for args in (["verify", kept, "--redo", feed, "--rules", rules], ["explain", "--rules", rules, "--tag", "farmers"]):
            weir.expect(weir.run(*args, "--store", folder.path / "none"))
            assert not (folder.path / "none").exists(), args
        weir.expect(weir.run("report", "--rules", rules, "--store", folder.path / "none", "--out", page, *clock, feed))
        assert names(folder.path / "none") == [file]
        for command in ("explain", "verify"):
            assert b"those used are kept" not in weir.expect(weir.run(command, "--help")).out
        for command in ("replay", "report", "diff", "serve"):
            assert b"those used are kept" in weir.expect(weir.run(command, "--help")).out
        # what cannot be kept is not used
        for args in (["replay", "--rules", rules], ["diff", "--old", rules, "--new", other], ["report", "--rules", rules]):
            done = weir.expect(weir.run(*args, "--store", rules, *clock, feed), 4)
            assert b"the rule set cannot be kept there" in done.err and not done.out, done.text()


def test_what_cannot_be_kept_is_not_used():
    with weir.Folder() as folder:
        file = folder.write("file", "")
        rules = folder.write("r.yaml", RULES.format(tag="farmers"))
        done = weir.run("serve", "--rules", rules, "--store", file, "--listen", f"unix:{folder.path}/s")
        assert b"the rule set cannot be kept there" in weir.expect(done, 4).err, done.text()
        weir.expect(weir.run("compile", rules, "--store", file), 4)
        with Stored(folder) as server:
            first = server.decide(own(1, "farmers"))
            shutil.rmtree(server.store)
            server.store.write_text("")
            said = server.reload(RULES.format(tag="protest"), code=1)
            assert "the rule set cannot be kept there" in said and "nothing has changed" in said, said
            assert server.decide(own(1, "farmers")) == first
            os.unlink(server.store)
            assert "decides from now on" in server.reload(RULES.format(tag="protest"))
            assert len(names(server.store)) == 1


if __name__ == "__main__":
    tap.main()
