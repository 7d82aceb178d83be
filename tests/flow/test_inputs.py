"""What is named on the command line and cannot be meant so: twice the same, nothing to read, no effect."""
import gzip
import json
import os

import weir
from weir import own, tap

PICTURE = b"\xff\xd8\xff\xe0" + bytes(99)
DELETED = 'window.YTD.deleted_tweets.part0 = [ {"tweet":{"id_str":"1"}} ]'


def refused(*args, code=2, stdin=b"", command="replay"):
    done = weir.expect(weir.run(command, "--rules", weir.INDIA, *args, stdin=stdin), code)
    assert not done.out, done.text()
    return done.err.decode()


def test_a_feed_that_is_named_twice_is_refused():
    with weir.Folder() as folder:
        feed, other = folder.write("day/a.ndjson", own(1)), folder.write("b.ndjson", own(2))
        for again in (feed, f"{feed.parent}/../day/a.ndjson", feed.parent):
            said = refused(other, feed, again)
            assert f"{feed.parent}" in said and ": given twice: " in said and "would count twice" in said, said
        (folder.path / "day" / "latest").symlink_to("a.ndjson")
        said = refused(feed.parent)
        assert f"{feed.parent}/latest: given twice: it is the same file as {feed}, and every post" in said, said
        assert "standard input: given twice: every post in it would" in refused("-", "-")
        out = folder.path / "out.html"
        assert "given twice" in refused("--out", out, feed, feed, command="report") and not out.exists()
        with open(feed, "rb") as stdin:
            import subprocess
            done = subprocess.run([weir.TAGWEIR, "posts", str(feed), "-"], stdin=stdin, capture_output=True)
        assert done.returncode == 2 and b"it is the same file as " in done.stderr, done
        # the same bytes in another file, or nothing at all, are another matter
        twin = folder.write("twin.ndjson", own(1))
        assert weir.ids(weir.replay(feed, twin).out) == ["1", "1"]


def test_what_a_folder_holds_that_is_no_file_is_said():
    with weir.Folder() as folder:
        folder.write("day/a.ndjson", own(1))
        (folder.path / "day" / "dead").symlink_to("nowhere")
        (folder.path / "day" / "loop").symlink_to(".")
        os.mkfifo(folder.path / "day" / "pipe")
        done, quiet = weir.replay(folder.path / "day"), weir.replay(folder.path / "day", args=["-q"])
    said = done.err.decode()
    for name, why in (("dead", "the link leads to nothing"), ("loop", "it leads back to a folder that it is in"),
                      ("pipe", "it is no file, but a pipe, a socket or a device")):
        assert f"{folder.path}/day/{name} was skipped: {why}\n" in said, said
    assert weir.ids(done.out) == ["1"] and done.out == quiet.out and not quiet.err, said


def test_without_a_feed_among_its_files_nothing_is_done():
    with weir.Folder() as folder:
        deleted = folder.write("deleted-tweets.js", DELETED)
        folder.write("pics/1.jpg", PICTURE)
        folder.write("pics/2.jpg", PICTURE)
        for quiet in ((), ("-q",)):
            said = refused(*quiet, folder.path / "pics", code=4)
            assert "no feed was found: none of 2 files holds posts" in said, said
            said = refused(*quiet, deleted, code=4)
            assert "window.YTD.deleted_tweets.part0 of an account archive holds no tweets" in said, said
            assert "no feed was found: the only file that was named holds no posts" in said, said
            said = refused(*quiet, "-", code=4, stdin=gzip.compress(DELETED.encode()))
            assert "no feed was found: " in said, said
        report = folder.write("report.html", "of yesterday")
        refused("--out", report, folder.path / "pics", code=4, command="report")
        assert report.read_text() == "of yesterday"
        # a feed that is empty is one
        assert b"1 file, 0 lines" in weir.replay(folder.write("empty", b""), folder.path / "pics").err


