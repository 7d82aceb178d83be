"""tagweir verify, beside a writer and a checker of journals that share nothing with it."""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import journal
import weir
from weir import expect, run, tap

SEED = int(os.environ.get("WEIR_SEED", time.time_ns() % 1_000_000))
LINES = ("".join(f'{{"v":1,"post":"13563{n:02}"}}\n' for n in range(6)) + f"!reload {'7' * 64}\n!trip r.1\n"
         + '{"v":1,"post":"last"}\n!reset *\n')


def verify(folder, *args, code=0):
    return expect(run("verify", folder, *args), code)


def told(folder, *args, code=0):
    return json.loads(verify(folder, "--json", *args, code=code).out)


def segments(folder):
    return sorted(folder.glob("????????.ndjson"))


def make(folder, *args):
    """A journal of several segments, closed. Its head."""
    journal.write(folder, LINES, "--segment-bytes", 900, "--batch", 2, *args)
    assert len(segments(folder)) > 2
    seen = told(folder)
    return f"{seen['head']}:{seen['last']}"


def test_both_read_what_the_library_writes():
    with weir.Folder() as f:
        folder = f.path / "j"
        head = make(folder)
        assert journal.check_by_hand(folder) == (0, head)
        journal.write(folder, LINES, "--abandon")
        with open(segments(folder)[-1], "ab") as last:
            last.write(b'{"seq":40,"rec')
        journal.write(folder, LINES)
        seen = told(folder)
        assert journal.check_by_hand(folder) == (0, f"{seen['head']}:{seen['last']}")
        assert seen["holds"] and seen["closed"] and seen["records"] == 21, seen
        (torn,) = seen["torn"]
        assert torn["bytes"] == 14 and (folder / torn["file"]).read_bytes() == b'{"seq":40,"rec'


def test_verify_reads_what_another_writes():
    with weir.Folder() as f:
        j = journal.Journal(f.path / "j")
        j.begin()
        j.event(kind="start", at=journal.AT, why="new")
        j.record("1")
        j.event(kind="reload", at=journal.AT, **{"from": journal.DIGEST, "to": "7" * 64}, by="ctl, \u20ac \"\\\n\x01")
        j.event(kind="trip", at=journal.AT, rule="r", how="observe")
        j.event(kind="reset", at=journal.AT, set=True)
        j.end("full")
        j.begin(ruleset="7" * 64, clock="2021-02-01T07:00:00Z")
        j.record("2")
        j.event(kind="torn", at=journal.AT, file="00000001.torn-1", bytes=0)
        j.event(kind="stop", at="2021-02-01T07:00:00.250Z")
        j.end()
        seen = told(j.folder)
        assert (seen["holds"], seen["head"], seen["last"]) == (True, *j.head.split(":")[:1], j.seq), seen
        said = verify(j.folder).out.decode()
        assert f"the chain holds: entries 1 to {j.seq}, 2 records and 6 events in 2 segments" in said, said
        assert f"head: {j.head}" in said, said


def test_right_hashes_do_not_excuse_a_wrong_form():
    wrong = {
        "a key that is not known": lambda j: j.event(kind="stop", at=journal.AT, x=1),
        "keys in another order": lambda j: j.event(at=journal.AT, kind="stop"),
        "a kind that is not known": lambda j: j.event(kind="pause", at=journal.AT),
        "no time": lambda j: j.event(kind="stop", at="yesterday"),
        "milliseconds that are none": lambda j: j.event(kind="stop", at="2021-02-01T07:00:00.000Z"),
        "blanks": lambda j: j.add("event", '{"kind":"stop", "at":"2021-02-01T07:00:00Z"}'),
        "an escape for nothing": lambda j: j.add("event", '{"kind":"st\\u006fp","at":"2021-02-01T07:00:00Z"}'),
        "a digest that is none": lambda j: j.event(kind="reload", at=journal.AT, **{"from": "a", "to": "b"}),
        "a trip to nothing": lambda j: j.event(kind="trip", at=journal.AT, rule="r", how="none"),
        "a record that closes its line": lambda j: j.add("record", '{"v":1},"x":{"y":1}'),
        "a record that is no object": lambda j: j.add("record", "[1]"),
        "a record with a blank": lambda j: j.add("record", '{"v": 1}'),
        "a number that JSON has not": lambda j: j.add("record", '{"v":01}'),
        "another key": lambda j: j.add("note", "{}"),
        "a header in the middle": lambda j: j.add("header", '{"format":1}'),
        "an end that counts wrong": lambda j: j.add("end", '{"segment":1,"entries":9,"why":"stop","at":"2021-02-01T07:00:00Z"}'),
        "an end of nothing known": lambda j: j.add("end", '{"segment":1,"entries":3,"why":"new","at":"2021-02-01T07:00:00Z"}'),
    }
    for what, write in wrong.items():
        with weir.Folder() as f:
            j = journal.Journal(f.path / "j")
            j.begin()
            j.record("1")
            write(j)
            finding = told(j.folder, code=1)["finding"]
            assert (finding["kind"], finding["line"], finding["seq"]) == ("form", 3, 3), (what, finding)


