"""What runs write, and where: never onto what they read, never two things into one, and never half of what is
to be whole. A reader that goes away ends a run as it ends any tool."""
import gzip
import json
import os
import resource
import signal
import subprocess
import time

import weir
from test_replay import make_feed
from weir import tap

RULES = """tagweir: 1
rules:
  - {id: tags, regions: [IN], action: withhold, match: {hashtags: [t1, {list: more}]}}
  - {id: who, regions: [TR], action: withhold, match: {accounts: [{list: hot}]}}
lists:
  hot: {accounts: lists/hot.txt}
  more: {hashtags: lists/more.csv}
"""
CHANGE = ["--old-clock", "2021-02-01T07:00:00Z", "--new-clock", "2021-02-02T07:00:00Z"]


class Given(weir.Folder):
    """Rules with lists, handles, a key, a folder of feeds and a file with one post."""

    def __enter__(self):
        super().__enter__()
        self.rules = self.write("rules/a.yaml", RULES).parent
        self.write("rules/lists/hot.txt", "@h1\n")
        self.write("rules/lists/more.csv", "t2\n")
        self.write("handles.csv", "did:plc:a,x.example\n")
        self.write("feeds/b.ndjson", make_feed(200))
        self.feed = self.write("feeds/a.ndjson", make_feed(200, 2))
        self.feeds = self.feed.parent
        self.write("post", weir.own(1, "t1"))
        self.write("archive/account.js", 'window.YTD.account.part0 = [{"account": {"accountId": "1", "username": "x"}}]')
        self.write("archive/tweets.js", 'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "x"}}]')
        os.symlink(self.rules / "lists" / "hot.txt", self.path / "link")
        os.link(self.path / "handles.csv", self.path / "other-name")
        return self

    def run(self, *args, code=4, append=None):
        """In the folder, so that paths may be relative. `append`: standard output goes behind that file."""
        with open(self.path / append if append else os.devnull, "ab") as out:
            done = subprocess.run([weir.TAGWEIR, *map(str, args)], cwd=self.path, stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=subprocess.PIPE, timeout=weir.PATIENCE_S)
        return weir.expect(weir.Result(done.returncode, b"", done.stderr), code)

    def files(self):
        return {p: p.read_bytes() for p in sorted(self.path.rglob("*")) if p.is_file()}

    def refuses(self, said, *args, append=None):
        """It is refused, with this sentence, and nothing has changed, come or gone."""
        before = self.files()
        done = self.run(*args, append=append)
        assert said in done.err.decode(), (args, done.text())
        assert self.files() == before, args


READS = (("rules/lists/hot.txt", "a list of the rules"), ("rules/lists/more.csv", "a list of the rules"),
         ("link", "a list of the rules"), ("rules/a.yaml", "rules"), ("feeds/../rules/a.yaml", "rules"),
         ("handles.csv", "handles"), ("other-name", "handles"), ("feeds/b.ndjson", "a feed"))


def test_what_a_run_reads_is_never_written_onto():
    with Given() as given:
        common = ("-q", "--rules", "rules", "--handles", "handles.csv", "feeds")
        for path, as_ in READS:
            said = f"{path}: the run reads this file, as {as_}"
            given.refuses("--out " + said, "replay", *common, "--out", path)
            given.refuses("--out " + said, "report", *common, "-o", path)
            given.refuses("--changes " + said, "diff", *common, *CHANGE, "--changes", path)
            for command in (["replay"], ["report"], ["diff", *CHANGE]):
                given.refuses(f"standard output: the run reads this file, as {as_}", *command, *common, append=path)


def test_nor_is_what_other_commands_read():
    with Given() as given:
        said = "the run reads this file, as "
        given.refuses("--out handles.csv: " + said + "handles", "posts", "--handles", "handles.csv", "feeds", "--out",
                      "handles.csv")
        for path, as_ in (("rules/lists/hot.txt", "a list of the rules"), ("post", "the post")):
            given.refuses("standard output: " + said + as_, "explain", "--rules", "rules", "--post", "post",
                          append=path)
        given.write("rules/lists/hot.txt", "")  # empty, so that it would not be in the way of a compiled set
        given.refuses("-o rules/lists/hot.txt: " + said + "a list", "compile", "rules", "-o", "rules/lists/hot.txt")
        for command in (["check"], ["compile", "-o", "new.tws"]):
            given.refuses("standard output: " + said + "rules", *command, "rules", append="rules/a.yaml")
        given.refuses("--out archive/account.js: " + said + "account.js", "posts", "archive/tweets.js", "--out",
                      "archive/account.js")