def test_an_option_that_is_no_list_is_given_once():
    feed = weir.INDIA / "posts.ndjson"
    for args, name in ((["--region", "IN", "--region", "DE"], "--region is given twice, the second time as DE"),
                       (["--clock", "now", "--clock=created"], "--clock is given twice, the second time as created"),
                       (["--out", "a", "--out", "b"], "--out is given twice, the second time as b")):
        said = refused(*args, feed)
        assert name in said and "which one is meant?" in said, said
    for command in (["explain", "--rules", weir.INDIA, "--tag", "a", "-t", "b"],
                    ["serve", "--rules", weir.INDIA, "--http", "127.0.0.1:1", "--http", "127.0.0.1:2"],
                    ["compile", weir.INDIA, "-o", "a", "--output", "b"]):
        done = weir.expect(weir.run(*command), 2)
        assert b" is given twice, the second time as " in done.err, done.text()


def test_lists_add_up_and_kinds_of_filters_narrow():
    feed = weir.INDIA / "posts.ndjson"

    def chosen(*args):
        return weir.replay(feed, args=["-q", "-q", *args]).lines

    apart = [chosen("--only", "withhold"), chosen("--only", "downrank")]
    assert all(apart) and chosen("--only", "withhold,downrank") == chosen("--only", "withhold", "--only", "downrank")
    assert len(chosen("--only", "withhold", "--only", "downrank")) == sum(map(len, apart))
    order, rule = ["--order", "in-meity-2021-01-31"], ["--rule", "spam-followback"]
    both = set(chosen(*order)) | set(chosen(*rule))
    assert set(chosen(*order, *rule)) == both and chosen(*order) != chosen(*rule)
    assert set(chosen(*order, *rule, "--only", "downrank")) == both & set(chosen("--only", "downrank"))


def test_owners_are_handles_and_of_use():
    with weir.Folder() as folder:
        feed = folder.write("a.ndjson", own(1))
        tweets = folder.write("tweets.js", 'window.YTD.tweets.part0 = [ {"tweet":{"id_str":"1"}} ]')
        for owner in ("@", "a b", "@a@b", "", "é"):
            assert "expected a handle of letters, digits and _, such as @finn" in refused("--owner", owner, feed)
        said = refused("--owner", "a", "--owner-id", "@a", feed)
        assert "--owner-id @a: expected the number of an account" in said, said
        said = weir.replay(feed, args=["--owner", "@finn"]).err.decode()
        assert "--owner @finn has no effect: no feed is an account archive" in said, said
        assert not weir.replay(feed, args=["--owner", "@finn", "-q"]).err
        done = weir.replay(feed, tweets, args=["--owner", "@finn"])
        assert b"no effect" not in done.err and json.loads(done.lines[1])["author"] == "@finn", done.text()
        assert b"no effect" not in weir.replay("-", args=["--owner", "@finn"], stdin=own(1)).err


def test_a_digest_that_is_too_short_is_told_from_a_file():
    with weir.Folder() as folder:
        feed = folder.write("a.ndjson", own(1))
        weir.expect(weir.run("compile", weir.INDIA, "--store", folder.path / "store"))
        for rules in ("e60b", "e60be3231bb764e"):
            done = weir.expect(weir.run("replay", "--rules", rules, "--store", folder.path / "store", feed,
                                        cwd=folder.path), 4)
            said = f"--rules {rules}: there is no such file, and as a rule set's digest it is too short: " \
                "give at least the 16 digits"
            assert said in done.err.decode(), done.text()
        folder.write("e60b", (weir.INDIA / "10-india.yaml").read_text())  # a file of that name is a file
        done = weir.run("replay", "--rules", "e60b", "--store", folder.path / "store", feed, cwd=folder.path)
        assert b"too short" not in done.err, done.text()


def test_the_summary_says_that_a_post_counts_once():
    rules = """tagweir: 1
rules:
  - {id: gone, regions: [DE], action: withhold, match: {hashtags: [a]}}
  - {id: low, regions: [IN], action: downrank, factor: 0.5, match: {hashtags: [a, b]}}
"""
    said = b"A post counts once here, by the strictest of what is done to it anywhere"
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rules)
        both = weir.replay("-", rules=path, stdin=own(1, "a"))
        one = weir.replay("-", rules=path, stdin=own(1, "b"))
    assert b"decisions  withhold 1, downrank 0, allow 0\n" in both.err and said in both.err, both.text()
    assert said not in one.err, one.text()


if __name__ == "__main__":
    tap.main()