def test_a_header_must_fit():
    for changes, kind in (({"format": 2}, "form"), ({"segment": 3}, "order"), ({"previous": "1" * 64}, "changed"),
                          ({"opened": "now"}, "form"), ({"ruleset": "1"}, "form")):
        with weir.Folder() as f:
            j = journal.Journal(f.path / "j")
            j.begin()
            j.end("full")
            j.begin(**changes)
            finding = told(j.folder, code=1)["finding"]
            assert (finding["file"], finding["line"], finding["kind"]) == ("00000002.ndjson", 1, kind), (changes, finding)


def test_a_first_entry_in_a_later_segment():
    with weir.Folder() as f:
        j = journal.Journal(f.path / "j")
        j.segment = 4
        j.begin()
        finding = told(j.folder, code=1)["finding"]
        assert (finding["kind"], finding["seq"]) == ("form", 1), finding


def test_a_changed_byte_is_named_by_both():
    print(f"# WEIR_SEED={SEED}")
    draw = random.Random(SEED)
    with weir.Folder() as f:
        folder = f.path / "j"
        make(folder)
        seq = 0
        for path in segments(folder):
            text = path.read_bytes()
            at = 0
            for number, line in enumerate(text.splitlines(keepends=True), 1):
                seq += 1
                place = at + draw.randrange(len(line))
                changed = bytes([text[place] ^ 1 << draw.randrange(8)])
                path.write_bytes(text[:place] + changed + text[place + 1:])
                result = verify(folder, code=1)
                assert f"{path}:{number}: error: entry {seq} " in result.err.decode(), (seq, place, result.text())
                assert b"NOT as it was written" in result.out
                finding = told(folder, code=1)["finding"]
                assert (finding["file"], finding["line"], finding["seq"]) == (path.name, number, seq), finding
                if place < at + len(line) - 1:  # the script passes over a last line that is torn
                    assert journal.check_by_hand(folder)[0] != 0, (seq, place)
                at += len(line)
            path.write_bytes(text)
        assert seq == told(folder)["last"]


def test_the_post_of_a_changed_record_is_named():
    with weir.Folder() as f:
        folder = f.path / "j"
        journal.write(folder, '{"v":1,"post":"1356301","action":"withhold"}\n')
        path = folder / "00000001.ndjson"
        path.write_bytes(path.read_bytes().replace(b"withhold", b"allow"))
        assert b"entry 3 (post 1356301) was changed after it was written" in verify(folder, code=1).err
        assert told(folder, code=1)["finding"]["post"] == "1356301"


def test_a_head_shows_that_the_end_was_cut_off():
    with weir.Folder() as f:
        folder = f.path / "j"
        head = make(folder)
        hash_, count = head.split(":")
        assert b"nothing came after it" in verify(folder, "--head", head).out
        assert b"the chain cannot show" in verify(folder).out
        journal.write(folder, LINES)
        assert b"came after it" in verify(folder, "--head", hash_.upper()).out
        assert told(folder, "--head", head)["after_given_head"] > 10
        assert told(folder, "--head", f"{hash_}:{int(count) - 1}", code=1)["finding"]["kind"] == "head"

        # the newest segments gone, and one more
        for path in segments(folder)[-2:]:
            path.unlink()
        verify(folder)
        result = verify(folder, "--head", head, code=1)
        assert b"entries were cut off" in result.err, result.text()
        assert told(folder, "--head", hash_, code=1)["finding"]["kind"] == "head"