def test_a_compiled_set_is_no_output_of_a_run_but_may_be_compiled_again():
    with Given() as given:
        given.run("compile", "-q", "rules", "-o", "set.tws", code=0)
        given.refuses("--out set.tws: the run reads this file, as a compiled rule set", "replay", "--rules", "set.tws",
                      "feeds", "--out", "set.tws")
        given.run("compile", "--store", "store", "rules", code=0)
        name = next((given.path / "store").iterdir()).name
        given.refuses("the run reads this file, as a compiled rule set", "replay", "--store", "store", "--rules",
                      name[:16], "feeds", "--out", "store/" + name)
        before = given.files()
        given.run("compile", "set.tws", "-o", "set.tws", code=0)
        assert given.files() == before


def test_two_things_are_never_written_into_one():
    with Given() as given:
        common = ("-q", "--rules", "rules", "feeds")
        given.refuses("--out x and --journal x are the same", "replay", *common, "--out", "x", "--journal", "x")
        given.refuses("--out x and --journal ./x are the same", "replay", *common, "--out", "x", "--journal", "./x/")
        given.write("d", "")
        given.refuses("--changes d and standard output are the same", "diff", *common, *CHANGE, "--changes", "d",
                      append="d")
        os.symlink("nowhere", given.path / "dangling")
        given.refuses("--out dangling and --journal nowhere are the same", "replay", *common, "--out", "dangling",
                      "--journal", "nowhere")


def test_a_journal_has_its_folder_for_itself():
    with Given() as given:
        common = ("-q", "--rules", "rules", "feeds")
        for folder in ("feeds", "feeds/journal", "feeds/", "feeds/../feeds/j"):
            given.refuses("would be among the feeds (feeds)", "replay", *common, "--journal", folder)
        given.refuses("it is in new, the journal's folder", "replay", *common, "--journal", "new", "--out", "new/x")
        given.run("replay", *common, "--journal", "j", code=0)
        for path in ("j/00000001.ndjson", "j/00000002.ndjson", "j/lock", "j/../j/x"):
            given.refuses("it is in j, the journal's folder", "replay", *common, "--journal", "j", "--out", path)
        segment = "j/00000001.ndjson"
        given.refuses("standard output: it is in j", "replay", *common, "--journal", "j", append=segment)
        given.refuses("reads a file of this journal, 00000001.ndjson, as a feed", "replay", "--rules", "rules",
                      "--journal", "j", segment)
        given.refuses("standard output: the run reads this file, as the journal", "verify", "j", append=segment)
        given.run("verify", "j", code=0)


def test_keys_are_read_as_well():
    with Given() as given:
        made = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", given.path / "key.pem"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if made.returncode:
            raise tap.Skip("openssl makes no key here")
        given.refuses("--out key.pem: the run reads this file, as the key that signs", "replay", "--rules", "rules",
                      "feeds", "--journal", "j", "--sign-key", "key.pem", "--out", "key.pem")
        given.run("replay", "-q", "--rules", "rules", "feeds", "--journal", "j", "--sign-key", "key.pem", code=0)
        subprocess.run(["openssl", "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"], cwd=given.path, check=True)
        given.refuses("as public keys", "verify", "j", "--public-key", "public.pem", append="public.pem")


def test_what_is_kept_to_go_on_with_is_written_too():
    with Given() as given:
        given.write("o.resume", b"tagweir-resume 1\n" + make_feed(3))
        given.write("o.resume.new", make_feed(3))
        for feed in ("o.resume", "o.resume.new"):
            given.refuses(f"what --resume needs, {feed}: the run reads this file", "replay", "-q", "--rules", "rules",
                          feed, "--out", "o")


