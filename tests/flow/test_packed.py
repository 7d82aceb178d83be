"""Feeds as they are archived: packed, and as the files of account archives."""
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import weir  # noqa: E402
from weir import tap  # noqa: E402

POSTS = b"".join(weir.own(n, "farmers", "weir%d" % (n % 7)) for n in range(2000))


def zstd(data, *args):
    if not shutil.which("zstd"):
        raise tap.Skip("zstd is not installed")
    return subprocess.run(["zstd", "-q", *args], input=data, stdout=subprocess.PIPE, check=True).stdout


def plain(data):
    return data


def gzip_of(data):
    return gzip.compress(data, 1)


def in_parts(pack, data, size):
    """Members or frames of so many bytes: lines are cut by their edges."""
    return b"".join(pack(data[at:at + size]) for at in range(0, len(data), size))


def posts(*feeds, args=(), stdin=b"", code=0):
    return weir.expect(weir.run("posts", *args, *feeds, stdin=stdin), code)


def test_packed_feeds_are_read_as_plain_ones():
    expected = posts("-", stdin=POSTS).out
    assert expected.count(b"\n") == 2000
    with weir.Folder() as folder:
        for pack in (plain, gzip_of, zstd):
            for packed in (pack(POSTS), in_parts(pack, POSTS, 4999)):
                # the name says nothing
                assert posts(folder.write("feed.txt", packed)).out == expected
                assert posts("-", stdin=packed).out == expected
        assert posts(folder.write("feed", zstd(POSTS, "--long=27", "-3"))).out == expected
        assert posts(folder.write("feed", gzip.compress(POSTS) + bytes(10240))).out == expected


def test_files_of_a_folder_are_packed_each_in_its_own_way():
    with weir.Folder() as folder:
        folder.write("day/a.ndjson", weir.own(1))
        folder.write("day/b.ndjson.gz", gzip.compress(weir.own(2)))
        folder.write("day/c.zst", zstd(weir.own(3)))
        folder.write("day/d.json", b'[{"id":"4","author":"@x"},\n {"id":"5","author":"@x"}\n]\n')
        done = weir.replay(folder.path / "day")
    assert weir.ids(done.out) == ["1", "2", "3", "4", "5"], done.text()
    assert b"input      4 files, 5 lines" in done.err, done.text()


def test_all_real_feeds_are_read_the_same_when_packed():
    data = weir.data_dir() / "feeds"
    feeds = sorted(p for p in data.rglob("*") if p.is_file())
    assert len(feeds) > 5
    with weir.Folder() as folder:
        for feed in feeds:
            raw, name = feed.read_bytes(), str(feed.relative_to(data))
            folder.write("plain/" + name, raw)
            folder.write("gzip/" + name, in_parts(gzip_of, raw, 1 << 20))
            folder.write("zstd/" + name, zstd(raw))
        expected = posts(folder.path / "plain").out
        assert len(expected) > 1_000_000
        for kind in ("gzip", "zstd"):
            assert posts(folder.path / kind).out == expected, kind
        whole = b"".join(f.read_bytes() for f in sorted((folder.path / "gzip").rglob("*")) if f.is_file())
        assert subprocess.run(["zcat"], input=whole, stdout=subprocess.PIPE, check=True).stdout == \
            b"".join(f.read_bytes() for f in feeds)


def test_of_a_damaged_feed_what_was_whole_is_read():
    whole = gzip.compress(POSTS)
    broken = bytearray(whole)
    broken[-5] ^= 1  # in the checksum
    with weir.Folder() as folder:
        cut = posts(folder.write("cut.gz", whole[:-2000]), code=4)
        bad = posts(folder.write("bad.gz", bytes(broken)), code=4)
        tail = posts(folder.write("tail.gz", whole + b"more"), code=4)
        cut_zstd = posts(folder.write("cut.zst", in_parts(zstd, POSTS, 50000)[:-300]), code=4)
    expected = posts("-", stdin=POSTS).lines
    for done in (cut, cut_zstd):
        assert done.lines == expected[:len(done.lines)] and 1000 < len(done.lines) < 2000, done.text()
    size = len(whole)
    assert f"cut.gz: cut off at byte {size - 2000} of the compressed file; ".encode() in cut.err, cut.text()
    assert f"; stopped after line {len(cut.lines)}\n".encode() in cut.err, cut.text()
    assert bad.lines == tail.lines == expected
    # zlib is content with the sum before it has looked at the length
    said = f"bad.gz: damaged at byte {size - 4} of the compressed file: incorrect data check; {len(POSTS)} bytes"
    assert said.encode() in bad.err, bad.text()
    said = f"tail.gz: damaged at byte {size} of the compressed file: what follows the last member is no gzip"
    assert said.encode() in tail.err, tail.text()