def test_missing_and_swapped_segments():
    with weir.Folder() as f:
        folder, aside = f.path / "j", f.path / "aside"
        make(folder)
        one, two, three = segments(folder)[:3]
        two.rename(aside)
        result = verify(folder, code=1)
        assert f"{two}: error: entry ".encode() in result.err and b"the segment is missing" in result.err, result.text()
        three.rename(two)
        aside.rename(three)
        assert f"{two}:1: error: ".encode() in verify(folder, code=1).err
        assert b"is segment 3 by its header" in verify(folder, code=1).err
        three.rename(aside)
        two.rename(three)
        aside.rename(two)
        verify(folder)
        one.unlink()
        assert b"no event in the journal says that their segments were retired" in verify(folder, code=1).err


def test_retired_segments_are_said():
    with weir.Folder() as f:
        folder = f.path / "j"
        days = "".join(f'!at 2021-02-{day:02}T07:00:00Z\n{{"v":1,"post":"{day}"}}\n' for day in range(1, 9))
        journal.write(folder, days, "--retain", 3)
        assert not (folder / "00000001.ndjson").exists()
        said = verify(folder).out.decode()
        first = told(folder)["retired_up_to"]
        assert first > 0 and f"entries up to {first} were retired, and the journal says so" in said, said
        code, head = journal.check_by_hand(folder)
        assert code == 0 and head in said