def test_what_is_not_the_same_is_written_as_before():
    with Given() as given:
        common = ("replay", "-q", "--rules", "rules", "--clock", weir.CLOCK, "feeds")
        given.run(*common, "--out", "feeds.out", "--journal", "j", code=0)
        given.run(*common, code=0, append="all")
        assert (given.path / "all").read_bytes() == (given.path / "feeds.out").read_bytes() != b""
        given.run(*common, "--out", "rules/out.ndjson", code=0)  # beside what is read
        given.run(*common, "--out", os.devnull, code=0)
        given.run("diff", "-q", "--rules", "rules", *CHANGE, "feeds", "--changes", os.devnull, code=0)


def test_a_name_that_says_another_packing_is_refused():
    with Given() as given:
        for end in (".xz", ".bz2", ".XZ", ".zip", ".tgz"):
            for command in (["replay", "--rules", "rules", "--out"], ["posts", "-o"], ["report", "--rules", "rules", "-o"],
                            ["diff", "--rules", "rules", *CHANGE, "--changes"]):
                done = given.run(*command, "x" + end, "feeds", code=2)
                assert f"x{end}: {end.lower()} is not written: end the name in .gz or .zst" in done.err.decode(), done.text()
                assert not (given.path / ("x" + end)).exists()
        given.run("posts", "-q", "feeds", "-o", "x.ndjson.GZ", code=0)
        given.run("posts", "-q", "feeds", "-o", "x.ndjson", code=0)
        assert gzip.decompress((given.path / "x.ndjson.GZ").read_bytes()) == (given.path / "x.ndjson").read_bytes()


def test_o_is_short_for_out_and_explain_is_told_of_in_the_words_of_a_report():
    with Given() as given:
        given.run("report", "-q", "--rules", "rules", "feeds", "-ox.html", code=0)
        assert (given.path / "x.html").read_bytes().startswith(b"<!")
    for command in ("replay", "report", "posts"):
        assert b"-o, --out FILE" in weir.run(command, "--help").out, command
    assert b"-o, --output FILE" in weir.run("compile", "--help").out
    assert b"a report, which rules matched nothing" in weir.run("report", "--help").out


# Reports, which are whole or not there


def reports(given):
    return sorted(p.name for p in given.path.iterdir() if p.name.startswith("r.html"))


def test_a_report_takes_the_place_of_the_older_one_when_it_is_done():
    with Given() as given:
        command = ("report", "-q", "--rules", "rules", "--clock", weir.CLOCK, "feeds")
        for name in ("r.html", "r.html.gz"):
            given.run(*command, "--out", name, code=0)
        page = (given.path / "r.html").read_bytes()
        assert gzip.decompress((given.path / "r.html.gz").read_bytes()) == page
        given.write("r.html", "older")
        given.write("r.html.new0", "of a run that was killed")
        given.run(*command, "--out", "r.html", code=0)
        assert (given.path / "r.html").read_bytes() == page
        assert reports(given) == ["r.html", "r.html.gz", "r.html.new0"]
        os.symlink("r.html", given.path / "published")
        given.write("r.html", "older")
        given.run(*command, "--out", "published", code=0)
        assert (given.path / "published").is_symlink() and (given.path / "r.html").read_bytes() == page
        given.run(*command, "--out", "no/such/folder.html")


def test_a_report_that_is_interrupted_leaves_the_older_one():
    with Given() as given:
        given.write("r.html", "older")
        fifo = given.path / "fifo"
        os.mkfifo(fifo)
        process = subprocess.Popen([weir.TAGWEIR, "report", "-q", "--rules", given.rules, "--out", given.path / "r.html",
                                    fifo], stderr=subprocess.PIPE)
        with open(fifo, "wb") as feed:
            feed.write(make_feed(100))
            feed.flush()
            end = time.monotonic() + weir.PATIENCE_S
            while len(reports(given)) < 2:
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.02)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=weir.PATIENCE_S)
        assert process.returncode == -signal.SIGINT, process.returncode
        assert reports(given) == ["r.html"] and (given.path / "r.html").read_bytes() == b"older"