def test_of_damage_in_the_middle_it_is_said_what_is_proved():
    first, second = POSTS[:50000], POSTS[50000:]
    whole = bytearray(gzip.compress(first) + gzip.compress(second))
    at = len(gzip.compress(first)) + 3000
    whole[at:at + 4] = bytes(b ^ 0x55 for b in whole[at:at + 4])
    alone = bytearray(gzip.compress(POSTS))
    alone[3000:3004] = bytes(b ^ 0x55 for b in alone[3000:3004])
    with weir.Folder() as folder:
        done = posts(folder.write("two.gz", bytes(whole)), code=4)
        one = posts(folder.write("one.gz", bytes(alone)), code=4)
    proved = first.count(b"\n")
    assert done.lines[:proved] == posts("-", stdin=POSTS).lines[:proved]
    said = f". By its checksums, the first {proved} lines are as they were packed; what was made of later ones is " \
        "not to be trusted; stopped after line "
    assert said.encode() in done.err, done.text()
    assert b". No checksum proves any of its lines: " in one.err, one.text()


def tar_of(**files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    return out.getvalue()


def test_tar_is_refused_whatever_it_is_packed_in():
    tar = tar_of(a=POSTS, b=POSTS)
    with weir.Folder() as folder:
        good = folder.write("a.ndjson", POSTS)
        for pack in (plain, gzip_of, zstd):
            feed = folder.write("feeds.bin", pack(tar))
            done = posts(good, feed, code=4)
            said = f"{feed} is a tar archive; unpack it first, and name the folder: tar -xf {feed} -C FOLDER\n"
            assert not done.out and said.encode() in done.err, done.text()
            done = posts("-", stdin=pack(tar), code=4)
            assert not done.out and b"standard input is a tar archive; unpack it first" in done.err, done.text()


def test_windows_that_would_take_gigabytes_are_refused():
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]) + b"\x19\0\0{}\n"
    with weir.Folder() as folder:
        done = posts(folder.write("wide.zst", frame), code=4)
    assert b"wide.zst: at byte " in done.err and b"more than 128 MiB" in done.err, done.text()


# Account archives: invented people, in the forms that real ones have.

def grailbird(*ids):
    tweets = [{"source": "web", "entities": {"user_mentions": [], "hashtags": [{"text": "Weir", "indices": [0, 5]}]},
               "geo": {}, "id_str": i, "text": "#Weir\nand more", "id": int(i),
               "created_at": "2017-11-01 20:44:10 +0000",
               "user": {"name": "Wren", "screen_name": "wren_of_the_weir", "id_str": "991", "id": 991}} for i in ids]
    return "Grailbird.data.tweets_2017_11 = \n [ " + json.dumps(tweets, indent=2)[1:]


def ytd(name, *ids):
    tweets = [{"tweet": {"edit_info": {"initial": {"editTweetIds": [i]}}, "retweeted": False,
                         "entities": {"hashtags": [{"text": "Weir", "indices": ["0", "5"]}],
                                      "user_mentions": [{"name": "O", "screen_name": "orla", "id_str": "5"}]},
                         "id_str": i, "full_text": "#Weir @orla { [ \" ] }", "lang": "en",
                         "created_at": "Wed Oct 10 20:19:24 +0000 2018"}} for i in ids]
    return f"window.YTD.{name}.part0 = " + json.dumps(tweets, indent=2)


ACCOUNT = """window.YTD.account.part0 = [
  {
    "account" : {
      "email" : "finn@weir.example",
      "createdVia" : "web",
      "username" : "finn_fisher",
      "accountId" : "4242",
      "createdAt" : "2011-02-03T04:05:06.000Z",
      "accountDisplayName" : "Finn"
    }
  }
]"""


def write_archive(folder, name):
    folder.write(name + "/data/account.js", ACCOUNT)
    folder.write(name + "/data/manifest.js", 'window.__THAR_CONFIG = {\n  "userInfo" : {}\n}')
    folder.write(name + "/data/tweets.js", ytd("tweets", "1", "2"))
    folder.write(name + "/data/tweets-part1.js", ytd("tweets", "3").replace("part0", "part1"))
    folder.write(name + "/data/deleted-tweets.js", ytd("deleted_tweets", "9"))
    folder.write(name + "/data/like.js", "window.YTD.like.part0 = [ ]")
    folder.write(name + "/data/README.txt", "This is an archive.\n")
    folder.write(name + "/Your archive.html", "<!doctype html>\n<html></html>\n")
    folder.write(name + "/assets/js/main.js", "(()=>{})();\n")
    for i in range(20):
        folder.write(name + f"/data/tweets_media/{i}.jpg", b"\xff\xd8\xff\xe0\n\n\n" + bytes(99))
    return folder.path / name


def test_archives_with_users_are_read():
    with weir.Folder() as folder:
        done = posts(folder.write("2017_11.js", grailbird("11", "12")))
    first, second = map(json.loads, done.lines)
    assert first["author"] == {"id": "991", "handle": "wren_of_the_weir"}, first
    assert first["hashtags"] == ["Weir"] and first["created_at"] == "2017-11-01T20:44:10Z", first
    assert (first["id"], second["id"]) == ("11", "12")