def test_signatures():
    with weir.Folder() as f:
        private, public = journal.make_key(f.path)
        _, other = journal.make_key(f.path, "other")
        folder = f.path / "j"
        make(folder, "--sign-key", private)
        assert b"not checked: give the key with --public-key" in verify(folder).out
        said = verify(folder, "--public-key", public).out.decode()
        assert "signed, and the key proves it" in said and "proved by signature: entries up to" in said, said
        seen = told(folder, "--public-key", public)
        assert {s["signature"] for s in seen["segments"]} == {"good"} and seen["signed_up_to"] == seen["last"]
        assert b"is signed by another key" in verify(folder, "--public-key", other, code=1).err
        assert b"holds no public key" in verify(folder, "--public-key", private, code=4).err

        # the description's commands, and openssl's word
        command = journal.documented("sh", "openssl pkeyutl").replace("public.pem", str(public))
        done = subprocess.run(["bash", "-euc", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0 and b"Verified Successfully" in done.stdout, done.stdout
        command = journal.documented("sh", "sha256sum")
        done = subprocess.run(["bash", "-euc", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        second = json.loads(segments(folder)[0].read_bytes().splitlines()[1])
        assert done.stdout.split()[0].decode() == second["hash"], done.stdout

        # signed by openssl, proved by tagweir
        j = journal.Journal(f.path / "k", private)
        j.begin()
        j.record("1")
        j.end()
        assert told(j.folder, "--public-key", public)["signed_up_to"] == 3
        unsigned = f.path / "u"
        make(unsigned)
        result = verify(unsigned, "--public-key", public, code=1)
        assert b"no segment is signed" in result.err, result.text()
        assert b"the chain holds, but is NOT PROVED by a signature: entries 1 to " in result.out, result.text()


def test_what_does_not_fit_is_no_accusation():
    """A head that was copied wrong, another key, a start without the key: the entries are what they were."""
    with weir.Folder() as f:
        private, _ = journal.make_key(f.path)
        public = f.path / "key-public.pem"
        _, other = journal.make_key(f.path, "other")
        folder = f.path / "j"
        head = make(folder, "--sign-key", private)
        hash_, count = head.split(":")
        for wrong in (f"{hash_}:{int(count) - 1}", "7" * 64, "7" * 64 + ":900"):
            result = verify(folder, "--head", wrong, code=1)
            assert f"the chain holds, but NOT with the head that was given: entries 1 to {count}, ".encode() in \
                result.out and b"as it was written" not in result.out, result.text()
        result = verify(folder, "--public-key", other, code=1)
        end = told(folder, "--public-key", other, code=1)["finding"]["seq"]
        assert f"NOT PROVED by the key, from entry {end} on. Before it all holds: entries 1 to {end - 1}, ".encode() \
            in result.out, result.text()
        _, err = journal.write(folder, LINES)
        assert "warning: what was written before is signed, and no key was given" in err, err
        result = verify(folder, "--public-key", public, code=1)
        assert b"NOT PROVED by the key, from entry " in result.out and b"without a signature" in result.err, result.text()
        assert told(folder, "--public-key", public, code=1)["finding"]["kind"] == "unproved"
        assert b": not signed\n" in result.out and b"not ended" not in result.out, result.text()
        verify(folder)

        # what has been done, is told with its place, on standard output too
        path = segments(folder)[0]
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:3] + lines[4:]))
        result = verify(folder, code=1)
        assert b"NOT as it was written, from entry 4 on. Before it all holds: entries 1 to 3, " in result.out
        assert b"entry 4 is not there: the one after it, entry 5, stands in its place" in result.err, result.text()
        path.write_bytes(b"".join(lines[:2] + lines[4:]))
        assert b"entry 3 is not there, nor are those after it up to 4: entry 5 stands in its place" in \
            verify(folder, code=1).err


def test_a_signed_journal_whose_first_segment_is_being_written():
    if not journal.WRITER.exists():
        raise tap.Skip("weir-journal is not built")
    with weir.Folder() as f:
        private, public = journal.make_key(f.path)
        folder = f.path / "j"
        with subprocess.Popen([journal.WRITER, folder, "--acks", "--sign-key", private], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as writer:
            writer.stdin.write(b'{"v":1}\n')
            writer.stdin.flush()
            writer.stdout.readline()
            result = verify(folder, "--public-key", public)
            assert b"the chain holds" in result.out and b"it is being written" in result.out, result.text()
            assert b"proved by signature: NOTHING YET, as no segment has ended" in result.out, result.text()
            seen = told(folder, "--public-key", public)
            assert (seen["holds"], seen["signed_up_to"], seen["segments"][0]["signature"]) == (True, 0, "none"), seen
            writer.stdin.close()
            writer.wait()
        seen = told(folder, "--public-key", public)
        assert seen["signed_up_to"] == seen["last"], seen


def test_a_writer_that_finds_a_broken_beginning():
    """Of the last segment alone, where what was before is not looked at: it has no number to be named by."""
    with weir.Folder() as f:
        folder = f.path / "j"
        make(folder)
        path = segments(folder)[-1]
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b'"icu"', b'"ICU"', 1))
        _, err = journal.write(folder, LINES, code=4)
        assert f"{path.name}:1: error: the chain is broken: its first entry is no header" in err, err
        path.write_bytes(whole.replace(b'"header":{"format":1', b'"header":{"format":2', 1))
        _, err = journal.write(folder, LINES, code=4)
        assert f"{path.name}:1: error: the chain is broken: entry " in err and "was changed after" in err, err
        path.write_bytes(whole.replace(b'{"seq"', b'{"Seq"', 1))
        _, err = journal.write(folder, LINES, code=4)
        assert f"{path.name}:1: error: the chain is broken: its first entry was changed after" in err, err


def test_what_is_no_journal_and_what_is_no_option():
    with weir.Folder() as f:
        assert b"holds no journal" in verify(f.path, code=4).err
        assert b"cannot be read: No such file" in verify(f.path / "none", code=4).err
        assert b"is no folder" in verify(f.write("file", "x"), code=4).err
        assert b"name a journal's folder" in expect(run("verify"), 2).err
        assert b"one journal at a time" in expect(run("verify", "a", "b"), 2).err
        make(f.path / "j")
        for head in ("12", "g" * 64, "1" * 65, "1" * 64 + ":", "1" * 64 + ":x", "1" * 64 + ":0"):
            assert b"--head: expected the 64 hex digits" in verify(f.path / "j", "--head", head, code=2).err, head
        assert verify(f.path / "j", "--quiet").out == b""
        (f.path / "j" / "00000002.ndjson").unlink()
        (f.path / "j" / "00000002.ndjson").mkdir()
        assert b"00000002.ndjson: error: cannot be read" in verify(f.path / "j", code=4).err