def limited(size):
    """For a child: files end at so many bytes, as on a disk that is full, but by EFBIG."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def run_limited(given, size, *args):
    done = subprocess.run([weir.TAGWEIR, *map(str, args)], cwd=given.path, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, preexec_fn=limited(size), timeout=weir.PATIENCE_S)
    return weir.expect(weir.Result(done.returncode, done.stdout, done.stderr), 4)


def test_a_report_that_does_not_fit_leaves_the_older_one():
    with Given() as given:
        given.write("r.html", "older")
        done = run_limited(given, 5000, "report", "-q", "--rules", "rules", "--out", "r.html", "feeds")
        assert b"nothing of it was written, and a file that was there is as it was" in done.err, done.text()
        assert b"records" not in done.err, done.text()
        assert reports(given) == ["r.html"] and (given.path / "r.html").read_bytes() == b"older"


def test_a_full_disk_says_whether_resume_goes_on():
    with Given() as given:
        given.write("feeds/a.ndjson", make_feed(4000))
        command = ("replay", "-q", "--rules", "rules", "--clock", weir.CLOCK, "feeds", "--out", "o")
        done = run_limited(given, 100_000, *command)
        assert b"that were surely written; when that is mended, the same arguments and --resume go on there" in done.err, \
            done.text()
        given.run(*command, "--resume", code=0)
        given.run(*command[:-1], "whole", code=0)
        assert (given.path / "o").read_bytes() == (given.path / "whole").read_bytes()
        done = run_limited(given, 100_000, *command, "--journal", "j")
        assert b"--resume" not in done.err, done.text()


def test_of_changes_no_records_are_told():
    if not os.path.exists("/dev/full"):
        raise tap.Skip("there is no /dev/full")
    with Given() as given:
        given.write("old.yaml", "tagweir: 1\nrules: []\n")
        done = given.run("diff", "-q", "--old", "old.yaml", "--new", "rules", "--changes", "/dev/full", "feeds")
        assert b"/dev/full: No space left on device; what was written of it is not whole" in done.err, done.text()
        assert b"records" not in done.err, done.text()


# Readers that go away


def replay_into_a_closed_pipe(given, *args, ignore=False):
    reading, writing = os.pipe()
    os.close(reading)
    disposition = signal.SIG_IGN if ignore else signal.SIG_DFL
    process = subprocess.Popen([weir.TAGWEIR, *map(str, args)], cwd=given.path, stdout=writing, stderr=subprocess.PIPE,
                               restore_signals=False, preexec_fn=lambda: signal.signal(signal.SIGPIPE, disposition))
    os.close(writing)
    _, err = process.communicate(timeout=weir.PATIENCE_S)
    return process.returncode, err.decode()


def test_a_reader_that_goes_away_ends_the_run_as_it_ends_any_tool():
    with Given() as given:
        for args in (["replay", "-q", "--rules", "rules", "feeds"], ["posts", "-q", "feeds"], ["--help"],
                     ["explain", "--rules", "rules", "--tag", "t1"], ["report", "-q", "--rules", "rules", "feeds"]):
            assert replay_into_a_closed_pipe(given, *args) == (-signal.SIGPIPE, ""), args
            code, err = replay_into_a_closed_pipe(given, *args, ignore=True)
            assert (code, err) == (4, "tagweir: standard output: Broken pipe\n"), args


def test_the_journal_is_closed_in_order_before():
    with Given() as given:
        code, err = replay_into_a_closed_pipe(given, "replay", "--rules", "rules", "feeds", "--journal", "j")
        assert code == -signal.SIGPIPE and "the journal's head is" in err, (code, err)
        told = json.loads(weir.run("verify", "--json", given.path / "j").out)
        assert told["holds"] and told["closed"], told


def test_records_that_are_chosen_for_a_quote_are_told_of():
    with Given() as given:
        quoting = b'{"id":"1","author":"@x","hashtags":["t1"],"quotes":{"id":"2","author":"@y"}}\n'
        given.write("quotes", quoting * 3 + weir.own(3) + weir.own(4, "t1"))
        done = given.run("replay", "--rules", "rules", "--only", "allow", "quotes", code=0)
        assert b"written    4 of 5 records, 3 of them only for a post that they quote\n" in done.err, done.text()
        done = given.run("replay", "--rules", "rules", "--only", "withhold", "quotes", code=0)
        assert b"written    4 of 5 records\n" in done.err, done.text()
        done = given.run("replay", "--rules", "rules", "--only", "allow", "--json", "quotes", code=0)
        told = json.loads(done.err)
        assert (told["written"], told["written_for_quotes"]) == (4, 3), told


if __name__ == "__main__":
    tap.main()