def test_archives_are_their_owners():
    with weir.Folder() as folder:
        archive = write_archive(folder, "archive")
        done = posts(archive / "data" / "tweets.js")
        # an answer for every tweet of the folder, and no word of what is none but in the notes
        every = weir.replay(archive, args=("--strict",))
        quiet = weir.replay(archive, args=("--quiet",))
    post = json.loads(done.lines[0])
    assert post["author"] == {"id": "4242", "handle": "finn_fisher"} and post["id"] == "1", post
    assert post["hashtags"] == ["Weir"] and post["created_at"] == "2018-10-10T20:19:24Z", post
    assert sorted(weir.ids(every.out)) == ["1", "2", "3"], every.text()
    said = every.err.decode()
    assert said.count(" was skipped: ") == 5 and "22 more files were skipped, as they hold no posts" in said, said
    assert "input      2 files, 3 lines" in said, said
    assert f"{archive}/Your archive.html was skipped: it is a web page\n" in said, said
    assert f"{archive}/data/account.js was skipped: window.YTD.account.part0 of an account archive" in said, said
    assert quiet.out == every.out and not quiet.err


def test_owners_are_given_where_no_account_is_beside():
    tweets = ytd("tweets", "1").encode()
    for args, author in ((("--owner", "@finn"), {"handle": "finn"}),
                         (("--owner", "finn", "--owner-id", "7"), {"id": "7", "handle": "finn"})):
        done = posts("-", args=args, stdin=gzip.compress(tweets))
        assert json.loads(done.out)["author"] == author, done.text()
    done = posts("-", stdin=tweets, code=4)
    assert b"standard input: the tweets of an account archive do not say whose they are; say so by --owner" in done.err
    with weir.Folder() as folder:
        good, lonely = folder.write("a.ndjson", POSTS), folder.write("b/tweets.js", tweets)
        done = weir.run("replay", "--rules", weir.INDIA, good, lonely)
    said = f"{lonely}: the tweets of an account archive do not say whose they are, and there is no {lonely.parent}/account.js"
    assert done.code == 4 and not done.out and said in done.err.decode(), done.text()
    done = posts("-", args=("--owner-id", "7"), stdin=tweets, code=2)
    assert b"--owner-id needs --owner" in done.err, done.text()


def test_what_is_wrong_in_an_array_is_said_where_it_is():
    with weir.Folder() as folder:
        array = b'[\n{"id":"1","author":"@x"},\n{"id":"2" "author":"@x"},\n{"id":"3","author":"@x"}\n'
        feed = folder.write("feed.json", array)
        done = posts(feed, code=4)
    records = [json.loads(x) for x in done.lines]
    assert [r.get("id") for r in records] == ["1", None, "3"], done.text()
    assert (records[1]["error"], records[1]["line"]) == ("bad_json", 2), records
    assert f"{feed}: at byte {len(array)}: the array is cut off behind element 3".encode() in done.err, done.text()


def test_lines_that_are_arrays_by_mistake_end_nothing():
    done = posts("-", stdin=b"[]\n" + weir.own(1) + b"[1]\n" + weir.own(2))
    kinds = [json.loads(x).get("error") for x in done.lines]
    assert kinds == ["not_an_object", None, "not_an_object", None], done.text()


def test_neither_long_arrays_nor_long_elements_take_memory():
    with weir.Folder() as folder:
        path = folder.path / "long.json.gz"
        with gzip.open(path, "wb", 1) as feed:
            feed.write(b"[\n")
            for _ in range(100_000):
                feed.write(b'{"id":"1","author":"@x","text":"' + b"x" * 400 + b'"},\n')
            feed.write(b'{"id":"2","author":"@x","text":"')
            for _ in range(100):
                feed.write(b"x" * 1_000_000)
            feed.write(b'"},\n{"id":"3","author":"@x"}]')
        asan = os.environ.get("ASAN_OPTIONS", "")
        env = dict(os.environ, ASAN_OPTIONS=":".join(x for x in (asan, "quarantine_size_mb=1") if x))
        out = folder.path / "out"
        with open(out, "wb") as f:
            pid = os.posix_spawn(weir.TAGWEIR, [weir.TAGWEIR, "posts", "--quiet", str(path)], env,
                                 file_actions=[(os.POSIX_SPAWN_DUP2, f.fileno(), 1)])
            _, status, used = os.wait4(pid, 0)
        last = out.read_bytes().split(b"\n")[-3:-1]
    assert os.waitstatus_to_exitcode(status) == 0
    error, post = map(json.loads, last)
    assert (error["error"], error["line"], post["id"]) == ("too_long", 100_001, "3"), last
    assert used.ru_maxrss < 100 * 1024, f"{used.ru_maxrss} KiB"


if __name__ == "__main__":
    tap.main()