def test_a_journal_is_verified_while_it_is_written():
    with weir.Folder() as f:
        folder = f.path / "j"
        if not journal.WRITER.exists():
            raise tap.Skip("weir-journal is not built")
        with subprocess.Popen([journal.WRITER, folder, "--acks"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as writer:
            for n in range(5):
                writer.stdin.write(b'{"v":1}\n')
                writer.stdin.flush()
                seq, hash_ = writer.stdout.readline().decode().split()
                result = verify(folder, "--head", f"{hash_}:{seq}")
                assert b"it is being written" in result.out, result.text()
            with open(folder / "00000001.ndjson", "ab") as half:
                half.write(b'{"seq":8,')
            assert b"the last 9 bytes are an entry not yet whole" in verify(folder).out
            writer.kill()
        assert b"entry 8 is cut off" in verify(folder, code=1).err
        journal.write(folder, "")
        verify(folder)


def test_nothing_acknowledged_is_lost_by_kill():
    print(f"# WEIR_SEED={SEED}")
    draw = random.Random(SEED)
    if not journal.WRITER.exists():
        raise tap.Skip("weir-journal is not built")
    with weir.Folder() as f:
        folder, given, heads = f.path / "j", 0, []
        lines = b"".join(b'{"v":1,"post":"%d","more":"%s"}\n' % (n, b"x" * (n % 999)) for n in range(4000))
        feed = f.write("feed", lines)
        for _ in range(25):
            with subprocess.Popen([journal.WRITER, folder, "--acks", "--batch", str(draw.randrange(1, 30)),
                                   "--segment-bytes", "100000"], stdin=open(feed, "rb"), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as writer:
                time.sleep(draw.random() * 0.05)
                writer.kill()
                said = writer.stdout.read().decode().splitlines(keepends=True)
            whole = [x.split() for x in said if x.endswith("\n")]
            if whole:
                heads.append(f"{whole[-1][1]}:{whole[-1][0]}")
                given += len(whole)
            journal.write(folder, "")  # the start that mends
            assert told(folder)["holds"]
            for head in heads[-3:]:
                verify(folder, "--head", head)
        assert given > 0
        for head in heads:
            verify(folder, "--head", head)
        assert journal.check_by_hand(folder)[0] == 0


def test_a_full_disk_is_told_and_what_was_written_verifies():
    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    with weir.Folder() as f:
        folder = f.path / "j"
        acks, err = journal.write(folder, '{"v":1}\n' * 99, "--acks", code=4, preexec=small_files)
        assert "00000001.ndjson: cannot be written: File too large" in err, err
        seq, hash_ = acks.splitlines()[-1].split()
        assert b"it was not closed" in verify(folder, "--head", f"{hash_}:{seq}").out


def test_a_full_file_system_too():
    with weir.Folder() as f:
        disk = f.path / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk],
                                               stderr=subprocess.DEVNULL).returncode:
            raise tap.Skip("only root can mount a small file system")
        try:
            folder = disk / "j"
            acks, err = journal.write(folder, ('{"v":1,"x":"' + "x" * 900 + '"}\n') * 99, "--acks", code=4)
            assert "cannot be written: No space left on device" in err, err
            seq, hash_ = acks.splitlines()[-1].split()
            verify(folder, "--head", f"{hash_}:{seq}")
            # no room for the next start either: told, and nothing lost
            _, err = journal.write(folder, "", code=4)
            assert "No space left on device" in err, err
            shutil.copytree(folder, f.path / "roomier")
            journal.write(f.path / "roomier", LINES)
            verify(f.path / "roomier", "--head", f"{hash_}:{seq}")
        finally:
            subprocess.run(["umount", disk], check=True)


if __name__ == "__main__":
    tap.main()
